"""The context of care as an Encounter and its Location.

Source: docs/fhir.md, A7.
"""

from __future__ import annotations

from bridge.fhir.write.datatypes import address, coding, concept, period, place_identifier, v3, visit_identifiers
from bridge.fhir.write.people import WrittenPeople
from bridge.fhir.write.resources import JSON, Resources, absent, parts, reference
from bridge.order import Code, Encounter, Facility

__all__ = ["write_encounter"]


def write_encounter(resources: Resources, people: WrittenPeople, encounter: Encounter, patient: str) -> str:
    """The Encounter, whose status the order does not know."""
    participants = [(item.type, item.professional, item.time) for item in encounter.participants]
    if encounter.responsible:
        participants.insert(0, ("RESP", encounter.responsible, None))
    return resources.add(
        "Encounter",
        "fr-encounter-care-document",
        identifier=visit_identifiers(encounter.ids),
        status="unknown",
        class_=_class(encounter.type),
        subject=reference(patient),
        participant=[
            parts(
                type=[v3("ParticipationType", kind)],
                period=period(when),
                individual=reference(people.role(person)) or absent(),
            )
            for kind, person, when in participants
        ],
        period=period(encounter.period) or absent(),
        location=[{"location": reference(_location(resources, encounter.facility))}],
    )


def _class(kind: Code | None) -> JSON:
    """Encounter.class is demanded by FHIR, its system and code by the profile: an unknown one is said to be unknown."""
    return coding(kind.code, kind.system, kind.display) if kind else {"_system": absent(), "_code": absent()}


def _location(resources: Resources, facility: Facility) -> str:
    return resources.add(
        "Location",
        "fr-location-document",
        identifier=[place_identifier(item) for item in facility.ids],
        name=facility.name,
        type=[concept(facility.type)],
        address=address(facility.address) if facility.address else None,
    )
