"""What codes and words mean, computed from the tables alone: the oracle of law 6.

Nothing of the reader is used. A coding *states* facts (a modality, a contrast, a site, sides); two codings of one concept state
the union of their facts, or contradict each other (docs/decisions.md, row 23). The tests compare this with what the reader says.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

MAPPINGS = Path(__file__).resolve().parents[1] / "mappings"
JSON = dict[str, Any]

RIGHT, LEFT, BOTH, UNILATERAL = "24028007", "7771000", "51440002", "66459002"
SIDES = frozenset({RIGHT, LEFT, BOTH})
WITH, WITHOUT = "with", "without"

_CONTRAST = {"MED-1126": WITHOUT, "MED-1127": WITH, "MED-1128": WITHOUT, "MED-1129": WITH}
_KIND = {"MED-1126": "X-ray", "MED-1127": "X-ray", "MED-1128": "ultrasound", "MED-1129": "ultrasound"}
_CODE = {("X-ray", WITH): "MED-1127", ("X-ray", ""): "MED-1126", ("X-ray", WITHOUT): "MED-1126"}
_CODE |= {("ultrasound", WITH): "MED-1129", ("ultrasound", ""): "MED-1128", ("ultrasound", WITHOUT): "MED-1128"}
_NUCLEAR, _SECTIONAL = frozenset({"PT", "NM"}), frozenset({"CT", "MR"})


@dataclass(frozen=True)
class Stated:
    """What one coding, or several together, state of one act."""

    kind: str = ""
    """The modality, X-ray and ultrasound without their contrast."""
    contrast: str = ""
    sites: frozenset[str] = frozenset()
    sides: frozenset[str] = frozenset()
    """Codes of JDV_ModificateurTopographique."""


@dataclass(frozen=True)
class Told:
    """A coding as it is sent, and what it states."""

    coding: JSON
    states: Stated
    source: str = field(default="", compare=False)


@cache
def table(name: str) -> tuple[dict[str, str], ...]:
    """The rows of a table of ``mappings/``."""
    path = MAPPINGS / f"{name}.csv"
    if not path.is_file():
        return ()
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


@cache
def uri_of(oid: str) -> str:
    """The FHIR URI of a code system."""
    return next((row["uri"] for row in table("code-systems") if row["oid"] == oid and row["preferred"]), f"urn:oid:{oid}")


def concepts(set_name: str) -> Iterator[JSON]:
    """Every concept of a value set as a Coding."""
    for row in table(f"value-sets/{set_name}"):
        yield {"system": uri_of(row["system"]), "code": row["code"], "display": row["display"]}


def translated(name: str) -> Iterator[tuple[JSON, dict[str, str]]]:
    """Every sent code of a translation table that leads to a document, and its row."""
    for row in table(f"codes/{name}"):
        if row["direction"] in ("both", "to-cda"):
            yield {"system": row["fhir_system"], "code": row["fhir_code"]}, row


def modalities() -> Iterator[Told]:
    """Every coding that states a modality."""
    for coding in concepts("modality"):
        code = coding["code"]
        yield Told(coding, Stated(kind=_KIND.get(code, code), contrast=_CONTRAST.get(code, "")), "JDV")
    for coding, row in translated("modality"):
        yield Told(coding, _of_modality(row), "codes/modality")


def _of_modality(row: dict[str, str]) -> Stated:
    code, states = row["cda_code"], row.get("states", "").split()
    is_whole = row["relation"] == "equivalent" or "contrast" in states
    return Stated(kind=_KIND.get(code, code), contrast=_CONTRAST.get(code, "") if is_whole else "")


def sites() -> Iterator[Told]:
    """Every coding that states a site."""
    for coding in concepts("site"):
        yield Told(coding, Stated(sites=frozenset({coding["code"]})), "JDV")
    for coding, row in translated("site"):
        sides = frozenset({row["modifier_code"]} - {""})
        yield Told(coding, Stated(sites=frozenset({row["cda_code"]}), sides=sides), "codes/site")


def sides() -> Iterator[Told]:
    """Every coding that states a side, or another topographic modifier."""
    for coding in concepts("topographic-modifier"):
        yield Told(coding, Stated(sides=frozenset({coding["code"]})), "JDV")
    for coding, row in translated("laterality"):
        if row["relation"] == "inexact":
            continue  # DICOM U depends on the site
        yield Told(coding, Stated(sides=frozenset({row["cda_code"]})), "codes/laterality")


@cache
def parts() -> dict[str, frozenset[str]]:
    """The concepts of which each one is a part or a kind, directly or not (site-parts.csv, relation-parts.csv)."""
    above: dict[str, set[str]] = {}
    for row in (*table("site-parts"), *table("relation-parts")):
        above.setdefault(row["part_code"], set()).add(row["whole_code"])
    closed: dict[str, frozenset[str]] = {}
    for part in above:
        found, waiting = set[str](), [part]
        while waiting:
            for whole in above.get(waiting.pop(), ()):
                if whole not in found:
                    found.add(whole)
                    waiting.append(whole)
        closed[part] = frozenset(found)
    return closed


def together(one: Stated, other: Stated) -> Stated | None:
    """What two codings of one concept state; None where they contradict each other."""
    kinds = {one.kind, other.kind} - {""}
    if len(kinds) == 2:
        if not (kinds & _NUCLEAR and kinds & _SECTIONAL):
            return None
        kinds &= _NUCLEAR
    contrasts = {one.contrast, other.contrast} - {""}
    places = _finer(one.sites | other.sites)
    modifiers = one.sides | other.sides
    if len(contrasts) == 2 or places is None or len(modifiers & {RIGHT, LEFT}) == 2 or {BOTH, UNILATERAL} <= modifiers:
        return None
    return Stated("".join(kinds), "".join(contrasts), places, modifiers)


def _finer(found: frozenset[str]) -> frozenset[str] | None:
    """Of several sites the one that is part of all others; None where there is none."""
    if not found:
        return found
    finest = (site for site in found if found - {site} <= parts().get(site, frozenset()))
    return next((frozenset({site}) for site in finest), None)


def modality_code(stated: Stated) -> str:
    """The code of JDV_Modalite that says it."""
    return _CODE.get((stated.kind, stated.contrast), stated.kind)
