"""``imgda check``: whether documents conform to IMG-DA-IMG."""

from __future__ import annotations

import json
import re
import sys
import textwrap
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from shutil import get_terminal_size
from typing import TYPE_CHECKING

import click

from bridge.cli.common import Exit, Speaker, config_option, guard, needs, read_input, settings_of, write_output
from bridge.findings.errors import BridgeError
from bridge.findings.issues import Issue, Language, Severity
from bridge.run.names import calm, escaped
from bridge.views.overview import Cause, Overview, as_csv, page

if TYPE_CHECKING:
    from bridge.checks.report import Report
    from bridge.checks.suite import Suite
    from bridge.settings import Limits

__all__ = ["check"]

_WORDS = {
    "fr": {
        "summary": "{total} fichier(s) : {conform} conforme(s), {not-conform} non conforme(s), "
        "{without} sans verdict ; {counts}.",
        "nothing": "aucun constat",
        "often": "Règles les plus souvent enfreintes :",
        "bar": "Contrôle",
        "official": "Ce qui fait la conformité :",
        "further": "Autres constats :",
        "hidden": "{count} non montré(s) : --verbose les montre.",
        "places": "… et {count} autres endroits",
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
        "bar": "Checking",
        "official": "What conformity depends on:",
        "further": "Further findings:",
        "hidden": "{count} not shown: --verbose shows them.",
        "places": "… and {count} other places",
        "overview": "Check of documents IMG-DA-IMG",
        "count total": "Files",
        "count conform": "Conformant",
        "count not-conform": "Not conformant",
        "count without": "Without a verdict",
    },
}
_OVERVIEW = "imgda-report"
"""Name of the page about all the documents of a folder."""
_PLACES = 5
"""Places shown of one rule, unless --verbose."""
_WITHOUT = {
    "no-document": Exit.UNREADABLE,
    "unreadable": Exit.UNREADABLE,
    "unknown-model": Exit.SETTINGS,
    "not-checked": Exit.INTERNAL,
}
"""The exit codes of what gets no verdict."""
_GRAVEST = (Exit.NO_INPUT, Exit.INTERNAL, Exit.UNREADABLE, Exit.SETTINGS, Exit.DIFFERENT, Exit.OK)
"""Of several files, the exit code is the first of these that one of them has."""


@click.command()
@click.argument("files", nargs=-1, metavar="[FILE|FOLDER|-]...")
@click.option("--model", metavar="VERSION", help="Version of the model (imgda models lists them), instead of the document's own.")
@config_option
@click.option("--strict", is_flag=True, help="Exit code 1 for further warnings and errors too.")
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
@click.option("--fhir", is_flag=True, help="The files are FHIR: check the profiles that they claim.")
def check(
    files: tuple[str, ...],
    model: str | None,
    config: Path | None,
    strict: bool,
    suite: Path | None,
    form: str,
    output: str,
    lang: Language,
    quiet: bool,
    verbose: bool,
    fhir: bool,
) -> None:
    """Check documents IMG-DA-IMG.

    FILE is a document, a folder of documents (*.xml, searched through), or - for
    standard input. Two verdicts: whether the document conforms to its model, and
    what was found besides. The exit code is 1 when a document does not conform,
    65 for what is no CDA document, 66 when a file cannot be read, 78 when the
    version of the model is not known. The other files are checked all the same.
    With --fhir the files are FHIR, JSON or XML, checked by the French document
    profiles.
    """
    speaker = Speaker(lang, "text", quiet=quiet, verbose=verbose)
    with guard(speaker):
        limits = settings_of(config, False, speaker).limits
        if fhir:
            from bridge.cli.check_fhir import check_files

            raise SystemExit(int(check_files(files or ("-",), form, output, limits, speaker)))
        names = list(_named(files or ("-",)))
        if len(names) > 1 and form in ("svrl", "html"):
            if output == "-" or Path(output).is_file():
                raise click.UsageError(f"several {form} reports need a folder: -o FOLDER")
            Path(output).mkdir(parents=True, exist_ok=True)
        with _Suites(suite, speaker) as suites:
            writer = _Writer(form, output, speaker, several=len(names) > 1, strict=strict)
            code = _run(names, writer, model, limits, suites, speaker)
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
        if self._folder is None or not report.is_judged:
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


def _run(names: list[str], writer: _Writer, model: str | None, limits: Limits, suites: _Suites, speaker: Speaker) -> Exit:
    """Check every file. One that cannot be read, or on which the check fails, is said, and the others are checked."""
    from bridge.cda.stylesheets import warm
    from bridge.tables.shipped import models

    if model in (None, *models()):
        needs(*((version, "check") for version in ([model] if model else models())))
        warm(model or models()[-1], "check")  # else the first document would seem to take long
    codes = {Exit.OK}
    hidden = len(names) < 20 or not sys.stderr.isatty() or speaker.quiet
    with click.progressbar(names, label=_WORDS[speaker.language]["bar"], file=sys.stderr, hidden=hidden) as bar:
        for name in bar:
            try:
                document = read_input(name, speaker)
            except SystemExit:
                codes.add(Exit.NO_INPUT)
                continue
            codes.add(_one(name, document, writer, model, limits, suites))
    writer.end()
    return next(code for code in _GRAVEST if code in codes)


def _one(name: str, document: bytes, writer: _Writer, model: str | None, limits: Limits, suites: _Suites) -> Exit:
    """Check one file and write its report; what fails is a finding of that file."""
    from bridge.checks import check as check_document
    from bridge.checks import failed

    try:
        return writer.add(name, document, suites.join(check_document(document, model=model, limits=limits), document))
    except (BridgeError, OSError):
        raise
    except Exception as error:
        return writer.add(name, document, failed(error, model))


class _Writer:
    """Writes reports in one form, then one summary."""

    def __init__(self, form: str, output: str, speaker: Speaker, *, several: bool, strict: bool) -> None:
        self._form = form
        self._output = output
        self._speaker = speaker
        self._several = several
        self._strict = strict
        self._parts: list[str] = []
        self._counts: Counter[str] = Counter()
        self._codes: Counter[str] = Counter()
        self._findings: Counter[str] = Counter()
        self._causes: list[Cause] = []
        self._moments = [(time.monotonic(), 0)]
        self._sentences: dict[str, str] = {}

    def add(self, name: str, document: bytes, report: Report) -> Exit:
        """Write the report of one document, or keep it for the end; the exit code that it means."""
        path, name = name, escaped(name)
        language = self._speaker.language
        match self._form:
            case "text":
                self._parts.append(self._text(name, report))
            case "json":
                self._parts.append(json.dumps({"file": name, **report.to_dict(language)}, ensure_ascii=False, indent=2))
            case "junit":
                self._parts.append(report.suite(name, language, strict=self._strict))
            case "svrl":
                self._file(path, "svrl", report.to_svrl(language))
            case "html":
                self._file(path, "html", report.to_html(document, name, language))
        self._count(report)
        self._moments.append((time.monotonic(), self._counts["total"]))
        self._findings.update({found.code for found in report.issues})
        deciding = next((found for found in report.issues if report.decides(found)), None)
        if deciding is not None:
            self._causes.append(Cause(name, deciding.code))
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

    def _file(self, name: str, suffix: str, text: str) -> None:
        """A report with a file of its own."""
        target = self._output
        if target != "-" and Path(target).is_dir():
            flat = "_".join(part for part in Path(name).with_suffix("").parts if part not in ("/", "..", "."))
            target = str(Path(target) / f"{flat if self._several else Path(name).stem}.{suffix}")
        write_output(target, text.encode(), self._speaker)

    # --- the screen --------------------------------------------------------------------------------------------------

    def _text(self, name: str, report: Report) -> str:
        """Both verdicts, then the findings: those that decide first, each rule once with its places."""
        if self._speaker.quiet and report.conforms and not any(found.is_error for found in report.issues):
            return ""
        words = _WORDS[self._speaker.language]
        verdict, further = report.says(self._speaker.language)
        parts = [name, self._line(self._coloured(verdict, report), 2), self._line(further, 2)]
        if not report.is_judged:
            found = (line for group in _grouped(list(report.issues)) for line in self._rule(group))
            return "\n".join([*parts, "", *found, "", ""])
        deciding = tuple(found for found in report.issues if report.decides(found))
        for key, issues in (("official", deciding), ("further", report.further)):
            shown = [found for found in issues if key == "official" or self._shown(found)]
            if shown:
                parts += ["", self._line(words[key], 2), *(line for group in _grouped(shown) for line in self._rule(group))]
        if hidden := sum(not self._shown(found) for found in report.further):
            parts += ["", self._line(words["hidden"].format(count=hidden), 2)]
        return "\n".join([*parts, "", ""])

    def _coloured(self, verdict: str, report: Report) -> str:
        if self._output != "-" or not sys.stdout.isatty():
            return verdict
        return click.style(verdict, fg="green" if report.conforms else "red", bold=True)

    def _shown(self, found: Issue) -> bool:
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
        if self._output != "-" or not sys.stdout.isatty():
            return " " * margin + text
        width = max(60, min(get_terminal_size((80, 24)).columns, 100))
        first, rest = " " * margin, " " * (hanging or margin + 2)
        folded = (piece for word in text.split(" ") for piece in _steps(word, width - len(rest)))
        return _filled(folded, width, first, rest)

    # --- the end -----------------------------------------------------------------------------------------------------

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


def _grouped(issues: list[Issue]) -> list[list[Issue]]:
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
