"""What a code states: a concept of a value set, with the sides and the contrast that it includes, by the tables of ``mappings/``.

A code that is in no value set may be translated into one; a code without a system counts where it is unique. What several
statements say together, and which of them contradict each other, stands here too. Source: docs/decisions.md, 23, 24, 46;
docs/fhir.md, 4.5.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from bridge.tables.codes import (
    Concept,
    code_system_oid,
    code_system_uri,
    contains,
    is_code_system,
    is_terminology_cisis,
    table,
    value_set,
    wholes,
)

if TYPE_CHECKING:
    from bridge.settings import Settings

__all__ = [
    "BOTH",
    "CARE_INFORMATION",
    "CONTRAINDICATION",
    "CONTRAST",
    "FACTS",
    "LEFT",
    "LOINC",
    "MODALITY",
    "MODIFIER",
    "ONE_SIDE",
    "PET_FUNCTION",
    "RIGHT",
    "SCINTIGRAPHY_FUNCTION",
    "SIDES",
    "SITE",
    "TA",
    "Datum",
    "Meaning",
    "adds_up",
    "fineness",
    "in_order",
    "is_contrary_side",
    "is_hybrid",
    "is_post_coordinated",
    "is_system",
    "of",
]


LOINC, TA = "2.16.840.1.113883.6.1", "1.2.250.1.213.1.1.4.322"


class Datum(NamedTuple):
    """A datum of the order: its value set, and the tables that translate into it."""

    name: str
    tables: tuple[str, ...] = ()


MODALITY = Datum("modality", ("modality",))
SITE = Datum("site", ("site",))
MODIFIER = Datum("topographic-modifier", ("laterality",))
CONTRAST = Datum("contrast-injection")
PET_FUNCTION = Datum("pet-function")
SCINTIGRAPHY_FUNCTION = Datum("scintigraphy-function")
CONTRAINDICATION = Datum("contraindication")
CARE_INFORMATION = Datum("care-information")
FACTS = (CONTRAINDICATION, CONTRAST, PET_FUNCTION, SCINTIGRAPHY_FUNCTION)
"""What a code may state, beside a side, that must not be lost (docs/decisions.md, 26)."""


class Meaning(NamedTuple):
    """What one coding states of a datum."""

    concept: Concept
    modifiers: tuple[str, ...] = ()
    """Codes of JDV_ModificateurTopographique that the coding includes: the side of a sided site."""
    states: frozenset[str] = frozenset()
    """What of the concept the coding states (column ``states``); empty for all of it."""
    table: str | None = None
    """The table that led to the concept; None where the coding is of the value set."""
    relation: str = ""
    guessed: bool = False
    """Whether the code counts although its system is missing or unknown."""

    @property
    def states_contrast(self) -> bool:
        """Whether a modality says that contrast is used, or is not."""
        return not self.states or "contrast" in self.states


@cache
def _codes(datum: Datum) -> frozenset[str]:
    """Every code that states something of a datum, whatever its system."""
    translated = (code for name in datum.tables for _, code in table(name))
    return frozenset(value_set(datum.name).by_code).union(translated)


def of(code: str, uri: str | None, datum: Datum, settings: Settings) -> Meaning | None:
    """What a code of a system (URI) states of a datum."""
    if code not in _codes(datum) and ":" not in code and not settings.translations:
        return None
    oid = code_system_oid(uri) if uri else None
    if oid and (concept := value_set(datum.name).find(code, oid)):
        return Meaning(concept)
    return (
        _translated(code, oid, str(uri), datum, settings)
        or (_post_coordinated(code) if datum.name == SITE.name and ":" in code else None)
        or _guessed(code, uri, datum)
    )


def _translated(code: str, oid: str | None, uri: str, datum: Datum, settings: Settings) -> Meaning | None:
    for name in datum.tables:
        for own in settings.translations:
            if (own.table, own.code, own.system) == (name, code, uri) and (concept := value_set(name).unique(own.to)):
                return Meaning(concept, (own.modifier,) if own.modifier else (), table="imgda.toml")
        rows = table(name)
        row = rows.get((uri, code)) or (rows.get((code_system_uri(oid), code)) if oid else None)
        if row:
            return Meaning(row.concept, (row.modifier,) if row.modifier else (), row.states, name, row.relation)
    return None


_POST_COORDINATED = re.compile(
    r"\s*(\d{6,18})\s*(?:\|[^|]*\|)?\s*:\s*272741003\s*(?:\|[^|]*\|)?\s*=\s*(\d{6,18})\s*(?:\|[^|]*\|)?\s*"
)


def is_post_coordinated(code: str) -> bool:
    """Whether a code is an expression of a site and its side."""
    return _POST_COORDINATED.fullmatch(code) is not None


def _post_coordinated(code: str) -> Meaning | None:
    """``<site>:272741003=<side>``, the SNOMED CT way to say a side in one code."""
    match = _POST_COORDINATED.fullmatch(code)
    if match is None:
        return None
    row = table("site").get((code_system_uri("2.16.840.1.113883.6.96"), match[1]))
    site = value_set("site").unique(match[1]) or (row.concept if row and not row.modifier else None)
    side = value_set("topographic-modifier").unique(match[2])
    return Meaning(site, (side.code,), table="expression") if site and side else None


def _guessed(code: str, uri: str | None, datum: Datum) -> Meaning | None:
    """A code whose system is missing, where it is unique; or unknown, where it is one of TA (docs/decisions.md, 46)."""
    if uri is not None and (is_code_system(uri) or not is_terminology_cisis(code)):
        return None
    concept = value_set(datum.name).unique(code)
    return Meaning(concept, guessed=True) if concept and (uri is None or concept.system == TA) else None


def is_system(uri: str | None, oid: str, code: str) -> bool:
    """Whether the system of a code (URI) is the one wanted (OID), missing, or unknown for a code of TA."""
    if uri is None or code_system_oid(uri) == oid:
        return True
    return oid == TA and not is_code_system(uri) and is_terminology_cisis(code)


RIGHT, LEFT, BOTH, ONE_SIDE = SIDES = ("24028007", "7771000", "51440002", "66459002")
"""SNOMED CT codes of JDV_ModificateurTopographique: droit, gauche, bilatéral, unilatéral."""


def is_contrary_side(side: str, known: Iterable[str]) -> bool:
    """Whether a side cannot stand beside those that a site has: another side, or one side only beside both."""
    contrary = {ONE_SIDE: {BOTH}, BOTH: {RIGHT, LEFT, ONE_SIDE}}.get(side, {RIGHT, LEFT, BOTH} - {side})
    return side in SIDES and not contrary.isdisjoint(known)


def in_order(modifiers: set[str]) -> tuple[str, ...]:
    """Modifiers in an order of their own: the sides, then the others by their code."""
    return (*(side for side in SIDES if side in modifiers), *sorted(modifiers.difference(SIDES)))


_HYBRID = {"PT": ("CT", "MR"), "NM": ("CT", "MR")}
_WITH_CONTRAST = {"MED-1127": "MED-1126", "MED-1129": "MED-1128"}


def is_hybrid(modality: str, other: str) -> bool:
    """Whether a modality beside another one is the hybrid examination: PET or scintigraphy with CT or MRI."""
    return other in _HYBRID.get(modality, ())


def fineness(datum: Datum, found: Meaning) -> int:
    """How much a statement says: a hybrid examination more than either, a part of the body more than the whole."""
    if datum.name == MODALITY.name:
        return 2 * (found.concept.code in _HYBRID) + found.states_contrast
    return len(wholes(datum.name).get(found.concept.code, ())) + found.concept.code.count("/")


def adds_up(datum: Datum, best: Meaning, other: Meaning) -> bool:
    """Whether another coding says no more than the best one does."""
    one, two = best.concept.code, other.concept.code
    if best.concept == other.concept:
        return True
    if datum.name == MODALITY.name:
        unstated = not other.states_contrast and _WITH_CONTRAST.get(one, one) == _WITH_CONTRAST.get(two, two)
        return unstated or is_hybrid(one, two)
    return contains(datum.name, two, one)
