"""Many orders: from a file or a folder, on one machine or on several. Source of its conventions: docs/batch.md."""
