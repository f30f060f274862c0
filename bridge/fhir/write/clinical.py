"""The medical data beside the requests, as Observations and DocumentReferences: the dual of ``bridge.fhir.read.clinical``.

Source: docs/fhir.md, 2.6 (M3 to M9, M18 to M21).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bridge.fhir.write.datatypes import concept, effective_time, identifier, is_instant, loinc, ta
from bridge.fhir.write.resources import JSON, Resources, absent, parts, reference
from bridge.order import Attachment, Contraindication, EffectiveTime, Order
from bridge.order.xml import CONTRAINDICATION, derived_id

__all__ = ["ClinicalSections"]

_INFORMED = "Le patient a-t-il été informé des risques relatifs à l'examen d'imagerie médicale ?"
_ABSENT_REASONS = "http://terminology.hl7.org/CodeSystem/data-absent-reason"


@dataclass(slots=True)
class ClinicalSections:
    """Writes the medical data and keeps, by section, what it wrote."""

    resources: Resources
    patient: str
    history: list[str] = field(default_factory=list)
    """Antécédents, contre-indications, informations pour la prise en charge. Section 11329-0."""
    education: list[str] = field(default_factory=list)
    """Information du patient. Section 34895-3."""
    plan: list[str] = field(default_factory=list)
    """Évènement associé, retour par téléphone. Section 18776-5, beside the requests."""
    results: list[str] = field(default_factory=list)
    """Section 30954-2."""
    documents: list[str] = field(default_factory=list)
    """Section 55107-7."""

    def write(self, order: Order, *, callback: bool | None) -> list[str]:
        """The fullUrls of everything, in the order of the sections. *callback* is written where no extension says it."""
        medical, surgical = loinc("11348-0", "Antécédents médicaux"), loinc("47519-4", "Antécédents chirurgicaux")
        self._text(self.history, medical, order.medical_history, order.medical_history_at)
        self._text(self.history, surgical, order.surgical_history, order.surgical_history_at)
        for number, item in enumerate(order.contraindications, start=1):
            self._contraindication(item, identifier(derived_id(order, CONTRAINDICATION, number), use="temp"))
        for care in order.care_information:
            about = ta("ORG-192", "Informations pour la prise en charge")
            self._observation(self.history, about, valueCodeableConcept=concept(care.concept), **effective_time(care.date))
        self._informed(order)
        told = loinc("99622-3", "Informations pour le patient")
        self._text(self.education, told, order.patient_information, order.patient_information_at)
        self._text(self.plan, ta("GEN-296", "Évènement associé à l'examen demandé"), order.event, order.event_at)
        if callback is not None:
            wish = ta("GEN-297", "Retour par téléphone souhaité")
            self._observation(self.plan, wish, valueBoolean=callback, **effective_time(order.callback_at))
        self._text(self.results, loinc("30954-2", "Résultats d'examens"), order.prior_results)
        self.documents += [self._document(item) for item in order.attachments]
        return [*self.history, *self.education, *self.plan, *self.results, *self.documents]

    def _observation(self, section: list[str], code: JSON, profile: str | None = None, **elements: Any) -> None:
        subject = reference(self.patient)
        section.append(self.resources.add("Observation", profile, status="final", code=code, subject=subject, **elements))

    def _text(self, section: list[str], code: JSON, text: str | None, when: EffectiveTime | None = None) -> None:
        if text:
            self._observation(section, code, valueString=text, **effective_time(when))

    def _contraindication(self, item: Contraindication, derived: JSON) -> None:
        """A value of 64100-1 says yes; the concept as the question with ``false`` says no (docs/fhir.md, M5-bis).

        The profile of a yes demands an identifier: for want of one, that which the document derives, temporary by its use.
        """
        note = [{"text": item.comment}] if item.comment else []
        own = [identifier(item.id)] if item.id else []
        if item.present:
            dated = effective_time(item.date) or {"_effectiveDateTime": absent()}
            self._observation(
                self.history,
                loinc("64100-1", "Contre-indications"),
                "fr-observation-contra-indications-document",
                identifier=own or [derived],
                **dated,
                valueCodeableConcept=concept(item.concept),
                note=note,
            )
        else:
            self._observation(
                self.history,
                concept(item.concept),
                identifier=own,
                **effective_time(item.date),
                valueBoolean=False,
                note=note,
            )

    def _informed(self, order: Order) -> None:
        """An answer that is missing is never made up: only its date, if any, is written, with the reason of its absence."""
        if order.patient_informed is None and order.patient_informed_at is None:
            return
        unknown = {"coding": [{"system": _ABSENT_REASONS, "code": "unknown"}]}
        self._observation(
            self.education,
            ta("MED-1130", _INFORMED),
            **effective_time(order.patient_informed_at),
            valueBoolean=order.patient_informed,
            dataAbsentReason=unknown if order.patient_informed is None else None,
        )

    def _document(self, item: Attachment) -> str:
        """A linked document; a date without a time is no instant and stands in the attachment."""
        dated = is_instant(item.date)
        attachment = parts(
            contentType=item.media_type,
            language=item.language,
            data=item.data,
            title=item.title,
            creation=None if dated else item.date,
        )
        return self.resources.add(
            "DocumentReference",
            "fr-document-reference-document",
            status="current",
            docStatus="final",
            type=_type(item) or absent(),
            subject=reference(self.patient),
            date=item.date if dated else None,
            content=[{"attachment": attachment}],
        )


def _type(item: Attachment) -> JSON | None:
    """The type of a linked document, with its words where they are not the title."""
    coded = concept(item.type) if item.type else {}
    return {**coded, "text": item.type_text} if item.type_text else coded or None
