"""Which findings are told: each once, one for each cause, the gravest first, no more than a reader can use.

Source: ``mappings/consequences.csv``; docs/rules.md, "One cause, one finding".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache

from bridge.findings.groups import resource_of
from bridge.findings.issues import Issue, issue
from bridge.order.origins import around
from bridge.tables.codes import rows

__all__ = ["DRAFT", "beside", "of_a_refusal", "told", "without_consequences", "without_repetition"]

DRAFT = "IMGDA-1702"
"""Says first of a draft that it is one."""
_AND_MORE = "IMGDA-0114"
"""The finding that counts those that are not told."""
_OF_A_RESOURCE = re.compile(r"(^[^.]+|\.resource|\.contained\[\d+\])$")
"""The path of a whole resource."""
_LIST = re.compile(r"\[\d+\](?:\.coding.*|\.text)?$")
"""The end of a path to one of several concepts, or within it."""
_RANK = {"fatal": 0, "error": 0, "warning": 1, "information": 2}
_LEAST = 3
"""The rank of no finding at all."""


def told(issues: tuple[Issue, ...], limit: int) -> tuple[Issue, ...]:
    """The findings that are told, at most *limit* of them and how many more there are."""
    found = without_consequences(without_repetition(tuple(i for i in issues if i.code != _AND_MORE)))
    more = max(len(found) - limit, 0) + sum(int(i.parameters["count"]) for i in issues if i.code == _AND_MORE)
    return (*found[:limit], issue(_AND_MORE, None, count=str(more))) if more > 0 else found


def without_repetition(issues: tuple[Issue, ...]) -> tuple[Issue, ...]:
    """Each finding once: that it is a draft, errors, the rest; otherwise in the order in which they were found."""
    unique = {(found.code, found.path, found.severity): found for found in issues}
    return tuple(sorted(unique.values(), key=lambda found: -1 if found.code == DRAFT else _RANK[found.severity]))


def of_a_refusal(issues: tuple[Issue, ...]) -> tuple[Issue, ...]:
    """The issues of a refusal without the losses that only follow from an error of the same element."""
    errors = {f.path for f in issues if f.is_error and not f.loss and f.path and not _OF_A_RESOURCE.search(f.path)}
    kept = tuple(f for f in issues if not (f.loss and f.path and not errors.isdisjoint(around(f.path))))
    return without_consequences(kept, losses=True)


def without_consequences(issues: tuple[Issue, ...], *, losses: bool = False) -> tuple[Issue, ...]:
    """The findings without those that only follow from another one; a loss stays, unless nothing is written (*losses*)."""
    gravest: dict[tuple[str, str, str], int] = {}
    """The rank of the gravest finding of a code at a place, for each kind of place that a row asks for."""
    kinds = {cause for causes in _causes().values() for cause in causes}
    for found in issues:
        for code, where in kinds:
            if code == found.code:
                key = code, where, _PLACES[where](found.path or "")
                gravest[key] = min(gravest.get(key, _LEAST), _RANK[found.severity])
    return tuple(found for found in issues if (found.loss and not losses) or not _follows(found, gravest))


def _follows(found: Issue, gravest: Mapping[tuple[str, str, str], int]) -> bool:
    """Whether a finding follows from one that is at least as grave."""
    return any(
        gravest.get((code, where, _PLACES[where](found.path or "")), _LEAST) <= _RANK[found.severity]
        for code, where in _causes().get(found.code, ())
    )


@cache
def _causes() -> Mapping[str, list[tuple[str, str]]]:
    """For a finding, each one from which it may follow, and what they must have in common."""
    found: dict[str, list[tuple[str, str]]] = {}
    for row in rows("consequences"):
        found.setdefault(row["code"], []).append((row["cause"], row["where"]))
    return found


_PLACES: Mapping[str, Callable[[str], str]] = {
    "order": lambda _: "",
    "resource": resource_of,
    "list": lambda path: _LIST.sub("", path),
    "element": lambda path: re.sub(r"(\.(reference|system|value|identifier))+$", "", path),
}
"""What a finding and its cause have in common, from their paths."""


def beside(defects: Iterable[Issue], findings: Iterable[Issue]) -> list[Issue]:
    """The errors that were found beside defects of the structure, without what only follows from them."""
    paths = {defect.path or "" for defect in defects}
    outer = paths | {above for path in paths for above in around(path)}
    return [
        found
        for found in findings
        if found.is_error
        and found.path
        and found.code != "IMGDA-0203"
        and found.path not in outer
        and paths.isdisjoint(around(found.path))
    ]
