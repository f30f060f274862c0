"""Which values of a document an order took, by the marks that the stylesheet left on it (xslt/to-order/datatypes.xsl).

A claim counts only where the value claimed is the value in the document: :mod:`bridge.cda.losses` compares. Only what
:mod:`bridge.order_xml` reads can claim, so that an element of the order that has no field claims nothing.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field, is_dataclass

from lxml import etree

from bridge.cda.codes import fold
from bridge.order import Order
from bridge.order_xml import plan

__all__ = ["Claims", "gather", "same", "words"]

_X = "{urn:x-bridge:source}"
_TS = re.compile(r"(\d{4,14})([+-]\d{4})?")
_ISO = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d):(\d\d)([+-]\d\d:\d\d)?)?)?)?")
_FRENCH = re.compile(r"\b(\d\d)/(\d\d)/(\d{4})\b")
_DAY = re.compile(r"\b(\d{4})-(\d\d)-(\d\d)(?:\b|T)")


def same(text: str) -> str:
    """What makes two values the same: a moment by its digits, other values without case and runs of white space."""
    if text[:4].isdigit():
        if match := _ISO.fullmatch(text):
            return "".join(part or "" for part in match.groups()).replace(":", "")
        if match := _TS.fullmatch(text):
            digits = match[1].ljust(14, "0") if len(match[1]) > 8 else match[1]
            return f"{digits}{match[2] or ''}"
    return " ".join(text.split()).casefold()


def words(text: str) -> frozenset[str]:
    """The words of a text; a day is one word however it is written."""
    text = _FRENCH.sub(r"\3\2\1", text)
    text = _DAY.sub(r"\1\2\3 ", text)
    return frozenset(fold(text).split())


_SPOKEN = {"true": "oui", "false": "non"}


@dataclass(slots=True)
class Claims:
    """By the number of an element of the document."""

    values: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Values of the order that stand there."""
    took: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Attributes (empty for the text) that decided something."""
    said: dict[int, list[set[str]]] = field(default_factory=lambda: defaultdict(list))
    """Values that a narrative element repeats in words."""

    def holds(self, number: int, value: str) -> bool:
        """Whether a value of the order was read from this element and is *value*."""
        values = self.values.get(number, ())
        return value in values or (bool(values) and same(value) in map(same, values))

    def says(self, number: int, text: str) -> bool:
        """Whether every word of *text* is one of the data that this narrative element repeats."""
        known: set[str] = set()
        for values in self.said.get(number, ()):
            for value in values:
                known |= words(value)
        return words(text) <= known


def gather(order: etree._Element) -> Claims:
    """Every claim of an ``order.xml`` that bears marks."""
    claims = Claims()
    _gather(order, Order, claims)
    return claims


def _gather(element: etree._Element, cls: type, claims: Claims) -> set[str]:
    """Record the claims of an element and of what it holds; its values, for the narrative that repeats them."""
    own: list[str] = []
    inside: set[str] = set()
    if is_dataclass(cls):
        for _, tag, attribute, many, kind in plan(cls):
            if attribute:
                own += [value] if (value := element.get(tag)) else []
            else:
                children = element.findall(tag)
                for child in children if many else children[:1]:
                    inside |= _gather(child, kind, claims)
    elif element.text:
        own.append(element.text)
    for mark in element.get(f"{_X}from", "").split():
        claims.values[int(mark)] += own
    for mark in element.get(f"{_X}took", "").split():
        number, _, attribute_name = mark.partition("@")
        claims.took[int(number)].add(attribute_name)
    inside.update((*own, *element.get(f"{_X}says", "").split()))
    inside.update(_SPOKEN[value] for value in own if value in _SPOKEN)
    for mark in element.get(f"{_X}said", "").split():
        claims.said[int(mark)].append(inside)
    return inside
