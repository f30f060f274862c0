"""Checks random valid orders under the official suites: ``python benchmarks/conformance_random.py --runner COMMAND``.

``--count`` (default 500) orders come from the hypothesis strategy of the tests (tests/strategies.py); each is written as a
document into a folder, then the runner is called with the files, a few dozen at a time. A runner is any command that takes CDA
files, checks them with the XSD and schematrons of TestContenuCDA, prints what fails and ends with a code other than 0 when
something does.
``--runner`` gives it, words separated by spaces. Exit code 1 if any document fails.
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BATCH = 50


def documents(count: int, seed_value: int, model: str) -> dict[bytes, str]:
    """*count* distinct documents of random orders that the model can say, and their order.xml; a seed gives the same ones."""
    from hypothesis import HealthCheck, Phase, given, seed, settings

    from bridge.convert import write_document
    from bridge.order import Order
    from bridge.order import xml as order_xml
    from bridge.rules import models as model_rules

    found: dict[bytes, str] = {}

    @seed(seed_value)
    @settings(
        max_examples=count * 10,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(import_module("strategies").orders())
    def collect(order: Order) -> None:
        if len(found) < count and not model_rules.check(order, model):
            found[write_document(order, model)] = order_xml.write(order, pretty=True)

    collect()
    return found


def check(folder: Path, files: list[Path], runner: list[str]) -> int:
    """Run the suites over the files; the number of batches with a failure, whose output is printed."""
    failed = 0
    for start in range(0, len(files), BATCH):
        batch = [str(file) for file in files[start : start + BATCH]]
        result = subprocess.run([*runner, *batch], capture_output=True, text=True, cwd=folder, check=False)
        if result.returncode:
            failed += 1
            print(result.stdout, result.stderr, sep="\n")
    return failed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runner", required=True, help="command that checks CDA files with the official suites")
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--model", default="2024.01", help="version of the model; give the runner the suites of the same")
    parser.add_argument("--seed", type=int, default=20240101)
    parser.add_argument("--folder", type=Path, help="where to keep the documents and orders (default: a temporary folder)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = (arguments.folder or Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        files = []
        for index, (document, order) in enumerate(documents(arguments.count, arguments.seed, arguments.model).items(), start=1):
            files.append(folder / f"random-{index:04d}.xml")
            files[-1].write_bytes(document)
            (folder / f"random-{index:04d}.order").write_text(order, "utf-8")
        failed = check(folder, files, shlex.split(arguments.runner))
    print(f"{len(files)} documents of random orders, {failed} batch(es) of {BATCH} with a failure")
    return 1 if failed or len(files) != arguments.count else 0


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    sys.exit(main())
