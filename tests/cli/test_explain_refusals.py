"""``imgda explain`` of an order that is refused: a draft, its errors first."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from bundles import bundle, order_of, patient
from click.testing import CliRunner, Result

from bridge.cli import main
from bridge.cli.exits import Exit


def explained(tmp_path: Path, data: object, *options: str) -> Result:
    (tmp_path / "order.json").write_text(json.dumps(data))
    return CliRunner().invoke(main, ["explain", str(tmp_path / "order.json"), *options])


NO_SITE = order_of(bodySite=None)


@pytest.mark.parametrize("form", ["text", "json", "html"])
def test_a_refused_order_is_explained_with_its_errors_first(tmp_path, form):
    run = explained(tmp_path, NO_SITE, "--format", form)
    assert run.exit_code == Exit.REFUSED
    where = run.stdout.index("IMGDA-0403")
    assert where < run.stdout.index("birthDate")
    if form == "json":
        found = json.loads(run.stdout)
        assert found["outcome"]["issue"][0]["details"]["coding"][0]["code"] == "IMGDA-0403"
        assert found["rows"][0]["path"]


def test_an_order_that_is_right_has_no_errors_to_show(tmp_path):
    run = explained(tmp_path, bundle(), "--format", "json")
    assert run.exit_code == 0
    assert isinstance(json.loads(run.stdout), list)
    assert "alert" not in explained(tmp_path, bundle(), "--format", "html").stdout


def test_what_gives_not_even_a_draft_is_refused_as_before(tmp_path):
    other = {**patient(), "id": "other", "identifier": [{"system": "urn:oid:1.2.250.1.999.1.2", "value": "IPP-2"}]}
    about = {"resourceType": "Condition", "id": "info1", "code": {"text": "Asthme"}, "subject": {"reference": "Patient/other"}}
    run = explained(tmp_path, bundle(other, about))
    assert run.exit_code == Exit.REFUSED
    assert run.stdout == ""
    assert "IMGDA-0219" in run.stderr
