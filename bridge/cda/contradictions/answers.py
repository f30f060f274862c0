"""What a document says against its answers: contra-indications, informations, yes and no, urgency."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from bridge.cda.contradictions.codes import contrary_to
from bridge.cda.contradictions.document import DocumentWords, is_about, row_around, text_of
from bridge.cda.facts import PLAN
from bridge.cda.parser import CDA
from bridge.cda.wording import denies_urgency, names_an_answer
from bridge.findings.issues import Issue
from bridge.tables.codes import value_set
from bridge.wording.denials import contradicts
from bridge.wording.labels import names_another
from bridge.wording.names import names_of

__all__ = ["contraindications", "urgency", "yes_and_no"]

_CONTRAINDICATION, _URGENCY, _HISTORY, _INFORMATION = "64100-1", "MED-1095", "11329-0", "34895-3"
_ANSWERED = {"NEG": False, "ND": False, "POS": True}
"""Interpretations that are an answer (HL7 v3 ObservationInterpretation)."""
_DATUM = {_CONTRAINDICATION: "contraindication", "ORG-192": "care-information"}


def contraindications(document: DocumentWords) -> Iterator[Issue]:
    """Contra-indications that are answered twice, or whose words say the contrary; informations likewise."""
    known: dict[str, bool] = {}
    for entry in document.entries(_HISTORY):
        code = next((c.get("code") for c in entry.iterchildren(f"{CDA}code")), None)
        present = entry.get("negationInd") not in ("true", "1")
        for value in entry.iterchildren(f"{CDA}value"):
            if code in _DATUM:
                yield from contrary_to(document, value, _DATUM[code], present=present)
            if code == _CONTRAINDICATION and (said := value.get("code")):
                if known.setdefault(said, present) is not present:
                    yield document.note("IMGDA-0424", entry)
                yield from _comments(document, entry, value, present)
    for section in document.sections:
        if is_about(section, _HISTORY):
            yield from _rows_alone(document, section, set(known))


def _rows_alone(document: DocumentWords, section: etree._Element, codes: set[str]) -> Iterator[Issue]:
    """The rows of the table of contra-indications to which no entry leads, and that name one which no entry codes."""
    concepts = [concept for code in codes if (concept := value_set("contraindication").unique(code))]
    targets = (document.target(reference) for reference in section.iterfind(f"{CDA}entry//{CDA}reference"))
    rows = {row_around(target) for target in targets if target is not None}
    for row in section.iterfind(f"{CDA}text//{CDA}tbody/{CDA}tr"):
        if row in rows or (cell := document.cell(row, "Contre-indication")) is None:
            continue
        text = text_of(cell)
        if names_an_answer(text) and all(names_another(text, "contraindication", one) for one in concepts):
            yield document.lost(cell, text, "IMGDA-1330")


def _comments(document: DocumentWords, entry: etree._Element, value: etree._Element, present: bool) -> Iterator[Issue]:
    """The comment and the interpretation of a contra-indication, against its answer."""
    labels = {words.text for words in document.words(value, "originalText")}
    for words in document.words(entry, "text"):
        if words.text not in labels and contradicts(words.text, present, names_of("contraindication", value.get("code", ""))):
            yield document.contrary(words)
    for one in entry.iterchildren(f"{CDA}interpretationCode"):
        if _ANSWERED.get(one.get("code", ""), present) is not present:
            yield document.note("IMGDA-0424", one)


def yes_and_no(document: DocumentWords) -> Iterator[Issue]:
    """The information of the patient, or the wish to be called back, that is both yes and no."""
    informed = [entry for entry in document.entries(_INFORMATION) if is_about(entry, "MED-1130")]
    inner = (e for act in document.entries(PLAN) for e in act.iterfind(f"{CDA}entryRelationship/{CDA}observation"))
    called = [entry for entry in inner if is_about(entry, "GEN-297") and document.is_read(entry)]
    for entries, code in ((informed, "IMGDA-0438"), (called, "IMGDA-0443")):
        values = [v for entry in entries for v in entry.iterchildren(f"{CDA}value") if v.get("value")]
        for value in values[1:]:
            if _is_yes(value) is not _is_yes(values[0]):
                yield document.note(code, value, leaf="/@value")


def _is_yes(value: etree._Element) -> bool:
    return value.get("value") in ("true", "1")


def urgency(document: DocumentWords) -> Iterator[Issue]:
    """The words of an urgent request that say that it is none."""
    events = document.root.findall(f"{CDA}documentationOf/{CDA}serviceEvent/{CDA}code")
    codes = [code for code in events if code.get("code") == _URGENCY and document.is_read(code)]
    priorities = [p for element in document.entries(PLAN) for p in element.iterchildren(f"{CDA}priorityCode")]
    for code in codes:
        if denies_urgency(code.get("displayName", "")):
            yield document.note("IMGDA-1329", code, code.get("displayName"), "/@displayName")
    for code in [*codes, *filter(document.is_read, priorities)]:
        for words in document.words(code, "originalText"):
            if denies_urgency(words.text):
                yield document.note("IMGDA-1329", words.place, words.text)
