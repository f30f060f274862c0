"""The bridge over HTTP: ``imgda serve``. Source of its conventions: docs/http.md."""
