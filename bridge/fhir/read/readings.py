"""The orders of an input, read one after the other; what they share is read once.

Nothing stops at the first fault: each is reported and reading goes on, so that an order with ten faults gives ten findings.

Source: docs/fhir.md, 2 (the input contract).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from bridge.fhir.ledger import losses
from bridge.fhir.ledger.node import Node
from bridge.fhir.ledger.node import root as view
from bridge.fhir.ledger.references import Index
from bridge.fhir.read import labels, refusals, unreferenced, unused
from bridge.fhir.read.concepts import Context
from bridge.fhir.read.groups import Group, groups
from bridge.fhir.read.order import OrderReader
from bridge.fhir.read.source import leave_aside
from bridge.findings.issues import Issue
from bridge.order import Order
from bridge.order.origins import Places
from bridge.settings import Settings

__all__ = ["Reading", "read"]


@dataclass(frozen=True, slots=True)
class Reading:
    """What one group of requests gave."""

    order: Order | None
    """None where no request was found, or those of two patients."""
    issues: tuple[Issue, ...]
    number: str | None = None
    """The order number as sent."""
    places: Places = field(default_factory=Places)
    """FHIRPath of the items of the order."""
    source: Node | None = field(default=None, repr=False)
    """The view of the whole input, whose ledger says what became of each leaf."""
    version: str = "R4"
    """FHIR version of the input."""
    taken: frozenset[tuple[int, str | int]] | None = field(default=None, repr=False)
    """The marks of the ledger that are for this order; None where there is no other."""


def read(
    resource: dict[str, Any], version: str, settings: Settings, *, single: bool = False, now: datetime | None = None
) -> list[Reading]:
    """Every order of a Bundle or ServiceRequest, whose structure has been checked.

    *single* joins requests without a common number into one order when they have patient, requester and day in common.
    """
    root = view(resource)
    context = Context(Index(root), settings, version, root.ledger)
    context.issues += context.index.issues
    if problem := refusals.unsuitable(root):
        context.note(*problem)
        return [Reading(None, tuple(context.issues))]
    refusals.refuse_modifiers(context, root)
    composition = _composition(context, root)
    if composition:
        refusals.check_status(context, composition)
    found = groups(context, root, composition, single=single)
    if not found:
        if not any(issue.is_error for issue in context.issues):
            context.note("IMGDA-0203", root.path)
        return [Reading(None, tuple(context.issues))]
    shared = tuple(context.issues)
    read_so_far = [_read_group(context, root, composition, group, now, is_alone=len(found) == 1) for group in found]
    labelled = labels.contrary(context, root)
    leave_aside(context.index)
    refusals.refuse_deletions(root)
    orders = [reading.order for _, reading in read_so_far if reading.order]
    unused.give_up(context.index, [reader.people for reader, _ in read_so_far], orders)
    unreferenced.belonging_to_nothing(context)
    lost = tuple(losses.find(root, context.index, settings.losses))
    """With several orders in one input, a leaf is lost when no order took it."""
    return [
        replace(reading, issues=shared + reading.issues + labels_of + lost, source=root, version=version)
        for (_, reading), group in zip(read_so_far, found, strict=True)
        for labels_of in [tuple(labels.unsaid(labelled, shared + reading.issues, group.requests))]
    ]


def _read_group(
    context: Context, root: Node, composition: Node | None, group: Group, now: datetime | None, *, is_alone: bool
) -> tuple[OrderReader, Reading]:
    """One order of the input, with what was found of it alone."""
    context.begin()
    taken: set[tuple[int, str | int]] | None = None if is_alone else set()
    root.ledger.taken = taken
    reader = OrderReader(context, root, composition, group, now)
    order = reader.order()
    marks = None if taken is None else frozenset(taken)
    return reader, Reading(order, tuple(context.issues), group.number, Places(reader.places), taken=marks)


def _composition(context: Context, root: Node) -> Node | None:
    """The Composition of shape (a), the ANS document."""
    if root.type_name == "Bundle" and root.peek("type") == "document":
        return next(iter(context.index.of_type("Composition")), None)
    return None
