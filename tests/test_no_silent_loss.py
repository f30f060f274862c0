"""Law 1: nothing that a sender wrote vanishes without a word.

Each test makes many small variants of every story and sample, one at a time. By default a share of them, always the same one;
``IMGDA_MUTATIONS=all`` tries every one.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bundles import bundle, observation, order_of, path_of, patient
from conftest import REFERENCE, STORIES, input_of
from mutations import Mutation, additions, changes, removals, swaps

import bridge
from bridge.fhir.ledger.losses import is_implied
from bridge.fhir.ledger.node import Ledger, leaves
from bridge.fhir.source import parse
from bridge.findings.losses import loss_class
from bridge.settings import Losses, Settings
from bridge.tables.codes import rows

ALL = os.environ.get("IMGDA_MUTATIONS") == "all"
INPUTS = [input_of(story) for story in STORIES] + sorted((REFERENCE / "samples").glob("*.json"))
BRIDGE = bridge.Bridge()


def name_of(path: Path) -> str:
    return path.parent.name if path.stem == "bundle" else path.stem


def share(mutations: Iterator[Mutation], part: float) -> list[Mutation]:
    found = list(mutations)
    return found if ALL else random.Random(7).sample(found, round(len(found) * part))


def outcome(data: dict[str, Any], version: str) -> tuple[bytes | None, set[tuple[Any, ...]]]:
    """The document, if any, and every issue with all that it says."""
    try:
        conversion = BRIDGE.to_cda(data, fhir=version)
        document, issues = conversion.document, conversion.issues
    except bridge.BridgeError as error:
        document, issues = None, error.issues
    return document, {(i.path, i.code, i.severity, i.loss, i.value, tuple(i.parameters.items())) for i in issues}


def is_inside(path: str, where: str) -> bool:
    return path == where or path.startswith((f"{where}.", f"{where}["))


def concerns(path: str | None, where: str) -> bool:
    """Whether an issue stands at a place, inside it, or at what is around it."""
    return path is not None and (is_inside(path, where) or is_inside(where, path))


class EveryLeafIsRead(Ledger):
    def is_read(self, container: Any, key: str | int) -> bool:
        return True


def implied(data: dict[str, Any], where: str) -> bool:
    """Whether all the leaves at a place are implied by mappings/implied.csv."""
    found = [leaf for leaf in leaves(data, data["resourceType"], data["resourceType"]) if is_inside(leaf.path, where)]
    return bool(found) and all(is_implied(leaf, EveryLeafIsRead()) for leaf in found)


@pytest.mark.parametrize("source", INPUTS, ids=name_of)
def test_whatever_is_added_is_carried_or_lost_or_refused_by_its_path(source):
    parsed = parse.parse(source.read_bytes())
    document, issues = outcome(parsed.resource, parsed.version)
    unnoticed = []
    for mutation in share(additions(parsed.resource, parsed.version), 0.018):
        data = mutation.apply(parsed.resource)
        written, found = outcome(data, parsed.version)
        is_said = any(concerns(path, mutation.path) for path, *_ in found - issues)
        if not is_said and written == document and not implied(data, mutation.path):
            unnoticed.append(mutation.name)
    assert unnoticed == []


@pytest.mark.parametrize("source", INPUTS, ids=name_of)
def test_whatever_is_changed_changes_the_document_or_what_is_said(source):
    parsed = parse.parse(source.read_bytes())
    before = outcome(parsed.resource, parsed.version)
    assert before[0] is not None
    unnoticed = []
    for mutation in share(changes(parsed.resource, parsed.version), 0.042):
        data = mutation.apply(parsed.resource)
        if outcome(data, parsed.version) == before:
            if not (implied(parsed.resource, mutation.path) and implied(data, mutation.path)):
                unnoticed.append(mutation.name)
    assert unnoticed == []


MAY_BE_EQUAL = {
    "ServiceRequest.intent": ("filler-order instance-order order original-order reflex-order", "each of them is an order"),
    "DiagnosticReport.status": (
        "amended appended corrected final",
        "decision 27: a report that is final, also when it was corrected",
    ),
    "PractitionerRole.code.coding.code": ("AGNT CON PRF PROV", "the element that leads to the role gives its class and part"),
    "Patient.identifier.use": ("official secondary temp usual", "a number of the patient in use; old is said"),
}
"""Leaves of which several values give the same document and findings, and why; beside mappings/implied.csv."""


def may_be_equal(mutation: Mutation) -> bool:
    """Whether the new value of a code is one of those that mean the same here."""
    values, _ = MAY_BE_EQUAL.get(mutation.type_path, ("", ""))
    return mutation.kind.startswith(("another code, ", "code ")) and mutation.kind.rpartition(" ")[2] in values.split()


HEADINGS = ("Composition.type.", "Composition.section.")
"""Where labels are headings: the document has its own."""


@pytest.mark.parametrize("source", INPUTS, ids=name_of)
def test_another_value_of_the_same_binding_changes_the_document_or_what_is_said(source):
    """A label of another concept is noticed wherever it stands; any other value, unless a table says that both mean the same."""
    parsed = parse.parse(source.read_bytes())
    before = outcome(parsed.resource, parsed.version)
    unnoticed = []
    for mutation in share(swaps(parsed.resource, parsed.version), 0.014):
        data = mutation.apply(parsed.resource)
        if data != parsed.resource and outcome(data, parsed.version) == before and not may_be_equal(mutation):
            is_label = mutation.kind.startswith("label ") and not mutation.type_path.startswith(HEADINGS)
            if is_label or not (implied(parsed.resource, mutation.path) and implied(data, mutation.path)):
                unnoticed.append(mutation.name)
    assert unnoticed == []


@pytest.mark.parametrize("source", INPUTS, ids=name_of)
def test_whatever_is_read_of_a_variant_stands_in_its_document(source):
    parsed = parse.parse(source.read_bytes())
    unfound = []
    variants = [m for kind in (changes, additions, removals) for m in kind(parsed.resource, parsed.version)]
    for mutation in random.Random(9).sample(variants, min(400 if ALL else 6, len(variants))):
        try:
            conversion = BRIDGE.to_cda(mutation.apply(parsed.resource), fhir=parsed.version)
        except bridge.BridgeError:
            continue
        unfound += [f"{mutation.name}: {issue.path}" for issue in conversion.trace.unfound()]
    assert unfound == []


def test_there_are_at_least_three_thousand_additions_and_changes():
    parsed = [parse.parse(source.read_bytes()) for source in INPUTS]
    assert sum(1 for p in parsed for _ in additions(p.resource, p.version)) > 3_000
    assert sum(1 for p in parsed for _ in changes(p.resource, p.version)) > 3_000


def test_one_object_at_two_places_of_a_mapping_is_two_leaves():
    name = {"family": "Essai", "use": "old"}
    data = bundle(
        p=patient() | {"name": [{"family": "Essai", "given": ["Un"], "use": "official"}, name], "contact": [{"name": name}]}
    )
    paths = {issue.path for issue in BRIDGE.normalize(data).losses}
    where = path_of(data, "p")
    assert {f"{where}.name[1].family", f"{where}.contact[0].name.family"} <= paths


# --- why a leaf is lost ------------------------------------------------------------------------------------------------


def losses(data: dict[str, Any], settings: Settings | None = None) -> dict[str, bridge.Issue]:
    try:
        issues = bridge.Bridge(settings).normalize(data).issues
    except bridge.BridgeError as error:
        issues = error.issues
    return {str(issue.path): issue for issue in issues if issue.loss}


def test_a_loss_says_why():
    extension = {"url": "https://unknown.example/x", "valueString": "x"}
    stray = {"resourceType": "Basic", "id": "stray", "code": {"text": "x"}}
    coding = {"coding": [{"system": "https://unknown.example/codes", "code": "x"}]}
    person = patient()
    person |= {"maritalStatus": {"text": "x"}, "extension": [*person.get("extension", []), extension]}
    data = bundle(stray, p=person | {"communication": [{"language": coding}]})
    where, found = path_of(data, "p"), losses(data)
    assert found[f"{where}.maritalStatus.text"].code == "IMGDA-0901"
    assert found[f"{where}.communication[0].language.coding[0].code"].code == "IMGDA-0902"
    assert found[f"{where}.extension[{len(person['extension']) - 1}].valueString"].code == "IMGDA-0904"
    assert found[f"{path_of(data, 'stray')}.code.text"].code == "IMGDA-0905"


def test_a_second_value_where_the_model_has_one_is_a_repetition():
    person = patient()
    person["name"] = [{"family": "Essai", "given": ["Un"]}, {"family": "Autre", "use": "nickname"}]
    data = bundle(p=person)
    assert losses(data)[f"{path_of(data, 'p')}.name[1].family"].code == "IMGDA-0903"


# --- classes and policies ----------------------------------------------------------------------------------------------


def test_every_row_of_the_tables_says_why():
    assert all(row["reason"] and row["source"] for name in ("implied", "loss-classes") for row in rows(name))


def test_the_most_precise_row_gives_the_class():
    assert loss_class("ServiceRequest.bodySite.coding.code") == "critical"
    assert loss_class("ServiceRequest.bodySite.coding.version") == "technical"
    assert loss_class("ServiceRequest.note.time") == "clinical"
    assert loss_class("Observation.referenceRange.low.value") == "clinical"
    assert loss_class("Observation.referenceRange.low.value", frozenset({"64100-1"})) == "critical"


UNKNOWN_ALLERGY = {
    "resourceType": "AllergyIntolerance",
    "id": "stray",
    "patient": {"reference": "Patient/p"},
    "code": {"text": "Produit de contraste iodé"},
}


def test_an_allergy_that_nothing_refers_to_refuses_the_order():
    data = bundle(UNKNOWN_ALLERGY)
    with pytest.raises(bridge.OrderError) as refused:
        BRIDGE.to_cda(data)
    assert f"{path_of(data, 'stray')}.code.text" in {i.path for i in refused.value.issues if i.is_error and i.loss == "critical"}


def test_an_allergy_that_is_referenced_is_written():
    allergy = UNKNOWN_ALLERGY | {"id": "info-allergy"}
    assert "Produit de contraste iodé" in BRIDGE.to_cda(bundle(allergy)).document.decode()


@pytest.mark.parametrize(("policy", "severity"), [("fail", "error"), ("warn", "warning"), ("ignore", "information")])
def test_the_same_loss_under_three_policies(policy, severity):
    data = order_of(supportingInfo=None, insurance=[{"display": "Mutuelle"}])
    found = losses(data, Settings(losses=Losses(administrative=policy)))
    assert found[f"{path_of(data, 'sr')}.insurance[0].display"].severity == severity


@pytest.mark.parametrize(
    "pattern",
    ["Patient.maritalStatus", "Patient.*.text", "Patient.maritalStatus.text", "Patient.extension('https://unknown.example/x')"],
)
def test_a_leaf_that_the_site_knowingly_drops_is_a_note(pattern):
    extension = {"url": "https://unknown.example/x", "valueString": "x"}
    person = patient() | {"maritalStatus": {"text": "x"}}
    person["extension"] = [*person.get("extension", []), extension]
    data = bundle(p=person)
    strict = Settings(losses=Losses(administrative="fail"))
    allowed = Settings(losses=Losses(administrative="fail", allow=(pattern,)))
    relaxed = {p for p, i in losses(data, allowed).items() if not i.is_error} - {
        p for p, i in losses(data, strict).items() if not i.is_error
    }
    assert relaxed
    assert all(("maritalStatus" in p) == ("marital" in pattern or "*" in pattern) for p in relaxed)


def test_what_is_not_final_is_said():
    info = observation("info1", {"coding": [{"system": "http://loinc.org", "code": "11348-0"}]}, valueString="Asthme")
    data = bundle(info | {"status": "preliminary"})
    assert "IMGDA-0912" in {issue.code for issue in BRIDGE.normalize(data).issues}
