"""Results of earlier examinations, each as one line of French: "Créatininémie : 80 µmol/L (02/03/2026)".

An Observation that has no value, or says why it has none, gives no line: nothing was found (docs/decisions.md, 1). Source:
docs/fhir.md, 2.6 (M19) and 2.11.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from bridge.fhir.ledger.node import Node, reads
from bridge.fhir.read.clinical.answers import Answers
from bridge.fhir.read.clinical.antecedents import Antecedents
from bridge.fhir.read.clinical.attachments import LinkedDocuments
from bridge.fhir.read.clinical.phrases import Phrases, add, joined
from bridge.fhir.read.clinical.statuses import marks
from bridge.fhir.read.concepts import Context
from bridge.fhir.read.datatypes.names import moment
from bridge.fhir.read.distinct import Distinct
from bridge.fhir.read.texts import clean, one_line
from bridge.order.moments import french_date
from bridge.wording.spelling import same_order

__all__ = ["Results"]


@dataclass(slots=True)
class Results:
    """Turns Observations, DiagnosticReports and ImagingStudies into lines; None where they say nothing."""

    context: Context
    answers: Answers
    antecedents: Antecedents
    documents: LinkedDocuments
    lines: Distinct[str] = field(default_factory=Distinct)

    @property
    def phrases(self) -> Phrases:
        return self.answers.phrases

    @reads("prior_results")
    def read_text(self, node: Node) -> None:
        """LOINC 30954-2: the text of the rubric."""
        add(self.lines, self.answers.said(node, self.answers.text(node)))

    @reads("prior_results")
    def read_observation(self, node: Node) -> Iterable[Node]:
        """Any Observation with a value that is no question; what it groups is for the caller to read."""
        if self.antecedents.states_absence(node, node.child("valueCodeableConcept"), "problems"):
            return ()
        line, members = self.observation(node), self._found(node, "hasMember")
        if line is None and not members:
            node.give_up_carried("IMGDA-0901")
        add(self.lines, line)
        return members

    @reads("prior_results")
    def read_report(self, node: Node) -> Iterable[Node]:
        """A DiagnosticReport with its document; its results are for the caller to read."""
        add(self.lines, self.report(node))
        for form in node.children("presentedForm"):
            self.documents.read(form, title=self.label(node))
        return self._found(node, "result")

    @reads("prior_results")
    def read_study(self, node: Node) -> None:
        """An ImagingStudy."""
        add(self.lines, self.study(node))

    def _found(self, node: Node, element: str) -> list[Node]:
        return [found for reference in node.children(element) if (found := self.context.index.find(reference))]

    # --- lines -------------------------------------------------------------------------------------------------------

    def observation(self, node: Node, label: str | None = None) -> str | None:
        """Any Observation with a value: "code : value (date)", then its phrases and notes.

        *label* stands for a code without words.
        """
        concept = node.child("code")
        label = (self.phrases.concept(concept) if concept else None) or label
        parts = [self.answers.value(node), *(self._component(c) for c in node.children("component"))]
        if not label or not any(parts):
            return None
        when, told = self.phrases.when(node, "effective"), marks(self.context, node, "status")
        line = f"{label} : {joined(*parts)}" + (f" [{', '.join(told)}]" if told else "")
        return joined(f"{line} ({when})" if when else line, *self.phrases.of(node), *self.phrases.comments(node))

    def _component(self, node: Node) -> str | None:
        concept = node.child("code")
        label, value = self.phrases.concept(concept) if concept else None, self.answers.value(node)
        if label and value:
            return joined(f"{label} {value}", *self.phrases.of(node, "Observation.component"))
        node.give_up_carried("IMGDA-0901")
        return None

    def report(self, node: Node) -> str | None:
        """A DiagnosticReport: its name, date and conclusion."""
        conclusion, label = clean(node.text("conclusion")), self.label(node)
        codes = [text for concept in node.children("conclusionCode") if (text := self.phrases.concept(concept))]
        when, told = self.phrases.when(node, "effective"), marks(self.context, node, "status")
        if not (label or conclusion or codes):
            return None
        dated = [when] if when and when not in (conclusion or "") else []
        brackets = ", ".join([*dated, *told])
        head = f"{label} ({brackets})" if label and brackets else label or brackets
        return joined(" : ".join(part for part in (head, conclusion) if part), *codes, *self.phrases.comments(node))

    def label(self, node: Node) -> str | None:
        """What a report is, in words without codes."""
        concept = node.child("code")
        if concept is None:
            return None
        text, codings = clean(concept.text("text")), concept.children("coding")
        if text:
            self.context.contrary_displays(concept, text)
        if text is None and (shown := [coding for coding in codings if one_line(coding.peek("display"))]):
            text = min((str(one_line(coding.text("display"))) for coding in shown), key=same_order)
        for coding in codings:
            coding.give_up("IMGDA-0908", "technical", written="text")
        return text

    def study(self, node: Node) -> str | None:
        """An ImagingStudy: its description and date."""
        description = clean(node.text("description"))
        if description is None:
            return None
        started = moment(self.context, node, "started")
        told = [*([french_date(started)] if started else []), *marks(self.context, node, "status")]
        head = f"{description} ({', '.join(told)})" if told else description
        return joined(head, *self.phrases.comments(node))
