"""Words that deny what the code beside them states, and words that state what an answer denies."""

from __future__ import annotations

from typing import Any

import pytest
from bundles import DCM, LOINC, SNOMED, TA, bundle, concept, observation, order_of

import bridge
from bridge.tables.codes import rows, value_set
from bridge.wording.denials import contradicts, only_denied, stated
from bridge.wording.names import names_in, names_of

BRIDGE = bridge.Bridge()
PACEMAKER, CLAUSTROPHOBIA, PREGNANCY, IODINE = "MED-1117", "MED-1109", "77386006", "MED-1105"
YES, NO = "Y", "N"


def findings(data: dict[str, Any]) -> list[tuple[str, str]]:
    """The codes of what is told of words and codes that contradict each other, each with the end of its path."""
    try:
        issues = BRIDGE.to_cda(data).issues
    except bridge.OrderError as error:
        issues = tuple(error.issues)
    told = ("IMGDA-0443", "IMGDA-0444", "IMGDA-0445")
    return [(i.code, str(i.path).rpartition("resource.")[2]) for i in issues if i.code in told]


def with_notes(*texts: str) -> dict[str, Any]:
    return {"note": [{"text": text} for text in texts]} if texts else {}


# --- words -----------------------------------------------------------------------------------------------------------

DENIALS = [
    (PACEMAKER, "Pas de pacemaker"),
    (PACEMAKER, "Absence de pacemaker"),
    (PACEMAKER, "Patient non porteur d'un pacemaker"),
    (PACEMAKER, "Le patient ne porte pas de pacemaker"),
    (PACEMAKER, "n'a jamais eu de pace-maker"),
    (PACEMAKER, "pacemaker : non"),
    (PACEMAKER, "Pacemaker (absent)"),
    (PACEMAKER, "no known pacemaker"),
    (PACEMAKER, "ni stent ni pacemaker"),
    (PACEMAKER, "sans aucun stimulateur cardiaque"),
    (PACEMAKER, "Aucun dispositif implanté"),
    (PACEMAKER, "Aucune contre-indication connue."),
    (PACEMAKER, "kein Herzschrittmacher"),
    (CLAUSTROPHOBIA, "Patient non claustrophobe"),
    (CLAUSTROPHOBIA, "non-claustrophobe"),
    (CLAUSTROPHOBIA, "Pas de notion de claustrophobie"),
    (PREGNANCY, "Not pregnant"),
    (PREGNANCY, "n'est plus enceinte"),
    (PREGNANCY, "grossesse exclue"),
    (PREGNANCY, "test de grossesse négatif"),
    (IODINE, "Pas d'allergie à l'iode"),
    (IODINE, "allergie : aucune connue"),
]
STATEMENTS = [
    (PACEMAKER, "Porteur d'un pacemaker"),
    (PACEMAKER, "pacemaker : oui"),
    (PACEMAKER, "pas d'absence de pacemaker"),
    (PACEMAKER, "non sans pacemaker"),
    (PREGNANCY, "sans contre-indication connue hors grossesse"),
    (PREGNANCY, "Enceinte de 3 mois"),
    (CLAUSTROPHOBIA, "Claustrophobie sévère"),
]
NEITHER = [
    (PACEMAKER, "Pas de notion de chute"),
    (PACEMAKER, "Pas de dysfonction du pacemaker"),
    (PACEMAKER, "Pacemaker non compatible IRM"),
    (PACEMAKER, "Pacemaker retiré en 2018"),
    (PACEMAKER, "pas de contre-indication à l'IRM"),
    (PACEMAKER, "Pas d'autre contre-indication"),
    (PREGNANCY, "pas de grossesse gémellaire"),
    (PREGNANCY, "Pas de suivi de la grossesse"),
    (PREGNANCY, "Grossesse : non connue"),
    (PREGNANCY, "grossesse non confirmée"),
    (CLAUSTROPHOBIA, "claustrophobie non sévère"),
    (CLAUSTROPHOBIA, "Claustrophobie : oui / non"),
    (CLAUSTROPHOBIA, "Claustrophobie ?"),
    (IODINE, "Pas d'allergie au latex"),
    ("MED-1120", "Stent coronaire en 2015, pas de filtre cave"),
]


def test_a_denial_of_the_names_of_a_concept_is_one_however_it_is_said():
    assert [text for code, text in DENIALS if not only_denied(text, names_of("contraindication", code))] == []


def test_a_statement_is_one_behind_another_denial_or_two():
    assert [text for code, text in STATEMENTS if not stated(text, names_of("contraindication", code))] == []


def test_words_about_another_thing_deny_and_state_nothing():
    told = [(text, names_of("contraindication", code)) for code, text in NEITHER]
    assert [text for text, names in told if only_denied(text, names) or stated(text, names)] == []


def test_a_concept_that_is_a_denial_itself_is_denied_by_what_it_denies():
    names = names_of("care-information", "MED-1125")
    assert only_denied("Patient coopérant", names)
    assert stated("Patient non coopérant", names)


def test_no_label_denies_its_own_concept():
    names = ("contraindication", "care-information", "modality", "site", "topographic-modifier", "pet-function")
    known = [(name, concept) for name in names for concept in value_set(name).concepts.values()]
    assert [c.display for name, c in known if only_denied(c.display, names_of(name, c.code))] == []


def test_the_words_of_a_concept_lead_to_one_that_they_can_deny():
    for row in rows("concept-words"):
        if row["code"] != "*" and row["value_set"] != "question":
            assert row["code"] in value_set(row["value_set"]).by_code
        assert row["extent"] in ("", "wider")
        names = names_of(row["value_set"], row["code"])
        negated = "non " in row["words"] or row["words"] == "uncooperative"
        assert negated or row["code"] == "*" or only_denied(f"pas de {row['words']}", names), row


def test_a_label_of_the_sender_is_a_name_too():
    assert only_denied("Pas d'asthme", names_in("Asthme"))
    assert only_denied("Pas de fracture", names_in("Fracture de la rotule"))
    assert not only_denied("Pas de fracture du tibia", names_in("Fracture de la rotule"))


@pytest.mark.parametrize("text", ["oui", "Enceinte", "non"])
def test_an_answer_is_contradicted_by_its_contrary_only(text):
    names = names_of("contraindication", PREGNANCY)
    assert contradicts(text, text == "non", names) is not contradicts(text, text != "non", names)


# --- contra-indications ------------------------------------------------------------------------------------------------


def risk(**more: Any) -> dict[str, Any]:
    return bundle(observation("info-c", concept(LOINC, "64100-1"), **more))


def question(answer: bool, **more: Any) -> dict[str, Any]:
    return bundle(observation("info-c", concept(TA, PACEMAKER), valueBoolean=answer, **more))


def yes_no(code: str, display: str) -> dict[str, Any]:
    return concept("http://terminology.hl7.org/CodeSystem/v2-0136", code, display)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (
            risk(valueCodeableConcept=concept(SNOMED, PREGNANCY, "Not pregnant")),
            ("0444", "valueCodeableConcept.coding[0].display"),
        ),
        (risk(valueCodeableConcept=concept(TA, PACEMAKER, "non")), ("0444", "valueCodeableConcept.coding[0].display")),
        (risk(valueCodeableConcept=concept(TA, CLAUSTROPHOBIA, text="non claustrophobe")), ("0445", "valueCodeableConcept.text")),
        (question(True, note=[{"text": "Pas de pacemaker"}]), ("0445", "note[0].text")),
        (question(False, note=[{"text": "Porteur d'un pacemaker"}]), ("0445", "note[0].text")),
        (
            bundle(observation("info-c", concept(TA, PACEMAKER, "Absence de pacemaker"), valueBoolean=True)),
            ("0444", "code.coding[0].display"),
        ),
        (
            bundle(observation("info-c", concept(TA, PACEMAKER), valueCodeableConcept=yes_no(YES, "Pas de pacemaker"))),
            ("0444", "valueCodeableConcept.coding[0].display"),
        ),
        (
            bundle(observation("info-c", concept(TA, PACEMAKER), valueCodeableConcept=yes_no(NO, "Pacemaker présent"))),
            ("0444", "valueCodeableConcept.coding[0].display"),
        ),
    ],
)
def test_a_contraindication_and_words_that_say_the_contrary(data, told):
    assert findings(data) == [(f"IMGDA-{told[0]}", told[1])]


@pytest.mark.parametrize(
    "data",
    [
        question(True, note=[{"text": "Porteur d'un pacemaker depuis 2019, pas de dysfonction"}]),
        question(False, note=[{"text": "Pas de pacemaker"}]),
        question(False, note=[{"text": "Pas de notion de pacemaker"}]),
        question(False, note=[{"text": "Ancien pacemaker, retiré"}]),
        risk(valueCodeableConcept=concept(SNOMED, PREGNANCY), note=[{"text": "sans contre-indication connue hors grossesse"}]),
    ],
)
def test_a_contraindication_and_words_that_agree_or_are_about_something_else(data):
    assert findings(data) == []


@pytest.mark.parametrize(("verification", "is_told"), [("confirmed", True), ("refuted", False)])
def test_the_text_of_a_condition_is_compared_with_its_answer(verification, is_told):
    status = concept("http://terminology.hl7.org/CodeSystem/condition-ver-status", verification)
    code = concept(TA, CLAUSTROPHOBIA, text="Non claustrophobe")
    about = {"resourceType": "Condition", "id": "info-c", "subject": {"reference": "Patient/p"}}
    told = findings(bundle({**about, "verificationStatus": status, "code": code}))
    assert told == ([("IMGDA-0445", "code.text")] if is_told else [])


# --- information, urgency, histories ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"valueCodeableConcept": concept("urn:oid:2.16.840.1.113883.6.3", "U83.71", "Pas de BMR")}, "IMGDA-0444"),
        ({"valueCodeableConcept": concept("urn:oid:2.16.840.1.113883.6.3", "U83.71", text="BMR : non")}, "IMGDA-0445"),
        (
            {"valueCodeableConcept": concept(TA, "MED-1124"), "note": [{"text": "ne nécessite pas d'accompagnement"}]},
            "IMGDA-0445",
        ),
        ({"valueCodeableConcept": concept(TA, "MED-1125", "Patient potentiellement non-coopérant")}, None),
    ],
)
def test_an_information_and_words_that_deny_it(more, told):
    found = findings(bundle(observation("info-i", concept(TA, "ORG-192"), **more)))
    assert [code for code, _ in found] == ([told] if told else [])


@pytest.mark.parametrize(
    ("display", "text", "notes", "told"),
    [
        ("Non urgent", "Suspicion de fracture", [], ["IMGDA-0444"]),
        (None, "Non urgent", [], ["IMGDA-0445"]),
        (None, "Suspicion de fracture", ["Examen non urgent"], ["IMGDA-0445"]),
        (None, "Suspicion de fracture, urgence non vitale", ["Aucun", "Vu aux urgences, non orienté"], []),
    ],
)
def test_an_urgency_and_words_that_deny_it(display, text, notes, told):
    reasons = [{"text": "Douleur du genou"}, concept(TA, "MED-1095", display, text)]
    data = order_of(priority="urgent", reasonCode=reasons, **with_notes(*notes))
    assert [code for code, _ in findings(data)] == told


def test_a_rubric_whose_label_denies_it_is_refused():
    code = concept(LOINC, "64100-1", "Absence de contre-indication")
    assert findings(bundle(observation("info-c", code, valueCodeableConcept=concept(TA, PACEMAKER)))) == [
        ("IMGDA-0444", "code.coding[0].display")
    ]


@pytest.mark.parametrize(("display", "is_told"), [("Patient non informé", True), ("Patient informé", False)])
def test_the_question_whether_the_patient_was_informed_that_denies_it_is_refused(display, is_told):
    data = bundle(observation("info-q", concept(TA, "MED-1130", display), valueBoolean=True))
    assert [code for code, _ in findings(data)] == (["IMGDA-0444"] if is_told else [])


def test_a_note_that_the_patient_was_not_informed_is_told():
    data = bundle(observation("info-q", concept(TA, "MED-1130"), valueBoolean=True, note=[{"text": "Patient non informé"}]))
    assert findings(data) == [("IMGDA-0445", "note[0].text")]


@pytest.mark.parametrize(("text", "is_told"), [("Pas d'asthme", True), ("Asthme, pas d'allergie", False)])
def test_a_history_whose_text_denies_its_label_is_told(text, is_told):
    about = {"resourceType": "Condition", "id": "info-h", "subject": {"reference": "Patient/p"}}
    data = bundle({**about, "code": concept(SNOMED, "195967001", "Asthme", text)})
    assert findings(data) == ([("IMGDA-0445", "code.text")] if is_told else [])


# --- contrast, modality, side ------------------------------------------------------------------------------------------------


def contrast(code: dict[str, Any], wish: str | None, *notes: str) -> dict[str, Any]:
    details = [*([concept(TA, wish)] if wish else []), *([concept(TA, "MED-1134")] if code["coding"][0]["code"] == "PT" else [])]
    return order_of(code=code, **({"orderDetail": details} if details else {}), **with_notes(*notes))


@pytest.mark.parametrize(
    ("code", "wish", "notes", "told"),
    [
        (concept(TA, "MED-1126"), "MED-1153", [], "IMGDA-0443"),
        (concept(TA, "MED-1129"), "MED-1154", [], "IMGDA-0443"),
        (concept(TA, "MED-1126"), "MED-1154", [], None),
        (concept(TA, "MED-1126"), None, ["Avec injection svp"], "IMGDA-0445"),
        (concept(DCM, "DX"), "MED-1153", [], None),
        (concept(DCM, "MR", text="IRM sans injection"), "MED-1153", [], "IMGDA-0445"),
        (concept(DCM, "MR", text="IRM sans injection"), "MED-1154", [], None),
        (concept(DCM, "MR", text="IRM avec et sans injection"), "MED-1153", [], None),
        (concept(DCM, "PT", text="TEP-scanner injecté"), "MED-1154", [], "IMGDA-0445"),
        (concept(DCM, "PT", text="TEP-scanner non injecté"), "MED-1154", [], None),
        (concept(DCM, "MR"), "MED-1153", ["Ne pas injecter"], "IMGDA-0445"),
        (concept(DCM, "MR"), "MED-1153", ["Dernier scanner sans injection", "Pas d'allergie au produit de contraste"], None),
    ],
)
def test_a_wish_for_contrast_and_what_says_the_contrary(code, wish, notes, told):
    assert [found for found, _ in findings(contrast(code, wish, *notes))] == ([told] if told else [])


@pytest.mark.parametrize(
    ("text", "is_told"),
    [
        ("Pas d'IRM", True),
        ("IRM, pas de scanner", False),
        ("IRM sans injection", False),
        ("IRM non urgente", False),
        ("IRM du genou (pas d'IRM récente)", False),
    ],
)
def test_an_examination_whose_text_denies_it_is_told(text, is_told):
    assert bool(findings(order_of(code=concept(DCM, "MR", text=text)))) is is_told


@pytest.mark.parametrize(
    ("text", "is_told"),
    [("genou droit, pas gauche", True), ("pas le gauche", True), ("pas le droit", False), ("genoux droit et gauche", False)],
)
def test_a_side_that_words_deny_is_compared_too(text, is_told):
    site = {"coding": [{"system": SNOMED, "code": code} for code in ("361291001", "7771000")], "text": text}
    assert bool(findings(order_of(bodySite=[site]))) is is_told
