"""The contre-indications: what the input says of each, oui or non, in whatever form it asks.

A value of LOINC 64100-1 says oui; a contra-indication as the code of an Observation, component or Condition is a question.
Source: docs/fhir.md, 2.6 (M5); docs/decisions.md, 1; CI-SIS, JDV_ContreIndication.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from bridge.fhir.ledger.node import Node, reads
from bridge.fhir.read.clinical.absences import subjects
from bridge.fhir.read.clinical.answers import Answers
from bridge.fhir.read.clinical.antecedents import Antecedents
from bridge.fhir.read.clinical.phrases import add, joined
from bridge.fhir.read.clinical.statuses import is_never, marks, weakening
from bridge.fhir.read.concepts import Context, code_of
from bridge.fhir.read.datatypes.identifiers import identifier, peek_identifier
from bridge.fhir.read.datatypes.names import effective_time
from bridge.fhir.read.distinct import Distinct
from bridge.fhir.read.texts import clean
from bridge.order.model import Contraindication
from bridge.order.values import Code, EffectiveTime, Identifier
from bridge.tables.concepts import CONTRAINDICATION
from bridge.wording.answers import is_yes
from bridge.wording.names import names_of

__all__ = ["Contraindications", "is_contraindication", "is_denied_contraindication"]

_PREGNANT = "77386006"


def is_contraindication(context: Context, concept: Node | None) -> bool:
    """Whether a concept is a contra-indication of the value set."""
    return context.matches(concept, "contraindication")


def is_denied_contraindication(context: Context, resource: Node) -> bool:
    """Whether a Condition is a contra-indication that is refuted and nothing worse: the answer "non"."""
    verification = resource.child("verificationStatus")
    codes = {c.peek("code") for c in verification.children("coding")} if verification else set()
    return codes == {"refuted"} and not is_never(resource, "status") and is_contraindication(context, resource.child("code"))


@dataclass(slots=True)
class PartialContraindication:
    """One contre-indication as read so far."""

    concept: Code
    present: bool
    path: str
    comments: Distinct[str] = field(default_factory=Distinct)
    date: EffectiveTime | None = None
    id: Identifier | None = None


@dataclass(slots=True)
class Contraindications:
    """Reads the contre-indications; several resources may say the same one."""

    context: Context
    answers: Answers
    antecedents: Antecedents
    _found: dict[tuple[str, str], PartialContraindication] = field(default_factory=dict)
    _rubric: list[str] = field(default_factory=list)
    """Comments of the rubric as a whole."""

    @reads("contraindications")
    def rubric(self, node: Node) -> None:
        """LOINC 64100-1: a value says yes; components are questions; alone with a note, the comment of the rubric."""
        _skip_derived_identifier(node)
        for component in node.children("component"):
            concept = component.child("code")
            if concept and is_contraindication(self.context, concept):
                self.question(component, concept, self.answers.phrases.of(component, "Observation.component"))
        value = node.child("valueCodeableConcept")
        if self.answers.is_absent(node):
            self._unanswered(node, node.child("code"))
        elif value is not None:
            self._affirmed(node, value)
        elif node.choice("value"):
            self._outside_the_set(node)
        else:
            self._rubric += self.answers.comments(node)

    def _affirmed(self, node: Node, value: Node) -> None:
        if coded := self.context.coded(value, "contraindication"):
            wording = clean(value.text("text"))
            own = [wording] if wording and wording.casefold() != (coded.code.display or "").casefold() else []
            self._find(coded.code, True, node, [*own, *self.answers.comments(node)])
        else:
            self._outside_the_set(node)

    @reads("medical_history")
    def _outside_the_set(self, node: Node) -> None:
        """A contre-indication that the value set lacks still matters: in words, among the antécédents médicaux."""
        words, name = self.answers.value(node), node.choice("value") or "value"
        if words is None:
            self.context.note("IMGDA-0426", node.at(name))
            return
        self.context.note("IMGDA-0425", node.at(name))
        self.antecedents.add(joined("Contre-indication : " + words, *self.answers.comments(node)))

    @reads("contraindications")
    def question(self, node: Node, concept: Node, comments: list[str]) -> None:
        """The concept itself as the question, with a yes or no."""
        if self.answers.is_absent(node):
            self._unanswered(node, concept)
            return
        names = names_of("contraindication", self.context.code_in(concept, CONTRAINDICATION))
        present = self.answers.yes_or_no(node, names)
        node.decide("valueBoolean")
        if present is not None and (coded := self.context.coded(concept, "contraindication")):
            self._find(coded.code, present, node, comments)

    @reads("medical_history")
    def _unanswered(self, node: Node, concept: Node | None) -> None:
        """A question that was asked and has no answer: the medical history says so, and no answer is assumed."""
        words = marks(self.context, node, "dataAbsentReason") if node.child("dataAbsentReason") else []
        coded = self.context.coded(concept, "contraindication", quiet=True)
        name = coded.code.display if coded else "Contre-indications"
        told = ", ".join(words) or "raison non précisée"
        self.context.note("IMGDA-0460", node.at("dataAbsentReason"), reason=told)
        self.antecedents.add(joined(f"{name} : sans réponse ({told})", *self.answers.phrases.comments(node)))

    @reads("contraindications")
    def pregnancy(self, node: Node) -> None:
        """LOINC 82810-3, Pregnancy status."""
        if self.answers.is_absent(node):
            self._unanswered(node, node.child("code"))
            return
        code, value = code_of("contraindication", _PREGNANT), node.child("valueCodeableConcept")
        present = self.context.answer(value, "pregnancy", names_of("contraindication", code.code)) if value else None
        if value is None or present is None:
            self.answers.unusable(node)
            return
        is_said = value.ledger.is_read(value.value, "text")
        wording = None if is_said else clean(value.text("text"))
        self._find(code, present, node, [*([wording] if wording else []), *self.answers.comments(node)])

    @reads("contraindications")
    def condition(self, node: Node, concept: Node) -> None:
        """A Condition that is a contra-indication: "oui", or "non" when it is refuted."""
        denied, phrases = is_denied_contraindication(self.context, node), self.answers.phrases
        told = weakening(self.context, node)
        coded = self.context.coded(concept, "contraindication", denied=denied)
        assert coded is not None
        words, when = clean(concept.text("text")), phrases.when(node, "onset")
        if denied and words and is_yes(words):
            self.context.contradiction(concept.at("text"), words)
        since = (f"Début : {when}" if "onsetPeriod" in node else f"Depuis {when}") if when else None
        details = [text for text in (words, since, *told, *phrases.of(node), *phrases.comments(node)) if text]
        self._find(coded.code, not denied, node, details)

    @reads("contraindications")
    def flag(self, node: Node, concept: Node) -> None:
        """A Flag that is a contra-indication: "oui"."""
        coded = self.context.coded(concept, "contraindication")
        assert coded is not None
        self._find(coded.code, True, node, self.answers.comments(node))

    def _find(self, code: Code, present: bool, node: Node, comments: list[str]) -> None:
        known = self._found.setdefault((code.code, code.system), PartialContraindication(code, present, node.path))
        if known.present is not present:
            self.context.note("IMGDA-0424", node.path)
        self.context.check_notes(node, present, names_of("contraindication", code.code))
        dated = node if node.choice("effective") else node.parent
        if known.date is None and dated is not None:
            known.date = effective_time(self.context, dated)
        if node.type_name == "Observation":
            _skip_derived_identifier(node)
            known.id = known.id or self._entry_id(node)
        for comment in comments:
            add(known.comments, comment)

    def _entry_id(self, node: Node) -> Identifier | None:
        """The identifier of an Observation, that no other finding has: it names the entry of the document."""
        taken = {finding.id for finding in self._found.values()}
        stated = next((n for n in node.children("identifier") if not _is_derived(n)), None)
        if stated and peek_identifier(self.context, stated, bare=True) not in {None, *taken}:
            return identifier(self.context, stated, bare=True)
        return None

    # --- what was found ----------------------------------------------------------------------------------------------

    def found(self) -> tuple[Contraindication, ...]:
        """The contre-indications in the order of the input; the comment of the rubric goes to the first one."""
        findings = list(self._found.values())
        if self._rubric and findings:
            first = findings[0]
            self.context.note("IMGDA-0427", first.path)
            new = dict.fromkeys(c for c in reversed(self._rubric) if c not in first.comments)
            first.comments = Distinct([*reversed(new), *first.comments])
        else:
            for comment in self._rubric:
                self.antecedents.add("Contre-indications : " + comment)
        return tuple(
            Contraindication(concept=f.concept, present=f.present, comment="\n".join(f.comments) or None, date=f.date, id=f.id)
            for f in findings
        )

    def paths(self) -> list[str]:
        """The FHIRPath of each, in the same order."""
        return [finding.path for finding in self._found.values()]

    def answered(self) -> dict[str, bool]:
        """Whether each is present, by its code."""
        return {code: finding.present for (code, _), finding in self._found.items()}

    def stated(self) -> Iterator[str]:
        """What those that are present state to exist, as codes of absence name it."""
        for (code, _), finding in self._found.items():
            yield from subjects().get(code, ()) if finding.present else ()


def _skip_derived_identifier(node: Node) -> None:
    """An identifier that was derived for want of one says so by its use; it is no fact of the order (docs/fhir.md, M5)."""
    for found in node.children("identifier"):
        if _is_derived(found):
            found.decide("use", "system", "value")


def _is_derived(found: Node) -> bool:
    """Whether an identifier says, by its use, that the document derived it for want of one."""
    return (found.peek("use"), found.peek("system")) == ("temp", "urn:ietf:rfc:3986")
