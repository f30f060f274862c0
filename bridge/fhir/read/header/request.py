"""The request as the principal event of a document: when, by whom and under which numbers, and whether it is a screening.

Source: docs/fhir.md, 2.5 (A8, A9); docs/decisions.md, 31.
"""

from __future__ import annotations

from dataclasses import replace

from bridge.fhir.ledger.node import Node, reads
from bridge.fhir.read.concepts import code_of
from bridge.fhir.read.datatypes.identifiers import identifier
from bridge.fhir.read.datatypes.names import period
from bridge.fhir.read.header.elements import concepts_in, is_principal, performers, understand
from bridge.fhir.read.header.encounter import encounter_kind
from bridge.fhir.read.header.source import HeaderSource
from bridge.order.header import Author, Request
from bridge.order.people import Organization, Professional
from bridge.order.values import Identifier, Period
from bridge.tables.codes import code_system_oid, code_system_uri, table

__all__ = ["is_screening", "read_request", "with_setting"]


@reads("request")
def read_request(
    source: HeaderSource, ids: tuple[Identifier, ...], authors: tuple[Author, ...], requested: str | None, created: str
) -> Request:
    """The principal event of the Composition, or what its description says; else the demandeur, when he asked."""
    span, performer, numbers = _principal_event(source)
    if source.description:
        span = source.description.period()
        performer = next((part.role.professional for part in source.participations("PPRF")), None)
    if span is None or span.start is None:
        span = Period(start=requested or created, end=span.end if span else None)
    performer = with_setting(source, performer or authors[0].professional, source.first.at("requester"), asks=True)
    return Request(period=span, performer=performer, ids=tuple(dict.fromkeys((*ids, *numbers))))


def _principal_event(source: HeaderSource) -> tuple[Period | None, Professional | None, list[Identifier]]:
    """What the principal event of a Composition says of the request: its time, its performer and its numbers."""
    event = next(filter(is_principal, source.events()), None)
    if event is None:
        return None, None, []
    for concept in event.children("code"):
        understand(concept, "55115-0")
    span = period(source.context, event.child("period"))
    roles = (source.people.role(reference, required=True) for reference in performers(event))
    performer = next((role.professional for role in roles if role), None)
    numbers = []
    for detail in event.children("detail"):
        source.context.index.find(detail)
        node = detail.child("identifier")
        if node and (number := identifier(source.context, node, bare=True)):
            numbers.append(number)
    return span, performer, numbers


def with_setting(source: HeaderSource, person: Professional, path: str, *, asks: bool) -> Professional:
    """The same professional with an organisation that has a practice setting.

    Where the structure says none, that of a professional who *asks* may follow from the encounter.
    """
    organization = person.organization or Organization()
    if organization.practice_setting is None:
        code, origin = source.context.settings.defaults.practice_setting, "defaults.practice_setting"
        if asks and _is_where_the_patient_stays(source, person.organization):
            code, origin = "ETABLISSEMENT", "Encounter.class"
        item = "request.performer.organization.practice_setting"
        source.context.note("IMGDA-0316", path, code=code, origin=origin, item=item)
        organization = replace(organization, practice_setting=code_of("practice-setting", code))
    return replace(person, organization=organization)


def _is_where_the_patient_stays(source: HeaderSource, organization: Organization | None) -> bool:
    """Whether the patient is in hospital, or at its emergency department, and this is the structure of the encounter.

    It is that structure when the encounter names none, or the same; somebody without a structure is taken to be there too.
    """
    kind = encounter_kind(source)
    if kind is None or kind.code not in ("IMP", "EMER"):
        return False
    encounter = source.encounter()
    provider = source.people.structure(encounter.child("serviceProvider")) if encounter else None
    own = source.people.structure_of(organization)
    return provider is None or own is None or own.is_with(provider)


@reads("screening")
def is_screening(source: HeaderSource) -> bool:
    """Whether a code of the events of the document, or of the requests, says so; a wider one is reported."""
    concepts = [concept for event in source.events() for concept in event.children("code")]
    for request in source.requests:
        concepts += concepts_in(request, "reasonCode", "category", "orderDetail", "reason")
        concepts += concepts_in(request, "code")[:1]
    found = False
    for coding in (coding for concept in concepts for coding in concept.children("coding")):
        row = table("screening").get((_system(coding), str(coding.peek("code"))))
        if row is None:
            continue
        found = True
        if coding.peek("code") != row.concept.code:
            source.context.note("IMGDA-0423", coding.path)
        coding.understood()
    return found


def _system(coding: Node) -> str:
    """The system of a coding, under the name that the tables have for it."""
    uri = coding.peek("system")
    oid = code_system_oid(uri) if isinstance(uri, str) else None
    return code_system_uri(oid) if oid else str(uri)
