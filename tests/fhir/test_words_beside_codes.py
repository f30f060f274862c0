"""What words name beside a code, in every place where a code stands: another site, side, answer, status; a part; an absence."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from bundles import DCM, LOINC, SNOMED, TA, bundle, concept, observation, order_of, path_of, patient, practitioner, resources

import bridge

BRIDGE = bridge.Bridge()
WHO = {"reference": "Patient/p"}
KNEE, HIP, THORAX, RIGHT, LEFT = "361291001", "302543008", "302551006", "24028007", "7771000"
PENICILLIN = {"system": SNOMED, "code": "91936005", "display": "Allergy to penicillin"}
NO_ALLERGY = {"system": SNOMED, "code": "716186003", "display": "No known allergy"}
CLINICAL = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
VERIFICATION = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"


def findings(data: dict[str, Any]) -> set[tuple[str, str, str]]:
    """Severity, code and path of each finding, of a conversion or of a refusal; the request is called by its type."""
    try:
        issues = BRIDGE.to_cda(data).issues
    except bridge.OrderError as error:
        issues = tuple(error.issues)
    request = path_of(data, "sr")
    return {(str(i.severity), i.code, str(i.path).replace(request, "ServiceRequest")) for i in issues}


def site(*codings: tuple[str, ...]) -> dict[str, Any]:
    named = [dict(zip(("code", "display"), pair, strict=False)) for pair in codings]
    return {"coding": [{"system": SNOMED, **coding} for coding in named]}


def knee(display: str) -> dict[str, Any]:
    return order_of(bodySite=[site((KNEE, display), (RIGHT,))])


def examined(text: str, *sites: dict[str, Any]) -> dict[str, Any]:
    return order_of(code=concept(TA, "MED-1126", text=text), bodySite=list(sites) or [site((KNEE,), (RIGHT,))])


def allergy(*codings: dict[str, Any], **more: Any) -> dict[str, Any]:
    code = {"coding": list(codings), **({"text": more.pop("text")} if "text" in more else {})}
    return bundle({"resourceType": "AllergyIntolerance", "id": "info-a", "patient": WHO, "code": code, **more})


# --- sites -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("display", ["Entire hip", "Structure of hip", "Hip joint", "Hanche", "Rachis lombaire", "Chest"])
def test_a_display_that_names_another_site_in_either_language_is_refused(display):
    assert ("error", "IMGDA-0444", "ServiceRequest.bodySite[0].coding[0].display") in findings(knee(display))


@pytest.mark.parametrize(
    "display", ["Knee", "Right knee", "Genou droit", "Knee region structure", "Rodilla derecha", "Lower limb"]
)
def test_a_display_that_names_the_site_or_its_whole_is_not(display):
    assert {
        severity for severity, code, _ in findings(knee(display)) if code in ("IMGDA-0444", "IMGDA-0445", "IMGDA-0450")
    } == set()


@pytest.mark.parametrize("display", ["Rotule", "Patella", "rotule droite", "patella entière", "Fosse poplitée"])
def test_a_display_that_names_a_part_of_the_site_is_a_warning(display):
    assert ("warning", "IMGDA-0450", "ServiceRequest.bodySite[0].coding[0].display") in findings(knee(display))


@pytest.mark.parametrize("text", ["Radiographie de la hanche droite", "X-ray of right hip", "Hanche droite", "Rx thorax face"])
def test_an_examination_whose_words_name_another_site_is_a_warning(text):
    assert ("warning", "IMGDA-0445", "ServiceRequest.code.text") in findings(examined(text))


@pytest.mark.parametrize(
    "text",
    [
        "Radiographie de face et de profil",
        "Rx genou droit, bilan avant prothèse de hanche",
        "Radiographie de la rotule droite",
        "Radiographie du membre inférieur droit",
        "Radiographie demandée pour une douleur de la hanche droite",
        "Gonalgie droite",
    ],
)
def test_an_examination_whose_words_agree_with_its_site_is_quiet(text):
    assert {path for _, code, path in findings(examined(text)) if code == "IMGDA-0445"} == set()


def test_words_that_name_one_side_stand_in_no_row_of_the_other_side():
    data = examined("Radiographie du genou droit", site((KNEE,), (RIGHT,)), site((KNEE,), (LEFT,)))
    found = BRIDGE.to_cda(data)
    told = {act.sites[0].modifiers[0].code: act.modality.text for act in found.order.acts}
    assert told == {RIGHT: "Radiographie du genou droit", LEFT: None}
    assert ("warning", "IMGDA-0445", "ServiceRequest.code.text") in findings(data)


def test_words_that_name_both_sides_stand_in_both_rows():
    data = examined("Radiographie des genoux droit et gauche", site((KNEE,), (RIGHT,)), site((KNEE,), (LEFT,)))
    found = BRIDGE.to_cda(data)
    assert {act.modality.text for act in found.order.acts} == {"Radiographie des genoux droit et gauche"}
    assert "IMGDA-0445" not in {i.code for i in found.issues}


def test_two_knees_are_both_of_them():
    assert ("warning", "IMGDA-0445", "ServiceRequest.code.text") in findings(examined("Radiographie des 2 genoux"))


@pytest.mark.parametrize("words", ["gauche", "côté gauche", "Left", "genou gauche"])
@pytest.mark.parametrize("name", ["valueString", "valueCode", "valueMarkdown"])
def test_a_side_in_the_words_of_an_unknown_extension_is_critical(name, words):
    data = order_of(extension=[{"url": "https://example.org/laterality", name: words}])
    found = findings(data)
    assert any(severity == "error" and path.endswith(f".extension[0].{name}") for severity, _, path in found)


def test_other_words_of_an_unknown_extension_are_not_critical():
    data = order_of(extension=[{"url": "https://example.org/room", "valueString": "salle 2, rez-de-chaussée"}])
    assert not any(severity == "error" for severity, _, _ in findings(data))


# --- hybrid examinations -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("code", "detail"), [("PT", "CT"), ("CT", "PT")])
def test_the_hybrid_examination_may_be_said_by_the_code_and_the_detail_in_either_order(code, detail):
    details = [concept(DCM, detail), concept(TA, "MED-1154"), concept(TA, "MED-1134")]
    found = BRIDGE.to_cda(order_of(code=concept(DCM, code), orderDetail=details, bodySite=[site((THORAX,))]))
    (act,) = found.order.acts
    assert (act.modality.code, [t.code for t in act.modality.translations]) == ("PT", ["CT"])
    assert "IMGDA-0448" in {i.code for i in found.issues}


# --- absences ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("codings", list(itertools.permutations([NO_ALLERGY, PENICILLIN])))
def test_an_allergy_beside_no_known_allergy_is_written_and_said(codings):
    found = BRIDGE.to_cda(allergy(*codings))
    assert "Allergy to penicillin [91936005]" in found.order.medical_history
    assert "aucune connue" not in found.order.medical_history
    assert "IMGDA-0467" in {i.code for i in found.issues if i.severity == "warning"}


@pytest.mark.parametrize(
    "display", ["Pas d'allergie connue", "NKA", "Allergies : aucune", "Keine Allergien bekannt", "Allergies inconnues"]
)
def test_a_synonym_of_no_known_allergy_is_no_allergy(display):
    local = {"system": "https://example.org/allergies", "code": "0", "display": display}
    found = BRIDGE.to_cda(allergy(local, NO_ALLERGY))
    assert found.order.medical_history == "Asthme\nAllergie : aucune connue"
    assert "IMGDA-0467" not in {i.code for i in found.issues}


def test_several_absences_are_all_said_in_any_order():
    drugs = {"system": SNOMED, "code": "409137002"}
    told = {BRIDGE.to_cda(allergy(*pair)).order.medical_history for pair in itertools.permutations([NO_ALLERGY, drugs])}
    assert told == {"Asthme\nAllergie : aucune connue\nAllergie médicamenteuse : aucune connue"}


def test_the_label_of_an_allergy_on_a_code_of_absence_is_refused():
    data = allergy({**NO_ALLERGY, "display": "Allergie à la pénicilline"})
    assert ("error", "IMGDA-0444", path_of(data, "info-a") + ".code.coding[0].display") in findings(data)


def test_a_text_that_states_an_allergy_beside_a_code_of_absence_is_a_warning():
    data = allergy(NO_ALLERGY, text="Allergie aux produits iodés")
    assert ("warning", "IMGDA-0445", path_of(data, "info-a") + ".code.text") in findings(data)


def test_absence_and_ignorance_in_one_concept_contradict_each_other():
    unknown = {"system": "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips", "code": "no-allergy-info"}
    data = allergy(NO_ALLERGY, unknown)
    assert ("error", "IMGDA-0443", path_of(data, "info-a") + ".code.coding[1]") in findings(data)


# --- contra-indications ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "display", ["Allaitement", "Patient porteur de Pacemaker", "Breastfeeding", "Not pregnant", "Stimulateur cardiaque"]
)
def test_the_answer_on_pregnancy_that_names_something_else_is_refused(display):
    data = bundle(observation("info-g", concept(LOINC, "82810-3"), valueCodeableConcept=concept(SNOMED, "77386006", display)))
    assert ("error", "IMGDA-0444", path_of(data, "info-g") + ".valueCodeableConcept.coding[0].display") in findings(data)


@pytest.mark.parametrize("display", ["enceinte", "Pregnant", "Grossesse en cours", "Patiente enceinte"])
def test_the_answer_on_pregnancy_in_other_words_is_not(display):
    data = bundle(observation("info-g", concept(LOINC, "82810-3"), valueCodeableConcept=concept(SNOMED, "77386006", display)))
    assert "IMGDA-0444" not in {code for _, code, _ in findings(data)}


@pytest.mark.parametrize("display", ["Implant cochléaire", "Cochlear implant", "Claustrophobie", "Insuffisance rénale chronique"])
def test_a_contraindication_whose_display_names_another_one_is_refused(display):
    value = concept(TA, "MED-1117", display)
    data = bundle(observation("info-g", concept(LOINC, "64100-1"), valueCodeableConcept=value))
    assert ("error", "IMGDA-0444", path_of(data, "info-g") + ".valueCodeableConcept.coding[0].display") in findings(data)


def test_a_contraindication_whose_text_is_no_is_a_warning():
    data = bundle(observation("info-g", concept(LOINC, "64100-1"), valueCodeableConcept=concept(TA, "MED-1117", text="non")))
    assert ("warning", "IMGDA-0445", path_of(data, "info-g") + ".valueCodeableConcept.text") in findings(data)


# --- statuses and implants ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("codes", list(itertools.permutations(["inactive", "resolved"])))
def test_a_status_beside_a_finer_one_adds_nothing(codes):
    status = {"coding": [{"system": CLINICAL, "code": code} for code in codes]}
    found = BRIDGE.to_cda(allergy(PENICILLIN, clinicalStatus=status))
    assert found.order.medical_history == "Asthme\nAllergie : Allergy to penicillin [91936005] (résolue)"


def test_active_and_resolved_contradict_each_other():
    status = {"coding": [{"system": CLINICAL, "code": code} for code in ("active", "resolved")]}
    assert "IMGDA-0461" in {code for _, code, _ in findings(allergy(PENICILLIN, clinicalStatus=status))}


@pytest.mark.parametrize(
    ("display", "is_refused"), [("Unconfirmed", True), ("non confirmée", True), ("Confirmed", False), ("Confirmée", False)]
)
def test_a_status_whose_display_names_another_one_is_refused(display, is_refused):
    data = allergy(PENICILLIN, verificationStatus=concept(VERIFICATION, "confirmed", display))
    path = path_of(data, "info-a") + ".verificationStatus.coding[0].display"
    assert (("error", "IMGDA-0444", path) in findings(data)) is is_refused


@pytest.mark.parametrize(
    ("status", "told", "is_asked"),
    [
        ("completed", "Dispositif implanté : ", True),
        ("preparation", "Dispositif prévu : ", False),
        ("stopped", "Dispositif peut-être implanté : ", True),
        ("in-progress", "Dispositif peut-être implanté : ", True),
    ],
)
def test_an_implantation_that_is_not_done_implants_nothing(status, told, is_asked):
    code = concept(SNOMED, "307280005", "Pose d'un stimulateur")
    procedure = {"resourceType": "Procedure", "id": "info-p", "status": status, "subject": WHO, "code": code}
    found = BRIDGE.to_cda(bundle(procedure))
    assert f"; {told}Pose d'un stimulateur" in found.order.surgical_history
    assert ("IMGDA-0463" in {i.code for i in found.issues}) is is_asked


# --- the order of codings ----------------------------------------------------------------------------------------------


def test_the_type_of_a_document_is_the_same_in_any_order_of_its_codings():
    listed = {"system": LOINC, "code": "34874-8", "display": "CR opératoire"}
    local = {"system": "urn:oid:1.2.250.1.999.77", "code": "A", "display": "Compte rendu"}
    kinds = set()
    for pair in itertools.permutations([listed, local]):
        content = [{"attachment": {"contentType": "text/plain", "data": "Qm9uam91cg==", "title": "CR"}}]
        document = {"resourceType": "DocumentReference", "id": "info-d", "status": "current", "type": {"coding": list(pair)}}
        (attachment,) = BRIDGE.to_cda(bundle(document | {"subject": WHO, "content": content})).order.attachments
        kinds.add(attachment.type.code)
    assert kinds == {"34874-8"}


# --- what a label says beside its code -----------------------------------------------------------------------------------


@pytest.mark.parametrize("display", ["G", "L", "g.", "Gauche", "Left", "Bilatéral"])
def test_the_label_of_another_side_is_refused(display):
    data = order_of(bodySite=[{"coding": [*site((KNEE,))["coding"], *site((RIGHT, display))["coding"]]}])
    assert ("error", "IMGDA-0444", "ServiceRequest.bodySite[0].coding[1].display") in findings(data)


@pytest.mark.parametrize("display", ["D", "R", "Droite", "Right", "Côté droit", "Rechts"])
def test_the_label_of_the_same_side_is_not(display):
    data = order_of(bodySite=[{"coding": [*site((KNEE,))["coding"], *site((RIGHT, display))["coding"]]}])
    assert "IMGDA-0444" not in {code for _, code, _ in findings(data)}


@pytest.mark.parametrize(
    ("side", "is_refused"), [("left", True), ("gauche", True), ("right", False), ("Right (qualifier value)", False)]
)
def test_the_terms_of_an_expression_are_compared_with_its_codes(side, is_refused):
    data = order_of(bodySite=[site((f"{KNEE} |knee| : 272741003 |laterality| = {RIGHT} |{side}|",))])
    assert (("error", "IMGDA-0444", "ServiceRequest.bodySite[0].coding[0].code") in findings(data)) is is_refused


@pytest.mark.parametrize(("display", "is_said"), [("IRM avec injection", True), ("IRM sans contraste", True), ("MRI", False)])
def test_contrast_in_the_label_of_a_modality_that_says_nothing_of_it_is_a_warning(display, is_said):
    data = order_of(code=concept(DCM, "MR", display))
    assert (("warning", "IMGDA-0450", "ServiceRequest.code.coding[0].display") in findings(data)) is is_said


@pytest.mark.parametrize(
    ("display", "is_refused"), [("Scanner", True), ("IRM", True), ("Radiograph", False), ("Radiographie", False)]
)
def test_a_category_whose_label_names_another_examination_is_refused(display, is_refused):
    category = [concept("http://terminology.hl7.org/CodeSystem/v2-0074", "RX", display)]
    data = order_of(category=category)
    assert (("error", "IMGDA-0444", "ServiceRequest.category[0].coding[0].display") in findings(data)) is is_refused


SPECIALITIES, PNEUMOLOGY = "urn:oid:1.2.250.1.213.1.1.4.5", "Médecin - Pneumologie (SM)"
ACT_CLASS = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
RELIABILITY = "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-identity-reliability"


@pytest.mark.parametrize(("label", "is_refused"), [("ambulatory", True), ("inpatient encounter", False)])
def test_the_label_of_another_class_of_encounter_is_refused(label, is_refused):
    encounter = resources()["e"] | {"class": {"system": ACT_CLASS, "code": "IMP", "display": label}}
    data = bundle(e=encounter)
    assert (("error", "IMGDA-0444", f"{path_of(data, 'e')}.class.display") in findings(data)) is is_refused


@pytest.mark.parametrize(("label", "is_refused"), [("Identité provisoire", True), ("DOUA", True), ("Identité validée", False)])
def test_the_label_of_another_status_of_the_identity_is_refused(label, is_refused):
    person = patient()
    status = {"url": "identityStatus", "valueCoding": {"code": "VALI", "display": label}}
    person["extension"].append({"url": RELIABILITY, "extension": [status]})
    found = {code for _, code, path in findings(bundle(p=person)) if path.endswith("valueCoding.display")}
    assert ("IMGDA-0444" in found) is is_refused


def test_the_label_of_another_speciality_is_refused():
    doctor = practitioner()
    doctor["qualification"][0]["code"]["coding"][0] |= {"system": SPECIALITIES, "code": "G15_10/SM26", "display": PNEUMOLOGY}
    data = bundle(dr=doctor)
    where = f"{path_of(data, 'dr')}.qualification[0].code.coding[0].display"
    assert ("error", "IMGDA-0444", where) in findings(data)


@pytest.mark.parametrize(
    ("display", "is_said"),
    [
        ("Ménisque interne du genou", True),
        ("Région du genou", False),
        ("Articulation du genou", False),
        ("Knee region structure", False),
        ("genou droit", False),
    ],
)
def test_words_of_a_site_that_no_code_says_are_a_warning(display, is_said):
    data = order_of(bodySite=[site((KNEE, display), (RIGHT,))])
    assert ("IMGDA-0450" in {code for _, code, _ in findings(data)}) is is_said


@pytest.mark.parametrize(
    ("display", "is_said"), [("IRC stade 5 dialysée", True), ("Maladie rénale chronique", False), ("CKD", False)]
)
def test_words_of_a_contra_indication_that_no_code_says_are_a_warning(display, is_said):
    answer = observation("info-o", concept(LOINC, "64100-1"))
    answer["valueCodeableConcept"] = concept("urn:oid:2.16.840.1.113883.6.3", "N18.9", display)
    assert ("IMGDA-0450" in {issue.code for issue in BRIDGE.to_cda(bundle(answer)).issues}) is is_said
