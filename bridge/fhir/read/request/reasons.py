"""Why the examination is asked for: justification and finalité.

Source: docs/fhir.md, M1 and M2; ANS, ans.fhir.fr.document-core, fr-service-request-imaging-document.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bridge.fhir.ledger.node import Node, reads
from bridge.fhir.read.clinical.clinical import Clinical
from bridge.fhir.read.clinical.phrases import joined
from bridge.fhir.read.clinical.statuses import is_never, marks
from bridge.fhir.read.concepts import Context
from bridge.fhir.read.distinct import Distinct
from bridge.fhir.read.facts import is_of_another, refuse
from bridge.fhir.read.texts import clean
from bridge.tables.concepts import TA

__all__ = ["Reasons"]

_JUSTIFICATION, _PURPOSE = "justificationDemande", "finaliteExamen"


@dataclass(slots=True)
class Reasons:
    """The reasons of a group of requests, merged: identical texts once, in the order of the input."""

    context: Context
    clinical: Clinical
    justification: Distinct[str] = field(default_factory=Distinct)
    purpose: Distinct[str] = field(default_factory=Distinct)

    @reads("justification")
    def read(self, request: Node) -> None:
        """Read every form in which a ServiceRequest may give its reasons."""
        for extension in request.extensions("extension-ServiceRequest.reason"):
            for part in extension.extensions("_datatype"):
                if part.peek("valueString") == "CodeableReference":
                    part.decide("valueString")
            for part in extension.extensions("concept"):
                self._concept(part.child("valueCodeableConcept"))
            for part in extension.extensions("reference"):
                self._reference(part.child("valueReference"))
        for item in request.children("reason"):
            self._concept(item.child("concept"))
            self._reference(item.child("reference"))
        for concept in request.children("reasonCode"):
            self._concept(concept)
        for reference in request.children("reasonReference"):
            self._reference(reference)
        self._older_forms(request)

    def _older_forms(self, request: Node) -> None:
        """Two earlier ANS designs: typed notes, and one extension for both texts (docs/fhir.md, 1.4)."""
        for note in request.children("note"):
            for extension in note.extensions("fr-note-type-extension"):
                self._add(extension.deciding("valueCode"), clean(note.text("text")))
        for extension in request.extensions("fr-imaging-request-extension"):
            for kind in (_JUSTIFICATION, _PURPOSE):
                for part in extension.extensions(kind):
                    if concept := part.child("valueCodeableConcept"):
                        self._add(kind, self.context.words(concept))

    def _add(self, kind: str | None, text: str | None) -> None:
        texts = self.purpose if kind == _PURPOSE else self.justification
        if text:
            texts.append(text)

    def _concept(self, concept: Node | None) -> None:
        """A reason is justification unless a coding says finalité; the reason of the urgency is read elsewhere."""
        if concept is None or self.context.has_code(concept, "MED-1095", TA):
            return
        kind = None
        for coding in concept.children("coding"):
            if coding.peek("code") in (_JUSTIFICATION, _PURPOSE) and str(coding.peek("system")).endswith("/fr-cs-note-type"):
                kind = coding.deciding("code")
                coding.decide("system")
        if kind:
            self._add(kind, clean(concept.text("text")))
        else:
            self._add(None, self._words(concept))

    def _words(self, concept: Node) -> str | None:
        """The words of a reason; a coding that only says "screening" is no justification (docs/fhir.md, A9)."""
        unread = [c for c in concept.children("coding") if not c.ledger.is_read(c.value, "code")]
        if not unread and "text" not in concept:
            return None
        return self.context.words(concept)

    def _reference(self, reference: Node | None) -> None:
        if reference is None:
            return
        found = self.context.index.find(reference)
        if found is None:
            if (text := clean(reference.text("display"))) is not None:
                self._add(None, text)
            elif "reference" in reference:
                self.context.note("IMGDA-0218", reference.at("reference"))
            return
        if is_of_another(self.context, found) or self._is_refuted(found) or self.clinical.never_happened(found):
            return
        self.clinical.phrases.metadata(found)
        line = self._line(found)
        self._add(None, line)
        self._add(None, self.context.other_words(reference, found) if line else None)

    def _line(self, found: Node) -> str | None:
        """What a resource says as a reason: its line, as among the antécédents and results (docs/fhir.md, M1)."""
        clinical = self.clinical
        match found.type_name:
            case "Observation":
                return clinical.results_of.observation(found) or self._finding(found)
            case "DiagnosticReport":
                conclusion = clean(found.text("conclusion"))
                return conclusion or clinical.results_of.report(found)
            case "DocumentReference":
                clinical.read(found)
                return clean(found.text("description")) or clinical.phrases.name(found)
        return clinical.histories.line(found) or clinical.phrases.name(found)

    def _finding(self, found: Node) -> str | None:
        """An Observation without a value: its code is the finding, unless it says why it has none."""
        words = self.clinical.phrases.name(found)
        if words is None or "dataAbsentReason" in found:
            found.give_up_carried("IMGDA-0901")
            return None
        when = self.clinical.phrases.when(found, "effective")
        told = [*([when] if when else []), *marks(self.context, found, "status")]
        head = f"{words} ({', '.join(told)})" if told else words
        return joined(head, *self.clinical.phrases.of(found), *self.clinical.phrases.comments(found))

    def _is_refuted(self, node: Node) -> bool:
        """Whether a Condition is refuted: no reason, even where it would answer a contre-indication."""
        if not is_never(node, "verificationStatus"):
            return False
        refuse(self.context, node)
        return True
