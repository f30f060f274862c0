"""The official suites of a folder that the user brings: set IMGDA_SUITE to a folder TestContenuCDA."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import ROOT

from bridge.checks.folder import Folder
from bridge.checks.suite import Suite
from bridge.cli import main
from bridge.findings.errors import SettingsError

DOCUMENT = ROOT / "fixtures" / "knee-radiograph" / "document.xml"


@pytest.fixture(scope="module")
def folder() -> Path:
    if not os.environ.get("IMGDA_SUITE"):
        pytest.skip("no official suites: set IMGDA_SUITE to a folder TestContenuCDA")
    return Path(os.environ["IMGDA_SUITE"])


@pytest.fixture(scope="module")
def suite(folder):
    with Suite(folder, "2024.01") as made:
        yield made


def test_a_folder_without_schematrons_is_refused(tmp_path):
    with pytest.raises(SettingsError) as refused:
        Suite(tmp_path)
    assert refused.value.issues[0].code == "IMGDA-1657"


def test_a_file_is_found_under_another_case_and_accents_and_that_is_said(tmp_path):
    (tmp_path / "Règles").mkdir()
    (tmp_path / "Règles" / "Entete-FR.sch").write_text("<a/>")
    looked = Folder(tmp_path)
    assert looked.find(tmp_path / "regles" / "ENTETE_fr.sch") == tmp_path / "Règles" / "Entete-FR.sch"
    assert {found.code for found in looked.issues} == {"IMGDA-1652"}
    assert looked.find(tmp_path / "regles" / "absent.sch") is None


def test_a_document_of_ours_passes_the_official_suites(suite):
    assert suite.check(DOCUMENT.read_bytes()).issues == ()
    assert not [found for found in suite.issues if found.code in ("IMGDA-1654", "IMGDA-1655")]


def test_what_the_schema_and_the_schematrons_refuse_is_reported(suite):
    document = DOCUMENT.read_bytes()
    unknown = suite.check(document.replace(b"</recordTarget>", b"</recordTarget><strange/>"))
    assert "IMGDA-1650" in {found.code for found in unknown.issues}
    modality = suite.check(document.replace(b'code="MED-1126"', b'code="XX"'))
    assert "IMGDA-1651" in {found.code for found in modality.issues}
    assert all(found.path for found in modality.issues)


def test_the_command_takes_the_version_of_the_suite_from_the_document(folder, tmp_path):
    old = tmp_path / "old.xml"
    old.write_bytes(DOCUMENT.read_bytes().replace(b'extension="2024.01"', b'extension="2022.01"'))
    asked = []
    with pytest.MonkeyPatch.context() as patch:
        usual = Suite.__init__
        patch.setattr(Suite, "__init__", lambda self, at, model: asked.append(model) or usual(self, at, model))
        CliRunner().invoke(main, ["check", "--suite", str(folder), str(DOCUMENT), str(old), str(DOCUMENT)])
    assert asked == ["2024.01", "2022.01"]
