"""``imgda convert`` and ``imgda normalize`` as users meet them: exit codes, files, languages, width, colour."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from bundles import DCM, bundle, concept, order_of
from click.testing import CliRunner, Result
from conftest import ROOT, STORIES, input_of
from fhir.resources.R4B.operationoutcome import OperationOutcome

import bridge
from bridge.cli import main
from bridge.cli.exits import Exit

KNEE = next(story for story in STORIES if story.name == "knee-radiograph")
REFUSED = json.dumps(order_of(code=concept(DCM, "OT"), bodySite=None)).encode()


def run(*arguments: str, stdin: bytes | None = None, **environment: str) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments], input=stdin, env=environment)


def shell(*arguments: str, stdin: bytes = b"", cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """The command in a process of its own."""
    command = [sys.executable, "-m", "bridge", *map(str, arguments)]
    known = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8", **environment}
    return subprocess.run(command, input=stdin, capture_output=True, cwd=cwd, env=known, check=False)


def test_a_document_goes_to_standard_output_and_what_is_said_to_standard_error():
    result = shell("convert", input_of(KNEE))
    assert result.returncode == Exit.OK
    assert result.stdout == (KNEE / "document.xml").read_bytes()
    assert b"<ClinicalDocument" not in result.stderr


@pytest.mark.parametrize("arguments", [["convert"], ["convert", "-"]], ids=["nothing", "dash"])
def test_standard_input_is_read(arguments):
    result = shell(*arguments, stdin=input_of(KNEE).read_bytes())
    assert result.stdout == (KNEE / "document.xml").read_bytes()


def test_an_output_file_is_written_whole(tmp_path):
    out = tmp_path / "out.xml"
    result = run("convert", input_of(KNEE), "-o", out)
    assert (result.exit_code, result.stdout) == (Exit.OK, "")
    assert out.read_bytes() == (KNEE / "document.xml").read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["out.xml"]
    assert out.stat().st_mode & 0o777 == 0o600


def test_an_output_file_can_be_shared_and_keeps_its_permissions(tmp_path, monkeypatch):
    monkeypatch.setenv("IMGDA_MODE", "640")
    out = tmp_path / "out.xml"
    run("convert", input_of(KNEE), "-o", out)
    assert out.stat().st_mode & 0o777 == 0o640
    monkeypatch.delenv("IMGDA_MODE")
    run("convert", input_of(KNEE), "-o", out)
    assert out.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("source", [REFUSED, b"{}", b"not JSON"], ids=["refused", "no order", "not JSON"])
def test_a_refused_input_leaves_the_output_as_it_was(source, tmp_path):
    out = tmp_path / "out.xml"
    out.write_text("before")
    result = run("convert", "-", "-o", out, stdin=source)
    assert result.exit_code in (Exit.REFUSED, Exit.UNREADABLE)
    assert out.read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["out.xml"]


def test_normalize_prints_the_order():
    declaration, _, order = run("normalize", input_of(KNEE)).stdout.partition("\n")
    assert declaration == '<?xml version="1.0" encoding="UTF-8"?>'
    assert order == (KNEE / "order.xml").read_text("utf-8")


EXITS: dict[str, tuple[list[str], bytes, Exit]] = {
    "done": (["convert"], json.dumps(bundle()).encode(), Exit.OK),
    "refused": (["convert"], REFUSED, Exit.REFUSED),
    "refused by normalize": (["normalize"], REFUSED, Exit.REFUSED),
    "not readable": (["convert"], b"{", Exit.UNREADABLE),
    "no such file": (["convert", "/no/such/file"], b"", Exit.NO_INPUT),
    "a folder": (["convert", str(ROOT)], b"", Exit.NO_INPUT),
    "an output that cannot be": (["convert", "-", "-o", "/no/such/folder/x"], json.dumps(bundle()).encode(), Exit.CANNOT_CREATE),
    "no such settings": (["convert", "--config", "/no/such/file"], b"{}", Exit.NO_INPUT),
    "settings that are wrong": (["convert", "--config", str(ROOT / "README.md")], b"{}", Exit.SETTINGS),
    "no such model": (["convert", "--model", "1999.01"], json.dumps(bundle()).encode(), Exit.SETTINGS),
    "no such option": (["convert", "--colour"], b"", Exit.USAGE),
    "no such command": (["konvert"], b"", Exit.USAGE),
    "no time": (["convert", "--now", "hier"], b"", Exit.USAGE),
    "each without a folder": (["convert", "--each"], json.dumps(bundle()).encode(), Exit.USAGE),
    "no such requisition": (["convert", "--requisition", "X"], json.dumps(bundle()).encode(), Exit.UNREADABLE),
}


@pytest.mark.parametrize(("arguments", "source", "code"), EXITS.values(), ids=EXITS)
def test_the_exit_code_says_what_happened(arguments, source, code):
    result = run(*arguments, stdin=source)
    assert result.exit_code == code
    assert "Traceback" not in result.stderr
    assert code == Exit.OK or result.stdout == ""


def test_every_finding_is_said_in_one_run():
    said = run("convert", stdin=REFUSED).stderr
    assert "IMGDA-0403" in said
    assert "IMGDA-0406" in said


@pytest.mark.parametrize(("language", "word"), [("fr", "ERREUR"), ("en", "ERROR")])
def test_the_language_is_an_option_or_a_variable(language, word):
    assert word in run("convert", "--lang", language, stdin=REFUSED).stderr
    assert word in run("convert", stdin=REFUSED, IMGDA_LANG=language).stderr


@pytest.mark.parametrize(
    "source", [REFUSED, json.dumps(bundle()).encode(), b"{", b""], ids=["refused", "done", "broken", "empty"]
)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_json_is_a_valid_operation_outcome(source, language):
    outcome = json.loads(run("convert", "--format", "json", "--lang", language, "-o", os.devnull, stdin=source).stderr)
    OperationOutcome.model_validate(outcome)
    assert all(issue["details"]["text"] for issue in outcome["issue"])


def test_a_missing_file_is_an_operation_outcome_too():
    outcome = json.loads(run("convert", "/no/such/file", "--format", "json").stderr)
    OperationOutcome.model_validate(outcome)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_what_is_said_fits_in_80_columns_and_has_no_colour_when_it_is_no_terminal(language):
    result = shell("convert", "-v", "--lang", language, "-o", os.devnull, stdin=REFUSED, COLUMNS="80")
    said = result.stderr.decode()
    assert "\x1b" not in said
    assert [line for line in said.splitlines() if len(line) > 80] == []


@pytest.mark.parametrize("command", [[], ["convert"], ["normalize"], ["models"], ["help"], ["completion"]])
def test_the_help_fits_in_80_columns(command):
    said = shell(*command, "--help", COLUMNS="80").stdout.decode()
    assert said.startswith("Usage: ")
    assert [line for line in said.splitlines() if len(line) > 80] == []


def test_quiet_says_nothing_about_a_success_and_verbose_says_notes():
    source = json.dumps(bundle()).encode()
    assert run("convert", "-q", "-o", os.devnull, stdin=source).stderr == ""
    assert "IMGDA-0314" not in run("convert", "-o", os.devnull, stdin=source).stderr
    assert "IMGDA-0314" in run("convert", "-v", "-o", os.devnull, stdin=source).stderr


def test_what_is_said_holds_nothing_of_the_patient():
    data: dict[str, Any] = order_of(code=concept(DCM, "OT"), bodySite=None, reasonCode=[{"text": "SECRET-MOTIF"}])
    for form in ("text", "json"):
        said = run("convert", "-v", "--format", form, stdin=json.dumps(data).encode()).stderr
        assert "ESSAI-TROIS" not in said
        assert "SECRET-MOTIF" not in said
        assert "279035121518989" not in said


def test_lenient_writes_what_the_model_can_leave_out():
    source = json.dumps(order_of(bodySite=None)).encode()
    assert run("convert", stdin=source).exit_code == Exit.REFUSED
    assert run("convert", "--lenient", stdin=source).exit_code == Exit.OK


def test_settings_may_come_from_a_variable(tmp_path):
    (tmp_path / "imgda.toml").write_text("[missing]\nsite = 'null'\n")
    source = json.dumps(order_of(bodySite=None)).encode()
    assert run("convert", stdin=source, IMGDA_CONFIG=str(tmp_path / "imgda.toml")).exit_code == Exit.OK


def test_a_time_may_be_given():
    source = json.dumps(order_of(authoredOn=None, encounter=None)).encode()
    out = run("convert", "--now", "2026-03-02T10:15:00+01:00", stdin=source).stdout
    assert '<effectiveTime value="20260302101500+0100"/>' in out


def test_the_models_are_listed():
    assert "2024.01" in run("models").stdout.split()


@pytest.mark.parametrize("code", ["IMGDA-0403", "0403", "403", "imgda-0403"])
def test_a_code_is_explained(code):
    assert "localisation anatomique" in run("help", code).stdout


def test_an_unknown_code_is_a_usage_error():
    assert run("help", "9999").exit_code == Exit.USAGE


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_a_completion_script_is_printed(name):
    assert "_IMGDA_COMPLETE" in run("completion", name).stdout


def test_the_version_is_that_of_the_package():
    assert bridge.__version__ in run("--version").stdout


def test_a_closed_pipe_ends_the_command_quietly():
    command = f"{sys.executable} -m bridge convert {input_of(KNEE)} | head -c 1"
    result = subprocess.run(["bash", "-c", command], capture_output=True, cwd=ROOT, check=False)
    assert b"Traceback" not in result.stderr


def test_a_conversion_does_not_load_the_models_of_fhir_resources():
    code = "import sys, bridge; bridge.to_cda(open(sys.argv[1], 'rb').read()); print('fhir.resources' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code, input_of(KNEE)], capture_output=True, text=True, cwd=ROOT, check=True)
    assert result.stdout.strip() == "False"


def test_roundtrip_knows_a_document_by_its_root_and_not_by_its_words(tmp_path):
    """FHIR may speak of a ClinicalDocument, and a document may have a long comment before it."""
    order = json.loads(input_of(KNEE).read_bytes())
    next(r for e in order["entry"] if (r := e["resource"])["resourceType"] == "ServiceRequest")["note"] = [
        {"text": "voir le ClinicalDocument du 3 mars"}
    ]
    (tmp_path / "order.json").write_text(json.dumps(order))
    declaration, _, rest = (KNEE / "document.xml").read_bytes().partition(b"?>")
    (tmp_path / "document.xml").write_bytes(declaration + b"?><!--" + b" resourceType" * 2000 + b"-->" + rest)
    result = run("roundtrip", tmp_path, "--lang", "en")
    assert result.exit_code == Exit.OK, result.output
    assert re.findall(r"(document\.xml|order\.json)", result.output) == ["document.xml", "order.json"]
