"""Findings that say the same stand together, with the class of a loss, and advise in the words of the door."""

from __future__ import annotations

import re

import pytest
from fhir.resources.R4B.operationoutcome import OperationOutcome

from bridge.findings.doors import through
from bridge.findings.groups import by_resource, grouped
from bridge.findings.issues import catalogue, issue, operation_outcome

ENTRY = "Bundle.entry[{}].resource"
LOSSES = [issue("IMGDA-0901", f"{ENTRY.format(entry)}.{name}", loss="clinical") for entry in (10, 2) for name in ("a", "b.c")]


def test_an_outcome_groups_the_places_of_one_finding_and_says_the_class_of_a_loss():
    outcome = operation_outcome(LOSSES)
    OperationOutcome.model_validate(outcome)
    assert [found["expression"] for found in outcome["issue"]] == [
        ["Bundle.entry[10].resource.a", "Bundle.entry[10].resource.b.c"],
        ["Bundle.entry[2].resource.a", "Bundle.entry[2].resource.b.c"],
    ]
    assert outcome["issue"][0]["details"]["coding"] == [
        {"system": "urn:x-bridge:issues", "code": "IMGDA-0901"},
        {"system": "urn:x-bridge:losses", "code": "clinical"},
    ]


@pytest.mark.parametrize(
    "other",
    [
        issue("IMGDA-0901", "Bundle.entry[10].resource.d", loss="technical"),
        issue("IMGDA-0901", "Bundle.entry[10].resource.d", loss="clinical", severity="error"),
        issue("IMGDA-0902", "Bundle.entry[10].resource.d", loss="clinical"),
        issue("IMGDA-0901", "Bundle.entry[10].resource.contained[0].d", loss="clinical"),
        issue("IMGDA-0901", None, loss="clinical"),
    ],
    ids=["class", "severity", "code", "resource", "nowhere"],
)
def test_what_differs_stands_alone(other):
    assert [other] in grouped([*LOSSES, other])


def test_a_finding_with_other_words_stands_alone():
    one, other = (issue("IMGDA-0908", f"{ENTRY.format(1)}.{name}", loss="technical", written=name) for name in "ab")
    assert grouped([one, other]) == [[one], [other]]


def test_the_places_of_a_document_are_grouped_by_element():
    places = ("/ClinicalDocument/author/@a", "/ClinicalDocument/author/@b", "/ClinicalDocument/author/time/@a")
    assert [len(group) for group in grouped(issue("IMGDA-0901", place) for place in places)] == [2, 1]


def test_groups_are_shown_in_the_order_of_the_resources():
    assert [group[0].path for group in by_resource(grouped(LOSSES))] == [LOSSES[2].path, LOSSES[0].path]


DOORS = {"cli": r"--[a-z]", "http": r"\w=(true|false)", "library": r"=(True|False)|Bridge\."}


@pytest.mark.parametrize("door", DOORS)
def test_a_remedy_is_in_the_words_of_the_door(door):
    with through(door):
        advice = {code: entry.advised("fr") for code, entry in catalogue().items()}
    assert "{via" not in "".join(advice.values())
    assert re.search(DOORS[door], advice["IMGDA-0207"])
    others = [pattern for name, pattern in DOORS.items() if name != door]
    of_an_order = {code: text for code, text in advice.items() if code < "IMGDA-1750"}
    assert [code for code, text in of_an_order.items() if any(re.search(pattern, text) for pattern in others)] == []
