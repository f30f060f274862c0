"""Almost every value of a document stands in FHIR where ANS has it."""

from __future__ import annotations

import sys
from collections import Counter

import pytest
from conftest import ROOT, STORIES

sys.path.insert(0, str(ROOT / "benchmarks"))

from ans_places import at, is_there, measure

from bridge import Bridge
from bridge.tables.codes import rows

KNEE = (ROOT / "fixtures" / "knee-radiograph" / "document.xml").read_bytes()


def test_at_least_97_of_100_values_of_the_stories_stand_where_ans_has_them():
    total: Counter[bool] = Counter()
    for story in STORIES:
        for (_, _, is_right), count in measure((story / "document.xml").read_bytes()).items():
            total[is_right] += count
    assert total[True] >= 0.97 * total.total()


@pytest.mark.parametrize("place", ["Practitioner.telecom", "Composition.title", "Patient.birthDate"])
def test_the_measure_sees_a_value_that_is_not_where_it_should_be(place):
    bundle = Bridge().to_fhir(KNEE).bundle
    found = at(bundle, place)
    assert found
    assert not is_there("9999-valeur-absente", found, " ".join(found))


def test_each_row_of_the_mapping_has_a_verdict_and_a_reason_where_it_differs():
    for row in rows("ans-mapping"):
        assert row["verdict"] in ("as ANS", "elsewhere", "not carried", "not in IMG-DA-IMG")
        assert row["why"] or row["verdict"] == "as ANS", row
        assert row["place"] or row["verdict"] != "elsewhere", row
