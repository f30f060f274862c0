"""The doors of the bridge: library, command, service. What a finding advises is said in the words of the door that was used.

A sentence of ``mappings/issues.csv`` names what each door calls otherwise by ``{via_…}``, a row of ``mappings/doors.csv``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Literal

from bridge.tables.codes import rows

__all__ = ["Door", "in_words_of_the_door", "through"]

Door = Literal["library", "cli", "http"]

_door: ContextVar[Door] = ContextVar("door", default="library")
_VIA = re.compile(r"\{via_(\w+)\}")


@contextmanager
def through(door: Door) -> Iterator[None]:
    """Whatever is said within is said to who came through this door."""
    token = _door.set(door)
    try:
        yield
    finally:
        _door.reset(token)


def in_words_of_the_door(sentence: str, language: str) -> str:
    """A sentence of the catalogue, with what the door in use calls otherwise; its other parameters stay."""
    return _VIA.sub(lambda found: _words()[found[1], _door.get()][language], sentence)


@cache
def _words() -> Mapping[tuple[str, str], Mapping[str, str]]:
    return {(row["name"], row["door"]): row for row in rows("doors")}
