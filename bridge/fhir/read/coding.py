"""One reading of a concept: what each of its codings states, and what they state together.

A CodeableConcept may hold many codings, in any order. Each is classified once for a datum (a value set and the tables that lead
to it): it states a concept of the set, with the sides that it includes, or it states nothing of this datum. Those that mean the
same, or more, add up: a side in a second coding, the finer of two sites of which one is part of the other, contrast beside a code
that says nothing of contrast. Two that contradict each other are an error. The order of the codings never matters.

Source: docs/decisions.md, 23, 24, 46; docs/fhir.md, 4.5.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from bridge.fhir.ledger.node import Node
from bridge.order import Translation
from bridge.order.datatypes import is_code, is_oid
from bridge.settings import Settings
from bridge.tables.codes import (
    code_system_oid,
    is_code_system,
)
from bridge.tables.concepts import (
    SIDES,
    Datum,
    Meaning,
    adds_up,
    fineness,
    in_order,
    is_contrary_side,
    is_post_coordinated,
    of,
)

__all__ = ["Combined", "combine", "is_known", "is_translation", "meaning", "translation"]


def meaning(coding: Node, datum: Datum, settings: Settings) -> Meaning | None:
    """What a Coding states of a datum; None where it states nothing of it."""
    code, uri = coding.peek("code"), coding.peek("system")
    return of(code, uri if isinstance(uri, str) else None, datum, settings) if isinstance(code, str) else None


class Combined(NamedTuple):
    """What the codings of one concept state together."""

    coding: Node
    """The coding that gives the concept."""
    meaning: Meaning
    """Its meaning."""
    modifiers: tuple[str, ...]
    """What all of them include, the sides first."""
    states_contrast: bool
    """Whether any of them states contrast or its absence."""
    contrary: tuple[Node, ...]
    """Codings that state something else."""
    other_side: tuple[Node, ...]
    """Codings that include another side than the first that includes one."""


# layout: what several statements add up to, a set a line
def combine(datum: Datum, found: Sequence[tuple[Node, Meaning]]) -> Combined:
    """What several codings state together: the finest concept, and every side."""
    coding, best = min(found, key=lambda pair: _rank(datum, pair))
    same = {m.concept for _, m in found if m.concept == best.concept}
    contrary = tuple(c for c, m in found if m.concept not in same and not adds_up(datum, best, m))
    modifiers = {code for _, m in found for code in m.modifiers}
    states = any(m.states_contrast for _, m in found if m.concept == best.concept)
    if contrary:
        (_, first), *rest = found
        contrary = tuple(c for c, m in rest if not (adds_up(datum, first, m) or adds_up(datum, m, first))) or contrary
    sided = [(c, side) for c, m in found for side in m.modifiers if side in SIDES]
    other_side = tuple(c for c, side in sided if is_contrary_side(side, {sided[0][1]}))
    return Combined(coding, best, in_order(modifiers), states, contrary, other_side)


def _rank(datum: Datum, pair: tuple[Node, Meaning]) -> tuple[int, bool, bool, str, str]:
    """The finest first; then those of the value set before those that are translated, then by code."""
    coding, found = pair
    return -fineness(datum, found), found.table is not None, found.guessed, str(coding.peek("code")), str(coding.peek("system"))


def is_known(coding: Node) -> bool:
    """Whether the system of a coding is one of the tables."""
    return is_code_system(str(coding.peek("system")))


def is_translation(coding: Node) -> bool:
    """Whether a coding is valid as a translation: a code without blanks, and a system that has an OID."""
    code, uri = coding.peek("code"), coding.peek("system")
    oid = code_system_oid(uri) if isinstance(uri, str) else None
    is_one = isinstance(code, str) and is_code(code.strip()) and not is_post_coordinated(code)
    return is_one and oid is not None and is_oid(oid)


def translation(coding: Node, display: str | None) -> Translation:
    """A coding, for which :func:`is_translation` holds, as a translation."""
    return Translation(
        code=str(coding.peek("code")).strip(), system=code_system_oid(str(coding.peek("system"))) or "", display=display
    )
