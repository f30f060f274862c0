"""The official examples have the slips that are known, finding by finding, and no others.

``tests/data/official-example-findings.csv`` holds each finding with what it answers: a slip (S…) or a disagreement (D…) of the
examples, or the section of the specification that the example departs from.
"""

from __future__ import annotations

import csv
from collections import defaultdict

import pytest
from conftest import TESTS

from bridge.checks import check

with open(TESTS / "data" / "official-example-findings.csv", encoding="utf-8", newline="") as file:
    ROWS = list(csv.DictReader(file))
DOCUMENTS = sorted({row["document"] for row in ROWS})
ALL = {"Mammo", "Cheville", "Echographie_Sein", "IRM", "Scanner_Genou", "Scanner_Crane", "TEP"}
SEEN = {
    "S1": ALL,
    "S2": {"Cheville"},
    "S3": ALL,
    "S4": ALL,
    "S5": ALL,
    "S6": {"Cheville", "Echographie_Sein", "IRM", "Scanner_Genou", "Scanner_Crane"},
    "S7": {"Cheville", "TEP"},
    "S8": ALL - {"Mammo"},
    "S10": {"Mammo"},
    "S11": ALL,
    "S12": ALL,
    "S13": ALL,
    "S14": ALL,
    "S16": {"Cheville"},
    "S19": {"TEP"},
    "S20": ALL,
}
"""Slips that a machine can see, with the examples that have them, in both versions; S15 differs between the versions."""
UNSEEN = {
    "S9": "a comment of the file, which is no part of the document",
    "S17": "a comment of the file announces another act than the document, which is coherent",
    "S18": "comments of the file",
    "S21": "the convention that the specification keeps",
}
ERRORS = {"S1", "S2", "S4"}
"""The slips that are errors: references that lead nowhere, and identifiers that name two things."""


def test_there_are_seven_examples_of_each_version():
    assert len(DOCUMENTS) == 14


@pytest.mark.parametrize("document", DOCUMENTS)
def test_an_official_example_has_its_known_findings_and_no_others(document, reference):
    known = sorted((row["code"], row["severity"], row["path"]) for row in ROWS if row["document"] == document)
    found = check((reference / document).read_bytes()).issues
    assert sorted((one.code, one.severity, one.path or "") for one in found) == known


def test_every_slip_that_a_machine_can_see_is_found_where_it_is():
    where = defaultdict(lambda: defaultdict(set))
    for row in ROWS:
        version, _, name = row["document"].partition("/")
        where[row["answers"]][version] |= {example for example in ALL if example in name}
    for slip, examples in SEEN.items():
        assert where[slip] == {"2022.01": examples, "2024.01": examples}, slip
    assert where["S15"]["2024.01"] == {"Mammo"}
    assert set(SEEN) | set(UNSEEN) | {"S15"} == {f"S{number}" for number in range(1, 22)}


def test_what_is_no_slip_is_no_error_and_has_its_reason():
    assert {row["answers"] for row in ROWS if row["severity"] == "error"} == ERRORS
    assert {row["answers"] for row in ROWS} - set(SEEN) == {"S15", "D1", "D4", "D14", "3.3", "8.3"}
    assert all(row["reason"] for row in ROWS)
