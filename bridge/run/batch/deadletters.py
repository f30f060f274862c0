"""Orders that were not converted, each with its OperationOutcome, in a form that can be fed back.

A dead letter is one line: FHIR Parameters with ``input`` (FHIR JSON as it is, anything else as base64) or ``document`` (CDA),
``position`` and ``outcome``; that of a file that could not be read has no input. ``imgda batch`` and ``POST /$imgda-convert``
take it as it is, once what was wrong is corrected.
"""

from __future__ import annotations

import base64
import json
import re
from decimal import Decimal
from typing import Any, NoReturn

from bridge.cda.parser import is_document
from bridge.findings.doors import through
from bridge.findings.issues import Issue, Language, operation_outcome
from bridge.run.batch.sources import Item
from bridge.run.workers.parameters import BESIDE

__all__ = ["write"]


def write(item: Item, issues: tuple[Issue, ...], language: Language) -> bytes:
    """The line, without its end."""
    with through("cli"):
        outcome = operation_outcome(issues, language)
    letter = {
        "resourceType": "Parameters",
        "parameter": [
            *([] if item.problem else _input(item.body)),
            {"name": "position", "valueString": item.origin},
            {"name": "outcome", "resource": outcome},
        ],
    }
    return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", _dump(letter)).encode()


_SURROGATE = re.compile("[\ud800-\udfff]")
"""Half a character, which JSON can name and UTF-8 cannot hold."""
_DEEPEST = 100
"""Levels of objects and lists within which a resource is taken over as it is."""


def _input(body: bytes) -> list[dict[str, Any]]:
    """The parameters that hold the input; those of a dead letter that comes again are taken over."""
    resource = _parse(body)
    if resource is None:
        name = "document" if is_document(body) else "input"
        return [{"name": name, "valueBase64Binary": base64.b64encode(body).decode("ascii")}]
    if resource.get("resourceType") == "Parameters" and isinstance(resource.get("parameter"), list):
        given = resource["parameter"]
        return [parameter for parameter in given if not (isinstance(parameter, dict) and parameter.get("name") in BESIDE)]
    return [{"name": "input", "resource": resource}]


def _parse(body: bytes) -> dict[str, Any] | None:
    """The input as JSON data, when writing that again loses nothing."""
    try:
        found = json.loads(body.decode(), object_pairs_hook=_unique, parse_float=Decimal, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and _is_flat(found) else None


def _is_flat(value: Any) -> bool:
    level = [value]
    for _ in range(_DEEPEST):
        inner = [found for each in level for found in (each.values() if isinstance(each, dict) else each)]
        level = [found for found in inner if isinstance(found, (dict, list))]
    return not level


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _refuse(_: str) -> NoReturn:
    raise ValueError


def _dump(value: Any) -> str:
    """JSON in one line, numbers digit for digit, which the standard library does not offer."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(name)}:{_dump(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_dump, value)) + "]"
    return str(value) if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False)
