"""``imgda batch`` and ``imgda watch``: many orders from files and folders."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bridge.cli.exits import Exit, guard
from bridge.cli.files import write_output
from bridge.cli.options import permissions, settings_of, settings_options, speaker_options
from bridge.cli.speaker import Speaker
from bridge.findings.errors import SourceError
from bridge.run.names import escaped

if TYPE_CHECKING:
    from bridge.run.batch.journal import State
    from bridge.run.batch.sources import Source
    from bridge.run.workers.tasks import Answer

__all__ = ["batch", "watch"]

_mode_option = click.option(
    "--mode",
    default="600",
    metavar="OCTAL",
    envvar="IMGDA_MODE",
    show_default=True,
    show_envvar=True,
    callback=permissions,
    help="Permissions of what is written.",
)


# layout: most of its lines are the options of the command
@click.command()
@click.argument("source", metavar="IN")
@click.argument("output", metavar="OUT")
@click.option("--jobs", type=click.IntRange(1), help="Conversion processes. Default: one for each core.")
@click.option("--cluster", metavar="ADDRESS", help="Convert on this Dask cluster; IN and OUT are then paths or URLs (fsspec).")
@click.option("--resume", is_flag=True, help="Go on where a run with the same IN and OUT came to.")
@click.option("--journal", type=click.Path(path_type=Path), metavar="FILE", help="Journal. Default: OUT.journal.ndjson")
@click.option("--dead-letter", "dead", type=click.Path(path_type=Path), metavar="FILE", help="Failures. Default: OUT.dead.ndjson")
@click.option("--timeout", "seconds", default=60.0, show_default=True, type=click.FloatRange(0.1), help="Seconds for an order.")
@click.option("--model", help="Version of the model IMG-DA-IMG to write.")
@click.option("--report", type=click.Path(path_type=Path), metavar="FILE", help="Page of HTML about the run; its CSV beside it.")
@click.option("--render", type=click.Choice(["pdf", "mail", "html"]), help="Print each order instead; OUT is a folder or .zip.")
@_mode_option
@settings_options
@speaker_options
# layout: a parameter for each option of the command
def batch(
    speaker: Speaker,
    source: str,
    output: str,
    jobs: int | None,
    cluster: str | None,
    resume: bool,
    journal: Path | None,
    dead: Path | None,
    seconds: float,
    model: str | None,
    report: Path | None,
    render: str | None,
    mode: int,
    config: Path | None,
    lenient: bool,
) -> None:
    """Convert many orders: FHIR becomes CDA, CDA becomes FHIR.

    IN is an NDJSON file (.gz too), a folder, a pattern, or - for standard
    input. OUT is a folder, or a file .ndjson or .zip. What becomes of each
    order stands in the journal; those refused go to the dead letters, which
    can be given as IN again. Exit code 4 when some were refused.
    """
    from bridge.run.batch.run import Job, run
    from bridge.run.files import Locked, lock, share

    if report and cluster:
        raise click.UsageError("--report reads the journal of this machine: not with --cluster")
    if render and (cluster or output.lower().endswith((".ndjson", ".jsonl"))):
        raise click.UsageError("--render writes files: OUT is a folder or a file .zip, without --cluster")
    if cluster:
        _on_cluster(speaker, cluster, source, output, seconds, {"model": model} if model else {}, mode, config, lenient)
        return
    share(mode)
    target = Path(output)
    base = target.with_suffix("") if target.suffix.lower() in (".ndjson", ".jsonl", ".zip") else target
    journal = journal or base.with_name(f"{base.name}.journal.ndjson")
    dead = dead or base.with_name(f"{base.name}.dead.ndjson")
    with guard(speaker):
        settings = settings_of(config, lenient, speaker)
        _check_fresh(target, journal, dead, resume)
        job = Job(
            source=_source(source, settings.limits.input_mib * 1024 * 1024, speaker),
            output=target,
            journal=journal,
            dead=dead,
            settings=settings,
            options=({"model": model} if model else {}) | ({"variant": "mail"} if render == "mail" else {}),
            render=None if render is None else "html" if render == "html" else "plain",
            jobs=jobs or os.cpu_count() or 1,
            seconds=seconds,
            language=speaker.language,
            tell=lambda origin, answer: _tell(speaker, origin, answer),
        )
        try:
            with lock(journal), _stopped() as stop, _progress(job.source.size, speaker) as progress:
                state = run(job, stop=stop, progress=progress)
        except Locked:
            speaker.fail("locked", Exit.CANNOT_CREATE, path=str(journal))
        if report:
            _report(report, journal, dead, speaker)
    _end(state, dead, speaker)


def _report(path: Path, journal: Path, dead: Path, speaker: Speaker) -> None:
    """Write the page about a run and its CSV; their folder is made."""
    from bridge.run.batch.report import look_back
    from bridge.run.files import make_folder
    from bridge.views.overview import as_csv, page

    found = look_back(journal, dead, speaker.language)
    make_folder(path.parent)
    write_output(str(path), page(found, speaker.language).encode(), speaker)
    write_output(str(path.with_suffix(".csv")), as_csv(found).encode(), speaker)


# layout: most of its lines are the options of the command
@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="OUT", help="Folder of the results. Default: DIR/out")
@click.option("--settle", default=2.0, show_default=True, type=click.FloatRange(0), help="Seconds a file must not have changed.")
@click.option("--once", is_flag=True, help="End when every file of the folder is done with.")
@click.option("--timeout", "seconds", default=60.0, show_default=True, type=click.FloatRange(0.1), help="Seconds for an order.")
@click.option("--model", help="Version of the model IMG-DA-IMG to write.")
@_mode_option
@settings_options
@speaker_options
# layout: a parameter for each option of the command
def watch(
    speaker: Speaker,
    folder: Path,
    output: Path | None,
    settle: float,
    once: bool,
    seconds: float,
    model: str | None,
    mode: int,
    config: Path | None,
    lenient: bool,
) -> None:
    """Convert every order that appears in a folder, until stopped.

    A file .json or .xml is renamed to .done once its result is in OUT, or to
    .error with its OperationOutcome beside it (.error.outcome).
    """
    from bridge.findings.errors import SettingsError
    from bridge.findings.issues import issue
    from bridge.run.batch.watch import Told, Watch
    from bridge.run.files import Locked, lock, share
    from bridge.run.workers.pool import Pool

    def tell(told: Told) -> None:
        said = [told.name + ":", "OK" if told.done else speaker.word("error"), *told.issues]
        speaker.say(" ".join(said) + (f" ({told.reason})" if told.reason else ""))

    share(mode)
    with guard(speaker):
        output = output or folder / "out"
        if output.resolve() == folder.resolve():
            raise click.UsageError("OUT must be another folder than DIR")
        options = {"model": model} if model else {}
        settings = settings_of(config, lenient, speaker)
        try:
            with lock(folder / ".imgda-watch.lock"), _stopped() as stop:
                pool = Pool(settings, 1, seconds=seconds)
                try:
                    largest = settings.limits.input_mib * 1024 * 1024
                    hot = Watch(folder, output, pool, options, settle, speaker.language, largest)
                    hot.run(stop=stop, tell=tell, once=once)
                finally:
                    pool.close()
        except Locked:
            raise SettingsError(issue("IMGDA-1825", None)) from None


def _end(state: State, dead: Path, speaker: Speaker) -> None:
    """Say what became of the orders; the exit code is that of what broke the run off, or of the orders that were refused."""
    done, others = state.outcomes["done"], state.outcomes["refused"] + state.outcomes["failed"]
    speaker.say(speaker.word("batch", done=str(done), others=str(others), dead=escaped(str(dead))))
    if isinstance(state.broken, SourceError):
        speaker.issues(state.broken.issues)
        raise SystemExit(int(Exit.UNREADABLE))
    if state.broken:
        with guard(speaker):
            raise state.broken
    if _caught:
        raise SystemExit(128 + _caught[0])
    if others:
        raise SystemExit(int(Exit.PARTIAL))


def _on_cluster(
    speaker: Speaker,
    address: str,
    source: str,
    output: str,
    seconds: float,
    options: dict[str, Any],
    mode: int,
    config: Path | None,
    lenient: bool,
) -> None:
    """The same on a Dask cluster, which always goes on where an earlier run with the same IN and OUT came to."""
    try:
        from bridge.run.batch.cluster import ClusterJob, run
    except ModuleNotFoundError as error:
        raise click.UsageError(f"{error.name} is missing: pip install 'imgda-bridge[cluster]'") from None
    with guard(speaker):
        job = ClusterJob(output, settings_of(config, lenient, speaker), options, seconds, speaker.language, mode)
        found = run(address, source, job, progress=lambda done, total: speaker.say(f"{done}/{total}"))
    others = found["refused"] + found["failed"]
    speaker.say(speaker.word("batch", done=str(found["done"]), others=str(others), dead=escaped(f"{output}/dead-*.ndjson")))
    if others:
        raise SystemExit(int(Exit.PARTIAL))


def _source(path: str, limit: int, speaker: Speaker) -> Source:
    """The source of a batch; the command ends where it cannot be opened."""
    from bridge.run.batch.sources import open_source

    try:
        return open_source(path, limit)
    except OSError as error:
        speaker.fail("cannot open", Exit.NO_INPUT, path=path, reason=error.strerror or type(error).__name__)


def _tell(speaker: Speaker, origin: str, answer: Answer) -> None:
    """Name an input that was not converted for a fault that is not its content's; the others are in the journal."""
    if answer.outcome == "failed":
        reasons = {str(reason) for found in answer.issues if (reason := found.parameters.get("reason"))}
        more = f" ({', '.join(sorted(reasons))})" if reasons else ""
        speaker.say(f"{origin}: {speaker.word('error')} {' '.join(answer.codes)}{more}")


def _check_fresh(output: Path, journal: Path, dead: Path, resume: bool) -> None:
    """Refuse to write over what an earlier run wrote. Raises :class:`SettingsError`."""
    from bridge.findings.errors import SettingsError
    from bridge.findings.issues import issue

    there = [path for path in (output, dead) if path.exists() and not (path.is_dir() and not any(path.iterdir()))]
    if (journal.exists() and not resume) or (there and not journal.exists()):
        raise SettingsError(issue("IMGDA-1821", None))


_caught: list[int] = []


@contextmanager
def _stopped() -> Iterator[Callable[[], bool]]:
    """Ask to be told of Ctrl-C and of the signal to end, to finish what is under way."""
    _caught.clear()
    names = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(name, lambda number, _: _caught.append(number)) for name in names]
    try:
        yield lambda: bool(_caught)
    finally:
        for name, handler in zip(names, before, strict=True):
            signal.signal(name, handler)


@contextmanager
def _progress(size: int, speaker: Speaker) -> Iterator[Callable[[Any], None]]:
    """A bar with rate and remaining time, on a terminal only."""
    if speaker.quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    began, count, last = time.monotonic(), 0, 0

    def rate(_: object) -> str:
        return f"{count}, {count / max(time.monotonic() - began, 0.001):.0f}/s"

    with click.progressbar(length=size or 1, item_show_func=rate, file=sys.stderr, show_eta=bool(size), width=24) as bar:

        def tell(item: Any) -> None:
            nonlocal count, last
            count += 1
            bar.update(item.end - last, item)
            last = item.end

        yield tell
