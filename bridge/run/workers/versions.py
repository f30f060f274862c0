"""Which program and which mapping made a document: said in every answer."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict

from bridge.evidence.provenance import rules_hash
from bridge.settings import Settings
from bridge.version import __version__

__all__ = ["VERSION", "mapping", "settings_digest"]

VERSION = __version__


def mapping() -> str:
    """The hash that the Provenance of a document states: two services that show the same one write the same documents."""
    return rules_hash()


def settings_digest(settings: Settings) -> str:
    """SHA-256 of some settings, whatever the order or the comments of their file: the same one decides the same."""
    return hashlib.sha256(json.dumps(asdict(settings), sort_keys=True, default=str).encode()).hexdigest()
