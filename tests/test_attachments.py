"""Attachments: byte for byte, never through the stylesheet, within the limits."""

from __future__ import annotations

import base64
import hashlib
import random
from typing import Any

import pytest
from bundles import PDF, bundle
from documents import assert_sound, find, tree_of

import bridge
from bridge import convert
from bridge.order import xml as order_xml
from bridge.settings import Limits

MIB = 1024 * 1024


def document_reference(ident: str, data: str, **more: Any) -> dict[str, Any]:
    attachment = {"contentType": "application/pdf", "title": "CR", "data": data, **more}
    return {"resourceType": "DocumentReference", "id": ident, "status": "current", "content": [{"attachment": attachment}]}


def contents(document: bytes) -> list[bytes]:
    values = find(tree_of(document), "//c:observationMedia/c:value")
    return [base64.b64decode(value.text or "", validate=True) for value in values]


def test_twenty_mebibytes_pass_byte_for_byte_and_never_through_the_stylesheet(monkeypatch):
    content = random.Random(1).randbytes(20 * MIB)
    seen: list[int] = []
    transform = convert.transform

    def watched(model: str, direction: Any, xml: str) -> str:
        seen.append(len(xml))
        return transform(model, direction, xml)

    monkeypatch.setattr(convert, "transform", watched)
    data = base64.b64encode(content).decode()
    document = bridge.to_cda(bundle(document_reference("info", data))).document
    assert contents(document) == [content]
    assert seen[0] < 100_000
    assert len(document) < len(data) + 100_000


@pytest.mark.parametrize("count", [1, 2, 11])
def test_several_attachments_keep_their_place(count):
    items = [base64.b64encode(f"document {i}".encode()).decode() for i in range(count)]
    conversion = bridge.to_cda(bundle(*(document_reference(f"info{i}", item, title=f"T{i}") for i, item in enumerate(items))))
    assert contents(conversion.document) == [f"document {i}".encode() for i in range(count)]
    assert_sound(conversion.document)


def test_white_space_in_base64_is_no_part_of_the_data():
    spaced = "\r\n".join([PDF[:8], PDF[8:]]) + "\n"
    assert contents(bridge.to_cda(bundle(document_reference("info", spaced))).document) == [base64.b64decode(PDF)]


@pytest.mark.parametrize(
    "data",
    ["UGFz*", "UGF", "U=GF", "====", "UGFzZQ", "UGFz_w==", "«UGFz»", "UGFz</value>"],
    ids=["a star", "length", "padding inside", "padding only", "no padding", "URL alphabet", "quotes", "markup"],
)
def test_what_is_not_base64_is_an_error(data):
    with pytest.raises(bridge.BridgeError) as raised:
        bridge.to_cda(bundle(document_reference("info", data)))
    assert raised.value.code == "IMGDA-0702"


def test_the_limit_is_exact():
    settings = bridge.Settings(limits=Limits(attachment_mib=1))
    fits, too_large = (base64.b64encode(b"x" * size).decode() for size in (MIB, MIB + 3))
    assert bridge.to_cda(bundle(document_reference("info", fits)), settings=settings)
    with pytest.raises(bridge.OrderError) as raised:
        bridge.to_cda(bundle(document_reference("info", too_large)), settings=settings)
    assert raised.value.code == "IMGDA-0703"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"size": 4}, "IMGDA-0705"),
        ({"hash": "AAAAAAAAAAAAAAAAAAAAAAAAAAA="}, "IMGDA-0704"),
        ({"contentType": None}, "IMGDA-0706"),
    ],
)
def test_a_size_hash_or_type_that_is_wrong_is_an_error(more, code):
    item = document_reference("info", PDF, **more)
    attachment = item["content"][0]["attachment"]
    item["content"][0]["attachment"] = {key: value for key, value in attachment.items() if value is not None}
    with pytest.raises(bridge.BridgeError) as raised:
        bridge.to_cda(bundle(item))
    assert raised.value.code == code


def test_a_right_size_and_hash_are_accepted():
    content = base64.b64decode(PDF)
    digest = base64.b64encode(hashlib.sha1(content, usedforsecurity=False).digest()).decode()
    assert contents(bridge.to_cda(bundle(document_reference("info", PDF, size=len(content), hash=digest))).document) == [content]


def test_the_order_holds_the_data_for_whoever_prints_it():
    order = bridge.Bridge().normalize(bundle(document_reference("info", PDF))).order
    assert PDF in order_xml.write(order)
    assert PDF not in order_xml.write(order, attachment=lambda _: "")


@pytest.mark.parametrize(("content", "is_said"), [(b"\x89PNG\r\n\x1a\n", True), (b"%PDF-1.4", False), (b"Bonjour", False)])
def test_content_of_another_type_than_stated_is_a_warning(content, is_said):
    found = bridge.to_cda(bundle(document_reference("info-d", base64.b64encode(content).decode())))
    assert ("IMGDA-0709" in {issue.code for issue in found.issues}) is is_said


@pytest.mark.parametrize(("encoding", "loss"), [("iso-8859-1", "clinical"), ("utf-8", "technical")])
def test_a_character_set_that_the_document_cannot_name_is_a_loss_of_the_text(encoding, loss):
    data = base64.b64encode("Opéré".encode(encoding)).decode()
    found = bridge.to_cda(bundle(document_reference("info-d", data, contentType=f"text/plain; charset={encoding}")))
    assert [loss.loss for loss in found.losses if str(loss.path).endswith(".contentType")] == [loss]
