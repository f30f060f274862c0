"""Two wordings of one thing: whether they have nothing in common, contradict each other, or one says more."""

from __future__ import annotations

from typing import NamedTuple

from bridge.wording.answers import is_no, is_yes
from bridge.wording.sides import contrary_sides, sides, without_sides
from bridge.wording.sites import NO_SITE, core
from bridge.wording.spelling import bare, words

__all__ = ["Wording", "adds_to_label", "adds_to_site", "is_unrelated", "says_contrary"]

_STEM = 4
"""Words that begin with the same letters, this many, may be one word in two forms or two languages."""


def _stems(text: str) -> frozenset[str]:
    return frozenset(word.plain[:_STEM] for word in words(text) if len(word.plain) >= _STEM and word.plain not in _LINKS)


def _short_words(text: str) -> frozenset[str]:
    return frozenset(word.plain for word in words(text) if len(word.plain) < _STEM) - _SMALL


_SMALL = frozenset("a an au aux ce de des du en est et in la le les of on ou par sur the to un une".split())
_LINKS = frozenset("avec dans pour sans sous suite chez with from left right droit droite gauche".split())
"""Words that two wordings may have in common and mean different things."""


class Wording(NamedTuple):
    """A text as it is compared with another: made once for a text that is compared with many."""

    sides: frozenset[str]
    answer: bool | None
    """What it says where it says nothing but yes or no."""
    stems: frozenset[str]
    short: frozenset[str]
    letters: str
    """The text as an abbreviation of another one: without accents, case and full stops."""
    initials: str

    @classmethod
    def of(cls, text: str) -> Wording:
        """What a text is compared by."""
        return cls(
            sides(text),
            True if is_yes(text) else False if is_no(text) else None,
            _stems(text),
            _short_words(text),
            bare(text).replace(".", ""),
            "".join(word.plain[0] for word in words(text)),
        )


def is_unrelated(one: Wording, other: Wording) -> bool:
    """Whether two wordings have nothing in common: neither a word, nor the initials of one in the other."""
    if not one.stems.isdisjoint(other.stems) or not one.short.isdisjoint(other.short):
        return False
    return one.letters != other.initials and other.letters != one.initials


def says_contrary(one: Wording, other: Wording) -> bool:
    """Whether two wordings contradict each other: right and left, or yes and no ("positif", "négatif")."""
    if contrary_sides(one.sides, other.sides):
        return True
    return None not in (one.answer, other.answer) and one.answer is not other.answer


def adds_to_site(text: str, label: str) -> bool:
    """Whether words say more than the label of a site that they repeat in part: "ménisque interne du genou"."""
    where = core(without_sides(text))
    own, known = _stems(where), _stems(core(label))
    more = {word.plain for word in words(where)} - NO_SITE - _JOINTS
    return bool(own & known) and any(word[:_STEM] in own - known for word in more)


def adds_to_label(text: str, label: str) -> bool:
    """Whether words say more than a label that they repeat in part, or a number that it lacks: "diabète de type 2"."""
    own, known = _stems(text), _stems(label)
    numbers = {word.plain for word in words(text) if word.plain.isdigit()} - {word.plain for word in words(label)}
    return bool(numbers) or (bool(own & known) and bool(own - known))


_JOINTS = frozenset("articulation articulaire joint".split())
"""Words of a site that its region has as well."""
