"""The random orders reach what the laws are about: every field of every class, every code of every value set."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import fields, is_dataclass
from typing import Any

import strategies
from hypothesis import HealthCheck, Phase, given, settings

import bridge.order as model
from bridge.tables.codes import value_set

_SETS = (
    "modality site topographic-modifier contrast-injection pet-function scintigraphy-function contraindication care-information"
    " author-speciality function-code relation practice-setting facility-type encounter-type gender document-type"
).split()


def _walk(value: Any, seen: dict[type, set[str]]) -> None:
    if isinstance(value, tuple):
        for item in value:
            _walk(item, seen)
    elif is_dataclass(value):
        for field in fields(value):
            content = getattr(value, field.name)
            if content not in (None, (), False):
                seen[type(value)].add(field.name)
            _walk(content, seen)


def test_random_orders_reach_every_field_of_every_class():
    seen: dict[type, set[str]] = defaultdict(set)

    @settings(
        max_examples=150,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(order=strategies.orders())
    def collect(order: model.Order) -> None:
        _walk(order, seen)

    collect()
    missing = {
        f"{cls.__name__}.{field.name}"
        for name in model.__all__
        if is_dataclass(cls := getattr(model, name))
        for field in fields(cls)
        if field.name not in seen[cls]
    }
    assert missing == _BY_SETTING


_BY_SETTING = {"Site.text"}
"""A site in words only, which the settings alone allow: tests/fhir/test_coding.py has it, both ways."""


def test_a_code_may_be_any_of_its_value_set():
    """``codes`` samples from the whole set: its elements are those of the table."""
    for name in _SETS:
        drawn = {(code.code, code.system) for code in strategies.concepts(name)}
        assert drawn == set(value_set(name).concepts)
