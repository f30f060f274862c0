"""The elements of a header that several readers read alike: concepts, header extensions, and events of a Composition.

Source: docs/fhir.md, 2.5; header extensions of HL7 Europe and the ANS for a CDA document in FHIR.
"""

from __future__ import annotations

from bridge.fhir.ledger.node import Node
from bridge.fhir.read.concepts import Context
from bridge.fhir.read.datatypes.names import period
from bridge.order.values import Period

__all__ = [
    "concepts_in",
    "has",
    "is_principal",
    "participation_codes",
    "parties",
    "performers",
    "period_of",
    "understand",
    "understand_type",
]


def has(concept: Node, code: str) -> bool:
    """Whether a CodeableConcept has a code."""
    return any(coding.peek("code") == code for coding in concept.children("coding"))


def understand(concept: Node, *codes: str) -> bool:
    """Whether a CodeableConcept has one of these codes; those it has count as read."""
    found = [coding for coding in concept.children("coding") if coding.peek("code") in codes]
    for coding in found:
        coding.understood()
    return bool(found)


def concepts_in(request: Node, *names: str) -> list[Node]:
    """The concepts of some elements of a request, which R5 has as CodeableReferences."""
    return [item.child("concept") or item for name in names for item in request.children(name)]


def participation_codes(participant: Node) -> list[str]:
    """In which capacities somebody takes part in an encounter. FHIR: Encounter.participant.type."""
    return [str(coding.peek("code")) for kind in participant.children("type") for coding in kind.children("coding")]


def parties(extension: Node) -> list[Node | None]:
    """The references to those who take part."""
    return [part.child("valueReference") for part in extension.extensions("party")]


def understand_type(extension: Node, *codes: str) -> bool:
    """Whether the capacity is one of these codes; those it has count as read."""
    concepts = [part.child("valueCodeableConcept") for part in extension.extensions("type")]
    understood = [understand(concept, *codes) for concept in concepts if concept]
    return any(understood)


def period_of(context: Context, time: Node) -> Period | None:
    """A Period whose ends may be said to be unknown (data-absent-reason)."""
    span = time.child("valuePeriod")
    for element in ("_start", "_end"):
        primitive = span.child(element) if span else None
        for reason in primitive.extensions("data-absent-reason") if primitive else ():
            if reason.peek("valueCode") == "unknown":
                reason.decide("valueCode")
    return period(context, span)


def is_principal(event: Node) -> bool:
    """Whether an event is the request: its mark says so, or the code of imaging orders where there is no mark."""
    flags = [e.decides("valueBoolean") for e in event.extensions("fr-is-principal-event-extension")]
    return True in flags if flags else any(has(code, "55115-0") for code in event.children("code"))


def performers(event: Node) -> list[Node | None]:
    """The references to those who perform an event."""
    return [extension.child("valueReference") for extension in event.extensions("fr-performer-event-extension")]
