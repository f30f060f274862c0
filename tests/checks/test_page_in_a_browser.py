"""The page of a report in a real browser: no table is cut at any width. Skipped where Chromium is not installed."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
from conftest import ROOT

from bridge.checks import check

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
WIDEST = (ROOT / "fixtures" / "lymphoma-pet" / "document.xml").read_bytes()
_MEASURE = """<script>
const frame = document.createElement("iframe");
frame.style = "border:0; width:WIDTHpx; height:900px";
frame.srcdoc = document.getElementById("page").textContent;
frame.onload = () => {
  const inside = frame.contentDocument, room = inside.documentElement.clientWidth;
  const wide = [...inside.querySelectorAll("table, td, th, pre, dd, h1, .path, .verdict")]
    .filter(e => e.getBoundingClientRect().right > room + 1 || e.scrollWidth > e.clientWidth + 1 && e.clientWidth);
  document.title = "measured";
  const tables = inside.querySelectorAll("table").length, cut = wide.map(e => e.tagName + "." + e.className).join(",");
  document.body.textContent = `room=${room} scroll=${inside.documentElement.scrollWidth} tables=${tables} cut=${cut};`;
};
document.body.append(frame);
</script>"""


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: the widths of the page are not tried")
@pytest.mark.parametrize("width", [1200, 900, 420])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_no_table_and_no_text_of_the_page_is_cut(tmp_path, width, language):
    document = WIDEST.replace(b'code="PT"', b'code="XX"')
    page = check(document).to_html(document, f"/srv/depot/{'x' * 60}.xml", language)
    held = tmp_path / "held.html"
    text = page.replace("&", "&amp;").replace("<", "&lt;")
    held.write_text(
        f'<!DOCTYPE html><body><textarea id="page" hidden>{text}</textarea>{_MEASURE.replace("WIDTH", str(width))}', "utf-8"
    )
    assert CHROMIUM
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
    run = subprocess.run(
        [*command, "--window-size=1400,1000", "--virtual-time-budget=5000", "--dump-dom", held.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    found = re.search(r"room=(\d+) scroll=(\d+) tables=(\d+) cut=([^;]*);", run.stdout)
    assert found, run.stdout[-2000:]
    room, scroll, tables, cut = int(found[1]), int(found[2]), int(found[3]), found[4]
    assert tables > 3
    assert room <= width
    assert scroll <= room
    assert cut == ""
