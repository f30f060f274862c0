"""More data never makes less: a right order with one optional element more is still converted."""

from __future__ import annotations

import csv
from functools import cache

import pytest
from conftest import ROOT
from more_data import Addition, additions

from bridge import Bridge, BridgeError


@cache
def by_resource() -> dict[str, list[Addition]]:
    found: dict[str, list[Addition]] = {}
    for addition in additions():
        found.setdefault(addition.name.partition(".")[0], []).append(addition)
    return found


def refusal(addition: Addition) -> str | None:
    """The code of the first error of an order; None for one that is converted."""
    try:
        Bridge().to_cda(addition.order)
    except BridgeError as error:
        return error.code
    return None


def test_there_is_an_addition_for_hundreds_of_elements():
    assert sum(map(len, by_resource().values())) > 400


@pytest.mark.parametrize("resource", sorted(by_resource()))
def test_an_order_with_one_element_more_is_converted(resource):
    with open(ROOT / "tests" / "data" / "more-data-refused.csv", encoding="utf-8", newline="") as file:
        expected = {row["element"]: row["code"] for row in csv.DictReader(file)}
    found = {addition.name: code for addition in by_resource()[resource] if (code := refusal(addition))}
    assert found == {name: code for name, code in expected.items() if name.partition(".")[0] == resource}
