"""The antécédents médicaux and chirurgicaux of the order: their lines, and what the input says to exist or not to exist.

Source: docs/fhir.md, 2.6 (M3, M4); docs/decisions.md, 1.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from bridge.fhir.ledger.node import Node, reads
from bridge.fhir.read.clinical.absences import Denial, absence
from bridge.fhir.read.clinical.answers import Answers
from bridge.fhir.read.clinical.phrases import add, joined
from bridge.fhir.read.clinical.statuses import weakening
from bridge.fhir.read.concepts import Context
from bridge.fhir.read.distinct import Distinct
from bridge.wording import blank

__all__ = ["Antecedents"]


@dataclass(slots=True)
class Antecedents:
    """What is said of the patient's past and present, by whatever resource, and what is said to be none of it."""

    context: Context
    answers: Answers
    medical: Distinct[str] = field(default_factory=Distinct)
    surgical: Distinct[str] = field(default_factory=Distinct)
    known_absence: set[str] = field(default_factory=set)
    """``medical`` and ``surgical`` where the input says that there are none."""
    _stated: set[str] = field(default_factory=set)
    """What some resource states to exist: allergies, devices, medications, problems, procedures."""
    _denied: list[Denial] = field(default_factory=list)
    """What the input says does not exist, beside the antécédents themselves."""
    _no_problems: str | None = None
    """FHIRPath of the code that says that there are no problems."""

    def add(self, line: str | None, *stated: str) -> None:
        """Add a line to the antécédents médicaux, and what it states to exist."""
        add(self.medical, line)
        self._stated.update(stated)

    def add_surgical(self, line: str) -> None:
        """Add a line to the antécédents chirurgicaux."""
        add(self.surgical, line)
        self._stated.add("procedures")

    # --- the free texts of the two rubrics ---------------------------------------------------------------------------

    @reads("medical_history")
    def medical_text(self, node: Node) -> None:
        """LOINC 11348-0."""
        if not self.is_absence(node.child("valueCodeableConcept"), "problems"):
            self._text(node, blank.MEDICAL, self.medical, "medical_history_at")

    @reads("surgical_history")
    def surgical_text(self, node: Node) -> None:
        """LOINC 47519-4."""
        if not self.is_absence(node.child("valueCodeableConcept"), "procedures"):
            self._text(node, blank.SURGICAL, self.surgical, "surgical_history_at")

    def _text(self, node: Node, labels: tuple[str, ...], texts: Distinct[str], item: str) -> None:
        """The free text of a rubric, with its time as *item* of the order; its own label, or a dash, is no text."""
        text, name = self.answers.text(node), node.choice("value")
        if text is not None and name and blank.is_blank(text, *labels, *_own_labels(node.child("code"))):
            self.context.note("IMGDA-0466", node.at(name))
            node.lose(name, "IMGDA-0901", "technical")
            text = None
        if said := self.answers.said(node, text) or "\n".join(self.answers.phrases.comments(node)):
            self.answers.timed(node, item)
            add(texts, said)

    # --- what does not exist -----------------------------------------------------------------------------------------

    def is_absence(self, concept: Node | None, about: str) -> bool:
        """Whether a code says that there is nothing, or that nothing is known, of what it or its resource is *about*."""
        found = absence(self.context, concept, about)
        for denial in found.denied if found else ():
            if denial.about == "problems":
                self.known_absence.add("medical")
                self._no_problems = denial.path
            elif denial.about == "procedures":
                self.known_absence.add("surgical")
            else:
                self._denied.append(denial)
        add(self.medical, found.text if found else None)
        return found is not None

    def states_absence(self, node: Node, concept: Node | None, about: str) -> bool:
        """The same for a whole resource: what weakens such a statement, and its notes, are kept."""
        if not self.is_absence(concept, about):
            return False
        comments = [*weakening(self.context, node), *self.answers.phrases.comments(node)]
        if comments and self._denied and (last := self._denied[-1]).path.startswith(node.path):
            self._denied[-1] = last._replace(words=joined(last.words, *comments))
        else:
            for comment in comments:
                add(self.medical, comment)
        return True

    def none_known(self, section: Node) -> None:
        """A section of the document that says, instead of entries, that nothing is known. FHIR: emptyReason."""
        reason = section.child("emptyReason")
        for coding in reason.children("coding") if reason else ():
            if coding.peek("code") == "nilknown":
                coding.understood()
                self.known_absence.add("surgical")
                if "diseases" in self._stated:
                    self.context.note("IMGDA-0465", coding.path)
                else:
                    self.known_absence.add("medical")

    def finish(self, stated: Iterable[str]) -> None:
        """Say what does not exist, once everything was read; what was, or is *stated* elsewhere, is reported instead."""
        self._stated.update(stated)
        if "diseases" in self._stated and "medical" in self.known_absence:
            self.known_absence.remove("medical")
            self.context.note("IMGDA-0465", self._no_problems)
        for denial in self._denied:
            if denial.about in self._stated:
                self.context.note("IMGDA-0465", denial.path)
            else:
                add(self.medical, denial.words)


def _own_labels(concept: Node | None) -> list[str]:
    """The labels of a concept: its text and the displays of its codings."""
    if concept is None:
        return []
    return [str(concept.peek("text") or ""), *(str(coding.peek("display") or "") for coding in concept.children("coding"))]
