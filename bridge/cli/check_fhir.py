"""``imgda check --fhir``: whether FHIR meets the profiles that it claims."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from bridge.cli.exits import Exit
from bridge.cli.files import read_input, write_output
from bridge.cli.speaker import Speaker

if TYPE_CHECKING:
    from bridge.checks.fhir import FhirReport
    from bridge.findings.issues import Issue
    from bridge.settings import Limits

__all__ = ["check_files"]

_WORDS = {
    "fr": {
        "ok": "conforme à ce qu'il revendique",
        "bad": "non conforme à ce qu'il revendique",
        "none": "aucun profil connu revendiqué",
        "summary": "{total} fichier(s) : {valid} conforme(s), {invalid} non conforme(s).",
    },
    "en": {
        "ok": "meets what it claims",
        "bad": "does not meet what it claims",
        "none": "no known profile claimed",
        "summary": "{total} file(s): {valid} conform, {invalid} do not.",
    },
}


def check_files(files: tuple[str, ...], form: str, output: str, limits: Limits, speaker: Speaker) -> Exit:
    """Check FHIR files and write one report; the exit code as ``imgda check`` has it, 65 for what is no FHIR."""
    if form not in ("text", "json"):
        raise click.UsageError("--fhir reports as text or json")
    code, reports = Exit.OK, []
    for name in files:
        try:
            source = read_input(name, speaker)
        except SystemExit:
            code = Exit.NO_INPUT
            continue
        report = _report(name, source, limits, speaker)
        if report is None:
            code = code or Exit.UNREADABLE
        else:
            reports.append((name, report))
            code = code or (Exit.OK if report.is_valid else Exit.DIFFERENT)
    _write(reports, form, output, speaker)
    return code


def _report(name: str, source: bytes, limits: Limits, speaker: Speaker) -> FhirReport | None:
    """The report of one file; None for what is no FHIR, which is said, so that the others are checked all the same."""
    from bridge.checks.fhir import check_fhir
    from bridge.findings.errors import SourceError

    try:
        return check_fhir(source, limits=limits)
    except SourceError as error:
        speaker.say(f"{name}:")
        speaker.issues(error.issues)
        return None


def _write(reports: list[tuple[str, FhirReport]], form: str, output: str, speaker: Speaker) -> None:
    words, language = _WORDS[speaker.language], speaker.language
    if form == "json":
        data = [{"file": name, **report.to_dict(language)} for name, report in reports]
        text = json.dumps(data[0] if len(data) == 1 else data, ensure_ascii=False, indent=2) + "\n"
    else:
        text = "".join(line + "\n" for name, report in reports for line in _lines(name, report, speaker))
    write_output(output, text.encode(), speaker)
    valid = sum(report.is_valid for _, report in reports)
    speaker.say(words["summary"].format(total=len(reports), valid=valid, invalid=len(reports) - valid))


def _lines(name: str, report: FhirReport, speaker: Speaker) -> list[str]:
    words = _WORDS[speaker.language]
    if report.is_valid and speaker.quiet:
        return []
    verdict = words["ok" if report.is_valid else "bad"] if report.profiles else words["none"]
    lines = [f"{name}: {verdict} (FHIR {report.version})"]
    if not speaker.quiet:
        lines += [f"  {profile}: {count}" for profile, count in report.profiles]
    return [*lines, *(line for found in report.issues for line in _of_issue(found, speaker))]


def _of_issue(found: Issue, speaker: Speaker) -> Iterator[str]:
    """A finding with its place and remedy: errors always, warnings unless quiet, notes when verbose."""
    language = speaker.language
    if found.is_error or speaker.verbose or (found.severity == "warning" and not speaker.quiet):
        yield f"  {speaker.word(found.severity)} {found.code} {found.text(language)}"
        for label, value in (("where", found.path), ("remedy", found.remedy(language))):
            if value:
                yield f"      {speaker.word(label)} {value}"
