"""What the bridge reads, element by element: made from its own traces, so that it cannot claim what it does not do.

``mappings/elements.csv`` and docs/mapping.md hold it; ``python tests/refresh_tables.py`` writes them again from the stories,
and a test compares them. An element that no story holds is not in the table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from bridge.convert import Conversion
from bridge.fhir.losses import place_of
from bridge.fhir.metadata import elements as known_elements
from bridge.trace import Row

__all__ = ["COLUMNS", "capability"]

COLUMNS = ("element", "type", "cardinality", "item", "xpath", "table", "direction", "carried", "source")


@dataclass(slots=True)
class _Element:
    """One element of FHIR over all the traces."""

    type: str
    cardinality: str
    items: set[str] = field(default_factory=set)
    xpaths: set[str] = field(default_factory=set)
    tables: set[str] = field(default_factory=set)
    fates: set[str] = field(default_factory=set)


def capability(conversions: Iterable[Conversion]) -> list[dict[str, str]]:
    """One row for each element that some conversion read, sorted by its path."""
    found: dict[str, _Element] = {}
    for conversion in conversions:
        assert conversion.evidence is not None
        for row in conversion.trace.rows:
            if row.path and row.fate not in ("implied", "defaulted"):
                path = place_of(row.path, conversion.evidence.root.value).names
                known = found.setdefault(path, _Element(row.type or "", _cardinality(row, conversion)))
                _add(known, row)
    return [_cells(path, known) for path, known in sorted(found.items()) if known.fates != {"lost"}]


def _add(known: _Element, row: Row) -> None:
    known.fates.add(row.fate)
    if row.fate != "lost":
        known.items |= {row.item} if row.item else set()
        known.xpaths |= {_general(xpath) for xpath in row.xpaths[:1]}
    if row.fate in ("translated", "split") and row.rule:
        known.tables.add(row.rule.partition(":")[0])


def _general(xpath: str) -> str:
    """An XPath without positions; the nesting of narrative is of no interest."""
    bare = re.sub(r"\[\d+\]", "", xpath).removeprefix("/ClinicalDocument/")
    return re.sub(r"(?<=/text)/.*(?=/text\(\)$)", "/…", bare)


def _cardinality(row: Row, conversion: Conversion) -> str:
    """Cardinality in FHIR, by the metadata of the types."""
    assert conversion.evidence is not None
    assert row.path
    version = "R5" if conversion.evidence.fhir == "R5" else "R4B"
    kind, *names = place_of(row.path, conversion.evidence.root.value).plain.split(".")
    low, high = "1", "1"
    for name in names:
        element = (known_elements(version, kind) or {}).get(name)
        if element is None:
            return "0..*" if name.startswith("_") else f"{low}..{high}"
        low, high, kind = "1" if element.required else "0", "*" if element.many else "1", element.type
    return f"{low}..{high}"


def _cells(path: str, known: _Element) -> dict[str, str]:
    fates = known.fates - {"lost"}
    carried = "decides" if fates == {"decides"} else "translated" if "translated" in fates else "lossless"
    cells = (
        path,
        known.type,
        known.cardinality,
        " ".join(sorted(known.items)),
        " ".join(sorted(known.xpaths)[:3]),
        " ".join(sorted(known.tables)),
        "to-cda",
        f"{carried}, not always" if "lost" in known.fates else carried,
        "traces of fixtures/",
    )
    return dict(zip(COLUMNS, cells, strict=True))
