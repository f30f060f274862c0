"""The pages of ``/ui``: the start, a problem, and the whole result of one input.

One set of parts: the sheet, the findings grouped as the report of a check groups them, the trace as ``imgda explain`` tells it.
Source: docs/paper.md.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from bridge import xml
from bridge.checks import check
from bridge.evidence.renderings import FATES
from bridge.evidence.trace import Row, Trace
from bridge.findings.errors import BridgeError, OrderError, SourceError
from bridge.findings.issues import Issue, Language, operation_outcome
from bridge.order.labels import name as item_name
from bridge.views.explain import FATE_NAMES, as_json, document_xml, input_json
from bridge.views.page.words import page_words
from bridge.views.paper import html as paper
from bridge.views.paper.pdf import pdf
from bridge.views.paper.render import Look, look_at
from bridge.views.report import rules
from bridge.views.sheet import SheetEntry

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

    from bridge.convert import Bridge

__all__ = ["EXAMPLES", "Outcome", "example", "problem", "result", "script", "start", "style"]

_HERE = Path(__file__).parent
EXAMPLES = ("knee-radiograph", "lung-biopsy", "hip-and-knee-radiographs")
"""Stories of the fixtures, with test identities."""
_LARGEST = 4 * 1024 * 1024
"""Bytes that a link of the page may hold; browsers refuse far larger ones."""
_LONG = 160
_CLASSES = ("critical", "clinical", "administrative", "technical")


class Outcome(NamedTuple):
    """A page, and what it is about."""

    content: bytes
    issues: tuple[Issue, ...]
    error: BridgeError | None
    """Why there is no sheet."""
    model: str | None = None


class _Download(NamedTuple):
    name: str
    file: str
    href: str | None


class _Place(NamedTuple):
    path: str
    anchor: str


class _Traced(NamedTuple):
    """A row of the trace as the page tells it."""

    number: int
    fate: str
    title: str
    path: str
    value: str
    item: str
    rule: str
    places: tuple[_Place, ...]


@cache
def _templates() -> Environment:
    from jinja2 import FileSystemLoader

    folders = [_HERE / "templates", _HERE.parent / "paper" / "templates"]
    made = paper.environment().overlay(loader=FileSystemLoader(folders))
    made.globals["examples"] = EXAMPLES
    return made


def _page(template: str, language: Language, **values: Any) -> bytes:
    words = page_words(language)
    other = "fr" if language == "en" else "en"
    return _templates().get_template(template).render(language=language, other=other, words=words, **values).encode()


@cache
def style() -> bytes:
    """The style of the page, that of the sheet included."""
    own = _templates().get_template("page.css").render(fates=FATES)
    return (paper.style(_font) + own).encode()


def _font(name: str) -> str:
    return f"/ui/{name}"


@cache
def script() -> bytes:
    """The script of the page."""
    return (_HERE / "templates" / "page.js").read_bytes()


def example(name: str) -> bytes | None:
    """The input of an example."""
    return (_HERE / "examples" / f"{name}.json").read_bytes() if name in EXAMPLES else None


def start(language: Language) -> bytes:
    """The form."""
    return _page("start.html", language, problem=(), heading=page_words(language)["title"])


def problem(issues: Iterable[Issue], language: Language, *, unreadable: bool = True) -> bytes:
    """What went wrong, and the form again."""
    heading = page_words(language)["unreadable" if unreadable else "trouble"]
    return _page("start.html", language, problem=tuple(issues)[:20], heading=heading)


def result(bridge: Bridge, source: bytes, language: Language) -> Outcome:
    """The whole result of one input of either kind."""
    try:
        look = look_at(bridge, source, language)
    except SourceError as error:
        return Outcome(problem(error.issues, language), error.issues, error)
    except BridgeError as error:
        return Outcome(_refused(error, language), error.issues, error)
    received = look.sheet is not None and look.conversion is None
    bundle = bridge.to_fhir(source).bundle if received else None
    return Outcome(_shown(look, bundle, language), look.issues, look.error, look.model)


def _counts(issues: Iterable[Issue], language: Language) -> str:
    found = tuple(issues)
    return page_words(language)["counts"].format(
        errors=sum(one.is_error for one in found),
        warnings=sum(one.severity == "warning" for one in found),
        losses=sum(one.loss is not None for one in found),
    )


def _refused(error: BridgeError, language: Language) -> bytes:
    """The findings first, and no paper."""
    words = page_words(language)
    outcome = json.dumps(operation_outcome(error.issues, language), ensure_ascii=False, indent=1).encode()
    return _page(
        "result.html",
        language,
        heading=words["refused"],
        counts=_counts(error.issues, language),
        verdict="",
        sections=[("findings", words["findings"]), ("downloads", words["downloads"])],
        rules=_rules(error.issues, None, language),
        downloads=[_download(words["outcome"], "outcome.json", outcome, "application/fhir+json", words, "convert")],
    )


def _rules(issues: Iterable[Issue], document: bytes | None, language: Language) -> Markup:
    """The findings, grouped by rule, as the report of a check has them."""
    from lxml import etree
    from markupsafe import Markup

    root = etree.Element("none") if document is None else xml.read(document)
    return Markup("".join(rules(tuple(issues), root, language)))  # noqa: S704 (escaped there)


# layout: a value for each name of the template
def _shown(look: Look, bundle: dict[str, Any] | None, language: Language) -> bytes:
    words = page_words(language)
    trace = look.conversion.trace if look.conversion else None
    known = trace.rows if trace else ()
    traced = list(_traced(known, language))
    report = check(look.document)
    kind = "conform" if look.conversion else "conform received"
    keys = ["paper", "findings", "losses", "trace" if look.conversion else "received", "xml", "downloads"]
    found = [one for one in look.issues if not one.loss]
    losses = sorted((one for one in look.issues if one.loss), key=lambda one: _CLASSES.index(str(one.loss)))
    downloads = list(_downloads(look, bundle, trace, language))
    return _page(
        "result.html",
        language,
        heading=words["done"] if look.sheet else words["unreadable"],
        counts=_counts(look.issues, language),
        checked=words[kind],
        verdict=report.says(language)[0] if report.is_judged else "",
        sections=[(key, words[key]) for key in keys],
        sheet=_sheet(look, known, traced, language),
        pdf=next((one for one in downloads if one.file.endswith(".pdf") and one.href), None),
        links=bool(traced),
        rules=_rules(found, None if look.conversion else look.document, language),
        losses=losses,
        further=look.sheet.block("received") if look.sheet else None,
        fates=[(fate, FATE_NAMES[language][fate], count) for fate in FATES if (count := sum(r.fate == fate for r in traced))],
        rows=traced,
        source=_source(look, known, language),
        document=_document(look),
        downloads=downloads,
    )


# --- parts -----------------------------------------------------------------------------------------------------------

_HOLDER = re.compile(r"\.(code|display|system|text|extension|root)$")


def _holder(path: str) -> str:
    """The code or the identifier of which a leaf is a part: one is shown by its label, and read by its code."""
    return _HOLDER.sub("", path)


def _sheet(look: Look, known: tuple[Row, ...], traced: list[_Traced], language: Language) -> Markup:
    """The sheet, each line with the paths of the input that made it; or the narrative of what could not be read."""
    if look.sheet is None:
        assert look.root is not None
        return paper.narrative_article(look.root, look.issues, language, 3)
    by_item: dict[str, list[str]] = {}
    for row in known:
        if row.item and row.path and row.fate not in ("implied", "lost"):
            by_item.setdefault(_holder(row.item), []).append(row.path)
    numbers = {row.path: row.number for row in traced}

    def mark(entry: SheetEntry) -> paper.MadeOf | None:
        paths = dict.fromkeys(path for item in entry.paths for path in by_item.get(_holder(item), ()))
        if not paths:
            return None
        return paper.MadeOf(" ".join(paths), f"t{numbers[next(iter(paths))]}", page_words(language)["goes"])

    return paper.article(look.sheet, mark, 3)


def _traced(known: tuple[Row, ...], language: Language) -> Iterator[_Traced]:
    names = FATE_NAMES[language]
    for number, row in enumerate(row for row in known if row.path):
        item = item_name(row.item or "", language)
        places = tuple(_Place(path, quote(path, safe="/@()")) for path in row.xpaths)
        yield _Traced(number, row.fate, names[row.fate], row.path or "", _short(row), item, row.rule or "", places)


def _short(row: Row) -> str:
    value = row.value or ""
    return value if len(value) <= _LONG else f"{value[:_LONG]}…"


def _source(look: Look, known: tuple[Row, ...], language: Language) -> Markup | str:
    from markupsafe import Markup

    if look.conversion is None or look.conversion.evidence is None:
        return ""
    root = look.conversion.evidence.root
    by_path = {row.path: row for row in known if row.path}
    return Markup("".join(input_json(root.value, root.path, by_path, language)))  # noqa: S704 (escaped there)


def _document(look: Look) -> Markup:
    from markupsafe import Markup

    return Markup("".join(document_xml(xml.read(look.document))))  # noqa: S704 (escaped there)


def _downloads(look: Look, bundle: dict[str, Any] | None, trace: Trace | None, language: Language) -> Iterator[_Download]:
    words = page_words(language)
    name = look.sheet.name if look.sheet else "document"
    outcome = json.dumps(operation_outcome(look.issues, language), ensure_ascii=False, indent=1).encode()
    if look.sheet is not None:
        try:
            made = pdf(look.sheet, look.document)
        except OrderError as error:
            yield _Download(error.issues[0].text(language), f"{name}.pdf", None)
        else:
            yield _download(words["pdf"], f"{name}.pdf", made, "application/pdf", words, "render")
    yield _download(words["cda"], f"{name}.xml", look.document, "application/xml", words, "convert")
    if bundle is not None:
        data = json.dumps(bundle, ensure_ascii=False, indent=1).encode()
        yield _download(words["fhir"], f"{name}.json", data, "application/fhir+json", words, "to-fhir")
    yield _download(words["outcome"], f"{name}-outcome.json", outcome, "application/fhir+json", words, "convert")
    if trace is not None:
        rows = as_json(trace).encode()
        yield _download(words["rows"], f"{name}-trace.json", rows, "application/json", words, "explain")


def _download(name: str, file: str, data: bytes, kind: str, words: Mapping[str, str], command: str) -> _Download:
    if len(data) > _LARGEST:
        return _Download(words["large"].format(name=name, command=command), file, None)
    return _Download(name, file, f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}")
