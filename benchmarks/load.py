"""Loads a service on loopback, and compares every answer: ``python benchmarks/load.py [--seconds 180] [--clients 16]``.

Starts ``imgda serve``, sends the orders of distinct patients over kept connections, and prints orders/s, p50, p95 and p99. With
``--cores 1`` the service, its workers and the clients share one core; ``--compare`` does one core, then two, and divides.
``--kill`` kills a worker every five seconds. The exit code is 1 for a wrong answer, or for one that is neither 200 nor, with
``--kill``, 503.
"""

from __future__ import annotations

import argparse
import http.client
import json
import multiprocessing
import os
import random
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]


def client(port: int, inputs: list[bytes], expected: list[bytes], seconds: float, turn: int, results: Any) -> None:
    """Send orders over one connection until the time is over."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    times, statuses, wrong = [], Counter[int](), 0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        turn = (turn + 7) % len(inputs)
        began = time.perf_counter()
        connection.request("POST", "/convert", inputs[turn], {"Content-Type": "application/fhir+json"})
        response = connection.getresponse()
        body = response.read()
        times.append(time.perf_counter() - began)
        statuses[response.status] += 1
        wrong += response.status == 200 and body != expected[turn]
    results.put((times, statuses, wrong))


def start(workers: int) -> tuple[subprocess.Popen[bytes], int]:
    """A service, and its port."""
    command = [sys.executable, "-m", "bridge", "serve", "--port", "0", "--workers", str(workers), "--log-level", "info"]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE)
    assert process.stderr is not None
    for line in process.stderr:
        if b'"listening"' in line:
            port = int(json.loads(line)["port"])
            threading.Thread(target=lambda: [None for _ in process.stderr or ()], daemon=True).start()
            wait_ready(port)
            return process, port
    raise SystemExit("the service did not start")


def wait_ready(port: int) -> None:
    """Wait until the workers are up, so that their start is not measured."""
    status = 0
    while status != 200:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", "/readyz")
        status = connection.getresponse().status
        connection.close()


def kill_workers(parent: int, seconds: float) -> None:
    """Kill one worker every five seconds."""
    until = time.monotonic() + seconds - 5
    while time.monotonic() < until:
        time.sleep(5)
        found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(parent)], capture_output=True, text=True).stdout.split()
        os.kill(int(random.choice(found)), signal.SIGKILL)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=180)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--cores", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--kill", action="store_true")
    parser.add_argument("--compare", action="store_true")
    arguments = parser.parse_args()
    if not arguments.compare:
        measure(arguments, arguments.cores, arguments.workers)
        return
    one, two = (measure(arguments, cores, cores) for cores in (1, 2))
    print(f"two cores give {two / one:.2f} times the orders of one")


def measure(arguments: argparse.Namespace, cores: int, workers: int) -> float:
    """Load a service on some of the cores, and print what it did; orders/s. Ends the program when anything was wrong."""
    from threads import patients

    import bridge

    os.sched_setaffinity(0, set(range(cores)))
    inputs = patients((ROOT / "fixtures" / "knee-radiograph" / "bundle.json").read_bytes(), 64)
    converter = bridge.Bridge()
    expected = [converter.to_cda(source).document for source in inputs]
    server, port = start(workers)
    context = multiprocessing.get_context("spawn")
    results: Any = context.Queue()
    clients = [
        context.Process(target=client, args=(port, inputs, expected, arguments.seconds, number, results))
        for number in range(arguments.clients)
    ]
    if arguments.kill:
        threading.Thread(target=kill_workers, args=(server.pid, arguments.seconds), daemon=True).start()
    for process in clients:
        process.start()
    told = [results.get(timeout=arguments.seconds + 120) for _ in clients]
    for process in clients:
        process.join()
    server.terminate()
    code = server.wait()
    times = [item for found, _, _ in told for item in found]
    statuses = sum((found for _, found, _ in told), Counter[int]())
    wrong = sum(found for _, _, found in told)
    cuts = statistics.quantiles(times, n=100)
    rate: float = len(times) / arguments.seconds
    print(f"{cores} cores, {workers} workers: {len(times)} orders, {rate:.0f}/s, {dict(statuses)}, wrong {wrong}, exit {code}")
    print(
        f"ms: p50 {cuts[49] * 1000:.1f}, p95 {cuts[94] * 1000:.1f}, p99 {cuts[98] * 1000:.1f}, max {max(times) * 1000:.0f}",
        flush=True,
    )
    if wrong or code or set(statuses) - ({200, 503} if arguments.kill else {200}):
        sys.exit(1)
    return rate


if __name__ == "__main__":
    main()
