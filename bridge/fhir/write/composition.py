"""The Composition of a document, which holds its header and its sections: the dual of ``bridge.fhir.read.header``, shape (a).

Source: docs/fhir.md, 2.2 and 2.5; ANS, document-core 0.1.0, fr-composition-document.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from bridge.fhir.extensions import REPLACED_VERSION
from bridge.fhir.write import narrative
from bridge.fhir.write.clinical import ClinicalSections
from bridge.fhir.write.datatypes import concept, identifier, known_period, loinc, ta, typed, v3
from bridge.fhir.write.people import WrittenPeople
from bridge.fhir.write.resources import ANS, JSON, Resources, absent, parts, reference
from bridge.order import Attester, Author, Document, Order, Participant, Period, Professional
from bridge.order.narratives import SectionWords, Words

__all__ = ["Links", "replaced_document", "write"]

_ANS = f"{ANS}/StructureDefinition"
_HL7 = "http://hl7.org/fhir/uv/fhir-clinical-document/StructureDefinition"
_ORDER = loinc("55115-0", "Demande d'actes d'imagerie")


@dataclass(frozen=True, slots=True)
class Links:
    """The fullUrls that the header of a document refers to."""

    patient: str
    encounter: str
    requests: list[str]
    relatives: list[str]
    words: Words
    """Titles and narratives of the document that the order was read from; none for an order from elsewhere."""


def write(resources: Resources, people: WrittenPeople, order: Order, clinical: ClinicalSections, links: Links) -> None:
    """Write the Composition as the first entry."""
    document = order.document
    replaced = replaced_document(document, targetIdentifier=typed(document.replaces, "RI")) if document.replaces else None
    url = resources.add(
        "Composition",
        "fr-composition-document",
        language=document.language,
        extension=_header(people, order, links),
        identifier=identifier(document.set_id),
        status="final",
        type=_ORDER,
        subject=reference(links.patient),
        encounter=reference(links.encounter),
        date=document.created_at,
        author=[_author(people, author) for author in order.authors],
        title=document.title,
        confidentiality=document.confidentiality,
        attester=[
            _attester(people, "legal", order.legal_authenticator),
            *(_attester(people, "professional", attester) for attester in order.authenticators),
        ],
        custodian=reference(people.organization(order.custodian)) or absent(),
        relatesTo=[replaced] if replaced else [],
        event=_events(people, order, links),
        section=_sections(order, clinical, links),
    )
    resources.first(url)


def replaced_document(document: Document, **target: Any) -> JSON:
    """relatesTo of a document that replaces another, whose version has no element in R4."""
    version = document.replaces_version
    extension = [{"url": REPLACED_VERSION, "valuePositiveInt": version}] if version else []
    return parts(extension=extension, code="replaces", **target)


# --- people ----------------------------------------------------------------------------------------------------------


def _author(people: WrittenPeople, author: Author) -> JSON:
    time = {"url": f"{_ANS}/fr-author-time-extension", "valueDateTime": author.time}
    return parts(extension=[time], **(reference(people.author(author)) or {}))


def _attester(people: WrittenPeople, mode: str, attester: Attester) -> JSON:
    return parts(mode=mode, time=attester.time, party=reference(people.role(attester.professional)) or absent())


def _header(people: WrittenPeople, order: Order, links: Links) -> list[JSON]:
    """The extensions of the header: version, participants, informants, operator, addressees."""
    version = {
        "url": "http://hl7.org/fhir/5.0/StructureDefinition/extension-Composition.version",
        "valueString": str(order.document.version),
    }
    found = [version, *(_participant(people, participant) for participant in order.participants)]
    informants = [*links.relatives, *(people.role(informant) for informant in order.informants)]
    found += [_taking_part("informant-extension", "INF", party) for party in informants]
    if enterer := order.data_enterer:
        span = Period(start=enterer.time) if enterer.time else None
        party = people.role(enterer.professional)
        found.append(_taking_part("data-enterer-extension", "ENT", party, time=known_period(span)))
    for recipient in order.recipients:
        kind = "TRC" if recipient.copy else "PRCP"
        found.append(_taking_part("information-recipient-extension", kind, people.role(recipient.professional)))
    return found


def _participant(people: WrittenPeople, participant: Participant) -> JSON:
    function = concept(participant.function) if participant.function else None
    span = known_period(participant.time)
    return _taking_part("ParticipantExtension", participant.type, people.participant(participant), time=span, function=function)


def _taking_part(name: str, kind: str, party: str | None, *, time: JSON | None = None, function: JSON | None = None) -> JSON:
    values: dict[str, Any] = {
        "type": {"valueCodeableConcept": v3("ParticipationType", kind)},
        "function": {"valueCodeableConcept": function} if function else None,
        "time": {"valuePeriod": time} if time else None,
        "party": {"valueReference": reference(party) or absent()},
    }
    return {"url": f"{_HL7}/{name}", "extension": [{"url": part, **value} for part, value in values.items() if value]}


# --- events ----------------------------------------------------------------------------------------------------------


def _events(people: WrittenPeople, order: Order, links: Links) -> list[JSON]:
    """The request, then its urgency and its being a screening (docs/fhir.md, A8, A9, A11)."""
    number = identifier(order.request.ids[0]) if order.request.ids else None
    principal = parts(
        extension=[
            *(_performer(people, order.request.performer) or [_unknown_performer()]),
            {"url": f"{_ANS}/fr-is-principal-event-extension", "valueBoolean": True},
        ],
        code=[_ORDER],
        period=known_period(order.request.period),
        detail=[parts(**(reference(links.requests[0]) or {}), identifier=number)] if links.requests else [],
    )
    found = [principal]
    if urgency := order.urgency:
        code = parts(**ta("MED-1095", "Exécution en urgence"), text=urgency.reason)
        found.append(parts(extension=_performer(people, urgency.contacted), code=[code]))
    if order.screening:
        display = "Examen spécial de dépistage, sans précision"
        system = "http://hl7.org/fhir/sid/icd-10"
        found.append({"code": [{"coding": [{"system": system, "code": "Z13.9", "display": display}]}]})
    return found


def _performer(people: WrittenPeople, person: Professional | None) -> list[JSON]:
    who = reference(people.role(person)) if person else None
    return [{"url": f"{_ANS}/fr-performer-event-extension", "valueReference": who}] if who else []


def _unknown_performer() -> JSON:
    return {"url": f"{_ANS}/fr-performer-event-extension", "valueReference": absent()}


# --- sections --------------------------------------------------------------------------------------------------------


def _sections(order: Order, clinical: ClinicalSections, links: Links) -> list[JSON]:
    """The tree of the model; what has no entry is left out (docs/fhir.md, 2.2)."""
    requests = links.requests
    section = partial(_section, links.words)
    why = section("55115-0", "Demande", "Justification de la demande et finalité de l'examen", narrative.reasons(order), requests)
    title = "Antécédents, contre-indications et informations pour la prise en charge"
    history = section("11329-0", "Historique médical", title, narrative.history(order), clinical.history)
    words: list[narrative.Row] = [("Informations cliniques", "Justification, antécédents et contre-indications")]
    top = section("55752-0", "Informations cliniques", "Informations cliniques", words, [])
    top["section"] = [part for part in (why, history) if "entry" in part]
    found = [
        top,
        section("34895-3", "Education du patient", "Information du patient", narrative.education(order), clinical.education),
        section("18776-5", "Plan de soins", "Actes d'imagerie demandés", narrative.plan(order), [*requests, *clinical.plan]),
        section("30954-2", "Résultats d'examens", "Résultats d'examens antérieurs", narrative.results(order), clinical.results),
        section("55107-7", "Documents ajoutés", "Documents liés", narrative.documents(order), clinical.documents),
    ]
    return [part for part in found if part.keys() & {"entry", "section"}]


def _section(words: Words, code: str, display: str, title: str, rows: list[narrative.Row], entries: list[str]) -> JSON:
    """A section with the title and narrative of the received document, or with those that the data give."""
    received = words.get(code, SectionWords())
    return parts(
        title=received.title or title,
        code=loinc(code, display),
        text=narrative.received(received) or narrative.narrative(rows),
        entry=[reference(entry) for entry in entries],
    )
