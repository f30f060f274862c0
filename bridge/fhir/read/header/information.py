"""The information of an order: who gave it, who entered it (opérateur de saisie), and to whom it is addressed.

Source: docs/fhir.md, 2.5 (A3); CI-SIS, Structuration minimale (informant, dataEnterer, informationRecipient).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from bridge.fhir.ledger.node import Node, reads
from bridge.fhir.read.datatypes.names import moment
from bridge.fhir.read.header.elements import parties, period_of, understand_type
from bridge.fhir.read.header.source import HeaderSource
from bridge.fhir.read.people.people import People
from bridge.fhir.read.people.roles import Role
from bridge.findings.issues import issue
from bridge.findings.losses import severity
from bridge.order.header import DataEnterer, Recipient
from bridge.order.identifiers import PROFESSIONALS
from bridge.order.model import Order
from bridge.order.people import Organization, Professional

__all__ = [
    "Addressees",
    "informing_professionals",
    "informing_relatives",
    "lose_unplaced",
    "read_data_enterer",
    "read_recipients",
]

_EXTENSION = "informant-extension"


@reads("contacts")
def informing_relatives(source: HeaderSource) -> list[Node]:
    """The RelatedPersons that the Composition names as informants."""
    found = []
    for extension in source.extensions(_EXTENSION):
        understand_type(extension, "INF")
        found += [relative for reference in parties(extension) if (relative := _relative(source, reference))]
    return found


@reads("informants")
def informing_professionals(source: HeaderSource) -> tuple[Professional, ...]:
    """Professionals who informed: the parties of the extension that are no relatives, or the informants of a Provenance."""
    named = [reference for extension in source.extensions(_EXTENSION) for reference in parties(extension)]
    others = (reference for reference in named if _relative(source, reference) is None)
    found = [role.professional for reference in others if (role := source.people.role(reference))]
    found += [part.role.professional for part in source.participations("informant")]
    return tuple(dict.fromkeys(found))


def _relative(source: HeaderSource, reference: Node | None) -> Node | None:
    target = source.context.index.find(reference) if reference else None
    return target if target is not None and target.type_name == "RelatedPerson" else None


@reads("data_enterer")
def read_data_enterer(source: HeaderSource) -> DataEnterer | None:
    """The first one of the extension data-enterer of the Composition, else of a Provenance."""
    for extension in source.extensions("data-enterer-extension"):
        when = None
        understand_type(extension, "ENT")
        for part in extension.extensions("time"):
            when = _time(source, part)
        for reference in parties(extension):
            if role := source.people.role(reference):
                return DataEnterer(professional=role.professional, time=when)
        extension.give_up_carried("IMGDA-0901")
    for taking_part in source.participations("ENT"):
        return DataEnterer(professional=taking_part.role.professional, time=taking_part.instant)
    return None


def _time(source: HeaderSource, part: Node) -> str | None:
    span = period_of(source.context, part)
    return (span.start or span.end) if span else moment(source.context, part, "valueDateTime")


class Addressees(NamedTuple):
    """The addressees, and the professionals as whom they were read."""

    recipients: tuple[Recipient, ...]
    roles: tuple[Role, ...]


@reads("recipients")
def read_recipients(source: HeaderSource) -> Addressees:
    """Addressees of this document. FHIR: extension information-recipient, in its HL7 and EU forms, and Provenance."""
    found = [(role, Recipient(professional=_bare(source, role), copy=copy)) for role, copy in _addressed(source)]
    return Addressees(tuple(dict.fromkeys(recipient for _, recipient in found)), tuple(role for role, _ in found))


def _addressed(source: HeaderSource) -> Iterator[tuple[Role, bool]]:
    """Each addressee, and whether the document is sent as a copy."""
    for extension in source.extensions("information-recipient-extension"):
        copy = understand_type(extension, "TRC", "IRCP")
        if not copy:
            understand_type(extension, "PRCP")
        for reference in parties(extension):
            if role := source.people.role(reference):
                yield role, copy
    for extension in source.extensions("information-recipient"):
        if role := source.people.role(extension.child("valueReference")):
            yield role, False
    for part in source.participations("PRCP", "TRC"):
        yield part.role, part.kind == "TRC"


def _bare(source: HeaderSource, role: Role) -> Professional:
    """An addressee has neither speciality nor practice setting, and a national identifier only; the rest is a loss."""
    person = role.professional
    ids = tuple(number for number in person.ids if number.root == PROFESSIONALS)
    organization = person.organization and replace(person.organization, practice_setting=None)
    if organization == Organization():
        organization = None
    bare = replace(person, ids=ids, speciality=None, organization=organization)
    if bare != person:
        said = severity("administrative", source.context.settings.losses)
        source.context.issues.append(issue("IMGDA-0911", role.path, severity=said, loss="administrative"))
    return bare


def lose_unplaced(people: People, order: Order, addressees: Iterable[Role]) -> None:
    """Give up the practice setting of a custodian, and the speciality of an addressee, that nobody else has."""
    others = _others(order)
    settled = {_unnumbered(p.organization) for p in others if p.organization and p.organization.practice_setting}
    typed = [(structure, concept) for structure in people.structures() if (concept := structure.setting_concept)]
    kept = {id(concept.value) for structure, concept in typed if _unnumbered(structure.organization) in settled}
    for _, concept in typed:
        if id(concept.value) not in kept:
            concept.lose("coding", "IMGDA-0901", "administrative")
    told = {p.ids for p in others if p.speciality}
    for role in addressees:
        if role.professional.ids not in told:
            for coding in people.specialities(role):
                coding.lose("code", "IMGDA-0911", "administrative")


def _others(order: Order) -> list[Professional]:
    """The professionals with a part in the order, other than addressees."""
    urgency, enterer = order.urgency, order.data_enterer
    found = [order.request.performer, order.legal_authenticator.professional, *order.informants]
    found += [author.professional for author in order.authors] + [part.professional for part in order.participants]
    found += [a.professional for a in order.authenticators] + [part.professional for part in order.encounter.participants]
    alone = (order.encounter.responsible, urgency and urgency.contacted, enterer and enterer.professional)
    return found + [professional for professional in alone if professional]


def _unnumbered(organization: Organization) -> Organization:
    return replace(organization, id=None)
