"""The sections of a Composition: which rubric each is, and what its narrative says.

Source: docs/fhir.md, 2.2; FHIR R4 4.0.1, Composition.section, Narrative.
"""

from __future__ import annotations

from collections.abc import Iterator

from bridge.fhir.ledger.node import Node
from bridge.fhir.read.texts import clean, plain_text
from bridge.tables.codes import code_system_oid
from bridge.tables.concepts import LOINC

__all__ = ["narrative_text", "section_code", "sections"]


def sections(composition: Node) -> Iterator[Node]:
    """Every section of a Composition, depth first."""
    for section in composition.children("section"):
        yield section
        yield from sections(section)


def section_code(section: Node) -> str | None:
    """The LOINC code of a section."""
    concept = section.child("code")
    for coding in concept.children("coding") if concept else ():
        if code_system_oid(str(coding.peek("system"))) == LOINC:
            return str(coding.peek("code"))
    return None


def narrative_text(node: Node) -> str | None:
    """The words of a resource's or section's narrative, one line for each of its blocks."""
    text = node.child("text")
    div = text.text("div") if text else None
    if not div or text is None:
        return None
    return clean("\n".join(line for part in plain_text(div).split("\n") if (line := " ".join(part.split()))))
