"""Whether a document can carry every value of an order: the last guard before it is written.

A reader never makes an order that this refuses, since it keeps out what no document can hold and says so. An order built by hand
may hold anything. Values are looked at by the field they stand in, whatever the order around them.
Source: CDA R2, datatypes-base.xsd; CI-SIS, Structuration minimale (II, TEL, AD); docs/check.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from bridge.findings.issues import Issue, issue
from bridge.order import (
    Address,
    Attachment,
    Code,
    Contact,
    Document,
    EncounterParticipant,
    Identifier,
    Order,
    Participant,
    PatientName,
    PersonName,
    Telecom,
    Translation,
    datatypes,
)
from bridge.order.moments import is_moment

__all__ = ["check"]

Test = Callable[[str], bool]

_FORBIDDEN = re.compile("[^\\t\\n\\r\\u0020-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
"""Characters that XML 1.0 forbids."""


def _is_text(text: str) -> bool:
    """Whether a text is not blank and holds no character that XML forbids."""
    return bool(text.strip()) and _FORBIDDEN.search(text) is None


def _is_label(text: str) -> bool:
    return _is_text(text) and re.search(r"[\r\n\t]", text) is None


def _is_extension(text: str) -> bool:
    return _is_label(text) and len(text) <= datatypes.LONGEST_EXTENSION


def _is_document_language(text: str) -> bool:
    return re.fullmatch(r"[a-z]{2}-[A-Z]{2}", text, re.ASCII) is not None


def _one_of(*values: str) -> Test:
    return frozenset(values).__contains__


_MOMENTS = {"created_at", "time", "birth_date", "deceased_at", "start", "end", "wanted_by", "date", "patient_informed_at"}
_FIELDS: Mapping[tuple[type, str], tuple[Test, str]] = {
    (Identifier, "root"): (datatypes.is_root, "OID, UUID"),
    (Identifier, "extension"): (_is_extension, "ST 1..64"),
    (Code, "code"): (datatypes.is_code, "CS"),
    (Code, "system"): (datatypes.is_oid, "OID"),
    (Code, "display"): (_is_label, "ST"),
    (Translation, "code"): (datatypes.is_code, "CS"),
    (Translation, "system"): (datatypes.is_oid, "OID"),
    (Translation, "display"): (_is_label, "ST"),
    (Telecom, "value"): (datatypes.is_telecom, "TEL"),
    (Telecom, "use"): (_one_of("H", "HP", "HV", "WP", "DIR", "PUB", "EC", "MC", "PG"), "JDV TelecommunicationAddressUse"),
    (Address, "use"): (_one_of("H", "HP", "HV", "WP", "TMP"), "H HP HV WP TMP"),
    (PersonName, "prefix"): (_one_of("M", "MME"), "JDV_J245"),
    (PersonName, "suffix"): (_one_of("DR", "MC", "MG", "PC", "PG", "PR"), "JDV_J246"),
    (PatientName, "prefix"): (_one_of("M", "MME"), "JDV_J245"),
    (PatientName, "suffix"): (_one_of("DR", "MC", "MG", "PC", "PG", "PR"), "JDV_J246"),
    (Contact, "role"): (_one_of("ECON", "NOK", "CON", "CAREGIVER", "PAT"), "ECON NOK CON CAREGIVER PAT"),
    (Document, "language"): (_is_document_language, "fr-FR"),
    (Document, "confidentiality"): (_one_of("L", "M", "N", "R", "U", "V"), "L M N R U V"),
    (Participant, "type"): (_one_of("REF", "REFB", "INF", "RESP", "PRF", "CON", "VRF"), "JDV_J144"),
    (Participant, "role_class"): (_one_of("PROV", "AGNT"), "PROV AGNT"),
    (EncounterParticipant, "type"): (_one_of("ADM", "ATND", "CON", "DIS", "REF"), "ADM ATND CON DIS REF"),
    (Attachment, "media_type"): (datatypes.is_media_type, "type/subtype"),
    (Attachment, "language"): (datatypes.is_language, "fr, fr-FR"),
    (Attachment, "data"): (datatypes.is_base64, "base64"),
}
_DISTINCT = ("ids", "telecoms", "addresses", "translations", "modifiers", "sites")


def check(order: Order, *, draft: bool = False) -> list[Issue]:
    """Why no document can carry an order: nothing where one can. In a *draft* a text may be empty, where it is missing."""
    return list(_of(order, "", draft))


def _of(value: Any, path: str, draft: bool) -> Iterator[Issue]:
    """The findings of one object and of what it holds."""
    for field in fields(value):
        content, place = getattr(value, field.name), f"{path}{field.name}"
        if field.name in _DISTINCT and isinstance(content, tuple):
            yield from _repeated(content, place)
        for index, item in enumerate(content if isinstance(content, tuple) else (content,)):
            where = f"{place}[{index}]" if isinstance(content, tuple) else place
            if is_dataclass(item):
                yield from _of(item, f"{where}.", draft)
            elif isinstance(item, str) and not (draft and item == "") and (expected := _wrong(type(value), field.name, item)):
                yield issue("IMGDA-1662", where, item=where, expected=expected)


def _wrong(kind: type, name: str, text: str) -> str | None:
    """What a text should be, where it is not."""
    if known := _FIELDS.get((kind, name)):
        test, expected = known
    elif name in _MOMENTS:
        test, expected = is_moment, "TS"
    else:
        test, expected = _is_text, "ST"
    return None if test(text) else expected


def _repeated(content: tuple[Any, ...], place: str) -> Iterator[Issue]:
    """Sisters that say the same, which the Schematrons refuse (RIM-002: members of a set are distinct)."""
    seen: set[object] = set()
    for index, item in enumerate(content):
        if (key := _essence(item)) in seen:
            yield issue("IMGDA-1663", f"{place}[{index}]", item=f"{place}[{index}]")
        seen.add(key)


def _essence(item: Any) -> object:
    if isinstance(item, Address):
        return "".join(part for part in (item.use, *item.lines, *(getattr(item, name) for name in _PARTS)) if part)
    if isinstance(item, (Code, Translation)):
        return item.code, item.system
    return item


_PARTS = tuple(field.name for field in fields(Address) if field.name not in ("use", "lines"))
