"""Every document that the bridge writes has no finding: fixtures, samples, random orders, in both models."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from coherent import coherent, of_2022
from conftest import STORIES, input_of
from hypothesis import HealthCheck, given, settings
from strategies import orders

from bridge import Bridge, models
from bridge.checks import check
from bridge.convert import write_document
from bridge.order.origins import Places
from bridge.rules import volet
from bridge.settings import Settings

EXAMPLES = int(os.environ.get("IMGDA_EXAMPLES", "40"))


def said(document: bytes) -> list[str]:
    return [str(found) for found in check(document).issues]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_the_document_of_a_story_has_no_finding(story: Path):
    assert said((story / "document.xml").read_bytes()) == []


@pytest.mark.parametrize("model", models())
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_a_story_written_in_either_model_has_no_finding(story: Path, model: str):
    try:
        document = Bridge().to_cda(input_of(story).read_bytes(), model=model).document
    except Exception as error:  # a story that says what 2022.01 cannot is refused
        pytest.skip(f"not of this model: {getattr(error, 'issues', [error])[0]}")
    assert said(document) == []


@pytest.mark.parametrize("model", models())
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(order=orders().map(coherent))
def test_the_document_of_any_coherent_order_has_no_finding(order, model):
    if model == "2022.01":
        order = of_2022(order)
    assert said(write_document(order, model)) == []


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(order=orders())
def test_the_document_of_any_order_that_the_rules_accept_has_no_error(order):
    """What an order says may be worth a warning; what the check calls an error, a rule has refused before."""
    written, issues = volet.check(order, Places(), Settings())
    if not any(issue.is_error for issue in issues):
        assert not [found for found in check(write_document(written)).issues if found.is_error]


def test_a_sample_has_no_finding(reference):
    samples = sorted((reference / "samples").glob("*.json"))
    assert samples
    for sample in samples:
        assert said(Bridge().to_cda(sample.read_bytes()).document) == [], sample.name
