"""The concepts of an input: what their codings state of a datum, and what the answers to questions are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bridge.fhir.ledger.node import Node, without
from bridge.fhir.read.coding import Combined, combine, is_known, is_translation, meaning, translation
from bridge.fhir.read.displays import check_display, check_words
from bridge.fhir.read.texts import clean, one_line
from bridge.fhir.read.words import Words
from bridge.order import Code, Translation
from bridge.tables.codes import table, value_set
from bridge.tables.concepts import Datum, Meaning, is_system
from bridge.wording.answers import repeats
from bridge.wording.denials import contradicts, only_denied
from bridge.wording.labels import names_another, names_another_question
from bridge.wording.names import Names, names_of

__all__ = ["Coded", "Context", "Stray", "code_of"]


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


_PREGNANCY = "77386006"


def _contradicts(text: str, present: bool, name: str, names: Names) -> bool:
    """Whether words beside an answer say the contrary of it, or name another contra-indication than the pregnancy asked about."""
    if contradicts(text, present, names):
        return True
    (concept, *_) = value_set("contraindication").by_code[_PREGNANCY]
    return name == "pregnancy" and names_another(text, "contraindication", concept)


class Context(Words):
    """The input of one conversion: what was found in it, and what its concepts say."""

    __slots__ = ()

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
        codings = _codings_of(concept)
        found = [(c, m) for c in codings if (m := meaning(c, datum, self.settings))]
        if not found:
            return None
        together = self._combined(datum, found)
        unknown = without(codings, [coding for coding, _ in found])
        strays = tuple(self.strays(unknown, beside))
        astray = [stray.coding for stray in strays]
        self._take(datum, found, together, report=not quiet and not (together.meaning.table and translations))
        check_words(self, concept, without(unknown, astray), datum, together, denials=not denied)
        kept = self._translations(without(codings, astray), together) if translations else ()
        self._repeat(found)
        wording = self._wording(concept, together) if text else None
        target = together.meaning.concept
        code = Code(code=target.code, system=target.system, display=target.display, text=wording, translations=kept)
        modifiers = tuple(code_of("topographic-modifier", modifier) for modifier in together.modifiers)
        return Coded(code, together.coding.path, modifiers, together.states_contrast, together.meaning, strays)

    def _combined(self, datum: Datum, found: Sequence[tuple[Node, Meaning]]) -> Combined:
        """What codings state together; those that contradict the others are reported."""
        together = combine(datum, found)
        for coding in together.contrary:
            self.note("IMGDA-0443", coding.path)
        for coding in together.other_side:
            self.note("IMGDA-0440", coding.path)
        return together

    def _wording(self, concept: Node, together: Combined) -> str | None:
        """The text of a concept, where it says more than the label of its code."""
        text = clean(concept.text("text")) if concept is not together.coding else None
        return text if text and text.casefold() != together.meaning.concept.display.casefold() else None

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
            check_display(self, coding, datum, stated, report=chosen and report)

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
        found = self._answers(concept, name)
        if not found:
            return None
        present = found[0][1]
        for coding, said in found:
            if said is not present:
                self.note("IMGDA-0443", coding.path)
            if (display := one_line(coding.peek("display"))) and _contradicts(display, said, name, names):
                self.note("IMGDA-0444", coding.at("display"), value=display)
        text = clean(concept.peek("text"))
        if text and _contradicts(text, present, name, names):
            self.contradiction(concept.at("text"), text)
        elif text and repeats(text, present, pregnancy=name == "pregnancy"):
            concept.decide("text")
        return present

    def _answers(self, concept: Node, name: str) -> list[tuple[Node, bool]]:
        """The codings of a concept that are an answer by a table, which count as understood."""
        found = []
        for coding in concept.children("coding"):
            if row := table(name).get((str(coding.peek("system")), str(coding.peek("code")))):
                found.append((coding, row.concept.code == "true"))
                coding.understood()
        return found

    def check_notes(self, node: Node, present: bool, names: Names) -> None:
        """Report the notes of an answer that say the contrary of it."""
        for note in node.children("note"):
            text = clean(note.peek("text"))
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
        text = one_line(concept.peek("text"))
        if text and _is_other_question(text, code):
            self.contradiction(concept.at("text"), text)


def _codings_of(concept: Node) -> list[Node]:
    """The codings of a CodeableConcept, or the Coding itself."""
    return concept.children("coding") or ([concept] if "code" in concept else [])


def _is_other_question(text: str, code: str) -> bool:
    return names_another_question(text, code) or only_denied(text, names_of("question", code))
