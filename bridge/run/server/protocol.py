"""HTTP/1.1 on one connection: uvicorn's protocol over h11, held to the bounds of the service.

h11 and not httptools, because httptools takes the body of a request that proposes an upgrade (``Upgrade: h2c``, which the HTTP
client of the JDK sends by default) for another request. h11 is strict, bounds what it keeps, and asks for exactly one Host.

Source: RFC 9112; RFC 9110, 7.2 and 7.8; RFC 6585, 5; docs/http.md.
"""

from __future__ import annotations

import re
import ssl
from collections import Counter
from collections.abc import Callable
from typing import Any

import h11
from starlette.responses import Response
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, H11Protocol

from bridge.run.server.calls import Refused, refused
from bridge.run.server.crowd import Crowd, network
from bridge.run.server.options import Options
from bridge.run.server.tls import Door

__all__ = ["HEAD_BYTES", "HEAD_LINES", "TARGET_BYTES", "protocol"]

HEAD_BYTES = 32 * 1024
"""Request line and headers; read before any token is known, so that they must be small."""
HEAD_LINES = 100
"""Headers of one request."""
TARGET_BYTES = 8 * 1024
"""The address with its query."""
CHUNKS = 4_096
"""Chunks that a body may have whatever their size; beyond, they must hold :data:`CHUNK_BYTES` on average."""
CHUNK_BYTES = 64
LINGER_SECONDS = 2.0
"""How long a connection is still read once its request was turned away: closing over unread data would lose the answer."""
LINGER_BYTES = 8 * 1024 * 1024

_ONCE = (b"content-type", b"authorization")
"""Headers that have one value each: of two, one reader would take the first and another one the last (RFC 9110, 5.3)."""
_HOST = re.compile(rb"[^\s/?#@\\]*")
_ABSOLUTE = re.compile(rb"https?://[^/?#]*", re.IGNORECASE)

TurnAway = Callable[[Refused], Response]
"""Makes the answer to what is no request yet."""


class _Reader(h11.Connection):
    """What a client sends, held to more than h11 asks for; remembers why something was not taken."""

    def __init__(self, met: Callable[[object], None]) -> None:
        super().__init__(h11.SERVER, HEAD_BYTES)
        self.fault: h11.RemoteProtocolError | None = None
        self._met = met
        self._chunks = self._bytes = 0

    def next_event(self) -> Any:
        """The next event. Raises :class:`h11.RemoteProtocolError`."""
        if self.their_state is h11.IDLE:
            self._skip_empty_line()
        try:
            event = super().next_event()
            if isinstance(event, h11.Request):
                self._chunks = self._bytes = 0
                event = _with_path(event)
                _check(event)
            elif isinstance(event, h11.Data):
                self._count(event)
        except h11.RemoteProtocolError as error:
            self.fault = error
            raise
        self._met(event)
        return event

    def _skip_empty_line(self) -> None:
        """Pass over an empty line before a request, as some clients send one behind a body (RFC 9112, 2.2)."""
        if bytes(self._receive_buffer._data[:2]) == b"\r\n":
            self._receive_buffer.maybe_extract_at_most(2)

    def _count(self, event: h11.Data) -> None:
        self._chunks += event.chunk_start
        self._bytes += len(event.data)
        if self._chunks > CHUNKS and self._bytes < self._chunks * CHUNK_BYTES:
            raise h11.RemoteProtocolError("chunks too small")


def _with_path(request: h11.Request) -> h11.Request:
    """The request with its path alone, where it gives a whole address (RFC 9112, 3.2.2)."""
    found = _ABSOLUTE.match(request.target)
    if found is None:
        return request
    rest = request.target[found.end() :]
    return h11.Request(
        method=request.method,
        target=rest if rest.startswith(b"/") else b"/" + rest,
        headers=request.headers.raw_items(),
        http_version=request.http_version,
    )


def _check(request: h11.Request) -> None:
    """Raises :class:`h11.RemoteProtocolError` for a head that is too large, or that two readers could understand differently."""
    if len(request.target) > TARGET_BYTES:
        raise h11.RemoteProtocolError("address too long", error_status_hint=414)
    headers = list(request.headers)
    if len(headers) > HEAD_LINES or sum(len(name) + len(value) + 4 for name, value in headers) > HEAD_BYTES:
        raise h11.RemoteProtocolError("headers too large", error_status_hint=431)
    if request.http_version not in (b"1.0", b"1.1"):
        raise h11.RemoteProtocolError("another version")
    if why := _ambiguity(headers, request.http_version):
        raise h11.RemoteProtocolError(why)


def _ambiguity(headers: list[tuple[bytes, bytes]], version: bytes) -> str | None:
    """Why two readers could understand headers differently."""
    counted = Counter(bytes(name) for name, _ in headers)
    if any(counted[name] > 1 for name in _ONCE):
        return "two readings"
    if b"transfer-encoding" in counted and (b"content-length" in counted or version != b"1.1"):
        return "two lengths"
    return "no host" if any(name == b"host" and not _HOST.fullmatch(value) for name, value in headers) else None


def _refusal(fault: h11.RemoteProtocolError | None) -> Refused:
    status = fault.error_status_hint if fault is not None else 400
    if status in (414, 431):
        limit = TARGET_BYTES if status == 414 else HEAD_BYTES
        return refused(status, "IMGDA-1819", limit=str(limit), lines=str(HEAD_LINES))
    return refused(400, "IMGDA-1818")


class Bounded(H11Protocol):
    """uvicorn's protocol with what it lacks: a time for each part, a number of connections, an answer to half a connection."""

    options: Options
    crowd: Crowd[Any]
    turn_away: TurnAway

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.conn = self._reader = _Reader(self._met)
        self.network = ""
        self.door: Door | None = None
        """What stands before it, over TLS."""
        self._timer: Any = None
        self._unread: Any = None
        """Runs while the client does not read what was written to it."""
        self._leaving = self._ended = self._held = False
        self._left = 0

    @property
    def is_idle(self) -> bool:
        """Whether no request is under way: nothing was sent, or not even its headers whole."""
        return not self._leaving and (self.cycle is None or self.cycle.response_complete)

    # --- the life of a connection ------------------------------------------------------------------------------------

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.network = network(self.client[0] if self.client else "")
        self._start(self.options.body_seconds)
        if self.door is not None:
            self.door.opened()
        full, given_up = self.crowd.enter(self)
        if given_up is not None:
            given_up.transport.abort()
        elif full is not None:
            self._ended = True  # nothing more is read of it
            one_sender = refused(429, "IMGDA-1817", limit=str(self.options.connections))
            self._refuse(one_sender if full == "address" else refused(503, "IMGDA-1807"))

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
        self._is_read()
        self.crowd.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._timer is None and self.conn.their_state is h11.IDLE:
            self._start(self.options.body_seconds)
        for start in range(0, len(data), HEAD_BYTES):
            if self._leaving:
                self._discard(len(data) - start)
                return
            if not self.transport.is_closing():
                super().data_received(data[start : start + HEAD_BYTES])

    def eof_received(self) -> bool | None:  # type: ignore[override]
        """A client that has sent everything may close its side and still read the answer (not over TLS)."""
        if self._leaving or self.scheme == "https":
            return None
        self._ended = True
        self._end()
        return True

    def _end(self) -> None:
        """The client has sent all it will: refuse what breaks off there, and close once everything is answered."""
        if self._leaving or self._held or self.transport.is_closing():
            return
        if not self.is_idle:
            if self.cycle.more_body:
                self._refuse(refused(400, "IMGDA-1820"))
        elif self.conn.trailing_data[0]:
            self._refuse(refused(400, "IMGDA-1818"))
        else:
            self.transport.close()

    def handle_events(self) -> None:
        """Take up what was sent; the next request only when the answers before it are read, so that they do not pile up."""
        self._held = self.flow.write_paused and self.conn.their_state is h11.IDLE
        if self._held:
            self._unset_keepalive_if_required()
            self.flow.pause_reading()
        else:
            super().handle_events()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._is_read()
        self._unread = self.loop.call_later(self._patience, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._is_read()
        if self._held:
            self.flow.resume_reading()
            self.handle_events()
            if self._ended:
                self._end()

    def _is_read(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    # --- what the parser meets ---------------------------------------------------------------------------------------

    def _met(self, event: object) -> None:
        if isinstance(event, h11.Request):
            self._start(self._patience)
        elif isinstance(event, h11.EndOfMessage):
            self._stop()

    def _should_upgrade(self) -> bool:
        """Never: the request is answered as if it proposed nothing (RFC 9110, 7.8)."""
        return False

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002
        """Turn away what is not HTTP, or too large a head, as every other fault of a caller is."""
        self._refuse(_refusal(self._reader.fault))

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._ended:
            self._end()
        if self.transport.is_closing() or self.transport.get_write_buffer_size():
            self._start(self._patience)

    # --- turning away ------------------------------------------------------------------------------------------------

    def _refuse(self, refusal: Refused) -> None:
        """Answer outside the application, then close."""
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.close()
            return
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        response = self.turn_away(refusal)
        headers = [*self.server_state.default_headers, *response.raw_headers, (b"connection", b"close")]
        head = h11.Response(status_code=response.status_code, headers=headers, reason=STATUS_PHRASES[response.status_code])
        for event in (head, h11.Data(data=bytes(response.body)), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self._leave()

    def _leave(self) -> None:
        self._leaving = True
        if self._ended or not self.transport.can_write_eof():
            self.transport.close()
            return
        self.transport.write_eof()
        self.flow.resume_reading()
        self._start(LINGER_SECONDS)

    def _discard(self, size: int) -> None:
        self._left += size
        if self._left > LINGER_BYTES:
            self.transport.abort()

    # --- time --------------------------------------------------------------------------------------------------------

    @property
    def _patience(self) -> float:
        """Seconds for a whole request to come, or for an answer to be read."""
        return 2 * self.options.body_seconds + 5

    def _start(self, seconds: float) -> None:
        self._stop()
        self._timer = self.loop.call_later(seconds, self.transport.abort)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def protocol(options: Options, turn_away: TurnAway, context: ssl.SSLContext | None = None) -> Callable[..., Any]:
    """What makes the protocol of a connection of a service with these options, over TLS with a *context*."""
    crowd = Crowd[Any](options.connections, 2 * options.requests)
    members = {"options": options, "crowd": crowd, "turn_away": staticmethod(turn_away)}
    made = type("Protocol", (Bounded,), members)
    if context is None:
        return made

    def behind_a_door(*args: Any, **more: Any) -> Door:
        http = made(*args, **more)
        door = http.door = Door(http, context, crowd, options.body_seconds)
        return door

    return behind_a_door
