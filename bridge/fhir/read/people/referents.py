"""Whom or what a reference names, where the resource itself is not in the input.

A department written as a physician, or a physician as a structure, is a fact that nobody sent. A reference without its resource
is therefore taken for a professional, or for a structure, only where something of it says so: its type, the type in its address,
a national identifier, or, for a person, the civilité or titre before the name. Source: docs/fhir.md, 2.1; FHIR R4 4.0.1, 2.3.0
References (Reference.type, identifier, display); CI-SIS, identifiants nationaux.
"""

from __future__ import annotations

import re

from bridge.fhir.ledger.node import Node
from bridge.fhir.read.concepts import Context
from bridge.fhir.read.datatypes.identifiers import is_under, types_of
from bridge.findings.issues import LossClass
from bridge.order.identifiers import PROFESSIONALS, STRUCTURES
from bridge.tables.codes import wordings

__all__ = ["PROFESSIONAL_TYPES", "lose_reference", "named_type", "names_professional", "names_structure"]

PROFESSIONAL_TYPES = ("PractitionerRole", "Practitioner")

_ADDRESS = re.compile(r"(?:^|/)([A-Z][A-Za-z]+)/[A-Za-z0-9\-.]{1,64}(?:/_history/[^/]+)?$")
_NUMBERS_OF_PERSONS = frozenset({"RPPS", "ADELI", "IDNPS"})
_NUMBERS_OF_STRUCTURES = frozenset({"FINEG", "FINEJ", "IDNST", "SIREN", "SIRET"})
"""Types of identifiers of HL7 France (fr-core-cs-v2-0203)."""


def names_professional(context: Context, reference: Node, *, persons_only: bool = False, by_words: bool = True) -> bool:
    """Whether a reference without its resource names a professional.

    With *persons_only* the element has room for nothing else, and a bare display is a person's. With *by_words* a civilité or
    titre counts.
    """
    kind = named_type(reference)
    if kind is not None:
        return kind in PROFESSIONAL_TYPES and _number_of(context, reference) != STRUCTURES
    number = _number_of(context, reference)
    if number is not None:
        return number == PROFESSIONALS
    return persons_only or (by_words and _has_civility(reference))


def names_structure(context: Context, reference: Node, *, structures_only: bool = True) -> bool:
    """Whether a reference without its resource names a structure; the dual of :func:`names_professional`."""
    kind, number = named_type(reference), _number_of(context, reference)
    if kind is not None:
        return kind == "Organization" and number != PROFESSIONALS
    return number == STRUCTURES if number is not None else structures_only and not _has_civility(reference)


def named_type(reference: Node) -> str | None:
    """The type of resource that a reference says it leads to: its type, else the one in its address."""
    kind = reference.peek("type")
    if isinstance(kind, str) and kind.strip():
        return kind.strip().rpartition("/")[2]
    target = reference.peek("reference")
    match = _ADDRESS.search(target) if isinstance(target, str) else None
    return match[1] if match else None


def lose_reference(reference: Node, code: str, loss: LossClass | None = None) -> None:
    """Give up all that a reference says of what it leads to, be it read or not."""
    for element in ("reference", "type", "display", "identifier"):
        reference.lose(element, code, loss)


def _number_of(context: Context, reference: Node) -> str | None:
    """The root of the national numbers to which the identifier of a reference belongs; None for a local number."""
    for identifier in reference.children("identifier"):
        kinds = set(types_of(identifier))
        for root, known in ((PROFESSIONALS, _NUMBERS_OF_PERSONS), (STRUCTURES, _NUMBERS_OF_STRUCTURES)):
            if is_under(context, identifier, root) or kinds & known:
                return root
    return None


def _has_civility(reference: Node) -> bool:
    """Whether the display begins with a civilité or titre: ``Dr Martin``."""
    first, _, rest = str(reference.peek("display") or "").strip().partition(" ")
    word = first.rstrip(".").lower()
    return bool(rest.strip()) and (word in wordings("civility") or wordings("title").get(word) in ("DR", "PR"))
