"""What the addresses that convert answer."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest
from bundles import bundle

import bridge
from bridge.evidence.provenance import rules_hash
from bridge.fhir.source import structure
from bridge.views.explain import as_html, as_text

ROOT = Path(__file__).resolve().parents[2]
KNEE = (ROOT / "fixtures" / "knee-radiograph" / "bundle.json").read_bytes()
HOME_XML = (ROOT / "fixtures" / "home-visit-chest" / "bundle.xml").read_bytes()
REFUSED = json.dumps(bundle(p=None)).encode()


def parameters(**given: object) -> bytes:
    found = [
        {"name": name, ("resource" if isinstance(value, dict) else f"value{kind}"): value}
        for name, (kind, value) in ((name, value if isinstance(value, tuple) else ("", value)) for name, value in given.items())
    ]
    return json.dumps({"resourceType": "Parameters", "parameter": found}).encode()


OPERATION = "/$imgda-convert"


def with_parameter(more: object = None, **members: object) -> bytes:
    """Parameters with a right input, and something that is not right: a parameter more, or members of either object."""
    inner = {key: value for key, value in members.items() if key.startswith("value")}
    outer = {key: value for key, value in members.items() if key not in inner}
    found = [{"name": "input", "resource": json.loads(KNEE), **inner}, *([more] if more is not None else [])]
    return json.dumps({"resourceType": "Parameters", **outer, "parameter": found}).encode()


def documented(source: bytes) -> bytes:
    return bridge.to_cda(source).document


def test_fhir_becomes_the_document_that_the_library_writes(server):
    answer = server.convert(KNEE)
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/xml; charset=utf-8"
    assert answer.body == documented(KNEE)


def test_fhir_xml_is_read(server):
    assert server.convert(HOME_XML, Content_Type="application/fhir+xml").body == documented(HOME_XML)


def test_the_etag_is_the_hash_of_the_document(server):
    answer = server.convert(KNEE)
    assert answer.headers["etag"] == f'"{hashlib.sha256(answer.body).hexdigest()}"'


def test_warnings_and_losses_are_counted_in_headers(server):
    expected = bridge.to_cda(KNEE)
    headers = server.convert(KNEE).headers
    assert headers["imgda-errors"] == "0"
    assert headers["imgda-warnings"] == str(sum(found.severity == "warning" for found in expected.issues))
    assert headers["imgda-losses"] == str(len(expected.losses))
    assert headers["imgda-model"] == expected.model
    assert headers["imgda-version"] == bridge.__version__
    assert headers["imgda-mapping"] == rules_hash()


@pytest.mark.parametrize("accept", ["application/fhir+json", "application/json", "application/xml;q=0.5, application/fhir+json"])
def test_a_caller_of_fhir_gets_the_document_with_its_findings(server, accept):
    found = server.convert(KNEE, Accept=accept).json
    assert structure.check(found, "R4") == []
    binary, outcome = (entry["resource"] for entry in found["entry"])
    assert base64.b64decode(binary["data"]) == documented(KNEE)
    assert outcome == bridge.to_cda(KNEE).outcome("fr")


def test_findings_speak_the_language_of_the_caller(server):
    for headers, path, language in (
        ({"Accept_Language": "de, en-GB;q=0.8, fr;q=0.5"}, "/convert", "en"),
        ({}, "/convert", "fr"),
        ({}, "/convert?lang=en", "en"),
    ):
        answer = server.convert(KNEE, path, Accept="application/fhir+json", **headers)
        assert answer.json["entry"][1]["resource"] == bridge.to_cda(KNEE).outcome(language)


def test_an_order_that_breaks_a_rule_is_refused_with_every_finding(server):
    answer = server.convert(REFUSED)
    with pytest.raises(bridge.BridgeError) as expected:
        documented(REFUSED)
    assert answer.status == 422
    assert answer.headers["imgda-retryable"] == "false"
    assert answer.headers["content-type"] == "application/fhir+json"
    assert answer.json["issue"] == expected.value.outcome("fr")["issue"]
    assert answer.json["id"] == answer.headers["x-request-id"]


def test_problem_details_are_there_for_who_wants_them(server):
    answer = server.convert(REFUSED, Accept="application/problem+json, application/xml")
    assert answer.status == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json
    assert problem["status"] == 422
    assert problem["type"] == f"/issues/{problem['issues'][0]['code']}"
    assert server.request("GET", problem["type"]).status == 200


def test_the_site_settings_of_a_call_can_be_lenient(server):
    data = bundle()
    request = next(e["resource"] for e in data["entry"] if e["resource"]["resourceType"] == "ServiceRequest")
    request.pop("reasonCode", None)
    source = json.dumps(data).encode()
    assert server.convert(source).status == 422
    assert server.convert(source, "/convert?lenient=true").status == 200


@pytest.mark.parametrize(
    ("body", "path", "headers", "status", "code"),
    [
        (b"", "/convert", {}, 400, "IMGDA-0111"),
        (b"{", "/convert", {}, 400, "IMGDA-0101"),
        (b"\xff\xfe", "/convert", {}, 400, "IMGDA-0102"),
        (b'{"a":1,"a":2}', "/convert", {}, 400, "IMGDA-0103"),
        (b"<!DOCTYPE x><x/>", "/convert", {"Content_Type": "text/xml"}, 400, "IMGDA-0107"),
        (b'{"resourceType":"Patient"}', "/convert", {}, 422, "IMGDA-0201"),
        (b'{"resourceType":"Bundle","type":"nix"}', "/convert", {}, 422, "IMGDA-0127"),
        (KNEE, "/convert?model=1999.01", {}, 404, "IMGDA-1001"),
        (KNEE, "/convert?modell=2024.01", {}, 400, "IMGDA-1811"),
        (KNEE, "/convert?single=maybe", {}, 400, "IMGDA-1812"),
        (KNEE, "/convert?fhir=R3", {}, 400, "IMGDA-1812"),
        (KNEE, "/convert?lang=de", {}, 400, "IMGDA-1812"),
        (KNEE, "/convert?lang=fr&lang=en", {}, 400, "IMGDA-1811"),
        (KNEE, "/convert?requisition=other", {}, 422, "IMGDA-0214"),
        (KNEE, "/convert", {"Accept": "image/png"}, 406, "IMGDA-1802"),
        (KNEE, "/convert?_format=pdf", {}, 406, "IMGDA-1802"),
        (KNEE, "/convert", {"Content_Type": "text/plain"}, 415, "IMGDA-1801"),
        (KNEE, "/convert", {"Content_Type": "application/json; charset=latin-1"}, 415, "IMGDA-1801"),
        (KNEE, "/convert", {"Content_Encoding": "gzip"}, 415, "IMGDA-1801"),
        (KNEE, "/nowhere", {}, 404, "IMGDA-1803"),
        (KNEE, "/models", {}, 405, "IMGDA-1804"),
        (b'{"resourceType":"Parameters"}', "/$imgda-convert", {}, 400, "IMGDA-1814"),
        (parameters(inputs={}), "/$imgda-convert", {}, 400, "IMGDA-1813"),
        (parameters(input=("Base64Binary", "*")), "/$imgda-convert", {}, 400, "IMGDA-1813"),
        (parameters(input={}, model=("Boolean", True)), "/$imgda-convert", {}, 400, "IMGDA-1813"),
        (b'{"resourceType":"Bundle","total":NaN}', "/convert", {}, 400, "IMGDA-0106"),
        (with_parameter({"name": "model", "valueCode": "2024.01", "valueString": "2022.01"}), OPERATION, {}, 400, "IMGDA-1813"),
        (with_parameter({"name": "model", "valueCode": "2024.01", "_valueCode": {}}), OPERATION, {}, 400, "IMGDA-1813"),
        (with_parameter({"name": "model", "valueCode": "2024.01", "other": 1}), OPERATION, {}, 400, "IMGDA-1813"),
        (with_parameter({"name": "model", "part": []}), OPERATION, {}, 400, "IMGDA-1813"),
        (with_parameter({"valueCode": "2024.01"}), OPERATION, {}, 400, "IMGDA-1813"),
        (with_parameter("model"), OPERATION, {}, 400, "IMGDA-1813"),
        (with_parameter(valueString="x"), OPERATION, {}, 400, "IMGDA-1813"),
        (with_parameter(unknown=1), OPERATION, {}, 400, "IMGDA-1813"),
        (with_parameter(implicitRules="urn:rules"), OPERATION, {}, 400, "IMGDA-1813"),
        (with_parameter({"name": "draft", "valueBoolean": True, "modifierExtension": [{}]}), OPERATION, {}, 400, "IMGDA-1813"),
        (KNEE, "/convert", {"Content_Encoding": "identity, gzip"}, 415, "IMGDA-1801"),
        (b'{"resourceType":"Parameters","parameter":{"name":"input"}}', OPERATION, {}, 400, "IMGDA-1813"),
        (parameters(input=json.loads(KNEE), model=("Code", "2022.01")), f"{OPERATION}?model=2024.01", {}, 400, "IMGDA-1703"),
        (parameters(input=json.loads(KNEE), lenient=("Boolean", True)), f"{OPERATION}?lenient=false", {}, 400, "IMGDA-1703"),
    ],
)  # fmt: skip
def test_each_fault_of_the_caller_has_its_status_and_its_code(server, body, path, headers, status, code):
    answer = server.convert(body, path, **headers)
    assert (answer.status, answer.code) == (status, code)
    assert answer.headers["imgda-retryable"] == "false"
    assert structure.check(answer.json, "R4") == []


# --- $imgda-convert --------------------------------------------------------------------------------------------------


def told(answer: dict) -> dict[str, dict]:
    return {item["name"]: item for item in answer["parameter"]}


def test_the_operation_takes_parameters_and_answers_with_parameters(server):
    answer = server.convert(parameters(input=json.loads(KNEE), model=("Code", "2024.01")), "/$imgda-convert")
    assert answer.status == 200
    assert structure.check(answer.json, "R4") == []
    found = told(answer.json)
    assert base64.b64decode(found["result"]["resource"]["data"]) == documented(KNEE)
    assert found["outcome"]["resource"] == bridge.to_cda(KNEE).outcome("fr")
    assert found["model"]["valueString"] == "2024.01"


@pytest.mark.parametrize(
    ("body", "kind", "source"),
    [
        (KNEE, "application/fhir+json", KNEE),
        (HOME_XML, "application/fhir+xml", HOME_XML),
        (HOME_XML, "application/xml", HOME_XML),
        (parameters(input=("Base64Binary", base64.b64encode(HOME_XML).decode())), "application/fhir+json", HOME_XML),
        (parameters(input=("String", KNEE.decode())), "application/fhir+json", KNEE),
    ],
    ids=["json", "xml", "plain-xml", "base64", "string"],
)
def test_the_operation_takes_a_bare_input_and_an_encoded_one(server, body, kind, source):
    answer = server.convert(body, "/$imgda-convert", Content_Type=kind)
    assert base64.b64decode(told(answer.json)["result"]["resource"]["data"]) == documented(source)


def test_an_option_that_is_given_twice_alike_is_no_contradiction(server):
    answer = server.convert(parameters(input=json.loads(KNEE), model=("Code", "2024.01")), f"{OPERATION}?model=2024.01")
    assert answer.status == 200


def test_the_paths_of_findings_are_those_of_the_input_itself(server):
    answer = server.convert(parameters(input=json.loads(REFUSED)), "/$imgda-convert")
    assert answer.status == 422
    assert answer.json["issue"] == server.convert(REFUSED).json["issue"]


# --- the way back, and the explanation ---------------------------------------------------------------------------------


def bundle_of(document: bytes, **options: str) -> dict:
    return json.loads(json.dumps(bridge.to_fhir(document, **options).bundle))


@pytest.mark.parametrize("kind", ["application/xml", "text/xml; charset=utf-8", "application/cda+xml"])
def test_a_document_becomes_the_bundle_that_the_library_writes(server, kind):
    answer = server.convert(documented(KNEE), "/to-fhir", Content_Type=kind)
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/fhir+json"
    assert answer.json == bundle_of(documented(KNEE))


def test_the_document_can_travel_with_the_bundle(server):
    answer = server.convert(documented(KNEE), "/to-fhir?with-document=true", Content_Type="application/xml")
    assert "Binary" in [entry["resource"]["resourceType"] for entry in answer.json["entry"]]
    assert server.convert(documented(KNEE), "/to-fhir?with-document=oui", Content_Type="application/xml").code == "IMGDA-1812"


def test_the_shape_of_the_bundle_can_be_chosen(server):
    answer = server.convert(documented(KNEE), "/to-fhir?shape=order", Content_Type="application/xml")
    assert answer.json == bundle_of(documented(KNEE), shape="order")
    assert server.convert(documented(KNEE), "/to-fhir?shape=round", Content_Type="application/xml").code == "IMGDA-1812"


@pytest.mark.parametrize(
    ("body", "statuses"), [(b"<a", {400}), (b"<a/>", {400, 422}), (b"<!DOCTYPE a><a/>", {400}), (b"{}", {400})]
)
def test_what_is_no_document_is_refused(server, body, statuses):
    answer = server.convert(body, "/to-fhir", Content_Type="application/xml")
    assert answer.status in statuses, answer.body


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (documented(KNEE), "application/cda+xml"),
        (parameters(document=("Base64Binary", base64.b64encode(documented(KNEE)).decode())), "application/fhir+json"),
    ],
    ids=["bare", "base64"],
)
def test_the_operation_turns_a_document_into_fhir(server, body, kind):
    answer = server.convert(body, "/$imgda-convert", Content_Type=kind)
    assert answer.status == 200
    assert told(answer.json)["result"]["resource"] == bundle_of(documented(KNEE))


def test_an_option_of_the_other_direction_is_refused(server):
    answer = server.convert(documented(KNEE), "/$imgda-convert?single=true", Content_Type="application/cda+xml")
    assert (answer.status, answer.code) == (400, "IMGDA-1811")


def test_the_explanation_says_where_each_value_went(server):
    rows = server.convert(KNEE, "/explain").json
    assert rows == [row.to_dict() for row in bridge.to_cda(KNEE).trace.rows]
    shown = server.convert(KNEE, "/explain?values=true").body
    assert b"ESSAI" not in json.dumps(rows).encode()
    assert len(shown) > len(json.dumps(rows))


@pytest.mark.parametrize("accept", ["text/plain", "text/plain, application/json;q=0.9"])
def test_the_explanation_can_be_a_text(server, accept):
    answer = server.convert(KNEE, "/explain?lang=en", Accept=accept)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.body.decode() == as_text(bridge.to_cda(KNEE).trace, "en")
    assert answer.body != server.convert(KNEE, "/explain?lang=en&values=true", Accept=accept).body


@pytest.mark.parametrize(("path", "accept"), [("/explain", "text/html,*/*;q=0.8"), ("/explain?_format=html", "*/*")])
def test_the_explanation_can_be_a_page_that_a_browser_may_run_but_that_reaches_for_nothing(server, path, accept):
    answer = server.convert(KNEE, path, Accept=accept)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.body.decode() == as_html(bridge.to_cda(KNEE), "fr")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'")


@pytest.mark.parametrize("form", ["json", "text", "html"])
def test_the_forms_of_the_explanation_have_short_names(server, form):
    assert form in server.convert(KNEE, f"/explain?_format={form}").headers["content-type"].replace("plain", "text")


# --- the check -------------------------------------------------------------------------------------------------------


def test_the_findings_of_a_document_are_an_outcome(server):
    broken = documented(KNEE).replace(b"MED-1126", b"MED-0000")
    for document in (documented(KNEE), broken):
        answer = server.convert(document, "/check?lang=en", Content_Type="application/xml")
        report = bridge.check(document)
        assert answer.status == 200
        assert answer.json == report.outcome("en")
        assert answer.headers["imgda-errors"] == str(report.counts["error"])
    assert not report.is_valid


def test_a_document_can_be_checked_before_it_is_given(server):
    assert server.convert(KNEE, "/convert?check=true").body == documented(KNEE)
