"""Titles and narratives of the sections of a received document, its narrative as XHTML that may be shown.

Nothing of the document becomes markup but what stands in a closed list: elements of the CDA narrative block with their
counterpart in FHIR's XHTML, and the spans of table cells. Everything else keeps its words only, escaped.

Source: HL7 CDA R2, NarrativeBlock; FHIR R4 4.0.1, 2.4 Narrative (txt-1); docs/fhir.md, 2.9.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

from lxml import etree

from bridge.cda.parse import CDA, Parsed
from bridge.issues import Issue
from bridge.words import SectionWords, Words

__all__ = ["words_of", "xhtml"]

_LOINC = "2.16.840.1.113883.6.1"
_ELEMENTS = {
    "paragraph": "p",
    "content": "span",
    "list": "ul",
    "item": "li",
    "sub": "sub",
    "sup": "sup",
    **{name: name for name in ("table", "caption", "colgroup", "col", "thead", "tfoot", "tbody", "tr", "th", "td", "br")},
}
"""What an element of the narrative block is in XHTML; any other one is a span."""
_EMPTY = frozenset({"br", "col"})
_SPAN = re.compile(r"[1-9]\d{0,2}")
_NEVER = frozenset({"script", "style"})
"""Elements of other languages whose content is no text for people."""


def words_of(parsed: Parsed, issues: Iterable[Issue]) -> Words:
    """The words of each section that has a LOINC code; *issues* tell which narratives say more than the order read from them."""
    unread = {found.path.partition("/text")[0] for found in issues if found.loss and found.path}
    found: dict[str, SectionWords] = {}
    for section in parsed.root.iter(f"{CDA}section"):
        code = section.find(f"{CDA}code")
        if code is None or code.get("codeSystem") != _LOINC or not (name := code.get("code")):
            continue
        found[name] = _joined(found.get(name), _words(section, parsed.paths.of(section) in unread))
    return found


def _words(section: etree._Element, is_more: bool) -> SectionWords:
    title, text = section.find(f"{CDA}title"), section.find(f"{CDA}text")
    words = " ".join("".join(title.itertext()).split()) if title is not None else ""
    if text is None or not "".join(text.itertext()).strip():
        return SectionWords(words or None)
    return SectionWords(words or None, xhtml(text), is_more)


def _joined(first: SectionWords | None, second: SectionWords) -> SectionWords:
    """Two sections of one code: the title of the first, the words of both."""
    if first is None:
        return second
    both = "".join(text for text in (first.xhtml, second.xhtml) if text)
    return SectionWords(first.title or second.title, both or None, first.says_more or second.says_more)


def xhtml(text: etree._Element) -> str:
    """The content of a narrative block as XHTML, without the element itself."""
    parts: list[str] = []
    _inside(text, parts)
    return "".join(parts)


def _inside(element: etree._Element, parts: list[str]) -> None:
    """Append what an element holds. The depth is that of the document, which the parser bounds."""
    parts.append(_escaped(element.text))
    for child in element:
        if isinstance(child.tag, str):
            _element(child, parts)
        parts.append(_escaped(child.tail))


def _element(element: etree._Element, parts: list[str]) -> None:
    name = etree.QName(element).localname
    if name.lower() in _NEVER:
        return
    tag = _ELEMENTS.get(name, "span") if str(element.tag).startswith(CDA) else "span"
    if tag == "ul" and element.get("listType") == "ordered":
        tag = "ol"
    if tag == "caption":
        tag = _CAPTIONS.get(_parent_name(element), "span")
    if tag in _EMPTY:
        parts.append(f"<{tag}/>")
        return
    parts.append(f"<{tag}{_spans(element) if tag in ('td', 'th') else ''}>")
    _inside(element, parts)
    parts.append(f"</{tag}>")


_CAPTIONS = {"table": "caption", "list": "li"}


def _parent_name(element: etree._Element) -> str:
    parent = element.getparent()
    return "" if parent is None else etree.QName(parent).localname


def _spans(element: etree._Element) -> str:
    """How many rows and columns a cell takes."""
    found = ((name, element.get(name, "")) for name in ("colspan", "rowspan"))
    return "".join(f' {name}="{value}"' for name, value in found if _SPAN.fullmatch(value))


def _escaped(text: str | None) -> str:
    return html.escape(text, quote=False) if text else ""
