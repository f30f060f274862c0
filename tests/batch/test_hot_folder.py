"""The hot folder and the terminal: one file never stops the others, and no name steers a terminal."""

from __future__ import annotations

import errno
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from conftest import ROOT

from bridge.cli import main
from bridge.findings.issues import issue
from bridge.run.batch.watch import Told, Watch
from bridge.run.workers.tasks import Answer, Task
from bridge.settings import Settings

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs the files of Unix")

DOCUMENT = b"<ClinicalDocument/>"
ESC = "\x1b[31m\n"


class Converter:
    """Stands for the workers: refuses what is not the word ``order``."""

    settings = Settings()

    def settle(self, task: Task) -> Answer:
        if task.source != b"order":
            return Answer(None, (issue("IMGDA-0101", None, line="1", column="1"),), "source", "to-cda")
        return Answer(DOCUMENT, operation="to-cda")


def watched(folder: Path) -> dict[str, Told]:
    """What is told of each file when a folder is gone through once."""
    found: dict[str, Told] = {}
    pool: Any = Converter()
    Watch(folder, folder / "out", pool, {}, 0.0).run(
        stop=lambda: False, tell=lambda told: found.update({told.name: told}), once=True
    )
    return found


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if not path.is_dir()}


def test_an_empty_file_is_told_and_left_alone_and_the_watch_ends(tmp_path):
    (tmp_path / "a.json").write_bytes(b"")
    (tmp_path / "b.json").write_bytes(b"order")
    found = watched(tmp_path)
    assert (found["a.json"].issues, found["b.json"].done) == (["IMGDA-0111"], True)
    assert names(tmp_path) == {"a.json", "b.json.done"}


@pytest.mark.parametrize("kind", ["pipe", "dangling", "link"])
def test_what_is_no_file_of_its_own_is_an_error_and_the_others_go_on(tmp_path, kind):
    (tmp_path / "secret").write_bytes(b"order")
    (tmp_path / "z.json").write_bytes(b"order")
    if kind == "pipe":
        os.mkfifo(tmp_path / "a.json")
    else:
        (tmp_path / "a.json").symlink_to("secret" if kind == "link" else "nowhere")
    found = watched(tmp_path)
    assert (found["a.json"].issues, found["z.json"].done) == (["IMGDA-1750"], True)
    assert names(tmp_path) == {"secret", "z.json.done", "a.json.error", "a.json.error.outcome"}
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["z.xml"]


@pytest.mark.parametrize("content", [b"order", b"refused"])
@pytest.mark.parametrize("length", [245, 246, 250])
def test_a_name_too_long_for_its_suffix_is_cut(tmp_path, content, length):
    for start in "ab":
        (tmp_path / (start * length + ".json")).write_bytes(content)
    found = watched(tmp_path)
    assert [told.done for told in found.values()] == [content == b"order"] * 2
    left = names(tmp_path)
    assert len(left) == (2 if content == b"order" else 4)
    assert not any(name.endswith(".json") for name in left)


def test_a_file_that_cannot_be_renamed_is_told_once_and_left(tmp_path, monkeypatch):
    rename = os.rename

    def refuse(source: Path, target: Path) -> None:
        if Path(source).name == "a.json":
            raise PermissionError(errno.EPERM, "Operation not permitted", str(source))
        rename(source, target)

    monkeypatch.setattr(os, "rename", refuse)
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_bytes(b"order")
    pool: Any = Converter()
    told: list[Told] = []
    watch = Watch(tmp_path, tmp_path / "out", pool, {}, 0.0)
    for _ in range(2):
        watch.run(stop=lambda: False, tell=told.append, once=True)
    assert [(one.name, one.done) for one in told] == [("a.json", False), ("b.json", True)]
    assert (told[0].issues, told[0].reason) == (["IMGDA-1754"], "Operation not permitted")


def test_a_result_whose_name_cannot_be_written_is_the_error_of_its_file(tmp_path):
    (tmp_path / "out" / "a.xml").mkdir(parents=True)
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_bytes(b"order")
    found = watched(tmp_path)
    assert (found["a.json"].issues, found["b.json"].done) == (["IMGDA-1751"], True)
    assert "a.json.error.outcome" in names(tmp_path)


def test_a_name_that_is_not_utf_8_is_told_and_written_escaped(tmp_path):
    (tmp_path / os.fsdecode(b"a\xff.json")).write_bytes(b"order")
    assert watched(tmp_path)["a%FF.json"].done
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a%FF.xml"]


def test_results_and_outcomes_are_for_their_owner_alone(tmp_path):
    (tmp_path / "a.json").write_bytes(b"order")
    (tmp_path / "b.json").write_bytes(b"refused")
    watched(tmp_path)
    for path in (tmp_path / "out" / "a.xml", tmp_path / "b.json.error.outcome"):
        assert path.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o700


# --- terminals -------------------------------------------------------------------------------------------------------


def said(*arguments: object) -> str:
    return CliRunner().invoke(main, [str(argument) for argument in arguments]).output


@pytest.mark.parametrize("command", ["convert", "normalize", "explain", "check", "to-fhir", "roundtrip"])
def test_no_command_prints_what_a_name_would_do_to_a_terminal(tmp_path, command):
    text = said(command, tmp_path / f"no{ESC}.xml")
    assert "%1B[31m%0A" in text
    assert "\x1b" not in text


@pytest.mark.parametrize("form", ["text", "json", "junit"])
def test_a_report_names_its_document_escaped(tmp_path, form):
    for name in (f"a{ESC}.xml", os.fsdecode(b"b\xff.xml")):
        (tmp_path / name).write_bytes(DOCUMENT)
    text = said("check", tmp_path, "--format", form)
    assert "a%1B[31m%0A.xml" in text
    assert "b%FF.xml" in text


def test_the_table_of_a_round_trip_names_its_file_escaped(tmp_path):
    (tmp_path / f"a{ESC}.xml").write_bytes((ROOT / "fixtures" / "knee-radiograph" / "document.xml").read_bytes())
    text = said("roundtrip", tmp_path / f"a{ESC}.xml")
    assert "a%1B[31m%0A.xml" in text
    assert "\x1b" not in text


@pytest.mark.parametrize("command", ["batch", "watch"])
def test_batches_name_what_is_missing_escaped(tmp_path, command):
    text = said(command, tmp_path / f"no{ESC}.json", *([tmp_path / "out"] if command == "batch" else []))
    assert "\x1b" not in text


def test_permissions_are_octal_digits(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps({}))
    result = CliRunner().invoke(main, ["batch", str(tmp_path), str(tmp_path / "out"), "--mode", "rw"])
    assert result.exit_code == 2
