"""What four times as many members of each list cost, for every list-valued element of FHIR inputs and of documents.

``python benchmarks/growth.py [PATTERN]`` prints a table, the worst first, and ends with 1 if a ratio is not below 6.
"""

from __future__ import annotations

import json
import re
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import bridge
from bridge.checks import check

LISTS = import_module("long_lists")
BOUND = 6.0
BRIDGE = bridge.Bridge()


def measured(pattern: str) -> list[tuple[float, int, float, str]]:
    """Ratio, n, seconds of n and name of each case whose name has the pattern."""
    rows = []
    for case in LISTS.cases():
        if re.search(pattern, case.name):
            rows.append((*LISTS.ratio(lambda n, case=case: _json(case, n), BRIDGE.to_cda), f"convert {case.name}"))
    for document in LISTS.document_cases():
        if re.search(pattern, document.name):
            rows.append((*LISTS.ratio(document.build, check), f"check {document.name}"))
            rows.append((*LISTS.ratio(document.build, BRIDGE.to_fhir), f"to-fhir {document.name}"))
    return sorted(rows, reverse=True)


def _json(case: Any, size: int) -> bytes:
    return json.dumps(case.build(size)).encode()


def main() -> int:
    """Measure, print, and say whether every ratio is below the bound."""
    rows = measured(sys.argv[1] if len(sys.argv) > 1 else "")
    print("ratio     n  seconds  case")
    for found, size, seconds, name in rows[:40]:
        print(f"{found:5.1f} {size:5}  {seconds:7.3f}  {name}")
    print(f"{len(rows)} cases, {sum(row[0] >= BOUND for row in rows)} not below {BOUND}")
    return int(bool(rows) and rows[0][0] >= BOUND)


if __name__ == "__main__":
    raise SystemExit(main())
