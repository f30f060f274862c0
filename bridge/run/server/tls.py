"""TLS: the certificate of the service and its key, read before it starts so that a wrong file is named, and what precedes HTTP.

A connection is counted from its first moment on. asyncio shows it to HTTP only when its handshake is done, so that connections
without one would be bounded by nothing.
"""

from __future__ import annotations

import asyncio
import ssl
from asyncio.sslproto import SSLProtocol
from pathlib import Path
from typing import Any

from bridge.run.server.crowd import Crowd, network
from bridge.run.server.options import Options
from bridge.run.server.senders import Unusable

__all__ = ["Door", "certificate_of", "context_of"]


class Door(SSLProtocol):
    """A connection over TLS, counted as an idle one of its address until its handshake is done."""

    is_idle = True

    def __init__(self, http: asyncio.Protocol, context: ssl.SSLContext, crowd: Crowd[Any], seconds: float) -> None:
        loop = asyncio.get_running_loop()
        super().__init__(loop, http, context, None, server_side=True, ssl_handshake_timeout=seconds)  # type: ignore[arg-type]
        self._crowd = crowd
        self.network = ""
        self.transport: Any = None

    def connection_made(self, transport: Any) -> None:
        """Count it; where every connection of its address has a request under way, there is no place for it."""
        self.transport = transport
        self.network = network((transport.get_extra_info("peername") or ("",))[0])
        full, given_up = self._crowd.enter(self)
        super().connection_made(transport)
        if full is not None:
            (given_up or self).transport.abort()

    def opened(self) -> None:
        """The handshake is done: HTTP counts the connection from here on."""
        self._crowd.leave(self)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._crowd.leave(self)
        super().connection_lost(exc)


def context_of(options: Options) -> ssl.SSLContext | None:
    """What a service speaks TLS with; ``None`` without a certificate. Raises :class:`Unusable`."""
    if options.certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate_of(options))
    return context


def certificate_of(options: Options) -> tuple[Path, Path]:
    """The files of a service that speaks TLS. Raises :class:`Unusable` for one that is not right."""
    assert options.certificate is not None
    assert options.key is not None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_verify_locations(cafile=options.certificate)
    except (OSError, ValueError):
        raise Unusable(options.certificate, "no certificate in PEM") from None
    try:
        context.load_cert_chain(options.certificate, options.key, password=_no_password)
    except ssl.SSLError as error:
        why = "not the key of the certificate" if error.reason == "KEY_VALUES_MISMATCH" else "no key in PEM without a password"
        raise Unusable(options.key, why) from None
    except (OSError, ValueError):
        raise Unusable(options.key, "no key in PEM without a password") from None
    return options.certificate, options.key


def _no_password() -> str:
    """A service starts without anybody there who could type it."""
    raise ValueError
