"""How much a loss matters, by where it stands, and how loudly it is said by the site settings.

Source: ``mappings/loss-classes.csv``; docs/losses.md.
"""

from __future__ import annotations

from functools import cache
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from bridge.findings.issues import Issue, LossClass, Severity
from bridge.tables.codes import rows, value_set

if TYPE_CHECKING:
    from bridge.settings import Losses

__all__ = ["loss_class", "severity", "weigh"]

_SEVERITIES: dict[str, Severity] = {"fail": "error", "warn": "warning", "ignore": "information"}


def severity(kind: LossClass, policy: Losses) -> Severity:
    """How loudly a loss of this class is said by the site settings."""
    return _SEVERITIES[getattr(policy, kind)]


def weigh(loss: Issue, policy: Losses) -> Issue:
    """A loss that was found elsewhere, as loud as the site settings say."""
    assert loss.loss is not None
    return loss.with_severity(severity(loss.loss, policy))


class _Class(NamedTuple):
    """One row of ``mappings/loss-classes.csv``."""

    path: str
    code: str
    """A code that the resource must have; empty for any."""
    value_set: str
    """A value set to which a code of the resource must belong; empty for none."""
    kind: LossClass


@cache
def _classes() -> list[_Class]:
    """The rows in the order in which they are tried: kinds of leaves, then long paths before short ones."""
    known = [_Class(row["path"], row["code"], row["value_set"], row["class"]) for row in rows("loss-classes")]  # type: ignore[arg-type]
    return sorted(known, key=lambda r: (not r.path.startswith("*."), -len(r.path), not (r.code or r.value_set)))


@cache
def _by_start() -> dict[str, list[tuple[int, _Class]]]:
    """The rows, each with its rank, by the path that they begin with: an input may lose a hundred thousand leaves."""
    return _indexed(_classes())


def _indexed(classes: list[_Class]) -> dict[str, list[tuple[int, _Class]]]:
    found: dict[str, list[tuple[int, _Class]]] = {}
    for rank, row in enumerate(classes):
        start = ".".join(row.path.split(".")[:2]) if row.path.startswith("*.") else row.path
        found.setdefault(start, []).append((rank, row))
    return found


def loss_class(path: str, codes: frozenset[str] = frozenset()) -> LossClass:
    """How much the loss of a leaf matters, by its path from the resource and the codes of that resource."""
    ends = [place for place, sign in enumerate(path) if sign in ".("]
    starts = ["*", path, *(path[:end] for end in ends), *(f"*.{step}" for step in set(path.split(".")))]
    classes = _by_start()
    covering = [ranked for start in starts for ranked in classes.get(start, ()) if _covers(ranked[1].path, path)]
    return next(row.kind for _, row in sorted(covering, key=itemgetter(0)) if _concerns(row, codes))


def _covers(pattern: str, path: str) -> bool:
    if pattern == "*":
        return True
    if pattern.startswith("*."):
        return f".{pattern[2:]}." in f"{path}."
    return path == pattern or path.startswith((pattern + ".", pattern + "("))


def _concerns(row: _Class, codes: frozenset[str]) -> bool:
    if row.code:
        return row.code in codes
    return not row.value_set or not codes.isdisjoint(value_set(row.value_set).by_code)
