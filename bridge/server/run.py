"""Runs the service under uvicorn: one process for HTTP, worker processes for conversions.

One process, because uvicorn's own workers lose TCP_NODELAY (44 ms for each request on a kept connection, Kludex/uvicorn#3149)
and because one bounded queue before all workers is what keeps the order of arrival.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from bridge.server.app import Service
from bridge.server.logs import configure, log
from bridge.server.options import Options

__all__ = ["run"]


def run(options: Options, *, level: str = "info") -> None:
    """Serve until told to stop, then finish what was taken."""
    configure(level)
    service = Service(options)
    config = uvicorn.Config(
        service.app,
        host=options.host,
        port=options.port,
        http=_bounded(options),
        ws="none",
        lifespan="on",
        loop="asyncio",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=int(options.stop_seconds) or None,
        ssl_certfile=str(options.certificate) if options.certificate else None,
        ssl_keyfile=str(options.key) if options.key else None,
    )
    if options.is_open:
        log("open to other machines without a token", level=logging.WARNING)
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: None)  # uvicorn raises them again once it has stopped: stopping so is no failure
    asyncio.run(_Server(config, service).serve())


class _Server(uvicorn.Server):
    """Says where it listens, and that it stops."""

    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self._service = service

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        for server in getattr(self, "servers", []):
            for socket in server.sockets:
                host, port = socket.getsockname()[:2]
                log("listening", host=host, port=port)

    async def shutdown(self, sockets: Any = None) -> None:
        self._service.readiness.stopping = True
        log("stopping")
        await super().shutdown(sockets)
        log("stopped")


def _bounded(options: Options) -> type[HttpToolsProtocol]:
    """The protocol of uvicorn with what it lacks: a limit for the number of connections, and for the time of a request."""
    seconds = 2 * options.body_seconds + 5
    connections = 2 * options.requests

    class Bounded(HttpToolsProtocol):
        _timer: asyncio.TimerHandle | None = None

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            if len(self.connections) > connections:
                transport.abort()
                return
            self._start(options.body_seconds)

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop()
            super().connection_lost(exc)

        def on_message_begin(self) -> None:
            super().on_message_begin()
            self._start(options.body_seconds)

        def on_headers_complete(self) -> None:
            super().on_headers_complete()
            self._start(seconds)

        def on_message_complete(self) -> None:
            self._stop()
            super().on_message_complete()

        def on_response_complete(self) -> None:
            super().on_response_complete()
            if not self.transport.is_closing() and self.transport.get_write_buffer_size() == 0:
                return
            self._start(seconds)

        def _start(self, seconds: float) -> None:
            self._stop()
            self._timer = self.loop.call_later(seconds, self.transport.abort)

        def _stop(self) -> None:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None

    return Bounded
