"""Measures the forward conversion. One command: ``python benchmarks/run.py [--input FILE] [--memory] [--json]``.

Prints medians of several runs: the whole conversion on one core and each phase apart, ms per output KB, the cold command, the
compilation of the stylesheets and, with ``--memory``, the resident memory of one process over 20,000 conversions.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = Path(os.environ.get("IMGDA_REFERENCE", ROOT.parent / "shared" / "reference"))
SAMPLE_B = REFERENCE / "samples" / "sample-b-bundle.json"
DEFAULT = SAMPLE_B if SAMPLE_B.exists() else ROOT / "fixtures" / "breast-screening" / "bundle.json"


def median_ms(step: Callable[[], Any], *, rounds: int = 7, repeats: int = 100) -> float:
    """Median over *rounds* of the mean time of *repeats* calls, ms."""
    step()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(repeats):
            step()
        times.append((time.perf_counter() - start) / repeats * 1000)
    return statistics.median(times)


def phases(source: bytes) -> dict[str, float]:
    """Each step of one conversion, ms."""
    from bridge import Bridge, check
    from bridge.cda.stylesheets import transform
    from bridge.convert import write_document
    from bridge.fhir.read.readings import read
    from bridge.fhir.source import parse, structure
    from bridge.order import xml as order_xml
    from bridge.rules import volet
    from bridge.settings import Settings

    settings = Settings()
    parsed = parse.parse(source)
    reading = read(parsed.resource, parsed.version, settings)[0]
    assert reading.order is not None
    order, _ = volet.check(reading.order, reading.places, settings)
    xml = order_xml.write(order, attachment=lambda index: f"token-{index}.")
    bridge = Bridge()
    document = bridge.to_cda(source).document
    found = {
        "parse": median_ms(lambda: parse.parse(source)),
        "validate": median_ms(lambda: structure.check(parsed.resource, parsed.version)),
        "normalize": median_ms(lambda: read(parsed.resource, parsed.version, settings)),
        "rules": median_ms(lambda: volet.check(reading.order, reading.places, settings)),  # type: ignore[arg-type]
        "order.xml": median_ms(lambda: order_xml.write(order, attachment=lambda index: f"token-{index}.")),
        "transform": median_ms(lambda: transform("2024.01", "to-cda", xml)),
        "write (order.xml + transform + attachments)": median_ms(lambda: write_document(order)),
        "whole": median_ms(lambda: bridge.to_cda(source)),
        "check of the document": median_ms(lambda: check(document)),
        "whole, checked": median_ms(lambda: bridge.to_cda(source, check=True)),
    }
    found["document KB"] = len(document) / 1024
    found["ms per output KB"] = found["whole"] / found["document KB"]
    found["orders/s"] = 1000 / found["whole"]
    return found


def checks(documents: Path) -> dict[str, float]:
    """The check of each document of a folder, ms of processor time: the best of 40 rounds of 10, warm."""
    from bridge import check

    found = {}
    for path in sorted(documents.rglob("*.xml")):
        document = path.read_bytes()
        times = []
        for _ in range(40):
            start = time.process_time()
            for _ in range(10):
                check(document)
            times.append((time.process_time() - start) / 10 * 1000)
        found[f"check {path.parent.name}/{path.name}, {len(document) / 1024:.0f} KB"] = min(times)
    return found


def ledger(source: bytes) -> dict[str, float]:
    """The part of a conversion that the ledger and the losses take, %: the same conversions with and without, in turns."""
    from unittest.mock import patch

    from bridge import Bridge
    from bridge.fhir.ledger import losses
    from bridge.fhir.ledger.node import Ledger
    from bridge.fhir.read import unused

    bridge = Bridge()
    nothing: Callable[..., Any] = lambda *_: None  # noqa: E731
    without = [patch.object(Ledger, name, nothing) for name in ("mark", "decide", "give_up")]
    without += [patch.object(losses, "find", lambda *_: ()), patch.object(unused, "give_up", nothing)]
    shares = []
    for _ in range(7):
        whole = median_ms(lambda: bridge.to_cda(source), rounds=1, repeats=60)
        for one in without:
            one.start()
        bare = median_ms(lambda: bridge.to_cda(source), rounds=1, repeats=60)
        for one in without:
            one.stop()
        shares.append((whole - bare) / whole * 100)
    return {"ledger and losses, % of the whole": statistics.median(shares)}


def cold(path: Path) -> dict[str, float]:
    """A whole ``imgda convert`` from a cold process, s, and the first compilation of the stylesheets, ms."""
    found = {}
    for option in ("--check", "--no-check"):
        command = [sys.executable, "-m", "bridge", "convert", option, "--quiet", str(path)]
        times = []
        for _ in range(9):
            start = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT)
            times.append(time.perf_counter() - start)
        found[f"cold imgda convert {option}, s"] = statistics.median(times)
    probe = (
        "import time, bridge.cda.stylesheets as s\n"
        "import saxonche\n"
        "{only}t = time.perf_counter(); s.warm('2024.01', 'to-cda'); print((time.perf_counter() - t) * 1000)"
    )
    for name, only in (("stylesheet compile, ms", "s.only(('2024.01', 'to-cda')); "), ("all stylesheets compile, ms", "")):
        command = [sys.executable, "-c", probe.replace("{only}", only)]
        runs = [float(subprocess.run(command, check=True, capture_output=True, cwd=ROOT).stdout) for _ in range(5)]
        found[name] = statistics.median(runs)
    return found


def resident_mb() -> float:
    """Resident memory of this process, MB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return float("nan")


def memory(source: bytes, count: int = 20_000) -> dict[str, float]:
    """Resident memory after 2,000 and after *count* conversions in one process, MB."""
    from bridge import Bridge

    bridge = Bridge()
    found = {}
    for index in range(1, count + 1):
        bridge.to_cda(source)
        if index in (2_000, count):
            found[f"resident MB after {index}"] = resident_mb()
    return found


def attachment(source: bytes, mebibytes: int = 20) -> dict[str, float]:
    """One conversion with a large attachment, ms; nothing for an input without an attachment to enlarge."""
    import base64

    from bridge import Bridge

    data = json.loads(source)
    content = base64.b64encode(os.urandom(1024) * 1024 * mebibytes).decode()
    for entry in data["entry"]:
        for item in entry["resource"].get("content", []):
            item["attachment"]["data"] = content
            item["attachment"].pop("hash", None), item["attachment"].pop("size", None)
    text = json.dumps(data).encode()
    if len(text) < len(content):
        return {}
    bridge = Bridge()
    return {f"with an attachment of {mebibytes} MiB, ms": median_ms(lambda: bridge.to_cda(text), rounds=3, repeats=1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--input", type=Path, default=DEFAULT)
    parser.add_argument("--memory", action="store_true", help="also 20,000 conversions in one process")
    parser.add_argument("--check", type=Path, metavar="FOLDER", help="only the check of every document of a folder")
    parser.add_argument("--json", action="store_true", help="print JSON")
    arguments = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    if arguments.check:
        for name, value in checks(arguments.check).items():
            print(f"{name:<80}{value:>8.2f}")
        return
    source = arguments.input.read_bytes()
    found = phases(source) | ledger(source) | cold(arguments.input) | attachment(source)
    if arguments.memory:
        found |= memory(source)
    if arguments.json:
        print(json.dumps(found, indent=2))
        return
    print(f"{arguments.input.name}, {len(source) / 1024:.1f} KB")
    for name, value in found.items():
        print(f"{name:<48}{value:>10.2f}")


if __name__ == "__main__":
    main()
