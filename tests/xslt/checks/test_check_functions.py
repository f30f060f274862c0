"""The functions and rules of ``xslt/checks/``, one by one, and what 2022.01 says otherwise."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from functions import Functions

C = 'xmlns="urn:hl7-org:v3" xmlns:x="urn:x-bridge:source" x:n="7"'


@pytest.fixture(scope="module")
def checks() -> Iterator[Functions]:
    with Functions("checks/check.xsl", "urn:x-bridge:checks") as functions:
        yield functions


@pytest.mark.parametrize(
    ("name", "number", "right"),
    [
        ("luhn", "79927398713", "true"),
        ("luhn", "79927398710", "false"),
        ("is-professional", "0123456789", "true"),
        ("is-professional", "9123456789", "false"),
        ("is-structure", "1", "false"),
        ("is-ins", "255069999999934", "true"),
        ("is-ins", "255069999999935", "false"),
    ],
)
def test_the_key_of_a_national_number(checks, name, number, right):
    assert checks.call(name, number) == right


def test_the_key_of_an_rpps_is_checked(checks):
    document = f'<id {C} root="1.2.250.1.71.4.2.1" extension="{{}}"/>'
    assert 'rule="IMGDA-1453"' in checks.apply("check", "/*", document.format("899700000001"))
    assert checks.apply("check", "/*", document.format("0123456789")) == ""


def test_spelling_alone_makes_no_other_text(checks):
    assert checks.call("alike", "Évènement(s)", "evenement s") == "true"
    assert checks.call("alike", "Genou droit", "Genou gauche") == "false"


def test_a_right_gender_has_no_finding_and_a_wrong_one_has(checks):
    gender = f'<administrativeGenderCode {C} code="{{}}" displayName="Masculin" codeSystem="2.16.840.1.113883.5.1"/>'
    assert checks.apply("check", "/*", gender.format("M")) == ""
    assert 'rule="IMGDA-1501"' in checks.apply("check", "/*", gender.format("XX"))


def test_lines_beside_parts_of_an_address_are_found(checks):
    assert 'rule="IMGDA-1460"' in checks.apply("check", "/*", f"<addr {C}><streetAddressLine/><city/></addr>")
    assert checks.apply("check", "/*", f"<addr {C}><city/></addr>") == ""


def test_an_earlier_version_says_otherwise():
    name = f'<patient {C}><name x:n="8"><family x:n="9" qualifier="SP">A</family></name></patient>'
    document = f"<ClinicalDocument {C}><recordTarget><patientRole>{name}</patientRole></recordTarget></ClinicalDocument>"
    found = {}
    for model in ("2022.01", "2024.01"):
        with Functions(f"img-da-img/{model}/check.xsl", "") as stylesheet:
            found[model] = stylesheet.transform(document)
    assert 'rule="IMGDA-1449"' in found["2024.01"]
    assert 'rule="IMGDA-1449"' not in found["2022.01"]
