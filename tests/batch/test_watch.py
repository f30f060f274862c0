"""``imgda watch``: a hot folder."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from bundles import bundle
from waiting import wait

import bridge

ROOT = Path(__file__).resolve().parents[2]
ORDER = json.dumps(bundle()).encode()
DOCUMENT = bridge.to_cda(ORDER).document


def watch(folder: Path, *options: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "bridge", "watch", str(folder), "--settle", "0.2", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, timeout=300)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.is_file() and path.name != ".imgda-watch.lock"}


def test_an_order_becomes_a_document_and_is_renamed(tmp_path):
    (tmp_path / "a.json").write_bytes(ORDER)
    assert watch(tmp_path, "--once").returncode == 0
    assert names(tmp_path) == {"a.json.done"}
    assert (tmp_path / "out" / "a.xml").read_bytes() == DOCUMENT


def test_a_refused_order_is_kept_with_its_outcome(tmp_path):
    (tmp_path / "a.json").write_bytes(b"{}")
    assert watch(tmp_path, "--once").returncode == 0
    assert names(tmp_path) == {"a.json.error", "a.json.error.outcome"}
    assert json.loads((tmp_path / "a.json.error.outcome").read_bytes())["issue"][0]["severity"] == "error"
    assert names(tmp_path / "out") == set()


def test_other_files_are_left_alone(tmp_path):
    for name in (".hidden.json", "a.json.part", "notes.txt", "b.json.done"):
        (tmp_path / name).write_bytes(ORDER)
    (tmp_path / "folder.json").mkdir()
    watch(tmp_path, "--once")
    assert names(tmp_path) == {".hidden.json", "a.json.part", "notes.txt", "b.json.done"}


def test_nothing_that_was_handled_before_is_written_over(tmp_path):
    other = json.dumps(bundle(sr=None)).encode()
    for source in (ORDER, ORDER.replace(b"Asthme", b"Toux"), ORDER, other, other):
        (tmp_path / "a.json").write_bytes(source)
        watch(tmp_path, "--once")
    assert names(tmp_path) == {
        "a.json.done", "a.json.2.done", "a.json.3.done",
        "a.json.error", "a.json.2.error", "a.json.error.outcome", "a.json.2.error.outcome",
    }  # fmt: skip
    documents = [path.read_bytes() for path in (tmp_path / "out").iterdir()]
    assert sorted(b"Toux" in document for document in documents) == [False, True]


def test_a_watch_that_was_killed_before_it_renamed_goes_on(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.xml").write_bytes(DOCUMENT)
    (tmp_path / "a.json").write_bytes(ORDER)
    watch(tmp_path, "--once")
    assert names(tmp_path) == {"a.json.done"}
    assert names(tmp_path / "out") == {"a.xml"}


@pytest.fixture
def watching(tmp_path):
    command = [sys.executable, "-m", "bridge", "watch", str(tmp_path), "--settle", "3"]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    yield process
    process.kill()
    process.wait()


def test_a_file_still_being_written_is_left_alone(tmp_path, watching):
    with open(tmp_path / "a.json", "wb") as file:
        for start in range(0, len(ORDER), len(ORDER) // 10):
            file.write(ORDER[start : start + len(ORDER) // 10])
            file.flush()
            time.sleep(0.4)
            assert (tmp_path / "a.json").exists()
    wait(lambda: (tmp_path / "a.json.done").exists())
    assert (tmp_path / "out" / "a.xml").read_bytes() == DOCUMENT


def test_one_process_watches_a_folder(tmp_path, watching):
    wait(lambda: (tmp_path / "out").exists())
    second = watch(tmp_path, "--once")
    assert second.returncode == 78
    assert b"IMGDA-1825" in second.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_watch_killed_and_started_again_loses_nothing(tmp_path):
    for number in range(60):
        (tmp_path / f"{number}.json").write_bytes(ORDER.replace(b"Asthme", b"Toux %d" % number))
    for _ in range(2):
        command = [sys.executable, "-m", "bridge", "watch", str(tmp_path), "--settle", "0"]
        process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
        before = len(names(tmp_path / "out")) if (tmp_path / "out").exists() else 0
        wait(lambda before=before: (tmp_path / "out").exists() and len(names(tmp_path / "out")) > before + 4)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    watch(tmp_path, "--once")
    assert names(tmp_path) == {f"{number}.json.done" for number in range(60)}
    assert names(tmp_path / "out") - {f"{number}.xml" for number in range(60)} <= {
        name for name in names(tmp_path / "out") if name.endswith(".part")
    }
    for number in range(60):
        assert b"Toux %d<" % number in (tmp_path / "out" / f"{number}.xml").read_bytes()
