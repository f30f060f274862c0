"""What the commands say about losses, drafts and traces."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from bundles import bundle, order_of, patient
from conftest import ROOT

KNEE = ROOT / "fixtures" / "knee-radiograph" / "bundle.json"


def imgda(*arguments, data=None):
    """Run the command; *data* is a FHIR input on standard input."""
    text = None if data is None else json.dumps(data)
    command = [sys.executable, "-m", "bridge", *map(str, arguments)]
    return subprocess.run(command, input=text, capture_output=True, encoding="utf-8", cwd=ROOT, check=False)


def test_carried_implied_and_lost_are_printed(tmp_path):
    run = imgda("convert", "--stats", "--quiet", "--lang", "en", KNEE, "-o", tmp_path / "knee.xml")
    words = run.stderr.split()
    carried, implied, lost, whole = (int(word.strip(".")) for word in words if word.strip(".").isdigit())
    assert carried + implied + lost == whole


def test_a_class_of_losses_can_refuse_or_be_ignored(tmp_path):
    out = tmp_path / "knee.xml"
    assert imgda("convert", KNEE, "-o", out, "--on-loss", "clinical=fail").returncode == 3
    assert not out.exists()
    assert imgda("convert", KNEE, "-o", out, "--on-loss", "clinical=ignore").returncode == 0
    assert imgda("convert", KNEE, "-o", out, "--on-loss", "clinical=perhaps").returncode == 2


def test_the_losses_of_one_resource_are_said_together():
    stray = {"resourceType": "Basic", "id": "stray", "code": {"text": "x", "coding": [{"code": "a"}, {"code": "b"}]}}
    said = imgda("convert", "-", "--lang", "en", data=bundle(stray)).stderr
    assert said.count("IMGDA-0905") == 1
    assert said.count(".code.") == 3


def test_a_draft_is_written_and_said(tmp_path):
    out = tmp_path / "draft.xml"
    data = order_of(bodySite=None)
    assert imgda("convert", "-", "-o", out, data=data).returncode == 3
    run = imgda("convert", "-", "-o", out, "--draft", data=data)
    assert run.returncode == 0
    assert "IMGDA-1702" in run.stderr
    assert out.read_text("utf-8").startswith("<?xml")


def test_a_provenance_is_written_beside_the_document(tmp_path):
    imgda("convert", KNEE, "-o", tmp_path / "a.xml", "--provenance", tmp_path / "a.json", "--quiet")
    assert json.loads((tmp_path / "a.json").read_text("utf-8"))["resourceType"] == "Provenance"


@pytest.mark.parametrize("form", ["text", "json", "html"])
def test_an_order_is_explained(form):
    run = imgda("explain", "--format", form, KNEE)
    assert run.returncode == 0
    assert "/ClinicalDocument/recordTarget/patientRole/patient/birthTime/@value" in run.stdout


def test_an_explanation_of_a_refused_order_says_why():
    run = imgda("explain", "-", data=order_of(bodySite=None))
    assert run.returncode == 3
    assert "IMGDA-0403" in run.stdout


def test_the_elements_that_are_read_are_listed():
    rows = json.loads(imgda("mapping", "--format", "json", "Patient.birth").stdout)
    assert [row["element"] for row in rows] == ["Patient.birthDate"]


def test_an_unknown_code_is_answered_with_those_near():
    assert "IMGDA-0912" in imgda("help", "IMGDA-0992").stderr


def test_a_name_that_is_lost_is_in_no_message():
    person = patient()
    person["name"] = [*person["name"], {"family": "SECRETISSIME", "use": "nickname"}]
    run = imgda("convert", "-", "--verbose", "--format", "json", data=bundle(p=person))
    assert "SECRETISSIME" not in run.stderr


def test_every_order_of_an_input_can_be_a_draft(tmp_path):
    data = order_of(bodySite=None)
    assert imgda("convert", "-", "--each", "-o", tmp_path, data=data).returncode == 3
    run = imgda("convert", "-", "--each", "-o", tmp_path, "--draft", data=data)
    assert run.returncode == 0
    assert "IMGDA-1702" in run.stderr
    assert (tmp_path / "DA-1.xml").exists()


@pytest.mark.parametrize(
    "option", [["--paranoid"], ["--stats"], ["--single"], ["--requisition", "DA-1"], ["--provenance", "p.json"]]
)
def test_an_option_about_one_order_does_not_go_with_all_of_them(option, tmp_path):
    run = imgda("convert", KNEE, "--each", "-o", tmp_path, *option)
    assert run.returncode == 2
    assert "--requisition NUMBER" in run.stderr
    assert not list(tmp_path.iterdir())


def test_an_order_is_explained_as_it_is_converted(tmp_path):
    undated = order_of(requisition=None, authoredOn=None)
    run = imgda("explain", "-", "--single", "--fhir", "R4", "--now", "2026-03-02T10:15:00+01:00", data=undated)
    assert run.returncode == 0
    assert "[Patient › Date de naissance]" in run.stdout


def test_what_was_read_is_looked_for_in_the_document(tmp_path):
    assert imgda("convert", KNEE, "--paranoid", "-o", tmp_path / "knee.xml").returncode == 0


def test_an_element_that_is_written_from_a_document_goes_both_ways():
    rows = {row["element"]: row["direction"] for row in json.loads(imgda("mapping", "--format", "json", "Patient").stdout)}
    assert rows["Patient.birthDate"] == "both"
    rows = {
        row["element"]: row["direction"] for row in json.loads(imgda("mapping", "--format", "json", "AllergyIntolerance").stdout)
    }
    assert set(rows.values()) == {"to-cda"}
