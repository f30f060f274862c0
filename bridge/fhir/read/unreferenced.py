"""Resources of the input to which nothing of an order leads.

With the setting ``unreferenced = "take"``, those about the patient are read as if supportingInfo named them. A Device that is
nobody's and a BodyStructure of something else say nothing about the order: their loss is not critical by their type alone.
Source: docs/decisions.md, 28 and 29.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bridge.fhir.ledger import losses
from bridge.fhir.ledger.node import Node, Reason
from bridge.fhir.read.clinical.implants import USES
from bridge.fhir.read.concepts import Context
from bridge.findings.issues import LossClass

__all__ = ["belonging_to_nothing", "of_the_patient"]

_TAKEN = ("AllergyIntolerance", "Condition", "Device", "Observation", "Procedure", *USES)


def of_the_patient(context: Context) -> list[Node]:
    """The conditions, allergies, procedures, devices and observations of the patient to which no request or section leads."""
    named = _named(context)
    return [
        node
        for node in context.index.of_type(*_TAKEN)
        if context.index.container(node) is None and id(node.value) not in named and _is_about(context, node)
    ]


def _is_about(context: Context, node: Node) -> bool:
    reference = node.child("subject") or node.child("patient")
    target = context.index.lookup(reference) if reference else None
    return target is not None and context.patient is not None and target.value is context.patient.value


def _named(context: Context) -> set[int]:
    """``id()`` of the objects of the resources to which a request, a section, or a resource named so leads."""
    found: set[int] = set()
    waiting = context.index.of_type("ServiceRequest", "Composition")
    while waiting:
        for reference in _references(waiting.pop()):
            target = context.index.lookup(reference)
            if target is not None and id(target.value) not in found:
                found.add(id(target.value))
                waiting += [target] if target.type_name not in ("Patient", "Encounter") else []
    return found


def _references(node: Node) -> Iterator[Node]:
    """Every Reference in a resource."""
    for name, value in node.value.items():
        if isinstance(value, (dict, list)):
            for child in node.children(name):
                if isinstance(child.peek("reference"), str):
                    yield child
                yield from _references(child)


def belonging_to_nothing(context: Context) -> None:
    """Give up the devices of nobody and the structures of something else: their type alone makes no loss critical."""
    named, supporting = _named(context), _supporting(context)
    for node in context.index.of_type("Device", "BodyStructure"):
        owner = context.index.container(node)
        is_of_the_order = owner is not None and owner.type_name in ("Composition", "ServiceRequest")
        if node.ledger.has_read(_without_type(node)) or is_of_the_order:
            continue
        if node.type_name == "BodyStructure" and id(node.value) not in named:
            _give_up(node, "clinical")
        elif node.type_name == "Device" and "patient" not in node and id(node.value) not in supporting:
            _give_up(node, "administrative")


def _supporting(context: Context) -> set[int]:
    """``id()`` of the objects of the resources that requests put beside them as data, which performers are not."""
    requests = context.index.of_type("ServiceRequest")
    references = [
        r for request in requests for r in _references(request) if ".performer[" not in r.path and ".requester" not in r.path
    ]
    targets = [context.index.lookup(reference) for reference in references]
    return {id(target.value) for target in targets if target is not None}


def _without_type(node: Node) -> dict[str, Any]:
    return {name: value for name, value in node.value.items() if name not in ("resourceType", "id")}


def _give_up(node: Node, loss: LossClass) -> None:
    reason = Reason("IMGDA-0905", loss, ())
    for leaf in node.leaves():
        if node.ledger.is_lost(leaf) and not losses.is_implied(leaf, node.ledger):
            node.ledger.give_up(leaf.container, leaf.key, reason)
