"""The forms of a report: FHIR, SVRL, JUnit, and a page that no text of a document can break."""

from __future__ import annotations

import re

import pytest
from conftest import ROOT
from documents import CDA, tree_of
from fhir.resources.R4B.operationoutcome import OperationOutcome
from lxml import etree

from bridge.checks import check

DOCUMENT = (ROOT / "fixtures" / "knee-radiograph" / "document.xml").read_bytes()
HOSTILE = '"><script src="https://evil.example/x.js">alert(1)</script><img src=x onerror=alert(1)>&\'{{7*7}}'


def hostile() -> bytes:
    """A document with markup as text, attribute, title, identifier and element name, and findings at each."""
    root = tree_of(DOCUMENT)
    for path in ("//c:title", "//c:content[@ID]", "//c:td", "//c:family", "//c:given"):
        for element in root.xpath(path, namespaces=CDA):
            element.text = HOSTILE
    for element in root.xpath("//c:entry//c:code | //c:value[@code] | //c:id", namespaces=CDA):
        for name in ("displayName", "root", "code"):
            if name in element.attrib:
                element.set(name, HOSTILE)
    root.append(etree.fromstring("<script xmlns='http://www.w3.org/1999/xhtml'>alert(2)</script>"))
    link = etree.SubElement(root.xpath("//c:text", namespaces=CDA)[-1], "{urn:hl7-org:v3}linkHtml", href="javascript:alert(3)")
    link.text = HOSTILE
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


@pytest.mark.parametrize("language", ["fr", "en"])
def test_no_text_of_a_document_becomes_markup_of_the_page(language):
    document = hostile()
    page = check(document).to_html(document, f"{HOSTILE}.xml", language)
    assert HOSTILE not in page
    assert "alert(1)" in page  # it is shown, as text
    tree = etree.HTML(page)
    assert not tree.xpath("//script | //img | //iframe | //object | //link | //form | //base")
    assert not [name for element in tree.iter() for name in element.attrib if name.startswith("on")]
    assert set(tree.xpath("//@href")) == {"#findings"}
    assert not tree.xpath("//@src")


def test_the_page_asks_nothing_of_the_network_and_forbids_itself_to():
    page = check(DOCUMENT).to_html(DOCUMENT, "knee.xml", "en")
    (policy,) = etree.HTML(page).xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"
    assert not re.search(r"url\(|@import|https?://", page)


def test_the_page_shows_the_verdict_each_finding_with_its_place_and_the_narrative():
    document = DOCUMENT.replace(b'code="MED-1126"', b'code="XX"')
    report = check(document)
    page = report.to_html(document, "knee.xml", "en")
    assert "does not conform to the model IMG-DA-IMG 2024.01" in page
    for found in report.issues:
        assert found.code in page
        assert found.source.split(",")[0] in page
        assert found.path is None or found.path in page.replace("<wbr>", "")
    assert "&lt;code code=&quot;XX&quot;" in page  # the excerpt
    assert "Radiographie" in page  # the narrative


def test_a_file_that_is_no_document_has_a_page_all_the_same():
    assert "could not be read" in check(b"<a").to_html(b"<a", "x", "en")


@pytest.mark.parametrize("document", [DOCUMENT, hostile()], ids=["conforms", "hostile"])
def test_the_outcome_is_fhir(document):
    OperationOutcome.model_validate(check(document).outcome("en"))


def test_svrl_and_junit_are_well_formed_and_hold_every_finding():
    document = hostile()
    report = check(document)
    assert report.counts["error"]
    svrl = etree.fromstring(report.to_svrl("fr").encode())
    names = [etree.QName(element).localname for element in svrl]
    assert names[:2] == ["ns-prefix-in-attribute-values", "active-pattern"]
    assert names.count("failed-assert") == report.counts["error"]
    assert len(names) - 2 == len(report.issues)
    junit = etree.fromstring(report.to_junit(HOSTILE, "fr").encode())
    assert junit[0].get("name") == HOSTILE
    assert junit[0].get("tests") == str(len(report.issues))
    failures = junit.findall("testsuite/testcase/failure")
    assert len(failures) == len(report.issues) - len(report.further) > 0
    strict = etree.fromstring(report.to_junit(HOSTILE, "fr", strict=True).encode())
    assert len(strict.findall("testsuite/testcase/failure")) == report.counts["error"] + report.counts["warning"]


def test_the_places_of_svrl_are_xpath_into_the_document():
    document = DOCUMENT.replace(b'code="MED-1126"', b'code="XX"')
    svrl = etree.fromstring(check(document).to_svrl().encode())
    names = {"cda": "urn:hl7-org:v3"}
    for found in svrl.iter("{*}failed-assert"):
        assert tree_of(document).xpath(found.get("location"), namespaces=names)
