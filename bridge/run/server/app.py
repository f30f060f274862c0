"""The service as an ASGI application: which address does what."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cache, partial
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp

from bridge.findings.doors import through
from bridge.findings.issues import Entry, catalogue
from bridge.options import DEFAULT_MODEL
from bridge.run.server.calls import call_of, refused
from bridge.run.server.capabilities import capability_statement, operation_definition
from bridge.run.server.conversions import ENDPOINTS, Conversions
from bridge.run.server.front import Front
from bridge.run.server.lanes import Lanes
from bridge.run.server.metrics import Metrics
from bridge.run.server.negotiation import FHIR_JSON
from bridge.run.server.openapi import describe
from bridge.run.server.options import Options
from bridge.run.server.readiness import Readiness
from bridge.run.server.senders import Senders
from bridge.run.server.welcome import welcome
from bridge.run.workers.versions import VERSION, mapping
from bridge.tables.shipped import models

__all__ = ["Service"]

Handler = Callable[[Request], Awaitable[Response]]


class Service:
    """The application, and what it needs to live."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.lanes = Lanes(options)
        self.metrics = Metrics(self.lanes)
        self.readiness = Readiness(self.lanes)
        self._conversions = Conversions(options, self.lanes, self.metrics)
        self._description = _json(describe(options))
        self.app = Front(self._router(), options, self.metrics)

    async def configure(self, senders: Senders) -> None:
        """Have other senders and settings hold, from the next request on."""
        self.lanes.configure(senders)
        self._conversions.senders = self.app.senders = senders
        self._description = _json(describe(replace(self.options, senders=senders)))
        await self.readiness.forget()

    def _router(self) -> ASGIApp:
        routes = [_route(endpoint.path, partial(self._conversions.answer, endpoint=endpoint), "POST") for endpoint in ENDPOINTS]
        about: dict[str, Handler] = {
            "/": self._welcome,
            "/metadata": self._metadata,
            "/OperationDefinition/imgda-convert": self._operation,
            "/models": self._models,
            "/issues": self._issues,
            "/issues/{code}": self._issue,
            "/healthz": self._alive,
            "/readyz": self._ready,
            "/metrics": self._metrics,
            "/openapi.json": self._openapi,
        }
        routes += [_route(path, handler, "GET") for path, handler in about.items()]
        if self.options.ui:
            from bridge.run.server.ui import Ui

            page = Ui(self.options, self._conversions.run)
            routes += [_route(path, handler, name.partition(" ")[0]) for name, (path, handler) in page.routes.items()]
        return Router(routes, redirect_slashes=False, lifespan=self._lifespan)

    @asynccontextmanager
    async def _lifespan(self, _: object) -> AsyncIterator[None]:
        """Requests are answered from the start: until the workers are up they wait, and readiness says no."""
        try:
            yield
        finally:
            self.readiness.stopping = True
            await asyncio.to_thread(self.lanes.close)

    async def _welcome(self, request: Request) -> Response:
        return welcome(request, call_of(request).language)

    async def _metadata(self, request: Request) -> Response:
        return JSONResponse(capability_statement(_base(request)), media_type=FHIR_JSON)

    async def _operation(self, request: Request) -> Response:
        return JSONResponse(operation_definition(_base(request)), media_type=FHIR_JSON)

    async def _models(self, _: Request) -> Response:
        known = [{"model": model, "default": model == DEFAULT_MODEL} for model in models()]
        return JSONResponse({"models": known, "version": VERSION, "mapping": mapping()})

    async def _issues(self, _: Request) -> Response:
        return Response(_all_issues(), media_type="application/json")

    async def _issue(self, request: Request) -> Response:
        code = request.path_params["code"].upper()
        entry = catalogue().get(f"IMGDA-{code.removeprefix('IMGDA-')}")
        if entry is None:
            raise refused(404, "IMGDA-1816")
        return JSONResponse(_entry(entry))

    async def _alive(self, _: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def _ready(self, _: Request) -> Response:
        if not await self.readiness.ready():
            raise refused(503, "IMGDA-1807")
        return JSONResponse({"status": "ready"})

    async def _metrics(self, _: Request) -> Response:
        return Response(self.metrics.text(), media_type=CONTENT_TYPE_LATEST)

    async def _openapi(self, _: Request) -> Response:
        return Response(self._description, media_type="application/json")


def _route(path: str, handler: Handler, method: str) -> Route:
    async def handle(request: Request) -> Response:
        call_of(request).route = path
        return await handler(request)

    return Route(path, handle, methods=[method])


def _base(request: Request) -> str:
    return str(request.base_url).rstrip("/")


@cache
def _all_issues() -> bytes:
    """Every finding, written once: to write them for each request would hold the other requests back."""
    return _json({"issues": [_entry(entry) for entry in catalogue().values()]})


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _entry(entry: Entry) -> dict[str, Any]:
    with through("http"):
        text = {"fr": entry.said("fr"), "en": entry.said("en")}
        remedy = {"fr": entry.advised("fr"), "en": entry.advised("en")}
    said = {"code": entry.code, "severity": entry.severity, "fhirCode": entry.fhir_code, "source": entry.source}
    return {**said, "text": text, "remedy": remedy}
