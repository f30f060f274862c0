"""Who answers for a document: the structure that keeps it, the responsable légal, and the other attesters.

Source: docs/fhir.md, 2.5 (A12); CI-SIS, Structuration minimale (custodian, legalAuthenticator, authenticator).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bridge.fhir.ledger.node import Node, reads
from bridge.fhir.read.datatypes.names import moment
from bridge.fhir.read.header.authors import requesting_structure
from bridge.fhir.read.header.source import HeaderSource
from bridge.fhir.read.people.structures import Structure
from bridge.order.header import Attester, Author
from bridge.order.identifiers import STRUCTURES
from bridge.order.people import Organization, Professional
from bridge.order.values import Identifier, Telecom
from bridge.settings import Settings

__all__ = ["read_authenticators", "read_custodian"]


@reads("custodian")
def read_custodian(source: HeaderSource, author: Professional) -> Organization:
    """Composition.custodian, else the requester's structure, the provider of the encounter, the settings.

    Of a part of a structure whose number is that of the whole, the whole is the custodian.
    """
    people, encounter = source.people, source.encounter()
    named = source.composition.child("custodian") if source.composition else None
    if source.description:
        named = source.description.custodian()
    provider = encounter.child("serviceProvider") if encounter else None
    places: tuple[tuple[str, Callable[[], Structure | None]], ...] = (
        ("Composition.custodian", lambda: people.structure(named)),
        ("requester", lambda: requesting_structure(source)),
        ("requester.organization", lambda: people.structure_of(author.organization)),
        ("Encounter.serviceProvider", lambda: people.structure(provider)),
        ("custodian", lambda: _of_settings(source.context.settings)),
    )
    for origin, read in places:
        structure = read()
        found = structure.owner if structure else None
        if found and found.id and found.id.root == STRUCTURES:
            if origin != "Composition.custodian":
                source.context.note("IMGDA-0314", source.first.path, origin=origin, item="custodian")
            return replace(found, practice_setting=None, telecoms=found.telecoms[:1], addresses=found.addresses[:1])
    source.context.note("IMGDA-0313", source.first.at("requester"))
    return Organization(id=Identifier(root=STRUCTURES))


def _of_settings(settings: Settings) -> Structure | None:
    own = settings.custodian
    if not own.identifier:
        return None
    prefix = {9: "1", 14: "3"}.get(len(own.identifier), "")
    found = Organization(
        id=Identifier(root=STRUCTURES, extension=prefix + own.identifier),
        name=own.name,
        telecoms=(Telecom(value=own.telecom, use="WP"),) if own.telecom else (),
    )
    return Structure(found, found)


_MODES = ("legal", "professional", "official", "personal")


@reads("authenticators")
def read_authenticators(
    source: HeaderSource, authors: tuple[Author, ...], requested: str | None, created: str
) -> tuple[Attester, tuple[Attester, ...]]:
    """The legal authenticator, the demandeur by default, and the other attesters."""
    legal, others = _attesters(source, created)
    for part in source.participations("LA", "AUTHEN"):
        new = Attester(professional=part.role.professional, time=part.instant or created)
        if part.kind == "LA":
            legal = legal or new
        else:
            others.append(new)
    if legal is None:
        source.context.note("IMGDA-0342", source.first.at("requester"))
        legal = Attester(professional=authors[0].professional, time=requested or created)
    return legal, tuple(others)


def _attesters(source: HeaderSource, created: str) -> tuple[Attester | None, list[Attester]]:
    """Composition.attester: the first one that is legal, a second one is reported, and those who attest as professionals."""
    legal: Attester | None = None
    others: list[Attester] = []
    for attester in source.composition.children("attester") if source.composition else ():
        mode = _mode(attester)
        new = _attester(source, attester, created) if mode in ("legal", "professional") else None
        if new is None:
            continue
        if mode == "professional":
            others.append(new)
        elif legal is None:
            legal = new
        else:
            source.context.note("IMGDA-0327", attester.path)
    return legal, others


def _attester(source: HeaderSource, attester: Node, created: str) -> Attester | None:
    when = moment(source.context, attester, "time")
    role = source.people.role(attester.child("party"), required=True)
    if role is None:
        return None
    if when is None:
        source.context.note("IMGDA-0348", attester.at("time"))
    if not role.professional.ids:
        source.context.note("IMGDA-0326", attester.at("party"))
    return Attester(professional=role.professional, time=when or created)


def _mode(attester: Node) -> str | None:
    """The mode, a code in R4 and a concept in R5; the strongest of several."""
    if (mode := attester.deciding("mode")) is not None:
        return mode
    concept = attester.child("mode")
    codings = concept.children("coding") if concept else []
    for coding in codings:
        coding.understood()
    codes = {str(coding.peek("code")) for coding in codings}
    return next((code for code in _MODES if code in codes), min(codes, default=None))
