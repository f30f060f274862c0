"""From an input of either kind to paper or page: the one way in for the library, the command, the service and the batch.

Source: docs/paper.md.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from lxml import etree

from bridge import xml
from bridge.cda.parser import is_document
from bridge.convert import Bridge
from bridge.findings.errors import BridgeError, SettingsError
from bridge.findings.issues import Issue, Language, issue
from bridge.options import DEFAULT_MODEL
from bridge.results import Source
from bridge.settings import Settings
from bridge.views.paper.received import received
from bridge.views.sheet import Sheet, document_name, sheet_of

if TYPE_CHECKING:
    from bridge.results import Conversion
    from bridge.views.paper.pdf import Variant

__all__ = ["MEDIA_TYPES", "Look", "PaperForm", "Rendering", "look_at", "printed", "render"]

PaperForm = Literal["pdf", "html"]
MEDIA_TYPES: Mapping[PaperForm, str] = {"pdf": "application/pdf", "html": "text/html"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """An input, read: its sheet, its document, and what was found on the way."""

    sheet: Sheet | None
    """None for a document of which no order can be read: then its narrative is all there is."""
    document: bytes
    issues: tuple[Issue, ...]
    model: str | None = None
    document_id: str | None = None
    root: etree._Element | None = None
    """The document as a tree, where it was received."""
    conversion: Conversion | None = None
    """Of a FHIR input."""
    error: BridgeError | None = None
    """Why there is no sheet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """A file for people."""

    content: bytes
    media_type: str
    name: str
    """A file name that tells nothing about the patient."""
    issues: tuple[Issue, ...]
    """What was found while the input was read."""
    model: str | None = None
    """Version of the model IMG-DA-IMG written or read."""
    document_id: str | None = None
    """Identifier of the document: its root, and its extension after a caret."""


def render(
    source: Source,
    *,
    to: PaperForm = "pdf",
    variant: Variant = "paper",
    language: Language = "fr",
    settings: Settings | None = None,
    model: str = DEFAULT_MODEL,
    now: datetime | None = None,
    requisition: str | None = None,
    single: bool = False,
    fhir: str | None = None,
    draft: bool = False,
) -> Rendering:
    """The order of a FHIR input, or of a document IMG-DA-IMG, as PDF or HTML.

    A PDF of the variant ``paper`` has the CDA document inside; one of the variant ``mail`` has no attachment. Of a document
    that is received, texts that the order does not hold are shown too; one of which no order can be read is shown by its
    narrative alone, as HTML only. Raises what :func:`bridge.to_cda` raises for FHIR and :meth:`Bridge.read_document` for CDA.
    """
    for name, value, known in (("to", to, ("pdf", "html")), ("variant", variant, ("paper", "mail"))):
        if value not in known:
            raise SettingsError(issue("IMGDA-1812", None, name=name, expected=" | ".join(known)))
    options: dict[str, Any] = {"model": model, "now": now, "requisition": requisition, "single": single, "fhir": fhir}
    look = look_at(Bridge(settings), source, language, draft=draft, **options)
    return printed(look, to, variant, language)


def look_at(bridge: Bridge, source: Source, language: Language, *, draft: bool = False, **options: Any) -> Look:
    """Read an input of either kind."""
    if isinstance(source, (bytes, str)) and is_document(source if isinstance(source, bytes) else source.encode()):
        return _document(bridge, source if isinstance(source, bytes) else source.encode(), language)
    found = bridge.to_cda(source, draft=draft, **options)
    is_draft = any(one.is_error for one in found.issues)
    sheet = sheet_of(found.order, language, draft=is_draft)
    name = document_name(found.order)
    return Look(sheet=sheet, document=found.document, issues=found.issues, model=found.model, document_id=name, conversion=found)


def _document(bridge: Bridge, document: bytes, language: Language) -> Look:
    """A document that was received; the findings are not bounded, so that every text is shown."""
    from bridge.checks import check

    unbounded = Bridge(replace(bridge.settings, limits=replace(bridge.settings.limits, findings=sys.maxsize)))
    try:
        reading = unbounded.read_document(document)
    except BridgeError as error:
        return Look(sheet=None, document=document, issues=error.issues, root=_tree(document, error), error=error)
    root = xml.read(document)
    further = received(root, reading.issues, language)
    faulty = not check(document, limits=bridge.settings.limits).is_valid
    sheet = sheet_of(reading.order, language, faulty=faulty, received=(further,) if further else ())
    name = document_name(reading.order)
    return Look(sheet=sheet, document=document, issues=reading.issues, model=reading.model, document_id=name, root=root)


def _tree(document: bytes, error: BridgeError) -> etree._Element:
    """The tree of a document that is no readable order; what is not even XML stays refused."""
    try:
        return xml.read(document)
    except xml.Unreadable:
        raise error from None


def printed(look: Look, to: PaperForm, variant: Variant, language: Language) -> Rendering:
    """What was read, as a file. Raises the error of what has no sheet, but for HTML."""
    from bridge.views.paper import html
    from bridge.views.paper.pdf import pdf

    if look.sheet is None:
        assert look.error is not None
        if to == "pdf" or look.root is None:
            raise look.error
        content, name = html.narrative(look.root, look.issues, language), "document"
    else:
        content = pdf(look.sheet, look.document, variant) if to == "pdf" else html.html(look.sheet)
        name = look.sheet.name
    return Rendering(
        content=content,
        media_type=MEDIA_TYPES[to],
        name=f"{name}.{to}",
        issues=look.issues,
        model=look.model,
        document_id=look.document_id,
    )
