"""What the acts of a document say against themselves: their codes, their words, the cells of their table, their statuses."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from lxml import etree

from bridge.cda.contradictions.act import RequestedAct, in_modality, in_sites
from bridge.cda.contradictions.codes import SIDES, concept_of, contrary_to
from bridge.cda.contradictions.document import CodeWords, DocumentWords, is_about, row_around, text_of
from bridge.cda.facts import PLAN
from bridge.cda.parser import CDA
from bridge.cda.wording import fold
from bridge.findings.issues import Issue
from bridge.tables.codes import Concept, value_set
from bridge.tables.concepts import BOTH, LEFT, RIGHT
from bridge.wording.contrary import is_contrary
from bridge.wording.examinations import contrary_site
from bridge.wording.sides import contrary_sides, label_sides, sides, sides_of_site

__all__ = ["find"]

_FUNCTION = "MED-1133"


def find(document: DocumentWords) -> Iterator[Issue]:
    """What the acts say against themselves."""
    acts = [act for element in document.entries(PLAN) if (act := RequestedAct.of(document, element)) is not None]
    said: dict[str, set[str]] = {}
    where: dict[str, set[str]] = {}
    for act in acts:
        for words in act.words:
            said.setdefault(words.text, set()).update(act.modifiers)
            where.setdefault(words.text, set()).update(s.get("code", "") for s in act.sites if s.get("code"))
    for act in acts:
        yield from in_sites(document, act)
        yield from in_modality(document, act)
        for words in act.words:
            yield from _words_of_exam(document, words, act, frozenset(said[words.text]), frozenset(where[words.text]))
        yield from _functions(document, act)
    yield from _cells(document, acts)
    for act in acts:
        yield from _requested(document, act.entry)


def _words_of_exam(
    document: DocumentWords, words: CodeWords, act: RequestedAct, stated: frozenset[str], where: frozenset[str]
) -> Iterator[Issue]:
    """The words of an act against its codes; *stated* and *where* are those of every act with these words."""
    labels = frozenset(side for s in act.sites for side in label_sides(s.get("displayName", "")))
    known = (stated | labels) & SIDES
    if (
        (act.modality is not None and is_contrary(words.text, "modality", act.modality))
        or contrary_site(words.text, where)
        or contrary_sides(sides(words.text), known)
    ):
        yield document.contrary(words)
    elif not known and act.sites and sides_of_site(words.text):
        yield document.lost(words.place, words.text)


def _functions(document: DocumentWords, act: RequestedAct) -> Iterator[Issue]:
    name = "pet-function" if act.code.get("code") == "PT" else "scintigraphy-function"
    for entry in act.entry.findall(f"{CDA}entryRelationship/{CDA}observation"):
        if is_about(entry, _FUNCTION) and document.is_read(entry):
            for value in entry.iterchildren(f"{CDA}value"):
                yield from contrary_to(document, value, name)


def _requested(document: DocumentWords, entry: etree._Element) -> Iterator[Issue]:
    """The moods and statuses that the official suites pass, and that are not those of a request; times that end too soon."""
    if entry.get("moodCode") in ("PRP", "GOL"):
        yield document.note("IMGDA-1328", entry, entry.get("moodCode"), "/@moodCode")
    for status in entry.iterchildren(f"{CDA}statusCode"):
        if status.get("code") == "completed":
            yield document.note("IMGDA-1328", status, status.get("code"), "/@code")
    for time in entry.iterchildren(f"{CDA}effectiveTime"):
        if _is_inverted(time):
            yield document.note("IMGDA-0603", time)


def _is_inverted(time: etree._Element) -> bool:
    """Whether the wished time ends on a day before it starts."""
    low, high = ([t.get("value", "")[:8] for t in time.iterchildren(f"{CDA}{name}")][:1] for name in ("low", "high"))
    size = min(len(day) for day in [*low, *high]) if low and high else 0
    return size > 0 and low[0][:size] > high[0][:size]


def _cells(document: DocumentWords, acts: list[RequestedAct]) -> Iterator[Issue]:
    """The cells that name a modifier which no act of their row states, or another modality or site."""
    for row, own in _rows(document, acts).items():
        codes = {code for act in own for code in act.modifiers}
        known = codes | ({BOTH} if {RIGHT, LEFT} <= codes else set())
        if (cell := document.cell(row, "Précision topographique")) is not None and not _modifiers_named(cell) <= known:
            yield document.lost(cell, text_of(cell))
        modalities = [concept for act in own if (concept := act.modality)]
        sites = [concept for act in own for site in act.sites if (concept := concept_of(site, "site"))]
        yield from _labels(document, document.cell(row, "Modalité"), "modality", modalities, codes)
        yield from _labels(document, document.cell(row, "Localisation"), "site", sites, codes)


def _rows(document: DocumentWords, acts: list[RequestedAct]) -> dict[etree._Element, list[RequestedAct]]:
    """The rows of the table, each with the acts whose words stand in it."""
    rows: dict[etree._Element, list[RequestedAct]] = {}
    for act in acts:
        told = [*act.words, *(words for site in act.sites for words in document.words(site, "originalText"))]
        for row in {row for words in told if words.shown is not None and (row := row_around(words.shown)) is not None}:
            rows.setdefault(row, []).append(act)
    return rows


def _labels(
    document: DocumentWords, cell: etree._Element | None, name: str, concepts: list[Concept], codes: set[str]
) -> Iterator[Issue]:
    """The texts that a cell prints itself, without a reference to them, against the codes of its row."""
    if cell is None or not concepts:
        return
    stated = frozenset(codes & SIDES)
    for piece in (cell.text, *(child.tail for child in cell)):
        text = " ".join((piece or "").split())
        if text and all(is_contrary(text, name, concept, stated) for concept in concepts):
            yield document.contrary(CodeWords(cell, text, cell))


def _modifiers_named(cell: etree._Element) -> set[str]:
    """The sides that a cell names, and the other modifiers of which it has the label."""
    pieces = [piece for text in cell.itertext() for piece in str(text).split(",")]
    labels = _modifier_labels()
    return {labels[fold(piece)] for piece in pieces if fold(piece) in labels} | set(sides(text_of(cell)))


@cache
def _modifier_labels() -> dict[str, str]:
    return {fold(concept.display): concept.code for concept in value_set("topographic-modifier").concepts.values()}
