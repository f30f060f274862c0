"""The document that a Bundle of ours was made of, which travels with it when asked for: nothing of it is read again.

Source: docs/fhir.md, 2.9; FHIR R4 4.0.1, Provenance.entity.
"""

from __future__ import annotations

from bridge.fhir.ledger.node import Node
from bridge.fhir.ledger.references import Index

__all__ = ["ASSEMBLER", "leave_aside"]

ASSEMBLER = "imgda-bridge"
"""Who made the Bundle. FHIR: Provenance.agent.who.display."""


def leave_aside(index: Index) -> None:
    """Count the Provenance, DocumentReference and Binary of such a document as read: the Bundle says all that they say."""
    for provenance in index.of_type("Provenance"):
        if not _is_ours(provenance):
            continue
        for entity in provenance.children("entity"):
            what = entity.child("what")
            document = index.find(what) if what and entity.peek("role") == "source" else None
            if document is not None and document.type_name == "DocumentReference":
                for node in (provenance, document, *_binaries(index, document)):
                    _count_as_read(node)


def _is_ours(provenance: Node) -> bool:
    people = [who for agent in provenance.children("agent") if (who := agent.child("who"))]
    return [who.peek("display") for who in people] == [ASSEMBLER]


def _binaries(index: Index, document: Node) -> list[Node]:
    attachments = [a for content in document.children("content") if (a := content.child("attachment"))]
    urls = {attachment.peek("url") for attachment in attachments}
    return [node for node in index.of_type("Binary") if f"urn:uuid:{node.peek('id')}" in urls]


def _count_as_read(node: Node) -> None:
    for leaf in node.leaves():
        node.ledger.decide(leaf.container, leaf.key)
