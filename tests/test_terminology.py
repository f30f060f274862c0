"""What ordinary systems send, translated into the value sets; what has no unambiguous counterpart is said, never guessed."""

from __future__ import annotations

from typing import Any

import pytest
from bundles import DCM, LOINC, SNOMED, TA, bundle, concept, order_of, path_of, patient, practitioner, service_request
from documents import find, tree_of

import bridge
from bridge.settings import LocalCode
from bridge.tables.codes import rows

ICD = "http://hl7.org/fhir/sid/icd-10"
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
ROLE_CLASS = "http://terminology.hl7.org/CodeSystem/v3-RoleClass"
SRT = "http://snomed.info/srt"
RADLEX = "http://www.radlex.org"
G15 = "https://mos.esante.gouv.fr/NOS/TRE_G15-ProfessionSante/FHIR/TRE-G15-ProfessionSante"
R38 = "https://mos.esante.gouv.fr/NOS/TRE_R38-SpecialiteOrdinale/FHIR/TRE-R38-SpecialiteOrdinale"


def normalize(data: dict[str, Any]) -> bridge.Normalization:
    return bridge.Bridge().normalize(data)


def errors(data: dict[str, Any]) -> set[str]:
    try:
        normalize(data)
    except bridge.BridgeError as error:
        return {found.code for found in error.issues if found.is_error}
    return set()


def codes(found: bridge.Normalization) -> set[str]:
    return {issue.code for issue in found.issues}


def act_of(code: dict[str, Any], **changes: Any) -> Any:
    return normalize(order_of(code=code, **changes)).order.acts[0]


PET = {"orderDetail": [concept(TA, "MED-1134")]}
BONE = {"orderDetail": [concept(TA, "MED-1143")]}


@pytest.mark.parametrize(
    ("system", "code", "modality", "extra"),
    [
        (DCM, "CR", "MED-1126", {}),
        (DCM, "DX", "MED-1126", {}),
        (DCM, "RF", "MED-1126", {}),
        (DCM, "RG", "MED-1126", {}),
        (DCM, "US", "MED-1128", {}),
        (DCM, "MR", "MR", {}),
        (DCM, "CT", "CT", {}),
        (DCM, "MG", "MG", {}),
        (DCM, "PT", "PT", PET),
        (DCM, "NM", "NM", BONE),
        (SNOMED, "77477000", "CT", {}),
        (SNOMED, "113091000", "MR", {}),
        (SNOMED, "16310003", "MED-1128", {}),
        (SNOMED, "363680008", "MED-1126", {}),
        (SNOMED, "71651007", "MG", {}),
        (SNOMED, "82918005", "PT", PET),
        ("urn:oid:1.2.840.10008.2.16.4", "DX", "MED-1126", {}),
        ("http://snomed.info/sct/11000315107", "77477000", "CT", {}),
    ],
)
def test_a_modality_is_translated_and_its_original_kept(system, code, modality, extra):
    act = act_of(concept(system, code, "Libellé local"), **extra)
    assert act.modality.code == modality
    if code != modality:
        assert [(t.code, t.display) for t in act.modality.translations] == [(code, "Libellé local")]


def test_a_translated_modality_is_a_translation_in_the_document():
    root = tree_of(bridge.to_cda(order_of(code=concept(DCM, "DX", "Digital Radiography", "Radio du genou"))).document)
    (code,) = find(root, "//c:observation[@moodCode='INT']/c:code")
    assert code.get("code") == "MED-1126"
    (translation,) = find(code, "c:translation")
    assert (translation.get("code"), translation.get("codeSystem")) == ("DX", "1.2.840.10008.2.16.4")
    assert [str(t) for t in find(root, "//c:content[@ID='modalite-examen-01']/text()")] == ["Radio du genou"]


@pytest.mark.parametrize("loinc", [row["fhir_code"] for row in rows("codes/modality") if "loinc" in row["fhir_system"]][::500])
def test_a_loinc_exam_code_gives_its_modality(loinc):
    row = next(row for row in rows("codes/modality") if row["fhir_code"] == loinc)
    found = normalize_any(order_of(code=concept(LOINC, loinc)))
    assert found.code == row["cda_code"]


def normalize_any(data: dict[str, Any]) -> Any:
    return bridge.Bridge(bridge.Settings().lenient()).normalize(data).order.acts[0].modality


@pytest.mark.parametrize(
    "code",
    [
        concept(DCM, "XA"),
        concept(DCM, "SR"),
        concept(DCM, "dx"),
        concept(SNOMED, "71388002"),
        concept(LOINC, "24604-1-x"),
        concept("https://ehr.example/codes", "RADIO"),
        concept(ACT_CODE, "CT"),
        {"text": "Radiographie du genou"},
        {"coding": [{"display": "Scanner"}]},
    ],
    ids=["XA", "SR", "lower case", "any procedure", "no LOINC", "a local code", "CT of another system", "words", "a label"],
)
def test_a_modality_that_is_not_certain_is_an_error(code):
    assert "IMGDA-0402" in errors(order_of(code=code))


def test_a_modality_without_system_is_read_only_where_it_is_unique():
    found = normalize(order_of(code={"coding": [{"code": "MR"}]}))
    assert found.order.acts[0].modality.code == "MR"
    assert "IMGDA-0503" in codes(found)


def test_the_listed_coding_wins_over_one_that_must_be_translated():
    code = {"coding": [concept(DCM, "MR")["coding"][0], concept(SNOMED, "113091000")["coding"][0]]}
    act = act_of(code)
    assert act.modality.code == "MR"
    assert [t.code for t in act.modality.translations] == ["113091000"]


@pytest.mark.parametrize(("modality", "with_contrast"), [("DX", "MED-1127"), ("US", "MED-1129")])
def test_a_contrast_wish_makes_a_dicom_code_the_modality_with_contrast(modality, with_contrast):
    act = act_of(concept(DCM, modality), orderDetail=[concept(TA, "MED-1153")])
    assert act.modality.code == with_contrast
    assert act.contrast is None


def test_a_stated_modality_without_contrast_is_not_turned_by_a_wish_but_refused():
    with pytest.raises(bridge.OrderError) as refused:
        normalize(order_of(code=concept(TA, "MED-1126"), orderDetail=[concept(TA, "MED-1153")]))
    assert "IMGDA-0443" in {found.code for found in refused.value.issues}


# --- sites and sides -------------------------------------------------------------------------------------------------


def site_of(site: dict[str, Any], **changes: Any) -> Any:
    return normalize(order_of(bodySite=[site], **changes)).order.acts[0].sites[0]


def test_a_near_synonym_leads_to_the_entire_concept_and_is_kept():
    site = site_of(concept(SNOMED, "10200004", "Liver structure"))
    assert site.location.code == "181268008"
    assert [(t.code, t.display) for t in site.location.translations] == [("10200004", "Liver structure")]


@pytest.mark.parametrize("row", [row for row in rows("codes/site") if row["modifier_code"]][::12], ids=lambda r: r["fhir_code"])
def test_a_side_in_the_code_becomes_a_modifier(row):
    site = site_of(concept(row["fhir_system"], row["fhir_code"]))
    assert site.location.code == row["cda_code"]
    assert [m.code for m in site.modifiers] == [row["modifier_code"]]


@pytest.mark.parametrize(
    ("system", "code", "modifier"),
    [
        (SNOMED, "24028007", "24028007"),
        (SNOMED, "7771000", "7771000"),
        (SNOMED, "51440002", "51440002"),
        (SNOMED, "419161000", "7771000"),
        (SRT, "G-A100", "24028007"),
        ("http://terminology.hl7.org/CodeSystem/v2-0495", "L", "7771000"),
    ],
)
def test_a_side_beside_the_site_becomes_a_modifier(system, code, modifier):
    knee = concept(SNOMED, "361291001")
    knee["coding"].append({"system": system, "code": code})
    assert [m.code for m in site_of(knee).modifiers] == [modifier]


@pytest.mark.parametrize("spaces", ["", " "])
def test_a_post_coordinated_side_becomes_a_modifier(spaces):
    code = f"361291001{spaces}:{spaces}272741003{spaces}={spaces}7771000"
    site = site_of(concept(SNOMED, code))
    assert (site.location.code, [m.code for m in site.modifiers]) == ("361291001", ["7771000"])


def test_another_expression_is_not_guessed():
    found = errors(order_of(bodySite=[concept(SNOMED, "361291001:272741003=7771000,363698007=1")]))
    assert "IMGDA-0404" in found


def test_a_side_in_words_is_read_only_where_the_site_says_so():
    knee = concept(SNOMED, "361291001", text="genou gauche")
    assert "IMGDA-0446" in errors(order_of(bodySite=[knee]))
    settings = bridge.Settings(free_text_laterality=True)
    order = bridge.Bridge(settings).normalize(order_of(bodySite=[knee])).order
    assert [m.code for m in order.acts[0].sites[0].modifiers] == ["7771000"]
    both = concept(SNOMED, "361291001", text="genou gauche puis droit")
    with pytest.raises(bridge.OrderError, match="IMGDA-0446"):
        bridge.Bridge(settings).normalize(order_of(bodySite=[both]))


def test_the_words_of_the_sender_stand_in_the_narrative():
    root = tree_of(bridge.to_cda(order_of(bodySite=[concept(SNOMED, "361291001", text="genou opéré")])).document)
    assert [str(t) for t in find(root, "//c:content[@ID='localisation-anatomique-01-01']/text()")] == ["genou opéré"]


@pytest.mark.parametrize(
    "site",
    [concept(SNOMED, "123037004"), concept(RADLEX, "RID0"), {"text": "genou"}, concept(None, "genou")],
    ids=["any body structure", "RadLex", "words", "no system"],
)
def test_a_site_that_is_not_certain_is_an_error(site):
    assert "IMGDA-0404" in errors(order_of(bodySite=[site]))


def test_a_site_may_translate_its_own_codes():
    own = LocalCode(table="site", system="https://ehr.example/s", code="GEN", to="361291001", modifier="7771000")
    data = order_of(bodySite=[concept("https://ehr.example/s", "GEN")])
    order = bridge.Bridge(bridge.Settings(translations=(own,))).normalize(data).order
    assert order.acts[0].sites[0].location.code == "361291001"
    assert [m.code for m in order.acts[0].sites[0].modifiers] == ["7771000"]


# --- priority, encounter, gender -------------------------------------------------------------------------------------


PRIORITIES = {"routine": False, None: False, "urgent": True, "asap": True, "stat": True}


@pytest.mark.parametrize(("priority", "urgent"), PRIORITIES.items())
def test_what_is_urgent(priority, urgent):
    reason = [{"text": "Chute"}, *([concept(TA, "MED-1095", text="Fracture")] if urgent else [])]
    order = normalize(order_of(priority=priority, reasonCode=reason)).order
    assert (order.urgency is not None) is urgent


def encounter_class(system: str, code: str) -> Any:
    data = bundle()
    encounter = next(e["resource"] for e in data["entry"] if e["resource"]["id"] == "e")
    encounter["class"] = {"system": system, "code": code}
    return normalize(data)


@pytest.mark.parametrize(
    ("system", "code", "kind"),
    [
        (ACT_CODE, "AMB", "AMB"),
        (ACT_CODE, "EMER", "EMER"),
        (ACT_CODE, "IMP", "IMP"),
        (ACT_CODE, "ACUTE", "IMP"),
        (ACT_CODE, "NONAC", "IMP"),
        (ACT_CODE, "OBSENC", "IMP"),
        (ACT_CODE, "PRENC", "AMB"),
        (ACT_CODE, "HH", "HH"),
        (ACT_CODE, "VR", "VR"),
        ("https://mos.esante.gouv.fr/NOS/TRE_R305-TypeRencontre/FHIR/TRE-R305-TypeRencontre", "EXTERNE", "EXTERNE"),
        ("http://terminology.hl7.org/CodeSystem/v2-0004", "E", "EMER"),
    ],
)
def test_an_encounter_class_is_translated(system, code, kind):
    assert encounter_class(system, code).order.encounter.type.code == kind


@pytest.mark.parametrize(("system", "code"), [("https://ehr.example/class", "X"), (ACT_CODE, "XYZ")])
def test_an_encounter_class_without_counterpart_is_said(system, code):
    found = encounter_class(system, code)
    assert found.order.encounter.type is None
    assert "IMGDA-0330" in codes(found)


@pytest.mark.parametrize(("gender", "code"), [("male", "M"), ("female", "F"), ("other", "UN"), ("unknown", "UN")])
def test_a_gender_is_translated_and_other_is_said(gender, code):
    found = normalize(bundle(p=patient(gender=gender)))
    assert found.order.patient.gender.code == code
    assert ("IMGDA-0334" in codes(found)) is (gender == "other")


# --- people ----------------------------------------------------------------------------------------------------------


def contact(*relationship: dict[str, Any]) -> Any:
    data = bundle(p=patient(contact=[{"relationship": list(relationship), "name": {"family": "ESSAI-PROCHE"}}]))
    return normalize(data)


@pytest.mark.parametrize("row", [r for r in rows("codes/contact-role") if r["cda_code"] != "GUARD"], ids=lambda r: r["fhir_code"])
def test_a_contact_role_is_translated(row):
    order = contact(concept(row["fhir_system"], row["fhir_code"])).order
    assert [c.role for c in order.patient.guardians or order.contacts] == [row["cda_code"]]


GUARDIANS = [row for row in rows("codes/contact-role") if row["cda_code"] == "GUARD"]


@pytest.mark.parametrize("row", GUARDIANS, ids=lambda row: row["fhir_system"])
def test_a_legal_guardian_stands_with_the_patient(row):
    order = contact(concept(row["fhir_system"], row["fhir_code"])).order
    assert [g.name.family for g in order.patient.guardians] == ["ESSAI-PROCHE"]
    assert order.contacts == ()


@pytest.mark.parametrize("row", list(rows("codes/relationship"))[::6], ids=lambda r: r["fhir_code"])
def test_a_family_link_is_translated(row):
    order = contact(concept(ROLE_CLASS, "ECON"), concept(row["fhir_system"], row["fhir_code"])).order
    assert [c.relation.code for c in order.contacts if c.relation] == [row["cda_code"]]


def speciality(*qualifications: dict[str, Any]) -> Any:
    data = bundle(dr={**practitioner(), "qualification": [{"code": q} for q in qualifications]})
    found = normalize(data)
    return found.order.authors[0].professional.speciality, codes(found)


@pytest.mark.parametrize(
    ("qualifications", "code"),
    [
        ([concept(R38, "SM26")], "G15_10/SM26"),
        ([concept(G15, "10"), concept(R38, "SM04")], "G15_10/SM04"),
        ([concept(G15, "10")], "G15_10"),
        ([concept(G15, "21")], "G15_21"),
        ([concept(G15, "50")], "G15_50"),
        ([concept(G15, "10"), concept(SNOMED, "394537008")], "G15_10/SM40"),
    ],
    ids=["savoir-faire", "profession and savoir-faire", "médecin", "pharmacien", "sage-femme", "SNOMED CT"],
)
def test_a_profession_and_a_speciality_give_the_code_of_the_author(qualifications, code):
    assert speciality(*qualifications)[0].code == code


@pytest.mark.parametrize("qualifications", [[concept(SNOMED, "394537008")], [concept(None, "chirurgien")], [{"text": "Dr"}]])
def test_a_speciality_that_is_not_certain_is_not_written_and_said(qualifications):
    found, said = speciality(*qualifications)
    assert found is None
    assert "IMGDA-0312" in said


@pytest.mark.parametrize("code", ["Z13.9", "Z12.3", "Z11"])
def test_a_screening_code_is_written_as_the_one_of_the_model(code):
    found = normalize(order_of(reasonCode=[{"text": "Dépistage"}, concept(ICD, code)]))
    assert found.order.screening
    assert ("IMGDA-0423" in codes(found)) is (code != "Z13.9")


def test_a_label_that_differs_from_that_of_the_code_is_said():
    data = order_of(code=concept(DCM, "MR", "Imagerie locale"))
    found = next(issue for issue in normalize(data).issues if issue.code == "IMGDA-0501")
    assert found.path == f"{path_of(data, 'sr')}.code.coding[0].display"


def test_the_same_words_in_another_case_or_without_accents_are_not_said():
    assert "IMGDA-0501" not in codes(normalize(order_of(code=concept(TA, "MED-1128", "ECHOGRAPHIE sans contraste"))))


def test_no_translation_loses_its_original():
    data = bundle(sr=service_request(code=concept(DCM, "DX", "Digital Radiography"), bodySite=[concept(SNOMED, "10200004")]))
    lost = [found.path for found in normalize(data).losses if found.path and ("code" in found.path or "bodySite" in found.path)]
    assert lost == []
