"""Whether a resource states a fact of the patient, wherever it is named: beside the request, as a reason, or in a phrase.

It does not when it is about somebody else, by its subject or its focus; when its status says that it never was a fact; or when
the message asks a server to delete it. Source: docs/decisions.md, 1, 48 and 49; FHIR R4 4.0.1, Observation.focus,
Bundle.entry.request.
"""

from __future__ import annotations

from bridge.fhir.ledger.node import Node
from bridge.fhir.read.clinical.statuses import is_never
from bridge.fhir.read.concepts import Context
from bridge.fhir.read.people.referents import named_type

__all__ = ["deletion", "has_other_focus", "is_fact", "is_of_another", "refuse"]

_PERSONS = ("Group", "Organization", "Patient", "Person", "Practitioner", "PractitionerRole", "RelatedPerson")


def is_fact(context: Context, resource: Node) -> bool:
    """Whether a resource may be said as a fact of the patient; one that may not is reported."""
    if is_of_another(context, resource):
        return False
    if is_never(resource) or deletion(resource):
        refuse(context, resource)
        return False
    return True


def is_of_another(context: Context, resource: Node) -> bool:
    """Whether a resource is about somebody else, by its subject or by its focus: an error, whatever it says."""
    if context.is_foreign(resource):
        return True
    for focus in resource.children("focus") if resource.type_name in ("Observation", "Procedure") else ():
        if _is_somebody_else(context, focus):
            context.note("IMGDA-0219", focus.path)
            resource.give_up("IMGDA-0910", "technical")
            return True
    return False


def has_other_focus(context: Context, resource: Node) -> bool:
    """Whether an Observation is about something that only words or an identifier name: it answers no question of the patient."""
    return any(context.index.lookup(focus) is None for focus in resource.children("focus"))


def refuse(context: Context, resource: Node) -> None:
    """Report a resource that is no fact, and give up what it says."""
    context.note("IMGDA-0217", resource.path)
    resource.give_up("IMGDA-0910", "technical")
    if request := deletion(resource):
        request.decide("method")


def deletion(resource: Node) -> Node | None:
    """The instruction of a Bundle to delete a resource, or what contains it."""
    node: Node | None = resource
    while node is not None:
        request = node.child("request") if "resource" in node else None
        if request is not None and str(request.peek("method")).upper() == "DELETE":
            return request
        node = node.parent
    return None


def _is_somebody_else(context: Context, focus: Node) -> bool:
    found = context.index.find(focus)
    if found is None:
        return named_type(focus) in _PERSONS
    if context.patient is not None and found.value is context.patient.value:
        return False
    return found.type_name in _PERSONS or context.is_foreign(found)
