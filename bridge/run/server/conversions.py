"""The addresses that convert: from a request to a task, from its answer to a response.

Source: docs/http.md; RFC 9110; FHIR R4 4.0.1, 3.2 Operations framework.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from bridge.options import Option, options_of
from bridge.run.server.bodies import Bodies
from bridge.run.server.calls import Call, Refused, call_of, counts, failure, refused
from bridge.run.server.lanes import Lanes, Poisonous
from bridge.run.server.metrics import Metrics
from bridge.run.server.negotiation import CDA, FHIR, FHIR_JSON, choose, media_type, states_charset
from bridge.run.server.options import Options
from bridge.run.server.senders import body_bytes
from bridge.run.workers.encodings import in_utf8
from bridge.run.workers.fair import Sender
from bridge.run.workers.pool import Busy, Closed, WorkerLost
from bridge.run.workers.tasks import Answer, Task
from bridge.run.workers.wrapping import Form
from bridge.views.sheet import file_of

__all__ = ["ENDPOINTS", "PAGE_POLICY", "Conversions", "Endpoint"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address that takes one input and answers with what became of it."""

    path: str
    operation: str
    """What a worker is asked for."""
    takes: tuple[str, ...]
    """Media types of the input."""
    offers: Mapping[str, Form]
    """Media types of the answer, the default first."""
    summary: str
    french: str
    """The summary in French."""

    @property
    def says(self) -> Mapping[str, str]:
        """The summary, by language."""
        return {"fr": self.french, "en": self.summary}

    @property
    def offers_of_each(self) -> tuple[str, ...]:
        """Media types of the answer for several orders: a document has room for one."""
        return tuple(kind for kind, form in self.offers.items() if form not in ("plain", "text", "html"))

    @property
    def options(self) -> Mapping[str, Option]:
        """Query parameters beside ``lang`` and ``_format``, by their names there."""
        operations = ("to-cda", "to-fhir") if self.operation == "convert" else (self.operation,)
        return {known.query: known for known in options_of(*operations).values()}


_DOCUMENT: Mapping[str, Form] = {"application/xml": "plain", "application/cda+xml": "plain", "text/xml": "plain"}

ENDPOINTS = (
    Endpoint(
        "/convert",
        "to-cda",
        FHIR,
        {**_DOCUMENT, FHIR_JSON: "bundle", "application/json": "bundle"},
        "A FHIR imaging order becomes a document IMG-DA-IMG.",
        "Une demande FHIR devient un document IMG-DA-IMG ; each=true pour plusieurs.",
    ),
    Endpoint(
        "/to-fhir",
        "to-fhir",
        CDA,
        {FHIR_JSON: "plain", "application/json": "plain"},
        "A document IMG-DA-IMG becomes a FHIR Bundle.",
        "Un document IMG-DA-IMG devient un Bundle FHIR.",
    ),
    Endpoint(
        "/check",
        "check",
        CDA,
        {FHIR_JSON: "outcome", "application/json": "outcome"},
        "Every finding of a document IMG-DA-IMG; 200 even when there are errors, 400 when it is no XML.",
        "Chaque constat sur un document IMG-DA-IMG ; 200 même s'il a des erreurs.",
    ),
    Endpoint(
        "/explain",
        "explain",
        FHIR,
        {"application/json": "plain", "text/plain": "text", "text/html": "html"},
        "Where each value of a FHIR imaging order went; as text/html a page of both sides, values shown.",
        "Où est allée chaque valeur d'une demande FHIR.",
    ),
    Endpoint(
        "/render",
        "render",
        tuple(dict.fromkeys(FHIR + CDA)),
        {"application/pdf": "plain", "text/html": "html"},
        "An order for people, of FHIR or of a document IMG-DA-IMG: PDF/A, or one page of HTML. Needs the extra [paper].",
        "Une demande à lire ou à imprimer, depuis FHIR ou un document IMG-DA-IMG : PDF/A, ou une page HTML (extra [paper]).",
    ),
    Endpoint(
        "/$imgda-convert",
        "convert",
        tuple(dict.fromkeys(FHIR + CDA)),
        {FHIR_JSON: "parameters", "application/json": "parameters"},
        "The same as a FHIR operation: Parameters, or the bare input, in; Parameters out.",
        "La même chose comme opération FHIR : Parameters, ou l'entrée seule ; Parameters en réponse.",
    ),
)
"""Every address that converts."""

PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; frame-ancestors 'none'"
"""Content security policy of a page: it brings its style and its script, and reaches for nothing."""
_SHEET_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; frame-ancestors 'none'"
"""That of a sheet, which brings its style, its fonts and its symbols, and has no script; within, it is narrower still."""
_SUFFIXES = {"application/pdf": ".pdf", "text/html": ".html"}
_BOOLEANS = {"true": True, "false": False}
_LANGUAGES = ("fr", "en")


class Conversions:
    """Answers the addresses of :data:`ENDPOINTS`."""

    def __init__(self, options: Options, lanes: Lanes, metrics: Metrics) -> None:
        self._options = options
        self.senders = options.senders
        """Whose settings hold; replaced when they are read again."""
        self._lanes = lanes
        self._metrics = metrics
        self._bodies = Bodies(options)

    async def answer(self, request: Request, endpoint: Endpoint) -> Response:
        """The response to a request. Raises :class:`Refused`."""
        call = call_of(request)
        kind = _negotiate(request, endpoint)
        options = _options(request, endpoint)
        if call.sender is None:
            raise refused(403, "IMGDA-1704")
        async with self._bodies.read(request, body_bytes(self.senders.sites[call.sender])) as body:
            read = time.perf_counter()
            source = in_utf8(body) if states_charset(request.headers["content-type"]) else body
            task = Task(endpoint.operation, source, options, endpoint.offers[kind], call.language, call.sender, "http")
            answer = await self.run(task, call.line)
        converted = time.perf_counter()
        self._count(call, endpoint, len(body), answer, converted - read, read - call.started)
        settings = {"imgda-settings": answer.settings} if answer.settings else {}
        if answer.output is None:
            refusal = failure(answer)
            refusal.headers |= settings
            raise refusal
        headers = {**counts(answer.issues), **settings, "etag": f'"{hashlib.sha256(answer.output).hexdigest()}"'}
        if answer.model:
            headers["imgda-model"] = answer.model
        if kind == "text/html":
            headers["content-security-policy"] = _SHEET_POLICY if endpoint.operation == "render" else PAGE_POLICY
        if endpoint.operation == "render":
            name = file_of(answer.document_id) if answer.document_id else "document"
            headers["content-disposition"] = f'inline; filename="{name}{_SUFFIXES[kind]}"'
        return Response(answer.output, 200, headers, _with_charset(kind))

    async def run(self, task: Task, line: Sender) -> Answer:
        """The answer of a worker. Raises :class:`Refused` where there is none."""
        try:
            return await self._lanes.run(task, len(task.source), line)
        except Busy:
            raise refused(429, "IMGDA-1806") from None
        except Closed:
            raise refused(503, "IMGDA-1807") from None
        except Poisonous:
            raise refused(500, "IMGDA-1810") from None
        except WorkerLost as lost:
            raise Refused(503, lost.finding(self._options.seconds)) from None

    def _count(self, call: Call, endpoint: Endpoint, size: int, answer: Answer, took: float, receive: float) -> None:
        operation = answer.operation or endpoint.operation
        result = "done" if answer.refusal is None else answer.refusal
        self._metrics.conversions.labels(operation, answer.model or "", result).inc()
        self._metrics.bytes.labels(operation).observe(size)
        self._metrics.count(answer.issues)
        for phase, seconds in (("receive", receive), ("wait", took - answer.seconds), ("convert", answer.seconds)):
            self._metrics.seconds.labels(operation, phase).observe(seconds)
        call.facts |= {
            "operation": operation,
            "model": answer.model,
            "bytes_in": size,
            "bytes_out": len(answer.output or b""),
            "issues": sorted({found.code for found in answer.issues}),
        }


def _negotiate(request: Request, endpoint: Endpoint) -> str:
    """The media type of the answer. Raises a refusal 415 or 406."""
    headers = request.headers
    taken = media_type(headers.get("content-type", ""))
    if taken not in endpoint.takes or any(coding.strip().lower() != "identity" for coding in headers.getlist("content-encoding")):
        raise refused(415, "IMGDA-1801", expected=", ".join(endpoint.takes))
    offers = endpoint.offers_of_each if request.query_params.get("each") == "true" else tuple(endpoint.offers)
    kind = choose(", ".join(headers.getlist("accept")) or "*/*", request.query_params.get("_format"), offers)
    if kind is None:
        raise refused(406, "IMGDA-1802", expected=", ".join(offers))
    return kind


def _options(request: Request, endpoint: Endpoint) -> dict[str, Any]:
    """The options in the query. Raises a refusal 400 for one that is unknown, given twice or not right."""
    found: dict[str, Any] = {}
    known = endpoint.options
    for name, value in request.query_params.multi_items():
        if name in found or name not in (*known, "lang", "_format"):
            raise refused(400, "IMGDA-1811", known=", ".join(sorted(known.keys() | {"lang", "_format"})))
        if name == "lang" and value not in _LANGUAGES:
            raise refused(400, "IMGDA-1812", name=name, expected=" | ".join(_LANGUAGES))
        found[name] = _value_of(known[name], value) if name in known else value
    return {known[name].name: value for name, value in found.items() if name in known}


def _value_of(option: Option, text: str) -> Any:
    """The value of an option of a conversion. Raises a refusal 400 for one that is not right."""
    value = _BOOLEANS.get(text, text) if option.is_flag else text
    if not option.allows(value):
        raise refused(400, "IMGDA-1812", name=option.query, expected=option.expected)
    return value


def _with_charset(kind: str) -> str:
    return kind if kind.endswith(("json", "pdf")) else f"{kind}; charset=utf-8"
