"""Good orders among hostile traffic: ``python benchmarks/hostile.py [--seconds 120] [--clients 8]``.

Good clients send the orders of distinct patients, first alone and then beside others who send, from four addresses of their own,
slow orders, large ones, damaged ones, heads without end, wrong HTTP, idle connections, slow bodies, upgrades and half requests.
Prints the times of the good orders, and how many took more than three times the p99 that they had alone. The exit code is 1 for
a wrong or missing answer to a good order, and with ``--strict`` for a late one. Everything stays on loopback.
"""

from __future__ import annotations

import argparse
import http.client
import json
import multiprocessing
import os
import random
import socket
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from load import start  # noqa: E402

HEAD = b"POST /convert HTTP/1.1\r\nHost: x\r\nContent-Type: application/fhir+json\r\n"
KINDS = 4
"""Processes that send hostile traffic, each from an address of its own."""


def good(port: int, inputs: list[bytes], expected: list[bytes], seconds: float, turn: int, results: Any) -> None:
    """Send right orders over kept connections, with a pause between two, and compare every document."""
    chance = random.Random(turn)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    times, wrong, statuses = [], 0, Counter[int]()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        time.sleep(chance.uniform(0, 0.1))
        turn = (turn + 7) % len(inputs)
        began = time.perf_counter()
        connection.request("POST", "/convert", inputs[turn], {"Content-Type": "application/fhir+json"})
        response = connection.getresponse()
        body = response.read()
        times.append(time.perf_counter() - began)
        statuses[response.status] += 1
        wrong += body != expected[turn]
    results.put((times, wrong, statuses))


def slow_order(order: dict[str, Any], chance: random.Random) -> bytes:
    """An order of about 150 KB with thousands of elements that are not read."""
    patient = next(entry["resource"] for entry in order["entry"] if entry["resource"]["resourceType"] == "Patient")
    kept = dict(patient)
    patient["photo"] = [{"contentType": "image/png", "url": f"urn:x:{chance.random()}:{n}"} for n in range(2_000)]
    body = json.dumps(order).encode()
    patient.clear()
    patient.update(kept)
    return body


def exchange(port: int, source: str, sent: bytes, *, half: bool = False) -> None:
    """Send some bytes, and read what comes."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 30, (source, 0)) as client:
        client.sendall(sent)
        if half:
            client.shutdown(socket.SHUT_WR)
        while client.recv(65536):
            pass


def whole(body: bytes, *more: bytes) -> bytes:
    """A request with its length, after which the service closes."""
    return HEAD + b"".join(more) + b"Connection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


def hostile(port: int, source: str, order: bytes, seconds: float, seed: int, results: Any) -> None:
    """Send everything but right orders until the time is over; counts by kind."""
    chance, data, counts = random.Random(seed), json.loads(order), Counter[str]()
    held: list[socket.socket] = []

    def hold(sent: bytes) -> None:
        with suppress(OSError):
            client = socket.create_connection(("127.0.0.1", port), 5, (source, 0))
            client.settimeout(5)
            held.append(client)
            client.sendall(sent)

    def hold_many(sent: bytes) -> None:
        for _ in range(20):
            hold(sent)
        while len(held) > 300:
            held.pop(chance.randrange(len(held))).close()

    kinds: dict[str, Callable[[], None]] = {
        "slow": lambda: exchange(port, source, whole(slow_order(data, chance))),
        "large": lambda: exchange(port, source, whole(b" " * 3_000_000 + order)),
        "damaged": lambda: exchange(port, source, whole(order[: chance.randrange(len(order))])),
        "deep": lambda: exchange(port, source, whole(b"[" * 100_000)),
        "head": lambda: exchange(port, source, HEAD + b"X: " + b"y" * 1_000_000),
        "many": lambda: exchange(port, source, HEAD + b"X: y\r\n" * 5_000 + b"\r\n"),
        "wrong": lambda: exchange(port, source, chance.randbytes(500) + b"\r\n\r\n"),
        "half": lambda: exchange(port, source, HEAD + b"Content-Length: 1000\r\n\r\n{", half=True),
        "upgrade": lambda: exchange(port, source, whole(order, b"Upgrade: h2c\r\n"), half=True),
        "crumbs": lambda: exchange(port, source, HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\n \r\n" * 9_000),
        "idle": lambda: hold_many(b""),
        "unended": lambda: hold_many(HEAD + b"Content-Length: 1000\r\n\r\n{"),
    }
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        kind = chance.choice(list(kinds))
        kinds[kind]()
        counts[kind] += 1
    results.put(counts)


def run(port: int, inputs: list[bytes], expected: list[bytes], arguments: argparse.Namespace, attackers: int) -> list[float]:
    """One round; the times of the good orders. Ends the program for an answer that is not right."""
    context = multiprocessing.get_context("spawn")
    results: Any = context.Queue()
    others: Any = context.Queue()
    processes = [
        context.Process(target=good, args=(port, inputs, expected, arguments.seconds, number, results))
        for number in range(arguments.clients)
    ]
    processes += [
        context.Process(target=hostile, args=(port, f"127.0.0.{2 + number}", inputs[0], arguments.seconds, number, others))
        for number in range(attackers)
    ]
    for process in processes:
        process.start()
    told = [results.get(timeout=arguments.seconds + 120) for _ in range(arguments.clients)]
    sent = sum((others.get(timeout=arguments.seconds + 120) for _ in range(attackers)), Counter[str]())
    for process in processes:
        process.join()
    times = [item for found, _, _ in told for item in found]
    statuses = sum((found for _, _, found in told), Counter[int]())
    wrong = sum(found for _, found, _ in told)
    cuts = statistics.quantiles(times, n=100)
    print(f"{'among hostile traffic' if attackers else 'alone'}: {len(times)} good orders, {dict(statuses)}, wrong {wrong}")
    print(f"ms: p50 {cuts[49] * 1000:.1f}, p99 {cuts[98] * 1000:.1f}, max {max(times) * 1000:.0f}")
    print(f"hostile: {dict(sent)}", flush=True)
    if wrong or set(statuses) != {200}:
        sys.exit(1)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--strict", action="store_true")
    arguments = parser.parse_args()
    from threads import patients

    import bridge

    inputs = patients((ROOT / "fixtures" / "knee-radiograph" / "bundle.json").read_bytes(), 64)
    converter = bridge.Bridge()
    expected = [converter.to_cda(source).document for source in inputs]
    server, port = start(arguments.workers)
    try:
        alone = run(port, inputs, expected, arguments, 0)
        among = run(port, inputs, expected, arguments, KINDS)
    finally:
        server.terminate()
        code = server.wait()
    bound = 3 * statistics.quantiles(alone, n=100)[98]
    late = sum(took > bound for took in among)
    print(f"three times the p99 alone is {bound * 1000:.0f} ms: {late} of {len(among)} took longer; exit {code}")
    sys.exit(bool(code or (late and arguments.strict)))


if __name__ == "__main__":
    main()
