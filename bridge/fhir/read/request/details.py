"""The orderDetail of one request, in any version of FHIR: functions, contrast, modifiers.

Source: docs/fhir.md, M12, M14 to M16.
"""

from __future__ import annotations

from collections.abc import Iterator

from bridge.fhir.extensions import EFFECTIVE
from bridge.fhir.ledger.node import Node
from bridge.fhir.read.concepts import Context, code_of
from bridge.fhir.read.datatypes.names import effective_time
from bridge.fhir.read.request.site import modifier_order
from bridge.fhir.read.texts import clean
from bridge.order import Code, EffectiveTime, Function
from bridge.tables.codes import code_system_oid
from bridge.tables.concepts import MODIFIER, TA
from bridge.wording.denials import contradicts
from bridge.wording.names import names_of
from bridge.wording.spelling import same_words

__all__ = ["NUCLEAR", "PET", "SCINTIGRAPHY", "Details"]

PET, SCINTIGRAPHY = "PT", "NM"
NUCLEAR = {PET: "pet-function", SCINTIGRAPHY: "scintigraphy-function"}
_QUESTIONS = ("Fonction étudiée", "Injection de produit de contraste")
"""Labels of the questions that an orderDetail of R5 may answer."""
_CONTRAST_QUESTIONS = ("Injection de produit de contraste", "Avec injection de produit de contraste", "Contrast", "With contrast")
"""Texts of a question on contrast that true or false answers."""


class Details:
    """The orderDetail of one request, in any version of FHIR: functions, contrast, modifiers.

    ``MED-1133`` is both the question "fonction étudiée" and the answer "FDG oncologie": as an orderDetail or a parameter's value
    it is an answer, as a parameter's code a question.
    """

    def __init__(self, context: Context, request: Node) -> None:
        self._context = context
        self._request = request
        self._used: set[int] = set()
        self.concepts: list[Node] = []
        self._comments: dict[int, Node] = {}
        """The parameter in words behind a concept, by ``id()`` of that concept; a function takes it as its comment."""
        self._answers: list[tuple[Code, Node]] | None = None
        self._booleans: list[tuple[Code, Node]] = []
        """Answers on contrast that are true or false, and where they stand."""
        self._questions: dict[int, Node] = {}
        """The question that a value answers, by ``id()`` of the value."""
        self._texts: list[Node] = []
        """Parameters whose value is a text."""
        for detail in request.children("orderDetail"):
            if "parameter" in detail:
                self._parameters(detail.children("parameter"))
            elif detail.children("coding") or "text" in detail:
                self.concepts.append(detail)
            for extension in detail.extensions("extension-ServiceRequest.orderDetail.parameter"):
                self._extension(extension)
        for extension in request.extensions("extension-ServiceRequest.orderDetail.parameter"):
            self._extension(extension)

    def _parameters(self, parameters: list[Node]) -> None:
        last: Node | None = None
        for parameter in parameters:
            value = parameter.child("valueCodeableConcept")
            if value:
                code = parameter.child("code")
                if code and self._context.has_code(code, "MED-1133", TA):
                    self._context.take_code(code, "MED-1133", TA)
                if code:
                    self._question(code)
                    self._questions[id(value.value)] = code
                self.concepts.append(value)
                last = value
            elif "valueString" in parameter and last is not None and id(last.value) not in self._comments:
                if code := parameter.child("code"):
                    self._question(code)
                self._comments[id(last.value)] = parameter
            elif "valueString" in parameter:
                self._texts.append(parameter)
            elif code := parameter.child("code"):
                self._boolean(code, parameter)

    def _question(self, code: Node) -> None:
        """The codes of contrast, as the question, add nothing to a coded answer; any other stays unread and so is a loss."""
        for coding in code.children("coding"):
            if code_system_oid(str(coding.peek("system"))) == TA and coding.peek("code") in ("MED-1133", "MED-1153", "MED-1154"):
                coding.understood()
        if any(same_words(str(code.peek("text")), label) for label in _QUESTIONS):
            code.decide("text")

    def _boolean(self, question: Node, answer: Node) -> None:
        """Keep a ``valueBoolean`` if the question is whether contrast is injected; any other stays unread and so is a loss."""
        if not isinstance(answer.peek("valueBoolean"), bool):
            return
        in_words = any(same_words(str(question.peek("text")), label) for label in _CONTRAST_QUESTIONS)
        if in_words or self._context.has_code(question, "MED-1153", TA):
            self._context.take_code(question, "MED-1153", TA)
            if in_words:
                question.decide("text")
            code = "MED-1153" if answer.flag("valueBoolean") else "MED-1154"
            self._booleans.append((code_of("contrast-injection", code), answer))

    def _extension(self, extension: Node) -> None:
        for part in extension.extensions("value"):
            if value := part.child("valueCodeableConcept"):
                self.concepts.append(value)
        for part in extension.extensions("code"):
            if code := part.child("valueCodeableConcept"):
                self._context.take_code(code, "MED-1133", TA)
                for value in extension.extensions("value"):
                    self._boolean(code, value)

    def _time(self, concept: Node) -> EffectiveTime | None:
        """When an answer was given, where an extension of the concept says it."""
        return next((when for e in concept.extensions(EFFECTIVE) if (when := effective_time(self._context, e, "value"))), None)

    def used(self, concept: Node) -> None:
        """Note that a detail was understood."""
        self._used.add(id(concept.value))

    def functions(self, modality: str) -> Iterator[Function]:
        """The functions studied, by the value set of the modality; those of another modality are errors (B4, B5)."""
        for concept in self.concepts:
            own = NUCLEAR.get(modality)
            if own and (coded := self._context.coded(concept, own)):
                self.used(concept)
                yield Function(concept=coded.code, comment=self._comment(concept, coded.code, own), date=self._time(concept))
            elif id(concept.value) not in self._used and any(self._context.matches(concept, s) for s in NUCLEAR.values()):
                self.used(concept)
                self._context.note("IMGDA-0409" if own else "IMGDA-0408", concept.path)

    def _comment(self, concept: Node, code: Code, name: str) -> str | None:
        """The text beside a function: always its comment for "Autre", else where it differs from the labels."""
        parts = [clean(concept.text("text"))]
        if parameter := self._comments.pop(id(concept.value), None):
            parts.append(text := clean(parameter.text("valueString")))
            if text and contradicts(text, True, names_of(name, code.code)):
                self._context.contradiction(parameter.at("valueString"), text)
        shown = {(code.display or "").casefold()}
        shown |= {str(c.peek("display")).strip().casefold() for c in concept.children("coding")}
        kept = [text for text in parts if text and (code.code.startswith("GEN-092") or text.casefold() not in shown)]
        return "\n".join(dict.fromkeys(kept)) or None

    def is_used(self, concept: Node) -> bool:
        """Whether a detail was understood."""
        return id(concept.value) in self._used

    def in_words(self) -> Iterator[tuple[Node, str]]:
        """What no datum of the order takes, in words, and where it stands: "incidence : face et profil".

        The words of a question that was understood add nothing; a code without words stays unread, and so is a loss.
        """
        for concept in self.concepts:
            question = self._questions.get(id(concept.value))
            if self.is_used(concept):
                if question and not question.ledger.is_read(question.value, "text"):
                    question.lose("text", "IMGDA-0908", "technical", written="value")
            elif _has_words(concept) and (words := self._context.words(concept)):
                yield concept, self._answer(question, words)
        for parameter in (*self._comments.values(), *self._texts):
            if words := clean(parameter.text("valueString")):
                yield parameter, self._answer(parameter.child("code"), words)

    def _answer(self, question: Node | None, words: str) -> str:
        """An answer behind the words of its question."""
        if question is None or not _has_words(question):
            return words
        asked = self._context.words(question)
        return words if asked is None or asked.startswith(words) else f"{asked} : {words}"

    def contrast(self) -> list[tuple[Code, Node]]:
        """The answers on contrast injection, and where they stand."""
        if self._answers is None:
            self._answers = list(self._booleans)
            for concept in self.concepts:
                if coded := self._context.coded(concept, "contrast-injection"):
                    self.used(concept)
                    self._answers.append((coded.code, concept))
        return self._answers

    def modifiers(self) -> list[tuple[Code, Node]]:
        """Topographic modifiers given for the act as a whole, and where they stand."""
        found = []
        for concept in self.concepts:
            for stray in sorted(self._context.strays(concept.children("coding"), (MODIFIER,)), key=modifier_order):
                self.used(concept)
                found.append((self._context.take_stray(stray), stray.coding))
        return found


def _has_words(concept: Node) -> bool:
    """Whether a concept says something in words: by its text, or by a display."""
    displays = (coding.peek("display") for coding in concept.children("coding"))
    return any(map(clean, (concept.peek("text"), *displays)))
