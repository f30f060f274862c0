"""Two pools of workers: one for ordinary inputs, one for large ones; and a memory of the inputs that end workers.

The pool for ordinary inputs has one worker more than a sender may have at one time, so that another sender finds one free.

An engine that gets a 503 sends the same message again. If that message is what ended the worker, it would do so for ever: after
its second worker an input is refused for good.
"""

from __future__ import annotations

import asyncio
import hashlib
import pickle
from collections import OrderedDict

from bridge.run.server.options import Options
from bridge.run.server.senders import Senders
from bridge.run.workers.fair import Sender
from bridge.run.workers.pool import Pool, WorkerLost
from bridge.run.workers.tasks import Answer, Task

__all__ = ["Lanes", "Poisonous"]

_REMEMBERED = 1_000
_STRIKES = 2
_ORDINARY_BYTES = 128 * 1024
"""From this size on an input takes the lane of large ones. What an input can cost grows with its size, and an ordinary order
without attachments has some 30 KB: so no order waits long behind one of its own lane."""
_NICENESS = 5
"""Of the worker for large inputs: it has the processor that ordinary ones leave, and a quarter of a core in any case."""


class Poisonous(Exception):
    """Two workers in a row were lost with this input already."""


class Lanes:
    """The workers of the service."""

    def __init__(self, options: Options) -> None:
        sites, workers = options.senders.for_workers(), options.workers
        waiting, seconds = options.waiting, options.seconds
        costly = max(1, workers // 2)
        self.ordinary = Pool(sites, workers + 1, waiting=waiting, seconds=seconds, each=workers, costly=costly)
        self.large = Pool(sites, 1, waiting=waiting, seconds=seconds, niceness=_NICENESS)
        self._strikes: OrderedDict[bytes, int] = OrderedDict()

    @property
    def pools(self) -> dict[str, Pool]:
        """Each lane by its name."""
        return {"ordinary": self.ordinary, "large": self.large}

    def lane(self, size: int) -> Pool:
        """The lane for an input of *size* bytes."""
        return self.large if size >= _ORDINARY_BYTES else self.ordinary

    def configure(self, senders: Senders) -> None:
        """Have other settings hold, for every task that no worker has yet."""
        for pool in self.pools.values():
            pool.configure(senders.for_workers())

    async def run(self, task: Task, size: int, sender: Sender, *, urgent: bool = False) -> Answer:
        """Do a task. Raises :class:`Poisonous`, and what :meth:`Pool.submit` and its future raise.

        A caller that goes away cancels the task if no worker has it yet.
        """
        digest = _digest(task) if self._strikes else None
        if digest and self._strikes.get(digest, 0) >= _STRIKES:
            raise Poisonous
        future = self.lane(size).submit(task, sender=sender, urgent=urgent)
        try:
            answer = await asyncio.wrap_future(future)
        except WorkerLost:
            self._strike(_digest(task))
            raise
        if digest:
            self._strikes.pop(digest, None)
        return answer

    def close(self) -> None:
        """Finish what was taken and end the workers."""
        for pool in self.pools.values():
            pool.close()

    def _strike(self, digest: bytes) -> None:
        self._strikes[digest] = self._strikes.pop(digest, 0) + 1
        while len(self._strikes) > _REMEMBERED:
            self._strikes.popitem(last=False)


def _digest(task: Task) -> bytes:
    return hashlib.sha256(pickle.dumps((task.operation, task.site, task.source, sorted(task.options.items())))).digest()
