"""What must never be lost refuses the order; drafts; and how a document is made again."""

from __future__ import annotations

import json

import pytest
from bundles import DCM, LOINC, SNOMED, TA, bundle, concept, observation, order_of, path_of, service_request
from conftest import STORIES, input_of
from test_rules import BROKEN

import bridge
from bridge.evidence.provenance import sha256
from bridge.fhir.read import order as assembly
from bridge.fhir.read.clinical.contraindications import Contraindications
from bridge.fhir.read.clinical.histories import Histories
from bridge.fhir.read.header import urgency
from bridge.fhir.read.request.details import Details
from bridge.fhir.read.request.reasons import Reasons
from bridge.fhir.read.request.sites import Sites
from bridge.settings import from_mapping

BRIDGE = bridge.Bridge()
PREGNANT = concept(SNOMED, "77386006")
PACEMAKER = concept(TA, "MED-1117")
ALLERGY = {"resourceType": "AllergyIntolerance", "id": "info-a", "patient": {"reference": "Patient/p"}, "code": {"text": "Iode"}}
URGENT = [{"text": "Gonalgie"}, concept(TA, "MED-1095") | {"text": "Fracture ouverte"}]
TARGET = {
    "url": "http://hl7.org/fhir/StructureDefinition/procedure-targetBodyStructure",
    "valueReference": {"reference": "BodyStructure/b"},
}
LEFT_KNEE = bundle(
    {
        "resourceType": "BodyStructure",
        "id": "b",
        "patient": {"reference": "Patient/p"},
        "location": concept(SNOMED, "361291001"),
        "locationQualifier": [concept(SNOMED, "7771000")],
    },
    sr={name: value for name, value in service_request(extension=[TARGET]).items() if name != "bodySite"},
)
PET = {
    "code": concept(DCM, "PT"),
    "orderDetail": [concept(TA, "MED-1137"), concept(TA, "MED-1153")],
}


def nothing(*_args, **_options):
    return None


SAFETY = {
    "a contra-indication": (
        bundle(observation("info-c", concept(LOINC, "64100-1"), valueCodeableConcept=PREGNANT)),
        Contraindications,
        "rubric",
        nothing,
    ),
    "a contra-indication as a question": (
        bundle(observation("info-c", PREGNANT, valueBoolean=False)),
        Contraindications,
        "question",
        nothing,
    ),
    "an allergy": (bundle(ALLERGY), Histories, "read_allergy", nothing),
    "pregnancy": (
        bundle(observation("info-p", concept(LOINC, "82810-3"), valueCodeableConcept=PREGNANT)),
        Contraindications,
        "pregnancy",
        nothing,
    ),
    "an implant": (
        bundle(observation("info-i", concept(LOINC, "64100-1"), valueCodeableConcept=PACEMAKER)),
        Contraindications,
        "_affirmed",
        nothing,
    ),
    "the site": (order_of(), Sites, "_body_site", nothing),
    "the side": (LEFT_KNEE, Sites, "_modifier", nothing),
    "the priority": (order_of(priority="urgent", reasonCode=URGENT), assembly, "read_urgency", nothing),
    "the reason of the urgency": (order_of(priority="urgent", reasonCode=URGENT), urgency, "_is_urgency", lambda *_: False),
    "the function": (order_of(**PET), Details, "functions", lambda *_: iter(())),
    "the contrast": (order_of(**PET), Details, "contrast", lambda *_: []),
    "the justification": (order_of(), Reasons, "read", nothing),
}


@pytest.mark.parametrize(("data", "owner", "rule", "instead"), SAFETY.values(), ids=SAFETY)
def test_without_its_rule_what_must_never_be_lost_refuses_the_order(data, owner, rule, instead, monkeypatch):
    assert BRIDGE.to_cda(data).document
    monkeypatch.setattr(owner, rule, instead)
    with pytest.raises(bridge.OrderError):
        BRIDGE.to_cda(data)


def test_a_side_that_no_rule_reads_refuses_the_order():
    side = {"system": "https://ehr.example/sides", "code": "G", "display": "Gauche"}
    site = concept(SNOMED, "361291001")
    site["coding"].append(side)
    data = order_of(bodySite=[site])
    with pytest.raises(bridge.OrderError) as refused:
        BRIDGE.to_cda(data)
    errors = {issue.path: issue.loss for issue in refused.value.issues if issue.is_error}
    assert errors[f"{path_of(data, 'sr')}.bodySite[0].coding[1].display"] == "critical"


# --- drafts ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", BROKEN)
def test_a_draft_is_written_in_spite_of_errors_and_says_so(case):
    data, code, _ = BROKEN[case]
    conversion = BRIDGE.to_cda(data, draft=True)
    assert conversion.issues[0].code == "IMGDA-1702"
    assert code in {issue.code for issue in conversion.issues if issue.is_error}
    assert conversion.document.startswith(b"<?xml")


def test_a_draft_of_an_order_without_a_known_modality_is_written():
    data = order_of(code={"text": "Examen 4711"}, orderDetail=None, category=None)
    conversion = BRIDGE.to_cda(data, draft=True)
    assert "IMGDA-0402" in {issue.code for issue in conversion.issues if issue.is_error}
    assert b"Examen 4711" in conversion.document


def test_a_draft_of_a_right_order_is_the_document():
    assert BRIDGE.to_cda(bundle(), draft=True).document == BRIDGE.to_cda(bundle()).document


def test_no_draft_of_another_patients_data_or_of_a_revoked_order():
    other = {"resourceType": "Patient", "id": "other", "name": [{"family": "Autre"}]}
    foreign = observation("info-x", concept(LOINC, "11348-0"), valueString="Asthme") | {"subject": {"reference": "Patient/other"}}
    for data in (bundle(other, foreign), order_of(status="revoked"), order_of(doNotPerform=True)):
        with pytest.raises(bridge.BridgeError):
            BRIDGE.to_cda(data, draft=True)


# --- provenance --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("story", STORIES[:6], ids=lambda story: story.name)
def test_a_document_is_made_again_from_its_provenance(story):
    source = input_of(story).read_bytes()
    first = bridge.Bridge(bridge.Settings(time_zone="Indian/Reunion")).to_cda(source)
    facts = {e["url"].rpartition(":")[2]: e["valueString"] for e in json.loads(json.dumps(first.provenance()))["extension"]}
    policy = json.loads(facts["policy"])
    assert facts["input-sha256"] == sha256(source)
    again = bridge.Bridge(from_mapping(_without_none(policy["settings"]))).to_cda(source, **policy["options"])
    assert sha256(again.document) == facts["document-sha256"]
    assert again.provenance() == first.provenance()


def _without_none(data):
    return {k: _without_none(v) if isinstance(v, dict) else v for k, v in data.items() if v is not None}


def test_a_provenance_is_valid_fhir_and_holds_no_name():
    from fhir.resources.R4B.provenance import Provenance

    conversion = BRIDGE.to_cda(bundle())
    text = json.dumps(conversion.provenance())
    Provenance.model_validate_json(text)
    assert conversion.order.patient.name.birth_family not in text
