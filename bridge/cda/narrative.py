"""The narrative block of a section as XHTML that may be shown: in a page, or as the narrative of a FHIR resource.

Nothing of the document becomes markup but what stands in a closed list: elements of the CDA narrative block with their
counterpart in FHIR's XHTML, and the spans of table cells. Everything else keeps its words only, escaped.

Source: HL7 CDA R2, NarrativeBlock; FHIR R4 4.0.1, 2.4 Narrative (txt-1); docs/fhir.md, 2.9.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable

from lxml import etree

from bridge.cda.parser import CDA

__all__ = ["Attributes", "xhtml"]

Attributes = Callable[[etree._Element], str]
"""Further attributes of the element that stands for one of the document, each with a blank before it."""

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
_CAPTIONS = {"table": "caption", "list": "li"}
_SPAN = re.compile(r"[1-9]\d{0,2}")
_NEVER = frozenset({"script", "style"})
"""Elements of other languages whose content is no text for people."""


def _none(_: etree._Element) -> str:
    return ""


def xhtml(text: etree._Element, *, attached: str = "", attributes: Attributes = _none) -> str:
    """The content of a narrative block as XHTML, without the element itself.

    *attached* says before its identifier that a document is shown at some place (``renderMultiMedia``).
    """
    writer = _Writer(attached, attributes)
    writer.inside(text)
    return "".join(writer.parts)


class _Writer:
    """Pieces of XHTML. The depth of the calls is that of the document, which the parser bounds."""

    def __init__(self, attached: str, attributes: Attributes) -> None:
        self.parts: list[str] = []
        self._attached = attached
        self._attributes = attributes

    def inside(self, element: etree._Element) -> None:
        """What an element holds."""
        self.parts.append(_escaped(element.text))
        for child in element:
            if isinstance(child.tag, str):
                self._element(child)
            self.parts.append(_escaped(child.tail))

    def _element(self, element: etree._Element) -> None:
        name = etree.QName(element).localname
        if name.lower() in _NEVER:
            return
        tag = _tag(element, name)
        if tag in _EMPTY:
            self.parts.append(f"<{tag}/>")
            return
        spans = _spans(element) if tag in ("td", "th") else ""
        self.parts.append(f"<{tag}{spans}{self._attributes(element)}>")
        if name == "renderMultiMedia" and self._attached:
            self.parts.append(html.escape(f"[{self._attached} {element.get('referencedObject', '')}]", quote=False))
        self.inside(element)
        self.parts.append(f"</{tag}>")


def _tag(element: etree._Element, name: str) -> str:
    if not str(element.tag).startswith(CDA):
        return "span"
    if name == "list" and element.get("listType") == "ordered":
        return "ol"
    if name == "caption":
        return _CAPTIONS.get(_parent_name(element), "span")
    return _ELEMENTS.get(name, "span")


def _parent_name(element: etree._Element) -> str:
    parent = element.getparent()
    return "" if parent is None else etree.QName(parent).localname


def _spans(element: etree._Element) -> str:
    """How many rows and columns a cell takes."""
    found = ((name, element.get(name, "")) for name in ("colspan", "rowspan"))
    return "".join(f' {name}="{value}"' for name, value in found if _SPAN.fullmatch(value))


def _escaped(text: str | None) -> str:
    return html.escape(text, quote=False) if text else ""
