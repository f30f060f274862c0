"""Whose fact a resource states, and whether it is one: its focus, what a phrase leads to, what the message deletes.

Source: docs/decisions.md, 1, 27, 48 and 49.
"""

from __future__ import annotations

from typing import Any

import pytest
from bundles import LOINC, TA, bundle, concept, observation, path_of, patient, resources

import bridge

JSON = dict[str, Any]
BRIDGE = bridge.Bridge()
WHO = {"reference": "Patient/p"}
PACEMAKER = concept(TA, "MED-1117")
MOTHER = {"resourceType": "RelatedPerson", "id": "mother", "patient": WHO, "name": [{"family": "ESSAI-MERE"}]}
OTHER = patient(id="other", identifier=[{"system": "urn:oid:1.2.250.1.999.1.2", "value": "IPP-2"}])
REFUTED = {"verificationStatus": {"coding": [{"code": "refuted"}]}}
ERROR = {"verificationStatus": {"coding": [{"code": "entered-in-error"}]}}
DOUBTFUL = {"verificationStatus": {"coding": [{"code": "unconfirmed"}]}}


def errors(data: JSON) -> dict[str, str | None]:
    with pytest.raises(bridge.BridgeError) as raised:
        BRIDGE.to_cda(data)
    return {found.code: found.path for found in raised.value.issues if found.is_error}


def codes(found: Any) -> set[str]:
    return {issue.code for issue in found.issues}


def shock(**more: Any) -> JSON:
    return {"resourceType": "Condition", "id": "shock", "subject": WHO, "code": {"text": "Choc anaphylactique"}, **more}


# --- focus -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("focus", [{"reference": "RelatedPerson/mother"}, {"reference": "Patient/other"}, {"type": "Patient"}])
@pytest.mark.parametrize("code", [PACEMAKER, concept(LOINC, "30954-2")])
def test_an_observation_about_somebody_else_is_refused(focus, code):
    value = {"valueBoolean": True} if code is PACEMAKER else {"valueString": "Masse"}
    data = bundle(observation("info-o", code, focus=[focus], **value), MOTHER, OTHER)
    assert errors(data)["IMGDA-0219"] == f"{path_of(data, 'info-o')}.focus[0]"


@pytest.mark.parametrize(
    ("code", "value"),
    [
        (PACEMAKER, {"valueBoolean": True}),
        (concept(LOINC, "64100-1"), {"valueCodeableConcept": PACEMAKER}),
        (concept(LOINC, "82810-3"), {"valueCodeableConcept": concept("http://snomed.info/sct", "77386006", "Pregnant")}),
    ],
)
def test_an_answer_about_something_that_only_words_name_is_said_and_answers_nothing(code, value):
    found = BRIDGE.to_cda(bundle(observation("info-o", code, focus=[{"display": "Donneur (mère)"}], **value)))
    assert "à propos de : Donneur (mère)" in found.order.medical_history
    assert found.order.contraindications == ()
    assert "IMGDA-0469" in codes(found)


def test_a_result_about_something_that_only_words_name_stays_a_result_that_says_so():
    found = BRIDGE.to_cda(
        bundle(observation("info-o", {"text": "Échographie"}, valueString="Kyste", focus=[{"display": "Greffon"}]))
    )
    assert found.order.prior_results == "Échographie : Kyste ; à propos de : Greffon"


@pytest.mark.parametrize("focus", [WHO, {"reference": "Device/d"}])
def test_an_answer_about_the_patient_or_a_device_of_the_patient_is_an_answer(focus):
    device = {"resourceType": "Device", "id": "d", "patient": WHO, "type": {"text": "Stimulateur"}}
    more = [] if focus is WHO else [device]
    found = BRIDGE.to_cda(bundle(observation("info-o", PACEMAKER, valueBoolean=True, focus=[focus]), *more))
    assert [c.present for c in found.order.contraindications] == [True]


# --- what a phrase leads to ----------------------------------------------------------------------------------------------

NAMING = {
    "complicationDetail": {"resourceType": "Procedure", "status": "completed", "code": {"text": "Scanner"}},
    "reasonReference": {
        "resourceType": "MedicationStatement",
        "status": "active",
        "medicationCodeableConcept": {"text": "Lovenox"},
    },
    "evidence": {"resourceType": "Condition", "code": {"text": "Malaise"}},
}


def naming(element: str) -> JSON:
    """A resource that names the condition ``shock`` in one of its elements."""
    reference = [{"reference": "Condition/shock"}]
    return {
        **NAMING[element],
        "id": "info-n",
        "subject": WHO,
        element: [{"detail": reference}] if element == "evidence" else reference,
    }


@pytest.mark.parametrize("element", NAMING)
@pytest.mark.parametrize("status", [REFUTED, ERROR])
def test_what_a_phrase_leads_to_is_not_said_where_it_never_was_a_fact(element, status):
    data = bundle(naming(element), shock(**status))
    found = BRIDGE.to_cda(data)
    assert "Choc" not in found.document.decode()
    assert ("IMGDA-0217", path_of(data, "shock")) in {(issue.code, issue.path) for issue in found.issues}


@pytest.mark.parametrize("element", NAMING)
def test_what_a_phrase_leads_to_is_refused_where_it_is_of_another_patient(element):
    assert "IMGDA-0219" in errors(bundle(naming(element), shock(subject={"reference": "Patient/other"}), OTHER))


def test_what_a_phrase_leads_to_is_said_with_its_status():
    found = BRIDGE.to_cda(bundle(naming("complicationDetail"), shock(**DOUBTFUL)))
    assert "Scanner ; complication : Choc anaphylactique (non confirmé)" in found.order.surgical_history


def test_a_treatment_by_a_medication_entered_in_error_is_none():
    medication = {"resourceType": "Medication", "id": "m", "status": "entered-in-error", "code": {"text": "Metformine"}}
    statement = {"resourceType": "MedicationStatement", "id": "info-m", "status": "active", "subject": WHO}
    found = BRIDGE.to_cda(bundle(statement | {"medicationReference": {"reference": "Medication/m"}}, medication))
    assert "Metformine" not in found.document.decode()
    assert "IMGDA-0217" in codes(found)


def test_a_part_of_a_device_of_the_same_patient_is_no_loss():
    whole = {"resourceType": "Device", "id": "whole", "status": "active", "patient": WHO, "type": {"text": "Défibrillateur"}}
    part = {
        "resourceType": "Device",
        "id": "info-d",
        "patient": WHO,
        "type": {"text": "Sonde"},
        "parent": {"reference": "Device/whole"},
    }
    found = BRIDGE.to_cda(bundle(part, whole))
    assert "Dispositif implanté : Sonde ; partie de : Défibrillateur" in found.order.medical_history
    assert [loss.path for loss in found.losses if loss.loss == "critical"] == []


@pytest.mark.parametrize(("display", "is_said"), [("Suspicion de métastase", True), ("Gonarthrose droite", False), (None, False)])
def test_the_label_of_a_reason_that_says_something_else_than_the_resource_is_said_too(display, is_said):
    reference = {"reference": "Condition/c"} | ({"display": display} if display else {})
    condition = {"resourceType": "Condition", "id": "c", "subject": WHO, "code": {"text": "Gonarthrose"}}
    found = BRIDGE.to_cda(bundle(condition, sr=resources()["sr"] | {"reasonReference": [reference]}))
    assert found.order.justification.split("\n")[1:] == ["Gonarthrose", *([display] if is_said else [])]


# --- what the message deletes --------------------------------------------------------------------------------------------


def deleting(data: JSON, ident: str) -> JSON:
    for entry in data["entry"]:
        method = "DELETE" if entry["resource"]["id"] == ident else "PUT"
        entry["request"] = {"method": method, "url": f"{entry['resource']['resourceType']}/{entry['resource']['id']}"}
    return data | {"type": "transaction"}


def test_a_request_that_the_message_deletes_is_refused():
    data = deleting(bundle(), "sr")
    assert errors(data) == {"IMGDA-0224": path_of(data, "sr").replace(".resource", ".request.method")}


def test_a_fact_that_the_message_deletes_is_none():
    found = BRIDGE.to_cda(deleting(bundle(observation("info-o", PACEMAKER, valueBoolean=True)), "info-o"))
    assert found.order.contraindications == ()
    assert "IMGDA-0217" in codes(found)


@pytest.mark.parametrize("ident", ["p", "dr", "e"])
def test_a_person_or_encounter_that_the_message_deletes_is_a_critical_loss(ident):
    data = deleting(bundle(), ident)
    assert errors(data) == {"IMGDA-0901": path_of(data, ident).replace(".resource", ".request.method")}


def test_a_deletion_of_something_that_the_order_does_not_name_says_nothing():
    data = deleting(bundle(MOTHER | {"patient": {"reference": "Patient/nobody"}}), "mother")
    data["entry"].append({"request": {"method": "DELETE", "url": "ServiceRequest/old"}})
    assert {"IMGDA-0217", "IMGDA-0224"}.isdisjoint(codes(BRIDGE.to_cda(data)))


@pytest.mark.parametrize(("status", "is_said"), [("cancelled", True), ("rejected", True), ("requested", False)])
def test_a_task_about_the_request_that_was_cancelled_is_a_warning(status, is_said):
    task = {"resourceType": "Task", "id": "t", "status": status, "intent": "order", "focus": {"reference": "ServiceRequest/sr"}}
    assert ("IMGDA-0223" in codes(BRIDGE.to_cda(bundle(task)))) is is_said
