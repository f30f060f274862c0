"""``imgda check``: whether documents conform to IMG-DA-IMG."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bridge.cli import needs
from bridge.cli.check_reports import ReportWriter
from bridge.cli.exits import Exit, guard
from bridge.cli.files import read_input
from bridge.cli.options import config_option, settings_of
from bridge.cli.speaker import Speaker
from bridge.findings.errors import BridgeError
from bridge.findings.issues import Language

if TYPE_CHECKING:
    from bridge.checks.report import Report
    from bridge.checks.suite import Suite
    from bridge.settings import Limits

__all__ = ["check"]

_BAR = {"fr": "Contrôle", "en": "Checking"}
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
            writer = ReportWriter(form, output, speaker, several=len(names) > 1, strict=strict)
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


def _run(names: list[str], writer: ReportWriter, model: str | None, limits: Limits, suites: _Suites, speaker: Speaker) -> Exit:
    """Check every file. One that cannot be read, or on which the check fails, is said, and the others are checked."""
    from bridge.cda.stylesheets import warm
    from bridge.tables.shipped import models

    if model in (None, *models()):
        needs(*((version, "check") for version in ([model] if model else models())))
        warm(model or models()[-1], "check")  # else the first document would seem to take long
    codes = {Exit.OK}
    hidden = len(names) < 20 or not sys.stderr.isatty() or speaker.quiet
    with click.progressbar(names, label=_BAR[speaker.language], file=sys.stderr, hidden=hidden) as bar:
        for name in bar:
            try:
                document = read_input(name, speaker)
            except SystemExit:
                codes.add(Exit.NO_INPUT)
                continue
            codes.add(_one(name, document, writer, model, limits, suites))
    writer.end()
    return next(code for code in _GRAVEST if code in codes)


def _one(name: str, document: bytes, writer: ReportWriter, model: str | None, limits: Limits, suites: _Suites) -> Exit:
    """Check one file and write its report; what fails is a finding of that file."""
    from bridge.checks import check as check_document
    from bridge.checks import failed

    try:
        return writer.add(name, document, suites.join(check_document(document, model=model, limits=limits), document))
    except (BridgeError, OSError):
        raise
    except Exception as error:
        return writer.add(name, document, failed(error, model))
