"""What IMG-DA-IMG 2022.01 demands and 2024.01 does not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from conftest import ROOT, STORIES, input_of

from bridge import Bridge, OrderError
from bridge.order import Code
from bridge.order import xml as order_xml
from bridge.rules import models as model_rules

ORDER = order_xml.read((ROOT / "fixtures" / "lymphoma-pet" / "order.xml").read_text("utf-8"))


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_every_story_can_be_written_in_the_older_model(story):
    conversion = Bridge().to_cda(input_of(story).read_bytes(), model="2022.01")
    assert conversion.model == "2022.01"
    assert b'extension="2022.01"' in conversion.document


def test_the_older_model_demands_a_named_signatory_and_knows_french_only():
    signed = replace(ORDER.legal_authenticator, professional=replace(ORDER.legal_authenticator.professional, name=None))
    order = replace(ORDER, legal_authenticator=signed, document=replace(ORDER.document, language="en-GB"))
    assert [found.code for found in model_rules.check(order, "2022.01")] == ["IMGDA-1311", "IMGDA-1313"]
    assert model_rules.check(order, "2024.01") == []


def test_a_code_newer_than_the_model_is_refused():
    setting = Code(code="ESSMS", system="1.2.250.1.213.1.1.4.9")
    author = ORDER.authors[0]
    assert author.professional.organization is not None
    organization = replace(author.professional.organization, practice_setting=setting)
    newer = replace(author, professional=replace(author.professional, organization=organization))
    found = model_rules.check(replace(ORDER, authors=(newer,)), "2022.01")
    assert [f.code for f in found] == ["IMGDA-1314"]
    assert OrderError(found).code == "IMGDA-1314"
