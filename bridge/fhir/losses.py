"""What the conversion did not carry: every leaf of the input that nobody read and that is not implied.

``mappings/implied.csv`` lists the leaves that carry nothing by themselves, with the reason; ``mappings/loss-classes.csv`` says
how much a loss matters, by where it stands. Source: docs/losses.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from bridge.fhir.view import Leaf, Node
from bridge.issues import Issue, LossClass, Severity, issue
from bridge.mappings import rows

__all__ = ["find", "loss_class", "severity"]

_SEVERITIES: dict[LossClass, Severity] = {
    "critical": "warning",
    "clinical": "warning",
    "administrative": "information",
    "technical": "information",
}


def severity(kind: LossClass) -> Severity:
    """How loudly a loss of this class is said by default."""
    return _SEVERITIES[kind]


@cache
def _classes() -> list[tuple[str, LossClass]]:
    known = [(row["path"], row["class"]) for row in rows("loss-classes")]
    return sorted(known, key=lambda row: len(row[0]), reverse=True)  # type: ignore[arg-type]


@cache
def loss_class(type_path: str) -> LossClass:
    """How much the loss of a leaf matters: the class of the longest path of the table that it begins with."""
    for path, kind in _classes():
        if path == "*" or type_path == path or type_path.startswith(path + "."):
            return kind
        if path.startswith("*.") and f".{path[2:]}." in f"{type_path}.":
            return kind
    return "clinical"


@cache
def _implied() -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]]:
    """The values, empty for any, by exact path and by the last segments of a path."""
    exact: dict[str, frozenset[str]] = {}
    ends: dict[str, frozenset[str]] = {}
    for row in rows("implied"):
        known, path = (ends, row["path"][2:]) if row["path"].startswith("*.") else (exact, row["path"])
        known[path] = known.get(path, frozenset()) | ({row["value"]} if row["value"] else frozenset())
    return exact, ends


@cache
def _implied_values(type_path: str) -> frozenset[str] | None:
    """The values with which a leaf is implied, empty for any; None where it never is."""
    exact, ends = _implied()
    path = re.sub(r"(\.section)+", ".section", type_path)
    if path in exact:
        return exact[path]
    parts = path.split(".")
    return next((ends[end] for i in range(1, len(parts)) if (end := ".".join(parts[i:])) in ends), None)


def is_implied(leaf: Leaf) -> bool:
    """Whether a leaf carries nothing by itself: it stands in the table, or is a narrative generated from the data."""
    if leaf.type_path.endswith(".text.div"):
        return leaf.container.get("status") in ("generated", "empty")
    if _says_unknown(leaf.container):
        return True
    values = _implied_values(leaf.type_path)
    return values is not None and (not values or str(leaf.value).lower() in values)


def _says_unknown(extension: object) -> bool:
    """Whether a leaf belongs to "the value is unknown", which says no more than its absence does."""
    if not isinstance(extension, dict):
        return False
    return str(extension.get("url")).endswith("/data-absent-reason") and extension.get("valueCode") == "unknown"


def find(roots: list[Node]) -> Iterator[Issue]:
    """Every loss under these resources, one for each leaf."""
    for root in roots:
        for leaf in root.ledger.unread(root):
            if not is_implied(leaf):
                yield _loss(leaf)


def _loss(leaf: Leaf) -> Issue:
    kind = loss_class(leaf.type_path)
    code = "IMGDA-0904" if ".extension" in leaf.type_path or ".modifierExtension" in leaf.type_path else "IMGDA-0901"
    return issue(code, leaf.path, severity=severity(kind), loss=kind, value=str(leaf.value))
