"""Whether FHIR resources meet the profiles that they claim in ``meta.profile``.

``mappings/profiles.csv`` holds the rules of the French document profiles and of their parents, one a row, with its source. A
small engine walks the JSON of a resource along the path of a rule and tells each place that breaks it. An element that stands
there with a data-absent-reason instead of a value counts as present, as FHIR has it.

The rules are structural: cardinalities, fixed values, required bindings, targets of references, slices. What FHIR R4 itself
demands of a resource is told by :mod:`bridge.fhir.source.structure`. Source: docs/fhir.md, "Profiles".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from bridge.fhir.profiles.paths import Path, PathValue, parse_path
from bridge.fhir.profiles.rules import (
    Rule,
    ancestry,
    bare_codes,
    claims,
    is_bound,
    is_member,
    profile_name,
    profiles,
    rules,
    unknown_claims,
)

__all__ = ["Broken", "Rule", "broken", "claims", "is_member", "keep_true", "profiles", "rules", "unknown_claims", "unrecognised"]

JSON = dict[str, Any]


class Broken(NamedTuple):
    """A place where a resource breaks a rule of a profile."""

    profile: str
    """The profile that the resource claims; the rule may be that of a parent or of a datatype."""
    rule: Rule
    path: str
    """FHIRPath."""
    found: str = ""
    """How many there are, for a cardinality."""


# --- the engine ------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Checker:
    """Checks the resources of one input."""

    root: JSON
    by_url: dict[str, JSON] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for _, resource, url in resources(self.root):
            self.by_url[url] = resource
            self.by_url.setdefault(f"{resource.get('resourceType')}/{resource.get('id')}", resource)

    def resource(self, resource: JSON, path: str) -> Iterator[Broken]:
        """What one resource breaks of what it claims."""
        for profile in claims(resource):
            for broken_rule in self.profile(profile, PathValue(resource, path)):
                yield broken_rule._replace(profile=profile)

    def profile(self, profile: str, item: PathValue, *, slices: bool = False) -> Iterator[Broken]:
        """What a resource or datatype breaks of a profile; or, with *slices*, what of it stands in no slice of the profile."""
        for rule in rules(profile):
            if rule.kind == "slice" if slices else rule.kind != "slice":
                if _is_out_of_reach(rule, item.value):
                    continue
                if all(bool(self.at(item, path)) is wanted for wanted, path in rule.conditions):
                    yield from _KINDS[rule.kind](self, rule, item)

    def at(self, item: PathValue, path: Path) -> list[PathValue]:
        """The items that a path leads to."""
        found = [item]
        for step in path:
            found = [inner for outer in found for inner in step.of(outer, self.target, bare_codes)]
        return found

    def target(self, reference: JSON) -> JSON | None:
        """The resource of the input that a reference leads to."""
        url = reference.get("reference")
        return self.by_url.get(url) if isinstance(url, str) else None

    # --- kinds of rules ---

    def card(self, rule: Rule, item: PathValue) -> Iterator[Broken]:
        low, _, high = rule.value.partition("..")
        for outer in self.at(item, rule.steps[:-1]):
            count = len(rule.steps[-1].of(outer, self.target, bare_codes))
            if count < int(low) or (high != "*" and count > int(high)):
                yield Broken(rule.profile, rule, f"{outer.path}.{rule.steps[-1].name}", str(count))

    def fixed(self, rule: Rule, item: PathValue) -> Iterator[Broken]:
        for found in self._known(rule, item):
            value = found.value
            if isinstance(value, dict):
                codings = value.get("coding", [value])
                same = any(_is_pattern(rule.value, coding) for coding in codings if isinstance(coding, dict))
            else:
                same = str(value).lower() == rule.value if isinstance(value, bool) else value == rule.value
            if not same:
                yield Broken(rule.profile, rule, found.path)

    def binding(self, rule: Rule, item: PathValue) -> Iterator[Broken]:
        for found in self._known(rule, item):
            if not is_bound(found.value, rule.value):
                yield Broken(rule.profile, rule, found.path)

    def system(self, rule: Rule, item: PathValue) -> Iterator[Broken]:
        for found in self._known(rule, item):
            codings = found.value.get("coding", ()) if isinstance(found.value, dict) else ()
            if not any(isinstance(c, dict) and c.get("system") == rule.value and c.get("code") for c in codings):
                yield Broken(rule.profile, rule, found.path)

    def matches(self, rule: Rule, item: PathValue) -> Iterator[Broken]:
        for found in self._known(rule, item):
            if not re.fullmatch(rule.value, str(found.value)):
                yield Broken(rule.profile, rule, found.path)

    def target_of(self, rule: Rule, item: PathValue) -> Iterator[Broken]:
        """A reference to what is not in the input cannot be judged; nor can one by identifier or words alone."""
        wanted = set(rule.value.split())
        for found in self._known(rule, item):
            if not isinstance(found.value, dict) or (resource := self.target(found.value)) is None:
                continue
            kinds = {str(resource.get("resourceType"))}.union(*map(ancestry, claims(resource)))
            if not kinds & wanted:
                yield Broken(rule.profile, rule, found.path)

    def datatype(self, rule: Rule, item: PathValue) -> Iterator[Broken]:
        for found in self.at(item, rule.steps):
            if isinstance(found.value, dict):
                yield from self.profile(rule.value, found)

    def slice(self, rule: Rule, item: PathValue) -> Iterator[Broken]:
        """Each item of the path stands in a slice: what the slice is told by is there."""
        for found in self.at(item, rule.steps):
            if not self.at(found, parse_path(rule.value)):
                yield Broken(rule.profile, rule, found.path)

    def not_both(self, rule: Rule, item: PathValue) -> Iterator[Broken]:
        for found in self.at(item, rule.steps):
            if isinstance(found.value, dict) and all(found.value.get(name) for name in rule.value.split()):
                yield Broken(rule.profile, rule, found.path)

    def any_of(self, rule: Rule, item: PathValue) -> Iterator[Broken]:
        for found in self.at(item, rule.steps):
            if not any(self.at(found, parse_path(text)) for text in rule.value.split(" or ")):
                yield Broken(rule.profile, rule, found.path)

    def some(self, rule: Rule, item: PathValue) -> Iterator[Broken]:
        """Each reference of the path leads to a resource in which the rest of the path leads somewhere."""
        index = next(i for i, step in enumerate(rule.steps) if step.name == "resolve()")
        for found in self.at(item, rule.steps[:index]):
            resolved = self.at(found, rule.steps[index : index + 1])
            if resolved and not any(self.at(each, rule.steps[index + 1 :]) for each in resolved):
                yield Broken(rule.profile, rule, found.path)

    def entries(self, rule: Rule, item: PathValue) -> Iterator[Broken]:
        """How many entries hold a resource of these profiles."""
        card, *wanted = rule.value.split()
        low, _, high = card.partition("..")
        resources_here = [found.value.get("resource") for found in self.at(item, rule.steps) if isinstance(found.value, dict)]
        count = sum(bool(set(claims(r)) & set(wanted)) for r in resources_here if isinstance(r, dict))
        if count < int(low) or (high != "*" and count > int(high)):
            yield Broken(rule.profile, rule, f"{item.path}.entry", str(count))

    def _known(self, rule: Rule, item: PathValue) -> Iterator[PathValue]:
        """The items of a rule that have a value; one with the reason of its absence has none."""
        return (found for found in self.at(item, rule.steps) if not found.is_absent)


def _is_out_of_reach(rule: Rule, value: JSON) -> bool:
    """Whether the first element of the path is not there, so that nothing can break the rule but its being demanded."""
    if not rule.steps or rule.steps[0].name.endswith(("*", ")")):
        return False
    name = rule.steps[0].name
    if name in value or f"_{name}" in value:
        return False
    return rule.kind not in ("card", "entries") or len(rule.steps) > 1 or rule.value.startswith("0")


_KINDS = {
    "card": _Checker.card,
    "fixed": _Checker.fixed,
    "binding": _Checker.binding,
    "system": _Checker.system,
    "matches": _Checker.matches,
    "target": _Checker.target_of,
    "datatype": _Checker.datatype,
    "not-both": _Checker.not_both,
    "any": _Checker.any_of,
    "some": _Checker.some,
    "entries": _Checker.entries,
    "slice": _Checker.slice,
}


def _is_pattern(wanted: str, coding: JSON) -> bool:
    """Whether a Coding has the system, code and, where the rule has one, label of ``system|code|display``."""
    parts = wanted.split("|")
    return all(coding.get(name) == part for name, part in zip(("system", "code", "display"), parts, strict=False))


# --- inputs ----------------------------------------------------------------------------------------------------------


def resources(root: JSON) -> Iterator[tuple[str, JSON, str]]:
    """A resource, those of its entries and those contained in them: FHIRPath, resource and URL by which it is referred to."""
    kind = str(root.get("resourceType"))
    yield kind, root, ""
    yield from _contained(kind, root)
    entries = root.get("entry")
    for index, entry in enumerate(entries if kind == "Bundle" and isinstance(entries, list) else ()):
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(resource, dict):
            path = f"{kind}.entry[{index}].resource"
            yield path, resource, str(entry.get("fullUrl"))
            yield from _contained(path, resource)


def _contained(path: str, resource: JSON) -> Iterator[tuple[str, JSON, str]]:
    inner = resource.get("contained")
    for index, each in enumerate(inner if isinstance(inner, list) else ()):
        if isinstance(each, dict):
            yield f"{path}.contained[{index}]", each, f"#{each.get('id')}"


def broken(root: JSON) -> list[Broken]:
    """Every place of a Bundle or resource that breaks a profile claimed there."""
    checker = _Checker(root)
    return [found for path, resource, _ in resources(root) for found in checker.resource(resource, path)]


def unrecognised(root: JSON) -> list[Broken]:
    """What stands in no slice of a profile that is claimed, where the profile has one for it: right, but read by fewer."""
    checker = _Checker(root)
    return [
        found._replace(profile=profile)
        for path, resource, _ in resources(root)
        for profile in claims(resource)
        for found in checker.profile(profile, PathValue(resource, path), slices=True)
    ]


def keep_true(root: JSON) -> None:
    """Take back, in place, every claim that is not met, until all that is claimed is true.

    A resource that points to another one may claim no more than that one does, so that this is done again until nothing changes.
    """
    while found := {(rule.path.partition(" ")[0], rule.profile) for rule in _claimed(root)}:
        for path, resource, _ in resources(root):
            if lost := {profile for where, profile in found if where == path}:
                _take_back(resource, lost)


def _claimed(root: JSON) -> Iterator[Broken]:
    """Each claim that is broken, at the path of its resource."""
    checker = _Checker(root)
    for path, resource, _ in resources(root):
        for profile in claims(resource):
            if (first := next(checker.profile(profile, PathValue(resource, path)), None)) is not None:
                yield first._replace(profile=profile, path=path)


def _take_back(resource: JSON, names: set[str]) -> None:
    meta = resource["meta"]
    kept = [url for url in meta["profile"] if profile_name(url) not in names]
    meta["profile"] = kept
    if not kept:
        del meta["profile"]
    if not meta:
        del resource["meta"]
