"""The participants of a document: médecin traitant, destinataires du compte rendu, and whoever else the input names.

Source: docs/fhir.md, 2.5 (A6, A10); CI-SIS, Structuration minimale (participant).
"""

from __future__ import annotations

from bridge.fhir.ledger.node import Node, reads
from bridge.fhir.read.concepts import code_of
from bridge.fhir.read.datatypes.names import is_past
from bridge.fhir.read.header.communications import report_recipients
from bridge.fhir.read.header.elements import has, parties, period_of
from bridge.fhir.read.header.source import HeaderSource, person
from bridge.fhir.read.people.roles import Role
from bridge.order.header import Participant
from bridge.order.values import Code, Period
from bridge.tables.codes import value_set

__all__ = ["read_participants"]

_FUNCTIONS = "2.16.840.1.113883.5.88"
"""Code system ParticipationFunction (HL7 v3)."""


@reads("participants")
def read_participants(source: HeaderSource, patient: Node | None, supporting: list[Node]) -> tuple[Participant, ...]:
    """Those of the Composition or of its description, the médecin traitant, and who gets a copy; some are *supporting*."""
    read = (_participant(source, extension) for extension in source.extensions("ParticipantExtension"))
    found = [participant for participant in read if participant]
    for part in source.participations(*value_set("participation-type").by_code):
        found.append(_taking_part(source, part.role, part.kind, part.role.function, part.time))
    if not any(p.function and p.function.code == "PCP" for p in found):
        role = _treating_physician(source, patient, supporting)
        found += [_with_function(role, "INF", "PCP")] if role else []
    else:
        _same_physician(source, patient)
    copies = {person(p.professional) for p in found if p.type == "CON"}
    for role in [*report_recipients(source), *_roles_among(source, supporting, "CORRE")]:
        if (known := person(role.professional)) not in copies:
            found.append(_with_function(role, "CON", "CORRE"))
            copies.add(known)
    return tuple(found)


def _participant(source: HeaderSource, extension: Node) -> Participant | None:
    """Whom an extension names; without a capacity or a person, it is a loss."""
    kind, function, when, role = _kind(extension), None, None, None
    for part in extension.extensions("function"):
        function = source.people.function(part.child("valueCodeableConcept"))
    for part in extension.extensions("time"):
        when = period_of(source.context, part)
    for reference in parties(extension):
        if kind or _says_participation(source, reference):
            role = source.people.role(reference, required=True)
    kind = kind or (role.participation if role else None)
    if kind is None or role is None:
        extension.lose("extension", "IMGDA-0901")
        return None
    return _taking_part(source, role, kind, function or role.function, when)


def _kind(extension: Node) -> str | None:
    """In which capacity somebody takes part (JDV_J144)."""
    known, kind = value_set("participation-type").by_code, None
    for part in extension.extensions("type"):
        concept = part.child("valueCodeableConcept")
        for coding in concept.children("coding") if concept else ():
            if coding.peek("code") in known:
                coding.carried()
                kind = str(coding.peek("code"))
    return kind


def _says_participation(source: HeaderSource, reference: Node | None) -> bool:
    """Whether the role that a reference leads to says itself in which way it takes part."""
    role = source.context.index.find(reference) if reference else None
    return role is not None and any(source.context.matches(c, "participation-type") for c in role.children("code"))


def _taking_part(source: HeaderSource, role: Role, kind: str, function: Code | None, when: Period | None) -> Participant:
    person, role_class = source.people.with_local_structure(role), role.role_class or "PROV"
    return Participant(professional=person, type=kind, function=function, role_class=role_class, time=when)


def _with_function(role: Role, kind: str, function: str) -> Participant:
    known, role_class = code_of("function-code", function), role.role_class or "PROV"
    return Participant(professional=role.professional, type=kind, function=known, role_class=role_class)


def _same_physician(source: HeaderSource, patient: Node | None) -> None:
    """The general practitioner repeats the participant PCP: read, so that only another person is a loss."""
    for reference in patient.children("generalPractitioner") if patient else ():
        source.people.role(reference)


def _treating_physician(source: HeaderSource, patient: Node | None, supporting: list[Node]) -> Role | None:
    """Patient.generalPractitioner, else a member of a CareTeam, else a PractitionerRole of the *supporting* resources."""
    for reference in patient.children("generalPractitioner") if patient else ():
        if role := source.people.role(reference):
            return role
    return _in_a_team(source, patient) or next(iter(_roles_among(source, supporting, "PCP")), None)


def _roles_among(source: HeaderSource, resources: list[Node], function: str) -> list[Role]:
    """The PractitionerRoles among some resources whose code is a function."""
    found = [n for n in resources if n.type_name == "PractitionerRole"]
    roles = [source.people.role_of(n) for n in found if any(has(code, function) for code in n.children("code"))]
    return [role for role in roles if role]


def _in_a_team(source: HeaderSource, patient: Node | None) -> Role | None:
    for team in source.context.index.of_type("CareTeam"):
        for participant in team.children("participant") if _is_current(source, team, patient) else ():
            functions = participant.children("role")
            if is_past(participant, source.people.now):
                continue
            if any(source.context.has_code(concept, "PCP", _FUNCTIONS) for concept in functions):
                if role := source.people.role(participant.child("member")):
                    for concept in functions:
                        source.context.take_code(concept, "PCP", _FUNCTIONS)
                    return role
    return None


def _is_current(source: HeaderSource, team: Node, patient: Node | None) -> bool:
    """Whether a CareTeam is the patient's and in force."""
    about = [target for r in team.children("subject") if (target := source.context.index.find(r))]
    if any(patient is None or target.value is not patient.value for target in about):
        return False
    return team.peek("status") in (None, "active") and not is_past(team, source.people.now)
