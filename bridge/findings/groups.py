"""Findings that say the same of one resource or element: shown, counted and written as one, with each of its places.

Source: FHIR R4 4.0.1, OperationOutcome.issue.expression (0..*); docs/http.md, "Findings".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bridge.findings.issues import Issue

__all__ = ["by_resource", "grouped", "resource_of"]

_RESOURCE = re.compile(r"^.*(?:\.resource|\.contained\[\d+\])(?=\.|$)")
_ATTRIBUTE = re.compile(r"/(?:@[^/]+|text\(\))$")
_NUMBER = re.compile(r"\d+")


def resource_of(path: str) -> str:
    """The resource in which a FHIRPath stands, or the element of an XPath."""
    if path.startswith("/"):
        return _ATTRIBUTE.sub("", path)
    match = _RESOURCE.match(path)
    return match[0] if match else path.partition(".")[0]


def grouped(issues: Iterable[Issue]) -> list[list[Issue]]:
    """The issues in their order; those of one resource with the same code, severity, class of loss and words stand together."""
    groups: dict[object, list[Issue]] = {}
    for found in issues:
        words = tuple(sorted(found.parameters.items()))
        key = (found.code, found.severity, found.loss, resource_of(found.path), words) if found.path else id(found)
        groups.setdefault(key, []).append(found)
    return list(groups.values())


def by_resource(groups: Iterable[list[Issue]]) -> list[list[Issue]]:
    """Groups in the order in which their resources stand in the input; those without a place first."""
    return sorted(groups, key=lambda group: _rank(group[0].path or ""))


def _rank(path: str) -> list[int]:
    return [int(number) for number in _NUMBER.findall(resource_of(path))] if not path.startswith("/") else []
