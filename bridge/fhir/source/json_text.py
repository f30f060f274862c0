"""JSON text read without trusting it: no duplicate keys, numbers digit for digit; and a walk over what was read.

Source: FHIR R4 4.0.1, 2.6.2 JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from bridge.fhir.source.definitions import root_of
from bridge.findings.errors import refuse

__all__ = ["decimal", "read", "walk"]


class _Duplicate(Exception):
    pass


class _BadNumber(Exception):
    pass


def read(text: str) -> dict[str, Any]:
    try:
        data = json.loads(text, object_pairs_hook=_object, parse_float=decimal, parse_constant=_constant)
    except json.JSONDecodeError as error:
        refuse("IMGDA-0101", line=str(error.lineno), column=str(error.colno))
    except _Duplicate:
        refuse("IMGDA-0103", _path_of_duplicate(text))
    except (_BadNumber, ValueError):
        refuse("IMGDA-0106")
    except RecursionError:
        refuse("IMGDA-0104", limit="100")
    if not isinstance(data, dict):
        refuse("IMGDA-0109")
    return data


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Duplicate
    return found


def decimal(text: str) -> Decimal:
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
    for value, path in walk(data, root_of(data) if isinstance(data, dict) else "Resource"):
        if id(value) in marks and isinstance(value, dict):
            return f"{path}.{marks[id(value)]}"
    return None


def _first_repeated(keys: list[str]) -> str:
    seen: set[str] = set()
    return next(key for key in keys if key in seen or seen.add(key))  # type: ignore[func-returns-value]


def walk(data: Any, path: str) -> Iterator[tuple[Any, str]]:
    """Every object and list of some JSON data with its path, without recursion."""
    stack = [(data, path)]
    while stack:
        value, where = stack.pop()
        yield value, where
        if isinstance(value, dict):
            stack += [(item, f"{where}.{key}") for key, item in value.items() if isinstance(item, (dict, list))]
        elif isinstance(value, list):
            stack += [(item, f"{where}[{i}]") for i, item in enumerate(value) if isinstance(item, (dict, list))]
