"""Converts everything that a source gives: a bounded window of orders in the workers, results in the order of the source.

Memory does not grow with the number of orders. Every hundred orders, and at least twice a second, what was done is made safe in
this order: results, dead letters, journal.
"""

from __future__ import annotations

import hashlib
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge.batch import deadletters
from bridge.batch.journal import Journal, Line, State
from bridge.batch.outputs import Lines, Output, open_output
from bridge.batch.sources import Item, Source
from bridge.errors import SettingsError, SourceError
from bridge.issues import Language, issue
from bridge.settings import Settings
from bridge.workers.forms import Form
from bridge.workers.pool import Pool
from bridge.workers.tasks import Answer, Task
from bridge.workers.versions import VERSION, mapping

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

    @property
    def about(self) -> dict[str, str]:
        """What a run that goes on must have in common with the one before."""
        settings = hashlib.sha256(repr((self.settings, sorted(self.options.items()))).encode()).hexdigest()[:16]
        return {
            "input": self.source.description,
            "output": self.output.name,
            "settings": settings,
            "version": VERSION,
            "mapping": mapping(),
        }


@dataclass(slots=True)
class _Pending:
    item: Item
    task: Task
    future: Future[Answer]


@dataclass(slots=True)
class _Run:
    """The state of one run."""

    job: Job
    pool: Pool
    output: Output
    dead: Lines
    journal: Journal
    lines: list[Line] = field(default_factory=list)
    committed: float = field(default_factory=time.monotonic)

    def submit(self, item: Item) -> _Pending:
        form: Form = "bundle" if self.output.form == "bundle" else "plain"
        task = Task("convert", item.body, self.job.options, form, self.job.language, item.origin)
        return _Pending(item, task, self.pool.submit(task, urgent=True))

    def settle(self, pending: _Pending) -> None:
        """Write what came of an order; commit now and then."""
        answer = self.pool.settle(pending.task, pending.future)
        item, name = pending.item, None
        if answer.output is None:
            self.dead.add("", deadletters.write(item, answer.issues, self.job.language))
        else:
            name = None if self.output.form == "bundle" else item.name + (".json" if answer.operation == "to-fhir" else ".xml")
            self.output.add(name or "", answer.output)
        ms = round(answer.seconds * 1000, 1)
        said = answer.outcome, answer.codes, ms, answer.document_id, name
        self.lines.append(Line(item.position, item.origin, item.digest, *said))
        if len(self.lines) >= _COMMIT_ORDERS or time.monotonic() - self.committed > _COMMIT_SECONDS:
            self.commit()

    def commit(self) -> None:
        """Make everything done so far safe."""
        if self.lines:
            output, dead = self.output.commit(), self.dead.commit()
            self.journal.append(self.lines, output, dead)
            self.lines.clear()
        self.committed = time.monotonic()


def run(job: Job, *, stop: Callable[[], bool], progress: Callable[[Item], None]) -> State:
    """Do the job, or what is left of it; how far it came.

    *stop* is asked before each order; *progress* is told of each. Raises :class:`SettingsError` when the journal is that of
    another run, :class:`SourceError` for a damaged source, OSError when reading or writing breaks off: what was done until then
    is safe, and the same call goes on from there.
    """
    journal = Journal(job.journal, job.about)
    try:
        if journal.differs:
            raise SettingsError(issue("IMGDA-1822", None, what=journal.differs))
        if not journal.state.finished:
            _work(job, journal, stop, progress)
    finally:
        journal.close()
    return journal.state


def _work(job: Job, journal: Journal, stop: Callable[[], bool], progress: Callable[[Item], None]) -> None:
    output, dead = open_output(job.output), Lines(job.dead)
    if not (output.cut(journal.state.output) and dead.cut(journal.state.dead)):
        raise SettingsError(issue("IMGDA-1822", None, what="output"))
    window = job.jobs * 8
    pool = Pool(job.settings, job.jobs, waiting=window, seconds=job.seconds)
    try:
        work = _Run(job, pool, output, dead, journal)
        if _feed(work, window, stop, progress):
            output.finish()
            dead.finish()
            journal.finish()
    finally:
        pool.close()


def _feed(work: _Run, window: int, stop: Callable[[], bool], progress: Callable[[Item], None]) -> bool:
    """Pass the orders through the workers; whether the source came to its end.

    When reading breaks off, what was read is done and made safe. When writing does, nothing more is written: the file may end in
    the middle of a result, and the journal does not know of it.
    """
    pending: deque[_Pending] = deque()
    held = 0
    broken: Exception | None = None
    complete = False

    def settle() -> None:
        nonlocal held
        oldest = pending.popleft()
        held -= len(oldest.item.body)
        work.settle(oldest)
        progress(oldest.item)

    last = work.journal.state
    items = work.job.source.items(last.position or 1)
    while not stop():
        try:
            item = next(items, None)
        except (SourceError, OSError) as error:
            broken = error
            break
        if item is None:
            complete = True
            break
        if item.position == last.position:
            if item.digest != last.digest:
                raise SettingsError(issue("IMGDA-1822", None, what="input"))
            continue
        while pending and (len(pending) >= window or held + len(item.body) > _WINDOW_BYTES):
            settle()
        pending.append(work.submit(item))
        held += len(item.body)
    while pending:
        settle()
    work.commit()
    if broken is not None:
        raise broken
    return complete
