"""A batch on a real Dask cluster on loopback: several workers, one of them killed in the middle."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from bundles import bundle
from waiting import wait

pytest.importorskip("distributed")

ROOT = Path(__file__).resolve().parents[2]
REFUSED = b'{"resourceType":"Bundle","type":"collection"}'


class Cluster:
    """A scheduler and two workers with one thread each."""

    def __init__(self, folder: Path) -> None:
        self._environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        self._folder = folder
        info = folder / "scheduler.json"
        self._processes = [self._start("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(info))]
        wait(lambda: info.exists() and info.stat().st_size)
        self.address = json.loads(info.read_text())["address"]
        self.workers = [self._worker(number) for number in range(2)]

    def _start(self, role: str, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "dask", role, *arguments, "--no-dashboard"]
        return subprocess.Popen(command, cwd=self._folder, env=self._environment, stderr=subprocess.DEVNULL)

    def _worker(self, number: int) -> subprocess.Popen[bytes]:
        found = self._start("worker", self.address, "--nthreads", "1", "--host", "127.0.0.1", "--name", str(number), "--no-nanny")
        self._processes.append(found)
        return found

    def stop(self) -> None:
        for process in reversed(self._processes):
            process.kill()
            process.wait()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    found = Cluster(tmp_path)
    yield found
    found.stop()


def write_orders(folder: Path, files: int, lines: int) -> set[str]:
    """NDJSON files, and files of one order; the numbers of the orders that can be converted."""
    folder.mkdir()
    wanted = set()
    for file in range(files):
        with open(folder / f"{file}.ndjson", "wb") as stream:
            for line in range(lines):
                data = bundle()
                number = f"DA-{file}-{line}"
                next(e["resource"] for e in data["entry"] if e["resource"]["resourceType"] == "ServiceRequest")["requisition"][
                    "value"
                ] = number
                wanted.add(number)
                stream.write(json.dumps(data).encode() + b"\n")
            stream.write(REFUSED + b"\n")
    return wanted


def converted(out: Path) -> list[str]:
    """The number of each order in the results."""
    import base64
    import re

    found = []
    for path in sorted(out.glob("part-*.ndjson")):
        for line in path.read_bytes().splitlines():
            document = base64.b64decode(json.loads(line)["entry"][0]["resource"]["data"])
            match = re.search(rb'extension="(DA-\d+-\d+)"', document)
            assert match
            found.append(match[1].decode())
    return found


def test_a_worker_killed_in_the_middle_loses_nothing_and_doubles_nothing(tmp_path, cluster, monkeypatch):
    wanted = write_orders(tmp_path / "in", files=12, lines=40)
    command = [sys.executable, "-m", "bridge", "batch", str(tmp_path / "in"), f"file://{tmp_path}/out"]
    command += ["--cluster", cluster.address]
    batch = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE)
    wait(lambda: len(list((tmp_path / "out").glob("journal-*"))) >= 2, seconds=120)
    os.kill(cluster.workers[0].pid, signal.SIGKILL)
    _, said = batch.communicate(timeout=300)
    assert batch.returncode == 4, said  # each file holds one order that cannot be converted
    results = converted(tmp_path / "out")
    assert len(results) == len(wanted)
    assert set(results) == wanted
    dead = [line for path in (tmp_path / "out").glob("dead-*") for line in path.read_bytes().splitlines()]
    assert len(dead) == 12
    again = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=300)
    assert again.returncode == 4
    assert converted(tmp_path / "out") == results


def test_lines_are_cut_into_blocks_without_losing_or_doubling_one(tmp_path, monkeypatch):
    from bridge.run.batch import cluster

    lines = [b'{"n":%d,"x":"%s"}' % (number, b"y" * (number % 17)) for number in range(200)]
    (tmp_path / "in.ndjson").write_bytes(b"\n".join(lines) + b"\n")
    for size in (1, 7, 64, 1000, 100_000):
        monkeypatch.setattr(cluster, "BLOCK_BYTES", size)
        blocks = cluster.blocks_of(str(tmp_path / "in.ndjson"))
        assert [item.body for block in blocks for item in cluster._items(block, 1 << 20)] == lines


def problems(folder: Path) -> dict[str, str | None]:
    """What is wrong with each input of a folder, by its name."""
    from bridge.run.batch import cluster

    found = [item for block in cluster.blocks_of(str(folder)) for item in cluster._items(block, 1 << 20)]
    return {item.origin.rpartition("/")[2]: item.problem.code if item.problem else None for item in found}


def test_a_file_that_cannot_be_read_is_one_failure_of_its_block(tmp_path):
    (tmp_path / "a.json").write_bytes(REFUSED)
    (tmp_path / "b.json").symlink_to("nowhere")
    os.mkfifo(tmp_path / "c.json")
    found = problems(tmp_path)
    assert found.pop("a.json") is None
    assert set(found.values()) == {"IMGDA-1750"}


@pytest.mark.parametrize("name", ["in.ndjson.gz", "in.ndjson.GZ"])
def test_damaged_compression_is_one_failure_behind_what_was_read(tmp_path, name):
    packed = gzip.compress((REFUSED + b"\n") * 3)
    (tmp_path / name).write_bytes(packed[:-4])
    found = problems(tmp_path)
    assert found[name] == "IMGDA-1823"
    assert list(found.values()).count(None) == 3
