"""The medical data that travel beside the request: antécédents, contre-indications, information, results, documents.

Each supporting resource is read once, by its type and code. What is refuted, cancelled or entered in error never comes out as a
fact (docs/decisions.md, 1). Source: docs/fhir.md, 2.6 (M3 to M9, M18 to M21).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from bridge.fhir.ledger.node import Node, Reason, reads
from bridge.fhir.read.clinical.answers import Answers
from bridge.fhir.read.clinical.antecedents import Antecedents
from bridge.fhir.read.clinical.attachments import LinkedDocuments
from bridge.fhir.read.clinical.care import CareInformations
from bridge.fhir.read.clinical.contraindications import Contraindications, is_contraindication, is_denied_contraindication
from bridge.fhir.read.clinical.histories import Histories
from bridge.fhir.read.clinical.implants import USES, Implants
from bridge.fhir.read.clinical.information import Information
from bridge.fhir.read.clinical.phrases import Phrases
from bridge.fhir.read.clinical.results import Results
from bridge.fhir.read.clinical.statuses import NOT_FINAL, is_never, status_of
from bridge.fhir.read.concepts import Context
from bridge.fhir.read.datatypes.identifiers import identifier
from bridge.fhir.read.datatypes.names import has_ended
from bridge.fhir.read.distinct import Distinct
from bridge.fhir.read.facts import deletion, has_other_focus, is_fact, is_of_another, refuse
from bridge.order import Consent
from bridge.tables.concepts import CONTRAINDICATION, LOINC, MODIFIER, TA, of
from bridge.wording.labels import label_of_question

__all__ = ["Clinical"]

_Read = Callable[[Node], Iterable[Node] | None]
"""Reads a resource; what it groups is read after it."""


class _Question(NamedTuple):
    code: str
    system: str
    read: Callable[[Node], None]
    in_words: bool = False
    """Whether the answer is words, which say their own focus, and no yes, no or concept."""


class Clinical:
    """What the supporting resources of one request say, by rubric of the volet."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.phrases = phrases = Phrases(context)
        self.answers = answers = Answers(context, phrases)
        self.documents = LinkedDocuments(context)
        self.antecedents = antecedents = Antecedents(context, answers)
        self.contraindications = Contraindications(context, answers, antecedents)
        self.care = CareInformations(context, answers, antecedents, self.contraindications)
        self.information = Information(context, answers, self.documents)
        self.implants = Implants(context, phrases, antecedents)
        self.results_of = Results(context, answers, antecedents, self.documents)
        self.histories = Histories(context, phrases, antecedents, self.contraindications, self.care, self.implants)
        self.consents: Distinct[Consent] = Distinct()
        self.functions: list[Node] = []
        """Observations MED-1133, which belong to the one act that may have them."""
        self._seen: set[int] = set()
        """``id()`` of the objects of the resources that were read, or refused."""

    def read(self, resource: Node) -> None:
        """Read one supporting resource, and after it those that it groups, however deep; each once."""
        waiting = [resource]
        while waiting:
            waiting += reversed(self._read(waiting.pop()))

    def _read(self, resource: Node) -> list[Node]:
        """Read one resource; those that it groups."""
        if id(resource.value) in self._seen:
            return []
        self._seen.add(id(resource.value))
        reader = self._reader(resource.type_name)
        if reader is None:
            if is_fact(self.context, resource):
                self._cannot_read(resource)
        elif not (is_of_another(self.context, resource) or self.never_happened(resource)):
            self.phrases.metadata(resource)
            return [*(reader(resource) or ())]
        return []

    def _cannot_read(self, resource: Node) -> None:
        """A contra-indication in a resource of a type that is not read is a critical loss, wherever it stands there."""
        for leaf in resource.leaves():
            uri = leaf.container.get("system") if isinstance(leaf.container, dict) and leaf.key == "code" else None
            if isinstance(uri, str) and of(str(leaf.value), uri, CONTRAINDICATION, self.context.settings):
                resource.ledger.give_up(leaf.container, leaf.key, Reason("IMGDA-0901", "critical", ()))

    def _reader(self, kind: str) -> _Read | None:
        readers: dict[str, _Read] = {
            "Observation": self._observation,
            "Condition": self.histories.read_condition,
            "Procedure": self.histories.read_procedure,
            "FamilyMemberHistory": self.histories.read_family,
            "AllergyIntolerance": self.histories.read_allergy,
            "MedicationStatement": self.histories.read_medication,
            "Flag": self.care.flag,
            "Device": self.implants.read_device,
            **dict.fromkeys(USES, self.implants.read_use),
            "DiagnosticReport": self.results_of.read_report,
            "ImagingStudy": self.results_of.read_study,
            **dict.fromkeys(("DocumentReference", "Media", "Binary"), self.documents.document),
            "Communication": self.information.read_communication,
            "Consent": self._consent,
        }
        return readers.get(kind)

    def never_happened(self, resource: Node) -> bool:
        """Whether a resource is cancelled, refuted or entered in error: said, and never written as a fact."""
        if deletion(resource) or (is_never(resource) and not is_denied_contraindication(self.context, resource)):
            refuse(self.context, resource)
            return True
        status = resource.peek("status")
        if isinstance(status, str):
            known = status_of(f"{resource.type_name}.status", status)
            resource.decide("status")
            if resource.type_name in NOT_FINAL and (known is None or known.meaning == "said"):
                self.context.note("IMGDA-0912", resource.at("status"), status=status)
        return False

    # --- observations ------------------------------------------------------------------------------------------------

    def _observation(self, node: Node) -> Iterable[Node]:
        """Read an Observation by the question that it answers; any other one is an earlier result, and may group some."""
        concept = node.child("code")
        if concept is None:
            return ()
        if question := self._question(concept):
            if has_other_focus(self.context, node) and not question.in_words:
                self._about_another_thing(node, question.code)
            else:
                question.read(node)
            return ()
        is_function, asks = self.context.has_code(concept, "MED-1133", TA), is_contraindication(self.context, concept)
        if not (is_function or asks):
            return self.results_of.read_observation(node)
        if has_other_focus(self.context, node):
            self._about_another_thing(node)
        elif is_function:
            self.functions.append(node)
        else:
            self.contraindications.question(node, concept, self.answers.comments(node))
        return ()

    def _question(self, concept: Node) -> _Question | None:
        """The first question that a concept asks, whose code counts as read; a second one is reported."""
        questions = (
            _Question("64100-1", LOINC, self.contraindications.rubric),
            _Question("11348-0", LOINC, self.antecedents.medical_text, in_words=True),
            _Question("47519-4", LOINC, self.antecedents.surgical_text, in_words=True),
            _Question("ORG-192", TA, self.care.question),
            _Question("MED-1130", TA, self.information.read_informed),
            _Question("99622-3", LOINC, self.information.read_told, in_words=True),
            _Question("GEN-296", TA, self.information.read_event, in_words=True),
            _Question("GEN-297", TA, self.information.read_callback),
            _Question("30954-2", LOINC, self.results_of.read_text, in_words=True),
            _Question("82810-3", LOINC, self.contraindications.pregnancy),
        )
        asked = [question for question in questions if self.context.has_code(concept, question.code, question.system)]
        for question in asked[1:]:
            if other := self.context.coding_of(concept, question.code, question.system):
                self.context.note("IMGDA-0443", other.path)
        if not asked:
            return None
        self.context.take_code(concept, asked[0].code, asked[0].system)
        return asked[0]

    @reads("medical_history")
    def _about_another_thing(self, node: Node, code: str | None = None) -> None:
        """An Observation about something that only words name (focus): said whole, and the answer to no question."""
        line = self.results_of.observation(node, label_of_question(code) if code else None)
        self.context.note("IMGDA-0469", node.at("focus"))
        if line is None:
            node.give_up_carried("IMGDA-0901")
        self.antecedents.add(line)

    # --- consents, concepts, the end ---------------------------------------------------------------------------------

    @reads("consents")
    def _consent(self, node: Node) -> None:
        """A consent or an opposition in force: its categories, in whatever code system has an OID; the first has its numbers."""
        provision = node.child("provision")
        period = node.child("period") or (provision.child("period") if provision else None)
        if node.peek("status") != "active" or has_ended(period, self.context.now):
            return
        codes = [code for concept in node.children("category") if (code := self.context.verbatim(concept))]
        ids = tuple(i for n in node.children("identifier") if (i := identifier(self.context, n, bare=True)))
        for place, code in enumerate(codes):
            self.consents.append(Consent(code=code, ids=ids if place == 0 else ()))

    @reads("medical_history")
    def concept(self, concept: Node) -> None:
        """What a request of R5 puts beside it as a mere concept: in words; a side alone belongs to no history."""
        if not self.context.strays(concept.children("coding"), (MODIFIER,)):
            self.antecedents.add(self.phrases.concept(concept))

    @reads("medical_history")
    def finish(self) -> None:
        """What can be said only when everything was read: devices, and what does not exist."""
        for line in self.implants.lines():
            self.antecedents.add(line, "devices")
        self.antecedents.finish(self.contraindications.stated())
        for code, path, contraindication in self.implants.unanswered(self.contraindications.answered()):
            self.context.note(code, path, contraindication=contraindication)
