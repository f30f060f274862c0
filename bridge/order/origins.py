"""Where the items of an order stand in the input, so that a rule about the order can name a path; what is around a path."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

__all__ = ["Places", "around"]

_STEP = re.compile(r"[.\[]")


def around(path: str) -> Iterator[str]:
    """The FHIRPaths of what an element stands in: ``A.b``, ``A.b[1]`` and ``A`` for ``A.b[1].c``."""
    return (path[: step.start()] for step in _STEP.finditer(path))


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
