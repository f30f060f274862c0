"""No order with hostile values becomes an invalid document: ``python benchmarks/conformance_hostile.py SUITE``.

SUITE is a folder TestContenuCDA. Orders with codes, identifiers, code systems, dates and texts that no attribute can hold come
from the strategy of the tests (tests/hostile_orders.py). Each is refused with a sentence, when it is written or by the check that
``imgda convert`` makes before it delivers (a code of no value set), or its document passes the official schema and Schematrons.
What is refused by the check must pass the schema all the same. ``--count`` documents are delivered; exit code 1 if any fails.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from random import Random

from lxml import etree

ROOT = Path(__file__).resolve().parents[1]
BATCH, VARIANTS = 10, 8
DOUBTS = ("dtr1-4-EN",)
"""What the suites report as "probably not correct", and is as the sender has it: a name that begins with a quotation mark."""


def written(seed_value: int, model: str, refused: Counter[str]) -> Iterator[bytes]:
    """The documents of some orders, each with hostile values in several ways; the refusals are counted by code."""
    from hypothesis import HealthCheck, Phase, given, seed, settings

    from bridge.convert import write_document
    from bridge.findings.errors import OrderError
    from bridge.order import Order
    from bridge.rules import models as model_rules

    break_some = import_module("hostile_orders").break_some
    found: dict[bytes, None] = {}

    @seed(seed_value)
    @settings(max_examples=BATCH, phases=[Phase.generate], database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(import_module("strategies").orders())
    def collect(valid: Order) -> None:
        for variant in range(VARIANTS):
            order = break_some(valid, Random(f"{seed_value} {valid.document.id} {variant}"))
            if found_by_rules := model_rules.check(order, model):
                refused[found_by_rules[0].code] += 1
                continue
            try:
                found[write_document(order, model)] = None
            except OrderError as error:
                refused[error.code] += 1

    collect()
    yield from found


def documents(seed_value: int, model: str, refused: Counter[str]) -> Iterator[bytes]:
    """Documents without end; a seed gives the same ones."""
    for index in itertools.count():
        yield from written(seed_value + index, model, refused)


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
    refused: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    delivered = 0
    folder = Path(str(given.suite).format(model=given.model))
    schema = etree.XMLSchema(etree.parse(str(folder / "infrastructure" / "cda" / "CDA_extended.xsd")))
    with Suite(folder, given.model) as suite:
        for document in documents(given.seed, given.model, refused):
            findings = [*map(str, schema.error_log)] if not schema.validate(etree.fromstring(document)) else []
            if not findings and not check(document, model=given.model).conforms:
                refused["check"] += 1
                continue
            delivered += 1
            found = (f"{one.path} {one.value}" for one in suite.check(document).issues)
            findings += [finding for finding in found if not any(known in finding for known in DOUBTS)]
            if findings:
                failed[findings[0]] += 1
                print(delivered, *findings, sep="\n  ", flush=True)
                if given.keep:
                    (given.keep / f"hostile-{given.model}-{delivered}.xml").write_bytes(document)
            if delivered % 50 == 0:
                print(f"{given.model}: {delivered} documents, {sum(failed.values())} fail; refused {dict(refused)}", flush=True)
            if delivered == given.count:
                break
    return 1 if failed else 0


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    sys.exit(main())
