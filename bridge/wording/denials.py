"""Yes and no in words: whether words deny a concept, or state it.

A denial is a negation that belongs to the words that name the concept: before them in the same clause ("pas de pacemaker",
"patient non claustrophobe"), or after them as an answer ("pacemaker : non", "grossesse exclue"). Only words that say nothing by
themselves may stand between the two: "pas de dysfonction du pacemaker" and "sans contre-indication hors grossesse" deny neither.
Source: docs/decisions.md, 25; docs/mappings.md, concept-words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import NamedTuple

from bridge.tables.codes import rows, value_set
from bridge.wording.spelling import bare, unaccented, words

__all__ = [
    "OF_ANY_SITE",
    "Names",
    "Prepared",
    "clauses",
    "contradicts",
    "is_denial",
    "is_denied",
    "is_no",
    "is_yes",
    "names_in",
    "names_of",
    "only_denied",
    "prepared",
    "repeats",
    "says_nothing_itself",
    "stated",
]

# --- words that negate -------------------------------------------------------------------------------------------------

_NOT = frozenset(
    "pas non no not aucun aucune aucuns aucunes jamais ni never nul nulle rien none neither nor cannot isn wasn doesn "
    "kein keine keinen keiner keinem keines nicht nein geen niet nee nessun nessuno nessuna ningun ninguno ninguna nenhum "
    "nenhuma nao nem nunca 0 ø".split()
)
"""Words that negate; two of them are one negation: "sans aucun", "n'a jamais eu aucun"."""

_ABSENCE = frozenset(
    "sans absence absent absente absents absentes without free exclu exclue exclus exclues excluded ecarte ecartee elimine "
    "eliminee infirme infirmee denies denied nie negatif negative negatifs negatives neg neant ohne zonder senza sin sem".split()
)
"""Words that say an absence: after a negation they undo it, as in "pas d'absence de" and "non exclue"."""

_LINKS = frozenset(
    "de du des d le la les l un une a au aux en ou or of the an to for with pour par ce jour cote ne est etre a ete eu ait soit "
    "avoir pu porte porter porteur porteuse porteurs patient patiente patients patientes il elle on qui actuellement encore hui "
    "aujourd plus connu connue connus connues known any evidence signe signes notion argument arguments antecedent antecedents "
    "atcd history has have had is was be been currently yet carrier implante implantee implanted pose presence risque quelconque "
    "moindre toute tout suspicion necessite necessitant necessiter requiert besoin he she it patientin der die das een il lo una "
    "test dosage".split()
)
"""Words that say nothing by themselves between a negation and what it negates."""

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

_BEFORE_A_DENIED = _LINKS | _NOT | _ABSENCE
_BEFORE_A_STATED = _BEFORE_A_DENIED | _PRESENT
_BEFORE_AN_ANSWER = _LINKS - {"ou", "or", "pour", "for", "par"} | frozenset(":=?(-–—,")
"""Words and marks that may stand between a name and its answer: "pacemaker : non"."""
_FOUND = frozenset("present presente presents presentes retrouve retrouvee retrouves retrouvees found detected".split())
_KNOWN = frozenset("connu connue connus connues known".split())
_ANSWER = _NOT | _ABSENCE | _FOUND | _KNOWN

_NONE = frozenset("aucun aucune none no nul nulle".split())

_NEAR = 9
"""So many words are looked at on each side of a name."""

# --- names -------------------------------------------------------------------------------------------------------------

_EMPTY = frozenset("de du des d le la les l un une a au aux en of the an par ou for to with or et and".split())
_CARRIERS = frozenset("patient patiente porteur porteuse potentiellement necessitant nécessitant with".split())


class _Name(NamedTuple):
    """One name of a concept."""

    first: str
    rest: tuple[str, ...]
    """The stems of its words."""
    is_wider: bool
    """Whether it names what contains the concept: its denial denies the concept, its statement does not state it."""
    is_negated: bool
    """Whether the concept is the denial of what the name says: "sans injection", "non coopérant"."""


Names = Mapping[str, tuple[_Name, ...]]
"""The names of a concept by the stem of their first word."""


def _stem(word: str) -> str:
    """A word without the ending of plural and feminine."""
    return word.rstrip("sx").rstrip("e") if len(word) > 3 else word


def _content(label: str) -> tuple[list[str], bool]:
    """The words of a label that name something, and whether the label denies them."""
    found = [word.plain for word in words(label)]
    while found and found[0] in _CARRIERS | _EMPTY:
        found.pop(0)
    is_negated = bool(found) and found[0] in _NOT | _ABSENCE
    return [word for word in found[is_negated:] if word not in _EMPTY], is_negated


def _index(labels: Iterable[tuple[str, bool]]) -> Names:
    found: dict[str, dict[_Name, None]] = {}
    for label, is_wider in labels:
        content, is_negated = _content(label)
        if content and not _NOT.intersection(content):
            first, *rest = (_stem(word) for word in content)
            found.setdefault(first, {})[_Name(first, tuple(rest), is_wider, is_negated)] = None
    return {first: tuple(sorted(names, key=lambda name: -len(name.rest))) for first, names in found.items()}


_PARTS = re.compile(r"[\[\]():/]|\bou\b")
_DENIABLE = frozenset(
    "contraindication care-information question contrast-injection pet-function scintigraphy-function modality site "
    "topographic-modifier".split()
)
"""The value sets whose concepts may be denied in words."""


def names_of(name: str, code: str) -> Names:
    """The names of a concept: its label and its parts, and those of the tables other-names, concept-words and the like.

    A code that no table knows has those of any concept of the value set.
    """
    if name not in _DENIABLE:
        return {}
    return _names_of(name, code if code in _codes(name) or (name, code) in _names_by_code() else "*")


def _codes(name: str) -> Mapping[str, object]:
    """The codes of a value set by themselves; questions are none."""
    return {} if name == "question" else value_set(name).by_code


@cache
def _names_of(name: str, code: str) -> Names:
    if name == "contrast-injection":
        code = "MED-1153"
    concepts = value_set(name).by_code.get(code, ()) if name != "question" else ()
    labels = [part for concept in concepts for part in (concept.display, *_PARTS.split(concept.display))]
    if name == "site":
        labels = [" ".join(w.plain for w in words(label) if w.plain not in OF_ANY_SITE) for label in labels]
    tables = _names_by_code()
    return _index([*((label, False) for label in labels), *tables.get((name, code), ()), *tables.get((name, "*"), ())])


OF_ANY_SITE = frozenset("entier entiere entiers entieres entire region structure".split())
"""Words of the labels of sites that name none."""


@cache
def _names_by_code() -> Mapping[tuple[str, str], tuple[tuple[str, bool], ...]]:
    """The names of the tables by value set and code, and whether each names what contains the concept."""
    found: dict[tuple[str, str], list[tuple[str, bool]]] = {}
    for row in rows("other-names"):
        found.setdefault((row["value_set"], row["code"]), []).append((row["name"], False))
    for row in rows("concept-words"):
        found.setdefault((row["value_set"], row["code"]), []).append((row["words"], row["extent"] == "wider"))
    for row in rows("questions"):
        found.setdefault(("question", row["code"]), []).append((row["display"], False))
    for row in rows("side-words"):
        if not row["place"] and "*" not in row["word"]:
            found.setdefault(("topographic-modifier", row["modifier_code"]), []).append((row["word"], False))
    for row in rows("modality-words"):
        for code in _WITH_AND_WITHOUT.get(row["modality"], (row["modality"],)):
            if "*" not in row["words"]:
                found.setdefault(("modality", code), []).append((row["words"], False))
    return {key: tuple(names) for key, names in found.items()}


_WITH_AND_WITHOUT = {"MED-1126": ("MED-1126", "MED-1127"), "MED-1128": ("MED-1128", "MED-1129")}
"""Modalities that words name alike, with contrast and without."""


def names_in(label: str) -> Names:
    """The names that a label of a sender gives to its concept: its words, and the first of them for what contains it."""
    content, _ = _content(label)
    return _index([(label, False), *([(content[0], True)] if len(content) > 1 else [])])


# --- clauses -----------------------------------------------------------------------------------------------------------

_SIGN = re.compile(r"[^\W_]+|\n|[^\w\s]")
_NE = re.compile(r"\bn['’](?=\w)", re.IGNORECASE)
_ELIDED = re.compile(r"\b(?:[cdjlmst]|qu)['’](?=\w)", re.IGNORECASE)
_HYPHEN = re.compile(r"(?<=\w)[-_'](?=\w)")


def _signs(text: str) -> list[str]:
    """The words and marks of a text, in lower case and without accents; "n'" is "ne"."""
    plain = unaccented(text.replace("∅", "ø")).casefold()
    return _SIGN.findall(_HYPHEN.sub(" ", _ELIDED.sub("", _NE.sub("ne ", plain))))


class Prepared(NamedTuple):
    """A text of which several things are asked: its words and marks, and where each word stands."""

    signs: list[str]
    places: Mapping[str, list[int]]
    """By the stem of the word."""
    may_deny: bool
    """Whether it has a negation at all: most have none."""


def prepared(text: str) -> Prepared:
    """A text made ready once, to be compared with the names of many concepts."""
    signs = _signs(text)
    places: dict[str, list[int]] = {}
    for index, sign in enumerate(signs):
        places.setdefault(_stem(sign), []).append(index)
    return Prepared(signs, places, _has_negation(text))


def _is_word(sign: str) -> bool:
    return sign[0].isalnum()


class _Said(NamedTuple):
    """What words say of a concept."""

    is_denied: bool
    is_stated: bool
    denied: frozenset[_Name]
    """The names that are denied."""
    others: frozenset[_Name]
    """The names that stand somewhere without a denial, whatever is said of them."""


def _matches(signs: list[str], start: int, name: _Name) -> int | None:
    """The index after a name that begins at a word; articles may stand within it."""
    index = start + 1
    for stem in name.rest:
        while index < len(signs) and signs[index] in _EMPTY and _stem(signs[index]) != stem:
            index += 1
        if index >= len(signs) or _stem(signs[index]) != stem:
            return None
        index += 1
    return index


def _said(text: Prepared, names: Names) -> _Said:
    """Whether a text denies what some names stand for, and whether it states it elsewhere."""
    signs, behind = text.signs, 0
    denied, stated, others = set(), False, set()
    for index in sorted(place for stem in names for place in text.places.get(stem, ())):
        if index < behind:
            continue
        for name in names[_stem(signs[index])]:
            if (end := _matches(signs, index, name)) is None:
                continue
            is_denied = _is_denied(signs, index, end, name)
            is_stated = not is_denied and not name.is_wider and _is_stated(signs, index, end)
            if name.is_negated:
                is_denied, is_stated = is_stated, is_denied
            if is_denied:
                denied.add(name)
            elif not name.is_wider:
                others.add(name)
            stated = stated or is_stated
            behind = end
            break
    return _Said(bool(denied), stated, frozenset(denied), frozenset(others))


def _negates(run: list[str]) -> bool:
    """Whether the negations of some words, from the first to the last, come to one."""
    denied = False
    for word in run:
        if word in _ABSENCE:
            denied = not denied
        elif word in _NOT or (word == "plus" and "ne" in run):
            denied = True
    return denied


def _is_denied(signs: list[str], start: int, end: int, name: _Name) -> bool:
    begin = start
    while begin > max(0, start - _NEAR) and signs[begin - 1] in _BEFORE_A_DENIED:
        begin -= 1
    after = signs[end : end + _NEAR]
    if _negates(signs[begin:start]):
        return _is_all(after) if name.is_wider else not _OF_A_KIND.intersection(after[:1])
    return _is_answered_no(after)


def _is_all(after: list[str]) -> bool:
    """Whether nothing after the name of a kind says which one is meant."""
    rest = next((sign for sign in after if sign not in _PRESENT and sign not in ("a", "ce", "jour", "actuellement")), "\n")
    return not _is_word(rest) and rest != "("


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
    return _negates(run) and (index == len(after) or (not _is_word(after[index]) and after[index] != "/"))


def _is_stated(signs: list[str], start: int, end: int) -> bool:
    """Whether a clause says nothing but the name and that it is there."""
    begin = start
    while begin > max(0, start - _NEAR) and signs[begin - 1] in _BEFORE_A_STATED:
        begin -= 1
    if begin > 0 and _is_word(signs[begin - 1]) and signs[begin - 1] not in _STARTS:
        return False
    following = [sign for sign in signs[end : end + 5] if sign not in (":", "=", "(", "?", "de", "of")]
    after = following[0] if following else "\n"
    if (after in ("oui", "yes") and _NOT.intersection(following)) or ("?" in signs[end : end + 2] and after not in _PRESENT):
        return False
    if after[0].isdigit():
        return True
    if signs[end : end + 1] in (["de"], ["of"]):
        return False
    return not _is_word(after) or after in _PRESENT or after in _STARTS


def clauses(text: str) -> Iterator[list[str]]:
    """The words of each part of a text that marks or line breaks end."""
    found: list[str] = []
    for sign in _signs(text):
        if _is_word(sign):
            found.append(sign)
        elif found:
            yield found
            found = []
    if found:
        yield found


def says_nothing_itself(word: str) -> bool:
    """Whether a word only links or negates others."""
    return word in _BEFORE_A_DENIED


# --- answers -----------------------------------------------------------------------------------------------------------

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


def is_denied(text: str, names: Names) -> bool:
    """Whether words deny somewhere what the names stand for."""
    return _said(prepared(text), names).is_denied


def only_denied(text: str | Prepared, names: Names, *, mentions: bool = False) -> bool:
    """Whether words deny what the names stand for, and neither state it nor speak of another of its names elsewhere.

    With *mentions* any other mention is enough, as of an examination: "radio des genoux (pas de radio récente)".
    """
    if not names or not _may_deny(text, names):
        return False
    said = _said(prepared(text) if isinstance(text, str) else text, names)
    elsewhere = said.others if mentions else said.others - said.denied
    return said.is_denied and not said.is_stated and not elsewhere


def _may_deny(text: str | Prepared, names: Names) -> bool:
    """Whether a text has a negation at all, or may state what a name denies."""
    has_negation = _has_negation(text) if isinstance(text, str) else text.may_deny
    return has_negation or any(name.is_negated for known in names.values() for name in known)


def _has_negation(text: str) -> bool:
    return not _NEGATING.isdisjoint(_SIGN.findall(unaccented(text).casefold()))


_NEGATING = _NOT | _ABSENCE | {"∅", "plus"}


def stated(text: str, names: Names) -> bool:
    """Whether words state what the names stand for, and deny it nowhere."""
    said = _said(prepared(text), names)
    return said.is_stated and not said.is_denied


def contradicts(text: str, present: bool, names: Names) -> bool:
    """Whether words say the contrary of an answer: "non" or "pas de pacemaker" for yes, "oui" or "enceinte" for no."""
    if is_no(text) or is_yes(text):
        return is_no(text) if present else is_yes(text)
    return only_denied(text, names) if present else stated(text, names)


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
