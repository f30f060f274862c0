"""A list of values without repetitions, in the order in which they came; membership costs the same however long it is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import SupportsIndex, TypeVar

__all__ = ["Distinct"]

T = TypeVar("T")


class Distinct(list[T]):
    """A list whose members are hashable and stay; it grows by :meth:`append` and :meth:`insert` alone."""

    def __init__(self, items: Iterable[T] = ()) -> None:
        super().__init__(dict.fromkeys(items))
        self._known: set[object] = set(self)

    def __contains__(self, item: object) -> bool:
        return item in self._known

    def append(self, item: T) -> None:
        """Add a value, unless it is there already."""
        if item not in self._known:
            self._known.add(item)
            super().append(item)

    def insert(self, index: SupportsIndex, item: T) -> None:
        """Put a value at a place, unless it is there already."""
        if item not in self._known:
            self._known.add(item)
            super().insert(index, item)
