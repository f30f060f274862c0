"""One order, assembled from the parts of its requests: the steps, one after the other.

Source: docs/fhir.md, 2 (the input contract).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from bridge.fhir.ledger.node import Node, reads
from bridge.fhir.read import unreferenced
from bridge.fhir.read.clinical.clinical import Clinical
from bridge.fhir.read.composition import sections
from bridge.fhir.read.concepts import Context, code_of
from bridge.fhir.read.datatypes.telecoms import telecom
from bridge.fhir.read.free_texts import FreeTexts
from bridge.fhir.read.groups import Group
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
from bridge.fhir.read.people.patient import read_patient
from bridge.fhir.read.request.acts import Acts
from bridge.fhir.read.request.deadlines import has_no_deadline, place_of_deadline
from bridge.fhir.read.request.examination import codeable
from bridge.fhir.read.request.reasons import Reasons
from bridge.order import Act, Contact, Identifier, Order, Patient, PatientName, Telecom
from bridge.order import xml as order_xml

__all__ = ["OrderReader"]

_EXTENSION_OF_INFO = "extension-ServiceRequest.supportingInfo"


class OrderReader:
    """Reads one group of requests."""

    def __init__(self, context: Context, root: Node, composition: Node | None, group: Group, now: datetime | None) -> None:
        self.context = context
        self.composition = composition
        self.requests = group.requests
        self.places: dict[tuple[str | int, ...], str] = {(): group.requests[0].path}
        self.source = HeaderSource.of(context, root, composition, group.requests, now)
        self.people = self.source.people

    # --- the order ---------------------------------------------------------------------------------------------------

    # layout: the steps of one order in their sequence, then its items one by one
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
        self.context.now = requested or created
        authors = read_authors(source, requested, created)
        clinical = Clinical(self.context)
        screening, urgency = is_screening(source), read_urgency(source)
        reasons = self._reasons(clinical)
        supporting = self._supporting()
        self._read_data(clinical, supporting)
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
        texts = FreeTexts(self.context, self.requests, self.composition, clinical, reasons)
        texts.fill_from_sections()
        self._note_places(patient_node)
        self._wished_performers(urgent=urgency is not None)
        times = clinical.answers.times
        order = Order(
            document=read_document(source, ids, requested, created),
            patient=patient,
            authors=authors,
            custodian=read_custodian(source, authors[0].professional),
            legal_authenticator=legal,
            request=event,
            encounter=read_encounter(source, authors[0].professional),
            justification=texts.joined(reasons.justification, "reasonCode") or "",
            medical_history=texts.history("medical"),
            surgical_history=texts.history("surgical"),
            acts=acts,
            patient_informed=clinical.information.informed,
            patient_informed_at=times.get("patient_informed_at"),
            data_enterer=read_data_enterer(source),
            contacts=contacts,
            recipients=(addressed := read_recipients(source)).recipients,
            authenticators=others,
            participants=read_participants(source, patient_node, supporting),
            screening=screening,
            urgency=urgency,
            callback=callback,
            purpose=texts.joined(reasons.purpose, "reasonCode"),
            contraindications=contraindications,
            care_information=tuple(clinical.care.found.values()),
            patient_information=texts.joined(texts.information(), "patientInstruction"),
            event=texts.joined(texts.events(), "supportingInfo"),
            prior_results=texts.joined(clinical.results_of.lines, "supportingInfo"),
            attachments=tuple(clinical.documents.found),
            medical_history_at=times.get("medical_history_at"),
            surgical_history_at=times.get("surgical_history_at"),
            patient_information_at=times.get("patient_information_at"),
            event_at=times.get("event_at"),
            callback_at=times.get("callback_at") if callback is not None else None,
            informants=informing_professionals(source),
            fulfils=fulfilled_orders(source),
            consents=tuple(clinical.consents),
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
            return read_patient(self.people, node, self._relatives(node))
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

    # --- what is asked for and why -----------------------------------------------------------------------------------

    def _reasons(self, clinical: Clinical) -> Reasons:
        reasons = Reasons(self.context, clinical)
        for request in self.requests:
            reasons.read(request)
        return reasons

    def _supporting(self) -> list[Node]:
        """Every resource that the requests, or the sections of the document, put beside the request."""
        found = []
        for reference in list(self._references()):
            resource = self.context.index.find(reference)
            if resource is not None:
                found.append(resource)
            elif "reference" in reference:
                self.context.note("IMGDA-0204", reference.at("reference"))
        if self.context.settings.unreferenced == "take":
            found += unreferenced.of_the_patient(self.context)
        return found

    def _references(self) -> Iterator[Node]:
        """The references of the requests, of their extensions, and of the sections of the document."""
        for request in self.requests:
            for item in request.children("supportingInfo"):
                if reference := item.child("reference") or (item if "reference" in item or "identifier" in item else None):
                    yield reference
            for extension in request.extensions(_EXTENSION_OF_INFO):
                yield from (r for part in extension.extensions("reference") if (r := part.child("valueReference")))
        for section in sections(self.composition) if self.composition else ():
            yield from section.children("entry")

    def _read_data(self, clinical: Clinical, supporting: list[Node]) -> None:
        """Read the medical data: the resources first, then the concepts that stand in their place."""
        for resource in supporting:
            clinical.read(resource)
        for item in (item for request in self.requests for item in request.children("supportingInfo")):
            for concept in item.children("concept"):
                clinical.concept(concept)
        clinical.finish()

    def _acts(self, clinical: Clinical, ids: tuple[Identifier, ...]) -> tuple[Act, ...]:
        reader, shared = Acts(self.context), shared_ids(self.source, ids)
        owner = self._owner_of_functions(clinical)
        acts: list[Act] = []
        without: set[int] = set()
        """The acts that are said to have no deadline."""
        for request in self.requests:
            for act in reader.read(request, clinical.functions if request is owner else [], shared):
                self.places["acts", len(acts)] = request.path
                self.places["acts", len(acts), "wanted_by"] = place_of_deadline(request)
                without |= {len(acts)} if has_no_deadline(request) else set()
                acts.append(act)
        return self._with_deadline(acts, without)

    def _owner_of_functions(self, clinical: Clinical) -> Node | None:
        """The only request for PET or scintigraphy: the Observations MED-1133 are its own, and else an error."""
        nuclear = [r for r in self.requests if self.context.matches(codeable(r, "code"), "modality") and _is_nuclear(r)]
        if len(nuclear) == 1:
            return nuclear[0]
        for node in clinical.functions:
            self.context.note("IMGDA-0408", node.path)
        return None

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
        if stated and clinical.information.callback is False:
            self.context.note("IMGDA-0328", self.requests[0].at("extension"))
        return stated if stated is not None else clinical.information.callback

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

    def _contraindications(self, clinical: Clinical) -> tuple[Any, ...]:
        found = clinical.contraindications.found()
        for index, path in enumerate(clinical.contraindications.paths()):
            self.places["contraindications", index] = path
        return found

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


def _is_nuclear(request: Node) -> bool:
    concept = codeable(request, "code")
    return concept is not None and any(c.peek("code") in ("PT", "NM") for c in concept.children("coding"))
