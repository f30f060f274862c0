"""``imgda render`` as users meet it."""

from __future__ import annotations

import json

import pytest
from bundles import DCM, concept, order_of
from click.testing import CliRunner
from conftest import STORIES, input_of

from bridge.cli import main
from bridge.cli.exits import Exit

pytest.importorskip("typst")
KNEE = next(story for story in STORIES if story.name == "knee-radiograph")


def run(*arguments: object, stdin: bytes | None = None):
    return CliRunner().invoke(main, ["render", *map(str, arguments)], input=stdin)


def test_the_name_of_the_file_says_its_form(tmp_path):
    assert run(input_of(KNEE), "-o", tmp_path / "order.pdf").exit_code == Exit.OK
    assert run(KNEE / "document.xml", "-o", tmp_path / "order.html", "--lang", "en").exit_code == Exit.OK
    assert (tmp_path / "order.pdf").read_bytes().startswith(b"%PDF-1.7")
    assert "Requester" in (tmp_path / "order.html").read_text("utf-8")


def test_a_file_for_a_mail_is_another_one(tmp_path):
    assert run(input_of(KNEE), "-o", tmp_path / "order.pdf", "--variant", "mail").exit_code == Exit.OK
    assert (tmp_path / "order.pdf").read_bytes().startswith(b"%PDF-1.4")


def test_a_refused_order_writes_nothing_and_a_draft_says_what_it_is(tmp_path):
    refused = json.dumps(order_of(code=concept(DCM, "OT"), bodySite=None)).encode()
    target = tmp_path / "order.html"
    assert run("-", "-o", target, stdin=refused).exit_code == Exit.REFUSED
    assert not target.exists()
    assert run("-", "-o", target, "--draft", stdin=refused).exit_code == Exit.OK
    assert "PROJET" in target.read_text("utf-8")
