"""A DOCTYPE is refused before a parser sees it, wherever XML comes in and in whatever encoding it hides."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st

import bridge
from bridge import Bridge, SourceError, xml
from bridge.cda import canonical
from bridge.checks import check
from bridge.evidence.diff import compare_documents
from bridge.evidence.roundtrip import of_document, of_fhir

DOCUMENT = (ROOT / "fixtures" / "knee-radiograph" / "document.xml").read_bytes()
BUNDLE = (ROOT / "fixtures" / "home-visit-chest" / "bundle.xml").read_bytes()
FHIR_ROOT = '<Bundle xmlns="http://hl7.org/fhir"><type value="&a;"/></Bundle>'
CDA_ROOT = '<ClinicalDocument xmlns="urn:hl7-org:v3"><title>&a;</title></ClinicalDocument>'
DTD = '<!DOCTYPE x [<!ENTITY a "expanded">]>'
LONG = " " * 700
DECLARED = '<?xml version="1.0" encoding="{}"?>'


def utf_7(text: str) -> bytes:
    """A text in UTF-7, every character that could be seen written as base64."""
    return text.replace("<", "+ADw-").replace("!", "+ACE-").replace("&", "+ACY-").encode("ascii")


def hidden(root: str) -> dict[str, bytes]:
    """The same DOCTYPE in many guises, before a root."""
    body = DTD + root
    seven = DECLARED.format("UTF-7").encode()
    return {
        "in the open": body.encode(),
        "in small letters": body.replace("DOCTYPE", "doctype").encode(),
        "behind a comment": b"<!-- a -->" + body.encode(),
        "behind a comment that names a root": f"<!-- {root} -->{body}".encode(),
        "behind an instruction": b"<?a b?>" + body.encode(),
        "behind a long declaration": f'<?xml version="1.0"{LONG}encoding="UTF-8"?>{body}'.encode(),
        "in UTF-7": seven + utf_7(body),
        "in UTF-7 behind a long declaration": f'<?xml version="1.0"{LONG}encoding="UTF-7"?>'.encode() + utf_7(body),
        "in UTF-7 behind two declarations": b'<?xml version="1.0"?>' + seven + utf_7(body),
        "in UTF-7 behind a declaration in capitals": b'<?XML version="1.0"?>' + seven + utf_7(body),
        "in UTF-7 behind a comment and a declaration": b"<!-- a -->" + seven + utf_7(body),
        "in UTF-7 behind a mark": b"\xef\xbb\xbf" + seven + utf_7(body),
        "in UTF-7 by its own mark": b"+/v8-" + utf_7(body),
        "in UTF-16 with a mark": (DECLARED.format("UTF-16") + body).encode("utf-16"),
        "in UTF-16 without a mark": (DECLARED.format("UTF-16") + body).encode("utf-16-le"),
        "in UTF-16 that claims to be UTF-7": (DECLARED.format("UTF-7") + body).encode("utf-16"),
        "in UTF-32": (DECLARED.format("UTF-32") + body).encode("utf-32"),
        "in UTF-32 without a mark": (DECLARED.format("UCS-4") + body).encode("utf-32-be"),
        "in EBCDIC": (DECLARED.format("IBM037") + body).encode("cp037"),
        "in Latin-1": (DECLARED.format("ISO-8859-1") + "<!-- é -->" + body).encode("latin-1"),
        "in windows-1252": (DECLARED.format("windows-1252") + body).encode("cp1252"),
        "in an encoding that shifts": (DECLARED.format("ISO-2022-JP") + body).encode("iso2022_jp"),
        "in Shift JIS": (DECLARED.format("Shift_JIS") + body).encode("shift_jis"),
    }


FHIR = hidden(FHIR_ROOT)
CDA = hidden(CDA_ROOT)
REFUSED = {"IMGDA-0101", "IMGDA-0102", "IMGDA-0107", "IMGDA-1251", "IMGDA-1252", "IMGDA-1253", "IMGDA-1255"}
_BRIDGE = Bridge()

FHIR_READERS: dict[str, Callable[[bytes], object]] = {
    "to_cda": _BRIDGE.to_cda,
    "normalize": _BRIDGE.normalize,
    "to_cda_each": lambda source: list(_BRIDGE.to_cda_each(source)),
    "roundtrip": lambda source: of_fhir(source, model="2024.01", bridge=_BRIDGE),
}
CDA_READERS: dict[str, Callable[[bytes], object]] = {
    "to_fhir": _BRIDGE.to_fhir,
    "read_document": _BRIDGE.read_document,
    "diff, first": lambda source: compare_documents(source, DOCUMENT),
    "diff, second": lambda source: compare_documents(DOCUMENT, source),
    "roundtrip": lambda source: of_document(source, "a.xml", bridge=_BRIDGE),
}


@pytest.fixture
def no_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks for a parser has looked at the text too late."""

    def refuse(_: bool) -> None:
        raise AssertionError("a parser was asked for")

    monkeypatch.setattr(xml, "_parser", refuse)


@pytest.mark.parametrize("reader", FHIR_READERS.values(), ids=FHIR_READERS)
@pytest.mark.parametrize("source", FHIR.values(), ids=FHIR)
@pytest.mark.usefixtures("no_parser")
def test_no_fhir_with_a_doctype_comes_to_a_parser(source, reader):
    with pytest.raises(SourceError) as refusal:
        reader(source)
    assert refusal.value.code in REFUSED


@pytest.mark.parametrize("source", CDA.values(), ids=CDA)
@pytest.mark.usefixtures("no_parser")
def test_no_document_with_a_doctype_comes_to_a_parser(source):
    with pytest.raises(xml.Unreadable):
        xml.read(source)
    with pytest.raises(xml.Unreadable):
        canonical.leaves(source)
    assert next(found.code for found in check(source).issues) in ("IMGDA-1255", "IMGDA-1425", "IMGDA-1428", "IMGDA-1583")


@pytest.mark.parametrize("reader", CDA_READERS.values(), ids=CDA_READERS)
@pytest.mark.parametrize("source", CDA.values(), ids=CDA)
def test_every_reader_of_documents_refuses_a_doctype(source, reader):
    with pytest.raises(SourceError) as refusal:
        reader(source)
    assert refusal.value.code in REFUSED


@pytest.mark.parametrize("guise", ["in the open", "behind a long declaration", "in UTF-16 with a mark", "in Latin-1"])
def test_a_doctype_that_can_be_seen_is_named(guise):
    assert [found.code for found in check(CDA[guise]).issues] == ["IMGDA-1428"]
    with pytest.raises(SourceError) as refusal:
        _BRIDGE.to_fhir(CDA[guise])
    assert refusal.value.code == "IMGDA-1253"


def test_a_doctype_that_only_the_parser_sees_is_refused_after_it(monkeypatch):
    monkeypatch.setattr(xml, "_check_prolog", lambda _: None)
    with pytest.raises(xml.Unreadable) as refusal:
        xml.read(DTD + "<x/>")
    assert refusal.value.reason == "doctype"


@given(st.text(alphabet="<?!->[]xmlDOCTYPE \"'=&;\n", max_size=60))
def test_whatever_stands_before_the_root_no_entity_is_expanded(before):
    text = f'{before}<!DOCTYPE x [<!ENTITY a "expanded">]><x>&a;</x>'
    try:
        root = xml.read(text, whole=True)
    except xml.Unreadable:
        return
    assert "expanded" not in "".join(map(str, root.itertext()))  # the DOCTYPE was within a comment or an instruction


def same(document: bytes, encoding: str, codec: str) -> bytes:
    """A document in another encoding that it declares."""
    return document.decode().replace('encoding="UTF-8"', f'encoding="{encoding}"', 1).encode(codec)


@pytest.mark.parametrize(
    ("encoding", "codec"),
    [
        ("UTF-8", "utf-8-sig"), ("utf8", "utf-8"), ("UTF-16", "utf-16"), ("UTF-8", "utf-16"), ("utf-16", "utf-8"),
        ("ISO-8859-1", "latin-1"), ("ISO-8859-15", "iso-8859-15"), ("windows-1252", "cp1252"),
    ],
)  # fmt: skip
def test_a_document_says_the_same_in_every_encoding_that_is_read(encoding, codec):
    document = "".join(c if ord(c) < 256 else "?" for c in DOCUMENT.decode()).encode()
    assert canonical.leaves(same(document, encoding, codec)) == canonical.leaves(document)


@pytest.mark.parametrize(("encoding", "codec"), [("ISO-8859-1", "latin-1"), ("UTF-16", "utf-16"), ("windows-1252", "cp1252")])
def test_the_check_says_that_a_document_is_not_in_utf_8(encoding, codec):
    document = "".join(c if ord(c) < 256 else "?" for c in DOCUMENT.decode()).encode()
    assert "IMGDA-1433" in [found.code for found in check(same(document, encoding, codec)).issues]
    assert "IMGDA-1433" not in [found.code for found in check(document).issues]


def test_what_a_comment_says_of_a_doctype_is_no_doctype():
    assert bridge.to_cda(BUNDLE.replace(b"<Bundle", b"<!-- no <!DOCTYPE here --><Bundle", 1)).document


def test_a_declaration_that_never_ends_is_refused_soon():
    for start in (b"<?xml " + b"a" * 3_000_000, b"<!--" * 1_000_000, b"<?a?>" * 600_000, b'<?xml version="1.0"?>' * 100_000):
        with pytest.raises(xml.Unreadable):
            xml.read(start)
