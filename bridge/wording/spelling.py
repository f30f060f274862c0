"""Words as they are compared: without accents, case, signs that nobody sees, and whatever stands between them.

Source: docs/fhir.md, 4.5.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

__all__ = ["Word", "bare", "same_order", "same_words", "unaccented", "words"]

_ELISION = re.compile(r"\b(?:[cdjlmnst]|qu)['’](?=\w)", re.IGNORECASE)
_TOKEN = re.compile(r"([^\W_]+)(?=(\s*(?:$|[^\w\s'-]|-(?!\w))))?")
_NEW_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")
"""Where a word begins within letters: "genouGauche"."""
_LIGATURES = str.maketrans({"’": "'", "œ": "oe", "Œ": "Oe", "æ": "ae", "Æ": "Ae"})


def unaccented(text: str) -> str:
    """A text without accents, and without the signs that nobody sees: a soft hyphen, a zero-width joiner, a mark of direction."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFKD", text.translate(_LIGATURES)).translate(_SHAPES)


class _Shapes(dict[int, int | None]):
    """Each character as itself, or as nothing: accents, and what has no shape."""

    def __missing__(self, character: int) -> int | None:
        is_unseen = unicodedata.category(chr(character)) in ("Mn", "Me", "Cf")
        self[character] = None if is_unseen else character
        return self[character]


_SHAPES = _Shapes()


def bare(text: str) -> str:
    """A text without accents, case and doubled blanks, for comparisons."""
    return " ".join(unaccented(text).casefold().split())


class Word(NamedTuple):
    """One word: as written, without accents, and without case as well."""

    written: str
    plain: str
    is_last: bool
    """Whether a mark or the end follows it: "genou g." and "genou (g)", but not "genou d athlète"."""


def words(text: str) -> list[Word]:
    """The words of a text; what begins by an elision begins after it."""
    plain = _NEW_WORD.sub(" ", _ELISION.sub("", unaccented(text)))
    return [Word(match[1], match[1].casefold(), match[2] is not None) for match in _TOKEN.finditer(plain)]


def same_words(one: str, other: str) -> bool:
    """Whether two labels differ by nothing but case, accents and apostrophes."""
    return bare(one) == bare(other)


def same_order(text: str) -> tuple[str, str]:
    """A key that sorts wordings without regard to case and accents."""
    return bare(text), text
