"""A text as words and marks in their order, to tell where a clause ends."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from bridge.wording.negation import ABSENCE, NOT
from bridge.wording.spelling import unaccented

__all__ = ["PreparedText", "clauses", "has_negation", "is_word", "prepared", "stem_of"]


def stem_of(word: str) -> str:
    """A word without the ending of plural and feminine."""
    return word.rstrip("sx").rstrip("e") if len(word) > 3 else word


_SIGN = re.compile(r"[^\W_]+|\n|[^\w\s]")
_NE = re.compile(r"\bn['’](?=\w)", re.IGNORECASE)
_ELIDED = re.compile(r"\b(?:[cdjlmst]|qu)['’](?=\w)", re.IGNORECASE)
_HYPHEN = re.compile(r"(?<=\w)[-_'](?=\w)")


def _signs(text: str) -> list[str]:
    """The words and marks of a text, in lower case and without accents; "n'" is "ne"."""
    plain = unaccented(text.replace("∅", "ø")).casefold()
    return _SIGN.findall(_HYPHEN.sub(" ", _ELIDED.sub("", _NE.sub("ne ", plain))))


class PreparedText(NamedTuple):
    """A text of which several things are asked: its words and marks, and where each word stands."""

    signs: list[str]
    places: Mapping[str, list[int]]
    """By the stem of the word."""
    may_deny: bool
    """Whether it has a negation at all: most have none."""


def prepared(text: str) -> PreparedText:
    """A text made ready once, to be compared with the names of many concepts."""
    signs = _signs(text)
    places: dict[str, list[int]] = {}
    for index, sign in enumerate(signs):
        places.setdefault(stem_of(sign), []).append(index)
    return PreparedText(signs, places, has_negation(text))


def is_word(sign: str) -> bool:
    return sign[0].isalnum()


def clauses(text: str) -> Iterator[list[str]]:
    """The words of each part of a text that marks or line breaks end."""
    found: list[str] = []
    for sign in _signs(text):
        if is_word(sign):
            found.append(sign)
        elif found:
            yield found
            found = []
    if found:
        yield found


def has_negation(text: str) -> bool:
    return not _NEGATING.isdisjoint(_SIGN.findall(unaccented(text).casefold()))


_NEGATING = NOT | ABSENCE | {"∅", "plus"}
