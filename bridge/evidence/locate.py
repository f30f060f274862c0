"""Where the values of an order stand in its document: by the marks that reading the document leaves on them.

The document is read back (``xslt/to-order``), so that each field of the order comes with the elements that it was read from,
and a value is looked for in the fields that its item can reach and nowhere else. Source: docs/losses.md.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from itertools import takewhile
from typing import NamedTuple
from urllib.parse import unquote

from lxml import etree

from bridge import xml
from bridge.cda.parser import NUMBER
from bridge.cda.read import Marked, marked
from bridge.evidence.renderings import Fate, Form, forms, squeeze
from bridge.fhir.ledger.node import Leaf
from bridge.findings.errors import BridgeError
from bridge.order import Order
from bridge.order.xml import NAMESPACE, Field, plan
from bridge.settings import Limits

__all__ = ["Destination", "located", "places"]

_SOURCE = "{urn:x-bridge:source}"
_WANTED_BY = f"{{{NAMESPACE}}}wanted-by"
_SHORT = 4
"""Characters below which a part of a longer text must be a word of it: "1" is not in "12"."""
_MOST = 12
"""XPaths named of one value."""
_PEOPLE = (
    "authenticators authors callback custodian data_enterer document encounter legal_authenticator participants recipients "
    "request urgency.contacted"
).split()
"""Items that share the professionals and structures of the header: one of FHIR is written as several of them."""
_ALSO: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(_PEOPLE, tuple(_PEOPLE)),
    "acts": ("request.ids",),
    "contacts": ("patient.guardians",),
    "contraindications": ("medical_history",),
    "justification": ("purpose",),
    "medical_history": ("care_information", "contraindications"),
    "prior_results": ("attachments",),
    "urgency": tuple(_PEOPLE),
}
"""Items in which the values that were read for an item may stand beside it."""
for _name in (field.name for field in fields(Order) if field.name.endswith("_at")):  # when a datum was said
    _ALSO[_name.removesuffix("_at")] = (*_ALSO.get(_name.removesuffix("_at"), ()), _name)


class Destination(NamedTuple):
    """Where one value of the input went."""

    fate: Fate
    item: str
    """Path from the order: ``acts[0].sites[0].code``; empty where the document cannot be read back."""
    xpaths: tuple[str, ...]
    rule: str | None
    """Row of a table that made the value what it is."""


class Spot(NamedTuple):
    """One attribute value or text of the document."""

    xpath: str
    text: str
    """On one line, in lower case."""
    is_attribute: bool


class SaidValue(NamedTuple):
    """One value of the order, as the document says it."""

    item: str
    """Path from the order: ``acts[0].sites[0].code``."""
    text: str
    """On one line, in lower case."""
    is_attribute: bool
    """Whether it is a code, a number or an address of a machine rather than a text for people."""
    spots: tuple[Spot, ...]
    """Where it was read, and where the narrative repeats it."""


def places(leaves: Iterable[tuple[Leaf, str | None]], document: bytes) -> dict[str, Destination]:
    """Where each leaf stands in a document, by its FHIRPath; *leaves* come with the item that they were read for.

    A value that stands in several entries is that of its own item, then of the entry nearest to where the values beside it went.
    """
    reached = _Reached(_read(document))
    wanted = {
        leaf.path: _Wanted(item or "", tuple((form, form.text.casefold()) for form in forms(leaf))) for leaf, item in leaves
    }
    holding = {want: [entry for entry in reached[want.item] if want.is_in(entry)] for want in set(wanted.values())}
    found = {path: entries for path, want in wanted.items() if (entries := holding[want])}
    went: dict[str, str] = {}
    for path, entries in found.items():
        if len(entries) == 1:
            _settle(path, entries[0], went)
    settled = {}
    for path, entries in found.items():
        near, want = _around(path, went), wanted[path]
        first = max(entries, key=lambda e: (_top(e.item) == _top(want.item), want.is_all_of(e), _shared(e.item, near)))
        _settle(path, first, went)
        settled[path] = wanted[path].place([first, *(e for e in entries if e is not first)])
    return settled


def _settle(path: str, entry: SaidValue, went: dict[str, str]) -> None:
    """Note where a value went, for those beside it."""
    for match in _STEP.finditer(path):
        went.setdefault(path[: match.start()], entry.item)


_STEP = re.compile(r"[.\[]")


def _around(path: str, went: dict[str, str]) -> str:
    """Where the values of the nearest object around a path went."""
    starts = [match.start() for match in _STEP.finditer(path)]
    return next((went[path[:start]] for start in reversed(starts) if path[:start] in went), "")


def _shared(one: str, other: str) -> int:
    """How many steps two paths of the order begin with in common."""
    return sum(1 for _ in takewhile(lambda steps: steps[0] == steps[1], zip(one.split("."), other.split("."), strict=False)))


class _Reached(dict[str, list[SaidValue]]):
    """The entries in which the values of an item can stand, by the item."""

    def __init__(self, entries: list[SaidValue]) -> None:
        self._all = entries

    def __missing__(self, item: str) -> list[SaidValue]:
        self[item] = [entry for entry in self._all if _reaches(item, entry.item)]
        return self[item]


class _Wanted(NamedTuple):
    """A value that is looked for."""

    item: str
    forms: tuple[tuple[Form, str], ...]
    """Each with its text in lower case."""

    def is_in(self, entry: SaidValue) -> bool:
        """Whether an entry holds it in one of its forms."""
        return any(_stands(text, entry.text, form, is_attribute=entry.is_attribute) for form, text in self.forms)

    def is_all_of(self, entry: SaidValue) -> bool:
        """Whether an entry is nothing but one of its forms."""
        return any(text == entry.text for _, text in self.forms)

    def place(self, entries: list[SaidValue]) -> Destination:
        """Where it stands: the first of its forms that the document has, else the place of the first entry."""
        for form, text in self.forms:
            spots = (
                spot
                for entry in entries
                for spot in entry.spots
                if _stands(text, spot.text, form, is_attribute=spot.is_attribute)
            )
            if xpaths := _first(spot.xpath for spot in spots):
                is_split = form.fate == "copied" and len(xpaths) > 1 and "\n" in form.text
                return Destination("split" if is_split else form.fate, entries[0].item, xpaths, form.rule)
        first = entries[0]
        form = next(form for form, text in self.forms if _stands(text, first.text, form, is_attribute=first.is_attribute))
        return Destination(form.fate, first.item, tuple(spot.xpath for spot in first.spots[:1]), form.rule)


def _first(xpaths: Iterable[str]) -> tuple[str, ...]:
    """The first few, each once: a value may stand in thousands of places."""
    found: dict[str, None] = {}
    for xpath in xpaths:
        found[xpath] = None
        if len(found) == _MOST:
            break
    return tuple(found)


# --- the document ----------------------------------------------------------------------------------------------------


def _read(document: bytes) -> list[SaidValue]:
    """Every value of the order that a document says; every value of the document, if it cannot be read (a draft)."""
    spots: dict[int, list[Spot]] = defaultdict(list)
    try:
        read = marked(document, Limits(input_mib=1024, attachment_mib=1024, leaves=10_000_000))
    except BridgeError:
        tree = xml.read(document)
        _spots(tree, "/ClinicalDocument", {}, spots)
        return [SaidValue("", spot.text, False, (spot,)) for found in spots.values() for spot in found]
    _spots(read.parsed.root, "/ClinicalDocument", read.parsed.media, spots)
    return [*_entries(read.tree, Order, "", read, spots, ())]


def _entries(
    element: etree._Element, cls: type, item: str, read: Marked, spots: dict[int, list[Spot]], around: tuple[Spot, ...]
) -> Iterator[SaidValue]:
    """The values of one element of a marked ``order.xml``; what has no place of its own stands where the item around it does."""
    here = tuple(spot for number in _marks(element, read) for spot in spots[number]) or around
    if not is_dataclass(cls):
        text = element.text or ""
        yield SaidValue(item, squeeze(read.parsed.media.get(text, text)).casefold(), False, here)
        return
    attributes, children = _fields(cls)
    for field in attributes:
        if value := element.get(field.tag):
            yield SaidValue(f"{item}.{field.name}", squeeze(value).casefold(), True, here)
    seen: Counter[str] = Counter()
    for child in element:
        if (known := children.get(str(child.tag))) is not None:
            index = f"[{seen[known.tag]}]" if known.many else ""
            seen[known.tag] += 1
            yield from _entries(child, known.type, f"{item}.{known.name}{index}".lstrip("."), read, spots, here)


@cache
def _fields(cls: type) -> tuple[list[Field], dict[str, Field]]:
    """The fields of a class of the order that are attributes, and those that are elements, by their tags."""
    return [f for f in plan(cls) if f.attribute], {f.tag: f for f in plan(cls) if not f.attribute}


def _marks(element: etree._Element, read: Marked) -> Iterator[int]:
    """The numbers of the elements where an element of the order was read, and where the narrative repeats it."""
    yield from map(int, element.get(f"{_SOURCE}from", "").split())
    said = element.get(f"{_SOURCE}said", "").split()
    if element.tag == _WANTED_BY:
        said += read.tree.get(f"{_SOURCE}days", "").split()
    for mark in said:
        yield from (int(inner.get(NUMBER, "")) for inner in read.parsed.elements[int(mark)].iter(etree.Element))


def _spots(element: etree._Element, xpath: str, media: dict[str, str], found: dict[int, list[Spot]]) -> None:
    own = found[int(element.get(NUMBER, len(found)))]
    for name, value in xml.attributes(element):
        if name != NUMBER:
            text = squeeze(value).casefold()
            own += [Spot(f"{xpath}/@{etree.QName(name).localname}", form, True) for form in dict.fromkeys((text, unquote(text)))]
    if (element.text or "").strip() or any((child.tail or "").strip() for child in element):
        text = "".join(element.itertext())
        own.append(Spot(f"{xpath}/text()", squeeze(media.get(text, text)).casefold(), False))
    for child, where in located(element, xpath):
        _spots(child, where, media, found)


# --- what counts as standing there -----------------------------------------------------------------------------------


def _reaches(item: str, entry: str) -> bool:
    """Whether a value that was read for an item of the order can stand in an entry."""
    if item in ("", "narratives") or not entry:
        return True
    return any(_is_within(entry, known) for known in (item, *_ALSO.get(item, ())))


def _is_within(entry: str, item: str) -> bool:
    """Whether an entry is a part of an item; indexes do not matter."""
    bare = _bare(entry)
    return bare == item or bare.startswith(f"{item}.")


@cache
def _bare(path: str) -> str:
    return re.sub(r"\[\d+\]", "", path)


@cache
def _top(item: str) -> str:
    """The first step of a path."""
    return re.split(r"[.\[]", item, maxsplit=1)[0]


def _stands(wanted: str, text: str, form: Form, *, is_attribute: bool) -> bool:
    """Whether a value stands in a text, whole or as a part of it: a short one as a word, or as a part of a composed code."""
    if wanted == text or not wanted:
        return bool(wanted)
    if form.whole or wanted not in text:
        return False
    if len(wanted) >= _SHORT:
        return True
    return wanted in _CODE.split(text) if is_attribute else re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", text) is not None


_CODE = re.compile(r"[/_]")
"""What the parts of a composed code stand between: G15_10/SM08."""


def located(element: etree._Element, xpath: str) -> Iterator[tuple[etree._Element, str]]:
    """The children of an element, each with its XPath in local names."""
    totals = Counter(child.tag for child in element)
    seen: Counter[object] = Counter()
    for child in element:
        seen[child.tag] += 1
        position = f"[{seen[child.tag]}]" if totals[child.tag] > 1 else ""
        yield child, f"{xpath}/{etree.QName(child).localname}{position}"
