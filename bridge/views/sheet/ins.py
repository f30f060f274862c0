"""The INS as a Data Matrix: the text that a scanner of an imaging centre reads.

Source: INS Datamatrix, format v2.2.20230926, as two independent open implementations state it (docs/paper.md): header ``IS01``
and 22 zeros, then fields; a field of variable length ends with GS unless it has its greatest length or is the last one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from bridge.order import Patient
from bridge.order.identifiers import INS_ROOTS
from bridge.views.sheet.model import Symbol

__all__ = ["payload", "symbol"]

_HEADER = "IS01" + "0" * 22
_GS = "\x1d"
_LONGEST = {"S2": 20, "S3": 100, "S4": 100}
"""Fields of variable length, and their greatest."""
_LETTERS = re.compile("[A-Z' -]{1,100}")
_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_TYPED = str.maketrans({"’": "'", "œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "‐": "-", "–": "-", "\u00a0": " "})


# layout: the conditions of a whole identity, one after the other
def payload(patient: Patient) -> bytes | None:
    """The text of the symbol; none for an identity that is not qualified or not complete: a part of it identifies nobody."""
    national = next((one for one in patient.ids if one.root in INS_ROOTS), None)
    matricule = (national.extension or "").upper() if national else ""
    forenames = _normal(patient.name.birth_givens or patient.name.birth_given or "")
    family = _normal(patient.name.birth_family)
    born = _DAY.fullmatch(patient.birth_date)
    if national is None or not re.fullmatch("[0-9]{5}[0-9AB]{2}[0-9]{8}", matricule) or born is None:
        return None
    if not (forenames and family and patient.gender.code in ("M", "F")):
        return None
    fields = {
        "S1": matricule,
        "S2": national.root,
        "S3": forenames,
        "S4": family,
        "S5": patient.gender.code,
        "S6": f"{born[3]}-{born[2]}-{born[1]}",
    }
    place = (patient.birth_place.county or "").upper() if patient.birth_place else ""
    if re.fullmatch("[0-9][0-9AB][0-9]{3}", place):
        fields["S7"] = place
    return (_HEADER + "".join(_ended(fields))).encode("ascii")


def _ended(fields: dict[str, str]) -> Iterator[str]:
    last = [*fields][-1]
    for name, value in fields.items():
        ends = name in _LONGEST and len(value) < _LONGEST[name] and name != last
        yield f"{name}{value}{_GS if ends else ''}"


def _normal(name: str) -> str | None:
    """A name in capitals without accents; none where a letter is left that the format does not have."""
    bare = unicodedata.normalize("NFD", name.translate(_TYPED))
    letters = "".join(sign for sign in bare if not unicodedata.combining(sign)).upper()
    return letters if _LETTERS.fullmatch(letters) else None


def symbol(patient: Patient, caption: str) -> Symbol | None:
    """The INS to scan."""
    data = payload(patient)
    if data is None:
        return None
    name = f"{patient.name.birth_family} {patient.name.birth_givens or patient.name.birth_given}"
    return Symbol("datamatrix", data, caption, f"Datamatrix INS de {name}")
