"""What paper costs beside a conversion, whether memory stays flat, what a long text does: ``python benchmarks/paper.py``.

Source: docs/paper.md.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bridge import Bridge, render  # noqa: E402
from bridge.order.model import Order  # noqa: E402
from bridge.views.paper.html import html  # noqa: E402
from bridge.views.paper.pdf import pdf  # noqa: E402
from bridge.views.sheet import sheet_of  # noqa: E402

LINES = "\n".join(f"Ligne {number} d'un long compte rendu antérieur." for number in range(330))


def best(action: Callable[[], object], times: int = 9) -> float:
    """The least time of the processor, milliseconds."""
    found = []
    for _ in range(times):
        began = time.process_time()
        action()
        found.append((time.process_time() - began) * 1000)
    return min(found)


def costs() -> dict[str, float]:
    """Milliseconds of a conversion, a sheet, a page, a file, and a file of six pages."""
    source = (ROOT / "fixtures" / "lung-biopsy" / "bundle.json").read_bytes()
    bridge = Bridge()
    found = bridge.to_cda(source)
    sheet, long = sheet_of(found.order), sheet_of(replace(found.order, prior_results=LINES))
    actions: dict[str, Callable[[], object]] = {
        "conversion": lambda: bridge.to_cda(source),
        "sheet": lambda: sheet_of(found.order),
        "html": lambda: html(sheet),
        "pdf": lambda: pdf(sheet, found.document),
        "pdf of six pages": lambda: pdf(long, found.document),
    }
    return {name: best(action) for name, action in actions.items()}


def memory(count: int) -> tuple[int, int]:
    """Megabytes after a tenth of *count* different files, and after all of them."""
    order = Bridge().normalize((ROOT / "fixtures" / "lung-biopsy" / "bundle.json").read_bytes()).order
    first = 0
    for number in range(count):
        pdf(sheet_of(_other(order, number)), b"<x/>")
        if number == count // 10:
            first = _peak()
    return first, _peak()


def _other(order: Order, number: int) -> Order:
    return replace(order, justification=f"{order.justification} {number}")


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def long_text(text: str) -> float:
    """Seconds for an order with the longest text that is printed."""
    order = Bridge().normalize((ROOT / "fixtures" / "lung-biopsy" / "bundle.json").read_bytes()).order
    began = time.perf_counter()
    pdf(sheet_of(replace(order, prior_results=text)), b"<x/>")
    return time.perf_counter() - began


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=5_000)
    asked = parser.parse_args()
    render((ROOT / "fixtures" / "lung-biopsy" / "bundle.json").read_bytes())
    measured = costs()
    for name, ms in measured.items():
        print(f"{name:<18} {ms:8.1f} ms  {ms / measured['conversion']:5.2f} conversions")
    for name, text in (("words", "antérieur " * 39_000), ("one word", "a" * 390_000), ("emoji", "😀 " * 190_000)):
        print(f"longest, {name:<10} {long_text(text):6.1f} s")
    before, after = memory(asked.count)
    print(f"memory {before} MB after {asked.count // 10}, {after} MB after {asked.count}")
