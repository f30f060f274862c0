"""Writes ``order.xml`` and ``document.xml`` of every story again, and the pictures of docs: ``python tests/refresh_fixtures.py``.

Read the difference before you commit it: each changed line is a change that somebody receives.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import pictures  # noqa: E402

from bridge import Bridge  # noqa: E402
from bridge.convert import write_document  # noqa: E402
from bridge.order import xml as order_xml  # noqa: E402

if __name__ == "__main__":
    for source in sorted((ROOT / "fixtures").glob("*/bundle.*")):
        order = Bridge().normalize(source.read_bytes()).order
        source.with_name("order.xml").write_text(order_xml.write(order, pretty=True), "utf-8")
        source.with_name("document.xml").write_bytes(write_document(order))
    pictures.refresh()
