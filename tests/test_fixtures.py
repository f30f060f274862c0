"""Each clinical story: its input, the order it means, the document it becomes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, STORIES, input_of
from documents import assert_sound
from lxml import etree

import bridge
from bridge.convert import write_document
from bridge.order import xml as order_xml

SCHEMA = etree.RelaxNG(etree.parse(str(ROOT / "xslt" / "order.rng")))


def name_of(story: Path) -> str:
    return story.name


def test_there_are_enough_stories():
    assert len(STORIES) >= 14


@pytest.mark.parametrize("story", STORIES, ids=name_of)
def test_the_input_becomes_the_order(story):
    normalized = bridge.Bridge().normalize(input_of(story).read_bytes())
    assert order_xml.write(normalized.order, pretty=True) == (story / "order.xml").read_text("utf-8")


@pytest.mark.parametrize("story", STORIES, ids=name_of)
def test_the_order_is_valid_and_reads_back(story):
    tree = etree.parse(str(story / "order.xml"), etree.XMLParser(remove_blank_text=True))
    SCHEMA.assertValid(tree)
    order = order_xml.read((story / "order.xml").read_text("utf-8"))
    assert order == bridge.Bridge().normalize(input_of(story).read_bytes()).order


@pytest.mark.parametrize("story", STORIES, ids=name_of)
def test_the_order_becomes_the_document(story):
    order = order_xml.read((story / "order.xml").read_text("utf-8"))
    assert write_document(order) == (story / "document.xml").read_bytes()


@pytest.mark.parametrize("story", STORIES, ids=name_of)
def test_the_document_is_sound(story):
    assert_sound((story / "document.xml").read_bytes())


def test_the_stories_cover_every_modality_contraindication_and_care_information():
    from bridge.tables.codes import value_set

    orders = [order_xml.read((story / "order.xml").read_text("utf-8")) for story in STORIES]
    modalities = {act.modality.code for order in orders for act in order.acts}
    answers = {(c.concept.code, c.present) for order in orders for c in order.contraindications}
    care = {item.concept.code for order in orders for item in order.care_information}
    encounters = {order.encounter.type.code for order in orders if order.encounter.type}
    assert modalities == {c.code for c in value_set("modality").concepts.values()}
    assert {code for code, _ in answers} == {c.code for c in value_set("contraindication").concepts.values()}
    assert {present for _, present in answers} == {True, False}
    assert care == {c.code for c in value_set("care-information").concepts.values()}
    assert encounters >= {"AMB", "EMER", "IMP", "EXTERNE", "VR"}
    assert any(order.screening for order in orders)
    assert any(order.urgency and order.urgency.contacted for order in orders)
    assert any(order.urgency and not order.urgency.contacted for order in orders)
    assert any(len(site.modifiers) > 1 for order in orders for act in order.acts for site in act.sites)
    assert any(order.attachments for order in orders)
    assert any(order.patient.guardians for order in orders)


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland"])
def test_another_process_in_another_time_zone_writes_the_same_bytes(zone, tmp_path):
    story = next(s for s in STORIES if s.name == "lymphoma-pet")
    code = "import sys, bridge; sys.stdout.buffer.write(bridge.to_cda(open(sys.argv[1], 'rb').read()).document)"
    environment = {"TZ": zone, "PYTHONHASHSEED": "7", "PATH": "", "PYTHONPATH": str(ROOT), "LC_ALL": "C"}
    result = subprocess.run(
        [sys.executable, "-c", code, str(input_of(story))], capture_output=True, env=environment, cwd=tmp_path, check=True
    )
    assert result.stdout == (story / "document.xml").read_bytes()
