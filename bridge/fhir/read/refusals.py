"""What makes an input unfit to be read as an order, whatever the order says: its type, its status, modifiers, deletions."""

from __future__ import annotations

from typing import Any

from bridge.fhir.ledger.node import Node
from bridge.fhir.read.concepts import Context
from bridge.fhir.read.facts import deletion

__all__ = ["check_status", "refuse_deletions", "refuse_modifiers", "unsuitable"]

_BUNDLES = ("document", "transaction", "batch", "collection", "searchset", "message")
_TAKEN_BACK = ("cancelled", "entered-in-error")
_NOT_FINAL = ("deprecated", "partial", "preliminary", "registered", "unknown")


def unsuitable(root: Node) -> tuple[str, str] | None:
    if root.type_name == "ServiceRequest":
        return None
    if root.type_name != "Bundle":
        return "IMGDA-0201", root.path
    return ("IMGDA-0202", root.at("type")) if root.deciding("type") not in _BUNDLES else None


def check_status(context: Context, composition: Node) -> None:
    """A document that was taken back is refused, and one that is not final is said (docs/decisions.md, 35)."""
    status = composition.peek("status")
    if status in _TAKEN_BACK:
        context.note("IMGDA-0343", composition.at("status"))
    elif status in _NOT_FINAL:
        composition.decide("status")
        context.note("IMGDA-0912", composition.at("status"), status=str(status))


def refuse_modifiers(context: Context, root: Node) -> None:
    """An unknown modifierExtension, or implicitRules, may reverse the meaning of anything: an error wherever it stands."""
    stack: list[tuple[Any, str]] = [(root.value, root.path)]
    while stack:
        value, path = stack.pop()
        if isinstance(value, dict):
            for name in ("modifierExtension", "implicitRules"):
                if value.get(name):
                    context.note("IMGDA-0210", f"{path}.{name}")
            stack += [(item, f"{path}.{key}") for key, item in value.items() if isinstance(item, (dict, list))]
        else:
            stack += [(item, f"{path}[{i}]") for i, item in enumerate(value) if isinstance(item, (dict, list))]


def refuse_deletions(root: Node) -> None:
    """An instruction to delete what was read, and is no fact with a status of its own, is a critical loss: a person, a place."""
    for entry in root.children("entry"):
        resource, request = entry.child("resource"), entry.child("request")
        if resource is None or request is None or deletion(resource) is None:
            continue
        if root.ledger.has_read(resource.value) and not root.ledger.is_read(request.value, "method"):
            request.lose("method", "IMGDA-0901", "critical")
