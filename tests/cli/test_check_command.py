"""``imgda check``: forms of the report, several files, exit codes, the terminal."""

from __future__ import annotations

import html
import json
import os
import pty
import re
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
    assert run.stdout == f"{GOOD}\n  conforms to the model IMG-DA-IMG 2024.01\n  no further finding\n\n"
    assert "1 file(s): 1 conform, 0 do not, 0 without a verdict; no finding." in run.stderr


def test_one_that_does_not_conform_is_explained_with_exit_code_1(bad):
    run = imgda(bad, "--lang", "en")
    assert run.exit_code == 1
    assert f"{bad}\n  does not conform to the model IMG-DA-IMG 2024.01\n  further findings: 1 warning\n" in run.stdout
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
    assert (one["conforms"], one["verdict"]) == (False, "not-conform")
    assert one["text"] == ["non conforme au modèle IMG-DA-IMG 2024.01", "autres constats : 1 avertissement"]
    assert [found["decides"] for found in one["issues"]] == [True, False]
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
    assert len(list(out.glob("*.html"))) == 3
    assert "IMGDA-" in (out / "imgda-report.html").read_text("utf-8")
    assert (out / "imgda-report.csv").exists()


def test_a_document_comes_on_standard_input():
    assert imgda("-", data=GOOD.read_bytes()).exit_code == 0
    assert imgda(data=b"<a/>").exit_code == 65


def test_a_folder_means_every_document_in_it(tmp_path):
    (tmp_path / "below").mkdir()
    for name in ("a.xml", "below/b.xml"):
        (tmp_path / name).write_bytes(GOOD.read_bytes())
    (tmp_path / "notes.txt").write_text("no document")
    assert "2 file(s): 2 conform" in imgda(tmp_path, "--lang", "en").stderr


def test_a_file_that_cannot_be_read_does_not_stop_the_others(bad, tmp_path):
    run = imgda(tmp_path / "absent.xml", bad, GOOD, "--lang", "en")
    assert run.exit_code == 66
    assert "absent.xml" in run.stderr
    assert f"{GOOD}\n  conforms" in run.stdout
    assert "2 file(s)" in run.stderr


def test_one_summary_ends_a_run_with_the_rules_broken_most_often(bad):
    lines = imgda(GOOD, bad, bad, "--lang", "en").stderr.splitlines()
    assert lines[0].startswith("3 file(s): 1 conform, 2 do not, 0 without a verdict; 2 errors, 2 warnings.")
    assert lines[1:] == ["Rules broken most often:", "       2  IMGDA-1501  The code is not of the value set modality."]


def test_another_model_than_the_document_s_own_is_a_finding():
    run = imgda(GOOD, "--model", "2022.01", "--format", "json")
    report = json.loads(run.stdout)
    assert report["model"] == "2022.01"
    assert "IMGDA-1442" in {found["code"] for found in report["issues"]}
    assert imgda(GOOD, "--model", "1999.01").exit_code == 78


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


def changed(tmp_path, name, old, new):
    """A document of ours with one text replaced."""
    path = tmp_path / name
    text = GOOD.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    return path


@pytest.fixture
def further(tmp_path):
    """A document with a further warning alone."""
    return changed(tmp_path, "further.xml", "Plan de soins", "Plan")


def test_further_findings_leave_the_exit_code_0_unless_strict(further):
    run = imgda(further, "--lang", "en")
    assert run.exit_code == 0
    assert "  conforms to the model IMG-DA-IMG 2024.01\n  further findings: 1 warning\n" in run.stdout
    assert imgda(further, "--strict").exit_code == 1
    assert imgda(GOOD, "--strict").exit_code == 0


@pytest.mark.parametrize(
    ("data", "said", "code"),
    [
        (b"", "The file is empty", 65),
        (b'{"resourceType": "Bundle"}', "The file is JSON", 65),
        (b"MSH|^~\\&|A\r", "HL7 v2 message", 65),
        (b"<a/>", "it is no CDA document", 65),
        (GOOD.read_bytes()[:9000], "The document is truncated", 65),
        (
            GOOD.read_bytes().replace(b'extension="2024.01"', b'extension="2025.09"'),
            "no verdict: unknown version of the model",
            78,
        ),
    ],
    ids=["empty", "json", "v2", "other xml", "truncated", "version"],
)
def test_what_gets_no_verdict_is_said_with_its_exit_code(data, said, code):
    run = imgda("-", "--lang", "en", data=data)
    assert said in run.stdout
    assert run.exit_code == code
    assert "conform to" not in run.stdout


def test_one_file_on_which_the_check_fails_does_not_stop_the_others(monkeypatch, bad, tmp_path):
    import bridge.checks

    usual = bridge.checks.check
    poison = tmp_path / "poison.xml"
    poison.write_bytes(GOOD.read_bytes() + b"<!-- poison -->")

    def check(document, **options):
        if b"poison" in document:
            raise ZeroDivisionError("what a document says")
        return usual(document, **options)

    monkeypatch.setattr("bridge.checks.check", check)
    run = imgda(GOOD, poison, bad, "--lang", "en")
    assert run.exit_code == 70
    assert f"{poison}\n  no verdict: the check failed\n  no rule of the model was applied\n\n  ERROR IMGDA-1661" in run.stdout
    assert "(ZeroDivisionError)" in run.stdout
    assert "what a document says" not in run.stdout + run.stderr
    assert f"{GOOD}\n  conforms" in run.stdout
    assert f"{bad}\n  does not conform" in run.stdout


def test_every_form_says_both_verdicts_in_the_same_words(bad):
    for lang, words in (
        ("fr", ("non conforme au modèle IMG-DA-IMG 2024.01", "autres constats : 1 avertissement")),
        ("en", ("does not conform to the model IMG-DA-IMG 2024.01", "further findings: 1 warning")),
    ):
        for form in ("text", "json", "html", "junit"):
            said = imgda(bad, "--format", form, "--lang", lang).stdout
            assert all(word in said for word in words), (form, lang)


def test_a_rule_broken_in_many_places_is_said_once(tmp_path):
    path = tmp_path / "many.xml"
    path.write_text(re.sub(r"(<telecom value=\")tel:", r"\1sms:", GOOD.read_text("utf-8")), "utf-8")
    run = imgda(path, "--lang", "en")
    assert run.stdout.count("IMGDA-1416") == 1
    assert "other places" in run.stdout
    assert "other places" not in imgda(path, "--lang", "en", "--verbose").stdout


def test_every_version_of_the_model_can_be_asked_for():
    from bridge import models

    for model in models():
        assert imgda(GOOD, "--model", model).exit_code in (0, 1)


@pytest.mark.parametrize("form", [(), ("--fhir",)])
def test_the_limits_are_those_of_the_settings(form, tmp_path):
    site = tmp_path / "site.toml"
    site.write_text("[limits]\nleaves = 10\n", "utf-8")
    file = GOOD.with_name("bundle.json") if form else GOOD
    run = imgda(file, *form, "--config", site, "--lang", "en")
    assert run.exit_code == 65
    assert "IMGDA-0113" in run.stdout + run.stderr


@pytest.mark.parametrize("content", [b"", b"<a/>", b"{}", b"MSH|^~\\&|A"])
@pytest.mark.parametrize("lang", ["fr", "en"])
def test_what_is_not_judged_says_so_in_the_same_words_in_every_form(content, lang, tmp_path):
    file = tmp_path / "file"
    file.write_bytes(content)
    said = {form: imgda(file, "--lang", lang, "--format", form).stdout for form in ("text", "json", "html", "junit")}
    report = json.loads(said["json"])
    assert (report["model"], report["conforms"]) == (None, None)
    assert [line.strip() for line in said["text"].splitlines()[1:3]] == report["text"]
    for words in report["text"]:
        assert words in html.unescape(said["html"])
        assert words in html.unescape(said["junit"])
