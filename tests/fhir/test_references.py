"""References: the resource that FHIR says they lead to, and never data of another patient."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from bundles import LOINC, PDF, SNOMED, bundle, concept, observation, path_of, patient, service_request
from conftest import STORIES, input_of

import bridge

UUID = "urn:uuid:0f9d2c5e-7a52-4d5e-9f4c-3b1de6d9a001"
TARGET = "http://hl7.org/fhir/StructureDefinition/procedure-targetBodyStructure"


def about(reference: str | None, data: dict[str, Any] | None = None) -> dict[str, Any]:
    """The order with another subject."""
    data = copy.deepcopy(data or bundle())
    resource(data, "sr")["subject"] = {"reference": reference}
    return data


def resource(data: dict[str, Any], ident: str) -> dict[str, Any]:
    found: dict[str, Any] = next(e["resource"] for e in data["entry"] if e["resource"].get("id") == ident)
    return found


def with_url(url: str | None, ident: str = "p") -> dict[str, Any]:
    """The order with another fullUrl for one entry, or none."""
    data = bundle()
    entry = next(e for e in data["entry"] if e["resource"]["id"] == ident)
    entry.pop("fullUrl") if url is None else entry.update(fullUrl=url)
    return data


def errors(data: dict[str, Any], **options: Any) -> list[tuple[str, str | None]]:
    try:
        bridge.Bridge().normalize(data, **options)
    except bridge.BridgeError as error:
        return [(found.code, found.path) for found in error.issues if found.is_error]
    return []


def family(data: dict[str, Any]) -> str:
    return bridge.Bridge().normalize(data).order.patient.name.birth_family or ""


OTHER = patient(name=[{"use": "official", "family": "ESSAI-AUTRE", "given": ["JEAN"]}])

LEADS = {
    "relative": about("Patient/p"),
    "fullUrl": about("https://ehr.example/Patient/p"),
    "a version": about("Patient/p/_history/3"),
    "a version of a fullUrl": about("https://ehr.example/Patient/p/_history/3"),
    "urn:uuid": about(UUID, with_url(UUID)),
    "relative, to an entry named by urn:uuid": about("Patient/p", with_url(UUID)),
    "relative, to an entry without fullUrl": about("Patient/p", with_url(None)),
    "absolute, to an entry without fullUrl": about("https://ehr.example/Patient/p", with_url(None)),
    "relative, from an entry named by urn:uuid": about("Patient/p", with_url(UUID, "sr")),
}


@pytest.mark.parametrize("data", LEADS.values(), ids=LEADS)
def test_a_reference_leads_to_its_resource(data):
    assert family(data) == "ESSAI-TROIS"


NOWHERE = {
    "another server": about("https://other.example/Patient/p"),
    "an unknown id": about("Patient/q"),
    "another case": about("Patient/P"),
    "the wrong type in the name": about("Practitioner/p"),
    "a contained resource that is not there": about("#p"),
    "an unknown urn:uuid": about(UUID),
    "a bare id": about("p"),
    "a path upwards": about("../Patient/p"),
}


@pytest.mark.parametrize("data", NOWHERE.values(), ids=NOWHERE)
def test_a_reference_that_leads_nowhere_is_an_error_at_its_place(data):
    assert ("IMGDA-0204", f"{path_of(data, 'sr')}.subject") in errors(data)


@pytest.mark.parametrize("reference", ["Practitioner/dr", "Organization/org", "ServiceRequest/sr"])
def test_a_subject_of_the_wrong_type_is_an_error(reference):
    data = about(reference)
    assert ("IMGDA-0205", f"{path_of(data, 'sr')}.subject") in errors(data)


def test_of_two_servers_each_reference_finds_its_own():
    data = bundle()
    data["entry"].append({"fullUrl": "https://other.example/Patient/p", "resource": OTHER})
    assert family(data) == "ESSAI-TROIS"
    data["entry"].reverse()
    assert family(data) == "ESSAI-TROIS"
    assert ("IMGDA-0219", f"{path_of(data, 'med')}.subject") in errors(about("https://other.example/Patient/p", data))


def test_a_name_that_two_entries_share_leads_to_neither():
    data = about("Patient/p", with_url(UUID, "sr"))
    data["entry"].append({"fullUrl": "https://other.example/Patient/p", "resource": OTHER})
    assert "IMGDA-0204" in {code for code, _ in errors(data)}


def test_the_second_entry_of_the_same_identity_is_said():
    data = bundle()
    data["entry"].append({"fullUrl": "https://ehr.example/Patient/p", "resource": OTHER})
    found = {issue.code: issue for issue in bridge.Bridge().normalize(data).issues}
    assert found["IMGDA-0216"].path == f"Bundle.entry[{len(data['entry']) - 1}].resource"
    assert family(data) == "ESSAI-TROIS"


def contained() -> dict[str, Any]:
    """A ServiceRequest that contains its whole order."""
    data = bundle()
    request = resource(data, "sr")
    inner = [e["resource"] for e in data["entry"] if e["resource"]["id"] != "sr"]
    text = json.dumps({**request, "contained": inner})
    for item in inner:
        text = text.replace(f'"{item["resourceType"]}/{item["id"]}"', f'"#{item["id"]}"')
    found: dict[str, Any] = json.loads(text)
    return found


def test_contained_resources_are_found():
    order = bridge.Bridge().normalize(contained()).order
    assert order == bridge.Bridge().normalize(bundle()).order


def test_a_contained_resource_is_not_found_from_elsewhere():
    data = bundle()
    resource(data, "sr")["contained"] = [{**resource(data, "dr"), "id": "inside"}]
    resource(data, "role")["practitioner"] = {"reference": "#inside"}
    assert "IMGDA-0311" in {code for code, _ in errors(data)}


def test_references_that_form_cycles_end():
    data = bundle(sr2=service_request("sr2", basedOn=[{"reference": "ServiceRequest/sr"}]))
    resource(data, "sr")["basedOn"] = [{"reference": "ServiceRequest/sr2"}]
    resource(data, "org")["partOf"] = {"reference": "Organization/org"}
    resource(data, "loc")["partOf"] = {"reference": "Location/loc"}
    resource(data, "e")["partOf"] = {"reference": "Encounter/e"}
    resource(data, "med")["hasMember"] = [{"reference": "Observation/chir"}]
    resource(data, "chir")["hasMember"] = [{"reference": "Observation/med"}]
    resource(data, "sr")["supportingInfo"].append({"reference": "ServiceRequest/sr"})
    order = bridge.Bridge().normalize(data).order
    assert (order.medical_history, order.surgical_history) == ("Asthme", "Appendicectomie")


def test_a_supporting_resource_that_is_missing_is_an_error():
    data = bundle(sr=service_request(supportingInfo=[*service_request()["supportingInfo"], {"reference": "Observation/none"}]))
    assert errors(data) == [("IMGDA-0204", f"{path_of(data, 'sr')}.supportingInfo[3].reference")]


@pytest.mark.parametrize("element", ["encounter", "requester"])
def test_an_administrative_reference_that_leads_nowhere_is_said(element):
    data = bundle(sr=service_request(**{element: {"reference": "Basic/none"}}))
    path = f"{path_of(data, 'sr')}.{element}"
    try:
        issues = bridge.Bridge().normalize(data).issues
    except bridge.BridgeError as error:
        issues = error.issues
    assert any((found.path or "").startswith(path) for found in issues)


# --- another patient -------------------------------------------------------------------------------------------------

FOREIGN = {
    "an observation": observation("info", concept(LOINC, "30954-2"), valueString="Tumeur"),
    "a condition": {"resourceType": "Condition", "id": "info", "code": {"text": "Tumeur"}},
    "a procedure": {"resourceType": "Procedure", "id": "info", "status": "completed", "code": {"text": "Tumeur"}},
    "an allergy": {"resourceType": "AllergyIntolerance", "id": "info", "code": {"text": "Tumeur"}},
    "a family history": {
        "resourceType": "FamilyMemberHistory",
        "id": "info",
        "status": "completed",
        "relationship": {"text": "Tumeur"},
        "note": [{"text": "Tumeur"}],
    },
    "a report": {
        "resourceType": "DiagnosticReport",
        "id": "info",
        "status": "final",
        "code": {"text": "IRM"},
        "conclusion": "Tumeur",
    },
    "a study": {"resourceType": "ImagingStudy", "id": "info", "status": "available", "description": "Tumeur"},
    "a document": {
        "resourceType": "DocumentReference",
        "id": "info",
        "status": "current",
        "content": [{"attachment": {"contentType": "application/pdf", "data": PDF, "title": "Tumeur"}}],
    },
    "a communication": {
        "resourceType": "Communication",
        "id": "info",
        "status": "completed",
        "payload": [{"contentString": "Tumeur"}],
    },
    "a flag": {
        "resourceType": "Flag",
        "id": "info",
        "status": "active",
        "code": concept("https://smt.esante.gouv.fr/fhir/CodeSystem/terminologie-cisis", "MED-1123"),
    },
}


def owner(kind: str) -> str:
    return "patient" if kind in ("AllergyIntolerance", "FamilyMemberHistory", "BodyStructure") else "subject"


def of_another(item: dict[str, Any]) -> dict[str, Any]:
    return {**item, owner(item["resourceType"]): {"reference": "Patient/p2"}}


SECOND = {**OTHER, "id": "p2"}


@pytest.mark.parametrize("item", FOREIGN.values(), ids=FOREIGN)
def test_a_supporting_resource_about_another_patient_is_an_error(item):
    data = bundle(SECOND, of_another(item))
    assert errors(data) == [("IMGDA-0219", f"{path_of(data, 'info')}.{owner(item['resourceType'])}")]


@pytest.mark.parametrize("item", [FOREIGN[k] for k in ("an observation", "a condition", "a report")])
def test_a_reason_about_another_patient_is_an_error(item):
    reason = of_another({**item, "id": "why"})
    data = bundle(SECOND, reason, sr=service_request(reasonReference=[{"reference": f"{item['resourceType']}/why"}]))
    assert errors(data) == [("IMGDA-0219", f"{path_of(data, 'why')}.subject")]


def test_a_body_structure_of_another_patient_is_an_error():
    structure = {"resourceType": "BodyStructure", "id": "site", "location": concept(SNOMED, "361291001")}
    extension = [{"url": TARGET, "valueReference": {"reference": "BodyStructure/site"}}]
    data = bundle(SECOND, of_another(structure), sr=service_request(extension=extension))
    assert errors(data) == [("IMGDA-0219", f"{path_of(data, 'site')}.patient")]


@pytest.mark.parametrize("extra", [{}, {"medium": [concept(None, "PHONE")]}], ids=["a copy", "a call"])
def test_a_communication_request_about_another_patient_is_an_error(extra):
    wish = {
        "resourceType": "CommunicationRequest",
        "id": "cr",
        "status": "active",
        "about": [{"reference": "ServiceRequest/sr"}],
        "recipient": [{"reference": "PractitionerRole/role"}],
        **extra,
    }
    data = bundle(SECOND, of_another(wish))
    assert errors(data) == [("IMGDA-0219", f"{path_of(data, 'cr')}.subject")]


def test_an_encounter_of_another_patient_is_an_error():
    data = bundle(SECOND)
    resource(data, "e")["subject"] = {"reference": "Patient/p2"}
    assert errors(data) == [("IMGDA-0219", f"{path_of(data, 'e')}.subject")]


def test_a_patient_of_the_bundle_that_nothing_is_about_is_no_part_of_the_document():
    data = bundle({**SECOND, "name": [{"use": "official", "family": "ESSAI-VOISIN", "given": ["JEAN"]}]})
    assert b"VOISIN" not in bridge.to_cda(data).document


def repointed() -> list[Any]:
    """Each story with one resource at a time about another patient."""
    found = []
    for story in STORIES:
        if input_of(story).suffix != ".json":
            continue
        data = json.loads(input_of(story).read_bytes())
        if data["resourceType"] != "Bundle":
            continue
        for index, entry in enumerate(data["entry"]):
            for element in ("subject", "patient"):
                relative = entry["resource"]["resourceType"] == "RelatedPerson"
                if not relative and "reference" in entry["resource"].get(element, {}):
                    name = f"{story.name}-{index}-{entry['resource']['resourceType']}"
                    found.append(pytest.param(story, index, element, id=name))
    return found


@pytest.mark.parametrize(("story", "index", "element"), repointed())
def test_no_resource_of_a_story_may_be_about_somebody_else(story, index, element):
    data = json.loads(input_of(story).read_bytes())
    stranger = {**OTHER, "id": "stranger"}
    data["entry"].append({"fullUrl": "urn:uuid:0f9d2c5e-7a52-4d5e-9f4c-3b1de6d9aaaa", "resource": stranger})
    data["entry"][index]["resource"][element] = {"reference": data["entry"][-1]["fullUrl"]}
    found = errors(data)
    assert {code for code, _ in found} & {"IMGDA-0219", "IMGDA-0206"}, data["entry"][index]["resource"]


def test_a_relative_of_another_patient_is_not_read():
    relative = {
        "resourceType": "RelatedPerson",
        "id": "rel",
        "name": [{"family": "ESSAI-TUTEUR"}],
        "relationship": [concept("http://terminology.hl7.org/CodeSystem/v3-RoleClass", "GUARD")],
    }
    mine = bundle({**relative, "patient": {"reference": "Patient/p"}})
    other = bundle(SECOND, {**relative, "patient": {"reference": "Patient/p2"}})
    assert b"ESSAI-TUTEUR" in bridge.to_cda(mine).document
    assert b"ESSAI-TUTEUR" not in bridge.to_cda(other).document
