"""What happens when something goes wrong: each outcome is as docs/http.md says, and nothing is answered wrongly."""

from __future__ import annotations

import base64
import itertools
import json
import os
import random
import signal
import socket
import sys
import threading
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from bundles import bundle
from waiting import wait

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
    """Clients that send distinct orders, each on its connection, and compare every document with the right one.

    No two bodies are the same, for one that costs two workers is refused: a number of spaces ends each.
    """

    def __init__(self, server: Any, clients: int = 4, distinct: int = 8) -> None:
        self.server = server
        self.inputs = [order(number) for number in range(distinct)]
        self.expected = [bridge.to_cda(source).document for source in self.inputs]
        self.statuses: list[int] = []
        self.wrong = 0
        self.broken = 0
        self._bodies = itertools.count(1)
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

    def wait_for_more(self, count: int) -> None:
        """Wait until so many more were answered."""
        wanted = len(self.statuses) + count
        wait(lambda: len(self.statuses) >= wanted)

    def _run(self, number: int) -> None:
        turn = number
        connection = self.server.connect()
        while not self._stop.is_set():
            turn = (turn + 1) % len(self.inputs)
            body = self.inputs[turn] + b" " * next(self._bodies)
            try:
                connection.request("POST", "/convert", body, {"Content-Type": "application/fhir+json"})
                response = connection.getresponse()
                document = response.read()
            except OSError:  # the connection was closed between two requests
                self.broken += 1
                return
            self.statuses.append(response.status)
            self.wrong += response.status == 200 and document != self.expected[turn]


def test_a_worker_that_is_killed_costs_at_most_its_own_request(own_server):
    server = own_server("--workers", "2")
    with Load(server) as load:
        for kills in range(1, 4):
            load.wait_for_more(15)
            os.kill(random.choice(server.workers()), signal.SIGKILL)
            wait(lambda kills=kills: server.metric("imgda_workers_replaced_total", reason="died") == kills)
        load.wait_for_more(15)
    assert load.wrong == load.broken == 0
    assert set(load.statuses) <= {200, 503}, [line for line in server.log if '"status": 200' not in line]
    assert load.statuses.count(503) <= 3
    server.wait_ready()


def test_a_service_told_to_stop_finishes_what_it_took(own_server):
    server = own_server("--workers", "2")
    with Load(server) as load:
        load.wait_for_more(30)
        assert server.stop() == 0
    assert load.wrong == 0
    assert set(load.statuses) == {200}
    assert "stopped" in server.log[-1]


def test_a_request_is_finished_while_the_service_stops(own_server):
    server = own_server("--workers", "1")
    body = order(1)
    head = f"POST /convert HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as client:
        client.sendall(head.encode() + b"Expect: 100-continue\r\n\r\n")
        assert client.recv(4096).startswith(b"HTTP/1.1 100")
        client.sendall(body[:100])
        server.process.terminate()
        server.wait_for('"stopping"')
        client.sendall(body[100:])
        assert client.recv(4096).startswith(b"HTTP/1.1 200")
    assert server.stop() == 0


class Stopped:
    """Workers that hang, until the end of the block."""

    def __init__(self, pids: list[int]) -> None:
        self.pids = pids

    def __enter__(self) -> None:
        self._send(signal.SIGSTOP)

    def __exit__(self, *_: object) -> None:
        self._send(signal.SIGCONT)

    def _send(self, number: int) -> None:
        for pid in self.pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)


def sender(server: Any, body: bytes, answers: list[Any]) -> threading.Thread:
    """A client that waits for its answer."""
    thread = threading.Thread(target=lambda: answers.append(server.convert(body)))
    thread.start()
    return thread


def test_an_input_that_ends_workers_is_not_tried_for_ever(own_server):
    server = own_server("--workers", "1", "--timeout", "3")
    answers = []
    for _ in range(2):
        wait(lambda: server.metric("imgda_workers_ready") == 3)
        with Stopped(server.workers()):
            answers.append(server.convert(order(7)))
    answers.append(server.convert(order(7)))
    assert [(answer.status, answer.code) for answer in answers] == [
        (503, "IMGDA-1809"),
        (503, "IMGDA-1809"),
        (500, "IMGDA-1810"),
    ]
    assert [answer.headers["imgda-retryable"] for answer in answers] == ["true", "true", "false"]
    assert answers[0].headers["retry-after"] == "1"
    server.wait_ready()
    assert server.convert(order(1)).status == 200


def test_an_ordinary_order_does_not_wait_behind_a_large_one(own_server):
    server = own_server("--workers", "1", "--timeout", "120")
    answers: list[Any] = []
    with Stopped([large_worker(server)]):
        waiting = sender(server, large(2), answers)
        assert [server.convert(order(number)).status for number in range(5)] == [200] * 5
        assert answers == []
    waiting.join()
    assert answers[0].status == 200


def large_worker(server: Any) -> int:
    """The process id of the worker for large inputs: the one that a large order cannot do without."""
    for pid in server.workers():
        answers: list[Any] = []
        with Stopped([pid]):
            asked = sender(server, large(2), answers)
            asked.join(timeout=5)
            found = not answers
        asked.join()
        if found:
            return int(pid)
    raise AssertionError("a large order needs no worker")


def test_a_service_whose_workers_hang_is_not_ready(own_server):
    server = own_server("--workers", "1")
    with Stopped(server.workers()):
        wait(lambda: server.request("GET", "/readyz").status == 503)
        answer = server.request("GET", "/readyz")
        assert (answer.code, answer.headers["retry-after"]) == ("IMGDA-1807", "1")
        assert server.request("GET", "/healthz").status == 200
    server.wait_ready()


def test_more_requests_than_the_service_takes_on_are_told_to_come_back(own_server):
    server = own_server("--workers", "1")
    head = b"POST /convert HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n"
    with ExitStack() as clients:
        for number in range(512):
            source = (f"127.0.0.{2 + number // 256}", 0)
            client = clients.enter_context(socket.create_connection(("127.0.0.1", server.port), 60, source))
            client.sendall(head + b"Expect: 100-continue\r\n\r\n")
            assert client.recv(100).startswith(b"HTTP/1.1 100")
        answer = server.convert(order(1))
        assert (answer.status, answer.code, answer.headers["retry-after"]) == (503, "IMGDA-1807", "1")
        assert server.request("GET", "/healthz").status == 200
    wait(lambda: server.convert(order(1)).status == 200)


def test_more_than_can_wait_is_told_to_come_back(own_server):
    server = own_server("--workers", "1", "--waiting", "1", "--timeout", "120")
    answers: list[Any] = []
    with Stopped(server.workers()):
        first = sender(server, order(1), answers)
        wait(lambda: server.metric("imgda_workers_busy", lane="ordinary") == 1)
        second = sender(server, order(2), answers)
        wait(lambda: server.metric("imgda_waiting", lane="ordinary") == 1)
        busy = server.convert(order(3))
    first.join()
    second.join()
    assert [answer.status for answer in answers] == [200, 200]
    assert (busy.status, busy.code, busy.headers["retry-after"], busy.headers["imgda-retryable"]) == (
        429, "IMGDA-1806", "1", "true",
    )  # fmt: skip


def test_a_body_beyond_the_limit_is_refused_before_it_is_sent(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as client:
        head = "POST /convert HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 104857600\r\n\r\n"
        client.sendall(head.encode() + b"{")
        assert client.recv(4096).startswith(b"HTTP/1.1 413")


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("declared", [True, False], ids=["declared", "chunked"])
def test_a_body_of_a_hundred_mebibytes_is_refused_in_flat_memory(own_server, tmp_path, declared):
    (tmp_path / "imgda.toml").write_text("[limits]\ninput_mib = 2\n")
    server = own_server("--workers", "1", "--config", str(tmp_path / "imgda.toml"))
    server.convert(order(1))
    before = peak(server.process.pid)
    for _ in range(3):
        pieces = (b" " * 1024 * 1024 for _ in range(100))
        size = {"Content_Length": str(100 * 1024 * 1024)} if declared else {}
        answer = server.request("POST", "/convert", pieces, Content_Type="application/json", **size)
        assert (answer.status, answer.code) == (413, "IMGDA-0105")
        assert server.convert(order(1)).status == 200
    assert peak(server.process.pid) - before < 12


def peak(pid: int) -> int:
    """The most memory that a process had, MiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM"))


def test_a_client_that_sends_a_byte_a_second_is_let_go_and_hinders_nobody(own_server):
    server = own_server("--workers", "1", "--body-timeout", "2.5")
    head = b"POST /convert HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as client:
        client.sendall(head)
        assert server.convert(order(1)).status == 200
        answer = drip(client, b"{" * 100)
        assert answer.startswith(b"HTTP/1.1 408")
        assert b"IMGDA-1805" in answer
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as client:
        assert drip(client, head) == b""


def drip(client: socket.socket, data: bytes) -> bytes:
    """Send a byte a second until the other side answers or closes; all that it answers."""
    client.settimeout(1)
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
    client.settimeout(30)
    with suppress(ConnectionResetError):
        while more := client.recv(65536):
            answer += more
    return answer


@pytest.mark.parametrize("options", [["--tls-cert"], ["--token-file"]])
def test_a_guard_that_cannot_be_read_stops_the_service_before_it_starts(options, tmp_path):
    import subprocess
    import sys

    command = [sys.executable, "-m", "bridge", "serve", *options, str(tmp_path / "none")]
    assert subprocess.run(command, capture_output=True, timeout=30).returncode == 2
