"""``POST /render``: an order for people, over HTTP."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import bridge

pytest.importorskip("typst")
KNEE = Path(__file__).resolve().parents[2] / "fixtures" / "knee-radiograph"
ORDER, DOCUMENT = (KNEE / "bundle.json").read_bytes(), (KNEE / "document.xml").read_bytes()


def test_an_order_is_printed_as_the_library_prints_it(server):
    answer = server.convert(ORDER, "/render")
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/pdf"
    assert re.fullmatch(r'inline; filename="demande-[0-9a-f]{8}\.pdf"', answer.headers["content-disposition"])
    assert answer.body == bridge.render(ORDER).content


def test_a_document_is_shown_as_a_page(server):
    answer = server.convert(DOCUMENT, "/render?lang=en", Content_Type="application/xml", Accept="text/html")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.body == bridge.render(DOCUMENT, to="html", language="en").content
    assert "script-src" not in answer.headers["content-security-policy"]


def test_the_variant_for_a_mail_has_another_version(server):
    assert server.convert(ORDER, "/render?variant=mail").body.startswith(b"%PDF-1.4")


def test_what_cannot_be_read_is_refused_as_everywhere(server):
    assert server.convert(ORDER[:-10], "/render").status == 400
