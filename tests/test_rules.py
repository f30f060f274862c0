"""Every rule of docs/rules.md, with the error it gives and where."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from bundles import (
    CALL_BACK,
    DCM,
    LOINC,
    PDF,
    SNOMED,
    TA,
    bundle,
    concept,
    observation,
    order_of,
    path_of,
    patient,
    practitioner,
    service_request,
)

import bridge
from bridge.settings import Missing, Settings

KNEE = concept(SNOMED, "361291001")
PET = concept(DCM, "PT")


def findings(data: dict[str, Any], settings: Settings | None = None) -> dict[str, bridge.Issue]:
    """Every issue of an input by its code, whether it is converted or refused."""
    try:
        issues = bridge.Bridge(settings).normalize(data).issues
    except bridge.BridgeError as error:
        issues = error.issues
    return {found.code: found for found in issues}


def errors(data: dict[str, Any], settings: Settings | None = None) -> list[tuple[str, str | None]]:
    found = findings(data, settings).values()
    return sorted((issue.code, issue.path) for issue in found if issue.is_error)


def test_the_small_order_has_no_error():
    assert errors(bundle()) == []


SR = path_of(bundle(), "sr")

BROKEN = {
    "B1 no site": (order_of(bodySite=None), "IMGDA-0403", f"{SR}.bodySite"),
    "B1 no modality": (order_of(code={"text": "une radio"}), "IMGDA-0402", f"{SR}.code"),
    "B1 unknown site": (order_of(bodySite=[concept(SNOMED, "999999999")]), "IMGDA-0404", f"{SR}.bodySite[0]"),
    "B2 interventional": (
        order_of(code=concept("http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl", "C63334")),
        "IMGDA-0406",
        f"{SR}.note",
    ),
    "B2 other": (order_of(code=concept(DCM, "OT")), "IMGDA-0406", f"{SR}.note"),
    "B3 PET": (order_of(code=PET), "IMGDA-0407", f"{SR}.orderDetail"),
    "B3 scintigraphy": (order_of(code=concept(DCM, "NM")), "IMGDA-0407", f"{SR}.orderDetail"),
    "B4": (order_of(orderDetail=[concept(TA, "MED-1143")]), "IMGDA-0408", f"{SR}.orderDetail[0]"),
    "B5": (
        order_of(code=PET, orderDetail=[concept(TA, "MED-1143"), concept(TA, "MED-1134")]),
        "IMGDA-0409",
        f"{SR}.orderDetail[0]",
    ),
    "B6": (
        order_of(code=concept(DCM, "NM"), orderDetail=[concept(TA, "GEN-092.04.19")]),
        "IMGDA-0410",
        f"{SR}.orderDetail",
    ),
    "B7": (order_of(code=PET, orderDetail=[concept(TA, "MED-1133")]), "IMGDA-0411", f"{SR}.orderDetail"),
    "B7 contradiction": (
        order_of(code=PET, orderDetail=[concept(TA, "MED-1133"), concept(TA, "MED-1153"), concept(TA, "MED-1154")]),
        "IMGDA-0437",
        f"{SR}.orderDetail[2]",
    ),
    "B9": (order_of(priority="urgent"), "IMGDA-0413", f"{SR}.priority"),
    "B11": (order_of(reasonCode=None), "IMGDA-0416", f"{SR}.reasonCode"),
    "B12": (bundle(risk=observation("risk", concept(LOINC, "8302-2"))), "IMGDA-0419", f"{SR}.supportingInfo"),
    "contrary sides": (
        order_of(bodySite=[{"coding": [*KNEE["coding"], *(concept(SNOMED, c)["coding"][0] for c in ("24028007", "7771000"))]}]),
        "IMGDA-0440",
        f"{SR}.bodySite[0].coding[2]",
    ),
    "modifier of an unclear site": (
        order_of(bodySite=[KNEE, concept(SNOMED, "361292008")], orderDetail=[concept(SNOMED, "7771000")]),
        "IMGDA-0436",
        f"{SR}.orderDetail[0].coding[0]",
    ),
}


@pytest.mark.parametrize(("data", "code", "path"), BROKEN.values(), ids=BROKEN)
def test_a_broken_rule_is_an_error_at_its_place(data, code, path):
    assert (code, path) in errors(data)


@pytest.mark.parametrize(("data", "code", "path"), BROKEN.values(), ids=BROKEN)
def test_an_error_says_what_to_do_in_two_languages_and_its_source(data, code, path):
    issue = findings(data)[code]
    for language in ("fr", "en"):
        assert issue.text(language)
        assert issue.remedy(language)
    assert issue.source
    assert issue.text("fr") != issue.text("en")


def test_ten_faults_give_ten_findings():
    data = bundle(
        p=patient(birthDate=None, gender=None, name=[{"use": "official", "given": ["X"]}]),
        risk=None,
        sr=service_request(
            code=concept(DCM, "OT"),
            bodySite=None,
            reasonCode=None,
            priority="stat",
            requester=None,
            supportingInfo=[],
        ),
    )
    for entry in data["entry"]:
        entry["resource"] = {k: v for k, v in entry["resource"].items() if v not in (None, [])}
    found = {code for code, _ in errors(data)}
    assert found >= {
        "IMGDA-0303",
        "IMGDA-0304",
        "IMGDA-0305",
        "IMGDA-0311",
        "IMGDA-0403",
        "IMGDA-0406",
        "IMGDA-0413",
        "IMGDA-0416",
        "IMGDA-0419",
        "IMGDA-0313",
    }


RELAXED = {
    "justification": order_of(reasonCode=None),
    "patient_informed": bundle(risk=observation("risk", concept(LOINC, "8302-2"))),
    "site": order_of(bodySite=None),
    "function": order_of(code=PET),
    "modality_comment": order_of(code=concept(DCM, "OT")),
    "function_comment": order_of(code=concept(DCM, "NM"), orderDetail=[concept(TA, "GEN-092.04.19")]),
    "contrast": order_of(code=PET, orderDetail=[concept(TA, "MED-1133")]),
    "urgency_reason": order_of(priority="urgent"),
}


@pytest.mark.parametrize("item", RELAXED)
def test_a_missing_item_is_a_warning_when_the_settings_allow_it(item):
    allowed = findings(RELAXED[item], Settings(missing=Missing(**{item: "null"})))
    assert not any(issue.is_error for issue in allowed.values())
    assert allowed["IMGDA-0434"].severity == "warning"
    assert allowed["IMGDA-0434"].parameters["item"] == item


@pytest.mark.parametrize("item", RELAXED)
def test_lenient_allows_every_missing_item(item):
    assert not any(issue.is_error for issue in findings(RELAXED[item], Settings().lenient()).values())


def test_nothing_turns_a_wrong_code_or_a_contradiction_into_a_warning():
    lenient = Settings().lenient()
    for name in ("B1 unknown site", "B1 no modality", "B4", "B5", "B7 contradiction", "contrary sides"):
        assert errors(BROKEN[name][0], lenient), name


# --- B8, B10, B13 to B17 ---------------------------------------------------------------------------------------------


def test_b8_a_contrast_wish_for_a_scanner_is_said_in_the_comment():
    data = order_of(code=concept(DCM, "CT"), orderDetail=[concept(TA, "MED-1153")])
    act = bridge.Bridge().normalize(data).order.acts[0]
    assert act.contrast is None
    assert act.comment == "avec injection de produit de contraste"
    assert findings(data)["IMGDA-0412"].severity == "warning"


@pytest.mark.parametrize(
    ("code", "gender", "expected"),
    [("77386006", "male", "IMGDA-0414"), ("MED-1117", "female", "IMGDA-0415"), ("MED-1109", "male", "IMGDA-0415")],
)
def test_b10_a_contraindication_out_of_scope_is_said_and_kept(code, gender, expected):
    system = SNOMED if code.isdigit() else TA
    info = observation("info", concept(LOINC, "64100-1"), valueCodeableConcept=concept(system, code))
    data = bundle(info, p=patient(gender=gender))
    assert expected in findings(data)
    assert [c.concept.code for c in bridge.Bridge().normalize(data).order.contraindications] == [code]


def test_b13_acts_keep_their_own_deadlines():
    data = bundle(
        sr=service_request(occurrenceDateTime="2026-04-01"),
        sr2=service_request("sr2", occurrenceDateTime="2026-05-01"),
    )
    assert findings(data)["IMGDA-0420"].severity == "warning"
    assert [act.wanted_by for act in bridge.Bridge().normalize(data).order.acts] == ["2026-04-01", "2026-05-01"]


def test_b13_an_act_without_a_deadline_takes_that_of_the_request():
    data = bundle(sr=service_request(occurrenceDateTime="2026-04-01"), sr2=service_request("sr2"))
    assert [act.wanted_by for act in bridge.Bridge().normalize(data).order.acts] == ["2026-04-01", "2026-04-01"]
    assert "IMGDA-0421" in findings(data)


@pytest.mark.parametrize(
    ("change", "trait"),
    [
        ({"extension": None}, "INSEE"),
        ({"name": [{"use": "official", "family": "ESSAI"}, {"use": "usual", "family": "ESSAI", "given": ["ANNE"]}]}, "given"),
    ],
)
def test_b15_an_incomplete_identity_drops_the_ins_and_says_so(change, trait):
    data = bundle(p={k: v for k, v in patient(**change).items() if v is not None})
    found = findings(data)
    assert trait in found["IMGDA-0306"].parameters["traits"]
    assert [i.root for i in bridge.Bridge().normalize(data).order.patient.ids] == ["1.2.250.1.999.1.2"]


def test_b15_an_identity_that_is_not_qualified_drops_the_ins():
    status = {
        "url": "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-identity-reliability",
        "extension": [{"url": "identityStatus", "valueCoding": {"code": "PROV"}}],
    }
    data = bundle(p=patient(extension=[*patient()["extension"], status]))
    assert "IMGDA-0307" in findings(data)
    assert [i.root for i in bridge.Bridge().normalize(data).order.patient.ids] == ["1.2.250.1.999.1.2"]


def test_b16_two_modified_sites_are_two_entries():
    def side(site: str, modifier: str) -> dict[str, Any]:
        return {"coding": [concept(SNOMED, site)["coding"][0], concept(SNOMED, modifier)["coding"][0]]}

    data = order_of(bodySite=[side("361291001", "24028007"), side("361292008", "7771000"), concept(SNOMED, "302551006")])
    acts = bridge.Bridge().normalize(data).order.acts
    assert [[(s.location.code, [m.code for m in s.modifiers]) for s in act.sites] for act in acts] == [
        [("302551006", [])],
        [("361291001", ["24028007"])],
        [("361292008", ["7771000"])],
    ]
    assert findings(data)["IMGDA-0422"].parameters["count"] == "3"


def test_b17_screening_comes_from_its_code_only():
    screening = concept("http://hl7.org/fhir/sid/icd-10", "Z13.9")
    data = order_of(reasonCode=[{"text": "Dépistage organisé"}, screening])
    order = bridge.Bridge().normalize(data).order
    assert order.screening
    assert order.justification == "Dépistage organisé"
    assert not bridge.Bridge().normalize(bundle()).order.screening


# --- urgency ---------------------------------------------------------------------------------------------------------

URGENT = [{"text": "Chute"}, concept(TA, "MED-1095", text="Suspicion de fracture")]


def test_an_urgent_order_carries_its_reason_and_who_was_contacted():
    radiologist = practitioner("rad", "99900045677", "ESSAI-ROENTGEN")
    data = bundle(
        radiologist,
        sr=service_request(priority="stat", reasonCode=URGENT, performer=[{"reference": "Practitioner/rad"}]),
    )
    urgency = bridge.Bridge().normalize(data).order.urgency
    assert urgency.reason == "Suspicion de fracture"
    assert urgency.contacted.name.family == "ESSAI-ROENTGEN"
    assert "IMGDA-0430" in findings(data)


def test_a_reason_of_urgency_makes_an_order_urgent():
    data = order_of(reasonCode=URGENT)
    assert bridge.Bridge().normalize(data).order.urgency is not None
    assert "IMGDA-0429" in findings(data)


def test_the_performer_of_an_ordinary_order_is_a_loss():
    data = bundle(practitioner("rad"), sr=service_request(performer=[{"reference": "Practitioner/rad"}]))
    found = findings(data)["IMGDA-0909"]
    assert found.loss == "administrative"
    assert bridge.Bridge().normalize(data).order.urgency is None


def test_the_number_to_call_back_joins_the_telecoms_of_the_requester():
    phone = {"url": CALL_BACK, "valueContactPoint": {"system": "phone", "value": "0199000042", "use": "work"}}
    order = bridge.Bridge().normalize(order_of(extension=[phone])).order
    assert order.callback is True
    assert "tel:0199000042" in [t.value for t in order.authors[0].professional.telecoms]


# --- dates -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (order_of(occurrenceDateTime="2026-02-01"), "IMGDA-0602"),
        (bundle(p=patient(birthDate="2027-01-01")), "IMGDA-0605"),
        (bundle(p=patient(birthDate="1850-01-01")), "IMGDA-0609"),
        (bundle(p=patient(birthDate="2015-01-01")), "IMGDA-0322"),
        ({**bundle(), "timestamp": "2026-03-01T00:00:00Z"}, "IMGDA-0606"),
        ({**bundle(p=patient(birthDate="2026-03-02")), "timestamp": "2026-03-01T00:00:00Z"}, "IMGDA-0605"),
    ],
)
def test_dates_must_make_sense(data, code):
    assert code in findings(data)


@pytest.mark.parametrize("text", ["-", "--", "…", " . ", "?", "N/A", "x"])
def test_a_text_that_only_holds_a_place_is_no_justification(text):
    missing = "IMGDA-0416" in findings(order_of(reasonCode=[{"text": text}]))
    assert missing == (text not in ("N/A", "x"))


def test_an_encounter_that_ends_before_it_starts_is_an_error():
    data = bundle()
    encounter = next(e["resource"] for e in data["entry"] if e["resource"]["id"] == "e")
    encounter["period"] = {"start": "2026-03-02T11:00:00+01:00", "end": "2026-03-02T10:00:00+01:00"}
    assert ("IMGDA-0603", f"{path_of(data, 'e')}.period") in errors(data)


# --- national identifiers --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "code"),
    [("279035121518980", "IMGDA-0308"), ("27903512151898", "IMGDA-0308")],
)
def test_an_ins_with_a_wrong_key_or_length_is_said(number, code):
    data = bundle(p=patient(identifier=[{"system": "urn:oid:1.2.250.1.213.1.4.10", "value": number}]))
    assert findings(data)[code].severity == "warning"


@pytest.mark.parametrize("rpps", ["99900012348", "9990001234"])
def test_an_rpps_with_a_wrong_key_or_length_is_said(rpps):
    assert "IMGDA-0309" in findings(bundle(dr=practitioner(rpps=rpps)))


# --- R. 1333-53 ------------------------------------------------------------------------------------------------------

REGULATION = ("IMGDA-0802", "IMGDA-0803", "IMGDA-0804", "IMGDA-0805")


def test_an_ionising_modality_wants_the_five_pieces_of_information():
    assert {code: code in findings(bundle()) for code in REGULATION} == dict.fromkeys(REGULATION, True)
    lenient = findings(order_of(reasonCode=None), Settings().lenient())
    assert "IMGDA-0801" in lenient


@pytest.mark.parametrize("code", ["MED-1128", "MED-1129"])
def test_ultrasound_wants_none_of_them(code):
    found = findings(order_of(code=concept(TA, code)))
    assert not {"IMGDA-0801", *REGULATION} & found.keys()


def test_a_man_or_a_child_is_not_asked_for_a_pregnancy():
    for change in ({"gender": "male"}, {"birthDate": "2020-01-01"}, {"birthDate": "1940-01-01"}):
        assert "IMGDA-0803" not in findings(bundle(p=patient(**change)))


def test_the_answers_silence_the_warnings():
    data = bundle(
        observation("info1", concept(SNOMED, "77386006"), valueBoolean=False),
        observation("info2", concept(LOINC, "30954-2"), valueString="Radiographie de 2024 normale"),
        sr=service_request(
            note=[{"text": "Cliché en charge"}],
            reasonCode=[
                {"text": "Douleur"},
                concept(
                    "https://interop.esante.gouv.fr/ig/fhir/document-core/CodeSystem/fr-cs-note-type",
                    "finaliteExamen",
                    text="Fracture ?",
                ),
            ],
        ),
    )
    assert not {"IMGDA-0801", *REGULATION} & findings(data).keys()


# --- attachments -----------------------------------------------------------------------------------------------------


def attached(**attachment: Any) -> dict[str, Any]:
    return bundle(
        {
            "resourceType": "DocumentReference",
            "id": "info",
            "status": "current",
            "content": [{"attachment": {"contentType": "application/pdf", "title": "CR", **attachment}}],
        }
    )


@pytest.mark.parametrize(
    ("attachment", "code", "element"),
    [
        ({"url": "https://ehr.example/Binary/1"}, "IMGDA-0701", "url"),
        ({"data": "UGFz*"}, None, "data"),
        ({"data": PDF, "size": 3}, "IMGDA-0705", "size"),
        ({"data": PDF, "hash": "AAAAAAAAAAAAAAAAAAAAAAAAAAA="}, "IMGDA-0704", "hash"),
        ({"data": PDF, "contentType": "application/x-msdownload"}, "IMGDA-0706", "contentType"),
    ],
)
def test_an_attachment_that_is_not_sound_is_an_error(attachment, code, element):
    found = errors(attached(**attachment))
    assert len(found) == 1
    assert code in (None, found[0][0])
    assert found[0][1].endswith(f".content[0].attachment.{element}")


def test_an_attachment_above_the_limit_is_an_error():
    from bridge.settings import Limits

    data = attached(data="A" * (4 * 400_000))
    assert errors(data, Settings(limits=Limits(attachment_mib=1)))[0][0] == "IMGDA-0703"
    assert not errors(data)


def test_a_right_hash_and_size_are_accepted():
    assert errors(attached(data=PDF, size=15, hash="TKv8RJxC5OIIiKDNHLTU/WUrr4g=")) == []


def test_the_clock_is_read_only_when_nothing_gives_a_time():
    data = order_of(authoredOn=None, encounter=None)
    given = bridge.Bridge().to_cda(data, now=datetime.fromisoformat("2026-03-02T10:00:00+01:00"))
    assert "IMGDA-0320" not in {i.code for i in given.issues}
    assert "IMGDA-0320" in {i.code for i in bridge.Bridge().to_cda(data).issues}


def test_a_missing_patient_does_not_hide_the_other_findings():
    data = order_of(subject={"reference": "Patient/nobody"}, bodySite=None, code={"text": "une radio"})
    found = {code for code, _ in errors(data)}
    assert {"IMGDA-0204", "IMGDA-0402", "IMGDA-0403"} <= found
    assert "IMGDA-0303" not in found
