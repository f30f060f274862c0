"""What a document says and the order read from it does not: every attribute and text that nothing claims and nothing implies.

``mappings/cda-implied.csv`` lists what carries nothing by itself (templateIds, codes and headings of the model…), with the
reason; ``mappings/cda-loss-classes.csv`` says how much a loss matters, by where it stands. Source: docs/losses.md.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache, lru_cache

from lxml import etree

from bridge.cda.claims import Claims
from bridge.cda.facts import REQUESTS, WITHDRAWN
from bridge.cda.parser import CDA, NUMBER, ParsedDocument, Paths
from bridge.cda.wording import fold, is_a_modality
from bridge.findings.issues import Issue, LossClass, issue
from bridge.findings.losses import severity
from bridge.settings import Losses
from bridge.tables.codes import rows, value_set
from bridge.wording.critical import is_critical
from bridge.wording.sides import sides
from bridge.xml import attributes

__all__ = ["find", "repeated_ids", "weighed"]

_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"


@cache
def _implied() -> dict[str, frozenset[str]]:
    """The values, empty for any, by the last steps of a path ("observation/code/@code")."""
    known: dict[str, frozenset[str]] = {}
    for row in rows("cda-implied"):
        known[row["path"]] = known.get(row["path"], frozenset()) | ({row["value"]} if row["value"] else frozenset())
    return known


@cache
def _labels() -> frozenset[str]:
    """The words of the narrative that the model prints itself, without case, accents and punctuation."""
    return frozenset({"", *(fold(value) for value in _implied()["text//text()"])})


@cache
def _titles() -> frozenset[str]:
    return frozenset(fold(value) for value in _implied()["section/title/text()"])


@cache
def _classes() -> list[tuple[str, str, LossClass]]:
    """Path, code of the entry or event around it, and class; those with a code first, then the longest."""
    known = [(row["path"], row["code"], row["class"]) for row in rows("cda-loss-classes")]
    return sorted(known, key=lambda row: (bool(row[1]), len(row[0])), reverse=True)  # type: ignore[arg-type]


@cache
def _names() -> dict[str, str]:
    return {row["oid"]: row["cda_name"] for row in rows("code-systems") if row["oid"] and row["cda_name"]}


@lru_cache(4096)
def loss_class(path: str, code: str = "") -> LossClass:
    """How much a loss matters: the class of the longest path, or end of a path, of the table; without positions.

    *code* is that of the entry or the event that holds it.
    """
    for known, where, kind in _classes():
        if where not in ("", code):
            continue
        if known == "*" or path.startswith(known) or (known.startswith("*") and path.endswith(known[1:])):
            return kind
    return "clinical"


def find(parsed: ParsedDocument, claims: Claims, repeated: dict[int, int], policy: Losses) -> Iterator[Issue]:
    """Every loss, as loud as the settings say, and every untidiness of the document itself.

    *repeated* tells which subtrees say again what another says.
    """
    again = _Again(parsed, repeated)
    reader = _Reader(parsed, claims, policy)
    for number, element in enumerate(parsed.elements):
        for found in reader.one(number, element):
            if not again.says(number, found):
                yield found
    for element in repeated_ids(parsed).values():
        yield issue("IMGDA-1273", parsed.paths.of(element))


_TEXT, _SECTION = f"{CDA}text", f"{CDA}section"


class _Again:
    """Elements that repeat others of the document, such as the performer of each act: what they repeat is no loss."""

    def __init__(self, parsed: ParsedDocument, repeated: dict[int, int]) -> None:
        self._members: dict[int, tuple[int, str]] = {}
        self._known: dict[int, set[tuple[str, str]]] = {}
        for copy, original in repeated.items():
            base = parsed.paths.of(parsed.elements[copy])
            for element in parsed.elements[copy].iter(etree.Element):
                self._members[int(element.get(NUMBER, ""))] = original, base
            if original not in self._known:
                self._known[original] = set(_leaves(parsed.elements[original], parsed.paths))

    def says(self, number: int, found: Issue) -> bool:
        """Whether the value that was not claimed stands in the subtree that this one repeats."""
        if number not in self._members or found.value is None:
            return False
        original, base = self._members[number]
        return ((found.path or "").removeprefix(base), found.value) in self._known[original]


def _leaves(top: etree._Element, paths: Paths) -> Iterator[tuple[str, str]]:
    base = paths.of(top)
    for element in top.iter(etree.Element):
        path = paths.of(element).removeprefix(base)
        for name, value in attributes(element):
            if name != NUMBER:
                yield f"{path}/@{etree.QName(name).localname}", value
        if element.text and element.text.strip():
            yield path, " ".join(element.text.split())


class _Reader:
    """Compares one document with the claims on it."""

    def __init__(self, parsed: ParsedDocument, claims: Claims, policy: Losses) -> None:
        self._claims = claims
        self._policy = policy
        self._paths = parsed.paths
        self._narrative: dict[int, tuple[int, ...]] = {}
        """The narrative elements, each with those around it that repeat data, itself included."""
        self._ids = {i for e in parsed.elements if (i := e.get("ID")) is not None}
        self._stated: set[str] = set()
        """Every value that was read, spelled alike."""
        self._of_acts: dict[etree._Element | None, bool] = {}
        """Whether a table is that of the acts, by its first heading."""
        self.told: set[int] = set()
        """Narrative elements whose whole text was read, and all that they hold."""

    def one(self, number: int, element: etree._Element) -> Iterator[Issue]:
        """The losses of one element, whose parent was read before."""
        parent = element.getparent()
        if parent is not None:
            around = self._narrative.get(int(parent.get(NUMBER, "")))
            if around is not None or (element.tag == _TEXT and parent.tag == _SECTION):
                self._narrative[number] = (*(around or ()), *([number] if number in self._claims.said else []))
        yield from self.attributes(number, element)
        if number not in self._narrative:
            yield from self.text(number, element)
        elif number not in self.told:
            yield from self.narrative(number, element)

    def attributes(self, number: int, element: etree._Element) -> Iterator[Issue]:
        """Each attribute: read, implied, or lost."""
        took = self._claims.took.get(number, ())
        for name, value in attributes(element):
            if name == NUMBER or name == f"{_XSI}schemaLocation":
                continue
            if name == "value" and element.tag == f"{CDA}reference":
                yield from self._reference(element, value)
            elif name == "nullFlavor" and value == "MSK" and element.tag != f"{CDA}targetSiteCode":
                yield from self._said(issue("IMGDA-1320", self._paths.of(element, "/@nullFlavor"), loss="clinical", value=value))
            elif name == "codeSystemName":
                yield from self._system_name(element, value)
            elif not (name in took or self._is_implied(number, element, name, value) or self._claims.holds(number, value)):
                yield from self._loss(element, f"/@{etree.QName(name).localname}", value)

    def _loss(self, element: etree._Element, leaf: str, value: str) -> Iterator[Issue]:
        kind = _kind(element, leaf)
        yield from self._said(issue("IMGDA-1321", self._paths.of(element, leaf), loss=kind, value=value))

    def _said(self, loss: Issue) -> Iterator[Issue]:
        yield weighed(loss, self._policy)

    def _system_name(self, element: etree._Element, value: str) -> Iterator[Issue]:
        """The name of a code system says what its OID says; another spelling of it is untidy."""
        known = _names().get(element.get("codeSystem", ""))
        if known is not None and known != value:
            yield issue("IMGDA-1285", self._paths.of(element, "/@codeSystemName"))

    def _is_implied(self, number: int, element: etree._Element, name: str, value: str) -> bool:
        parent = element.getparent()
        around = parent.getparent() if parent is not None else None
        tags = [str(e.tag) for e in (element, parent, around) if e is not None]
        implied = _implied_values(name, number in self._narrative, *tags)
        return any(not values or value in values for values in implied)

    def _reference(self, element: etree._Element, value: str) -> Iterator[Issue]:
        target = value.strip().removeprefix("#")
        if ":" in target and target not in self._ids:
            yield from self._loss(element, "/@value", value)
        elif target not in self._ids:
            yield issue("IMGDA-1272", self._paths.of(element, "/@value"), value=value)
        elif not value.startswith("#"):
            yield issue("IMGDA-1271", self._paths.of(element, "/@value"))

    def text(self, number: int, element: etree._Element) -> Iterator[Issue]:
        """The text of an element outside the narrative."""
        text = _own_text(element)
        if not text or "" in self._claims.took.get(number, ()) or self._claims.holds(number, text):
            return
        if not (element.tag == f"{CDA}title" and fold(text) in _titles()) and not _repeats_label(element, text):
            yield from self._loss(element, "", text)

    def narrative(self, number: int, element: etree._Element) -> Iterator[Issue]:
        """The text of a narrative element: read, a label of the model, or words that repeat the data."""
        claimed = number in self._claims.values
        if claimed and self._claims.holds(number, _whole_text(element)):
            self.told.update(int(e.get(NUMBER, "")) for e in element.iter(etree.Element))
            return
        for piece in _pieces(element):
            if fold(piece) in _labels() or self._claims.says(self._narrative[number], piece):
                continue
            code, kind = "IMGDA-1302", _kind(element, "")
            if not (claimed or self._narrative[number]):
                code, kind = "IMGDA-1322", "critical" if self._is_an_act(element, piece) else kind
            yield from self._said(issue(code, self._paths.of(element), loss=kind, value=piece))

    def _is_an_act(self, element: etree._Element, text: str) -> bool:
        """Whether words of the table of acts, in a row to which no entry leads, name a side or a modality that no act has."""
        table = next(element.iterancestors(f"{CDA}table"), None)
        if table not in self._of_acts:
            heading = table.find(f"{CDA}thead/{CDA}tr/{CDA}th") if table is not None else None
            self._of_acts[table] = heading is not None and fold(_whole_text(heading)).startswith("modalite")
        if not self._of_acts[table]:
            return False
        if not self._stated:
            self._stated = {fold(value) for values in self._claims.values.values() for value in values}
        named = sides(text)
        return not named <= self._stated if named else is_a_modality(text) and fold(text) not in self._stated


def weighed(loss: Issue, policy: Losses) -> Issue:
    """A loss as the policy has it; what the site knowingly drops is a note."""
    assert loss.loss is not None
    allowed = _is_allowed(loss.path or "", policy.allow)
    return loss.with_severity("information" if allowed else severity(loss.loss, policy))


def _repeats_label(element: etree._Element, text: str) -> bool:
    """Whether an original text says what the label beside it says."""
    parent = element.getparent()
    return element.tag == f"{CDA}originalText" and parent is not None and fold(text) == fold(parent.get("displayName", ""))


def _own_text(element: etree._Element) -> str:
    text = element.text or ""
    if len(element):
        text = " ".join([text, *(child.tail or "" for child in element)])
    return " ".join(text.split())


def _pieces(element: etree._Element) -> list[str]:
    parts = [element.text, *(child.tail for child in element)]
    return [text for part in parts if part and (text := " ".join(part.split()))]


def _whole_text(element: etree._Element) -> str:
    return " ".join(" ".join(element.itertext()).split())


def _plain(element: etree._Element) -> str:
    steps = [etree.QName(e).localname for e in element.iterancestors()]
    return "/".join([*reversed(steps), etree.QName(element).localname]).removeprefix("ClinicalDocument/")


@lru_cache(4096)
def _implied_values(name: str, narrative: bool, *tags: str) -> tuple[frozenset[str], ...]:
    """What the table says about an attribute of an element: the values of each row, empty for any, by the names around it."""
    path = f"@{etree.QName(name).localname}"
    paths = [path, *([f"text//{path}"] if narrative else [])]
    for tag in tags:
        path = f"{etree.QName(tag).localname}/{path}"
        paths.append(path)
    return tuple(values for known in paths if (values := _implied().get(known)) is not None)


_FACTS = frozenset({f"{CDA}observation", f"{CDA}procedure"})


def _kind(element: etree._Element, leaf: str) -> LossClass:
    """How much a loss matters: the more serious of its place and its value (docs/decisions.md, 26)."""
    around = [e for e in (element, *element.iterancestors()) if e.tag in _FACTS or e.tag == f"{CDA}serviceEvent"]
    code = next((c.get("code", "") for e in around for c in e.iterchildren(f"{CDA}code")), "")
    kind = loss_class(_plain(element) + leaf, code)
    if leaf == "/@code" and _is_critical_code(element):
        kind = "critical"
    return "clinical" if kind == "critical" and _is_no_fact(around) else kind


def _is_no_fact(around: list[etree._Element]) -> bool:
    """Whether what stands around a value was withdrawn, or is said to be unknown: no fact that could be critical."""
    status = [s.get("code") for e in around for s in e.iterchildren(f"{CDA}statusCode")]
    return any(s in WITHDRAWN for s in status) or any(e.get("nullFlavor") for e in around)


def _is_critical_code(element: etree._Element) -> bool:
    """Whether a code of the body states a side, contra-indication, function or contrast, or an examination asked for."""
    if next(element.iterancestors(f"{CDA}section"), None) is None:
        return False
    code, parent = element.get("code", ""), element.getparent()
    is_asked = parent is not None and parent.get("moodCode") in REQUESTS and element.tag == f"{CDA}code"
    return is_critical(code, element.get("codeSystem")) or (is_asked and code in value_set("modality").by_code)


def _is_allowed(path: str, patterns: tuple[str, ...]) -> bool:
    """Whether a site knowingly drops what stands there: paths without positions, ``*`` for one step, with all under them."""
    steps = _POSITION.sub("", path).removeprefix("/ClinicalDocument").strip("/").split("/")
    for pattern in patterns:
        known = pattern.removeprefix("/ClinicalDocument").strip("/").split("/")
        if len(known) <= len(steps) and all(fnmatchcase(step, one) for step, one in zip(steps, known, strict=False)):
            return True
    return False


_POSITION = re.compile(r"\[\d+\]")


def repeated_ids(parsed: ParsedDocument) -> dict[int, etree._Element]:
    """The identifiers of the body that stand there already, by their number."""
    body = parsed.root.find(f"{CDA}component/{CDA}structuredBody")
    ids = [e for e in body.iter(f"{CDA}id") if e.get("extension") is None and e.get("root")] if body is not None else []
    counts = Counter(e.get("root", "").upper() for e in ids)
    seen: set[str] = set()
    again: dict[int, etree._Element] = {}
    for element in ids:
        root = element.get("root", "").upper()
        if counts[root] > 1 and root in seen:
            again[int(element.get(NUMBER, ""))] = element
        seen.add(root)
    return again
