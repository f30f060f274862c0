"""The header of a document in the plain shape, and the numbers beside the requisition."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from bundles import JSON, LOINC, bundle, concept, order_of

from bridge.fhir.read.readings import Reading, read
from bridge.order import Identifier
from bridge.settings import Settings

V3 = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
PLACERS = {"system": "urn:oid:1.2.250.1.999.1.8"}


def only(data: JSON) -> Reading:
    (reading,) = read(copy.deepcopy(data), "R4", Settings())
    assert reading.order is not None
    return reading


def described(**changes: Any) -> JSON:
    """The DocumentReference that describes the document of the request ``sr``."""
    return {
        "resourceType": "DocumentReference",
        "id": "about",
        "status": "current",
        "masterIdentifier": {"system": "urn:oid:1.2.250.1.999.5", "value": "D1"},
        "type": concept(LOINC, "55115-0"),
        "content": [{"attachment": {"title": "Demande urgente", "creation": "2026-03-02T11:00:00+01:00"}}],
        "context": {"related": [{"reference": "ServiceRequest/sr"}]},
        **changes,
    }


def provenance(target: str) -> JSON:
    agent = {"type": concept(V3, "ENT"), "who": {"reference": "PractitionerRole/role"}}
    return {
        "resourceType": "Provenance",
        "id": "prov",
        "target": [{"reference": target}],
        "recorded": "2026-03-02T11:00:00+01:00",
        "occurredDateTime": "2026-03-02",
        "agent": [agent],
    }


def test_a_document_reference_that_leads_to_the_request_describes_its_document():
    document = only(bundle(described())).order.document
    assert document.id == Identifier(root="1.2.250.1.999.5", extension="D1")
    assert document.title == "Demande urgente"
    assert document.created_at == "2026-03-02T11:00:00+01:00"


@pytest.mark.parametrize(
    "changes",
    [
        {"context": {"related": [{"reference": "Encounter/e"}]}},
        {"type": concept(LOINC, "18748-4")},
        {"content": [{"attachment": {"title": "Demande", "contentType": "application/pdf", "data": "JVBERi0xLjQK"}}]},
    ],
)
def test_any_other_document_reference_does_not(changes):
    assert only(bundle(described(**changes))).order.document.id.extension != "D1"


def test_a_provenance_of_the_document_tells_who_took_part():
    enterer = only(bundle(described(), provenance("DocumentReference/about"))).order.data_enterer
    assert enterer.time == "2026-03-02"
    assert enterer.professional.name.family == "ESSAI-DUPRE"


def test_a_provenance_of_the_request_itself_does_not():
    assert only(bundle(described(), provenance("ServiceRequest/sr"))).order.data_enterer is None


def test_two_creation_times_are_a_conflict():
    data = bundle(described()) | {"timestamp": "2026-03-02T12:00:00+01:00"}
    assert "IMGDA-0327" in {i.code for i in only(data).issues}


def test_requests_of_one_described_document_are_one_order():
    data = bundle(described(context={"related": [{"reference": "ServiceRequest/sr"}, {"reference": "ServiceRequest/sr2"}]}))
    (first,) = [e for e in data["entry"] if e["resource"]["id"] == "sr"]
    del first["resource"]["requisition"]
    second = copy.deepcopy(first)
    second["resource"]["id"] = "sr2"
    second["fullUrl"] = "https://ehr.example/ServiceRequest/sr2"
    data["entry"].append(second)
    assert len(only(data).order.acts) == 2


def placer(kind: str, value: str) -> JSON:
    return {"type": concept("http://terminology.hl7.org/CodeSystem/v2-0203", kind), "value": value, **PLACERS}


def test_further_group_numbers_are_numbers_of_the_request():
    order = only(order_of(identifier=[placer("PGN", "B"), placer("PLAC", "C")])).order
    assert [i.extension for i in order.request.ids] == ["DA-1", "B"]
    assert [i.extension for i in order.acts[0].ids] == ["C"]


def test_a_placer_number_without_a_requisition_is_that_of_the_request():
    order = only(order_of(requisition=None, identifier=[placer("PLAC", "C")])).order
    assert [i.extension for i in order.request.ids] == ["C"]
    assert order.acts[0].ids == ()


def test_a_requisition_said_to_be_unknown_is_not_looked_for_elsewhere():
    unknown = {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]}
    order = only(order_of(requisition=unknown, identifier=[placer("PLAC", "C")])).order
    assert order.request.ids == ()
    assert [i.extension for i in order.acts[0].ids] == ["C"]
