"""Right orders with one optional element more: each element of FHIR that a resource of an order may have, with a plausible value.

The elements come from the metadata of FHIR (R4B). An order that had what it needs must not be refused for one of them, unless
``tests/data/more-data-refused.csv`` says why.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any, NamedTuple

from long_lists import JSON, example, whole

from bridge.fhir.source.definitions import Element, elements

__all__ = ["Addition", "additions"]

_NEVER = ("id", "contained", "modifierExtension", "link", "implicitRules", "extension", "text", "meta")
"""Elements whose meaning is that of what stands in them, or none at all."""
_DEPTH = 1
"""How deep an element may stand in those that a resource has."""


class Addition(NamedTuple):
    """An order with one element more."""

    name: str
    """The element: ``ServiceRequest.bodySite.text``."""
    order: JSON


def additions() -> Iterator[Addition]:
    """Every order with one optional element more that no resource of its type has."""
    data = whole()
    seen: set[str] = set()
    for index, entry in enumerate(data["entry"]):
        resource = entry["resource"]
        for path, holder, element in _absent(resource, resource["resourceType"], resource["resourceType"], ()):
            if path not in seen:
                seen.add(path)
                yield Addition(path, _with(data, index, holder, path.rpartition(".")[2], element))


Steps = tuple[str | int, ...]


def _absent(value: JSON, kind: str, path: str, steps: Steps) -> Iterator[tuple[str, Steps, Element]]:
    """The optional elements that an object may have and has not."""
    known = elements("R4B", kind) or {}
    given = {known[name].choice for name in value if name in known and known[name].choice}
    for name, element in known.items():
        if name in _NEVER or element.type == "Resource":
            continue
        if name in value:
            if len(steps) < _DEPTH * 2 and element.type[0].isupper() and element.type not in ("Reference", "Identifier"):
                inner: Any = value[name][0] if element.many else value[name]
                yield from _absent(inner, element.type, f"{path}.{name}", (*steps, name, *((0,) if element.many else ())))
        elif not element.choice or element.choice not in given:
            yield f"{path}.{name}", steps, element


def _with(data: JSON, index: int, steps: Steps, name: str, element: Element) -> JSON:
    order = copy.deepcopy(data)
    target: Any = order["entry"][index]["resource"]
    for step in steps:
        target = target[step]
    found = _plausible(element)
    target[name] = [found] if element.many else found
    return order


_USUAL: dict[str, Any] = {
    "CodeableConcept": {"text": "Essai de texte"},
    "Coding": {"system": "https://ehr.example/codes", "code": "ESSAI", "display": "Essai"},
    "Reference": {"display": "Essai"},
    "Identifier": {"system": "https://ehr.example/numbers", "value": "N-17"},
    "Annotation": {"text": "Note d'essai"},
    "ContactPoint": {"system": "phone", "value": "0199001234", "use": "work"},
    "Address": {"use": "home", "line": ["3 rue des Essais"], "postalCode": "99000", "city": "ESSAI"},
    "Period": {"start": "2026-01-05", "end": "2026-01-06"},
    "Quantity": {"value": 3, "unit": "mm", "system": "http://unitsofmeasure.org", "code": "mm"},
    "Age": {"value": 30, "unit": "ans", "system": "http://unitsofmeasure.org", "code": "a"},
    "Range": {"low": {"value": 1, "unit": "mm"}, "high": {"value": 3, "unit": "mm"}},
    "HumanName": {"family": "ESSAI", "given": ["Un"]},
    "Attachment": {"contentType": "text/plain", "data": "RXNzYWk=", "title": "Essai"},
    "Timing": {"repeat": {"boundsPeriod": {"start": "2026-01-05", "end": "2026-03-06"}}},
    "boolean": False,
    "string": "Essai",
    "markdown": "Essai",
    "code": "essai",
    "uri": "https://ehr.example/essai",
    "url": "https://ehr.example/essai",
    "canonical": "https://ehr.example/essai",
    "date": "2026-01-05",
    "dateTime": "2026-01-05T10:00:00+01:00",
    "instant": "2026-01-05T10:00:00+01:00",
    "time": "10:00:00",
    "base64Binary": "RXNzYWk=",
    "integer": 3,
    "positiveInt": 3,
    "unsignedInt": 3,
    "decimal": 3,
}
"""What a sender might put there."""


def _plausible(element: Element) -> Any:
    if element.codes:
        return element.codes[0]
    found = copy.deepcopy(_USUAL[element.type]) if element.type in _USUAL else example(element, 0)
    if found == {}:  # a group of optional elements: the first of them
        name, inner = next((n, e) for n, e in (elements("R4B", element.type) or {}).items() if n not in _NEVER)
        value = _plausible(inner)
        found = {name: [value] if inner.many else value}
    return found
