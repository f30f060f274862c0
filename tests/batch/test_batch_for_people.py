"""``imgda batch --render`` and ``--report``: what a batch makes for people."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from lxml import html

ROOT = Path(__file__).resolve().parents[2]
KNEE = ROOT / "fixtures" / "knee-radiograph"


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> tuple[subprocess.CompletedProcess[bytes], Path]:
    """One batch of an order, a document and what cannot be converted."""
    pytest.importorskip("typst")
    folder = tmp_path_factory.mktemp("batch")
    (folder / "in").mkdir()
    (folder / "in" / "order.json").write_bytes((KNEE / "bundle.json").read_bytes())
    (folder / "in" / "document.xml").write_bytes((KNEE / "document.xml").read_bytes())
    (folder / "in" / "other.json").write_bytes(b'{"resourceType":"Bundle","type":"collection"}')
    report = folder / "new" / "report.html"
    command = [sys.executable, "-m", "bridge", "batch", folder / "in", folder / "out", "--render", "pdf", "--report", report]
    return subprocess.run([*map(str, command), "--jobs", "1"], cwd=ROOT, capture_output=True), folder


def test_each_order_is_a_file_and_the_others_are_dead_letters(run):
    result, folder = run
    assert result.returncode == 4, result.stderr
    assert sorted(path.name for path in (folder / "out").iterdir()) == ["document.pdf", "order.pdf"]
    assert all(path.read_bytes().startswith(b"%PDF") for path in (folder / "out").iterdir())


def test_the_report_counts_and_names_the_first_cause(run):
    _, folder = run
    root = html.fromstring((folder / "new" / "report.html").read_text("utf-8"))
    assert root.xpath("//dd/text()") == ["2", "1", "0"]
    (row,) = root.xpath("//section[last()]//tbody/tr")
    letter = json.loads((folder / "out.dead.ndjson").read_text("utf-8"))
    issues = next(one["resource"]["issue"] for one in letter["parameter"] if one["name"] == "outcome")
    assert row.xpath("td[1]/text()") == [issues[0]["details"]["coding"][0]["code"]]
    assert row.xpath("td[2]/text()") == ["other.json"]
    assert "cause," in (folder / "new" / "report.csv").read_text("utf-8")


def test_pages_are_no_lines_of_a_file(tmp_path):
    command = [sys.executable, "-m", "bridge", "batch", str(KNEE), str(tmp_path / "out.ndjson"), "--render", "pdf"]
    assert subprocess.run(command, cwd=ROOT, capture_output=True).returncode == 2
