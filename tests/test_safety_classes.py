"""Every row of class critical of mappings/loss-classes.csv: what stands there refuses the order when no rule carries it.

A row is tried on a story that has such a leaf and converts, else on an order made for it; the rule is taken away by forgetting
that anybody read the leaves of that row. Removing the rules themselves, one by one, is in test_policies.py.
"""

from __future__ import annotations

import json

import pytest
from bundles import DCM, TA, bundle, concept, observation, order_of
from conftest import ROOT, STORIES, input_of
from forms import r5

import bridge
from bridge.fhir.ledger import losses
from bridge.fhir.source import parse
from bridge.findings import losses as classes
from bridge.tables.codes import rows

BRIDGE = bridge.Bridge()
CRITICAL = {
    f"{row['path']} {row['code']}{row['value_set']}".strip(): row for row in rows("loss-classes") if row["class"] == "critical"
}
PET = {"code": concept(DCM, "PT"), "orderDetail": [concept(TA, "MED-1153")]}
CONDITION = {"resourceType": "Condition", "id": "c", "subject": {"reference": "Patient/p"}, "code": {"text": "Gonarthrose"}}


def with_extension(name):
    return order_of(extension=[{"url": f"https://unknown.example/{name}", "valueString": "x"}])


def with_device_usage():
    data = json.loads((ROOT / "fixtures" / "welder-shoulder-mri" / "bundle.json").read_text("utf-8"))
    usage = {"resourceType": "DeviceUsage", "id": "u", "status": "active", "device": {"concept": {"text": "Implant"}}}
    data["entry"].append(
        {"fullUrl": "urn:uuid:00000000-0000-4000-8000-000000000077", "resource": usage | {"patient": {"display": "x"}}}
    )
    return data


READ = {
    "Observation MED-1133": bundle(
        observation("info-f", concept(TA, "MED-1133"), valueCodeableConcept=concept(TA, "MED-1137")),
        sr=order_of(**PET)["entry"][-1]["resource"],
    ),
    "ServiceRequest.reasonReference": bundle(
        CONDITION, sr=order_of(reasonReference=[{"reference": "Condition/c"}])["entry"][-1]["resource"]
    ),
}
"""Orders that convert, with a leaf that no story has."""
NEVER_READ = {
    "Device": bundle({"resourceType": "Device", "id": "info-d", "deviceName": [{"name": "Implant", "type": "other"}]}),
    "DeviceUsage": with_device_usage(),
    "DeviceUseStatement": bundle(
        {
            "resourceType": "DeviceUseStatement",
            "id": "u",
            "status": "active",
            "subject": {"display": "x"},
            "device": {"display": "Implant"},
        }
    ),
    "ServiceRequest.focus": r5(focus=[{"display": "Fœtus"}]),
    "ServiceRequest.replaces": order_of(replaces=[{"reference": "ServiceRequest/old"}]),
    **{
        f"ServiceRequest.extension({name})": with_extension(name)
        for name in ("bodySite", "fr-imaging-request-extension", "extension-ServiceRequest.orderDetail.parameter")
    },
}
"""Orders with a leaf that no rule reads."""


def row_of(path, data):
    """The name of the row of the table that gives a leaf its class."""
    place = losses.place_of(path, data)
    found = next(
        row for row in classes._classes() if classes._covers(row.path, place.names) and classes._concerns(row, place.codes)
    )
    return f"{found.path} {found.code}{found.value_set}".strip()


def carried_by_the_stories():
    found = {}
    for story in STORIES:
        source = input_of(story).read_bytes()
        root = BRIDGE.to_cda(source).evidence.root
        for leaf in root.leaves():
            if not root.ledger.is_lost(leaf):
                found.setdefault(row_of(leaf.path, root.value), source)
    return found


CARRIED = carried_by_the_stories() | READ


def forgotten(name):
    """Losses as they are found when nobody read the leaves of a row."""
    find = losses.find

    def find_without(root, index, policy):
        for leaf in root.leaves():
            if row_of(leaf.path, root.value) == name:
                root.ledger._read.pop((id(leaf.container), leaf.key), None)
        return find(root, index, policy)

    return find_without


def refusal(data):
    with pytest.raises(bridge.OrderError) as refused:
        BRIDGE.to_cda(data)
    return {row_of(i.path, data_of(data)) for i in refused.value.issues if i.is_error and i.loss == "critical"}


def data_of(data):
    return parse.parse(data).resource if isinstance(data, bytes) else data


def test_every_critical_row_is_tried():
    assert CRITICAL.keys() <= CARRIED.keys() | NEVER_READ.keys()


@pytest.mark.parametrize("name", [name for name in CRITICAL if name in CARRIED])
def test_what_a_rule_carries_refuses_the_order_without_it(name, monkeypatch):
    assert BRIDGE.to_cda(CARRIED[name]).document
    monkeypatch.setattr(losses, "find", forgotten(name))
    assert name in refusal(CARRIED[name])


@pytest.mark.parametrize("name", NEVER_READ)
def test_what_no_rule_reads_refuses_the_order_by_its_row(name, monkeypatch):
    assert name in refusal(NEVER_READ[name])
    table = [row for row in classes._classes() if f"{row.path} {row.code}{row.value_set}".strip() != name]
    monkeypatch.setattr(classes, "_by_start", lambda: classes._indexed(table))
    assert BRIDGE.to_cda(NEVER_READ[name]).document
