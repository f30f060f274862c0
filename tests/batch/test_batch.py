"""``imgda batch``: nothing lost, nothing twice, whatever happens on the way."""

from __future__ import annotations

import gzip
import json
import os
import random
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from bundles import bundle
from waiting import wait

ROOT = Path(__file__).resolve().parents[2]
REFUSED = b'{"resourceType":"Bundle","type":"collection","total":1.10}'


def order(number: int) -> bytes:
    """One line: an order that tells its number."""
    data = bundle()
    for entry in data["entry"]:
        if entry["resource"]["resourceType"] == "ServiceRequest":
            entry["resource"]["requisition"]["value"] = f"DA-{number}"
    return json.dumps(data).encode()


def lines(count: int, *, refused: int = 0) -> bytes:
    """An NDJSON file; every *refused*-th order cannot be converted."""
    return b"".join((REFUSED if refused and i % refused == 0 else order(i)) + b"\n" for i in range(1, count + 1))


def imgda(*arguments: object, stdin: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "bridge", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, input=stdin, capture_output=True, timeout=300)


def start(*arguments: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "bridge", *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def journal(path: Path) -> list[dict[str, Any]]:
    """The lines of a journal that tell of an order."""
    return [record for record in map(json.loads, path.read_text().splitlines()) if "position" in record]


def requisition(document: bytes) -> str:
    """The number that a document tells."""
    start = document.index(b'extension="DA-') + len(b'extension="')
    return document[start : document.index(b'"', start)].decode()


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A batch of 60, two thirds of them good, in a folder."""
    root = tmp_path_factory.mktemp("batch")
    (root / "in.ndjson").write_bytes(lines(60, refused=3))
    done = imgda("batch", root / "in.ndjson", root / "out", "--jobs", "2")
    assert done.returncode == 4, done.stderr
    return root


def test_every_order_is_converted_or_a_dead_letter(converted):
    assert len(list((converted / "out").iterdir())) == 40
    assert len((converted / "out.dead.ndjson").read_bytes().splitlines()) == 20


def test_each_result_is_that_of_its_own_line(converted):
    for path in (converted / "out").iterdir():
        assert requisition(path.read_bytes()) == f"DA-{int(path.stem)}"


def test_the_journal_tells_of_each_order_once_in_the_order_of_the_input(converted):
    told = journal(converted / "out.journal.ndjson")
    assert [record["position"] for record in told] == list(range(1, 61))
    assert [record["outcome"] for record in told] == ["done", "done", "refused"] * 20
    assert all(record["id"] for record in told if record["outcome"] == "done")
    assert all(record["issues"] for record in told if record["outcome"] == "refused")


def test_a_dead_letter_holds_its_input_and_its_outcome(converted):
    letter = json.loads((converted / "out.dead.ndjson").read_text().splitlines()[0])
    told = {parameter["name"]: parameter for parameter in letter["parameter"]}
    assert told["position"]["valueString"] == "3"
    assert told["outcome"]["resource"]["issue"][0]["severity"] == "error"
    assert b'"total":1.10' in (converted / "out.dead.ndjson").read_bytes()  # digit for digit


def test_a_dead_letter_that_is_corrected_can_be_fed_back(converted, tmp_path):
    letters = (converted / "out.dead.ndjson").read_text().splitlines()
    corrected = json.loads(letters[0])
    corrected["parameter"][0]["resource"] = json.loads(order(3))
    (tmp_path / "again.ndjson").write_text(json.dumps(corrected) + "\n" + letters[1] + "\n")
    assert imgda("batch", tmp_path / "again.ndjson", tmp_path / "out").returncode == 4
    assert requisition((tmp_path / "out" / "00000001.xml").read_bytes()) == "DA-3"
    assert json.loads((tmp_path / "out.dead.ndjson").read_text())["parameter"][0] == json.loads(letters[1])["parameter"][0]


def test_a_run_that_is_complete_does_nothing_when_it_is_resumed(converted):
    before = {path: path.read_bytes() for path in converted.rglob("*") if path.is_file()}
    done = imgda("batch", converted / "in.ndjson", converted / "out", "--resume")
    assert done.returncode == 4
    assert {path: path.read_bytes() for path in converted.rglob("*") if path.is_file()} == before


def test_nothing_is_written_over_what_an_earlier_run_wrote(converted):
    done = imgda("batch", converted / "in.ndjson", converted / "out")
    assert done.returncode == 78
    assert b"IMGDA-1821" in done.stderr


def test_a_journal_of_another_input_is_refused(converted, tmp_path):
    (tmp_path / "other.ndjson").write_bytes(lines(2))
    done = imgda("batch", tmp_path / "other.ndjson", converted / "out", "--resume")
    assert done.returncode == 78
    assert b"IMGDA-1822" in done.stderr


def test_an_output_in_lines_says_where_each_result_comes_from(tmp_path):
    (tmp_path / "in.ndjson.gz").write_bytes(gzip.compress(b"\n" + lines(3)))
    assert imgda("batch", tmp_path / "in.ndjson.gz", tmp_path / "out.ndjson").returncode == 0
    results = [json.loads(line) for line in (tmp_path / "out.ndjson").read_text().splitlines()]
    assert [result["identifier"]["value"] for result in results] == ["2", "3", "4"]
    assert {entry["resource"]["resourceType"] for entry in results[0]["entry"]} == {"Binary", "OperationOutcome"}


def test_a_folder_gives_a_zip_whose_members_are_named_like_the_files(tmp_path):
    (tmp_path / "in" / "ward é").mkdir(parents=True)
    for index, name in enumerate(("b.json", "a.json", "ward é/c.json"), start=1):
        (tmp_path / "in" / name).write_bytes(order(index))
    (tmp_path / "in" / "twice.json").write_bytes(order(4))
    (tmp_path / "in" / "twice.xml").write_bytes((ROOT / "fixtures" / "home-visit-chest" / "bundle.xml").read_bytes())
    (tmp_path / "in" / "notes.txt").write_text("no order")
    assert imgda("batch", tmp_path / "in", tmp_path / "out.zip").returncode == 0
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["a.xml", "b.xml", "twice.json.xml", "twice.xml.xml", "ward é/c.xml"]
        assert requisition(archive.read("ward é/c.xml")) == "DA-3"


def test_a_pattern_finds_its_files(tmp_path):
    for name in ("a1.json", "a2.json", "b1.json"):
        (tmp_path / name).write_bytes(order(int(name[1])))
    assert imgda("batch", tmp_path / "a*.json", tmp_path / "out").returncode == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a1.xml", "a2.xml"]


def test_standard_input_is_read_in_lines(tmp_path):
    assert imgda("batch", "-", tmp_path / "out", stdin=lines(2)).returncode == 0
    assert len(list((tmp_path / "out").iterdir())) == 2


def test_a_compressed_file_that_breaks_off_is_converted_up_to_there(tmp_path):
    random.seed(1)
    packed = gzip.compress(lines(40), 1)
    (tmp_path / "in.ndjson.gz").write_bytes(packed[:-200])
    done = imgda("batch", tmp_path / "in.ndjson.gz", tmp_path / "out")
    assert done.returncode == 65
    assert b"IMGDA-1823" in done.stderr
    assert "Rien n'a été écrit".encode() not in done.stderr
    assert f"{len(list((tmp_path / 'out').iterdir()))} demande(s) convertie(s)".encode() in done.stderr
    assert len(list((tmp_path / "out").iterdir())) == len(journal(tmp_path / "out.journal.ndjson")) > 0


def test_a_line_beyond_the_limit_is_refused_and_the_others_are_not(tmp_path):
    (tmp_path / "imgda.toml").write_text("[limits]\ninput_mib = 1\n")
    (tmp_path / "in.ndjson").write_bytes(order(1) + b"\n" + b'{"x":"' + b"y" * 3_000_000 + b'"}\n' + order(3) + b"\n")
    assert imgda("batch", tmp_path / "in.ndjson", tmp_path / "out", "--config", tmp_path / "imgda.toml").returncode == 4
    told = journal(tmp_path / "out.journal.ndjson")
    assert [record["outcome"] for record in told] == ["done", "refused", "done"]
    assert told[1]["issues"] == ["IMGDA-0105"]


@pytest.mark.parametrize("suffix", ["", ".ndjson", ".zip"])
def test_a_batch_killed_at_any_point_goes_on_and_ends_as_if_it_had_not_been(tmp_path, suffix):
    (tmp_path / "in.ndjson").write_bytes(lines(150, refused=10))
    whole, out = tmp_path / f"whole{suffix}", tmp_path / f"out{suffix}"
    assert imgda("batch", tmp_path / "in.ndjson", whole, "--jobs", "2").returncode == 4
    chance = random.Random(suffix)
    for _ in range(3):
        process = start("batch", tmp_path / "in.ndjson", out, "--jobs", "2", "--resume")
        wait_for_progress(tmp_path / "out.journal.ndjson", process)
        time.sleep(chance.uniform(0.0, 0.15))  # so that the kill comes anywhere
        process.kill()
        process.wait()
    assert imgda("batch", tmp_path / "in.ndjson", out, "--jobs", "2", "--resume").returncode == 4
    assert [record["position"] for record in journal(tmp_path / "out.journal.ndjson")] == list(range(1, 151))
    assert content(out) == content(whole)
    assert (tmp_path / "out.dead.ndjson").read_bytes() == (tmp_path / "whole.dead.ndjson").read_bytes()


def wait_for_progress(path: Path, process: subprocess.Popen[bytes]) -> None:
    """Wait until a journal tells of one order more, or the process has ended."""

    def told() -> int:
        return path.read_bytes().count(b'"position"') if path.exists() else 0

    before = told()
    wait(lambda: told() > before or process.poll() is not None)


def content(path: Path) -> dict[str, bytes]:
    """What an output holds."""
    if path.is_dir():
        return {item.name: item.read_bytes() for item in path.iterdir()}
    return {"": path.read_bytes()}


def test_a_torn_last_line_of_the_journal_is_done_again(converted, tmp_path):
    for name in ("in.ndjson", "out.dead.ndjson", "out.journal.ndjson"):
        (tmp_path / name).write_bytes((converted / name).read_bytes())
    (tmp_path / "out").mkdir()
    text = (tmp_path / "out.journal.ndjson").read_text().replace(str(converted), str(tmp_path))
    (tmp_path / "out.journal.ndjson").write_text(text[: text.index('{"finished"') - 10])
    done = imgda("batch", tmp_path / "in.ndjson", tmp_path / "out", "--resume")
    assert done.returncode == 4
    assert [record["position"] for record in journal(tmp_path / "out.journal.ndjson")] == list(range(1, 61))
    assert (tmp_path / "out.dead.ndjson").read_bytes() == (converted / "out.dead.ndjson").read_bytes()


def test_a_batch_told_to_stop_finishes_what_it_took(tmp_path):
    (tmp_path / "in.ndjson").write_bytes(lines(2000))
    process = start("batch", tmp_path / "in.ndjson", tmp_path / "out")
    wait_for_progress(tmp_path / "out.journal.ndjson", process)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=120) == 128 + signal.SIGTERM
    told = journal(tmp_path / "out.journal.ndjson")
    assert 0 < len(told) < 2000
    assert {record["file"] for record in told} == {path.name for path in (tmp_path / "out").iterdir()}


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on the size of files")
def test_a_full_disk_ends_the_batch_and_loses_nothing(tmp_path):
    (tmp_path / "in.ndjson").write_bytes(lines(120))
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, 1_500_000))"
    limited = f"{limit}\nfrom bridge.cli import main\nmain()"
    command = [sys.executable, "-c", limited, "batch", tmp_path / "in.ndjson", tmp_path / "out.ndjson"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=300, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert done.returncode == 74, done.stderr
    assert b"Traceback" not in done.stderr
    assert imgda("batch", tmp_path / "in.ndjson", tmp_path / "out.ndjson", "--resume").returncode == 0
    results = [json.loads(line)["identifier"]["value"] for line in (tmp_path / "out.ndjson").read_text().splitlines()]
    assert results == [str(number) for number in range(1, 121)]


def test_the_journal_holds_no_value_of_an_order(tmp_path):
    data = bundle()
    plant(data)
    (tmp_path / "in.ndjson").write_text(json.dumps(data) + "\n" + json.dumps(bundle()) + "\n")
    done = imgda("batch", tmp_path / "in.ndjson", tmp_path / "out.ndjson", "--lenient")
    assert b"CANARY" not in done.stderr
    assert b"CANARY" not in (tmp_path / "out.journal.ndjson").read_bytes()


def plant(value: Any) -> None:
    """Put a mark into every text of an order that tells something of a person."""
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(item, (dict, list)):
            plant(item)
        elif key in ("family", "text", "city", "display", "value", "contentString") or isinstance(key, int):
            value[key] = "CANARY" if isinstance(item, str) else item
