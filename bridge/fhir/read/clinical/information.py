"""What goes with the acts: the information of the patient, the évènement associé, the wish to be called back.

Source: docs/fhir.md, 2.6 (M7, M8, M18, M21).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bridge.fhir.ledger.node import Node, reads
from bridge.fhir.read.clinical.answers import Answers
from bridge.fhir.read.clinical.attachments import LinkedDocuments
from bridge.fhir.read.clinical.phrases import add
from bridge.fhir.read.clinical.statuses import marks
from bridge.fhir.read.concepts import Context
from bridge.fhir.read.distinct import Distinct
from bridge.fhir.read.texts import clean
from bridge.wording.names import names_of

__all__ = ["Information"]


@dataclass(slots=True)
class Information:
    """Reads whether the patient was informed of the risks and what he was told, the event, and the wish to be called back."""

    context: Context
    answers: Answers
    documents: LinkedDocuments
    informed: bool | None = None
    callback: bool | None = None
    texts: Distinct[str] = field(default_factory=Distinct)
    """What the patient was told."""
    events: Distinct[str] = field(default_factory=Distinct)

    @reads("patient_informed")
    def read_informed(self, node: Node) -> None:
        """TA MED-1130; of a question without an answer, when it was asked is kept."""
        names = names_of("question", "MED-1130")
        answer = self.answers.yes_or_no(node, names)
        if answer is not None:
            self.context.check_notes(node, answer, names)
            if self.informed not in (None, answer):
                self.context.note("IMGDA-0438", node.path)
            self.informed = answer
        if answer is not None or self.answers.understand_reason(node):
            self.answers.timed(node, "patient_informed_at")

    @reads("patient_information")
    def read_told(self, node: Node) -> None:
        """LOINC 99622-3."""
        add(self.texts, self.answers.timed_text(node, "patient_information_at"))

    @reads("patient_information")
    def read_communication(self, node: Node) -> None:
        """A Communication to the patient, with the documents that he was given."""
        told = marks(self.context, node, "status")
        for payload in node.children("payload"):
            text = clean(payload.text("contentString"))
            if text is None and (concept := payload.child("contentCodeableConcept")):
                text = self.answers.phrases.concept(concept)
            add(self.texts, f"{text} [{', '.join(told)}]" if text and told else text)
            if attachment := payload.child("contentAttachment"):
                self.documents.read(attachment)

    @reads("event")
    def read_event(self, node: Node) -> None:
        """TA GEN-296."""
        add(self.events, self.answers.timed_text(node, "event_at"))

    @reads("callback")
    def read_callback(self, node: Node) -> None:
        """TA GEN-297; one wish among several answers is enough."""
        names = names_of("question", "GEN-297")
        answer = self.answers.yes_or_no(node, names)
        if answer is not None:
            self.context.check_notes(node, answer, names)
            if self.callback not in (None, answer):
                self.context.note("IMGDA-0328", node.path)
            self.callback = bool(self.callback) or answer
            self.answers.timed(node, "callback_at")
