"""A text as words and marks in their order: where its clauses end, and which words negate or only link others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from bridge.wording.spelling import unaccented

__all__ = [
    "ABSENCE",
    "BEFORE_A_DENIED",
    "LINKS",
    "NOT",
    "PreparedText",
    "clauses",
    "has_negation",
    "is_word",
    "prepared",
    "says_nothing_itself",
    "stem_of",
]

NOT = frozenset(
    "pas non no not aucun aucune aucuns aucunes jamais ni never nul nulle rien none neither nor cannot isn wasn doesn "
    "kein keine keinen keiner keinem keines nicht nein geen niet nee nessun nessuno nessuna ningun ninguno ninguna nenhum "
    "nenhuma nao nem nunca 0 ø".split()
)
"""Words that negate; two of them are one negation: "sans aucun", "n'a jamais eu aucun"."""

ABSENCE = frozenset(
    "sans absence absent absente absents absentes without free exclu exclue exclus exclues excluded ecarte ecartee elimine "
    "eliminee infirme infirmee denies denied nie negatif negative negatifs negatives neg neant ohne zonder senza sin sem".split()
)
"""Words that say an absence: after a negation they undo it, as in "pas d'absence de" and "non exclue"."""

LINKS = frozenset(
    "de du des d le la les l un une a au aux en ou or of the an to for with pour par ce jour cote ne est etre a ete eu ait soit "
    "avoir pu porte porter porteur porteuse porteurs patient patiente patients patientes il elle on qui actuellement encore hui "
    "aujourd plus connu connue connus connues known any evidence signe signes notion argument arguments antecedent antecedents "
    "atcd history has have had is was be been currently yet carrier implante implantee implanted pose presence risque quelconque "
    "moindre toute tout suspicion necessite necessitant necessiter requiert besoin he she it patientin der die das een il lo una "
    "test dosage".split()
)
"""Words that say nothing by themselves between a negation and what it negates."""

BEFORE_A_DENIED = LINKS | NOT | ABSENCE


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


def says_nothing_itself(word: str) -> bool:
    """Whether a word only links or negates others."""
    return word in BEFORE_A_DENIED
