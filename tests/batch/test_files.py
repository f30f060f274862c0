"""Files as they come: names that are no text, files that cannot be read, journals that are none."""

from __future__ import annotations

import base64
import errno
import gzip
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from bundles import bundle

from bridge.findings.errors import SettingsError, SourceError
from bridge.run import files
from bridge.run.batch import deadletters
from bridge.run.batch.journal import Journal, Line
from bridge.run.batch.outputs import FolderOutput
from bridge.run.batch.sources import Item, open_source
from bridge.run.names import calm, escaped, fitting
from bridge.run.workers import parameters

ROOT = Path(__file__).resolve().parents[2]
ORDER = json.dumps(bundle()).encode()
REFUSED = b'{"resourceType":"Bundle","type":"collection"}'
LIMIT = 1024 * 1024
NOT_UTF_8 = os.fsdecode(b"a\xff.json")

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs the files of Unix")


def imgda(*arguments: object) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "bridge", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, timeout=300)


def journal(path: Path) -> list[dict[str, Any]]:
    return [record for record in map(json.loads, path.read_text("utf-8").splitlines()) if "position" in record]


def items(path: Path) -> list[Item]:
    return list(open_source(str(path), LIMIT).items())


# --- names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ward é.json", "ward é.json"), ("a%20b", "a%20b"), (NOT_UTF_8, "a%FF.json"), ("a\x1b[31mb", "a%1B[31mb"),
        ("a\nb", "a%0Ab"), ("a\x9bb", "a%C2%9Bb"), ("a\u202eb", "a%E2%80%AEb"), ("..\\a", "..%5Ca"), ("\ud800", "%ED%A0%80"),
    ],
)  # fmt: skip
def test_a_name_is_escaped_where_it_would_not_be_text(name, text):
    assert escaped(name) == text
    assert escaped(name).encode()


def test_a_text_for_a_terminal_keeps_its_lines():
    assert calm("a\tb\nc\x1b[2J\x07") == "a\tb\nc%1B[2J%07"


def test_a_name_that_is_too_long_is_cut_and_stays_its_own():
    first, second = fitting("é" * 150 + "1", ".xml"), fitting("é" * 150 + "2", ".xml")
    assert first != second
    assert {len(first.encode()) <= 255, first.endswith(".xml"), len(second.encode()) <= 255} == {True}
    assert fitting("x" * 251, ".xml") == "x" * 251 + ".xml"


def test_no_two_files_of_a_folder_have_the_same_output(tmp_path):
    for name in ("a.json", "a.xml", "a.json.json", "b%FF.json", os.fsdecode(b"b\xff.json")):
        (tmp_path / name).write_bytes(REFUSED)
    names = [item.name for item in items(tmp_path)]
    assert len(set(names)) == len(names) == 5


# --- what is read ----------------------------------------------------------------------------------------------------


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """A folder with one good order and one file of each kind that cannot be read."""
    root = tmp_path / "in"
    (root / "folder").mkdir(parents=True)
    (root / "good.json").write_bytes(ORDER)
    (root / "dangling.json").symlink_to("nowhere")
    (root / "loop.json").symlink_to("loop.json")
    (root / "link.json").symlink_to("good.json")
    (root / "linked").symlink_to("folder")
    os.mkfifo(root / "pipe.json")
    return root


def test_what_cannot_be_read_is_an_item_with_its_problem_and_nothing_waits_on_a_pipe(mixed):
    found = {item.origin: item.problem.code if item.problem else None for item in items(mixed)}
    wrong = dict.fromkeys(("dangling.json", "linked", "loop.json", "pipe.json"), "IMGDA-1750")
    assert found == {"good.json": None, "link.json": None, **wrong}


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may read everything")
def test_a_file_or_folder_that_may_not_be_read_is_named(tmp_path):
    (tmp_path / "closed").mkdir()
    (tmp_path / "a.json").write_bytes(ORDER)
    (tmp_path / "b.json").write_bytes(ORDER)
    (tmp_path / "a.json").chmod(0)
    (tmp_path / "closed").chmod(0)
    found = {item.origin: item.problem is not None for item in items(tmp_path)}
    (tmp_path / "closed").chmod(0o700)
    assert found == {"a.json": True, "b.json": False, "closed": True}


def test_a_file_that_the_system_refuses_is_named_and_a_lack_of_handles_is_not_its_fault(tmp_path, monkeypatch):
    opened = os.open
    (tmp_path / "a.json").write_bytes(ORDER)
    (tmp_path / "b.json").write_bytes(ORDER)

    def refuse(path: Any, flags: int, *rest: Any) -> int:
        if str(path).endswith("a.json"):
            raise OSError(error, os.strerror(error), str(path))
        return opened(path, flags, *rest)

    monkeypatch.setattr(os, "open", refuse)
    error = errno.EACCES
    assert [item.problem is not None for item in items(tmp_path)] == [True, False]
    error = errno.EMFILE
    with pytest.raises(OSError, match="Too many"):
        items(tmp_path)


def test_a_file_that_vanished_since_the_listing_is_named(tmp_path):
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_bytes(ORDER)
    source = open_source(str(tmp_path), LIMIT)
    (tmp_path / "a.json").unlink()
    found = list(source.items())
    assert [item.problem.code if item.problem else None for item in found] == ["IMGDA-1750", None]


def test_of_a_file_beyond_the_limit_no_more_is_read_than_shows_it(tmp_path):
    (tmp_path / "a.json").write_bytes(b"x" * (2 * LIMIT))
    assert [len(item.body) for item in items(tmp_path / "a.json")] == [LIMIT + 1]


@pytest.mark.parametrize("name", ["in.ndjson.gz", "in.ndjson.GZ", "IN.NDJSON.Gz", "in.ndjson"])
def test_a_compressed_file_is_unpacked_whatever_its_name(tmp_path, name):
    (tmp_path / name).write_bytes(gzip.compress(REFUSED + b"\n" + REFUSED + b"\n"))
    assert [item.body for item in items(tmp_path / name)] == [REFUSED, REFUSED]


def test_a_batch_goes_on_behind_every_file_that_fails_and_names_it(mixed, tmp_path):
    (mixed / "good.xml").mkdir()
    (mixed / "good.xml" / "inner.json").write_bytes(ORDER)
    (mixed / ("x" * 250 + ".json")).write_bytes(ORDER)
    done = imgda("batch", mixed, tmp_path / "out", "--lang", "en")
    assert done.returncode == 4, done.stderr
    told = {record["origin"]: record for record in journal(tmp_path / "out.journal.ndjson")}
    failed = {name: record["issues"] for name, record in told.items() if record["outcome"] == "failed"}
    unread = {name: ["IMGDA-1750"] for name in ("dangling.json", "linked", "loop.json", "pipe.json")}
    assert failed == {**unread, "good.xml/inner.json": ["IMGDA-1751"]}
    assert all(name.encode() in done.stderr for name in failed)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["good.xml", "link.xml", "x" * 250 + ".xml"]
    letters = [json.loads(line) for line in (tmp_path / "out.dead.ndjson").read_text("utf-8").splitlines()]
    assert {
        parameter["valueString"] for letter in letters for parameter in letter["parameter"] if parameter["name"] == "position"
    } == {*failed}
    again = imgda("batch", mixed, tmp_path / "out", "--lang", "en", "--resume")
    assert again.returncode == 4, again.stderr
    assert imgda("batch", mixed, tmp_path / "out", "--lang", "fr", "--resume").returncode == 78


def test_an_input_that_does_not_exist_is_named(tmp_path):
    for name in ("no.json", "no.ndjson"):
        done = imgda("batch", tmp_path / name, tmp_path / "out")
        assert (done.returncode, name.encode() in done.stderr) == (66, True)


# --- names that are no text, in every output -----------------------------------------------------------------------


def test_a_zip_and_the_journal_hold_escaped_names(tmp_path):
    (tmp_path / "in").mkdir()
    for name in (NOT_UTF_8, "b\x1b[31m\n.json"):
        (tmp_path / "in" / name).write_bytes(ORDER)
    done = imgda("batch", tmp_path / "in", tmp_path / "out.zip")
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert archive.namelist() == ["a%FF.xml", "b%1B[31m%0A.xml"]
    assert [record["origin"] for record in journal(tmp_path / "out.journal.ndjson")] == ["a%FF.json", "b%1B[31m%0A.json"]


def item(body: bytes, origin: str = "1") -> Item:
    return Item(1, origin, origin, body, 0)


@pytest.mark.parametrize(
    "body",
    [
        REFUSED, b'{"resourceType":"Bundle","id":"\\ud800"}', b'{"resourceType":"Bundle","\\udfff":"a"}', b"not JSON",
        b'{"resourceType":"Bundle","a":' + b"[" * 700 + b"]" * 700 + b"}",
        b'{"resourceType":"Parameters","parameter":[{"name":"input","valueString":"\\ud800"}]}', b"\xff\xfe\x00",
    ],
)  # fmt: skip
def test_every_dead_letter_is_utf_8_and_can_be_fed_back(body):
    line = deadletters.write(item(body, escaped(NOT_UTF_8)), (), "fr")
    assert b"\n" not in line
    _, source, _ = parameters.read(json.loads(line.decode("utf-8")))
    if body.startswith((b"not", b"\xff")):
        assert source == body
    elif not isinstance(source, bytes):
        assert json.loads(body) == source
    elif b"Parameters" in body:
        assert source == "\ud800".encode("utf-8", "surrogatepass")
    else:
        assert source == body
        assert base64.b64encode(body) in line


# --- going on --------------------------------------------------------------------------------------------------------

ABOUT = {"input": "lines:a", "language": "fr"}
LINE = Line(1, "1", "d", "done", [], 1.0, None, None)


def written(path: Path, *, least: int = 0) -> bytes:
    """A journal of one order."""
    found = Journal(path, ABOUT, least)
    found.append([LINE], 10, 0)
    found.close()
    return path.read_bytes()


@pytest.mark.parametrize(
    "bad",
    [
        b'{"position":2}\n', b'{"position":2,"digest":"","outcome":"done","output":1}\n', b"{}\n", b'{"run":{}}\n',
        b'{"position":"2","digest":"","outcome":"done"}\n', b'{"position":2,"digest":"","outcome":"lost"}\n',
    ],
)  # fmt: skip
def test_a_journal_line_without_its_members_is_a_damaged_journal_and_is_left_as_it_is(tmp_path, bad):
    path = tmp_path / "journal"
    text = written(path) + bad
    path.write_bytes(text)
    with pytest.raises(SettingsError) as refusal:
        Journal(path, ABOUT)
    assert refusal.value.code == "IMGDA-1752"
    assert path.read_bytes() == text


@pytest.mark.parametrize("text", [b"my notes\n", b"my notes", b'{"position":1,"digest":"","outcome":"done"}\n', b"[]\n"])
def test_a_file_that_is_no_journal_is_never_cut(tmp_path, text):
    (tmp_path / "notes").write_bytes(text)
    with pytest.raises(SettingsError):
        Journal(tmp_path / "notes", ABOUT)
    assert (tmp_path / "notes").read_bytes() == text


@pytest.mark.parametrize("torn", [b"", b'{"ru', b'{"run":{"input":"li'])
def test_a_journal_torn_in_its_first_line_begins_again(tmp_path, torn):
    (tmp_path / "journal").write_bytes(torn)
    assert Journal(tmp_path / "journal", ABOUT).differs is None


@pytest.mark.parametrize(
    ("about", "least", "differs"),
    [(ABOUT, 5, None), (ABOUT, 9, None), (ABOUT, 4, "input"), ({**ABOUT, "language": "en"}, 5, "language")],
)
def test_a_run_goes_on_in_the_same_language_with_a_source_that_is_no_shorter(tmp_path, about, least, differs):
    before = written(tmp_path / "journal", least=5)
    assert Journal(tmp_path / "journal", about, least).differs == differs
    assert (tmp_path / "journal").read_bytes() == before


@pytest.mark.parametrize("finished", [False, True], ids=["broken off", "finished"])
def test_a_source_that_became_shorter_is_not_called_done(tmp_path, finished):
    lines = [REFUSED] * 6
    (tmp_path / "in.ndjson").write_bytes(b"\n".join(lines))
    assert imgda("batch", tmp_path / "in.ndjson", tmp_path / "out").returncode == 4
    path = tmp_path / "out.journal.ndjson"
    text = path.read_bytes().replace(b'"least"', b'"most"')  # as a journal that does not know the size: standard input
    path.write_bytes(text if finished else text[: text.index(b'{"finished"')])
    (tmp_path / "in.ndjson").write_bytes(b"\n".join(lines[:3]))
    done = imgda("batch", tmp_path / "in.ndjson", tmp_path / "out", "--resume")
    assert done.returncode == 78
    assert b"IMGDA-1822" in done.stderr


def test_a_finished_run_does_not_pass_over_lines_that_were_added(tmp_path):
    (tmp_path / "in.ndjson").write_bytes(REFUSED + b"\n")
    assert imgda("batch", tmp_path / "in.ndjson", tmp_path / "out").returncode == 4
    (tmp_path / "in.ndjson").write_bytes(REFUSED + b"\n" + REFUSED + b"\n")
    assert imgda("batch", tmp_path / "in.ndjson", tmp_path / "out", "--resume").returncode == 78


def test_a_source_without_an_order_is_said_and_leaves_nothing(tmp_path):
    (tmp_path / "in.ndjson").write_bytes(b"\n \n")
    done = imgda("batch", tmp_path / "in.ndjson", tmp_path / "out.zip")
    assert (done.returncode, b"IMGDA-1753" in done.stderr) == (65, True)
    assert [path.name for path in tmp_path.iterdir()] == ["in.ndjson"]


# --- permissions -----------------------------------------------------------------------------------------------------


def test_what_a_batch_writes_is_for_its_owner_alone(tmp_path):
    (tmp_path / "in.ndjson").write_bytes(ORDER + b"\n" + REFUSED + b"\n")
    imgda("batch", tmp_path / "in.ndjson", tmp_path / "out")
    modes = {path.relative_to(tmp_path).as_posix(): path.stat().st_mode & 0o777 for path in tmp_path.rglob("*")}
    del modes["in.ndjson"]
    assert modes == {"out": 0o700, "out/00000001.xml": 0o600, "out.journal.ndjson": 0o600, "out.dead.ndjson": 0o600}


@pytest.mark.parametrize(("mode", "folder"), [(0o600, 0o700), (0o640, 0o750), (0o664, 0o775)])
def test_permissions_are_those_asked_for_whatever_the_umask(tmp_path, monkeypatch, mode, folder):
    monkeypatch.setattr(files, "_mode", mode)
    before = os.umask(0o022)
    try:
        output = FolderOutput(tmp_path / "out")
        output.add("a/b.xml", b"x")
        files.Growing(tmp_path / "lines").close()
    finally:
        os.umask(before)
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in ("out", "out/a")] == [folder] * 2
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in ("out/a/b.xml", "lines")] == [mode] * 2


def test_only_errors_of_a_name_are_those_of_one_result():
    assert files.is_of_one_file(OSError(errno.ENAMETOOLONG, ""), reading=False)
    assert not files.is_of_one_file(OSError(errno.ENOSPC, ""), reading=False)
    assert files.is_of_one_file(OSError(errno.EACCES, ""), reading=True)
    assert not files.is_of_one_file(OSError(errno.EMFILE, ""), reading=True)


def test_a_source_that_is_empty_has_no_file(tmp_path):
    with pytest.raises(SourceError) as refusal:
        open_source(str(tmp_path), LIMIT)
    assert refusal.value.code == "IMGDA-1824"
