"""Headers as other volets have them: what is read, what is said, and what comes back from FHIR."""

from __future__ import annotations

import csv
from dataclasses import replace
from fnmatch import fnmatchcase

import pytest
from conftest import ROOT
from lxml import etree

from bridge import Bridge, OrderError
from bridge.convert import write_document
from bridge.evidence import roundtrip
from bridge.fhir.write import write
from bridge.order import Code, Device, EffectiveTime, Order
from bridge.order import xml as order_xml
from bridge.rules.models import check as model_check
from bridge.settings import Losses, Settings

CDA = "{urn:hl7-org:v3}"
STORY = ROOT / "fixtures" / "lymphoma-pet"
DOCUMENT = (STORY / "document.xml").read_text("utf-8")
ORDER = order_xml.read((STORY / "order.xml").read_text("utf-8"))
NAMES = '<family qualifier="BR">ESSAI-BOIS</family><given>Ruth Lise</given><given qualifier="BR">Ruth</given>'
USED = '<family qualifier="CL">ESSAI-PRE</family><given qualifier="CL">Lise</given>'


def edited(old: str, new: str) -> bytes:
    """The document with its first *old* replaced."""
    assert old in DOCUMENT
    return DOCUMENT.replace(old, new, 1).encode()


def with_entry(before: str, added: str) -> bytes:
    """The document with something put before an element."""
    return edited(f"<{before}", f"{added}<{before}")


def codes(document: bytes) -> dict[str, list[str]]:
    """The paths of each issue of a document."""
    found: dict[str, list[str]] = {}
    for issue in Bridge().read_document(document).issues:
        found.setdefault(issue.code, []).append(issue.path or "")
    return found


def refusals(document: bytes) -> list[str]:
    with pytest.raises(OrderError) as refused:
        Bridge().read_document(document)
    return sorted({issue.code for issue in refused.value.issues if issue.is_error})


def back(order: Order, shape: str = "document") -> Order:
    """The order through FHIR."""
    return Bridge().normalize(write(order, shape=shape)).order  # type: ignore[arg-type]


# --- times -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("offset", ["+100", "+1", "+01", "+0100"])
def test_an_offset_of_any_length_is_one_hour(offset):
    document = edited("<author><time value=", f'<author><time value="20260616101500{offset}"/><!--').replace(b"<!--", b"<!--", 1)
    start = document.index(b"<!--")
    document = document[:start] + document[document.index(b"/>", start) + 2 :]
    reading = Bridge().read_document(document)
    assert reading.order.authors[0].time == "2026-06-16T10:15:00+01:00"
    assert ("IMGDA-1315" in {issue.code for issue in reading.issues}) == (offset != "+0100")


def test_a_time_in_minutes_gets_its_seconds_and_a_note_and_the_round_trip_explains_it():
    name = next(t for t in _times() if len(t) == 19)
    document = DOCUMENT.replace(name, name[:12] + name[14:]).encode()
    assert codes(document)["IMGDA-1309"]
    assert roundtrip.of_document(document).unexplained == 0


def _times() -> list[str]:
    return [e.get("value", "") for e in etree.fromstring(DOCUMENT.encode()).iter(f"{CDA}effectiveTime")]


def test_the_hour_of_birth_stands_in_fhir_and_the_document_written_has_the_date():
    order = replace(ORDER, patient=replace(ORDER.patient, birth_date="1979-03-28T07:15:00+01:00"))
    patient = next(e["resource"] for e in write(order)["entry"] if e["resource"]["resourceType"] == "Patient")
    assert patient["birthDate"] == "1979-03-28"
    assert patient["_birthDate"]["extension"][0]["valueDateTime"] == "1979-03-28T07:15:00+01:00"
    assert back(order).patient.birth_date == "1979-03-28"


@pytest.mark.parametrize(
    "when",
    [
        EffectiveTime(at="2026-06-16"),
        EffectiveTime(start="2026-06-16T10:00:00+02:00", end="2026-06-16T11:00:00+02:00"),
        EffectiveTime(start="2026-06-16T10:00:00+02:00"),
    ],
)
def test_the_time_of_every_observation_comes_back(when):
    times = ("medical_history_at", "surgical_history_at", "patient_informed_at", "patient_information_at", "event_at")
    order = replace(ORDER, **dict.fromkeys(times, when))
    order = replace(order, contraindications=tuple(replace(item, date=when) for item in order.contraindications))
    assert Bridge().read_document(write_document(order)).order == order
    assert back(order) == order
    assert back(order, "order") == order


# --- no fact ---------------------------------------------------------------------------------------------------------


def test_a_contraindication_with_a_null_flavor_is_no_fact_and_that_is_said():
    document = DOCUMENT.replace('<observation classCode="OBS" moodCode="EVN" negationInd="true">', "<@>", 1)
    document = document.replace("<@>", '<observation classCode="OBS" moodCode="EVN" nullFlavor="UNK">')
    reading = Bridge().read_document(document.encode())
    assert len(reading.order.contraindications) == len(ORDER.contraindications) - 1
    assert "IMGDA-1306" in {issue.code for issue in reading.issues}


def test_masked_data_are_a_warning():
    document = with_entry("participant ", "").replace(b'<time nullFlavor="UNK"/>', b'<time nullFlavor="MSK"/>', 1)
    issues = [i for i in Bridge().read_document(document).issues if i.code == "IMGDA-1320"]
    assert [(i.severity, i.path) for i in issues] == [("warning", "/ClinicalDocument/participant[1]/time/@nullFlavor")]


def test_a_second_patient_is_refused():
    record = DOCUMENT[DOCUMENT.index("<recordTarget>") : DOCUMENT.index("</recordTarget>") + len("</recordTarget>")]
    assert refusals(with_entry("author>", record)) == ["IMGDA-1308"]


# --- people ----------------------------------------------------------------------------------------------------------


def test_a_guardian_keeps_his_names_of_birth_and_of_use_and_his_number():
    guardian = (
        '<guardian><id root="1.2.250.1.213.1.4.10" extension="263048708591287"/><addr nullFlavor="NAV"/>'
        f"<guardianPerson><name>{NAMES}{USED}</name></guardianPerson></guardian>"
    )
    order = Bridge().read_document(with_entry("birthplace>", guardian)).order
    (found,) = [g for g in order.patient.guardians if g.ids]
    assert found.name is not None
    assert (found.name.birth_family, found.name.used_family) == ("ESSAI-BOIS", "ESSAI-PRE")
    assert (found.name.given, found.name.birth_given, found.name.used_given) == ("Ruth Lise", "Ruth", "Lise")
    for shape in ("document", "order"):
        assert back(order, shape).patient.guardians == order.patient.guardians


@pytest.mark.parametrize("qualifier", ["BR", "CL"])
def test_a_relative_keeps_the_qualifier_of_his_name(qualifier):
    relative = (
        '<informant><relatedEntity classCode="CON"><addr nullFlavor="NAV"/><relatedPerson><name>'
        f'<family qualifier="{qualifier}">ESSAI-BOIS</family></name></relatedPerson></relatedEntity></informant>'
    )
    order = Bridge().read_document(with_entry("custodian>", relative)).order
    assert f'<family qualifier="{qualifier}">ESSAI-BOIS</family>'.encode() in write_document(back(order))


def test_the_comment_of_a_function_comes_back():
    function = Code(code="CORRE", system="1.2.250.1.213.1.1.4.2.280", display="Correspondant", text="à la demande du patient")
    order = replace(ORDER, participants=(replace(ORDER.participants[0], function=function), *ORDER.participants[1:]))
    found = {p.function.text for p in back(order).participants if p.function}
    assert "à la demande du patient" in found


def test_a_professional_who_informed_comes_back_as_one():
    who = ORDER.authors[0].professional
    order = replace(ORDER, informants=(who,))
    assert Bridge().read_document(write_document(order)).order.informants == (who,)
    assert back(order).informants == back(order, "order").informants == (who,)


def test_an_authoring_device_is_no_requester():
    order = replace(
        ORDER,
        authors=(
            *ORDER.authors,
            replace(
                ORDER.authors[0],
                professional=replace(ORDER.authors[0].professional, name=None, speciality=None, addresses=(), organization=None),
                device=Device(model="M", software="Logiciel"),
                function=None,
            ),
        ),
    )
    read = Bridge().read_document(write_document(order)).order
    assert [author.device for author in read.authors] == [None, Device(model="M", software="Logiciel")]
    kinds = [e["resource"]["resourceType"] for e in write(read)["entry"]]
    assert kinds.count("Device") == 1
    assert back(read) == read


# --- numbers ---------------------------------------------------------------------------------------------------------


def test_a_number_under_the_national_root_gets_no_prefix_and_its_length_is_said():
    number = ORDER.authors[0].professional.ids[0].extension or ""
    document = DOCUMENT.replace(f'extension="{number}"', 'extension="01234567897"').encode()
    reading = Bridge().read_document(document)
    assert "IMGDA-1324" in {issue.code for issue in reading.issues}
    assert back(reading.order).authors[0].professional.ids[0].extension == "01234567897"


def test_an_ins_with_a_wrong_key_is_read_as_it_stands_with_a_warning():
    number = next(i for i in ORDER.patient.ids if i.root.startswith("1.2.250.1.213.1.4.")).extension or ""
    wrong = number[:13] + f"{(int(number[13:]) + 1) % 97:02}"
    reading = Bridge().read_document(DOCUMENT.replace(number, wrong).encode())
    assert reading.order.patient.ids[0].extension == wrong
    assert "IMGDA-0340" in {issue.code for issue in reading.issues}


# --- consents, other orders, other documents -------------------------------------------------------------------------

CONSENT = (
    '<authorization typeCode="AUTH"><consent classCode="CONS" moodCode="EVN">'
    '<code code="GEN-315" displayName="Opposition" codeSystem="1.2.250.1.213.1.1.4.322"/>'
    '<statusCode code="completed"/></consent></authorization>'
)
FULFILS = '<inFulfillmentOf><order><id root="1.2.250.1.999.7" extension="D-7"/></order></inFulfillmentOf>'


@pytest.mark.parametrize(("before", "added"), [("componentOf>", CONSENT), ("documentationOf>", FULFILS)])
def test_consents_and_the_orders_answered_come_back(before, added):
    reading = Bridge().read_document(with_entry(before, added))
    assert (reading.order.consents, reading.order.fulfils) != ((), ())
    assert not [issue for issue in reading.issues if issue.severity == "warning"]
    for shape in ("document", "order"):
        assert back(reading.order, shape) == reading.order


def test_an_event_that_is_not_read_is_a_warning_with_its_code():
    event = (
        '<documentationOf><serviceEvent><code code="18748-4" displayName="Imagerie" codeSystem="2.16.840.1.113883.6.1"/>'
        "</serviceEvent></documentationOf>"
    )
    issues = Bridge().read_document(with_entry("componentOf>", event)).issues
    assert [i.severity for i in issues if (i.path or "").endswith("serviceEvent/code/@code")] == ["warning"]
    assert any((i.path or "").endswith("serviceEvent/code/@displayName") for i in issues)


@pytest.mark.parametrize("element", ["versionNumber", "confidentialityCode", "languageCode"])
def test_a_default_that_stands_for_an_absent_element_is_a_note(element):
    start = DOCUMENT.index(f"<{element}")
    document = DOCUMENT[:start] + DOCUMENT[DOCUMENT.index("/>", start) + 2 :]
    assert "IMGDA-1316" in codes(document.encode())


def test_a_loss_is_as_loud_as_the_settings_say():
    discharge = '<dischargeDispositionCode code="1" codeSystem="1.2.250.1.213.2.14"/>'
    document = (
        with_entry("responsibleParty>", discharge) if "<responsibleParty>" in DOCUMENT else with_entry("location>", discharge)
    )
    said = [i.severity for i in Bridge().read_document(document).issues if "dischargeDispositionCode/@code" in (i.path or "")]
    assert "warning" in said
    strict = Bridge(Settings(losses=Losses(clinical="fail")))
    with pytest.raises(OrderError):
        strict.read_document(document)
    allowed = Losses(clinical="fail", allow=("componentOf/encompassingEncounter/dischargeDispositionCode",))
    assert Bridge(Settings(losses=allowed)).read_document(document).order


def test_a_site_that_is_not_read_refuses_the_document():
    site = DOCUMENT.index("<targetSiteCode code=")
    end = DOCUMENT.index("</targetSiteCode>", site)
    nested = '<qualifier><name code="999"/><value code="7771000" codeSystem="2.16.840.1.113883.6.96"/></qualifier>'
    assert "IMGDA-1321" in refusals((DOCUMENT[:end] + nested + DOCUMENT[end:]).encode())


# --- versions of the model -------------------------------------------------------------------------------------------


def test_the_function_353_is_in_the_value_set_of_2022():
    function = Code(code="353", system="1.2.250.1.213.1.6.1.107", display="Membre de l'équipe de soins")
    order = replace(ORDER, participants=(replace(ORDER.participants[0], function=function),))
    assert "353" not in [found.value for found in model_check(order, "2022.01")]


def test_a_code_that_2022_lacks_is_named_with_its_place():
    speciality = Code(code="353", system="1.2.250.1.213.1.6.1.107", display="Membre de l'équipe de soins")
    author = ORDER.authors[0]
    order = replace(ORDER, authors=(replace(author, professional=replace(author.professional, speciality=speciality)),))
    (found,) = [found for found in model_check(order, "2022.01") if found.code == "IMGDA-1314"]
    assert (found.value, found.path) == ("353", "authors[0].professional.speciality")
    assert "353" in found.text("en")


# --- never written ---------------------------------------------------------------------------------------------------


def _header_paths(document: bytes) -> set[str]:
    found: set[str] = set()

    def walk(element: etree._Element, path: str) -> None:
        found.update(
            f"{path}/@{etree.QName(name).localname}".lstrip("/") for name in element.attrib if "schemaLocation" not in name
        )
        if (element.text or "").strip():
            found.add(path)
        for child in element:
            if isinstance(child.tag, str) and child.tag != f"{CDA}component":
                walk(child, f"{path}/{etree.QName(child).localname}".lstrip("/"))

    walk(etree.fromstring(document), "")
    return found


with open(ROOT / "mappings" / "cda-never-written.csv", encoding="utf-8", newline="") as _file:
    NEVER = list(csv.DictReader(_file))


def _is_never_written(path: str) -> bool:
    return any(fnmatchcase(path, row["path"]) or fnmatchcase(path, row["path"].removeprefix("*/")) for row in NEVER)


def test_nothing_that_is_never_written_stands_in_a_document():
    for story in sorted((ROOT / "fixtures").glob("*/document.xml")):
        assert [path for path in _header_paths(story.read_bytes()) if _is_never_written(path)] == []


def test_what_an_official_example_has_is_written_or_listed(reference):
    written: set[str] = set()
    for story in (ROOT / "fixtures").glob("*/document.xml"):
        written |= _header_paths(story.read_bytes())
    for example in reference.glob("20*/*.xml"):
        trip = roundtrip.of_document(example.read_bytes(), example.name)
        lost = _header_paths(example.read_bytes()) - _header_paths(trip.document) - written
        assert sorted(path for path in lost if not _is_never_written(path)) == []


def test_the_page_lists_what_is_never_written():
    page = (ROOT / "docs" / "cda.md").read_text("utf-8")
    assert all(f"| `{row['path']}` | {row['reason']} |" in page for row in NEVER)
