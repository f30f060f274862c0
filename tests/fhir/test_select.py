"""Several requests in one input: one document for each requisition, and never a mix of two patients."""

from __future__ import annotations

import json
from typing import Any

import pytest
from bundles import DCM, SNOMED, bundle, concept, path_of, patient, service_request
from click.testing import CliRunner

import bridge
from bridge.cli import main
from bridge.cli.exits import Exit

SECOND = patient(id="p2", name=[{"use": "official", "family": "ESSAI-DEUX", "given": ["PAUL"]}], gender="male")


def request(ident: str, number: str | None, **changes: Any) -> dict[str, Any]:
    """A request with an order number, or none."""
    requisition = {"system": "urn:oid:1.2.250.1.999.1.7", "value": number} if number else None
    found = service_request(ident, requisition=requisition, **changes)
    return {key: value for key, value in found.items() if value is not None}


def codes(data: dict[str, Any], **options: Any) -> set[str]:
    try:
        bridge.to_cda(data, **options)
    except bridge.BridgeError as error:
        return {found.code for found in error.issues if found.is_error}
    return set()


TWO = bundle(sr=request("sr", "DA-1"), sr2=request("sr2", "DA-2", code=concept(DCM, "MR")))
LOOSE = bundle(sr=request("sr", None), sr2=request("sr2", None, code=concept(DCM, "MR")))
PATIENTS = bundle(
    SECOND,
    e=None,
    sr=request("sr", "DA-1", encounter=None),
    sr2=request("sr2", "DA-2", encounter=None, subject={"reference": "Patient/p2"}, supportingInfo=None),
)


def test_two_requisitions_are_an_error_that_names_the_options():
    with pytest.raises(bridge.SourceError) as raised:
        bridge.to_cda(TWO)
    (issue,) = raised.value.issues
    assert issue.code == "IMGDA-0207"
    assert issue.parameters["count"] == "2"
    for option in ("requisition=", "to_cda_each", "single=True"):
        assert option in issue.remedy("fr")
        assert option in issue.remedy("en")


def test_each_requisition_gives_one_document():
    found = bridge.Bridge().to_cda_each(TWO)
    assert all(isinstance(result, bridge.Conversion) for result in found)
    assert [result.order.request.ids[0].extension for result in found] == ["DA-1", "DA-2"]
    assert [[act.modality.code for act in result.order.acts] for result in found] == [["MED-1126"], ["MR"]]
    assert len({result.order.document.id for result in found}) == 2


def test_a_requisition_is_chosen_by_its_number():
    assert [act.modality.code for act in bridge.to_cda(TWO, requisition="DA-2").order.acts] == ["MR"]
    assert codes(TWO, requisition="DA-3") == {"IMGDA-0214"}


def test_requests_of_one_requisition_are_the_acts_of_one_document():
    data = bundle(sr2=request("sr2", "DA-1", code=concept(DCM, "MR")))
    assert [act.modality.code for act in bridge.to_cda(data).order.acts] == ["MED-1126", "MR"]


def test_the_same_number_of_two_authorities_is_two_orders():
    other = {"system": "urn:oid:1.2.250.1.999.1.8", "value": "DA-1"}
    assert codes(bundle(sr2=service_request("sr2", requisition=other))) == {"IMGDA-0207"}


def test_requests_without_a_number_are_joined_only_on_demand():
    assert codes(LOOSE) == {"IMGDA-0207"}
    assert len(bridge.to_cda(LOOSE, single=True).order.acts) == 2


@pytest.mark.parametrize(
    "change",
    [{"subject": {"reference": "Patient/p2"}}, {"authoredOn": "2026-03-03T10:00:00+01:00"}, {"requester": {"display": "x"}}],
    ids=["patient", "day", "requester"],
)
def test_requests_that_differ_are_never_joined(change):
    data = bundle(SECOND, sr=request("sr", None), sr2=request("sr2", None, **change))
    assert codes(data, single=True) & {"IMGDA-0207", "IMGDA-0206"}


def test_one_requisition_for_two_patients_is_refused():
    data = bundle(SECOND, sr2=request("sr2", "DA-1", subject={"reference": "Patient/p2"}))
    assert "IMGDA-0206" in codes(data)
    assert not any(isinstance(result, bridge.Conversion) for result in _each(data))


def _each(data: dict[str, Any]) -> list[Any]:
    try:
        return list(bridge.Bridge().to_cda_each(data))
    except bridge.SourceError:
        return []


def test_orders_of_two_patients_in_one_input_stay_apart():
    for entry in PATIENTS["entry"]:
        entry["resource"] = {key: value for key, value in entry["resource"].items() if value is not None}
    lenient = bridge.Bridge(bridge.Settings().lenient())
    first, second = lenient.to_cda_each(PATIENTS)
    assert isinstance(first, bridge.Conversion), first
    assert isinstance(second, bridge.Conversion), second
    for mine, other in (("ESSAI-TROIS", "ESSAI-DEUX"), ("ESSAI-DEUX", "ESSAI-TROIS")):
        document = (first if mine == "ESSAI-TROIS" else second).document.decode()
        assert mine in document
        assert other not in document
    assert "Asthme" not in second.document.decode()


@pytest.mark.parametrize("status", ["revoked", "entered-in-error"])
def test_a_revoked_request_is_an_error(status):
    data = bundle(sr=service_request(status=status))
    with pytest.raises(bridge.BridgeError) as raised:
        bridge.to_cda(data)
    assert [(found.code, found.path) for found in raised.value.issues if found.is_error] == [
        ("IMGDA-0208", f"{path_of(data, 'sr')}.status")
    ]


def test_a_request_not_to_perform_is_an_error():
    assert codes(bundle(sr=service_request(doNotPerform=True))) == {"IMGDA-0209"}


@pytest.mark.parametrize(
    ("change", "code"),
    [({"status": "draft"}, "IMGDA-0211"), ({"status": "completed"}, "IMGDA-0211"), ({"intent": "plan"}, "IMGDA-0212")],
)
def test_a_request_that_is_not_firm_is_converted_and_said(change, code):
    assert code in {found.code for found in bridge.to_cda(bundle(sr=service_request(**change))).issues}


def test_a_request_that_is_not_imaging_is_left_out_and_said():
    biology = request("bio", "DA-1", category=[concept(SNOMED, "108252007")], code=concept(SNOMED, "26604007"))
    conversion = bridge.to_cda(bundle(bio=biology))
    assert len(conversion.order.acts) == 1
    assert "IMGDA-0213" in {found.code for found in conversion.issues}


@pytest.mark.parametrize("element", ["modifierExtension", "implicitRules"])
def test_what_may_reverse_the_meaning_is_an_error(element):
    value = [{"url": "https://ehr.example/not", "valueBoolean": True}] if element != "implicitRules" else "https://ehr.example/r"
    data = bundle(sr=service_request(**{element: value}))
    assert codes(data) == {"IMGDA-0210"}


@pytest.mark.parametrize("kind", ["collection", "transaction", "batch", "searchset", "message"])
def test_every_kind_of_bundle_that_may_carry_an_order_is_read(kind):
    assert bridge.to_cda(bundle(kind=kind)).order == bridge.to_cda(bundle()).order


def test_the_command_writes_a_file_for_each(tmp_path):
    source = tmp_path / "in.json"
    source.write_text(json.dumps(TWO))
    out = tmp_path / "out"
    out.mkdir()
    result = CliRunner().invoke(main, ["convert", str(source), "--each", "-o", str(out), "-q"])
    assert result.exit_code == Exit.OK, result.stderr
    assert sorted(path.name for path in out.iterdir()) == ["DA-1.xml", "DA-2.xml"]


def test_the_command_says_when_some_of_several_are_refused(tmp_path):
    data = bundle(sr=request("sr", "DA-1"), sr2=request("sr2", "DA-2", bodySite=None))
    (tmp_path / "in.json").write_text(json.dumps(data))
    result = CliRunner().invoke(main, ["convert", str(tmp_path / "in.json"), "--each", "-o", str(tmp_path)])
    assert result.exit_code == Exit.PARTIAL
    assert sorted(path.name for path in tmp_path.iterdir()) == ["DA-1.xml", "in.json"]


def test_the_names_of_the_files_hold_no_path(tmp_path):
    data = bundle(sr=request("sr", "../../DA 1"), sr2=request("sr2", "..", code=concept(DCM, "MR")))
    (tmp_path / "in.json").write_text(json.dumps(data))
    out = tmp_path / "a" / "b"
    out.mkdir(parents=True)
    result = CliRunner().invoke(main, ["convert", str(tmp_path / "in.json"), "--each", "-o", str(out), "-q"])
    assert result.exit_code == Exit.OK, result.stderr
    assert len(list(out.iterdir())) == 2
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["in.json"]
