"""Yes and no in words: whether words deny a concept, or state it.

A denial is a negation that belongs to the words that name the concept: before them in the same clause ("pas de pacemaker",
"patient non claustrophobe"), or after them as an answer ("pacemaker : non", "grossesse exclue"). Only words that say nothing by
themselves may stand between the two: "pas de dysfonction du pacemaker" and "sans contre-indication hors grossesse" deny neither.
Source: docs/decisions.md, 25; docs/mappings.md, concept-words.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from bridge.wording.answers import is_no, is_yes
from bridge.wording.clauses import ABSENCE, BEFORE_A_DENIED, LINKS, NOT, PreparedText, has_negation, is_word, prepared, stem_of
from bridge.wording.names import EMPTY, Name, Names

__all__ = ["contradicts", "is_denied", "only_denied", "stated"]

_PRESENT = frozenset(
    "present presente presents presentes retrouve retrouvee retrouves retrouvees connu connue connus connues avere averee oui "
    "confirme confirmee certain certaine yes known found detected severe importante important en cours depuis since actuel "
    "actuelle ce aujourd pose posee implante implantee".split()
)
"""Words after the name of a concept that say that it is there."""

_OF_A_KIND = frozenset(
    "compatible compatibles gemellaire multiple molaire extra evolutive actif active double decompensee".split()
)
"""Words after a denied name that make it another thing: "pas de grossesse extra-utérine"."""

_STARTS = frozenset("mais but car donc puis hors sauf except toutefois cependant however et and because".split())
"""Words after which something new is said within a clause."""
_BEFORE_A_STATED = BEFORE_A_DENIED | _PRESENT
_BEFORE_AN_ANSWER = LINKS - {"ou", "or", "pour", "for", "par"} | frozenset(":=?(-–—,")
"""Words and marks that may stand between a name and its answer: "pacemaker : non"."""
_FOUND = frozenset("present presente presents presentes retrouve retrouvee retrouves retrouvees found detected".split())
_KNOWN = frozenset("connu connue connus connues known".split())
_ANSWER = NOT | ABSENCE | _FOUND | _KNOWN

_NONE = frozenset("aucun aucune none no nul nulle".split())

_NEAR = 9
"""So many words are looked at on each side of a name."""


class _Said(NamedTuple):
    """What words say of a concept."""

    is_denied: bool
    is_stated: bool
    denied: frozenset[Name]
    """The names that are denied."""
    others: frozenset[Name]
    """The names that stand somewhere without a denial, whatever is said of them."""


def _matches(signs: list[str], start: int, name: Name) -> int | None:
    """The index after a name that begins at a word; articles may stand within it."""
    index = start + 1
    for stem in name.rest:
        while index < len(signs) and signs[index] in EMPTY and stem_of(signs[index]) != stem:
            index += 1
        if index >= len(signs) or stem_of(signs[index]) != stem:
            return None
        index += 1
    return index


def _mentions(text: PreparedText, names: Names) -> Iterator[tuple[int, int, Name]]:
    """Where each name begins and ends in a text, the longest name at a place first, none within another."""
    behind = 0
    for start in sorted(place for stem in names for place in text.places.get(stem, ())):
        if start < behind:
            continue
        for name in names[stem_of(text.signs[start])]:
            if (end := _matches(text.signs, start, name)) is not None:
                yield start, end, name
                behind = end
                break


def _said(text: PreparedText, names: Names) -> _Said:
    """Whether a text denies what some names stand for, and whether it states it elsewhere."""
    denied, others, is_stated_once = set(), set(), False
    for start, end, name in _mentions(text, names):
        is_denied = _is_denied(text.signs, start, end, name)
        is_stated = not is_denied and not name.is_wider and _is_stated(text.signs, start, end)
        if name.is_negated:
            is_denied, is_stated = is_stated, is_denied
        if is_denied:
            denied.add(name)
        elif not name.is_wider:
            others.add(name)
        is_stated_once = is_stated_once or is_stated
    return _Said(bool(denied), is_stated_once, frozenset(denied), frozenset(others))


def _negates(run: list[str]) -> bool:
    """Whether the negations of some words, from the first to the last, come to one."""
    denied = False
    for word in run:
        if word in ABSENCE:
            denied = not denied
        elif word in NOT or (word == "plus" and "ne" in run):
            denied = True
    return denied


def _begin(signs: list[str], start: int, before: frozenset[str]) -> int:
    """The index of the first of the words right before a name that are all of some."""
    begin = start
    while begin > max(0, start - _NEAR) and signs[begin - 1] in before:
        begin -= 1
    return begin


def _is_denied(signs: list[str], start: int, end: int, name: Name) -> bool:
    after = signs[end : end + _NEAR]
    if _negates(signs[_begin(signs, start, BEFORE_A_DENIED) : start]):
        return _is_all(after) if name.is_wider else not _OF_A_KIND.intersection(after[:1])
    return _is_answered_no(after)


def _is_all(after: list[str]) -> bool:
    """Whether nothing after the name of a kind says which one is meant."""
    rest = next((sign for sign in after if sign not in _PRESENT and sign not in ("a", "ce", "jour", "actuellement")), "\n")
    return not is_word(rest) and rest != "("


def _is_answered_no(after: list[str]) -> bool:
    """Whether the words after a name are its answer "no", and nothing else up to the end of the clause."""
    index = 0
    while index < len(after) and after[index] in _BEFORE_AN_ANSWER:
        index += 1
    first = index
    while index < len(after) and after[index] in _ANSWER:
        index += 1
    run = after[first:index]
    if _KNOWN.intersection(run) and not _NONE.intersection(run):
        return False  # "grossesse : non connue" denies nothing, "allergie : aucune connue" does
    return _negates(run) and (index == len(after) or (not is_word(after[index]) and after[index] != "/"))


def _is_stated(signs: list[str], start: int, end: int) -> bool:
    """Whether a clause says nothing but the name and that it is there."""
    begin = _begin(signs, start, _BEFORE_A_STATED)
    if begin > 0 and is_word(signs[begin - 1]) and signs[begin - 1] not in _STARTS:
        return False
    return _is_there(signs[end : end + 5])


def _is_there(following: list[str]) -> bool:
    """Whether the words after a name say nothing more than that it is there."""
    told = [sign for sign in following if sign not in (":", "=", "(", "?", "de", "of")]
    after = told[0] if told else "\n"
    if (after in ("oui", "yes") and NOT.intersection(told)) or ("?" in following[:2] and after not in _PRESENT):
        return False
    if after[0].isdigit():
        return True
    if following[:1] in (["de"], ["of"]):
        return False
    return not is_word(after) or after in _PRESENT or after in _STARTS


def is_denied(text: str, names: Names) -> bool:
    """Whether words deny somewhere what the names stand for."""
    return _said(prepared(text), names).is_denied


def only_denied(text: str | PreparedText, names: Names, *, mentions: bool = False) -> bool:
    """Whether words deny what the names stand for, and neither state it nor speak of another of its names elsewhere.

    With *mentions* any other mention is enough, as of an examination: "radio des genoux (pas de radio récente)".
    """
    if not names or not _may_deny(text, names):
        return False
    said = _said(prepared(text) if isinstance(text, str) else text, names)
    elsewhere = said.others if mentions else said.others - said.denied
    return said.is_denied and not said.is_stated and not elsewhere


def _may_deny(text: str | PreparedText, names: Names) -> bool:
    """Whether a text has a negation at all, or may state what a name denies."""
    is_negative = has_negation(text) if isinstance(text, str) else text.may_deny
    return is_negative or any(name.is_negated for known in names.values() for name in known)


def stated(text: str, names: Names) -> bool:
    """Whether words state what the names stand for, and deny it nowhere."""
    said = _said(prepared(text), names)
    return said.is_stated and not said.is_denied


def contradicts(text: str, present: bool, names: Names) -> bool:
    """Whether words say the contrary of an answer: "non" or "pas de pacemaker" for yes, "oui" or "enceinte" for no."""
    if is_no(text) or is_yes(text):
        return is_no(text) if present else is_yes(text)
    return only_denied(text, names) if present else stated(text, names)
