"""What stands before every address: identity, token, bounds, common headers, the log line, and the last resort for faults."""

from __future__ import annotations

import asyncio
import base64
import binascii
import logging
import time
from typing import Any

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bridge.findings.issues import issue
from bridge.run.server.calls import Call, Refused, new_call, refused, respond
from bridge.run.server.crowd import network
from bridge.run.server.logs import log
from bridge.run.server.metrics import Metrics
from bridge.run.server.options import Options
from bridge.run.server.senders import DEFAULT
from bridge.run.server.ui import is_ui
from bridge.run.workers.fair import Sender
from bridge.run.workers.versions import VERSION, mapping

__all__ = ["Front"]

_ALWAYS = {
    "imgda-version": VERSION,
    "imgda-mapping": mapping(),
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
_UNGUARDED = ("/healthz", "/readyz")
"""What a probe may ask without a token."""


class Front:
    """The outermost layer of the service."""

    def __init__(self, app: ASGIApp, options: Options, metrics: Metrics) -> None:
        self.app = app
        self.options = options
        self.senders = options.senders
        """Who may call; replaced when the settings are read again."""
        self.metrics = metrics
        self.headers = dict(_ALWAYS)
        if options.certificate:
            self.headers["strict-transport-security"] = "max-age=31536000"
        self.active = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request, whatever happens."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        scope["app"] = self
        call = scope["imgda.call"] = new_call(headers, QueryParams(scope["query_string"]))
        status = 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._complete(MutableHeaders(scope=message), call)
            await send(message)

        self.active += 1
        try:
            try:
                self._admit(scope, headers, call)
                await self.app(scope, receive, answer)
            except Exception as error:
                refusal = _refusal(error)
                if refusal.status == 500:
                    _log_fault(refusal, error, call)
                if status:
                    raise
                await respond(call, refusal)(scope, receive, answer)
        except (asyncio.CancelledError, OSError):
            status = status or 499
            raise
        finally:
            self.active -= 1
            self._record(call, str(scope["method"]), status)

    def _admit(self, scope: Scope, headers: Headers, call: Call) -> None:
        """Know who calls, and let him in. Raises a refusal 401, 403 or 503."""
        if scope["path"] in _UNGUARDED:
            return
        call.sender = self._sender(headers, is_page=self.options.ui and is_ui(scope["path"]))
        host, port = scope.get("client") or ("", 0)
        call.line = Sender(call.sender or network(host), f"{host}:{port}")
        if self.active > self.options.requests:
            raise refused(503, "IMGDA-1807")

    def _sender(self, headers: Headers, *, is_page: bool = False) -> str | None:
        """Whose settings hold; ``None`` when the call names nobody where it should."""
        senders, named = self.senders, headers.getlist("imgda-sender")
        own = self._owner_of_token(headers, is_page=is_page) if senders.tokens else None
        if (
            len(named) > 1
            or (named and not senders.are_named)
            or any(name not in senders.sites or own not in (None, name) for name in named)
        ):
            raise refused(403, "IMGDA-1704")
        usual = DEFAULT if senders.are_named else ""
        return own or next(iter(named), usual if usual in senders.sites else None)

    def _owner_of_token(self, headers: Headers, *, is_page: bool) -> str | None:
        """The sender to whom the token of a call belongs; ``None`` for a token of any. Raises a refusal 401."""
        wanted = "Basic" if is_page else "Bearer"
        scheme, _, value = headers.get("authorization", "").partition(" ")
        value = value.strip().encode("latin-1").decode("utf-8", "surrogateescape")
        shown = self.senders.shown(_password(value) if is_page else value)
        if scheme.lower() != wanted.lower() or shown is None:
            asked = 'Basic realm="imgda", charset="UTF-8"' if is_page else wanted
            raise Refused(401, issue("IMGDA-1815", None), {"www-authenticate": asked})
        return shown.sender

    def turn_away(self, refusal: Refused) -> Response:
        """The answer to what is no request yet; its fault has a line in the log as every request has."""
        call = new_call(Headers({}), QueryParams())
        response = respond(call, refusal)
        self._complete(response.headers, call)
        self._record(call, "", refusal.status)
        return response

    def _complete(self, headers: MutableHeaders, call: Call) -> None:
        for name, value in self.headers.items():
            headers.setdefault(name, value)
        headers["x-request-id"] = call.ident
        if call.sender:
            headers.setdefault("imgda-sender", call.sender)
        if call.trace is not None:
            headers["traceparent"] = call.trace
        headers.setdefault("imgda-retryable", "false")

    def _record(self, call: Call, method: str, status: int) -> None:
        seconds = time.perf_counter() - call.started
        self.metrics.requests.labels(call.route, str(status)).inc()
        fields: dict[str, Any] = {
            "request": call.ident,
            "trace": call.trace_id,
            "method": method if method in ("GET", "HEAD", "POST") else "other",
            "route": call.route,
            "status": status,
            "ms": round(seconds * 1000, 1),
            "sender": call.sender or None,
            **call.facts,
        }
        log("request", **{name: value for name, value in fields.items() if value is not None})


def _password(credentials: str) -> str:
    """The password of HTTP Basic, for a browser cannot show a token in another way (RFC 7617)."""
    try:
        return base64.b64decode(credentials, validate=True).decode("utf-8", "surrogateescape").partition(":")[2]
    except (ValueError, binascii.Error):
        return ""


def _log_fault(refusal: Refused, error: Exception, call: Call) -> None:
    """One line for a fault: where in the worker it happened, or here; never a message, which could hold a value."""
    codes = sorted({item.code for item in refusal.issues})
    log("fault", level=logging.ERROR, fault=refusal.fault or error, request=call.ident, issues=codes)


def _refusal(error: Exception) -> Refused:
    """The refusal that an exception means: our own, an address or method that does not exist, or a fault."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, HTTPException) and error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "")
        return Refused(405, issue("IMGDA-1804", None, expected=allowed), {"allow": allowed})
    if isinstance(error, HTTPException):
        return refused(404, "IMGDA-1803")
    return Refused(500, issue("IMGDA-1102", None, detail=type(error).__name__))
