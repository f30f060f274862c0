"""Parses a CDA document without trusting it, and says whether it is one that can be read.

No DTD, entity or network; bounded size and depth. Attachments are taken out, so that they never pass through the stylesheet.
Source: docs/design.md, "What is untrusted"; CI-SIS, IMG-DA-IMG, templateId 1.2.250.1.213.1.1.1.47.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from lxml import etree

from bridge import xml
from bridge.findings.errors import refuse
from bridge.settings import Limits
from bridge.tables.shipped import models

__all__ = [
    "CDA",
    "IMG_DA_IMG",
    "NUMBER",
    "ParsedDocument",
    "Paths",
    "has_excess",
    "is_document",
    "local_name",
    "parse",
    "path_of",
]

CDA = "{urn:hl7-org:v3}"
NUMBER = "{urn:x-bridge:source}n"
"""Attribute that numbers every element, in document order."""
IMG_DA_IMG = "1.2.250.1.213.1.1.1.47"
"""Template of the model; its extension is the version."""

_REASONS = {"empty": "IMGDA-1254", "encoding": "IMGDA-1255", "doctype": "IMGDA-1253"}


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """A document IMG-DA-IMG as a tree."""

    root: etree._Element
    """ClinicalDocument; every element bears its :data:`NUMBER`, each attachment is replaced by a token."""
    elements: list[etree._Element]
    """Every element, by its number."""
    media: dict[str, str]
    """The text of each attachment, by its token."""
    model: str
    paths: Paths = field(default_factory=lambda: Paths())
    """The XPaths of its elements."""


def is_document(source: bytes) -> bool:
    """Whether an input is meant as a CDA document: by its root, whatever its texts and comments hold."""
    return xml.root_name(source) == "ClinicalDocument"


def parse(document: bytes, limits: Limits) -> ParsedDocument:
    """Parse a document. Raises :class:`SourceError` with the one issue that says why it cannot be read."""
    root = _tree(document, limits)
    model = _model(root)
    elements = list(root.iter(etree.Element))
    if has_excess(elements, limits.leaves):
        refuse("IMGDA-0113", limit=str(limits.leaves))
    _number(elements, limits.depth)
    return ParsedDocument(root, elements, _take_media(root), model)


def _tree(document: bytes, limits: Limits) -> etree._Element:
    if len(document) > limits.input_mib * 1024 * 1024:
        refuse("IMGDA-0105", limit=str(limits.input_mib * 1024 * 1024))
    try:
        return xml.read(document)
    except xml.Unreadable as error:
        if error.reason in _REASONS:
            refuse(_REASONS[error.reason])
        if b"ClinicalDocument" in document and b"ClinicalDocument>" not in document[-400:].replace(b"\0", b""):
            refuse("IMGDA-1252")
        refuse("IMGDA-1251", line=str(error.line), column=str(error.column))


def _model(root: etree._Element) -> str:
    """The version of the model, by templateId/@extension."""
    if root.tag != f"{CDA}ClinicalDocument":
        refuse("IMGDA-1256", "/")
    if root.find(f"{CDA}component/{CDA}nonXMLBody") is not None:
        refuse("IMGDA-1258", "/ClinicalDocument/component/nonXMLBody")
    claims = [t.get("extension") for t in root.iterfind(f"{CDA}templateId") if t.get("root") == IMG_DA_IMG]
    if not claims:
        refuse("IMGDA-1257", "/ClinicalDocument/templateId")
    if root.find(f"{CDA}component/{CDA}structuredBody") is None:
        refuse("IMGDA-1259", "/ClinicalDocument/component")
    known = models()
    model = next((claim for claim in claims if claim in known), None)
    if model is None:
        refuse("IMGDA-1260", "/ClinicalDocument/templateId/@extension", known=", ".join(known))
    return model


def _number(elements: list[etree._Element], limit: int) -> None:
    depths: list[int] = []
    for number, element in enumerate(elements):
        parent = element.getparent()
        depth = 1 if parent is None else depths[int(parent.get(NUMBER, "0"))] + 1
        if depth > limit:
            refuse("IMGDA-0104", limit=str(limit))
        depths.append(depth)
        element.set(NUMBER, str(number))


def _take_media(root: etree._Element) -> dict[str, str]:
    secret = secrets.token_hex(16)
    media = {}
    for index, value in enumerate(root.iterfind(f".//{CDA}observationMedia/{CDA}value")):
        if value.text and value.text.strip():
            token = f"{secret}-{index}."
            media[token], value.text = value.text, token
    return media


def has_excess(elements: Iterable[etree._Element], limit: int) -> bool:
    """Whether there are more values than *limit*: attributes, texts, and elements that have neither."""
    return sum(len(element.attrib) + _texts(element) or 1 for element in elements) > limit


def _texts(element: etree._Element) -> int:
    return bool(element.text and element.text.strip()) + bool(element.tail and element.tail.strip())


def local_name(tag: str) -> str:
    """The name of an element or attribute without its namespace."""
    return tag.rpartition("}")[2]


class Paths:
    """The XPaths of the elements of one tree, whose steps are named by *name*; positions only where several have one name.

    The children of an element are numbered once, for all the paths through it. The tree must keep its elements meanwhile.
    """

    def __init__(self, name: Callable[[str], str] = local_name) -> None:
        self._name = name
        self._steps: dict[etree._Element, str] = {}
        self._above: dict[etree._Element, str] = {}

    def of(self, element: etree._Element, leaf: str = "") -> str:
        """The XPath of an element, or with *leaf* of what it has."""
        parent = element.getparent()
        if parent is None:
            return f"/{self._name(str(element.tag))}{leaf}"
        if element not in self._steps:
            self._number(parent)
        if parent not in self._above:
            self._above[parent] = self.of(parent)
        return f"{self._above[parent]}{self._steps[element]}{leaf}"

    def _number(self, parent: etree._Element) -> None:
        children = parent.findall("*")
        tags = [str(child.tag) for child in children]
        counts, seen = Counter(tags), Counter[str]()
        for child, tag in zip(children, tags, strict=True):
            seen[tag] += 1
            position = f"[{seen[tag]}]" if counts[tag] > 1 else ""
            self._steps[child] = f"/{self._name(tag)}{position}"


def path_of(element: etree._Element, *, name: Callable[[str], str] = local_name) -> str:
    """The XPath of one element; for several of a tree, :class:`Paths`."""
    return Paths(name).of(element)
