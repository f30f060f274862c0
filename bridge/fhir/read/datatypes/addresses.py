"""Postal addresses: the lines of an Address and the parts that extensions name in them.

The CDA has either a few named parts or free lines, never both. The lines are named parts where the parts say every word of them;
otherwise they are written as they stand, with whatever a part says besides. Source: docs/fhir.md, 4.3; CI-SIS, Structuration
minimale (addr); HL7 extensions pack, iso21090-ADXP-…; docs/decisions.md, 9.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

from bridge.fhir.ledger.node import Node
from bridge.fhir.read.datatypes.names import exact_use, is_past
from bridge.fhir.read.texts import clean, one_line
from bridge.order import Address

__all__ = ["ADDRESS_USE", "ADDRESS_USE_CODES", "PARTS", "address", "addresses"]

ADDRESS_USE = "http://hl7.org/fhir/StructureDefinition/iso21090-AD-use"
"""Extension of Address.use for the codes of V3 that FHIR lacks (HL7 extensions pack)."""
ADDRESS_USE_CODES = {"home": "H", "work": "WP", "temp": "TMP"}
PARTS = {
    "houseNumber": "house_number",
    "streetName": "street_name",
    "streetNameType": "street_name_type",
    "additionalLocator": "additional_locator",
    "unitID": "unit_id",
    "postBox": "post_box",
    "precinct": "precinct",
}
"""The parts that the model has too (the last segment of the extension), and the field of :class:`Address`."""

_STREET = ("streetName", "streetNameType", "streetNameBase", "direction")
_FIELDS = PARTS | {
    "houseNumberNumeric": "house_number",
    "buildingNumberSuffix": "house_number",
    "streetNameBase": "street_name",
    "direction": "street_name",
    "unitType": "unit_id",
    "careOf": "additional_locator",
    "censusTract": "additional_locator",
    "delimiter": "additional_locator",
    "deliveryAddressLine": "additional_locator",
    "deliveryInstallationArea": "additional_locator",
    "deliveryInstallationQualifier": "additional_locator",
    "deliveryInstallationType": "additional_locator",
    "deliveryMode": "additional_locator",
    "deliveryModeIdentifier": "additional_locator",
}
"""Every part of ISO 21090 that fits a field: those that the official suites refuse join the one that they complete."""

_ENDS = {"postal_code": "postalCode", "city": "city", "county": "district", "state": "state", "country": "country"}
"""What stands beside the lines, by the field of :class:`Address`."""


def addresses(owner: Node, element: str = "address", now: str | None = None) -> tuple[Address, ...]:
    """The addresses of a person or structure, without those out of date (reported) and repetitions."""
    found: dict[str, Address] = {}
    for node in owner.children(element):
        if node.peek("use") == "old" or is_past(node, now):
            node.give_up("IMGDA-0907")
        elif read := address(node):
            found.setdefault(_words_of(read), read)
    return tuple(found.values())


def _words_of(found: Address) -> str:
    """What the suites compare: two addresses of one owner may not have the same use and words (dtr1-10-AD)."""
    parts = (getattr(found, part.name) for part in fields(Address) if part.name != "lines")
    return "".join(part for part in (*parts, *found.lines) if part)


def address(node: Node) -> Address | None:
    """An Address: named parts where they say all of its lines, else free lines (docs/decisions.md, 9). None when empty."""
    use = _use(node)
    ends = {part: one_line(node.text(element)) for part, element in _ENDS.items()}
    read = _lines_of(node)
    parts = _joined(read)
    lines = [] if parts else [text for line in read if (text := line.whole())]
    for line in read:
        line.mark(carried=not parts)
    if not (lines or parts or any(ends.values())):
        return _unstructured(node, use)
    if (whole := node.peek("text")) and _says(str(whole), [*lines, *parts.values(), *filter(None, ends.values())]):
        node.decide("text")
    if parts or not lines:
        named: dict[str, Any] = {**parts, **ends}
        return Address(use=use, **named)
    town = one_line(" ".join(filter(None, (ends["postal_code"], ends["city"]))))
    return Address(use=use, lines=_at_most_seven([*lines, *filter(None, (ends["county"], town, ends["state"], ends["country"]))]))


def _use(node: Node) -> str | None:
    """The use of an address, as the document writes it."""
    raw = node.peek("use")
    if use := exact_use(node, ADDRESS_USE, ("HP", "HV")):
        node.decide("use")
    elif use := (ADDRESS_USE_CODES.get(raw) if isinstance(raw, str) else None):
        node.text("use")
    return use


def _unstructured(node: Node, use: str | None) -> Address | None:
    """An Address that has nothing but a text, by its lines; None where it has no text either."""
    lines = [text for text in map(one_line, (clean(node.text("text")) or "").split("\n")) if text]
    if not lines:
        node.give_up_carried("IMGDA-0901")
        return None
    return Address(use=use, lines=_at_most_seven(lines))


def _at_most_seven(lines: list[str]) -> tuple[str, ...]:
    return tuple(lines) if len(lines) <= 7 else (*lines[:6], ", ".join(lines[6:]))


# --- lines -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of an Address and the extensions beside it."""

    owner: Node
    index: int
    sibling: Node | None
    """``_line`` at the same index."""

    @property
    def text(self) -> str | None:
        """The line as people read it."""
        raw = self.owner.peek("line")
        found = raw[self.index] if isinstance(raw, list) and self.index < len(raw) else None
        return one_line(found) if isinstance(found, str) else None

    def extensions(self) -> list[tuple[str, str, Node]]:
        """Name, value and node of each extension that names a part of ISO 21090."""
        found = []
        for extension in self.sibling.children("extension") if self.sibling else ():
            name = str(extension.peek("url")).partition("iso21090-ADXP-")[2]
            value = extension.peek("valueString")
            if name and isinstance(value, str) and (text := one_line(value)):
                found.append((name, text, extension))
        return found

    def parts(self) -> list[tuple[str, str]]:
        """The parts that fit a field, in the order of their values in the line; without a line, as they are sent."""
        found = [(name, value) for name, value, _ in self.extensions() if name in _FIELDS]
        if not (text := self.text):
            return found
        where = text.casefold()
        return sorted(found, key=lambda part: position if (position := where.find(part[1].casefold())) >= 0 else len(where))

    def fields(self) -> dict[str, str] | None:
        """The fields that the parts fill; None where they leave a word of the line unsaid."""
        parts = self.parts()
        text = self.text
        spare = [v for name, v, _ in self.extensions() if name not in _FIELDS and not (text and _says(text, [v]))]
        known = [value for _, value in parts]
        if not parts or Counter(_words(text or "")) - Counter(_words(" ".join(known))):
            return None
        if any(not _says(value, known) for value in spare):
            return None
        return _fields(parts)

    def whole(self) -> str | None:
        """The line with what a part says besides; the parts alone where the line itself is empty."""
        text = self.text
        unsaid = [v for name, v, _ in self.extensions() if name != "delimiter" and not (text and _says(v, [text]))]
        if text is None:
            return one_line(" ".join(dict.fromkeys(unsaid)))
        return ", ".join([text, *dict.fromkeys(unsaid)])

    def mark(self, *, carried: bool) -> None:
        """Count the line and its parts as read: the one is carried, the others repeat it."""
        raw = self.owner.peek("line")
        if isinstance(raw, list) and self.text:
            (self.owner.ledger.mark if carried else self.owner.ledger.decide)(raw, self.index)
        for _, _, extension in self.extensions():
            extension.decide("url")
            if carried and self.text:
                extension.decide("valueString")
            else:
                extension.text("valueString")


def _lines_of(node: Node) -> list[_Line]:
    raw, beside = node.peek("line"), node.peek("_line")
    texts = raw if isinstance(raw, list) else []
    siblings = beside if isinstance(beside, list) else []
    at = [index for index, item in enumerate(siblings) if isinstance(item, dict)]
    known = dict(zip(at, node.children("_line"), strict=False)) if at else {}
    return [_Line(node, index, known.get(index)) for index in range(max(len(texts), len(siblings)))]


def _joined(lines: list[_Line]) -> dict[str, str]:
    """The fields of all lines together; empty where a line is not wholly named or a field comes twice."""
    found: dict[str, str] = {}
    for line in lines:
        if not line.text and not line.extensions():
            continue
        named = line.fields()
        if named is None:
            return {}
        for name, value in named.items():
            if name in found and name != "additional_locator":
                return {}
            found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def _fields(parts: list[tuple[str, str]]) -> dict[str, str]:
    """The fields of the parts of one line."""
    found: dict[str, list[str]] = {}
    for name, value in _without_repetitions(parts):
        found.setdefault(_FIELDS[name], []).append(value)
    return {name: (", " if name == "additional_locator" else " ").join(values) for name, values in found.items()}


def _without_repetitions(parts: list[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    """The parts without those that another one says already, with the type in the street where the base stands alone.

    ``streetName`` is the whole street in ISO 21090, ``streetNameBase`` its name without type and direction.
    """
    named = dict(parts)
    is_split = "streetNameBase" in named or "direction" in named
    for name, value in parts:
        if name == "houseNumberNumeric" and _says(value, [named.get("houseNumber", "")]):
            continue
        if is_split and name in _STREET[1:] and "streetName" in named and _says(value, [named["streetName"]]):
            continue
        if name == "delimiter" and not _words(value):
            continue
        yield ("streetName" if is_split and name in _STREET else name), value


def _says(text: str, others: list[str]) -> bool:
    """Whether some texts hold every word of another."""
    return set(_words(text)) <= set(_words(" ".join(others)))


def _words(text: str) -> list[str]:
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return re.findall(r"\w+", bare)
