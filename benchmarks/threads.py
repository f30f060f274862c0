"""No document carries another patient's data: 8 threads, forced thread switches, distinct patients.

``python benchmarks/threads.py [COUNT]`` (default 50,000 documents). Each document is compared, byte for byte, with the one that
a single thread wrote for the same patient, and every fifth is read back; exit code 1 if any differs.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
READ = 5
"""One document in so many is also read back, and its order compared."""


def patients(source: bytes, count: int) -> list[bytes]:
    """The same order for *count* patients: every name, number and text differs."""
    found = []
    for number in range(count):
        data: dict[str, Any] = json.loads(source)
        mark = f"X{number:04d}"
        for entry in data["entry"]:
            resource = entry["resource"]
            if resource["resourceType"] == "Patient":
                resource["name"][0]["family"] = f"ESSAI-{mark}"
                for identifier in resource["identifier"]:
                    if identifier["system"].endswith(".10"):
                        body = int(identifier["value"][:10] + f"{number:03d}")
                        identifier["value"] = f"{body}{97 - body % 97:02d}"
            if resource["resourceType"] == "ServiceRequest":
                resource["requisition"]["value"] = f"DA-{mark}"
                resource["reasonCode"][0]["text"] = f"Motif {mark}"
        found.append(json.dumps(data).encode())
    return found


def run(count: int, *, threads: int = 8, distinct: int = 64) -> tuple[int, int]:
    """Convert *count* orders in *threads* threads; the number converted and the number that differ."""
    from bridge import Bridge

    source = (ROOT / "fixtures" / "knee-radiograph" / "bundle.json").read_bytes()
    inputs = patients(source, distinct)
    bridge = Bridge()
    written = [bridge.to_cda(item) for item in inputs]
    expected = [conversion.document for conversion in written]
    assert len(set(expected)) == distinct
    done = [0] * threads
    wrong = [0] * threads
    start = threading.Barrier(threads)

    def work(thread: int) -> None:
        start.wait()
        for index in range(thread, count, threads):
            patient = index * 7919 % distinct
            wrong[thread] += bridge.to_cda(inputs[patient]).document != expected[patient]
            if index % READ == 0:
                wrong[thread] += bridge.read_document(expected[patient]).order != written[patient].order
            done[thread] += 1

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        workers = [threading.Thread(target=work, args=(thread,)) for thread in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    finally:
        sys.setswitchinterval(interval)
    return sum(done), sum(wrong)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    total = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    began = time.perf_counter()
    converted, differing = run(total)
    print(f"{converted} documents, 8 threads, {differing} differ, {time.perf_counter() - began:.0f} s")
    sys.exit(1 if differing or converted != total else 0)
