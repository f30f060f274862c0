"""The shipped tables of ``mappings/`` and what they say of codes."""
