"""Paths of the table of profiles: ``identifier[system=https://rpps.esante.gouv.fr].type``.

A step is the name of an element; ``value*`` is a choice element, ``extension(name)`` an extension by the last segment of its
URL, ``resolve()`` what a Reference leads to. A filter keeps the items in which a path leads to a value (``[use=official]``), to
a code of a value set (``[code in function-code]``) or anywhere (``[value]``); ``!`` keeps the others.
Source: docs/mappings.md, profiles.csv.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import zip_longest
from typing import Any

__all__ = ["Path", "PathStep", "PathValue", "parse_path"]

_ABSENT = "/data-absent-reason"
_STEP = re.compile(r"(resolve\(\)|[A-Za-z_]+\*?(?:\([^)]*\))?)((?:\[[^\]]*\])*)\.?")
_FILTER = re.compile(r"\[(!?)([^\]]*)\]")

Resolve = Callable[[dict[str, Any]], "dict[str, Any] | None"]
Codes = Callable[[str], frozenset[str]]


class PathValue:
    """A value of a resource, and where it stands."""

    __slots__ = ("_key", "_outer", "_stands_for_none", "value")

    def __init__(self, value: Any, key: str, outer: PathValue | None = None, *, absent: bool = False) -> None:
        self.value = value
        self._key = key
        self._outer = outer
        self._stands_for_none = absent

    @property
    def path(self) -> str:
        """FHIRPath."""
        return f"{self._outer.path}.{self._key}" if self._outer else self._key

    @property
    def is_absent(self) -> bool:
        """Whether a reason stands here instead of a value."""
        return self._stands_for_none or _says_absent(self.value)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which items a step keeps."""

    keeps: bool
    """False for a filter that keeps the items in which the path leads nowhere."""
    path: Path
    literal: str | None
    codes: str | None
    """Name of a value set."""

    def holds(self, item: PathValue, resolve: Resolve, codes: Codes) -> bool:
        """Whether an item is kept."""
        found = [item]
        for step in self.path:
            found = [inner for outer in found for inner in step.of(outer, resolve, codes)]
        values = [str(each.value).lower() if isinstance(each.value, bool) else each.value for each in found]
        if self.literal is not None:
            return (self.literal in values) is self.keeps
        if self.codes is not None:
            return any(_code_in(value, codes(self.codes)) for value in values) is self.keeps
        return bool(found) is self.keeps


def _code_in(value: Any, known: frozenset[str]) -> bool:
    """Whether a code, or the code of a Coding, is one of a set."""
    code = value.get("code") if isinstance(value, dict) else value
    return isinstance(code, str) and code in known


@dataclass(frozen=True, slots=True)
class PathStep:
    """One step of a path."""

    name: str
    extension: str | None
    filters: tuple[Filter, ...]

    def of(self, outer: PathValue, resolve: Resolve, codes: Codes) -> list[PathValue]:
        """The items that the step leads to from one item."""
        if not isinstance(outer.value, dict):
            return []
        found = self._all(outer, resolve)
        return [item for item in found if all(f.holds(item, resolve, codes) for f in self.filters)] if self.filters else found

    def _all(self, outer: PathValue, resolve: Resolve) -> list[PathValue]:
        if self.name == "resolve()":
            target = resolve(outer.value)
            return [] if target is None else [PathValue(target, "resolve()", outer)]
        if self.extension is not None:
            return _extensions(outer, self.extension)
        if self.name.endswith("*"):
            return [item for name in _names(outer.value, self.name) for item in _children(outer, name)]
        return _children(outer, self.name)


Path = tuple[PathStep, ...]


def _names(value: dict[str, Any], name: str) -> list[str]:
    """The elements meant by a choice, a value and its sibling counting once."""
    stem = name[:-1]
    bare = (key.removeprefix("_") for key in value)
    return list(dict.fromkeys(key for key in bare if key.startswith(stem) and key[len(stem) : len(stem) + 1].isupper()))


def _extensions(outer: PathValue, name: str) -> list[PathValue]:
    """The extensions of an item whose URL ends in a name."""
    found = outer.value.get("extension")
    if not isinstance(found, list):
        return []
    return [PathValue(each, f"extension[{index}]", outer) for index, each in enumerate(found) if _is_named(each, name)]


def _children(outer: PathValue, name: str) -> list[PathValue]:
    """The items of an element, those of a list one by one; a primitive may have but the extensions of its sibling."""
    value, sibling = outer.value.get(name), outer.value.get(f"_{name}")
    many = isinstance(value, list) or isinstance(sibling, list)
    values, siblings = (each if isinstance(each, list) else [each] for each in (value, sibling))
    found = []
    for index, (each, beside) in enumerate(zip_longest(values, siblings)):
        key = f"{name}[{index}]" if many else name
        if each is not None:
            found.append(PathValue(each, key, outer))
        elif isinstance(beside, dict) and beside:
            found.append(PathValue(beside, key, outer, absent=True))
    return found


def _says_absent(value: Any) -> bool:
    """Whether an object holds nothing but the reason why its value is absent."""
    if not isinstance(value, dict) or value.keys() - {"extension", "id"}:
        return False
    return any(str(each.get("url")).endswith(_ABSENT) for each in value.get("extension", ()) if isinstance(each, dict))


def _is_named(value: Any, name: str) -> bool:
    url = value.get("url") if isinstance(value, dict) else None
    return isinstance(url, str) and url.rpartition("/")[2] == name


@cache
def parse_path(text: str) -> Path:
    """The steps of a path; none for the resource itself."""
    steps, position = [], 0
    while position < len(text):
        match = _STEP.match(text, position)
        if match is None:
            raise ValueError(f"no path: {text!r}")
        name, filters = match.groups()
        bare, _, argument = name.partition("(") if name != "resolve()" else (name, "", "")
        steps.append(PathStep(bare, argument.removesuffix(")") or None, tuple(map(_filter, _FILTER.findall(filters)))))
        position = match.end()
    return tuple(steps)


def _filter(parts: tuple[str, str]) -> Filter:
    negation, text = parts
    path, is_code, codes = text.partition(" in ")
    path, is_literal, literal = path.partition("=")
    return Filter(not negation, parse_path(path), literal if is_literal else None, codes if is_code else None)
