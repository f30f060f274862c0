"""What four times as many members of each list cost, for every list-valued element of FHIR inputs and of documents.

``python benchmarks/growth.py [PATTERN]`` prints a table, the worst first, and ends with 1 if a ratio is not below 6.
"""

from __future__ import annotations

import json
import re
import sys
from functools import partial
from importlib import import_module
from operator import itemgetter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import bridge
from bridge.checks import check

LISTS = import_module("long_lists")
BOUND = 6.0
BRIDGE = bridge.Bridge()


def measured(pattern: str) -> list[tuple[float, Any, str]]:
    """Ratio, measurement and name of each case whose name has the pattern."""
    runs: list[tuple[str, Any, Any]] = [(f"convert {case.name}", partial(_json, case), BRIDGE.to_cda) for case in LISTS.cases()]
    for document in LISTS.document_cases():
        runs += [
            (f"check {document.name}", document.build, check),
            (f"to-fhir {document.name}", document.build, BRIDGE.to_fhir),
        ]
    found = [(LISTS.growth(build, run, about=0.1), name) for name, build, run in runs if re.search(pattern, name)]
    return sorted(((one.ratio, one, name) for one, name in found), key=itemgetter(0), reverse=True)


def _json(case: Any, size: int) -> bytes:
    return json.dumps(case.build(size)).encode()


def main() -> int:
    """Measure, print, and say whether every ratio is below the bound."""
    rows = measured(sys.argv[1] if len(sys.argv) > 1 else "")
    print("ratio    4n  seconds  s for 1 MiB  case")
    for found, one, name in rows[:40]:
        print(f"{found:5.1f} {one.size:5}  {one.seconds:7.3f}  {one.seconds / max(one.bytes, 1) * 2**20:11.1f}  {name}")
    print(f"{len(rows)} cases, {sum(row[0] >= BOUND for row in rows)} not below {BOUND}")
    return int(bool(rows) and rows[0][0] >= BOUND)


if __name__ == "__main__":
    raise SystemExit(main())
