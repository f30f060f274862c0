"""What happens when something goes wrong: each outcome is as docs/http.md says, and nothing is answered wrongly."""

from __future__ import annotations

import base64
import json
import os
import random
import signal
import socket
import threading
import time
from typing import Any

import pytest
from bundles import bundle

import bridge


def order(number: int, **more: Any) -> bytes:
    """An order that tells its number."""
    data = bundle(**more)
    for entry in data["entry"]:
        if entry["resource"]["resourceType"] == "ServiceRequest":
            entry["resource"]["requisition"]["value"] = f"DA-{number}"
    return json.dumps(data).encode()


def large(mebibytes: int) -> bytes:
    """An order with an attachment."""
    data = base64.b64encode(os.urandom(1024) * (1024 * mebibytes)).decode()
    document = {
        "resourceType": "DocumentReference",
        "id": "info-doc",
        "status": "current",
        "subject": {"reference": "Patient/p"},
        "content": [{"attachment": {"contentType": "application/pdf", "data": data}}],
    }
    return json.dumps(bundle(document)).encode()


class Load:
    """Clients that send distinct orders, each on its connection, and compare every document with the right one."""

    def __init__(self, server: Any, clients: int = 4, distinct: int = 8) -> None:
        self.server = server
        self.inputs = [order(number) for number in range(distinct)]
        self.expected = [bridge.to_cda(source).document for source in self.inputs]
        self.statuses: list[int] = []
        self.wrong = 0
        self.broken = 0
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(number,)) for number in range(clients)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self, number: int) -> None:
        turn = number
        connection = self.server.connect()
        while not self._stop.is_set():
            turn = (turn + 1) % len(self.inputs)
            try:
                connection.request("POST", "/convert", self.inputs[turn], {"Content-Type": "application/fhir+json"})
                response = connection.getresponse()
                body = response.read()
            except OSError:  # the connection was closed between two requests
                self.broken += 1
                return
            self.statuses.append(response.status)
            self.wrong += response.status == 200 and body != self.expected[turn]


def test_a_worker_that_is_killed_costs_at_most_its_own_request(own_server):
    server = own_server("--workers", "2")
    with Load(server) as load:
        for _ in range(3):
            time.sleep(0.7)
            os.kill(random.choice(server.workers()), signal.SIGKILL)
        time.sleep(0.7)
    assert load.wrong == load.broken == 0
    assert set(load.statuses) <= {200, 503}
    assert load.statuses.count(503) <= 3
    assert load.statuses.count(200) > 50
    server.wait_ready()


def test_a_service_told_to_stop_finishes_what_it_took(own_server):
    server = own_server("--workers", "2")
    with Load(server) as load:
        time.sleep(1)
        assert server.stop() == 0
    assert load.wrong == 0
    assert set(load.statuses) == {200}
    assert "stopped" in server.log[-1]


def test_a_request_is_finished_while_the_service_stops(own_server):
    server = own_server("--workers", "1")
    answers: list[Any] = []
    sender = threading.Thread(target=lambda: answers.append(server.convert(large(12))))
    sender.start()
    time.sleep(0.3)
    assert server.stop() == 0
    sender.join()
    assert answers[0].status == 200


def test_an_input_that_ends_workers_is_not_tried_for_ever(own_server):
    server = own_server("--workers", "1", "--timeout", "0.15")
    source = large(15)
    answers = [server.convert(source) for _ in range(3)]
    assert [(answer.status, answer.code) for answer in answers] == [
        (503, "IMGDA-1809"),
        (503, "IMGDA-1809"),
        (500, "IMGDA-1810"),
    ]
    assert [answer.headers["imgda-retryable"] for answer in answers] == ["true", "true", "false"]
    assert answers[0].headers["retry-after"] == "1"
    assert server.convert(order(1)).status == 200


def test_an_ordinary_order_does_not_wait_behind_large_ones(server):
    senders = [threading.Thread(target=server.convert, args=(large(15),)) for _ in range(3)]
    for sender in senders:
        sender.start()
    time.sleep(0.3)
    times = []
    while any(sender.is_alive() for sender in senders):
        began = time.monotonic()
        assert server.convert(order(1)).status == 200
        times.append(time.monotonic() - began)
    assert sorted(times)[len(times) // 2] < 0.5


def test_more_than_can_wait_is_told_to_come_back(own_server):
    server = own_server("--workers", "1", "--waiting", "1")
    answers: list[Any] = []
    senders = [threading.Thread(target=lambda: answers.append(server.convert(order(1)))) for _ in range(24)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    busy = [answer for answer in answers if answer.status == 429]
    assert {answer.status for answer in answers} == {200, 429}
    assert {(answer.code, answer.headers["retry-after"], answer.headers["imgda-retryable"]) for answer in busy} == {
        ("IMGDA-1806", "1", "true")
    }


def test_a_body_beyond_the_limit_is_refused_before_it_is_sent(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        head = "POST /convert HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 104857600\r\n\r\n"
        client.sendall(head.encode() + b"{")
        assert client.recv(4096).startswith(b"HTTP/1.1 413")


def test_a_body_beyond_the_limit_is_refused_when_its_size_is_not_declared(own_server, tmp_path):
    (tmp_path / "imgda.toml").write_text("[limits]\ninput_mib = 1\n")
    server = own_server("--workers", "1", "--config", str(tmp_path / "imgda.toml"))
    answer = server.request("POST", "/convert", iter([b"x" * 500_000] * 5), Content_Type="application/json")
    assert (answer.status, answer.code) == (413, "IMGDA-0105")


def test_a_client_that_sends_a_byte_now_and_then_is_let_go(own_server):
    server = own_server("--workers", "1", "--body-timeout", "1")
    head = b"POST /convert HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as client:
        client.sendall(head)
        answer = drip(client, b"{" * 10)
        assert answer.startswith(b"HTTP/1.1 408")
        assert b"IMGDA-1805" in answer
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as client:
        assert drip(client, head) == b""


def drip(client: socket.socket, data: bytes) -> bytes:
    """Send a byte every 0.3 s until the other side answers or closes; all that it answers."""
    client.settimeout(0.3)
    answer = b""
    for index in range(len(data)):
        try:
            client.sendall(data[index : index + 1])
            answer = client.recv(65536)
            break
        except TimeoutError:
            continue
        except OSError:
            return b""
    client.settimeout(10)
    while more := client.recv(65536):
        answer += more
    return answer


def test_malformed_bodies_are_the_fault_of_the_caller(server):
    chance = random.Random(1)
    whole = order(1)
    for _ in range(80):
        broken = bytearray(whole)
        for _ in range(chance.randint(1, 5)):
            start = chance.randrange(len(broken))
            broken[start : start + chance.randint(0, 40)] = chance.randbytes(chance.randint(0, 10))
        answer = server.convert(bytes(broken))
        assert answer.status in (200, 400, 422), answer.body
        assert answer.status == 200 or answer.json["resourceType"] == "OperationOutcome"
    assert server.convert(whole).status == 200


def test_no_value_of_an_order_is_in_a_log_a_metric_or_an_error(own_server):
    server = own_server("--workers", "1", "--log-level", "debug")
    seen = []
    for place in range(count_texts(bundle())):
        data = bundle()
        plant(data, place)
        seen.append(server.convert(json.dumps(data).encode(), "/convert?lang=en"))
    assert {answer.status for answer in seen} >= {200, 422}
    refused = b"".join(answer.body for answer in seen if answer.status != 200)
    assert b"IMGDA-" in refused
    assert b"CANARY" not in refused.upper()
    assert b"CANARY" not in server.request("GET", "/metrics").body.upper()
    server.stop()
    assert len(server.log) > len(seen)
    assert "CANARY" not in "".join(server.log).upper()


def texts(value: Any) -> Any:
    """Every place that holds a text, as the container and the key."""
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(item, (dict, list)):
            yield from texts(item)
        elif isinstance(item, str):
            yield value, key


def count_texts(data: Any) -> int:
    return sum(1 for _ in texts(data))


def plant(data: Any, place: int) -> None:
    """Put a mark into one text, of a form that most types accept."""
    container, key = list(texts(data))[place]
    container[key] = "CANARY-77"


@pytest.mark.parametrize("options", [["--tls-cert"], ["--token-file"]])
def test_a_guard_that_cannot_be_read_stops_the_service_before_it_starts(options, tmp_path):
    import subprocess
    import sys

    command = [sys.executable, "-m", "bridge", "serve", *options, str(tmp_path / "none")]
    assert subprocess.run(command, capture_output=True, timeout=30).returncode == 2
