"""Two pools of workers: one for ordinary inputs, one for large ones; and a memory of the inputs that end workers.

An engine that gets a 503 sends the same message again. If that message is what ended the worker, it would do so for ever: after
its second worker an input is refused for good.
"""

from __future__ import annotations

import asyncio
import hashlib
import pickle
from collections import OrderedDict

from bridge.server.options import LARGE_BYTES, Options
from bridge.workers.pool import Pool, WorkerLost
from bridge.workers.tasks import Answer, Task

__all__ = ["Lanes", "Poisonous"]

_REMEMBERED = 1_000
_STRIKES = 2


class Poisonous(Exception):
    """Two workers in a row were lost with this input already."""


class Lanes:
    """The workers of the service."""

    def __init__(self, options: Options) -> None:
        pool = options.settings
        self.ordinary = Pool(pool, options.workers, waiting=options.waiting, seconds=options.seconds)
        self.large = Pool(pool, 1, waiting=options.large_waiting, seconds=options.seconds)
        self._strikes: OrderedDict[bytes, int] = OrderedDict()

    @property
    def pools(self) -> dict[str, Pool]:
        """Each lane by its name."""
        return {"ordinary": self.ordinary, "large": self.large}

    def lane(self, size: int) -> Pool:
        """The lane for an input of *size* bytes."""
        return self.large if size >= LARGE_BYTES else self.ordinary

    async def run(self, task: Task, size: int, *, urgent: bool = False) -> Answer:
        """Do a task. Raises :class:`Poisonous`, and what :meth:`Pool.submit` and its future raise.

        A caller that goes away cancels the task if no worker has it yet.
        """
        digest = _digest(task) if self._strikes else None
        if digest and self._strikes.get(digest, 0) >= _STRIKES:
            raise Poisonous
        future = self.lane(size).submit(task, urgent=urgent)
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
    return hashlib.sha256(pickle.dumps((task.operation, task.source, sorted(task.options.items())))).digest()
