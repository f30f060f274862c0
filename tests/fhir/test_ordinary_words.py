"""What ordinary systems write beside data: blank texts, labels of questions, details in words, what is said twice."""

from __future__ import annotations

from typing import Any

import pytest
from bundles import DCM, LOINC, PDF, TA, bundle, concept, observation, order_of, path_of, resources, service_request

import bridge
from bridge.order import Order

BRIDGE = bridge.Bridge()
NOT_PREGNANT = concept("http://snomed.info/sct", "60001007")
WORDS = "Effort sur bicyclette"


def order(data: dict[str, Any]) -> Order:
    return BRIDGE.normalize(data).order


def said_of(data: dict[str, Any], ident: str) -> set[tuple[str, str | None]]:
    """Code and class of what is said of a resource, in a conversion that goes through."""
    start = path_of(data, ident)
    return {(i.code, i.loss) for i in BRIDGE.to_cda(data).issues if i.path and i.path.startswith(start)}


# --- the words of a question -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "text", "value", "said"),
    [
        ((LOINC, "82810-3"), "Grossesse", {"valueCodeableConcept": NOT_PREGNANT}, set()),
        ((TA, "MED-1117"), "Pacemaker", {"valueBoolean": False}, set()),
        ((TA, "MED-1117"), "Pacemaker ou défibrillateur ?", {"valueBoolean": False}, {("IMGDA-0901", "clinical")}),
        ((TA, "MED-1117"), "Claustrophobie", {"valueBoolean": False}, {("IMGDA-0901", "clinical"), ("IMGDA-0445", None)}),
    ],
)
def test_the_label_of_a_question_refuses_no_order_and_another_text_is_said(code, text, value, said):
    data = bundle(observation("info1", concept(*code, text=text), **value))
    assert said_of(data, "info1") - {("IMGDA-0415", None)} == said
    assert [c.present for c in order(data).contraindications] == [False]


# --- details and comments --------------------------------------------------------------------------------------------


def r5(*parameters: dict[str, Any]) -> dict[str, Any]:
    """The scintigraphy of a knee in R5, with parameters."""
    request = service_request(code={"concept": concept(DCM, "NM")}, orderDetail=[{"parameter": list(parameters)}])
    request["reason"] = [{"concept": request.pop("reasonCode")[0]}]
    request["supportingInfo"] = [{"reference": reference} for reference in request["supportingInfo"]]
    known = resources()
    role = {key: value for key, value in known["role"].items() if key != "telecom"}
    del request["encounter"]
    return bundle(sr=request, role=role, e=None)


BONES = {"code": {"text": "Fonction étudiée"}, "valueCodeableConcept": concept(TA, "MED-1143")}
SAME = {"code": {"text": "Modalité"}, "valueCodeableConcept": concept(DCM, "NM")}
PROTOCOL = {"code": {"text": "Protocole"}, "valueString": WORDS}


@pytest.mark.parametrize("parameters", [(BONES, SAME, PROTOCOL), (BONES, {**PROTOCOL, "valueString": "Trois temps"}, PROTOCOL)])
def test_words_that_are_no_comment_of_a_function_join_that_of_the_act(parameters):
    (act,) = order(r5(*parameters)).acts
    assert act.comment == f"Protocole : {WORDS}"
    assert [f.comment for f in act.functions] == [None if SAME in parameters else "Trois temps"]


def test_a_line_that_the_notes_hold_is_not_said_again():
    contrast = "sans injection de produit de contraste"
    data = order_of(
        code=concept(DCM, "CT"),
        orderDetail=[concept(TA, "MED-1154"), {"text": "Coupes fines"}],
        note=[{"text": f"Brancard\n{contrast}"}],
    )
    (act,) = order(data).acts
    assert act.comment == f"Brancard\n{contrast}\nCoupes fines"


def test_a_blank_text_beside_the_only_note_does_not_keep_it_from_being_the_justification():
    data = order_of(reasonCode=None, patientInstruction=" ", note=[{"text": "Gonalgie droite"}])
    assert order(data).justification == "Gonalgie droite"
    with pytest.raises(bridge.OrderError, match="IMGDA-0416"):
        order(order_of(reasonCode=None, patientInstruction="À jeun", note=[{"text": "Gonalgie droite"}]))


# --- losses ----------------------------------------------------------------------------------------------------------


def test_the_type_of_a_binary_is_that_of_its_attachment_and_no_loss():
    binary = {"resourceType": "Binary", "id": "bin", "contentType": "application/pdf", "data": PDF}
    attachment = {"contentType": "application/pdf", "url": "Binary/bin", "title": "Courrier"}
    document = {"resourceType": "DocumentReference", "id": "info1", "status": "current", "content": [{"attachment": attachment}]}
    document["subject"] = {"reference": "Patient/p"}
    assert said_of(bundle(binary, document), "bin") == set()
    assert ("IMGDA-0908", "technical") in said_of(bundle({**binary, "contentType": "text/plain"}, document), "bin")


def test_words_in_supporting_info_are_no_repetition_and_the_answer_of_a_server_is_technical():
    outcome = {"resourceType": "OperationOutcome", "id": "oo", "issue": [{"severity": "information", "code": "informational"}]}
    data = bundle(outcome)
    data["entry"][-2]["resource"]["supportingInfo"].append({"display": "Bilan biologique en cours"})
    assert ("IMGDA-0901", "clinical") in said_of(data, "sr")
    assert said_of(data, "oo") == {("IMGDA-0905", "technical")}


@pytest.mark.parametrize(
    ("unit", "code", "said"), [("µmol/L", "umol/L", set()), ("mg/L", "umol/L", {("IMGDA-0901", "clinical")})]
)
def test_the_code_of_a_unit_that_says_the_same_is_no_loss(unit, code, said):
    value = {"value": 71, "unit": unit, "system": "http://unitsofmeasure.org", "code": code}
    data = bundle(observation("info1", {"text": "Créatininémie"}, valueQuantity=value))
    assert said_of(data, "info1") == said
    assert order(data).prior_results == f"Créatininémie : 71 {unit}"
