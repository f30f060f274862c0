"""The encoding of a document: what carries it says it, and the document's own declaration may be stale."""

from __future__ import annotations

import base64
import json

import pytest
from bundles import bundle

import bridge
from bridge.run.workers.encodings import in_utf8

DOCUMENT = bridge.to_cda(json.dumps(bundle()).encode()).document.decode()
STALE = [DOCUMENT.replace("UTF-8", name, 1) for name in ("ISO-8859-1", "windows-1252", "iso-8859-15", "UTF-16", "us-ascii")]
RIGHT = bridge.to_fhir(DOCUMENT.encode()).bundle
OPERATION = "/$imgda-convert"


def test_the_document_has_letters_that_an_encoding_changes():
    assert "é" in DOCUMENT
    assert "é" in json.dumps(RIGHT, ensure_ascii=False)
    assert all(DOCUMENT.split("?>", 1)[1] in text != DOCUMENT for text in STALE)


def given(**value: object) -> bytes:
    return json.dumps({"resourceType": "Parameters", "parameter": [{"name": "document", **value}]}).encode()


@pytest.mark.parametrize("text", STALE, ids=lambda text: text[30:45])
def test_a_document_within_a_json_text_has_the_letters_of_that_text(server, text):
    answer = server.convert(given(valueString=text), OPERATION)
    assert (answer.status, answer.json["parameter"][0]["resource"]) == (200, RIGHT)


@pytest.mark.parametrize("path", ["/to-fhir", OPERATION])
@pytest.mark.parametrize("text", STALE, ids=lambda text: text[30:45])
def test_the_character_set_of_the_request_goes_before_the_declaration_within(server, text, path):
    answer = server.convert(text.encode(), path, Content_Type="application/xml; charset=utf-8")
    found = answer.json["parameter"][0]["resource"] if path == OPERATION else answer.json
    assert (answer.status, found) == (200, RIGHT)


def test_bytes_that_are_no_utf_8_are_read_as_they_declare(server):
    data = DOCUMENT.replace("UTF-8", "windows-1252", 1).encode("cp1252", "xmlcharrefreplace")
    for kind in ("application/xml", "application/xml; charset=utf-8"):
        assert server.convert(data, "/to-fhir", Content_Type=kind).json == RIGHT
    encoded = given(valueBase64Binary=base64.b64encode(data).decode())
    assert server.convert(encoded, OPERATION).json["parameter"][0]["resource"] == RIGHT


@pytest.mark.parametrize(
    ("source", "right"),
    [
        (b"<?xml version='1.0' encoding='latin1'?><a>\xc3\xa9</a>", b"<?xml version='1.0' encoding=\"UTF-8\"?><a>\xc3\xa9</a>"),
        (
            b"\xef\xbb\xbf<?xml version='1.0' encoding = \"x\" ?><a/>",
            b"\xef\xbb\xbf<?xml version='1.0' encoding = \"UTF-8\" ?><a/>",
        ),
        (b"<?xml version='1.0' encoding='latin1'?><a>\xe9</a>", None),
        (b"<?xml version='1.0' encoding='utf-8'?><a/>", None),
        (b"<?xml version='1.0'?><a encoding='latin1'/>", None),
        (b"<a><?xml version='1.0' encoding='latin1'?></a>", None),
        (b'{"a": 1}', None),
        (b"", None),
    ],
)
def test_only_a_declaration_that_the_bytes_belie_is_changed(source, right):
    assert in_utf8(source) == (source if right is None else right)
