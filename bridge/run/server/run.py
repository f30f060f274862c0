"""Runs the service under uvicorn: one process for HTTP, worker processes for conversions.

One process, because uvicorn's own workers lose TCP_NODELAY (44 ms for each request on a kept connection, Kludex/uvicorn#3149)
and because one bounded queue before all workers is what keeps the order of arrival.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import ssl
from collections.abc import Callable
from typing import Any

import uvicorn
from lxml import etree

from bridge.run.server.app import Service
from bridge.run.server.logs import configure, log
from bridge.run.server.options import Options
from bridge.run.server.protocol import protocol
from bridge.run.server.senders import Senders, Unusable
from bridge.run.server.tls import certificate_of, context_of
from bridge.run.workers.versions import settings_digest

__all__ = ["run"]

_LIBXML = (2, 14)
"""The oldest libxml2 that has the fixes of 2025; the wheels of lxml bring it, a system may not."""
Read = Callable[[], Senders]
"""Reads the settings and tokens again. Raises :class:`Unusable`."""


def run(options: Options, *, level: str = "info", read: Read | None = None) -> None:
    """Serve until told to stop, then finish what was taken; SIGHUP has the settings read again by *read*."""
    configure(level)
    _allow_files(2 * options.requests)
    service, context = Service(options), context_of(options)
    config = uvicorn.Config(
        service.app,
        host=options.host,
        port=options.port,
        http=protocol(options, service.app.turn_away, context),  # type: ignore[arg-type]
        ws="none",
        lifespan="on",
        loop="asyncio",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=int(options.stop_seconds) or None,
    )
    if etree.LIBXML_VERSION < _LIBXML:
        found = ".".join(map(str, etree.LIBXML_VERSION))
        log("libxml2 lacks fixes", level=logging.WARNING, found=found, wanted=".".join(map(str, _LIBXML)))
    if options.is_open:
        log("open to other machines without a token", level=logging.WARNING)
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: None)  # uvicorn raises them again once it has stopped: stopping so is no failure
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until the service is up; it never ends it
    asyncio.run(_Server(config, service, read, context).serve())


class _Server(uvicorn.Server):
    """Says where it listens, and that it stops; reads its settings again when told so."""

    def __init__(self, config: uvicorn.Config, service: Service, read: Read | None, context: ssl.SSLContext | None) -> None:
        super().__init__(config)
        self._context = context
        self._service = service
        self._read = read
        self._reading: asyncio.Task[None] | None = None

    async def startup(self, sockets: Any = None) -> None:
        if hasattr(signal, "SIGHUP"):
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._begin_reading)
        await super().startup(sockets)
        for server in getattr(self, "servers", []):
            for socket in server.sockets:
                host, port = socket.getsockname()[:2]
                log("listening", host=host, port=port)

    def _begin_reading(self) -> None:
        before = self._reading
        self._reading = asyncio.create_task(self._read_again(before))

    async def _read_again(self, before: asyncio.Task[None] | None) -> None:
        """Take the settings, tokens and certificate as they are now; what is faulty leaves everything as it was."""
        if before is not None:
            await before
        try:
            senders = await asyncio.to_thread(self._read) if self._read else self._service.options.senders
            if self._context is not None:
                self._context.load_cert_chain(*certificate_of(self._service.options))
        except Unusable as error:
            findings = [{"code": found.code, "text": found.text("en")} for found in error.issues]
            log("settings kept", level=logging.ERROR, file=str(error.file), why=error.why, findings=findings)
        except Exception as error:
            log("settings kept", level=logging.ERROR, fault=error)
        else:
            await self._service.configure(senders)
            digests = {name: settings_digest(settings) for name, settings in senders.sites.items()}
            log("settings read", settings=digests)

    async def shutdown(self, sockets: Any = None) -> None:
        self._service.readiness.stopping = True
        log("stopping")
        await super().shutdown(sockets)
        log("stopped")


def _allow_files(connections: int) -> None:
    """Let the process have as many connections open as it takes on, beside its own files; some systems give it 1,024 or 256."""
    try:
        import resource
    except ImportError:  # Windows, which has no such limit
        return
    wanted = connections + 512
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
        if allowed < wanted:
            log("few files may be open", level=logging.WARNING, allowed=allowed, wanted=wanted)
