"""The informations pour la prise en charge: what the radiology department must know to receive the patient.

Source: docs/fhir.md, 2.6 (M6); CI-SIS, JDV_InfoPriseEnCharge.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bridge.fhir.ledger.node import Node, reads
from bridge.fhir.read.clinical.absences import kinds_of_allergy
from bridge.fhir.read.clinical.answers import Answers
from bridge.fhir.read.clinical.antecedents import Antecedents
from bridge.fhir.read.clinical.contraindications import Contraindications, is_contraindication
from bridge.fhir.read.clinical.phrases import joined
from bridge.fhir.read.clinical.statuses import weakening
from bridge.fhir.read.concepts import Context
from bridge.fhir.read.datatypes.names import effective_time, has_ended
from bridge.order.model import CareInformation
from bridge.order.values import Code
from bridge.wording.names import names_of

__all__ = ["CareInformations"]

_LABEL = "Information pour la prise en charge : "


@dataclass(slots=True)
class CareInformations:
    """Reads the informations: from their own question, from Conditions and from Flags."""

    context: Context
    answers: Answers
    antecedents: Antecedents
    contraindications: Contraindications
    found: dict[Code, CareInformation] = field(default_factory=dict)

    @reads("care_information")
    def question(self, node: Node) -> None:
        """TA ORG-192."""
        value = node.child("valueCodeableConcept")
        coded = self.context.coded(value, "care-information")
        if coded and value and not self.answers.is_absent(node):
            self.coded(node, coded.code, timed=True)
        elif self._in_words(node) and value:
            self.context.note("IMGDA-0504", value.path, value_set="JDV_InfoPriseEnCharge")

    def coded(self, node: Node, code: Code, *, timed: bool = False) -> None:
        """An information of the value set; it has no room for comments: they stand among the antécédents, with its label."""
        if code not in self.found:
            self.found[code] = CareInformation(concept=code, date=effective_time(self.context, node) if timed else None)
        with self.context.ledger.reading("medical_history"):
            self.context.check_notes(node, True, names_of("care-information", code.code))
            told, phrases = weakening(self.context, node), self.answers.phrases
            if comments := [*told, *phrases.of(node), *phrases.comments(node)]:
                self.antecedents.add(joined(f"{_LABEL}{code.display}", *comments))

    @reads("medical_history")
    def _in_words(self, node: Node, concept: Node | None = None) -> bool:
        """What the value set of the informations lacks stands among the antécédents médicaux."""
        text = self.answers.phrases.concept(concept) if concept else self.answers.value(node)
        if text is None:
            return False
        self.antecedents.add(joined(_LABEL + text, *self.answers.comments(node)), *kinds_of_allergy(text))
        return True

    @reads("care_information")
    def flag(self, node: Node) -> None:
        """An active Flag: an information, a contra-indication, or in words what neither value set has, and one that has ended."""
        concept = node.child("code")
        if concept and has_ended(node.child("period"), self.context.now):
            self._ended(node, concept)
        elif coded := self.context.coded(concept, "care-information"):
            self.coded(node, coded.code)
        elif concept and is_contraindication(self.context, concept):
            self.contraindications.flag(node, concept)
        elif concept:
            self._in_words(node, concept)

    @reads("medical_history")
    def _ended(self, node: Node, concept: Node) -> None:
        """A Flag whose period has ended is none any more: it is said, with its period, and answers nothing."""
        if words := self.answers.phrases.concept(concept):
            self.antecedents.add(joined(f"Ancien signalement : {words}", *self.answers.comments(node)))
