"""The functions and rules of ``xslt/to-order/``, one by one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from functions import Functions
from lxml import etree

C = 'xmlns="urn:hl7-org:v3" xmlns:x="urn:x-bridge:source" x:n="7"'


def package(name: str) -> Iterator[Functions]:
    with Functions(f"to-order/{name}.xsl", f"urn:x-bridge:to-order:{name}") as functions:
        yield functions


@pytest.fixture(scope="module")
def datatypes() -> Iterator[Functions]:
    yield from package("datatypes")


@pytest.fixture(scope="module")
def header() -> Iterator[Functions]:
    yield from package("header")


@pytest.fixture(scope="module")
def entries() -> Iterator[Functions]:
    yield from package("entries")


@pytest.fixture(scope="module")
def narrative() -> Iterator[Functions]:
    yield from package("narrative")


@pytest.mark.parametrize(
    ("ts", "iso"),
    [
        ("2024", "2024"),
        ("202403", "2024-03"),
        ("20240305", "2024-03-05"),
        ("2024030509", "2024-03-05T09:00:00"),
        ("20240305093000+0100", "2024-03-05T09:30:00+01:00"),
        ("20240305093000.123-0930", "2024-03-05T09:30:00-09:30"),
        ("20240305093000+100", "2024-03-05T09:30:00+01:00"),
        ("20240305093000+1", "2024-03-05T09:30:00+01:00"),
        ("hier", "hier"),
    ],
)
def test_a_timestamp_comes_back_at_its_precision(datatypes, ts, iso):
    assert datatypes.call("iso", ts) == iso


def test_a_break_of_the_source_is_a_space_and_a_br_is_a_line(datatypes):
    text = datatypes.call("lines", f"<content {C}>un\n   deux<br/>trois<paragraph>quatre</paragraph>cinq</content>")
    assert text == "un deux\ntrois\nquatre\ncinq"


def test_a_telecom_keeps_its_value_and_first_use(datatypes):
    told = datatypes.call("telecoms", f'<o {C}><telecom x:n="8" value=" tel:1 " use="WP HP"/></o>')
    assert 'value="tel:1"' in told
    assert 'use="WP"' in told
    assert 'x:from="8"' in told


def test_lines_and_parts_of_one_address_all_become_lines_and_are_told(datatypes):
    told = datatypes.call(
        "addresses", f'<o {C}><addr x:n="8"><streetAddressLine>1 rue A</streetAddressLine><city>Paris</city></addr></o>'
    )
    assert ">1 rue A</line>" in told
    assert ">Paris</line>" in told
    assert 'code="IMGDA-1295"' in told


def test_beside_a_name_of_birth_a_plain_family_name_is_the_used_one(datatypes):
    name = '<name x:n="8"><family qualifier="BR">B</family><family>U</family><given>P</given></name>'
    told = etree.fromstring(datatypes.call("names", f"<o {C}>{name}</o>"))
    assert [(etree.QName(part).localname, part.text) for part in told] == [
        ("family", "U"),
        ("given", "P"),
        ("birth-family", "B"),
        ("used-family", "U"),
    ]


def test_a_contact_of_the_patient_is_no_professional(header):
    told = header.apply("header", "/cda:informant", f'<informant {C}><relatedEntity classCode="ECON" x:n="8"/></informant>')
    assert ">ECON</role>" in told
    assert "<informant" not in told


def test_a_copy_goes_to_a_tracker(header):
    document = '<informationRecipient {} typeCode="{}"><intendedRecipient/></informationRecipient>'
    assert ">true</copy>" in header.apply("header", "/*", document.format(C, "TRC"))
    assert ">false</copy>" in header.apply("header", "/*", document.format(C, "PRCP"))


def observation(inside: str, attributes: str = "") -> str:
    return f'<entry {C}><observation x:n="8" {attributes}>{inside}</observation></entry>'


def test_a_negated_contraindication_is_not_present(entries):
    inside = '<code code="64100-1"/><value x:n="9" code="1" codeSystem="1.2"/>'
    negated = observation(inside, 'negationInd="true"')
    assert ">false</present>" in entries.apply("entry", "/*/cda:observation", negated)
    assert ">true</present>" in entries.apply("entry", "/*/cda:observation", observation(inside))


def test_a_cancelled_act_is_told(entries):
    act = '<code x:n="9" code="CT" codeSystem="1.2"/><statusCode code="{}"/>'
    assert "IMGDA-1263" in entries.apply("entry", "/*/cda:observation", observation(act.format("cancelled")))
    assert "IMGDA-1263" not in entries.apply("entry", "/*/cda:observation", observation(act.format("active")))


def test_the_wish_to_be_called_back_is_no_part_of_the_reason(entries):
    assert entries.call("without-suffix", "Chute (retour par téléphone souhaité)") == "Chute"
    assert entries.call("without-suffix", "Chute (ce jour)") == "Chute (ce jour)"


def test_a_cell_is_found_under_its_heading_and_a_dash_says_nothing(narrative):
    table = "<table><thead><tr><th>A</th><th>Commentaire</th></tr></thead><tbody><tr><td>1</td><td>dit</td></tr></tbody></table>"
    assert "dit" in narrative.call("column", f"<text {C}>{table}</text>", "Commentaire")
    assert narrative.call("stated", f"<td {C}> - </td>") == ""
    assert "dit" in narrative.call("stated", f"<td {C}>dit</td>")
