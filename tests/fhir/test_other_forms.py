"""Less usual places of an item, each read into the same order (docs/fhir.md, 2.5 and 2.6)."""

from __future__ import annotations

from typing import Any

import pytest
from bundles import DCM, LOINC, SNOMED, TA, bundle, concept, order_of, practitioner, service_request

import bridge
from bridge.order import Order

CORRE = "https://mos.esante.gouv.fr/NOS/TRE_R258-RelationPriseCharge/FHIR/TRE-R258-RelationPriseCharge"
PCP = "http://terminology.hl7.org/CodeSystem/v3-ParticipationFunction"


def converted(data: dict[str, Any]) -> tuple[Order, set[str]]:
    """The order, and the paths of what was lost."""
    found = bridge.to_cda(data)
    return found.order, {str(loss.path) for loss in found.losses}


def role(system: str, code: str) -> dict[str, Any]:
    return {
        "resourceType": "PractitionerRole",
        "id": "info-role",
        "practitioner": {"reference": "Practitioner/other"},
        "code": [concept(system, code)],
    }


@pytest.mark.parametrize(
    ("system", "code", "kind"), [(CORRE, "CORRE", "CON"), (PCP, "PCP", "INF")], ids=["destinataire du CR", "médecin traitant"]
)
def test_a_professional_with_a_function_in_the_supporting_info_takes_part(system, code, kind):
    order, lost = converted(bundle(practitioner("other", "99900012354", "ESSAI-AUTRE"), role(system, code)))
    (participant,) = order.participants
    assert (participant.type, participant.function.code) == (kind, code)
    assert participant.professional.name.family == "ESSAI-AUTRE"
    assert not [path for path in lost if "PractitionerRole" in path]


def test_a_professional_whom_a_section_lists_counts_as_one_in_the_supporting_info():
    data = bundle(practitioner("other", "99900012354", "ESSAI-AUTRE"), role(CORRE, "CORRE"), kind="document")
    request = next(e["resource"] for e in data["entry"] if e["resource"]["resourceType"] == "ServiceRequest")
    section = {"code": concept(LOINC, "18776-5"), "entry": [request["supportingInfo"].pop()]}
    data["entry"].insert(0, composition(section=[section]))
    (participant,) = bridge.to_cda(data).order.participants
    assert participant.professional.name.family == "ESSAI-AUTRE"


def test_a_professional_of_another_function_in_the_supporting_info_is_a_loss():
    order, lost = converted(bundle(practitioner("other", "99900012354", "ESSAI-AUTRE"), role(PCP, "ATTPHYS")))
    assert order.participants == ()
    assert lost


def plan(**numbers: Any) -> dict[str, Any]:
    """A request for a consultation, with these numbers."""
    found = service_request("plan", code=concept(SNOMED, "11429006"))
    del found["requisition"], found["category"]
    return {**found, **numbers}


def based(parent: dict[str, Any] | None) -> dict[str, Any]:
    """An order without a number of its own, based on another request."""
    child = service_request(basedOn=[{"reference": "ServiceRequest/plan"}])
    del child["requisition"]
    return bundle(parent, sr=child) if parent else bundle(sr=child)


@pytest.mark.parametrize(
    "number",
    [
        {"requisition": {"system": "urn:oid:1.2.250.1.999.1.7", "value": "PLAN-1"}},
        {
            "identifier": [
                {"type": {"coding": [{"code": "ACSN"}]}, "system": "urn:oid:1.2.250.1.999.1.9", "value": "A-1"},
                {"type": {"coding": [{"code": "PLAC"}]}, "system": "urn:oid:1.2.250.1.999.1.7", "value": "PLAN-1"},
            ]
        },
        {"identifier": [{"system": "urn:oid:1.2.250.1.999.1.7", "value": "PLAN-1"}]},
    ],
    ids=["requisition", "PLAC", "the only one"],
)
def test_the_number_of_the_request_that_it_is_based_on_is_the_order_number(number):
    data = based(plan(**number))
    found = bridge.to_cda(data)
    assert [i.extension for i in found.order.request.ids] == ["PLAN-1"]


@pytest.mark.parametrize("kind", ["ACSN", "FILL"])
def test_a_number_of_the_one_who_performs_is_never_the_order_number(kind):
    number = {"type": {"coding": [{"code": kind}]}, "system": "urn:oid:1.2.250.1.999.1.9", "value": "X-1"}
    assert bridge.to_cda(based(plan(identifier=[number]))).order.request.ids == ()


def pet(**parameter: Any) -> dict[str, Any]:
    """A PET whose orderDetail holds one R5 parameter, as the extension of R4."""
    url = "http://hl7.org/fhir/5.0/StructureDefinition/extension-ServiceRequest.orderDetail.parameter"
    parts = [{"url": name[0].lower() + name[1:], **value} for name, value in parameter.items()]
    function = concept(TA, "MED-1133")
    return order_of(
        code=concept(DCM, "PT"),
        bodySite=[concept(SNOMED, "38266002")],
        orderDetail=[{**function, "extension": [{"url": url, "extension": parts}]}],
    )


@pytest.mark.parametrize(
    ("question", "answer", "expected"),
    [
        ({"coding": [{"system": "urn:oid:1.2.250.1.213.1.1.4.322", "code": "MED-1153"}]}, True, "MED-1153"),
        ({"coding": [{"system": "urn:oid:1.2.250.1.213.1.1.4.322", "code": "MED-1153"}]}, False, "MED-1154"),
        ({"text": "Injection de produit de contraste"}, True, "MED-1153"),
        ({"text": "contrast"}, False, "MED-1154"),
    ],
)
def test_a_question_on_contrast_may_be_answered_by_true_or_false(question, answer, expected):
    order, lost = converted(pet(code={"valueCodeableConcept": question}, value={"valueBoolean": answer}))
    assert order.acts[0].contrast.code == expected
    assert not [path for path in lost if "orderDetail" in path]


def test_true_or_false_to_another_question_is_a_critical_loss():
    data = pet(code={"valueCodeableConcept": {"text": "Allergie au produit de contraste"}}, value={"valueBoolean": True})
    request = next(e["resource"] for e in data["entry"] if e["resource"]["resourceType"] == "ServiceRequest")
    del request["orderDetail"][0]["coding"]
    request["code"] = concept(DCM, "CT")
    with pytest.raises(bridge.OrderError) as refused:
        bridge.to_cda(data)
    assert "critical" in {issue.loss for issue in refused.value.issues}


def test_two_contrary_answers_on_contrast_are_an_error():
    data = pet(code={"valueCodeableConcept": {"text": "contrast"}}, value={"valueBoolean": True})
    request = next(e["resource"] for e in data["entry"] if e["resource"]["resourceType"] == "ServiceRequest")
    request["orderDetail"].append(concept(TA, "MED-1154"))
    with pytest.raises(bridge.OrderError) as refused:
        bridge.to_cda(data)
    assert "IMGDA-0437" in {issue.code for issue in refused.value.issues}


def message(*focus: str) -> dict[str, Any]:
    """Two orders in a message."""
    header = {
        "resourceType": "MessageHeader",
        "id": "header",
        "eventUri": "urn:x-essai:order",
        "source": {"endpoint": "https://ehr.example"},
        "focus": [{"reference": reference} for reference in focus],
    }
    if not focus:
        del header["focus"]
    other = service_request("sr2", requisition={"system": "urn:oid:1.2.250.1.999.1.7", "value": "DA-2"})
    data = bundle(other, kind="message")
    data["entry"].insert(0, {"fullUrl": "https://ehr.example/MessageHeader/header", "resource": header})
    return data


def test_the_request_that_a_message_is_about_is_converted_and_the_other_is_named():
    found = bridge.to_cda(message("ServiceRequest/sr2"))
    assert found.order.request.ids[0].extension == "DA-2"
    assert [(i.code, i.path) for i in found.issues if i.code == "IMGDA-0221"] == [("IMGDA-0221", "Bundle.entry[10].resource")]


@pytest.mark.parametrize("focus", [(), ("Patient/p",)], ids=["none", "the patient"])
def test_a_message_that_is_about_no_request_holds_all_of_them(focus):
    with pytest.raises(bridge.SourceError) as refused:
        bridge.to_cda(message(*focus))
    assert refused.value.code == "IMGDA-0207"


def composition(**more: Any) -> dict[str, Any]:
    """The entry of the Composition that makes the order an ANS document."""
    resource = {
        "resourceType": "Composition",
        "id": "composition",
        "status": "final",
        "type": concept(LOINC, "55115-0"),
        "subject": {"reference": "Patient/p"},
        "date": "2026-03-02T10:15:00+01:00",
        "author": [{"reference": "PractitionerRole/role"}],
        "title": "Demande d'actes d'imagerie",
        **more,
    }
    return {"fullUrl": "https://ehr.example/Composition/composition", "resource": resource}


@pytest.mark.parametrize(
    ("code", "item"),
    [
        ("55115-0", "justification"),
        ("11329-0", "medical_history"),
        ("34895-3", "patient_information"),
        ("30954-2", "prior_results"),
    ],
)
def test_the_words_of_a_section_stand_in_for_a_text_that_no_resource_gives(code, item):
    """Shape (a): one section with a narrative and nothing else, of an order that lacks the resource."""
    section = {
        "code": concept(LOINC, code),
        "text": {"status": "additional", "div": '<div xmlns="http://www.w3.org/1999/xhtml"><p>Mots de la rubrique</p></div>'},
    }
    changed = service_request(reasonCode=None) if code == "55115-0" else service_request()
    changed = {key: value for key, value in changed.items() if value is not None}
    changed["supportingInfo"] = [{"reference": f"Observation/{name}"} for name in ("chir", "risk")]
    data = bundle(sr=changed, med=None, kind="document")
    data["entry"].insert(0, composition(section=[section]))
    found = bridge.to_cda(data)
    assert getattr(found.order, item) == "Mots de la rubrique"
    assert "IMGDA-0439" in {issue.code for issue in found.issues}


def test_a_document_that_says_that_it_replaces_itself_is_refused():
    own = {"system": "urn:ietf:rfc:3986", "value": "urn:uuid:3d97b25d-7ae1-532d-ac3d-24bfe8cd6e14"}
    data = {**bundle(kind="document"), "identifier": own}
    data["entry"].insert(0, composition(relatesTo=[{"code": "replaces", "targetIdentifier": own}]))
    with pytest.raises(bridge.OrderError) as refused:
        bridge.to_cda(data)
    assert "IMGDA-0610" in {issue.code for issue in refused.value.issues}
