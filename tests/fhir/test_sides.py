"""Sides in the words of senders, one site said twice, and sides that contradict each other."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from bundles import SNOMED, bundle, concept, order_of

import bridge
from bridge.settings import Settings
from bridge.tables.codes import rows
from bridge.tables.concepts import BOTH, LEFT, RIGHT
from bridge.wording.sides import sides, sides_of_site

BRIDGE = bridge.Bridge()
KNEE, HAND, FINGER, ONE_SIDE = "361291001", "302539009", "302541005", "66459002"
LEFT_IN_WORDS = {"coding": [{"system": SNOMED, "code": KNEE}], "text": "genou gauche"}


def site(*codes: str, text: str | None = None) -> dict[str, Any]:
    found = {"coding": [{"system": SNOMED, "code": code} for code in codes]}
    return found | {"text": text} if text else found


def codes_of(data: dict[str, Any], settings: Settings | None = None) -> tuple[list[str], list[tuple[str, ...]]]:
    """The findings, and the modifiers of each site of the acts that are written, none for a refusal."""
    try:
        found = bridge.Bridge(settings or Settings()).to_cda(data)
    except bridge.OrderError as error:
        return [i.code for i in error.issues], []
    sites = [site for act in found.order.acts for site in act.sites]
    return [i.code for i in found.issues], sorted(tuple(m.code for m in site.modifiers) for site in sites)


def structure(*sides: str, code: str = KNEE) -> dict[str, Any]:
    about = {"resourceType": "BodyStructure", "id": "s", "patient": {"reference": "Patient/p"}}
    qualifiers = {"locationQualifier": [concept(SNOMED, side) for side in sides]} if sides else {}
    return {**about, "location": concept(SNOMED, code), **qualifiers}


def with_structure(found: dict[str, Any], *named: dict[str, Any]) -> dict[str, Any]:
    url = "http://hl7.org/fhir/StructureDefinition/procedure-targetBodyStructure"
    data = bundle(found)
    request = next(e["resource"] for e in data["entry"] if e["resource"]["resourceType"] == "ServiceRequest")
    request["supportingInfo"] = [item for item in request["supportingInfo"] if item["reference"] != "BodyStructure/s"]
    request["extension"] = [{"url": url, "valueReference": {"reference": "BodyStructure/s"}}]
    request["bodySite"] = list(named)
    return data


# --- words -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "genou_gauche",
        "GENOU_G",
        "G_GENOU",
        "genou g.",
        "genou (g)",
        "genou g pour douleur",
        "genou gau",
        "genouGauche",
        "genou gau\u00adche",
        "genou\u200bgauche",
        "linkes Knie",
        "linker knie",
        "Knie links",
        "Knie li.",
        "ginocchio sinistro",
        "ginocchio sx",
        "rodilla izquierda",
        "rodilla izq.",
        "joelho esquerdo",
        "joelho esq.",
        "genou côté g.",
        "linkerknie",
    ],
)
def test_left_is_seen_however_it_is_written(text):
    assert sides_of_site(text) == {LEFT}


@pytest.mark.parametrize("text", ["genou d.", "Knie re", "ginocchio dx", "rodilla der.", "joelho dto", "rechter knie"])
def test_right_is_seen_however_it_is_written(text):
    assert sides_of_site(text) == {RIGHT}


@pytest.mark.parametrize("text", ["genoux (les deux)", "knees (both)", "beide Knie", "ambas rodillas", "Knie beidseits"])
def test_both_sides_are_seen_however_they_are_written(text):
    assert sides(text) == {BOTH}


@pytest.mark.parametrize(
    "text",
    [
        "genou d arthrose",
        "genou d'athlète",
        "vitamine D, genou",
        "colon gauche",
        "linker Vorhof",
        "ventricolo sinistro",
        "genou, depuis deux jours",
        "rein : 2 g",
        "genou, Dr. Essai",
        "groupe D genou",
        "genoux : 12 g/l",
        "ayant droit",
        "déclaration de sinistre, genou",
        "foie : re-contrôle",
        "muscle grand droit",
    ],
)
def test_other_words_name_no_side(text):
    assert sides(text) == frozenset()


def test_each_word_of_a_side_names_it_where_its_row_says():
    for row in rows("side-words"):
        places = row["place"].split()
        word = row["word"].replace("*", "knie")
        text = f"{word} genou" if "before" in places or "beside" in places else f"genou {word}."
        assert sides(text) == {row["modifier_code"]}, text
        assert bool(sides(f"examen {word} demandé")) is not bool(places), word


@pytest.mark.parametrize("display", ["genou_gauche", "linkes Knie", "genou g.", "genoux (les deux)"])
def test_a_label_with_a_side_that_no_code_states_is_refused(display):
    data = order_of(bodySite=[concept(SNOMED, KNEE, display)])
    assert "IMGDA-0446" in codes_of(data)[0]


def test_a_label_in_another_language_is_compared_with_the_code_of_the_side():
    assert "IMGDA-0445" in codes_of(order_of(bodySite=[site(KNEE, RIGHT, text="Knie links")]))[0]
    assert "IMGDA-0445" not in codes_of(order_of(bodySite=[site(KNEE, RIGHT, text="Knie rechts")]))[0]


@pytest.mark.parametrize(("display", "is_refused"), [("izq.", True), ("sx", True), ("dx", False), ("Inférieure", True)])
def test_the_label_of_a_modifier_is_compared_in_every_form(display, is_refused):
    coding = [*site(KNEE)["coding"], {"system": SNOMED, "code": RIGHT, "display": display}]
    assert ("IMGDA-0444" in codes_of(order_of(bodySite=[{"coding": coding}]))[0]) is is_refused


def test_a_number_behind_a_side_is_no_second_one():
    assert sides("genou gauche 2 incidences") == {LEFT}
    assert sides("genoux D/G") == {LEFT, RIGHT}


# --- one site said twice -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sites", list(itertools.permutations([site(KNEE, RIGHT), LEFT_IN_WORDS])))
def test_a_second_site_whose_words_name_the_other_side_is_no_repetition(sites):
    assert "IMGDA-0446" in codes_of(order_of(bodySite=list(sites)))[0]
    _, written = codes_of(order_of(bodySite=list(sites)), Settings(free_text_laterality=True))
    assert written == [(RIGHT,), (LEFT,)]


@pytest.mark.parametrize("sites", list(itertools.permutations([site(KNEE, RIGHT), site(KNEE), site(KNEE, text="genou droit")])))
def test_a_site_without_a_side_repeats_the_sided_one_in_any_order(sites):
    found, written = codes_of(order_of(bodySite=list(sites)))
    assert (written, "IMGDA-0422" in found) == ([(RIGHT,)], False)


def test_a_second_site_with_the_same_codes_and_contrary_words_stays_and_is_said():
    found, written = codes_of(order_of(bodySite=[site(KNEE, RIGHT, text="genou droit"), site(KNEE, RIGHT, text="genou gauche")]))
    assert (written, "IMGDA-0445" in found) == ([(RIGHT,), (RIGHT,)], True)


def test_two_sites_of_which_only_words_name_the_sides_are_two():
    sites = [site(KNEE, text="genou droit"), site(KNEE, text="genou gauche")]
    assert codes_of(order_of(bodySite=sites), Settings(free_text_laterality=True))[1] == [(RIGHT,), (LEFT,)]


# --- structures, one side and both ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "named", "is_refused"),
    [
        (structure(LEFT), [site(KNEE, RIGHT)], True),
        (structure(BOTH), [site(KNEE, RIGHT)], True),
        (structure(LEFT, code=FINGER), [site(HAND, RIGHT)], True),
        (structure(LEFT), [site(KNEE, LEFT)], False),
        (structure(LEFT), [site(KNEE, RIGHT), site(KNEE, LEFT)], False),
        (structure(BOTH), [site(KNEE, RIGHT), site(KNEE, LEFT)], False),
        (structure(LEFT), [site(KNEE)], False),
        (structure(LEFT), [site(HAND, RIGHT)], False),
    ],
)
def test_a_structure_and_a_site_of_contrary_sides_are_refused(found, named, is_refused):
    assert ("IMGDA-0440" in codes_of(with_structure(found, *named))[0]) is is_refused


def test_a_side_in_the_site_adds_to_a_structure_that_has_none():
    assert codes_of(with_structure(structure(), site(KNEE, RIGHT)))[1] == [(RIGHT,)]


@pytest.mark.parametrize(("sides_given", "is_refused"), [((BOTH, ONE_SIDE), True), ((RIGHT, ONE_SIDE), False)])
def test_one_side_only_contradicts_both(sides_given, is_refused):
    for pair in itertools.permutations(sides_given):
        assert ("IMGDA-0440" in codes_of(order_of(bodySite=[site(KNEE, *pair)]))[0]) is is_refused


def test_sites_whose_words_contradict_them_are_found_again_in_time_that_grows_with_their_number():
    found, written = codes_of(order_of(bodySite=[site(KNEE, RIGHT, text=f"genou gauche {i}") for i in range(1, 31)]))
    assert (written, found.count("IMGDA-0445")) == ([(RIGHT,)], 30)


def test_the_side_of_an_examination_code_is_that_of_the_site_in_words():
    both_bones = concept("http://loinc.org", "103350-5")  # "RX tibia et fibula - gauches": two sites, each with its side
    data = bundle()
    request = next(entry["resource"] for entry in data["entry"] if entry["resource"]["resourceType"] == "ServiceRequest")
    request |= {"code": both_bones, "bodySite": [{"text": "jambe"}]}
    (site_in_words,) = bridge.to_cda(data, settings=Settings().lenient()).order.acts[0].sites
    assert (site_in_words.text, [code.code for code in site_in_words.modifiers]) == ("jambe", [LEFT])
