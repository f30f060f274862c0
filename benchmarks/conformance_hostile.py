"""No order with hostile values becomes an invalid document: ``python benchmarks/conformance_hostile.py SUITE``.

SUITE is a folder TestContenuCDA. Orders with codes, identifiers, code systems, dates and texts that no attribute can hold come
from the strategy of the tests (tests/hostile_orders.py), until ``--count`` of each model were written. Each is refused with a
sentence, or its document passes the official schema and Schematrons and our check. Exit code 1 if any document fails.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def written(count: int, seed_value: int, model: str) -> tuple[list[bytes], Counter[str]]:
    """*count* documents of orders with hostile values, and by which codes the other orders were refused."""
    from hypothesis import HealthCheck, Phase, given, seed, settings

    from bridge import model_rules
    from bridge.convert import write_document
    from bridge.errors import OrderError
    from bridge.order import Order

    found: dict[bytes, None] = {}
    refused: Counter[str] = Counter()

    @seed(seed_value)
    @settings(
        max_examples=count * 6, phases=[Phase.generate], database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(import_module("hostile_orders").broken())
    def collect(order: Order) -> None:
        if len(found) >= count or model_rules.check(order, model):
            return
        try:
            found[write_document(order, model)] = None
        except OrderError as error:
            refused[error.code] += 1

    collect()
    return list(found), refused


def main() -> int:
    from bridge.checks import check
    from bridge.checks.suite import Suite

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("suite", type=Path, help="folder TestContenuCDA; {model} stands for the version")
    parser.add_argument("--count", type=int, default=1000, help="documents of the model")
    parser.add_argument("--model", default="2024.01")
    parser.add_argument("--seed", type=int, default=20261128)
    parser.add_argument("--keep", type=Path, help="folder for the documents that fail")
    given = parser.parse_args()
    documents, refused = written(given.count, given.seed, given.model)
    failed: Counter[str] = Counter()
    with Suite(Path(str(given.suite).format(model=given.model)), given.model) as suite:
        for index, document in enumerate(documents):
            theirs = suite.check(document).issues
            ours = check(document, model=given.model)
            if theirs or not ours.conforms:
                failed["ours" if not theirs else "theirs"] += 1
                print(
                    index,
                    *(f"{one.code} {one.path} {one.value or ''}" for one in (*theirs, *ours.issues)),
                    sep="\n  ",
                    flush=True,
                )
                if given.keep:
                    (given.keep / f"hostile-{given.model}-{index}.xml").write_bytes(document)
    print(f"{given.model}: {len(documents)} documents, {sum(failed.values())} fail {dict(failed)}; refused {dict(refused)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    sys.exit(main())
