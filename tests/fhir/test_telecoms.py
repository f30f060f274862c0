"""Means of contact as people write them: what a document may hold, the whole number and no other (docs/fhir.md, 4.4)."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

import pytest
from bundles import bundle, patient, resources
from hypothesis import given
from hypothesis import strategies as st

import bridge
from bridge.fhir.ledger.node import Node, root
from bridge.fhir.read.datatypes.telecoms import contact_uri, telecom

ACCEPTED = re.compile(r"(tel|fax|mailto|http|ftp|mllp):\S+")
ADDRESS = "http://hl7.org/fhir/StructureDefinition/iso21090-TEL-address"
EXTENSION = "http://hl7.org/fhir/StructureDefinition/contactpoint-extension"


def point(value: str, system: str | None = "phone", **more: Any) -> Node:
    given_ = {"system": system} if system else {}
    found = root({"resourceType": "Patient", "telecom": [{**given_, "value": value, **more}]}).child("telecom")
    assert found is not None
    return found


def uris(value: str, system: str | None = "phone", **more: Any) -> list[str]:
    return [found.value for found in telecom(point(value, system, **more))]


def loss(node: Node) -> str | None:
    reason = node.ledger.reason_at(node.value, "value")
    return reason.code if reason else None


@pytest.mark.parametrize(
    ("value", "uri"),
    [
        ("01 99 00 12 34", "tel:0199001234"),
        ("01.99-00 12/34", "tel:0199001234"),
        ("01 - 99 - 00 - 12 - 34", "tel:0199001234"),
        ("01\u201199\u201100\u201112\u201134", "tel:0199001234"),
        ("\uff10\uff11 99 00 12 34", "tel:0199001234"),
        ("+33 (0)1 99 00 12 34", "tel:+33199001234"),
        ("(+33) (0) 1 99 00 12 34", "tel:+33199001234"),
        ("0033 (0)1 99 00 12 34", "tel:0033199001234"),
        ("+39 (0)6 1234 5678", "tel:+390612345678"),
        ("(0)1 99 00 12 34", "tel:0199001234"),
        ("030/12345678", "tel:03012345678"),
        ("15", "tel:15"),
        ("#31#0199001234", "tel:%2331%230199001234"),
        ("TEL:01 99 00 12 34", "tel:0199001234"),
        ("Tel: 01 99 00 12 34", "tel:0199001234"),
        ("Tél. : 01.99.00.12.34", "tel:0199001234"),
    ],
)
def test_a_number_is_its_digits(value, uri):
    node = point(value)
    assert [found.value for found in telecom(node)] == [uri]
    assert loss(node) is None


@pytest.mark.parametrize(
    "value",
    [
        "01 99 00 12 34 poste 12",
        "01 99 00 12 34 Poste: 12",
        "01 99 00 12 34 (p. 12)",
        "01 99 00 12 34 - p12",
        "01.99.00.12.34 ext. 12",
        "01 99 00 12 34, extension 12",
        "0199001234x12",
        "tel:0199001234;ext=12",
        "tel:01-99-00-12-34;EXT=12",
    ],
)
def test_a_post_is_the_extension_of_the_number(value):
    node = point(value)
    assert [found.value for found in telecom(node)] == ["tel:0199001234;ext=12"]
    assert loss(node) is None


def test_the_extension_of_a_number_may_stand_in_an_extension_of_fhir():
    assert uris("01 99 00 12 34", extension=[{"url": EXTENSION, "valueString": "12"}]) == ["tel:0199001234;ext=12"]


def test_other_parameters_of_a_telephone_uri_stay():
    assert uris("tel:1234;phone-context=+33199", None) == ["tel:1234;phone-context=+33199"]


@pytest.mark.parametrize(
    "value",
    [
        "01 99 00 12 34 / 06 99 00 56 78",
        "01 99 00 12 34 ou 06 99 00 56 78",
        "01 99 00 12 34 - 06 99 00 56 78",
        "0199001234;0699005678",
        "0199001234,0699005678",
        "01 99 00 12 34, 06 99 00 56 78",
        "0199001234 0699005678",
        "01 99 00 12 34\n06 99 00 56 78",
    ],
)
def test_several_numbers_in_one_value_are_several_means(value):
    node = point(value, use="work")
    assert [(f.value, f.use) for f in telecom(node)] == [("tel:0199001234", "WP"), ("tel:0699005678", "WP")]
    assert loss(node) is None


def test_each_of_several_numbers_keeps_its_post():
    assert uris("01 99 00 12 34 poste 1 / 01 99 00 12 35 poste 2") == ["tel:0199001234;ext=1", "tel:0199001235;ext=2"]


@pytest.mark.parametrize("value", ["01 99 00 12 34 ou 35", "0199001234/35", "01 99 00 12 34 (35)", "01 99 00 12 34 12"])
def test_digits_beside_a_number_are_no_part_of_it_and_are_listed(value):
    node = point(value)
    assert [found.value for found in telecom(node)] == ["tel:0199001234"]
    assert loss(node) == "IMGDA-0355"


@pytest.mark.parametrize("value", ["Standard : 01 99 00 12 34", "01 99 00 12 34 le matin", "01 99 00 12 34 / secrétariat"])
def test_words_beside_a_number_are_listed(value):
    node = point(value)
    assert [found.value for found in telecom(node)] == ["tel:0199001234"]
    assert loss(node) == "IMGDA-0354"


@pytest.mark.parametrize(
    "value",
    [
        "bureau 312",
        "06 99 00 56 7B",
        "a@example.org",
        "sms:0699005678",
        "https://example.org/0199001234",
        "0800 SANTE",
        "voir dossier",
        "12345678901234567890",
        "-",
    ],
)
def test_what_is_no_number_is_never_made_one(value):
    node = point(value)
    assert telecom(node) == ()
    assert loss(node) == "IMGDA-0906"


@pytest.mark.parametrize(
    ("value", "expected", "code"),
    [
        ("Jean Essai <a@example.org>", ["mailto:a@example.org"], "IMGDA-0354"),
        ('"Jean Essai" <a@example.org>', ["mailto:a@example.org"], "IMGDA-0354"),
        ("Jean Essai a@example.org", ["mailto:a@example.org"], "IMGDA-0354"),
        ("mailto:a@example.org?subject=Avis", ["mailto:a@example.org"], "IMGDA-0354"),
        ("<a@example.org>", ["mailto:a@example.org"], None),
        ("MAILTO:a@example.org", ["mailto:a@example.org"], None),
        ("a @ example.org", ["mailto:a@example.org"], None),
        ("a@example.org; b@example.org", ["mailto:a@example.org", "mailto:b@example.org"], None),
        ("a@example.org ou b@example.org", ["mailto:a@example.org", "mailto:b@example.org"], None),
        ("jean essai @ example.org", [], "IMGDA-0906"),
        ("a@b@c", [], "IMGDA-0906"),
        ("0199001234", [], "IMGDA-0906"),
    ],
)
def test_a_mail_address_is_taken_out_of_what_surrounds_it(value, expected, code):
    node = point(value, "email")
    assert [found.value for found in telecom(node)] == expected
    assert loss(node) == code


@pytest.mark.parametrize(
    ("value", "system", "uri"),
    [
        ("HTTP://example.org/a b", "url", "http://example.org/a%20b"),
        ("mailto:a@example.org", "url", "mailto:a@example.org"),
        ("FAX:01 99 00 12 34", "phone", "fax:0199001234"),
        ("01 99 00 12 34", "fax", "fax:0199001234"),
        ("https://example.org", "url", None),
        ("0699005678", "sms", None),
        ("0199001234", None, None),
    ],
)
def test_the_scheme_is_one_that_the_official_suites_accept(value, system, uri):
    assert contact_uri(value, system) == uri


def test_a_number_that_differs_from_the_whole_uri_beside_it_is_a_number_of_its_own():
    stated = [{"url": ADDRESS, "valueUrl": "tel:0199001234"}]
    assert uris("06 99 00 56 78", extension=stated) == ["tel:0199001234", "tel:0699005678"]
    assert uris("01 99 00 12 34", extension=stated) == ["tel:0199001234"]


def test_a_loss_of_a_means_of_contact_points_to_its_value():
    found = bridge.to_cda(bundle(p=patient(telecom=[{"system": "phone", "value": "Standard : 01 99 00 12 34"}])))
    assert found.order.patient.telecoms[0].value == "tel:0199001234"
    assert "IMGDA-0354 Bundle.entry[0].resource.telecom[0].value" in [f"{loss.code} {loss.path}" for loss in found.losses]


def test_what_is_read_of_a_means_of_contact_stands_in_the_document():
    values = ["01 99 00 12 34 poste 12", "+33 (0)1 99 00 12 35", "TEL:01 99 00 12 36", "01 99 00 12 37 / 01 99 00 12 38"]
    points = [{"system": "phone", "value": value} for value in values]
    points.append({"system": "phone", "value": "01 99 00 12 39", "extension": [{"url": EXTENSION, "valueString": "4512"}]})
    found = bridge.to_cda(bundle(p=patient(telecom=points)))
    assert len(found.order.patient.telecoms) == 6
    assert found.trace.unfound() == []
    assert not [loss for loss in found.losses if "telecom" in str(loss.path)]


def test_several_numbers_to_call_back_all_join_those_of_the_requester():
    url = "http://hl7.org/fhir/StructureDefinition/servicerequest-order-callback-phone-number"
    request = resources()["sr"] | {
        "extension": [{"url": url, "valueContactPoint": {"system": "phone", "value": "01 99 00 12 34 ou 06 99 00 56 78"}}]
    }
    values = [t.value for t in bridge.to_cda(bundle(sr=request)).order.authors[0].professional.telecoms]
    assert values == ["tel:0199000001", "tel:0199001234", "tel:0699005678"]


_PIECES = st.sampled_from(
    [
        "01 99 00 12 34",
        "0699005678",
        "+33",
        "(0)",
        "poste",
        "12",
        "/",
        " ou ",
        "a@example.org",
        "<",
        ">",
        ";",
        ",",
        "ext=",
        "tel:",
        "é",
    ]
)


@given(st.lists(_PIECES, max_size=6).map("".join), st.sampled_from(["phone", "fax", "pager", "email", "url", "sms", None]))
def test_whatever_is_sent_a_written_means_is_accepted_and_made_of_what_was_sent(value, system):
    node = point(value, system)
    for found in telecom(node):
        assert ACCEPTED.fullmatch(found.value)
        if found.value.startswith(("tel:", "fax:")):
            digits = re.sub(r"\D", "", value)
            assert all(part in digits for part in re.findall(r"\d+", unquote(found.value).replace("+33", "")))


@given(st.text(max_size=40), st.sampled_from(["phone", "fax", "pager", "email"]))
def test_a_value_that_gives_nothing_is_listed(value, system):
    node = point(value, system)
    if value.strip() and not telecom(node):
        assert loss(node) == "IMGDA-0906" or not value.split()
