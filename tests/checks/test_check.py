"""Every rule of the check, with one change of a document of ours that breaks it; the document itself breaks none."""

from __future__ import annotations

import copy
import re

import pytest
from conftest import ROOT
from documents import CDA, tree_of
from lxml import etree

from bridge import models
from bridge.checks import check
from bridge.findings.errors import StylesheetError
from bridge.findings.issues import catalogue, issue

FIXTURES = ROOT / "fixtures"
PET, MRI, CT = "lymphoma-pet", "neurostimulator-spine-mri", "road-trauma-ct"
HEAD = "/c:ClinicalDocument"
PATIENT = "//c:patientRole"
HISTORY = "//c:section[c:code/@code='11329-0']"
PLAN = "//c:section[c:code/@code='18776-5']"
EDUCATION = "//c:section[c:code/@code='34895-3']"
DOCUMENTS = "//c:section[c:code/@code='55107-7']"
ACT = f"({PLAN}/c:entry/c:observation)[1]"
EVENTS = "//c:documentationOf/c:serviceEvent"
ANSWER = "(//c:observation[c:code/@code='64100-1'])[1]"
FUNCTION = "(//c:observation[c:code/@code='MED-1133'])[1]"
NS = 'xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'

BROKEN = [
    ("1401", PET, HEAD, "add", "<strange/>"),
    ("1402", PET, f"{ACT}/c:entryRelationship", "before", "<author/>"),
    ("1403", PET, f"{HEAD}/c:title", "remove", ""),
    ("1404", PET, f"{HEAD}/c:title", "copy", ""),
    ("1405", PET, f"{HEAD}/c:title", "last", ""),
    ("1406", PET, f"{HEAD}/c:recordTarget", "text", "x"),
    ("1407", PET, f"{HEAD}/c:title", "text", ""),
    ("1408", PET, f"{HEAD}/c:id", "strange", "x"),
    ("1409", PET, f"{HEAD}/c:id", "root", None),
    ("1410", PET, f"{HEAD}/c:id", "root", ""),
    ("1411", PET, "//c:signatureCode", "code", "X"),
    ("1412", PET, f"{HEAD}/c:setId", "root", "1.02.3"),
    ("1413", PET, f"{PLAN}/c:id", "root", "a0000000-0000-4000-8000-000000000014"),
    ("1414", PET, f"{HEAD}/c:effectiveTime", "value", "2026-03-02"),
    ("1415", PET, f"{PATIENT}/c:patient/c:birthTime", "value", "19790230"),
    ("1416", PET, f"{PATIENT}/c:telecom", "value", "sms:01"),
    ("1417", PET, f"{HEAD}/c:languageCode", "code", "fr"),
    ("1418", PET, "//c:content[@ID]", "ID", "1 x"),
    ("1419", PET, "(//c:content[@ID])[2]", "ID", "justification-demande"),
    ("1420", PET, f"{HEAD}/c:id", "nullFlavor", "UNK"),
    ("1421", PET, f"{ACT}/c:targetSiteCode", "nullFlavor", "UNK"),
    ("1422", PET, f"{HEAD}/c:templateId[1]", "copy", ""),
    ("1423", PET, f"{PATIENT}/c:telecom", "after", '<telecom nullFlavor="UNK"/>'),
    ("1424", PET, f"{PATIENT}/c:id[2]", "extension", "9" * 65),
    ("1434", PET, f"{ACT}/c:code", "displayName", "a\nb"),
    ("1441", PET, f"{HEAD}/c:templateId[2]", "remove", ""),
    ("1442", PET, f"{HEAD}/c:templateId[4]", "extension", None),
    ("1446", PET, f"{PATIENT}/c:patient/c:birthplace", "remove", ""),
    ("1447", PET, f"{PATIENT}/c:id[1]", "extension", "279035121518900"),
    ("1448", PET, f"{PATIENT}/c:id[1]", "root", "1.2.250.1.213.1.4.12"),
    ("1449", PET, f"{PATIENT}/c:patient/c:name/c:family", "qualifier", "AC"),
    ("1450", PET, f"{PATIENT}/c:patient/c:name/c:family[@qualifier='BR']", "after", '<family qualifier="BR">X</family>'),
    ("1451", PET, "//c:author//c:name/c:family", "before", "<prefix>Dr</prefix>"),
    ("1453", PET, "//c:author//c:assignedAuthor/c:id", "extension", "899900012340"),
    ("1454", PET, "//c:representedCustodianOrganization/c:id", "extension", "1990000"),
    ("1455", PET, "//c:representedCustodianOrganization/c:id", "root", "1.2.3"),
    ("1456", PET, "//c:authenticator//c:assignedEntity/c:id", "root", "1.2.3"),
    ("1457", PET, "//c:author//c:assignedPerson", "remove", ""),
    ("1460", PET, "(//c:addr[c:city])[1]", "add", "<streetAddressLine>x</streetAddressLine>"),
    ("1461", "breast-screening", f"{HEAD}/c:documentationOf[1]", "next", ""),
    ("1462", PET, f"{EVENTS}/c:code[@code='55115-0']", "code", "Z13.9"),
    ("1463", PET, f"{EVENTS}[c:code/@code='55115-0']/c:performer", "remove", ""),
    ("1464", PET, f"{EVENTS}[c:code/@code='55115-0']/c:id", "remove", ""),
    ("1465", "breast-screening", "//c:documentationOf[c:serviceEvent/c:code/@code='Z13.9']", "copy", ""),
    ("1466", CT, "//c:documentationOf[c:serviceEvent/c:code/@code='MED-1095']", "copy", ""),
    ("1467", CT, f"{EVENTS}/c:code/c:originalText", "remove", ""),
    ("1468", CT, f"{EVENTS}/c:code/c:originalText", "text", ": choc"),
    ("1469", "breast-screening", f"{EVENTS}/c:code[@code='Z13.9']", "code", "X"),
    ("1470", PET, f"{HEAD}/c:versionNumber", "value", "1"),
    ("1471", PET, "//c:parentDocument/c:id", "same", f"{HEAD}/c:id"),
    ("1472", PET, "//c:encompassingEncounter/c:effectiveTime", "inner", '<low value="20260302"/><high value="20260301"/>'),
    ("1473", PET, f"{EVENTS}/c:effectiveTime", "inner", '<low value="20260302"/><high value="20260301"/>'),
    ("1474", PET, "//c:author/c:time", "value", "21240302101500+0100"),
    ("1475", PET, "//c:author/c:time", "value", "20010302101500+0100"),
    ("1476", PET, f"{PATIENT}/c:patient/c:birthTime", "value", "21000101"),
    ("1477", PET, "(//c:legalAuthenticator//c:family)[1]", "text", "AUTRE"),
    ("1478", PET, "//c:legalAuthenticator//c:assignedEntity/c:id", "extension", "899900099991"),
    ("1479", PET, "//c:author//c:representedOrganization/c:id", "extension", "1990000999"),
    ("1484", PET, f"{PATIENT}/c:patient/c:birthTime", "value", "18000101"),
    ("1501", PET, f"{ACT}/c:code", "code", "XX"),
    ("1502", PET, f"{ACT}/c:code", "codeSystem", "1.2.3"),
    ("1503", PET, f"{ACT}/c:code", "displayName", "IRM"),
    ("1504", PET, f"{ACT}/c:code", "displayName", "Autre chose"),
    ("1505", PET, f"{ACT}/c:targetSiteCode", "displayName", "CORPS ENTIER"),
    ("1506", PET, f"{ACT}/c:code", "codeSystemName", "Dicom"),
    ("1507", PET, f"{ACT}/c:targetSiteCode", "code", "406139003"),
    ("1508", PET, f"{PLAN}/c:code", "code", "X"),
    ("1509", PET, f"{PLAN}/c:code", "codeSystem", "1.2.3"),
    ("1510", PET, f"{ACT}/c:code", "code", None),
    ("1511", PET, f"{ACT}/c:code", "displayName", None),
    ("1521", PET, f"{EDUCATION}/..", "remove", ""),
    ("1522", PET, f"{EDUCATION}/..", "copy", ""),
    ("1523", PET, f"{PLAN}/..", "after", '<component><section><templateId root="1.2.3"/><code code="X"/></section></component>'),
    ("1524", PET, f"{PLAN}/c:templateId[2]", "remove", ""),
    ("1525", PET, f"{PLAN}/c:title", "text", "Autre"),
    ("1526", PET, f"{PLAN}/c:title", "remove", ""),
    ("1527", PET, f"{HISTORY}/c:text", "remove", ""),
    ("1528", PET, f"{PLAN}/c:id", "remove", ""),
    ("1529", PET, f"{EDUCATION}/..", "next", ""),
    ("1530", PET, f"{EDUCATION}/c:entry[1]", "remove", ""),
    ("1531", PET, f"{EDUCATION}/c:entry[1]", "copy", ""),
    ("1532", PET, f"{ANSWER}/c:code", "code", "X"),
    ("1533", PET, f"{ACT}/c:templateId[1]", "remove", ""),
    ("1534", PET, f"{ANSWER}/c:templateId[2]", "after", '<templateId root="1.2.3"/>'),
    ("1535", PET, f"{ANSWER}/c:value", "remove", ""),
    ("1536", PET, f"{ANSWER}/c:value", "type", "CE"),
    ("1537", PET, ACT, "moodCode", "EVN"),
    ("1538", PET, f"{ACT}/c:statusCode", "code", "completed"),
    ("1539", PET, f"{FUNCTION}/c:text/c:reference", "remove", ""),
    ("1540", PET, ACT, "negationInd", "true"),
    (
        "1541",
        PET,
        "//c:section[c:code/@code='30954-2']",
        "add",
        "<entry><observation classCode='OBS' moodCode='EVN'><code/></observation></entry>",
    ),
    ("1542", PET, f"{DOCUMENTS}/c:entry", "remove", ""),
    ("1543", PET, f"{ACT}/c:entryRelationship[c:act]", "copy", ""),
    ("1544", PET, f"{ACT}/c:entryRelationship[c:observation/c:code/@code='GEN-296']", "copy", ""),
    ("1545", PET, f"{ACT}/c:targetSiteCode", "before", '<value xsi:type="BL" value="true"/>'),
    ("1546", PET, f"{ACT}/c:effectiveTime", "after", '<priorityCode code="R" codeSystem="2.16.840.1.113883.5.7"/>'),
    (
        "1547",
        PET,
        f"{ACT}/c:targetSiteCode",
        "after",
        '<performer><assignedEntity><id nullFlavor="UNK"/></assignedEntity></performer>',
    ),
    ("1548", PET, f"{ACT}/c:effectiveTime", "after", '<priorityCode code="UR" codeSystem="2.16.840.1.113883.5.7"/>'),
    ("1549", PET, f"{ACT}/c:entryRelationship[c:act]", "typeCode", "COMP"),
    ("1550", "lung-biopsy", f"{ACT}/c:entryRelationship[c:act]", "remove", ""),
    ("1551", PET, f"{PLAN}/c:entry", "remove", ""),
    ("1552", PET, f"{ACT}/c:targetSiteCode", "remove", ""),
    ("1553", PET, f"{ACT}/c:entryRelationship[c:observation/c:code/@code='MED-1133']", "remove", ""),
    ("1554", PET, f"{ACT}/c:code", "code", "CT"),
    ("1555", PET, f"{FUNCTION}/c:value", "code", "MED-1143"),
    ("1556", "psma-pet", f"{FUNCTION}/c:entryRelationship", "remove", ""),
    ("1557", PET, f"{ACT}/c:code/c:qualifier", "remove", ""),
    ("1558", PET, f"{ACT}/c:code", "code", "NM"),
    ("1559", PET, f"{ANSWER}/c:value", "affirm", "GEN-092.01.20"),
    ("1560", PET, "//c:administrativeGenderCode", "male", "77386006"),
    ("1562", PET, "//c:content[@ID='justification-demande']", "text", ""),
    ("1563", PET, "//c:observation[c:code/@code='MED-1130']/c:value", "remove", ""),
    ("1564", "breast-screening", f"{ACT}/c:effectiveTime", "value", "20991231"),
    (
        "1565",
        "breast-screening",
        f"{PLAN}/c:entry/c:observation",
        "add",
        "<entryRelationship typeCode='COMP'><observation classCode='OBS' moodCode='EVN'><code code='GEN-296'/></observation></entryRelationship>",  # noqa: E501
    ),
    ("1566", "knee-radiograph", f"{ACT}/c:targetSiteCode/c:qualifier", "copy", ""),
    ("1567", PET, f"{ACT}/c:targetSiteCode", "copy", ""),
    ("1570", PET, f"{ACT}/c:code", "code", "TDM TX"),
    ("1572", PET, "(//c:addr[@use])[1]", "isNotOrdered", "false"),
    ("1571", PET, f"{ACT}/c:code", "codeSystem", "1.2.250.01.5"),
    ("1601", PET, f"{ACT}/c:text/c:reference", "value", "modalite-examen-01"),
    ("1602", PET, f"{ACT}/c:text/c:reference", "value", "#rien"),
    ("1603", PET, f"{ACT}/c:id", "same", f"{PLAN}/c:id"),
    ("1604", PET, "//c:content[@ID='localisation-anatomique-01-01']", "text", "genou"),
    ("1605", PET, "//c:content[@ID='commentaire-modalite-01']", "text", ""),
    ("1606", PET, ANSWER, "negationInd", None),
    ("1607", PET, "//c:tr[.//c:content/@ID='risque-examen']/c:td[2]", "text", "peut-être"),
    ("1608", PET, "//c:content[@ID='informations-transmises']", "text", "Autres informations transmises"),
    ("1609", "knee-radiograph", f"({PLAN}/c:text/c:table)[1]/c:tbody/c:tr[1]/c:td[last()]", "text", "-"),
    ("1610", PET, "//c:renderMultiMedia", "referencedObject", "DOC-999"),
    ("1611", PET, "//c:renderMultiMedia", "remove", ""),
    ("1612", PET, f"{ACT}/c:effectiveTime", "value", "20991231"),
    ("1613", CT, "//c:content[@ID='justification-urgence']", "text", "x"),
    ("1614", PET, f"{PLAN}/c:text//c:tbody/c:tr[1]/c:td[last()]", "remove", ""),
    ("1615", PET, f"{PLAN}/c:text/c:table/c:thead", "remove", ""),
    ("1616", PET, f"{HISTORY}/c:entry[c:observation/c:code/@code='64100-1'][1]", "remove", ""),
    ("1617", PET, f"{PLAN}/c:text//c:tbody/c:tr[1]/c:td[last()]", "text", ""),
    ("1618", "knee-radiograph", f"{ACT}/c:targetSiteCode/c:qualifier", "remove", ""),
    ("1620", PET, "//c:observationMedia/c:value", "mediaType", "x/y"),
    ("1430", PET, "//c:observationMedia/c:value", "text", "***"),
    ("1640", PET, "//c:author/c:time", "value", "20260302101500"),
    ("1641", PET, "//c:observation[c:code/@code='MED-1130']/c:effectiveTime", "moment", "21000101"),
    ("1642", PET, f"{ACT}/c:effectiveTime", "value", "20010101"),
    ("1643", PET, f"{ACT}/c:effectiveTime", "value", "20991231"),
    ("1644", PET, "//c:observation[c:code/@code='MED-1130']/c:effectiveTime", "moment", "18000101"),
]

NOT_IN = {"2024.01": {"1572"}, "2022.01": {"1450"}}
"""Rules that a model does not have.

Patients of 2022.01 may have several names of one kind (8.3); the Schematrons of 2024.01 take an address with two attributes.
"""

OURS = (FIXTURES / PET / "document.xml").read_bytes()
FILES = {
    "1580": b" \n",
    "1581": b'\xef\xbb\xbf {"resourceType": "Bundle"}',
    "1582": b"\x0bMSH|^~\\&|A|B\r",
    "1583": b"%PDF-1.4",
    "1584": OURS[:5000],
    "1585": OURS.replace(b"1.2.250.1.213.1.1.1.47", b"1.2.250.1.213.1.1.1.45").replace(b'code="55115-0"', b'code="18748-4"'),
    "1586": OURS.replace(b'extension="2024.01"', b'extension="2031.01"'),
    "1425": b"<a><b></a>",
    "1426": b"\xef\xbb\xbf" + (FIXTURES / PET / "document.xml").read_bytes(),
    "1427": (FIXTURES / PET / "document.xml")
    .read_bytes()
    .replace(b"<paragraph>", b"<paragraph>" + b"<content>" * 70)
    .replace(b"</paragraph>", b"</content>" * 70 + b"</paragraph>"),
    "1428": b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>',
    "1429": b"<a/>",
    "1433": (FIXTURES / PET / "document.xml")
    .read_text("utf-8")
    .replace('encoding="UTF-8"', 'encoding="UTF-16"')
    .encode("utf-16"),
}


def codes(document: bytes) -> set[str]:
    return {found.code.removeprefix("IMGDA-") for found in check(document).issues}


def changed(story: str, path: str, how: str, what: str | None) -> bytes:
    """A document of ours with one change at every element of a path."""
    root = tree_of((FIXTURES / story / "document.xml").read_bytes())
    found = root.xpath(path, namespaces=CDA)
    assert found, path
    for element in found[:1] if how in ("copy", "last", "next", "before") else found:
        _change(root, element, how, what or "", none=what is None)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _xml(text: str) -> list[etree._Element]:
    return list(etree.fromstring(f"<x {NS}>{text}</x>"))


def _change(root: etree._Element, element: etree._Element, how: str, what: str, *, none: bool) -> None:
    match how:
        case "remove":
            element.getparent().remove(element)
        case "copy":
            element.addnext(copy.deepcopy(element))
        case "last":
            element.getparent().append(element)
        case "next":
            element.getnext().addnext(element)
        case "text":
            for child in list(element):
                element.remove(child)
            element.text = what
        case "add":
            element.extend(_xml(what))
        case "before":
            element.addprevious(_xml(what)[0])
        case "after":
            element.addnext(_xml(what)[0])
        case "inner":
            element[:] = _xml(what)
            element.attrib.clear()
        case "moment":
            element.attrib.clear()
            element.set("value", what)
        case "same":
            element.set("root", root.xpath(what, namespaces=CDA)[0].get("root"))
            element.attrib.pop("extension", None)
        case "type":
            element.set("{http://www.w3.org/2001/XMLSchema-instance}type", what)
        case "affirm":
            element.set("code", what)
            element.getparent().attrib.pop("negationInd", None)
        case "male":
            element.set("code", "M")
            answer = root.xpath(f"//c:value[@code='{what}']/..", namespaces=CDA)[0]
            answer.attrib.pop("negationInd", None)
        case _ if none:
            element.attrib.pop(how)
        case _:
            element.set(how, what)


def in_model(document: bytes, model: str) -> bytes:
    """A document of ours that states another model."""
    return document.replace(b'extension="2024.01"', b'extension="%s"' % model.encode())


@pytest.mark.parametrize("model", models())
@pytest.mark.parametrize(("code", "story", "path", "how", "what"), BROKEN, ids=[row[0] for row in BROKEN])
def test_a_rule_finds_the_document_that_breaks_it_and_not_the_one_that_keeps_it(code, story, path, how, what, model):
    assert code not in codes(in_model((FIXTURES / story / "document.xml").read_bytes(), model))
    broken = codes(in_model(changed(story, path, how, what), model))
    assert (code in broken) is (code not in NOT_IN[model])


def test_a_used_name_is_qualified_otherwise_in_2022():
    document = changed(PET, f"{PATIENT}/c:patient/c:name/c:family[@qualifier='CL']", "qualifier", "SP")
    assert "1449" in codes(document)
    assert "1449" not in codes(in_model(document, "2022.01"))


@pytest.mark.parametrize("code", FILES)
def test_a_file_that_cannot_be_a_document_has_one_finding(code):
    assert code in codes(FILES[code])


@pytest.mark.parametrize("code", ["1580", "1581", "1582", "1583", "1584", "1585", "1586", "1425", "1428", "1429"])
def test_what_is_no_document_of_the_model_is_said_in_one_finding(code):
    assert codes(FILES[code]) == {code}


def test_a_document_of_another_volet_is_named_by_its_title_and_its_model():
    (found,) = check(FILES["1585"]).issues
    assert found.value == "Demande d'actes d'imagerie"
    assert "1.2.250.1.213.1.1.1.45" in found.text("en")


def test_a_document_of_an_unknown_version_is_checked_when_the_version_is_given():
    report = check(FILES["1586"], model="2024.01")
    assert {found.code for found in report.issues} == {"IMGDA-1442"}


@pytest.mark.parametrize("code", ["TDM TX", "a\tb", "a&#10;b"])
@pytest.mark.parametrize("name", ["code", "translation", "value"])
def test_a_code_with_blanks_is_found_wherever_a_code_stands(code, name):
    coded = f'<translation code="{code}" codeSystem="1.2.3"/>' if name == "translation" else ""
    document = OURS.replace(b"</code><text><reference", f"{coded}</code><text><reference".encode(), 1)
    if name != "translation":
        document = re.sub(rf'(<{name}[^>]* code=")[^"]*'.encode(), rb"\1" + code.encode(), OURS, count=1)
    assert "1570" in codes(document) or document == OURS


def test_a_system_name_without_a_system_is_a_finding_and_stops_nothing():
    document = OURS.replace(b' codeSystem="2.16.840.1.113883.6.1" codeSystemName="LOINC"', b' codeSystemName="LOINC"', 1)
    assert document != OURS
    report = check(document)
    assert not report.conforms
    assert "IMGDA-1661" not in {found.code for found in report.issues}


def test_a_fault_of_the_stylesheet_leaves_what_the_structure_said(monkeypatch):
    def fails(*_):
        raise StylesheetError(issue("IMGDA-1101", None, detail="x"))

    monkeypatch.setattr("bridge.checks.transform", fails)
    assert check(OURS).verdict == "not-checked"
    broken = check(OURS.replace(b"</recordTarget>", b"</recordTarget><strange/>"))
    assert broken.verdict == "not-conform"
    assert {found.code for found in broken.issues} >= {"IMGDA-1401", "IMGDA-1661"}


def test_every_rule_has_a_document_that_breaks_it():
    ours = {code.removeprefix("IMGDA-") for code in catalogue() if "IMGDA-1401" <= code < "IMGDA-1650"}
    assert ours == {row[0] for row in BROKEN} | set(FILES)
