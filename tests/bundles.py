"""A small, complete imaging order in FHIR, and ways to change it. All persons are invented; identifiers are of test ranges."""

from __future__ import annotations

import copy
from typing import Any

JSON = dict[str, Any]

TA = "https://smt.esante.gouv.fr/fhir/CodeSystem/terminologie-cisis"
SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
DCM = "http://dicom.nema.org/resources/ontology/DCM"
NOTE_TYPE = "https://interop.esante.gouv.fr/ig/fhir/document-core/CodeSystem/fr-cs-note-type"
REASON = "http://hl7.org/fhir/5.0/StructureDefinition/extension-ServiceRequest.reason"
CALL_BACK = "http://hl7.org/fhir/StructureDefinition/servicerequest-order-callback-phone-number"
INSEE = "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-address-insee-code"

PDF = "JVBERi0xLjQKJSVFT0YK"


def concept(system: str | None, code: str, display: str | None = None, text: str | None = None) -> JSON:
    """A CodeableConcept with one coding."""
    coding: JSON = {"system": system, "code": code, "display": display}
    return _without_none({"coding": [_without_none(coding)], "text": text})


def _without_none(data: JSON) -> JSON:
    return {key: value for key, value in data.items() if value is not None}


def observation(ident: str, code: JSON, **value: Any) -> JSON:
    """A final Observation about the patient."""
    about = {"reference": "Patient/p"}
    return {"resourceType": "Observation", "id": ident, "status": "final", "code": code, "subject": about, **value}


def patient(**changes: Any) -> JSON:
    """The patient, with a complete test INS."""
    return {
        "resourceType": "Patient",
        "id": "p",
        "extension": [
            {
                "url": "http://hl7.org/fhir/StructureDefinition/patient-birthPlace",
                "valueAddress": {"extension": [{"url": INSEE, "valueCoding": {"code": "51215"}}], "city": "DOMPREMY"},
            }
        ],
        "identifier": [
            {"system": "urn:oid:1.2.250.1.213.1.4.10", "value": "279035121518989"},
            {"system": "urn:oid:1.2.250.1.999.1.2", "value": "IPP-1"},
        ],
        "name": [{"use": "official", "family": "ESSAI-TROIS", "given": ["DOMINIQUE", "MARIE"]}],
        "gender": "female",
        "birthDate": "1979-03-28",
        **changes,
    }


def practitioner(ident: str = "dr", rpps: str = "99900012347", family: str = "ESSAI-DUPRE") -> JSON:
    """A physician, general medicine."""
    return {
        "resourceType": "Practitioner",
        "id": ident,
        "identifier": [{"system": "https://rpps.esante.gouv.fr", "value": rpps}],
        "name": [{"family": family, "given": ["Anne"], "prefix": ["Mme"], "suffix": ["Dr"]}],
        "qualification": [
            {"code": concept("https://mos.esante.gouv.fr/NOS/TRE_R38-SpecialiteOrdinale/FHIR/TRE-R38-SpecialiteOrdinale", "SM26")}
        ],
    }


def service_request(ident: str = "sr", **changes: Any) -> JSON:
    """A request for the radiograph of a knee."""
    return {
        "resourceType": "ServiceRequest",
        "id": ident,
        "requisition": {"system": "urn:oid:1.2.250.1.999.1.7", "value": "DA-1"},
        "status": "active",
        "intent": "order",
        "category": [concept(SNOMED, "363679005")],
        "code": concept(TA, "MED-1126"),
        "subject": {"reference": "Patient/p"},
        "encounter": {"reference": "Encounter/e"},
        "authoredOn": "2026-03-02T10:15:00+01:00",
        "requester": {"reference": "PractitionerRole/role"},
        "reasonCode": [{"text": "Douleur du genou"}],
        "bodySite": [concept(SNOMED, "361291001")],
        "supportingInfo": [{"reference": f"Observation/{name}"} for name in ("med", "chir", "risk")],
        **changes,
    }


def resources() -> dict[str, JSON]:
    """The resources of the order, by their id."""
    found: list[JSON] = [
        patient(),
        practitioner(),
        {
            "resourceType": "PractitionerRole",
            "id": "role",
            "practitioner": {"reference": "Practitioner/dr"},
            "organization": {"reference": "Organization/org"},
            "telecom": [{"system": "phone", "value": "01 99 00 00 01", "use": "work"}],
        },
        {
            "resourceType": "Organization",
            "id": "org",
            "identifier": [{"system": "https://finess.esante.gouv.fr", "value": "990123457"}],
            "name": "Cabinet des Essais",
            "type": [concept("https://mos.esante.gouv.fr/NOS/TRE_A01-CadreExercice/FHIR/TRE-A01-CadreExercice", "AMBULATOIRE")],
        },
        {
            "resourceType": "Encounter",
            "id": "e",
            "status": "finished",
            "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
            "subject": {"reference": "Patient/p"},
            "period": {"start": "2026-03-02T10:00:00+01:00", "end": "2026-03-02T10:20:00+01:00"},
            "location": [{"location": {"reference": "Location/loc"}}],
        },
        {
            "resourceType": "Location",
            "id": "loc",
            "name": "Cabinet des Essais",
            "type": [concept("https://mos.esante.gouv.fr/NOS/TRE_R02-SecteurActivite/FHIR/TRE-R02-SecteurActivite", "SA07")],
        },
        observation("med", concept(LOINC, "11348-0"), valueString="Asthme"),
        observation("chir", concept(LOINC, "47519-4"), valueString="Appendicectomie"),
        observation("risk", concept(TA, "MED-1130"), valueBoolean=True),
        service_request(),
    ]
    return {resource["id"]: resource for resource in found}


def bundle(*more: JSON, kind: str = "collection", **changed: JSON | None) -> JSON:
    """The order as a Bundle; *changed* replaces resources by id (None removes one), *more* adds some.

    An added Observation, Condition, Procedure… is referenced from the request ``sr`` when its id begins with ``info``.
    """
    found = copy.deepcopy(resources())
    for ident, resource in changed.items():
        if resource is None:
            found.pop(ident)
        else:
            found[ident] = copy.deepcopy(resource)
    for resource in more:
        found[resource["id"]] = copy.deepcopy(resource)
        if resource["id"].startswith("info") and "sr" in found:
            reference = {"reference": f"{resource['resourceType']}/{resource['id']}"}
            found["sr"].setdefault("supportingInfo", []).append(reference)
    entries = [{"fullUrl": f"https://ehr.example/{r['resourceType']}/{i}", "resource": r} for i, r in found.items()]
    return {"resourceType": "Bundle", "type": kind, "entry": entries}


def order_of(**changes: Any) -> JSON:
    """The order with another ServiceRequest: *changes* are its elements; None removes one."""
    request = service_request(**changes)
    return bundle(sr={key: value for key, value in request.items() if value is not None})


def path_of(data: JSON, ident: str) -> str:
    """FHIRPath of a resource of a Bundle."""
    index = next(i for i, entry in enumerate(data["entry"]) if entry["resource"]["id"] == ident)
    return f"Bundle.entry[{index}].resource"
