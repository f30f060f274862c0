"""One cause, one finding."""

from __future__ import annotations

import pytest
from bundles import SNOMED, TA, bundle, concept, order_of, path_of, service_request

import bridge
from bridge.findings.issues import catalogue, issue
from bridge.rules.telling import without_consequences
from bridge.tables.codes import rows


def codes(data: dict[str, object]) -> set[str]:
    try:
        return {found.code for found in bridge.Bridge().normalize(data).issues}
    except bridge.BridgeError as error:
        return {found.code for found in error.issues}


UNKNOWN = concept(SNOMED, "999999999")
ONE_CAUSE = {
    "reference to nobody": (order_of(requester={"reference": "Practitioner/none"}), "IMGDA-0204", "IMGDA-0311"),
    "patient that is not there": (order_of(subject={"reference": "Patient/none"}), "IMGDA-0204", "IMGDA-0301"),
    "number without a system": (order_of(requisition={"value": "7"}), "IMGDA-0317", "IMGDA-0318"),
    "number without a system, identifiers": (order_of(requisition={"value": "7"}), "IMGDA-0317", "IMGDA-0319"),
    "malformed system": (order_of(requisition={"system": "urn:oid:1.2.03", "value": "7"}), "IMGDA-0317", "IMGDA-0333"),
    "no number": (order_of(requisition=None), "IMGDA-0318", "IMGDA-0319"),
    "encounter that is not there": (order_of(encounter={"reference": "Encounter/none"}), "IMGDA-0218", "IMGDA-0329"),
    "unknown site": (order_of(bodySite=[UNKNOWN]), "IMGDA-0404", "IMGDA-0403"),
    "side of an unknown site": (order_of(bodySite=[UNKNOWN, concept(SNOMED, "24028007")]), "IMGDA-0404", "IMGDA-0902"),
    "function without a modality": (
        order_of(code={"text": "TEP"}, orderDetail=[concept(TA, "MED-1134")]),
        "IMGDA-0402",
        "IMGDA-0408",
    ),
    "no justification": (order_of(reasonCode=None), "IMGDA-0416", "IMGDA-0801"),
}


@pytest.mark.parametrize(("data", "cause", "consequence"), ONE_CAUSE.values(), ids=ONE_CAUSE)
def test_what_only_follows_from_another_finding_is_not_told(data, cause, consequence):
    found = codes(data)
    assert cause in found
    assert consequence not in found


def test_a_consequence_of_something_else_is_told():
    other = {key: value for key, value in service_request("sr2").items() if key != "bodySite"}
    data = bundle(other, sr=service_request(bodySite=[UNKNOWN]))
    with pytest.raises(bridge.OrderError) as refused:
        bridge.Bridge().normalize(data)
    told = {(found.code, found.path) for found in refused.value.issues}
    assert ("IMGDA-0403", f"{path_of(data, 'sr2')}.bodySite") in told
    assert ("IMGDA-0404", f"{path_of(data, 'sr')}.bodySite[0]") in told


def test_a_warning_never_hides_an_error_nor_a_document_its_losses():
    cause = issue("IMGDA-0404", "Bundle.entry[0].resource.bodySite[0]", severity="warning")
    assert len(without_consequences((cause, issue("IMGDA-0403", "Bundle.entry[0].resource.bodySite")))) == 2
    lost = issue("IMGDA-0902", "Bundle.entry[0].resource.bodySite[1].coding[0].code", loss="critical")
    assert without_consequences((issue("IMGDA-0404", "Bundle.entry[0].resource.bodySite[0]"), lost))[1:] == (lost,)


def test_a_draft_keeps_the_losses_that_a_refusal_leaves_out():
    data = order_of(bodySite=[UNKNOWN, concept(SNOMED, "24028007")])
    draft = bridge.Bridge().normalize(data, draft=True)
    assert "IMGDA-0902" in {found.code for found in draft.losses}


def test_every_row_is_of_the_catalogue_and_says_why():
    for row in rows("consequences"):
        assert {row["code"], row["cause"]} <= catalogue().keys()
        assert row["reason"]
        assert row["where"] in ("order", "resource", "list", "element")
