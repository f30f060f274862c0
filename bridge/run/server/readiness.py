"""Readiness: the service is ready when it really converts a sample, there and back, to the same bytes as the first time."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from pathlib import Path

from bridge.run.server.lanes import Lanes
from bridge.run.server.logs import log
from bridge.run.workers.fair import Sender
from bridge.run.workers.tasks import Answer, Task

__all__ = ["Readiness"]

_SAMPLE = Path(__file__).with_name("sample.json")
"""An order of an invented person."""
_KEEP_SECONDS = 2.0
"""How long a result stands, so that probes cost nothing."""
_LIMIT_SECONDS = 5.0


class Readiness:
    """Converts the sample when asked, and remembers the answer for two seconds."""

    def __init__(self, lanes: Lanes) -> None:
        self.stopping = False
        self._lanes = lanes
        self._sample = _SAMPLE.read_bytes()
        self._first: str | None = None
        self._until = 0.0
        self._ready = False
        self._lock = asyncio.Lock()

    async def ready(self) -> bool:
        """Whether orders can be sent."""
        async with self._lock:
            if time.monotonic() >= self._until:
                self._ready = await self._try()
                self._until = time.monotonic() + _KEEP_SECONDS
        return self._ready and not self.stopping

    async def forget(self) -> None:
        """Other settings hold: the sample may become other bytes."""
        async with self._lock:
            self._first, self._until = None, 0.0

    async def _try(self) -> bool:
        try:
            async with asyncio.timeout(_LIMIT_SECONDS):
                digest = await self._convert()
        except Exception as fault:
            log("not ready", level=logging.WARNING, fault=fault)
            return False
        self._first = self._first or digest
        return digest == self._first

    async def _convert(self) -> str:
        """A digest of the sample converted to a document and back."""
        document = await self._run("to-cda", self._sample)
        bundle = await self._run("to-fhir", document)
        return hashlib.sha256(document + bundle).hexdigest()

    async def _run(self, operation: str, source: bytes) -> bytes:
        task = Task(operation, source)
        answer: Answer = await self._lanes.run(task, 0, Sender("(readiness)"), urgent=True)
        if answer.output is None:
            raise ValueError(answer.refusal)
        return answer.output
