"""The words of a received document are its own in FHIR, and none of them is markup that it did not have."""

from __future__ import annotations

import base64
import re
from dataclasses import replace

import pytest
from conftest import ROOT, STORIES
from lxml import etree

from bridge import Bridge
from bridge.cda.narrative import xhtml

DOCUMENT = (ROOT / "fixtures" / "knee-radiograph" / "document.xml").read_bytes()
ALLOWED = set("p span ul ol li sub sup table caption colgroup col thead tfoot tbody tr th td br div".split())


def sections(bundle):
    found, stack = {}, list(bundle["entry"][0]["resource"]["section"])
    while stack:
        section = stack.pop()
        found[section["code"]["coding"][0]["code"]] = section
        stack += section.get("section", [])
    return found


def narrative(text: str) -> str:
    return xhtml(etree.fromstring(f'<text xmlns="urn:hl7-org:v3">{text}</text>'))


@pytest.mark.parametrize("story", STORIES, ids=lambda path: path.name)
def test_titles_and_narratives_are_those_of_the_document(story):
    document = (story / "document.xml").read_bytes()
    found = sections(Bridge().to_fhir(document).bundle)
    space = {"c": "urn:hl7-org:v3"}
    for section in etree.fromstring(document).iterfind(".//c:section", space):
        code, text = section.find("c:code", space).get("code"), section.find("c:text", space)
        if code in found:
            assert found[code]["title"] == section.findtext("c:title", namespaces=space)
            if text is not None:
                words = re.sub(r"<[^>]*>", " ", found[code]["text"]["div"])
                assert sum(map(len, etree.fromstring(found[code]["text"]["div"]).itertext())) > 0
                assert len(words.split()) >= len(" ".join(text.itertext()).split()) // 2


def test_an_order_from_elsewhere_has_our_titles():
    from bridge.fhir.write import write
    from bridge.order import xml as order_xml

    order = order_xml.read((ROOT / "fixtures" / "knee-radiograph" / "order.xml").read_text("utf-8"))
    assert sections(write(order))["18776-5"]["title"] == "Actes d'imagerie demandés"


def test_a_narrative_that_says_more_than_the_data_is_additional():
    before, code, after = DOCUMENT.partition(b'code="18776-5"')
    more = before + code + after.replace(b"</text>", b"<paragraph>Venir a jeun</paragraph></text>", 1)
    found = sections(Bridge().to_fhir(more).bundle)
    assert found["18776-5"]["text"]["status"] == "additional"
    assert "<p>Venir a jeun</p>" in found["18776-5"]["text"]["div"]
    assert sections(Bridge().to_fhir(DOCUMENT).bundle)["18776-5"]["text"]["status"] == "generated"


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("<paragraph>a</paragraph>", "<p>a</p>"),
        ('<content styleCode="Bold" ID="x">a</content>', "<span>a</span>"),
        ("<list><caption>c</caption><item>a</item></list>", "<ul><li>c</li><li>a</li></ul>"),
        ('<list listType="ordered"><item>a</item></list>', "<ol><li>a</li></ol>"),
        (
            '<table border="1" onclick="x()"><tbody><tr><td colspan="2">a</td></tr></tbody></table>',
            '<table><tbody><tr><td colspan="2">a</td></tr></tbody></table>',
        ),
        ('<td colspan="2 onload=x">a</td>', "<td>a</td>"),
        ('<linkHtml href="javascript:alert(1)">a</linkHtml>', "<span>a</span>"),
        ("a<br/>b", "a<br/>b"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("<script>alert(1)</script>", ""),
        ('<s:script xmlns:s="http://www.w3.org/1999/xhtml">alert(1)</s:script>b', "b"),
        ('<h:iframe xmlns:h="http://www.w3.org/1999/xhtml" src="http://x">a</h:iframe>', "<span>a</span>"),
        ('<h:p xmlns:h="http://www.w3.org/1999/xhtml" onmouseover="x()">a</h:p>', "<span>a</span>"),
        ('<renderMultiMedia referencedObject="x"><caption>c</caption></renderMultiMedia>', "<span><span>c</span></span>"),
        ("<!-- <b> --><?x y?>a", "a"),
    ],
)
def test_a_narrative_keeps_its_words_and_the_markup_of_the_list(given, written):
    assert narrative(given) == written


# --- the document beside its data ------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", ["document", "order"])
def test_the_document_travels_byte_for_byte_and_is_not_read_again(shape):
    conversion = Bridge().to_fhir(DOCUMENT, shape=shape, with_document=True)
    resources = [entry["resource"] for entry in conversion.bundle["entry"]]
    (binary,) = [r for r in resources if r["resourceType"] == "Binary"]
    assert base64.b64decode(binary["data"]) == DOCUMENT
    (described,) = [r for r in resources if r["resourceType"] == "DocumentReference" and "url" in r["content"][0]["attachment"]]
    assert described["content"][0]["attachment"]["url"] == f"urn:uuid:{binary['id']}"
    again = Bridge().normalize(conversion.bundle)
    assert again.order == conversion.order
    assert again.losses == ()


def test_the_document_does_not_travel_unless_asked_for():
    assert all(entry["resource"]["resourceType"] != "Binary" for entry in Bridge().to_fhir(DOCUMENT).bundle["entry"])


def test_the_page_of_a_conversion_shows_attachments_and_numbered_lists():
    """Both renderings of a narrative, in the report and beside the order, are of one kind."""
    from bridge.checks import check
    from bridge.views.explain import as_html

    conversion = Bridge().to_cda((ROOT / "fixtures" / "knee-radiograph" / "bundle.json").read_bytes())
    before, code, after = conversion.document.partition(b'code="18776-5"')
    block = b'<list listType="ordered"><item>Un</item></list><renderMultiMedia referencedObject="doc-1"/></text>'
    document = before + code + after.replace(b"</text>", block, 1)
    assert '<ol><li>Un</li></ol><span class="attached">[attachment doc-1]</span>' in check(document).to_html(document, "", "en")
    page = re.sub(r' tabindex="-1" class="x" data-x="[^"]*"', "", as_html(replace(conversion, document=document), "en"))
    assert "<ol><li>Un</li></ol><span>[attachment doc-1]</span>" in page
