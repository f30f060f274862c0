"""Converts everything that a source gives: a bounded window of orders in the workers, results in the order of the source.

Memory does not grow with the number of orders. Every hundred orders, and at least twice a second, what was done is made safe in
this order: results, dead letters, journal.
"""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge.findings.errors import SettingsError, SourceError
from bridge.findings.issues import Language, issue
from bridge.run import files
from bridge.run.batch import deadletters
from bridge.run.batch.journal import Journal, Line, State
from bridge.run.batch.outputs import LinesOutput, Output, open_output
from bridge.run.batch.sources import Item, Source
from bridge.run.names import escaped, fitting
from bridge.run.workers.pool import Pool
from bridge.run.workers.tasks import Answer, Task
from bridge.run.workers.versions import VERSION, mapping
from bridge.run.workers.wrapping import Form
from bridge.settings import Settings

__all__ = ["Job", "run"]

_COMMIT_ORDERS = 100
_COMMIT_SECONDS = 0.5
_WINDOW_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What to do, and where."""

    source: Source
    output: Path
    journal: Path
    dead: Path
    settings: Settings
    options: dict[str, Any]
    """Options of each conversion, as :attr:`Task.options`."""
    jobs: int
    seconds: float
    """Time for one conversion."""
    language: Language = "fr"
    render: Form | None = None
    """What each order becomes instead of its conversion: ``plain`` for PDF, ``html``."""
    tell: Callable[[str, Answer], None] = lambda _, __: None
    """Told of each input that was not converted, by its origin."""

    @property
    def about(self) -> dict[str, str]:
        """What a run that goes on must have in common with the one before."""
        asked = (self.settings, sorted(self.options.items()), *([self.render] if self.render else []))
        settings = hashlib.sha256(repr(asked).encode()).hexdigest()[:16]
        return {
            "input": self.source.description,
            "output": self.output.name,
            "settings": settings,
            "language": self.language,
            "version": VERSION,
            "mapping": mapping(),
        }


@dataclass(slots=True)
class _Pending:
    item: Item
    task: Task
    future: Future[Answer] | None
    """None for what could not be read."""


@dataclass(slots=True)
class _Run:
    """The state of one run."""

    job: Job
    pool: Pool
    output: Output
    dead: LinesOutput
    journal: Journal
    lines: list[Line] = field(default_factory=list)
    committed: float = field(default_factory=time.monotonic)

    def submit(self, item: Item) -> _Pending:
        form: Form = self.job.render or ("bundle" if self.output.form == "bundle" else "plain")
        task = Task(
            "render" if self.job.render else "convert", item.body, self.job.options, form, self.job.language, position=item.origin
        )
        return _Pending(item, task, None if item.problem else self.pool.submit(task, urgent=True))

    def settle(self, pending: _Pending) -> None:
        """Write what came of an order; commit now and then."""
        item = pending.item
        answer = Answer(None, (item.problem,), "internal") if item.problem else self.pool.settle(pending.task, pending.future)
        answer, name = self._delivered(item, answer)
        if answer.output is None:
            self.dead.add("", deadletters.write(item, answer.issues, self.job.language))
            self.job.tell(item.origin, answer)
        ms = round(answer.seconds * 1000, 1)
        said = answer.outcome, answer.codes, ms, answer.document_id, name
        self.lines.append(Line(item.position, item.origin, item.digest, *said))
        if len(self.lines) >= _COMMIT_ORDERS or time.monotonic() - self.committed > _COMMIT_SECONDS:
            self.commit()

    def _delivered(self, item: Item, answer: Answer) -> tuple[Answer, str | None]:
        """What came of an order once its result is written, and the name of that; a name that cannot be written fails it."""
        if answer.output is None:
            return answer, None
        name = None if self.output.form == "bundle" else _named(item.name, self._suffix(answer))
        try:
            self.output.add(name or "", answer.output)
        except OSError as error:
            if not files.is_of_one_file(error, reading=False):
                raise
            reason = escaped(error.strerror or type(error).__name__)
            return Answer(None, (issue("IMGDA-1751", None, reason=reason),), "internal", seconds=answer.seconds), None
        return answer, name

    def _suffix(self, answer: Answer) -> str:
        if self.job.render:
            return ".html" if self.job.render == "html" else ".pdf"
        return ".json" if answer.operation == "to-fhir" else ".xml"

    def commit(self) -> None:
        """Make everything done so far safe."""
        if self.lines:
            output, dead = self.output.commit(), self.dead.commit()
            self.journal.append(self.lines, output, dead)
            self.lines.clear()
        self.committed = time.monotonic()


def run(job: Job, *, stop: Callable[[], bool], progress: Callable[[Item], None]) -> State:
    """Do the job, or what is left of it; how far it came.

    *stop* is asked before each order; *progress* is told of each. :attr:`State.broken` says why reading the source broke off.
    Raises :class:`SettingsError` when the journal is that of another run, or the source is not what it was;
    :class:`SourceError` for a source without an order; OSError when writing breaks off. What was done until then is safe, and
    the same call goes on from there.
    """
    journal = Journal(job.journal, job.about, job.source.least)
    try:
        if journal.differs:
            raise SettingsError(issue("IMGDA-1822", None, what=journal.differs))
        if journal.state.finished:
            _check_end(job.source, journal.state)
        else:
            _work(job, journal, stop, progress)
    finally:
        journal.close()
    return journal.state


def _check_end(source: Source, state: State) -> None:
    """Refuse to call a run complete when its source is not at its end. Raises :class:`SettingsError`."""
    items = source.items(state.position or 1)
    if not _is_last(next(items, None), state) or next(items, None) is not None:
        raise SettingsError(issue("IMGDA-1822", None, what="input"))


def _is_last(item: Item | None, state: State) -> bool:
    """Whether an input is the last one that a journal tells of, as far as both could be read."""
    return (
        item is not None
        and item.position == state.position
        and ("" in (item.digest, state.digest) or item.digest == state.digest)
    )


def _named(stem: str, suffix: str) -> str:
    """The path of a result: its last part fits a file system."""
    folder, slash, name = stem.rpartition("/")
    return folder + slash + fitting(name, suffix)


def _remove(job: Job) -> None:
    """Take away what a run without an order made."""
    for path in (job.output, job.dead, job.journal):
        with contextlib.suppress(OSError):
            path.rmdir() if path.is_dir() else path.unlink()


def _work(job: Job, journal: Journal, stop: Callable[[], bool], progress: Callable[[Item], None]) -> None:
    output, dead = open_output(job.output), LinesOutput(job.dead)
    if not (output.cut(journal.state.output) and dead.cut(journal.state.dead)):
        raise SettingsError(issue("IMGDA-1822", None, what="output"))
    window = job.jobs * 8
    pool = Pool(job.settings, job.jobs, seconds=job.seconds)
    try:
        work = _Run(job, pool, output, dead, journal)
        if _feed(work, window, stop, progress):
            output.finish()
            dead.finish()
            journal.finish()
    finally:
        pool.close()
    if not journal.state.position and not stop() and not journal.state.broken:
        _remove(job)
        raise SourceError(issue("IMGDA-1753", None))


def _feed(work: _Run, window: int, stop: Callable[[], bool], progress: Callable[[Item], None]) -> bool:
    """Pass the orders through the workers; whether the source came to its end.

    When reading breaks off, what was read is done and made safe. When writing does, nothing more is written: the file may end in
    the middle of a result, and the journal does not know of it.
    """
    pending: deque[_Pending] = deque()
    held = 0
    complete = False

    def settle() -> None:
        nonlocal held
        oldest = pending.popleft()
        held -= len(oldest.item.body)
        work.settle(oldest)
        progress(oldest.item)

    state = work.journal.state
    items = work.job.source.items(state.position or 1)
    if state.position and not _is_last(next(items, None), state):
        raise SettingsError(issue("IMGDA-1822", None, what="input"))
    while not stop():
        try:
            item = next(items, None)
        except (SourceError, OSError) as error:
            state.broken = error
            break
        if item is None:
            complete = True
            break
        while pending and (len(pending) >= window or held + len(item.body) > _WINDOW_BYTES):
            settle()
        pending.append(work.submit(item))
        held += len(item.body)
    while pending:
        settle()
    work.commit()
    return complete
