"""The sides that words name: right, left, both.

A word counts only where it is unambiguous: "muscle grand droit", "angle droit" and "oreillette droite" name no side of a site.
Source: docs/decisions.md, 24 and 25; docs/mappings.md, side-words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import NamedTuple

from bridge.tables.codes import rows
from bridge.tables.concepts import BOTH, LEFT, RIGHT
from bridge.wording.denials import only_denied
from bridge.wording.names import names_of
from bridge.wording.sites import site_names
from bridge.wording.spelling import Word, bare, words

__all__ = [
    "ARTICLES",
    "BOTH",
    "LEFT",
    "RIGHT",
    "contrary_sides",
    "label_sides",
    "names_a_side",
    "names_other_side",
    "side_called",
    "side_words",
    "sides",
    "sides_of_site",
    "without_sides",
]

_NOT_A_SIDE_AFTER = frozenset(
    "oreillette atrium ventricule ventriculaire auricule auriculaire coeur coeurs cardiaque cavites colon colique lobe "
    "lobes angle angles muscle muscles grand grands petit ayant ayants tout plein branche hepatique all "
    "ventricolo atrio auricola cuore lobo auricula ventriculo corazon coracao vitamine vit hepatite groupe".split()
)
"""Words after which "droit" or "gauche" belongs to the name of an organ, a muscle or something else."""

_NOT_A_SIDE_BEFORE = frozenset(
    "atrium atrial ventricle ventricular lobe colon heart away now after over "
    "vorhof herzkammer ventrikel herz herzohr kolon lappen hart hartkamer boezem ventriculo ventricolo atrio".split()
)
"""Words before which "right" or "left" belongs to the name of an organ, or is no side."""

_MUSCLE = frozenset("anterieur femoral interne externe lateral medial superieur inferieur abdomen".split())
ARTICLES = frozenset("le la les du des un au aux ses sans".split())
_ENTITLED = frozenset("ouverts sociaux du des de a".split())
"""Words after "droits" that speak of rights."""


class _SideWord(NamedTuple):
    """One row of ``mappings/side-words.csv``."""

    side: str
    places: frozenset[str]
    """Where the word must stand to count: ``after``, ``before``, ``beside`` the name of a site, ``next`` after it, or there and
    last (``end``); empty for anywhere."""


@cache
def side_words() -> Mapping[str, _SideWord]:
    return {row["word"]: _SideWord(row["modifier_code"], frozenset(row["place"].split())) for row in rows("side-words")}


@cache
def _side_prefixes() -> Mapping[str, _SideWord]:
    """The beginnings of words that name a side: "linker*" of "linkerknie"."""
    return {word[:-1]: found for word, found in side_words().items() if word.endswith("*")}


def _compound(word: str) -> _SideWord | None:
    """The side in the one word of Dutch for a site and its side; no part of the heart or bowel."""
    if not word.startswith(tuple(_side_prefixes())):
        return None
    prefix = next(prefix for prefix in _side_prefixes() if word.startswith(prefix))
    rest = word.removeprefix(prefix)
    return _side_prefixes()[prefix] if len(rest) > 2 and rest not in _NOT_A_SIDE_BEFORE else None


def sides(text: str | None) -> frozenset[str]:
    """The sides that a text names: codes of :data:`RIGHT`, :data:`LEFT`, :data:`BOTH`."""
    return frozenset(side for side, _ in _named(text)) if text else frozenset()


_FEW = 3


def names_a_side(text: str) -> bool:
    """Whether words are the name of a side ("gauche", "côté droit"), or name one beside a site ("genou gauche")."""
    return bool(sides_of_site(text)) or (bool(sides(text)) and len(words(text)) <= _FEW)


def sides_of_site(text: str | None) -> frozenset[str]:
    """The sides that a text names right beside the name of a site: "genou droit", but not "hémiparésie gauche"."""
    return frozenset(side for side, at_site in _named(text) if at_site) if text else frozenset()


def _named(text: str) -> Iterator[tuple[str, bool]]:
    """Each side named, and whether the name of a site stands beside it."""
    return (side for spelled in _with_unseen_breaks(text) for side in _named_in(words(spelled)))


_UNSEEN = re.compile("[\u200b\u200c\u200d\u2060\ufeff\u00ad]")


def _with_unseen_breaks(text: str) -> tuple[str, ...]:
    """A text; and where a sign without a shape may part two words or one, the text with blanks in its place as well."""
    return (text,) if text.isascii() or not _UNSEEN.search(text) else (text, _UNSEEN.sub(" ", text))


def _named_in(words: list[Word]) -> Iterator[tuple[str, bool]]:
    last = -9
    for index, word in enumerate(words):
        found = _side_word(word)
        if found is None and (compound := _compound(word.plain)):
            yield compound.side, True
        if found is None or _is_no_side(words, index):
            continue
        joined = found.side != BOTH and _joins(words[last + 1 : index], index - last)
        if not found.places or joined or any(_stands(place, words, index) for place in found.places):
            last = index
            yield found.side, _stands("after", words, index) or _stands("before", words, index)


def _side_word(word: Word) -> _SideWord | None:
    """The side that a word names; a single letter as it is written: "genou D" names one, "genou d athlète" does not."""
    return side_words().get(word.written) or (side_words().get(word.plain) if len(word.plain) > 1 else None)


def _joins(between: list[Word], distance: int) -> bool:
    """Whether a side goes on from one just before it: "genoux D/G", "genoux D et G"."""
    return distance == 1 or (distance == 2 and between[0].plain in ("et", "and", "ou", "or"))


_TO_A_SIDE = frozenset("le la les the a au cote du on to".split())
"""Words that may stand between the name of a site and the abbreviation of a side: "genoux (les deux)"."""


def _stands(place: str, words: list[Word], index: int) -> bool:
    """Whether an abbreviation stands where it is one."""
    sites = site_names()
    if place == "before":
        return index + 1 < len(words) and words[index + 1].plain in sites
    if place == "after":
        return any(word.plain in sites for word in words[max(0, index - 3) : index])
    if place == "beside":
        return _stands("before", words, index) or (index > 0 and words[index - 1].plain in sites)
    nearest = next((word for word in reversed(words[max(0, index - 3) : index]) if word.plain not in _TO_A_SIDE), None)
    return nearest is not None and nearest.plain in sites and (place == "next" or words[index].is_last)


def _is_no_side(words: list[Word], index: int) -> bool:
    """Whether "droit", "right" and the like belong to another expression here."""
    before = words[index - 1].plain if index else ""
    after = words[index + 1].plain if index + 1 < len(words) else ""
    if before in _NOT_A_SIDE_AFTER or after in _NOT_A_SIDE_BEFORE:
        return True
    if words[index].plain == "droits":
        return before in ARTICLES or after in _ENTITLED
    return words[index].plain == "droit" and before in ARTICLES and after in _MUSCLE


def contrary_sides(named: frozenset[str], stated: frozenset[str]) -> bool:
    """Whether words name a side, and only one that the codes contradict.

    Words that name right and left contradict nothing: "genou droit, suite fracture à gauche".
    """
    known = stated & {RIGHT, LEFT, BOTH}
    if not named or not known or {RIGHT, LEFT} <= named or {RIGHT, LEFT} <= known:
        return False
    return named.isdisjoint(known)


def names_other_side(text: str, stated: frozenset[str], named: frozenset[str] | None = None) -> bool:
    """Whether words name only a side that the codes contradict, or deny the one that they state: "genou droit, pas gauche"."""
    known = stated & {RIGHT, LEFT, BOTH}
    found = sides(text) if named is None else named
    if not known or not found:
        return False
    denied = frozenset(side for side in found if only_denied(text, names_of("topographic-modifier", side), mentions=True))
    return known <= denied or contrary_sides(found - denied, known)


def without_sides(text: str) -> str:
    return " ".join(word.written for word in words(text) if word.plain not in side_words())


def side_called(label: str) -> str | None:
    """The side whose name, abbreviation or letter is the whole label of a side: "G", "izq.", "dx"."""
    word = label.strip(" .")
    if word.upper() == "B":
        return BOTH
    found = side_words().get(word.upper()) or side_words().get(bare(word))
    return found.side if found else None


def label_sides(label: str) -> frozenset[str]:
    """The sides that the label of a site names itself: "oreillette droite"; words that repeat them say nothing more."""
    found = (side_words().get(word.plain) for word in words(label) if len(word.plain) > 1)
    return frozenset(row.side for row in found if row and not row.places)
