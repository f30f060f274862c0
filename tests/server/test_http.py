"""HTTP itself: what a client may send beside an order, said with raw sockets; the table of docs/http.md tells the same."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from bundles import bundle
from waiting import wait

import bridge
from bridge.fhir.source import structure

ROOT = Path(__file__).resolve().parents[2]
ORDER = json.dumps(bundle()).encode()
DOCUMENT = bridge.to_cda(ORDER).document
POST = b"POST /convert HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
H2C = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"


class Said:
    """One answer, or none."""

    def __init__(self, raw: bytes) -> None:
        head, _, rest = raw.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        self.status = int(first.split()[1]) if first else 0
        self.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(self.headers.get("content-length", 0))
        self.body, self.rest = rest[:length], rest[length:]

    @property
    def code(self) -> str:
        return str(json.loads(self.body)["issue"][0]["details"]["coding"][0]["code"])


@contextmanager
def connected(server: Any, source: str = "127.0.0.1") -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", server.port), timeout=30, source_address=(source, 0)) as client:
        yield client


def everything(client: socket.socket) -> bytes:
    """All that the other side says until it closes."""
    found = b""
    with suppress(ConnectionResetError):
        while more := client.recv(65536):
            found += more
    return found


def ask(server: Any, *parts: bytes) -> Said:
    """Send some bytes, each part in a segment of its own, and read until the service closes."""
    with connected(server) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with suppress(BrokenPipeError, ConnectionResetError):
            for part in parts:
                client.sendall(part)
                time.sleep(0.1 * (len(parts) > 1))
        return Said(everything(client))


# --- upgrades ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("parted", [False, True], ids=["one-segment", "body-in-a-second-segment"])
@pytest.mark.parametrize(
    "proposal",
    [
        H2C,
        b"Upgrade: h2c\r\n",
        b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n",
        b"Connection: Upgrade\r\nUpgrade: TLS/1.2\r\n",
    ],
    ids=["h2c", "without-connection", "websocket", "tls"],
)
def test_an_order_that_proposes_an_upgrade_is_answered_as_if_it_did_not(server, proposal, parted):
    head = POST + proposal + b"Content-Length: %d\r\n\r\n" % len(ORDER)
    with connected(server) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for part in (head, ORDER) if parted else (head + ORDER,):
            client.sendall(part)
            time.sleep(0.1 * parted)
        client.shutdown(socket.SHUT_WR)
        said = Said(everything(client))
    assert (said.status, said.body, said.rest) == (200, DOCUMENT, b"")


def test_a_body_behind_an_upgrade_is_never_a_request(server):
    hidden = b"GET /models HTTP/1.1\r\nHost: x\r\n\r\n"
    said = ask(server, POST + H2C + b"Content-Length: %d\r\n\r\n" % len(hidden), hidden + b"GET /healthz HTTP/1.0\r\n\r\n")
    assert (said.status, said.code) == (400, "IMGDA-0101")
    second = Said(said.rest)
    assert (second.status, json.loads(second.body)) == (200, {"status": "alive"})
    assert second.rest == b""


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl")
def test_curl_may_ask_for_http_2(server, tmp_path):
    (tmp_path / "order.json").write_bytes(ORDER)
    command = ["curl", "--silent", "--http2", "--data-binary", f"@{tmp_path / 'order.json'}"]
    kind = ["-H", "Content-Type: application/json"]
    found = subprocess.run([*command, *kind, f"http://127.0.0.1:{server.port}/convert"], capture_output=True, timeout=30)
    assert found.stdout == DOCUMENT


# --- heads -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET /models HTTP/1.1\r\nHost: x\r\nAccept: " + b"a/b," * 20_000 + b"\r\n\r\n", 431),
        (b"GET /models HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 200 + b"\r\n", 431),
        (b"GET /models HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 40_000, 431),
        (b"GET /models HTTP/1.1\r\nHost: x\r\n" + b"X-Name: " + b"y" * 10_000_000 + b"\r\n\r\n", 431),
        (b"GET /models?" + b"x" * 9_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 431),
    ],
    ids=["accept", "many", "unended", "ten-megabytes", "query", "path"],
)
def test_a_head_beyond_its_bounds_is_refused_before_the_token(guarded, head, status):
    said = ask(guarded, head)
    assert (said.status, said.code) == (status, "IMGDA-1819")
    assert guarded.request("GET", "/healthz").status == 200


def test_headers_as_proxies_add_them_are_within_the_bounds(server):
    more = {f"X-Forwarded-{number}": "a" * 200 for number in range(60)}
    assert server.request("GET", "/models", Cookie="a" * 8_000, **more).status == 200


NO_HTTP = {
    "no-host": b"GET /models HTTP/1.1\r\n\r\n",
    "two-hosts": b"GET /models HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
    "two-hosts-in-1.0": b"GET /models HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n",
    "a-host-that-is-none": b"GET /metadata HTTP/1.1\r\nHost: x/y\r\n\r\n",
    "two-types-of-body": POST + b"Content-Type: application/xml\r\nContent-Length: 2\r\n\r\n{}",
    "two-tokens": b"GET /models HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n",
    "two-empty-lines-before": b"\r\n\r\nGET /models HTTP/1.1\r\nHost: x\r\n\r\n",
    "two-lengths": POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n{}   ",
    "length-and-chunked": POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked-in-1.0": b"POST /convert HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a-length-that-is-none": POST + b"Content-Length: +5\r\n\r\n{}   ",
    "a-negative-length": POST + b"Content-Length: -5\r\n\r\n",
    "a-blank-before-the-colon": b"GET /models HTTP/1.1\r\nHost : x\r\n\r\n",
    "a-bare-cr": b"GET /models HTTP/1.1\r\nHost: x\r\nX: a\rb\r\n\r\n",
    "a-nul": b"GET /models HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n",
    "no-version": b"GET /models\r\n\r\n",
    "http-2-preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "tls": bytes.fromhex("16030100c8010000c40303") + b"\0" * 60,
    "not-http": b"MSH|^~\\&|A|B\r\n\r\n",
    "a-bad-chunk": POST + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
    "a-chunk-with-a-wrong-end": POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}XX0\r\n\r\n",
    "crumbs": POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\n \r\n" * 20_000,
}


@pytest.mark.parametrize("sent", NO_HTTP.values(), ids=NO_HTTP)
def test_what_is_no_right_http_is_told_so_as_an_outcome(server, sent):
    said = ask(server, sent)
    assert (said.status, said.code) == (400, "IMGDA-1818")
    assert said.headers["content-type"] == "application/fhir+json"
    assert said.headers["connection"] == "close"
    assert said.headers["imgda-retryable"] == "false"
    assert structure.check(json.loads(said.body), "R4") == []
    assert said.headers["x-request-id"] == json.loads(said.body)["id"]
    assert server.wait_for(said.headers["x-request-id"])["status"] == 400


def test_a_transfer_coding_that_is_not_known_is_refused(server):
    assert ask(server, POST + b"Transfer-Encoding: gzip\r\n\r\n{}").status == 400


def test_a_whole_address_is_the_same_as_its_path(server):
    for target in (b"http://x/models", b"HTTP://x:1/models?", b"/models"):
        assert ask(server, b"GET " + target + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").status == 200


def test_an_accept_on_several_lines_is_one_list(server):
    head = POST + b"Connection: close\r\nAccept: text/html\r\nAccept: application/fhir+json\r\nContent-Length: %d\r\n\r\n"
    said = ask(server, head % len(ORDER) + ORDER)
    assert (said.status, said.headers["content-type"]) == (200, "application/fhir+json")


def test_one_empty_line_before_a_request_is_passed_over(server):
    one = POST + b"Content-Length: %d\r\n\r\n" % len(ORDER) + ORDER
    said = ask(server, b"\r\n" + one + b"\r\nGET /healthz HTTP/1.0\r\n\r\n")
    assert (said.body, json.loads(Said(said.rest).body)) == (DOCUMENT, {"status": "alive"})


def test_chunks_of_an_ordinary_size_are_read(server):
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (ORDER[i : i + 100] for i in range(0, len(ORDER), 100)))
    said = ask(server, POST + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n")
    assert (said.status, said.body) == (200, DOCUMENT)


def test_requests_one_behind_the_other_are_answered_in_order(server):
    one = POST + b"Content-Length: %d\r\n\r\n" % len(ORDER) + ORDER
    with connected(server) as client:
        client.sendall(one + b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" + one)
        client.shutdown(socket.SHUT_WR)
        first = Said(everything(client))
    second = Said(first.rest)
    third = Said(second.rest)
    assert [first.body, json.loads(second.body), third.body] == [DOCUMENT, {"status": "alive"}, DOCUMENT]


# --- half a connection -------------------------------------------------------------------------------------------------------


def test_a_client_that_has_closed_its_side_gets_its_answer(server):
    with connected(server) as client:
        client.sendall(POST + b"Content-Length: %d\r\n\r\n" % len(ORDER) + ORDER)
        client.shutdown(socket.SHUT_WR)
        said = Said(everything(client))
    assert (said.status, said.body) == (200, DOCUMENT)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (POST + b"Content-Length: 100\r\n\r\n{", "IMGDA-1820"),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{    \r\n", "IMGDA-1820"),
        (POST, "IMGDA-1818"),
    ],
    ids=["length", "chunked", "head"],
)
def test_a_request_that_breaks_off_is_told_so_and_never_converted(server, sent, code):
    with connected(server) as client:
        client.sendall(sent)
        client.shutdown(socket.SHUT_WR)
        said = Said(everything(client))
    assert (said.status, said.code) == (400, code)


@pytest.mark.parametrize(
    ("sent", "code"),
    [(POST + b"Content-Length: 100\r\n\r\n{", "IMGDA-1820"), (POST, "IMGDA-1818")],
    ids=["body", "head"],
)
def test_a_request_that_breaks_off_behind_a_whole_one_is_told_so_at_once(server, sent, code):
    began = time.monotonic()
    with connected(server) as client:
        client.sendall(POST + b"Content-Length: %d\r\n\r\n" % len(ORDER) + ORDER + sent)
        client.shutdown(socket.SHUT_WR)
        first = Said(everything(client))
    second = Said(first.rest)
    assert (first.status, first.body, second.status, second.code) == (200, DOCUMENT, 400, code)
    assert time.monotonic() - began < 25  # not only when the body was waited for in vain


# --- many connections ----------------------------------------------------------------------------------------------------------


def test_idle_connections_of_one_address_give_way_to_the_next(own_server):
    server = own_server("--workers", "1", "--connections", "20")
    with ExitStack() as clients:
        for number in range(100):
            client = clients.enter_context(connected(server))
            client.sendall(POST[: number % len(POST)])
        assert server.convert(ORDER).status == 200


def test_one_address_cannot_have_more_requests_under_way_than_its_connections(own_server):
    server = own_server("--workers", "1", "--connections", "20")
    with ExitStack() as clients:
        for _ in range(20):
            client = clients.enter_context(connected(server))
            client.sendall(POST + b"Expect: 100-continue\r\nContent-Length: 9\r\n\r\n")
            assert client.recv(100).startswith(b"HTTP/1.1 100")
        said = ask(server)
        assert (said.status, said.code, said.headers["retry-after"]) == (429, "IMGDA-1817", "1")
        with connected(server, "127.0.0.2") as other:
            other.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert Said(everything(other)).status == 200
    wait(lambda: server.convert(ORDER).status == 200)


def deaf(server: Any, source: str) -> socket.socket:
    """A client that asks for much, one request behind the other, and reads nothing of it."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.bind((source, 0))
    client.connect(("127.0.0.1", server.port))
    client.sendall(b"GET /issues HTTP/1.1\r\nHost: x\r\n\r\n" * 60)
    return client


def test_clients_that_read_nothing_keep_nobody_out_and_are_disconnected(own_server):
    server = own_server("--workers", "1", "--connections", "20", "--body-timeout", "2")
    with ExitStack() as clients:
        for source in ("127.0.0.2", "127.0.0.3"):
            for _ in range(30):
                clients.enter_context(deaf(server, source))
        for source in ("127.0.0.1", "127.0.0.2"):
            wait(lambda s=source: server.convert(ORDER, source=s).body == DOCUMENT)
        files = Path(f"/proc/{server.process.pid}/fd")
        if files.is_dir():
            wait(lambda: sum(1 for _ in files.iterdir()) < 35)
