"""What the resources beside a request state: absences, what is no fact, statuses, reasons, and texts that say nothing."""

from __future__ import annotations

from typing import Any

import pytest
from bundles import LOINC, SNOMED, TA, bundle, concept, observation, order_of, path_of

import bridge

BRIDGE = bridge.Bridge()
WHO = {"reference": "Patient/p"}
IPS = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"
NOT_ASKED = concept("http://terminology.hl7.org/CodeSystem/data-absent-reason", "not-asked")


def convert(*more: dict[str, Any], **changed: Any) -> Any:
    return BRIDGE.to_cda(bundle(*more, **changed))


def history(*more: dict[str, Any], **changed: Any) -> str:
    return convert(*more, **changed).order.medical_history


def codes(found: Any) -> set[str]:
    return {issue.code for issue in found.issues}


def allergy(code: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"resourceType": "AllergyIntolerance", "id": "info-a", "patient": WHO, "code": code, **changes}


def condition(text: str, **changes: Any) -> dict[str, Any]:
    return {"resourceType": "Condition", "id": "info-c", "subject": WHO, "code": {"text": text}, **changes}


def status(code: str) -> dict[str, Any]:
    return {"coding": [{"code": code}]}


# --- what does not exist ---------------------------------------------------------------------------------------------

ABSENT = {
    (SNOMED, "716186003"): "Allergie : aucune connue",
    (SNOMED, "409137002"): "Allergie médicamenteuse : aucune connue",
    (SNOMED, "428607008"): "Allergie environnementale : aucune connue",
    (SNOMED, "429625007"): "Allergie alimentaire : aucune connue",
    (IPS, "no-known-allergies"): "Allergie : aucune connue",
    (IPS, "no-known-food-allergies"): "Allergie alimentaire : aucune connue",
}


@pytest.mark.parametrize(("system", "code"), ABSENT)
def test_no_known_allergy_is_an_absence_and_no_allergy_of_that_name(system, code):
    found = convert(allergy(concept(system, code, "No known allergy", text="Pas d'allergie connue")))
    assert found.order.medical_history == f"Asthme\n{ABSENT[system, code]}"
    assert [i for i in found.losses if i.loss in ("critical", "clinical")] == []


def test_no_information_on_allergies_says_nothing():
    assert history(allergy(concept(IPS, "no-allergy-info"))) == "Asthme"


def test_an_absence_that_is_not_confirmed_says_so():
    text = history(allergy(concept(SNOMED, "716186003"), verificationStatus=status("unconfirmed"), note=[{"text": "À revoir"}]))
    assert text == "Asthme\nAllergie : aucune connue ; non confirmée ; À revoir"


def test_an_absence_that_is_refuted_says_nothing():
    found = convert(allergy(concept(SNOMED, "716186003"), verificationStatus=status("refuted")))
    assert found.order.medical_history == "Asthme"
    assert "IMGDA-0217" in codes(found)


def test_an_absence_that_another_resource_contradicts_is_said_and_not_written():
    found = convert(allergy(concept(SNOMED, "716186003")), allergy({"text": "Latex"}) | {"id": "info-b"})
    assert found.order.medical_history == "Asthme\nAllergie : Latex"
    assert "IMGDA-0465" in codes(found)


def test_an_absence_is_about_what_its_code_says_whatever_the_resource():
    nothing = {"resourceType": "Condition", "id": "info-c", "subject": WHO, "code": concept(IPS, "no-known-procedures")}
    order = convert(
        nothing, med=None, chir=None, sr=order_of(supportingInfo=[{"reference": "Observation/risk"}])["entry"][-1]["resource"]
    ).order
    assert (order.medical_history, order.surgical_history) == ("Non renseigné", "Aucun antécédent connu")


@pytest.mark.parametrize(("system", "code"), [(IPS, "no-known-devices"), (SNOMED, "787483001")])
def test_no_known_device_is_said(system, code):
    device = {"resourceType": "Device", "id": "d", "type": concept(system, code)}
    used = {"resourceType": "DeviceUseStatement", "id": "info-u", "status": "active", "subject": WHO}
    found = convert(device, used | {"device": {"reference": "Device/d"}})
    assert found.order.medical_history == "Asthme\nDispositif implanté : aucun connu"
    assert "IMGDA-0463" not in codes(found)


@pytest.mark.parametrize("code", ["no-known-medications", "787481004"])
def test_no_known_treatment_is_said(code):
    system = IPS if code.startswith("no") else SNOMED
    statement = {"resourceType": "MedicationStatement", "id": "info-m", "status": "active", "subject": WHO}
    assert history(statement | {"medicationCodeableConcept": concept(system, code)}).endswith("Traitement : aucun connu")


# --- what is no fact -------------------------------------------------------------------------------------------------


def test_a_question_without_an_answer_is_said_and_no_answer_is_assumed():
    data = bundle(observation("info-q", concept(TA, "MED-1109"), dataAbsentReason=NOT_ASKED))
    found = BRIDGE.to_cda(data)
    assert found.order.contraindications == ()
    assert found.order.medical_history == "Asthme\nPatient claustrophobe : sans réponse (non demandé)"
    assert ("IMGDA-0460", f"{path_of(data, 'info-q')}.dataAbsentReason") in {(i.code, i.path) for i in found.issues}


def test_a_result_without_a_value_is_no_result():
    found = convert(observation("info-r", {"text": "Créatininémie"}, dataAbsentReason=NOT_ASKED))
    assert found.order.prior_results is None
    assert any("info-r" not in str(i.path) and i.code == "IMGDA-0901" for i in found.losses)


def test_a_value_beside_the_reason_of_its_absence_is_none():
    found = convert(observation("info-r", {"text": "Créatininémie"}, valueString="normale", dataAbsentReason=NOT_ASKED))
    assert found.order.prior_results is None
    assert "IMGDA-0462" in codes(found)


def test_a_history_that_is_unknown_is_not_stated():
    found = convert(med=observation("med", concept(LOINC, "11348-0"), dataAbsentReason=NOT_ASKED))
    assert found.order.medical_history == "Non renseigné"


def test_a_pregnancy_that_is_over_is_no_contraindication():
    over = {"resourceType": "Condition", "id": "info-c", "subject": WHO, "code": concept(SNOMED, "77386006", "enceinte")}
    found = convert(over | {"abatementDateTime": "2024-05"})
    assert found.order.contraindications == ()
    assert "enceinte [77386006] ; fin : 05/2024" in found.order.medical_history


def test_an_active_flag_is_read_and_an_inactive_one_is_not():
    flag = {"resourceType": "Flag", "id": "info-f", "status": "active", "subject": WHO, "code": {"text": "Risque de chute"}}
    assert history(flag) == "Asthme\nInformation pour la prise en charge : Risque de chute"
    found = convert(flag | {"status": "inactive"})
    assert found.order.medical_history == "Asthme"
    assert "IMGDA-0217" in codes(found)


def test_two_contrary_codes_of_one_status_are_an_error():
    twice = {"coding": [{"code": "confirmed"}, {"code": "unconfirmed"}]}
    with pytest.raises(bridge.OrderError) as refused:
        convert(condition("Asthme ancien", verificationStatus=twice))
    assert "IMGDA-0461" in {i.code for i in refused.value.issues}


def test_an_allergy_says_what_weakens_it_and_how_grave_it_is():
    text = history(
        allergy(
            {"text": "Lactose"},
            type="intolerance",
            category=["food"],
            criticality="low",
            clinicalStatus=status("resolved"),
            verificationStatus=status("unconfirmed"),
            reaction=[{"manifestation": [{"text": "diarrhée"}], "severity": "mild"}],
        )
    )
    assert text == (
        "Asthme\nAllergie ou intolérance : Lactose (intolérance, résolue, non confirmée) ; criticité faible ; "
        "réaction : diarrhée (légère)"
    )


def test_a_code_that_states_a_fact_is_critical_even_in_a_category():
    with pytest.raises(bridge.OrderError) as refused:
        convert(condition("Asthme ancien", category=[concept(TA, "MED-1117")]))
    assert {i.loss for i in refused.value.issues if i.is_error} == {"critical"}


@pytest.mark.parametrize("category", [concept(SNOMED, "439401001", "Diagnosis"), {"text": "Problème"}, concept(LOINC, "75326-9")])
def test_a_category_is_implied(category):
    found = convert(condition("Gonarthrose", category=[category]))
    assert [i for i in found.losses if "category" in str(i.path)] == []


# --- reasons ---------------------------------------------------------------------------------------------------------


def reason(resource: dict[str, Any]) -> str:
    request = order_of(reasonCode=None, reasonReference=[{"reference": f"{resource['resourceType']}/{resource['id']}"}])
    return convert(resource, sr=request["entry"][-1]["resource"]).order.justification


def test_a_reason_by_observation_says_its_value():
    quantity = observation(
        "o", {"text": "D-dimères"}, valueQuantity={"value": 1200, "unit": "ng/mL"}, effectiveDateTime="2026-03-01"
    )
    assert reason(quantity) == "D-dimères : 1200 ng/mL (01/03/2026)"
    assert reason(observation("o", {"text": "Masse palpable"}, valueBoolean=False)) == "Masse palpable : non"
    assert reason(observation("o", {"text": "Nodule"})) == "Nodule"
    site = {"coding": [{"system": SNOMED, "code": "7771000"}], "text": "sein"}
    assert reason(observation("o", {"text": "Masse"}, bodySite=site)) == "Masse ; localisation : sein (gauche)"


def test_a_reason_by_condition_says_its_severity_and_site():
    found = condition("Gonarthrose", severity={"text": "sévère"}, bodySite=[{"text": "genou droit"}]) | {"id": "c"}
    assert reason(found) == "Gonarthrose ; sévérité : sévère ; localisation : genou droit"


# --- texts that say nothing ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["-", "…", " . ", "Justification de la demande", "JUSTIFICATION", "demande d’actes d’imagerie"])
def test_a_justification_that_says_nothing_is_none(text):
    with pytest.raises(bridge.OrderError) as refused:
        BRIDGE.to_cda(order_of(reasonCode=[{"text": text}]))
    assert "IMGDA-0416" in {i.code for i in refused.value.issues}


@pytest.mark.parametrize("text", ["--", "Exécution en urgence", "EXECUTION EN URGENCE", "?"])
def test_a_reason_of_the_urgency_that_says_nothing_is_none(text):
    reasons = [{"text": "Chute"}, concept(TA, "MED-1095", text=text)]
    with pytest.raises(bridge.OrderError) as refused:
        BRIDGE.to_cda(order_of(priority="urgent", reasonCode=reasons))
    assert "IMGDA-0413" in {i.code for i in refused.value.issues}


@pytest.mark.parametrize("text", ["-", "Autre technique d'imagerie", "..."])
def test_a_mandatory_comment_that_says_nothing_is_none(text):
    code = concept("http://dicom.nema.org/resources/ontology/DCM", "OT")
    with pytest.raises(bridge.OrderError) as refused:
        BRIDGE.to_cda(order_of(code=code, note=[{"text": text}]))
    assert "IMGDA-0406" in {i.code for i in refused.value.issues}


@pytest.mark.parametrize("text", ["-", "Antécédents médicaux", "antecedents medicaux :", "***"])
def test_a_history_that_says_nothing_is_not_stated(text):
    data = bundle(med=observation("med", concept(LOINC, "11348-0", "Antécédents médicaux"), valueString=text))
    found = BRIDGE.to_cda(data)
    assert found.order.medical_history == "Non renseigné"
    assert ("IMGDA-0466", f"{path_of(data, 'med')}.valueString") in {(i.code, i.path) for i in found.issues}


@pytest.mark.parametrize("text", ["RAS", "Néant", "0", "Sans antécédents médicaux"])
def test_a_short_text_that_says_something_is_kept(text):
    assert history(med=observation("med", concept(LOINC, "11348-0"), valueString=text)) == text


# --- of whom they are, and codes without words -----------------------------------------------------------------------

HIS_NUMBER = {"system": "urn:oid:1.2.250.1.999.1.2", "value": "IPP-1"}
SECOND_PATIENT = {"resourceType": "Patient", "id": "other", "name": [{"family": "ESSAI-AUTRE"}]}


@pytest.mark.parametrize(
    ("who", "beside", "expected"),
    [
        ({"reference": "Patient/absent"}, [], ("IMGDA-0222", "error")),
        ({"reference": "Patient/absent", "display": "ESSAI-TROIS"}, [], ("IMGDA-0222", "error")),
        ({"display": "Quelqu'un"}, [], ("IMGDA-0222", "warning")),
        ({"display": "Quelqu'un"}, [SECOND_PATIENT], ("IMGDA-0222", "error")),
        ({"identifier": {"system": "urn:oid:1.2.250.1.999.77", "value": "1"}}, [], ("IMGDA-0222", "warning")),
        ({"identifier": HIS_NUMBER | {"value": "IPP-2"}}, [], ("IMGDA-0219", "error")),
    ],
    ids=["a patient who is absent", "the same, with a name", "words", "words, and two patients", "a number", "another number"],
)
def test_a_fact_of_nobody_in_the_input_is_said_or_refused(who, beside, expected):
    data = bundle(condition("Gonarthrose", subject=who), *beside)
    try:
        found = BRIDGE.to_cda(data).issues
    except bridge.OrderError as refused:
        found = refused.issues
    assert expected in {(i.code, i.severity) for i in found if (i.path or "").startswith(f"{path_of(data, 'info-c')}.subject")}


def test_a_fact_of_the_patient_by_his_number_is_his():
    found = convert(condition("Gonarthrose", subject={"identifier": HIS_NUMBER}))
    assert "Gonarthrose" in found.order.medical_history
    assert not {"IMGDA-0219", "IMGDA-0222"} & codes(found)


def test_a_fact_of_an_absent_patient_can_be_allowed():
    settings = bridge.Settings(losses=bridge.settings.Losses(allow=("Condition.subject",)))
    data = bundle(condition("Gonarthrose", subject={"reference": "Patient/absent"}))
    assert "Gonarthrose" in bridge.Bridge(settings).to_cda(data).order.medical_history


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        (allergy(concept(SNOMED, "294505008")), "Allergie : code 294505008 (SNOMED CT), sans libellé"),
        (allergy(concept("https://codes.example", "A1")), "Allergie : code A1 (https://codes.example), sans libellé"),
        (
            {"resourceType": "Device", "id": "info-d", "patient": WHO, "type": concept(SNOMED, "53350007")},
            "Dispositif implanté : code 53350007 (SNOMED CT), sans libellé",
        ),
    ],
    ids=["an allergy", "an unknown system", "a device"],
)
def test_a_code_without_words_is_written_as_a_code(resource, expected):
    found = convert(resource)
    assert expected in found.order.medical_history.split("\n")
    assert "IMGDA-0468" in codes(found)
    assert not [loss for loss in found.losses if loss.loss == "critical"]
