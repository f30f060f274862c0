"""The order as a FHIR R4 Bundle: the dual of ``bridge.fhir.read``.

Two shapes share the same resources. ``document`` is the document of the French guide, with a Composition; ``order`` is a
collection of ServiceRequests and what they refer to, in which a DocumentReference and Provenances hold the header.

The same order gives the same Bundle: nothing is random, no clock is read.

Source: docs/fhir.md, 2.2, 2.3 and 2.9.
"""

from __future__ import annotations

from typing import Literal

from bridge.fhir.profiles import claims
from bridge.fhir.write import composition, description
from bridge.fhir.write.acts import Requests, call_back_number
from bridge.fhir.write.clinical import ClinicalSections
from bridge.fhir.write.composition import Links
from bridge.fhir.write.consents import fulfilled, write_consent
from bridge.fhir.write.datatypes import identifier, in_one_text, is_instant
from bridge.fhir.write.encounter import write_encounter
from bridge.fhir.write.people import WrittenPeople
from bridge.fhir.write.resources import ANS, JSON, Resources, parts, reference
from bridge.fhir.write.source import write_source
from bridge.findings.issues import Issue, issue
from bridge.order import Order, Participant
from bridge.order.narratives import Words

__all__ = ["Shape", "losses", "write"]

Shape = Literal["document", "order"]


def write(order: Order, *, shape: Shape = "document", words: Words | None = None, received: bytes | None = None) -> JSON:
    """The order as a FHIR R4 Bundle, JSON data. What it cannot say is told by :func:`losses`.

    *words* are the titles and narratives of the document that the order was read from; without them they are made of the data.
    *received* is that document, to travel with the Bundle.
    """
    resources = Resources(in_one_text(order.document.id))
    people = WrittenPeople(resources)
    physicians = [url for p in order.participants if (url := _treating(people, p))]
    patient = people.patient(order.patient, order.contacts, physicians)
    clinical = ClinicalSections(resources, patient)
    supporting = _supporting(resources, clinical, order, patient)
    encounter = write_encounter(resources, people, order.encounter, patient)
    common = parts(subject=reference(patient), encounter=reference(encounter), **_asked(people, order, supporting))
    requests = Requests(resources, order, shape, common).write()
    relatives = [people.related_person(contact, patient) for contact in order.contacts]
    for guardian in order.patient.guardians:
        people.guardian(guardian, patient)
    links = Links(patient, encounter, requests, relatives, words or {})
    if shape == "document":
        composition.write(resources, people, order, clinical, links)
    else:
        description.write(resources, people, order, links)
    if received is not None:
        write_source(resources, order.document, links, received)
    return _bundle(resources, order, shape)


def _supporting(resources: Resources, clinical: ClinicalSections, order: Order, patient: str) -> list[str]:
    """What the requests put beside themselves; a number to call back says by itself that a call is wanted."""
    said_by_number = order.callback is True and order.callback_at is None and call_back_number(order) is not None
    supporting = clinical.write(order, callback=None if said_by_number else order.callback)
    return supporting + [write_consent(resources, consent, patient) for consent in order.consents]


def _asked(people: WrittenPeople, order: Order, supporting: list[str]) -> JSON:
    """What all requests say alike: who asks, who was contacted, and what stands beside them."""
    contacted = people.role(order.urgency.contacted) if order.urgency and order.urgency.contacted else None
    demandeur = next((author for author in order.authors if not author.device), order.authors[0])
    return parts(
        requester=reference(people.author(demandeur)),
        performer=[reference(contacted)] if contacted else [],
        supportingInfo=[reference(url) for url in supporting],
        basedOn=[fulfilled(earlier) for earlier in order.fulfils],
    )


def _treating(people: WrittenPeople, participant: Participant) -> str | None:
    """Médecin traitant: the Practitioner alone, as the French profile of Patient demands (docs/fhir.md, A6)."""
    function = participant.function.code if participant.function else None
    if (participant.type, function) != ("INF", "PCP"):
        return None
    return people.practitioner(participant.professional) or people.participant(participant)


def _bundle(resources: Resources, order: Order, shape: Shape) -> JSON:
    document = order.document
    claimed = [f"{ANS}/StructureDefinition/fr-bundle-document"] if shape == "document" else []
    bundle = parts(
        resourceType="Bundle",
        id=resources.name(f"Bundle {shape}"),
        meta=parts(source=in_one_text(document.id), profile=claimed),
        identifier=identifier(document.id) if shape == "document" else None,
        type="document" if shape == "document" else "collection",
        timestamp=document.created_at if is_instant(document.created_at) else None,
        entry=resources.entries,
    )
    claims.keep_true(bundle)
    return bundle


def losses(order: Order) -> tuple[Issue, ...]:
    """What the order holds and FHIR has no place for: contradictions within a choice element."""
    patient = order.patient
    found = []
    if patient.deceased is False and patient.deceased_at:
        found.append(issue("IMGDA-1201", "Patient.deceasedDateTime", loss="administrative"))
    if patient.multiple_birth is False and patient.birth_rank is not None:
        found.append(issue("IMGDA-1202", "Patient.multipleBirthInteger", loss="administrative"))
    for index, author in enumerate(order.authors):
        if author.device and (author.function or author.professional.addresses):
            found.append(issue("IMGDA-1310", f"Composition.author[{index}]", loss="administrative"))
    return tuple(found)
