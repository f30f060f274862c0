"""National identifiers: what an INS, and a number of a professional or structure, must look like.

Source: Référentiel INS (key of the NIR); CI-SIS, identifiants nationaux (prefixes); HL7 France, fr-core-cs-v2-0203 (types).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

__all__ = [
    "INS_ROOTS",
    "INS_TYPES",
    "PROFESSIONALS",
    "REAL_INS_ROOTS",
    "STRUCTURES",
    "by_type",
    "compact",
    "is_ins",
    "is_professional",
    "is_structure",
    "prefixed",
]

PROFESSIONALS = "1.2.250.1.71.4.2.1"
"""Root of the national identifiers of health professionals (CI-SIS)."""
STRUCTURES = "1.2.250.1.71.4.2.2"
"""Root of the national identifiers of health structures (CI-SIS)."""
INS_ROOTS = tuple(f"1.2.250.1.213.1.4.{n}" for n in (8, 9, 10, 11))
"""INS-NIR, INS-NIA, test and demonstration (Référentiel INS)."""
REAL_INS_ROOTS = INS_ROOTS[:2]
"""Those of real patients."""
INS_TYPES = dict(zip(("INS-NIR", "INS-NIA", "INS-NIR-TEST", "INS-NIR-DEMO"), INS_ROOTS, strict=True))
"""The root that each type of an INS stands for (HL7 France, fr-core-cs-v2-0203)."""


class _Kind(NamedTuple):
    """A kind of national number: its root, and the prefix that it has there, by the length of the number without it."""

    root: str
    prefixes: Mapping[int, str]


_TYPES = {
    "ADELI": _Kind(PROFESSIONALS, {9: "0"}),
    "FINEG": _Kind(STRUCTURES, {9: "1"}),
    "FINEJ": _Kind(STRUCTURES, {9: "1"}),
    "RPPS": _Kind(PROFESSIONALS, {11: "8"}),
    "RPPSRG": _Kind(STRUCTURES, {13: "4"}),
    "SIREN": _Kind(STRUCTURES, {9: "2"}),
    "SIRET": _Kind(STRUCTURES, {14: "3"}),
}
_WHOLE = ("IDNPS", "IDNST")
"""Types of numbers that have their prefix."""

# The prefix of a number that comes without it, by its system and length. Under a national OID a number is left as it is, for
# official examples hold structures' numbers of nine characters there; only an ADELI of nine characters gets its prefix.
_SYSTEMS = {
    f"urn:oid:{PROFESSIONALS}": {9: "0"},
    "https://rpps.esante.gouv.fr": {11: "8", 9: "0"},
    "https://finess.esante.gouv.fr": {9: "1"},
    "https://sirene.fr": {9: "2", 14: "3"},
    "https://adelirang.esante.gouv.fr": {9: "0", 11: "0"},
    "https://rppsrang.esante.gouv.fr": {11: "4", 13: "4", 14: "4"},
}


def compact(number: str) -> str:
    """A number without the spaces that make it readable."""
    return number.replace(" ", "")


def prefixed(number: str, system: object, types: Collection[str] = ()) -> str:
    """A number of a professional or structure with the prefix that its system leaves out.

    A number whose type says that it is whole (IDNPS, IDNST) is left as it is.
    """
    number = compact(number)
    if not set(_WHOLE).isdisjoint(types):
        return number
    prefix = _SYSTEMS.get(str(system), {}).get(len(number), "")
    return number if prefix == "4" and len(number) == 14 and number.startswith("4") else prefix + number


def by_type(number: str, types: Collection[str]) -> tuple[str, str] | None:
    """The root and the whole number that a type such as RPPS or FINEG gives; None where the number is not of that kind."""
    number = compact(number)
    for name in types:
        if (kind := _TYPES.get(name)) and (whole := _whole(number, kind)):
            return kind.root, whole
    for name, root, is_right in (("IDNPS", PROFESSIONALS, is_professional), ("IDNST", STRUCTURES, is_structure)):
        if name in types and is_right(number):
            return root, number
    return None


def _whole(number: str, kind: _Kind) -> str | None:
    if not (number.isascii() and number.isalnum()):
        return None
    for length, prefix in kind.prefixes.items():
        if len(number) == length:
            return prefix + number
        if len(number) == length + 1 and number.startswith(prefix):
            return number
    return None


# --- lengths and keys ------------------------------------------------------------------------------------------------


def is_ins(number: str) -> bool:
    """Whether an INS has 15 characters and the right key: 97 less the first 13 modulo 97, ``2A`` as 19 and ``2B`` as 18."""
    body, key = number[:13], number[13:]
    if number[5:7] in ("2A", "2B"):
        body = body[:5] + {"2A": "19", "2B": "18"}[number[5:7]] + body[7:]
    if len(number) != 15 or not _is_number(body + key):
        return False
    return 97 - int(body) % 97 == int(key)


def is_professional(number: str) -> bool:
    """Whether a national identifier of a professional has its length and, for an RPPS, its Luhn key."""
    if number[:1] == "8" and len(number) == 12:
        return _is_number(number) and _luhn(number[1:])
    return number[:1] in ("0", "3", "5", "6") and len(number) >= 9


def is_structure(number: str) -> bool:
    """Whether a national identifier of a structure has the length of its prefix and the key that it can have."""
    body = number[1:]
    match number[:1]:
        case "1":
            return len(body) == 9 and (not _is_number(body) or _luhn(body))
        case "2":
            return len(body) == 9 and _is_number(body) and _luhn(body)
        case "3":
            return len(body) == 14 and _is_number(body)
        case "0" | "4":
            return len(body) >= 9
    return False


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _luhn(digits: str) -> bool:
    total = 0
    for index, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + index % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
