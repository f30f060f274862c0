"""``--paranoid`` looks for every value in the document, and refuses no order whose values all stand there."""

from __future__ import annotations

import copy
import json
from dataclasses import replace

import pytest
from conftest import ROOT, STORIES, input_of

from bridge import Bridge
from bridge.fhir.write import write
from bridge.findings.errors import BridgeError
from bridge.order import Address
from bridge.order import xml as order_xml

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


@pytest.mark.parametrize(("modality", "answer"), [("MED-1126", "MED-1154"), ("MED-1127", "MED-1153")])
def test_an_answer_on_contrast_is_found_in_the_modality_that_says_it(modality, answer):
    order = copy.deepcopy(json.loads(CT.read_text("utf-8")))
    order["code"] = {"coding": [{"system": TA, "code": modality}]}
    order["orderDetail"] = [{"coding": [{"system": TA, "code": answer}]}]
    assert unfound(order) == []


def test_the_words_and_uses_that_an_order_of_ours_repeats_are_found():
    order = order_xml.read((ROOT / "fixtures" / "hip-and-knee-radiographs" / "order.xml").read_text("utf-8"))
    assert any(site.modifiers for act in order.acts for site in act.sites)
    uses = tuple(Address(use=use, city=f"VILLE {use}") for use in ("H", "HP", "HV", "WP", "TMP"))
    order = replace(order, patient=replace(order.patient, addresses=uses))
    assert unfound(write(order)) == []
