"""A finding points to the very value: each one that a change of a story brings up stands where the change is.

Where a rule is about two things, or about something that is missing, the finding stands at the one that its text names, and the
table below says which resources the other one may be in. By default a share of the changes, always the same one;
``IMGDA_MUTATIONS=all`` tries every one.
"""

from __future__ import annotations

import os
import random
import re
from typing import Any

import pytest
from conftest import STORIES, input_of
from mutations import Mutation, additions, changes, removals

import bridge
from bridge.fhir.source import parse

ALL = os.environ.get("IMGDA_MUTATIONS") == "all"
BRIDGE = bridge.Bridge()

PEOPLE = "Practitioner PractitionerRole Organization Composition Provenance"
CLINICAL = "Observation Condition Procedure AllergyIntolerance Flag Consent DiagnosticReport DocumentReference"
FINDINGS = f"{CLINICAL} Composition ServiceRequest"
NAMED = {
    "IMGDA-0203": "ServiceRequest",  # no imaging request
    "IMGDA-0207": "ServiceRequest Task RequestGroup DocumentReference",  # several orders, by what groups requests
    "IMGDA-0213": "ServiceRequest",
    "IMGDA-0302": "Patient",  # no identifier, since its INS may not be written
    "IMGDA-0306": "Patient",  # the INS, for want of a trait
    "IMGDA-0307": "Patient",
    "IMGDA-0311": PEOPLE,  # the requester, for want of a number or name
    "IMGDA-0313": PEOPLE + " Encounter",
    "IMGDA-0314": PEOPLE + " Encounter",
    "IMGDA-0315": PEOPLE + " Encounter Location",
    "IMGDA-0316": PEOPLE,
    "IMGDA-0318": "ServiceRequest Task RequestGroup Composition",
    "IMGDA-0319": "ServiceRequest Task RequestGroup Composition",
    "IMGDA-0320": "ServiceRequest Bundle Composition",
    "IMGDA-0321": "ServiceRequest Encounter Composition Bundle",
    "IMGDA-0322": "Patient RelatedPerson",
    "IMGDA-0326": PEOPLE,
    "IMGDA-0327": "Bundle Composition",  # two times of one document
    "IMGDA-0329": "Encounter",
    "IMGDA-0331": PEOPLE + " ServiceRequest",
    "IMGDA-0342": "Composition",
    "IMGDA-0401": "ServiceRequest",
    "IMGDA-0402": "ServiceRequest",
    "IMGDA-0403": "ServiceRequest BodyStructure",
    "IMGDA-0404": "ServiceRequest BodyStructure",
    "IMGDA-0406": "ServiceRequest",  # what a modality demands
    "IMGDA-0407": "ServiceRequest Observation",
    "IMGDA-0408": "ServiceRequest Observation",
    "IMGDA-0409": "ServiceRequest Observation",
    "IMGDA-0410": "ServiceRequest Observation",
    "IMGDA-0411": "ServiceRequest Observation",
    "IMGDA-0412": "ServiceRequest Observation",
    "IMGDA-0413": "ServiceRequest Composition",  # priority, and its reason
    "IMGDA-0414": FINDINGS + " Patient",
    "IMGDA-0415": FINDINGS,  # a contra-indication that does not concern the modality
    "IMGDA-0416": FINDINGS,
    "IMGDA-0417": FINDINGS,
    "IMGDA-0418": FINDINGS,
    "IMGDA-0419": FINDINGS,
    "IMGDA-0420": "ServiceRequest",
    "IMGDA-0421": "ServiceRequest",
    "IMGDA-0422": "ServiceRequest BodyStructure",
    "IMGDA-0424": FINDINGS,
    "IMGDA-0426": FINDINGS,
    "IMGDA-0427": FINDINGS,
    "IMGDA-0428": "ServiceRequest",
    "IMGDA-0429": "ServiceRequest Composition",
    "IMGDA-0430": FINDINGS + " CommunicationRequest",
    "IMGDA-0431": "ServiceRequest Practitioner PractitionerRole",
    "IMGDA-0432": "ServiceRequest",
    "IMGDA-0433": FINDINGS,
    "IMGDA-0434": "ServiceRequest",
    "IMGDA-0435": "ServiceRequest BodyStructure",
    "IMGDA-0436": "ServiceRequest BodyStructure",
    "IMGDA-0438": FINDINGS,
    "IMGDA-0439": FINDINGS,
    "IMGDA-0440": "ServiceRequest BodyStructure",
    "IMGDA-0442": FINDINGS,
    "IMGDA-0465": FINDINGS,  # a known absence, and the fact that contradicts it
    "IMGDA-0602": "ServiceRequest",
    "IMGDA-0603": "Encounter ServiceRequest Composition",
    "IMGDA-0604": "Encounter",
    "IMGDA-0605": "Patient ServiceRequest Bundle Composition",
    "IMGDA-0606": "ServiceRequest Bundle Composition",
    "IMGDA-0609": "Patient ServiceRequest",
    "IMGDA-0610": "Composition Bundle DocumentReference",
    **{f"IMGDA-080{n}": FINDINGS + " Patient" for n in range(1, 6)},
}
"""The resources in which the other half of a fault may be, by the finding that stands at the one half."""
LINKS = ("IMGDA-0204", "IMGDA-0205", "IMGDA-0206", "IMGDA-0216", "IMGDA-0218", "IMGDA-0219", "IMGDA-0301")
"""Findings at a reference, when what it leads to, or its name, is what changed."""
_LINK = re.compile(
    r"(^Bundle\.entry\.fullUrl|\.id|\.reference|[Rr]eference|\.(subject|requester|encounter|practitioner|organization))$"
)


def unit(path: str) -> str:
    """The element of a resource in which a path is: ``Bundle.entry[2].resource.identifier[0]``."""
    found = re.match(r"(.*\.(resource|contained\[\d+\])|[A-Z]\w*)(\.\w+(\[\d+\])?)?", path)
    return found.group(0) if found else path


def is_inside(path: str, where: str) -> bool:
    return path == where or path.startswith((f"{where}.", f"{where}["))


def stands_at(code: str, path: str | None, kind: str, where: str) -> bool:
    """Whether a finding at *path* may be about a change of *kind* (its type path) at *where*."""
    if path is not None and (is_inside(path, unit(where)) or is_inside(where, path)):
        return True
    resource = kind.partition(".")[0]
    breaks_a_link = _LINK.search(kind) is not None or kind == resource
    if breaks_a_link and (code in LINKS or code in NAMED):
        return True
    return resource in NAMED.get(code, "").split()


def value_at(data: Any, path: str) -> Any:
    """What stands at a path. Raises LookupError where not even its parent exists; an absent element is None."""
    steps = re.findall(r"[^.\[\]]+", path)[1:]
    for index, step in enumerate(steps):
        if isinstance(data, dict) and step not in data and index == len(steps) - 1:
            return None
        data = data[int(step)] if isinstance(data, list) else data[step]
    return data


def issues_of(data: Any, version: str) -> list[bridge.Issue]:
    try:
        return list(BRIDGE.normalize(data, fhir=version).issues)
    except bridge.BridgeError as error:
        return list(error.issues)


def misplaced(mutation: Mutation, data: Any, issue: bridge.Issue) -> bool:
    """Whether a finding of a changed story stands where its fault is not. A loss stands at the leaf that is lost."""
    if issue.loss and issue.path:
        return str(value_at(data, issue.path)) != str(issue.value)
    if issue.path and value_at(data, issue.path) is None and issue.path.count(".") < 1:
        return True
    return not stands_at(issue.code, issue.path, mutation.type_path, mutation.path)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_a_finding_stands_where_its_fault_is(story):
    parsed = parse.parse(input_of(story).read_bytes())
    before = {(issue.code, issue.path) for issue in issues_of(parsed.resource, parsed.version)}
    variants = [m for kind in (changes, additions, removals) for m in kind(parsed.resource, parsed.version)]
    wrong = []
    for mutation in variants if ALL else random.Random(3).sample(variants, min(10, len(variants))):
        data = mutation.apply(parsed.resource)
        for issue in issues_of(data, parsed.version):
            if (issue.code, issue.path) not in before and misplaced(mutation, data, issue):
                wrong.append(f"{mutation.name}: {issue.code} @ {issue.path}")
    assert wrong == []


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_a_wrong_number_is_said_at_the_number(story):
    """Every national number of every story, one digit changed: the finding stands at that number and nowhere else."""
    parsed = parse.parse(input_of(story).read_bytes())
    before = {(issue.code, issue.path) for issue in issues_of(parsed.resource, parsed.version)}
    numbers = ("Practitioner.identifier.value", "Organization.identifier.value", "Patient.identifier.value")
    for mutation in changes(parsed.resource, parsed.version):
        if mutation.type_path in numbers:
            found = issues_of(mutation.apply(parsed.resource), parsed.version)
            keys = {(i.code, i.path) for i in found if i.code in ("IMGDA-0308", "IMGDA-0309", "IMGDA-0310")} - before
            assert {path for _, path in keys} <= {mutation.path}


# --- the measure itself ----------------------------------------------------------------------------------------------

SR, DR = "Bundle.entry[7].resource", "Bundle.entry[2].resource"


@pytest.mark.parametrize(
    ("code", "path", "kind", "where", "right"),
    [
        ("IMGDA-0309", f"{DR}.identifier[0].value", "Practitioner.identifier.value", f"{DR}.identifier[0].value", True),
        ("IMGDA-0309", f"{SR}.authoredOn", "Practitioner.identifier.value", f"{DR}.identifier[0].value", False),
        ("IMGDA-0309", f"{DR}.identifier[1].value", "Practitioner.identifier.value", f"{DR}.identifier[0].value", False),
        ("IMGDA-0309", None, "Practitioner.identifier.value", f"{DR}.identifier[0].value", False),
        ("IMGDA-0311", f"{SR}.requester", "Practitioner.identifier.value", f"{DR}.identifier[0].value", True),
        ("IMGDA-0311", f"{SR}.requester", "Location.name", "Bundle.entry[3].resource.name", False),
        ("IMGDA-0602", f"{SR}.occurrenceDateTime", "ServiceRequest.authoredOn", f"{SR}.authoredOn", True),
        ("IMGDA-0601", f"{SR}.occurrenceDateTime", "ServiceRequest.authoredOn", f"{SR}.authoredOn", False),
        ("IMGDA-0204", f"{SR}.requester.reference", "Bundle.entry.fullUrl", "Bundle.entry[2].fullUrl", True),
    ],
)
def test_the_measure_tells_a_right_place_from_a_wrong_one(code, path, kind, where, right):
    assert stands_at(code, path, kind, where) == right


def test_a_path_that_leads_nowhere_is_no_place():
    with pytest.raises(LookupError):
        value_at({"resourceType": "Patient", "name": [{"family": "X"}]}, "Patient.contact[0].name")
    assert value_at({"resourceType": "Patient", "name": [{"family": "X"}]}, "Patient.name[0].family") == "X"
    assert value_at({"resourceType": "Patient"}, "Patient.birthDate") is None
