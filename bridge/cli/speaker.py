"""What a command says on standard error: issues, counts, why it ends."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Literal, NoReturn

import click

from bridge.cli.exits import Exit
from bridge.findings.issues import Issue, Language, operation_outcome
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
        "remedy": "remède",
        "lost": "perdu :",
        "more": "et {count} note(s) ; --verbose les montre.",
        "stats": "Valeurs de l'entrée : {carried} portées + {implied} implicites + {lost} perdues = {all}.",
        "refused": "Rien n'a été écrit : {count} erreur(s).",
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
        "remedy": "remedy",
        "lost": "lost:",
        "more": "and {count} note(s); --verbose shows them.",
        "stats": "Values of the input: {carried} carried + {implied} implied + {lost} lost = {all}.",
        "refused": "Nothing was written: {count} error(s).",
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
"""Places shown of one group of losses."""

_RESOURCE = re.compile(r"^.*(?:\.resource|\.contained\[\d+\])(?=\.)|^[^.]+")


def _grouped(issues: list[Issue]) -> list[list[Issue]]:
    """The issues in their order; losses of one resource with the same code and class stand together."""
    groups: dict[object, list[Issue]] = {}
    for issue in issues:
        match = _RESOURCE.match(issue.path or "") if issue.loss else None
        key = (issue.code, issue.severity, issue.loss, match[0], *issue.parameters.values()) if match else id(issue)
        groups.setdefault(key, []).append(issue)
    return list(groups.values())


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
        for group in _grouped(list(filter(self._is_shown, found))):
            self._issue(group[0], group)
        notes = sum(issue.severity == "information" for issue in found)
        if notes and not (self.quiet or self.verbose):
            self.say(self.word("more", count=str(notes)))

    def _is_shown(self, issue: Issue) -> bool:
        return issue.is_error or (not self.quiet and (self.verbose or issue.severity == "warning"))

    def _issue(self, issue: Issue, group: list[Issue]) -> None:
        """One issue, or the losses of one resource that have the same code and class."""
        width = max(60, min(get_terminal_size((80, 24)).columns, 100))
        head = click.style(self.word(issue.severity), fg=_COLOURS[issue.severity], bold=True)
        text = calm(issue.text(self.language)) + (f" [{self.word('lost')} {issue.loss}]" if issue.loss else "")
        lines = textwrap.wrap(text, width - 4) or [""]
        click.echo(f"{head} {issue.code}", err=True)
        for line in lines:
            click.echo(f"    {line}", err=True)
        paths = [escaped(member.path or "") for member in group[:_MOST]] + (
            [f"… (+{len(group) - _MOST})"] if len(group) > _MOST else []
        )
        for label, value in (
            *(("where", path) for path in paths),
            ("remedy", issue.remedy(self.language)),
            ("rule", issue.source),
        ):
            if value:
                start = f"    {self.word(label):<7} "
                wrapped = textwrap.wrap(
                    value, width, initial_indent=start, subsequent_indent=" " * len(start), break_on_hyphens=False
                )
                click.echo(click.style("\n".join(wrapped), dim=True), err=True)

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
