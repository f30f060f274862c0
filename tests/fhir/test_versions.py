"""The forms of R4, R4B and R5, and XML beside JSON, mean the same order."""

from __future__ import annotations

import json

import pytest
from bundles import DCM, SNOMED, TA, bundle, concept
from conftest import STORIES, input_of
from forms import r5, to_xml

import bridge
from bridge.fhir.source import parse

KNEE = "361291001"
JSON_STORIES = [story for story in STORIES if input_of(story).suffix == ".json"]


def request_of(data):
    return next(e["resource"] for e in data["entry"] if e["resource"]["resourceType"] == "ServiceRequest")


@pytest.mark.parametrize("story", JSON_STORIES, ids=lambda story: story.name)
def test_xml_means_the_same_as_json(story):
    source = input_of(story).read_bytes()
    parsed = parse.parse(source)
    again = parse.parse(to_xml(parsed.resource))
    assert again.resource == parsed.resource
    assert again.version == parsed.version
    assert bridge.to_cda(to_xml(parsed.resource)).document == bridge.to_cda(source).document


def test_the_forms_of_r5_mean_the_order_of_r4():
    four, five = bridge.to_cda(bundle()), bridge.to_cda(r5())
    assert five.order == four.order
    assert five.document == four.document


@pytest.mark.parametrize("version", ["R4", "R4B"])
def test_r4_and_r4b_are_read_alike(version):
    assert bridge.to_cda(bundle(), fhir=version).document == bridge.to_cda(bundle()).document


def test_the_version_may_be_stated():
    assert bridge.to_cda(r5(), fhir="R5").document == bridge.to_cda(r5()).document
    with pytest.raises(bridge.SourceError):
        bridge.to_cda(r5(), fhir="R4")
    with pytest.raises(bridge.SourceError):
        bridge.to_cda(bundle(), fhir="R5")


def test_an_element_of_r5_tells_the_version():
    assert parse.parse(r5()).version == "R5"
    assert parse.parse(bundle()).version == "R4"
    assert parse.parse({"resourceType": "Patient", "meta": {"profile": ["http://x|5.0.0"]}}).version == "R5"


def test_functions_and_contrast_in_parameters_of_r5():
    parameters = [
        {"code": concept(TA, "MED-1133"), "valueCodeableConcept": concept(TA, "MED-1133")},
        {"code": {"text": "Injection"}, "valueCodeableConcept": concept(TA, "MED-1154")},
    ]
    order = bridge.Bridge().normalize(r5(code={"concept": concept(DCM, "PT")}, orderDetail=[{"parameter": parameters}])).order
    (act,) = order.acts
    assert [f.concept.code for f in act.functions] == ["MED-1133"]
    assert act.contrast.code == "MED-1154"


def test_a_body_structure_of_r5_gives_its_sites_and_sides():
    structure = {
        "resourceType": "BodyStructure",
        "id": "bs",
        "patient": {"reference": "Patient/p"},
        "includedStructure": [{"structure": concept(SNOMED, "361291001"), "laterality": concept(SNOMED, "7771000")}],
    }
    data = r5(bodySite=None, bodyStructure={"reference": "BodyStructure/bs"})
    data["entry"].append({"fullUrl": "https://ehr.example/BodyStructure/bs", "resource": structure})
    (site,) = bridge.Bridge().normalize(data).order.acts[0].sites
    assert (site.location.code, [m.code for m in site.modifiers]) == ("361291001", ["7771000"])


def test_instructions_of_r5_are_read():
    data = r5(patientInstruction=[{"instructionMarkdown": "Venir à jeun"}])
    assert bridge.Bridge().normalize(json.loads(json.dumps(data))).order.patient_information == "Venir à jeun"


def test_what_r5_puts_beside_a_request_as_a_concept_is_said_in_words():
    beside = [{"concept": {"text": "Allergie au latex"}}, {"concept": concept(TA, "MED-1117")}]
    data = r5()
    request_of(data)["supportingInfo"] += beside
    history = bridge.Bridge().normalize(data).order.medical_history.split("\n")
    assert history[1:] == ["Allergie au latex", "Patient porteur de Pacemaker [MED-1117]"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("supportingInfo", {"concept": concept(SNOMED, "7771000")}), ("focus", {"display": "Fœtus"})],
    ids=["a side that belongs to nothing", "somebody else than the patient"],
)
def test_what_changes_a_request_of_r5_and_has_no_place_refuses_it(name, value):
    data = r5()
    request_of(data).setdefault(name, []).append(value)
    with pytest.raises(bridge.OrderError) as refused:
        bridge.Bridge().normalize(data)
    assert {i.loss for i in refused.value.issues if i.is_error and f".{name}[" in (i.path or "")} == {"critical"}


def test_a_focus_that_is_the_patient_says_nothing_more():
    assert not bridge.Bridge().normalize(r5(focus=[{"reference": "Patient/p"}])).losses


def test_two_classes_of_one_encounter_contradict_each_other():
    data = r5()
    encounter = next(e["resource"] for e in data["entry"] if e["resource"]["resourceType"] == "Encounter")
    encounter["class"].append(concept("http://terminology.hl7.org/CodeSystem/v3-ActCode", "IMP"))
    with pytest.raises(bridge.OrderError) as refused:
        bridge.Bridge().normalize(data)
    assert [i.code for i in refused.value.issues if i.is_error] == ["IMGDA-0443"]


@pytest.mark.parametrize(("sides", "is_refused"), [(["24028007"], True), (["24028007", "7771000"], False)])
def test_a_body_site_is_no_other_side_of_the_structure_that_it_names(sides, is_refused):
    structure = {"resourceType": "BodyStructure", "id": "bs", "patient": {"reference": "Patient/p"}}
    structure |= {"includedStructure": [{"structure": concept(SNOMED, KNEE), "laterality": concept(SNOMED, "7771000")}]}
    sites = [{"coding": [{"system": SNOMED, "code": code} for code in (KNEE, side)]} for side in sides]
    data = r5(bodySite=sites, bodyStructure={"reference": "BodyStructure/bs"})
    data["entry"].append({"fullUrl": "https://ehr.example/BodyStructure/bs", "resource": structure})
    try:
        errors = {i.code for i in bridge.Bridge().normalize(data).issues if i.is_error}
    except bridge.OrderError as refused:
        errors = {i.code for i in refused.issues if i.is_error}
    assert ("IMGDA-0440" in errors) is is_refused
