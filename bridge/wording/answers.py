"""Yes and no in words: whether a text is an answer, repeats one, or forbids something."""

from __future__ import annotations

import re

from bridge.wording.spelling import bare, words

__all__ = ["forbids", "is_denial", "is_no", "is_yes", "repeats"]

_NO = frozenset("non no aucun aucune neant absent absente negatif negative none not nil nein nee".split())
_YES = frozenset("oui yes present presente positif positive".split())
_DENIALS = _NO | frozenset(
    "pas sans absence inconnu inconnue inconnus inconnues jamais ni rien nka nkda without never free "
    "negation unknown keine kein geen ninguna ninguno nessuna nessuno".split()
)
"""Words that deny something, or say that nothing is known of it; in the languages of our neighbours as well."""


def is_denial(text: str) -> bool:
    """Whether words deny something: "pas d'allergie connue", "no known allergy", "allergie : aucune connue"."""
    return any(word.plain in _DENIALS for word in words(text))


def is_no(text: str) -> bool:
    """Whether words say nothing but "no"."""
    return _is_answer(text, _NO)


def is_yes(text: str) -> bool:
    """Whether words say nothing but "yes"."""
    return _is_answer(text, _YES)


def _is_answer(text: str, answers: frozenset[str]) -> bool:
    """Whether a short text is one or two words of an answer."""
    found = [word.plain for word in words(text)] if len(text) <= _SHORT else []
    return bool(found) and len(found) <= 2 and all(word in answers for word in found)


_SHORT = 60
"""No answer of two words is longer."""


_PREGNANT = re.compile("enceinte|pregnant")
_NOT_PREGNANT = re.compile(
    "(non|not|(pas|plus|jamais)( ete)?) (enceinte|pregnant)|(pas de|aucune|no|absence de) (grossesse|pregnancy)"
)


def repeats(text: str, present: bool, *, pregnancy: bool = False) -> bool:
    """Whether words only say an answer again: "oui", "non", "non enceinte"."""
    if is_yes(text) if present else is_no(text):
        return True
    said = _PREGNANT if present else _NOT_PREGNANT
    return pregnancy and bool(said.fullmatch(bare(text)))


_FORBIDS = re.compile(
    r"\bne (pas|plus|jamais)\b|\bn'\w+ (pas|plus|jamais)\b|\b(do|must|should|may) not\b|\bnot to be\b|\bdon't\b"
)


def forbids(text: str) -> bool:
    """Whether words forbid something: "ne pas prévenir", "do not contact"."""
    return bool(_FORBIDS.search(bare(text)))
