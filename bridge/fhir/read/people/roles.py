"""What a professional does: the class of his role, how he takes part, and his speciality as one code of JDV_J01.

A speciality is a profession with its savoir-faire: sent ready-made, composed of G15 and R38, or translated. Source: docs/fhir.md,
2.5 (A4, A6); FHIR R4 4.0.1, PractitionerRole.code, Practitioner.qualification; ANS, TRE_G15, TRE_R38.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.fhir.ledger.node import Node
from bridge.fhir.read.concepts import Context
from bridge.order.people import Professional
from bridge.order.values import Code
from bridge.tables.codes import code_system_oid, value_set

__all__ = ["ROLE_CLASSES", "Role", "is_function", "participation", "qualifications", "role_class", "speciality"]

ROLE_CLASSES = "2.16.840.1.113883.5.110"
_PROFESSIONS = "1.2.250.1.213.1.1.4.5"
_G15, _R38 = "1.2.250.1.71.1.2.7", "1.2.250.1.213.2.28"
_PHYSICIAN = "G15_10"


@dataclass(frozen=True, slots=True)
class Role:
    """A professional as read, with what a role adds to the person."""

    professional: Professional
    path: str
    function: Code | None = None
    """JDV_J47. FHIR: PractitionerRole.code."""
    role_class: str | None = None
    """``PROV`` or ``AGNT``. FHIR: PractitionerRole.code."""
    participation: str | None = None
    """JDV_J144. FHIR: PractitionerRole.code."""
    structure: Node | None = None
    """The Organization, for those who may have a local identifier. FHIR: PractitionerRole.organization."""
    resource: Node | None = None
    """The PractitionerRole or Practitioner; None for one whom only a reference names."""


def is_function(context: Context, concept: Node) -> bool:
    """Whether a code says a function and nothing else: some codes are both functions and professions."""
    return len(concept.children("coding")) == 1 and context.matches(concept, "function-code")


def _class_of(context: Context, concept: Node) -> Node | None:
    """The coding of a concept that says the class of a professional: ``PROV``, else ``AGNT``."""
    return context.coding_of(concept, "PROV", ROLE_CLASSES) or context.coding_of(concept, "AGNT", ROLE_CLASSES)


def role_class(context: Context, node: Node) -> str | None:
    """The class of a PractitionerRole."""
    coding = next((found for concept in node.children("code") if (found := _class_of(context, concept))), None)
    if coding is None:
        return None
    code = str(coding.peek("code"))
    coding.understood() if code == "PROV" else coding.carried()
    return code


def participation(context: Context, node: Node) -> str | None:
    """How a PractitionerRole takes part (JDV_J144)."""
    for concept in node.children("code"):
        if found := context.coded(concept, "participation-type", quiet=True):
            for coding in concept.children("coding"):
                if coding.peek("code") == found.code.code:
                    coding.decide("system")
            return found.code.code
    return None


# --- speciality ------------------------------------------------------------------------------------------------------


def qualifications(node: Node) -> list[Node]:
    """The concepts of what a professional is qualified for. FHIR: Practitioner.qualification.code."""
    return [code for q in node.children("qualification") if (code := q.child("code"))]


def speciality(context: Context, concepts: Sequence[Node], path: str) -> Code | None:
    """The speciality that some concepts state together; one that none of them gives is reported at *path*."""
    found = _ready_made(context, concepts) or _composed(context, concepts) or _by_profession(context, concepts)
    if found is None and any(_may_be_one(context, concept) for concept in concepts):
        context.note("IMGDA-0312", path)
    return found


def _ready_made(context: Context, concepts: Sequence[Node]) -> Code | None:
    for concept in concepts:
        if found := context.coded(concept, "author-speciality", quiet=True):
            _take_parts(concepts, found.code.code)
            return found.code
    return None


def _composed(context: Context, concepts: Sequence[Node]) -> Code | None:
    """The profession (G15) with its savoir-faire (R38), else alone; a savoir-faire without a profession is a physician's."""
    profession, skill = _coding(concepts, _G15), _coding(concepts, _R38)
    base = f"G15_{profession.peek('code')}" if profession else _PHYSICIAN if skill else None
    if base is None:
        return None
    found = _translated(context, concepts, "specialty") if base == _PHYSICIAN and skill is None else None
    if found is None:
        known = value_set("author-speciality")
        full = f"{base}/{skill.peek('code')}" if skill else base
        concept = known.find(full, _PROFESSIONS) or known.find(base, _PROFESSIONS)
        found = Code(code=concept.code, system=concept.system, display=concept.display) if concept else None
    if found:
        _take_parts(concepts, found.code)
    return found


def _by_profession(context: Context, concepts: Sequence[Node]) -> Code | None:
    profession = _translated(context, concepts, "profession")
    more = _translated(context, concepts, "specialty") if profession and profession.code == _PHYSICIAN else None
    return more or profession


def _translated(context: Context, concepts: Sequence[Node], table: str) -> Code | None:
    found = (context.coded(concept, "author-speciality", tables=(table,)) for concept in concepts)
    return next((coded.code for coded in found if coded), None)


def _may_be_one(context: Context, concept: Node) -> bool:
    """Whether a concept that is left may be a speciality at all: roles and functions are read elsewhere."""
    return _class_of(context, concept) is None and not context.matches(concept, "function-code")


def _codings(concepts: Sequence[Node], oid: str) -> list[list[Node]]:
    """The codings of a code system, by concept."""
    return [[c for c in concept.children("coding") if code_system_oid(str(c.peek("system"))) == oid] for concept in concepts]


def _coding(concepts: Sequence[Node], oid: str) -> Node | None:
    """The coding of a code system in the first concept that has one."""
    for codings in _codings(concepts, oid):
        if found := [coding for coding in codings if isinstance(coding.peek("code"), str)]:
            return min(found, key=lambda coding: str(coding.peek("code")))
    return None


def _take_parts(concepts: Sequence[Node], code: str) -> None:
    """Count the profession and the savoir-faire that a ready-made code repeats as read."""
    base, _, skill = code.removeprefix("G15_").partition("/")
    for oid, part in ((_G15, base), (_R38, skill)):
        for coding in (coding for codings in _codings(concepts, oid) for coding in codings):
            if coding.peek("code") == part:
                coding.carried()
