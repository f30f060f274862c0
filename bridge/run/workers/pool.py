"""A few worker processes under supervision: each has a thread here that feeds it, watches over it, and replaces it.

Why not a library: ``concurrent.futures.ProcessPoolExecutor`` is broken for good by one crash and has no time limit; pebble has
both, but starts its workers through ``multiprocessing``, which imports the caller's main module again and is refused inside the
workers of a cluster. A thread that writes to one pipe and reads from another needs a hundred lines and has no hidden state.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Literal

from bridge.findings.issues import Issue, issue
from bridge.run.workers.child import receive, send
from bridge.run.workers.fair import NOBODY, FairQueue, Full, Sender
from bridge.run.workers.tasks import Answer, Task
from bridge.settings import Settings

__all__ = ["Busy", "Closed", "Pool", "WorkerLost"]

Reason = Literal["died", "timeout", "recycled"]

RECYCLE = 100_000
"""Conversions after which a worker is replaced: Saxon grows by about half a kilobyte with every parse error."""
IDLE_SECONDS = 0.5
"""Time after which a worker without a task is looked at: one that died is replaced before an input meets it."""
START_SECONDS = 60.0
"""Time that a worker may take to be ready."""
_TRIES = 2
"""Workers that a task may cost where it is answered in any case (:meth:`Pool.settle`)."""


class Busy(Exception):
    """The queue is full: nothing was taken on, or it gave its place up for a sender who had fewer."""


class Closed(Exception):
    """The pool takes nothing any more."""


class WorkerLost(Exception):
    """The worker ended, or was ended for taking too long, before it answered."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason

    def finding(self, seconds: float) -> Issue:
        """What is said of it; *seconds* is the time that the task could take."""
        if self.reason == "timeout":
            return issue("IMGDA-1809", None, limit=f"{seconds:g}")
        return issue("IMGDA-1808", None)


@dataclass(slots=True)
class _Job:
    task: Task
    future: Future[Answer]
    seconds: float | None

    def fail(self, error: Exception) -> None:
        """End it without an answer, unless it was cancelled."""
        if self.future.set_running_or_notify_cancel():
            self.future.set_exception(error)


class Pool:
    """Worker processes that share one bounded queue. Everything public may be called from any thread."""

    def __init__(
        self,
        settings: Settings | Mapping[str, Settings],
        workers: int,
        *,
        waiting: int | None = None,
        seconds: float = 30.0,
        recycle: int = RECYCLE,
        each: int | None = None,
        costly: int | None = None,
        niceness: int = 0,
    ) -> None:
        """Start *workers* processes. At most *waiting* tasks wait, any number without it; a task may take *seconds* once a worker
        has it.

        One sender has at most *each* of the workers at one time, and those whose tasks cost much have *costly* together; ``None``
        sets no bound. *niceness* puts the
        processes behind others where the processor is short (POSIX).
        """
        self.settings = settings
        self.version = 0
        """Counts the settings that :meth:`configure` gave."""
        self.seconds = seconds
        self.recycle = recycle
        self.niceness = niceness
        self.replaced: dict[Reason, int] = {"died": 0, "timeout": 0, "recycled": 0}
        self._waiting = waiting
        self._queue = FairQueue[_Job](each, costly)
        self._closed = False
        self._lock = threading.Lock()
        self._workers = [_Worker(self, number) for number in range(workers)]
        self._watchdog = threading.Thread(target=self._watch, name="imgda-watchdog", daemon=True)
        self._watchdog.start()

    def submit(
        self, task: Task, *, sender: Sender = NOBODY, urgent: bool = False, seconds: float | None = None
    ) -> Future[Answer]:
        """Queue a task. Its future ends with an answer or with :class:`WorkerLost`; cancelled before it starts, it never does.

        When the queue is full, the newest task of the sender who has most gives its place up and ends with :class:`Busy`.
        *urgent* disregards the bound of the queue. Raises :class:`Busy` or :class:`Closed`.
        """
        job = _Job(task, Future(), seconds)
        with self._lock:
            if self._closed:
                raise Closed
            try:
                given_up = self._queue.put(job, sender, None if urgent else self._waiting)
            except Full:
                raise Busy from None
        if given_up is not None:
            given_up.fail(Busy())
        return job.future

    def configure(self, settings: Settings | Mapping[str, Settings]) -> None:
        """Have other settings hold, for every task that no worker has yet."""
        with self._lock:
            self.settings, self.version = settings, self.version + 1

    def settle(self, task: Task, future: Future[Answer] | None = None) -> Answer:
        """What came of a task, submitted already or now: another worker has it once when its own is lost, then it failed."""
        found: Issue
        for _ in range(_TRIES):
            try:
                return (future or self.submit(task, urgent=True)).result()
            except WorkerLost as lost:
                found, future = lost.finding(self.seconds), None
        return Answer(None, (found,), "internal")

    @property
    def depth(self) -> int:
        """Tasks that wait."""
        return len(self._queue)

    @property
    def ready(self) -> int:
        """Workers that can take a task, or have one."""
        return sum(worker.ready for worker in self._workers)

    @property
    def busy(self) -> int:
        """Workers that have a task."""
        return sum(worker.busy for worker in self._workers)

    @property
    def pids(self) -> list[int]:
        """Process ids of the workers."""
        return [worker.process.pid for worker in self._workers if worker.process is not None]

    def wait_ready(self, seconds: float = START_SECONDS) -> bool:
        """Wait until every worker is ready; false when the time is over."""
        until = time.monotonic() + seconds
        while self.ready < len(self._workers) and time.monotonic() < until:
            time.sleep(0.01)
        return self.ready == len(self._workers)

    def close(self) -> None:
        """Take nothing more, finish what was taken, end the workers."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        self._queue.close()
        for worker in self._workers:
            worker.thread.join()

    def _watch(self) -> None:
        while not self._closed or any(worker.thread.is_alive() for worker in self._workers):
            now = time.monotonic()
            for worker in self._workers:
                worker.end_if_late(now)
            time.sleep(0.05)


class _Worker:
    """One process and the thread that feeds it."""

    def __init__(self, pool: Pool, number: int) -> None:
        self.pool = pool
        self.process: subprocess.Popen[bytes] | None = None
        self.ready = False
        self._deadline: float | None = None
        self._late = False
        self._version = -1
        self._lock = threading.Lock()
        self.thread = threading.Thread(target=self._run, name=f"imgda-worker-{number}", daemon=True)
        self.thread.start()

    @property
    def busy(self) -> bool:
        """Whether it has a task."""
        return self.ready and self._deadline is not None

    def end_if_late(self, now: float) -> None:
        """Kill the process if its task, or its start, has taken too long."""
        with self._lock:
            if self._deadline is not None and now > self._deadline and self.process is not None:
                self._late = True
                self._deadline = None
                self.process.kill()

    def _run(self) -> None:
        pause = 0.1
        while True:
            if not self._start():
                if self.pool._closed:
                    self._refuse_rest()
                    return
                time.sleep(pause)
                pause = min(pause * 2, 10.0)
                continue
            pause = 0.1
            if self._serve():
                return

    def _serve(self) -> bool:
        """Feed the process until the pool closes (true) or the process must be replaced (false)."""
        done = 0
        while (found := self._next()) is not None:
            if found == "died":
                self._end("died")
                return False
            job, sender = found
            cost: float | None = 0.0
            try:
                if job.future.set_running_or_notify_cancel():
                    cost = self._do(job)
            finally:
                self.pool._queue.done(sender, self.pool.seconds if cost is None else cost)
            if cost is None:
                return False
            done += 1
            if done >= self.pool.recycle:
                self._end("recycled")
                return False
        self._end(None)
        return True

    def _do(self, job: _Job) -> float | None:
        """Have the process do one task: the seconds of the processor that it cost, ``None`` when the process was lost."""
        try:
            self._configure()
            answer = self._exchange(job.task, job.seconds or self.pool.seconds)
        except (OSError, EOFError):
            reason: Reason = "timeout" if self._late else "died"
            self._end(reason)
            job.future.set_exception(WorkerLost(reason))
            return None
        job.future.set_result(answer)
        return answer.processor

    def _next(self) -> tuple[_Job, str] | Literal["died"] | None:
        """The next task and its sender; ``None`` when the pool closes, ``died`` when the process ended with nothing to do."""
        while True:
            try:
                return self.pool._queue.get(timeout=IDLE_SECONDS)
            except TimeoutError:
                if self.process is None or self.process.poll() is not None:
                    return "died"

    def _start(self) -> bool:
        """Start a process and wait until it is ready; false when it could not be, which a machine short of something may lift."""
        try:
            self.process = self._launch()
        except OSError:
            return False
        self._late = False
        try:
            self._version = -1
            self._configure()
        except (OSError, EOFError):
            self._end("timeout" if self._late else "died")
            return False
        self.ready = True
        return True

    def _launch(self) -> subprocess.Popen[bytes]:
        paths = os.pathsep.join(path or os.getcwd() for path in sys.path)
        program = "import sys; from bridge.run.workers.child import main; main(int(sys.argv[1]))"
        return subprocess.Popen(  # noqa: S603 (nothing of an input)
            [sys.executable, "-c", program, str(self.pool.niceness)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": paths},
        )

    def _configure(self) -> None:
        """Give the process the settings that hold, unless it has them. Raises OSError or EOFError when it is lost."""
        with self.pool._lock:
            settings, version = self.pool.settings, self.pool.version
        if version != self._version:
            self._exchange(settings, START_SECONDS)
            self._version = version

    def _exchange(self, message: object, seconds: float) -> Answer:
        """Send one message to the process and receive the answer. Raises OSError or EOFError when it is lost."""
        process = self.process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        with self._lock:
            self._deadline = time.monotonic() + seconds
        try:
            send(process.stdin, message)
            return receive(process.stdout)  # type: ignore[no-any-return]
        finally:
            with self._lock:
                self._deadline = None

    def _end(self, reason: Reason | None) -> None:
        """End the process and note why."""
        self.ready = False
        process, self.process = self.process, None
        assert process is not None
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()
        if reason in ("died", "timeout"):
            process.kill()
        process.wait()
        if reason is not None:
            with self.pool._lock:
                self.pool.replaced[reason] += 1

    def _refuse_rest(self) -> None:
        """The pool closes and no process can be started: what still waits has no answer."""
        while (found := self.pool._queue.get()) is not None:
            job, sender = found
            job.fail(WorkerLost("died"))
            self.pool._queue.done(sender)
