"""A service under random calls: faults, sizes and the order of calls as hypothesis chooses them, and every answer as told.

``IMGDA_THOROUGH=1`` makes many more.
"""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from bundles import bundle
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from waiting import wait

import bridge
from bridge.findings.issues import catalogue

THOROUGH = "IMGDA_THOROUGH" in os.environ
ROOT = Path(__file__).resolve().parents[2]
KNEE = (ROOT / "fixtures" / "knee-radiograph" / "document.xml").read_bytes()
ORDERS = [json.dumps(bundle()).encode(), (ROOT / "fixtures" / "lymphoma-pet" / "bundle.json").read_bytes()]
DOCUMENTS = [bridge.to_cda(source).document for source in ORDERS]
HEAD = b"POST /convert HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
SOURCES = st.sampled_from(["127.0.0.1", "127.0.0.2", "127.0.0.3"])


class Calls(RuleBasedStateMachine):
    """What may be done to a service; it lives from one example to the next."""

    server: Any
    config: Path

    def __init__(self) -> None:
        super().__init__()
        self.open: list[socket.socket] = []

    def teardown(self) -> None:
        for client in self.open:
            client.close()

    @rule(which=st.integers(0, 1), source=SOURCES)
    def a_right_order_becomes_its_document(self, which: int, source: str) -> None:
        assert self.server.convert(ORDERS[which], source=source).body == DOCUMENTS[which]

    @rule()
    def a_document_becomes_a_bundle(self) -> None:
        answer = self.server.convert(KNEE, "/to-fhir", Content_Type="application/xml")
        assert answer.json["resourceType"] == "Bundle"

    @rule(place=st.floats(0, 0.99), cut=st.booleans(), noise=st.binary(min_size=1, max_size=8))
    def a_damaged_order_is_refused_or_converted(self, place: float, cut: bool, noise: bytes) -> None:
        at = int(place * len(ORDERS[0]))
        body = ORDERS[0][:at] if cut else ORDERS[0][:at] + noise + ORDERS[0][at + len(noise) :]
        self.refused(self.server.convert(body), {200, 400, 413, 422})

    @rule(
        path=st.sampled_from(["/convert", "/check", "/explain", "/to-fhir", "/$imgda-convert", "/models", "/%00", "//"]),
        method=st.sampled_from(["GET", "POST", "PUT", "OPTIONS", "DELETE"]),
        query=st.sampled_from(["", "?model=1999.01", "?lenient=true", "?single=true&single=false", "?x", "?_format=text"]),
        kind=st.sampled_from(["application/json", "text/xml", "text/plain", "application/json; charset=utf-16"]),
        accept=st.sampled_from(["*/*", "application/problem+json", "image/png", ";;q=,", "*/*;q=nan"]),
        body=st.sampled_from([b"", b"{}", b"<a/>", b"[" * 500, ORDERS[0], KNEE]),
    )
    def any_call_has_an_answer(self, path: str, method: str, query: str, kind: str, accept: str, body: bytes) -> None:
        answer = self.server.request(method, path + query, body, Content_Type=kind, Accept=accept)
        assert answer.status in {200, 400, 404, 405, 406, 413, 415, 422}
        assert answer.headers["x-request-id"]

    @rule(kind=st.sampled_from(["RAISE", "EXIT", "SLOW"]), number=st.integers(0, 3), source=SOURCES)
    def a_worker_in_trouble_is_told(self, kind: str, number: int, source: str) -> None:
        body = ORDERS[0][:-1] + f',"language":"{kind}-TROUBLE-{number}"}}'.encode()
        expected = {"RAISE": {500}, "EXIT": {500, 503}, "SLOW": {200}}[kind]
        self.refused(self.server.convert(body, source=source), expected)

    @rule(mebibytes=st.integers(1, 3), source=SOURCES)
    def a_large_order_is_converted_up_to_the_limit(self, mebibytes: int, source: str) -> None:
        data = base64.b64encode(bytes(mebibytes * 700_000)).decode()
        attachment = {"content": [{"attachment": {"contentType": "application/pdf", "data": data}}]}
        reference = {"resourceType": "DocumentReference", "id": "info-doc", "status": "current", **attachment}
        body = json.dumps(bundle({**reference, "subject": {"reference": "Patient/p"}})).encode()
        answer = self.server.convert(body, source=source)
        assert answer.status == (413 if len(body) > 2 * 1024 * 1024 else 200)

    @rule(
        sent=st.sampled_from(
            [b"", HEAD[:30], HEAD, HEAD + b"Content-Length: 99\r\n\r\n{", b"\0" * 9, HEAD + b"X: " + b"y" * 40_000]
        )
    )
    def a_connection_may_stay_open(self, sent: bytes) -> None:
        client = socket.create_connection(("127.0.0.1", self.server.port), timeout=30)
        with suppress(OSError):
            client.sendall(sent)
        self.open.append(client)

    @rule(times=st.integers(1, 3))
    def requests_may_come_one_behind_the_other_on_half_a_connection(self, times: int) -> None:
        one = HEAD + b"Upgrade: h2c\r\nConnection: Upgrade\r\nContent-Length: %d\r\n\r\n%b" % (len(ORDERS[0]), ORDERS[0])
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=30) as client:
            client.sendall(one * times)
            client.shutdown(socket.SHUT_WR)
            found = b"".join(iter(lambda: client.recv(65536), b""))
        assert found.count(DOCUMENTS[0]) == times

    @rule(right=st.booleans())
    def the_settings_may_be_read_again(self, right: bool) -> None:
        self.config.write_text("[limits]\ninput_mib = 2\n" if right else "[limits]\nother = 2\n")
        told = len([line for line in self.server.log if '"settings' in line])
        self.server.process.send_signal(signal.SIGHUP)
        wait(lambda: len([line for line in self.server.log if '"event": "settings' in line]) > told)

    @invariant()
    def it_lives(self) -> None:
        assert self.server.request("GET", "/healthz").status == 200

    def refused(self, answer: Any, statuses: set[int]) -> None:
        assert answer.status in statuses, answer.body
        if answer.status != 200:
            assert answer.code in catalogue()
            assert answer.headers["imgda-retryable"] == str(answer.status in (408, 429, 503)).lower()
            assert b"Traceback" not in answer.body


@pytest.fixture(scope="module")
def service(make_server, trouble, tmp_path_factory):
    config = tmp_path_factory.mktemp("settings") / "imgda.toml"
    config.write_text("[limits]\ninput_mib = 2\n")
    Calls.config = config
    Calls.server = make_server("--workers", "1", "--config", str(config), "--connections", "40", env=trouble)
    return Calls.server


def test_no_order_of_calls_breaks_the_service(service):
    run_state_machine_as_test(
        Calls,
        settings=settings(
            max_examples=300 if THOROUGH else 12,
            stateful_step_count=25 if THOROUGH else 12,
            deadline=None,
            derandomize=not THOROUGH,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
    service.wait_ready()
    assert service.convert(ORDERS[0]).body == DOCUMENTS[0]
    assert "Traceback" not in "".join(service.log)
