"""The types of ``mappings/structure.csv``, which say what each element of a document may hold.

Each row of the table is a type: the attributes of an element and its children. Attributes: ``name`` may be there, ``name!`` must,
``=a/b`` lists its values, ``:ts`` names its datatype. Children, in their order: ``name:type`` and how often (``?``, ``*``, ``+``,
else once); ``a/b`` is a choice, ``&`` means any order, ``~`` what CDA R2 allows and the model does not use (looked into where a
type is named), ``...`` that CDA R2 allows more than is listed, ``:-`` a child that is not looked into, ``#text`` and ``#text!``
that text may or must be there.
Source: CDA R2, CDA.xsd and NarrativeBlock.xsd; CI-SIS, Structuration minimale; IMG-DA-IMG 2024.01.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from typing import NamedTuple

from bridge.order import datatypes
from bridge.tables.codes import rows

__all__ = ["NULL_FLAVORS", "UNSEEN", "Attribute", "Slot", "Type", "types"]

NULL_FLAVORS = frozenset(
    ["ASKU", "DER", "INV", "MSK", "NA", "NASK", "NAV", "NI", "NINF", "OTH", "PINF", "QS", "TRC", "UNC", "UNK"]
)
"""Exceptional values of the CDA schema."""


# --- datatypes -------------------------------------------------------------------------------------------------------

_UUID = re.compile(r"[A-Fa-f\d]{8}(-[A-Fa-f\d]{4}){3}-[A-Fa-f\d]{12}", re.ASCII)
_TS = re.compile(r"(\d{1,8}|\d{9,14}|\d{14}\.\d+)([+\-]\d{1,4})?", re.ASCII)


def _uid(value: str) -> Iterator[str]:
    if len(value) > datatypes.LONGEST_ROOT:
        yield "IMGDA-1424"
    if _UUID.fullmatch(value):
        if not datatypes.is_uuid(value):
            yield "IMGDA-1413"
    elif not datatypes.is_oid(value[: datatypes.LONGEST_ROOT]):
        yield "IMGDA-1412"


def _system(value: str) -> Iterator[str]:
    if not (datatypes.is_oid(value) or _UUID.fullmatch(value)):
        yield "IMGDA-1571"


def _timestamp(value: str) -> Iterator[str]:
    if not _TS.fullmatch(value):
        yield "IMGDA-1414"
    elif not _is_real(re.split(r"[+\-.]", value)[0]):
        yield "IMGDA-1415"
    elif len(value) > 8 and "+" not in value and "-" not in value:
        yield "IMGDA-1640"


def _is_real(digits: str) -> bool:
    """Whether the digits of a timestamp are a date of the calendar and a time of the day, at their precision."""
    if len(digits) < 4 or len(digits) % 2:
        return False
    try:
        date(int(digits[:4]), int(digits[4:6] or 1), int(digits[6:8] or 1))
    except ValueError:
        return False
    return (digits[8:10] or "0") < "24" and (digits[10:12] or "0") < "60" and (digits[12:14] or "0") < "60"


def _string(value: str) -> Iterator[str]:
    if len(value) > datatypes.LONGEST_EXTENSION:
        yield "IMGDA-1424"


def _label(value: str) -> Iterator[str]:
    if re.search(r"[\r\n\t]", value):
        yield "IMGDA-1434"


def _token(value: str) -> Iterator[str]:
    """What XSD calls a token without white space; that at its ends does not count (datatypes-base.xsd: cs)."""
    if re.search(r"[ \t\r\n]", value.strip(" \t\r\n")):
        yield "IMGDA-1570"


def _telecom(value: str) -> Iterator[str]:
    if not datatypes.is_telecom(value):
        yield "IMGDA-1416"


def _language(value: str) -> Iterator[str]:
    """RFC 3066 as the Schematrons have it, in any case."""
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z]{2})?", value):
        yield "IMGDA-1417"


class Datatype(NamedTuple):
    """What a value must look like."""

    accepts: Callable[[str], object]
    """A quick look, true for most of the values that are right; the others are looked at by :attr:`codes`."""
    codes: Callable[[str], Iterator[str]]
    """The codes of what is wrong with a value."""


def _pattern(pattern: str, code: str) -> Datatype:
    compiled = re.compile(pattern)

    def codes(value: str) -> Iterator[str]:
        if not compiled.fullmatch(value):
            yield code

    return Datatype(compiled.fullmatch, codes)


_USUAL_OID = re.compile(r"(?=.{1,128}$)[0-2](\.(0|[1-9]\d*))*", re.ASCII)
_USUAL_UID = re.compile(r"(?=.{1,128}$)([0-2](\.(0|[1-9]\d*))*|[A-F\d]{8}(-[A-F\d]{4}){3}-[A-F\d]{12})", re.ASCII)
_USUAL_TS = re.compile(r"(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|1\d|2[0-8])(([01]\d|2[0-3])[0-5]\d[0-5]\d[+\-]\d{4})?", re.ASCII)
DATATYPES: Mapping[str, Datatype] = {
    "uid": Datatype(_USUAL_UID.fullmatch, _uid),
    "ts": Datatype(_USUAL_TS.fullmatch, _timestamp),
    "st": Datatype(re.compile(r"(?=\s*\S).{1,64}").fullmatch, _string),
    "url": Datatype(datatypes.is_telecom, _telecom),
    "int": _pattern(r"[0-9]{1,9}", "IMGDA-1417"),
    "bool": _pattern(r"true|false", "IMGDA-1417"),
    "lang": _pattern(r"[a-z]{2}-[A-Z]{2}", "IMGDA-1417"),
    "language": Datatype(datatypes.is_language, _language),
    "label": Datatype(re.compile(r"(?=\s*\S)[^\r\n\t]*").fullmatch, _label),
    "id": _pattern(r"[^\W\d][\w.\-·]*", "IMGDA-1418"),
    "ids": _pattern(r"[^\W\d][\w.\-·]*([ \t\r\n]+[^\W\d][\w.\-·]*)*", "IMGDA-1418"),
    "cs": Datatype(re.compile(r"[^ \t\r\n]+").fullmatch, _token),
    "oid": Datatype(_USUAL_OID.fullmatch, _system),
    "tokens": _pattern(r"[\w.:\-·]+([ \t\r\n]+[\w.:\-·]+)*", "IMGDA-1417"),
}
"""By the name that the table gives them."""


# --- the table -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of a type."""

    required: bool = False
    values: frozenset[str] | None = None
    datatype: Datatype | None = None

    @property
    def accepts(self) -> Callable[[str], object]:
        """A quick look at a value, true for most of those that are right; without Python code of its own, since it runs often."""
        if self.values is not None:
            return self.values.__contains__
        return self.datatype.accepts if self.datatype else str.strip


@dataclass(frozen=True, slots=True)
class Slot:
    """A place among the children of a type."""

    index: int
    name: str
    least: int
    most: int | None
    outside: bool
    """CDA R2 allows it, the model does not use it."""


@dataclass(slots=True)
class Type:
    """What an element may hold."""

    attributes: dict[str, Attribute] = field(default_factory=dict)
    slots: list[Slot] = field(default_factory=list)
    children: dict[str, tuple[Slot, str]] = field(default_factory=dict)
    """By name, the place of a child and its type; :data:`UNSEEN` where it is not looked into."""
    ordered: bool = True
    open: bool = False
    """Whether only what it requires is looked at: the model does not use it, CDA R2 has more."""
    text: str = ""
    """``#text``, ``#text!`` or nothing."""


@cache
def types() -> Mapping[str, Type]:
    """The table ``mappings/structure.csv``."""
    return {row["type"]: _type(row["attributes"], row["content"]) for row in rows("structure")}


_ATTRIBUTE = re.compile(r"(?P<name>(xsi:)?\w+)(?P<required>!?)(:(?P<datatype>\w+))?(=(?P<values>\S+))?")
_CHILD = re.compile(r"(?P<outside>~?)(?P<name>(sdtc:|ps3-20:)?\w+)(:(?P<type>[\w-]+))?")
UNSEEN = "-"
"""The type of a child that is not looked into; that of an element outside the model where the table names no other."""


_BY_NAME = {
    "displayName": "label",
    "code": "cs",
    "codeSystem": "oid",
    "mediaType": "cs",
    "unit": "cs",
    "language": "language",
    "IDREF": "id",
    "referencedObject": "ids",
    "styleCode": "tokens",
}
"""The datatypes of attributes that have the same one wherever they stand."""


def _attribute(name: str, values: str | None, datatype: str | None, required: bool) -> Attribute:
    if name == "nullFlavor" and not values:
        return Attribute(required, NULL_FLAVORS)
    datatype = datatype or (None if values else _BY_NAME.get(name))
    return Attribute(required, frozenset(values.split("/")) if values else None, DATATYPES[datatype] if datatype else None)


def _type(attributes: str, content: str) -> Type:
    made = Type()
    for spec in attributes.split():
        found = _ATTRIBUTE.fullmatch(spec)
        assert found, spec
        made.attributes[found["name"]] = _attribute(found["name"], found["values"], found["datatype"], bool(found["required"]))
    for particle in content.split():
        if particle == "&":
            made.ordered = False
        elif particle == "...":
            made.open = True
        elif particle.startswith("#"):
            made.text = particle
        else:
            _add(made, particle)
    return made


def _add(made: Type, particle: str) -> None:
    """One particle of a content: ``name:type*``, ``a/b``, ``~name?``."""
    how = particle[-1] if particle[-1] in "?*+" else ""
    choices = [found for part in particle.removesuffix(how).split("/") if (found := _CHILD.fullmatch(part))]
    wanted = [found["name"] for found in choices if not found["outside"]]
    least, most = int(how in ("", "+")), None if how in ("*", "+") else 1
    slot = Slot(len(made.slots), "/".join(wanted), least, most, outside=False)
    made.slots.append(slot)
    for found in choices:
        usual = UNSEEN if found["outside"] else found["name"]
        made.children[found["name"]] = replace(slot, outside=bool(found["outside"])), found["type"] or usual
