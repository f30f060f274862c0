"""Five hundred bodies that nobody can read: each is refused as the fault of its sender, and the service goes on."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from bundles import bundle

from bridge.findings.issues import catalogue

ROOT = Path(__file__).resolve().parents[2]
ORDER = json.dumps(bundle(), ensure_ascii=False).encode()
DOCUMENT = (ROOT / "fixtures" / "knee-radiograph" / "document.xml").read_bytes()
JSON, XML = "application/fhir+json", "application/xml"
CHANCE = random.Random(6)

Sent = tuple[bytes, str]
"""A body and its media type."""


def truncated() -> Iterator[Sent]:
    for body, kind in ((ORDER, JSON), (DOCUMENT, XML)):
        yield from ((body.rstrip()[: CHANCE.randrange(1, len(body) - 2)], kind) for _ in range(30))


def noise() -> Iterator[Sent]:
    yield from ((b"\x80" + CHANCE.randbytes(CHANCE.randint(1, 3000)), CHANCE.choice((JSON, XML))) for _ in range(60))


def without_a_mark() -> Iterator[Sent]:
    """A quotation mark, a brace, or the beginning of an end tag is missing."""
    for body, kind, marks in ((ORDER, JSON, (b'"', b"{", b"}")), (DOCUMENT, XML, (b"</",))):
        places = [place for place in range(len(body)) if body.startswith(marks, place)]
        yield from ((body[:place] + body[place + 1 :], kind) for place in CHANCE.sample(places, 40))


def in_another_encoding() -> Iterator[Sent]:
    text = '{"resourceType":"Bundle","language":"é€"}'
    yield from ((text.encode(name), JSON) for name in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "cp1140"))
    for cut in (b"\xc3", b"\xe2\x82", b"\xf0\x9f\x98", b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80"):
        yield b'{"resourceType":"' + cut + b'"}', JSON
        yield b"<ClinicalDocument>" + cut + b"</ClinicalDocument>", XML
    yield '<?xml version="1.0" encoding="utf-8"?><a>é</a>'.encode("latin-1"), XML
    yield b'<?xml version="1.0" encoding="no-such"?><a/>', XML


def nested() -> Iterator[Sent]:
    for depth in (200, 2_000, 100_000):
        yield b"[" * depth, JSON
        yield b'{"a":' * depth + b"1" + b"}" * depth, JSON
        yield b'{"resourceType":"Bundle","entry":' + b"[" * depth + b"]" * depth + b"}", JSON
        yield b"<a>" * depth + b"</a>" * depth, XML
        yield b"<a>" * depth, XML


def entities() -> Iterator[Sent]:
    declared = (
        b'<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">',
        b'<!ENTITY c "' + b"x" * 50_000 + b'">',
        b'<!ENTITY c SYSTEM "file:///etc/passwd">',
        b'<!ENTITY c SYSTEM "http://127.0.0.1:1/">',
        b'<!ENTITY % d SYSTEM "http://127.0.0.1:1/"> %d;',
        b'<!ENTITY c PUBLIC "x" "file:///dev/zero">',
        b"<!ELEMENT ClinicalDocument ANY>",
    )
    for inner in declared:
        for root in (b"ClinicalDocument xmlns='urn:hl7-org:v3'", b"Bundle xmlns='http://hl7.org/fhir'"):
            name = root.split()[0]
            yield b"<!DOCTYPE %b [%b]><%b>%b</%b>" % (name, inner, root, b"&c;" * 500, name), XML
    yield b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', XML
    yield b"<a>&undeclared;</a>", XML
    yield b"<a>&#0;</a>", XML


def numbers() -> Iterator[Sent]:
    for text in ("NaN", "Infinity", "-Infinity", "1e999999999", "-1e-999999999", "01", "1.", ".5", "+1", "0x1", "1_000", "--1"):
        yield ORDER[:-1] + f',"total":{text}}}'.encode(), JSON
    for digits in (5_000, 500_000):
        yield ORDER[:-1] + b',"total":1' + b"0" * digits + b"}", JSON
        yield ORDER[:-1] + b',"total":0.' + b"1" * digits + b"e9999}", JSON


def repeated() -> Iterator[Sent]:
    for key in ("type", "entry", "resourceType"):
        yield ORDER[:-1] + b',"%b":"x"}' % key.encode(), JSON
    yield from ((ORDER.replace(b'"status":', b'"status":1,"status":', 1), JSON), (b'{"\\u0061":1,"a":2}', JSON))
    yield b"<ClinicalDocument a='1' a='2'/>", XML


def surrogates() -> Iterator[Sent]:
    for escape in (b"\\ud800", b"\\udfff", b"\\ud800\\ud800", b"\\udc00\\ud800", b"\\ud83dx"):
        yield b'{"resourceType":"Bundle","id":"%b"}' % escape, JSON
        yield b'{"resourceType":"Bundle","%b":1}' % escape, JSON
    yield from ((b"<a>&#x%x;</a>" % code, XML) for code in (0xD800, 0xDFFF, 0xFFFE, 0x110000, 1))


def squeezed() -> Iterator[Sent]:
    whole = gzip.compress(ORDER)
    for body in (whole, whole[:50], whole[10:], gzip.compress(gzip.compress(ORDER)), gzip.compress(bytes(1_000_000))):
        yield from ((body, kind) for kind in (JSON, XML))


NOT_JSON = r"""
null | true | 1 | "text" | [] | [{}] | {} {} | {"a":1,} | {a:1} | {'a':1} | {"a" 1} | {"a":1}x | // {} | /**/{} | {"a":undefined}
{"a":"\x"} | {"a":"\u12"} | {"a":tru} | a=1&b=2 | --x | %PDF-1.4 | MSH|^~\& | {{}} | [1,2 | " | , | {"a":1;"b":2} | {,}
"""
NOT_XML = r"""
<a | <a> | </a> | <a></b> | <a/><b/> | <a/>x | x<a/> | <a b> | <a b=1/> | <a b='<'/> | <a:b/> | <1/> | <a>]]></a> | <a>& </a>
<!-- <a/> | <a><!-- -- --></a> | <?xml version="1.0"?> | <?xml version="9"?><a/ | <![CDATA[x]]> | <a xmlns:xml="u"/> | < a/>
"""


def listed(text: str) -> list[bytes]:
    return [part.encode() for line in text.strip().splitlines() for part in line.split(" | ")]


def not_json() -> Iterator[Sent]:
    yield from ((body, JSON) for body in listed(NOT_JSON))
    yield from ((body, JSON) for body in (b'{"a":"\t"}', b'{"a":"\0"}', b"\0", b"  \r\n ", b"\xef\xbb\xbf"))


def not_xml() -> Iterator[Sent]:
    yield from ((body, XML) for body in listed(NOT_XML))
    yield from ((body, XML) for body in (b"<a>\0</a>", b" <?xml version='1.0'?><a/>", b"<a>\x0b</a>", b"<a\xa0/>"))


def of_a_wrong_type() -> Iterator[Sent]:
    types = ("text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "application/octet-stream", "")
    types += (
        "application/json; charset=utf-16",
        "application/fhir+xml; charset=iso-8859-1",
        "application/",
        "json",
        "*/*",
        "a/b/c",
    )
    types += (
        "application/hl7-v2",
        "application/fhir+ndjson",
        "application/xhtml+xml",
        "image/svg+xml",
        "text/html; charset=utf-8",
    )
    yield from ((ORDER, kind) for kind in types)


KINDS = (
    truncated, noise, without_a_mark, in_another_encoding, nested, entities, numbers, repeated, surrogates, squeezed,
    not_json, not_xml, of_a_wrong_type,
)  # fmt: skip
BODIES = {kind.__name__: list(kind()) for kind in KINDS}
MORE = 500 - sum(len(set(bodies)) for bodies in BODIES.values())
BODIES["noise"] += [(b"{" + CHANCE.randbytes(CHANCE.randint(20, 2000)), JSON) for _ in range(MORE)]


def test_there_are_five_hundred_of_them():
    assert sum(len(set(bodies)) for bodies in BODIES.values()) == 500


@pytest.mark.parametrize("kind", BODIES)
def test_malformed_bodies_are_the_fault_of_the_caller(server, kind):
    workers = set(server.workers())
    for number, (body, media) in enumerate(BODIES[kind]):
        paths = ("/to-fhir", "/check") if media == XML else ("/convert", "/explain")
        path = (*paths, "/$imgda-convert")[number % 3]
        answer = server.convert(body, path, Content_Type=media)
        assert 400 <= answer.status < 500, (path, body[:300], answer.body)
        assert answer.headers["imgda-retryable"] == "false"
        assert answer.headers["content-type"] == "application/fhir+json"
        assert answer.json["resourceType"] == "OperationOutcome"
        assert answer.code in catalogue()
        assert b"Traceback" not in answer.body
    assert server.convert(ORDER).status == 200
    assert set(server.workers()) == workers
