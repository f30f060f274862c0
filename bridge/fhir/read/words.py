"""Concepts in words: their texts, and their displays where these say something else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bridge.fhir.ledger.node import Node, without
from bridge.fhir.read.coding import meaning
from bridge.fhir.read.displays import STATING, check_codings, check_denial
from bridge.fhir.read.findings import Findings
from bridge.fhir.read.texts import clean, one_line
from bridge.tables.concepts import Datum
from bridge.wording.comparison import Wording, is_unrelated, says_contrary
from bridge.wording.critical import critical_label
from bridge.wording.labels import label_of_question
from bridge.wording.spelling import bare, same_order

__all__ = ["Words"]

_NAMING = ("resourceType", "id", "reference", "system", "url", "fullUrl", "data")
"""Leaves that name something and say nothing in words."""


@dataclass(slots=True)
class Words(Findings):
    """What the concepts and references of the input say in words."""

    _told: dict[int, Wording | None] = field(default_factory=dict)
    """All that a resource says, by ``id()`` of its object."""

    def words(self, concept: Node, *, beside: Sequence[Node] = ()) -> str | None:
        """The words of a CodeableConcept: its text; else the displays, with the code in brackets.

        Where the text speaks for the codings, they are given up as a technical loss: the meaning is carried in words. A side, a
        contra-indication, a function or contrast that a coding states and the text does not is added to it in words; not those of
        the codings *beside*, which the caller says itself. So are displays that have nothing in common with the text.
        """
        codings = concept.children("coding")
        check_codings(self, codings)
        if text := clean(concept.text("text")):
            left = without(codings, beside)
            added = sorted({words for coding in left if (words := self._unsaid(coding, text))})
            added += sorted(self._other_displays(concept, left, text).difference(added), key=same_order)
            check_denial(self, concept, codings, text)
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
        data = (*STATING, Datum("relation", ("relationship",)))
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
        if label is None or bare(label) in bare(text):
            return None
        display = one_line(coding.peek("display"))
        if display and bare(display) in bare(text):
            return None
        coding.text("code")
        return f"{label} [{code}]"
