"""Where the items of an order stand in the input, so that a rule about the order can name a path."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["Places"]

Key = tuple[str | int, ...]


class Places:
    """FHIRPath (or XPath) of the items of an order: ``("acts", 0)``, ``("patient", "birth_date")``.

    Identifiers have a place of their own, ``("identifier", root, extension)``.
    """

    __slots__ = ("_known",)

    def __init__(self, known: Mapping[Key, str] | None = None) -> None:
        self._known = dict(known or {})

    def exact(self, *key: str | int) -> str | None:
        """The path of an item; None where it is not known, such as that of a number from the site settings."""
        return self._known.get(key)

    def of(self, *key: str | int) -> str | None:
        """The path of an item, or of the nearest one around it."""
        while key and key not in self._known:
            key = key[:-1]
        return self._known.get(key)
