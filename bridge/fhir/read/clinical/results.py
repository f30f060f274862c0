"""Results of earlier examinations, each as one line of French: "Créatininémie : 80 µmol/L (02/03/2026)".

An Observation that has no value, or says why it has none, gives no line: nothing was found (docs/decisions.md, 1). Source:
docs/fhir.md, 2.6 (M19) and 2.11.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.fhir.ledger.node import Node
from bridge.fhir.read.clinical.histories import joined
from bridge.fhir.read.clinical.phrases import Phrases, quantity
from bridge.fhir.read.clinical.statuses import marks
from bridge.fhir.read.concepts import Context
from bridge.fhir.read.datatypes.names import french_date, moment
from bridge.fhir.read.texts import clean, one_line
from bridge.wording.spelling import same_order

__all__ = ["Results"]


@dataclass(frozen=True, slots=True)
class Results:
    """Turns Observations, DiagnosticReports and ImagingStudies into lines; None where they say nothing."""

    context: Context

    @property
    def phrases(self) -> Phrases:
        return Phrases(self.context)

    def observation(self, node: Node, label: str | None = None) -> str | None:
        """Any Observation with a value: "code : value (date)", then its phrases and notes.

        *label* stands for a code without words.
        """
        concept = node.child("code")
        label = (self.phrases.concept(concept) if concept else None) or label
        parts = [part for part in [self.value(node), *(self._component(c) for c in node.children("component"))] if part]
        if not label or not parts:
            return None
        when, told = self.phrases.when(node, "effective"), marks(self.context, node, "status")
        line = f"{label} : {' ; '.join(parts)}" + (f" [{', '.join(told)}]" if told else "")
        return joined(f"{line} ({when})" if when else line, *self.phrases.of(node), *self.phrases.comments(node))

    def _component(self, node: Node) -> str | None:
        concept = node.child("code")
        label, value = self.phrases.concept(concept) if concept else None, self.value(node)
        if label and value:
            return joined(f"{label} {value}", *self.phrases.of(node, "Observation.component"))
        node.give_up_carried("IMGDA-0901")
        return None

    def value(self, node: Node) -> str | None:
        """The value of an Observation or component in words; none where it says why it has none."""
        name = node.choice("value")
        if name is None or self.is_absent(node):
            return None
        child = node.child(name)
        match name:
            case "valueQuantity" | "valueRange":
                return quantity(child) if child else None
            case "valueBoolean":
                return {True: "oui", False: "non", None: None}[node.flag(name)]
            case "valueInteger":
                return node.number(name)
            case "valueDateTime":
                return french_date(when) if (when := moment(self.context, node, name)) else None
        if child:
            return self.phrases.value(child, f"Observation.{name}", name.removeprefix("value"))
        return clean(node.text(name))

    def is_absent(self, node: Node) -> bool:
        """Whether an Observation or component says why it has no value; one beside a value is reported (FHIR, obs-6)."""
        if "dataAbsentReason" not in node:
            return False
        if name := node.choice("value"):
            self.context.note("IMGDA-0462", node.at(name))
            node.give_up_carried("IMGDA-0901")
        return True

    def report(self, node: Node) -> str | None:
        """A DiagnosticReport: its name, date and conclusion."""
        conclusion, label = clean(node.text("conclusion")), self.label(node)
        codes = [text for concept in node.children("conclusionCode") if (text := self.phrases.concept(concept))]
        when, told = self.phrases.when(node, "effective"), marks(self.context, node, "status")
        brackets = ", ".join(text for text in [when if when and when not in (conclusion or "") else None, *told] if text)
        head = f"{label} ({brackets})" if label and brackets else label or brackets
        if not (label or conclusion or codes):
            return None
        text = " : ".join(part for part in (head, conclusion) if part)
        return joined(text, *codes, *self.phrases.comments(node))

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
