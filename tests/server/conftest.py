"""A real service on loopback, in a process of its own."""

from __future__ import annotations

import http.client
import json
import os
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from waiting import wait

ROOT = Path(__file__).resolve().parents[2]
JSON = "application/fhir+json"


class Answer:
    """A response, read whole."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The code of the first finding."""
        return str(self.json["issue"][0]["details"]["coding"][0]["code"])


class Server:
    """One ``imgda serve``."""

    def __init__(self, *options: str, certificate: Path | None = None, env: dict[str, str] | None = None) -> None:
        self._tls = ssl.create_default_context(cafile=certificate) if certificate else None
        command = [sys.executable, "-m", "bridge", "serve", "--port", "0", *options]
        self.process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, env={**os.environ, **(env or {})})
        self.log: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.port = int(self.wait_for('"event": "listening"')["port"])

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.log.append(line.decode())

    def wait_for(self, text: str, seconds: float = 60) -> dict[str, Any]:
        """The first log line that holds a text; the log is written after the answer, and read by a thread of its own."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for line in list(self.log):
                if text in line:
                    return dict(json.loads(line))
            time.sleep(0.02)
        raise AssertionError(f"no {text} in {self.log}")

    def wait_ready(self, seconds: float = 60) -> None:
        wait(lambda: self.request("GET", "/readyz").status == 200, seconds)

    def connect(self, timeout: float = 60, source: str = "127.0.0.1") -> http.client.HTTPConnection:
        if self._tls:
            return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=timeout, context=self._tls)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout, (source, 0))

    def request(self, method: str, path: str, body: Any = None, *, source: str = "127.0.0.1", **headers: str) -> Answer:
        connection = self.connect(source=source)
        try:
            connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def convert(self, body: bytes, path: str = "/convert", *, source: str = "127.0.0.1", **headers: str) -> Answer:
        return self.request("POST", path, body, source=source, **{"Content_Type": JSON, **headers})

    def workers(self) -> list[int]:
        """Process ids of the workers that live."""
        command = ["ps", "-o", "pid=,stat=", "--ppid", str(self.process.pid)]
        found = [line.split() for line in subprocess.run(command, capture_output=True, text=True).stdout.splitlines()]
        return [int(pid) for pid, state in found if not state.startswith("Z")]

    def metric(self, name: str, **labels: str) -> float:
        """What a counter or gauge says, all its labels that are not given added up."""
        families = text_string_to_metric_families(self.request("GET", "/metrics").body.decode())
        samples = [sample for family in families for sample in family.samples if sample.name == name]
        return sum(sample.value for sample in samples if labels.items() <= sample.labels.items())

    def stop(self) -> int:
        """Ask it to end; its exit code."""
        if self.process.poll() is None:
            self.process.terminate()
        code = self.process.wait(timeout=60)
        self._reader.join(timeout=10)
        return code


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A service that the tests share."""
    found = Server("--workers", "2")
    found.wait_ready()
    yield found
    assert found.stop() == 0


def _made() -> Iterator[Any]:
    made: list[Server] = []

    def make(*options: str, **more: Any) -> Server:
        made.append(Server(*options, **more))
        made[-1].wait_ready()
        return made[-1]

    yield make
    for item in made:
        item.stop()


@pytest.fixture
def own_server() -> Iterator[Any]:
    """Makes services with options of their own, for one test."""
    yield from _made()


@pytest.fixture(scope="module")
def make_server() -> Iterator[Any]:
    """Makes services with options of their own, for the tests of a module."""
    yield from _made()


@pytest.fixture(scope="module")
def guarded(tmp_path_factory, make_server):
    """A service that asks for a token."""
    path = tmp_path_factory.mktemp("token") / "token"
    path.write_text("s3cret-é\n", "utf-8")
    return make_server("--workers", "1", "--token-file", str(path))


TROUBLE = """
import sys
if "bridge.run.workers.child" in " ".join(sys.orig_argv):
    import os, time
    from bridge.convert import Bridge
    convert = Bridge.to_cda

    def trouble(self, source, **options):
        text = source if isinstance(source, bytes) else repr(source).encode()
        if b"SLOW-TROUBLE" in text:
            time.sleep(1)
        if b"RAISE-TROUBLE" in text:
            raise RuntimeError("a message with SECRET-VALUE") from ValueError("SECRET-VALUE")
        if b"EXIT-TROUBLE" in text:
            os._exit(1)
        return convert(self, source, **options)

    Bridge.to_cda = trouble
"""


@pytest.fixture(scope="module")
def trouble(tmp_path_factory) -> dict[str, str]:
    """The environment of a service whose workers sleep, fail or end when an order says so."""
    folder = tmp_path_factory.mktemp("trouble")
    (folder / "sitecustomize.py").write_text(TROUBLE, "utf-8")
    return {"PYTHONPATH": str(folder)}
