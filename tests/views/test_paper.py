"""Paper and page: nothing of the sheet is missing on either, codes can be scanned, and the file keeps its standards."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import pictures
import pytest
from conftest import ROOT, STORIES

import bridge
from bridge.order import xml as order_xml
from bridge.order.model import Order
from bridge.views.sheet import Sheet, sheet_of

typst = pytest.importorskip("typst", reason="the extra [paper] is not installed")
page = pytest.importorskip("page", reason="page-validation is not installed")
pikepdf = pytest.importorskip("pikepdf", reason="pikepdf is not installed")

from paper import costs as paper_costs  # noqa: E402

from bridge.views.paper.glyphs import breakable  # noqa: E402
from bridge.views.paper.html import html  # noqa: E402
from bridge.views.paper.pdf import _press, pdf  # noqa: E402

POPPLER = shutil.which("pdftotext") and shutil.which("pdftoppm")
needs_poppler = pytest.mark.skipif(not POPPLER, reason="poppler-utils is not installed")
by_name = pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
BIOPSY = next(story for story in STORIES if story.name == "lung-biopsy")


def order_of(story) -> Order:
    return order_xml.read((story / "order.xml").read_bytes().decode().rpartition("?>")[2])


@pytest.fixture(scope="session")
def printed() -> dict[str, tuple[Sheet, bytes]]:
    """The sheet and the PDF of every fixture."""
    made = {}
    for story in STORIES:
        sheet = sheet_of(order_of(story))
        made[story.name] = sheet, pdf(sheet, (story / "document.xml").read_bytes())
    return made


def run(*command: str, data: bytes = b"") -> bytes:
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout


WITHOUT_FOOT = "-raw -x 0 -y 0 -W 596 -H 798".split()
"""Options of pdftotext that leave out the foot of each page."""


def text_of(file: bytes, *options: str) -> str:
    return run("pdftotext", *options, "-", "-", data=file).decode()


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.hidden = False

    def handle_starttag(self, tag, attrs):
        self.hidden = tag in ("style", "script")

    def handle_data(self, data):
        self.parts.append("" if self.hidden else data)


def html_text(file: bytes) -> str:
    parser = _Text()
    parser.feed(file.decode())
    return " ".join(parser.parts)


def bare(text: str) -> str:
    """A text without white space, without what breaks long words, and without hyphens, which poppler takes away at a line end.

    Arabic and Hebrew, and punctuation near them, are written in the order in which they are seen.
    """
    return re.sub(r"[\s\u200b\u00ad\u0590-\u08ff\ufb1d-\ufefc\u202a-\u202e;:,!.-]+", "", text)


def paper(text: str) -> str:
    """A text as the fonts can show it."""
    return _press().glyphs.shown(text)


def assert_in_order(sheet: Sheet, text: str, shown: Callable[[str], str] = str) -> None:
    """Every entry of a sheet stands in a text, label and value, in the order of the sheet."""
    found, at = bare(text), 0
    for block in (*sheet.blocks, sheet.signature):
        for piece in (block.title, *(part for entry in block.entries for part in (entry.label, *entry.lines))):
            place = found.find(bare(shown(piece)), at)
            assert place >= 0, (block.key, piece)
            at = place


# --- content ---------------------------------------------------------------------------------------------------------


@needs_poppler
@by_name
def test_every_entry_stands_on_paper_and_page_in_the_same_order(story, printed):
    sheet, file = printed[story.name]
    assert_in_order(sheet, html_text(html(sheet)))
    text = text_of(file, *WITHOUT_FOOT)
    assert_in_order(sheet, text, paper)


@needs_poppler
def test_a_value_starts_at_the_height_of_its_label(printed):
    _, file = printed["lung-biopsy"]
    words = re.findall(r'<word xMin="([\d.]+)" yMin="([\d.]+)".*?>(.*?)</word>', text_of(file, "-bbox"))
    for label, value in (("Sexe", "Masculin"), ("Motif", "Hémoptysies"), ("Modalité", "Radiologie"), ("Type", "Hospitalisation")):
        places = {name: float(y) for _, y, name in reversed(words) if name in (label, value)}
        assert abs(places[label] - places[value]) < 2.5, label


@needs_poppler
def test_each_page_has_the_foot_and_the_signature_is_not_alone(printed):
    order = order_of(BIOPSY)
    long = replace(order, prior_results="\n".join(f"Ligne {number} d'un long compte rendu antérieur." for number in range(330)))
    sheet = sheet_of(long)
    pages = text_of(pdf(sheet, b"<x/>")).rstrip("\f").split("\f")
    assert len(pages) >= 6
    for number, text in enumerate(pages, start=1):
        assert f"Page {number} / {len(pages)}" in text
        assert bare(sheet.foot[0]) in bare(text)
        assert sheet.foot[-1] in text
    assert "Signature" in pages[-1]
    assert "Identifiant du document" in pages[-1]


@needs_poppler
def test_ordinary_orders_have_one_page_or_two(printed):
    pages = {name: len(pikepdf.open(io.BytesIO(file)).pages) for name, (_, file) in printed.items()}
    assert {name: number for name, number in pages.items() if number > 2} == {}


HOSTILE = (
    "<script>alert(1)</script>",
    '#read("/etc/passwd") $x$ *b* _i_ @ref <lab> `raw` \\ //c',
    "{{7*7}} {% x %} ${x}",
    "]]><x/> </script></style><!-- &amp; &lt;",
    "Ÿ œ ’ – ₂ µ ≥ Š мир γ",
)


@needs_poppler
@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_is_never_markup(text):
    order = order_of(BIOPSY)
    named = replace(order.patient, name=replace(order.patient.name, birth_family=text))
    hostile = replace(order, justification=text, patient=named, document=replace(order.document, title=text))
    sheet = sheet_of(hostile)
    file = pdf(sheet, b"<x/>")
    assert_in_order(sheet, html_text(html(sheet)))
    assert bare(text) in bare(text_of(file, "-raw"))
    assert html(sheet).decode().lower().count("<script") == 0


@needs_poppler
def test_a_character_that_no_font_has_is_printed_as_its_number():
    order = replace(order_of(BIOPSY), justification="été 😀 漢 \U000620f6 ﷺ")
    file = pdf(sheet_of(order), b"<x/>")
    assert bare("été [U+1F600] [U+6F22] [U+620F6] [U+FDFA]") in bare(text_of(file, "-raw"))
    assert page.is_pdf_compliant_bytes(file, profile="3a")


@needs_poppler
def test_a_very_long_word_is_broken_and_not_cut():
    word = "".join(f"{number:05}" for number in range(4_000))
    order = replace(order_of(BIOPSY), justification=word)
    assert word in bare(text_of(pdf(sheet_of(order), b"<x/>"), *WITHOUT_FOOT))
    address = replace(order, justification="sarah.test-ulmet@medecin.test.mssante.fr")
    assert address.justification in text_of(pdf(sheet_of(address), b"<x/>"))
    assert breakable("a" * 20) == "a" * 20


def test_a_draft_says_so():
    order = order_of(BIOPSY)
    assert "PROJET – NON VALIDÉ" in html_text(html(sheet_of(order, draft=True)))


# --- symbols ---------------------------------------------------------------------------------------------------------


@needs_poppler
@by_name
def test_the_codes_of_the_first_page_are_read_at_150_dots_an_inch(story, printed):
    from PIL import Image

    zxing = pytest.importorskip("zxingcpp")
    sheet, file = printed[story.name]
    picture = Image.open(io.BytesIO(run("pdftoppm", "-r", "150", "-gray", "-f", "1", "-l", "1", data=file)))
    found = zxing.read_barcodes(picture)
    if sheet.symbol:
        (square,) = [code for code in found if code.format == zxing.BarcodeFormat.DataMatrix]
        assert square.bytes == sheet.symbol.data
        assert square.symbology_identifier.startswith("]d1")
    bars = {code.text for code in found if code.format == zxing.BarcodeFormat.Code128}
    assert bars == {entry.symbol.data.decode() for entry in sheet.entries if entry.symbol}


def test_the_square_symbol_is_square():
    from bridge.views.paper.symbols import svg

    symbol = sheet_of(order_of(BIOPSY)).symbol
    width, height = re.search(r'width="(\d+)" height="(\d+)"', svg(symbol)).groups()
    assert width == height
    longest = replace(order_of(BIOPSY).patient.name, birth_family="A" * 100, birth_givens="B" * 100)
    order = order_of(BIOPSY)
    symbol = sheet_of(replace(order, patient=replace(order.patient, name=longest))).symbol
    assert re.search(r'width="(\d+)" height="\1"', svg(symbol))


# --- the file --------------------------------------------------------------------------------------------------------


_OF_THE_CHECKER = {"PDFA3A-STREAM-LENGTH-001"}
"""What page-validation 0.11 says of a stream whose last byte happens to be a carriage return: it takes it for an end of line."""


def assert_streams_have_their_length(file: bytes) -> None:
    """Each stream ends after as many bytes as it says (ISO 19005-3, 6.1.7.1)."""
    streams = list(re.finditer(rb"/Length (\d+)[^>]*>>\s*stream\n", file))
    assert streams
    assert all(file[found.end() + int(found[1]) :].startswith(b"\nendstream") for found in streams)


@by_name
def test_the_file_is_for_archives_and_for_screen_readers_and_holds_the_document(story, printed):
    _, file = printed[story.name]
    for profile in ("3a", "ua1"):
        report = page.validate_pdf_bytes(file, profile=profile)
        found = {failure.rule_id for failure in report.failures}
        assert found <= _OF_THE_CHECKER, [(failure.rule_id, failure.message) for failure in report.failures]
    assert_streams_have_their_length(file)
    opened = pikepdf.open(io.BytesIO(file))
    (name,) = opened.attachments
    assert name == "demande.xml"
    attached = opened.attachments[name]
    assert attached.get_file().read_bytes() == (story / "document.xml").read_bytes()
    assert attached.get_file().mime_type == "application/xml"
    assert attached.relationship == pikepdf.Name.Source
    assert str(opened.Root.Lang) == "fr-FR"


def test_a_file_for_a_mail_has_no_attachment():
    file = pdf(sheet_of(order_of(BIOPSY)), b"<x/>", "mail")
    assert page.is_pdf_compliant_bytes(file, profile="1a")
    assert not pikepdf.open(io.BytesIO(file)).attachments


_AGAIN = """
import hashlib, sys
import bridge
made = [bridge.render(open(sys.argv[1], "rb").read(), to=form) for form in ("pdf", "html")]
print(*(hashlib.sha256(one.content).hexdigest() for one in made))
"""


def test_the_same_order_gives_the_same_bytes_in_any_process_and_time_zone():
    source = next(BIOPSY.glob("bundle.*"))
    digests = set()
    for zone, seed in (("UTC", "1"), ("Pacific/Auckland", "2")):
        environment = os.environ | {"TZ": zone, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", _AGAIN, str(source)]
        digests.add(subprocess.run(command, capture_output=True, check=True, env=environment).stdout)
    assert len(digests) == 1


# --- documents that are received -------------------------------------------------------------------------------------


def received(change) -> str:
    document = (BIOPSY / "document.xml").read_bytes().decode()
    changed = change(document)
    assert changed != document
    return html_text(bridge.render(changed.encode(), to="html").content)


def test_a_document_is_the_same_sheet_as_its_order():
    from_fhir = bridge.render(next(BIOPSY.glob("bundle.*")).read_bytes(), to="html")
    from_cda = bridge.render((BIOPSY / "document.xml").read_bytes(), to="html")
    assert from_fhir.content == from_cda.content


def test_a_paragraph_that_the_order_does_not_hold_is_shown_under_its_section():
    text = received(
        lambda document: document.replace("</text>", "<paragraph>Porteuse d'un filtre &lt;b&gt;</paragraph></text>", 1)
    )
    assert "Autres éléments du document reçu" in text
    assert "Porteuse d'un filtre <b>" in text


def test_an_unreadable_document_is_shown_by_its_narrative_under_a_warning_and_not_printed():
    document = (BIOPSY / "document.xml").read_bytes()
    broken = re.sub(rb"<recordTarget>.*?</recordTarget>", b"", document, flags=re.DOTALL)
    shown = html_text(bridge.render(broken, to="html").content)
    assert "N'A PAS PU ÊTRE LU" in shown
    assert "Nodule pulmonaire spiculé" in shown
    with pytest.raises(bridge.BridgeError):
        bridge.render(broken, to="pdf")


def test_what_is_not_even_xml_is_refused():
    with pytest.raises(bridge.SourceError):
        bridge.render(b"<ClinicalDocument xmlns='urn:hl7-org:v3'>", to="html")


# --- looks and costs -------------------------------------------------------------------------------------------------


@needs_poppler
@pytest.mark.parametrize("name", pictures.PRINTED)
def test_the_first_page_looks_as_its_picture(name, printed):
    from PIL import Image, ImageChops

    before = Image.open(pictures.PICTURES / f"paper-{name}.png").convert("L")
    now = pictures.first_page(printed[name][1])
    assert before.size == now.size
    differs = ImageChops.difference(before, now).histogram()
    assert sum(differs[96:]) / sum(differs) < 0.004, "look at it, then run tests/refresh_fixtures.py"


def test_a_file_costs_at_most_three_conversions_and_one_of_six_pages_twelve():
    costs = paper_costs()
    assert costs["pdf"] <= 3 * costs["conversion"], costs
    assert costs["pdf of six pages"] <= 12 * costs["conversion"], costs


def test_two_megabytes_of_text_are_refused_on_paper_and_shown_on_the_page():
    sheet = sheet_of(replace(order_of(BIOPSY), prior_results="a " * 1_000_000))
    with pytest.raises(bridge.OrderError, match="IMGDA-1828"):
        pdf(sheet, b"<x/>")
    assert len(html(sheet)) > 2_000_000


def test_what_is_printed_survives_black_and_white():
    """Nothing is said by a colour or a grey: the template and the style of the sheet know black and white only."""
    folder = ROOT / "bridge" / "views" / "paper" / "templates"
    colours = set(re.findall(r"#[0-9a-f]{3,6}\b", (folder / "sheet.css").read_text("utf-8")))
    # The red is that of one warning, which has a black frame and white letters.
    assert colours <= {"#000", "#fff", "#a3160f"}
    assert not re.search(r"rgb\(|luma\(|gray|red|blue", (folder / "sheet.typ").read_text("utf-8"))
