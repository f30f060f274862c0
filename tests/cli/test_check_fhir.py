"""``imgda check --fhir``: what it says of FHIR, and its exit codes."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from conftest import ROOT

from bridge import Bridge
from bridge.cli import main

DOCUMENT = ROOT / "fixtures" / "knee-radiograph" / "document.xml"


@pytest.fixture
def good(tmp_path):
    path = tmp_path / "good.json"
    path.write_text(json.dumps(Bridge().to_fhir(DOCUMENT.read_bytes()).bundle), "utf-8")
    return path


@pytest.fixture
def bad(tmp_path, good):
    """A Bundle whose Encounter has lost its period."""
    bundle = json.loads(good.read_text("utf-8"))
    visit = next(e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == "Encounter")
    del visit["period"]
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(bundle), "utf-8")
    return path


def check(*arguments):
    return CliRunner().invoke(main, ["check", "--fhir", "--lang", "en", *map(str, arguments)])


def test_claims_that_are_met_give_exit_code_0_and_are_counted(good):
    run = check(good)
    assert run.exit_code == 0
    assert "meets what it claims (FHIR R4)" in run.stdout
    assert "fr-composition-document: 1" in run.stdout


def test_a_claim_that_is_not_met_is_told_by_its_place_with_exit_code_1(bad):
    run = check(bad)
    assert run.exit_code == 1
    assert "IMGDA-1850" in run.stdout
    assert ".resource.period" in run.stdout


def test_the_report_can_be_json(good, bad):
    run = check(good, bad, "--format", "json")
    first, second = json.loads(run.stdout)
    assert first["valid"]
    assert first["issues"] == []
    assert not second["valid"]
    assert second["issues"][0]["code"] == "IMGDA-1850"


def test_what_is_no_fhir_gives_65_and_the_others_are_checked_all_the_same(good):
    run = check(DOCUMENT, good)
    assert run.exit_code == 65
    assert "meets what it claims" in run.stdout
    assert check(good, "missing.json").exit_code == 66


def test_a_form_for_documents_alone_is_a_wrong_call(good):
    assert check(good, "--format", "svrl").exit_code == 2


def test_a_document_goes_to_fhir_with_itself(tmp_path):
    target = tmp_path / "out.json"
    run = CliRunner().invoke(main, ["to-fhir", str(DOCUMENT), "--with-document", "-o", str(target), "-q"])
    assert run.exit_code == 0
    assert any(entry["resource"]["resourceType"] == "Binary" for entry in json.loads(target.read_text("utf-8"))["entry"])
    assert check(target).exit_code == 0
