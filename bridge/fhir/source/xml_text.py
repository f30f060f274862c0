"""FHIR XML read into the JSON form that the rest of the bridge reads, by the definitions of the types.

Source: FHIR R4 4.0.1, 2.6.1 XML.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NoReturn

from lxml import etree

from bridge import xml
from bridge.fhir.source.definitions import Element, elements
from bridge.fhir.source.json_text import decimal
from bridge.fhir.source.versions import version_of
from bridge.findings.errors import SourceError, refuse
from bridge.settings import Limits

__all__ = ["read"]

FHIR = "http://hl7.org/fhir"
XHTML = "http://www.w3.org/1999/xhtml"


def read(text: str, limits: Limits, version: str | None) -> dict[str, Any]:
    try:
        root = xml.read(text.lstrip())
    except xml.Unreadable as error:
        _refuse_xml(error, limits)
    if max((_depth(leaf, limits.depth) for leaf in root.iter() if len(leaf) == 0), default=0) > limits.depth:
        refuse("IMGDA-0104", limit=str(limits.depth))
    name = etree.QName(root)
    if name.namespace != FHIR:
        refuse("IMGDA-0108")
    _refuse_stray(root)
    return _resource(root, version) if version else _of_some_version(root)


def _of_some_version(root: etree._Element) -> dict[str, Any]:
    """The resource in the version that it shows; what R4 has once, such as Encounter.class, may be a list in R5."""
    try:
        found = _resource(root, "R4")
    except SourceError:
        found = _resource(root, "R5")
        if version_of(found) == "R5":
            return found
        raise
    return _resource(root, "R5") if version_of(found) == "R5" else found


def _refuse_xml(error: xml.Unreadable, limits: Limits) -> NoReturn:
    """Refuse what is no XML, by its reason."""
    match error.reason:
        case "doctype":
            refuse("IMGDA-0107")
        case "encoding":
            refuse("IMGDA-0102")
        case "depth":
            refuse("IMGDA-0104", limit=str(limits.depth))
    refuse("IMGDA-0101", line=str(error.line), column=str(error.column))


_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"


def _refuse_stray(root: etree._Element) -> None:
    """Refuse text, attributes and namespaces where FHIR has none: they would vanish in silence (FHIR R4 4.0.1, 2.6.1)."""
    narrative = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if etree.QName(element).namespace == XHTML:
            narrative += 1 if event == "start" else -1
        if not narrative and (_is_stray(element) if event == "start" else element is not root and _is_text(element.tail)):
            refuse("IMGDA-0112", line=str(element.sourceline))


def _is_stray(element: etree._Element) -> bool:
    """Whether an element is none of FHIR, has an attribute that is none, or holds text."""
    known = all(name in ("id", "url", "value") or str(name).startswith(_XSI) for name in element.attrib)
    return etree.QName(element).namespace != FHIR or not known or _is_text(element.text)


def _is_text(text: str | None) -> bool:
    return bool(text and text.strip())


def _depth(element: etree._Element, limit: int) -> int:
    depth = 0
    for _ in element.iterancestors():
        depth += 1
        if depth > limit:
            break
    return depth


def _resource(element: etree._Element, version: str) -> dict[str, Any]:
    kind = etree.QName(element).localname
    return {"resourceType": kind, **_content(element, elements(version, kind) or {}, version)}


def _content(element: etree._Element, known: Mapping[str, Element], version: str) -> dict[str, Any]:
    """The children of a FHIR element as JSON members; what is unknown stays, for the structural check to name."""
    found: dict[str, Any] = {str(k): v for k, v in element.attrib.items() if k in ("id", "url")}
    for child in element:
        name = etree.QName(child).localname
        definition = known.get(name)
        value, sibling = _value(child, definition, version)
        if definition is not None and not definition.many and (name in found or f"_{name}" in found):
            refuse("IMGDA-1705", _path_of(child))
        if definition.many if definition else isinstance(found.get(name), list):
            _append(found, name, value, sibling)
        elif definition is None and name in found:  # unknown, which the structural check says
            found[name] = [found[name], value]
        else:
            found |= {key: item for key, item in ((name, value), (f"_{name}", sibling)) if item is not None}
    _even_out(found)
    return found


def _append(found: dict[str, Any], name: str, value: Any, sibling: dict[str, Any] | None) -> None:
    """Add a value to a list, and what stands beside it at the same place of its own list."""
    found.setdefault(name, []).append(value)
    if sibling is not None:
        extra = found.setdefault(f"_{name}", [])
        extra += [None] * (len(found[name]) - 1 - len(extra)) + [sibling]


def _even_out(found: dict[str, Any]) -> None:
    """Leave out lists without a value, and make the lists of what stands beside primitives as long as theirs."""
    for name, item in list(found.items()):
        if isinstance(item, list) and item == [None] * len(item):
            del found[name]
        elif isinstance(item, list) and name.startswith("_"):
            item += [None] * (len(found.get(name[1:], item)) - len(item))


def _path_of(element: etree._Element) -> str:
    """The path of an element; the names of resources within others are none of it."""
    names: list[str] = []
    while (parent := element.getparent()) is not None:
        name = etree.QName(element).localname
        same = [child for child in parent if child.tag == element.tag]
        if not name[0].isupper():
            names.append(f"{name}[{same.index(element)}]" if len(same) > 1 else name)
        element = parent
    return ".".join([etree.QName(element).localname, *reversed(names)])


def _value(element: etree._Element, definition: Element | None, version: str) -> tuple[Any, dict[str, Any] | None]:
    """The JSON value of an element, and what stands beside a primitive."""
    if etree.QName(element).namespace == XHTML:
        return etree.tostring(element, encoding="unicode", with_tail=False), None
    kind = definition.type if definition else ""
    if kind == "Resource":
        return _inner(element, version), None
    has_value = "value" in element.attrib
    if kind[:1].islower() or (has_value and not kind):
        return _primitive(element, kind, version, has_value)
    if has_value:
        refuse("IMGDA-0112", line=str(element.sourceline))
    return _content(element, elements(version, kind) or {}, version), None


def _inner(element: etree._Element, version: str) -> Any:
    """The resource in an element that holds one; several, or none, for the structural check to name."""
    found = [_resource(inner, version) for inner in element]
    return found[0] if len(found) == 1 else found or {}


def _primitive(element: etree._Element, kind: str, version: str, has_value: bool) -> tuple[Any, dict[str, Any] | None]:
    """The value of a primitive, if it has one, and what stands beside it."""
    value = _typed(str(element.attrib["value"]), kind) if has_value else None
    if has_value and not len(element) and "id" not in element.attrib:
        return value, None
    return value, _content(element, elements(version, "Element") or _ELEMENT, version) or None


_ELEMENT = {"extension": Element("Extension", True, False, None, False, ())}


def _typed(raw: str, kind: str) -> Any:
    """A primitive of XML as JSON; what is not of its type stays a text, for the structural check to name."""
    if kind == "boolean":
        return {"true": True, "false": False}.get(raw, raw)
    if kind in ("integer", "positiveInt", "unsignedInt") and re.fullmatch(r"-?\d{1,18}", raw):
        return int(raw)
    if kind == "decimal" and re.fullmatch(r"-?\d+(\.\d+)?([eE][+-]?\d{1,3})?", raw):
        return decimal(raw)
    return raw
