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


# --- what is contradicted, and what is only another kind ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("absent", "code", "is_written"),
    [
        ("716186003", "MED-1105", False),
        ("409137002", "MED-1122", False),
        ("429625007", "MED-1105", True),
        ("787483001", "MED-1117", False),
        ("716186003", "MED-1117", True),
    ],
)
def test_an_absence_that_a_contra_indication_contradicts_is_said_and_not_written(absent, code, is_written):
    found = convert(allergy(concept(SNOMED, absent)), observation("info-o", concept(TA, code), valueBoolean=True))
    assert ("aucun" in found.order.medical_history) is is_written
    assert ("IMGDA-0465" in codes(found)) is not is_written


def test_a_contra_indication_answered_no_contradicts_no_absence():
    found = convert(allergy(concept(SNOMED, "716186003")), observation("info-o", concept(TA, "MED-1105"), valueBoolean=False))
    assert "Allergie : aucune connue" in found.order.medical_history


@pytest.mark.parametrize(("text", "is_written"), [("Allergie à l'iode", False), ("Asthme allergique", True)])
def test_an_allergy_sent_as_a_condition_contradicts_an_absence(text, is_written):
    found = convert(allergy(concept(SNOMED, "716186003")), condition(text))
    assert ("Allergie : aucune connue" in found.order.medical_history) is is_written


def test_no_known_problem_beside_a_disease_of_the_contra_indications_is_not_written():
    problems = {"resourceType": "Condition", "id": "info-c", "subject": WHO, "code": concept(IPS, "no-known-problems")}
    failure = observation("info-o", concept("urn:oid:2.16.840.1.113883.6.3", "I50.9"), valueBoolean=True)
    found = convert(problems, failure, med=observation("med", concept(LOINC, "11348-0"), valueString="-"))
    assert found.order.medical_history == "Non renseigné"
    assert "IMGDA-0465" in codes(found)


@pytest.mark.parametrize(
    ("absent", "more", "is_written"),
    [
        ("409137002", {"code": {"text": "Latex"}}, True),
        ("409137002", {"code": {"text": "Amoxicilline"}, "category": ["medication"]}, False),
        ("716184000", {"code": {"text": "Latex"}}, False),
        ("716186003", {"code": {"text": "Latex"}}, False),
    ],
)
def test_an_absence_of_one_kind_of_allergy_is_contradicted_by_that_kind_only(absent, more, is_written):
    found = convert(allergy(concept(SNOMED, absent)), allergy(**more) | {"id": "info-b"})
    assert ("aucune connue" in found.order.medical_history) is is_written
    assert ("IMGDA-0465" in codes(found)) is not is_written


def test_an_allergy_that_only_its_reaction_names_is_named_by_it():
    reaction = [{"substance": {"text": "Gadolinium"}, "manifestation": [{"text": "urticaire"}]}]
    found = convert({"resourceType": "AllergyIntolerance", "id": "info-a", "patient": WHO, "reaction": reaction})
    assert found.order.medical_history == "Asthme\nAllergie : Gadolinium ; réaction : urticaire à : Gadolinium"
    assert [loss.path for loss in found.losses if loss.loss == "critical"] == []


# --- periods -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("period", "told"),
    [
        ({"end": "2020-03-01"}, "jusqu'au 01/03/2020"),
        ({"end": "2020"}, "jusqu'en 2020"),
        ({"start": "2019-02"}, "depuis 02/2019"),
        ({"start": "2019", "end": "2020"}, "2019 - 2020"),
    ],
)
def test_a_bound_of_a_period_is_said_to_be_one(period, told):
    done = {"resourceType": "Procedure", "id": "info-p", "status": "completed", "subject": WHO, "code": {"text": "Radiothérapie"}}
    assert convert(done | {"performedPeriod": period}).order.surgical_history.endswith(f"Radiothérapie ({told})")


@pytest.mark.parametrize("element", ["performedPeriod", "occurrencePeriod"])
def test_a_period_that_ends_before_it_begins_is_refused(element):
    span = {"start": "2026-03-20", "end": "2026-03-10"}
    done = {"resourceType": "Procedure", "id": "info-p", "status": "completed", "subject": WHO, "code": {"text": "Radiothérapie"}}
    data = order_of(occurrencePeriod=span) if element == "occurrencePeriod" else bundle(done | {element: span})
    with pytest.raises(bridge.OrderError) as raised:
        BRIDGE.to_cda(data)
    owner = "sr" if element == "occurrencePeriod" else "info-p"
    assert [(i.code, i.path) for i in raised.value.issues if i.is_error] == [("IMGDA-0603", f"{path_of(data, owner)}.{element}")]


@pytest.mark.parametrize(("end", "is_answer"), [("2020-01-01", False), ("2026-03-02", True), ("2030", True)])
def test_a_flag_whose_period_has_ended_is_said_and_is_no_answer(end, is_answer):
    flag = {"resourceType": "Flag", "id": "info-f", "status": "active", "subject": WHO, "code": concept(TA, "MED-1109")}
    found = convert(flag | {"period": {"end": end}})
    assert bool(found.order.contraindications) is is_answer
    assert ("Ancien signalement : " in found.order.medical_history) is not is_answer


def test_a_consent_that_has_ended_is_not_written_as_one_in_force():
    consent = {
        "resourceType": "Consent",
        "id": "info-c",
        "status": "active",
        "patient": WHO,
        "scope": {"text": "Soins"},
        "category": [concept(LOINC, "59284-0")],
        "policyRule": {"text": "CSP"},
    }
    assert len(convert(consent).order.consents) == 1
    assert convert(consent | {"provision": {"period": {"end": "2020-01-01"}}}).order.consents == ()


# --- words and codes of what is said in words ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("display", "text", "told", "is_contrary"),
    [
        ("Négatif", "Positif", "Positif ; Négatif [1]", True),
        ("Fracture du genou gauche", "Fracture du genou droit", "Fracture du genou droit ; Fracture du genou gauche [1]", True),
        ("Fracture de la rotule", "Entorse", "Entorse ; Fracture de la rotule [1]", False),
        ("Fracture of patella", "Fracture de la rotule", "Fracture de la rotule", False),
        ("Hypertension artérielle", "H.A.", "H.A.", False),
    ],
)
def test_a_text_that_says_something_else_than_the_label_beside_it_does_not_hide_it(display, text, told, is_contrary):
    code = concept("https://ehr.example/codes", "1", display, text=text)
    found = convert(condition("") | {"code": code})
    assert found.order.medical_history == f"Asthme\n{told}"
    assert ("IMGDA-0445" in codes(found)) is is_contrary


def refused_at(data: dict[str, Any]) -> set[tuple[str, str | None]]:
    with pytest.raises(bridge.OrderError) as raised:
        BRIDGE.to_cda(data)
    return {(issue.code, issue.path) for issue in raised.value.issues if issue.is_error}


def test_in_a_phrase_a_label_contrary_to_its_code_is_refused():
    data = bundle(condition("Fracture", bodySite=[concept(SNOMED, "24028007", "gauche")]))
    assert refused_at(data) == {("IMGDA-0444", f"{path_of(data, 'info-c')}.bodySite[0].coding[0].display")}


def test_in_a_phrase_two_sides_of_one_concept_are_refused():
    sides = {"coding": [{"system": SNOMED, "code": "24028007"}, {"system": SNOMED, "code": "7771000"}]}
    data = bundle(condition("Fracture", bodySite=[sides]))
    assert refused_at(data) == {("IMGDA-0440", f"{path_of(data, 'info-c')}.bodySite[0].coding[1]")}


def test_in_a_result_yes_and_no_in_one_concept_are_refused():
    answers = {"coding": [{"system": SNOMED, "code": "373066001"}, {"system": SNOMED, "code": "373067005"}]}
    data = bundle(observation("info-o", {"text": "Fumeur"}, valueCodeableConcept=answers))
    assert refused_at(data) == {("IMGDA-0443", f"{path_of(data, 'info-o')}.valueCodeableConcept.coding[1]")}


def test_two_questions_in_one_code_are_refused():
    both = {"coding": [{"system": LOINC, "code": "11348-0"}, {"system": LOINC, "code": "47519-4"}]}
    data = bundle(observation("info-o", both, valueString="Appendicectomie"))
    assert refused_at(data) == {("IMGDA-0443", f"{path_of(data, 'info-o')}.code.coding[1]")}


def test_an_answer_that_cannot_be_used_is_the_only_fault_and_stands_at_its_value():
    data = bundle(observation("info-o", concept(TA, "MED-1117"), valueString="oui"))
    assert refused_at(data) == {("IMGDA-0441", f"{path_of(data, 'info-o')}.valueString")}


# --- what is lost, and how much it matters ----------------------------------------------------------------------------------


def test_a_contra_indication_in_a_resource_that_is_not_read_is_a_critical_loss():
    issue = {"resourceType": "DetectedIssue", "id": "info-d", "status": "final", "patient": WHO, "code": concept(TA, "MED-1105")}
    data = bundle(issue)
    assert refused_at(data) == {("IMGDA-0901", f"{path_of(data, 'info-d')}.code.coding[0].code")}


def test_the_diagnosis_of_an_encounter_is_a_clinical_loss():
    encounter = next(entry["resource"] for entry in bundle()["entry"] if entry["resource"]["id"] == "e")
    found = convert(e=encounter | {"diagnosis": [{"condition": {"display": "AVC aigu"}, "use": {"text": "Principal"}}]})
    told = {str(loss.path).rpartition(".diagnosis[0].")[2]: loss.loss for loss in found.losses if ".diagnosis" in str(loss.path)}
    assert told == {"condition.display": "clinical", "use.text": "administrative"}


@pytest.mark.parametrize(
    ("element", "told"),
    [
        ({"asNeededCodeableConcept": {"text": "si échographie négative"}}, "Si besoin : si échographie négative"),
        ({"asNeededBoolean": True}, "Si besoin"),
        ({"asNeededBoolean": False}, None),
    ],
)
def test_a_condition_of_the_examination_stands_in_its_comment(element, told):
    assert [act.comment for act in BRIDGE.to_cda(order_of(**element)).order.acts] == [told]


@pytest.mark.parametrize(
    ("words", "status", "is_refused"),
    [
        ("Genou gauche", "additional", True),
        ("Radiographie du genou droit", "additional", False),
        ("Hémiparésie gauche", "additional", False),
        ("Genou gauche", "generated", False),
    ],
)
def test_a_narrative_that_names_a_side_that_no_site_has_is_a_critical_loss(words, status, is_refused):
    right = {"coding": [{"system": SNOMED, "code": "361291001"}, {"system": SNOMED, "code": "24028007"}]}
    div = f'<div xmlns="http://www.w3.org/1999/xhtml">{words}</div>'
    data = order_of(bodySite=[right], text={"status": status, "div": div})
    path = f"{path_of(data, 'sr')}.text.div"
    assert not is_refused or refused_at(data) == {("IMGDA-0901", path)}
    assert is_refused or BRIDGE.to_cda(data).order


def test_the_name_of_a_report_that_contradicts_its_label_is_a_warning():
    name = concept(LOINC, "36642-7", "MG Breast - left Views", text="Mammographie du sein droit")
    report = {"resourceType": "DiagnosticReport", "id": "info-r", "status": "final", "code": name, "subject": WHO}
    data = bundle(report | {"conclusion": "ACR 1"})
    assert ("IMGDA-0445", f"{path_of(data, 'info-r')}.code.text") in {(i.code, i.path) for i in BRIDGE.to_cda(data).issues}


@pytest.mark.parametrize(("answer", "told"), [(True, "Non renseigné"), (False, "Aucun antécédent connu")])
def test_an_empty_history_beside_a_disease_of_the_contra_indications_is_not_written(answer, told):
    empty = concept("http://terminology.hl7.org/CodeSystem/list-empty-reason", "nilknown")
    section = {"title": "Antécédents", "code": concept(LOINC, "11329-0"), "emptyReason": empty}
    composition = {
        "resourceType": "Composition",
        "id": "c",
        "status": "final",
        "type": concept(LOINC, "55115-0"),
        "subject": WHO,
        "date": "2026-03-02T10:15:00+01:00",
        "author": [{"reference": "PractitionerRole/role"}],
        "title": "Demande",
        "section": [section],
    }
    failure = observation("info-o", concept("urn:oid:2.16.840.1.113883.6.3", "I50.9"), valueBoolean=answer)
    data = bundle(failure, composition, med=None, chir=None, kind="document")
    request = next(entry["resource"] for entry in data["entry"] if entry["resource"]["id"] == "sr")
    request["supportingInfo"] = [{"reference": f"Observation/{name}"} for name in ("risk", "info-o")]
    data["entry"].insert(0, data["entry"].pop())
    found = BRIDGE.to_cda(data)
    assert found.order.medical_history == told
    assert ("IMGDA-0465" in codes(found)) is answer
