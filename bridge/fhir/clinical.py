"""The medical data that travel beside the request: antécédents, contre-indications, information, results, documents.

Each supporting resource is read once, by its type and code. What is refuted, cancelled or entered in error never comes out as a
fact (docs/decisions.md, 1). Source: docs/fhir.md, 2.6 (M3 to M9, M18 to M21).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from bridge.fhir.attachments import Attachments
from bridge.fhir.context import Context, clean, one_line
from bridge.fhir.datatypes import effective_time, french_date, identifier, moment, peek_identifier
from bridge.fhir.view import Node, reads
from bridge.mappings import code_system_oid, table, value_set
from bridge.order import CareInformation, Code, Consent, Contraindication, EffectiveTime, Identifier

__all__ = ["Clinical", "Finding"]

LOINC, TA = "2.16.840.1.113883.6.1", "1.2.250.1.213.1.1.4.322"

_NEVER_HAPPENED = frozenset({"entered-in-error", "cancelled", "not-done", "revoked", "rejected"})

_ORDINARY = frozenset({"final", "amended", "corrected", "completed", "current", "active", "available"})
"""What is settled: said by the document without a word."""

_CLINICAL_STATUS = {
    "active": None,
    "recurrence": "récidive",
    "relapse": "rechute",
    "inactive": "inactif",
    "remission": "en rémission",
    "resolved": "résolu",
}
_VERIFICATION = {
    "confirmed": None,
    "unconfirmed": "non confirmé",
    "provisional": "provisoire",
    "differential": "diagnostic différentiel",
}
_KINSHIP_PREFIX = "Familial : "
_ALLERGY_PREFIX = "Allergie : "


@dataclass(slots=True)
class Finding:
    """One contre-indication as read so far."""

    concept: Code
    present: bool
    path: str
    comments: list[str] = field(default_factory=list)
    date: EffectiveTime | None = None
    id: Identifier | None = None


@dataclass(slots=True)
class Clinical:
    """What the supporting resources of one request say."""

    context: Context
    attachments: Attachments
    medical: list[str] = field(default_factory=list)
    surgical: list[str] = field(default_factory=list)
    known_absence: set[str] = field(default_factory=set)
    """``medical`` and ``surgical`` where the input says that there are none."""
    findings: dict[tuple[str, str], Finding] = field(default_factory=dict)
    rubric_comments: list[str] = field(default_factory=list)
    care_information: list[CareInformation] = field(default_factory=list)
    informed: bool | None = None
    times: dict[str, EffectiveTime] = field(default_factory=dict)
    """When each single datum of the request was said, by its field of the order."""
    information: list[str] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    results: list[str] = field(default_factory=list)
    callback: bool | None = None
    functions: list[Node] = field(default_factory=list)
    """Observations MED-1133, which belong to the one act that may have them."""
    consents: list[Consent] = field(default_factory=list)
    _seen: set[int] = field(default_factory=set)

    # --- dispatch ----------------------------------------------------------------------------------------------------

    def read(self, resource: Node) -> None:
        """Read one supporting resource, once."""
        if id(resource.value) in self._seen:
            return
        self._seen.add(id(resource.value))
        reader = {
            "Observation": self._observation,
            "Condition": self._condition,
            "Procedure": self._procedure,
            "FamilyMemberHistory": self._family,
            "AllergyIntolerance": self._allergy,
            "Flag": self._flag,
            "DiagnosticReport": self._report,
            "ImagingStudy": self._study,
            "DocumentReference": self._document,
            "Media": self._document,
            "Binary": self._document,
            "Communication": self._communication,
            "Consent": self._consent,
        }.get(resource.type_name)
        if reader is None or self.context.is_foreign(resource) or self.never_happened(resource):
            return
        reader(resource)

    def never_happened(self, resource: Node) -> bool:
        """Whether a resource is cancelled, refuted or entered in error: said, and never written as a fact."""
        status = resource.peek("status")
        if status in _ORDINARY:
            resource.decide("status")
        verification = resource.child("verificationStatus")
        refuted = verification is not None and any(
            coding.peek("code") == "entered-in-error"
            or (coding.peek("code") == "refuted" and not self._is_contraindication(resource.child("code")))
            for coding in verification.children("coding")
        )
        if status in _NEVER_HAPPENED or refuted:
            self.context.note("IMGDA-0217", resource.path)
            resource.give_up("IMGDA-0910", "technical")
            return True
        if status is not None and status not in _ORDINARY:
            self.context.note("IMGDA-0912", resource.at("status"), status=str(status))
            resource.decide("status")
        return False

    def _is_contraindication(self, concept: Node | None) -> bool:
        return self.context.matches(concept, "contraindication")

    # --- observations ------------------------------------------------------------------------------------------------

    def _observation(self, node: Node) -> None:
        concept = node.child("code")
        if concept is None:
            return
        for code, oid, reader in (
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
        ):
            if self.context.has_code(concept, code, oid):
                self.context.take_code(concept, code, oid)
                reader(node)
                return
        if self.context.has_code(concept, "MED-1133", TA):
            self.functions.append(node)
        elif self._is_contraindication(concept):
            self._answered(node, concept, self._comments(node))
        else:
            self._other_result(node)

    def _text_value(self, node: Node) -> str | None:
        """valueString, or the text of valueCodeableConcept, or its first display."""
        if (text := clean(node.text("valueString"))) is not None:
            return text
        concept = node.child("valueCodeableConcept")
        return self.context.words(concept) if concept else None

    def _with_comments(self, node: Node, text: str | None) -> str | None:
        return "\n".join([text, *self._comments(node)]) if text else None

    def _said(self, node: Node, item: str) -> str | None:
        """The text of an Observation with its notes; its time is kept as that field of the order."""
        text = self._with_comments(node, self._text_value(node))
        if text:
            self._timed(node, item)
        return text

    def _timed(self, node: Node, item: str) -> None:
        """Keep when a datum was said: of several times the first, so that another one is a loss."""
        if item not in self.times and (when := effective_time(self.context, node)):
            self.times[item] = when

    def _comments(self, node: Node) -> list[str]:
        return [text for note in node.children("note") if (text := clean(note.text("text")))]

    @reads("medical_history")
    def _medical_history(self, node: Node) -> None:
        _add(self.medical, self._said(node, "medical_history_at"))

    @reads("surgical_history")
    def _surgical_history(self, node: Node) -> None:
        _add(self.surgical, self._said(node, "surgical_history_at"))

    @reads("patient_information")
    def _told(self, node: Node) -> None:
        _add(self.information, self._said(node, "patient_information_at"))

    @reads("event")
    def _event(self, node: Node) -> None:
        _add(self.events, self._said(node, "event_at"))

    @reads("prior_results")
    def _prior(self, node: Node) -> None:
        _add(self.results, self._with_comments(node, self._text_value(node)))

    @reads("patient_informed")
    def _informed(self, node: Node) -> None:
        answer = self.answer(node)
        if answer is None:
            self._unanswered(node)
            return
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
        answer = self.answer(node)
        if answer is not None:
            if self.callback not in (None, answer):
                self.context.note("IMGDA-0328", node.path)
            self.callback = bool(self.callback) or answer
            self._timed(node, "callback_at")

    def answer(self, node: Node) -> bool | None:
        """The yes or no of an Observation or component: valueBoolean, or a yes/no concept."""
        if (flag := node.flag("valueBoolean")) is not None:
            return flag
        concept = node.child("valueCodeableConcept")
        found = self._table_answer(concept, "yes-no") if concept else None
        if found is None and "dataAbsentReason" not in node:
            self.context.note("IMGDA-0441", node.path)
        return found

    def _table_answer(self, concept: Node, name: str) -> bool | None:
        for coding in concept.children("coding"):
            row = table(name).get((str(coding.peek("system")), str(coding.peek("code"))))
            if row:
                for same in concept.children("coding"):
                    other = table(name).get((str(same.peek("system")), str(same.peek("code"))))
                    if other and other.concept.code == row.concept.code:
                        same.understood()
                return row.concept.code == "true"
        return None

    # --- contre-indications ------------------------------------------------------------------------------------------

    @reads("contraindications")
    def _contraindication(self, node: Node) -> None:
        """LOINC 64100-1: a value says yes; components are questions; alone with a note, the comment of the rubric."""
        comments = self._comments(node)
        components = node.children("component")
        for component in components:
            concept = component.child("code")
            if concept and self._is_contraindication(concept):
                self._answered(component, concept, [])
        value = node.child("valueCodeableConcept")
        if value is not None:
            self._affirmed(node, value, comments)
        else:
            self.rubric_comments += comments

    def _affirmed(self, node: Node, value: Node, comments: list[str]) -> None:
        if coded := self.context.coded(value, "contraindication"):
            wording = clean(value.text("text"))
            if wording and wording.casefold() != (coded.code.display or "").casefold():
                comments = [wording, *comments]
            self._find(coded.code, True, node, comments)
        else:
            self._outside_the_set(value, comments)

    def _outside_the_set(self, value: Node, comments: list[str]) -> None:
        """A contre-indication that the value set lacks still matters: in words, among the antécédents médicaux."""
        words = self.context.words(value)
        if words is None:
            self.context.note("IMGDA-0426", value.path)
            return
        self.context.note("IMGDA-0425", value.path)
        _add(self.medical, " ; ".join(["Contre-indication : " + words, *comments]))

    @reads("contraindications")
    def _answered(self, node: Node, concept: Node, comments: list[str]) -> None:
        """The concept itself as the question, with a yes or no."""
        present = self.answer(node)
        node.decide("valueBoolean")
        if present is not None and (coded := self.context.coded(concept, "contraindication")):
            self._find(coded.code, present, node, comments)

    @reads("contraindications")
    def _pregnancy(self, node: Node) -> None:
        """LOINC 82810-3, Pregnancy status."""
        value = node.child("valueCodeableConcept")
        present = self._table_answer(value, "pregnancy") if value else None
        if present is None:
            self.context.note("IMGDA-0441", node.path)
            return
        concept = value_set("contraindication").by_code["77386006"][0]
        code = Code(code=concept.code, system=concept.system, display=concept.display)
        self._find(code, present, node, self._comments(node))

    def _find(self, code: Code, present: bool, node: Node, comments: list[str]) -> None:
        known = self.findings.setdefault((code.code, code.system), Finding(code, present, node.path))
        if known.present is not present:
            self.context.note("IMGDA-0424", node.path)
        dated = node if node.choice("effective") else node.parent
        if known.date is None and dated is not None:
            known.date = effective_time(self.context, dated)
        if known.id is None and node.type_name == "Observation":
            known.id = self._entry_id(node)
        for comment in comments:
            _add(known.comments, comment)

    def _entry_id(self, node: Node) -> Identifier | None:
        """The identifier of an Observation, that no other finding has: it names the entry of the document."""
        taken = {finding.id for finding in self.findings.values()}
        for stated in node.children("identifier")[:1]:
            if peek_identifier(self.context, stated) not in {None, *taken}:
                return identifier(self.context, stated)
        return None

    def contraindications(self) -> tuple[Contraindication, ...]:
        """The contre-indications in the order of the input; the comment of the rubric goes to the first one."""
        findings = list(self.findings.values())
        if self.rubric_comments:
            if findings:
                self.context.note("IMGDA-0427", findings[0].path)
                for comment in reversed(self.rubric_comments):
                    if comment not in findings[0].comments:
                        findings[0].comments.insert(0, comment)
            else:
                for comment in self.rubric_comments:
                    _add(self.medical, "Contre-indications : " + comment)
        return tuple(
            Contraindication(concept=f.concept, present=f.present, comment="\n".join(f.comments) or None, date=f.date, id=f.id)
            for f in findings
        )

    # --- informations pour la prise en charge ------------------------------------------------------------------------

    @reads("care_information")
    def _care(self, node: Node) -> None:
        value = node.child("valueCodeableConcept")
        coded = self.context.coded(value, "care-information")
        if coded and value:
            self._add_care(coded.code, node)
        elif value and (words := self.context.words(value)):
            self.context.note("IMGDA-0504", value.path, value_set="JDV_InfoPriseEnCharge")
            _add(self.medical, "Information pour la prise en charge : " + words)

    def _add_care(self, code: Code, node: Node | None = None) -> None:
        if all(code != known.concept for known in self.care_information):
            when = effective_time(self.context, node) if node else None
            self.care_information.append(CareInformation(concept=code, date=when))

    @reads("care_information")
    def _flag(self, node: Node) -> None:
        if node.peek("status") in ("active", None) and (coded := self.context.coded(node.child("code"), "care-information")):
            self._add_care(coded.code)

    # --- histories ---------------------------------------------------------------------------------------------------

    def _absence(self, concept: Node | None, kind: str) -> bool:
        """Whether a code says that there is nothing, or that nothing is known (IPS absent-unknown)."""
        if concept is None:
            return False
        for coding in concept.children("coding"):
            row = table("absence").get((str(coding.peek("system")), str(coding.peek("code"))))
            if row:
                coding.understood()
                if row.concept.code == "absent":
                    self.known_absence.add(kind)
                return True
        return False

    @reads("medical_history")
    def _condition(self, node: Node) -> None:
        concept = node.child("code")
        if self._absence(concept, "medical"):
            self._status(node, "clinicalStatus"), self._status(node, "verificationStatus")
            return
        clinical, verification = self._status(node, "clinicalStatus"), self._status(node, "verificationStatus")
        current = clinical in (None, "active", "recurrence", "relapse")
        if self._is_contraindication(concept) and verification in ("confirmed", "refuted", None) and current and concept:
            coded = self.context.coded(concept, "contraindication")
            assert coded is not None
            self._find(coded.code, verification != "refuted", node, self._condition_details(node, concept))
            return
        if verification in ("confirmed", None) and current and (coded := self.context.coded(concept, "care-information")):
            self._add_care(coded.code)
            return
        if line := self._condition_line(node, clinical, verification):
            _add(self.medical, " ; ".join([line, *self._comments(node)]))

    def condition(self, node: Node) -> str | None:
        """A Condition in words: its code, and in brackets its date and whatever weakens it."""
        return self._condition_line(node, self._status(node, "clinicalStatus"), self._status(node, "verificationStatus"))

    def _condition_line(self, node: Node, clinical: str | None, verification: str | None) -> str | None:
        concept = node.child("code")
        words = self.context.words(concept) if concept else None
        if words is None:
            return None
        marks = [_CLINICAL_STATUS.get(clinical or "active"), _VERIFICATION.get(verification or "confirmed")]
        details = [text for text in [self._when(node, "onset", "recordedDate"), *marks] if text]
        return f"{words} ({', '.join(details)})" if details else words

    def _condition_details(self, node: Node, concept: Node) -> list[str]:
        words, when = clean(concept.text("text")), self._when(node, "onset")
        return [*([words] if words else []), *([f"Depuis {when}"] if when else []), *self._comments(node)]

    def _status(self, node: Node, element: str) -> str | None:
        """The code of a clinicalStatus or verificationStatus; one that is unknown stays unread and so is a loss."""
        concept = node.child(element)
        for coding in concept.children("coding") if concept else ():
            code = coding.peek("code")
            if code in _CLINICAL_STATUS or code in _VERIFICATION or code == "refuted":
                coding.decide("code")
                return str(code)
        return None

    @reads("surgical_history")
    def _procedure(self, node: Node) -> None:
        concept = node.child("code")
        if self._absence(concept, "surgical"):
            return
        if node.peek("status") not in ("completed", "unknown", None):
            self.context.note("IMGDA-0217", node.at("status"))
            return
        words = self.context.words(concept) if concept else None
        if words:
            when = self._when(node, "performed") or self._when(node, "occurrence")
            _add(self.surgical, " ; ".join([f"{words} ({when})" if when else words, *self._comments(node)]))

    @reads("medical_history")
    def _family(self, node: Node) -> None:
        kin = node.child("relationship")
        who = self.context.words(kin) if kin else None
        name = one_line(node.text("name"))
        lines = []
        for condition in node.children("condition"):
            concept = condition.child("code")
            words = self.context.words(concept) if concept else None
            if words:
                when = self._when(condition, "onset")
                lines.append(" ; ".join([f"{words} ({when})" if when else words, *self._comments(condition)]))
        lines += self._comments(node)
        head = ", ".join(text for text in (who, name) if text)
        if not lines:
            node.give_up_carried("IMGDA-0901")
        else:
            _add(self.medical, _KINSHIP_PREFIX + (f"{head} : " if head else "") + " ; ".join(lines))

    @reads("medical_history")
    def _allergy(self, node: Node) -> None:
        concept = node.child("code")
        if self._absence(concept, "allergy"):
            if "allergy" in self.known_absence:
                _add(self.medical, _ALLERGY_PREFIX + "aucune connue")
            self._status(node, "clinicalStatus"), self._status(node, "verificationStatus")
            return
        clinical, verification = self._status(node, "clinicalStatus"), self._status(node, "verificationStatus")
        words = self.context.words(concept) if concept else None
        if not words:
            return
        reactions = [text for reaction in node.children("reaction") for text in self._reaction(reaction)]
        marks = [_CLINICAL_STATUS.get(clinical or "active"), _VERIFICATION.get(verification or "confirmed")]
        details = [text for text in [self._when(node, "onset"), *marks] if text]
        line = f"{words} ({', '.join(details)})" if details else words
        _add(self.medical, _ALLERGY_PREFIX + " ; ".join([line, *reactions, *self._comments(node)]))

    def _reaction(self, node: Node) -> Iterator[str]:
        for item in node.children("manifestation"):
            if text := self.context.words(item.child("concept") or item):
                yield text
        if text := clean(node.text("description")):
            yield text

    def _when(self, node: Node, *elements: str) -> str | None:
        """The date, age or text of a choice element such as onset[x], for people."""
        for element in elements:
            name = node.choice(element) or (element if element in node else None)
            if name is None:
                continue
            if name.endswith("Period") and (span := node.child(name)):
                start, end = moment(self.context, span, "start"), moment(self.context, span, "end")
                bounds = [french_date(bound) for bound in (start, end) if bound]
                return " - ".join(bounds) or None
            if name.endswith(("Age", "Range")) and (age := node.child(name)):
                return _quantity(age)
            if name.endswith("String"):
                return one_line(node.text(name))
            if name.endswith(("DateTime", "Date")) and (when := moment(self.context, node, name)):
                return french_date(when)
        return None

    # --- results -----------------------------------------------------------------------------------------------------

    @reads("prior_results")
    def _other_result(self, node: Node) -> None:
        """Any other Observation with a value: "code: value unit (date)" among the prior results."""
        concept = node.child("code")
        label = self.context.words(concept) if concept else None
        parts = [part for part in [self._value(node), *(self._component(c) for c in node.children("component"))] if part]
        if not label or not parts:
            node.give_up_carried("IMGDA-0901")
            return
        when = self._when(node, "effective")
        line = f"{label} : {' ; '.join(parts)}"
        if node.peek("status") not in ("final", "amended", "corrected", None):
            line += f" [{node.peek('status')}]"
        line = f"{line} ({when})" if when else line
        interpretations = [t for i in node.children("interpretation") if (t := self.context.words(i))]
        _add(self.results, " ; ".join([line, *interpretations, *self._comments(node)]))

    def _component(self, node: Node) -> str | None:
        concept = node.child("code")
        label, value = self.context.words(concept) if concept else None, self._value(node)
        if label and value:
            return f"{label} {value}"
        node.give_up_carried("IMGDA-0901")
        return None

    def _value(self, node: Node) -> str | None:
        name = node.choice("value")
        if name is None:
            return None
        if name == "valueQuantity" and (quantity := node.child(name)):
            return _quantity(quantity)
        if name == "valueCodeableConcept" and (concept := node.child(name)):
            return self.context.words(concept)
        if name == "valueBoolean":
            return {True: "oui", False: "non", None: None}[node.flag(name)]
        if name == "valueInteger":
            return node.number(name)
        if name == "valueDateTime" and (when := moment(self.context, node, name)):
            return french_date(when)
        return clean(node.text(name))

    @reads("prior_results")
    def _report(self, node: Node) -> None:
        conclusion = clean(node.text("conclusion"))
        concept = node.child("code")
        when = self._when(node, "effective")
        label = self._label(concept) if concept else None
        day = when if when and when not in (conclusion or "") else None
        head = f"{label} ({day})" if label and day else label or day
        _add(self.results, " : ".join(text for text in (head, conclusion) if text) if label or conclusion else None)
        for form in node.children("presentedForm"):
            self.attachments.read(form, title=label)
        for result in node.children("result"):
            if found := self.context.index.find(result):
                self.read(found)

    def _label(self, concept: Node) -> str | None:
        """What a report is, in words without codes."""
        text = clean(concept.text("text"))
        for coding in concept.children("coding"):
            if text is None and "display" in coding:
                text = one_line(coding.text("display"))
            coding.give_up("IMGDA-0908", "technical", written="text")
        return text

    @reads("prior_results")
    def _study(self, node: Node) -> None:
        description = clean(node.text("description"))
        if description:
            started = moment(self.context, node, "started")
            _add(self.results, f"{description} ({french_date(started)})" if started else description)

    @reads("consents")
    def _consent(self, node: Node) -> None:
        """A consent or an opposition in force: its category, in whatever code system has an OID."""
        if node.peek("status") != "active":
            return
        codes = [code for concept in node.children("category") if (code := self.context.verbatim(concept))]
        ids = tuple(i for n in node.children("identifier") if (i := identifier(self.context, n)))
        self.consents += [Consent(code=code, ids=ids if place == 0 else ()) for place, code in enumerate(codes)]

    # --- documents, information --------------------------------------------------------------------------------------

    @reads("attachments")
    def _document(self, node: Node) -> None:
        self.attachments.document(node)

    @reads("patient_information")
    def _communication(self, node: Node) -> None:
        for payload in node.children("payload"):
            text = clean(payload.text("contentString"))
            if text is None and (concept := payload.child("contentCodeableConcept")):
                text = self.context.words(concept)
            _add(self.information, text)
            attachment = payload.child("contentAttachment")
            if attachment:
                self.attachments.read(attachment)


def _add(texts: list[str], text: str | None) -> None:
    """Add a text that is not there yet."""
    if text and text not in texts:
        texts.append(text)


def _quantity(node: Node) -> str | None:
    """A Quantity, Age or Range for people."""
    low, high = node.child("low"), node.child("high")
    if low or high:
        return " - ".join(text for bound in (low, high) if bound and (text := _quantity(bound))) or None
    value = node.number("value")
    if value is None:
        return None
    comparator, unit, code = node.text("comparator") or "", one_line(node.text("unit")), one_line(node.peek("code"))
    if unit is None or unit == code or code in ("a", "1"):
        node.text("code"), node.text("system")
    unit = {"a": "ans", "an": "ans", "mo": "mois", "wk": "semaines", "d": "jours"}.get(unit or code or "", unit or code)
    return f"{comparator}{value} {unit}" if unit and unit != "1" else f"{comparator}{value}"


_TAGS = re.compile(r"<(?:br|/p|/li|/tr|/div|/h\d)[^>]*>", re.IGNORECASE)
_CELL = re.compile(r"</t[dh][^>]*>", re.IGNORECASE)
_ANY_TAG = re.compile(r"<[^>]*>")


def narrative_text(node: Node) -> str | None:
    """The words of a resource's or section's narrative, one line for each of its blocks."""
    text = node.child("text")
    div = text.text("div") if text else None
    if not div or text is None:
        return None
    plain = html.unescape(_ANY_TAG.sub("", _CELL.sub(" ", _TAGS.sub("\n", div))))
    return clean("\n".join(line for part in plain.split("\n") if (line := " ".join(part.split()))))


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
