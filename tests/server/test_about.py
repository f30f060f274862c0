"""What the service tells of itself."""

from __future__ import annotations

import pytest
from certificates import certificate
from fhir.resources.R4B.capabilitystatement import CapabilityStatement
from fhir.resources.R4B.operationdefinition import OperationDefinition
from waiting import wait

import bridge
from bridge.findings.issues import catalogue


def test_the_capability_statement_names_the_operation_and_its_definition(server):
    statement = server.request("GET", "/metadata").json
    CapabilityStatement.model_validate(statement)
    address = statement["rest"][0]["operation"][0]["definition"]
    definition = server.request("GET", address.removeprefix(f"http://127.0.0.1:{server.port}")).json
    OperationDefinition.model_validate(definition)
    assert definition["code"] == "imgda-convert"


def test_the_service_listens_on_loopback_alone(server):
    assert server.wait_for('"listening"')["host"] == "127.0.0.1"


def test_tls_is_spoken_where_there_is_a_certificate(make_server, tmp_path):
    found, key = certificate(tmp_path, "localhost")
    server = make_server("--workers", "1", "--tls-cert", str(found), "--tls-key", str(key), certificate=found)
    answer = server.request("GET", "/models")
    assert answer.status == 200
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


def test_the_models_are_those_of_the_library(server):
    found = server.request("GET", "/models").json
    assert [item["model"] for item in found["models"]] == list(bridge.models())


def test_every_finding_has_a_page(server):
    assert [item["code"] for item in server.request("GET", "/issues").json["issues"]] == list(catalogue())
    page = server.request("GET", "/issues/IMGDA-0101").json
    assert page["text"]["fr"] == catalogue()["IMGDA-0101"].fr
    assert server.request("GET", "/issues/IMGDA-9999").status == 404


def test_the_description_has_every_address_and_no_other(server):
    paths = server.request("GET", "/openapi.json").json["paths"]
    for path, methods in paths.items():
        for method in methods:
            assert server.request(method.upper(), path.replace("{code}", "IMGDA-0101")).status in (200, 415), path


def test_the_service_is_ready_and_alive(server):
    assert server.request("GET", "/healthz").json == {"status": "alive"}
    assert server.request("GET", "/readyz").json == {"status": "ready"}
    assert server.request("HEAD", "/readyz").status == 200


def test_metrics_can_be_read_and_count(server):
    before = server.metric("imgda_conversions_total", operation="to-cda")
    server.convert(b"{}")
    assert server.metric("imgda_conversions_total", operation="to-cda") == before + 1
    wait(lambda: server.metric("imgda_workers_ready") == 4)


def test_a_request_keeps_its_identity(server):
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    answer = server.request("GET", "/models", X_Request_Id="engine-1.42", traceparent=trace)
    assert answer.headers["x-request-id"] == "engine-1.42"
    assert answer.headers["traceparent"] == trace
    assert server.wait_for("engine-1.42")["trace"] == "0af7651916cd43dd8448eb211c80319c"


def test_an_identity_that_could_do_harm_is_replaced(server):
    answer = server.request("GET", "/models", X_Request_Id="a b<script>", traceparent="nonsense")
    assert answer.headers["x-request-id"].isalnum()
    assert answer.headers["traceparent"] is None


def test_every_answer_is_safe_to_show(server):
    for path in ("/models", "/nowhere"):
        headers = server.request("GET", path, Origin="https://example.org").headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["access-control-allow-origin"] is None
        assert headers["server"] is None


@pytest.mark.parametrize(
    ("given", "status"),
    [(None, 401), ("Basic xyz", 401), ("Bearer wrong", 401), ("Bearer s3cret-é", 200), ("bearer  s3cret-é", 200)],
)
def test_a_token_is_asked_for_where_there_is_one(guarded, given, status):
    headers = {} if given is None else {"Authorization": given.encode().decode("latin-1")}
    answer = guarded.request("GET", "/models", **headers)
    assert answer.status == status
    assert status == 200 or (answer.code, answer.headers["www-authenticate"]) == ("IMGDA-1815", "Bearer")


def test_probes_need_no_token(guarded):
    assert guarded.request("GET", "/healthz").status == 200
    assert guarded.request("GET", "/readyz").status == 200
    assert guarded.request("GET", "/metrics").status == 401
