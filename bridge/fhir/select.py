"""Which ServiceRequests of an input form one document.

Source: docs/fhir.md, 2.4.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.fhir.acts import has_type, is_imaging
from bridge.fhir.context import Context
from bridge.fhir.description import description_of
from bridge.fhir.view import Node

__all__ = ["Group", "groups"]

_REFUSED = ("revoked", "entered-in-error")
_QUIET = ("active",)
_FIRM = ("order", "original-order", "reflex-order", "filler-order", "instance-order")


@dataclass(frozen=True, slots=True)
class Group:
    """The requests of one document."""

    requests: tuple[Node, ...]
    number: str | None
    """The order number that they share, as sent."""


def groups(context: Context, root: Node, composition: Node | None, *, single: bool = False) -> list[Group]:
    """The groups of imaging requests of an input, in its order; a refused request is reported."""
    requests = []
    for node in _requests(context, root):
        if _is_selectable(context, node):
            requests.append(node)
        else:
            node.give_up("IMGDA-0910", "technical")
    imaging = [node for node in requests if is_imaging(context, node)]
    if not imaging and len(requests) == 1:
        imaging = requests
    for node in requests:
        if node not in imaging:
            context.note("IMGDA-0213", node.path)
            node.give_up("IMGDA-0910", "technical")
    if composition is not None or len(imaging) <= 1:
        return [Group(tuple(imaging), _number(imaging[0]))] if imaging else []
    keyed: dict[str, list[Node]] = {}
    for node in imaging:
        keyed.setdefault(_key(context, node, single), []).append(node)
    return [Group(tuple(nodes), _number(nodes[0])) for nodes in keyed.values()]


def _requests(context: Context, root: Node) -> list[Node]:
    """The requests of an input; in a message, those that its header is about, if it is about any."""
    if root.type_name == "ServiceRequest":
        return [root]
    found = [node for node in context.index.of_type("ServiceRequest") if context.index.container(node) is None]
    focus = [context.index.find(r) for header in context.index.of_type("MessageHeader") for r in header.children("focus")]
    wanted = [node for node in found if any(target is not None and target.value is node.value for target in focus)]
    for node in found if wanted else ():
        if node not in wanted:
            context.note("IMGDA-0221", node.path)
            node.give_up("IMGDA-0910", "technical")
    return wanted or found


def _is_selectable(context: Context, node: Node) -> bool:
    """Whether a request may be converted at all; reports those that are not firm."""
    status, intent = node.deciding("status"), node.deciding("intent")
    if status in _REFUSED:
        context.note("IMGDA-0208", node.at("status"), status=status)
        return False
    if node.decides("doNotPerform"):
        context.note("IMGDA-0209", node.at("doNotPerform"))
        return False
    if status and status not in _QUIET:
        context.note("IMGDA-0211", node.at("status"), status=status)
    if intent and intent not in _FIRM:
        context.note("IMGDA-0212", node.at("intent"), intent=intent)
    return True


def _number(node: Node) -> str | None:
    """The value of the requisition, else of the placer number."""
    requisition = node.child("requisition")
    if requisition and isinstance(value := requisition.peek("value"), str):
        return value
    for candidate in node.children("identifier"):
        if has_type(candidate, "PLAC") and isinstance(value := candidate.peek("value"), str):
            return value
    return None


def _key(context: Context, node: Node, single: bool) -> str:
    """What requests of one document have in common."""
    requisition = node.child("requisition")
    if requisition and "value" in requisition:
        return f"requisition {requisition.peek('system')} {requisition.peek('value')}"
    if described := description_of(context.index, (node,)):
        return f"described {described.path}"
    for parent in node.children("basedOn"):
        return f"basedOn {parent.peek('reference')}"
    if group := _group_identifier(context, node):
        return group
    if single:
        day = str(node.peek("authoredOn"))[:10]
        return f"same {_target(node, 'subject')} {_target(node, 'requester')} {day}"
    return f"alone {node.path}"


def _target(node: Node, element: str) -> str:
    reference = node.child(element)
    return str(reference.peek("reference")) if reference else ""


def _group_identifier(context: Context, node: Node) -> str | None:
    """The groupIdentifier of a Task, RequestGroup or RequestOrchestration that leads to the request."""
    for owner in context.index.of_type("Task", "RequestGroup", "RequestOrchestration"):
        references = [owner.child("focus"), *owner.children("basedOn")]
        references += [action.child("resource") for action in owner.children("action")]
        group = owner.child("groupIdentifier")
        if group is None:
            continue
        for reference in references:
            if reference and (found := context.index.find(reference)) and found.value is node.value:
                return f"group {group.peek('system')} {group.peek('value')}"
    return None
