"""Conditions, allergies, procedures, treatments and the history of the family, each as one line of French.

A line is the name of the fact, in brackets its date and whatever weakens it, then its further phrases and notes:
``Gonarthrose (2019, non confirmé) ; localisation : genou (droit)``.
Source: docs/fhir.md, 2.6 (M3, M4) and 2.11; docs/decisions.md, 27.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.fhir.ledger.node import Node
from bridge.fhir.read.clinical.phrases import Phrases
from bridge.fhir.read.clinical.statuses import weakening
from bridge.fhir.read.concepts import Context
from bridge.fhir.read.datatypes.names import french_date, moment
from bridge.fhir.read.texts import one_line

__all__ = ["Histories", "joined"]


def joined(*parts: str | None) -> str:
    """The parts of a line that say something, one after the other."""
    return " ; ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Histories:
    """Turns resources about the patient's past and present into lines; None for one that has no name."""

    context: Context

    @property
    def phrases(self) -> Phrases:
        return Phrases(self.context)

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
