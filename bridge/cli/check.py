"""``imgda check``: whether documents conform to IMG-DA-IMG."""

from __future__ import annotations

import json
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from shutil import get_terminal_size
from typing import TYPE_CHECKING

import click

from bridge.cli.common import Exit, Speaker, guard, needs, read_input, write_output
from bridge.issues import Issue, Language
from bridge.names import calm, escaped

if TYPE_CHECKING:
    from bridge.checks.report import Report
    from bridge.checks.suite import Suite

__all__ = ["check"]

_WORDS = {
    "fr": {
        "ok": "conforme",
        "bad": "non conforme",
        "summary": "{total} document(s) : {valid} conforme(s), {invalid} non conforme(s) ; "
        "{error} erreur(s), {warning} avertissement(s), {information} note(s).",
        "often": "Règles les plus souvent enfreintes :",
        "bar": "Contrôle",
    },
    "en": {
        "ok": "conforms",
        "bad": "does not conform",
        "summary": "{total} document(s): {valid} conform, {invalid} do not; "
        "{error} error(s), {warning} warning(s), {information} note(s).",
        "often": "Rules broken most often:",
        "bar": "Checking",
    },
}


@click.command()
@click.argument("files", nargs=-1, metavar="[FILE|FOLDER|-]...")
@click.option("--model", type=click.Choice(["2022.01", "2024.01"]), help="Version of the model, instead of the document's own.")
@click.option(
    "--suite",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    envvar="IMGDA_SUITE",
    metavar="DIR",
    help="Run the official suites of a folder TestContenuCDA as well.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "svrl", "html", "junit"]),
    default="text",
    show_default=True,
    help="Form of the report.",
)
@click.option("-o", "--output", default="-", metavar="OUT", help="File to write; a folder for several svrl or html reports.")
@click.option("--lang", type=click.Choice(["fr", "en"]), default="fr", envvar="IMGDA_LANG", show_default=True)
@click.option("-q", "--quiet", is_flag=True, help="Say nothing of documents that conform, and show errors only.")
@click.option("-v", "--verbose", is_flag=True, help="Show notes as well.")
def check(
    files: tuple[str, ...],
    model: str | None,
    suite: Path | None,
    form: str,
    output: str,
    lang: Language,
    quiet: bool,
    verbose: bool,
) -> None:
    """Check documents IMG-DA-IMG.

    FILE is a document, a folder of documents (*.xml, searched through), or - for
    standard input. The exit code is 1 when a document does not conform, 66 when
    a file cannot be read (the others are checked all the same).
    """
    speaker = Speaker(lang, "text", quiet=quiet, verbose=verbose)
    with guard(speaker):
        names = list(_named(files or ("-",)))
        if len(names) > 1 and form in ("svrl", "html") and not Path(output).is_dir():
            raise click.UsageError(f"several {form} reports need a folder: -o FOLDER")
        with _Suites(suite, speaker) as suites:
            code = _run(names, _Writer(form, output, speaker, several=len(names) > 1), model, suites, speaker)
    if code:
        raise SystemExit(int(code))


def _named(files: tuple[str, ...]) -> Iterator[str]:
    """The files meant, those of a folder in order."""
    for name in files:
        if name != "-" and Path(name).is_dir():
            yield from (str(path) for path in sorted(Path(name).rglob("*.xml")))
        else:
            yield name


class _Suites:
    """The official suites of a folder, each started when the first document of its model comes."""

    def __init__(self, folder: Path | None, speaker: Speaker) -> None:
        self._folder = folder
        self._speaker = speaker
        self._started: dict[str, Suite] = {}

    def join(self, report: Report, document: bytes) -> Report:
        """A report with what the suites of its model find; as it is where there is no folder."""
        if self._folder is None:
            return report
        if report.model not in self._started:
            from bridge.checks.suite import Suite

            self._started[report.model] = suite = Suite(self._folder, report.model)
            self._speaker.issues(suite.issues)
        return report.joined(self._started[report.model].check(document))

    def __enter__(self) -> _Suites:
        return self

    def __exit__(self, *_: object) -> None:
        for suite in self._started.values():
            suite.close()


def _run(names: list[str], writer: _Writer, model: str | None, suites: _Suites, speaker: Speaker) -> Exit:
    """Check every file. A file that cannot be read is said, and the others are checked all the same."""
    from bridge.checks import check as check_document
    from bridge.stylesheets import models, warm

    needs(*((version, "check") for version in ([model] if model else models())))
    warm(model or models()[-1], "check")  # else the first document would seem to take long
    code = Exit.OK
    unread = False
    hidden = len(names) < 20 or not sys.stderr.isatty() or speaker.quiet
    with click.progressbar(names, label=_WORDS[speaker.language]["bar"], file=sys.stderr, hidden=hidden) as bar:
        for name in bar:
            try:
                document = read_input(name, speaker)
            except SystemExit:
                unread = True
                continue
            report = suites.join(check_document(document, model=model), document)
            code = code if report.is_valid else Exit.DIFFERENT
            writer.add(name, document, report)
    writer.end()
    return Exit.NO_INPUT if unread else code


class _Writer:
    """Writes reports in one form, then one summary."""

    def __init__(self, form: str, output: str, speaker: Speaker, *, several: bool) -> None:
        self._form = form
        self._output = output
        self._speaker = speaker
        self._several = several
        self._parts: list[str] = []
        self._counts: Counter[str] = Counter()
        self._codes: Counter[str] = Counter()
        self._sentences: dict[str, str] = {}

    def add(self, name: str, document: bytes, report: Report) -> None:
        """One document."""
        path, name = name, escaped(name)
        language = self._speaker.language
        self._counts.update(report.counts)
        self._counts.update(["total", "valid" if report.is_valid else "invalid"])
        for found in report.issues:
            if found.is_error:
                self._codes[found.code] += 1
                self._sentences.setdefault(found.code, found.text(language))
        match self._form:
            case "text":
                self._parts.append(self._text(name, report))
            case "json":
                self._parts.append(json.dumps({"file": name, **report.to_dict(language)}, ensure_ascii=False, indent=2))
            case "junit":
                self._parts.append(report.suite(name, language))
            case "svrl":
                self._file(path, "svrl", report.to_svrl(language))
            case "html":
                self._file(path, "html", report.to_html(document, name, language))

    def _file(self, name: str, suffix: str, text: str) -> None:
        """A report with a file of its own."""
        target = self._output
        if target != "-" and Path(target).is_dir():
            flat = "_".join(part for part in Path(name).with_suffix("").parts if part not in ("/", "..", "."))
            target = str(Path(target) / f"{flat if self._several else Path(name).stem}.{suffix}")
        write_output(target, text.encode(), self._speaker)

    def _text(self, name: str, report: Report) -> str:
        words = _WORDS[self._speaker.language]
        if report.is_valid and self._speaker.quiet:
            return ""
        head = f"{name}: {words['ok'] if report.is_valid else words['bad']} (IMG-DA-IMG {report.model})"
        shown = [found for found in report.issues if self._shown(found)]
        return "\n".join([head, *(line for found in shown for line in self._finding(found))]) + "\n"

    def _shown(self, found: Issue) -> bool:
        if found.is_error or self._speaker.verbose:
            return True
        return found.severity == "warning" and not self._speaker.quiet

    def _finding(self, found: Issue) -> Iterator[str]:
        language = self._speaker.language
        yield self._line(f"{self._speaker.word(found.severity)} {found.code} {found.text(language)}", 2)
        for label, value in (("", found.value), ("where", found.path), ("remedy", found.remedy(language))):
            if value:
                yield self._line(f"{self._speaker.word(label) + ' ' if label else ''}{value}", 6)

    def _line(self, text: str, margin: int) -> str:
        """A line of a finding, folded on a terminal; whole in a file or a pipe, where it is searched."""
        text = calm(text)
        if self._output != "-" or not sys.stdout.isatty():
            return " " * margin + text
        width = max(60, min(get_terminal_size((80, 24)).columns, 100))
        first, rest = " " * margin, " " * (margin + 2)
        return "\n".join(textwrap.wrap(text, width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False))

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
        self._summary()

    def _summary(self) -> None:
        words = _WORDS[self._speaker.language]
        keys = ("total", "valid", "invalid", "error", "warning", "information")
        self._speaker.say(words["summary"].format_map({key: self._counts[key] for key in keys}))
        if self._several and self._codes:
            self._speaker.say(words["often"])
            for code, count in self._codes.most_common(10):
                self._speaker.say(f"  {count:>6}  {code}  {textwrap.shorten(self._sentences[code], 60, placeholder=' …')}")
