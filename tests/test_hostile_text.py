"""Text of the input is data: it comes out as it was, or is refused; it never becomes markup, an element or another field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from bundles import DCM, LOINC, NOTE_TYPE, PDF, SNOMED, TA, bundle, concept, observation, order_of, patient, practitioner
from documents import assert_sound, find, text_of, tree_of
from lxml import etree
from strategies import _HOSTILE

import bridge
from bridge.wording.blank import is_blank

Build = Callable[[str], dict[str, Any]]


def info(code: dict[str, Any]) -> Build:
    return lambda text: bundle(observation("info", code, valueString=text))


def contraindicated(text: str) -> dict[str, Any]:
    value = concept(SNOMED, "77386006")
    return bundle(observation("info", concept(LOINC, "64100-1"), valueCodeableConcept=value, note=[{"text": text}]))


def attached(text: str) -> dict[str, Any]:
    attachment = {"contentType": "application/pdf", "data": PDF, "title": text}
    return bundle(
        {"resourceType": "DocumentReference", "id": "info", "status": "current", "content": [{"attachment": attachment}]}
    )


SEVERAL_LINES: dict[str, tuple[Build, str]] = {
    "justification": (lambda t: order_of(reasonCode=[{"text": t}]), "#justification-demande"),
    "purpose": (
        lambda t: order_of(reasonCode=[{"text": "Douleur"}, concept(NOTE_TYPE, "finaliteExamen", text=t)]),
        "#finalite-examen",
    ),
    "medical history": (
        lambda t: bundle(med=observation("med", concept(LOINC, "11348-0"), valueString=t)),
        "#antecedent-medicaux",
    ),
    "surgical history": (
        lambda t: bundle(chir=observation("chir", concept(LOINC, "47519-4"), valueString=t)),
        "#antecedent-chirurgicaux",
    ),
    "comment on a contraindication": (contraindicated, "#contre-indication-01-commentaire"),
    "information given": (info(concept(LOINC, "99622-3")), "#informations-transmises"),
    "event": (info(concept(TA, "GEN-296")), "#evenement"),
    "prior results": (info(concept(LOINC, "30954-2")), "#resultats-examens"),
    "comment on the modality": (lambda t: order_of(note=[{"text": t}]), "#commentaire-modalite-01"),
    "wording of the modality": (lambda t: order_of(code=concept(TA, "MED-1126", text=t)), "#modalite-examen-01"),
    "wording of the site": (
        lambda t: order_of(bodySite=[concept(SNOMED, "361291001", text=t)]),
        "#localisation-anatomique-01-01",
    ),
    "comment on a function": (
        lambda t: order_of(code=concept(DCM, "NM"), orderDetail=[concept(TA, "GEN-092.04.19", text=t)]),
        "#commentaire-fonction-01-01",
    ),
    "reason of the urgency": (
        lambda t: order_of(priority="urgent", reasonCode=[{"text": "Chute"}, concept(TA, "MED-1095", text=t)]),
        "#justification-urgence",
    ),
}

ONE_LINE: dict[str, tuple[Build, str]] = {
    "birth name": (
        lambda t: bundle(p=patient(name=[{"use": "official", "family": t, "given": ["A"]}])),
        "/*/c:recordTarget//c:patient/c:name/c:family[@qualifier='BR']/text()",
    ),
    "given name": (
        lambda t: bundle(p=patient(name=[{"use": "official", "family": "A", "given": [t]}])),
        "/*/c:recordTarget//c:patient/c:name/c:given[@qualifier='BR']/text()",
    ),
    "requester": (lambda t: bundle(dr=practitioner(family=t)), "/*/c:author//c:assignedPerson/c:name/c:family/text()"),
    "address": (
        lambda t: bundle(p=patient(address=[{"line": [t]}])),
        "/*/c:recordTarget/c:patientRole/c:addr/*/text()",
    ),
    "city": (lambda t: bundle(p=patient(address=[{"city": t}])), "/*/c:recordTarget/c:patientRole/c:addr/c:city/text()"),
    "title of a document": (attached, "//c:content[@ID='titreDoc-01']/text()"),
    "order number": (
        lambda t: order_of(requisition={"system": "urn:oid:1.2.250.1.999.1.7", "value": t[:60].strip()}),
        "/*/c:documentationOf[1]/c:serviceEvent/c:id/@extension",
    ),
    "label of a foreign code": (
        lambda t: order_of(code={"coding": [concept(TA, "MED-1126")["coding"][0], concept(LOINC, "24802-0", t)["coding"][0]]}),
        "//c:observation[@moodCode='INT']/c:code/c:translation/@displayName",
    ),
}


def skeleton(root: etree._Element) -> list[Any]:
    """The elements of a document without line breaks in texts, which a text may have."""
    return [element.tag for element in root.iter() if not str(element.tag).endswith("}br")]


def cleaned(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


MANDATORY = {
    SEVERAL_LINES[name][1]
    for name in ("justification", "medical history", "surgical history", "comment on a function", "reason of the urgency")
}
"""Where a text without a letter or digit is none."""
HOSTILE = [*_HOSTILE, "ligne 1\r\nligne 2", "a" * 200_000, "\u0301é à̀", "\u200b\u200d\ufeffx", "\x7f\x9b31m", "&#0;&#xD800;"]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize(("build", "reference"), SEVERAL_LINES.values(), ids=SEVERAL_LINES)
def test_a_free_text_comes_out_as_it_was(build, reference, text):
    if is_blank(text) and reference in MANDATORY:  # which is none (docs/decisions.md, 33)
        text = f"a {text}"
    document = bridge.to_cda(build(text)).document
    assert_sound(document)
    root = tree_of(document)
    shown = text_of(root, reference)
    assert shown == cleaned(text) or (reference == "#justification-urgence" and shown.startswith(cleaned(text)))
    assert skeleton(root) == skeleton(tree_of(bridge.to_cda(build("benign")).document))


@pytest.mark.parametrize("text", HOSTILE[:12], ids=range(12))
@pytest.mark.parametrize(("build", "path"), ONE_LINE.values(), ids=ONE_LINE)
def test_a_text_of_one_line_comes_out_with_single_spaces(build, path, text):
    document = bridge.to_cda(build(text)).document
    root = tree_of(document)
    found = [str(item) for item in find(root, path)]
    wanted = " ".join(text.split())
    assert found == [wanted] or found == [wanted[:60].strip()]
    assert skeleton(root) == skeleton(tree_of(bridge.to_cda(build("benign")).document))


@pytest.mark.parametrize("character", ["\x00", "\x01", "\x0b", "\x1f", "\ufffe", "\uffff", "\ud800"])
@pytest.mark.parametrize("build", [b for b, _ in [*SEVERAL_LINES.values(), *ONE_LINE.values()]], ids=[*SEVERAL_LINES, *ONE_LINE])
def test_a_character_that_xml_forbids_is_refused(build, character):
    with pytest.raises(bridge.SourceError) as raised:
        bridge.to_cda(build(f"a{character}b"))
    assert "IMGDA-0110" in {issue.code for issue in raised.value.issues}


def test_a_text_cannot_stand_in_for_an_attachment():
    """The tokens that stand for attachments in the stylesheet cannot be guessed, and a text that looks like one stays a text."""
    document = bridge.to_cda(attached("0-0.")).document
    assert PDF.encode() in document
    assert b">0-0.<" in document


def test_markup_in_a_narrative_of_the_input_is_never_copied():
    data = bundle()
    for entry in data["entry"]:
        div = '<div xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></div>'
        entry["resource"]["text"] = {"status": "generated", "div": div}
    assert b"script" not in bridge.to_cda(data).document


def test_a_text_may_hold_any_number_of_signs_that_xml_escapes():
    """The parser that Saxon uses counts them among entities, and fails after 100,000 by default."""
    data = bundle()
    request = next(entry["resource"] for entry in data["entry"] if entry["resource"]["resourceType"] == "ServiceRequest")
    request["patientInstruction"] = "<&" * 60_000
    document = bridge.to_cda(data).document
    assert document.count(b"&lt;&amp;") >= 60_000
    assert bridge.check(document).issues == bridge.check(order_document()).issues
    assert bridge.Bridge().read_document(document).order.patient_information == "<&" * 60_000


def order_document() -> bytes:
    return bridge.to_cda(bundle()).document
