"""Reads FHIR JSON or XML without trusting it.

No DTD, entity or network; bounded size and depth; duplicate JSON keys refused; numbers kept digit for digit; characters that XML
1.0 forbids reported, never removed. XML becomes the JSON form that the rest of the bridge reads, by the metadata of the types.

Source: FHIR R4 4.0.1, 2.6.1 XML and 2.6.2 JSON; docs/design.md, "What is untrusted".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from lxml import etree

from bridge import xml
from bridge.fhir.source.definitions import Element, elements, root_of
from bridge.findings.errors import SourceError
from bridge.findings.issues import Issue, issue

__all__ = ["Limits", "Parsed", "parse"]

FHIR = "http://hl7.org/fhir"
XHTML = "http://www.w3.org/1999/xhtml"

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_SUSPICIOUS = ("\\u", "\\b", "\\f", "\ufffe", "\uffff")
"""What a JSON text holds when a string of it may hold a forbidden character: raw control characters are no JSON at all."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of an input."""

    max_bytes: int = 64 * 1024 * 1024
    max_depth: int = 100
    """Levels of objects and lists, or of XML elements."""
    max_leaves: int = 100_000
    """Values: what holds no other, be it text, number or boolean."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """An input as JSON data."""

    resource: dict[str, Any]
    format: str
    """``json``, ``xml`` or ``object``."""
    version: str
    """``R4``, ``R4B`` or ``R5``."""
    issues: tuple[Issue, ...] = ()
    """Characters that no document can hold."""


def parse(source: bytes | str | Mapping[str, Any], *, limits: Limits | None = None, version: str | None = None) -> Parsed:
    """Read a FHIR input. Raises :class:`SourceError` with one issue when it cannot be read at all."""
    limits = limits or Limits()
    if isinstance(source, Mapping):
        resource, form, suspicious = dict(source), "object", True
    else:
        text = _text(source, limits)
        start = text.lstrip()[:1]
        if not start:
            _refuse("IMGDA-0111")
        form = "xml" if start == "<" else "json"
        resource = _xml(text, limits, version) if form == "xml" else _json(text)
        suspicious = isinstance(source, str) or (form == "json" and any(mark in text for mark in _SUSPICIOUS))
    if not isinstance(resource.get("resourceType"), str):
        _refuse("IMGDA-0109")
    _refuse_excess(resource, limits)
    if form == "object":
        _refuse_foreign_types(resource)
        resource = _unshared(resource)
    found = tuple(_forbidden(resource, root_of(resource))) if suspicious else ()
    if found:
        resource = _without_forbidden(resource)
    return Parsed(resource, form, version or _version(resource), found)


def _refuse(code: str, path: str | None = None, **parameters: str) -> NoReturn:
    raise SourceError(issue(code, path, parameters=parameters))


def _text(source: bytes | str, limits: Limits) -> str:
    """The input as text: UTF-8, with or without a byte order mark."""
    if len(source) > limits.max_bytes:
        _refuse("IMGDA-0105", limit=str(limits.max_bytes))
    if isinstance(source, str):
        return source.removeprefix("\ufeff")
    try:
        text = source.decode("utf-8-sig")
    except UnicodeDecodeError:
        _refuse("IMGDA-0102")
    if text[:64].count("\x00") > 8:
        _refuse("IMGDA-0102")
    return text


# --- JSON ------------------------------------------------------------------------------------------------------------


class _Duplicate(Exception):
    pass


class _BadNumber(Exception):
    pass


def _json(text: str) -> dict[str, Any]:
    try:
        data = json.loads(text, object_pairs_hook=_object, parse_float=_decimal, parse_constant=_constant)
    except json.JSONDecodeError as error:
        _refuse("IMGDA-0101", line=str(error.lineno), column=str(error.colno))
    except _Duplicate:
        _refuse("IMGDA-0103", _path_of_duplicate(text))
    except (_BadNumber, ValueError):
        _refuse("IMGDA-0106")
    except RecursionError:
        _refuse("IMGDA-0104", limit="100")
    if not isinstance(data, dict):
        _refuse("IMGDA-0109")
    return data


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Duplicate
    return found


def _decimal(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise _BadNumber from None
    if not -400 < value.adjusted() < 400:
        raise _BadNumber
    return value


def _constant(_: str) -> NoReturn:
    raise _BadNumber


def _path_of_duplicate(text: str) -> str | None:
    """Where the first duplicate key stands, found by a second reading."""
    marks: dict[int, str] = {}

    def mark(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        keys = [key for key, _ in pairs]
        if len(found) != len(keys):
            marks[id(found)] = _first_repeated(keys)
        return found

    try:
        data = json.loads(text, object_pairs_hook=mark, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):  # what follows the duplicate is no JSON
        return None
    for value, path in _walk(data, root_of(data) if isinstance(data, dict) else "Resource"):
        if id(value) in marks and isinstance(value, dict):
            return f"{path}.{marks[id(value)]}"
    return None


def _first_repeated(keys: list[str]) -> str:
    seen: set[str] = set()
    return next(key for key in keys if key in seen or seen.add(key))  # type: ignore[func-returns-value]


def _walk(data: Any, path: str) -> Iterator[tuple[Any, str]]:
    """Every object and list of some JSON data with its path, without recursion."""
    stack = [(data, path)]
    while stack:
        value, where = stack.pop()
        yield value, where
        if isinstance(value, dict):
            stack += [(item, f"{where}.{key}") for key, item in value.items() if isinstance(item, (dict, list))]
        elif isinstance(value, list):
            stack += [(item, f"{where}[{i}]") for i, item in enumerate(value) if isinstance(item, (dict, list))]


def _refuse_excess(data: dict[str, Any], limits: Limits) -> None:
    """Refuse an input that is nested too deep, or holds too many leaves; a list or object without members counts as a leaf."""
    level: list[Any] = [data]
    found = 0
    for _ in range(limits.max_depth):
        members = [item for value in level for item in (value.values() if isinstance(value, dict) else value)]
        level = [item for item in members if isinstance(item, (dict, list)) and item]
        found += len(members) - len(level)
        if found > limits.max_leaves:
            _refuse("IMGDA-0113", limit=str(limits.max_leaves))
        if not level:
            return
    _refuse("IMGDA-0104", limit=str(limits.max_depth))


def _unshared(value: Any) -> Any:
    """The same data with an object of its own at every place: the ledger tells places apart by their objects."""
    if isinstance(value, dict):
        return {key: _unshared(item) for key, item in value.items()}
    return [_unshared(item) for item in value] if isinstance(value, list) else value


def _refuse_foreign_types(data: dict[str, Any]) -> None:
    """Refuse an object that is not JSON data: a date, a set, a key that is no text."""
    for value, where in _walk(data, data["resourceType"]):
        items = value.values() if isinstance(value, dict) else value
        if any(not (item is None or isinstance(item, (str, int, float, Decimal, dict, list))) for item in items):
            _refuse("IMGDA-0122", where, expected="JSON")
        if isinstance(value, dict) and not all(isinstance(key, str) for key in value):
            _refuse("IMGDA-0122", where, expected="JSON")


def _forbidden(data: dict[str, Any], path: str) -> Iterator[Issue]:
    """Every string, or key, with a character that XML 1.0 forbids."""
    for value, where in _walk(data, path):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            if isinstance(key, str) and _FORBIDDEN.search(key):
                yield issue("IMGDA-0110", _replaced(where))
            if isinstance(item, str) and _FORBIDDEN.search(item):
                yield issue("IMGDA-0110", _replaced(f"{where}.{key}" if isinstance(key, str) else f"{where}[{key}]"))


def _replaced(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)


def _without_forbidden(value: Any) -> Any:
    """The data, which are refused already, with a mark in place of each forbidden character: the other checks can go on."""
    if isinstance(value, dict):
        return {_replaced(key): _without_forbidden(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_forbidden(item) for item in value]
    return _replaced(value) if isinstance(value, str) else value


# --- version ---------------------------------------------------------------------------------------------------------

_R5_REQUEST = ("reason", "bodyStructure")


def _version(resource: dict[str, Any]) -> str:
    """R4, unless the profile or an element that only R5 has says otherwise (docs/fhir.md, 2.1)."""
    return "R5" if any(_is_r5(item) for item in _resources(resource)) else "R4"


def _resources(resource: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield resource
    entries = resource.get("entry")
    for entry in entries if isinstance(entries, list) else ():
        inner = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(inner, dict):
            yield from _resources(inner)
    contained = resource.get("contained")
    for inner in contained if isinstance(contained, list) else ():
        if isinstance(inner, dict):
            yield inner


def _is_r5(resource: dict[str, Any]) -> bool:
    meta = resource.get("meta")
    profiles = meta.get("profile") if isinstance(meta, dict) else None
    if isinstance(profiles, list) and any(str(p).endswith(("|5.0.0", "|5.0")) for p in profiles):
        return True
    kind, code = resource.get("resourceType"), resource.get("code")
    if kind == "ServiceRequest":
        return any(name in resource for name in _R5_REQUEST) or (isinstance(code, dict) and "concept" in code)
    if kind == "Encounter":
        return "actualPeriod" in resource or isinstance(resource.get("class"), list)
    return False


# --- XML -------------------------------------------------------------------------------------------------------------


def _xml(text: str, limits: Limits, version: str | None) -> dict[str, Any]:
    try:
        root = xml.read(text.lstrip())
    except xml.Unreadable as error:
        _refuse_xml(error, limits)
    if max((_depth(leaf, limits.max_depth) for leaf in root.iter() if len(leaf) == 0), default=0) > limits.max_depth:
        _refuse("IMGDA-0104", limit=str(limits.max_depth))
    name = etree.QName(root)
    if name.namespace != FHIR:
        _refuse("IMGDA-0108")
    _refuse_stray(root)
    return _resource(root, version) if version else _of_some_version(root)


def _of_some_version(root: etree._Element) -> dict[str, Any]:
    """The resource in the version that it shows; what R4 has once, such as Encounter.class, may be a list in R5."""
    try:
        found = _resource(root, "R4")
    except SourceError:
        found = _resource(root, "R5")
        if _version(found) == "R5":
            return found
        raise
    return _resource(root, "R5") if _version(found) == "R5" else found


def _refuse_xml(error: xml.Unreadable, limits: Limits) -> NoReturn:
    """Refuse what is no XML, by its reason."""
    match error.reason:
        case "doctype":
            _refuse("IMGDA-0107")
        case "encoding":
            _refuse("IMGDA-0102")
        case "depth":
            _refuse("IMGDA-0104", limit=str(limits.max_depth))
    _refuse("IMGDA-0101", line=str(error.line), column=str(error.column))


_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"


def _refuse_stray(root: etree._Element) -> None:
    """Refuse text, attributes and namespaces where FHIR has none: they would vanish in silence (FHIR R4 4.0.1, 2.6.1)."""
    narrative = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if etree.QName(element).namespace == XHTML:
            narrative += 1 if event == "start" else -1
        if narrative:
            continue
        known = all(name in ("id", "url", "value") or str(name).startswith(_XSI) for name in element.attrib)
        ours = etree.QName(element).namespace == FHIR
        text = element.tail if event == "end" and element is not root else element.text if ours else None
        if (text and text.strip()) or (event == "start" and not (ours and known)):
            _refuse("IMGDA-0112", line=str(element.sourceline))


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
            _refuse("IMGDA-1705", _path_of(child))
        if definition.many if definition else isinstance(found.get(name), list):
            found.setdefault(name, []).append(value)
            if sibling is not None:
                extra = found.setdefault(f"_{name}", [])
                extra += [None] * (len(found[name]) - 1 - len(extra)) + [sibling]
        elif definition is None and name in found:  # unknown, which the structural check says
            found[name] = [found[name], value]
        else:
            if value is not None:
                found[name] = value
            if sibling is not None:
                found[f"_{name}"] = sibling
    for name, item in list(found.items()):
        if isinstance(item, list) and item == [None] * len(item):
            del found[name]
        elif isinstance(item, list) and name.startswith("_"):
            item += [None] * (len(found.get(name[1:], item)) - len(item))
    return found


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
        found = [_resource(inner, version) for inner in element]
        return (found[0] if len(found) == 1 else found or {}), None
    if "value" in element.attrib and (not kind or kind[0].islower()):
        raw = str(element.attrib["value"])
        sibling = (
            _content(element, elements(version, "Element") or _ELEMENT, version)
            if len(element) or "id" in element.attrib
            else None
        )
        return _typed(raw, kind), sibling or None
    if kind and kind[0].islower():
        return None, _content(element, elements(version, "Element") or _ELEMENT, version) or None
    if "value" in element.attrib:
        _refuse("IMGDA-0112", line=str(element.sourceline))
    return _content(element, elements(version, kind) or {}, version), None


_ELEMENT = {"extension": Element("Extension", True, False, None, False, ())}


def _typed(raw: str, kind: str) -> Any:
    """A primitive of XML as JSON; what is not of its type stays a text, for the structural check to name."""
    if kind == "boolean":
        return {"true": True, "false": False}.get(raw, raw)
    if kind in ("integer", "positiveInt", "unsignedInt") and re.fullmatch(r"-?\d{1,18}", raw):
        return int(raw)
    if kind == "decimal" and re.fullmatch(r"-?\d+(\.\d+)?([eE][+-]?\d{1,3})?", raw):
        return _decimal(raw)
    return raw
