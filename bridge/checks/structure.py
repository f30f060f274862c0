"""Checks the structure of a document against ``mappings/structure.csv``: names, order, cardinality, attributes, datatypes.

Each row of the table is a type: the attributes of an element and its children. Attributes: ``name`` may be there, ``name!`` must,
``=a/b`` lists its values, ``:ts`` names its datatype. Children, in their order: ``name:type`` and how often (``?``, ``*``, ``+``,
else once); ``a/b`` is a choice, ``&`` means any order, ``~`` what CDA R2 allows and the model does not use (not looked into),
``#text`` and ``#text!`` that text may or must be there.

Elements of the same shape have the same findings, so that most of them cost one look into a dictionary.
Source: CDA R2, CDA.xsd and NarrativeBlock.xsd; CI-SIS, Structuration minimale; IMG-DA-IMG 2024.01; docs/check.md.
"""

from __future__ import annotations

import binascii
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache, lru_cache

from lxml import etree

from bridge.issues import Issue, issue
from bridge.mappings import rows

__all__ = ["check", "path_of"]

CDA = "urn:hl7-org:v3"
PREFIXES = {
    "urn:hl7-org:sdtc": "sdtc:",
    "urn:dicom-org:ps3-20": "ps3-20:",
    "http://www.w3.org/2001/XMLSchema-instance": "xsi:",
}
NULL_FLAVORS = frozenset(
    ["ASKU", "DER", "INV", "MSK", "NA", "NASK", "NAV", "NI", "NINF", "OTH", "PINF", "QS", "TRC", "UNC", "UNK"]
)
"""Exceptional values of the CDA schema."""
_DEEPEST = 60
"""Saxon refuses documents deeper than 100 elements; the deepest official example has 22."""


# --- datatypes -------------------------------------------------------------------------------------------------------

_OID = re.compile(r"[0-2](\.(0|[1-9]\d*))*")
_UUID = re.compile(r"[A-Fa-f\d]{8}(-[A-Fa-f\d]{4}){3}-[A-Fa-f\d]{12}")
_TS = re.compile(r"(\d{1,8}|\d{9,14}|\d{14}\.\d+)([+\-]\d{1,4})?")
_URL = re.compile(r"(tel|fax|mailto|http|ftp|mllp):[^\s<>\"{}|\\^`]+")
_NAME = re.compile(r"[^\W\d][\w.\-·]*")


def _uid(value: str) -> Iterator[str]:
    if len(value) > 128:
        yield "IMGDA-1424"
    if _UUID.fullmatch(value):
        if value != value.upper():
            yield "IMGDA-1413"
    elif not _OID.fullmatch(value):
        yield "IMGDA-1412"


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


def _pattern(pattern: str | re.Pattern[str], code: str) -> Callable[[str], Iterator[str]]:
    compiled = re.compile(pattern)

    def check(value: str) -> Iterator[str]:
        if not compiled.fullmatch(value):
            yield code

    return check


def _string(value: str) -> Iterator[str]:
    if len(value) > 64:
        yield "IMGDA-1424"


_DATATYPES: Mapping[str, Callable[[str], Iterator[str]]] = {
    "uid": _uid,
    "ts": _timestamp,
    "st": _string,
    "url": _pattern(_URL, "IMGDA-1416"),
    "int": _pattern(r"\d{1,9}", "IMGDA-1417"),
    "bool": _pattern(r"true|false", "IMGDA-1417"),
    "lang": _pattern(r"[a-z]{2}-[A-Z]{2}", "IMGDA-1417"),
    "id": _pattern(_NAME, "IMGDA-1418"),
}
"""By the name that the table gives them, the codes of what is wrong with a value."""


# --- the table -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of a type."""

    required: bool = False
    values: frozenset[str] | None = None
    datatype: Callable[[str], Iterator[str]] | None = None


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
    """By name, the place of a child and its type."""
    ordered: bool = True
    text: str = ""
    """``#text``, ``#text!`` or nothing."""


@cache
def types() -> Mapping[str, Type]:
    """The table ``mappings/structure.csv``."""
    return {row["type"]: _type(row["attributes"], row["content"]) for row in rows("structure")}


_ATTRIBUTE = re.compile(r"(?P<name>(xsi:)?\w+)(?P<required>!?)(:(?P<datatype>\w+))?(=(?P<values>\S+))?")
_CHILD = re.compile(r"(?P<outside>~?)(?P<name>(sdtc:|ps3-20:)?\w+)(:(?P<type>[\w-]+))?")


def _type(attributes: str, content: str) -> Type:
    made = Type()
    for spec in attributes.split():
        found = _ATTRIBUTE.fullmatch(spec)
        assert found, spec
        values = frozenset(found["values"].split("/")) if found["values"] else None
        datatype = _DATATYPES[found["datatype"]] if found["datatype"] else None
        made.attributes[found["name"]] = Attribute(bool(found["required"]), values, datatype)
    for particle in content.split():
        if particle == "&":
            made.ordered = False
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
        made.children[found["name"]] = replace(slot, outside=bool(found["outside"])), found["type"] or found["name"]


# --- names and paths -------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def _name(tag: str) -> str:
    """``{urn:hl7-org:v3}id`` as ``id``; other known namespaces by their usual prefix."""
    if not tag.startswith("{"):
        return f"?:{tag}"
    namespace, _, local = tag[1:].partition("}")
    return local if namespace == CDA else PREFIXES.get(namespace, "?:") + local


def _attribute_name(name: str) -> str:
    return _name(name) if name.startswith("{") else name


def path_of(element: etree._Element) -> str:
    """XPath of an element, with a number where it has sisters of its name."""
    steps: list[str] = []
    current: etree._Element | None = element
    while current is not None:
        name, parent = _name(str(current.tag)).removeprefix("?:"), current.getparent()
        twins = list(parent.iterchildren(str(current.tag))) if parent is not None else []
        steps.append(f"/{name}[{twins.index(current) + 1}]" if len(twins) > 1 else f"/{name}")
        current = parent
    return "".join(reversed(steps))


# --- the walk --------------------------------------------------------------------------------------------------------


def check(root: etree._Element) -> list[Issue]:
    """Every defect of structure of a document, whose comments and processing instructions were taken out."""
    walk = _Walk()
    walk.element(root, "ClinicalDocument", 1)
    walk.repeated_ids()
    return walk.found


class _Walk:
    """One walk through a document."""

    def __init__(self) -> None:
        self.found: list[Issue] = []
        self._types = types()
        self._ids: dict[str, etree._Element] = {}
        self._doubles: list[etree._Element] = []

    def say(self, code: str, where: etree._Element, /, **parameters: str) -> None:
        """A finding at an element."""
        self.found.append(issue(code, path_of(where), parameters=parameters))

    def element(self, element: etree._Element, kind: str, depth: int) -> None:
        """Check an element of a type, then its children."""
        model = self._types[kind]
        attributes = element.attrib
        null = "nullFlavor" in attributes
        for name, value in attributes.items():
            self._attribute(element, model, str(name), str(value))
        if null:
            self._null(element)
        else:
            for name in _required(kind):
                if name not in attributes and not (name.startswith("xsi:") and _xsi(element, name)):
                    self.say("IMGDA-1409", element, attribute=name, element=_name(str(element.tag)))
        children = list(element)
        tags = tuple(_name(str(child.tag)) for child in children)
        for code, index, parameters in _content(kind, tags, null):
            where = element if index is None else children[index]
            self.say(code, where, parent=_name(str(element.tag)), **parameters)
        self._text(element, model, children, null)
        if len(children) > 1:
            self._twins(children, tags)
        if depth > _DEEPEST:
            self.say("IMGDA-1427", element)
            return
        for child, tag in zip(children, tags, strict=True):
            known = model.children.get(tag)
            if known is not None and not known[0].outside:
                self.element(child, known[1], depth + 1)

    def _attribute(self, element: etree._Element, model: Type, name: str, value: str) -> None:
        known = model.attributes.get(name) or model.attributes.get(_attribute_name(name))
        where = {"attribute": _attribute_name(name).removeprefix("?:"), "element": _name(str(element.tag))}
        if known is None:
            code = "IMGDA-1420" if name == "nullFlavor" else "IMGDA-1408"
            self.say(code, element, **where)
        elif not value.strip():
            self.say("IMGDA-1410", element, **where)
        elif known.values is not None:
            if value not in known.values and not (where["attribute"] == "xsi:type" and value.partition(":")[2] in known.values):
                self.say("IMGDA-1411", element, **where, expected=", ".join(sorted(known.values)))
        elif known.datatype is not None:
            for code in known.datatype(value):
                self.say(code, element, **where)
        elif name == "nullFlavor" and value not in NULL_FLAVORS:
            self.say("IMGDA-1411", element, **where, expected=", ".join(sorted(NULL_FLAVORS)))
        elif name == "displayName" and "\n" in value:
            self.say("IMGDA-1434", element)
        if name == "ID":
            if value in self._ids:
                self._doubles.append(element)
            self._ids[value] = element

    def _null(self, element: etree._Element) -> None:
        """An element that says why it has no value has none."""
        others = {
            name for name in element.attrib if name not in ("nullFlavor", "{http://www.w3.org/2001/XMLSchema-instance}type")
        }
        if element.get("nullFlavor") in ("OTH", "NA", "UNC"):
            others -= {"codeSystem"}
        holds = [child for child in element if _name(str(child.tag)) not in ("originalText", "translation")]
        if others or holds or (element.text or "").strip():
            self.say("IMGDA-1421", element, element=_name(str(element.tag)))

    def _text(self, element: etree._Element, model: Type, children: list[etree._Element], null: bool) -> None:
        text = element.text
        if model.text == "#text!":
            if not null and not (text and text.strip()):
                self.say("IMGDA-1407", element, element=_name(str(element.tag)))
        elif not model.text and ((text and text.strip()) or any(child.tail and child.tail.strip() for child in children)):
            self.say("IMGDA-1406", element, element=_name(str(element.tag)))

    def _twins(self, children: list[etree._Element], tags: tuple[str, ...]) -> None:
        """Sisters that say the same twice, or a value and that there is none (II, TEL, AD, CE of HL7 V3)."""
        for name in _twins(tags):
            group = [child for child, tag in zip(children, tags, strict=True) if tag == name]
            if any("nullFlavor" in child.attrib for child in group):
                self.say("IMGDA-1423", group[-1], element=name)
            seen: Counter[object] = Counter()
            for child in group:
                key = _essence(child, name)
                seen[key] += 1
                if seen[key] == 2:
                    self.say("IMGDA-1422", child, element=name)

    def repeated_ids(self) -> None:
        """An ID names one element of the document."""
        for element in self._doubles:
            self.say("IMGDA-1419", element)


_SINGULAR = ("templateId", "id", "telecom", "addr", "name", "family", "given", "code", "translation", "qualifier")


@lru_cache(maxsize=4096)
def _twins(tags: tuple[str, ...]) -> tuple[str, ...]:
    """The names of children whose repetitions must differ."""
    return tuple(name for name in _SINGULAR if tags.count(name) > 1)


def _essence(element: etree._Element, name: str) -> object:
    """What makes an element the same as its sister."""
    if name in ("id", "templateId"):
        return element.get("root"), element.get("extension")
    if name == "telecom":
        return element.get("value"), element.get("use")
    return etree.tostring(element, with_tail=False)


@cache
def _required(kind: str) -> tuple[str, ...]:
    return tuple(name for name, attribute in types()[kind].attributes.items() if attribute.required)


def _xsi(element: etree._Element, name: str) -> bool:
    return f"{{http://www.w3.org/2001/XMLSchema-instance}}{name.removeprefix('xsi:')}" in element.attrib


@lru_cache(maxsize=8192)
def _content(kind: str, tags: tuple[str, ...], null: bool) -> tuple[tuple[str, int | None, dict[str, str]], ...]:
    """What is wrong with the children of a type: code, number of the child, parameters."""
    model = types()[kind]
    found: list[tuple[str, int | None, dict[str, str]]] = []
    counts: Counter[int] = Counter()
    last = 0
    for number, tag in enumerate(tags):
        slot = model.children[tag][0] if tag in model.children else None
        name = tag.removeprefix("?:")
        if slot is None:
            found.append(("IMGDA-1401", number, {"element": name}))
            continue
        if slot.outside:
            found.append(("IMGDA-1402", number, {"element": name}))
        if model.ordered and slot.index < last:
            found.append(("IMGDA-1405", number, {"element": name}))
        last = max(last, slot.index)
        counts[slot.index] += 1
        if slot.most is not None and counts[slot.index] > slot.most:
            found.append(("IMGDA-1404", number, {"element": name}))
    for slot in model.slots:
        if slot.least and not counts[slot.index] and not null:
            found.append(("IMGDA-1403", None, {"element": slot.name}))
    return tuple(found)


def is_base64(text: str) -> bool:
    """Whether a text is base64 (RFC 4648), line breaks aside."""
    try:
        return bool(binascii.a2b_base64("".join(text.split()), strict_mode=True))
    except (binascii.Error, ValueError):
        return False
