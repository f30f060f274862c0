"""The functions of ``xslt/to-cda/datatypes.xsl``, one by one."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from functions import XSLT, Functions
from lxml import etree

from bridge.tables.codes import rows

O = 'xmlns="urn:x-bridge:order"'  # noqa: E741 (the prefix of the stylesheets)


@pytest.fixture(scope="module")
def datatypes() -> Iterator[Functions]:
    with Functions("to-cda/datatypes.xsl", "urn:x-bridge:to-cda:datatypes") as functions:
        yield functions


def parsed(text: str) -> etree._Element:
    return etree.fromstring(text)


@pytest.mark.parametrize(
    ("when", "ts"),
    [
        ("2024", "2024"),
        ("2024-03", "202403"),
        ("2024-03-05", "20240305"),
        ("2024-03-05T09:30:00+01:00", "20240305093000+0100"),
        ("2024-03-05T09:30:00-05:00", "20240305093000-0500"),
        ("2024-03-05T00:00:00+00:00", "20240305000000+0000"),
        ("2024-03-05T23:59:59+14:00", "20240305235959+1400"),
        ("1900-01-01T12:00:00-09:30", "19000101120000-0930"),
    ],
)
def test_a_timestamp_keeps_its_precision_and_offset(datatypes, when, ts):
    assert datatypes.call("ts", when) == ts


@pytest.mark.parametrize(
    ("when", "shown"),
    [
        ("2024", "2024"),
        ("2024-03", "03/2024"),
        ("2024-03-05", "05/03/2024"),
        ("2024-03-05T09:30:00+01:00", "05/03/2024 09:30"),
        ("2024-03-05T00:00:00-05:00", "05/03/2024 00:00"),
    ],
)
def test_people_read_a_date_the_french_way(datatypes, when, shown):
    assert datatypes.call("french-date", when) == shown


@pytest.mark.parametrize(
    ("name", "numbers", "ref"),
    [
        ("modalite-examen", (1,), "modalite-examen-01"),
        ("fonction", (1, 2), "fonction-01-02"),
        ("fonction", (12, 345), "fonction-12-345"),
    ],
)
def test_narrative_ids_are_numbered_with_two_digits(datatypes, name, numbers, ref):
    assert datatypes.call("ref", name, numbers) == ref


@pytest.mark.parametrize("name", ["x", "a-b"])
def test_a_narrative_id_is_an_xml_name(datatypes, name):
    assert etree.fromstring(f"<x xml:id='{datatypes.call('ref', name, (1, 1))}'/>") is not None


def test_the_uuid_of_an_entry_is_the_seed_with_its_numbers(datatypes):
    order = f'<order {O} uuid-seed="A0B1C2D3-0000-4000-8000-000000000000"/>'
    assert parsed(datatypes.call("uuid", order, 1, 2, 3)).get("root") == "A0B1C2D3-0000-4000-8000-000100020003"


def test_an_identifier_keeps_root_and_extension(datatypes):
    element = parsed(datatypes.call("ii", f'<id {O} root="1.2.3" extension="A&lt;&quot;1"/>'))
    assert dict(element.attrib) == {"root": "1.2.3", "extension": 'A<"1'}
    assert element.tag == "{urn:hl7-org:v3}id"
    assert dict(parsed(datatypes.call("ii", f'<id {O} root="1.2.3"/>')).attrib) == {"root": "1.2.3"}


def test_a_telecom_keeps_value_and_use(datatypes):
    owner = f'<o {O}><telecom value="tel:+33199000001" use="WP"/></o>'
    assert dict(parsed(datatypes.call("telecoms", owner)).attrib) == {"value": "tel:+33199000001", "use": "WP"}


def test_the_parts_of_an_address_have_their_names(datatypes):
    parts = {
        "house-number": "houseNumber",
        "street-name": "streetName",
        "street-name-type": "streetNameType",
        "additional-locator": "additionalLocator",
        "unit-id": "unitID",
        "post-box": "postBox",
        "precinct": "precinct",
        "postal-code": "postalCode",
        "city": "city",
        "county": "county",
        "state": "state",
        "country": "country",
    }
    content = "".join(f"<{name}>{name} &lt;</{name}>" for name in parts)
    element = parsed(datatypes.call("addresses", f'<address {O} use="H">{content}</address>'))
    assert element.get("use") == "H"
    assert [(etree.QName(part).localname, part.text) for part in element] == [(v, f"{k} <") for k, v in parts.items()]


def test_free_lines_are_street_address_lines(datatypes):
    element = parsed(datatypes.call("addresses", f"<address {O}><line>1</line><line>2</line></address>"))
    assert [(etree.QName(part).localname, part.text) for part in element] == [
        ("streetAddressLine", "1"),
        ("streetAddressLine", "2"),
    ]


def test_an_address_that_is_absent_is_not_available(datatypes):
    assert dict(parsed(datatypes.call("addresses-or-nav", f"<contact {O}/>")).attrib) == {"nullFlavor": "NAV"}


def test_a_name_has_its_parts_in_order(datatypes):
    name = f"<name {O}><family>B</family><given>A</given><prefix>MME</prefix><suffix>DR</suffix></name>"
    element = parsed(datatypes.call("name", name))
    assert [(etree.QName(part).localname, part.text) for part in element] == [
        ("prefix", "MME"),
        ("given", "A"),
        ("family", "B"),
        ("suffix", "DR"),
    ]


def test_the_names_of_code_systems_are_those_of_the_table():
    tree = etree.parse(str(XSLT / "to-cda" / "datatypes.xsl"))
    select = str(tree.xpath("string(//*[@name='code-system-names']/@select)"))
    shown = dict(re.findall("'([^']+)': '([^']+)'", select))
    assert shown == {row["oid"]: row["cda_name"] for row in rows("code-systems") if row["cda_name"]}
