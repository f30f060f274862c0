"""What the bridge reads and writes, element by element: made from its own traces, so that it cannot claim what it does not do.

``mappings/elements.csv`` and docs/mapping.md hold it; ``python tests/refresh_tables.py`` writes them again from the stories,
and a test compares them. An element that no story holds is not in the table. The way back is what the bridge writes when it
reads the document of a story: the trace of that Bundle says from which item and XPath each element came.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from bridge.convert import Bridge
from bridge.evidence.trace import Row
from bridge.fhir.ledger.losses import place_of
from bridge.fhir.source.definitions import elements as known_elements
from bridge.results import Conversion, Source

__all__ = ["COLUMNS", "capability"]

COLUMNS = ("element", "type", "cardinality", "item", "xpath", "table", "direction", "carried", "source")


_MOST = 3
"""Items and XPaths shown of one element: those met most often."""


@dataclass(slots=True)
class _Element:
    """One element of FHIR over all the traces."""

    type: str
    cardinality: str
    items: Counter[str] = field(default_factory=Counter)
    xpaths: Counter[str] = field(default_factory=Counter)
    tables: set[str] = field(default_factory=set)
    fates: set[str] = field(default_factory=set)
    ways: set[str] = field(default_factory=set)
    """``sent``, read in a story; ``written``, in a Bundle made of its document."""


def capability(sources: Iterable[Source]) -> list[dict[str, str]]:
    """One row for each element that the bridge reads in some input, or writes when it reads its document, sorted by path."""
    found: dict[str, _Element] = {}
    bridge = Bridge()
    for source in sources:
        conversion = bridge.to_cda(source)
        _gather(conversion, "sent", found)
        for shape in ("document", "order"):
            written = bridge.to_fhir(conversion.document, shape=shape).bundle
            _gather(bridge.to_cda(written), "written", found)
    return [_cells(path, known) for path, known in sorted(found.items()) if known.fates != {"lost"}]


def _gather(conversion: Conversion, way: str, found: dict[str, _Element]) -> None:
    assert conversion.evidence is not None
    for row in conversion.trace.rows:
        if row.path and row.fate not in ("implied", "defaulted"):
            path = place_of(row.path, conversion.evidence.root.value).names
            known = found.setdefault(path, _Element(row.type or "", _cardinality(row, conversion)))
            _add(known, row)
            known.ways.add(way)


def _add(known: _Element, row: Row) -> None:
    known.fates.add(row.fate)
    if row.fate != "lost":
        known.items[_POSITION.sub("", row.item or "")] += 1
        known.xpaths.update(_general(xpath) for xpath in row.xpaths[:1])
    if row.fate in ("translated", "split") and row.rule:
        known.tables.add(row.rule.partition(":")[0])


_POSITION = re.compile(r"\[\d+\]")


def _general(xpath: str) -> str:
    """An XPath without positions; the nesting of narrative is of no interest."""
    bare = _POSITION.sub("", xpath).removeprefix("/ClinicalDocument/")
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


def _most(counted: Counter[str]) -> str:
    """What was met most often, first; ``…`` where there is more."""
    known = sorted((name for name in counted if name), key=lambda name: (-counted[name], name))
    return " ".join([*known[:_MOST], *(["…"] if len(known) > _MOST else [])])


def _cells(path: str, known: _Element) -> dict[str, str]:
    fates = known.fates - {"lost"}
    carried = "decides" if fates == {"decides"} else "translated" if "translated" in fates else "lossless"
    cells = (
        path,
        known.type,
        known.cardinality,
        _most(known.items),
        _most(known.xpaths),
        " ".join(sorted(known.tables)),
        "both" if "written" in known.ways else "to-cda",
        f"{carried}, not always" if "lost" in known.fates else carried,
        "traces of fixtures/",
    )
    return dict(zip(COLUMNS, cells, strict=True))
