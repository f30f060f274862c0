"""What a check found, and the forms in which it can be said."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, get_args
from xml.sax.saxutils import escape, quoteattr

from bridge.checks.recognise import NO_DOCUMENT, NO_MODEL, UNREADABLE
from bridge.checks.words import Verdict, further_words, verdict_words
from bridge.findings.issues import Issue, Language, Severity, operation_outcome
from bridge.findings.issues import issue as make_issue
from bridge.settings import Limits

__all__ = ["Report", "in_order", "suites", "told"]

_RANK = {"fatal": 0, "error": 1, "warning": 2, "information": 3}
_NOT_CHECKED = frozenset({"IMGDA-1655", "IMGDA-1661"})
"""Findings without which nobody knows what a rule would have said."""
_WITHOUT_VERDICT = NO_DOCUMENT | UNREADABLE | _NOT_CHECKED | {NO_MODEL}
_AND_MORE = "IMGDA-0114"
"""The finding that counts those that are not told."""
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'


@dataclass(frozen=True, slots=True)
class Report:
    """The findings of one document."""

    model: str
    """Version of the model IMG-DA-IMG whose rules were applied."""
    issues: tuple[Issue, ...]
    """Errors first, then in the order of the document; beyond a limit, only how many more."""
    limit: int = field(default=Limits().findings, kw_only=True, compare=False)
    """How many findings are told at most."""

    @property
    def verdict(self) -> Verdict:
        """Whether the document conforms to its model, or why that cannot be said."""
        codes = {found.code for found in self.issues}
        if codes & NO_DOCUMENT:
            return "no-document"
        if codes & UNREADABLE:
            return "unreadable"
        if NO_MODEL in codes:
            return "unknown-model"
        if any(found.is_official for found in self.issues):
            return "not-conform"
        return "not-checked" if codes & _NOT_CHECKED else "conform"

    @property
    def conforms(self) -> bool:
        """Whether the document conforms to its model: no finding that the official XSD or a Schematron would have as well."""
        return self.verdict == "conform"

    @property
    def is_judged(self) -> bool:
        """Whether there is a verdict at all: the rules of the model could be applied."""
        return self.verdict in ("conform", "not-conform")

    @property
    def further(self) -> tuple[Issue, ...]:
        """The findings that the verdict does not depend on: the official XSD and Schematrons have no rule for them."""
        return tuple(found for found in self.issues if not self.decides(found))

    def decides(self, found: Issue) -> bool:
        """Whether the verdict depends on a finding."""
        return found.is_official or found.code in _WITHOUT_VERDICT

    @property
    def is_valid(self) -> bool:
        """Whether there is no error at all, among what decides the verdict and among the further findings."""
        return not any(found.is_error for found in self.issues)

    @property
    def is_clean(self) -> bool:
        """Whether the document conforms and has neither an error nor a warning besides: what ``--strict`` asks for."""
        return self.conforms and not any(found.severity != "information" for found in self.issues)

    @property
    def counts(self) -> Mapping[Severity, int]:
        """How many findings each severity has."""
        return _counts(self.issues)

    def says(self, language: Language = "fr") -> tuple[str, str]:
        """Both verdicts in words: whether the document conforms, and what was found besides."""
        further = further_words(_counts(self.further), language, judged=self.is_judged)
        return verdict_words(self.verdict, self.model, language), further

    def outcome(self, language: Language = "fr") -> dict[str, Any]:
        """The findings as a FHIR OperationOutcome."""
        return operation_outcome(self.issues, language)

    def to_dict(self, language: Language = "fr") -> dict[str, Any]:
        """The report as JSON data."""
        verdict, further = self.says(language)
        return {
            "model": self.model if self.is_judged else None,
            "verdict": self.verdict,
            "conforms": self.conforms if self.is_judged else None,
            "text": [verdict, further],
            "further": dict(_counts(self.further)),
            "valid": self.is_valid,
            "counts": dict(self.counts),
            "issues": [{**found.to_dict(language, values=True), "decides": self.decides(found)} for found in self.issues],
        }

    def to_json(self, language: Language = "fr") -> str:
        """The report as a JSON text."""
        return json.dumps(self.to_dict(language), ensure_ascii=False, indent=2)

    def to_svrl(self, language: Language = "fr") -> str:
        """The report as SVRL, the report language of Schematron: errors are failed assertions, the others reports.

        Source: ISO/IEC 19757-3:2020, annex D.
        """
        lines = [
            f'{_XML}<svrl:schematron-output xmlns:svrl="http://purl.oclc.org/dsdl/svrl" title="IMG-DA-IMG {escape(self.model)}"'
            ' schemaVersion="ISO19757-3">',
            '  <svrl:ns-prefix-in-attribute-values prefix="cda" uri="urn:hl7-org:v3"/>',
            "  <svrl:active-pattern/>",
        ]
        for found in self.issues:
            name = "failed-assert" if found.is_error or self.decides(found) else "successful-report"
            place = quoteattr(_prefixed(found.path or "/"))
            lines += [
                f'  <svrl:{name} id="{found.code}" role="{found.severity}" location={place} test="{found.code}">',
                f"    <svrl:text>{escape(_sentence(found, language))}</svrl:text>",
                f"  </svrl:{name}>",
            ]
        return "\n".join([*lines, "</svrl:schematron-output>", ""])

    def to_junit(self, name: str, language: Language = "fr", *, strict: bool = False) -> str:
        """The report as JUnit XML: a test for each finding, failed where it decides the verdict; *strict*, for warnings too."""
        return suites([self.suite(name, language, strict=strict)])

    def suite(self, name: str, language: Language = "fr", *, strict: bool = False) -> str:
        """The report as the element ``testsuite`` of JUnit, with both verdicts as properties."""
        verdict, further = self.says(language)
        failing = [self.decides(found) or (strict and found.severity != "information") for found in self.issues]
        cases = [_case(found, language, failed=bad) for found, bad in zip(self.issues, failing, strict=True)]
        cases = cases or [f'    <testcase classname="imgda" name={quoteattr(verdict)}/>']
        return "\n".join(
            [
                f'  <testsuite name={quoteattr(name)} tests="{len(cases)}" failures="{sum(failing)}" errors="0">',
                "    <properties>",
                f'      <property name="verdict" value={quoteattr(verdict)}/>',
                f'      <property name="further" value={quoteattr(further)}/>',
                "    </properties>",
                *cases,
                "  </testsuite>",
            ]
        )

    def joined(self, other: Report) -> Report:
        """This report with the findings of another about the same document."""
        return Report(self.model, told((*self.issues, *other.issues), self.limit), limit=self.limit)

    def to_html(self, document: bytes, name: str = "", language: Language = "fr") -> str:
        """The report as one page that needs nothing else, with excerpts of the document and its narrative."""
        from bridge.views.report import page

        return page(self, document, name, language)


def _counts(issues: Iterable[Issue]) -> dict[Severity, int]:
    found = Counter(issue.severity for issue in issues)
    return {severity: found[severity] for severity in get_args(Severity)}


def told(found: Iterable[Issue], limit: int) -> tuple[Issue, ...]:
    """The first findings :func:`in_order`, and how many more there are; those without which the verdict is another are kept."""
    known = [*found]
    every = in_order(issue for issue in known if issue.code != _AND_MORE)
    first, rest = every[:limit], every[limit:]
    kept = {issue.code: issue for issue in rest if issue.code in _WITHOUT_VERDICT}
    if not any(issue.is_official for issue in first):
        kept |= {issue.code: issue for issue in rest if issue.is_official}
    more = len(rest) - len(kept) + sum(int(issue.parameters["count"]) for issue in known if issue.code == _AND_MORE)
    return (*first, *kept.values(), *([make_issue(_AND_MORE, None, count=str(more))] if more else []))


def in_order(found: Iterable[Issue]) -> tuple[Issue, ...]:
    """Each finding once, errors first, otherwise in the order in which they were found."""
    unique = {(issue.code, issue.path, issue.value, tuple(issue.parameters.items())): issue for issue in found}
    return tuple(sorted(unique.values(), key=lambda issue: _RANK[issue.severity]))


def suites(parts: list[str]) -> str:
    """Elements ``testsuite`` as one JUnit file."""
    return "\n".join([f"{_XML}<testsuites>", *parts, "</testsuites>", ""])


def _case(found: Issue, language: Language, *, failed: bool) -> str:
    head = f'    <testcase classname="{found.code}" name={quoteattr(found.path or "/")}>'
    text = _sentence(found, language)
    said = f"{text}\n{found.remedy(language)} [{found.source}]"
    body = (
        f'<failure type="{found.severity}" message={quoteattr(text)}>{escape(said)}</failure>'
        if failed
        else f"<system-out>{escape(found.severity)}: {escape(said)}</system-out>"
    )
    return f"{head}{body}</testcase>"


def _sentence(found: Issue, language: Language) -> str:
    return f"{found.text(language)} {found.value}" if found.value else found.text(language)


def _prefixed(path: str) -> str:
    """A path with the prefix of CDA on the names that have none."""
    return "/".join(step if not step or ":" in step else f"cda:{step}" for step in path.split("/"))
