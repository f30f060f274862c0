"""The report of a check as text: on a terminal folded and in colour, in a file or a pipe whole lines."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from shutil import get_terminal_size
from typing import TYPE_CHECKING

import click

from bridge.cli.speaker import Speaker
from bridge.findings.issues import Issue
from bridge.run.names import calm

if TYPE_CHECKING:
    from bridge.checks.report import Report

__all__ = ["ReportText"]

_WORDS = {
    "fr": {
        "official": "Ce qui fait la conformité :",
        "further": "Autres constats :",
        "hidden": "{count} non montré(s) : --verbose les montre.",
        "places": "… et {count} autres endroits",
    },
    "en": {
        "official": "What conformity depends on:",
        "further": "Further findings:",
        "hidden": "{count} not shown: --verbose shows them.",
        "places": "… and {count} other places",
    },
}
_PLACES = 5
"""Places shown of one rule, unless --verbose."""


class ReportText:
    """Writes the report of one document as text."""

    def __init__(self, output: str, speaker: Speaker) -> None:
        self._speaker = speaker
        self._is_terminal = output == "-" and sys.stdout.isatty()

    def report(self, name: str, report: Report) -> str:
        """Both verdicts, then the findings: those that decide first, each rule once with its places."""
        if self._speaker.quiet and report.conforms and not any(found.is_error for found in report.issues):
            return ""
        verdict, further = report.says(self._speaker.language)
        head = [name, self._line(self._coloured(verdict, report), 2), self._line(further, 2)]
        found = self._findings(report) if report.is_judged else ["", *self._rules(report.issues)]
        return "\n".join([*head, *found, "", ""])

    def _findings(self, report: Report) -> Iterator[str]:
        """What conformity depends on, what was found besides, and how much of that is not shown."""
        words = _WORDS[self._speaker.language]
        deciding = [found for found in report.issues if report.decides(found)]
        shown = [found for found in report.further if self._is_shown(found)]
        for key, issues in (("official", deciding), ("further", shown)):
            if issues:
                yield from ("", self._line(words[key], 2), *self._rules(issues))
        if hidden := len(report.further) - len(shown):
            yield from ("", self._line(words["hidden"].format(count=hidden), 2))

    def _rules(self, issues: Iterable[Issue]) -> Iterator[str]:
        return (line for group in _grouped(issues) for line in self._rule(group))

    def _coloured(self, verdict: str, report: Report) -> str:
        if not self._is_terminal:
            return verdict
        return click.style(verdict, fg="green" if report.conforms else "red", bold=True)

    def _is_shown(self, found: Issue) -> bool:
        if found.is_error or self._speaker.verbose:
            return True
        return found.severity == "warning" and not self._speaker.quiet

    def _rule(self, group: list[Issue]) -> Iterator[str]:
        """One rule that was broken: its sentence, its remedy, its places."""
        found, language = group[0], self._speaker.language
        yield self._line(f"{self._speaker.word(found.severity)} {found.code} {found.text(language)}", 2)
        yield self._labelled("remedy", found.remedy(language))
        for one in group if self._speaker.verbose else group[:_PLACES]:
            if one.value:
                yield self._line(one.value, 6)
            if one.path:
                yield self._labelled("where", one.path)
        if not self._speaker.verbose and len(group) > _PLACES:
            yield self._line(_WORDS[language]["places"].format(count=len(group) - _PLACES), 6)

    def _labelled(self, label: str, value: str) -> str:
        return self._line(f"{self._speaker.word(label):<6} {value}", 6, hanging=13)

    def _line(self, text: str, margin: int, *, hanging: int | None = None) -> str:
        """A line, folded on a terminal, paths at their steps; whole in a file or a pipe, where it is searched."""
        text = calm(text)
        if not self._is_terminal:
            return " " * margin + text
        width = max(60, min(get_terminal_size((80, 24)).columns, 100))
        first, rest = " " * margin, " " * (hanging or margin + 2)
        folded = (piece for word in text.split(" ") for piece in _steps(word, width - len(rest)))
        return _filled(folded, width, first, rest)


def _grouped(issues: Iterable[Issue]) -> list[list[Issue]]:
    """The findings of one rule with one sentence stand together."""
    groups: dict[object, list[Issue]] = {}
    for found in issues:
        groups.setdefault((found.code, found.severity, *found.parameters.items()), []).append(found)
    return list(groups.values())


def _steps(word: str, width: int) -> Iterator[str]:
    """A word with the space after it; one that no line holds, such as a path, in pieces that end before a slash."""
    if len(word) <= width:
        yield f"{word} "
        return
    pieces = re.findall(r"/?[^/]+", word)
    yield from pieces[:-1]
    yield f"{pieces[-1]} "


def _filled(pieces: Iterable[str], width: int, first: str, rest: str) -> str:
    """Pieces put on lines of a width, none of which is broken."""
    lines = [first]
    for piece in pieces:
        if len(lines[-1]) + len(piece.rstrip()) > width and lines[-1].strip():
            lines.append(rest)
        lines[-1] += piece
    return "\n".join(line.rstrip() for line in lines)
