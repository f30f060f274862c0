"""Four times as many of anything cost about four times as much, and there is an end to it."""

from __future__ import annotations

import json

import pytest
from bundles import bundle, order_of, patient
from conftest import ROOT
from long_lists import cases, document_cases, growth, one_each

import bridge
from bridge.checks import check
from bridge.findings.issues import Issue, issue
from bridge.rules.telling import of_a_refusal
from bridge.settings import Limits, Settings

BRIDGE = bridge.Bridge()
BOUND = 6.0
STORY = ROOT / "fixtures" / "pacemaker-cardiac-mri"
CASES = one_each(cases())
_WITH_UNKNOWN = ("ClinicalDocument/", "section/", "observation/", "content/")
DOCUMENTS = [c for c in document_cases() if not c.name.endswith(("/unknown", "/@*")) or c.name.startswith(_WITH_UNKNOWN)]


def convert(text: bytes) -> None:
    BRIDGE.to_cda(text)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_list_of_four_times_the_length_costs_about_four_times_as_much(case):
    found = growth(lambda n: json.dumps(case.build(n)).encode(), convert, about=0.014)
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
    found = growth(case.build, read_and_check, about=0.028)
    assert found.ratio < BOUND, found


def words_beside_displays(count: int) -> bytes:
    """A text of many words beside many codings, each of which is compared with it."""
    codings = [{"system": "https://ehr.example/codes", "code": str(i), "display": f"zzqq{i}"} for i in range(count)]
    code = {"text": "pas " + " ".join(f"mot{i}" for i in range(count)), "coding": codings}
    return json.dumps(bundle({**_CONDITION, "id": "info-c", "code": code})).encode()


def references_to_one(count: int) -> bytes:
    """Many references, each with a display that is compared with all that one large resource says."""
    components = [{"code": {"text": f"aa{i}"}, "valueString": f"bb{i}"} for i in range(count)]
    large = {"resourceType": "Observation", "id": "info-o", "status": "final", "subject": _WHO, "component": components}
    large["code"] = {"text": "Bilan"}
    details = [[{"detail": [{"reference": "Observation/info-o", "display": f"zzqq{i}"}]}] for i in range(count)]
    found = [{**_CONDITION, "id": f"info-c{i}", "evidence": detail} for i, detail in enumerate(details)]
    return json.dumps(bundle(large, *found)).encode()


def subjects_by_number(count: int) -> bytes:
    """Many facts of a patient whom only a number names."""
    subjects = [{"identifier": {"system": "urn:oid:1.2.3", "value": str(i)}} for i in range(count)]
    return json.dumps(bundle(*({**_CONDITION, "id": f"info-c{i}", "subject": who} for i, who in enumerate(subjects)))).encode()


_WHO = {"reference": "Patient/p"}
_CONDITION = {"resourceType": "Condition", "subject": _WHO, "code": {"text": "Gonarthrose"}}


@pytest.mark.parametrize("build", [words_beside_displays, references_to_one, subjects_by_number])
def test_what_is_compared_with_much_is_made_ready_once(build):
    """Two lists that grow together: neither is gone through for each member of the other."""
    found = growth(build, convert, about=0.1)
    assert found.ratio < BOUND, found


@pytest.mark.parametrize("section", ["11329-0", "18776-5"])
def test_a_table_of_as_many_headings_as_rows_is_read_in_time_that_grows_with_both(section):
    before, code, after = (STORY / "document.xml").read_bytes().partition(f'code="{section}"'.encode())

    def build(count: int) -> bytes:
        heads, rows = (
            f"<th>{'mot ' * count}</th>" + "<th>Titre</th>" * count,
            "".join(f"<tr><td>mot{i} gauche</td></tr>" for i in range(count)),
        )
        table = f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></text>"
        return before + code + after.replace(b"</text>", table.encode(), 1)

    found = growth(build, read_and_check, about=0.1)
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


def test_many_findings_are_compared_with_their_causes_in_time_that_grows_with_them():
    def find(count: int) -> tuple[Issue, ...]:
        sites = (issue("IMGDA-0404", f"ServiceRequest.bodySite[{i}]") for i in range(count))
        codes = (issue("IMGDA-0902", f"ServiceRequest.category[{i}].coding[0].code") for i in range(count))
        return (*sites, *codes)

    found = growth(lambda n: find(8 * n), of_a_refusal, about=0.02)
    assert found.ratio < BOUND, found
