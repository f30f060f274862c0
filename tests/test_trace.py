"""Every value that is read is found again in the document, and the trace says where."""

from __future__ import annotations

import re

import pytest
from bundles import LOINC, TA, bundle, concept, observation, order_of, path_of, patient
from conftest import REFERENCE, STORIES, input_of
from lxml import etree

import bridge
from bridge.evidence.trace import Row, Source, Trace
from bridge.views.explain import as_html, as_json, as_text

INPUTS = [input_of(story) for story in STORIES] + sorted((REFERENCE / "samples").glob("*.json"))
BRIDGE = bridge.Bridge()
CONVERSIONS = {path.parent.name if path.stem == "bundle" else path.stem: BRIDGE.to_cda(path.read_bytes()) for path in INPUTS}


def rows_of(conversion: bridge.Conversion) -> dict[str, Row]:
    return {str(row.path): row for row in conversion.trace.rows if row.path}


@pytest.mark.parametrize("name", CONVERSIONS)
def test_every_value_that_is_read_stands_in_the_document(name):
    assert [f"{issue.path}" for issue in CONVERSIONS[name].trace.unfound()] == []


@pytest.mark.parametrize("name", CONVERSIONS)
def test_carried_implied_and_lost_are_all_the_leaves(name):
    conversion = CONVERSIONS[name]
    counts = conversion.trace.counts()
    leaves = list(conversion.evidence.root.leaves())
    assert counts.carried + counts.implied + counts.lost == counts.all == len(leaves)
    assert {row.path for row in conversion.trace.rows if row.fate == "lost"} <= {loss.path for loss in conversion.losses}


@pytest.mark.parametrize("name", CONVERSIONS)
def test_each_xpath_leads_to_a_value(name):
    conversion = CONVERSIONS[name]
    tree = etree.fromstring(conversion.document, etree.XMLParser(huge_tree=True))
    xpaths = {xpath for row in conversion.trace.rows for xpath in row.xpaths}
    for xpath in xpaths:
        general = re.sub(r"/([A-Za-z]\w*)(\[\d+\])?(?=/|$)", r"/*[local-name()='\1']\2", re.sub(r"/text\(\)$", "", xpath))
        general = re.sub(r"/@(\w+)$", r"/@*[local-name()='\1']", general)
        assert tree.xpath(general), xpath


def test_a_value_that_the_document_lacks_is_found_missing():
    conversion = CONVERSIONS["knee-radiograph"]
    document = re.sub(rb"<birthTime[^>]*>", b"", conversion.document)
    trace = Trace(Source(conversion.evidence.root, "R4"), document, conversion.issues)
    assert [str(issue.path).rpartition(".")[2] for issue in trace.unfound()] == ["birthDate"]


def test_a_paranoid_conversion_reports_what_the_document_lacks(monkeypatch):
    import bridge.convert as module

    written = module.write_document
    monkeypatch.setattr(module, "write_document", lambda *a, **k: re.sub(rb"<birthTime[^>]*>", b"", written(*a, **k)))
    issues = BRIDGE.to_cda(bundle(), paranoid=True).issues
    assert [(i.code, i.loss) for i in issues if i.path and i.path.endswith("birthDate")] == [("IMGDA-1701", "clinical")]


def test_the_trace_tells_how_a_value_came_to_be():
    data = order_of(
        encounter=None, priority="asap", reasonCode=[{"text": "Gonalgie"}, concept(TA, "MED-1095") | {"text": "Fracture ouverte"}]
    )
    conversion = BRIDGE.to_cda(data)
    rows, person, request = rows_of(conversion), path_of(data, "p"), path_of(data, "sr")
    assert rows[f"{person}.birthDate"].fate == "formatted"
    assert rows[f"{person}.birthDate"].item == "patient.birth_date"
    assert rows[f"{person}.birthDate"].xpaths == ("/ClinicalDocument/recordTarget/patientRole/patient/birthTime/@value",)
    assert rows[f"{person}.gender"].fate == "translated"
    assert rows[f"{request}.priority"].fate == "decides"
    assert rows[f"{request}.reasonCode[1].text"].item == "urgency.reason"
    assert any(row.fate == "defaulted" and "defaults." in str(row.rule) for row in conversion.trace.rows)


@pytest.mark.parametrize(
    ("element", "value", "gap"),
    [
        ("multipleBirthInteger", 2, rb"<sdtc:multipleBirthOrderNumber[^>]*>"),
        ("birthDate", "1976", rb"<birthTime[^>]*>"),
    ],
)
def test_a_short_value_is_not_found_where_another_happens_to_hold_it(element, value, gap):
    address = {"line": ["2 rue des Essais", "1976 route de Brest"], "city": "BREST", "postalCode": "29200"}
    data = bundle(p=patient() | {element: value, "address": [address]})
    conversion = BRIDGE.to_cda(data)
    where = f"{path_of(data, 'p')}.{element}"
    assert where not in {issue.path for issue in conversion.trace.unfound()}
    document = re.sub(gap, b"", conversion.document)
    assert document != conversion.document
    trace = Trace(Source(conversion.evidence.root, "R4"), document, conversion.issues)
    assert where in {issue.path for issue in trace.unfound()}


def test_a_part_of_a_longer_word_is_no_short_value():
    data = bundle(observation("info1", concept(LOINC, "11348-0"), valueString="Y"))
    conversion = BRIDGE.to_cda(data)
    value = f"{path_of(data, 'info1')}.valueString"
    assert rows_of(conversion)[value].item == "medical_history"
    document = conversion.document.replace(b">Y<", b">Yttrium<").replace(b"<br/>Y", b"<br/>Yttrium")
    trace = Trace(Source(conversion.evidence.root, "R4"), document, conversion.issues)
    assert value in {issue.path for issue in trace.unfound()}


def test_a_refused_code_is_lost_with_its_reason():
    data = bundle(observation("info1", concept(LOINC, "11348-0"), valueString="Asthme") | {"issued": "2026-03-01T10:00:00Z"})
    row = rows_of(BRIDGE.to_cda(data))[f"{path_of(data, 'info1')}.issued"]
    assert (row.fate, row.rule, row.loss) == ("lost", "IMGDA-0901", "administrative")


# --- how it is shown ---------------------------------------------------------------------------------------------------


def test_the_trace_as_text_and_json_shows_values_on_request_only():
    conversion = CONVERSIONS["knee-radiograph"]
    name = conversion.order.patient.name.birth_family
    for show in (as_text, as_json):
        assert name not in show(conversion.trace)
        assert name in show(conversion.trace, values=True)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_page_is_whole_and_escapes_every_value(language):
    evil = "<script>alert(1)</script>\"'&</pre>"
    data = order_of(reasonCode=[{"text": evil}])
    page = as_html(BRIDGE.to_cda(data), language)
    assert "alert(1)" in page
    assert "<script>alert(1)" not in page
    assert f'<html lang="{language}">' in page
    assert not re.search(r"""(src|href)\s*=|@import|url\(""", page)
    assert page.count("<script") == 2


def test_the_page_of_an_attachment_is_not_as_long_as_the_attachment():
    conversion = CONVERSIONS["lymphoma-pet"]
    assert len(as_html(conversion)) < 3_000_000


@pytest.mark.parametrize(
    ("ident", "code", "value"),
    [
        ("med", concept(LOINC, "11348-0"), {"valueString": "Asthme"}),
        ("chir", concept(LOINC, "47519-4"), {"valueString": "Appendicectomie"}),
        ("risk", concept(TA, "MED-1130"), {"valueBoolean": True}),
        ("info-told", concept(LOINC, "99622-3"), {"valueString": "Notice remise"}),
        ("info-event", concept(TA, "GEN-296"), {"valueString": "Chute"}),
        ("info-call", concept(TA, "GEN-297"), {"valueBoolean": True}),
    ],
)
@pytest.mark.parametrize(
    "time", [{"effectiveDateTime": "2019-07-07"}, {"effectivePeriod": {"start": "2019-07-07", "end": "2019-07-08"}}]
)
def test_the_time_of_an_observation_is_found_in_its_document(ident, code, value, time):
    data = bundle(observation(ident, code, **value, **time))
    conversion = BRIDGE.to_cda(data, paranoid=True)
    assert conversion.trace.unfound() == []
    assert b"20190707" in conversion.document
