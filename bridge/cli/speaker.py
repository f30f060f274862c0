"""What a command says on standard error: issues, counts, why it ends."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Literal, NoReturn

import click

from bridge.cli.exits import Exit
from bridge.findings.groups import by_resource, grouped
from bridge.findings.issues import Issue, Language, operation_outcome
from bridge.rules.telling import DRAFT
from bridge.run.names import calm, escaped

if TYPE_CHECKING:
    from bridge.evidence.trace import Counts

__all__ = ["Format", "Speaker"]

Format = Literal["text", "json"]


_WORDS: dict[str, dict[str, str]] = {
    "fr": {
        "fatal": "ERREUR",
        "error": "ERREUR",
        "warning": "ATTENTION",
        "information": "NOTE",
        "where": "où",
        "rule": "règle",
        "example": "exemple",
        "remedy": "remède",
        "lost": "perdu :",
        "more": "et {count} note(s) ; --verbose les montre.",
        "stats": "Valeurs de l'entrée : {carried} portées + {implied} implicites + {lost} perdues = {all}.",
        "errors": "REFUSÉ : {count} erreur(s)",
        "draft": "BROUILLON : {count} erreur(s)",
        "remarks": "Remarques : {count}",
        "refused": "Rien n'a été écrit : {count} erreur(s), {remarks} remarque(s).",
        "others": "et {count} valeur(s) du document sans effet sur la demande :",
        "cannot open": "Impossible d'ouvrir {path} : {reason}.",
        "cannot create": "Impossible de créer {path} : {reason}.",
        "locked": "Un autre processus travaille déjà avec {path}.",
        "batch": "{done} demande(s) convertie(s), {others} non ({dead}).",
        "io": "La lecture ou l'écriture a échoué : {reason}.",
        "internal": "Erreur interne ({kind}). L'entrée ne figure pas dans ce message ; signalez-le avec la version du programme.",
    },
    "en": {
        "fatal": "ERROR",
        "error": "ERROR",
        "warning": "WARNING",
        "information": "NOTE",
        "where": "where",
        "rule": "rule",
        "example": "example",
        "remedy": "remedy",
        "lost": "lost:",
        "more": "and {count} note(s); --verbose shows them.",
        "stats": "Values of the input: {carried} carried + {implied} implied + {lost} lost = {all}.",
        "errors": "REFUSED: {count} error(s)",
        "draft": "DRAFT: {count} error(s)",
        "remarks": "Remarks: {count}",
        "refused": "Nothing was written: {count} error(s), {remarks} remark(s).",
        "others": "and {count} value(s) of the document without effect on the order:",
        "cannot open": "Cannot open {path}: {reason}.",
        "cannot create": "Cannot create {path}: {reason}.",
        "locked": "Another process works with {path} already.",
        "batch": "{done} order(s) converted, {others} not ({dead}).",
        "io": "Reading or writing failed: {reason}.",
        "internal": "Internal error ({kind}). The input is not in this message; report it with the version of the program.",
    },
}
_COLOURS = {"fatal": "red", "error": "red", "warning": "yellow", "information": "cyan"}


_MOST = 8
"""Places shown of one group of findings."""
_BARS = {True: "| ", False: "  "}
"""What stands before each line of an error, and of a remark: without colour too, one sees what refuses."""


class Speaker:
    """Says on standard error what a command found, in one language, as text for people or as a FHIR OperationOutcome."""

    def __init__(self, language: Language, form: Format, *, quiet: bool = False, verbose: bool = False) -> None:
        self.language = language
        self.form = form
        self.quiet = quiet
        self.verbose = verbose

    def word(self, key: str, **parameters: str) -> str:
        """A fixed wording in the language of the speaker."""
        return _WORDS[self.language][key].format_map(parameters)

    def say(self, text: str) -> None:
        """One sentence, unless told to be quiet."""
        if not self.quiet:
            click.echo(calm(text), err=True)

    def issues(self, issues: Iterable[Issue]) -> None:
        """The issues of a conversion: errors always, warnings unless quiet, notes when verbose."""
        found = tuple(issues)
        if self.form == "json":
            if found or not self.quiet:
                click.echo(json.dumps(operation_outcome(found, self.language), ensure_ascii=False, indent=2), err=True)
            return
        self._blocks(found)
        notes = 0 if self.verbose else len(grouped(issue for issue in found if issue.severity == "information"))
        if notes:
            self.say(self.word("more", count=str(notes)))

    def _blocks(self, found: tuple[Issue, ...]) -> None:
        """What refuses, then the remarks."""
        errors, others = self._groups(found)
        if errors and not self.quiet:
            self._heading("draft" if any(issue.code == DRAFT for issue in found) else "errors", len(errors), "=")
        for group in errors:
            self._block(group)
        if others:
            self._heading("remarks", len(others), "-")
        for group in others:
            self._block(group)

    def refused(self, issues: Iterable[Issue]) -> None:
        """That nothing was written, and for how many blocks of errors; the remarks as they are shown."""
        errors, others = self._groups(issues)
        self.say(self.word("refused", count=str(len(errors)), remarks=str(len(others))))

    def _groups(self, issues: Iterable[Issue]) -> tuple[list[list[Issue]], list[list[Issue]]]:
        """The blocks of the errors, and of what else is shown, each in the order of the resources of the input."""
        shown = by_resource(grouped(filter(self._is_shown, issues)))
        return [group for group in shown if group[0].is_error], [group for group in shown if not group[0].is_error]

    def _is_shown(self, issue: Issue) -> bool:
        return issue.is_error or (not self.quiet and (self.verbose or issue.severity == "warning"))

    @property
    def _width(self) -> int:
        return max(60, min(get_terminal_size((80, 24)).columns, 100))

    def _heading(self, key: str, count: int, line: str) -> None:
        text = f"{line * 2} {self.word(key, count=str(count))} "
        click.echo(click.style(f"{text:{line}<{self._width - 1}}", bold=True), err=True)

    def _block(self, group: list[Issue]) -> None:
        """One finding with each of its places."""
        issue = group[0]
        bar = _BARS[issue.is_error]
        head = click.style(self.word(issue.severity), fg=_COLOURS[issue.severity], bold=True)
        text = calm(issue.text(self.language)) + (f" [{self.word('lost')} {issue.loss}]" if issue.loss else "")
        click.echo(f"{bar}{head} {issue.code}", err=True)
        click.echo("\n".join(self._wrapped(text, f"{bar}  ", f"{bar}  ") or [f"{bar}  "]), err=True)
        for label, value in self._details(group):
            start, rest = f"{bar}  {self.word(label):<7} ", f"{bar}  {'':<7} "
            click.echo(click.style("\n".join(self._wrapped(value, start, rest)), dim=True), err=True)

    def _details(self, group: list[Issue]) -> Iterator[tuple[str, str]]:
        """Where it is, what to do and by which rule, each with its label."""
        yield from (("where", escaped(one.path)) for one in group[:_MOST] if one.path)
        if len(group) > _MOST:
            yield "where", f"… (+{len(group) - _MOST})"
        issue = group[0]
        told = (("remedy", issue.remedy(self.language)), ("example", issue.example), ("rule", issue.source))
        yield from ((label, text) for label, text in told if text)

    def _wrapped(self, text: str, start: str, rest: str) -> list[str]:
        return textwrap.wrap(text, self._width, initial_indent=start, subsequent_indent=rest, break_on_hyphens=False)

    def stats(self, counts: Counts) -> None:
        """How many leaves the input had, by what became of them."""
        if self.form == "json":
            click.echo(json.dumps(counts._asdict() | {"all": counts.all}), err=True)
        else:
            click.echo(
                self.word("stats", **{name: str(n) for name, n in counts._asdict().items()}, all=str(counts.all)), err=True
            )

    def fail(self, key: str, code: Exit, **parameters: str) -> NoReturn:
        """Say why a command ends here, and end it."""
        text = self.word(key, **{name: escaped(value) for name, value in parameters.items()})
        if self.form == "json":
            outcome = {
                "resourceType": "OperationOutcome",
                "issue": [{"severity": "fatal", "code": "exception", "details": {"text": text}}],
            }
            text = json.dumps(outcome, ensure_ascii=False, indent=2)
        click.echo(text, err=True)
        raise SystemExit(int(code))
