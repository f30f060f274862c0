"""The table of profiles: the rules, the value sets that they name, and the claims that it knows.

Source: docs/mappings.md, profiles.csv; docs/fhir.md, 1.1 and 1.2.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from bridge.fhir.profiles.paths import Path, parse_path
from bridge.tables.codes import code_system_oid, rows, value_set

__all__ = [
    "Rule",
    "ancestry",
    "bare_codes",
    "claims",
    "is_bound",
    "is_member",
    "profile_name",
    "profiles",
    "rules",
    "unknown_claims",
]

JSON = dict[str, Any]

_BASES = re.compile(
    r"https://interop\.esante\.gouv\.fr/ig/(fhir/document-core|fhir/fhir-document-core|document/core|fhir/annuaire)/"
    r"|https://hl7\.fr/ig/fhir/core/|http://hl7\.org/fhir/uv/fhir-clinical-document/"
)
"""Canonical bases under which the profiles of the table have stood (docs/fhir.md, 1.1)."""
_IMAGING_DOCUMENTS = "JDV_CodesDocumentImagerie_CISIS"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table."""

    profile: str
    """Last segment of the canonical URL."""
    path: str
    kind: str
    """``card``, ``fixed``, ``binding``, ``target``… (docs/mappings.md)."""
    value: str
    source: str
    steps: Path
    conditions: tuple[tuple[bool, Path], ...]
    """Paths that must, or must not, lead somewhere for the rule to apply."""


# --- the table -------------------------------------------------------------------------------------------------------


@cache
def _table() -> Mapping[str, tuple[Rule, ...]]:
    known: dict[str, list[Rule]] = {}
    for row in rows("profiles"):
        conditions = tuple(
            (not text.startswith("!"), parse_path(text.removeprefix("!"))) for text in row["when"].split(" and ") if text
        )
        rule = Rule(row["profile"], row["path"], row["rule"], row["value"], row["source"], parse_path(row["path"]), conditions)
        known.setdefault(rule.profile, []).append(rule)
    return {name: tuple(found) for name, found in known.items()}


def profiles() -> tuple[str, ...]:
    """The profiles and datatypes that the table knows, by the last segment of their URL."""
    return tuple(_table())


@cache
def rules(profile: str) -> tuple[Rule, ...]:
    """The rules of a profile and of its parents; none for a profile that the table does not have."""
    own = _table().get(profile, ())
    parents = [rule.value for rule in own if rule.kind == "parent"]
    return (*(rule for rule in own if rule.kind != "parent"), *(rule for parent in parents for rule in rules(parent)))


@cache
def ancestry(profile: str) -> frozenset[str]:
    """A profile with its parents."""
    parents = [rule.value for rule in _table().get(profile, ()) if rule.kind == "parent"]
    return frozenset({profile}.union(*map(ancestry, parents)))


@cache
def _codes(name: str) -> frozenset[tuple[str, str | None]]:
    """The codes of a value set with their systems (OID): written in the rule, of ``mappings/value-sets``, or of LOINC exams."""
    if name.startswith("{"):
        return frozenset((code, None) for code in name.strip("{}").split("|"))
    if name == "imaging-document-code":
        found = (row for row in rows("codes/modality") if row["source"].startswith(_IMAGING_DOCUMENTS))
        return frozenset((row["fhir_code"], code_system_oid(row["fhir_system"])) for row in found)
    return frozenset((concept.code, concept.system) for concept in value_set(name).concepts.values())


@cache
def bare_codes(name: str) -> frozenset[str]:
    return frozenset(code for code, _ in _codes(name))


# --- claims ----------------------------------------------------------------------------------------------------------


def _all_claims(resource: JSON) -> list[str]:
    meta = resource.get("meta")
    urls = meta.get("profile") if isinstance(meta, dict) else None
    return [url for url in urls if isinstance(url, str)] if isinstance(urls, list) else []


def profile_name(url: str) -> str | None:
    """The name by which the table knows a canonical URL; a version is ignored."""
    bare = url.partition("|")[0]
    name = bare.rpartition("/")[2]
    return name if _BASES.match(bare) and name in _table() else None


def claims(resource: JSON) -> list[str]:
    """The profiles that a resource claims and the table knows."""
    return [name for url in _all_claims(resource) if (name := profile_name(url))]


def unknown_claims(resource: JSON) -> list[int]:
    """The positions in ``meta.profile`` of the claims that the table does not know."""
    return [index for index, url in enumerate(_all_claims(resource)) if profile_name(url) is None]


# --- codes ----------------------------------------------------------------------------------------------------------


def is_bound(value: Any, name: str) -> bool:
    """Whether a code, Coding or CodeableConcept has a code of a value set of the table."""
    if isinstance(value, str):
        return value in bare_codes(name)
    if not isinstance(value, dict):
        return False
    codings = value["coding"] if isinstance(value.get("coding"), list) else [value]
    return any(is_member(coding, name) for coding in codings if isinstance(coding, dict))


def is_member(coding: JSON, name: str) -> bool:
    """Whether a Coding is one of a value set of the table."""
    code, uri = coding.get("code"), coding.get("system")
    oid = code_system_oid(uri) if isinstance(uri, str) else None
    return bool({(code, None), (code, oid)} & _codes(name))
