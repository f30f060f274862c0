"""Conditions, allergies, procedures, treatments and the history of the family, each as one line of French.

A line is the name of the fact, in brackets its date and whatever weakens it, then its further phrases and notes:
``Gonarthrose (2019, non confirmé) ; localisation : genou (droit)``.
Source: docs/fhir.md, 2.6 (M3, M4) and 2.11; docs/decisions.md, 27.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.fhir.ledger.node import Node, reads
from bridge.fhir.read.clinical.absences import categories, kinds_of_allergy
from bridge.fhir.read.clinical.antecedents import Antecedents
from bridge.fhir.read.clinical.care import CareInformations
from bridge.fhir.read.clinical.contraindications import Contraindications, is_contraindication, is_denied_contraindication
from bridge.fhir.read.clinical.implants import Implants
from bridge.fhir.read.clinical.phrases import Phrases, joined
from bridge.fhir.read.clinical.statuses import weakening
from bridge.fhir.read.concepts import Context
from bridge.fhir.read.datatypes.names import moment
from bridge.fhir.read.texts import one_line
from bridge.order.moments import french_date

__all__ = ["Histories"]


_CURRENT = (None, "active", "recurrence", "relapse")
"""Codes of Condition.clinicalStatus of what is not over; None where there is none."""


@dataclass(slots=True)
class Histories:
    """Turns resources about the patient's past and present into lines; None for one that has no name."""

    context: Context
    phrases: Phrases
    antecedents: Antecedents
    contraindications: Contraindications
    care: CareInformations
    implants: Implants

    # --- among the antécédents ---------------------------------------------------------------------------------------

    @reads("medical_history")
    def read_condition(self, node: Node) -> None:
        """A Condition: the answer to a contre-indication, a current information pour la prise en charge, or an antécédent."""
        concept, context = node.child("code"), self.context
        if self.antecedents.states_absence(node, concept, "problems"):
            return
        is_current = _is_current(node)
        answers = is_contraindication(context, concept) and (is_current or is_denied_contraindication(context, node))
        if concept and answers:
            self.contraindications.condition(node, concept)
        elif is_current and (coded := context.coded(concept, "care-information")):
            self.care.coded(node, coded.code)
        elif line := self.condition(node):
            self.antecedents.add(line, "problems", *kinds_of_allergy(line))

    @reads("surgical_history")
    def read_procedure(self, node: Node) -> None:
        """A Procedure, with what it implanted and where."""
        if self.antecedents.states_absence(node, node.child("code"), "procedures"):
            return
        if line := self.procedure(node, *self.implants.of_procedure(node), *self._target(node)):
            self.antecedents.add_surgical(line)

    def _target(self, node: Node) -> list[str]:
        """The structure that a Procedure was about. FHIR: extension procedure-targetBodyStructure."""
        found = [e.child("valueReference") for e in node.extensions("procedure-targetBodyStructure")]
        names = [text for reference in found if reference and (text := self.phrases.reference(reference))]
        return [f"localisation : {name}" for name in names]

    @reads("medical_history")
    def read_family(self, node: Node) -> None:
        """A FamilyMemberHistory; one that names no disease is lost."""
        if line := self.family(node):
            self.antecedents.add(line)
        else:
            node.give_up_carried("IMGDA-0901")

    @reads("medical_history")
    def read_allergy(self, node: Node) -> None:
        """An AllergyIntolerance."""
        if self.antecedents.states_absence(node, node.child("code"), "allergies"):
            return
        if line := self.allergy(node):
            self.antecedents.add(line, "allergies", *kinds_of_allergy(line), *categories(node))

    @reads("medical_history")
    def read_medication(self, node: Node) -> None:
        """A MedicationStatement."""
        owner = node.child("medicationCodeableConcept") or node.child("medication")
        concept = (owner.child("concept") or owner) if owner else None
        if self.antecedents.states_absence(node, concept, "medications"):
            return
        if line := self.medication(node):
            self.antecedents.add(line, "medications")

    # --- lines -------------------------------------------------------------------------------------------------------

    def line(self, node: Node) -> str | None:
        """The line of a resource of any of these types."""
        match node.type_name:
            case "Condition":
                return self.condition(node)
            case "AllergyIntolerance":
                return self.allergy(node)
            case "Procedure":
                return self.procedure(node)
            case "FamilyMemberHistory":
                return self.family(node)
            case "MedicationStatement":
                return self.medication(node)
        return None

    def _name(self, node: Node) -> str | None:
        concept = node.child("code")
        return self.phrases.concept(concept) if concept else None

    def _line(self, node: Node, name: str, brackets: list[str | None], *more: str | None) -> str:
        """The name, what stands in brackets, the phrases, *more*, and the notes."""
        told = ", ".join(text for text in brackets if text)
        head = f"{name} ({told})" if told else name
        return joined(head, *self.phrases.of(node), *more, *self.phrases.comments(node))

    def condition(self, node: Node) -> str | None:
        """A Condition; a date of recording is said to be one."""
        name = self._name(node)
        if name is None:
            return None
        when = self.phrases.when(node, "onset") or self._recorded(node)
        return self._line(node, name, [when, *weakening(self.context, node)])

    def _recorded(self, node: Node) -> str | None:
        when = moment(self.context, node, "recordedDate")
        return f"noté le {french_date(when)}" if when else None

    def allergy(self, node: Node) -> str | None:
        """An AllergyIntolerance, named by its code, else by the substances of its reactions; one of type intolerance says so."""
        substances = [part for reaction in node.children("reaction") if (part := reaction.child("substance"))]
        named = (self._name(node), *map(self.phrases.concept, substances))
        name = named[0] or ", ".join(dict.fromkeys(text for text in named if text))
        if not name:
            return None
        told = weakening(self.context, node)
        kind = "Allergie ou intolérance : " if "intolérance" in told else "Allergie : "
        return kind + self._line(node, name, [self.phrases.when(node, "onset"), *told])

    def procedure(self, node: Node, *more: str) -> str | None:
        """A Procedure; *more* says what was implanted."""
        name = self._name(node)
        if name is None:
            return None
        when = self.phrases.when(node, "performed") or self.phrases.when(node, "occurrence")
        return self._line(node, name, [when, *weakening(self.context, node)], *more)

    def medication(self, node: Node) -> str | None:
        """A MedicationStatement: "Traitement : …"."""
        owner = node.child("medicationCodeableConcept") or node.child("medicationReference") or node.child("medication")
        name = self.phrases.either(owner) if owner else None
        if name is None:
            return None
        return "Traitement : " + self._line(node, name, [self.phrases.when(node, "effective"), *weakening(self.context, node)])

    def family(self, node: Node) -> str | None:
        """A FamilyMemberHistory: "Familial : mère : cancer du sein (45 ans)"; None where it names no disease."""
        kin, own = node.child("relationship"), one_line(node.text("name"))
        who = self.phrases.concept(kin) if kin else None
        lines = [line for part in node.children("condition") if (line := self._relative(part, "condition", "onset"))]
        lines += [line for part in node.children("procedure") if (line := self._relative(part, "procedure", "performed"))]
        lines += self.phrases.comments(node)
        if not lines:
            return None
        told = ", ".join(text for text in [who, own, *weakening(self.context, node)] if text)
        return "Familial : " + (f"{told} : " if told else "") + joined(*lines, *self.phrases.of(node))

    def _relative(self, node: Node, kind: str, when: str) -> str | None:
        """A disease or procedure of a relative."""
        concept = node.child("code")
        name = self.phrases.concept(concept) if concept else None
        if name is None:
            return None
        date = self.phrases.when(node, when)
        more = self.phrases.of(node, f"FamilyMemberHistory.{kind}")
        return joined(f"{name} ({date})" if date else name, *more, *self.phrases.comments(node))


def _is_current(node: Node) -> bool:
    """Whether a Condition is stated, confirmed and not over."""
    clinical = _codes(node, "clinicalStatus") or {None}
    is_over = clinical == {None} and node.choice("abatement") is not None
    return clinical <= set(_CURRENT) and _codes(node, "verificationStatus") <= {"confirmed"} and not is_over


def _codes(node: Node, element: str) -> set[str | None]:
    concept = node.child(element)
    return {coding.peek("code") for coding in concept.children("coding")} if concept else set()
