"""What a conversion found, assumed or lost, as data.

Every issue has a stable code (``IMGDA-0123``), a place (FHIRPath, or XPath on the way back), a sentence and a remedy in French
and in English, and the source of its rule. The sentences stand in ``mappings/issues.csv``; they never hold a value of the
input, so that an issue may go to a log. :attr:`Issue.value`, for the eyes of the sender alone, is the exception: no
serialisation shows it unless asked.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Literal, NamedTuple

from bridge.findings.doors import in_words_of_the_door
from bridge.findings.groups import grouped
from bridge.tables.examples import snippets
from bridge.tables.shipped import folder

__all__ = ["Issue", "LossClass", "Severity", "catalogue", "issue", "operation_outcome"]

Severity = Literal["fatal", "error", "warning", "information"]
Language = Literal["fr", "en"]
LossClass = Literal["critical", "clinical", "administrative", "technical"]

CODE_SYSTEM = "urn:x-bridge:issues"
"""System of our codes in an OperationOutcome."""
LOSS_SYSTEM = "urn:x-bridge:losses"
"""System of the classes of a loss in an OperationOutcome, beside its code: critical, clinical, administrative, technical."""


class Entry(NamedTuple):
    """One row of ``mappings/issues.csv``."""

    code: str
    severity: Severity
    fhir_code: str
    """FHIR: OperationOutcome.issue.code (http://hl7.org/fhir/issue-type)."""
    source: str
    fr: str
    en: str
    remedy_fr: str
    remedy_en: str
    official: str = ""
    """Of what a check finds, whether the official XSD or a Schematron also refuses it: ``yes``; ``header``, outside the body;
    ``error``, where its severity is an error."""

    def said(self, language: Language) -> str:
        """What is wrong, its parameters not filled in."""
        return in_words_of_the_door(self.fr if language == "fr" else self.en, language)

    def advised(self, language: Language) -> str:
        """What to do, its parameters not filled in."""
        return in_words_of_the_door(self.remedy_fr if language == "fr" else self.remedy_en, language)


@cache
def catalogue() -> Mapping[str, Entry]:
    """Every issue that the bridge can raise, by its code."""
    with open(folder("mappings") / "issues.csv", encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        return {row[0]: Entry(*row) for row in rows}  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Issue:
    """One finding. FHIR: OperationOutcome.issue."""

    code: str
    """Stable, ``IMGDA-`` and four digits."""
    severity: Severity
    path: str | None = None
    """FHIRPath into the input, or XPath into a document."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """What the sentences are filled with; never a value of the input."""
    loss: LossClass | None = None
    """Set when a value of the input does not reach the output: how much that matters."""
    value: str | None = field(default=None, repr=False, compare=False)
    """The value concerned. Patient data: shown only on request, never logged."""

    def text(self, language: Language = "fr") -> str:
        """The sentence that says what is wrong; a parameter that is the code of another finding stands for its sentence."""
        known = catalogue()
        because = {
            name: getattr(known[code], language).format_map(self.parameters)
            for name, code in self.parameters.items()
            if code in known
        }
        text = known[self.code].said(language).format_map({**self.parameters, **because})
        return text.strip()

    def remedy(self, language: Language = "fr") -> str:
        """The sentence that says what to do, in the words of the door that was used (:mod:`bridge.findings.doors`)."""
        return catalogue()[self.code].advised(language).format_map(self.parameters)

    @property
    def example(self) -> str:
        """FHIR that would be right, with the URI of its codes; empty where the table of examples has none."""
        return snippets().get(self.code, "")

    @property
    def source(self) -> str:
        """Document, version and section of the rule."""
        return catalogue()[self.code].source.format_map(self.parameters)

    @property
    def is_error(self) -> bool:
        """Whether no document may be written."""
        return self.severity in ("fatal", "error")

    @property
    def is_official(self) -> bool:
        """Whether the official XSD or a Schematron, whatever its role, also refuses what this finding of a check says."""
        match catalogue()[self.code].official:
            case "yes":
                return True
            case "header":
                return "/structuredBody" not in (self.path or "")
            case "error":
                return self.is_error
        return False

    def with_severity(self, severity: Severity) -> Issue:
        """The same finding, weighed otherwise."""
        return replace(self, severity=severity)

    def to_dict(self, language: Language = "fr", *, values: bool = False) -> dict[str, Any]:
        """The issue as JSON data; *values* adds the value of the input."""
        data: dict[str, Any] = {"code": self.code, "severity": self.severity, "path": self.path}
        if self.loss:
            data["loss"] = self.loss
        data |= {"text": self.text(language), "remedy": self.remedy(language), "source": self.source}
        if self.example:
            data["example"] = self.example
        if values and self.value is not None:
            data["value"] = self.value
        return data

    def __str__(self) -> str:
        return f"{self.code} {self.text('en')} @ {self.path or '-'}"


def issue(
    code: str,
    path: str | None,
    /,
    *,
    severity: Severity | None = None,
    loss: LossClass | None = None,
    value: str | None = None,
    parameters: Mapping[str, str] | None = None,
    **more: str,
) -> Issue:
    """An issue of the catalogue, with its usual severity unless told otherwise. Raises KeyError for an unknown code.

    The parameters of the sentences come one by one, or ready-made as *parameters*.
    """
    return Issue(code, severity or catalogue()[code].severity, path, {**(parameters or {}), **more}, loss, value)


def operation_outcome(issues: Iterable[Issue], language: Language = "fr") -> dict[str, Any]:
    """The issues as a FHIR R4 OperationOutcome, free of patient data; "all OK" when there is none.

    What is said of several values of one resource is one issue with each of their places.
    """
    entries = [_outcome(group, language) for group in grouped(issues)]
    nothing = {"severity": "information", "code": "informational", "details": {"text": "OK"}}
    return {"resourceType": "OperationOutcome", "issue": entries or [nothing]}


def _outcome(group: list[Issue], language: Language) -> dict[str, Any]:
    """FHIR: OperationOutcome.issue."""
    found, paths = group[0], [one.path for one in group if one.path]
    coding = [{"system": CODE_SYSTEM, "code": found.code}]
    if found.loss:
        coding.append({"system": LOSS_SYSTEM, "code": found.loss})
    return {
        "severity": found.severity,
        "code": catalogue()[found.code].fhir_code,
        "details": {"coding": coding, "text": found.text(language)},
        "diagnostics": " ".join(filter(None, (found.remedy(language), found.example, f"[{found.source}]"))),
        **({"expression": paths} if paths else {}),
    }
