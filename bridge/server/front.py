"""What stands before every address: identity, token, bounds, common headers, the log line, and the last resort for faults."""

from __future__ import annotations

import asyncio
import hmac
import logging
import time
from typing import Any

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bridge.issues import issue
from bridge.server.calls import Call, Refused, new_call, refused, respond
from bridge.server.logs import log
from bridge.server.metrics import Metrics
from bridge.server.options import Options
from bridge.workers.versions import VERSION, mapping

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
                self._admit(scope["path"], headers)
                await self.app(scope, receive, answer)
            except Exception as error:
                refusal = _refusal(error)
                if refusal.status == 500:
                    log("fault", level=logging.ERROR, fault=error, request=call.ident)
                if status:
                    raise
                await respond(call, refusal)(scope, receive, answer)
        except (asyncio.CancelledError, OSError):
            status = status or 499
            raise
        finally:
            self.active -= 1
            self._record(call, str(scope["method"]), status)

    def _admit(self, path: str, headers: Headers) -> None:
        if path in _UNGUARDED:
            return
        if self.options.token is not None:
            scheme, _, token = headers.get("authorization", "").partition(" ")
            right = hmac.compare_digest(token.strip().encode("latin-1"), self.options.token.encode())
            if scheme.lower() != "bearer" or not right:
                raise Refused(401, issue("IMGDA-1815", None), {"www-authenticate": "Bearer"})
        if self.active > self.options.requests:
            raise refused(503, "IMGDA-1807")

    def _complete(self, headers: MutableHeaders, call: Call) -> None:
        for name, value in self.headers.items():
            headers.setdefault(name, value)
        headers["x-request-id"] = call.ident
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
            **call.facts,
        }
        log("request", **{name: value for name, value in fields.items() if value is not None})


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
