"""The same input gives the same bytes, in other processes and on other days; the clock is read only when nothing gives a time."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from datetime import datetime
from typing import Any

import pytest
from bundles import bundle, order_of
from conftest import ROOT, STORIES, input_of

import bridge

NOW = datetime.fromisoformat("2026-03-02T10:15:00+01:00")

_HASHES = """
import hashlib, pathlib, sys, time
if len(sys.argv) > 2:
    import datetime as d
    shift = float(sys.argv[2])
    class datetime(d.datetime):
        @classmethod
        def now(cls, tz=None):
            return d.datetime.fromtimestamp(time.time() + shift, tz)
    d.datetime = datetime
import bridge
for path in sorted(pathlib.Path(sys.argv[1]).glob("*/bundle.*")):
    print(path.parent.name, hashlib.sha256(bridge.to_cda(path.read_bytes()).document).hexdigest())
"""


def hashes(*arguments: str, **environment: str) -> str:
    known = {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0", "TZ": "UTC", **environment}
    command = [sys.executable, "-c", _HASHES, str(ROOT / "fixtures"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=known, cwd="/", check=True).stdout


def test_processes_with_other_hashes_zones_locales_and_days_write_the_same_bytes():
    first = hashes()
    assert len(first.splitlines()) == len(STORIES)
    assert hashes(PYTHONHASHSEED="12345", TZ="America/Guadeloupe", LC_ALL="C") == first
    assert hashes("86400000", TZ="Pacific/Auckland") == first


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_two_conversions_in_one_process_are_equal(story):
    source = input_of(story).read_bytes()
    assert bridge.to_cda(source) == bridge.to_cda(source)


def test_bytes_text_and_object_are_the_same_input():
    data = bundle()
    text = json.dumps(data)
    documents = {bridge.to_cda(source).document for source in (data, text, text.encode(), json.dumps(data, indent=4))}
    assert len(documents) == 1


def test_the_order_of_keys_changes_nothing():
    def turned(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: turned(value[key]) for key in reversed(value)}
        return [turned(item) for item in value] if isinstance(value, list) else value

    assert bridge.to_cda(turned(bundle())).document == bridge.to_cda(bundle()).document


def test_the_input_is_not_changed():
    data = bundle()
    before = copy.deepcopy(data)
    bridge.to_cda(data)
    assert data == before


TIMELESS = order_of(authoredOn=None, encounter=None)


def test_a_time_given_by_the_caller_makes_a_timeless_order_repeatable():
    first, second = (bridge.to_cda(TIMELESS, now=NOW) for _ in range(2))
    assert first.document == second.document
    assert first.order.document.created_at == "2026-03-02T10:15:00+01:00"
    assert "IMGDA-0320" not in {issue.code for issue in first.issues}


def test_the_clock_is_read_with_a_warning_when_nothing_gives_a_time():
    found = {issue.code: issue for issue in bridge.to_cda(TIMELESS).issues}
    assert found["IMGDA-0320"].severity == "warning"


@pytest.mark.parametrize("source", [bundle(), {**TIMELESS, "timestamp": "2026-03-02T11:00:00+01:00"}])
def test_a_time_of_the_input_wins_over_the_one_of_the_caller(source):
    later = datetime.fromisoformat("2030-01-01T00:00:00+01:00")
    assert bridge.to_cda(source, now=later).document == bridge.to_cda(source, now=NOW).document


def test_another_order_has_other_identifiers():
    one = bridge.to_cda(bundle()).order.document
    other = bridge.to_cda(order_of(requisition={"system": "urn:oid:1.2.250.1.999.1.7", "value": "DA-2"})).order.document
    assert one.id != other.id
    assert one.set_id != other.set_id
