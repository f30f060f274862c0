"""The sheet as HTML: a part of a page, or one file that needs nothing else.

Jinja2 escapes every value. What is markup already (the output of the templates, and the narrative of a document after the closed
list of :mod:`bridge.cda.narrative`) is handed over as :class:`markupsafe.Markup`, here and nowhere else. Source: docs/paper.md.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lxml import etree

from bridge.cda.narrative import xhtml
from bridge.cda.parser import CDA
from bridge.findings.issues import Issue, Language
from bridge.views.paper.symbols import svg
from bridge.views.sheet import Sheet, SheetEntry, Symbol
from bridge.views.sheet.values import readable
from bridge.views.sheet.words import labels

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

__all__ = ["MadeOf", "article", "environment", "font", "html", "narrative", "narrative_article", "style"]

_HERE = Path(__file__).parent
_FONTS = {400: "AtkinsonHyperlegible-Regular.ttf", 700: "AtkinsonHyperlegible-Bold.ttf"}


class MadeOf(NamedTuple):
    """What made an entry: paths of the input, and the row of the trace that tells of the first of them."""

    paths: str
    """Separated by spaces."""
    target: str
    label: str


Marks = Callable[[SheetEntry], MadeOf | None]


@cache
def environment() -> Environment:
    """The templates, which escape everything and know every name they use."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(autoescape=True, undefined=StrictUndefined, loader=FileSystemLoader(_HERE / "templates"))
    made.globals["picture"] = _picture
    return made


def _picture(symbol: Symbol) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg(symbol).encode()).decode("ascii")


def article(sheet: Sheet, mark: Marks | None = None, level: int = 1) -> Markup:
    """The sheet as one element; *mark* says what made an entry, *level* is that of its heading."""
    from markupsafe import Markup

    template = environment().get_template("sheet.html")
    return Markup(template.render(sheet=sheet, words=labels(sheet.language), mark=mark, level=level))  # noqa: S704 (escaped by the template)


def html(sheet: Sheet) -> bytes:
    """The sheet as one file, with its style and its fonts inside."""
    return _file(article(sheet), sheet.about, sheet.language)


def _file(body: Markup, title: str, language: Language) -> bytes:
    from markupsafe import Markup

    whole = style(_embedded)
    digest = base64.b64encode(hashlib.sha256(whole.encode()).digest()).decode("ascii")
    template = environment().get_template("file.html")
    made = template.render(
        body=body,
        title=title,
        language=language,
        style=Markup(whole),  # noqa: S704 (our own file)
        hash=f"sha256-{digest}",
    )
    return made.encode()


@cache
def style(address: Callable[[str], str]) -> str:
    """The style of the sheet; *address* says where a font is."""
    face = '@font-face {{ font-family: "Atkinson Hyperlegible"; font-weight: {}; src: url("{}") format("truetype") }}\n'
    faces = "".join(face.format(weight, address(name)) for weight, name in _FONTS.items())
    return faces + (_HERE / "templates" / "sheet.css").read_text("utf-8")


@cache
def _embedded(name: str) -> str:
    return "data:font/ttf;base64," + base64.b64encode(font(name)).decode("ascii")


@cache
def font(name: str) -> bytes:
    """A font of the sheet."""
    assert name in _FONTS.values()
    return (_HERE.parent / "fonts" / name).read_bytes()


# --- a document that could not be read --------------------------------------------------------------------------------


class _Part(NamedTuple):
    """A section of a document as it is told: its title, and its narrative or what stands instead."""

    title: str
    html: Markup | None
    text: str = ""


_WARNINGS: dict[Language, str] = {
    "fr": "CE DOCUMENT N'A PAS PU ÊTRE LU COMME UNE DEMANDE – SEUL SON TEXTE EST MONTRÉ, SANS GARANTIE",
    "en": "THIS DOCUMENT COULD NOT BE READ AS AN ORDER – ONLY ITS TEXT IS SHOWN, WITHOUT WARRANTY",
}


def narrative(root: etree._Element, findings: Iterable[Issue], language: Language) -> bytes:
    """What a document that is no readable order gives to read, under a warning that nobody overlooks, as one file."""
    return _file(narrative_article(root, findings, language), _title(root), language)


def narrative_article(root: etree._Element, findings: Iterable[Issue], language: Language, level: int = 1) -> Markup:
    """The same as one element."""
    from markupsafe import Markup

    template = environment().get_template("narrative.html")
    made = template.render(
        language=language,
        level=level,
        title=_title(root),
        warning=_WARNINGS[language],
        findings=[found for found in findings if found.is_error],
        parts=list(_parts(root)),
    )
    return Markup(made)  # noqa: S704 (escaped by the template)


def _title(root: etree._Element) -> str:
    return readable(" ".join((root.findtext(f"{CDA}title") or "Document").split()))


def _parts(root: etree._Element) -> Iterable[_Part]:
    from markupsafe import Markup

    for section in root.iter(f"{CDA}section"):
        title, text = section.find(f"{CDA}title"), section.find(f"{CDA}text")
        words = "" if title is None else readable(" ".join("".join(map(str, title.itertext())).split()))
        if title is not None or text is not None:
            shown = Markup(readable(xhtml(text, attached="document joint"))) if text is not None else Markup("")  # noqa: S704
            yield _Part(words, shown)
    for body in root.iter(f"{CDA}nonXMLBody"):
        text = body.find(f"{CDA}text")
        kind = "" if text is None else text.get("mediaType", "")
        size = 0 if text is None else len("".join(map(str, text.itertext())))
        yield _Part("", None, readable(f"Document non structuré ({kind or 'type inconnu'}, {size * 3 // 4} octets)"))
