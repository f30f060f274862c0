"""Checks FHIR: its structure, and whether it meets the French document profiles that it claims.

Source: docs/check.md, "FHIR"; mappings/profiles.csv; FHIR R4 4.0.1.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bridge.fhir.profiles import claims
from bridge.fhir.source import parse, structure
from bridge.findings.issues import Issue, Language, issue
from bridge.settings import Limits

__all__ = ["FhirReport", "check_fhir"]

_CODES = {"card": "IMGDA-1850", "entries": "IMGDA-1850", "fixed": "IMGDA-1851", "target": "IMGDA-1853"}
_CODES |= dict.fromkeys(("binding", "system"), "IMGDA-1852")


@dataclass(frozen=True, slots=True)
class FhirReport:
    """What was found in one FHIR input."""

    issues: tuple[Issue, ...]
    version: str
    """``R4``, ``R4B`` or ``R5``."""
    profiles: tuple[tuple[str, int], ...]
    """The profiles that were checked, each with the number of resources that claim it."""

    @property
    def is_valid(self) -> bool:
        """Whether the structure is FHIR and every claim that is known is met."""
        return not any(found.is_error for found in self.issues)

    def to_dict(self, language: Language = "fr") -> dict[str, Any]:
        """The report as JSON data, free of values of the input."""
        return {
            "valid": self.is_valid,
            "fhir": self.version,
            "profiles": dict(self.profiles),
            "issues": [found.to_dict(language) for found in self.issues],
        }


def check_fhir(source: bytes | str, *, fhir: str | None = None, limits: Limits | None = None) -> FhirReport:
    """Check a Bundle or resource, JSON or XML. *fhir* states the version instead of finding it out, *limits*
    bounds what is read.

    Profiles are checked by the table ``mappings/profiles.csv``, whose rules are for R4; a claim that the table does not know is
    an information. Raises :class:`SourceError` for what is no FHIR.
    """
    parsed = parse.parse(source, limits=limits, version=fhir)
    found = [*parsed.issues, *structure.check(parsed.resource, parsed.version)]
    known = Counter(name for _, resource, _ in claims.resources(parsed.resource) for name in claims.claims(resource))
    is_sound = not any(each.is_error for each in found)
    if parsed.version == "R5" or not is_sound:
        known.clear()
    else:
        found += _of_profiles(parsed.resource)
    if is_sound and not known:
        found.append(issue("IMGDA-1857", str(parsed.resource["resourceType"])))
    return FhirReport(tuple(found), parsed.version, tuple(sorted(known.items())))


def _of_profiles(resource: dict[str, Any]) -> Iterator[Issue]:
    yield from {str(found): found for found in map(_broken, claims.broken(resource))}.values()
    for path, each, _ in claims.resources(resource):
        yield from (issue("IMGDA-1855", f"{path}.meta.profile[{index}]") for index in claims.unknown_claims(each))
    for found in claims.unrecognised(resource):
        yield issue("IMGDA-1856", found.path, profile=found.profile, source=_source(found), expected=found.rule.value)


def _broken(found: claims.Broken) -> Issue:
    code = _CODES.get(found.rule.kind, "IMGDA-1854")
    expected = found.rule.value or found.rule.path
    parameters = {"profile": found.profile, "source": _source(found), "expected": expected, "count": found.found}
    return issue(code, found.path, parameters=parameters)


def _source(found: claims.Broken) -> str:
    """Package and profile of the rule, which may be that of a parent or datatype."""
    return f"{found.rule.source}, {found.rule.profile}, {found.rule.path}"
