"""Reads FHIR JSON or XML without trusting it.

No DTD, entity or network; bounded size and depth; duplicate JSON keys refused; numbers kept digit for digit; characters that XML
1.0 forbids reported, never removed. XML becomes the JSON form that the rest of the bridge reads, by the metadata of the types.

Source: FHIR R4 4.0.1, 2.6.1 XML and 2.6.2 JSON; docs/design.md, "What is untrusted".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from bridge.fhir.source import json_text, xml_text
from bridge.fhir.source.definitions import root_of
from bridge.fhir.source.json_text import walk
from bridge.fhir.source.versions import version_of
from bridge.findings.errors import refuse
from bridge.findings.issues import Issue, issue
from bridge.settings import Limits

__all__ = ["Parsed", "parse"]

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_SUSPICIOUS = ("\\u", "\\b", "\\f", "\ufffe", "\uffff")
"""What a JSON text holds when a string of it may hold a forbidden character: raw control characters are no JSON at all."""


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
    resource, form, is_suspicious = _data(source, limits, version)
    if not isinstance(resource.get("resourceType"), str):
        refuse("IMGDA-0109")
    _refuse_excess(resource, limits)
    if form == "object":
        _refuse_foreign_types(resource)
        resource = _unshared(resource)
    found = tuple(_forbidden(resource, root_of(resource))) if is_suspicious else ()
    if found:
        resource = _without_forbidden(resource)
    return Parsed(resource, form, version or version_of(resource), found)


def _data(source: bytes | str | Mapping[str, Any], limits: Limits, version: str | None) -> tuple[dict[str, Any], str, bool]:
    """The data of an input, its format, and whether a text of it may hold a character that XML forbids."""
    if isinstance(source, Mapping):
        return dict(source), "object", True
    text = _text(source, limits)
    start = text.lstrip()[:1]
    if not start:
        refuse("IMGDA-0111")
    if start == "<":
        return xml_text.read(text, limits, version), "xml", isinstance(source, str)
    return json_text.read(text), "json", isinstance(source, str) or any(mark in text for mark in _SUSPICIOUS)


def _text(source: bytes | str, limits: Limits) -> str:
    """The input as text: UTF-8, with or without a byte order mark."""
    if len(source) > limits.input_mib * 1024 * 1024:
        refuse("IMGDA-0105", limit=str(limits.input_mib * 1024 * 1024))
    if isinstance(source, str):
        return source.removeprefix("\ufeff")
    try:
        text = source.decode("utf-8-sig")
    except UnicodeDecodeError:
        refuse("IMGDA-0102")
    if text[:64].count("\x00") > 8:
        refuse("IMGDA-0102")
    return text


def _refuse_excess(data: dict[str, Any], limits: Limits) -> None:
    """Refuse an input that is nested too deep, or holds too many leaves; a list or object without members counts as a leaf."""
    level: list[Any] = [data]
    found = 0
    for _ in range(limits.depth):
        members = [item for value in level for item in (value.values() if isinstance(value, dict) else value)]
        level = [item for item in members if isinstance(item, (dict, list)) and item]
        found += len(members) - len(level)
        if found > limits.leaves:
            refuse("IMGDA-0113", limit=str(limits.leaves))
        if not level:
            return
    refuse("IMGDA-0104", limit=str(limits.depth))


def _unshared(value: Any) -> Any:
    """The same data with an object of its own at every place: the ledger tells places apart by their objects."""
    if isinstance(value, dict):
        return {key: _unshared(item) for key, item in value.items()}
    return [_unshared(item) for item in value] if isinstance(value, list) else value


def _refuse_foreign_types(data: dict[str, Any]) -> None:
    """Refuse an object that is not JSON data: a date, a set, a key that is no text."""
    for value, where in walk(data, data["resourceType"]):
        items = value.values() if isinstance(value, dict) else value
        if any(not (item is None or isinstance(item, (str, int, float, Decimal, dict, list))) for item in items):
            refuse("IMGDA-0122", where, expected="JSON")
        if isinstance(value, dict) and not all(isinstance(key, str) for key in value):
            refuse("IMGDA-0122", where, expected="JSON")


def _forbidden(data: dict[str, Any], path: str) -> Iterator[Issue]:
    """Every string, or key, with a character that XML 1.0 forbids."""
    for value, where in walk(data, path):
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
