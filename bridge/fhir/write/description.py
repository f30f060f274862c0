"""The header of a document in the plain shape, which has no Composition: the dual of ``bridge.fhir.read.header.description``.

A DocumentReference describes the document (identifiers, title, language, custodian, period of the request); one Provenance for
each person tells in which capacity and when somebody took part in it.

Source: FHIR R4 4.0.1, DocumentReference and Provenance; docs/fhir.md, 2.3 and 2.5.
"""

from __future__ import annotations

from typing import Any

from bridge.fhir.write.composition import Links, replaced_document
from bridge.fhir.write.datatypes import identifier, is_instant, loinc, period, v3
from bridge.fhir.write.people import WrittenPeople
from bridge.fhir.write.resources import JSON, Resources, absent, parts, reference
from bridge.order import Order, Period

__all__ = ["write"]

INFORMANT = "informant"
"""provenance-participant-type."""

_CORRE = {
    "coding": [
        {
            "system": "https://mos.esante.gouv.fr/NOS/TRE_R258-RelationPriseCharge/FHIR/TRE-R258-RelationPriseCharge",
            "code": "CORRE",
            "display": "Correspondant",
        }
    ]
}


def write(resources: Resources, people: WrittenPeople, order: Order, links: Links) -> None:
    """Write the DocumentReference, the Provenances and the CommunicationRequests."""
    document = order.document
    attachment = parts(language=document.language, title=document.title, creation=document.created_at)
    target = {"identifier": identifier(document.replaces)} if document.replaces else None
    replaced = replaced_document(document, target=target) if target else None
    url = resources.add(
        "DocumentReference",
        masterIdentifier=identifier(document.id),
        identifier=[identifier(document.set_id)],
        status="current",
        type=loinc("55115-0", "Demande d'actes d'imagerie"),
        subject=reference(links.patient),
        custodian=reference(people.organization(order.custodian)),
        relatesTo=[replaced] if replaced else [],
        content=[{"attachment": attachment}],
        context=parts(period=period(order.request.period), related=[reference(request) for request in links.requests]),
    )
    for kind, party, when in _participations(people, order):
        _provenance(resources, url, document.created_at, kind, party, when)
    for informant in order.informants:
        _provenance(resources, url, document.created_at, INFORMANT, people.role(informant), {})
    _recipients_of_the_report(resources, people, order, links)


def _participations(people: WrittenPeople, order: Order) -> list[tuple[str, str | None, dict[str, Any]]]:
    """Code of v3-ParticipationType, person and time. The demandeur is ServiceRequest.requester."""
    found = [("AUT", people.author(author), _at(author.time)) for author in order.authors[1:]]
    found.append(("PPRF", people.role(order.request.performer), {}))
    found += [(p.type, people.participant(p), _during(p.time)) for p in order.participants]
    if enterer := order.data_enterer:
        found.append(("ENT", people.role(enterer.professional), _at(enterer.time)))
    found += [("TRC" if r.copy else "PRCP", people.role(r.professional), {}) for r in order.recipients]
    legal = order.legal_authenticator
    found.append(("LA", people.role(legal.professional), _at(legal.time)))
    found += [("AUTHEN", people.role(a.professional), _at(a.time)) for a in order.authenticators]
    return found


def _at(moment: str | None) -> dict[str, Any]:
    return {"occurredDateTime": moment}


def _during(span: Period | None) -> dict[str, Any]:
    return {"occurredPeriod": period(span)}


def _provenance(resources: Resources, document: str, recorded: str, kind: str, party: str | None, when: dict[str, Any]) -> None:
    known: JSON = {"recorded": recorded} if is_instant(recorded) else {"_recorded": absent()}
    resources.add(
        "Provenance",
        target=[reference(document)],
        **known,
        **when,
        agent=[parts(type=_capacity(kind), who=reference(party))],
    )


def _capacity(kind: str) -> JSON:
    """In which capacity: of v3-ParticipationType, whose INF is a participant of the order; an informant has a code of FHIR."""
    if kind != INFORMANT:
        return v3("ParticipationType", kind)
    system = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
    return {"coding": [{"system": system, "code": INFORMANT}]}


def _recipients_of_the_report(resources: Resources, people: WrittenPeople, order: Order, links: Links) -> None:
    """Destinataires du compte rendu, where a plain reader looks for them (docs/fhir.md, A10)."""
    for participant in order.participants:
        function = participant.function.code if participant.function else None
        if (participant.type, function) == ("CON", "CORRE"):
            resources.add(
                "CommunicationRequest",
                status="active",
                category=[_CORRE],
                subject=reference(links.patient),
                about=[reference(request) for request in links.requests],
                recipient=[reference(people.participant(participant))],
            )
