"""What the words of a document say beside its codes: spellings of one label, denials of a fact or of an urgency.

Source: docs/decisions.md, 25; docs/cda.md, "Reading".
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from bridge.tables.codes import Concept, value_set
from bridge.wording.answers import is_denial
from bridge.wording.contrary import is_contrary
from bridge.wording.labels import names_another

__all__ = ["denies_urgency", "fold", "is_a_modality", "is_contrary_to", "names_an_answer"]

_SMALL = frozenset("a au aux d de des du en l la le les patient patiente ne n est the of is".split())
_NOT_URGENT = re.compile(r"\b(?:non|pas|sans|aucune?|not|no|absence d|pas d|hors)(?: de| d| en)? (?:urgen\w+|emergency)\b")
_URGENT = re.compile(r"\b(?:urgen\w+|emergency)\b")
_NOBODY = Concept("", "", "")


def fold(text: str) -> str:
    """A text without case, accents, punctuation and runs of white space: two spellings of one label."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return " ".join(re.findall(r"\w+", "".join(c for c in plain if not unicodedata.combining(c))))


def is_contrary_to(text: str, name: str, concept: Concept, *, denials: bool = True) -> bool:
    """Whether words name something else than a concept of a value set, or deny its label."""
    return is_contrary(text, name, concept) or (denials and _denies_label(text, concept.display))


def _denies_label(text: str, label: str) -> bool:
    """Whether words only deny a label: "Patient non porteur de pacemaker", "absence de pacemaker", "pas enceinte"."""
    if not is_denial(text) or is_denial(label):
        return False
    said = {word for word in fold(text).split() if word not in _SMALL and not is_denial(word)}
    return bool(said) and said <= set(fold(label).split())


def denies_urgency(text: str) -> bool:
    """Whether words say that a request is not urgent, and do not speak of urgency elsewhere."""
    plain = fold(text)
    return bool(_NOT_URGENT.search(plain)) and not _URGENT.search(_NOT_URGENT.sub(" ", plain))


def names_an_answer(text: str) -> bool:
    """Whether words are the name of a contra-indication."""
    return names_another(text, "contraindication", _NOBODY)


def is_a_modality(text: str) -> bool:
    """Whether words are the label of a modality."""
    return fold(text) in _modalities()


@cache
def _modalities() -> frozenset[str]:
    return frozenset(fold(concept.display) for concept in value_set("modality").concepts.values())
