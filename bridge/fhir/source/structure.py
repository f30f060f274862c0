"""Checks the structure of a FHIR resource: names, types, cardinalities, formats, choices, required codes.

The check is a JSON Schema for each resource type, made from the metadata of fhir.resources
(:mod:`bridge.fhir.source.definitions`) and compiled by jsonschema-rs: the verdicts of fhir.resources and more, at a fraction
of its time. fhir.resources stays the reference: ``tests/fhir/test_structure.py`` shows by mutation that
whatever it refuses is refused here.

Three tolerances, which are declared: a dateTime may lack its offset, which the site settings then give (IMGDA-0608); base64 is
judged where it is decoded (IMGDA-0702, IMGDA-0704); the value of an extension may have extensions of its own, as FHIR allows.

Source: FHIR R4 4.0.1 and R5 5.0.0, 2.24 Data types and 2.6 JSON.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import jsonschema_rs

from bridge.fhir.source.definitions import Element, elements, is_resource, root_of
from bridge.findings.issues import Issue, issue

__all__ = ["check"]

_DAY = r"(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|1\d|2\d))"
_MONTH = r"(?:0[1-9]|1[0-2])"
_YEAR = r"(?:\d(?:\d(?:\d[1-9]|[1-9]0)|[1-9]00)|[1-9]000)"
_TIME = r"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?"
_ZONE = r"(?:Z|[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00))"
_TEXT = {"type": "string", "pattern": r"\S"}

_PRIMITIVES: dict[str, dict[str, Any]] = {
    "base64Binary": _TEXT,
    "boolean": {"type": "boolean"},
    "canonical": {"type": "string", "pattern": r"^\S+$"},
    "code": {"type": "string", "pattern": r"^\S+(?:[ ]\S+)*$"},
    "date": {"type": "string", "pattern": rf"^{_YEAR}(?:-(?:{_MONTH}|{_DAY}))?$"},
    "dateTime": {"type": "string", "pattern": rf"^{_YEAR}(?:-(?:{_MONTH}|{_DAY}(?:T{_TIME}{_ZONE}?)?))?$"},
    "decimal": {"type": "number"},
    "id": {"type": "string", "pattern": r"^[A-Za-z0-9\-.]{1,64}$"},
    "instant": {"type": "string", "pattern": rf"^{_YEAR}-{_DAY}T{_TIME}{_ZONE}?$"},
    "integer": {"type": "integer"},
    "integer64": {"type": ["integer", "string"], "pattern": r"^-?\d{1,19}$"},
    "markdown": _TEXT,
    "oid": {"type": "string", "pattern": r"^urn:oid:[0-2](?:\.(?:0|[1-9]\d*))+$"},
    "positiveInt": {"type": "integer", "minimum": 1},
    "string": _TEXT,
    "time": {"type": "string", "pattern": rf"^{_TIME}$"},
    "unsignedInt": {"type": "integer", "minimum": 0},
    "uri": {"type": "string", "pattern": r"^\S+$"},
    "url": {"type": "string", "pattern": r"^\S+$"},
    "uuid": {"type": "string", "pattern": r"^urn:uuid:[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"},
    "xhtml": _TEXT,
}

_SIBLING = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "extension": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/Extension"}},
    },
    "additionalProperties": False,
    "minProperties": 1,
}
"""What stands beside a primitive, under its name with an underscore."""

_ONE_VALUE = {
    "anyOf": [
        {"maxProperties": 2},
        {"maxProperties": 3, "required": ["id"]},
        {"maxProperties": 3, "not": {"propertyNames": {"pattern": "^[^_]"}}},
        {"maxProperties": 4, "required": ["id"], "not": {"propertyNames": {"pattern": "^[^_]"}}},
    ],
    "minProperties": 2,
}
"""An extension has its url and one value, or extensions of its own."""


def check(resource: dict[str, Any], version: str) -> list[Issue]:
    """Every structural defect of a resource and of those inside it, each with its FHIRPath. Nothing is changed."""
    version = "R5" if version == "R5" else "R4B"
    issues: list[Issue] = []
    grouped: dict[str, list[Any]] = {}
    paths: dict[str, list[str]] = {}
    for found, path in _resources(resource, root_of(resource)):
        kind = found.get("resourceType")
        if isinstance(kind, str) and is_resource(version, kind):
            grouped.setdefault(kind, []).append(found)
            paths.setdefault(kind, []).append(path)
        else:
            issues.append(issue("IMGDA-0126" if isinstance(kind, str) else "IMGDA-0109", f"{path}.resourceType"))
    validator = _validator(version, frozenset(grouped))
    if not validator.is_valid(grouped):
        for error in validator.iter_errors(grouped):
            kind, index, *steps = error.instance_path
            issues += _say(error, _fhirpath(paths[str(kind)][int(index)], steps))
    return issues


def _resources(resource: dict[str, Any], path: str) -> Iterator[tuple[dict[str, Any], str]]:
    """A resource and every resource inside it."""
    yield resource, path
    for inner, where in _inner(resource, path):
        if isinstance(inner, dict):
            yield from _resources(inner, where)


def _inner(resource: dict[str, Any], path: str) -> Iterator[tuple[Any, str]]:
    """The resources inside a resource."""
    contained = resource.get("contained")
    if isinstance(contained, list):
        for index, item in enumerate(contained):
            yield item, f"{path}.contained[{index}]"
    entries = resource.get("entry") if resource.get("resourceType") == "Bundle" else None
    if isinstance(entries, list):
        for index, entry in enumerate(entries):
            if isinstance(entry, dict) and "resource" in entry:
                yield entry["resource"], f"{path}.entry[{index}].resource"


# --- the schemas -----------------------------------------------------------------------------------------------------


_USUAL = frozenset(
    "Bundle CommunicationRequest Composition Condition DocumentReference Encounter Location Observation Organization Patient"
    " Practitioner PractitionerRole Procedure ServiceRequest".split()
)
"""The types of an ordinary order: compiled together, once."""


def _validator(version: str, kinds: frozenset[str]) -> jsonschema_rs.Draft202012Validator:
    """A validator of ``{type: [resources]}``: one compilation serves all types, and the usual ones share theirs."""
    return _compile(version, _USUAL if kinds <= _USUAL else kinds | _USUAL)


@lru_cache(maxsize=64)
def _compile(version: str, kinds: frozenset[str]) -> jsonschema_rs.Draft202012Validator:
    definitions: dict[str, Any] = {}
    waiting = [*sorted(kinds), "Extension"]
    while waiting:
        name = waiting.pop()
        if name not in definitions:
            known = elements(version, name) or {}
            definitions[name] = _object(name, known, is_resource(version, name))
            waiting += {e.type for e in known.values() if e.type not in _PRIMITIVES and e.type != "Resource"}
    lists = {kind: {"type": "array", "items": {"$ref": f"#/$defs/{kind}"}} for kind in sorted(kinds)}
    return jsonschema_rs.Draft202012Validator({"type": "object", "properties": lists, "$defs": definitions})


def _object(name: str, known: dict[str, Element], resource: bool) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": ({"resourceType": {"const": name}} if resource else {}) | dict(_properties(name, known)),
        "additionalProperties": False,
        "minProperties": 1,
        "required": [k for k, e in known.items() if e.required and e.type not in _PRIMITIVES],
    }
    if name == "Extension":
        schema |= _ONE_VALUE
    rules = [*_primitives_required(known), *_choices(name, known)]
    return schema | ({"allOf": rules} if rules else {})


def _properties(name: str, known: dict[str, Element]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The elements of a type, and what may stand beside the primitives among them."""
    for key, element in known.items():
        yield key, _element(element)
        if element.type in _PRIMITIVES and (name, key) != ("Extension", "url") and key != "id":
            yield f"_{key}", _many(_SIBLING | {"type": ["object", "null"]}) if element.many else _SIBLING


def _primitives_required(known: dict[str, Element]) -> Iterator[dict[str, Any]]:
    """The rules of required primitives, which may have but the extensions of their sibling."""
    for key, element in known.items():
        if element.required and element.type in _PRIMITIVES:
            yield {"anyOf": [{"required": [key]}, {"required": [f"_{key}"]}]}


def _choices(name: str, known: dict[str, Element]) -> Iterator[dict[str, Any]]:
    """The rules of the choices of a type: one of each at most, and one at least where it is required."""
    choices: dict[str, list[str]] = {}
    for key, element in known.items():
        if element.choice:
            choices.setdefault(element.choice, []).append(key)
    for members in choices.values():
        present = [{"required": [member]} for member in members]
        if known[members[0]].choice_required:
            yield {"anyOf": present}
        if name != "Extension" and len(members) > 1:
            yield {"oneOf": [*present, {"not": {"anyOf": present}}]}


def _element(element: Element) -> dict[str, Any]:
    if element.type == "Resource":
        item: dict[str, Any] = {"type": "object"}
    elif element.type in _PRIMITIVES:
        item = {"enum": list(element.codes)} if element.codes else _PRIMITIVES[element.type]
        if element.many:
            return _many({"anyOf": [item, {"type": "null"}]} if "type" not in item else _nullable(item))
        return item
    else:
        item = {"$ref": f"#/$defs/{element.type}"}
    return _many(item) if element.many else item


def _nullable(item: dict[str, Any]) -> dict[str, Any]:
    kinds = item["type"] if isinstance(item["type"], list) else [item["type"]]
    return item | {"type": [*kinds, "null"]}


def _many(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "minItems": 1, "items": item}


# --- what to say -----------------------------------------------------------------------------------------------------


def _fhirpath(path: str, steps: list[str | int]) -> str:
    return path + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)


def _say(error: Any, where: str) -> list[Issue]:
    """What one error of the validator means: an issue, or one for each unexpected element."""
    if _name(error.kind) == "AdditionalProperties":
        owner = _owner(error)
        return [issue("IMGDA-0120", f"{where}.{name}", type=owner) for name in error.kind.unexpected]
    return [_defect(error, where)]


def _name(kind: Any) -> str:
    """What an error of the validator is about: ``Required``, ``Type``…"""
    return type(kind).__name__.removeprefix("ValidationErrorKind_")


def _owner(error: Any) -> str:
    """The FHIR type whose schema an error comes from."""
    schema = [str(step) for step in error.schema_path]
    return next((schema[i + 1] for i in range(len(schema) - 2, -1, -1) if schema[i] == "$defs"), "?")


def _defect(error: Any, where: str) -> Issue:
    kind, owner = error.kind, _owner(error)
    match _name(kind):
        case "Required":
            element = str(kind.property).strip('"')
            return issue("IMGDA-0121", f"{where}.{element}", type=owner, element=element)
        case "Type":
            return issue("IMGDA-0122", where, expected=_types(kind))
        case "Pattern" | "Minimum" | "Format":
            return issue("IMGDA-0123", where, expected=_expected(error))
        case "Enum":
            return issue("IMGDA-0127", where, allowed=", ".join(map(str, kind.options)))
        case "Constant":
            return issue("IMGDA-0126", where)
        case "OneOfMultipleValid":
            return issue("IMGDA-0124", where)
        case "MinLength" | "MinItems" | "MinProperties":
            return issue("IMGDA-0125", where)
        case "AnyOf" | "MaxProperties" | "PropertyNames":
            return _any_of(error, where, owner)
    return issue("IMGDA-0122", where, expected=owner)


def _types(kind: Any) -> str:
    found = kind.types
    return ", ".join(map(str, found)) if isinstance(found, (list, tuple)) else str(found)


def _any_of(error: Any, where: str, owner: str) -> Issue:
    """A required primitive or choice that is missing, a wrong code in a list, an extension with more than one value."""
    causes = [cause.kind for branch in error.kind.context for cause in branch]
    for kind in causes:
        if _name(kind) == "Enum":
            return issue("IMGDA-0127", where, allowed=", ".join(map(str, kind.options)))
    wanted = [str(kind.property).strip('"') for kind in causes if _name(kind) == "Required"]
    if len(wanted) < len(causes):
        return issue("IMGDA-0124", where)
    element = next((name for name in wanted if not name.startswith("_")), "?")
    return issue("IMGDA-0121", f"{where}.{element}", type=owner, element=element)


def _expected(error: Any) -> str:
    """The primitive whose format a value does not have."""
    pattern = getattr(error.kind, "pattern", None)
    for name, rule in _PRIMITIVES.items():
        if pattern is not None and rule.get("pattern") == pattern and rule is not _TEXT:
            return name
    return "string" if pattern else "positiveInt"
