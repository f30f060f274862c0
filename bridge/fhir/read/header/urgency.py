"""The urgency of a request: its reason, and the physician who was contacted.

Source: docs/fhir.md, 2.5 (A11); docs/decisions.md, 30.
"""

from __future__ import annotations

from collections.abc import Iterator

from bridge.fhir.ledger.node import Node, reads
from bridge.fhir.read.distinct import Distinct
from bridge.fhir.read.header.elements import concepts_in, performers
from bridge.fhir.read.header.request import with_setting
from bridge.fhir.read.header.source import HeaderSource, person
from bridge.fhir.read.people.referents import PROFESSIONAL_TYPES, lose_reference, names_professional
from bridge.fhir.read.texts import clean
from bridge.order.header import Urgency
from bridge.order.people import Professional
from bridge.wording.denials import only_denied
from bridge.wording.names import names_of

__all__ = ["read_urgency"]

_TA = "1.2.250.1.213.1.1.4.322"
"""OID of TA_ASIP, in which MED-1095 is the reason of an urgency."""


@reads("urgency")
def read_urgency(source: HeaderSource) -> Urgency | None:
    """The urgency of the whole request, by the priority of a part of it or by a stated reason."""
    urgent = _urgent(source)
    reasons: Distinct[str] = Distinct()
    contacted: Professional | None = None
    for event in source.events():
        for concept in _reasons(source, event.children("code")):
            _add(reasons, concept)
            contacted = contacted or _performer(source, event)
    is_stated = bool(reasons)
    for request in source.requests:
        for concept in _reasons(source, concepts_in(request, "reasonCode", "orderDetail", "reason")):
            is_stated = True
            _add(reasons, concept)
    if not urgent and not is_stated:
        return None
    _check(source, urgent)
    if contacted := _contacted(source, contacted):
        contacted = with_setting(source, contacted, source.first.at("performer"), asks=False)
    return Urgency(reason="\n".join(reasons), contacted=contacted)


def _urgent(source: HeaderSource) -> list[Node]:
    """The requests whose priority is urgent, or more, which is reported."""
    urgent = [r for r in source.requests if r.deciding("priority") in ("urgent", "asap", "stat")]
    for request in urgent:
        if (sent := str(request.peek("priority"))) != "urgent":
            source.context.note("IMGDA-0502", request.at("priority"), value=sent, table="priority", relation="wider")
    return urgent


def _check(source: HeaderSource, urgent: list[Node]) -> None:
    """Report notes that deny the urgency, and a priority that is not that of every request."""
    for note in (note for request in urgent for note in request.children("note")):
        text = clean(note.peek("text")) if isinstance(note.peek("text"), str) else None
        if text and only_denied(text, names_of("question", "MED-1095")):
            source.context.contradiction(note.at("text"), text)
    if not urgent:
        source.context.note("IMGDA-0429", source.first.at("priority"))
    elif len(urgent) < len(source.requests):
        source.context.note("IMGDA-0428", source.first.at("priority"))


def _reasons(source: HeaderSource, concepts: list[Node]) -> Iterator[Node]:
    """Those of some concepts that say the reason of an urgency; their codes count as read."""
    return (concept for concept in concepts if _is_urgency(source, concept))


def _is_urgency(source: HeaderSource, concept: Node) -> bool:
    if not source.context.has_code(concept, "MED-1095", _TA):
        return False
    source.context.take_code(concept, "MED-1095", _TA)
    return True


def _add(reasons: Distinct[str], concept: Node) -> None:
    if text := clean(concept.text("text")):
        reasons.append(text)


def _performer(source: HeaderSource, event: Node) -> Professional | None:
    references = (reference for reference in performers(event) if _may_be_contacted(source, reference))
    return next((role.professional for r in references if (role := source.people.role(r, required=True))), None)


def _contacted(source: HeaderSource, known: Professional | None) -> Professional | None:
    """The physician of the event, else the performers of the requests; a second person is reported."""
    found: dict[object, tuple[Professional, Node | None]] = {person(known): (known, None)} if known else {}
    for reference in (reference for request in source.requests for reference in request.children("performer")):
        role = source.people.role(reference) if _may_be_contacted(source, reference) else None
        if role:
            found.setdefault(person(role.professional), (role.professional, reference))
    people = [*found.values()]
    for _, another in people[1:]:
        assert another is not None
        source.context.note("IMGDA-0431", another.path)
        for element in ("reference", "display", "identifier"):
            another.lose(element, "IMGDA-0903")
    return people[0][0] if people else None


def _may_be_contacted(source: HeaderSource, reference: Node | None) -> bool:
    """Whether a performer is a professional by resource, type or number; else a clinical loss."""
    if reference is None:
        return False
    target = source.context.index.find(reference)
    if target is not None:
        known = target.type_name in PROFESSIONAL_TYPES
    else:
        known = names_professional(source.context, reference, by_words=False)
    if not known:
        lose_reference(reference, "IMGDA-0350", "clinical")
    return known
