"""A queue that is fair to those who put something into it: nobody waits behind everything that another one has put there.

Each sender has a line of its own, and within it each of its connections has one. The next item is that of the sender who has
the fewest under way; among equals, of the one who has waited longest. So a sender with one order waits until one place is free,
however many another sender has waiting. Senders whose items cost much have a share of the places together, not one each.
Source: docs/http.md, "A fair queue".
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

__all__ = ["NOBODY", "FairQueue", "Full", "Sender"]

Item = TypeVar("Item")


class Sender(NamedTuple):
    """Who put an item into the queue."""

    name: str = ""
    connection: str = ""
    """Which of its connections; they take turns."""


NOBODY = Sender()
"""Where all come from one place, as in a batch."""


COSTLY_SECONDS = 0.25
"""An item that costs more of the processor makes its sender a costly one; an ordinary order costs a fiftieth of it."""
COSTLY_FOR = 60.0
"""Seconds for which a sender is a costly one."""


class Full(Exception):
    """There is no place, and nobody has so many that one could give its place up."""


@dataclass(slots=True)
class _Line(Generic[Item]):
    """What one sender has waiting, and how many it has under way."""

    connections: dict[str, deque[Item]] = field(default_factory=dict)
    waiting: int = 0
    running: int = 0
    since: int = 0
    """When it began to wait for its next turn: with its first item, or after the last one that was begun or done."""

    def put(self, item: Item, connection: str) -> None:
        self.connections.setdefault(connection, deque()).append(item)
        self.waiting += 1

    def take(self) -> Item:
        """The first item of the connection whose turn it is."""
        connection, items = next(iter(self.connections.items()))
        del self.connections[connection]
        item = items.popleft()
        if items:
            self.connections[connection] = items
        self.waiting -= 1
        return item

    def give_up(self) -> Item:
        """The newest item of the connection that has most."""
        connection = max(self.connections, key=lambda name: len(self.connections[name]))
        item = self.connections[connection].pop()
        if not self.connections[connection]:
            del self.connections[connection]
        self.waiting -= 1
        return item


class FairQueue(Generic[Item]):
    """Everything may be called from any thread."""

    def __init__(self, each: int | None = None, costly: int | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        """A sender has at most *each* items under way at one time, and costly senders *costly* together; ``None``: any number."""
        self._each = each
        self._share = costly
        self._costly: dict[str, float] = {}
        self._clock = clock
        self._lines: dict[str, _Line[Item]] = {}
        self._turn = 0
        self._waiting = 0
        self._closed = False
        self._changed = threading.Condition()

    def __len__(self) -> int:
        """Items that wait."""
        return self._waiting

    def put(self, item: Item, sender: Sender, bound: int | None = None) -> Item | None:
        """Put an item at the end of its line. The item that gave its place up for it, if *bound* were waiting already.

        Raises :class:`Full` when no other sender has more than one item more than this one.
        """
        with self._changed:
            given_up = self._make_place(sender.name) if bound is not None and self._waiting >= bound else None
            line = self._lines.setdefault(sender.name, _Line())
            if not line.waiting:
                line.since = self._next_turn()
            line.put(item, sender.connection)
            self._waiting += 1
            self._changed.notify()
        return given_up

    def get(self, timeout: float | None = None) -> tuple[Item, str] | None:
        """The next item and the name of its sender, for :meth:`done`; ``None`` when the queue is closed and nothing waits.

        Raises :class:`TimeoutError`.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._next() is not None or self._is_over(), timeout):
                raise TimeoutError
            name = self._next()
            if name is None:
                return None
            line = self._lines[name]
            item = line.take()
            line.running += 1
            line.since = self._next_turn()
            self._waiting -= 1
            if self._is_over():
                self._changed.notify_all()
            return item, name

    def done(self, name: str, cost: float = 0.0) -> None:
        """An item of this sender is no longer under way; it cost so many seconds of the processor."""
        with self._changed:
            if cost > COSTLY_SECONDS:
                self._costly[name] = self._clock() + COSTLY_FOR
            line = self._lines[name]
            line.running -= 1
            line.since = self._next_turn()
            self._forget(name)
            self._changed.notify_all()

    def close(self) -> None:
        """Nothing more comes: who waits in :meth:`get` is let go once the queue is empty."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _is_over(self) -> bool:
        return self._closed and not self._waiting

    def _next(self) -> str | None:
        """The sender whose turn it is."""
        held = self._held() if self._share is not None and self._costly else frozenset()
        lines = [
            (line.running, line.since, name)
            for name, line in self._lines.items()
            if line.waiting and (self._each is None or line.running < self._each) and name not in held
        ]
        return min(lines)[2] if lines else None

    def _held(self) -> frozenset[str]:
        """The costly senders, when they have their share of the places already."""
        now = self._clock()
        self._costly = {name: until for name, until in self._costly.items() if until >= now}
        running = sum(self._lines[name].running for name in self._costly if name in self._lines)
        return frozenset(self._costly) if self._share is not None and running >= self._share else frozenset()

    def _make_place(self, name: str) -> Item:
        own = self._lines[name].waiting if name in self._lines else 0
        most = max(self._lines, key=lambda other: self._lines[other].waiting, default=name)
        if most == name or self._lines[most].waiting <= own + 1:
            raise Full
        item = self._lines[most].give_up()
        self._waiting -= 1
        self._forget(most)
        return item

    def _forget(self, name: str) -> None:
        line = self._lines[name]
        if not line.waiting and not line.running:
            del self._lines[name]

    def _next_turn(self) -> int:
        self._turn += 1
        return self._turn
