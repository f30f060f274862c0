"""Which ServiceRequests of an input form one document.

Source: docs/fhir.md, 2.4.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.fhir.ledger.node import Node, without
from bridge.fhir.read.concepts import Context
from bridge.fhir.read.datatypes.identifiers import has_type
from bridge.fhir.read.facts import deletion
from bridge.fhir.read.header.description import description_of
from bridge.fhir.read.request.categories import is_imaging

__all__ = ["Group", "groups", "of_one_document", "replaced_by"]

_REFUSED = ("revoked", "entered-in-error")
_NOT_TO_BE_DONE = ("cancelled", "failed", "rejected")
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
    requests = _selected(context, root)
    _say_ended_tasks(context, requests)
    imaging = _imaging(context, requests)
    if composition is not None or len(imaging) <= 1:
        return [Group(tuple(imaging), _number(imaging[0]))] if imaging else []
    keyed: dict[str, list[Node]] = {}
    for node in imaging:
        keyed.setdefault(_key(context, node, single), []).append(node)
    return [Group(tuple(nodes), _number(nodes[0])) for nodes in keyed.values()]


def _selected(context: Context, root: Node) -> list[Node]:
    """The requests that may be converted; the others are reported: those that another replaces, and the refused ones."""
    found = _requests(context, root)
    requests: list[Node] = []
    earlier = {ident for node in found if not _is_refused(node) for ident in _earlier(context, node)}
    for node in found:
        is_replaced = id(node.value) in earlier
        if is_replaced:
            context.note("IMGDA-0347", node.path)
        if not is_replaced and _is_selectable(context, node):
            requests.append(node)
        else:
            node.give_up("IMGDA-0910", "technical")
    return requests


def _imaging(context: Context, requests: list[Node]) -> list[Node]:
    """The requests for imaging; one alone is taken for one. The others are reported."""
    imaging = [node for node in requests if is_imaging(context, node)]
    if not imaging and len(requests) == 1:
        return requests
    for node in without(requests, imaging):
        context.note("IMGDA-0213", node.path)
        node.give_up("IMGDA-0910", "technical")
    return imaging


def _requests(context: Context, root: Node) -> list[Node]:
    """The requests of an input; in a message, those that its header is about, if it is about any."""
    if root.type_name == "ServiceRequest":
        return [root]
    found = [node for node in context.index.of_type("ServiceRequest") if context.index.container(node) is None]
    focus = [context.index.find(r) for header in context.index.of_type("MessageHeader") for r in header.children("focus")]
    meant = {id(target.value) for target in focus if target is not None}
    wanted = [node for node in found if id(node.value) in meant]
    for node in found if wanted else ():
        if id(node.value) not in meant:
            context.note("IMGDA-0221", node.path)
            node.give_up("IMGDA-0910", "technical")
    return wanted or found


def _is_refused(node: Node) -> bool:
    return deletion(node) is not None or node.peek("status") in _REFUSED or node.peek("doNotPerform") is True


def replaced_by(context: Context, reference: Node) -> Node | None:
    """The request of the input that a reference of ServiceRequest.replaces leads to, by itself or by its number."""
    if (found := context.index.find(reference)) is not None:
        return found if found.type_name == "ServiceRequest" else None
    number = reference.child("identifier")
    return context.index.numbered(number) if number else None


def _earlier(context: Context, node: Node) -> set[int]:
    """``id()`` of the objects of the requests that a request replaces, and of those that these replaced."""
    found: set[int] = set()
    waiting = [node]
    while waiting:
        for reference in waiting.pop().children("replaces"):
            old = replaced_by(context, reference)
            if old is not None and old.value is not node.value and id(old.value) not in found:
                found.add(id(old.value))
                waiting.append(old)
    return found


def of_one_document(context: Context, node: Node) -> tuple[Node, ...]:
    """The requests that form one document with a replaced request: same number, and neither before nor after it."""
    if not context.documents:
        keyed: dict[str, list[Node]] = {}
        for request in context.index.of_type("ServiceRequest"):
            keyed.setdefault(_key(context, request, False), []).append(request)
        context.documents |= {key: tuple(nodes) for key, nodes in keyed.items()}
    together = context.documents[_key(context, node, False)]
    if not any("replaces" in other for other in together):
        return together
    before = _earlier(context, node)

    def belongs(other: Node) -> bool:
        is_earlier = id(other.value) in before
        return other.value is node.value or not (is_earlier or id(node.value) in _earlier(context, other))

    return tuple(filter(belongs, together))


def _is_selectable(context: Context, node: Node) -> bool:
    """Whether a request may be converted at all; reports those that are not firm."""
    if request := deletion(node):
        context.note("IMGDA-0224", request.at("method"))
        request.decide("method")
        return False
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


def _say_ended_tasks(context: Context, requests: list[Node]) -> None:
    """Report the Tasks about the requests that were cancelled, refused or failed: the requests may not be meant to leave."""
    own = {id(node.value) for node in requests}
    for task in context.index.of_type("Task"):
        status, focus = task.peek("status"), task.child("focus")
        target = context.index.lookup(focus) if focus else None
        if status in _NOT_TO_BE_DONE and target is not None and id(target.value) in own:
            task.decide("status")
            context.note("IMGDA-0223", task.at("status"), status=str(status))


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
