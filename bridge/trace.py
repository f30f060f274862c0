"""Where each value of the input went: from its FHIRPath through the item of the order to the XPaths of the document.

The ledger says what was read and for which item; the XPaths are found in the written document itself, by looking there for the
value in each form that the bridge may have given it. A value that was read, decides nothing and stands nowhere in the document
is a loss that no reader noticed: :meth:`Trace.unfound` (docs/losses.md). Nothing is computed before it is asked for.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, Literal, NamedTuple
from urllib.parse import unquote

from lxml import etree

from bridge.fhir.datatypes import contact_uri, french_date, iso, national_number
from bridge.fhir.losses import is_implied
from bridge.fhir.metadata import elements
from bridge.fhir.view import Leaf, Node
from bridge.issues import Issue, LossClass, issue
from bridge.mappings import code_system_oid, code_system_uri, identifier_oid, rows, wordings
from bridge.resources import folder

__all__ = ["Counts", "Fate", "Row", "Source", "Trace", "located"]

CDA = "{urn:hl7-org:v3}"

Fate = Literal["copied", "formatted", "translated", "split", "decides", "implied", "lost", "defaulted"]
FATES: tuple[Fate, ...] = ("copied", "formatted", "translated", "split", "decides", "implied", "defaulted", "lost")
"""*copied* as it is; *formatted* as the CDA writes it; *translated* by a row of a table; *split*, one value at several places in
parts; *decides* what becomes of others; *implied*; *defaulted*, an item from the site settings without a value of the input;
*lost*."""


class Source(NamedTuple):
    """An input after its conversion: the view with its ledger, and its FHIR version."""

    root: Node
    version: str


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one leaf of the input, or where one default came from."""

    fate: Fate
    path: str | None
    """FHIRPath; None for a default."""
    type: str | None
    """FHIR type of the value."""
    item: str | None
    """Item of the order: a field of :class:`bridge.order.Order`."""
    xpaths: tuple[str, ...] = ()
    """Where it stands in the document."""
    rule: str | None = None
    """Row of a table, or setting, that made the value what it is; for a loss, the code of its issue."""
    loss: LossClass | None = None
    value: str | None = None
    """The value. Patient data: shown only on request."""

    def to_dict(self, *, values: bool = False) -> dict[str, Any]:
        """The row as JSON data, with or without the value of the input."""
        data: dict[str, Any] = {"fate": self.fate, "path": self.path, "type": self.type, "item": self.item}
        data |= {"xpaths": list(self.xpaths), "rule": self.rule, "loss": self.loss}
        return data | ({"value": self.value} if values else {})


class Counts(NamedTuple):
    """How many leaves an input has, by what became of them."""

    carried: int
    implied: int
    """Those that decide something included."""
    lost: int

    @property
    def all(self) -> int:
        """Every leaf."""
        return sum(self)


class Trace:
    """What became of every leaf of one input."""

    def __init__(self, source: Source, document: bytes, issues: Iterable[Issue]) -> None:
        self._source = source
        self._places = _Document(document)
        self._issues = tuple(issues)
        self._losses = {found.path: found for found in self._issues if found.loss}
        self.rows: tuple[Row, ...] = (*map(self._row, source.root.leaves()), *self._defaults())

    def unfound(self) -> list[Issue]:
        """A loss for each leaf that was read and stands nowhere in the document."""
        return [
            issue("IMGDA-1701", row.path, loss="clinical", value=row.value)
            for row in self.rows
            if row.path and row.fate == "copied" and not row.xpaths
        ]

    def counts(self) -> Counts:
        """The leaves by what became of them."""
        leaves = [row.fate for row in self.rows if row.path]
        lost, implied = leaves.count("lost"), leaves.count("implied") + leaves.count("decides")
        return Counts(len(leaves) - lost - implied, implied, lost)

    def _row(self, leaf: Leaf) -> Row:
        ledger, value = self._source.root.ledger, str(leaf.value)
        kind, item = _type(leaf, self._source.version), ledger.item_of(leaf) or None
        if ledger.is_lost(leaf):
            found = self._losses.get(leaf.path)
            if found is None and is_implied(leaf, ledger):
                return Row("implied", leaf.path, kind, item, value=value)
            code, loss = (found.code, found.loss) if found else (None, None)
            return Row("lost", leaf.path, kind, item, rule=code, loss=loss, value=value)
        if ledger.is_decision(leaf):
            return Row("decides", leaf.path, kind, item, value=value)
        for form in _forms(leaf):
            if xpaths := self._places.find(form.text, item, whole=form.whole):
                fate: Fate = "split" if form.fate == "copied" and len(xpaths) > 1 and "\n" in value else form.fate
                return Row(fate, leaf.path, kind, item, xpaths, form.rule, value=value)
        if is_implied(leaf, ledger):
            return Row("implied", leaf.path, kind, item, value=value)
        return Row("copied", leaf.path, kind, item, value=value)

    def _defaults(self) -> Iterator[Row]:
        """The items that the settings gave, as their issues say."""
        for found in self._issues:
            if origin := found.parameters.get("origin"):
                yield Row("defaulted", None, None, found.path, rule=f"{origin} ({found.code})")


# --- forms of a value ------------------------------------------------------------------------------------------------


class _Form(NamedTuple):
    """A value as it may stand in the document."""

    text: str
    fate: Fate
    rule: str | None = None
    whole: bool = False
    """Whether only a whole attribute or text counts, because a part may be so by chance."""


def _forms(leaf: Leaf) -> Iterator[_Form]:
    """The forms in which the bridge may have written a value, the most faithful first."""
    value = leaf.value
    if isinstance(value, bool):
        yield _Form("true" if value else "false", "copied", whole=True)
        yield _Form("oui" if value else "non", "formatted")
        return
    if isinstance(value, (int, Decimal)):
        yield _Form(str(value), "copied")
        return
    text = _squeeze(str(value))
    yield _Form(text, "copied", whole=len(text) < 2)
    if (moment := iso(str(value))) is not None:
        yield _Form(moment.translate(str.maketrans("", "", "-:T")).partition("+")[0], "formatted")
        yield _Form(french_date(moment).split(" ")[0], "formatted")
    for name in ("civility", "title"):
        if leaf.type_path.endswith((".prefix", ".suffix")) and (code := wordings(name).get(text.rstrip(".").lower())):
            yield _Form(code, "translated", f"{name}: {text} → {code}", whole=True)
    if isinstance(leaf.container, Mapping):
        yield from _with_context(leaf, leaf.container, str(value))


def _with_context(leaf: Leaf, container: Mapping[str, Any], value: str) -> Iterator[_Form]:
    key, system = leaf.key, container.get("system")
    if key == "system":
        oid = code_system_oid(value) or identifier_oid(value)
        if oid:
            yield _Form(oid, "formatted", whole=True)
        for target in _targets(value, str(container.get("code"))):
            yield _Form(target.system, "translated", target.rule, whole=True)
        yield _Form(value.removeprefix("urn:uuid:").upper(), "formatted", whole=True)
    elif key == "code":
        if ":" in value:
            yield _Form(value.partition(":")[0].strip(), "split", "SNOMED CT, expression", whole=True)
        for target in _targets(str(system), value):
            yield _Form(target.code, "translated", target.rule, whole=True)
    elif key == "value":
        yield _Form(value.replace(" ", ""), "formatted")
        yield _Form(national_number(value, system), "formatted")
        yield _Form(re.sub(r"^urn:(oid|uuid):", "", value).upper(), "formatted", whole=True)
        if uri := contact_uri(value, system if isinstance(system, str) else None):
            yield _Form(uri, "formatted", whole=True)
    elif key == "data":
        yield _Form(re.sub(r"\s", "", value), "formatted", whole=True)
    elif key == "contentType":
        yield _Form(value.partition(";")[0].strip().lower(), "formatted", whole=True)
    yield from _by_value(str(key), value)


def _by_value(key: str, value: str) -> Iterator[_Form]:
    """Values that are translated by themselves: gender, use, units in words."""
    for name, rule in _WORDS.get((key, value.strip().rstrip(".").casefold()), ()):
        yield _Form(name, "translated", rule, whole=True)
    if key == "unit" or key == "code":
        for word in {"a": "ans", "an": "ans", "mo": "mois", "wk": "semaines", "d": "jours"}.get(value, "").split():
            yield _Form(word, "translated", "unités")


class _Target(NamedTuple):
    code: str
    system: str
    rule: str


@cache
def _tables() -> Mapping[tuple[str, str], tuple[_Target, ...]]:
    """Every translation of ``mappings/codes`` towards the CDA, by system and code of the sender."""
    found: dict[tuple[str, str], tuple[_Target, ...]] = {}
    for path in sorted((folder("mappings") / "codes").glob("*.csv")):
        for row in rows(f"codes/{path.stem}"):
            if row.get("fhir_code") and row.get("direction") != "to-fhir":
                target = _Target(row["cda_code"], row["cda_system"], f"{path.stem}: {row['fhir_code']} → {row['cda_code']}")
                key = row["fhir_system"], row["fhir_code"]
                found[key] = (*found.get(key, ()), target)
    return found


def _targets(system: str, code: str) -> Iterator[_Target]:
    oid = code_system_oid(system)
    for uri in dict.fromkeys((system, code_system_uri(oid) if oid else system)):
        yield from _tables().get((uri, code), ())


def _words() -> Mapping[tuple[str, str], tuple[tuple[str, str], ...]]:
    found: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {}
    for fhir, cda in (("male", "M"), ("female", "F"), ("other", "UN"), ("unknown", "UN")):
        found["gender", fhir] = ((cda, f"gender: {fhir} → {cda}"),)
    for fhir, cda in (("home", "H"), ("work", "WP"), ("mobile", "MC"), ("temp", "TMP")):
        found["use", fhir] = ((cda, f"use: {fhir} → {cda}"),)
    return found


_WORDS = _words()


def _squeeze(text: str) -> str:
    """A text on one line, for comparison."""
    if text.startswith("<div"):
        text = html.unescape(re.sub(r"<[^>]*>", " ", text))
    return " ".join(text.split())


def _type(leaf: Leaf, version: str) -> str | None:
    """The FHIR type of a leaf, by the metadata of the types."""
    kind, *names = leaf.type_path.split(".")
    known = elements("R5" if version == "R5" else "R4B", kind)
    for name in names:
        if known is None or name not in known:
            return "string" if name in ("url", "id", "div") else None
        kind = known[name].type
        known = elements("R5" if version == "R5" else "R4B", kind)
    return kind


# --- places of a document --------------------------------------------------------------------------------------------

_BODY = "component/structuredBody/component"
_REGIONS: dict[str, tuple[str, ...]] = {
    "patient": ("recordTarget",),
    "acts": ("18776-5", "documentationOf"),
    "justification": ("55115-0", "11329-0"),
    "medical_history": ("11329-0", "55115-0"),
    "surgical_history": ("11329-0", "55115-0"),
    "contraindications": ("11329-0",),
    "care_information": ("11329-0",),
    "patient_informed": ("34895-3",),
    "patient_information": ("34895-3", "55107-7"),
    "prior_results": ("30954-2", "55107-7", "55115-0"),
    "attachments": ("55107-7",),
    "event": ("18776-5",),
    "callback": ("18776-5", "documentationOf"),
    "urgency": ("18776-5", "documentationOf"),
}
"""Where the values of an item may stand: a child of ClinicalDocument, or the LOINC code of a section. Items that are not named
here stand in the header; ``narratives`` anywhere."""


class _Spot(NamedTuple):
    xpath: str
    text: str
    """Squeezed, in lower case."""
    attribute: bool
    region: str


class _Document:
    """The attribute values and texts of a document, with their XPaths."""

    def __init__(self, document: bytes) -> None:
        tree = etree.fromstring(document, etree.XMLParser(huge_tree=True, resolve_entities=False, no_network=True))
        self._spots = list(_spots(tree, "/ClinicalDocument", ""))

    def find(self, text: str, item: str | None, *, whole: bool) -> tuple[str, ...]:
        """The XPaths in the region of an item where a text stands, whole or as a part of a longer one."""
        wanted = text.casefold()
        if not wanted:
            return ()
        known = _REGIONS.get(item or "")
        return tuple(
            spot.xpath
            for spot in self._spots
            if (item in ("narratives", None) or _is_in(spot.region, known)) and _stands(wanted, spot, whole)
        )[:12]


def _is_in(region: str, known: tuple[str, ...] | None) -> bool:
    return region in known if known else not region[:1].isdigit()


def _stands(wanted: str, spot: _Spot, whole: bool) -> bool:
    if wanted == spot.text or whole:
        return wanted == spot.text
    if spot.attribute:
        return spot.text.startswith(wanted) or spot.text.endswith(wanted) or wanted in re.split(r"[/_]", spot.text)
    return wanted in spot.text


def located(element: etree._Element, xpath: str) -> Iterator[tuple[etree._Element, str]]:
    """The children of an element, each with its XPath in local names."""
    totals = Counter(child.tag for child in element)
    seen: Counter[object] = Counter()
    for child in element:
        seen[child.tag] += 1
        position = f"[{seen[child.tag]}]" if totals[child.tag] > 1 else ""
        yield child, f"{xpath}/{etree.QName(child).localname}{position}"


def _spots(element: etree._Element, xpath: str, region: str) -> Iterator[_Spot]:
    for name, value in element.items():
        yield _Spot(f"{xpath}/@{etree.QName(name).localname}", unquote(_squeeze(value)).casefold(), True, region)
        if "%" in value:
            yield _Spot(f"{xpath}/@{etree.QName(name).localname}", _squeeze(value).casefold(), True, region)
    texts = _squeeze(" ".join(part for part in element.itertext())) if _has_text(element) else ""
    if texts:
        yield _Spot(f"{xpath}/text()", texts.casefold(), False, region)
    for child, where in located(element, xpath):
        inner = region or (etree.QName(child).localname if xpath == "/ClinicalDocument" else "")
        if etree.QName(child).localname == "section":
            code = child.find(f"{CDA}code")
            inner = (code.get("code") if code is not None else None) or inner
        yield from _spots(child, where, inner)


def _has_text(element: etree._Element) -> bool:
    return bool((element.text or "").strip()) or any((child.tail or "").strip() for child in element)
