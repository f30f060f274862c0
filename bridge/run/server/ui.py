"""``/ui``: the page for people, served only where it was asked for.

A form comes in one request and the whole result goes out in the answer; nothing is stored, not even in a temporary file. The page
answers to the names of this machine only, and takes a form from itself only. Source: docs/paper.md; Fetch Metadata; RFC 7617.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import Response

from bridge.findings.issues import Language
from bridge.run.server.bodies import Bodies
from bridge.run.server.calls import Refused, call_of, counts, failure, refused
from bridge.run.server.options import Options
from bridge.run.server.senders import body_bytes
from bridge.run.workers.fair import Sender
from bridge.run.workers.tasks import Answer, Task

__all__ = ["Ui", "is_ui"]

_FRAME = 64 * 1024
"""Bytes that the form takes beside the input itself."""
_LOCAL = frozenset({"localhost", "127.0.0.1", "[::1]"})
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; font-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
_TROUBLE = frozenset({413, 429, 500, 503})
"""Refusals that say nothing about the input."""

Run = Callable[[Task, Sender], Awaitable[Answer]]


def is_ui(path: str) -> bool:
    """Whether an address is one of the page."""
    return path == "/ui" or path.startswith("/ui/")


class _InMemory(MultiPartParser):
    """Reads a form whose parts never go to a file: the body is bounded already."""

    spool_max_size = 1 << 40


class Ui:
    """Answers the addresses of the page."""

    def __init__(self, options: Options, run: Run) -> None:
        from bridge.views.page import result

        self._pages = result
        self._options = options
        self._run = run
        self._bodies = Bodies(options)
        self._names = _LOCAL | {name.lower() for name in (*options.ui_names, options.host)}

    @property
    def routes(self) -> dict[str, tuple[str, Callable[[Request], Awaitable[Response]]]]:
        """Path and method of each address, by a name."""
        fonts = ("AtkinsonHyperlegible-Regular.ttf", "AtkinsonHyperlegible-Bold.ttf")
        return {
            "GET /ui": ("/ui", self._get),
            "POST /ui": ("/ui", self._post),
            "GET /ui/style.css": ("/ui/style.css", self._style),
            "GET /ui/page.js": ("/ui/page.js", self._script),
            **{f"GET /ui/{name}": (f"/ui/{name}", self._font) for name in fonts},
        }

    async def _get(self, request: Request) -> Response:
        """The form, or an example."""
        self._check_host(request)
        language = _language(request)
        source = self._pages.example(request.query_params.get("example", ""))
        if source is None:
            return _html(self._pages.start(language))
        return await self._answer(request, source, language)

    async def _post(self, request: Request) -> Response:
        """The result of what the form brings; whatever goes wrong is a page as well."""
        self._check_host(request)
        _check_site(request)
        call, language = call_of(request), _language(request)
        if call.sender is None:
            raise refused(403, "IMGDA-1704")
        try:
            limit = body_bytes(self._options.senders.sites[call.sender]) + _FRAME
            async with self._bodies.read(request, limit) as body:
                source = await _part(request.headers, body)
                if not source.strip():
                    raise refused(400, "IMGDA-0111")
                return await self._answer(request, source, language)
        except Refused as refusal:
            call.facts["issues"] = sorted({found.code for found in refusal.issues})
            content = self._pages.problem(refusal.issues, language, unreadable=refusal.status not in _TROUBLE)
            return _html(content, refusal.status, refusal.headers)

    async def _answer(self, request: Request, source: bytes, language: Language) -> Response:
        call = call_of(request)
        if call.sender is None:
            raise refused(403, "IMGDA-1704")
        answer = await self._run(Task("page", source, {}, "html", language, call.sender), call.line)
        if answer.output is None:
            raise failure(answer)
        status = failure(answer).status if answer.refusal else 200
        call.facts |= {"operation": "page", "bytes_in": len(source), "issues": answer.codes}
        return _html(answer.output, status, counts(answer.issues))

    async def _style(self, request: Request) -> Response:
        self._check_host(request)
        return Response(self._pages.style(), headers=_HEADERS, media_type="text/css")

    async def _script(self, request: Request) -> Response:
        self._check_host(request)
        return Response(self._pages.script(), headers=_HEADERS, media_type="text/javascript")

    async def _font(self, request: Request) -> Response:
        self._check_host(request)
        from bridge.views.paper.html import font

        return Response(font(request.url.path.rpartition("/")[2]), headers=_HEADERS, media_type="font/ttf")

    def _check_host(self, request: Request) -> None:
        """Refuse another name than those of this machine: a page elsewhere could have its own name lead here."""
        host = request.headers.get("host", "").lower()
        name = host if host.endswith("]") else host.rpartition(":")[0] or host
        if name not in self._names:
            raise refused(403, "IMGDA-1827")


def _check_site(request: Request) -> None:
    """Refuse a form that another site sends with the rights of whoever looks at it."""
    site = request.headers.get("sec-fetch-site")
    if site is None:  # a browser of before 2023, or none: then the origin says it, if anything does
        origin = request.headers.get("origin")
        site = "same-origin" if origin is None or urlsplit(origin).netloc == request.headers.get("host") else "cross-site"
    if site not in ("same-origin", "none"):
        raise refused(403, "IMGDA-1827")


async def _part(headers: Headers, body: bytes) -> bytes:
    """The file of a form, or the text that was pasted. Raises a refusal 400 or 415."""
    if not headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise refused(415, "IMGDA-1801", expected="multipart/form-data")

    async def stream() -> AsyncIterator[bytes]:
        yield body

    try:
        form = await _InMemory(headers, stream(), max_files=1, max_fields=2, max_part_size=len(body)).parse()  # type: ignore[arg-type]
    except MultiPartException:
        raise refused(400, "IMGDA-1820") from None
    file, text = form.get("file"), form.get("text")
    data = await file.read() if isinstance(file, UploadFile) else b""
    return data or (text.encode() if isinstance(text, str) else b"")


def _language(request: Request) -> Language:
    return call_of(request).language


def _html(content: bytes, status: int = 200, headers: Any = None) -> Response:
    return Response(content, status, {**_HEADERS, **(headers or {})}, "text/html")
