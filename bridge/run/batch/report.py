"""What a journal and its dead letters tell of a whole run, for :mod:`bridge.views.overview`.

Both are read line by line, so memory grows with the number of refused orders only. Source: docs/batch.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any

from bridge.findings.issues import Language
from bridge.run.batch.journal import record_of
from bridge.views.overview import Cause, Overview

__all__ = ["look_back"]

_LABELS: dict[Language, dict[str, str]] = {
    "fr": {"title": "Bilan du traitement par lot", "done": "Converties", "refused": "Refusées", "failed": "En échec"},
    "en": {"title": "Report of the batch", "done": "Converted", "refused": "Refused", "failed": "Failed"},
}


def look_back(journal: Path, dead: Path, language: Language) -> Overview:
    """The overview of a run, whole or not."""
    words = _LABELS[language]
    found = Overview(words["title"], {words[name]: 0 for name in ("done", "refused", "failed")})
    number = 0
    for record in _records(journal):
        if "began" in record:
            found.moments.append((float(record["began"]), number))
        if "outcome" not in record:
            continue
        number += 1
        found.counts[words[record["outcome"]]] += 1
        found.findings.update(record["issues"])
        if "at" in record:
            found.moments.append((float(record["at"]), number))
    found.causes = [Cause(*_cause(letter)) for letter in _records(dead)]
    return found


def _records(path: Path) -> Iterator[dict[str, Any]]:
    if not path.exists():
        return
    with open(path, "rb") as file:
        yield from takewhile(lambda record: record is not None, map(record_of, file))


def _cause(letter: dict[str, Any]) -> tuple[str, str]:
    """Where an input stood, and the code of the first of its errors."""
    origin, code = "", ""
    for parameter in letter.get("parameter", []):
        if parameter.get("name") == "position":
            origin = str(parameter.get("valueString", ""))
        if parameter.get("name") == "outcome":
            issues = parameter.get("resource", {}).get("issue", [])
            first = next((one for one in issues if one.get("severity") in ("error", "fatal")), issues[0] if issues else {})
            code = str(first.get("details", {}).get("coding", [{}])[0].get("code", ""))
    return origin, code
