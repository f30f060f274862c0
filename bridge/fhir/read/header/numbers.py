"""The numbers of an order: its own, and those of the orders that it answers.

Source: docs/fhir.md, 2.5 (A8).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from bridge.fhir.extensions import FURTHER_IDENTIFIER
from bridge.fhir.ledger.node import Node, reads
from bridge.fhir.read.datatypes.identifiers import has_root, has_type, identifier
from bridge.fhir.read.header.elements import is_principal, understand
from bridge.fhir.read.header.source import HeaderSource
from bridge.order.header import FulfilledOrder
from bridge.order.values import Identifier

__all__ = ["fulfilled_orders", "order_ids", "shared_ids"]


@reads("request")
def order_ids(source: HeaderSource) -> tuple[Identifier, ...]:
    """The Order Placer Number: requisition, then a shared PLAC, then what groups the requests.

    A requisition that is said to be unknown (data-absent-reason) is not looked for elsewhere. Where each number that is sent
    has a system that no document can carry, the order is refused.
    """
    context, where = source.context, source.first.at("requisition")
    stated = [node for r in source.requests if (node := r.child("requisition"))]
    if any("value" not in node and node.extensions("data-absent-reason") for node in stated):
        context.note("IMGDA-0318", where)
        return ()
    numbers = _Numbers(source)
    for read in (numbers.requisitions, numbers.of_the_event, numbers.placer, numbers.of_the_group, numbers.untyped):
        if found := read():
            return found
    for path in numbers.rootless:
        context.note("IMGDA-0317", path)
    context.note("IMGDA-0318", where)
    return ()


def shared_ids(source: HeaderSource, ids: tuple[Identifier, ...]) -> tuple[Identifier, ...]:
    """Which numbers of the request are no numbers of its acts: a placer number that stands for a missing requisition."""
    return () if any("requisition" in request for request in source.requests) else ids


@dataclass(frozen=True, slots=True)
class _Numbers:
    """Reads the number of an order from each of its places."""

    source: HeaderSource
    rootless: dict[str, None] = field(default_factory=dict)
    """FHIRPath of each number whose system is neither an OID nor a UUID."""

    def requisitions(self) -> tuple[Identifier, ...]:
        """The requisitions, and the identifiers that are further numbers of the group (PGN)."""
        nodes = [node for request in self.source.requests if (node := request.child("requisition"))]
        if nodes:
            nodes += [n for r in self.source.requests for n in r.children("identifier") if has_type(n, "PGN")]
        return self._read_all(nodes)

    def of_the_event(self) -> tuple[Identifier, ...]:
        """The numbers of the principal event of the document."""
        details = (d for event in self.source.events() for d in event.children("detail") if is_principal(event))
        return self._read_all([node for d in details if (node := d.child("identifier"))])

    def placer(self) -> tuple[Identifier, ...]:
        """The placer number (PLAC) that all requests share."""
        each = [[n for n in r.children("identifier") if has_type(n, "PLAC")] for r in self.source.requests]
        is_shared = all(each) and len({_raw(n) for nodes in each for n in nodes}) == 1
        return self._read_all([nodes[0] for nodes in each]) if is_shared else ()

    def of_the_group(self) -> tuple[Identifier, ...]:
        """The number of what groups the requests, else of the request that they are based on."""
        if group := self._group_identifier():
            return self._read_all([group])
        parents = [parent for request in self.source.requests for parent in request.children("basedOn")]
        nodes = (node for p in parents if (node := p.child("identifier") or self._parent_number(p)))
        return next(((found,) for node in nodes if (found := self._read(node))), ())

    def untyped(self) -> tuple[Identifier, ...]:
        """The identifier without a type that all requests share, taken for their number, which is reported."""
        nodes = [n for r in self.source.requests for n in r.children("identifier") if "type" not in n]
        if len(set(map(_raw, nodes))) != 1:
            return ()
        found = self._read_all(nodes)
        if found:
            self.source.context.note("IMGDA-0335", nodes[0].path)
        return found

    def _group_identifier(self) -> Node | None:
        """The number of a Task or group of requests that leads to a request."""
        for owner in self.source.context.index.of_type("Task", "RequestGroup", "RequestOrchestration"):
            resources = [owner.child("focus"), *(action.child("resource") for action in owner.children("action"))]
            if self.source.is_target_of(resources) and (group := owner.child("groupIdentifier")):
                return group
        return None

    def _parent_number(self, reference: Node) -> Node | None:
        """The number of the request that this one is based on: requisition, placer number, or the only one without a type."""
        parent = self.source.context.index.find(reference)
        if parent is None or parent.type_name != "ServiceRequest" or self.source.has(parent):
            return None
        numbers = parent.children("identifier")
        candidates = [n for n in numbers if has_type(n, "PLAC")] or [n for n in numbers if "type" not in n]
        return parent.child("requisition") or (candidates[0] if len(candidates) == 1 else None)

    def _read_all(self, nodes: Iterable[Node]) -> tuple[Identifier, ...]:
        return tuple(dict.fromkeys(found for node in nodes if (found := self._read(node))))

    def _read(self, node: Node) -> Identifier | None:
        context = self.source.context
        found = identifier(context, node, context.settings.oids.order, bare=True)
        if found is None and isinstance(node.peek("value"), str) and "system" not in node:
            context.note("IMGDA-0317", node.path)
        elif found is None and not has_root(context, node):
            self.rootless[node.path] = None
        return found


def _raw(number: Node) -> tuple[object, object]:
    return number.peek("system"), number.peek("value")


@reads("fulfils")
def fulfilled_orders(source: HeaderSource) -> tuple[FulfilledOrder, ...]:
    """The orders that this one answers, where the number of this one stands elsewhere."""
    if not any("requisition" in request for request in source.requests):
        return ()
    found = (_fulfilled(source, reference) for request in source.requests for reference in request.children("basedOn"))
    return tuple(dict.fromkeys(order for order in found if order))


def _fulfilled(source: HeaderSource, reference: Node) -> FulfilledOrder | None:
    """An order that a logical reference names by its number."""
    node = reference.child("identifier")
    if node is None or "reference" in reference or reference.peek("type") not in (None, "ServiceRequest"):
        return None
    number = identifier(source.context, node, bare=True)
    others = (n for e in reference.extensions(FURTHER_IDENTIFIER) if (n := e.child("valueIdentifier")))
    further = [n for n in others if has_type(n, "ACSN")][:1]
    accession = identifier(source.context, further[0], bare=True) if further else None
    reference.decide("type")
    for kind in (kind for n in (node, *further) if (kind := n.child("type"))):
        understand(kind, "ACSN")
    if number and has_type(node, "ACSN"):
        accession = number
    return FulfilledOrder(id=number, accession_number=accession) if number else None
