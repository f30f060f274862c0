"""The notes of a request, some of which older guides of ANS type. Source: docs/fhir.md, 1.4."""

from __future__ import annotations

from bridge.fhir.ledger.node import Node

__all__ = ["note_type"]


def note_type(note: Node) -> str | None:
    """The type of a note in the older ANS designs: finaliteExamen or justificationDemande."""
    for extension in note.children("extension"):
        if str(extension.peek("url")).endswith("/fr-note-type-extension"):
            return str(extension.peek("valueCode"))
    return None
