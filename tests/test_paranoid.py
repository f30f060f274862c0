"""``--paranoid`` looks for every value in the document, and refuses no order whose values all stand there."""

from __future__ import annotations

import copy
import json

import pytest
from conftest import ROOT, STORIES, input_of

from bridge import Bridge
from bridge.errors import BridgeError

CT = ROOT / "fixtures" / "road-trauma-ct" / "bundle.json"
TA = "https://smt.esante.gouv.fr/fhir/CodeSystem/terminologie-cisis"


def unfound(source) -> list[tuple[str | None, str | None]]:
    return [(loss.path, loss.loss) for loss in Bridge().to_cda(source, draft=True).trace.unfound()]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_every_value_of_a_story_is_found_in_its_document(story):
    try:
        assert unfound(input_of(story).read_bytes()) == []
    except BridgeError as error:
        pytest.skip(f"several orders: {error.code}")


@pytest.mark.parametrize("code", ["MED-1153", "MED-1154"])
def test_the_wish_for_contrast_of_a_ct_is_found_in_the_words_of_its_comment(code):
    order = copy.deepcopy(json.loads(CT.read_text("utf-8")))
    assert order["resourceType"] == "ServiceRequest"
    order["orderDetail"] = [{"coding": [{"system": TA, "code": code}]}]
    found = Bridge().to_cda(order, paranoid=True)
    assert all(act.contrast is None for act in found.order.acts)
    assert unfound(order) == []
