"""What is generated from the code and its tables is what stands in the repository."""

from __future__ import annotations

import re

import house
import refresh_tables as tables
from conftest import ROOT

from bridge.tables.codes import code_system_oid, identifier_oid, rows


def test_the_table_of_elements_is_that_of_the_traces():
    table = tables.elements_csv()
    assert table == (ROOT / "mappings" / "elements.csv").read_text("utf-8")
    assert tables.mapping_page(table) == (ROOT / "docs" / "mapping.md").read_text("utf-8")


def test_the_pages_of_the_issues_are_those_of_the_catalogue():
    pages = tables.issue_pages()
    folder = ROOT / "docs" / "issues"
    assert {path.name: path.read_text("utf-8") for path in folder.glob("*.md")} == pages


def test_the_page_of_the_codes_to_send_is_that_of_its_tables():
    assert tables.codes_page() == (ROOT / "docs" / "codes.md").read_text("utf-8")


def test_every_system_on_the_page_of_the_codes_is_understood():
    page = tables.codes_page()
    uris = re.findall(r"`((?:https?|urn):[^`]+)`", page)
    assert "http://snomed.info/sct" in uris
    assert [uri for uri in uris if not (code_system_oid(uri) or identifier_oid(uri))] == []


def test_every_code_to_send_is_a_question_or_category_that_is_read():
    known = {(row["code"], row["system"]) for row in rows("questions")} | {("363679005", "2.16.840.1.113883.6.96")}
    fixed = {(row["code"], row["system"]) for row in rows("codes-to-send") if row["code"]}
    assert fixed <= known
    assert ("MED-1130", "1.2.250.1.213.1.1.4.322") in fixed


def test_the_page_of_the_places_of_ans_is_that_of_its_table():
    assert tables.ans_page() == (ROOT / "docs" / "mapping-ans.md").read_text("utf-8")


def test_the_picture_of_the_house_is_that_of_its_imports():
    assert house.picture() == (ROOT / "docs" / "house.svg").read_text("utf-8")
