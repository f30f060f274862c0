"""The two verdicts: what makes a document not conform, and what is said besides."""

from __future__ import annotations

import re

import pytest
from conftest import ROOT

from bridge import models
from bridge.checks import check
from bridge.findings.issues import catalogue, issue

DOCUMENT = (ROOT / "fixtures" / "knee-radiograph" / "document.xml").read_bytes()
LOWER = b"a0000000-0000-4000-8000-00000000000f"


def test_the_official_examples_conform_to_their_model_and_have_further_findings(reference):
    examples = [path for model in models() for path in sorted((reference / model).rglob("IMG-DA-IMG_*.xml"))]
    assert len(examples) == 14
    for example in examples:
        report = check(example.read_bytes())
        assert report.conforms, (example.name, [str(found) for found in report.issues if report.decides(found)])
        assert report.further


def test_a_lower_case_uuid_is_refused_in_the_header_where_the_suites_look_and_not_in_the_body():
    header = check(re.sub(rb'<setId root="[^"]*"', b'<setId root="%s"' % LOWER, DOCUMENT))
    assert (header.verdict, header.further) == ("not-conform", ())
    before, structured, body = DOCUMENT.partition(b"<structuredBody>")
    in_body = check(before + structured + re.sub(rb'<id root="[^"]*"', b'<id root="%s"' % LOWER, body, count=1))
    assert in_body.conforms
    assert [found.code for found in in_body.further] == ["IMGDA-1413"]


ACT = b'<observation classCode="OBS" moodCode="INT">'


@pytest.mark.parametrize(
    ("before", "empty"),
    [
        (b"<entryRelationship ", b"<author/>"),
        (b"<entryRelationship ", b"<informant/>"),
        (b"<entryRelationship ", b"<participant/>"),
    ],
)
def test_what_the_model_does_not_use_does_not_conform_where_it_lacks_what_the_schema_requires(before, empty):
    start, act, rest = DOCUMENT.partition(ACT)
    assert act
    assert not check(start + act + rest.replace(before, empty + before, 1)).conforms


@pytest.mark.parametrize("empty", [b"<methodCode/>", b"<interpretationCode/>", b'<methodCode nullFlavor="UNK"/>'])
def test_what_the_model_does_not_use_is_a_further_finding_where_the_schema_allows_it(empty):
    start, act, rest = DOCUMENT.partition(ACT)
    report = check(start + act + rest.replace(b"<targetSiteCode ", empty + b"<targetSiteCode ", 1))
    assert report.conforms
    assert [found.code for found in report.further] == ["IMGDA-1402"]


def test_an_element_that_is_not_looked_into_and_has_too_many_levels_leaves_the_document_unreadable():
    deep = b"<strange>" + b"<a>" * 300 + b"</a>" * 300 + b"</strange>"
    report = check(DOCUMENT.replace(b"<structuredBody>", b"<structuredBody>" + deep))
    assert report.verdict == "unreadable"


def test_a_finding_is_said_once_whichever_rule_finds_it():
    report = check(DOCUMENT.replace(b' codeSystem="2.16.840.1.113883.5.25"', b' codeSystemName="x"', 1))
    said = [(found.code, found.path, found.text()) for found in report.issues]
    assert "IMGDA-1409" in {found.code for found in report.issues}
    assert len(said) == len(set(said))


def test_an_address_with_two_attributes_does_not_conform_to_the_model_whose_schematron_stops_at_it():
    changed = DOCUMENT.replace(b'<addr use="H"', b'<addr isNotOrdered="false" use="H"', 1)
    assert changed != DOCUMENT
    assert check(changed, model="2024.01").conforms
    assert "IMGDA-1572" in {found.code for found in check(changed, model="2022.01").issues}


def test_an_error_that_the_suites_have_no_rule_for_is_a_further_finding():
    report = check(DOCUMENT.replace(b'<reference value="#', b'<reference value="', 1))
    assert report.conforms
    assert not report.is_valid
    assert not report.is_clean
    assert report.counts["error"]


def test_a_finding_of_the_official_suites_makes_a_document_not_conform():
    from bridge.checks.report import Report

    for code in ("IMGDA-1650", "IMGDA-1651"):
        found = issue(code, "/", severity="information", suite="x", line="1")
        assert Report("2024.01", (found,)).verdict == "not-conform"


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_counts_of_the_second_verdict_are_those_of_the_further_findings(language):
    report = check(DOCUMENT.replace(b'code="MED-1126"', b'code="XX"').replace(b"Plan de soins", b"Plan"))
    verdict, further = report.says(language)
    assert "2024.01" in verdict
    assert len(report.further) == 1
    assert re.search(r"1 (avertissement|warning)$", further)


def test_the_table_says_of_findings_of_the_check_alone_whether_the_suites_refuse_them():
    known = {code for code, entry in catalogue().items() if entry.official}
    assert {entry.official for entry in catalogue().values()} == {"", "yes", "header", "error"}
    assert all("IMGDA-1401" <= code <= "IMGDA-1651" for code in known)
