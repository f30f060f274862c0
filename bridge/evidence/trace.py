"""Where each value of the input went: from its FHIRPath through the item of the order to the XPaths of the document.

The ledger says what was read and for which item; the XPaths are found in the written document itself, by looking there for the
value in each form that the bridge may have given it. A value that was read, decides nothing and stands nowhere in the document
is a loss that no reader noticed: :meth:`Trace.unfound` (docs/losses.md). Nothing is computed before it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from bridge.evidence.locate import located, places
from bridge.evidence.renderings import FATES, Fate
from bridge.fhir.ledger.losses import is_implied, place_of
from bridge.fhir.ledger.node import Leaf, Node
from bridge.fhir.source.definitions import elements
from bridge.findings.issues import Issue, LossClass, issue
from bridge.findings.losses import loss_class

__all__ = ["FATES", "Counts", "Fate", "Row", "Source", "Trace", "located"]


class Source(NamedTuple):
    """An input after its conversion: the view with its ledger, and its FHIR version."""

    root: Node
    version: str
    taken: frozenset[tuple[int, str | int]] | None = None
    """The marks of the ledger that are for this order, where the input has several; what others took is implied."""

    def is_of_another(self, leaf: Leaf) -> bool:
        """Whether a leaf was read to be carried, but by another order of the same input."""
        return self.taken is not None and (id(leaf.container), leaf.key) not in self.taken


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one leaf of the input, or where one default came from."""

    fate: Fate
    path: str | None
    """FHIRPath; None for a default."""
    type: str | None
    """FHIR type of the value."""
    item: str | None
    """Item of the order: a field of :class:`bridge.order.Order`."""
    xpaths: tuple[str, ...] = ()
    """Where it stands in the document."""
    rule: str | None = None
    """Row of a table, or setting, that made the value what it is; for a loss, the code of its issue."""
    loss: LossClass | None = None
    value: str | None = None
    """The value. Patient data: shown only on request."""

    def to_dict(self, *, values: bool = False) -> dict[str, Any]:
        """The row as JSON data, with or without the value of the input."""
        data: dict[str, Any] = {"fate": self.fate, "path": self.path, "type": self.type, "item": self.item}
        data |= {"xpaths": list(self.xpaths), "rule": self.rule, "loss": self.loss}
        return data | ({"value": self.value} if values else {})


class Counts(NamedTuple):
    """How many leaves an input has, by what became of them."""

    carried: int
    implied: int
    """Those that decide something included."""
    lost: int

    @property
    def all(self) -> int:
        """Every leaf."""
        return sum(self)


_SETTINGS = ("custodian", "defaults.", "missing.", "texts.")
"""How the settings begin that give an item a value."""


class Trace:
    """What became of every leaf of one input."""

    def __init__(self, source: Source, document: bytes, issues: Iterable[Issue]) -> None:
        self._source = source
        self._issues = tuple(issues)
        self._losses = {found.path: found for found in self._issues if found.loss}
        ledger = source.root.ledger
        leaves = [*source.root.leaves()]
        carried = [
            leaf for leaf in leaves if not (ledger.is_lost(leaf) or ledger.is_decision(leaf) or source.is_of_another(leaf))
        ]
        self._places = places(((leaf, ledger.item_of(leaf)) for leaf in carried), document)
        self.rows: tuple[Row, ...] = (*map(self._row, leaves), *self._defaults())

    def unfound(self) -> list[Issue]:
        """A loss for each leaf that was read and stands nowhere in the document: at least clinical, whatever it is."""
        return [
            issue("IMGDA-1701", row.path, loss=self._class(row.path), value=row.value)
            for row in self.rows
            if row.path and row.fate == "copied" and not row.xpaths
        ]

    def _class(self, path: str) -> LossClass:
        place = place_of(path, self._source.root.value)
        return "critical" if loss_class(place.names, place.codes) == "critical" else "clinical"

    def counts(self) -> Counts:
        """The leaves by what became of them."""
        leaves = [row.fate for row in self.rows if row.path]
        lost, implied = leaves.count("lost"), leaves.count("implied") + leaves.count("decides")
        return Counts(len(leaves) - lost - implied, implied, lost)

    def _row(self, leaf: Leaf) -> Row:
        ledger, value = self._source.root.ledger, str(leaf.value)
        kind, item = _type(leaf, self._source.version), ledger.item_of(leaf) or None
        if (place := self._places.get(leaf.path)) is not None:
            return Row(place.fate, leaf.path, kind, place.item or item, place.xpaths, place.rule, value=value)
        if ledger.is_decision(leaf):
            return Row("decides", leaf.path, kind, item, value=value)
        found = self._losses.get(leaf.path)
        if found is None and is_implied(leaf, ledger):
            return Row("implied", leaf.path, kind, item, value=value)
        if not ledger.is_lost(leaf):
            if self._source.is_of_another(leaf):
                return Row("implied", leaf.path, kind, None, rule="IMGDA-0207", value=value)
            return Row("copied", leaf.path, kind, item, value=value)
        code, loss = (found.code, found.loss) if found else (None, None)
        return Row("lost", leaf.path, kind, item, rule=code, loss=loss, value=value)

    def _defaults(self) -> Iterator[Row]:
        """The items that the settings gave, as their issues say."""
        for found in self._issues:
            origin = found.parameters.get("origin", "")
            if origin.startswith(_SETTINGS):
                yield Row("defaulted", None, None, found.parameters.get("item"), rule=f"{origin} ({found.code})")


def _type(leaf: Leaf, version: str) -> str | None:
    """The FHIR type of a leaf, by the metadata of the types."""
    kind, *names = leaf.type_path.split(".")
    known = elements("R5" if version == "R5" else "R4B", kind)
    for name in names:
        if known is None or name not in known:
            return "string" if name in ("url", "id", "div") else None
        kind = known[name].type
        known = elements("R5" if version == "R5" else "R4B", kind)
    return kind
