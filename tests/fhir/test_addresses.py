"""Addresses with the parts of ISO 21090: the street is whole and no word of a line is lost (docs/fhir.md, 4.3)."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from bundles import bundle, patient
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

import bridge
from bridge.fhir.ledger.node import root
from bridge.fhir.read.datatypes.addresses import address
from bridge.fhir.source.parse import parse
from bridge.order import Address

ADXP = "http://hl7.org/fhir/StructureDefinition/iso21090-ADXP-"
TOWN = {"postalCode": "75014", "city": "PARIS"}
TYPE_AND_BASE = [("houseNumber", "96"), ("streetNameType", "R"), ("streetNameBase", "DIDOT")]
Parts = list[tuple[str, str]]


def sent(*lines: tuple[str | None, Parts], **more: Any) -> dict[str, Any]:
    beside = [{"extension": [{"url": ADXP + k, "valueString": v} for k, v in parts]} if parts else None for _, parts in lines]
    return {"line": [text for text, _ in lines], "_line": beside, **TOWN, **more}


def read(*lines: tuple[str | None, Parts], **more: Any) -> Address:
    found, lost = read_and_lost(*lines, **more)
    assert lost == []
    return found


def read_and_lost(*lines: tuple[str | None, Parts], **more: Any) -> tuple[Address, list[str]]:
    resource = root({"resourceType": "Patient", "address": [sent(*lines, **more)]})
    node = resource.child("address")
    assert node is not None
    found = address(node)
    assert found is not None
    return found, [leaf.path for leaf in node.leaves() if resource.ledger.is_lost(leaf) and leaf.value is not None]


def words(found: Address) -> list[str]:
    texts = [getattr(found, name) for name in Address.__slots__ if name not in ("lines", "use")]
    return re.findall(r"\w+", " ".join([*found.lines, *(text for text in texts if text)]).casefold())


def test_type_and_base_of_a_street_are_the_whole_street():
    found = read(("96 R DIDOT", TYPE_AND_BASE))
    assert (found.house_number, found.street_name, found.street_name_type) == ("96", "R DIDOT", None)


def test_the_order_of_the_parts_is_that_of_the_line():
    assert read(("96 R DIDOT", TYPE_AND_BASE[::-1])).street_name == "R DIDOT"


def test_parts_without_a_line_are_taken_in_their_order():
    found = read((None, TYPE_AND_BASE))
    assert (found.house_number, found.street_name) == ("96", "R DIDOT")


@pytest.mark.parametrize(
    ("text", "parts", "expected"),
    [
        (
            "96 BIS R DIDOT",
            [("buildingNumberSuffix", "BIS"), *TYPE_AND_BASE],
            {"house_number": "96 BIS", "street_name": "R DIDOT"},
        ),
        ("96 R DIDOT NORD", [*TYPE_AND_BASE, ("direction", "NORD")], {"house_number": "96", "street_name": "R DIDOT NORD"}),
        ("Apt 3", [("unitType", "Apt"), ("unitID", "3")], {"unit_id": "Apt 3"}),
        ("c/o Mme Essai", [("careOf", "c/o Mme Essai")], {"additional_locator": "c/o Mme Essai"}),
        ("BP 12", [("postBox", "BP 12")], {"post_box": "BP 12"}),
        ("Lieu-dit Le Pré", [("precinct", "Lieu-dit Le Pré")], {"precinct": "Lieu-dit Le Pré"}),
        ("96, R DIDOT", [*TYPE_AND_BASE, ("delimiter", ",")], {"house_number": "96", "street_name": "R DIDOT"}),
        ("96 R DIDOT", [*TYPE_AND_BASE, ("houseNumberNumeric", "96")], {"house_number": "96", "street_name": "R DIDOT"}),
        ("96 R DIDOT", [*TYPE_AND_BASE, ("streetName", "R DIDOT")], {"house_number": "96", "street_name": "R DIDOT"}),
        ("96 R DIDOT", [*TYPE_AND_BASE, ("streetAddressLine", "96 R DIDOT")], {"house_number": "96", "street_name": "R DIDOT"}),
        (
            "TSA 1 CEDEX 9",
            [("deliveryModeIdentifier", "TSA 1"), ("deliveryMode", "CEDEX 9")],
            {"additional_locator": "TSA 1, CEDEX 9"},
        ),
        (
            "12 rue des Lilas",
            [("houseNumber", "12"), ("streetNameType", "rue"), ("streetName", "des Lilas")],
            {"house_number": "12", "street_name_type": "rue", "street_name": "des Lilas"},
        ),
    ],
)
def test_every_part_of_iso_21090_has_its_place(text, parts, expected):
    assert read((text, parts)) == Address(postal_code="75014", city="PARIS", **expected)


def test_several_lines_fill_several_parts():
    found = read(
        ("Bâtiment B", [("additionalLocator", "Bâtiment B")]),
        ("Étage 2", [("additionalLocator", "Étage 2")]),
        ("96 R DIDOT", TYPE_AND_BASE),
    )
    assert (found.additional_locator, found.house_number, found.street_name) == ("Bâtiment B, Étage 2", "96", "R DIDOT")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([("96 BIS R DIDOT", TYPE_AND_BASE)], ("96 BIS R DIDOT",)),
        ([("Bâtiment B, 96 R DIDOT", TYPE_AND_BASE)], ("Bâtiment B, 96 R DIDOT",)),
        ([("Résidence X", []), ("96 R DIDOT", TYPE_AND_BASE)], ("Résidence X", "96 R DIDOT")),
        ([("96 R DIDOT étage 3", [*TYPE_AND_BASE, ("floor", "étage 3")])], ("96 R DIDOT étage 3",)),
        ([("96 R DIDOT", [*TYPE_AND_BASE, ("floor", "étage 3")])], ("96 R DIDOT, étage 3",)),
        ([("12", [("houseNumber", "12")]), ("14", [("houseNumber", "14")])], ("12", "14")),
        ([("9 rue du 9 mai", [("houseNumber", "9"), ("streetName", "rue du mai")])], ("9 rue du 9 mai",)),
    ],
)
def test_a_line_of_which_the_parts_do_not_say_every_word_is_kept_whole(lines, expected):
    assert read(*lines).lines == (*expected, "75014 PARIS")


def test_an_extension_that_is_no_part_of_a_line_is_a_loss_and_the_line_is_kept():
    data = bundle(p=patient(address=[sent(("96 R DIDOT", []))]))
    data["entry"][0]["resource"]["address"][0]["_line"] = [
        {"extension": [{"url": "https://ehr.example/iris", "valueString": "7"}]}
    ]
    found = bridge.to_cda(data)
    assert found.order.patient.addresses[0].lines == ("96 R DIDOT", "75014 PARIS")
    assert "Bundle.entry[0].resource.address[0]._line[0].extension[0].valueString" in [loss.path for loss in found.losses]


def test_what_is_read_of_an_address_stands_in_the_document():
    whole = sent(("96 BIS R DIDOT", [("buildingNumberSuffix", "BIS"), *TYPE_AND_BASE]), ("BP 7", [("postBox", "BP 7")]))
    free = sent(("Résidence X", []), ("96 R DIDOT", [*TYPE_AND_BASE, ("floor", "étage 3")]), city="MENDE")
    found = bridge.to_cda(bundle(p=patient(address=[whole, free])))
    assert len(found.order.patient.addresses) == 2
    assert found.trace.unfound() == []
    assert not [loss for loss in found.losses if "address" in str(loss.path)]


def test_the_document_has_the_parts_that_the_official_suites_accept():
    data = bundle(p=patient(address=[sent(("96 R DIDOT", TYPE_AND_BASE))]))
    (written,) = etree.fromstring(bridge.to_cda(data).document).iterfind(".//{*}patientRole/{*}addr")
    assert [(etree.QName(part).localname, part.text) for part in written] == [
        ("houseNumber", "96"),
        ("streetName", "R DIDOT"),
        ("postalCode", "75014"),
        ("city", "PARIS"),
    ]


def test_the_parts_of_a_line_are_the_same_in_xml():
    def primitive(value: str, extensions: str = "") -> str:
        return f'<line value="{value}">{extensions}</line>' if value else f"<line>{extensions}</line>"

    parts = "".join(f'<extension url="{ADXP}{k}"><valueString value="{v}"/></extension>' for k, v in TYPE_AND_BASE)
    data = bundle(p=patient(address=[sent(("Bâtiment B", []), ("96 R DIDOT", TYPE_AND_BASE))]))
    as_json = bridge.to_cda(data).order.patient.addresses
    lines = primitive("Bâtiment B") + primitive("96 R DIDOT", parts)
    town = '<city value="PARIS"/><postalCode value="75014"/>'
    source = f'<Patient xmlns="http://hl7.org/fhir"><address>{lines}{town}</address></Patient>'
    node = root(json.loads(json.dumps(parse(source).resource))).child("address")
    assert node is not None
    assert (address(node),) == as_json
    assert as_json[0].lines == ("Bâtiment B", "96 R DIDOT", "75014 PARIS")


_NAMES = st.sampled_from(
    "houseNumber houseNumberNumeric buildingNumberSuffix streetName streetNameType streetNameBase direction unitID unitType"
    " postBox precinct careOf additionalLocator delimiter deliveryMode streetAddressLine floor".split()
)
_WORDS = st.lists(st.sampled_from(["96", "bis", "R", "DIDOT", "Nord", "BP", "12"]), min_size=1, max_size=3).map(" ".join)
_LINES = st.tuples(st.none() | _WORDS, st.lists(st.tuples(_NAMES, _WORDS), max_size=4))


def test_a_whole_line_as_a_part_beside_another_part_is_written_where_the_line_itself_is_empty():
    found, lost = read_and_lost((None, [("houseNumber", "96"), ("streetAddressLine", "bis")]))
    assert (found.lines, lost) == (("96 bis", "75014 PARIS"), [])


@given(st.lists(_LINES, min_size=1, max_size=3))
def test_every_word_of_lines_and_parts_is_written(lines):
    found, lost = read_and_lost(*lines)
    assert lost == []
    texts = [text for text, _ in lines if text] + [value for _, parts in lines for name, value in parts if name != "delimiter"]
    everything = [*texts, *(value for _, parts in lines for _, value in parts), "75014 paris"]
    assert set(" ".join(texts).casefold().split()) <= set(words(found)) <= set(" ".join(everything).casefold().split())
