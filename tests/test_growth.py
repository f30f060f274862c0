"""Four times as many of anything cost about four times as much, and there is an end to it."""

from __future__ import annotations

import json

import pytest
from bundles import order_of, patient
from long_lists import cases, document_cases, growth, one_each

import bridge
from bridge.checks import check
from bridge.settings import Limits, Settings

BRIDGE = bridge.Bridge()
BOUND = 6.0
CASES = one_each(cases())
_WITH_UNKNOWN = ("ClinicalDocument/", "section/", "observation/", "content/")
DOCUMENTS = [c for c in document_cases() if not c.name.endswith(("/unknown", "/@*")) or c.name.startswith(_WITH_UNKNOWN)]


def convert(text: bytes) -> None:
    BRIDGE.to_cda(text)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_list_of_four_times_the_length_costs_about_four_times_as_much(case):
    found = growth(lambda n: json.dumps(case.build(n)).encode(), convert, about=0.02)
    assert found.ratio < BOUND, found


@pytest.mark.parametrize("kind", ["Observation", "Organization", "Location"])
def test_a_chain_of_resources_is_read_to_its_end(kind):
    """It may be deeper than calls can be nested."""
    case = next(case for case in CASES if case.name.startswith(f"Bundle.entry {kind}, each with "))
    assert BRIDGE.to_cda(json.dumps(case.build(600)).encode()).document


def read_and_check(document: bytes) -> None:
    check(document)
    BRIDGE.to_fhir(document)


@pytest.mark.parametrize("case", DOCUMENTS, ids=lambda case: case.name)
def test_a_list_of_four_times_the_length_in_a_document_costs_about_four_times_as_much(case):
    found = growth(case.build, read_and_check, about=0.04)
    assert found.ratio < BOUND, found


def many_photos(count: int) -> dict[str, object]:
    data = order_of()
    data["entry"][0]["resource"] = patient(photo=[{"title": f"Photo {i}"} for i in range(count)])
    return data


@pytest.mark.parametrize("source", [many_photos(200), json.dumps(many_photos(200)).encode()], ids=["object", "JSON"])
def test_an_input_of_too_many_values_is_refused(source):
    few = bridge.Bridge(Settings(limits=Limits(leaves=300)))
    with pytest.raises(bridge.SourceError) as refused:
        few.to_cda(source)
    assert [(i.code, i.parameters) for i in refused.value.issues] == [("IMGDA-0113", {"limit": "300"})]
    assert bridge.Bridge(Settings(limits=Limits(leaves=2_000))).to_cda(source).document


def test_an_empty_object_counts_as_a_value():
    data = order_of() | {"link": [{} for _ in range(500)]}
    with pytest.raises(bridge.SourceError) as refused:
        bridge.Bridge(Settings(limits=Limits(leaves=500))).to_cda(data)
    assert [i.code for i in refused.value.issues] == ["IMGDA-0113"]


def test_of_many_findings_the_gravest_are_told_and_the_rest_is_counted():
    everything = BRIDGE.to_cda(many_photos(200)).issues
    told = bridge.Bridge(Settings(limits=Limits(findings=20))).to_cda(many_photos(200)).issues
    assert told[:20] == everything[:20]
    assert [(i.code, i.parameters) for i in told[20:]] == [("IMGDA-0114", {"count": str(len(everything) - 20)})]
    assert everything[0].severity == "warning"


def test_a_refusal_tells_its_errors_first():
    data = many_photos(200)
    data["entry"][0]["resource"].pop("birthDate")
    with pytest.raises(bridge.OrderError) as refused:
        bridge.Bridge(Settings(limits=Limits(findings=3))).to_cda(data)
    assert refused.value.issues[0].is_error
    assert [i.code for i in refused.value.issues[3:]] == ["IMGDA-0114"]


def many_elements(count: int) -> bytes:
    document = BRIDGE.to_cda(order_of()).document
    return document.replace(b"<recordTarget", b'<ajout a="1"/>' * count + b"<recordTarget", 1)


def test_a_document_of_too_many_values_is_refused():
    limits = Limits(leaves=1_000)
    with pytest.raises(bridge.SourceError) as refused:
        bridge.Bridge(Settings(limits=limits)).read_document(many_elements(1_000))
    assert [(i.code, i.parameters) for i in refused.value.issues] == [("IMGDA-0113", {"limit": "1000"})]
    report = check(many_elements(1_000), limits=limits)
    assert ([i.code for i in report.issues], report.verdict) == (["IMGDA-0113"], "unreadable")


def test_of_many_findings_of_a_check_the_gravest_are_told_and_the_rest_is_counted():
    everything = check(many_elements(300)).issues
    report = check(many_elements(300), limits=Limits(findings=20))
    assert report.issues[:20] == everything[:20]
    assert [(i.code, i.parameters) for i in report.issues[20:]] == [("IMGDA-0114", {"count": str(len(everything) - 20)})]
    assert report.verdict == "not-conform"
