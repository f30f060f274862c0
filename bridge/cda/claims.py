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

    values: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Values of the order that stand there, as :func:`same` makes them."""
    took: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Attributes (empty for the text) that decided something."""
    said: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Words of the data that a narrative element repeats."""


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
        claims.values[int(mark)].update(map(same, own))
    for mark in element.get(f"{_X}took", "").split():
        number, _, attribute_name = mark.partition("@")
        claims.took[int(number)].add(attribute_name)
    inside.update((*own, *element.get(f"{_X}says", "").split()))
    inside.update(_SPOKEN[value] for value in own if value in _SPOKEN)
    for mark in element.get(f"{_X}said", "").split():
        for value in inside:
            claims.said[int(mark)] |= words(value)
    return inside
