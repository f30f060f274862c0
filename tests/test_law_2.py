"""Law 2: an order that is written as a document and read back is the same order, in every version of the model."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from conftest import STORIES
from hypothesis import HealthCheck, given, settings
from strategies import orders

from bridge import Bridge, models
from bridge.convert import write_document
from bridge.order import Attachment, Order
from bridge.order import xml as order_xml

EXAMPLES = int(os.environ.get("IMGDA_EXAMPLES", "40"))
"""More of them in a long run: 2,000 before a release."""

_BRIDGE = Bridge()


@pytest.mark.parametrize("model", models())
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(order=orders())
def test_an_order_comes_back_from_its_document_unchanged_and_without_a_finding(model: str, order: Order):
    reading = _BRIDGE.read_document(write_document(order, model))
    assert reading.order == order
    assert reading.model == model
    assert [str(found) for found in reading.issues] == []


@pytest.mark.parametrize("model", models())
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_a_story_comes_back_from_its_document_unchanged_and_without_a_finding(story, model):
    order = order_xml.read((story / "order.xml").read_text("utf-8"))
    reading = _BRIDGE.read_document(write_document(order, model))
    assert reading.order == order
    assert [str(found) for found in reading.issues] == []


def test_an_attachment_of_twenty_mebibytes_comes_back_unchanged():
    story = next(story for story in STORIES if story.name == "lymphoma-pet")
    order = order_xml.read((story / "order.xml").read_text("utf-8"))
    large = Attachment(title="Scanner", media_type="image/tiff", data="AAAA" * (20 * 1024 * 1024 // 3))
    order = replace(order, attachments=(large,))
    assert _BRIDGE.read_document(write_document(order)).order == order
