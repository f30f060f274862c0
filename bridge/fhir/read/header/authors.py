"""The authors of a document, of whom the first one is the demandeur: the requester, or somebody who stands in for him.

Source: docs/fhir.md, 2.5 (A4); CI-SIS, Structuration minimale (author).
"""

from __future__ import annotations

from bridge.fhir.ledger.node import Node, reads
from bridge.fhir.read.datatypes.names import moment
from bridge.fhir.read.header.elements import participation_codes
from bridge.fhir.read.header.source import HeaderSource
from bridge.fhir.read.people.referents import names_structure
from bridge.fhir.read.people.roles import Role
from bridge.fhir.read.people.structures import Structure
from bridge.order.header import Author
from bridge.order.identifiers import PROFESSIONALS
from bridge.order.people import Professional
from bridge.order.values import Identifier

__all__ = ["read_authors", "requesting_structure"]

_NOBODY = Professional(ids=(Identifier(root="0.0"),))


@reads("authors")
def read_authors(source: HeaderSource, requested: str | None, created: str) -> tuple[Author, ...]:
    """Composition.author, else ServiceRequest.requester; the first one is the demandeur."""
    when = requested or created
    persons, devices = _composed(source, when)
    asking = _requester(source)
    if not persons and asking:
        persons = _asking(source, asking, when)
    if not persons or not _is_identified(source, persons[0].professional):
        source.context.note("IMGDA-0311", source.first.at("requester"))
    for provenance, agent in source.description.device_agents() if source.description else ():
        devices += _devices(source, agent, moment(source.context, provenance, "occurredDateTime") or when)
    return (*(persons or [Author(professional=_NOBODY, time=when)]), *devices)


def _composed(source: HeaderSource, otherwise: str) -> tuple[list[Author], list[Author]]:
    """The persons, and the devices and softwares, that are the authors of a Composition."""
    persons: list[Author] = []
    devices: list[Author] = []
    for reference in source.composition.children("author") if source.composition else ():
        role = source.people.role(reference, required=True)
        extensions = reference.extensions("fr-author-time-extension")
        times = [moment(source.context, extension, "valueDateTime") for extension in extensions]
        if role is None:
            devices += _devices(source, reference, next((time for time in times if time), otherwise))
        else:
            when = times[0] if times and times[0] else otherwise
            persons.append(Author(professional=role.professional, time=when, function=role.function))
    return persons, devices


def _asking(source: HeaderSource, asking: Role, otherwise: str) -> list[Author]:
    """The requester, and the authors of a described document."""
    people = [(asking, otherwise), *((part.role, part.instant or otherwise) for part in source.participations("AUT"))]
    return [Author(professional=role.professional, time=when, function=role.function) for role, when in people]


def _devices(source: HeaderSource, reference: Node, when: str) -> list[Author]:
    return [Author(professional=holder, time=when, device=device) for holder, device in source.people.device(reference)]


def _is_identified(source: HeaderSource, demandeur: Professional) -> bool:
    """Whether a demandeur has a name and a national number, or a local one that the settings allow."""
    context = source.context
    if demandeur.name is None or not demandeur.ids:
        return False
    if any(number.root == PROFESSIONALS for number in demandeur.ids):
        return True
    if context.settings.missing.requester_number != "null":
        return False
    where = context.identified.get(demandeur.ids[0]) or source.first.at("requester")
    context.note("IMGDA-0349", where)
    return True


def _requester(source: HeaderSource) -> Role | None:
    """The professional of ServiceRequest.requester, else a substitute, which is reported; a second one is reported too."""
    first: Role | None = None
    for request in source.requests:
        reference = request.child("requester")
        is_person = reference is not None and not _leads_to_structure(source, reference)
        role = source.people.role(reference, required=True) if is_person else None
        if role and first and role.professional.ids != first.professional.ids:
            source.context.note("IMGDA-0331", request.at("requester"), element="requester")
        first = first or role
    return first or _substitute(source)


def requesting_structure(source: HeaderSource) -> Structure | None:
    """The structure that makes the request in the place of a person. FHIR: ServiceRequest.requester (Organization)."""
    for request in source.requests:
        reference = request.child("requester")
        if reference and _leads_to_structure(source, reference):
            return source.people.structure(reference)
    return None


def _leads_to_structure(source: HeaderSource, reference: Node) -> bool:
    """Whether a reference leads to a structure, or names one."""
    target = source.context.index.find(reference)
    if target is not None:
        return target.type_name == "Organization"
    return names_structure(source.context, reference, structures_only=False)


def _substitute(source: HeaderSource) -> Role | None:
    """A person for a requester that is none: the author of a Provenance of the request, else the attending of the encounter."""
    if role := _author_of_provenance(source):
        origin = "Provenance.agent"
    elif role := _attending(source):
        origin = "Encounter.participant"
    else:
        return None
    source.context.note("IMGDA-0353", source.first.at("requester"), origin=origin)
    return role


def _author_of_provenance(source: HeaderSource) -> Role | None:
    for provenance in source.context.index.of_type("Provenance"):
        for agent in provenance.children("agent") if source.is_target_of(provenance.children("target")) else ():
            kind = agent.child("type")
            if kind and any(coding.peek("code") in ("author", "AUT") for coding in kind.children("coding")):
                if role := source.people.role(agent.child("who")):
                    return role
    return None


def _attending(source: HeaderSource) -> Role | None:
    """The attending, for a structure or where no requester is named: he never stands in for a patient or a device."""
    named = [reference for request in source.requests if (reference := request.child("requester"))]
    if not all(_leads_to_structure(source, reference) for reference in named):
        return None
    encounter = source.encounter()
    for participant in encounter.children("participant") if encounter else ():
        if "ATND" in participation_codes(participant):
            if role := source.people.role(participant.child("individual") or participant.child("actor")):
                return role
    return None
