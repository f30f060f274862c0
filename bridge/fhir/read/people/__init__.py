"""The people and structures of an input."""
