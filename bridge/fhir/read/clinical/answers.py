"""What an Observation answers: its yes or no, or its words, with what weakens them, and when it was said.

Source: docs/fhir.md, 2.6 and 2.11; FHIR R4 4.0.1, Observation.value[x], Observation.dataAbsentReason.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bridge.fhir.ledger.node import Node
from bridge.fhir.read.clinical.phrases import Phrases, quantity
from bridge.fhir.read.clinical.statuses import marks
from bridge.fhir.read.concepts import Context
from bridge.fhir.read.datatypes.names import effective_time, moment
from bridge.fhir.read.texts import clean
from bridge.order.moments import french_date
from bridge.order.values import EffectiveTime
from bridge.wording.names import Names

__all__ = ["Answers"]


@dataclass(slots=True)
class Answers:
    """Reads what Observations and their components answer, and keeps when each single datum of the request was said."""

    context: Context
    phrases: Phrases
    times: dict[str, EffectiveTime] = field(default_factory=dict)
    """By the field of the order."""

    def yes_or_no(self, node: Node, names: Names) -> bool | None:
        """The yes or no of an Observation or component: valueBoolean, or a yes/no concept; *names* of what is asked about."""
        found = node.flag("valueBoolean")
        if found is None and (concept := node.child("valueCodeableConcept")):
            found = self.context.answer(concept, "yes-no", names)
        if found is None and "dataAbsentReason" not in node:
            self.unusable(node)
        return found

    def unusable(self, node: Node) -> None:
        """Report an answer that cannot be used, at its value; the question is understood, so that nothing else is said of it."""
        name = node.choice("value")
        self.context.note("IMGDA-0441", node.at(name) if name else node.path)
        for element in ("code", name):
            if element and element in node:
                node.lose(element, "IMGDA-0910", "technical")

    def is_absent(self, node: Node) -> bool:
        """Whether an Observation or component says why it has no value; one beside a value is reported (FHIR, obs-6)."""
        if "dataAbsentReason" not in node:
            return False
        if name := node.choice("value"):
            self.context.note("IMGDA-0462", node.at(name))
            node.give_up_carried("IMGDA-0901")
        return True

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

    def text(self, node: Node) -> str | None:
        """The value in words of an Observation whose reason for having none, if it says one, is understood."""
        if self.is_absent(node):
            self.understand_reason(node)
            return None
        return self.value(node)

    def understand_reason(self, node: Node) -> bool:
        """Whether an Observation says why it has no value; the code of the reason counts as read."""
        reason = node.child("dataAbsentReason")
        for coding in reason.children("coding") if reason else ():
            coding.understood()
        return reason is not None

    def said(self, node: Node, text: str | None) -> str | None:
        """A text with the status that weakens it, the phrases and the notes of its Observation."""
        if text is None:
            return None
        told = marks(self.context, node, "status")
        head = f"{text} [{', '.join(told)}]" if told else text
        return "\n".join([head, *self.phrases.of(node), *self.phrases.comments(node)])

    def timed_text(self, node: Node, item: str) -> str | None:
        """The text of an Observation with what goes with it; its time is kept as that field of the order."""
        text = self.said(node, self.text(node))
        if text:
            self.timed(node, item)
        return text

    def timed(self, node: Node, item: str) -> None:
        """Keep when a datum was said: of several times the first, so that another one is a loss."""
        if item not in self.times and (when := effective_time(self.context, node)):
            self.times[item] = when

    def comments(self, node: Node) -> list[str]:
        """What goes into a comment: what weakens an answer, its phrases and notes."""
        return [*marks(self.context, node, "status"), *self.phrases.of(node), *self.phrases.comments(node)]
