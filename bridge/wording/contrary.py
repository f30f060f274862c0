"""Whether words are contrary to the code beside them: another side, another concept, a denial.

The words of an order are never turned into codes here. They are compared with the codes, so that a display or a text that says
something else does not pass in silence. Source: docs/decisions.md, 24 and 25.
"""

from __future__ import annotations

from bridge.tables.codes import Concept
from bridge.tables.concepts import BOTH, LEFT, RIGHT
from bridge.wording.answers import is_no
from bridge.wording.denials import only_denied
from bridge.wording.examinations import contrary_contrast, contrary_modality
from bridge.wording.labels import names_another
from bridge.wording.names import names_of
from bridge.wording.sides import label_sides, names_other_side, side_called, sides

__all__ = ["is_contrary"]


def is_contrary(
    text: str, name: str, concept: Concept, stated: frozenset[str] = frozenset(), *, contrast: bool = True, denials: bool = True
) -> bool:
    """Whether words name another concept than the code beside them, or deny that concept.

    *stated* are the sides that the code states; *contrast* whether the code states contrast or its absence; *denials* is false
    where the answer to the code is "no". A mere other wording of the same concept is not contrary. Source: docs/decisions.md, 25.
    """
    return (
        _is_contrary_side(text, name, concept, stated)
        or (denials and _denies(text, name, concept))
        or (name == "modality" and contrary_modality(text, concept.code))
        or (name in ("modality", "contrast-injection") and contrast and contrary_contrast(text, concept.code))
        or names_another(text, name, concept)
    )


def _is_contrary_side(text: str, name: str, concept: Concept, stated: frozenset[str]) -> bool:
    """Whether words name another side than a concept and the sides stated beside it."""
    if name == "topographic-modifier":
        called = side_called(text)
        if called and concept.code in (RIGHT, LEFT, BOTH) and called != concept.code:
            return True
        stated = stated or frozenset({concept.code} & {RIGHT, LEFT, BOTH})
    own = label_sides(concept.display) if name == "site" else frozenset()
    if own and (named := label_sides(text)) and named.isdisjoint(own):
        return True
    return bool(stated - own) and names_other_side(text, stated - own, sides(text) - own)


_ANSWERED = ("contraindication", "care-information")
"""Value sets whose concepts are facts of the patient: "non" beside one denies it."""


def _denies(text: str, name: str, concept: Concept) -> bool:
    if name == "contrast-injection":
        return False
    is_answer = name in _ANSWERED
    return only_denied(text, names_of(name, concept.code), mentions=not is_answer) or (is_answer and is_no(text))
