"""The loop of a worker process: tasks come in on standard input, answers go out on standard output, one after the other.

Saxon prints pieces of a document on file descriptor 2 when a transformation fails. Here that descriptor leads nowhere, and so
does file descriptor 1: answers leave by a copy of it that nothing else knows.
"""

from __future__ import annotations

import os
import pickle
import signal
import struct
import sys
from collections.abc import Callable
from typing import IO, Any

__all__ = ["main", "receive", "send"]

_LENGTH = struct.Struct("<Q")


def send(stream: IO[bytes], message: Any) -> None:
    """Write one message, its length first. Raises :class:`OSError` when the other side is gone."""
    data = pickle.dumps(message, protocol=5)
    stream.write(_LENGTH.pack(len(data)))
    stream.write(data)
    stream.flush()


def receive(stream: IO[bytes]) -> Any:
    """The next message. Raises :class:`EOFError` when the other side is gone, even in the middle of a message."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    data = stream.read(length)
    if len(data) < length:
        raise EOFError
    return pickle.loads(data)  # noqa: S301 (from our own parent or child)


def main(niceness: int = 0) -> None:
    """Work until the parent closes the pipe, behind the other workers by *niceness* when the processor is short.

    Signals that stop the service (Ctrl-C, systemd) reach every process of the group; the parent alone decides when a worker ends.
    """
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    tasks = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    try:
        handle = _handler(receive(tasks))
        if niceness and hasattr(os, "nice"):
            os.nice(niceness)
        send(answers, None)
        while True:
            send(answers, handle(receive(tasks)))
    except (EOFError, BrokenPipeError):
        sys.exit(0)


def _handler(settings: Any) -> Callable[[Any], Any]:
    """What answers messages, its stylesheets compiled: a task is done, anything else are settings, which hold from then on.

    Imported here: what is printed while importing must go nowhere too.
    """
    from bridge.cda.stylesheets import warm
    from bridge.run.workers.tasks import Task, Worker
    from bridge.tables.shipped import models

    worker = Worker(settings)
    for model in models():
        warm(model, "to-cda")
        warm(model, "to-order")

    def handle(message: Any) -> Any:
        nonlocal worker
        if isinstance(message, Task):
            return worker(message)
        worker = Worker(message)
        return None

    return handle
