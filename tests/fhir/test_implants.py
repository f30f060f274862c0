"""Devices of the patient: in words among the antécédents, never a contra-indication; what nobody answered is named."""

from __future__ import annotations

from typing import Any

import pytest
from bundles import SNOMED, TA, bundle, concept, observation, path_of, patient
from forms import r5

import bridge

BRIDGE = bridge.Bridge()
WHO = {"reference": "Patient/p"}
PACEMAKER = {
    "resourceType": "Device",
    "id": "info-d",
    "status": "active",
    "patient": WHO,
    "type": {"text": "Stimulateur cardiaque"},
}
SCANNER = {"resourceType": "Device", "id": "scanner", "status": "active", "type": {"text": "Scanner 2"}}


def convert(data: dict[str, Any], **settings: Any) -> Any:
    return bridge.Bridge(bridge.Settings(**settings)).to_cda(data)


def use(**changes: Any) -> dict[str, Any]:
    found = {"resourceType": "DeviceUseStatement", "id": "info-u", "status": "active", "subject": WHO, **changes}
    return {"device": {"reference": "Device/info-d"}, **found}


def warnings(found: Any) -> dict[str, str]:
    return {i.code: i.parameters.get("contraindication", "") for i in found.issues if i.code in ("IMGDA-0463", "IMGDA-0464")}


def lines(found: Any) -> list[str]:
    return [line for line in found.order.medical_history.split("\n") if "ispositif" in line]


def test_a_device_that_names_the_patient_is_one_of_his_implants():
    found = convert(bundle(PACEMAKER))
    assert lines(found) == ["Dispositif implanté : Stimulateur cardiaque"]
    assert found.order.contraindications == ()
    assert [i for i in found.losses if i.loss in ("critical", "clinical")] == []


def test_the_contraindication_that_nobody_answered_is_named_at_the_device():
    data = bundle(PACEMAKER)
    found = convert(data)
    assert warnings(found) == {"IMGDA-0463": "Patient porteur de Pacemaker"}
    assert next(i.path for i in found.issues if i.code == "IMGDA-0463") == path_of(data, "info-d")


def test_a_contraindication_that_is_answered_yes_is_not_named():
    answer = observation("info-a", concept(TA, "MED-1117"), valueBoolean=True)
    assert warnings(convert(bundle(PACEMAKER, answer))) == {}


def test_a_contraindication_that_is_denied_beside_its_device_is_said():
    answer = observation("info-a", concept(TA, "MED-1117"), valueBoolean=False)
    assert warnings(convert(bundle(PACEMAKER, answer))) == {"IMGDA-0464": "Patient porteur de Pacemaker"}


KINDS = {
    "14106009": "Patient porteur de Pacemaker",
    "72506001": "Patient porteur de Pacemaker",
    "43252007": "Patient porteur d’un implant cochléaire",
    "25937001": "Patient porteur d’un neurostimulateur",
    "65818007": "Patient porteur d’un stent ou un filtre cave",
    "7733008": "Patient porteur d’une sonde de dérivation du LCS",
}


@pytest.mark.parametrize(("code", "label"), KINDS.items())
def test_the_kind_of_a_device_is_told_by_its_code(code, label):
    device = PACEMAKER | {"type": concept(SNOMED, code, "Object")}
    assert warnings(convert(bundle(device))) == {"IMGDA-0463": label}


@pytest.mark.parametrize("words", ["Implant cochléaire", "IMPLANT COCHLEAIRE gauche", "Cochlear implant"])
def test_the_kind_of_a_device_is_told_by_its_words(words):
    device = PACEMAKER | {"type": {"text": words}}
    assert warnings(convert(bundle(device))) == {"IMGDA-0463": "Patient porteur d’un implant cochléaire"}


def test_a_device_of_no_known_kind_asks_for_the_other_contraindication():
    device = PACEMAKER | {"type": {"text": "Prothèse de hanche"}}
    assert warnings(convert(bundle(device))) == {"IMGDA-0463": "Autre contre-indication connue"}


@pytest.mark.parametrize("status", ["inactive"])
def test_a_device_that_is_not_active_is_a_former_one_and_asks_for_nothing(status):
    found = convert(bundle(PACEMAKER | {"status": status}))
    assert lines(found) == ["Dispositif implanté : Stimulateur cardiaque (ancien dispositif)"]
    assert warnings(found) == {}


def test_a_device_entered_in_error_is_no_implant():
    found = convert(bundle(PACEMAKER | {"status": "entered-in-error"}))
    assert lines(found) == []
    assert "IMGDA-0217" in {i.code for i in found.issues}


def test_a_statement_of_use_and_its_device_are_one_line():
    used = use(timingPeriod={"start": "2022-03-15"}, bodySite={"text": "thorax gauche"})
    for more in ([PACEMAKER, used], [used, PACEMAKER], [used, PACEMAKER | {"id": "info-d"}]):
        found = convert(bundle(*more))
        assert lines(found) == ["Dispositif implanté : Stimulateur cardiaque (depuis 15/03/2022) ; localisation : thorax gauche"]


@pytest.mark.parametrize(
    ("status", "mark"), [("completed", "ancien dispositif"), ("stopped", "ancien dispositif"), ("intended", "prévu")]
)
def test_a_statement_of_use_says_its_status(status, mark):
    device = {key: value for key, value in PACEMAKER.items() if key != "patient"} | {"id": "d"}
    found = convert(bundle(device, use(status=status, device={"reference": "Device/d"})))
    assert lines(found) == [f"Dispositif implanté : Stimulateur cardiaque ({mark})"]


def test_a_statement_of_use_whose_device_was_entered_in_error_says_nothing():
    found = convert(bundle(PACEMAKER | {"status": "entered-in-error"}, use()))
    assert lines(found) == []


def test_a_device_of_another_patient_is_refused():
    with pytest.raises(bridge.OrderError) as refused:
        convert(bundle(PACEMAKER | {"patient": {"reference": "Patient/q"}, "id": "info-d"}, patient() | {"id": "q"}))
    assert "IMGDA-0219" in {i.code for i in refused.value.issues}


def test_the_makers_data_of_a_device_are_said():
    device = PACEMAKER | {
        "manufacturer": "Fabrique",
        "modelNumber": "X1",
        "serialNumber": "S-9",
        "safety": [{"text": "IRM sous conditions"}],
    }
    (line,) = lines(convert(bundle(device)))
    assert line.split(" ; ")[1:] == ["fabricant : Fabrique", "n° de série : S-9", "modèle : X1", "sécurité : IRM sous conditions"]


def procedure(**changes: Any) -> dict[str, Any]:
    return {
        "resourceType": "Procedure",
        "id": "info-p",
        "status": "completed",
        "subject": WHO,
        "code": {"text": "Pose"},
        **changes,
    }


def test_the_device_that_a_procedure_implants_stands_with_it():
    focal = [{"action": concept("http://hl7.org/fhir/device-action", "implanted"), "manipulated": {"reference": "Device/d"}}]
    found = convert(bundle(PACEMAKER | {"id": "d"}, procedure(performedDateTime="2022", focalDevice=focal)))
    assert found.order.surgical_history.endswith("Pose (2022) ; Dispositif implanté : Stimulateur cardiaque")
    assert warnings(found) == {"IMGDA-0463": "Patient porteur de Pacemaker"}


def test_the_device_that_a_procedure_removes_is_a_former_one():
    focal = [{"action": concept("http://hl7.org/fhir/device-action", "explanted"), "manipulated": {"reference": "Device/d"}}]
    found = convert(bundle(PACEMAKER | {"id": "d", "status": "inactive"}, procedure(focalDevice=focal)))
    assert "ancien dispositif, retiré" in found.order.surgical_history
    assert warnings(found) == {}


def test_a_procedure_whose_code_is_an_implantation_says_a_device():
    found = convert(bundle(procedure(code=concept(SNOMED, "307280005", text="Pose d'un stimulateur cardiaque"))))
    assert "Dispositif implanté : Pose d'un stimulateur cardiaque" in found.order.surgical_history
    assert warnings(found) == {"IMGDA-0463": "Patient porteur de Pacemaker"}


def test_a_procedure_that_was_not_done_implants_nothing():
    found = convert(bundle(procedure(status="not-done", code=concept(SNOMED, "307280005", text="Pose"))))
    assert (found.order.surgical_history, warnings(found)) == ("Appendicectomie", {})


# --- R5 --------------------------------------------------------------------------------------------------------------


def order_r5(*more: dict[str, Any]) -> dict[str, Any]:
    data = r5()
    request = next(e["resource"] for e in data["entry"] if e["resource"]["id"] == "sr")
    for resource in more:
        data["entry"].append(
            {"fullUrl": f"https://ehr.example/{resource['resourceType']}/{resource['id']}", "resource": resource}
        )
        if resource["id"].startswith("info"):
            request["supportingInfo"].append({"reference": {"reference": f"{resource['resourceType']}/{resource['id']}"}})
    return data


DEVICE_R5 = {"resourceType": "Device", "id": "d", "status": "active", "type": [{"text": "Neurostimulateur"}]}


def test_a_device_association_and_a_device_usage_name_the_patient_in_r5():
    status = {"coding": [{"code": "implanted"}]}
    association = {
        "resourceType": "DeviceAssociation",
        "id": "info-a",
        "status": status,
        "subject": WHO,
        "device": {"reference": "Device/d"},
    }
    usage = {"resourceType": "DeviceUsage", "id": "info-u", "status": "active", "patient": WHO}
    usage["device"] = {"reference": {"reference": "Device/d"}}
    for statement in (association, usage):
        found = BRIDGE.to_cda(order_r5(DEVICE_R5, statement))
        assert lines(found) == ["Dispositif implanté : Neurostimulateur"]
        assert warnings(found) == {"IMGDA-0463": "Patient porteur d’un neurostimulateur"}


def test_a_device_that_was_explanted_is_a_former_one_in_r5():
    status = {"coding": [{"code": "explanted"}]}
    association = {
        "resourceType": "DeviceAssociation",
        "id": "info-a",
        "status": status,
        "subject": WHO,
        "device": {"reference": "Device/d"},
    }
    found = BRIDGE.to_cda(order_r5(DEVICE_R5, association))
    assert lines(found) == ["Dispositif implanté : Neurostimulateur (ancien dispositif, retiré)"]
    assert warnings(found) == {}


# --- devices of nobody, and what belongs to nothing of the order -----------------------------------------------------


def test_a_device_that_names_no_patient_is_no_implant_and_no_critical_loss():
    found = convert(bundle(SCANNER))
    assert lines(found) == []
    assert {i.loss for i in found.losses if i.code == "IMGDA-0905"} == {"administrative"}


def test_a_device_of_nobody_that_the_request_puts_beside_itself_may_be_an_implant_and_refuses_it():
    with pytest.raises(bridge.OrderError):
        convert(bundle(SCANNER | {"id": "info-s"}))


def test_a_body_structure_of_something_else_is_no_critical_loss():
    structure = {"resourceType": "BodyStructure", "id": "b", "patient": WHO, "location": concept(SNOMED, "76752008")}
    losses = {i.loss for i in convert(bundle(structure)).losses if i.code == "IMGDA-0905"}
    assert losses == {"clinical"}


def test_a_device_of_the_patient_to_which_nothing_leads_is_a_critical_loss():
    with pytest.raises(bridge.OrderError) as refused:
        convert(bundle(PACEMAKER | {"id": "d"}))
    assert "IMGDA-0905" in {i.code for i in refused.value.issues if i.is_error}


# --- unreferenced = "take" -------------------------------------------------------------------------------------------

UNREFERENCED: dict[str, tuple[dict[str, Any], str]] = {
    "a device": (PACEMAKER | {"id": "d"}, "Dispositif implanté : Stimulateur cardiaque"),
    "a condition": ({"resourceType": "Condition", "id": "c", "subject": WHO, "code": {"text": "Diabète"}}, "Diabète"),
    "an allergy": (
        {"resourceType": "AllergyIntolerance", "id": "a", "patient": WHO, "code": {"text": "Latex"}},
        "Allergie : Latex",
    ),
    "a procedure": (procedure(id="pr"), "Pose"),
    "an observation": (observation("o", {"text": "Créatininémie"}, valueString="normale"), "Créatininémie : normale"),
    "a contra-indication": (observation("o", concept(TA, "MED-1109"), valueBoolean=True), "MED-1109"),
}


@pytest.mark.parametrize("name", UNREFERENCED)
def test_what_nothing_refers_to_is_read_as_if_the_request_named_it_when_the_site_wants_it(name):
    resource, text = UNREFERENCED[name]
    found = convert(bundle(resource), unreferenced="take")
    assert text in str(found.order)
    assert "IMGDA-0905" not in {i.code for i in found.issues}


@pytest.mark.parametrize("name", UNREFERENCED)
def test_by_default_it_is_reported_and_not_read(name):
    resource, text = UNREFERENCED[name]
    found = convert(bundle(resource), losses=bridge.settings.Losses(critical="warn"))
    assert text not in str(found.order)
    assert "IMGDA-0905" in {i.code for i in found.issues}


def test_what_is_about_another_patient_is_not_taken():
    other = patient() | {"id": "q"}
    fact = {"resourceType": "Condition", "id": "c", "subject": {"reference": "Patient/q"}, "code": {"text": "Diabète"}}
    found = convert(bundle(other, fact), unreferenced="take")
    assert "Diabète" not in str(found.order)


def test_the_reason_of_a_request_is_not_taken_again_as_history():
    fact = {"resourceType": "Condition", "id": "c", "subject": WHO, "code": {"text": "Diabète"}}
    data = bundle(fact)
    request = next(e["resource"] for e in data["entry"] if e["resource"]["id"] == "sr")
    request["reasonReference"] = [{"reference": "Condition/c"}]
    found = convert(data, unreferenced="take")
    assert "Diabète" in found.order.justification
    assert "Diabète" not in found.order.medical_history


def test_a_use_that_has_ended_is_a_former_device_and_still_asks_where_no_status_says_so():
    use = {"resourceType": "DeviceUseStatement", "id": "info-u", "status": "active", "subject": {"reference": "Patient/p"}}
    found = bridge.to_cda(bundle(use | {"device": {"display": "Pacemaker"}, "timingPeriod": {"end": "2020-01-01"}}))
    assert "Dispositif implanté : Pacemaker (jusqu'au 01/01/2020, ancien dispositif)" in found.order.medical_history
    assert "IMGDA-0463" in {issue.code for issue in found.issues}
