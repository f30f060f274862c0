"""One sender's slow orders hold another's back for one conversion at most; and a fault of a worker is told without a value."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from bundles import bundle
from waiting import wait

import bridge

ORDER = json.dumps(bundle()).encode()
DOCUMENT = bridge.to_cda(ORDER).document


def troubled(kind: str, number: int = 0) -> bytes:
    """An order that has its worker sleep a second, fail, or end."""
    return ORDER[:-1] + f',"language":"{kind}-TROUBLE-{number}"}}'.encode()


@pytest.fixture(scope="module")
def service(make_server, trouble):
    return make_server("--workers", "1", env=trouble)


@contextmanager
def slow(server: Any, count: int, *sources: str) -> Iterator[list[Any]]:
    """Slow orders of each of some senders, all sent at one time; what is answered to them."""
    answers: list[Any] = []
    threads = [
        threading.Thread(target=lambda s=source, n=number: answers.append(server.convert(troubled("SLOW", n), source=s)))
        for source in sources
        for number in range(count)
    ]
    for thread in threads:
        thread.start()
    busy = min(len(sources), 2)
    wait(lambda: server.metric("imgda_workers_busy", lane="ordinary") >= busy)
    wait(lambda: server.metric("imgda_waiting", lane="ordinary") >= (count - 1) * len(sources) - 1)
    yield answers
    for thread in threads:
        thread.join()


def test_a_sender_finds_a_worker_free_though_another_has_many_slow_orders(service):
    with slow(service, 8, "127.0.0.2") as answers:
        began = len(answers)
        assert [service.convert(ORDER).body == DOCUMENT for _ in range(5)] == [True] * 5
        assert service.request("GET", "/readyz").status == 200
        assert len(answers) - began <= 3


def test_a_sender_waits_for_one_conversion_where_others_have_every_worker(service):
    with slow(service, 6, "127.0.0.2", "127.0.0.3") as answers:
        began, before = time.monotonic(), len(answers)
        assert service.convert(ORDER).body == DOCUMENT
        took = time.monotonic() - began
        assert len(answers) - before <= 3
        assert took < 4, answers


def test_a_fault_in_a_worker_is_logged_by_its_type_and_its_place_alone(service):
    answer = service.convert(troubled("RAISE"))
    assert (answer.status, answer.code) == (500, "IMGDA-1102")
    line = next(json.loads(text) for text in service.log if '"fault"' in text and answer.headers["x-request-id"] in text)
    assert line["fault"] == "RuntimeError from ValueError"
    assert line["at"][-1].endswith(" trouble")
    assert any(place.startswith("tasks.py:") for place in line["at"])
    assert line["issues"] == ["IMGDA-1102"]
    assert "SECRET" not in "".join(service.log) + answer.body.decode()


def test_an_input_that_no_worker_survives_is_logged_too(service):
    answers = [service.convert(troubled("EXIT")) for _ in range(3)]
    assert [(answer.status, answer.code) for answer in answers] == [
        (503, "IMGDA-1808"),
        (503, "IMGDA-1808"),
        (500, "IMGDA-1810"),
    ]
    wait(lambda: any("IMGDA-1810" in line and '"event": "fault"' in line for line in service.log))
    service.wait_ready()
