"""The reports of a check, written in one form, and the summary of all of them."""

from __future__ import annotations

import json
import textwrap
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from bridge.cli.check_text import ReportText
from bridge.cli.exits import Exit
from bridge.cli.files import write_output
from bridge.cli.speaker import Speaker
from bridge.findings.issues import Severity
from bridge.run.names import escaped
from bridge.views.overview import Cause, Overview, as_csv, page

if TYPE_CHECKING:
    from bridge.checks.report import Report

__all__ = ["ReportWriter"]

_WORDS = {
    "fr": {
        "summary": "{total} fichier(s) : {conform} conforme(s), {not-conform} non conforme(s), "
        "{without} sans verdict ; {counts}.",
        "nothing": "aucun constat",
        "often": "Règles les plus souvent enfreintes :",
        "overview": "Contrôle de documents IMG-DA-IMG",
        "count total": "Fichiers",
        "count conform": "Conformes",
        "count not-conform": "Non conformes",
        "count without": "Sans verdict",
    },
    "en": {
        "summary": "{total} file(s): {conform} conform, {not-conform} do not, {without} without a verdict; {counts}.",
        "nothing": "no finding",
        "often": "Rules broken most often:",
        "overview": "Check of documents IMG-DA-IMG",
        "count total": "Files",
        "count conform": "Conformant",
        "count not-conform": "Not conformant",
        "count without": "Without a verdict",
    },
}
_OVERVIEW = "imgda-report"
"""Name of the page about all the documents of a folder."""
_WITHOUT = {
    "no-document": Exit.UNREADABLE,
    "unreadable": Exit.UNREADABLE,
    "unknown-model": Exit.SETTINGS,
    "not-checked": Exit.INTERNAL,
}
"""The exit codes of what gets no verdict."""


class ReportWriter:
    """Writes reports in one form, then one summary."""

    def __init__(self, form: str, output: str, speaker: Speaker, *, several: bool, strict: bool) -> None:
        self._form = form
        self._output = output
        self._speaker = speaker
        self._several = several
        self._strict = strict
        self._text = ReportText(output, speaker)
        self._parts: list[str] = []
        self._counts: Counter[str] = Counter()
        self._codes: Counter[str] = Counter()
        self._sentences: dict[str, str] = {}
        self._findings: Counter[str] = Counter()
        self._causes: list[Cause] = []
        self._moments = [(time.monotonic(), 0)]

    def add(self, name: str, document: bytes, report: Report) -> Exit:
        """Write the report of one document, or keep it for the end; the exit code that it means."""
        path, name = name, escaped(name)
        language = self._speaker.language
        match self._form:
            case "text":
                self._parts.append(self._text.report(name, report))
            case "json":
                self._parts.append(json.dumps({"file": name, **report.to_dict(language)}, ensure_ascii=False, indent=2))
            case "junit":
                self._parts.append(report.suite(name, language, strict=self._strict))
            case "svrl":
                self._file(path, "svrl", report.to_svrl(language))
            case "html":
                self._file(path, "html", report.to_html(document, name, language))
        self._count(report)
        self._remember(name, report)
        if report.verdict in _WITHOUT:
            return _WITHOUT[report.verdict]
        return Exit.OK if (report.is_clean if self._strict else report.conforms) else Exit.DIFFERENT

    def _count(self, report: Report) -> None:
        """What the summary says of all documents."""
        self._counts.update({str(severity): count for severity, count in report.counts.items()})
        self._counts.update(["total", "without" if report.verdict in _WITHOUT else report.verdict])
        for found in report.issues:
            if found.is_error or report.decides(found):
                self._codes[found.code] += 1
                self._sentences.setdefault(found.code, found.text(self._speaker.language))

    def _remember(self, name: str, report: Report) -> None:
        """What the page about all documents tells of this one."""
        self._moments.append((time.monotonic(), self._counts["total"]))
        self._findings.update({found.code for found in report.issues})
        deciding = next((found for found in report.issues if report.decides(found)), None)
        if deciding is not None:
            self._causes.append(Cause(name, deciding.code))

    def _file(self, name: str, suffix: str, text: str) -> None:
        """A report with a file of its own."""
        target = self._output
        if target != "-" and Path(target).is_dir():
            flat = "_".join(part for part in Path(name).with_suffix("").parts if part not in ("/", "..", "."))
            target = str(Path(target) / f"{flat if self._several else Path(name).stem}.{suffix}")
        write_output(target, text.encode(), self._speaker)

    def end(self) -> None:
        """What stands in one file, and the summary."""
        if self._form == "text":
            write_output(self._output, "".join(self._parts).encode(), self._speaker)
        elif self._form == "json":
            text = ",\n".join(self._parts)
            write_output(self._output, (f"[\n{text}\n]\n" if self._several else f"{text}\n").encode(), self._speaker)
        elif self._form == "junit":
            from bridge.checks.report import suites

            write_output(self._output, suites(self._parts).encode(), self._speaker)
        elif self._form == "html" and self._several:
            self._overview()
        self._summary()

    def _overview(self) -> None:
        """One page about all the documents of a folder, and its CSV."""
        words = _WORDS[self._speaker.language]
        counts = {words[f"count {key}"]: self._counts[key] for key in ("total", "conform", "not-conform", "without")}
        found = Overview(words["overview"], counts, self._findings, self._causes, self._moments)
        for name, text in ((f"{_OVERVIEW}.html", page(found, self._speaker.language)), (f"{_OVERVIEW}.csv", as_csv(found))):
            write_output(str(Path(self._output) / name), text.encode(), self._speaker)

    def _summary(self) -> None:
        from bridge.checks.words import counted

        words, language = _WORDS[self._speaker.language], self._speaker.language
        severities: tuple[Severity, ...] = ("error", "warning", "information")
        counts = counted({key: self._counts[key] for key in severities}, language) or words["nothing"]
        numbers = {key: self._counts[key] for key in ("total", "conform", "not-conform", "without")}
        self._speaker.say(words["summary"].format_map({**numbers, "counts": counts}))
        if self._several and self._codes:
            self._speaker.say(words["often"])
            for code, count in self._codes.most_common(10):
                self._speaker.say(f"  {count:>6}  {code}  {textwrap.shorten(self._sentences[code], 60, placeholder=' …')}")
