"""Reads a request body within its bounds: size, time, and the number of large bodies in memory at one time."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import ClientDisconnect, Request

from bridge.run.server.calls import call_of, refused
from bridge.run.server.options import LARGE_BYTES, Options

__all__ = ["Bodies"]


class Bodies:
    """Reads request bodies for one service."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._large = Counter[str]()

    @asynccontextmanager
    async def read(self, request: Request, limit: int) -> AsyncIterator[bytes]:
        """The body, of at most *limit* bytes; a large one keeps its place until the context ends.

        Raises a refusal: 400 for an empty or cut body, 408 for one that takes too long, 413 for one too large, 429 when there
        are too many large ones.
        """
        chunks: list[bytes] = []
        size, large = 0, False
        _check_size(_declared(request), limit)
        sender = call_of(request).line.name
        try:
            try:
                async with asyncio.timeout(self._options.body_seconds):
                    async for chunk in request.stream():
                        size += len(chunk)
                        _check_size(size, limit)
                        if size >= LARGE_BYTES and not large:
                            self._take_place(sender)
                            large = True
                        chunks.append(chunk)
            except TimeoutError:
                raise refused(408, "IMGDA-1805", limit=f"{self._options.body_seconds:g}") from None
            except ClientDisconnect:
                raise refused(400, "IMGDA-1820") from None
            if not size:
                raise refused(400, "IMGDA-0111")
            yield b"".join(chunks)
        finally:
            self._large -= Counter({sender: 1} if large else {})

    def _take_place(self, sender: str) -> None:
        places = self._options.large_waiting
        if self._large[sender] >= places or self._large.total() >= 2 * places:
            raise refused(429, "IMGDA-1806")
        self._large[sender] += 1


def _check_size(size: int, limit: int) -> None:
    if size > limit:
        raise refused(413, "IMGDA-0105", limit=str(limit))


def _declared(request: Request) -> int:
    """The size that the client declares; zero when it does not."""
    declared = request.headers.get("content-length", "")
    return int(declared) if declared.isdecimal() and declared.isascii() else 0
