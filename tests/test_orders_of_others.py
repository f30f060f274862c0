"""Orders that others publish: each has the outcome that docs/adoption.md tells, with the settings of that page alone."""

from __future__ import annotations

import re
import tomllib

import pytest
from conftest import REFERENCE, ROOT

import bridge
from bridge.settings import from_mapping

FOLDER = REFERENCE / "orders-of-others"
PAGE = (ROOT / "docs" / "adoption.md").read_text("utf-8")
CONVERTER = bridge.Bridge(from_mapping(tomllib.loads(PAGE.partition("```toml\n")[2].partition("```")[0])))
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in re.findall(r"^\| [a-z].*\|$", PAGE, re.MULTILINE)[1:]]
OUTCOMES = {name: outcome for name, _, outcome, _, _ in ROWS}

present = pytest.mark.skipif(not FOLDER.is_dir(), reason="the orders of others are not here: set IMGDA_REFERENCE")


def outcome(name: str) -> str:
    """ "converti", or the codes of the errors."""
    try:
        results = CONVERTER.to_cda_each((FOLDER / f"{name}.json").read_bytes())
    except bridge.BridgeError as error:
        results = [error]
    refused = [issue for result in results if isinstance(result, bridge.BridgeError) for issue in result.issues]
    return ", ".join(sorted({issue.code for issue in refused if issue.is_error})) or "converti"


@present
@pytest.mark.parametrize("name", OUTCOMES)
def test_an_order_of_others_has_the_outcome_that_the_page_tells(name):
    assert outcome(name) == OUTCOMES[name]


@present
def test_the_page_tells_of_every_order():
    assert sorted(OUTCOMES) == sorted(path.stem for path in FOLDER.glob("*.json"))


def test_the_page_counts_what_its_table_tells():
    assert (len(ROWS), list(OUTCOMES.values()).count("converti")) == (24, 11)
