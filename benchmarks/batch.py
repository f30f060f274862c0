"""A large batch, killed on the way: ``python benchmarks/batch.py [COUNT] [--kills 3] [--out NAME]``.

Makes COUNT orders (every 97th cannot be converted), converts them with ``imgda batch``, kills it without warning at random points
and resumes. Then each line of the journal and each result is compared with its input: nothing may be missing or there twice.
Prints orders/s and the resident memory of the processes in the first and the last quarter.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]


def write_input(path: Path, count: int) -> None:
    """Orders of distinct numbers."""
    source = json.dumps(json.loads((ROOT / "fixtures" / "knee-radiograph" / "bundle.json").read_bytes()))
    number = json.loads(source)["entry"][12]["resource"]["requisition"]["value"]
    assert number in source
    with open(path, "w", encoding="utf-8") as file:
        for index in range(1, count + 1):
            file.write("{}\n" if index % 97 == 0 else source.replace(number, f"DA-{index}") + "\n")


def resident(pid: int) -> list[float]:
    """Resident memory of a process and of its children, MB."""
    command = ["ps", "-o", "rss=", "--pid", str(pid), "--ppid", str(pid)]
    return [int(line) / 1024 for line in subprocess.run(command, capture_output=True, text=True).stdout.split()]


def size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", nargs="?", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--out", default="out.ndjson")
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        measure(Path(name), arguments)


def measure(folder: Path, arguments: argparse.Namespace) -> None:
    """Run, kill, resume, compare."""
    write_input(folder / "in.ndjson", arguments.count)
    journal = folder / "out.journal.ndjson"
    command = [sys.executable, "-m", "bridge", "batch", str(folder / "in.ndjson"), str(folder / arguments.out)]
    command += ["--jobs", str(arguments.jobs), "--resume", "--quiet"]
    whole = arguments.count * 165  # bytes of a journal, about
    kills = sorted(random.uniform(0.05, 0.8) * whole for _ in range(arguments.kills))
    began, memory, code = time.monotonic(), [], -9
    while code == -9:
        process = subprocess.Popen(command, cwd=ROOT)
        while (found := process.poll()) is None:
            time.sleep(0.5)
            memory.append(sum(resident(process.pid)))
            if kills and size(journal) > kills[0]:
                kills.pop(0)
                process.kill()
        code = found
    seconds = time.monotonic() - began
    lines = [line for line in map(json.loads, journal.read_text().splitlines()) if "position" in line]
    assert [line["position"] for line in lines] == list(range(1, arguments.count + 1)), "lost or doubled"
    outcomes = Counter(line["outcome"] for line in lines)
    assert outcomes["refused"] == arguments.count // 97
    check_results(folder / arguments.out, arguments.count)
    quarter = max(1, len(memory) // 4)
    first, last = statistics.median(memory[4 : 4 + quarter]), statistics.median(memory[-quarter:])
    print(f"{arguments.count} orders, {arguments.kills} kills, exit {code}, {dict(outcomes)}")
    print(f"{seconds:.0f} s, {arguments.count / seconds:.0f}/s, all processes {first:.0f} MB, then {last:.0f} MB")


def check_results(path: Path, count: int) -> None:
    """Each result is there once, in order, and comes from its own line."""
    if path.suffix != ".ndjson":
        return
    wanted = (index for index in range(1, count + 1) if index % 97)
    with open(path, "rb") as file:
        for line in file:
            assert json.loads(line)["identifier"]["value"] == str(next(wanted)), "lost or doubled"
    assert next(wanted, None) is None, "lost"


if __name__ == "__main__":
    main()
