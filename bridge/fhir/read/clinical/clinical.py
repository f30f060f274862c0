"""The medical data that travel beside the request: antécédents, contre-indications, information, results, documents.

Each supporting resource is read once, by its type and code. What is refuted, cancelled or entered in error never comes out as a
fact (docs/decisions.md, 1). Source: docs/fhir.md, 2.6 (M3 to M9, M18 to M21).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

from bridge.fhir.ledger.node import Node, Reason, reads
from bridge.fhir.read.clinical.attachments import Attachments
from bridge.fhir.read.clinical.histories import Histories, joined
from bridge.fhir.read.clinical.implants import USES, Implants
from bridge.fhir.read.clinical.phrases import Phrases, add
from bridge.fhir.read.clinical.results import Results
from bridge.fhir.read.clinical.statuses import NOT_FINAL, is_never, marks, status_of, weakening
from bridge.fhir.read.coding import CONTRAINDICATION, MODIFIER, of
from bridge.fhir.read.concepts import Context
from bridge.fhir.read.datatypes.identifiers import identifier, peek_identifier
from bridge.fhir.read.datatypes.names import effective_time, has_ended
from bridge.fhir.read.distinct import Distinct
from bridge.fhir.read.facts import deletion, has_other_focus, is_fact, is_of_another, refuse
from bridge.fhir.read.texts import clean, one_line, plain_text
from bridge.order import CareInformation, Code, Consent, Contraindication, EffectiveTime, Identifier, blank
from bridge.tables.codes import Concept, absence_subjects, code_system_oid, rows, table, value_set
from bridge.wording.answers import is_denial, is_yes
from bridge.wording.labels import label_of_question
from bridge.wording.names import Names, names_of
from bridge.wording.spelling import same_words

__all__ = ["LOINC", "TA", "Clinical", "Finding"]

LOINC, TA = "2.16.840.1.113883.6.1", "1.2.250.1.213.1.1.4.322"

_CURRENT = (None, "active", "recurrence", "relapse")


@dataclass(slots=True)
class Finding:
    """One contre-indication as read so far."""

    concept: Code
    present: bool
    path: str
    comments: Distinct[str] = field(default_factory=Distinct)
    date: EffectiveTime | None = None
    id: Identifier | None = None


@dataclass(slots=True)
class Clinical:
    """What the supporting resources of one request say."""

    context: Context
    attachments: Attachments
    medical: Distinct[str] = field(default_factory=Distinct)
    surgical: Distinct[str] = field(default_factory=Distinct)
    known_absence: set[str] = field(default_factory=set)
    """``medical`` and ``surgical`` where the input says that there are none."""
    findings: dict[tuple[str, str], Finding] = field(default_factory=dict)
    rubric_comments: list[str] = field(default_factory=list)
    care_information: list[CareInformation] = field(default_factory=list)
    _cared_for: set[Code] = field(default_factory=set)
    informed: bool | None = None
    times: dict[str, EffectiveTime] = field(default_factory=dict)
    """When each single datum of the request was said, by its field of the order."""
    information: Distinct[str] = field(default_factory=Distinct)
    events: Distinct[str] = field(default_factory=Distinct)
    results: Distinct[str] = field(default_factory=Distinct)
    callback: bool | None = None
    functions: list[Node] = field(default_factory=list)
    """Observations MED-1133, which belong to the one act that may have them."""
    denied: list[tuple[str, str, str]] = field(default_factory=list)
    """What the input says does not exist, beside the antécédents: what it is about, its words, its FHIRPath."""
    stated: set[str] = field(default_factory=set)
    """What some resource states to exist: allergies, devices, medications, problems, procedures."""
    consents: list[Consent] = field(default_factory=list)
    implants: Implants = field(init=False)
    _seen: set[int] = field(default_factory=set)
    _grouped: list[Node] = field(default_factory=list)
    """What the resource that is being read groups."""
    _no_problems: str | None = None
    """FHIRPath of the code that says that there are no problems."""

    def __post_init__(self) -> None:
        self.implants = Implants(self.context)

    @property
    def phrases(self) -> Phrases:
        return Phrases(self.context)

    @property
    def histories(self) -> Histories:
        return Histories(self.context)

    @property
    def results_of(self) -> Results:
        return Results(self.context)

    # --- dispatch ----------------------------------------------------------------------------------------------------

    def has_read(self, resource: Node) -> bool:
        """Whether a resource was read, or refused, beside this request."""
        return id(resource.value) in self._seen

    def read(self, resource: Node) -> None:
        """Read one supporting resource, and after it those that it groups, however deep; each once."""
        waiting = [resource]
        while waiting:
            self._grouped = []
            self._read(waiting.pop())
            waiting += reversed(self._grouped)

    def _read(self, resource: Node) -> None:
        if self.has_read(resource):
            return
        self._seen.add(id(resource.value))
        reader = self._reader(resource)
        if reader is None:
            if is_fact(self.context, resource):
                self._cannot_read(resource)
        elif not (is_of_another(self.context, resource) or self.never_happened(resource)):
            self.phrases.metadata(resource)
            reader(resource)

    def _cannot_read(self, resource: Node) -> None:
        """A contra-indication in a resource of a type that is not read is a critical loss, wherever it stands there."""
        for leaf in resource.leaves():
            uri = leaf.container.get("system") if isinstance(leaf.container, dict) and leaf.key == "code" else None
            if isinstance(uri, str) and of(str(leaf.value), uri, CONTRAINDICATION, self.context.settings):
                resource.ledger.give_up(leaf.container, leaf.key, Reason("IMGDA-0901", "critical", ()))

    @reads("medical_history")
    def _about_another_thing(self, node: Node, code: str | None = None) -> None:
        """An Observation about something that only words name (focus): said whole, and the answer to no question."""
        line = self.results_of.observation(node, label_of_question(code) if code else None)
        self.context.note("IMGDA-0469", node.at("focus"))
        if line is None:
            node.give_up_carried("IMGDA-0901")
        add(self.medical, line)

    @reads("medical_history")
    def concept(self, concept: Node) -> None:
        """What a request of R5 puts beside it as a mere concept: in words; a side alone belongs to no history."""
        if not self.context.strays(concept.children("coding"), (MODIFIER,)):
            add(self.medical, self.phrases.concept(concept))

    def _reader(self, resource: Node) -> Callable[[Node], None] | None:
        readers: dict[str, Callable[[Node], None]] = {
            "Observation": self._observation,
            "Condition": self._condition,
            "Procedure": self._procedure,
            "FamilyMemberHistory": self._family,
            "AllergyIntolerance": self._allergy,
            "MedicationStatement": self._medication,
            "Flag": self._flag,
            "Device": self._device,
            **dict.fromkeys(USES, self._use),
            "DiagnosticReport": self._report,
            "ImagingStudy": self._study,
            "DocumentReference": self._document,
            "Media": self._document,
            "Binary": self._document,
            "Communication": self._communication,
            "Consent": self._consent,
        }
        return readers.get(resource.type_name)

    def never_happened(self, resource: Node) -> bool:
        """Whether a resource is cancelled, refuted or entered in error: said, and never written as a fact."""
        if deletion(resource) or (is_never(resource) and not self._denies_contraindication(resource)):
            refuse(self.context, resource)
            return True
        status = resource.peek("status")
        if isinstance(status, str):
            known = status_of(f"{resource.type_name}.status", status)
            resource.decide("status")
            if resource.type_name in NOT_FINAL and (known is None or known.meaning == "said"):
                self.context.note("IMGDA-0912", resource.at("status"), status=status)
        return False

    def _denies_contraindication(self, resource: Node) -> bool:
        """Whether a Condition is a contra-indication that is refuted and nothing worse: the answer "non"."""
        verification = resource.child("verificationStatus")
        codes = {c.peek("code") for c in verification.children("coding")} if verification else set()
        return codes == {"refuted"} and not is_never(resource, "status") and self._is_contraindication(resource.child("code"))

    def _is_contraindication(self, concept: Node | None) -> bool:
        return self.context.matches(concept, "contraindication")

    @reads("medical_history")
    def finish(self) -> None:
        """What can be said only when everything was read: devices, and what does not exist."""
        for line in self.implants.lines():
            self.stated.add("devices")
            add(self.medical, line)
        for (code, _), finding in self.findings.items():
            self.stated |= _subjects().get(code, frozenset()) if finding.present else frozenset()
        if "diseases" in self.stated and "medical" in self.known_absence:
            self.known_absence.remove("medical")
            self.context.note("IMGDA-0465", self._no_problems)
        for about, words, path in self.denied:
            if about in self.stated:
                self.context.note("IMGDA-0465", path)
            else:
                add(self.medical, words)
        answers = {code: finding.present for (code, _), finding in self.findings.items()}
        for code, path, contraindication in self.implants.unanswered(answers):
            self.context.note(code, path, contraindication=contraindication)

    # --- observations ------------------------------------------------------------------------------------------------

    def _observation(self, node: Node) -> None:
        concept = node.child("code")
        if concept is None:
            return
        questions = (
            ("64100-1", LOINC, self._contraindication),
            ("11348-0", LOINC, self._medical_history),
            ("47519-4", LOINC, self._surgical_history),
            ("ORG-192", TA, self._care),
            ("MED-1130", TA, self._informed),
            ("99622-3", LOINC, self._told),
            ("GEN-296", TA, self._event),
            ("GEN-297", TA, self._callback),
            ("30954-2", LOINC, self._prior),
            ("82810-3", LOINC, self._pregnancy),
        )
        if asked := [question for question in questions if self.context.has_code(concept, *question[:2])]:
            for code, oid, _ in asked[1:]:
                if other := self.context.coding_of(concept, code, oid):
                    self.context.note("IMGDA-0443", other.path)
            code, oid, reader = asked[0]
            self.context.take_code(concept, code, oid)
            if code in _ANSWERED and has_other_focus(self.context, node):
                self._about_another_thing(node, code)
            else:
                reader(node)
            return
        is_function, is_contraindication = self.context.has_code(concept, "MED-1133", TA), self._is_contraindication(concept)
        if (is_function or is_contraindication) and has_other_focus(self.context, node):
            self._about_another_thing(node)
        elif is_function:
            self.functions.append(node)
        elif is_contraindication:
            self._answered(node, concept, self._comments(node))
        else:
            self._other_result(node)

    def _text_value(self, node: Node) -> str | None:
        """valueString, or the words of valueCodeableConcept or of any other value; none where it says why it has none."""
        if self.results_of.is_absent(node):
            for coding in node.child("dataAbsentReason").children("coding"):  # type: ignore[union-attr]
                coding.understood()
            return None
        return self.results_of.value(node)

    def _said(self, node: Node, text: str | None) -> str | None:
        """A text with the status that weakens it, the phrases and the notes of its Observation."""
        if text is None:
            return None
        told = marks(self.context, node, "status")
        head = f"{text} [{', '.join(told)}]" if told else text
        return "\n".join([head, *self.phrases.of(node), *self.phrases.comments(node)])

    def _timed_text(self, node: Node, item: str) -> str | None:
        """The text of an Observation with what goes with it; its time is kept as that field of the order."""
        text = self._said(node, self._text_value(node))
        if text:
            self._timed(node, item)
        return text

    def _timed(self, node: Node, item: str) -> None:
        """Keep when a datum was said: of several times the first, so that another one is a loss."""
        if item not in self.times and (when := effective_time(self.context, node)):
            self.times[item] = when

    def _comments(self, node: Node) -> list[str]:
        """What goes into the comment of a contra-indication: what weakens it, its phrases and notes."""
        return [*marks(self.context, node, "status"), *self.phrases.of(node), *self.phrases.comments(node)]

    def _history_text(self, node: Node, labels: tuple[str, ...], texts: Distinct[str], item: str) -> None:
        """The free text of a rubric, with its time as *item* of the order; its own label, or a dash, is no text."""
        text, name = self._text_value(node), node.choice("value")
        if text is not None and name and blank.is_blank(text, *labels, *_own_labels(node.child("code"))):
            self.context.note("IMGDA-0466", node.at(name))
            node.lose(name, "IMGDA-0901", "technical")
            text = None
        if said := self._said(node, text) or "\n".join(self.phrases.comments(node)):
            self._timed(node, item)
            add(texts, said)

    @reads("medical_history")
    def _medical_history(self, node: Node) -> None:
        if not self._absence(node.child("valueCodeableConcept"), "problems"):
            self._history_text(node, blank.MEDICAL, self.medical, "medical_history_at")

    @reads("surgical_history")
    def _surgical_history(self, node: Node) -> None:
        if not self._absence(node.child("valueCodeableConcept"), "procedures"):
            self._history_text(node, blank.SURGICAL, self.surgical, "surgical_history_at")

    @reads("patient_information")
    def _told(self, node: Node) -> None:
        add(self.information, self._timed_text(node, "patient_information_at"))

    @reads("event")
    def _event(self, node: Node) -> None:
        add(self.events, self._timed_text(node, "event_at"))

    @reads("prior_results")
    def _prior(self, node: Node) -> None:
        add(self.results, self._said(node, self._text_value(node)))

    @reads("patient_informed")
    def _informed(self, node: Node) -> None:
        answer = self.answer(node, names_of("question", "MED-1130"))
        if answer is None:
            self._unanswered(node)
            return
        self.context.check_notes(node, answer, names_of("question", "MED-1130"))
        if self.informed not in (None, answer):
            self.context.note("IMGDA-0438", node.path)
        self.informed = answer
        self._timed(node, "patient_informed_at")

    def _unanswered(self, node: Node) -> None:
        """A question that was asked and has no answer: when it was asked is kept."""
        if reason := node.child("dataAbsentReason"):
            for coding in reason.children("coding"):
                coding.understood()
            self._timed(node, "patient_informed_at")

    @reads("callback")
    def _callback(self, node: Node) -> None:
        answer = self.answer(node, names_of("question", "GEN-297"))
        if answer is not None:
            self.context.check_notes(node, answer, names_of("question", "GEN-297"))
            if self.callback not in (None, answer):
                self.context.note("IMGDA-0328", node.path)
            self.callback = bool(self.callback) or answer
            self._timed(node, "callback_at")

    def answer(self, node: Node, names: Names) -> bool | None:
        """The yes or no of an Observation or component: valueBoolean, or a yes/no concept; *names* of what is asked about."""
        found = node.flag("valueBoolean")
        if found is None and (concept := node.child("valueCodeableConcept")):
            found = self.context.answer(concept, "yes-no", names)
        if found is None and "dataAbsentReason" not in node:
            self._unusable(node)
        return found

    def _unusable(self, node: Node) -> None:
        """Report an answer that cannot be used, at its value; the question is understood, so that nothing else is said of it."""
        name = node.choice("value")
        self.context.note("IMGDA-0441", node.at(name) if name else node.path)
        for element in ("code", name):
            if element and element in node:
                node.lose(element, "IMGDA-0910", "technical")

    # --- contre-indications ------------------------------------------------------------------------------------------

    @reads("contraindications")
    def _contraindication(self, node: Node) -> None:
        """LOINC 64100-1: a value says yes; components are questions; alone with a note, the comment of the rubric."""
        self._skip_derived_identifier(node)
        for component in node.children("component"):
            concept = component.child("code")
            if concept and self._is_contraindication(concept):
                self._answered(component, concept, self.phrases.of(component, "Observation.component"))
        value = node.child("valueCodeableConcept")
        if self.results_of.is_absent(node):
            self._asked(node, node.child("code"))
        elif value is not None:
            self._affirmed(node, value)
        elif node.choice("value"):
            self._outside_the_set(node)
        else:
            self.rubric_comments += self._comments(node)

    def _skip_derived_identifier(self, node: Node) -> None:
        """An identifier that was derived for want of one says so by its use; it is no fact of the order (docs/fhir.md, M5)."""
        for found in node.children("identifier"):
            if _is_derived(found):
                found.decide("use", "system", "value")

    def _affirmed(self, node: Node, value: Node) -> None:
        if coded := self.context.coded(value, "contraindication"):
            wording = clean(value.text("text"))
            own = [wording] if wording and wording.casefold() != (coded.code.display or "").casefold() else []
            self._find(coded.code, True, node, [*own, *self._comments(node)])
        else:
            self._outside_the_set(node)

    @reads("medical_history")
    def _outside_the_set(self, node: Node) -> None:
        """A contre-indication that the value set lacks still matters: in words, among the antécédents médicaux."""
        words, name = self.results_of.value(node), node.choice("value") or "value"
        if words is None:
            self.context.note("IMGDA-0426", node.at(name))
            return
        self.context.note("IMGDA-0425", node.at(name))
        add(self.medical, joined("Contre-indication : " + words, *self._comments(node)))

    @reads("contraindications")
    def _answered(self, node: Node, concept: Node, comments: list[str]) -> None:
        """The concept itself as the question, with a yes or no."""
        if self.results_of.is_absent(node):
            self._asked(node, concept)
            return
        present = self.answer(node, names_of("contraindication", self.context.code_in(concept, CONTRAINDICATION)))
        node.decide("valueBoolean")
        if present is not None and (coded := self.context.coded(concept, "contraindication")):
            self._find(coded.code, present, node, comments)

    @reads("medical_history")
    def _asked(self, node: Node, concept: Node | None) -> None:
        """A question that was asked and has no answer: the medical history says so, and no answer is assumed."""
        reason = node.child("dataAbsentReason")
        words = marks(self.context, node, "dataAbsentReason") if reason else []
        coded = self.context.coded(concept, "contraindication", quiet=True)
        name = coded.code.display if coded else "Contre-indications"
        told = ", ".join(words) or "raison non précisée"
        self.context.note("IMGDA-0460", node.at("dataAbsentReason"), reason=told)
        add(self.medical, joined(f"{name} : sans réponse ({told})", *self.phrases.comments(node)))

    @reads("contraindications")
    def _pregnancy(self, node: Node) -> None:
        """LOINC 82810-3, Pregnancy status."""
        concept = value_set("contraindication").by_code["77386006"][0]
        code = Code(code=concept.code, system=concept.system, display=concept.display)
        if self.results_of.is_absent(node):
            self._asked(node, node.child("code"))
            return
        value = node.child("valueCodeableConcept")
        present = self.context.answer(value, "pregnancy", names_of("contraindication", code.code)) if value else None
        if present is None:
            self._unusable(node)
            return
        wording = None
        if value and not value.ledger.is_read(value.value, "text"):
            wording = clean(value.text("text"))
        self._find(code, present, node, [*([wording] if wording else []), *self._comments(node)])

    def _find(self, code: Code, present: bool, node: Node, comments: list[str]) -> None:
        known = self.findings.setdefault((code.code, code.system), Finding(code, present, node.path))
        if known.present is not present:
            self.context.note("IMGDA-0424", node.path)
        self.context.check_notes(node, present, names_of("contraindication", code.code))
        dated = node if node.choice("effective") else node.parent
        if known.date is None and dated is not None:
            known.date = effective_time(self.context, dated)
        if node.type_name == "Observation":
            self._skip_derived_identifier(node)
            known.id = known.id or self._entry_id(node)
        for comment in comments:
            add(known.comments, comment)

    def _entry_id(self, node: Node) -> Identifier | None:
        """The identifier of an Observation, that no other finding has: it names the entry of the document."""
        taken = {finding.id for finding in self.findings.values()}
        stated = next((n for n in node.children("identifier") if not _is_derived(n)), None)
        if stated and peek_identifier(self.context, stated, bare=True) not in {None, *taken}:
            return identifier(self.context, stated, bare=True)
        return None

    def contraindications(self) -> tuple[Contraindication, ...]:
        """The contre-indications in the order of the input; the comment of the rubric goes to the first one."""
        findings = list(self.findings.values())
        if self.rubric_comments:
            if findings:
                self.context.note("IMGDA-0427", findings[0].path)
                new = dict.fromkeys(c for c in reversed(self.rubric_comments) if c not in findings[0].comments)
                findings[0].comments = Distinct([*reversed(new), *findings[0].comments])
            else:
                for comment in self.rubric_comments:
                    add(self.medical, "Contre-indications : " + comment)
        return tuple(
            Contraindication(concept=f.concept, present=f.present, comment="\n".join(f.comments) or None, date=f.date, id=f.id)
            for f in findings
        )

    # --- informations pour la prise en charge ------------------------------------------------------------------------

    @reads("care_information")
    def _care(self, node: Node) -> None:
        value = node.child("valueCodeableConcept")
        coded = self.context.coded(value, "care-information")
        if coded and value and not self.results_of.is_absent(node):
            self._add_care(coded.code, node)
            self._with_details(node, coded.code)
        elif self._care_in_words(node, lambda: self.results_of.value(node)) and value:
            self.context.note("IMGDA-0504", value.path, value_set="JDV_InfoPriseEnCharge")

    def _add_care(self, code: Code, node: Node | None = None) -> None:
        if code not in self._cared_for:
            self._cared_for.add(code)
            when = effective_time(self.context, node) if node else None
            self.care_information.append(CareInformation(concept=code, date=when))

    @reads("medical_history")
    def _care_in_words(self, node: Node, words: Callable[[], str | None]) -> bool:
        """What the value set of the informations lacks stands among the antécédents médicaux."""
        if (text := words()) is None:
            return False
        self.stated |= _kinds_of_allergy(text)
        add(self.medical, joined("Information pour la prise en charge : " + text, *self._comments(node)))
        return True

    @reads("medical_history")
    def _with_details(self, node: Node, code: Code) -> None:
        """A coded information has no room for comments: they stand among the antécédents, with its label."""
        self.context.check_notes(node, True, names_of("care-information", code.code))
        told = weakening(self.context, node)
        if comments := [*told, *self.phrases.of(node), *self.phrases.comments(node)]:
            add(self.medical, joined(f"Information pour la prise en charge : {code.display}", *comments))

    @reads("care_information")
    def _flag(self, node: Node) -> None:
        """An active Flag: an information, a contra-indication, or in words what neither value set has, and one that has ended."""
        concept = node.child("code")
        if concept and has_ended(node.child("period"), self.context.now):
            self._ended(node, concept)
        elif coded := self.context.coded(concept, "care-information"):
            self._add_care(coded.code)
            self._with_details(node, coded.code)
        elif concept and self._is_contraindication(concept):
            self._present(node, concept)
        elif concept:
            self._care_in_words(node, lambda: self.phrases.concept(concept))

    @reads("medical_history")
    def _ended(self, node: Node, concept: Node) -> None:
        """A Flag whose period has ended is none any more: it is said, with its period, and answers nothing."""
        if words := self.phrases.concept(concept):
            add(self.medical, joined(f"Ancien signalement : {words}", *self._comments(node)))

    @reads("contraindications")
    def _present(self, node: Node, concept: Node) -> None:
        coded = self.context.coded(concept, "contraindication")
        assert coded is not None
        self._find(coded.code, True, node, self._comments(node))

    # --- histories ---------------------------------------------------------------------------------------------------

    def _absence(self, concept: Node | None, about: str) -> bool:
        """Whether a code says that there is nothing, or that nothing is known (IPS, SNOMED CT).

        It is about what the code says, or else *about* what the resource is about.
        """
        codings = concept.children("coding") if concept else []
        found = [(coding, row.concept) for coding in codings if (row := table("absence").get(_key(coding)))]
        if not found:
            return False
        if any(_states_something(coding) for coding in codings if _key(coding) not in table("absence")):
            self.context.note("IMGDA-0467", found[0][0].path)
            return False
        self._check_absence(found)
        for coding, stated in sorted(found, key=lambda pair: (pair[1].display, _key(pair[0]))):
            coding.understood()
            if stated.code == "absent":
                self._deny(_about(coding) or about, stated.display, coding)
        self._own_words(concept)
        return True

    def _check_absence(self, found: Sequence[tuple[Node, Concept]]) -> None:
        """Report codes that say that there is nothing and that nothing is known, in one concept; and contrary labels."""
        for coding, stated in found:
            if stated.code != found[0][1].code:
                self.context.note("IMGDA-0443", coding.path)
            if stated.code == "absent" and _states_something(coding):
                self.context.note("IMGDA-0444", coding.at("display"), value=str(coding.peek("display")))

    def _deny(self, about: str, words: str, coding: Node) -> None:
        if rubric := {"problems": "medical", "procedures": "surgical"}.get(about):
            self.known_absence.add(rubric)
            self._no_problems = coding.path if rubric == "medical" else self._no_problems
        else:
            self.denied.append((about, words, coding.path))

    def _own_words(self, concept: Node | None) -> None:
        """The text beside a code of absence: kept, unless it repeats the label of the code."""
        if concept is None or (text := clean(concept.peek("text"))) is None:
            return
        if any(same_words(text, str(coding.peek("display"))) for coding in concept.children("coding")) or _DENIAL.match(text):
            concept.decide("text")
        else:
            if not is_denial(text) and any(table("absence")[_key(c)].concept.code == "absent" for c in _absences(concept)):
                self.context.contradiction(concept.at("text"), text)
            add(self.medical, clean(concept.text("text")))

    @reads("medical_history")
    def _condition(self, node: Node) -> None:
        concept = node.child("code")
        if self._absence(concept, "problems"):
            self._absent(node)
            return
        if self._is_contraindication(concept) and concept and (_is_current(node) or self._denies_contraindication(node)):
            self._answered_by(node, concept)
        elif _is_current(node) and (coded := self.context.coded(concept, "care-information")):
            self._add_care(coded.code)
            self._with_details(node, coded.code)
        elif line := self.histories.condition(node):
            self.stated |= {"problems", *_kinds_of_allergy(line)}
            add(self.medical, line)

    @reads("contraindications")
    def _answered_by(self, node: Node, concept: Node) -> None:
        """A Condition that is a contra-indication: "oui", or "non" when it is refuted."""
        denied = self._denies_contraindication(node)
        told = weakening(self.context, node)
        coded = self.context.coded(concept, "contraindication", denied=denied)
        assert coded is not None
        words, when = clean(concept.text("text")), self.phrases.when(node, "onset")
        if denied and words and is_yes(words):
            self.context.contradiction(concept.at("text"), words)
        since = (f"Début : {when}" if "onsetPeriod" in node else f"Depuis {when}") if when else None
        details = [text for text in (words, since, *told, *self.phrases.of(node), *self.phrases.comments(node)) if text]
        self._find(coded.code, not denied, node, details)

    def _absent(self, node: Node) -> None:
        """The rest of a resource that states an absence: what weakens it and its notes are kept."""
        told = weakening(self.context, node)
        comments = [*told, *self.phrases.comments(node)]
        if comments and self.denied and self.denied[-1][2].startswith(node.path):
            about, words, path = self.denied[-1]
            self.denied[-1] = about, joined(words, *comments), path
        else:
            for comment in comments:
                add(self.medical, comment)

    @reads("surgical_history")
    def _procedure(self, node: Node) -> None:
        if self._absence(node.child("code"), "procedures"):
            self._absent(node)
            return
        if line := self.histories.procedure(node, *self.implants.of_procedure(node), *self._target(node)):
            self.stated.add("procedures")
            add(self.surgical, line)

    def _target(self, node: Node) -> list[str]:
        """The structure that a Procedure was about. FHIR: extension procedure-targetBodyStructure."""
        found = [e.child("valueReference") for e in node.extensions("procedure-targetBodyStructure")]
        names = [text for reference in found if reference and (text := self.phrases.reference(reference))]
        return [f"localisation : {name}" for name in names]

    @reads("medical_history")
    def _family(self, node: Node) -> None:
        if line := self.histories.family(node):
            add(self.medical, line)
        else:
            node.give_up_carried("IMGDA-0901")

    @reads("medical_history")
    def _allergy(self, node: Node) -> None:
        if self._absence(node.child("code"), "allergies"):
            self._absent(node)
        elif line := self.histories.allergy(node):
            self.stated |= {"allergies", *_kinds_of_allergy(line), *_categories(node)}
            add(self.medical, line)

    @reads("medical_history")
    def _medication(self, node: Node) -> None:
        owner = node.child("medicationCodeableConcept") or node.child("medication")
        concept = (owner.child("concept") or owner) if owner else None
        if self._absence(concept, "medications"):
            self._absent(node)
        elif line := self.histories.medication(node):
            self.stated.add("medications")
            add(self.medical, line)

    @reads("medical_history")
    def _device(self, node: Node) -> None:
        """A device of the patient; one that names nobody is none of his (docs/decisions.md, 28)."""
        concept = node.child("type")
        if self._absence(concept, "devices"):
            self._absent(node)
        elif "patient" in node:
            self.implants.devices.append(node)

    @reads("medical_history")
    def _use(self, node: Node) -> None:
        """A statement that a device is, was or will be used."""
        owner = node.child("device")
        device = self.context.index.lookup(owner.child("reference") or owner) if owner else None
        concept = device.child("type") if device is not None else owner.child("concept") if owner else None
        if owner and self._absence(concept, "devices"):
            self.context.index.find(owner.child("reference") or owner)
            self._absent(node)
        else:
            self.implants.uses.append(node)

    # --- results -----------------------------------------------------------------------------------------------------

    @reads("prior_results")
    def _other_result(self, node: Node) -> None:
        """Any other Observation with a value, and those that it groups."""
        if self._absence(node.child("valueCodeableConcept"), "problems"):
            self._absent(node)
            return
        line, members = self.results_of.observation(node), [self.context.index.find(r) for r in node.children("hasMember")]
        if line is None and not any(members):
            node.give_up_carried("IMGDA-0901")
        add(self.results, line)
        self._grouped += [member for member in members if member is not None]

    @reads("prior_results")
    def _report(self, node: Node) -> None:
        add(self.results, self.results_of.report(node))
        for form in node.children("presentedForm"):
            self.attachments.read(form, title=self.results_of.label(node))
        self._grouped += [found for result in node.children("result") if (found := self.context.index.find(result))]

    @reads("prior_results")
    def _study(self, node: Node) -> None:
        add(self.results, self.results_of.study(node))

    @reads("consents")
    def _consent(self, node: Node) -> None:
        """A consent or an opposition in force: its category, in whatever code system has an OID."""
        provision = node.child("provision")
        if node.peek("status") != "active" or has_ended(
            node.child("period") or (provision and provision.child("period")), self.context.now
        ):
            return
        codes = [code for concept in node.children("category") if (code := self.context.verbatim(concept))]
        ids = tuple(i for n in node.children("identifier") if (i := identifier(self.context, n, bare=True)))
        self.consents += [Consent(code=code, ids=ids if place == 0 else ()) for place, code in enumerate(codes)]

    # --- documents, information --------------------------------------------------------------------------------------

    @reads("attachments")
    def _document(self, node: Node) -> None:
        self.attachments.document(node)

    @reads("patient_information")
    def _communication(self, node: Node) -> None:
        told = marks(self.context, node, "status")
        for payload in node.children("payload"):
            text = clean(payload.text("contentString"))
            if text is None and (concept := payload.child("contentCodeableConcept")):
                text = self.phrases.concept(concept)
            add(self.information, f"{text} [{', '.join(told)}]" if text and told else text)
            attachment = payload.child("contentAttachment")
            if attachment:
                self.attachments.read(attachment)


@cache
def _subjects() -> dict[str, frozenset[str]]:
    """What each contra-indication states to exist, as codes of absence name it."""
    devices = {
        row["contraindication"]: frozenset({"devices"}) for row in rows("implants") if row["contraindication"] != "MED-1110"
    }
    agents = dict.fromkeys(("MED-1105", "MED-1108", "MED-1122"), frozenset({"allergies", "drug allergies"}))
    diseases = dict.fromkeys(("I50.9", "MED-1106", "N18.9"), frozenset({"diseases"}))
    return {**devices, **agents, **diseases}


_ANSWERED = frozenset({"64100-1", "82810-3", "GEN-297", "MED-1130", "ORG-192"})
"""Questions whose answer is yes, no or a concept; the others take words, which say their focus."""
_ALLERGY = re.compile(r"\ballerg(?:ies?|y)\b|\bhypersensib|\banaphyla", re.IGNORECASE)
_KINDS_OF_ALLERGY = {
    "latex allergies": re.compile(r"\blatex\b", re.IGNORECASE),
    "insect allergies": re.compile(r"\b(?:insectes?|guêpes?|abeilles?|hyménoptères?|insect|wasp|bee)\b", re.IGNORECASE),
}
_CATEGORIES = {"medication": "drug allergies", "food": "food allergies", "environment": "environment allergies"}


def _kinds_of_allergy(line: str) -> set[str]:
    """What allergies a line states, as codes of absence name them; none where it denies."""
    if not _ALLERGY.search(line) or is_denial(line):
        return set()
    return {"allergies", *(kind for kind, words in _KINDS_OF_ALLERGY.items() if words.search(line))}


def _categories(node: Node) -> set[str]:
    """The kinds of allergy of AllergyIntolerance.category."""
    sent = node.peek("category")
    return {_CATEGORIES[code] for code in (sent if isinstance(sent, list) else [sent]) if code in _CATEGORIES}


_DENIAL = re.compile(r"(aucune?|pas d|absence d|no |none|nka\b|nkda\b|néant|rien)", re.IGNORECASE)
"""How a text that says what a code of absence says begins."""


def _is_derived(identifier: Node) -> bool:
    """Whether an identifier says, by its use, that the document derived it for want of one."""
    return (identifier.peek("use"), identifier.peek("system")) == ("temp", "urn:ietf:rfc:3986")


def _key(coding: Node) -> tuple[str, str]:
    """The system and code of a Coding, as the tables have them."""
    return str(coding.peek("system")), str(coding.peek("code"))


def _absences(concept: Node) -> list[Node]:
    """The codings of a concept that are codes of absence."""
    return [coding for coding in concept.children("coding") if _key(coding) in table("absence")]


def _states_something(coding: Node) -> bool:
    """Whether the label of a Coding states a fact: it has words, and none of them denies."""
    display = one_line(coding.peek("display"))
    return display is not None and not is_denial(display)


def _own_labels(concept: Node | None) -> list[str]:
    """The labels of a concept: its text and the displays of its codings."""
    if concept is None:
        return []
    return [str(concept.peek("text") or ""), *(str(coding.peek("display") or "") for coding in concept.children("coding"))]


def _about(coding: Node) -> str | None:
    """What a code of absence is about: the column ``about`` of its table."""
    return absence_subjects().get((str(coding.peek("system")), str(coding.peek("code")))) or None


def _is_current(node: Node) -> bool:
    """Whether a Condition is stated, confirmed and not over."""
    clinical = {c.peek("code") for c in _codings(node, "clinicalStatus")} or {None}
    verification = {c.peek("code") for c in _codings(node, "verificationStatus")}
    is_over = clinical == {None} and node.choice("abatement") is not None
    return clinical <= set(_CURRENT) and verification <= {"confirmed"} and not is_over


def _codings(node: Node, element: str) -> list[Node]:
    concept = node.child(element)
    return concept.children("coding") if concept else []


def narrative_text(node: Node) -> str | None:
    """The words of a resource's or section's narrative, one line for each of its blocks."""
    text = node.child("text")
    div = text.text("div") if text else None
    if not div or text is None:
        return None
    return clean("\n".join(line for part in plain_text(div).split("\n") if (line := " ".join(part.split()))))


def sections(composition: Node) -> Iterator[Node]:
    """Every section of a Composition, depth first."""
    for section in composition.children("section"):
        yield section
        yield from sections(section)


def section_code(section: Node) -> str | None:
    """The LOINC code of a section."""
    concept = section.child("code")
    for coding in concept.children("coding") if concept else ():
        if code_system_oid(str(coding.peek("system"))) == LOINC:
            return str(coding.peek("code"))
    return None
