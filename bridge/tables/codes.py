"""The tables of ``mappings/``: code systems, identifier systems, value sets and translations.

Each table is a CSV with its source in every row; it is read once, when first needed. Source: docs/mappings.md.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from bridge.tables.shipped import folder

__all__ = [
    "CodeRow",
    "Concept",
    "ValueSet",
    "code_system_name",
    "code_system_oid",
    "code_system_uri",
    "contains",
    "identifier_oid",
    "is_code_system",
    "is_terminology_cisis",
    "related",
    "table",
    "value_set",
    "wholes",
]


def rows(name: str) -> Iterator[dict[str, str]]:
    """The rows of ``mappings/<name>.csv``."""
    with open(folder("mappings") / f"{name}.csv", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


class Concept(NamedTuple):
    """A concept of a value set."""

    code: str
    system: str
    """OID."""
    display: str


@dataclass(frozen=True)
class ValueSet:
    """A value set of the model (JDV)."""

    name: str
    concepts: Mapping[tuple[str, str], Concept]
    """By code and system."""
    by_code: Mapping[str, tuple[Concept, ...]]

    def find(self, code: str, system: str) -> Concept | None:
        """The concept of that code and system (OID), if it is in the set."""
        return self.concepts.get((code, system))

    def unique(self, code: str) -> Concept | None:
        """The concept of that code where only one system has it."""
        found = self.by_code.get(code, ())
        return found[0] if len(found) == 1 else None


@cache
def value_set(name: str) -> ValueSet:
    """The value set ``mappings/value-sets/<name>.csv``."""
    concepts = [Concept(row["code"], row["system"], row["display"]) for row in rows(f"value-sets/{name}")]
    by_code: dict[str, tuple[Concept, ...]] = {}
    for concept in concepts:
        by_code[concept.code] = (*by_code.get(concept.code, ()), concept)
    return ValueSet(name, {(c.code, c.system): c for c in concepts}, by_code)


class CodeRow(NamedTuple):
    """One translation of ``mappings/codes``, towards the CDA."""

    concept: Concept
    relation: str
    """FHIR: ConceptMap.group.element.target.equivalence."""
    modifier: str | None = None
    """Table ``site``: a code of the value set topographic-modifier that the sender's code includes."""
    states: frozenset[str] = frozenset()
    """What the sender's code states of the concept: ``modality``, ``contrast``, ``site``, ``side``; empty for all of it."""


@cache
def table(name: str) -> Mapping[tuple[str, str], CodeRow]:
    """The table ``mappings/codes/<name>.csv`` towards the CDA, by FHIR system (URI) and code."""
    return {
        (row["fhir_system"], row["fhir_code"]): CodeRow(
            Concept(row["cda_code"], row["cda_system"], row["cda_display"]),
            row["relation"],
            row.get("modifier_code") or None,
            frozenset((row.get("states") or "").split()),
        )
        for row in rows(f"codes/{name}")
        if row["direction"] != "to-fhir"
    }


@cache
def wholes(name: str) -> Mapping[str, frozenset[str]]:
    """For the codes of a value set, those of all that contain them (``mappings/<name>-parts.csv``); empty without that table."""
    direct: dict[str, set[str]] = {}
    for row in rows(f"{name}-parts") if name in _WITH_PARTS else ():
        direct.setdefault(row["part_code"], set()).add(row["whole_code"])
    return {code: frozenset(_above(code, direct)) for code in direct}


_WITH_PARTS = ("site", "relation")
"""Value sets of which one concept may be a part or a kind of another."""


def _above(code: str, direct: Mapping[str, set[str]]) -> set[str]:
    """All that is reached from a code by one step or several."""
    found: set[str] = set()
    waiting = list(direct.get(code, ()))
    while waiting:
        if (whole := waiting.pop()) not in found:
            found.add(whole)
            waiting += direct.get(whole, ())
    return found


def contains(name: str, whole: str, part: str) -> bool:
    """Whether a concept of a value set is the other one, or contains it: a whole its part, a kind its finer kinds."""
    if name == "author-speciality" and part.startswith(f"{whole}/"):
        return True
    return whole == part or whole in wholes(name).get(part, ())


def related(name: str, one: str, other: str) -> bool:
    """Whether one of two concepts of a value set contains the other."""
    return contains(name, one, other) or contains(name, other, one)


@cache
def is_terminology_cisis(code: str) -> bool:
    """Whether a code is one of TA (``MED-``, ``GEN-``, ``ORG-``) that no other system has (docs/decisions.md, 46)."""
    return code.startswith(("MED-", "GEN-", "ORG-")) and code not in _other_codes()


@cache
def _other_codes() -> frozenset[str]:
    """The codes that begin as those of TA do and belong to another system."""
    ta = "1.2.250.1.213.1.1.4.322"
    folder_of_sets = folder("mappings") / "value-sets"
    sets = (value_set(path.name.removesuffix(".csv")) for path in folder_of_sets.iterdir() if path.name.endswith(".csv"))
    return frozenset(concept.code for known in sets for concept in known.concepts.values() if concept.system != ta)


@cache
def absence_subjects() -> Mapping[tuple[str, str], str]:
    """What each code of ``mappings/codes/absence.csv`` is about (allergies, devices …), by FHIR system (URI) and code."""
    return {(row["fhir_system"], row["fhir_code"]): row["about"] for row in rows("codes/absence")}


@cache
def wordings(name: str) -> Mapping[str, str]:
    """The table ``mappings/codes/<name>.csv`` of wordings (lower case) and the code that each means."""
    return {row["text"]: row["cda_code"] for row in rows(f"codes/{name}")}


@cache
def _code_systems() -> tuple[Mapping[str, str], Mapping[str, str]]:
    known = [(row["uri"], row["oid"], row["preferred"] == "yes") for row in rows("code-systems")]
    return {uri: oid for uri, oid, _ in known if oid}, {oid: uri for uri, oid, preferred in known if oid and preferred}


@cache
def code_system_oid(uri: str) -> str | None:
    """The OID of a code system given by its URI, ``urn:oid:`` form or bare OID; a version or edition suffix is ignored."""
    by_uri, _ = _code_systems()
    return by_uri.get(uri) or oid_of(uri) or by_uri.get(uri.partition("|")[0]) or _edition(uri, by_uri)


def _edition(uri: str, by_uri: Mapping[str, str]) -> str | None:
    snomed = "http://snomed.info/sct"
    return by_uri.get(snomed) if uri.startswith(snomed + "/") else None


@cache
def is_code_system(uri: str) -> bool:
    """Whether a URI, ``urn:oid:`` form or bare OID names a code system of the tables."""
    return uri in _known_systems() or (code_system_oid(uri) or "") in _code_systems()[1]


@cache
def _known_systems() -> frozenset[str]:
    """Every URI of a code system in ``mappings/``, with or without an OID."""
    translated = (row["fhir_system"] for name in ("yes-no", "pregnancy", "absence") for row in rows(f"codes/{name}"))
    return frozenset(row["uri"] for row in rows("code-systems")) | frozenset(translated)


@cache
def code_system_uri(oid: str) -> str:
    """The preferred URI of a code system given by its OID; ``urn:oid:`` where it has no other."""
    return _code_systems()[1].get(oid) or f"urn:oid:{oid}"


@cache
def identifier_oid(uri: str) -> str | None:
    """The OID of an identifier system given by its URI, ``urn:oid:`` form or bare OID."""
    return _identifier_systems().get(uri) or oid_of(uri)


@cache
def _identifier_systems() -> Mapping[str, str]:
    return {row["uri"]: row["oid"] for row in rows("identifier-systems") if row["oid"]}


@cache
def code_system_name(uri: str) -> str | None:
    """What people call a code system given by its URI, ``urn:oid:`` form or bare OID."""
    oid = code_system_oid(uri)
    known = [row for row in rows("code-systems") if row["uri"] == uri or (oid and row["oid"] == oid)]
    return next((row["cda_name"] or row["name"] for row in known), None)


def oid_of(uri: str) -> str | None:
    """The OID that ``urn:oid:1.2…``, ``oid:1.2…`` or a bare OID spells (docs/decisions.md, 19), well-formed or not."""
    for prefix in ("urn:oid:", "oid:"):
        if uri.lower().startswith(prefix):
            return uri[len(prefix) :]
    return uri if uri[:2] in ("0.", "1.", "2.") and uri.replace(".", "").isdigit() else None
