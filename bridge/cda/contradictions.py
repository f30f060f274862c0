"""What the parts of a document say against each other: sides, modalities, answers, codes and the words beside them.

A document is held to the rules of an order: what contradicts itself is an error, what the words say against the codes is as loud
as the setting ``contradictions`` says, a side that the narrative alone names is a critical loss.
Source: docs/decisions.md, 23 to 25.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Literal, NamedTuple

from lxml import etree

from bridge.cda.facts import PLAN, WITHDRAWN
from bridge.cda.parser import CDA, Paths
from bridge.cda.wording import denies_label, denies_urgency, fold, names_an_answer
from bridge.fhir.read import coding
from bridge.findings.issues import Issue, issue
from bridge.settings import Settings
from bridge.tables.codes import Concept, related, value_set
from bridge.wording.contrary import is_contrary
from bridge.wording.denials import contradicts
from bridge.wording.examinations import contrary_contrast, contrary_site
from bridge.wording.labels import names_another
from bridge.wording.names import names_of
from bridge.wording.sides import BOTH, LEFT, RIGHT, contrary_sides, label_sides, sides, sides_of_site

__all__ = ["find"]

_SIDES = frozenset({RIGHT, LEFT, BOTH})
_ANY_EXAM = frozenset({"C63334", "OT"})
"""Interventional radiology and "autre": any other modality may stand beside them."""
_CONTRAINDICATION, _FUNCTION, _URGENCY, _HISTORY = "64100-1", "MED-1133", "MED-1095", "11329-0"
_INFORMATION = "34895-3"
_ANSWERED = {"NEG": False, "ND": False, "POS": True}
"""Interpretations that are an answer (HL7 v3 ObservationInterpretation)."""
_DATUM = {_CONTRAINDICATION: "contraindication", "ORG-192": "care-information"}
_SETTINGS = Settings()

Level = Literal["warning", "error"]


def find(root: etree._Element, paths: Paths, unread: Iterable[etree._Element], level: Level = "warning") -> Iterator[Issue]:
    """Every contradiction of a document; *unread* are the elements that are no facts, *level* weighs contrary words."""
    document = _Document(root, paths, frozenset(unread), level)
    yield from document.acts()
    yield from document.answers()
    yield from document.yes_and_no()
    yield from document.urgency()


class _Words(NamedTuple):
    """A text beside a code: the element that gives or names it, and what it says."""

    place: etree._Element
    text: str
    shown: etree._Element | None
    """The narrative element that a reference leads to."""


@dataclass(slots=True)
class _Act:
    """An entry of the section with the acts, its words, and the codes of the sides and sites that it states."""

    entry: etree._Element
    code: etree._Element
    words: list[_Words]
    sites: list[etree._Element]
    sides: list[tuple[str, etree._Element]] = field(default_factory=list)

    @property
    def modality(self) -> Concept | None:
        """The modality, if it is of the value set."""
        return _concept(self.code, "modality")

    @property
    def codes(self) -> frozenset[str]:
        """Every modifier that the codes state."""
        return frozenset(side for side, _ in self.sides)


class _Document:
    def __init__(self, root: etree._Element, paths: Paths, unread: frozenset[etree._Element], level: Level) -> None:
        self._root = root
        self._paths = paths
        self._unread = unread
        self._level: Level = level
        self._targets = {i: e for e in root.iter(etree.Element) if (i := e.get("ID")) is not None}
        self._sections = list(root.iter(f"{CDA}section"))
        self._columns: dict[tuple[etree._Element | None, str], int | None] = {}
        """The place of a heading in a table."""

    def _note(self, code: str, place: etree._Element, value: str | None = None, leaf: str = "") -> Issue:
        return issue(code, self._paths.of(place, leaf), value=value)

    def _contrary(self, words: _Words) -> Issue:
        return issue("IMGDA-0445", self._paths.of(words.place), severity=self._level, value=words.text)

    def _entries(self, section_code: str) -> Iterator[etree._Element]:
        """The observations and procedures of a section that are read."""
        for section in self._sections:
            if _is_about(section, section_code):
                for entry in section.iterchildren(f"{CDA}entry"):
                    for element in entry.iterchildren(f"{CDA}observation", f"{CDA}procedure"):
                        if self._is_read(element):
                            yield element

    def _is_read(self, element: etree._Element) -> bool:
        if any(status.get("code") in WITHDRAWN for status in element.iterchildren(f"{CDA}statusCode")):
            return False
        return not self._unread or self._unread.isdisjoint((element, *element.iterancestors()))

    def _words(self, element: etree._Element, *names: str) -> list[_Words]:
        """The texts of an element, each once: what is referred to, else its own words."""
        found: dict[str, _Words] = {}
        for place in element.iterchildren(*(f"{CDA}{name}" for name in names)):
            shown = self._target(place.find(f"{CDA}reference"))
            text = _text(place if shown is None else shown)
            if text:
                found.setdefault(text, _Words(place, text, shown))
        return list(found.values())

    def _target(self, reference: etree._Element | None) -> etree._Element | None:
        return None if reference is None else self._targets.get((reference.get("value") or "").strip().removeprefix("#"))

    def _cell(self, row: etree._Element, heading: str) -> etree._Element | None:
        """The cell of a row under the heading that begins with some words."""
        table = next(row.iterancestors(f"{CDA}table"), None)
        if (table, heading) not in self._columns:
            self._columns[table, heading] = _column(table, heading)
        column, cells = self._columns[table, heading], row.findall(f"{CDA}td")
        return cells[column] if column is not None and column < len(cells) else None

    # --- acts --------------------------------------------------------------------------------------------------------

    def acts(self) -> Iterator[Issue]:
        """What the acts say against themselves."""
        acts = [act for element in self._entries(PLAN) if (act := self._act(element)) is not None]
        said: dict[str, set[str]] = {}
        sites: dict[str, set[str]] = {}
        for act in acts:
            for words in act.words:
                said.setdefault(words.text, set()).update(act.codes)
                sites.setdefault(words.text, set()).update(s.get("code", "") for s in act.sites if s.get("code"))
        for act in acts:
            yield from self._sites(act)
            yield from self._modality(act)
            for words in act.words:
                yield from self._words_of_exam(words, act, frozenset(said[words.text]), frozenset(sites[words.text]))
            yield from self._functions(act)
        yield from self._cells(acts)
        yield from self._requested(acts)

    def _act(self, element: etree._Element) -> _Act | None:
        code = element.find(f"{CDA}code")
        if code is None:
            return None
        words = {w.text: w for w in [*self._words(code, "originalText"), *self._words(element, "text")]}
        act = _Act(element, code, list(words.values()), element.findall(f"{CDA}targetSiteCode"))
        act.sides = [side for site in act.sites for side in _stated(site)]
        return act

    def _requested(self, acts: list[_Act]) -> Iterator[Issue]:
        """The moods and statuses that the official suites pass, and that are not those of a request; times that end too soon."""
        for act in acts:
            if act.entry.get("moodCode") in ("PRP", "GOL"):
                yield self._note("IMGDA-1328", act.entry, act.entry.get("moodCode"), "/@moodCode")
            for status in act.entry.iterchildren(f"{CDA}statusCode"):
                if status.get("code") == "completed":
                    yield self._note("IMGDA-1328", status, status.get("code"), "/@code")
            for time in act.entry.iterchildren(f"{CDA}effectiveTime"):
                if _is_inverted(time):
                    yield self._note("IMGDA-0603", time)

    def _sites(self, act: _Act) -> Iterator[Issue]:
        for site in act.sites:
            stated = [(side, place) for side, place in _stated(site) if side in _SIDES]
            for side, place in stated:
                if side != stated[0][0]:
                    yield self._note("IMGDA-0440", place)
            own = _meaning(site, coding.SITE)
            for translation in site.iterchildren(f"{CDA}translation"):
                other = _meaning(translation, coding.SITE)
                if own and other and not related("site", own.concept.code, other.concept.code):
                    yield self._note("IMGDA-0443", translation)
            yield from self._words_of_site(site, own.concept if own else None)

    def _words_of_site(self, site: etree._Element, concept: Concept | None) -> Iterator[Issue]:
        """The words of a site, and of its modifiers, against its codes."""
        codes = frozenset(side for side, _ in _stated(site)) & _SIDES
        known = codes | label_sides(concept.display if concept else "")
        for words in self._words(site, "originalText"):
            another = concept is not None and is_contrary(words.text, "site", concept, codes)
            if another or contrary_sides(sides(words.text), known):
                yield self._contrary(words)
            elif not known and sides(words.text):
                yield self._lost(words.place, words.text)
        for value in site.iter(f"{CDA}value"):
            modifier = _concept(value, "topographic-modifier")
            for words in self._words(value, "originalText"):
                if modifier and is_contrary(words.text, "topographic-modifier", modifier):
                    yield self._lost(words.place, words.text)

    def _modality(self, act: _Act) -> Iterator[Issue]:
        """What the translations of the modality state, against the modality, the sites and the contrast."""
        own = _meaning(act.code, coding.MODALITY)
        values = act.code.findall(f"{CDA}qualifier/{CDA}value")
        contrast = next((m.concept.code for v in values if (m := _meaning(v, coding.CONTRAST))), None)
        for translation in act.code.iterchildren(f"{CDA}translation"):
            other = _meaning(translation, coding.MODALITY)
            if own and other and own.concept.code not in _ANY_EXAM and not _adds_up(own, other):
                yield self._note("IMGDA-0443", translation)
            wish = _meaning(translation, coding.CONTRAST)
            if wish and contrary_contrast(_SPOKEN[wish.concept.code], contrast or (own.concept.code if own else "")):
                yield self._note("IMGDA-0443", translation)
            site = _meaning(translation, coding.SITE)
            codes = [m.concept.code for s in act.sites if (m := _meaning(s, coding.SITE))]
            if site and codes and not any(related("site", site.concept.code, code) for code in codes):
                yield self._note("IMGDA-0443", translation)
            own_sides, stated = {side for side, _ in _stated(translation)} & _SIDES, act.codes & _SIDES
            if own_sides and stated and own_sides.isdisjoint(stated):
                yield self._note("IMGDA-0440", translation)
        for value in values:
            concept = _concept(value, "contrast-injection")
            for words in [*act.words, *self._words(value, "originalText")]:
                if concept and contrary_contrast(words.text, concept.code):
                    yield self._contrary(words)

    def _words_of_exam(self, words: _Words, act: _Act, stated: frozenset[str], sites: frozenset[str]) -> Iterator[Issue]:
        """The words of an act against its codes; *stated* and *sites* are those of every act with these words."""
        labels = frozenset(side for s in act.sites for side in label_sides(s.get("displayName", "")))
        known = (stated | labels) & _SIDES
        modality = act.modality
        contrary = modality is not None and is_contrary(words.text, "modality", modality)
        if contrary or contrary_site(words.text, sites) or contrary_sides(sides(words.text), known):
            yield self._contrary(words)
        elif not known and act.sites and sides_of_site(words.text):
            yield self._lost(words.place, words.text)

    def _lost(self, place: etree._Element, text: str) -> Issue:
        return issue("IMGDA-1325", self._paths.of(place), loss="critical", value=text)

    def _functions(self, act: _Act) -> Iterator[Issue]:
        name = "pet-function" if act.code.get("code") == "PT" else "scintigraphy-function"
        for entry in act.entry.findall(f"{CDA}entryRelationship/{CDA}observation"):
            if _is_about(entry, _FUNCTION) and self._is_read(entry):
                for value in entry.iterchildren(f"{CDA}value"):
                    yield from self._words_of_value(value, name)

    def _words_of_value(self, value: etree._Element, name: str, *, present: bool = True) -> Iterator[Issue]:
        """The words and translations of a coded value that name another concept of its value set, or deny it."""
        concept = _concept(value, name)
        if concept is None:
            return
        for words in self._words(value, "originalText"):
            if is_contrary(words.text, name, concept) or (present and denies_label(words.text, concept.display)):
                yield self._contrary(words)
        for translation in value.iterchildren(f"{CDA}translation"):
            other = _concept(translation, name)
            if other and not related(name, concept.code, other.code):
                yield self._note("IMGDA-0443", translation)

    def _cells(self, acts: list[_Act]) -> Iterator[Issue]:
        """The cells of the table of acts that name a modifier which no act of their row states, or another modality or site."""
        rows: dict[etree._Element, list[_Act]] = {}
        for act in acts:
            told = [*act.words, *(w for s in act.sites for w in self._words(s, "originalText"))]
            for row in {row for w in told if w.shown is not None and (row := _row(w.shown)) is not None}:
                rows.setdefault(row, []).append(act)
        for row, own in rows.items():
            codes = {code for act in own for code in act.codes}
            known = codes | ({BOTH} if {RIGHT, LEFT} <= codes else set())
            if (cell := self._cell(row, "Précision topographique")) is not None and not _modifiers_named(cell) <= known:
                yield self._lost(cell, _text(cell))
            modalities = [concept for act in own if (concept := act.modality)]
            sites = [concept for act in own for s in act.sites if (concept := _concept(s, "site"))]
            yield from self._labels(self._cell(row, "Modalité"), "modality", modalities, codes)
            yield from self._labels(self._cell(row, "Localisation"), "site", sites, codes)

    def _labels(self, cell: etree._Element | None, name: str, concepts: list[Concept], codes: set[str]) -> Iterator[Issue]:
        """The texts that a cell prints itself, without a reference to them, against the codes of its row."""
        if cell is None or not concepts:
            return
        stated = frozenset(codes & _SIDES)
        for piece in (cell.text, *(child.tail for child in cell)):
            text = " ".join((piece or "").split())
            if text and all(is_contrary(text, name, concept, stated) for concept in concepts):
                yield self._contrary(_Words(cell, text, cell))

    # --- answers -----------------------------------------------------------------------------------------------------

    def answers(self) -> Iterator[Issue]:
        """Contra-indications that are answered twice, or whose words say the contrary; informations likewise."""
        known: dict[str, bool] = {}
        for entry in self._entries(_HISTORY):
            code = next((c.get("code") for c in entry.iterchildren(f"{CDA}code")), None)
            present = entry.get("negationInd") not in ("true", "1")
            for value in entry.iterchildren(f"{CDA}value"):
                if code in _DATUM:
                    yield from self._words_of_value(value, _DATUM[code], present=present)
                if code == _CONTRAINDICATION and (said := value.get("code")):
                    if known.setdefault(said, present) is not present:
                        yield self._note("IMGDA-0424", entry)
                    yield from self._comments(entry, value, present)
        for section in self._sections:
            if _is_about(section, _HISTORY):
                yield from self._rows_alone(section, set(known))

    def _rows_alone(self, section: etree._Element, codes: set[str]) -> Iterator[Issue]:
        """The rows of the table of contra-indications to which no entry leads, and that name one which no entry codes."""
        concepts = [concept for code in codes if (concept := value_set("contraindication").unique(code))]
        targets = (self._target(reference) for reference in section.iterfind(f"{CDA}entry//{CDA}reference"))
        rows = {_row(target) for target in targets if target is not None}
        for row in section.iterfind(f"{CDA}text//{CDA}tbody/{CDA}tr"):
            if row in rows or (cell := self._cell(row, "Contre-indication")) is None:
                continue
            text = _text(cell)
            if names_an_answer(text) and all(names_another(text, "contraindication", one) for one in concepts):
                yield issue("IMGDA-1330", self._paths.of(cell), loss="critical", value=text)

    def _comments(self, entry: etree._Element, value: etree._Element, present: bool) -> Iterator[Issue]:
        """The comment and the interpretation of a contra-indication, against its answer."""
        labels = {words.text for words in self._words(value, "originalText")}
        for words in self._words(entry, "text"):
            if words.text not in labels and contradicts(words.text, present, names_of("contraindication", value.get("code", ""))):
                yield self._contrary(words)
        for one in entry.iterchildren(f"{CDA}interpretationCode"):
            if _ANSWERED.get(one.get("code", ""), present) is not present:
                yield self._note("IMGDA-0424", one)

    def yes_and_no(self) -> Iterator[Issue]:
        """The information of the patient, or the wish to be called back, that is both yes and no."""
        informed = [entry for entry in self._entries(_INFORMATION) if _is_about(entry, "MED-1130")]
        inner = (e for act in self._entries(PLAN) for e in act.iterfind(f"{CDA}entryRelationship/{CDA}observation"))
        called = [entry for entry in inner if _is_about(entry, "GEN-297") and self._is_read(entry)]
        for entries, code in ((informed, "IMGDA-0438"), (called, "IMGDA-0443")):
            values = [v for entry in entries for v in entry.iterchildren(f"{CDA}value") if v.get("value")]
            for value in values[1:]:
                if _is_yes(value) is not _is_yes(values[0]):
                    yield self._note(code, value, leaf="/@value")

    # --- urgency -----------------------------------------------------------------------------------------------------

    def urgency(self) -> Iterator[Issue]:
        """The words of an urgent request that say that it is none."""
        codes = [c for c in self._root.findall(f"{CDA}documentationOf/{CDA}serviceEvent/{CDA}code") if c.get("code") == _URGENCY]
        priorities = [p for element in self._entries(PLAN) for p in element.iterchildren(f"{CDA}priorityCode")]
        for code in codes:
            if self._is_read(code) and denies_urgency(code.get("displayName", "")):
                yield self._note("IMGDA-1329", code, code.get("displayName"), "/@displayName")
        for code in [*codes, *priorities]:
            if self._is_read(code):
                for words in self._words(code, "originalText"):
                    if denies_urgency(words.text):
                        yield self._note("IMGDA-1329", words.place, words.text)


_SPOKEN = {"MED-1153": "avec contraste", "MED-1154": "sans contraste"}


def _is_about(entry: etree._Element, code: str) -> bool:
    return any(one.get("code") == code for one in entry.iterchildren(f"{CDA}code"))


def _is_yes(value: etree._Element) -> bool:
    return value.get("value") in ("true", "1")


def _text(element: etree._Element) -> str:
    return " ".join(" ".join(t for t in element.itertext() if t).split())


def _meaning(element: etree._Element, datum: coding.Datum) -> coding.Meaning | None:
    """What a code of the document states of a datum."""
    code = (element.get("code") or "").strip()
    return coding.of(code, element.get("codeSystem"), datum, _SETTINGS) if code else None


def _concept(element: etree._Element, name: str) -> Concept | None:
    """The concept of a value set that a code is; without a system, where it is unique."""
    code, system = (element.get("code") or "").strip(), element.get("codeSystem")
    return value_set(name).find(code, system) if system else value_set(name).unique(code)


def _stated(concept: etree._Element) -> list[tuple[str, etree._Element]]:
    """The modifiers that a code, its translations and its qualifiers state, and where."""
    found: list[tuple[str, etree._Element]] = []
    for element in concept.iter(str(concept.tag), f"{CDA}translation", f"{CDA}value"):
        site, modifier = _meaning(element, coding.SITE), _meaning(element, coding.MODIFIER)
        found += [(side, element) for side in (site.modifiers if site else ())]
        if modifier and not (site and element is concept):
            found.append((modifier.concept.code, element))
    return found


def _is_inverted(time: etree._Element) -> bool:
    """Whether the wished time ends on a day before it starts."""
    low, high = ([t.get("value", "")[:8] for t in time.iterchildren(f"{CDA}{name}")][:1] for name in ("low", "high"))
    size = min(len(day) for day in [*low, *high]) if low and high else 0
    return size > 0 and low[0][:size] > high[0][:size]


def _adds_up(one: coding.Meaning, other: coding.Meaning) -> bool:
    """Whether two modalities are the same, more and less precise, or the two halves of a hybrid examination."""
    return coding.adds_up(coding.MODALITY, one, other) or coding.adds_up(coding.MODALITY, other, one)


def _row(inside: etree._Element) -> etree._Element | None:
    return next(inside.iterancestors(f"{CDA}tr"), None)


def _column(table: etree._Element | None, heading: str) -> int | None:
    """The place of the first heading of a table that begins with some words."""
    heads = table.findall(f"{CDA}thead/{CDA}tr[1]/{CDA}th") if table is not None else []
    return next((place for place, head in enumerate(heads) if _text(head).startswith(heading)), None)


def _modifiers_named(cell: etree._Element) -> set[str]:
    """The sides that a cell names, and the other modifiers of which it has the label."""
    pieces = [piece for text in cell.itertext() for piece in str(text).split(",")]
    labels = _modifier_labels()
    return {labels[fold(piece)] for piece in pieces if fold(piece) in labels} | set(sides(_text(cell)))


@cache
def _modifier_labels() -> dict[str, str]:
    return {fold(concept.display): concept.code for concept in value_set("topographic-modifier").concepts.values()}
