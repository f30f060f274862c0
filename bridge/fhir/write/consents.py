"""Consents of the patient and the orders that this one answers, as Consent and ServiceRequest.basedOn.

Source: CDA R2, authorization and inFulfillmentOf; FHIR R4 4.0.1, Consent and ServiceRequest; docs/fhir.md, 2.5.
"""

from __future__ import annotations

from bridge.fhir.extensions import FURTHER_IDENTIFIER
from bridge.fhir.write.datatypes import concept, identifier, typed
from bridge.fhir.write.resources import JSON, Resources, absent, parts, reference
from bridge.order import Consent, FulfilledOrder

__all__ = ["fulfilled", "write_consent"]


def write_consent(resources: Resources, consent: Consent, patient: str) -> str:
    """A consent or an opposition; the document says neither its scope nor the policy that FHIR demands."""
    return resources.add(
        "Consent",
        identifier=[identifier(item) for item in consent.ids],
        status="active",
        scope=absent(),
        category=[concept(consent.code)],
        patient=reference(patient),
        policyRule=absent(),
    )


def fulfilled(order: FulfilledOrder) -> JSON:
    """A reference by number to an order, with its accession number."""
    number = order.accession_number
    more = [{"url": FURTHER_IDENTIFIER, "valueIdentifier": typed(number, "ACSN")}] if number else []
    return parts(extension=more, type="ServiceRequest", identifier=identifier(order.id))
