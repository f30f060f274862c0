"""Random valid orders: the document is sound, says the order, and is the same again. ``IMGDA_EXAMPLES`` makes more of them.

benchmarks/conformance_random.py checks such documents with the official suites.
"""

from __future__ import annotations

import os

from conftest import ROOT
from documents import assert_sound, find, tree_of
from hypothesis import HealthCheck, given, settings
from lxml import etree
from strategies import orders

from bridge.convert import write_document
from bridge.order import Order
from bridge.order import xml as order_xml

SCHEMA = etree.RelaxNG(etree.parse(str(ROOT / "xslt" / "order.rng")))
EXAMPLES = int(os.environ.get("IMGDA_EXAMPLES", "60"))
SOME = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


@SOME
@given(orders())
def test_an_order_is_printed_under_its_schema_and_read_back(order: Order):
    text = order_xml.write(order)
    SCHEMA.assertValid(etree.fromstring(text))
    assert order_xml.read(text) == order


@SOME
@given(orders())
def test_the_document_of_an_order_is_sound_and_repeatable(order: Order):
    document = write_document(order)
    assert_sound(document)
    assert write_document(order) == document


@SOME
@given(orders())
def test_the_document_says_what_the_order_says(order: Order):
    root = tree_of(write_document(order))
    acts = find(root, "//c:entry/c:observation[@moodCode='INT']")
    assert [a.find("{*}code").get("code") for a in acts] == [act.modality.code for act in order.acts]
    for element, act in zip(acts, order.acts, strict=True):
        sites = [site.get("code") for site in element.findall("{*}targetSiteCode")]
        assert sites == [site.location.code for site in act.sites]
        sides = [str(v) for v in find(element, "c:targetSiteCode//c:qualifier/c:value/@code")]
        assert sides == [modifier.code for site in act.sites for modifier in site.modifiers]
        functions = find(element, "c:entryRelationship/c:observation[c:code/@code='MED-1133']/c:value/@code")
        assert [str(f) for f in functions] == [function.concept.code for function in act.functions]
    answers = [
        (o.find("{*}value").get("code"), o.get("negationInd") != "true")
        for o in find(root, "//c:observation[c:code/@code='64100-1']")
    ]
    assert answers == [(item.concept.code, item.present) for item in order.contraindications]
    assert len(find(root, "//c:observationMedia")) == len(order.attachments)
    assert bool(find(root, "/*/c:documentationOf/c:serviceEvent/c:code[@code='Z13.9']")) is order.screening
    assert bool(find(root, "/*/c:documentationOf/c:serviceEvent/c:code[@code='MED-1095']")) is (order.urgency is not None)
    ids = [(i.get("root"), i.get("extension")) for i in find(root, "/*/c:recordTarget/c:patientRole/c:id")]
    assert ids == [(i.root, i.extension) for i in order.patient.ids]
