"""No value that an attribute cannot hold reaches a document: readers keep it out, and an order built by hand is refused."""

from __future__ import annotations

import copy
import json
import os
from dataclasses import replace

import pytest
from conftest import ROOT
from hostile_orders import broken
from hypothesis import HealthCheck, given, settings
from lxml import etree

from bridge import Bridge
from bridge.checks.report import Report
from bridge.checks.structure import check as structure
from bridge.convert import write_document
from bridge.findings.errors import OrderError
from bridge.order import Identifier, Telecom, Translation, datatypes
from bridge.rules import writable

EXAMPLES = int(os.environ.get("IMGDA_EXAMPLES", "40"))
CT = json.loads((ROOT / "fixtures" / "road-trauma-ct" / "bundle.json").read_text("utf-8"))
ORDER = Bridge().read_document((ROOT / "fixtures" / "knee-radiograph" / "document.xml").read_bytes()).order


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(order=broken())
def test_an_order_with_hostile_values_is_refused_or_its_document_keeps_the_structure(order):
    if writable.check(order):
        with pytest.raises(OrderError):
            write_document(order)
        return
    assert Report("2024.01", tuple(structure(etree.fromstring(write_document(order))))).conforms


def with_translation(code, system):
    (act, *others) = ORDER.acts
    modality = replace(act.modality, translations=(Translation(code=code, system=system),))
    return replace(ORDER, acts=(replace(act, modality=modality), *others))


@pytest.mark.parametrize(
    ("code", "system", "field"),
    [
        ("TDM TX", "1.2.3", "code"),
        ("a\u00a0b", "1.2.3", "code"),
        ("", "1.2.3", "code"),
        ("CT", "1.2.250.01.5", "system"),
        ("CT", "http://example.org", "system"),
        ("CT", "", "system"),
        ("CT", "1." * 65 + "1", "system"),
    ],
)
def test_a_translation_that_no_document_can_hold_is_refused_at_its_place_in_the_order(code, system, field):
    with pytest.raises(OrderError) as refused:
        write_document(with_translation(code, system))
    (found,) = refused.value.issues
    assert (found.code, found.path) == ("IMGDA-1662", f"acts[0].modality.translations[0].{field}")
    assert found.text("en").startswith("The order holds at acts[0].modality.translations[0].")


@pytest.mark.parametrize(
    "number",
    [Identifier(root="1.02", extension="x"), Identifier(root="1.2", extension="9" * 65), Identifier(root="1.2", extension=" ")],
)
def test_an_identifier_that_no_document_can_hold_is_refused(number):
    order = replace(ORDER, request=replace(ORDER.request, ids=(number,)))
    assert [found.code for found in writable.check(order)] == ["IMGDA-1662"]


def test_the_same_member_of_a_set_twice_is_refused():
    number = Identifier(root="1.2", extension="1")
    order = replace(ORDER, request=replace(ORDER.request, ids=(number, number)))
    assert [(found.code, found.path) for found in writable.check(order)] == [("IMGDA-1663", "request.ids[1]")]


@pytest.mark.parametrize("value", ["sms:1", "tel:", "tel:+33 1", "mailto:é@example.org", "https://example.org", "http://a|b"])
def test_a_means_of_contact_that_the_suites_refuse_is_refused(value):
    order = replace(ORDER, patient=replace(ORDER.patient, telecoms=(Telecom(value=value),)))
    assert [found.path for found in writable.check(order)] == ["patient.telecoms[0].value"]


@pytest.mark.parametrize("text", ["", " \n", "a\x01", "\ufffe"])
def test_a_text_that_is_blank_or_that_xml_forbids_is_refused(text):
    assert [found.path for found in writable.check(replace(ORDER, justification=text))] == ["justification"]


@pytest.mark.parametrize("text", ["a\x01", "\ufffe", "\uffff", "\ud800"])
@pytest.mark.parametrize("field", ["code", "display", "text"])
def test_a_character_that_xml_forbids_is_refused_in_every_part_of_a_code(field, text):
    modality = replace(ORDER.acts[0].modality, **{field: text})
    order = replace(ORDER, acts=(replace(ORDER.acts[0], modality=modality), *ORDER.acts[1:]))
    assert f"acts[0].modality.{field}" in [found.path for found in writable.check(order)]


def test_the_orders_of_readers_are_not_refused():
    assert writable.check(ORDER) == []


def further_coding(code, system):
    order = copy.deepcopy(CT)
    order["code"].setdefault("coding", []).append({"system": system, "code": code, "display": "Local"})
    return Bridge().to_cda(order)


@pytest.mark.parametrize(
    ("code", "system"), [("TDM TX", "urn:oid:1.2.250.1.999.5"), ("TDM", "urn:oid:1.2.250.01.5"), ("TDM", "urn:oid:")]
)
def test_a_further_coding_that_no_document_can_hold_is_a_loss_and_the_order_is_written(code, system):
    found = further_coding(code, system)
    assert f'code="{code}"'.encode() not in found.document
    lost = [loss.path or "" for loss in found.losses]
    assert any(path.startswith("ServiceRequest.code.coding[") for path in lost), lost


def test_a_further_coding_that_a_document_can_hold_is_a_translation():
    assert (
        b'<translation code="TDM-TX" displayName="Local" codeSystem="1.2.250.1.999.5"/>'
        in further_coding("TDM-TX", "urn:oid:1.2.250.1.999.5").document
    )


@pytest.mark.parametrize(("text", "right"), [("1.2.3", True), ("2", True), ("1.02", False), ("3.1", False), ("1.2.", False)])
def test_an_oid_has_no_empty_arc_and_none_that_begins_with_0(text, right):
    assert datatypes.is_oid(text) is right


@pytest.mark.parametrize(
    ("text", "right"), [("G15_10/SM26", True), ("é", True), ("a b", False), ("a\u200bb", False), ("", False)]
)
def test_a_code_has_no_white_space_and_nothing_that_cannot_be_seen(text, right):
    assert datatypes.is_code(text) is right
