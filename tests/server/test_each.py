"""Several orders over HTTP, the first page, and what is advised there."""

from __future__ import annotations

import base64
import copy
import json
from typing import Any

import pytest
from bundles import bundle, service_request
from fhir.resources.R4B.bundle import Bundle

import bridge


def several() -> dict[str, Any]:
    """Three orders with numbers of their own; the second one has no site."""
    orders = [service_request(f"sr{n}", requisition={"system": "urn:oid:1.2.250.1.999.1.7", "value": f"DA-{n}"}) for n in "123"]
    del orders[1]["bodySite"]
    return bundle(*orders, sr=None)


ORDERS = several()
EACH = "/convert?each=true&lang=en"


@pytest.fixture(scope="module")
def answer(server):
    return server.convert(json.dumps(ORDERS).encode(), EACH)


def test_each_order_is_a_document_or_its_findings_in_the_order_of_the_input(answer):
    assert answer.status == 200
    Bundle.model_validate(copy.deepcopy(answer.json))
    resources = [entry["resource"] for entry in answer.json["entry"]]
    assert [resource["resourceType"] for resource in resources[:3]] == ["Binary", "OperationOutcome", "Binary"]
    documents = [bridge.to_cda(ORDERS, requisition=number).document for number in ("DA-1", "DA-3")]
    assert [base64.b64decode(resources[place]["data"]) for place in (0, 2)] == documents
    assert resources[1]["issue"][0]["details"]["coding"][0]["code"] == "IMGDA-0403"


def test_a_document_leads_to_its_own_findings(answer):
    found = {entry["fullUrl"]: entry["resource"] for entry in answer.json["entry"]}
    assert len(found) == len(answer.json["entry"]) == 5
    for place, number in ((0, "DA-1"), (2, "DA-3")):
        (link,) = answer.json["entry"][place]["link"]
        assert link["relation"] == "describedby"
        assert found[link["url"]] == bridge.to_cda(ORDERS, requisition=number).outcome("en")
    assert answer.headers["imgda-errors"] == "1"


def test_the_operation_converts_each_too(server):
    parameters = {
        "resourceType": "Parameters",
        "parameter": [{"name": "input", "resource": ORDERS}, {"name": "each", "valueBoolean": True}],
    }
    answer = server.convert(json.dumps(parameters).encode(), "/$imgda-convert?lang=en")
    found = {parameter["name"]: parameter for parameter in answer.json["parameter"]}
    assert [entry["resource"]["resourceType"] for entry in found["result"]["resource"]["entry"]][:2] == [
        "Binary",
        "OperationOutcome",
    ]


@pytest.mark.parametrize(
    ("path", "accept", "status", "code"),
    [
        (EACH, "application/xml", 406, "IMGDA-1802"),
        (f"{EACH}&requisition=DA-1", "*/*", 400, "IMGDA-1812"),
        (f"{EACH}&single=true", "*/*", 400, "IMGDA-1812"),
        ("/convert?each=yes", "*/*", 400, "IMGDA-1812"),
    ],
)
def test_what_each_cannot_be_combined_with_is_refused(server, path, accept, status, code):
    answer = server.convert(json.dumps(ORDERS).encode(), path, Accept=accept)
    assert (answer.status, answer.code) == (status, code)


def test_an_input_that_cannot_be_read_is_refused_as_without_each(server):
    assert server.convert(b"{", EACH).status == 400


@pytest.mark.parametrize("accept", ["application/fhir+json", "application/problem+json"])
def test_what_is_advised_is_said_in_the_words_of_the_service(server, accept):
    answer = server.convert(json.dumps(ORDERS).encode(), "/convert?lang=en", Accept=accept)
    assert answer.status == 422
    assert "each=true" in answer.body.decode()
    assert "--each" not in answer.body.decode()
    assert "to_cda_each" not in answer.body.decode()


def test_a_finding_has_two_addresses(server):
    assert server.request("GET", "/issues/0404").json == server.request("GET", "/issues/IMGDA-0404").json
    assert "each=true" in server.request("GET", "/issues/imgda-0207").json["remedy"]["fr"]
    assert server.request("GET", "/issues/404").status == 404


def test_the_first_page_leads_to_every_address(server):
    about = server.request("GET", "/").json
    known = {(one["method"], one["path"]) for one in about["addresses"]}
    described = server.request("GET", "/openapi.json").json["paths"]
    assert {path for _, path in known} <= described.keys()
    assert {("POST", path) for path, item in described.items() if "post" in item} <= known
    assert about["documentation"].endswith("/openapi.json")
    page = server.request("GET", "/", Accept="text/html,application/xhtml+xml,*/*;q=0.8", Accept_Language="fr")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert '<a href="/issues">' in page.body.decode()
    assert "demandes d" in page.body.decode()
    assert server.request("GET", "/", Accept="image/png").status == 406
