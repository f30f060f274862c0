"""Law 3: an order written as FHIR and read again is the same order, in both shapes, and nothing of it is a loss."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest
from conftest import STORIES, input_of
from hypothesis import HealthCheck, given, settings
from strategies import orders

import bridge
from bridge.fhir.read.readings import Reading, read
from bridge.fhir.source import structure
from bridge.fhir.write import losses, write
from bridge.order import Order
from bridge.order import xml as order_xml
from bridge.settings import Settings

EXAMPLES = int(os.environ.get("IMGDA_EXAMPLES", "25"))
SHAPES = ["document", "order"]

TRUE_OF_THE_ORDER = {
    "IMGDA-0311",  # the demandeur has no name
    "IMGDA-0318",  # no order number
    "IMGDA-0323",  # the patient is dead
    "IMGDA-0440",  # a site both right and left
    "IMGDA-0709",  # content of another type than stated
}
"""Warnings that the order itself deserves, however it is written."""

law = settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def readings(data: dict[str, Any]) -> list[Reading]:
    assert structure.check(data, "R4") == []
    return read(data, "R4", Settings())


def faults(reading: Reading) -> list[str]:
    """Losses, errors, and warnings that are the writer's."""
    weighty = [i for i in reading.issues if i.loss or i.severity in ("fatal", "error", "warning")]
    return sorted({str(i) for i in weighty if i.code not in TRUE_OF_THE_ORDER})


def assert_same(order: Order, shape: Any) -> None:
    (reading,) = readings(json.loads(json.dumps(write(order, shape=shape))))
    assert reading.order == order
    assert faults(reading) == []
    assert losses(order) == ()


@pytest.mark.parametrize("shape", SHAPES)
@law
@given(orders())
def test_an_order_written_and_read_again_is_the_same(shape, order):
    assert_same(order, shape)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_the_order_of_each_story_comes_back(story, shape):
    assert_same(order_xml.read((story / "order.xml").read_text("utf-8")), shape)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_what_is_written_of_each_story_passes_the_whole_reader(story, shape):
    converter = bridge.Bridge()
    order = converter.normalize(input_of(story).read_bytes()).order
    written = json.dumps(write(order, shape=shape), ensure_ascii=False).encode()
    again = converter.normalize(written)
    assert again.order == order
    assert again.losses == ()
