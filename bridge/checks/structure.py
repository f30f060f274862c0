"""Checks the structure of a document against ``mappings/structure.csv``: names, order, cardinality, attributes, datatypes.

Elements of the same type with attributes and children of the same names have the same defects but for their values, so that for
most of them one look into a dictionary says all. Source: docs/check.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache

from lxml import etree

from bridge.cda.parser import Paths
from bridge.checks.types import UNSEEN, Slot, Type, types
from bridge.findings.issues import Issue, issue
from bridge.xml import MANY, attributes

__all__ = ["CDA", "PREFIXES", "by_datatype", "check", "name_of", "paths"]

CDA = "urn:hl7-org:v3"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
PREFIXES = {"urn:hl7-org:sdtc": "sdtc:", "urn:dicom-org:ps3-20": "ps3-20:", XSI: "xsi:"}
_DEEPEST = 60
"""Saxon refuses documents deeper than 100 elements; the deepest official example has 22."""


# --- names and paths -------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def name_of(tag: str) -> str:
    """``{urn:hl7-org:v3}id`` as ``id``; other known namespaces by their usual prefix."""
    if not tag.startswith("{"):
        return f"?:{tag}"
    namespace, _, local = tag[1:].partition("}")
    return local if namespace == CDA else PREFIXES.get(namespace, "?:") + local


def _attribute_name(name: str) -> str:
    return name_of(name) if name.startswith("{") else name


def paths() -> Paths:
    """The XPaths of a tree, with a number where an element has sisters of its name."""
    return Paths(_shown)


def _shown(tag: str) -> str:
    return name_of(tag).removeprefix("?:")


# --- shapes ----------------------------------------------------------------------------------------------------------

Defect = tuple[str, int | None, dict[str, str]]
"""A code, the number of the child that it is about (none: the element itself), parameters."""
Key = tuple[str, tuple[str, ...], tuple[str, ...]]
"""A type, the names of attributes, the names of children."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What can be said of an element from its type and from the names of its attributes and children."""

    type: Type
    defects: tuple[Defect, ...]
    accepts: tuple[Callable[[str], object], ...]
    """For each attribute, a quick look that is true for most of the values that are right."""
    kinds: tuple[str | None, ...]
    """The type of each child; none where it is not looked into."""
    twins: tuple[str, ...]
    """The names of children whose repetitions must differ."""
    null: bool
    """Whether it says that it has no value."""
    identified: bool
    """Whether it has an ID."""
    special: bool
    """Whether there is more to look at than values."""


_SHAPES: dict[Key, Shape] = {}
"""Shapes without a defect, which hold names of the model alone."""
_MOST_SHAPES, _MOST_CHILDREN = 8192, 100


def _shape(key: Key) -> Shape:
    """The shape of a key, remembered where documents that conform may have it."""
    kind, attributes, tags = key
    model = types()[kind]
    names = tuple(name_of(tag) for tag in tags)
    null = "nullFlavor" in attributes
    defects = (*_attribute_defects(kind, attributes), *_content(kind, names, null))
    twins = tuple(name for name in _SINGULAR if names.count(name) > 1)
    known = [model.attributes.get(_attribute_name(name)) for name in attributes]
    made = Shape(
        type=model,
        defects=defects,
        accepts=tuple(attribute.accepts if attribute else _anything for attribute in known),
        kinds=tuple(_kind(model, name) for name in names),
        twins=twins,
        null=null,
        identified="ID" in attributes,
        special=bool(defects or twins or null or "ID" in attributes or model.text == "#text!"),
    )
    if not made.defects and len(tags) <= _MOST_CHILDREN and len(_SHAPES) < _MOST_SHAPES:
        _SHAPES[key] = made
    return made


def _anything(_: str) -> bool:
    return True


def by_datatype(element: etree._Element) -> str:
    """The type of a value, which its ``xsi:type`` names; CE is a CD."""
    named = element.get(f"{{{XSI}}}type", "").rpartition(":")[2]
    kind = f"value-{'CD' if named == 'CE' else named}"
    return kind if kind in types() else "value"


def _kind(model: Type, name: str) -> str | None:
    known = model.children.get(name)
    return None if known is None or known[1] == UNSEEN else known[1]


def _attribute_defects(kind: str, attributes: tuple[str, ...]) -> list[Defect]:
    """Attributes that the type does not know, and those that lack."""
    names = [_attribute_name(name) for name in attributes]
    model = types()[kind]
    found: list[Defect] = [
        ("IMGDA-1420" if name == "nullFlavor" else "IMGDA-1408", None, {"attribute": name.removeprefix("?:")})
        for name in names
        if name not in model.attributes and not model.open
    ]
    null = "nullFlavor" in names and not model.open
    lacking = [name for name in _required(kind) if name not in names and (name == "xsi:type" or not null)]
    return [*found, *(("IMGDA-1409", None, {"attribute": name}) for name in lacking)]


@cache
def _required(kind: str) -> tuple[str, ...]:
    return tuple(name for name, attribute in types()[kind].attributes.items() if attribute.required)


def _content(kind: str, tags: tuple[str, ...], null: bool) -> list[Defect]:
    """What is wrong with the children of a type: code, number of the child, parameters."""
    model = types()[kind]
    found: list[Defect] = []
    counts: Counter[int] = Counter()
    last = 0
    for number, tag in enumerate(tags):
        slot = model.children[tag][0] if tag in model.children else None
        if slot is not None:
            counts[slot.index] += 1
            wrong = _in_slot(slot, counts[slot.index], is_late=model.ordered and slot.index < last)
            last = max(last, slot.index)
        else:
            wrong = () if model.open else ("IMGDA-1401",)
        found += [(code, number, {"element": tag.removeprefix("?:")}) for code in wrong]
    if model.open or not null:
        found += [("IMGDA-1403", None, {"element": s.name}) for s in model.slots if s.least and not counts[s.index]]
    return found


def _in_slot(slot: Slot, count: int, *, is_late: bool) -> tuple[str, ...]:
    """What is wrong with a child where it stands, the *count*-th of its kind."""
    is_one_too_many = slot.most is not None and count > slot.most
    wrong = (("IMGDA-1402", slot.outside), ("IMGDA-1405", is_late), ("IMGDA-1404", is_one_too_many))
    return tuple(code for code, holds in wrong if holds)


def _is_deeper(element: etree._Element, levels: int) -> bool:
    """Whether an element that is not looked into has more levels of elements in it than that."""
    level = list(element)
    while level and levels > 0:
        level = [child for one in level for child in one]
        levels -= 1
    return bool(level)


# --- the walk --------------------------------------------------------------------------------------------------------


def check(root: etree._Element, known: Paths | None = None) -> list[Issue]:
    """Every defect of structure of a document, whose comments and processing instructions were taken out."""
    walk = _Walk(known or paths())
    walk.element(root, "ClinicalDocument", 1)
    walk.repeated_ids()
    return walk.found


class _Walk:
    """One walk through a document."""

    def __init__(self, known: Paths) -> None:
        self.found: list[Issue] = []
        self._paths = known
        self._ids: set[str] = set()
        self._doubles: list[etree._Element] = []

    def say(self, code: str, where: etree._Element, /, **parameters: str) -> None:
        """A finding at an element."""
        self.found.append(issue(code, self._paths.of(where), parameters=parameters))

    # layout: every element of a document comes through here, and a call more costs a share of the check
    def element(self, element: etree._Element, kind: str, depth: int) -> None:
        """Check an element of a type, then its children."""
        children = list(element)
        if kind == "value":
            kind = by_datatype(element)
        names = tuple(element.keys())
        key = kind, names, tuple([child.tag for child in children]) if children else ()
        shape = _SHAPES.get(key) or _shape(key)  # type: ignore[arg-type]
        values = element.values() if len(names) <= MANY else [value for _, value in attributes(element)]
        for accepts, value in zip(shape.accepts, values):  # noqa: B905 (saying strict takes a tenth of the walk)
            if not accepts(value):
                self._values(element, shape)
                break
        if shape.special:
            self._special(element, children, shape)
        bare = shape.type.text == ""
        if bare and (text := element.text) is not None and text.strip():
            self.say("IMGDA-1406", element, element=name_of(str(element.tag)))
            bare = False
        if depth > _DEEPEST:
            self.say("IMGDA-1427", element)
            return
        depth += 1
        for child, child_kind in zip(children, shape.kinds):  # noqa: B905
            if child_kind is not None:
                self.element(child, child_kind, depth)
            elif len(child) and _is_deeper(child, _DEEPEST - depth):
                self.say("IMGDA-1427", child)
            if bare and (text := child.tail) is not None and text.strip():
                self.say("IMGDA-1406", element, element=name_of(str(element.tag)))
                bare = False

    def _special(self, element: etree._Element, children: list[etree._Element], shape: Shape) -> None:
        """What few elements need."""
        if shape.defects:
            self._defects(element, children, shape)
        if shape.null:
            self._null(element)
        if shape.identified:
            self._identify(element)
        if shape.type.text == "#text!" and not shape.null and not (element.text and element.text.strip()):
            self.say("IMGDA-1407", element, element=name_of(str(element.tag)))
        if shape.twins:
            self._twins(children, shape.twins)

    def _defects(self, element: etree._Element, children: list[etree._Element], shape: Shape) -> None:
        name = name_of(str(element.tag))
        for code, index, parameters in shape.defects:
            where = element if index is None else children[index]
            self.say(code, where, **{"element": name, "parent": name, **parameters})

    def _values(self, element: etree._Element, shape: Shape) -> None:
        """What is wrong with the values of an element's attributes."""
        for name, value in attributes(element):
            shown = _attribute_name(name)
            known = shape.type.attributes.get(shown)
            where = {"attribute": shown, "element": name_of(str(element.tag))}
            if known is None:
                continue
            if not value.strip():
                self.say("IMGDA-1410", element, **where)
            elif known.values is not None:
                if value not in known.values and not (shown == "xsi:type" and value.partition(":")[2] in known.values):
                    self.say("IMGDA-1411", element, **where, expected=", ".join(sorted(known.values)))
            elif known.datatype is not None:
                for code in known.datatype.codes(value):
                    self.say(code, element, **where)

    def _identify(self, element: etree._Element) -> None:
        value = element.get("ID", "")
        if value in self._ids:
            self._doubles.append(element)
        self._ids.add(value)

    def _null(self, element: etree._Element) -> None:
        """An element that says why it has no value has none."""
        others = {name for name in element.attrib if name not in ("nullFlavor", f"{{{XSI}}}type")}
        if element.get("nullFlavor") in ("OTH", "NA", "UNC"):
            others -= {"codeSystem"}
        # A site in words keeps its side as a qualifier (docs/decisions.md, 45).
        beside = {"originalText", "translation"} | ({"qualifier"} if element.get("nullFlavor") == "OTH" else set())
        holds = [child for child in element if name_of(str(child.tag)) not in beside]
        if others or holds or (element.text or "").strip():
            self.say("IMGDA-1421", element, element=name_of(str(element.tag)))

    def _twins(self, children: list[etree._Element], names: tuple[str, ...]) -> None:
        """Sisters that say the same twice, or a value and that there is none (II, TEL, AD, CE of HL7 V3)."""
        for name in names:
            group = [child for child in children if child.tag == f"{{{CDA}}}{name}"]
            if any(child.get("nullFlavor") for child in group):
                self.say("IMGDA-1423", group[-1], element=name)
            keys = [_essence(child, name) for child in group]
            if len(set(keys)) == len(keys):
                continue
            seen: Counter[object] = Counter()
            for key, child in zip(keys, group, strict=True):
                seen[key] += 1
                if seen[key] == 2:
                    self.say("IMGDA-1422", child, element=name)

    def repeated_ids(self) -> None:
        """An ID names one element of the document."""
        for element in self._doubles:
            self.say("IMGDA-1419", element)


_SINGULAR = ("templateId", "id", "telecom", "addr", "name", "family", "given", "code", "translation", "qualifier")


def _essence(element: etree._Element, name: str) -> object:
    """What makes an element the same as its sister."""
    if name in ("id", "templateId"):
        return element.get("root"), element.get("extension")
    if name == "telecom":
        return element.get("value"), element.get("use")
    return etree.tostring(element, with_tail=False)
