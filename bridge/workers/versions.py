"""Which program and which mapping made a document: said in every answer."""

from __future__ import annotations

from bridge import __version__
from bridge.provenance import rules_hash

__all__ = ["VERSION", "mapping"]

VERSION = __version__


def mapping() -> str:
    """The hash that the Provenance of a document states: two services that show the same one write the same documents."""
    return rules_hash()
