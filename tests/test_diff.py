"""Two orders compared by meaning: nothing that differs is left out, and it is said in words."""

from __future__ import annotations

import dataclasses

import strategies
from conftest import ROOT
from hypothesis import HealthCheck, given, settings

import bridge.order as model
from bridge.evidence.diff import _WHOLE, compare
from bridge.order import xml as order_xml
from bridge.tables.codes import rows


def order_of(story: str) -> model.Order:
    return order_xml.read((ROOT / "fixtures" / story / "order.xml").read_text("utf-8"))


def words(first: model.Order, second: model.Order, language: str = "fr") -> list[str]:
    return [change.text(language) for change in compare(first, second)]  # type: ignore[arg-type]


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(strategies.orders(), strategies.orders())
def test_two_orders_have_no_difference_only_when_they_are_equal(first, second):
    assert compare(first, first) == []
    assert (compare(first, second) == []) == (first == second)


def test_every_item_of_the_order_has_a_name_in_both_languages():
    classes = [getattr(model, name) for name in model.__all__]
    wanted = {f"{c.__name__}.{f.name}" for c in classes if not issubclass(c, _WHOLE) for f in dataclasses.fields(c)}
    known = {row["item"]: row for row in rows("items")}
    assert known.keys() == wanted
    assert all(bool(row["fr"]) == bool(row["en"]) for row in known.values())


def test_a_changed_answer_is_one_line():
    order = order_of("pacemaker-cardiac-mri")
    first = order.contraindications[0]
    answers = (dataclasses.replace(first, present=not first.present), *order.contraindications[1:])
    (change,) = compare(order, dataclasses.replace(order, contraindications=answers))
    assert change.item == "contraindications[0].present"
    assert change.text("fr") == "~ Contre-indication 1 › Réponse : oui → non"
    assert change.text("en") == "~ Contra-indication 1 › Answer : yes → no"


def test_another_side_is_said_with_its_site():
    order = order_of("knee-radiograph")
    act = order.acts[0]
    left = model.Code(code="7771000", system="2.16.840.1.113883.6.96", display="gauche")
    sites = (dataclasses.replace(act.sites[0], modifiers=(left,)),)
    changed = dataclasses.replace(order, acts=(dataclasses.replace(act, sites=sites), *order.acts[1:]))
    assert words(order, changed) == [
        "~ Acte demandé 1 › Localisation anatomique 1 : région entière du genou [361291001] (droit)"
        " → région entière du genou [361291001] (gauche)"
    ]


def test_a_contraindication_that_is_missing_is_said_removed():
    order = order_of("pacemaker-cardiac-mri")
    changed = dataclasses.replace(order, contraindications=order.contraindications[1:])
    (line,) = words(order, changed)
    assert line.startswith("- Contre-indication 1 : ")


def test_the_same_members_in_another_order_are_said_moved():
    order = order_of("hip-and-knee-radiographs")
    assert words(order, dataclasses.replace(order, acts=order.acts[::-1])) == ["~ Acte demandé : autre ordre"]


def test_a_date_is_shown_as_people_write_it():
    order = order_of("knee-radiograph")
    patient = dataclasses.replace(order.patient, birth_date="1970-01-02")
    (line,) = words(order, dataclasses.replace(order, patient=patient))
    assert line.endswith("→ 02/01/1970")
