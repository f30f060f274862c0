"""The context of care: the encounter, who takes part in it, and the place of care.

Source: docs/fhir.md, 2.5 (A7); CI-SIS, Structuration minimale (componentOf).
"""

from __future__ import annotations

from bridge.fhir.ledger.node import Node, reads
from bridge.fhir.read.concepts import code_of
from bridge.fhir.read.datatypes.addresses import addresses
from bridge.fhir.read.datatypes.identifiers import identifier
from bridge.fhir.read.datatypes.names import period
from bridge.fhir.read.header.authors import requesting_structure
from bridge.fhir.read.header.elements import participation_codes
from bridge.fhir.read.header.source import HeaderSource
from bridge.fhir.read.people.roles import Role
from bridge.fhir.read.people.structures import Structure
from bridge.fhir.read.texts import one_line
from bridge.order.header import Encounter, EncounterParticipant, Facility
from bridge.order.identifiers import PROFESSIONALS
from bridge.order.moments import as_datetime, offset
from bridge.order.people import Organization, Professional
from bridge.order.values import Code, Identifier, Period
from bridge.tables.codes import value_set

__all__ = ["encounter_kind", "read_encounter"]


@reads("encounter")
def read_encounter(source: HeaderSource, author: Professional) -> Encounter:
    """The encounter, with a facility in any case: the model demands one."""
    context, node = source.context, source.encounter()
    if node is None:
        context.note("IMGDA-0329", source.first.at("encounter"))
        return Encounter(facility=_default_facility(source, author), type=encounter_kind(source))
    context.is_foreign(node)
    responsible, participants = _participants(source, node)
    ids = [identifier(context, n, context.settings.oids.encounter, bare=True) for n in node.children("identifier")]
    return Encounter(
        facility=_facility(source, node, author),
        ids=tuple(dict.fromkeys(x for x in ids if x)),
        type=encounter_kind(source),
        period=_period(source, node),
        responsible=responsible,
        participants=participants,
    )


@reads("encounter")
def encounter_kind(source: HeaderSource) -> Code | None:
    """The type of the encounter (JDV_J142), or that of the settings where there is no encounter."""
    node, default = source.encounter(), source.context.settings.defaults.encounter_type
    if node:
        return _type(source, node)
    return code_of("encounter-type", default) if default else None


def _type(source: HeaderSource, node: Node) -> Code | None:
    """The class; one that is said to be unknown (data-absent-reason) is simply absent."""
    found: list[Code] = []
    for item in node.children("class"):
        if "code" not in item and (item.extensions("data-absent-reason") or item.is_said_unknown()):
            return None
        if coded := source.context.coded(item, "encounter-type", tables=("encounter-class",), quiet=True):
            found.append(coded.code)
            if coded.code != found[0]:
                source.context.note("IMGDA-0443", item.path)
    if "class" in node and not found:
        source.context.note("IMGDA-0330", node.at("class"))
    return found[0] if found else None


def _period(source: HeaderSource, node: Node) -> Period | None:
    """The time of the encounter; an end that is its start is none, and a day that ends where it starts lasts until midnight."""
    span = period(source.context, node.child("period") or node.child("actualPeriod"))
    if span is None or not span.start or not span.end:
        return span
    if as_datetime(span.start) == as_datetime(span.end):
        source.context.note("IMGDA-0604", node.at("period"))
        return Period(start=span.start)
    if len(span.end) == 10 and span.start[:11] == f"{span.end}T":
        zone = source.context.settings.time_zone
        source.context.note("IMGDA-0611", node.at("period.end"), zone=zone)
        last = f"{span.end}T23:59:59"
        return Period(start=span.start, end=last + offset(last, zone))
    return span


def _participants(source: HeaderSource, node: Node) -> tuple[Professional | None, tuple[EncounterParticipant, ...]]:
    """Who is responsible for the encounter, and who else takes part in it."""
    responsible: Professional | None = None
    found: list[EncounterParticipant] = []
    known = value_set("encounter-participation").by_code
    for participant in node.children("participant"):
        codes = [code for code in participation_codes(participant) if code in known]
        role = _known_role(source, participant) if codes else None
        if role is None:
            continue
        _take_codes(participant, codes)
        if "RESP" in codes and responsible is None:
            responsible = role.professional
        others = [code for code in codes if code != "RESP"]
        when = period(source.context, participant.child("period")) if others else None
        found += [EncounterParticipant(type=code, professional=role.professional, time=when) for code in others]
    return responsible, tuple(found)


def _known_role(source: HeaderSource, participant: Node) -> Role | None:
    """The professional who takes part, when he has a national number, which the model demands."""
    role = source.people.role(participant.child("individual") or participant.child("actor"))
    return role if role and role.professional.ids and role.professional.ids[0].root == PROFESSIONALS else None


def _take_codes(participant: Node, codes: list[str]) -> None:
    """Count the capacities of somebody who takes part as read; RESP decides his place, the others are carried."""
    for coding in (coding for kind in participant.children("type") for coding in kind.children("coding")):
        if coding.peek("code") == "RESP":
            coding.understood()
        elif coding.peek("code") in codes:
            coding.carried()


def _facility(source: HeaderSource, encounter: Node, author: Professional) -> Facility:
    """The place where the patient is, before those where he was or will be."""
    provider = source.people.structure(encounter.child("serviceProvider"))
    for place in sorted(encounter.children("location"), key=_is_elsewhere):
        reference = place.child("location")
        location = source.context.index.find(reference) if reference else None
        if location is not None and location.type_name == "Location":
            return _location(source, location, provider, author)
        if reference and (shown := one_line(reference.text("display"))):
            return _default_facility(source, author, shown, provider)
    return _default_facility(source, author, None, provider)


def _default_facility(
    source: HeaderSource, author: Professional, name: str | None = None, provider: Structure | None = None
) -> Facility:
    """The structure of the encounter as the place of care, else that of the demandeur."""
    structure = provider or requesting_structure(source) or source.people.structure_of(author.organization)
    organization = structure.organization if structure else Organization()
    return Facility(
        type=(structure.sector if structure else None) or _default_type(source, source.first.at("encounter")),
        ids=(organization.id,) if organization.id else (),
        name=name or organization.name,
        address=organization.addresses[0] if organization.addresses else None,
    )


def _is_elsewhere(place: Node) -> bool:
    """Whether the patient is no more, or not yet, at a place of the encounter. FHIR: Encounter.location.status."""
    return place.peek("status") in ("completed", "planned", "reserved")


def _location(source: HeaderSource, node: Node, provider: Structure | None, author: Professional) -> Facility:
    """The place of care; what it does not say is said by the place it is part of, then by the structure that has it."""
    people = source.people
    line = [node, *source.context.index.wholes(node)]
    managing = next((s for place in line if (s := people.structure(place.child("managingOrganization")))), None)
    holders = [holder for holder in (managing, provider) if holder]
    owners = [holder.organization for holder in holders]
    if provider is None and (asking := people.structure_of(author.organization)):
        holders.append(asking)  # for his sector alone
    kind, ids = _sector(source, line, holders), _place_ids(source, line, owners)
    if node.peek("status") == "active":
        node.decide("status")
    return Facility(
        type=kind or _default_type(source, node.at("type")),
        ids=ids,
        name=one_line(node.text("name")) or next((owner.name for owner in owners if owner.name), None),
        address=next((found[0] for place in line if (found := addresses(place, now=people.now))), None),
    )


def _sector(source: HeaderSource, line: list[Node], holders: list[Structure]) -> Code | None:
    """The first type of a place that is a sector (JDV_J02), else the sector of a structure."""
    concepts = (concept for place in line for concept in place.children("type"))
    found = next((coded.code for concept in concepts if (coded := source.context.coded(concept, "facility-type"))), None)
    return found or next((holder.sector for holder in holders if holder.sector), None)


def _place_ids(source: HeaderSource, line: list[Node], owners: list[Organization]) -> tuple[Identifier, ...]:
    """The numbers of the nearest place that has any, else the number of a structure."""
    for place in line:
        ids = [identifier(source.context, node, bare=True) for node in place.children("identifier")]
        if found := tuple(dict.fromkeys(x for x in ids if x)):
            return found
    return next(((owner.id,) for owner in owners if owner.id), ())


def _default_type(source: HeaderSource, path: str) -> Code:
    code = source.context.settings.defaults.facility_type
    source.context.note("IMGDA-0315", path, code=code, origin="defaults.facility_type", item="encounter.facility.type")
    return code_of("facility-type", code)
