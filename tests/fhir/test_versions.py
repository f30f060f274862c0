"""The forms of R4, R4B and R5, and XML beside JSON, mean the same order."""

from __future__ import annotations

import json

import pytest
from bundles import DCM, SNOMED, TA, bundle, concept
from conftest import STORIES, input_of
from forms import r5, to_xml

import bridge
from bridge.fhir import parse

JSON_STORIES = [story for story in STORIES if input_of(story).suffix == ".json"]


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
