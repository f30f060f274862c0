"""What the shipped fonts can show: a character that none of them has is printed as ``[U+1F600]``, never as an empty box.

The fonts are those of this package and those inside Typst (Latin, Greek, Cyrillic, Arabic, Hebrew). A font of the machine is
never used, so the same order looks the same everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable

__all__ = ["Glyphs", "breakable"]

_ORDINARY = re.compile("[\n -~\u00a0-\u017f\u2010-\u2027\u2030\u2039\u203a\u20ac]*")
_FAR = re.compile("[\u2e80-\ufaff\ufb50-\ufe6f\uff00-\uffff\U00010000-\U0010ffff]")
"""Scripts and pictures that no font inside Typst has, and private characters."""
_LONG = re.compile(r"[^\s\u00a0\u200b]{21,}")
_PIECE = 10
"""Even capitals of this number fit in the narrowest column."""


class Glyphs:
    """Knows which characters can be shown, by asking once for each unusual one."""

    def __init__(self, can_show: Callable[[str], bool]) -> None:
        self._can_show = can_show
        self._known: dict[str, bool] = {}

    def shown(self, text: str) -> str:
        """The text with the number of each character that no font has."""
        if _ORDINARY.fullmatch(text):
            return text
        return "".join(sign if self._has(sign) else f"[U+{ord(sign):04X}]" for sign in text)

    def _has(self, sign: str) -> bool:
        if _ORDINARY.fullmatch(sign):
            return True
        if _FAR.match(sign):
            return False
        if sign not in self._known:
            self._known[sign] = self._can_show(sign)
        return self._known[sign]


def breakable(text: str) -> str:
    """The text with marks (U+200B) where a word that fits on no line may be broken; the template prints no sign for them."""
    return _LONG.sub(lambda found: _broken(found[0]), text)


def _broken(word: str) -> str:
    return "\u200b".join(word[at : at + _PIECE] for at in range(0, len(word), _PIECE))
