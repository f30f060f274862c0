"""What is read before it is known whether the order has room for it is carried, or lost with its path; never in between."""

from __future__ import annotations

import json

import pytest
from bundles import LOINC, SNOMED, TA, bundle, concept, observation, order_of, path_of, patient, resources
from conftest import ROOT

import bridge

BRIDGE = bridge.Bridge()
PHONES = [{"system": "phone", "value": f"01 99 00 07 {n}", "use": "work"} for n in ("01", "02")]
STRUCTURE = {
    "resourceType": "Organization",
    "id": "other",
    "name": "Clinique des Essais",
    "telecom": PHONES,
    "address": [{"city": "BREST", "postalCode": "29200"}],
}
FINESS = {"identifier": [{"system": "https://finess.esante.gouv.fr", "value": "990123457"}]}
PDF = {"contentType": "application/pdf", "title": "Compte rendu"}


def losses(data):
    conversion = BRIDGE.to_cda(data)
    assert conversion.trace.unfound() == []
    return {loss.path: loss.loss for loss in conversion.losses}


def encounter(**changes):
    return resources()["e"] | changes


def test_the_second_number_of_a_structure_that_only_keeps_the_document_is_lost():
    author = {key: value for key, value in resources()["org"].items() if key != "identifier"}
    data = bundle(STRUCTURE | FINESS, org=author, e=encounter(serviceProvider={"reference": "Organization/other"}))
    found = losses(data)
    where = path_of(data, "other")
    assert found[f"{where}.telecom[1].value"] == "administrative"
    assert f"{where}.telecom[0].value" not in found


def test_what_no_place_is_left_for_of_the_provider_of_an_encounter_is_lost():
    data = bundle(STRUCTURE, e=encounter(serviceProvider={"reference": "Organization/other"}))
    where = path_of(data, "other")
    parts = ("name", "telecom[0].value", "telecom[1].value", "address[0].city")
    assert {f"{where}.{part}" for part in parts} <= set(losses(data))


def test_the_speciality_of_a_participant_without_a_national_number_is_lost():
    person = {
        "resourceType": "PractitionerRole",
        "id": "nobody",
        "specialty": [
            concept("https://mos.esante.gouv.fr/NOS/TRE_R38-SpecialiteOrdinale/FHIR/TRE-R38-SpecialiteOrdinale", "SM46")
        ],
    }
    kind = concept("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "ATND")
    data = bundle(person, e=encounter(participant=[{"type": [kind], "individual": {"reference": "PractitionerRole/nobody"}}]))
    assert f"{path_of(data, 'nobody')}.specialty[0].coding[0].code" in losses(data)


def test_a_comment_of_the_contra_indications_without_any_is_written_into_the_medical_history():
    data = bundle(observation("info-c", concept(LOINC, "64100-1"), note=[{"text": "Carte de porteur non vue"}]))
    conversion = BRIDGE.to_cda(data)
    assert conversion.order.medical_history.endswith("Contre-indications : Carte de porteur non vue")
    assert "Carte de porteur non vue" in conversion.document.decode()


UNNAMED = {"coding": [{"system": "https://unknown.example/codes"}]}
GIVEN_UP = {
    "a result of something that has no name": (
        observation("info-x", UNNAMED, valueString="Aucun antécédent"),
        "valueString",
        "clinical",
    ),
    "a component of something that has no name": (
        observation("info-x", {"text": "Bilan"}, valueString="Fait", component=[{"code": UNNAMED, "valueString": "Normal"}]),
        "component[0].valueString",
        "clinical",
    ),
    "the date of a condition that has no name": (
        {"resourceType": "Condition", "id": "info-x", "subject": {"reference": "Patient/p"}, "recordedDate": "2020-01-02"},
        "recordedDate",
        "administrative",
    ),
    "the relative of a family history without any condition": (
        {
            "resourceType": "FamilyMemberHistory",
            "id": "info-x",
            "status": "completed",
            "patient": {"reference": "Patient/p"},
            "relationship": {"text": "Mère"},
        },
        "relationship.text",
        "clinical",
    ),
    "the date of a document without content": (
        {
            "resourceType": "DocumentReference",
            "id": "info-x",
            "status": "current",
            "date": "2026-03-01T10:00:00+01:00",
            "content": [{"attachment": PDF}],
        },
        "date",
        "clinical",
    ),
    "the date of a study without a description": (
        {
            "resourceType": "ImagingStudy",
            "id": "info-x",
            "status": "available",
            "subject": {"reference": "Patient/p"},
            "started": "2020-01-02T10:00:00+01:00",
        },
        "started",
        "clinical",
    ),
}


@pytest.mark.parametrize(("resource", "element", "kind"), GIVEN_UP.values(), ids=GIVEN_UP)
def test_what_cannot_be_said_is_lost(resource, element, kind):
    data = bundle(resource)
    assert losses(data)[f"{path_of(data, 'info-x')}.{element}"] == kind


def test_the_role_of_a_relative_without_a_name_is_lost():
    kin = concept("http://terminology.hl7.org/CodeSystem/v3-RoleClass", "ECON")
    data = bundle(p=patient() | {"contact": [{"relationship": [kin], "telecom": [PHONES[0]]}]})
    where = f"{path_of(data, 'p')}.contact[0]"
    assert {f"{where}.relationship[0].coding[0].code", f"{where}.telecom[0].value"} <= set(losses(data))


def test_the_use_of_an_address_that_says_nothing_is_lost():
    data = bundle(p=patient() | {"address": [{"use": "home"}]})
    assert f"{path_of(data, 'p')}.address[0].use" in losses(data)


def test_what_another_order_of_the_input_took_is_neither_lost_nor_missing():
    second = order_of(requisition={"system": "urn:oid:1.2.250.1.999.1.7", "value": "DA-2"}, reasonCode=[{"text": "Toux"}])
    other = next(e["resource"] for e in second["entry"] if e["resource"]["id"] == "sr") | {"id": "sr2"}
    other |= {"code": concept(TA, "MED-1126"), "bodySite": [concept(SNOMED, "361291001")]}
    conversion = BRIDGE.to_cda(bundle(other), requisition="DA-1", paranoid=True)
    assert conversion.trace.unfound() == []
    assert conversion.order.justification == "Douleur du genou"


def test_the_moment_at_which_nobody_entered_the_data_is_lost():
    source = json.loads((ROOT / "fixtures" / "lymphoma-pet" / "bundle.json").read_text("utf-8"))
    extension = source["entry"][0]["resource"]["extension"][1]
    for part in extension["extension"]:
        if part["url"] == "party":
            part["valueReference"] = {"reference": "urn:uuid:00000000-0000-4000-8000-000000000077"}
    assert "Bundle.entry[0].resource.extension[1].extension[1].valuePeriod.start" in losses(source)
