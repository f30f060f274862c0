"""A FHIR imaging order, read into the order: the steps, one after the other.

Nothing stops at the first fault: each is reported and reading goes on, so that an order with ten faults gives ten findings.

Source: docs/fhir.md, 2 (the input contract).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from bridge.fhir.ledger import losses
from bridge.fhir.ledger.node import Node, reads
from bridge.fhir.ledger.node import root as view
from bridge.fhir.ledger.references import Index
from bridge.fhir.read import labels, leftovers, unreferenced
from bridge.fhir.read.clinical.attachments import Attachments
from bridge.fhir.read.clinical.clinical import Clinical, narrative_text, section_code, sections
from bridge.fhir.read.context import Context, clean, code_of
from bridge.fhir.read.datatypes.telecoms import telecom
from bridge.fhir.read.distinct import Distinct
from bridge.fhir.read.facts import deletion
from bridge.fhir.read.groups import Group, groups
from bridge.fhir.read.header.authors import read_authors
from bridge.fhir.read.header.communications import call_back_numbers, wants_call_back
from bridge.fhir.read.header.document import read_document
from bridge.fhir.read.header.encounter import read_encounter
from bridge.fhir.read.header.information import (
    informing_professionals,
    informing_relatives,
    lose_unplaced,
    read_data_enterer,
    read_recipients,
)
from bridge.fhir.read.header.numbers import fulfilled_orders, order_ids, shared_ids
from bridge.fhir.read.header.participants import read_participants
from bridge.fhir.read.header.request import is_screening, read_request
from bridge.fhir.read.header.responsibles import read_authenticators, read_custodian
from bridge.fhir.read.header.source import HeaderSource
from bridge.fhir.read.header.times import created_at, requested_at
from bridge.fhir.read.header.urgency import read_urgency
from bridge.fhir.read.people.people import People
from bridge.fhir.read.request.acts import Acts, codeable
from bridge.fhir.read.request.reasons import Reasons
from bridge.fhir.read.source import leave_aside
from bridge.findings.issues import Issue
from bridge.order import blank
from bridge.order import xml as order_xml
from bridge.order.model import Act, Contact, Identifier, Order, Patient, PatientName, Telecom
from bridge.order.origins import Places
from bridge.settings import Settings

__all__ = ["Reading", "read"]

_BUNDLES = ("document", "transaction", "batch", "collection", "searchset", "message")
_TAKEN_BACK = ("cancelled", "entered-in-error")
_NOT_FINAL = ("deprecated", "partial", "preliminary", "registered", "unknown")
_EXTENSION_OF_INFO = "extension-ServiceRequest.supportingInfo"


@dataclass(frozen=True, slots=True)
class Reading:
    """What one group of requests gave."""

    order: Order | None
    """None where no request was found, or those of two patients."""
    issues: tuple[Issue, ...]
    number: str | None = None
    """The order number as sent."""
    places: Places = field(default_factory=Places)
    """FHIRPath of the items of the order."""
    source: Node | None = field(default=None, repr=False)
    """The view of the whole input, whose ledger says what became of each leaf."""
    version: str = "R4"
    """FHIR version of the input."""
    taken: frozenset[tuple[int, str | int]] | None = field(default=None, repr=False)
    """The marks of the ledger that are for this order; None where there is no other."""


def read(
    resource: dict[str, Any],
    version: str,
    settings: Settings,
    *,
    single: bool = False,
    now: datetime | None = None,
) -> list[Reading]:
    """Every order of a Bundle or ServiceRequest, whose structure has been checked.

    *single* joins requests without a common number into one order when they have patient, requester and day in common.
    """
    root = view(resource)
    context = Context(Index(root), settings, version, root.ledger)
    context.issues += context.index.issues
    if problem := _unsuitable(root):
        context.note(*problem)
        return [Reading(None, tuple(context.issues))]
    _refuse_modifiers(context, root)
    composition = _composition(context, root)
    if composition:
        _check_status(context, composition)
    found = groups(context, root, composition, single=single)
    if not found:
        if not any(issue.is_error for issue in context.issues):
            context.note("IMGDA-0203", root.path)
        return [Reading(None, tuple(context.issues))]
    shared = tuple(context.issues)
    readings: list[Reading] = []
    people: list[People] = []
    for group in found:
        context.begin()
        root.ledger.taken = set() if len(found) > 1 else None
        reader = _Reader(context, root, composition, group, now)
        order = reader.order()
        people.append(reader.people)
        taken = None if root.ledger.taken is None else frozenset(root.ledger.taken)
        readings.append(Reading(order, shared + tuple(context.issues), group.number, Places(reader.places), taken=taken))
    labelled = labels.contrary(context, root)
    leave_aside(context.index)
    _refuse_deletions(root)
    leftovers.give_up(context.index, people, [reading.order for reading in readings if reading.order])
    unreferenced.belonging_to_nothing(context)
    lost = tuple(losses.find(root, context.index, settings.losses))
    """With several orders in one input, a leaf is lost when no order took it."""
    return [
        replace(reading, issues=reading.issues + labels_of + lost, source=root, version=version)
        for reading, group in zip(readings, found, strict=True)
        for labels_of in [tuple(labels.unsaid(labelled, reading.issues, group.requests))]
    ]


def _unsuitable(root: Node) -> tuple[str, str] | None:
    if root.type_name == "ServiceRequest":
        return None
    if root.type_name != "Bundle":
        return "IMGDA-0201", root.path
    return ("IMGDA-0202", root.at("type")) if root.deciding("type") not in _BUNDLES else None


def _composition(context: Context, root: Node) -> Node | None:
    """The Composition of shape (a), the ANS document."""
    if root.type_name == "Bundle" and root.peek("type") == "document":
        return next(iter(context.index.of_type("Composition")), None)
    return None


def _check_status(context: Context, composition: Node) -> None:
    """A document that was taken back is refused, and one that is not final is said (docs/decisions.md, 35)."""
    status = composition.peek("status")
    if status in _TAKEN_BACK:
        context.note("IMGDA-0343", composition.at("status"))
    elif status in _NOT_FINAL:
        composition.decide("status")
        context.note("IMGDA-0912", composition.at("status"), status=str(status))


def _refuse_modifiers(context: Context, root: Node) -> None:
    """An unknown modifierExtension, or implicitRules, may reverse the meaning of anything: an error wherever it stands."""
    stack: list[tuple[Any, str]] = [(root.value, root.path)]
    while stack:
        value, path = stack.pop()
        if isinstance(value, dict):
            for name in ("modifierExtension", "implicitRules"):
                if value.get(name):
                    context.note("IMGDA-0210", f"{path}.{name}")
            stack += [(item, f"{path}.{key}") for key, item in value.items() if isinstance(item, (dict, list))]
        else:
            stack += [(item, f"{path}[{i}]") for i, item in enumerate(value) if isinstance(item, (dict, list))]


def _refuse_deletions(root: Node) -> None:
    """An instruction to delete what was read, and is no fact with a status of its own, is a critical loss: a person, a place."""
    for entry in root.children("entry"):
        resource, request = entry.child("resource"), entry.child("request")
        if resource is None or request is None or deletion(resource) is None:
            continue
        if root.ledger.has_read(resource.value) and not root.ledger.is_read(request.value, "method"):
            request.lose("method", "IMGDA-0901", "critical")


class _Reader:
    """Reads one group of requests."""

    def __init__(self, context: Context, root: Node, composition: Node | None, group: Group, now: datetime | None) -> None:
        self.context = context
        self.composition = composition
        self.requests = group.requests
        self.places: dict[tuple[str | int, ...], str] = {(): group.requests[0].path}
        self.source = HeaderSource.of(context, root, composition, group.requests, now)
        self.people = self.source.people

    # --- the order ---------------------------------------------------------------------------------------------------

    def order(self) -> Order | None:
        """The order, with a placeholder for each mandatory item that is missing and reported; None for two patients."""
        nodes = self._patient_nodes()
        if len(nodes) > 1:
            self.context.note("IMGDA-0206", self.requests[0].at("subject"))
            return None
        patient_node = self.context.patient = nodes[0] if nodes else None
        self._focus(patient_node)
        source = self.source
        ids = order_ids(source)
        requested = requested_at(source)
        created = created_at(source, requested)
        self.people.now = self.context.now = requested or created
        authors = read_authors(source, requested, created)
        clinical = Clinical(self.context, Attachments(self.context))
        screening, urgency = is_screening(source), read_urgency(source)
        reasons = self._reasons(clinical)
        supporting = self._supporting()
        for resource in supporting:
            clinical.read(resource)
        for concept in (
            c for request in self.requests for item in request.children("supportingInfo") for c in item.children("concept")
        ):
            clinical.concept(concept)
        clinical.finish()
        patient, contacts = self._patient(patient_node)
        acts = self._acts(clinical, ids)
        callback = self._callback(clinical)
        if callback is not None:
            authors = self._with_call_back_numbers(authors)
        legal, others = read_authenticators(source, authors, requested, created)
        event = read_request(source, ids, authors, requested, created)
        if requested not in (authors[0].time, legal.time, event.period.start):
            for request in self.requests:
                request.lose("authoredOn", "IMGDA-0903", "administrative")
        contraindications = self._contraindications(clinical)  # before the history: what has no place there goes into it
        self._narratives(reasons, clinical)
        self._note_places(patient_node)
        self._wished_performers(urgent=urgency is not None)
        order = Order(
            document=read_document(source, ids, requested, created),
            patient=patient,
            authors=authors,
            custodian=read_custodian(source, authors[0].professional),
            legal_authenticator=legal,
            request=event,
            encounter=read_encounter(source, authors[0].professional),
            justification=self._joined(reasons.justification, "reasonCode") or "",
            medical_history=self._history(clinical, "medical"),
            surgical_history=self._history(clinical, "surgical"),
            acts=acts,
            patient_informed=clinical.informed,
            patient_informed_at=clinical.times.get("patient_informed_at"),
            data_enterer=read_data_enterer(source),
            contacts=contacts,
            recipients=(addressed := read_recipients(source)).recipients,
            authenticators=others,
            participants=read_participants(source, patient_node, supporting),
            screening=screening,
            urgency=urgency,
            callback=callback,
            purpose=self._joined(reasons.purpose, "reasonCode"),
            contraindications=contraindications,
            care_information=tuple(clinical.care_information),
            patient_information=self._joined(self._information(clinical), "patientInstruction"),
            event=self._joined(self._events(clinical), "supportingInfo"),
            prior_results=self._joined(clinical.results, "supportingInfo"),
            attachments=tuple(clinical.attachments.found),
            medical_history_at=clinical.times.get("medical_history_at"),
            surgical_history_at=clinical.times.get("surgical_history_at"),
            patient_information_at=clinical.times.get("patient_information_at"),
            event_at=clinical.times.get("event_at"),
            callback_at=clinical.times.get("callback_at") if callback is not None else None,
            informants=informing_professionals(source),
            fulfils=fulfilled_orders(source),
            consents=tuple(dict.fromkeys(clinical.consents)),
        )
        order = order_xml.without_derived_ids(order)
        lose_unplaced(self.people, order, addressed.roles)
        self.places |= {("identifier", i.root, i.extension or ""): where for i, where in self.context.identified.items()}
        return order

    def _patient_nodes(self) -> list[Node]:
        """The patients of the group: one is right, none is reported here, two are for the caller to refuse."""
        found: dict[int, Node] = {}
        owners = [self.composition] if self.composition else []
        for owner in [*owners, *self.requests]:
            reference = owner.child("subject")
            target = self.context.index.find(reference) if reference else None
            if target is None:
                code = "IMGDA-0204" if reference and "reference" in reference else "IMGDA-0301"
                self.context.note(code, owner.at("subject"))
            elif target.type_name != "Patient":
                self.context.note("IMGDA-0205", owner.at("subject"), expected="Patient")
            else:
                found.setdefault(id(target.value), target)
        return [*found.values()]

    def _focus(self, patient: Node | None) -> None:
        """The focus of a request that is the patient himself says nothing more; any other is a critical loss. FHIR R5."""
        for reference in (focus for request in self.requests for focus in request.children("focus")):
            target = self.context.index.lookup(reference)
            if target is not None and patient is not None and target.value is patient.value:
                self.context.index.find(reference)

    def _patient(self, node: Node | None) -> tuple[Patient, tuple[Contact, ...]]:
        """The patient and the relatives; where no patient was found, the other findings still count."""
        if node is not None:
            return self.people.patient(node, self._relatives(node))
        nobody = Patient(
            ids=(Identifier(root="0.0"),),
            name=PatientName(birth_family=self.context.settings.texts.not_stated),
            gender=code_of("gender", "UN"),
            birth_date="0001",
        )
        return nobody, ()

    def _relatives(self, patient: Node) -> list[Node]:
        informants = informing_relatives(self.source)
        named = {id(node.value) for node in informants}
        for node in self.context.index.of_type("RelatedPerson"):
            owner = node.child("patient")
            target = self.context.index.find(owner) if owner else None
            if target is not None and target.value is patient.value and id(node.value) not in named:
                informants.append(node)
        return [node for node in informants if not self.context.is_foreign(node)]

    def _reasons(self, clinical: Clinical) -> Reasons:
        reasons = Reasons(self.context, clinical)
        for request in self.requests:
            reasons.read(request)
        return reasons

    def _supporting(self) -> list[Node]:
        """Every resource that the requests, or the sections of the document, put beside the request."""
        references = []
        for request in self.requests:
            for item in request.children("supportingInfo"):
                reference = item.child("reference") or (item if "reference" in item or "identifier" in item else None)
                references += [reference] if reference else []
            for extension in request.extensions(_EXTENSION_OF_INFO):
                references += [r for part in extension.extensions("reference") if (r := part.child("valueReference"))]
        for section in sections(self.composition) if self.composition else ():
            references += section.children("entry")
        found = []
        for reference in references:
            resource = self.context.index.find(reference)
            if resource is not None:
                found.append(resource)
            elif "reference" in reference:
                self.context.note("IMGDA-0204", reference.at("reference"))
        if self.context.settings.unreferenced == "take":
            found += unreferenced.of_the_patient(self.context)
        return found

    def _acts(self, clinical: Clinical, ids: tuple[Identifier, ...]) -> tuple[Act, ...]:
        reader, shared = Acts(self.context), shared_ids(self.source, ids)
        nuclear = [r for r in self.requests if self.context.matches(codeable(r, "code"), "modality")]
        nuclear = [r for r in nuclear if _is_nuclear(r)]
        owner = nuclear[0] if len(nuclear) == 1 else None
        if clinical.functions and owner is None:
            for node in clinical.functions:
                self.context.note("IMGDA-0408", node.path)
        acts: list[Act] = []
        without: set[int] = set()
        """The acts that are said to have no deadline."""
        for request in self.requests:
            own = clinical.functions if owner is not None and owner.value is request.value else []
            for act in reader.read(request, own, shared).acts:
                self.places["acts", len(acts)] = request.path
                self.places["acts", len(acts), "wanted_by"] = _deadline(request)
                without |= {len(acts)} if _has_no_deadline(request) else set()
                acts.append(act)
        return self._with_deadline(acts, without)

    def _with_deadline(self, acts: list[Act], without: set[int]) -> tuple[Act, ...]:
        """The deadline belongs to the whole request: an act without one takes the only one there is (docs/fhir.md, M17).

        *without* are acts whose deadline is said to be unknown: they take none.
        """
        known = {act.wanted_by for act in acts if act.wanted_by}
        if len(known) != 1:
            return tuple(acts)
        deadline = known.pop()
        for index, act in enumerate(acts):
            if act.wanted_by is None and index not in without:
                self.context.note("IMGDA-0421", f"{self.places['acts', index]}.occurrence")
                acts[index] = replace(act, wanted_by=deadline)
        return tuple(acts)

    def _callback(self, clinical: Clinical) -> bool | None:
        stated = wants_call_back(self.source)
        if stated and clinical.callback is False:
            self.context.note("IMGDA-0328", self.requests[0].at("extension"))
        return stated if stated is not None else clinical.callback

    @reads("authors")
    def _with_call_back_numbers(self, authors: tuple[Any, ...]) -> tuple[Any, ...]:
        """The number to call back has no place of its own: it joins the telecoms of the demandeur (docs/fhir.md, M21)."""
        author = authors[0]
        known: dict[Telecom, None] = dict.fromkeys(author.professional.telecoms)
        values = {number.value for number in known}
        for point in call_back_numbers(self.source):
            for number in telecom(point):
                if number.value not in values:
                    known[number] = None
                    values.add(number.value)
                elif number not in known:
                    point.lose("use", "IMGDA-0903")
        return (replace(author, professional=replace(author.professional, telecoms=tuple(known))), *authors[1:])

    # --- texts -------------------------------------------------------------------------------------------------------

    def _joined(self, texts: list[str], element: str) -> str | None:
        if len(texts) > 1:
            self.context.note("IMGDA-0433", self.requests[0].at(element))
        return "\n".join(texts) or None

    def _history(self, clinical: Clinical, kind: str) -> str:
        texts: list[str] = getattr(clinical, kind)
        settings = self.context.settings.texts
        if not blank.is_blank("\n".join(texts)):
            return "\n".join(texts)
        if kind in clinical.known_absence:
            return settings.known_absence
        code = "IMGDA-0417" if kind == "medical" else "IMGDA-0418"
        origin = {"origin": "texts.not_recorded", "item": f"{kind}_history"}
        self.context.note(code, self.requests[0].at("supportingInfo"), **origin)
        return settings.not_recorded

    @reads("patient_information")
    def _information(self, clinical: Clinical) -> list[str]:
        texts = Distinct(clinical.information)
        for request in self.requests:
            found = [request.text("patientInstruction")]
            found += [n.text("instructionMarkdown") for n in request.children("patientInstruction")]
            for text in map(clean, found):
                if text:
                    texts.append(text)
        return texts

    @reads("event")
    def _events(self, clinical: Clinical) -> list[str]:
        """Évènements associés; the wording of a Timing says one too (docs/fhir.md, M18)."""
        texts = Distinct(clinical.events)
        for request in self.requests:
            timing = request.child("occurrenceTiming")
            code = timing.child("code") if timing else None
            if code and (text := clean(code.text("text"))):
                texts.append(text)
        return texts

    def _contraindications(self, clinical: Clinical) -> tuple[Any, ...]:
        found = clinical.contraindications()
        for index, finding in enumerate(clinical.findings.values()):
            self.places["contraindications", index] = finding.path
        return found

    @reads("narratives")
    def _narratives(self, reasons: Reasons, clinical: Clinical) -> None:
        """The words of a section stand in for a free text that no resource gives (docs/fhir.md, 2.2)."""
        targets: dict[str | None, list[str]] = {
            "55115-0": reasons.justification,
            "11329-0": clinical.medical,
            "34895-3": self._information(clinical) or clinical.information,
            "30954-2": clinical.results,
        }
        for section in sections(self.composition) if self.composition else ():
            code = section_code(section)
            if code == "11329-0":
                self._empty_history(section, clinical)
            texts = targets.get(code)
            answered = code in ("11329-0", "34895-3") and section.children("entry")
            if texts == [] and not answered and not (code == "11329-0" and "medical" in clinical.known_absence):
                if text := narrative_text(section):
                    self.context.note("IMGDA-0439", section.at("text"))
                    texts.append(text)

    def _empty_history(self, section: Node, clinical: Clinical) -> None:
        reason = section.child("emptyReason")
        for coding in reason.children("coding") if reason else ():
            if coding.peek("code") == "nilknown":
                coding.understood()
                clinical.known_absence.add("surgical")
                if "diseases" in clinical.stated:
                    self.context.note("IMGDA-0465", coding.path)
                else:
                    clinical.known_absence.add("medical")

    # --- where things stand ------------------------------------------------------------------------------------------

    def _note_places(self, patient: Node | None) -> None:
        first = self.requests[0]
        about = patient.path if patient else first.at("subject")
        self.places |= {
            ("patient",): about,
            ("patient", "birth_date"): f"{about}.birthDate",
            ("patient", "contact"): f"{about}.contact",
            ("justification",): first.at("reasonCode"),
            ("purpose",): first.at("reasonCode"),
            ("patient_informed",): first.at("supportingInfo"),
            ("contraindications",): first.at("supportingInfo"),
            ("prior_results",): first.at("supportingInfo"),
            ("urgency",): first.at("priority"),
            ("callback",): first.at("extension"),
            ("authors",): first.at("authoredOn"),
            ("encounter",): first.at("encounter"),
        }

    def _wished_performers(self, *, urgent: bool) -> None:
        """The performer of a request that is not urgent is a wish without a place (docs/decisions.md, 11)."""
        if urgent:
            return
        for request in self.requests:
            if "performer" in request:
                request.lose("performer", "IMGDA-0909", "administrative")


def _has_no_deadline(request: Node) -> bool:
    """Whether the deadline is said to be unknown. FHIR: occurrenceDateTime, extension data-absent-reason."""
    sibling = request.child("_occurrenceDateTime")
    return bool(sibling and sibling.extensions("data-absent-reason"))


def _deadline(request: Node) -> str:
    """FHIRPath of the deadline of a request, or of the element that is absent."""
    if (name := request.choice("occurrence")) is None:
        return request.at("occurrence")
    span = request.child("occurrencePeriod")
    return span.at("end" if "end" in span else "start") if span else request.at(name)


def _is_nuclear(request: Node) -> bool:
    concept = codeable(request, "code")
    return concept is not None and any(c.peek("code") in ("PT", "NM") for c in concept.children("coding"))
