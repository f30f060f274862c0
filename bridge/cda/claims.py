"""Which values of a document an order took, by the marks that the stylesheet left on it (xslt/to-order/datatypes.xsl).

A claim counts only where the value claimed is the value in the document: :mod:`bridge.cda.losses` compares. Only what
:mod:`bridge.order.xml` reads can claim, so that an element of the order that has no field claims nothing.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field, is_dataclass
from functools import cache

from lxml import etree

from bridge.cda.wording import fold
from bridge.order import Order
from bridge.order.xml import NAMESPACE, Field, plan

__all__ = ["Claims", "gather", "same", "words"]

_FROM, _TOOK, _SAID, _SAYS, _DAYS = (f"{{urn:x-bridge:source}}{name}" for name in ("from", "took", "said", "says", "days"))
_WANTED_BY = f"{{{NAMESPACE}}}wanted-by"
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

    values: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Values of the order that stand there."""
    took: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Attributes (empty for the text) that decided something."""
    said: dict[int, list[set[str]]] = field(default_factory=lambda: defaultdict(list))
    """Values that a narrative element, and all that is in it, repeats in words."""
    _same: dict[int, set[str]] = field(default_factory=dict)
    _folded: dict[str, str] = field(default_factory=dict)
    """What :func:`same` makes of a value: one that many elements make up together stands at each of them."""
    _words: dict[int, set[str]] = field(default_factory=dict)

    def holds(self, number: int, value: str) -> bool:
        """Whether a value of the order was read from this element and is *value*."""
        values = self.values.get(number)
        if not values or value in values:
            return bool(values)
        if number not in self._same:
            self._same[number] = set(map(self._fold, values))
        return same(value) in self._same[number]

    def _fold(self, value: str) -> str:
        if value not in self._folded:
            self._folded[value] = same(value)
        return self._folded[value]

    def says(self, around: tuple[int, ...], text: str) -> bool:
        """Whether every word of *text* is one of the data that some narrative elements, which are around it, repeat."""
        left = words(text)
        for number in around:
            if number not in self._words:
                self._words[number] = {word for values in self.said[number] for value in values for word in words(value)}
            left -= self._words[number]
        return not left


def gather(order: etree._Element) -> Claims:
    """Every claim of an ``order.xml`` that bears marks."""
    claims = Claims()
    _gather(order, Order, claims)
    days = {time.text for time in order.iter(_WANTED_BY) if time.text}
    for mark in order.get(_DAYS, "").split():
        claims.said[int(mark)].append(days)
    return claims


def _gather(element: etree._Element, cls: type, claims: Claims) -> set[str]:
    """Record the claims of an element and of what it holds; its values, for the narrative that repeats them."""
    own, inside = _values(element, cls, claims)
    for mark in element.get(_FROM, "").split():
        claims.values[int(mark)].update(own)
    for mark in element.get(_TOOK, "").split():
        number, _, attribute_name = mark.partition("@")
        claims.took[int(number)].add(attribute_name)
    inside.update((*own, *element.get(_SAYS, "").split()))
    inside.update(_SPOKEN[value] for value in own if value in _SPOKEN)
    for mark in element.get(_SAID, "").split():
        claims.said[int(mark)].append(inside)
    return inside


def _values(element: etree._Element, cls: type, claims: Claims) -> tuple[list[str], set[str]]:
    """The values of an element itself, and those of what it holds; of what a field takes once, the first."""
    if not is_dataclass(cls):
        return ([element.text] if element.text else []), set()
    attributes, children = _shape(cls)
    own = [value for name in attributes if (value := element.get(name))]
    inside: set[str] = set()
    seen: set[str] = set()
    for child in element:
        tag = str(child.tag)
        if tag in children and (children[tag].many or tag not in seen):
            inside |= _gather(child, children[tag].type, claims)
        seen.add(tag)
    return own, inside


@cache
def _shape(cls: type) -> tuple[tuple[str, ...], dict[str, Field]]:
    """The attributes and the children of a class of the order."""
    fields = plan(cls)
    return tuple(f.tag for f in fields if f.attribute), {f.tag: f for f in fields if not f.attribute}
