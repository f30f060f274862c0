"""Law 6: what a code or a word means is the same in the document, adds to it, or is reported; what contradicts is refused.

By default a share of the trials, always the same one; ``benchmarks/law_6.py`` makes all of them.
"""

from __future__ import annotations

import random
from collections.abc import Iterable

import pytest
from conftest import STORIES, input_of
from meaning import MAPPINGS, Stated, modalities, sides, sites, together
from meaning_trials import SECOND, Trial, permuted, permuted_complaint, planted, wrong_words

JSON_STORIES = [input_of(story) for story in STORIES if input_of(story).suffix == ".json"]


def complaints(trials: Iterable[Trial], share: float) -> list[str]:
    found = list(trials)
    chosen = random.Random(6).sample(found, min(len(found), max(1, round(len(found) * share))))
    return [complaint for trial in chosen if (complaint := trial.complaint())]


def test_the_oracle_contradicts_itself_on_known_pairs():
    plain = Stated(kind="X-ray", contrast="without")
    assert together(plain, Stated(kind="X-ray", contrast="with")) is None
    assert together(Stated(kind="X-ray"), Stated(kind="X-ray", contrast="with")) == Stated(kind="X-ray", contrast="with")
    assert together(Stated(kind="CT"), Stated(kind="MR")) is None
    assert together(Stated(kind="CT"), Stated(kind="PT")) == Stated(kind="PT")


def test_the_oracle_knows_every_row_of_the_tables():
    assert len(list(modalities())) > 5_000
    assert len(list(sites())) > 600
    assert len(list(sides())) > 60
    assert MAPPINGS.is_dir()


@pytest.mark.parametrize(("name", "share"), [("modality", 0.008), ("site", 0.08), ("answer", 1), ("concept", 0.1)])
def test_a_second_coding_adds_up_or_refuses(name, share):
    assert complaints(SECOND[name](), share) == []


@pytest.mark.parametrize("source", JSON_STORIES, ids=lambda source: source.parent.name)
def test_words_that_name_another_concept_are_said(source):
    assert complaints(wrong_words(source), 0.5) == []


def test_a_critical_code_stands_in_the_order_or_refuses_it_wherever_it_is_planted():
    assert complaints(planted(), 1) == []


@pytest.mark.parametrize("source", JSON_STORIES, ids=lambda source: source.parent.name)
def test_the_order_of_codings_never_matters(source):
    assert [c for case in permuted(source) if (c := permuted_complaint(*case))] == []
