"""``imgda check``: forms of the report, several files, exit codes, the terminal."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys

import pytest
from click.testing import CliRunner
from conftest import ROOT
from lxml import etree

from bridge.cli import main

GOOD = ROOT / "fixtures" / "knee-radiograph" / "document.xml"
SVRL = "{http://purl.oclc.org/dsdl/svrl}"


@pytest.fixture
def bad(tmp_path):
    """A document with one error, an unknown modality, and one warning, another title."""
    path = tmp_path / "bad.xml"
    text = GOOD.read_text("utf-8").replace('code="MED-1126"', 'code="XX"').replace("Plan de soins", "Plan", 1)
    path.write_text(text, "utf-8")
    return path


def imgda(*arguments, data=None):
    return CliRunner().invoke(main, ["check", *map(str, arguments)], input=data)


def test_a_document_that_conforms_is_said_so_with_exit_code_0():
    run = imgda(GOOD, "--lang", "en")
    assert run.exit_code == 0
    assert run.stdout == f"{GOOD}: conforms (IMG-DA-IMG 2024.01)\n"
    assert "1 document(s): 1 conform, 0 do not" in run.stderr


def test_one_that_does_not_conform_is_explained_with_exit_code_1(bad):
    run = imgda(bad, "--lang", "en")
    assert run.exit_code == 1
    assert f"{bad}: does not conform" in run.stdout
    assert "IMGDA-1501" in run.stdout
    assert "/ClinicalDocument/component/structuredBody" in run.stdout


def test_quiet_shows_documents_with_errors_alone(bad):
    run = imgda(GOOD, bad, "--quiet")
    assert str(GOOD) not in run.stdout
    assert str(bad) in run.stdout
    assert run.stderr == ""


def test_json_is_one_report_or_a_list_of_them(bad):
    one = json.loads(imgda(bad, "--format", "json").stdout)
    assert one["file"] == str(bad)
    assert one["valid"] is False
    several = json.loads(imgda(GOOD, bad, "--format", "json").stdout)
    assert [report["valid"] for report in several] == [True, False]


def test_svrl_has_a_failed_assertion_for_each_error(bad):
    tree = etree.fromstring(imgda(bad, "--format", "svrl").stdout.encode())
    assert tree.tag == f"{SVRL}schematron-output"
    assert {found.get("id") for found in tree.iter(f"{SVRL}failed-assert")} == {"IMGDA-1501"}


def test_junit_has_a_suite_for_each_document(bad):
    tree = etree.fromstring(imgda(GOOD, bad, "--format", "junit").stdout.encode())
    assert [(suite.get("name"), suite.get("failures")) for suite in tree] == [(str(GOOD), "0"), (str(bad), "1")]


def test_html_and_svrl_of_several_documents_need_a_folder(bad, tmp_path):
    assert imgda(GOOD, bad, "--format", "html").exit_code == 2
    out = tmp_path / "reports"
    out.mkdir()
    assert imgda(GOOD, bad, "--format", "html", "-o", out).exit_code == 1
    assert len(list(out.glob("*.html"))) == 2


def test_a_document_comes_on_standard_input():
    assert imgda("-", data=GOOD.read_bytes()).exit_code == 0
    assert imgda(data=b"<a/>").exit_code == 1


def test_a_folder_means_every_document_in_it(tmp_path):
    (tmp_path / "below").mkdir()
    for name in ("a.xml", "below/b.xml"):
        (tmp_path / name).write_bytes(GOOD.read_bytes())
    (tmp_path / "notes.txt").write_text("no document")
    assert "2 document(s): 2 conform" in imgda(tmp_path, "--lang", "en").stderr


def test_a_file_that_cannot_be_read_does_not_stop_the_others(bad, tmp_path):
    run = imgda(tmp_path / "absent.xml", bad, GOOD, "--lang", "en")
    assert run.exit_code == 66
    assert "absent.xml" in run.stderr
    assert f"{GOOD}: conforms" in run.stdout
    assert "2 document(s)" in run.stderr


def test_one_summary_ends_a_run_with_the_rules_broken_most_often(bad):
    lines = imgda(GOOD, bad, bad, "--lang", "en").stderr.splitlines()
    assert lines[0].startswith("3 document(s): 1 conform, 2 do not; 2 error(s), 2 warning(s)")
    assert lines[1:] == ["Rules broken most often:", "       2  IMGDA-1501  The code is not of the value set modality."]


def test_another_model_than_the_document_s_own_is_a_finding():
    run = imgda(GOOD, "--model", "2022.01", "--format", "json")
    report = json.loads(run.stdout)
    assert report["model"] == "2022.01"
    assert "IMGDA-1442" in {found["code"] for found in report["issues"]}
    assert imgda(GOOD, "--model", "1999.01").exit_code == 2


def test_on_a_terminal_nothing_is_wider_than_80_columns(bad):
    ours, theirs = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    command = [sys.executable, "-m", "bridge", "check", str(bad)]
    subprocess.run(["stty", "cols", "80"], stdin=theirs, check=True)
    run = subprocess.run(command, stdin=theirs, stdout=theirs, stderr=subprocess.DEVNULL, cwd=ROOT, env=environment, check=False)
    os.close(theirs)
    shown = os.read(ours, 100_000).decode()
    assert run.returncode == 1
    lines = [line for line in shown.replace("\r", "").splitlines() if str(bad) not in line]
    assert len(lines) > 4
    assert max(map(len, lines)) <= 80


def test_a_converted_document_is_checked_unless_told_otherwise(monkeypatch):
    from bridge.convert import Bridge

    asked = []
    usual = Bridge.to_cda
    monkeypatch.setattr(
        Bridge, "to_cda", lambda self, *args, **options: asked.append(options["check"]) or usual(self, *args, **options)
    )
    for options in ((), ("--no-check",), ("--check",)):
        run = CliRunner().invoke(main, ["convert", str(GOOD.parent / "bundle.json"), *options])
        assert run.exit_code == 0
    assert asked == [True, False, True]
