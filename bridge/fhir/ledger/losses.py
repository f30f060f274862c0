"""What the conversion did not carry: every leaf of the input that nobody read, or that a reader gave up, and that is not implied.

``mappings/implied.csv`` lists the leaves that carry nothing by themselves, with the reason; how much a loss matters stands in
:mod:`bridge.findings.losses`. Source: docs/losses.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

from bridge.fhir.ledger.node import Leaf, Ledger, Node, Reason
from bridge.fhir.ledger.references import Index
from bridge.findings.issues import Issue, LossClass, Severity, issue
from bridge.findings.losses import loss_class, severity
from bridge.settings import Losses
from bridge.tables.codes import rows
from bridge.wording.critical import is_critical
from bridge.wording.sides import names_a_side

__all__ = ["Place", "find", "is_implied", "place_of"]


# --- implied leaves --------------------------------------------------------------------------------------------------


class _Implied(NamedTuple):
    """One row of ``mappings/implied.csv``."""

    values: frozenset[str]
    """The values with which the leaf is implied, in lower case; empty for any."""
    beside: str
    """The name of a leaf of the same object that must be read or implied; empty for none."""


@cache
def _implied() -> Mapping[str, list[_Implied]]:
    found: dict[str, list[_Implied]] = {}
    for row in rows("implied"):
        values = frozenset(row["value"].lower().split("|")) if row["value"] else frozenset()
        found.setdefault(row["path"], []).append(_Implied(values, row["beside"]))
    return found


@cache
def _rules(type_path: str) -> tuple[_Implied, ...]:
    """The rows for a leaf: those of its exact path, and of its last segments."""
    path = re.sub(r"(\.section)+", ".section", type_path)
    parts = path.split(".")
    ends = ["*." + ".".join(parts[i:]) for i in range(1, len(parts))]
    return tuple(rule for key in (path, *ends) for rule in _implied().get(key, ()))


@cache
def _is_always_implied(type_path: str) -> bool:
    """Whether a leaf carries nothing whatever it holds and whatever is beside it: most of those that nobody reads."""
    return any(not rule.values and not rule.beside for rule in _rules(type_path))


def is_implied(leaf: Leaf, ledger: Ledger) -> bool:
    """Whether a leaf carries nothing by itself.

    It stands in the table, is a narrative generated from the data, or says that a value is unknown.
    """
    if leaf.type_path.endswith(".text.div"):
        return leaf.container.get("status") in ("generated", "empty")
    if _says_unknown(leaf.container):
        return True
    return any(_holds(rule, leaf, ledger) for rule in _rules(leaf.type_path))


def _says_unknown(extension: object) -> bool:
    """Whether a leaf belongs to "the value is unknown", which says no more than its absence does."""
    if not isinstance(extension, dict) or "valueCode" not in extension:
        return False
    return str(extension.get("url")).endswith("/data-absent-reason") and extension.get("valueCode") == "unknown"


def _holds(rule: _Implied, leaf: Leaf, ledger: Ledger) -> bool:
    if rule.values and str(leaf.value).lower() not in rule.values:
        return False
    if not rule.beside:
        return True
    if not isinstance(leaf.container, dict) or rule.beside not in leaf.container:
        return False
    if ledger.is_read(leaf.container, rule.beside):
        return True
    path, kind = (f"{text.rpartition('.')[0]}.{rule.beside}" for text in (leaf.path, leaf.type_path))
    return is_implied(Leaf(path, kind, leaf.container[rule.beside], leaf.container, rule.beside), ledger)


# --- losses ----------------------------------------------------------------------------------------------------------


_TELLING = frozenset({"coding", "extension", "modifierExtension"})
"""Elements that tell why what is under them is lost."""


@dataclass(slots=True)
class _Search:
    """One walk over an input."""

    ledger: Ledger
    index: Index
    found: list[tuple[Leaf, str | None]] = field(default_factory=list)
    """Lost leaves and, where where they stand tells it, the code that says why."""

    def walk(self, value: Any, path: str, type_path: str, why: str | None) -> None:
        if isinstance(value, list):
            self._list(value, path, type_path, why)
            return
        resource = value.get("resourceType")
        if isinstance(resource, str):
            type_path, why = resource, self._unreferenced(value, why)
        lost = self.ledger.lost_in(value)
        for key, item in value.items():
            kind = f"{type_path}.{key}"
            if isinstance(item, (dict, list)):
                self.walk(item, f"{path}.{key}", kind, why or (self._reason(key, item) if key in _TELLING else None))
            elif key in lost and not (_is_always_implied(kind) and self.ledger.reason_at(value, key) is None):
                self._add(Leaf(f"{path}.{key}", kind, item, value, key), why)

    def _list(self, items: list[Any], path: str, type_path: str, why: str | None) -> None:
        read = [] if why or type_path == "Bundle.entry" or type_path.endswith(".contained") else self._read_members(items)
        others = any(read)
        for index, item in enumerate(items):
            if item is None:
                continue
            where, reason = f"{path}[{index}]", why
            if (
                others
                and not read[index]
                and (index or type_path.endswith(".coding"))
                and not type_path.endswith(".supportingInfo")
            ):
                reason = "IMGDA-0903"
            if isinstance(item, (dict, list)):
                self.walk(item, where, type_path, reason)
            else:
                leaf = Leaf(where, type_path, item, items, index)
                if self.ledger.is_lost(leaf):
                    self._add(leaf, reason)

    def _add(self, leaf: Leaf, why: str | None) -> None:
        if self.ledger.reason_of(leaf) or not is_implied(leaf, self.ledger):
            self.found.append((leaf, why))

    def _unreferenced(self, resource: dict[str, Any], why: str | None) -> str | None:
        if id(resource) in self.index.reached or self.ledger.has_read(resource):
            return None
        return why or "IMGDA-0905"

    def _reason(self, key: str, item: Any) -> str | None:
        """Why the leaves under an element are lost, where the element tells it."""
        if key in ("extension", "modifierExtension"):
            return "IMGDA-0904"
        if key == "coding" and not self.ledger.has_read(item):
            return "IMGDA-0902"
        return None

    def _read_members(self, items: list[Any]) -> list[bool]:
        """Which members of a list were read: where some were, each of the rest is a repetition."""
        return [
            self.ledger.has_read(item) if isinstance(item, (dict, list)) else self.ledger.is_read(items, index)
            for index, item in enumerate(items)
        ]


def find(root: Node, index: Index, policy: Losses) -> Iterator[Issue]:
    """Every loss of an input, one issue for each leaf."""
    search = _Search(root.ledger, index)
    search.walk(root.value, root.path, root.type_name, None)
    codes: dict[int, frozenset[str]] = {}
    for leaf, why in search.found:
        yield _loss(leaf, why, root, policy, codes)


def _loss(leaf: Leaf, why: str | None, root: Node, policy: Losses, codes: dict[int, frozenset[str]]) -> Issue:
    if isinstance(leaf.value, str) and leaf.value.isspace():
        return issue("IMGDA-0128", leaf.path)
    place = place_of(leaf.path, root.value, codes)
    reason = root.ledger.reason_of(leaf)
    kind = (reason.loss if reason else None) or _kind(place, why)
    if _is_critical(leaf, place, reason):
        kind = "critical"
    code = reason.code if reason else why or "IMGDA-0901"
    said: Severity = "information" if _is_allowed(place, policy.allow) else severity(kind, policy)
    parameters = dict(reason.parameters) if reason else None
    return issue(code, leaf.path, severity=said, loss=kind, value=str(leaf.value), parameters=parameters)


def _kind(place: Place, why: str | None) -> LossClass:
    """The class of a place; one more coding of a concept that is understood says the same in another code."""
    kind = loss_class(place.names, place.codes)
    is_synonym = why == "IMGDA-0903" and ".coding." in place.names
    return "clinical" if is_synonym and kind == "critical" else kind


_SAID = frozenset({"IMGDA-0908", "IMGDA-0910"})
"""Losses whose meaning stands in words, or belongs to nothing that is converted."""
_OF_THE_REQUEST = ("ServiceRequest", "BodyStructure")


_WORDS = frozenset({"valueString", "valueMarkdown", "valueCode", "display", "text"})
"""Leaves of an extension that hold words."""


def _is_critical(leaf: Leaf, place: Place, reason: Reason | None) -> bool:
    """Whether a lost leaf of the request is the code of a side, a contra-indication, a function or contrast.

    It is critical wherever it stands: what an unknown extension means is never guessed (docs/decisions.md, 26).
    """
    if place.owner not in _OF_THE_REQUEST or not isinstance(leaf.value, str) or (reason and reason.code in _SAID):
        return False
    container = leaf.container if isinstance(leaf.container, dict) else {}
    if ".extension" in leaf.path and leaf.key in _WORDS and names_a_side(leaf.value):
        return True
    uri = container.get("system") if leaf.key in ("code", "value") else None
    return is_critical(leaf.value, uri if isinstance(uri, str) else None)


class Place(NamedTuple):
    """Where a leaf stands, for the tables and patterns."""

    names: str
    """Path from the innermost resource without indexes; an extension with the last segment of its url in brackets."""
    urls: str
    """The same with the whole url in quotes, as FHIRPath has it."""
    plain: str
    """The same without the urls."""
    codes: frozenset[str]
    """The codes of the resource."""
    owner: str
    """Type of the resource of the input in which the leaf stands, be it in one contained there."""
    systems: tuple[str, ...] = ()
    """Its path once more for each code system of the concept in which it stands: ``ServiceRequest.orderDetail[SYSTEM].text``."""


_CONTAINERS = ("Bundle", "Parameters")


# layout: one walk, which keeps of each step what the tables and patterns ask for
def place_of(path: str, data: Any, known: dict[int, frozenset[str]] | None = None) -> Place:
    """The place of a FHIRPath in an input; *known* keeps the codes of each resource from one call to the next."""
    first, *steps = re.findall(r"[^.\[\]]+", path)
    names = urls = plain = first
    resource, value, last = data, data, first
    owner, concept = first, ("", data)
    for step in steps:
        if step.isdigit() and isinstance(value, list):
            value = value[int(step)]
        else:
            names, urls, plain, last = f"{names}.{step}", f"{urls}.{step}", f"{plain}.{step}", step
            value = value[step]
        if isinstance(value, dict):
            if isinstance(kind := value.get("resourceType"), str):
                names = urls = plain = kind
                resource = value
                owner = kind if owner in _CONTAINERS else owner
            elif last == "extension" and isinstance(url := value.get("url"), str):
                names += f"({url.rpartition('/')[2]})"
                urls += f"('{url}')"
            elif "coding" in value:
                concept = names, value
            elif last == "coding":
                concept = concept[0], {"coding": [value]}
    known = {} if known is None else known
    if id(resource) not in known:
        known[id(resource)] = _codes(resource)
    return Place(names, urls, plain, known[id(resource)], owner, _by_system(names, *concept))


def _by_system(names: str, prefix: str, concept: dict[str, Any]) -> tuple[str, ...]:
    """The path of a leaf with each code system of the concept in which it stands, behind the name of the concept."""
    if not prefix or not names.startswith(prefix) or not isinstance(concept["coding"], list):
        return ()
    systems = [coding.get("system") for coding in concept["coding"] if isinstance(coding, dict)]
    return tuple(f"{prefix}[{system}]{names[len(prefix) :]}" for system in systems if isinstance(system, str))


def _codes(resource: dict[str, Any]) -> frozenset[str]:
    code = resource.get("code")
    concept = code.get("concept", code) if isinstance(code, dict) else {}
    codings = concept.get("coding") if isinstance(concept, dict) else None
    return frozenset(str(c.get("code")) for c in codings or () if isinstance(c, dict))


def _is_allowed(place: Place, patterns: tuple[str, ...]) -> bool:
    return any(_pattern(pattern).match(path) for pattern in patterns for path in (place.names, place.urls, *place.systems))


@cache
def _pattern(text: str) -> re.Pattern[str]:
    """A pattern of the site settings: an element and all under it; ``*`` stands for one name, indexes do not matter.

    A code system in brackets stands for the concepts that have a code of it.
    """
    bare = re.sub(r"\[\d+\]", "", text)
    return re.compile(re.escape(bare).replace(r"\*", r"[^.]+") + r"(?![A-Za-z0-9_])")
