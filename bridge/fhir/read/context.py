"""What every part of the FHIR reader shares: the input, the settings, and the findings so far."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from bridge.fhir.ledger.node import Ledger, Node
from bridge.fhir.ledger.references import Index
from bridge.fhir.read.coding import (
    FACTS,
    MODALITY,
    MODIFIER,
    SITE,
    Combined,
    Datum,
    Meaning,
    combine,
    is_known,
    is_system,
    is_translation,
    meaning,
    translation,
)
from bridge.findings.issues import Issue, issue
from bridge.order import Code, Identifier, Translation
from bridge.settings import Settings
from bridge.tables.codes import table, value_set
from bridge.wording.answers import is_denial, repeats
from bridge.wording.clauses import prepared
from bridge.wording.comparison import Wording, adds_to_label, adds_to_site, is_unrelated, says_contrary
from bridge.wording.contrary import is_contrary
from bridge.wording.critical import critical_label
from bridge.wording.denials import contradicts, only_denied
from bridge.wording.examinations import says_more_of_contrast
from bridge.wording.labels import label_of_question, names_a_part, names_another, names_another_question
from bridge.wording.names import Names, names_in, names_of
from bridge.wording.sides import BOTH, LEFT, RIGHT

__all__ = ["Coded", "Context", "Stray", "clean", "code_of", "one_line", "plain_text", "same_order", "same_words"]

_LINE_BREAKS = re.compile(r"\r\n?|[\u0085\u2028]")
_SPACES = re.compile(r"\s+")


def clean(text: str | None) -> str | None:
    """A text as the order holds it: ``\\n`` for a line break, no white space at its ends; None when nothing is left."""
    if text is None:
        return None
    return _LINE_BREAKS.sub("\n", text).strip() or None


def one_line(text: str | None) -> str | None:
    """A text on one line with single spaces; None when nothing is left."""
    if text is None:
        return None
    return _SPACES.sub(" ", text).strip() or None


_TAGS = re.compile(r"<(?:br|/p|/li|/tr|/div|/h\d)[^>]*>", re.IGNORECASE)
_CELL = re.compile(r"</t[dh][^>]*>", re.IGNORECASE)
_ANY_TAG = re.compile(r"<[^>]*>")


def plain_text(div: str) -> str:
    """The words of an XHTML narrative, one line for each of its blocks."""
    return html.unescape(_ANY_TAG.sub("", _CELL.sub(" ", _TAGS.sub("\n", div))))


def same_words(one: str, other: str) -> bool:
    """Whether two labels differ by nothing but case, accents and apostrophes."""
    return _bare(one) == _bare(other)


def same_order(text: str) -> tuple[str, str]:
    """A key that sorts wordings without regard to case and accents."""
    return _bare(text), text


def _bare(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.replace("’", "'").replace("œ", "oe"))
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold().strip()


class Stray(NamedTuple):
    """A coding of a concept that states something of another datum: a side in ``code``, a modality in ``bodySite``."""

    datum: Datum
    coding: Node
    meaning: Meaning


@dataclass(frozen=True, slots=True)
class Coded:
    """A CodeableConcept read against a value set."""

    code: Code
    path: str
    """FHIRPath of the coding chosen."""
    modifiers: tuple[Code, ...] = ()
    """Topographic modifiers that the sender's codes include (table ``site``)."""
    states_contrast: bool = True
    """Whether the codes of a modality state contrast or its absence."""
    meaning: Meaning | None = None
    """What the coding chosen states."""
    strays: tuple[Stray, ...] = ()
    """Codings that state something of another datum."""


def code_of(name: str, code: str) -> Code:
    """The concept of a value set that has a code."""
    (concept, *_) = value_set(name).by_code[code]
    return Code(code=concept.code, system=concept.system, display=concept.display)


def has_contrary_term(expression: str, stated: Meaning) -> bool:
    """Whether a term between bars of a post-coordinated expression names another site or side than its code."""
    terms = [term for match in _TERM.finditer(expression) if (term := match[1].strip())]
    return any(is_contrary(term, "site", stated.concept, frozenset(stated.modifiers)) for term in terms)


_TERM = re.compile(r"\|([^|]*)\|")


def _says_more(display: str, datum: Datum, stated: Meaning) -> bool:
    """Whether a display says more than its code: a part of its site, contrast of a modality, a stage of a disease."""
    label = stated.concept.display
    if datum.name == "site":
        return names_a_part(display, stated.concept) or adds_to_site(display, label)
    if datum.name in _TOLD_APART:
        return adds_to_label(display, label)
    return datum.name == "modality" and says_more_of_contrast(display, stated.concept.code)


_TOLD_APART = ("care-information", "contraindication", "pet-function", "scintigraphy-function")
"""Value sets whose labels are whole, so that further words of a display say more."""
_STATING = (MODIFIER, SITE, *FACTS, MODALITY)
"""What the codings of a concept that is said in words may state, so that their labels can be compared with them."""


_NAMING = ("resourceType", "id", "reference", "system", "url", "fullUrl", "data")
"""Leaves that name something and say nothing in words."""
_PREGNANCY = "77386006"


def _contradicts(text: str, present: bool, name: str, names: Names) -> bool:
    """Whether words beside an answer say the contrary of it, or name another contra-indication than the pregnancy asked about."""
    if contradicts(text, present, names):
        return True
    (concept, *_) = value_set("contraindication").by_code[_PREGNANCY]
    return name == "pregnancy" and names_another(text, "contraindication", concept)


@dataclass(slots=True)
class Context:
    """The input of one conversion and what was found in it."""

    index: Index
    settings: Settings
    version: str
    """``R4``, ``R4B`` or ``R5``."""
    ledger: Ledger
    """What became of each leaf."""
    issues: list[Issue] = field(default_factory=list)
    patient: Node | None = None
    """The patient of the order being read."""
    identified: dict[Identifier, str] = field(default_factory=dict)
    """FHIRPath of the value of each identifier that was read."""
    now: str | None = None
    """The time of the order being read: what was over before it is not current."""
    documents: dict[str, tuple[Node, ...]] = field(default_factory=dict)
    """The requests that have what makes one document of them in common (:mod:`bridge.fhir.read.groups`)."""
    _noted: set[tuple[str, str | None]] = field(default_factory=set)
    """Code and place of what was noted for the order being read."""
    _contrary: set[tuple[str, str]] = field(default_factory=set)
    """Place and words of the contradictions reported for it."""
    _systems: set[object] | None = None
    """The systems of which its patient has a number."""
    _told: dict[int, Wording | None] = field(default_factory=dict)
    """All that a resource says, by ``id()`` of its object."""

    def is_patient(self, resource: Node) -> bool:
        """Whether a resource is the patient of the order."""
        return self.patient is not None and resource.value is self.patient.value

    def is_foreign(self, resource: Node) -> bool:
        """Whether a resource is about somebody else, which is an error, or about nobody that the input has.

        Source: docs/fhir.md, 2.4, One patient.
        """
        for element in ("subject", "patient"):
            reference = resource.child(element)
            if reference is None or self.patient is None:
                continue
            target = self.index.find(reference)
            if target is None and (number := reference.child("identifier")):
                target = self._numbered(number)
            if target is not None and target.value is not self.patient.value:
                self.note("IMGDA-0219", reference.path)
                resource.give_up("IMGDA-0910", "technical")
                return True
            if target is None and any(name in reference for name in ("reference", "identifier", "display")):
                is_alone = len(self.index.patients) == 1 and "reference" not in reference
                for name in ("reference", "identifier", "display"):
                    reference.lose(name, "IMGDA-0222", "clinical" if is_alone else "critical")
        return False

    def _numbered(self, number: Node) -> Node | None:
        """The patient of the input who has an identifier; of a system that he has another number of, somebody else."""
        if person := self.index.patient_numbered(number):
            number.decide("system", "value")
            return person
        if self._systems is None:
            self._systems = {own.peek("system") for own in (self.patient.children("identifier") if self.patient else ())}
        return number if number.peek("system") in self._systems else None

    def note(self, code: str, path: str | None, /, *, value: str | None = None, **parameters: str) -> None:
        """Report an issue of the catalogue; *value* is the value concerned, for the eyes of the sender alone."""
        self.issues.append(issue(code, path, value=value, parameters=parameters))
        self._noted.add((code, path))

    def begin(self) -> None:
        """Begin with another order of the input: nothing is found of it yet."""
        self.issues = []
        self._noted, self._contrary, self._systems = set(), set(), None

    # --- words -------------------------------------------------------------------------------------------------------

    def words(self, concept: Node, *, beside: Sequence[Node] = ()) -> str | None:
        """The words of a CodeableConcept: its text; else the displays, with the code in brackets.

        Where the text speaks for the codings, they are given up as a technical loss: the meaning is carried in words. A side, a
        contra-indication, a function or contrast that a coding states and the text does not is added to it in words; not those of
        the codings *beside*, which the caller says itself. So are displays that have nothing in common with the text.
        """
        codings = concept.children("coding")
        self._check_codings(codings)
        if text := clean(concept.text("text")):
            aside = {id(coding.value) for coding in beside}
            left = [coding for coding in codings if id(coding.value) not in aside]
            added = sorted({words for coding in left if (words := self._unsaid(coding, text))})
            added += sorted(self._other_displays(concept, left, text).difference(added), key=same_order)
            self._check_denial(concept, codings, text)
            for coding in codings:
                coding.give_up("IMGDA-0908", "technical", written="text")
            return " ; ".join([text, *added])
        return self.in_words(codings)

    def _other_displays(self, concept: Node, codings: Sequence[Node], text: str) -> set[str]:
        """The displays that say something else than the text beside them, with their codes; a contrary one is reported."""
        shown = {display: c for c in codings if (display := one_line(c.peek("display")))}
        contrary, own = self.contrary_displays(concept, text), Wording.of(text)
        labels = (label for coding in shown.values() for label in self._labels(coding))
        if not contrary and not all(is_unrelated(own, Wording.of(label)) for label in labels):
            return set()
        found = {display: coding for display, coding in shown.items() if not contrary or display in contrary}
        for coding in found.values():
            coding.text("display"), coding.text("code")
        return {words for coding in found.values() if (words := self._in_words(coding))}

    def contrary_displays(self, concept: Node, text: str) -> list[str]:
        """The displays of a concept that contradict its text, which is reported."""
        shown = [display for coding in concept.children("coding") if (display := one_line(coding.peek("display")))]
        own = Wording.of(text)
        contrary = [display for display in shown if says_contrary(own, Wording.of(display))]
        if contrary:
            self.contradiction(concept.at("text"), text)
        return contrary

    def _labels(self, coding: Node) -> list[str]:
        """The display of a coding, and the labels in our tables of what it states."""
        data = (*_STATING, Datum("relation", ("relationship",)))
        known = [stated.concept.display for datum in data if (stated := meaning(coding, datum, self.settings))]
        return [str(coding.peek("display")), *known]

    def other_words(self, reference: Node, found: Node) -> str | None:
        """The display of a reference, where it says something else than all that the resource says."""
        display = one_line(reference.peek("display"))
        if display is None:
            return None
        if id(found.value) not in self._told:
            told = [str(leaf.value) for leaf in found.leaves() if leaf.key not in _NAMING]
            told += [label for text in told if (label := label_of_question(text) or critical_label(text, None))]
            self._told[id(found.value)] = Wording.of(" ".join(told)) if told else None
        says = self._told[id(found.value)]
        if says is not None and not is_unrelated(Wording.of(display), says):
            return None
        return one_line(reference.text("display"))

    def _check_codings(self, codings: Sequence[Node]) -> None:
        """Report the codings of a concept said in words that contradict their own label, or each other."""
        sided: list[tuple[Node, str]] = []
        answers: list[tuple[Node, str]] = []
        for coding in codings:
            found = ((datum, stated) for datum in _STATING if (stated := meaning(coding, datum, self.settings)))
            if (first := next(found, None)) is not None:
                datum, stated = first
                self._check_display(coding, datum, stated, report=False)
                named = {stated.concept.code, *stated.modifiers} & {RIGHT, LEFT, BOTH}
                sided += [(coding, side) for side in named]
            if row := table("yes-no").get((str(coding.peek("system")), str(coding.peek("code")))):
                answers.append((coding, row.concept.code))
        for code, said in (("IMGDA-0440", sided), ("IMGDA-0443", answers)):
            for coding, value in said:
                if value != said[0][1]:
                    self.note_once(code, coding.path)

    def note_once(self, code: str, path: str, /, *, value: str | None = None) -> None:
        """Report an issue of the catalogue, unless that is done already: a concept may be said in several places."""
        if (code, path) not in self._noted:
            self.note(code, path, value=value)

    def _check_denial(self, concept: Node, codings: Sequence[Node], text: str) -> None:
        """Report a text that denies what a label beside it says: "pas d'asthme" for "Asthme"."""
        if codings and is_denial(text):
            said = prepared(text)
            labels = {one_line(coding.peek("display")) for coding in codings}
            if any(label and only_denied(said, names_in(label)) for label in labels):
                self.contradiction(concept.at("text"), text)

    def in_words(self, codings: Sequence[Node]) -> str | None:
        """Codings in words: their displays, with the codes in brackets."""
        found = set()
        for coding in codings:
            if words := self._in_words(coding):
                found.add(words)
                coding.text("display"), coding.text("code")
                coding.give_up("IMGDA-0908", "technical", written="text")
        return " ; ".join(sorted(found, key=same_order)) or None

    def _in_words(self, coding: Node) -> str | None:
        """A coding in words: its display, with the code in brackets; that of the value set where the sender gives none."""
        code, uri = coding.peek("code"), coding.peek("system")
        display = one_line(coding.peek("display"))
        if display is None and isinstance(code, str):
            display = critical_label(code, uri if isinstance(uri, str) else None)
        return f"{display} [{code}]" if display and code else display

    def _unsaid(self, coding: Node, text: str) -> str | None:
        """What a critical coding states, in words, where the text beside it does not say it."""
        code, uri = coding.peek("code"), coding.peek("system")
        label = critical_label(code, uri if isinstance(uri, str) else None) if isinstance(code, str) else None
        if label is None or _bare(label) in _bare(text):
            return None
        display = one_line(coding.peek("display"))
        if display and _bare(display) in _bare(text):
            return None
        coding.text("code")
        return f"{label} [{code}]"

    # --- coded values ------------------------------------------------------------------------------------------------

    def coded(
        self,
        concept: Node | None,
        set_name: str,
        *,
        tables: tuple[str, ...] = (),
        translations: bool = False,
        text: bool = False,
        quiet: bool = False,
        beside: tuple[Datum, ...] = (),
        denied: bool = False,
    ) -> Coded | None:
        """What the codings of a CodeableConcept (or the Coding itself) state together of a datum; None for nothing.

        With *translations* the sender's codings are kept as translations, with *text* its wording as well; what is not
        kept stays unread and so becomes a loss. The label is that of the value set; a label of the sender that differs is
        reported unless *quiet*. Codings that state something of the data *beside* are handed back as strays. Contrary codings
        and contrary words are reported; a text that denies the concept is none where the answer to it is "no" (*denied*).
        Source: docs/fhir.md, 4.5; docs/decisions.md, 23 to 25.
        """
        if concept is None:
            return None
        datum = Datum(set_name, tables)
        codings = concept.children("coding") or ([concept] if "code" in concept else [])
        found = [(c, m) for c in codings if (m := meaning(c, datum, self.settings))]
        if not found:
            return None
        together = combine(datum, found)
        for coding in together.contrary:
            self.note("IMGDA-0443", coding.path)
        for coding in together.other_side:
            self.note("IMGDA-0440", coding.path)
        understood = {id(coding) for coding, _ in found}
        others = [coding for coding in codings if id(coding) not in understood]
        strays = tuple(self.strays(others, beside))
        aside = {id(stray.coding) for stray in strays}
        self._take(datum, found, together, report=not quiet and not (together.meaning.table and translations))
        self._check_words(concept, [c for c in others if id(c) not in aside], datum, together, denials=not denied)
        kept = self._translations([c for c in codings if id(c) not in aside], together) if translations else ()
        self._repeat(found)
        wording = clean(concept.text("text")) if text and concept is not together.coding else None
        target = together.meaning.concept
        if wording and wording.casefold() == target.display.casefold():
            wording = None
        code = Code(code=target.code, system=target.system, display=target.display, text=wording, translations=kept)
        modifiers = tuple(code_of("topographic-modifier", modifier) for modifier in together.modifiers)
        return Coded(code, together.coding.path, modifiers, together.states_contrast, together.meaning, strays)

    def strays(self, codings: Sequence[Node], data: tuple[Datum, ...]) -> list[Stray]:
        """The codings that state something of some data, each with the first that it states something of."""
        found = []
        for coding in codings:
            for datum in data:
                if stated := meaning(coding, datum, self.settings):
                    found.append(Stray(datum, coding, stated))
                    break
        return found

    def take_stray(self, stray: Stray) -> Code:
        """The concept that a stray states; its coding counts as read."""
        self._take(stray.datum, [(stray.coding, stray.meaning)], combine(stray.datum, [(stray.coding, stray.meaning)]))
        concept = stray.meaning.concept
        return Code(code=concept.code, system=concept.system, display=concept.display)

    def code_in(self, concept: Node | None, datum: Datum) -> str:
        """The first code of a value set that a concept states; nothing counts as read."""
        codings = concept.children("coding") if concept else []
        return next((stated.concept.code for coding in codings if (stated := meaning(coding, datum, self.settings))), "")

    def matches(self, concept: Node | None, set_name: str, *, tables: tuple[str, ...] = ()) -> bool:
        """Whether a CodeableConcept has a coding in the value set; nothing counts as read."""
        datum = Datum(set_name, tables)
        return concept is not None and any(meaning(c, datum, self.settings) for c in concept.children("coding"))

    def _take(self, datum: Datum, found: Sequence[tuple[Node, Meaning]], together: Combined, *, report: bool = True) -> None:
        """Count as read the coding that gives the concept and those that give its sides, and check the words of all."""
        for coding, stated in found:
            chosen = coding is together.coding
            if chosen or (stated.modifiers and stated.modifiers != together.meaning.modifiers):
                self._read_coding(coding, stated)
            self._check_display(coding, datum, stated, report=chosen and report)

    def _read_coding(self, coding: Node, stated: Meaning) -> None:
        coding.text("code")
        if is_known(coding):
            coding.text("system")
        else:
            coding.decide("system")
        if stated.table and stated.table != "expression":
            self.note("IMGDA-0502", coding.path, table=stated.table, relation=stated.relation or "equivalent")
        if stated.guessed:
            self.note("IMGDA-0503", coding.path)

    def _check_display(self, coding: Node, datum: Datum, stated: Meaning, *, report: bool) -> None:
        """Report a display that is contrary to its own code, or only another wording (docs/decisions.md, 25)."""
        if stated.table == "expression" and has_contrary_term(str(coding.peek("code")), stated):
            self.note("IMGDA-0444", coding.at("code"))
        display = one_line(coding.peek("display"))
        if not display or same_words(display, stated.concept.display):
            return
        if is_contrary(display, datum.name, stated.concept, frozenset(stated.modifiers), contrast=stated.states_contrast):
            self.note_once("IMGDA-0444", coding.at("display"), value=display)
        elif report and _says_more(display, datum, stated):
            self.note("IMGDA-0450", coding.at("display"), value=display)
        elif report:
            self.note("IMGDA-0501", coding.at("display"), value=display)

    def _check_words(
        self, concept: Node, unknown: Sequence[Node], datum: Datum, together: Combined, *, denials: bool = True
    ) -> None:
        """Report a text, or the display of a coding that no table knows, that is contrary to the codes beside it.

        The sides that words name beside a site are compared where all its modifiers are known
        (:mod:`bridge.fhir.read.request.acts`).
        """
        stated = frozenset(together.modifiers) if datum.name != "site" else frozenset()
        target, contrast = together.meaning.concept, together.states_contrast
        places = [(concept, "text"), *((coding, "display") for coding in unknown)]
        for node, name in places:
            text = one_line(value) if isinstance(value := node.peek(name), str) else None
            if text and is_contrary(text, datum.name, target, stated, contrast=contrast, denials=denials):
                self.contradiction(node.at(name), text)

    def contradiction(self, path: str, text: str) -> None:
        """Report words that are contrary to the codes beside them, as loudly as the setting ``contradictions`` says."""
        if (path, text) not in self._contrary:
            self._contrary.add((path, text))
            self.issues.append(issue("IMGDA-0445", path, severity=self.settings.contradictions, value=text))

    def _repeat(self, found: Sequence[tuple[Node, Meaning]]) -> None:
        """Count the codings that only repeat what is carried as understood."""
        for coding, _ in found:
            if not coding.ledger.is_read(coding.value, "code"):
                coding.decide("code", "system")

    def _translations(self, codings: Sequence[Node], together: Combined) -> tuple[Translation, ...]:
        """The codings kept as translations, in an order of their own: all but the one that gives the concept, once each."""
        chosen, target = together.coding, together.meaning.concept
        kept: dict[tuple[str, str], Translation] = {}
        for coding in codings:
            if coding is chosen and together.meaning.table is None:
                continue
            read = self.kept(coding)
            if read is None or (read.code, read.system) == (target.code, target.system):
                continue
            known = kept.setdefault((read.system, read.code), read)
            if (read.display or "") > (known.display or ""):
                kept[read.system, read.code] = read
        return tuple(kept[key] for key in sorted(kept))

    def kept(self, coding: Node) -> Translation | None:
        """A coding as a translation, counted as read; None where it is not valid as one."""
        if not is_translation(coding):
            return None
        coding.text("code"), coding.text("system")
        return translation(coding, one_line(coding.text("display")))

    # --- questions and answers ---------------------------------------------------------------------------------------

    def answer(self, concept: Node, name: str, names: Names) -> bool | None:
        """The yes or no that the codings of a concept state by a table; contrary ones and contrary words are reported.

        *names* are those of what is asked about.
        """
        found = []
        for coding in concept.children("coding"):
            row = table(name).get((str(coding.peek("system")), str(coding.peek("code"))))
            if row:
                found.append((coding, row.concept.code == "true"))
                coding.understood()
        if not found:
            return None
        for coding, present in found:
            if present is not found[0][1]:
                self.note("IMGDA-0443", coding.path)
            if (display := one_line(coding.peek("display"))) and _contradicts(display, present, name, names):
                self.note("IMGDA-0444", coding.at("display"), value=display)
        text = clean(concept.peek("text")) if isinstance(concept.peek("text"), str) else None
        present = found[0][1]
        if text and _contradicts(text, present, name, names):
            self.contradiction(concept.at("text"), text)
        elif text and repeats(text, present, pregnancy=name == "pregnancy"):
            concept.decide("text")
        return present

    def check_notes(self, node: Node, present: bool, names: Names) -> None:
        """Report the notes of an answer that say the contrary of it."""
        for note in node.children("note"):
            text = clean(note.peek("text")) if isinstance(note.peek("text"), str) else None
            if text and contradicts(text, present, names):
                self.contradiction(note.at("text"), text)

    def verbatim(self, concept: Node) -> Code | None:
        """The first coding whose system has an OID, whatever value set it is of, with the words of the concept."""
        for coding in concept.children("coding"):
            if found := self.kept(coding):
                words = clean(concept.text("text"))
                text = words if words and words.casefold() != (found.display or "").casefold() else None
                return Code(code=found.code, system=found.system, display=found.display, text=text)
        return None

    def has_code(self, concept: Node | None, code: str, oid: str) -> bool:
        """Whether a CodeableConcept holds a code of a system (OID), or the bare code without a system.

        A code of TA counts under an unknown system too (docs/decisions.md, 46).
        """
        return concept is not None and self.coding_of(concept, code, oid) is not None

    def coding_of(self, concept: Node, code: str, oid: str) -> Node | None:
        """The coding of a CodeableConcept that has that code of a system (OID), or the code without a system."""
        found = None
        for coding in concept.children("coding"):
            uri = coding.peek("system")
            if coding.peek("code") == code and is_system(uri if isinstance(uri, str) else None, oid, code):
                if is_known(coding):
                    return coding
                found = found or coding
        return found

    def take_code(self, concept: Node, code: str, oid: str) -> None:
        """Count a coding whose meaning is understood as read."""
        if coding := self.coding_of(concept, code, oid):
            coding.understood()
            self._check_question(concept, coding, code)
            if "system" in coding and not is_known(coding) and not coding.ledger.is_read(coding.value, "system"):
                self.note("IMGDA-0503", coding.path)
                coding.decide("system")

    def _check_question(self, concept: Node, coding: Node, code: str) -> None:
        """Report a display or text that is the label of another question than the code, or denies what is asked or said."""
        if (display := one_line(coding.peek("display"))) and _is_other_question(display, code):
            self.note("IMGDA-0444", coding.at("display"), value=display)
        text = one_line(concept.peek("text")) if isinstance(concept.peek("text"), str) else None
        if text and _is_other_question(text, code):
            self.contradiction(concept.at("text"), text)


def _is_other_question(text: str, code: str) -> bool:
    return names_another_question(text, code) or only_denied(text, names_of("question", code))
