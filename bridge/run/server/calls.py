"""One request: its identity, what its sender wants to read, and the answers that are no success."""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import Headers, QueryParams
from starlette.requests import Request
from starlette.responses import Response

from bridge.findings.doors import through
from bridge.findings.issues import Issue, Language, catalogue, issue, operation_outcome
from bridge.run.server.negotiation import FHIR_JSON, PROBLEM, language_of, wants_problem
from bridge.run.workers.fair import NOBODY, Sender
from bridge.run.workers.tasks import Answer, Fault

__all__ = ["Call", "Refused", "call_of", "counts", "failure", "refused"]

_IDENT = re.compile(r"[A-Za-z0-9.-]{1,64}")
_TRACE = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")

_UNREADABLE = frozenset({"IMGDA-0106"})
"""Findings that say that the body cannot be read at all, though their FHIR code does not say so: NaN is no JSON."""
RETRY_SECONDS = 1
"""What ``Retry-After`` says: conversions take milliseconds, a worker is replaced within a second."""


@dataclass(slots=True)
class Call:
    """One request."""

    ident: str
    """``X-Request-Id`` of the sender, or one of ours."""
    trace: str | None
    """``traceparent`` of the sender (W3C Trace Context), if it is one."""
    language: Language
    problem: bool
    """Errors as problem details (RFC 9457)."""
    started: float = field(default_factory=time.perf_counter)
    route: str = "other"
    sender: str | None = None
    """Whose settings hold: a name of :class:`bridge.run.server.senders.Senders`; ``None`` when the call names nobody known."""
    line: Sender = NOBODY
    """Where its order waits."""
    facts: dict[str, Any] = field(default_factory=dict)
    """What the log shall say of it."""

    @property
    def trace_id(self) -> str | None:
        """The trace that the call belongs to."""
        found = _TRACE.fullmatch(self.trace or "")
        return found[1] if found else None


def new_call(headers: Headers, query: QueryParams) -> Call:
    """The call that a request is."""
    ident, trace = headers.get("x-request-id", ""), headers.get("traceparent", "")
    asked = query.get("lang")
    return Call(
        ident=ident if _IDENT.fullmatch(ident) else secrets.token_hex(16),
        trace=trace if _TRACE.fullmatch(trace) else None,
        language="en" if language_of(", ".join(headers.getlist("accept-language")), asked) == "en" else "fr",
        problem=wants_problem(", ".join(headers.getlist("accept"))),
    )


def call_of(request: Request) -> Call:
    """The call behind a request."""
    found = request.scope["imgda.call"]
    assert isinstance(found, Call)
    return found


class Refused(Exception):
    """The request ends here, with this status and these issues."""

    def __init__(
        self,
        status: int,
        issues: Issue | Iterable[Issue],
        headers: Mapping[str, str] | None = None,
        fault: Fault | None = None,
    ) -> None:
        super().__init__(status)
        self.fault = fault
        """What went wrong in a worker, for the log."""
        self.status = status
        self.issues = (issues,) if isinstance(issues, Issue) else tuple(issues)
        self.headers = dict(headers or {})


def refused(status: int, code: str, **parameters: str) -> Refused:
    """A refusal with one issue of the catalogue."""
    return Refused(status, issue(code, None, parameters=parameters))


def failure(answer: Answer) -> Refused:
    """The refusal that an answer without output is."""
    first = next(found for found in answer.issues if found.is_error)
    kind = catalogue()[first.code].fhir_code
    if answer.refusal == "source":
        status = 400 if first.code in _UNREADABLE else {"invalid": 400, "security": 400, "too-long": 413}.get(kind, 422)
    elif answer.refusal == "settings":
        status = {"IMGDA-1001": 404, "IMGDA-1704": 403}.get(first.code, 400)
    else:
        status = 422 if answer.refusal == "order" else 500
    return Refused(status, answer.issues, fault=answer.fault)


def counts(issues: Iterable[Issue]) -> dict[str, str]:
    """Headers that count the findings."""
    found = tuple(issues)
    return {
        "imgda-errors": str(sum(item.is_error for item in found)),
        "imgda-warnings": str(sum(item.severity == "warning" for item in found)),
        "imgda-losses": str(sum(item.loss is not None for item in found)),
    }


def respond(call: Call, refusal: Refused) -> Response:
    """The answer to a call that is refused: an OperationOutcome, or problem details where they are wanted."""
    retryable = refusal.status in (408, 429, 503)
    headers = {**counts(refusal.issues), "imgda-retryable": str(retryable).lower(), **refusal.headers}
    if refusal.status in (429, 503):
        headers["retry-after"] = str(RETRY_SECONDS)
    if refusal.status == 408:
        headers["connection"] = "close"
    call.facts["issues"] = sorted({found.code for found in refusal.issues})
    with through("http"):
        if call.problem:
            body, kind = _problem(call, refusal), PROBLEM
        else:
            body, kind = {**operation_outcome(refusal.issues, call.language), "id": call.ident}, FHIR_JSON
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(text, refusal.status, headers, kind)


def _problem(call: Call, refusal: Refused) -> dict[str, Any]:
    first = next((found for found in refusal.issues if found.is_error), refusal.issues[0])
    return {
        "type": f"/issues/{first.code}",
        "title": first.text(call.language),
        "status": refusal.status,
        "detail": first.remedy(call.language),
        "instance": f"urn:imgda:request:{call.ident}",
        "issues": [found.to_dict(call.language) for found in refusal.issues],
    }
