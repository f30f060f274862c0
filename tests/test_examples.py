"""The examples of ``imgda help``: each order before has the finding, each order after is right."""

from __future__ import annotations

import pytest

import bridge
from bridge.findings.issues import catalogue
from bridge.settings import load
from bridge.tables.codes import value_set
from bridge.tables.examples import examples


def codes(order: dict[str, object], settings: bridge.Settings | None = None) -> dict[str, bool]:
    """The findings of an order, and whether each refuses it."""
    try:
        issues = bridge.Bridge(settings).normalize(order).issues
    except bridge.BridgeError as error:
        issues = error.issues
    return {found.code: found.is_error for found in issues}


@pytest.mark.parametrize("code", examples())
def test_the_order_before_has_the_finding_and_the_order_after_is_right(code):
    example = examples()[code]
    before, after = codes(example.order(mended=False)), codes(example.order(mended=True))
    assert before[code] == (catalogue()[code].severity == "error")
    assert not any(after.values()), after
    assert code not in after


@pytest.mark.parametrize("code", [code for code, example in examples().items() if example.setting])
def test_the_setting_relaxes_the_rule(code, tmp_path):
    example = examples()[code]
    (tmp_path / "site.toml").write_text(example.setting)
    found = codes(example.order(mended=False), load(tmp_path / "site.toml"))
    assert not any(found.values()), found


def test_the_codes_that_an_example_names_are_a_value_set():
    assert all(value_set(example.codes).concepts for example in examples().values() if example.codes)
