"""The law of the sheet: every leaf of an order is shown, or stands in the table of what is omitted, with its reason."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from itertools import count
from typing import Any

import pytest
from conftest import STORIES
from hypothesis import given, settings
from strategies import orders

from bridge import order as model
from bridge.order import xml as order_xml
from bridge.order.model import Order
from bridge.tables.codes import rows
from bridge.views.sheet import Sheet, sheet_of
from bridge.views.sheet.ins import payload

OMITTED = list(rows("paper-omitted"))


def order_of(story) -> Order:
    return order_xml.read((story / "order.xml").read_text("utf-8").partition("?>")[2] or (story / "order.xml").read_text("utf-8"))


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Each leaf that is to be shown, with its path."""
    if is_dataclass(value):
        for field in fields(value):
            item = getattr(value, field.name)
            if item is not None and not is_omitted(item, value, field.name):
                yield from leaves(item, f"{path}.{field.name}".lstrip("."))
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from leaves(item, f"{path}[{index}]")
    else:
        yield path, value


def is_omitted(value: Any, owner: Any, name: str) -> bool:
    """Whether the table says that a leaf is not printed."""
    for row in OMITTED:
        if row["item"] != f"{type(owner).__name__}.{name}":
            continue
        kind, _, what = row["when"].partition(":")
        if kind == "always" or (kind == "value" and str(value) == what):
            return True
        if kind == "with" and getattr(owner, what) is not None:
            return True
    return False


def text_of(sheet: Sheet) -> str:
    lines = [sheet.title, *(banner.text for banner in sheet.banners)]
    for block in (*sheet.blocks, sheet.signature):
        for entry in block.entries:
            lines += [entry.label, *entry.lines]
    return "\n".join(lines)


_KEPT = {"root", "system", "prefix", "suffix"}
"""Fields that decide how others are shown: the second planting leaves them as they are."""


def planted(value: Any, counter: count, *, keep: frozenset[str] | set[str], name: str = "", owner: Any = None) -> Any:
    """The same with a marker of its own in each text and number, but for what is *kept*."""
    if is_dataclass(value):
        kept = keep | {"code"} if isinstance(value, model.Code) and keep else keep
        return replace(value, **{f.name: planted(getattr(value, f.name), counter, keep=kept, name=f.name) for f in fields(value)})
    if isinstance(value, tuple):
        return tuple(planted(item, counter, keep=keep, name=name) for item in value)
    if isinstance(value, bool) or value is None or name in keep:
        return value
    if isinstance(value, int):
        return 900000 + next(counter)
    return f"q{next(counter):06}q"


@settings(max_examples=15, deadline=None)
@given(orders())
def test_every_leaf_of_a_random_order_is_claimed_and_a_marker_in_it_is_read(order):
    assert unclaimed(order) == []
    for keep in (frozenset(), frozenset(_KEPT)):
        marked = planted(order, count(1), keep=keep)
        text = text_of(sheet_of(marked)).lower()
        markers = [(path, str(value)) for path, value in leaves(marked) if re.fullmatch(r"q\d{6}q|9\d{5}", str(value))]
        assert [path for path, marker in markers if marker not in text] == []


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_every_leaf_of_a_fixture_is_claimed_or_omitted_with_its_reason(story):
    assert unclaimed(order_of(story)) == []


def unclaimed(order: Order) -> list[str]:
    shown = sheet_of(order).shown
    return [path for path, _ in leaves(order) if path not in shown]


def test_the_table_of_what_is_omitted_names_fields_that_exist():
    for row in OMITTED:
        owner, _, name = row["item"].partition(".")
        known = {field.name for field in fields(getattr(model, owner))}
        kind, _, what = row["when"].partition(":")
        assert name in known
        assert kind in ("always", "value", "with")
        assert kind != "with" or what in known


# --- rules of single entries -----------------------------------------------------------------------------------------


BIOPSY = next(story for story in STORIES if story.name == "lung-biopsy")


def entries(order: Order, key: str) -> dict[str, str]:
    block = sheet_of(order).block(key)
    assert block is not None
    return {entry.label: "\n".join(entry.lines) for entry in block.entries}


def with_patient(order: Order, **changes: Any) -> Order:
    return replace(order, patient=replace(order.patient, **changes))


@pytest.mark.parametrize(
    ("code", "word"), [("24028007", "DROIT"), ("7771000", "GAUCHE"), ("51440002", "BILATÉRAL"), ("66459002", "UNILATÉRAL")]
)
def test_a_side_is_a_word_in_a_box_beside_its_site(code, word):
    order = order_of(BIOPSY)
    site = order.acts[0].sites[0]
    side = model.Code(code=code, system="2.16.840.1.113883.6.96")
    changed = replace(order, acts=(replace(order.acts[0], sites=(replace(site, modifiers=(side,)),)),))
    entry = next(e for e in sheet_of(changed).block("act-1").entries if e.label == "Localisation")
    boxed = [run.text for value in entry.values for run in value if run.mark == "boxed"]
    assert boxed == [word]
    assert entry.lines[0].endswith(f"côté {word}")


def test_no_answer_is_not_no_contraindication_and_present_ones_come_first():
    order = order_of(BIOPSY)
    answers = list(entries(order, "answers").values())
    assert answers[0].startswith("OUI")
    assert answers[1:] == ["non", "non"]
    assert entries(replace(order, contraindications=()), "answers") == {"Réponses": "Aucune réponse transmise"}


def test_a_woman_of_childbearing_age_is_asked_for_a_pregnancy():
    woman = with_patient(order_of(BIOPSY), gender=model.Code(code="F", system="x"), birth_date="1990-08-08")
    assert entries(woman, "answers")["Grossesse"] == "non renseignée"
    assert "Grossesse" not in entries(with_patient(woman, birth_date="1954-08-08"), "answers")


@pytest.mark.parametrize(
    ("birth", "label", "words"),
    [("1979", "Né(e)", "en 1979"), ("1979-03", "Né(e)", "en mars 1979"), ("1979-03-05", "Né(e) le", "05/03/1979")],
)
def test_a_birth_date_keeps_its_precision(birth, label, words):
    assert entries(with_patient(order_of(BIOPSY), birth_date=birth), "patient")[label].replace("\xa0", " ") == words


def test_an_identity_without_ins_says_so_and_has_nothing_to_scan():
    order = order_of(BIOPSY)
    local = with_patient(order, ids=order.patient.ids[1:])
    assert entries(local, "patient")["Matricule INS"] == "identité non qualifiée : matricule non communiqué"
    assert sheet_of(local).symbol is None
    assert "identité non qualifiée" in sheet_of(local).foot


def test_an_offset_that_is_not_of_france_is_said():
    order = order_of(BIOPSY)
    elsewhere = replace(order, authors=(replace(order.authors[0], time="2026-02-16T11:30:00-04:00"), *order.authors[1:]))
    assert entries(elsewhere, "document")["Date de la demande"].replace("\xa0", " ") == "16/02/2026 à 11 h 30 (UTC-04:00)"


def test_one_person_in_several_roles_is_one_entry():
    people = sheet_of(order_of(BIOPSY)).block("people")
    doctors = [entry for entry in people.entries if "TEST-AUBRAC" in entry.lines[0]]
    assert [entry.label.replace("\xa0", " ") for entry in doctors] == [
        "Médecin traitant, Correspondant (du 16/02/2026 à 11 h 30)"
    ]


def test_a_character_that_turns_a_text_round_is_shown_as_its_number():
    order = replace(order_of(BIOPSY), justification="genou \u202etiord\u202c")
    assert entries(order, "clinical")["Justification de la demande"] == "genou [U+202E]tiord[U+202C]"


def test_labels_are_translated_and_values_are_not():
    sheet = sheet_of(order_of(BIOPSY), "en")
    assert sheet.block("clinical").entries[0].label == "Reason for the request"
    assert sheet.block("clinical").entries[0].lines == sheet_of(order_of(BIOPSY)).block("clinical").entries[0].lines


def test_the_name_of_the_file_tells_nothing_of_the_patient():
    assert re.fullmatch("demande-[0-9a-f]{8}", sheet_of(order_of(BIOPSY)).name)


# --- the INS to scan -------------------------------------------------------------------------------------------------


def ins(order: Order) -> str | None:
    data = payload(order.patient)
    return None if data is None else data.decode("ascii").replace("\x1d", "␝")


_WHOLE = "IS010000000000000000000000S1154084604291628S21.2.250.1.213.1.4.10S3BERNARD LOUIS␝S4ESSAI-QUERCY␝S5MS608-08-1954S746042"


def test_the_ins_to_scan_is_that_of_the_format():
    assert ins(order_of(BIOPSY)) == _WHOLE


def test_a_root_of_production_is_shorter_and_ends_with_a_separator():
    order = order_of(BIOPSY)
    real = model.Identifier(root="1.2.250.1.213.1.4.8", extension="154084604291628")
    found = ins(with_patient(order, ids=(real,)))
    assert found == _WHOLE.replace("S21.2.250.1.213.1.4.10S3", "S21.2.250.1.213.1.4.8␝S3")
    assert len(found) == len(_WHOLE)


def test_a_name_of_the_greatest_length_has_no_separator():
    order = order_of(BIOPSY)
    found = ins(with_patient(order, name=replace(order.patient.name, birth_family="A" * 100)))
    assert f"S4{'A' * 100}S5M" in found


def test_accents_ligatures_and_apostrophes_become_capitals():
    order = order_of(BIOPSY)
    found = ins(with_patient(order, name=replace(order.patient.name, birth_family="L’Hœur-Çà", birth_givens="Zoé Noël")))
    assert "S3ZOE NOEL␝S4L'HOEUR-CA␝" in found


@pytest.mark.parametrize("county", ["2A004", "99109"])
def test_the_place_may_be_corsica_or_abroad(county):
    order = order_of(BIOPSY)
    corsican = model.Identifier(root="1.2.250.1.213.1.4.10", extension="154082A00429167")
    found = ins(with_patient(order, ids=(corsican,), birth_place=model.Address(county=county)))
    assert "S1154082A00429167S2" in found
    assert found.endswith(f"S7{county}")


def test_the_place_may_be_missing():
    assert ins(with_patient(order_of(BIOPSY), birth_place=None)) == _WHOLE.removesuffix("S746042")


@pytest.mark.parametrize(
    "changes",
    [
        {"birth_date": "1954-08"},
        {"gender": model.Code(code="UN", system="x")},
        {"ids": (model.Identifier(root="1.2.3", extension="154084604291628"),)},
        {"name": model.PatientName(birth_family="李", birth_givens="A")},
        {"name": model.PatientName(birth_family="A")},
    ],
    ids=["month", "sex", "not qualified", "letters", "no forename"],
)
def test_there_is_no_symbol_of_a_part_of_an_identity(changes):
    assert ins(with_patient(order_of(BIOPSY), **changes)) is None
