"""Every way to add one leaf to a FHIR input, or to change one, each alone: what must never pass unnoticed.

An addition or change is a function of the whole input, which it copies; its path is the FHIRPath of what it touches.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from meaning import table, uri_of

from bridge.fhir.source.definitions import Element, elements
from bridge.tables.codes import code_system_oid

JSON = Any
Steps = tuple[str | int, ...]

UNKNOWN = {"url": "https://unknown.example/extension", "valueString": "inconnu-7"}
_ADDED: dict[str, JSON] = {
    "string": "ajout-7",
    "markdown": "ajout-7",
    "code": "ajout-7",
    "id": "ajout-7",
    "uri": "https://unknown.example/ajout-7",
    "url": "https://unknown.example/ajout-7",
    "canonical": "https://unknown.example/ajout-7",
    "boolean": True,
    "integer": 7,
    "positiveInt": 7,
    "unsignedInt": 7,
    "decimal": 7,
    "date": "1907-07-07",
    "dateTime": "1907-07-07T07:07:07+01:00",
    "instant": "1907-07-07T07:07:07+01:00",
    "time": "07:07:07",
    "base64Binary": "YWpvdXQtNw==",
    "oid": "urn:oid:1.2.250.1.999.7",
    "uuid": "urn:uuid:00000000-0000-4000-8000-000000000007",
    "CodeableConcept": {"coding": [{"system": "https://unknown.example/codes", "code": "ajout-7"}], "text": "ajout-7"},
    "CodeableReference": {"concept": {"text": "ajout-7"}},
    "Coding": {"system": "https://unknown.example/codes", "code": "ajout-7"},
    "Identifier": {"system": "https://unknown.example/ids", "value": "ajout-7"},
    "Reference": {"display": "ajout-7"},
    "Period": {"start": "1907-07-07", "end": "1907-07-08"},
    "Quantity": {"value": 7, "unit": "ajout-7"},
    "Age": {"value": 7, "unit": "ajout-7"},
    "Range": {"low": {"value": 7}},
    "Ratio": {"numerator": {"value": 7}},
    "HumanName": {"family": "ajout-7"},
    "Address": {"city": "ajout-7"},
    "ContactPoint": {"system": "phone", "value": "0199000777"},
    "Annotation": {"text": "ajout-7"},
    "Attachment": {"contentType": "text/plain", "data": "YWpvdXQtNw=="},
    "Timing": {"code": {"text": "ajout-7"}},
    "Signature": {"type": [{"code": "ajout-7"}], "when": "1907-07-07T07:07:07+01:00", "who": {"display": "ajout-7"}},
}
_BARE = ("Bundle", "Binary", "Parameters")
"""Resources without extensions."""


@dataclass(frozen=True)
class Mutation:
    """One addition or change."""

    kind: str
    path: str
    """FHIRPath of what is added or changed."""
    type_path: str
    """The same from the innermost resource type, without indexes."""
    apply: Callable[[JSON], JSON]

    @property
    def name(self) -> str:
        return f"{self.kind} {self.path}"


@dataclass(frozen=True)
class Place:
    """An object of the input: its steps from the root, its FHIR type and the elements of that type."""

    value: dict[str, JSON]
    steps: Steps
    path: str
    type_path: str
    type: str
    known: dict[str, Element]


def places(data: dict[str, JSON], version: str) -> Iterator[Place]:
    """Every object of an input with its type."""
    yield from _objects(data, (), data["resourceType"], data["resourceType"], data["resourceType"], version)


def _objects(value: JSON, steps: Steps, path: str, type_path: str, kind: str, version: str) -> Iterator[Place]:
    if kind == "Resource":
        kind = type_path = value["resourceType"]
    known = elements("R5" if version == "R5" else "R4B", kind) or {}
    yield Place(value, steps, path, type_path, kind, known)
    for key, item in value.items():
        inner = known[key].type if key in known else "Element" if key.startswith("_") else ""
        for index, child in enumerate(item) if isinstance(item, list) else ((None, item),):
            if isinstance(child, dict):
                more: Steps = (key,) if index is None else (key, index)
                where = f"{path}.{key}" if index is None else f"{path}.{key}[{index}]"
                yield from _objects(child, steps + more, where, f"{type_path}.{key}", inner, version)


def _edit(steps: Steps, change: Callable[[JSON], None]) -> Callable[[JSON], JSON]:
    def apply(data: JSON) -> JSON:
        found = copy.deepcopy(data)
        target = found
        for step in steps:
            target = target[step]
        change(target)
        return found

    return apply


def _append(name: str, item: JSON) -> Callable[[JSON], None]:
    return lambda target: target.setdefault(name, []).append(copy.deepcopy(item))


def _set(name: str | int, item: JSON) -> Callable[[JSON], None]:
    return lambda target: target.__setitem__(name, copy.deepcopy(item))


# --- additions -------------------------------------------------------------------------------------------------------


def additions(data: dict[str, JSON], version: str) -> Iterator[Mutation]:
    """One unknown leaf at a time: extensions, elements, codings, repetitions, resources, at every level."""
    for place in places(data, version):
        yield from _extensions(place)
        if place.type not in ("Element", "Extension", ""):
            yield from _absent(place)
            yield from _repetitions(place)
    yield from _resources(data)


def _extensions(place: Place) -> Iterator[Mutation]:
    value, path, kind = place.value, place.path, place.type_path
    has_value = place.type == "Extension" and any(key.lstrip("_").startswith("value") for key in value)
    if place.type not in _BARE and not has_value:
        index = len(value.get("extension", ()))
        where = f"{path}.extension[{index}]"
        yield Mutation("extension", where, f"{kind}.extension", _edit(place.steps, _append("extension", UNKNOWN)))
    for key, item in value.items():
        if key in ("resourceType", "id", "url", "div") or key.startswith("_") or f"_{key}" in value:
            continue
        sibling = {"extension": [UNKNOWN]}
        if isinstance(item, list) and item and not isinstance(item[0], (dict, list)):
            added: JSON = [None] * (len(item) - 1) + [sibling]
            where = f"{path}._{key}[{len(item) - 1}].extension[0]"
        elif not isinstance(item, (dict, list)):
            added, where = sibling, f"{path}._{key}.extension[0]"
        else:
            continue
        yield Mutation("extension", where, f"{kind}._{key}.extension", _edit(place.steps, _set(f"_{key}", added)))


_NEVER_ADDED = frozenset({"extension", "modifierExtension", "implicitRules", "contained", "id", "resourceType", "link"})


def _absent(place: Place) -> Iterator[Mutation]:
    """Every element that the type has and the object lacks."""
    taken = {place.known[key].choice for key in place.value if key in place.known}
    for name, element in place.known.items():
        if name in place.value or f"_{name}" in place.value or name in _NEVER_ADDED:
            continue
        if (element.choice and element.choice in taken) or element.type not in _ADDED:
            continue
        item = element.codes[-1] if element.codes else _ADDED[element.type]
        where = f"{place.path}.{name}[0]" if element.many else f"{place.path}.{name}"
        change = _set(name, [item] if element.many else item)
        yield Mutation("element", where, f"{place.type_path}.{name}", _edit(place.steps, change))


def _repetitions(place: Place) -> Iterator[Mutation]:
    """One more of every list, different from the others; one more coding of every concept, also of a system with an OID."""
    for name, items in place.value.items():
        element = place.known.get(name)
        if element is None or not element.many or not isinstance(items, list) or name in _NEVER_ADDED or not items:
            continue
        where, kind = f"{place.path}.{name}[{len(items)}]", f"{place.type_path}.{name}"
        if element.type == "Coding":
            for system in ("https://unknown.example/codes", "urn:oid:1.2.250.1.999.77"):
                coding = {"system": system, "code": "ajout-7", "display": "Ajout 7"}
                yield Mutation("coding", where, kind, _edit(place.steps, _append(name, coding)))
        elif element.type in _ADDED and not element.codes:
            yield Mutation("repetition", where, kind, _edit(place.steps, _append(name, _ADDED[element.type])))


def _resources(data: dict[str, JSON]) -> Iterator[Mutation]:
    """A resource that nothing refers to, in the Bundle or contained."""
    found = [
        {"resourceType": "Basic", "code": {"text": "ajout-7"}},
        {"resourceType": "Patient", "name": [{"family": "Ajout"}]},
        {"resourceType": "Practitioner", "name": [{"family": "Ajout"}]},
        {"resourceType": "Observation", "status": "final", "code": {"text": "ajout-7"}, "valueString": "ajout-7"},
        {"resourceType": "AllergyIntolerance", "patient": {"display": "?"}, "code": {"text": "ajout-7"}},
        {"resourceType": "Condition", "subject": {"display": "?"}, "code": {"text": "ajout-7"}},
        {"resourceType": "DocumentReference", "status": "current", "content": [{"attachment": {"title": "ajout-7"}}]},
        {"resourceType": "Flag", "status": "active", "code": {"text": "ajout-7"}, "subject": {"display": "?"}},
    ]
    for index, resource in enumerate(found):
        resource["id"] = f"ajout-{index}"
        if data["resourceType"] == "Bundle":
            where = f"Bundle.entry[{len(data['entry'])}].resource"
            entry = {"fullUrl": f"https://unknown.example/{resource['resourceType']}/{resource['id']}", "resource": resource}
            yield Mutation("resource", where, resource["resourceType"], _edit((), _append("entry", entry)))
        else:
            where = f"{data['resourceType']}.contained[{len(data.get('contained', ()))}]"
            yield Mutation("resource", where, resource["resourceType"], _edit((), _append("contained", resource)))


# --- changes ---------------------------------------------------------------------------------------------------------


def changes(data: dict[str, JSON], version: str) -> Iterator[Mutation]:
    """Every leaf with another value of its type."""
    for place in places(data, version):
        for name, item in place.value.items():
            if name == "resourceType" or isinstance(item, dict):
                continue
            element = place.known.get(name)
            kind = f"{place.type_path}.{name}"
            if not isinstance(item, list):
                change = _set(name, _other(item, name, element))
                yield Mutation("change", f"{place.path}.{name}", kind, _edit(place.steps, change))
                continue
            for index, one in enumerate(item):
                if one is not None and not isinstance(one, (dict, list)):
                    change = _set(index, _other(one, name, element))
                    yield Mutation("change", f"{place.path}.{name}[{index}]", kind, _edit((*place.steps, name), change))


def swaps(data: dict[str, JSON], version: str, samples: int = 2) -> Iterator[Mutation]:
    """Every leaf with another value that could as well have been sent there.

    Another code of the same value set or table, without the label of the first one; another label of that set; every other code
    of a required binding; another text, another day.
    """
    for place in places(data, version):
        if isinstance(place.value.get("code"), str) and isinstance(place.value.get("system"), str):
            yield from _other_codes(place, samples)
        for name, item in place.value.items():
            element, change = place.known.get(name), None
            if not isinstance(item, str) or element is None or name in ("id", "url", "reference", "fullUrl"):
                continue
            where, kind = f"{place.path}.{name}", f"{place.type_path}.{name}"
            for code in element.codes if name != "resourceType" else ():
                if code != item:
                    yield Mutation(f"another code, {code}", where, kind, _edit(place.steps, _set(name, code)))
            if element.type in ("date", "dateTime", "instant") and len(item) >= 10:
                change = _set(name, f"{item[:8]}{'05' if item[8:10] != '05' else '06'}{item[10:]}")
            elif element.type in ("string", "markdown") and name not in ("system", "code"):
                change = _set(name, "Autre contenu")
            if change:
                yield Mutation("another value", where, kind, _edit(place.steps, change))


def _other_codes(place: Place, samples: int) -> Iterator[Mutation]:
    """Another code, and the label of another code, of each value set or table that has the code of a Coding."""
    own = (place.value["system"], place.value["code"])
    for number, codes in enumerate(_bindings(*own)):
        for other in random.Random(number).sample(codes, min(samples, len(codes))):
            label = other["display"] or other["code"]
            code = {"system": other["system"], "code": other["code"]}
            where, kind = f"{place.path}.code", f"{place.type_path}.code"
            yield Mutation(f"code {other['code']}", where, kind, _edit(place.steps, _replace(code)))
            where, kind = f"{place.path}.display", f"{place.type_path}.display"
            yield Mutation(f"label {label!r}", where, kind, _edit(place.steps, _set("display", label)))


def _replace(coding: JSON) -> Callable[[JSON], None]:
    def change(target: JSON) -> None:
        target.pop("display", None)
        target.update(coding)

    return change


_SETS = [row["name"] for row in table("value-sets")]
_TABLES = ("encounter-class", "pregnancy", "yes-no")
"""Tables whose codes are of systems that no value set has."""


@cache
def _bindings(system: str, code: str) -> tuple[list[dict[str, str]], ...]:
    """The other concepts of each value set and table that has a code; none where a code means the same as that one."""
    found, oid = [], code_system_oid(system) or system
    for name in _SETS:
        rows = table(f"value-sets/{name}")
        if any((row["system"], row["code"]) == (oid, code) for row in rows):
            others = [row for row in rows if row["code"] != code]
            found.append([{"system": uri_of(r["system"]), "code": r["code"], "display": r["display"]} for r in others])
    for name in _TABLES:
        rows = table(f"codes/{name}")
        means = next((row["cda_code"] for row in rows if (row["fhir_system"], row["fhir_code"]) == (system, code)), None)
        others = [row for row in rows if means is not None and row["cda_code"] != means]
        found.append([{"system": r["fhir_system"], "code": r["fhir_code"], "display": r["cda_display"]} for r in others])
    return tuple(codes for codes in found if codes)


def removals(data: dict[str, JSON], version: str) -> Iterator[Mutation]:
    """Every element left out: what was read with it must not be dropped with it."""
    for place in places(data, version):
        for name in place.value:
            if name not in ("resourceType", "entry", "resource"):
                change = _without(name)
                yield Mutation("removal", f"{place.path}.{name}", f"{place.type_path}.{name}", _edit(place.steps, change))


def _without(name: str) -> Callable[[JSON], None]:
    return lambda target: target.pop(name)


def _other(value: JSON, name: str, element: Element | None) -> JSON:
    kind = element.type if element else ""
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)) or kind == "decimal":
        return value + 1
    if element and element.codes:
        return next(code for code in element.codes[::-1] if code != value)
    if kind in ("date", "dateTime", "instant"):
        return _other_date(value)
    if kind == "base64Binary":
        return "YXV0cmU=" if value != "YXV0cmU=" else "YWpvdXQ="
    if kind == "xhtml" or name == "div":
        return value.replace("</div>", "autre</div>")
    return value + "7" if not value.endswith("7") else value + "8"


def _other_date(value: str) -> str:
    """The same moment in another year."""
    return f"{int(value[:4]) - 4:04}{value[4:]}"
