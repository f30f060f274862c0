"""Canonical form: layout is nothing, every value is something."""

from __future__ import annotations

import re

import pytest
from conftest import STORIES
from documents import tree_of
from lxml import etree

from bridge.cda.canonical import differences, leaves

DOCUMENT = next(s for s in STORIES if s.name == "lymphoma-pet") / "document.xml"


@pytest.fixture(scope="module")
def document() -> bytes:
    return DOCUMENT.read_bytes()


def test_a_document_equals_itself(document):
    assert differences(document, document) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (rb"><", b">\n  <"),
        (rb"<realmCode", b"<!-- a comment --><?a-pi x?><realmCode"),
        (rb' codeSystemName="[^"]*"', b""),
        (rb"<serviceEvent classCode=.ACT.>", b"<serviceEvent>"),
        (rb"<section>", b'<section classCode="DOCSECT">'),
        (rb"<table [^>]*>", b'<table border="1">'),
    ],
)
def test_layout_is_no_difference(document, old, new):
    changed = re.sub(old, new, document)
    assert changed != document
    assert differences(document, changed) == []


def test_another_prefix_is_no_difference(document):
    changed = document.replace(b"<", b"<c:").replace(b"<c:/", b"</c:").replace(b"<c:?", b"<?").replace(b"xmlns=", b"xmlns:c=")
    assert differences(document, changed.replace(b"<c:sdtc:", b"<sdtc:").replace(b"</c:sdtc:", b"</sdtc:")) == []


def test_new_uuids_and_narrative_ids_are_no_difference(document):
    root = tree_of(document)
    for element in root.iterfind(".//{urn:hl7-org:v3}structuredBody//{urn:hl7-org:v3}id"):
        if not element.get("extension"):
            element.set("root", "00000000-0000-4000-8000-000000000000")
    changed = etree.tostring(root).replace(b"antecedent-medicaux", b"another-id")
    assert differences(document, changed) == []


def test_every_change_of_a_value_is_a_difference(document):
    """Each attribute and each text of a document in turn, but for those that canonical form leaves out by definition."""
    tried, missed = 0, []
    root = tree_of(document)
    before = leaves(document)
    for element in root.iter(etree.Element):
        for name, value in element.attrib.items():
            key = str(name)
            if key in ("codeSystemName", "ID", "border", "styleCode", "referencedObject") or _is_fresh(element, key):
                continue
            element.set(name, f"{value}9")
            tried += 1
            missed += [key] if leaves(etree.tostring(root)) == before else []
            element.set(name, value)
        if (text := element.text or "").strip():
            element.text = f"{text} x"
            tried += 1
            missed += [text] if leaves(etree.tostring(root)) == before else []
            element.text = text
    assert tried > 500
    assert missed == []


def _is_fresh(element: etree._Element, key: str) -> bool:
    body = any(parent.tag.endswith("}structuredBody") for parent in element.iterancestors())
    return key == "root" and element.tag.endswith("}id") and body and not element.get("extension")


def test_a_repeated_element_is_found_by_what_it_is_about(document):
    paths = [path for path in leaves(document) if "participant[" in path]
    assert any("participant[@typeCode='INF'][functionCode/@code='PCP']" in path for path in paths)


def test_an_attachment_stands_as_its_hash(document):
    assert any("SHA-256" in value for value in leaves(document).values())
