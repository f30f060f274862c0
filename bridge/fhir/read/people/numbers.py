"""The numbers of professionals and structures: which of their identifiers is written, and what is said of the others.

Source: docs/fhir.md, 4.8; CI-SIS, Structuration minimale.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bridge.fhir.ledger.node import Node
from bridge.fhir.read.concepts import Context
from bridge.fhir.read.datatypes.identifiers import identifier, peek_identifier
from bridge.order.identifiers import PROFESSIONALS, STRUCTURES, is_professional, is_structure
from bridge.order.values import Identifier

__all__ = ["first_usable", "professional_ids", "repeat", "structure_number"]

_IS_RIGHT = {PROFESSIONALS: is_professional, STRUCTURES: is_structure}
_WRONG = {PROFESSIONALS: "IMGDA-0309", STRUCTURES: "IMGDA-0310"}
"""The issue of a number of the wrong length or key."""


def professional_ids(context: Context, node: Node) -> tuple[Identifier, ...]:
    """The national identifier of a professional, in whichever of its forms; else the first usable one."""
    nodes = node.children("identifier")
    chosen = first_usable(context, (*_national(context, nodes, PROFESSIONALS), *nodes))
    if chosen:
        _compare(context, nodes, chosen, PROFESSIONALS)
    return (chosen,) if chosen else ()


def structure_number(context: Context, node: Node) -> Identifier | None:
    """The national number of a structure."""
    nodes = _national(context, node.children("identifier"), STRUCTURES)
    chosen = first_usable(context, nodes)
    if chosen:
        _compare(context, nodes, chosen, STRUCTURES)
    return chosen


def first_usable(context: Context, nodes: Iterable[Node], *, bare: bool = False) -> Identifier | None:
    """The first of some identifiers that a document can carry."""
    return next((found for node in nodes if (found := identifier(context, node, bare=bare))), None)


def repeat(context: Context, nodes: Iterable[Node], chosen: Identifier) -> None:
    """Count the identifiers that say the chosen one in another form as read; any other is a loss."""
    for node in nodes:
        if peek_identifier(context, node) == chosen:
            identifier(context, node)


def _compare(context: Context, nodes: Sequence[Node], chosen: Identifier, root: str) -> None:
    """Report the national numbers beside the chosen one: those that are wrong, and another one of the same kind."""
    repeat(context, nodes, chosen)
    for node in nodes:
        read = peek_identifier(context, node)
        if read and read.root == root and read != chosen:
            number, kind = read.extension or "", (chosen.extension or "")[:1]
            if not _IS_RIGHT[root](number):
                context.note(_WRONG[root], node.at("value"))
            elif number[:1] == kind:
                context.note("IMGDA-0327", node.at("value"))


def _national(context: Context, nodes: Iterable[Node], root: str) -> list[Node]:
    """The identifiers under a national root, those of the right length and key first."""
    found = [(n, read.extension or "") for n in nodes if (read := peek_identifier(context, n)) and read.root == root]
    return [node for node, _ in sorted(found, key=lambda pair: not _IS_RIGHT[root](pair[1]))]
