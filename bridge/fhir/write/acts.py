"""The acts of the order as ServiceRequests: the dual of ``bridge.fhir.read.request``.

Source: docs/fhir.md, 1.4 and 2.6 (M1, M2, M10 to M17), A8, A9, A11.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bridge.fhir.extensions import EFFECTIVE
from bridge.fhir.profiles.rules import is_member
from bridge.fhir.write.datatypes import coding, concept, effective_time, ta, telecoms, typed
from bridge.fhir.write.resources import ANS, HL7, JSON, Resources, absent, parts, reference
from bridge.order import Act, Function, Identifier, Order, Site, Telecom
from bridge.order.labels import site_words

__all__ = ["Requests", "call_back_number"]

_R5 = "http://hl7.org/fhir/5.0/StructureDefinition"
_NOTE_TYPES = f"{ANS}/CodeSystem/fr-cs-note-type"
_SCREENING = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "Z13.9"}]}
_IMAGING = {"coding": [{"system": "http://snomed.info/sct", "code": "363679005", "display": "Imaging"}]}


@dataclass(slots=True)
class Requests:
    """Writes one ServiceRequest for each act."""

    resources: Resources
    order: Order
    shape: str
    common: JSON
    """Elements that every request has alike: subject, encounter, requester, performer, supportingInfo."""

    def write(self) -> list[str]:
        """The fullUrls, in the order of the acts."""
        return [self._request(act) for act in self.order.acts]

    def _request(self, act: Act) -> str:
        order = self.order
        structures = self._structures(act)
        return self.resources.add(
            "ServiceRequest",
            "fr-service-request-imaging-document" if self._is_imaging_profile(act) else "fr-service-request-document",
            meta=self._meta(),
            extension=[*self._reasons(), *_call_back(order), *map(_target, structures)],
            identifier=_numbers(order, act),
            requisition=_requisition(order.request.ids),
            status="active",
            intent="order",
            category=[_IMAGING],
            priority="urgent" if order.urgency else None,
            code=concept(act.modality),
            orderDetail=_details(act),
            authoredOn=order.authors[0].time,
            reasonCode=self._reason_codes(),
            bodySite=[_body_site(site) for site in act.sites],
            note=[{"text": act.comment}] if act.comment else [],
            **self.common,
            **self._deadline(act),
        )

    def _is_imaging_profile(self, act: Act) -> bool:
        """Whether the imaging profile is met: it demands the finalité, and an examination code of a document of imaging."""
        codes = (coding(t.code, t.system) for t in act.modality.translations)
        return self.order.purpose is not None and any(is_member(code, "imaging-document-code") for code in codes)

    def _meta(self) -> JSON:
        """What the Composition says in the other shape: version and confidentiality of the document."""
        if self.shape == "document":
            return {}
        system = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
        document = self.order.document
        return {"versionId": str(document.version), "security": [{"system": system, "code": document.confidentiality}]}

    # --- reasons -----------------------------------------------------------------------------------------------------

    def _reasons(self) -> list[JSON]:
        """Justification and finalité in the form of the French guide; in a document a missing finalité is said (M2)."""
        order, found = self.order, []
        if order.purpose or self.shape == "document":
            found.append(_reason("finaliteExamen", "Finalité de l'examen", order.purpose))
        if order.justification:
            found.append(_reason("justificationDemande", "Justification de la demande", order.justification))
        return found

    def _reason_codes(self) -> list[JSON]:
        """The same for those who read R4 alone, with the reason of the urgency and the screening."""
        order = self.order
        found: list[JSON] = [{"text": order.justification}] if order.justification else []
        if order.purpose:
            found.append(_note_type("finaliteExamen", "Finalité de l'examen") | {"text": order.purpose})
        if order.urgency:
            found.append(parts(**ta("MED-1095", "Exécution en urgence"), text=order.urgency.reason))
        return [*found, *([_SCREENING] if order.screening else [])]

    # --- deadline, sites ---------------------------------------------------------------------------------------------

    def _deadline(self, act: Act) -> dict[str, Any]:
        """The end of the period; an act without a deadline says so where another one has it (docs/fhir.md, M17)."""
        if act.wanted_by:
            return {"occurrencePeriod": {"end": act.wanted_by}}
        said = self.shape == "document" or any(other.wanted_by for other in self.order.acts)
        return {"_occurrenceDateTime": absent()} if said else {}

    def _structures(self, act: Act) -> list[str]:
        """A BodyStructure for every site of an act that has a modifier somewhere, so that the sites keep their order."""
        if not any(site.modifiers for site in act.sites):
            return []
        return [
            self.resources.add(
                "BodyStructure",
                "fr-body-structure-document",
                location=_location(site),
                locationQualifier=[concept(modifier) for modifier in site.modifiers],
                patient=self.common["subject"],
            )
            for site in act.sites
        ]


def _numbers(order: Order, act: Act) -> list[JSON]:
    """Further numbers of the request, those of the act, and the name of its entry."""
    entry = [typed(act.entry_id, "RI")] if act.entry_id else []
    return [*(typed(n, "PGN") for n in order.request.ids[1:]), *(typed(n, "PLAC") for n in act.ids), *entry]


def _requisition(ids: tuple[Identifier, ...]) -> JSON:
    """The Order Placer Number; an order without one says so, lest the number of an act be taken for it (A8)."""
    return typed(ids[0], "PGN") if ids else absent()


def _note_type(code: str, display: str) -> JSON:
    return {"coding": [{"system": _NOTE_TYPES, "code": code, "display": display}]}


def _reason(code: str, display: str, text: str | None) -> JSON:
    words = {"text": text} if text else {"_text": absent()}
    return {
        "url": f"{_R5}/extension-ServiceRequest.reason",
        "extension": [
            {"url": "_datatype", "valueString": "CodeableReference"},
            {"url": "concept", "valueCodeableConcept": _note_type(code, display) | words},
        ],
    }


def call_back_number(order: Order) -> Telecom | None:
    """The telephone of the demandeur to call back: his work number first (docs/fhir.md, M21)."""
    numbers = [telecom for telecom in order.authors[0].professional.telecoms if telecom.value.startswith("tel:")]
    return next((t for t in numbers if t.use == "WP"), numbers[0] if numbers else None)


def _call_back(order: Order) -> list[JSON]:
    number = call_back_number(order)
    if not (order.callback and number):
        return []
    return [{"url": f"{HL7}/servicerequest-order-callback-phone-number", "valueContactPoint": telecoms([number])[0]}]


def _target(url: str) -> JSON:
    return {"url": f"{HL7}/procedure-targetBodyStructure", "valueReference": reference(url)}


def _body_site(site: Site) -> JSON:
    """A site; who does not know BodyStructure still reads its side in the text (docs/fhir.md, M14)."""
    words = (site.location.text if site.location else site.text) or (site_words(site) if site.modifiers else None)
    return parts(**{**_location(site), "text": words})


def _location(site: Site) -> JSON:
    """The site as a CodeableConcept: its code, or its words where no code says it."""
    return concept(site.location) if site.location else {"text": site.text}


def _details(act: Act) -> list[JSON]:
    contrast = [concept(act.contrast)] if act.contrast else []
    return contrast + [_function(function) for function in act.functions]


def _function(function: Function) -> JSON:
    when = [{"url": EFFECTIVE, **effective_time(function.date, "value")}] if function.date else []
    return parts(extension=when, **{**concept(function.concept), "text": function.comment or function.concept.text})
