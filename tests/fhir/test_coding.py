"""All codings of a concept are read, in any order: same or more adds up, a contradiction refuses the order."""

from __future__ import annotations

import copy
import itertools
from typing import Any

import pytest
from bundles import DCM, LOINC, SNOMED, TA, bundle, concept, observation, order_of, path_of, service_request
from documents import find, tree_of

import bridge
from bridge.findings.issues import Issue
from bridge.order import Act

KNEE, HIP, THORAX, LUNG, HEART = "361291001", "29836001", "302551006", "181216001", "302509004"
RIGHT, LEFT, BOTH = "24028007", "7771000", "51440002"
V2_0074 = "http://terminology.hl7.org/CodeSystem/v2-0074"
BRIDGE = bridge.Bridge()
PET = {"orderDetail": [concept(TA, "MED-1134")]}


def codings(*pairs: tuple[str, str] | tuple[str, str, str], text: str | None = None) -> dict[str, Any]:
    """A CodeableConcept of (system, code[, display])."""
    found = [dict(zip(("system", "code", "display"), pair, strict=False)) for pair in pairs]
    return {"coding": found} | ({"text": text} if text else {})


def act(**changes: Any) -> Act:
    return BRIDGE.normalize(order_of(**changes)).order.acts[0]


def refused(data: dict[str, Any], settings: bridge.Settings | None = None) -> dict[str, str]:
    """The errors of an order: codes by path."""
    with pytest.raises(bridge.OrderError) as raised:
        bridge.Bridge(settings or bridge.Settings()).normalize(data)
    return {str(issue.path): issue.code for issue in raised.value.issues if issue.is_error}


def issues(**changes: Any) -> list[Issue]:
    return BRIDGE.normalize(order_of(**changes)).issues


def warned(code: str, /, **changes: Any) -> list[str]:
    """Where an issue of this code is reported."""
    return [str(issue.path) for issue in issues(**changes) if issue.code == code]


def in_any_order(*pairs: tuple[str, ...]) -> list[dict[str, Any]]:
    return [codings(*order) for order in itertools.permutations(pairs)]  # type: ignore[arg-type]


def at(path: str) -> str:
    return f"{path_of(order_of(), 'sr')}.{path}"


# --- sites and sides -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("site", in_any_order((SNOMED, "72696002"), (SNOMED, "6757004"), (SNOMED, KNEE)))
def test_a_side_in_another_coding_of_the_site_is_written(site):
    (found,) = act(bodySite=[site]).sites
    assert (found.location.code, [m.code for m in found.modifiers]) == (KNEE, [RIGHT])
    assert [t.code for t in found.location.translations] == ["6757004", "72696002"]


@pytest.mark.parametrize("code", ["R", "L", "B"])
@pytest.mark.parametrize("system", [DCM, "urn:oid:1.2.840.10008.2.16.4"])
def test_a_laterality_of_dicom_is_a_side(system, code):
    expected = {"R": RIGHT, "L": LEFT, "B": BOTH}[code]
    for site in in_any_order((SNOMED, KNEE), (system, code)):
        assert [m.code for m in act(bodySite=[site]).sites[0].modifiers] == [expected]


@pytest.mark.parametrize(("place", "expected"), [(KNEE, ["66459002"]), (THORAX, [])])
def test_unpaired_in_dicom_is_one_side_of_a_pair_and_nothing_else(place, expected):
    """DICOM U says "unpaired": of a site that has two sides one, of any other what the site says itself."""
    for site in in_any_order((SNOMED, place), (DCM, "U")):
        assert [m.code for m in act(bodySite=[site]).sites[0].modifiers] == expected


@pytest.mark.parametrize(
    "pairs",
    [
        [(SNOMED, "6757004"), (SNOMED, "82169009")],
        [(SNOMED, KNEE), (SNOMED, RIGHT), (SNOMED, LEFT)],
        [(SNOMED, "6757004"), (SNOMED, LEFT)],
        [(SNOMED, "6757004"), (DCM, "L")],
        [(SNOMED, KNEE), (SNOMED, BOTH), (DCM, "R")],
        [(SNOMED, KNEE), (SNOMED, BOTH), (SNOMED, "66459002")],
        [(SNOMED, f"{KNEE}:272741003={RIGHT}"), (SNOMED, LEFT)],
    ],
    ids=[
        "two sided sites",
        "two sides",
        "a sided site and a side",
        "DICOM",
        "bilateral and right",
        "bilateral and unilateral",
        "an expression",
    ],
)
def test_contrary_sides_in_one_site_refuse_the_order(pairs):
    for site in in_any_order(*pairs):
        found = refused(order_of(bodySite=[site]))
        assert "IMGDA-0440" in found.values()
        assert all(path.startswith(at("bodySite[0].coding[")) for path, code in found.items() if code == "IMGDA-0440")


@pytest.mark.parametrize("whole", [THORAX, "38266002", "181216001"])
def test_the_finer_of_two_sites_is_written(whole):
    for site in in_any_order((SNOMED, LUNG), (SNOMED, whole)):
        assert act(bodySite=[site]).sites[0].location.code == LUNG


def test_two_sites_of_which_none_is_part_of_the_other_refuse_the_order():
    for site in in_any_order((SNOMED, KNEE), (SNOMED, THORAX)):
        assert refused(order_of(bodySite=[site])) == {at("bodySite[0].coding[1]"): "IMGDA-0443"}


def test_a_site_in_a_coding_of_the_examination_adds_nothing_to_the_same_or_a_finer_one():
    for whole in (KNEE, "61685007"):
        code = codings((TA, "MED-1126"), (SNOMED, KNEE))
        assert [site.location.code for site in act(code=code).sites] == [KNEE], whole


def test_the_site_of_a_coding_of_the_examination_is_taken_where_no_other_is_given():
    found = BRIDGE.normalize(order_of(code=codings((TA, "MED-1126"), (SNOMED, "6757004")), bodySite=None))
    (site,) = found.order.acts[0].sites
    assert (site.location.code, [m.code for m in site.modifiers]) == (KNEE, [RIGHT])
    assert "IMGDA-0449" in {issue.code for issue in found.issues}


def test_another_site_in_a_coding_of_the_examination_refuses_the_order():
    found = refused(order_of(code=codings((TA, "MED-1126"), (SNOMED, THORAX))))
    assert found == {at("code.coding[1]"): "IMGDA-0443"}


@pytest.mark.parametrize("pairs", [[(TA, "MED-1126"), (SNOMED, RIGHT)], [(TA, "MED-1126"), (DCM, "R")]])
def test_a_side_in_the_code_is_the_side_of_the_only_site(pairs):
    for code in in_any_order(*pairs):
        found = act(code=code)
        assert [m.code for m in found.sites[0].modifiers] == [RIGHT]
        assert found.modality.translations == ()


def test_a_side_in_the_code_contrary_to_that_of_the_site_refuses_the_order():
    data = order_of(code=codings((TA, "MED-1126"), (SNOMED, RIGHT)), bodySite=[codings((SNOMED, KNEE), (SNOMED, LEFT))])
    assert refused(data) == {at("code.coding[1]"): "IMGDA-0440"}


def test_a_side_in_the_code_of_several_sites_refuses_the_order_unless_all_have_it():
    code = codings((TA, "MED-1126"), (SNOMED, RIGHT))
    two = [codings((SNOMED, KNEE)), codings((SNOMED, "302543008"))]
    assert "IMGDA-0436" in refused(order_of(code=code, bodySite=two)).values()
    for site in two:
        site["coding"].append({"system": SNOMED, "code": RIGHT})
    found = BRIDGE.normalize(order_of(code=code, bodySite=two)).order
    assert {m.code for a in found.acts for site in a.sites for m in site.modifiers} == {RIGHT}


def test_a_site_setting_may_add_a_side_to_another_coding():
    own = bridge.settings.LocalCode(table="site", system="https://ehr.example/s", code="GD", to=KNEE, modifier=RIGHT)
    bridge_of_the_site = bridge.Bridge(bridge.Settings(translations=(own,)))
    for site in in_any_order((SNOMED, KNEE), ("https://ehr.example/s", "GD")):
        (found,) = bridge_of_the_site.normalize(order_of(bodySite=[site])).order.acts[0].sites
        assert [m.code for m in found.modifiers] == [RIGHT]


def test_a_body_structure_gives_its_sides_from_any_coding():
    structure = {
        "resourceType": "BodyStructure",
        "id": "knee",
        "patient": {"reference": "Patient/p"},
        "location": codings((SNOMED, KNEE), (SNOMED, "6757004")),
    }
    url = "http://hl7.org/fhir/StructureDefinition/procedure-targetBodyStructure"
    extension = [{"url": url, "valueReference": {"reference": "BodyStructure/knee"}}]
    data = bundle(structure, sr=service_request(extension=extension, bodySite=[concept(SNOMED, KNEE, text="genou droit")]))
    (site,) = BRIDGE.normalize(data).order.acts[0].sites
    assert [m.code for m in site.modifiers] == [RIGHT]


@pytest.mark.parametrize(
    ("texts", "written"),
    [
        (("Pointe de la rotule", "versant interne"), "Pointe de la rotule ; versant interne"),
        (("rotule", "pointe de la Rotule"), "pointe de la Rotule"),
        (("rotule", "Rotule"), "rotule"),
        (("rotule", None), "rotule"),
    ],
)
def test_every_wording_of_a_site_that_stands_twice_is_kept(texts, written):
    for order in itertools.permutations(texts):
        sites = [concept(SNOMED, KNEE, **({"text": text} if text else {})) for text in order]
        (site,) = BRIDGE.normalize(order_of(bodySite=sites)).order.acts[0].sites
        assert site.location is not None
        assert site.location.text == written


# --- modalities and contrast -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pairs", "modality"),
    [
        ([(DCM, "US"), (TA, "MED-1129")], "MED-1129"),
        ([(DCM, "DX"), (TA, "MED-1127")], "MED-1127"),
        ([(DCM, "DX"), (TA, "MED-1126")], "MED-1126"),
        ([(DCM, "DX"), (DCM, "CR")], "MED-1126"),
        ([(DCM, "CT"), (SNOMED, "77477000")], "CT"),
        ([(DCM, "DX"), (TA, "MED-1153")], "MED-1127"),
        ([(DCM, "US"), (TA, "MED-1153")], "MED-1129"),
        ([(TA, "MED-1126"), (TA, "MED-1154")], "MED-1126"),
    ],
)
def test_modalities_that_say_the_same_or_more_add_up(pairs, modality):
    found = [act(code=code) for code in in_any_order(*pairs)]
    assert {a.modality.code for a in found} == {modality}
    assert found[0] == found[1]
    assert found[0].comment is None


@pytest.mark.parametrize(
    "pairs",
    [
        [(DCM, "CT"), (SNOMED, "113091000")],
        [(DCM, "CT"), (DCM, "MR")],
        [(TA, "MED-1128"), (TA, "MED-1129")],
        [(TA, "MED-1126"), (TA, "MED-1127")],
        [(TA, "MED-1126"), (TA, "MED-1153")],
        [(TA, "MED-1127"), (TA, "MED-1154")],
        [(DCM, "US"), (TA, "MED-1126")],
        [(DCM, "NM"), (DCM, "PT")],
    ],
)
def test_contrary_modalities_in_one_code_refuse_the_order(pairs):
    for code in in_any_order(*pairs):
        assert "IMGDA-0443" in refused(order_of(code=code, **PET)).values()


@pytest.mark.parametrize("other", ["CT", "MR"])
def test_pet_beside_ct_or_mr_is_the_hybrid_examination(other):
    for code in in_any_order((DCM, "PT"), (DCM, other)):
        found = BRIDGE.normalize(order_of(code=code, **PET))
        assert found.order.acts[0].modality.code == "PT"
        assert [t.code for t in found.order.acts[0].modality.translations] == [other]


@pytest.mark.parametrize(("code", "detail"), [("MED-1126", "DX"), ("MED-1126", "CR"), ("MED-1128", "US"), ("MED-1127", "DX")])
def test_an_order_detail_that_repeats_the_modality_is_implied(code, detail):
    found = BRIDGE.normalize(order_of(code=concept(TA, code), orderDetail=[concept(DCM, detail, "Libellé")]))
    assert found.order.acts[0].modality.code == code
    assert [loss.path for loss in found.losses if "orderDetail" in str(loss.path)] == []


def test_an_order_detail_of_another_modality_refuses_the_order():
    assert refused(order_of(orderDetail=[concept(DCM, "CT")])) == {at("orderDetail[0].coding[0]"): "IMGDA-0443"}


def test_an_order_detail_that_repeats_the_site_is_implied_and_another_site_refuses_the_order():
    found = BRIDGE.normalize(order_of(orderDetail=[concept(SNOMED, KNEE)]))
    assert [loss.path for loss in found.losses if "orderDetail" in str(loss.path)] == []
    assert refused(order_of(orderDetail=[concept(SNOMED, THORAX)])) == {at("orderDetail[0].coding[0]"): "IMGDA-0443"}


def test_words_with_contrast_beside_a_code_that_says_nothing_of_it_are_said():
    changes = {"code": concept(DCM, "DX", text="Arthrographie avec contraste")}
    assert warned("IMGDA-0445", **changes) == [at("code.text")]
    assert warned("IMGDA-0445", **changes, orderDetail=[concept(TA, "MED-1153")]) == []


def test_an_order_detail_with_contrast_completes_a_code_that_says_nothing_of_it():
    assert act(code=concept(DCM, "US"), orderDetail=[concept(TA, "MED-1129")]).modality.code == "MED-1129"


@pytest.mark.parametrize(
    ("category", "code", "contrary"),
    [
        ("CT", "CT", False),
        ("CT", "MED-1126", True),
        ("NMR", "CT", True),
        ("RX", "MG", False),
        ("RX", "MED-1127", False),
        ("RUS", "MED-1129", False),
        ("RUS", "MR", True),
        ("RAD", "MR", False),
        ("NMS", "CT", True),
    ],
)
def test_a_category_contradicts_by_a_closed_table(category, code, contrary):
    system = TA if code.startswith("MED") else DCM
    data = order_of(code=concept(system, code), category=[concept(SNOMED, "363679005"), concept(V2_0074, category)])
    if contrary:
        assert refused(data) == {at("category[1].coding[0]"): "IMGDA-0443"}
    else:
        found = BRIDGE.normalize(data)
        assert [loss.path for loss in found.losses if "category" in str(loss.path)] == []


def test_a_modality_in_the_body_site_must_be_that_of_the_act():
    same = codings((SNOMED, KNEE), (TA, "MED-1126"))
    assert act(bodySite=[same]).sites[0].location.translations == ()
    other = codings((SNOMED, KNEE), (DCM, "CT"))
    assert refused(order_of(bodySite=[other])) == {at("bodySite[0].coding[1]"): "IMGDA-0443"}


def test_a_function_in_the_code_is_the_function_of_the_act():
    for code in in_any_order((DCM, "PT"), (TA, "MED-1134")):
        assert [f.concept.code for f in act(code=code).functions] == ["MED-1134"]


def test_two_functions_in_one_concept_refuse_the_order():
    data = order_of(code=concept(DCM, "PT"), orderDetail=[codings((TA, "MED-1134"), (TA, "MED-1135"))])
    assert refused(data) == {at("orderDetail[0].coding[1]"): "IMGDA-0443"}


# --- answers ---------------------------------------------------------------------------------------------------------

YES, NO = (SNOMED, "373066001"), (SNOMED, "373067005")


def informed(value: dict[str, Any]) -> dict[str, Any]:
    return bundle(risk=observation("risk", concept(TA, "MED-1130"), valueCodeableConcept=value))


def test_an_answer_may_be_coded_twice():
    assert BRIDGE.normalize(informed(codings(YES, (LOINC, "LA33-6")))).order.patient_informed is True


def test_contrary_answers_in_one_concept_refuse_the_order():
    for value in in_any_order(YES, NO):
        assert "IMGDA-0443" in refused(informed(value)).values()


@pytest.mark.parametrize(("pair", "display"), [(YES, "Non"), (NO, "Oui"), (YES, "No"), (NO, "Yes")])
def test_a_display_contrary_to_the_answer_refuses_the_order(pair, display):
    assert "IMGDA-0444" in refused(informed(codings((*pair, display)))).values()


def test_a_pregnancy_answered_no_whose_text_says_pregnant_is_said():
    value = codings((SNOMED, "60001007"), text="Patiente enceinte")
    data = bundle(observation("info-p", concept(LOINC, "82810-3"), valueCodeableConcept=value))
    assert "IMGDA-0445" in {issue.code for issue in BRIDGE.normalize(data).issues}
    assert "IMGDA-0445" in refused(data, bridge.Settings(contradictions="error")).values()
    repeated = codings((SNOMED, "60001007"), text="Non enceinte")
    data = bundle(observation("info-p", concept(LOINC, "82810-3"), valueCodeableConcept=repeated))
    assert "IMGDA-0445" not in {issue.code for issue in BRIDGE.normalize(data).issues}


@pytest.mark.parametrize(
    ("present", "comment", "contrary"),
    [
        (True, "Non", True),
        (True, "aucune", True),
        (False, "Oui", True),
        (True, "Non compatible IRM", False),
        (False, "Non", False),
        (False, "Retiré en 2019", False),
    ],
)
def test_a_comment_that_denies_the_answer_of_a_contraindication_is_said(present, comment, contrary):
    data = bundle(observation("info-c", concept(TA, "MED-1117"), valueBoolean=present, note=[{"text": comment}]))
    found = [issue.path for issue in BRIDGE.normalize(data).issues if issue.code == "IMGDA-0445"]
    assert found == ([f"{path_of(data, 'info-c')}.note[0].text"] if contrary else [])


def test_two_contraindications_in_one_concept_refuse_the_order():
    value = codings((TA, "MED-1117"), (TA, "MED-1112"))
    data = bundle(observation("info-c", concept(LOINC, "64100-1"), valueCodeableConcept=value))
    assert "IMGDA-0443" in refused(data).values()


# --- unknown codings -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("system", "code", "kept"),
    [
        ("urn:oid:1.2.250.1.999.5", "K-1", True),
        ("https://ehr.example/s", "K-1", False),
        ("urn:oid:1.2.250.1.999.5", "K 1", False),
        ("urn:oid:1.2.250.01.999", "K-1", False),
    ],
    ids=["valid", "no OID", "a blank in the code", "a wrong OID"],
)
def test_a_coding_that_no_table_knows_is_a_translation_where_valid_else_a_loss(system, code, kept):
    for site in in_any_order((SNOMED, KNEE), (system, code)):
        found = BRIDGE.normalize(order_of(bodySite=[site]))
        assert [t.code for t in found.order.acts[0].sites[0].location.translations] == ([code] if kept else [])
        lost = {
            (loss.code, loss.loss) for loss in found.losses if str(loss.path).endswith("code") and "bodySite" in str(loss.path)
        }
        assert lost == (set() if kept else {("IMGDA-0903", "clinical")})


@pytest.mark.parametrize("system", ["urn:oid:1.2.250.1.999.5", "https://ehr.example/s"])
@pytest.mark.parametrize(
    "display", ["Genou droit", "Right knee", "genou gche", "Genou G", "Knee L", "les deux genoux", "Genou (D)"]
)
def test_a_side_that_only_the_words_of_an_unknown_coding_name_refuses_the_order(system, display):
    for site in in_any_order((SNOMED, KNEE), (system, "K1", display)):
        found = refused(order_of(bodySite=[site]))
        assert list(found.values()) == ["IMGDA-0446"]
        assert next(iter(found)).endswith(".display")


def test_a_side_in_the_words_of_an_unknown_coding_is_read_where_the_settings_say_so():
    site = codings((SNOMED, KNEE), ("https://ehr.example/s", "K1", "Genou droit"))
    settings = bridge.Settings(free_text_laterality=True)
    (found,) = bridge.Bridge(settings).normalize(order_of(bodySite=[site])).order.acts[0].sites
    assert [m.code for m in found.modifiers] == [RIGHT]


def test_a_side_of_words_that_a_code_states_elsewhere_is_no_loss():
    site = codings((SNOMED, KNEE), ("https://ehr.example/s", "K1", "Genou droit"), (SNOMED, RIGHT))
    assert warned("IMGDA-0446", bodySite=[site]) == []


def test_the_words_of_the_examination_may_not_name_a_side_of_the_site_that_no_code_states():
    found = refused(order_of(code=concept(TA, "MED-1126", text="Radiographie du genou droit")))
    assert found == {at("code.text"): "IMGDA-0446"}
    assert warned("IMGDA-0447", code=concept(DCM, "CT", text="Scanner, hémiparésie gauche")) == [at("code.text")]


@pytest.mark.parametrize(
    "text",
    ["muscle grand droit", "angle droit", "oreillette droite", "ventricule gauche", "le muscle droit fémoral", "droits ouverts"],
)
def test_a_word_that_is_no_side_of_the_site_is_none(text):
    assert warned("IMGDA-0446", bodySite=[concept(SNOMED, KNEE, text=text)]) == []


# --- words -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("site", "display"),
    [
        ((SNOMED, "6757004"), "Left knee"),
        ((SNOMED, RIGHT), "gauche"),
        ((SNOMED, RIGHT), "Left"),
        ((SNOMED, LEFT), "bilatéral"),
        ((SNOMED, KNEE), "région entière de la hanche"),
        ((SNOMED, KNEE), "Hanche"),
        ((SNOMED, "6757004"), "Thorax"),
    ],
)
def test_a_display_contrary_to_its_own_code_refuses_the_order(site, display):
    pairs = [(*site, display)] if site[1] not in (RIGHT, LEFT) else [(SNOMED, KNEE), (*site, display)]
    found = refused(order_of(bodySite=[codings(*pairs)]))
    assert found == {at(f"bodySite[0].coding[{len(pairs) - 1}].display"): "IMGDA-0444"}


@pytest.mark.parametrize(
    ("code", "display"),
    [
        ((DCM, "CT"), "IRM"),
        ((DCM, "MR"), "Scanner/TDM"),
        ((TA, "MED-1126"), "Échographie sans contraste"),
        ((TA, "MED-1126"), "Radiographie avec contraste"),
        ((TA, "MED-1129"), "Échographie sans contraste"),
        ((DCM, "US"), "Mammographie"),
        ((DCM, "MR"), "Computed Tomography"),
    ],
)
def test_a_display_of_another_modality_refuses_the_order(code, display):
    assert "IMGDA-0444" in refused(order_of(code=codings((*code, display)))).values()


@pytest.mark.parametrize(
    ("code", "display"),
    [
        ((DCM, "CT"), "TDM thoracique"),
        ((DCM, "CT"), "X-ray computed tomography"),
        ((DCM, "DX"), "Digital Radiography"),
        ((DCM, "CR"), "Computed Radiography"),
        ((DCM, "US"), "Ultrasound"),
        ((DCM, "MR"), "Magnetic Resonance"),
        ((DCM, "MG"), "Radiographie mammaire"),
        ((TA, "MED-1126"), "RX"),
    ],
)
def test_another_wording_of_the_same_modality_is_not_contrary(code, display):
    found = {issue.code for issue in issues(code=codings((*code, display)))}
    assert not found & {"IMGDA-0444", "IMGDA-0445"}


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"bodySite": [codings((SNOMED, KNEE), (SNOMED, RIGHT), text="genou gauche")]}, "bodySite[0].text"),
        ({"bodySite": [codings((SNOMED, "6757004"), text="genou gauche")]}, "bodySite[0].text"),
        ({"bodySite": [codings((SNOMED, KNEE), text="Hanche")]}, "bodySite[0].text"),
        ({"code": concept(TA, "MED-1126", text="IRM du genou")}, "code.text"),
        ({"code": concept(DCM, "CT", text="Radiographie du thorax")}, "code.text"),
        ({"code": concept(TA, "MED-1126", text="Genou gauche"), "bodySite": [codings((SNOMED, "6757004"))]}, "code.text"),
    ],
)
def test_a_text_that_names_another_concept_is_a_warning_or_an_error_as_the_settings_say(changes, where):
    assert warned("IMGDA-0445", **changes) == [at(where)]
    assert refused(order_of(**changes), bridge.Settings(contradictions="error")) == {at(where): "IMGDA-0445"}


@pytest.mark.parametrize(
    "text", ["genou droit, suite fracture à gauche", "genoux D/G", "genoux D et G", "Genou D", "genou opéré en 2009", "droit"]
)
def test_a_text_that_names_the_side_of_the_code_is_not_contrary(text):
    assert warned("IMGDA-0445", bodySite=[codings((SNOMED, "6757004"), text=text)]) == []


# --- what is critical wherever it stands -----------------------------------------------------------------------------

CRITICAL = [
    (SNOMED, RIGHT),
    (SNOMED, "6757004"),
    (DCM, "L"),
    (TA, "MED-1117"),
    (SNOMED, "77386006"),
    (TA, "MED-1153"),
    (TA, "MED-1134"),
    ("https://ehr.example/ta", "MED-1112"),
]
EXTENSION = "https://ehr.example/anything"


def planted(system: str, code: str) -> dict[str, dict[str, Any]]:
    coding = {"system": system, "code": code}
    return {
        "an extension": {"extension": [{"url": EXTENSION, "valueCodeableConcept": {"coding": [coding]}}]},
        "a Coding in an extension": {"extension": [{"url": EXTENSION, "valueCoding": coding}]},
        "a nested extension": {"extension": [{"url": EXTENSION, "extension": [{"url": "x", "valueCoding": coding}]}]},
        "performerType": {"performerType": {"coding": [coding]}},
        "locationCode": {"locationCode": [{"coding": [coding]}]},
        "a category": {"category": [concept(SNOMED, "363679005"), {"coding": [coding]}]},
        "meta.tag": {"meta": {"tag": [coding]}},
        "asNeeded": {"asNeededCodeableConcept": {"coding": [coding]}},
    }


@pytest.mark.parametrize(("system", "code"), CRITICAL)
@pytest.mark.parametrize("place", planted("", ""))
def test_a_critical_code_of_the_request_is_critical_wherever_it_is_lost(system, code, place):
    data = order_of(**planted(system, code)[place])
    found = refused(data)
    assert found
    assert all(path.endswith(".code") for path in found)


@pytest.mark.parametrize(("system", "code"), CRITICAL)
def test_a_critical_code_among_the_reasons_is_said_in_words(system, code):
    reason = {"text": "Douleur", "coding": [{"system": system, "code": code}]}
    justification = BRIDGE.normalize(order_of(reasonCode=[reason])).order.justification
    assert f"[{code}]" in justification


def test_a_reason_whose_text_says_the_side_of_its_code_is_not_said_twice():
    reason = {"text": "Douleur du genou droit", "coding": [{"system": SNOMED, "code": RIGHT}]}
    assert BRIDGE.normalize(order_of(reasonCode=[reason])).order.justification == "Douleur du genou droit"


# --- codes of TA under an unknown system -----------------------------------------------------------------------------


@pytest.mark.parametrize("system", ["https://ehr.example/ta", "urn:oid:1.2.250.1.999.4"])
def test_a_code_of_ta_counts_under_an_unknown_system_with_a_notice(system):
    data = bundle(
        observation("info-c", concept(system, "MED-1117"), valueBoolean=True),
        sr=service_request(
            code=concept(system, "MED-1126"),
            priority="urgent",
            reasonCode=[{"text": "Chute"}, concept(system, "MED-1095", text="Fracture")],
        ),
        risk=observation("risk", concept(system, "MED-1130"), valueBoolean=True),
    )
    found = BRIDGE.normalize(data)
    assert found.order.acts[0].modality.code == "MED-1126"
    assert found.order.urgency.reason == "Fracture"
    assert found.order.patient_informed is True
    assert len([issue for issue in found.issues if issue.code == "IMGDA-0503"]) >= 3


@pytest.mark.parametrize("system", ["https://ehr.example/x", "urn:oid:1.2.250.1.999.4", V2_0074])
def test_a_code_of_another_set_never_counts_under_an_unknown_system(system):
    assert "IMGDA-0402" in refused(order_of(code=concept(system, "CT"))).values()
    assert "IMGDA-0404" in refused(order_of(bodySite=[concept(system, KNEE)])).values()


# --- a site in words -------------------------------------------------------------------------------------------------


def test_a_site_in_words_is_one_error_by_default():
    assert refused(order_of(bodySite=[{"text": "Genou"}])) == {at("bodySite[0]"): "IMGDA-0404"}


@pytest.mark.parametrize(
    ("site", "words", "sides"),
    [
        ({"text": "Genou"}, "Genou", []),
        (codings((SNOMED, RIGHT), text="Genou"), "Genou", [RIGHT]),
        (codings(("https://ehr.example/s", "K-1", "Genou")), "Genou [K-1]", []),
    ],
)
def test_a_site_in_words_is_written_where_the_settings_allow_it(site, words, sides):
    lenient = bridge.Bridge(bridge.Settings().lenient())
    document = lenient.to_cda(order_of(bodySite=[site])).document
    (code,) = find(tree_of(document), "//c:observation[@moodCode='INT']/c:targetSiteCode")
    assert code.get("nullFlavor") == "OTH"
    assert [q.get("code") for q in find(code, "c:qualifier/c:value")] == sides
    assert [str(t) for t in find(code, "//c:content[@ID='localisation-anatomique-01-01']/text()")] == [words]
    back = lenient.to_fhir(document).bundle
    request = next(e["resource"] for e in back["entry"] if e["resource"]["resourceType"] == "ServiceRequest")
    assert request["bodySite"] == [{"text": words}]
    assert lenient.normalize(back).order.acts[0].sites == lenient.normalize(order_of(bodySite=[site])).order.acts[0].sites


def test_an_unknown_code_without_words_is_an_error_even_there():
    settings = bridge.Settings().lenient()
    data = order_of(bodySite=[concept(SNOMED, "999999999")])
    assert refused(data, settings) == {at("bodySite[0]"): "IMGDA-0404"}


def test_a_side_in_the_words_of_a_site_is_critical_even_there():
    settings = bridge.Settings().lenient()
    assert "IMGDA-0446" in refused(order_of(bodySite=[{"text": "Genou droit"}]), settings).values()


# --- the order of codings --------------------------------------------------------------------------------------------


def reversed_codings(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: list(reversed(v)) if k == "coding" and isinstance(v, list) else reversed_codings(v) for k, v in value.items()}
    return [reversed_codings(item) for item in value] if isinstance(value, list) else value


def test_the_order_of_codings_never_matters():
    data = bundle(
        observation("info-c", codings((TA, "MED-1117"), ("https://ehr.example/c", "PM", "Pacemaker")), valueBoolean=True),
        {
            "resourceType": "Condition",
            "id": "info-d",
            "subject": {"reference": "Patient/p"},
            "code": codings((SNOMED, "44054006", "Diabète"), ("http://hl7.org/fhir/sid/icd-10", "E11", "Diabète de type 2")),
        },
        sr=service_request(
            code=codings((DCM, "DX", "Digital Radiography"), (LOINC, "36554-4"), ("urn:oid:1.2.250.1.999.5", "RX", "Radio")),
            bodySite=[codings((SNOMED, "6757004"), (SNOMED, KNEE), (SNOMED, "255551008"), (SNOMED, RIGHT))],
        ),
    )
    other = reversed_codings(copy.deepcopy(data))
    assert other != data
    assert BRIDGE.to_cda(other).document == BRIDGE.to_cda(data).document
