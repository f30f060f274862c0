"""What is generated from the code and its tables is what stands in the repository."""

from __future__ import annotations

import house
import refresh_tables as tables
from conftest import ROOT


def test_the_table_of_elements_is_that_of_the_traces():
    table = tables.elements_csv()
    assert table == (ROOT / "mappings" / "elements.csv").read_text("utf-8")
    assert tables.mapping_page(table) == (ROOT / "docs" / "mapping.md").read_text("utf-8")


def test_the_pages_of_the_issues_are_those_of_the_catalogue():
    pages = tables.issue_pages()
    folder = ROOT / "docs" / "issues"
    assert {path.name: path.read_text("utf-8") for path in folder.glob("*.md")} == pages


def test_the_page_of_the_places_of_ans_is_that_of_its_table():
    assert tables.ans_page() == (ROOT / "docs" / "mapping-ans.md").read_text("utf-8")


def test_the_picture_of_the_house_is_that_of_its_imports():
    assert house.picture() == (ROOT / "docs" / "house.svg").read_text("utf-8")
