"""The names of a concept, by which words can deny or state it.

Source: docs/mappings.md, concept-words, other-names, side-words and modality-words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import NamedTuple

from bridge.tables.codes import rows, value_set
from bridge.wording.clauses import ABSENCE, NOT, stem_of
from bridge.wording.spelling import words

__all__ = ["EMPTY", "OF_ANY_SITE", "Name", "Names", "names_in", "names_of"]

EMPTY = frozenset("de du des d le la les l un une a au aux en of the an par ou for to with or et and".split())
_CARRIERS = frozenset("patient patiente porteur porteuse potentiellement necessitant nécessitant with".split())


class Name(NamedTuple):
    """One name of a concept."""

    first: str
    rest: tuple[str, ...]
    """The stems of its words."""
    is_wider: bool
    """Whether it names what contains the concept: its denial denies the concept, its statement does not state it."""
    is_negated: bool
    """Whether the concept is the denial of what the name says: "sans injection", "non coopérant"."""


Names = Mapping[str, tuple[Name, ...]]
"""The names of a concept by the stem of their first word."""


def _content(label: str) -> tuple[list[str], bool]:
    """The words of a label that name something, and whether the label denies them."""
    found = [word.plain for word in words(label)]
    while found and found[0] in _CARRIERS | EMPTY:
        found.pop(0)
    is_negated = bool(found) and found[0] in NOT | ABSENCE
    return [word for word in found[is_negated:] if word not in EMPTY], is_negated


def _index(labels: Iterable[tuple[str, bool]]) -> Names:
    found: dict[str, dict[Name, None]] = {}
    for label, is_wider in labels:
        content, is_negated = _content(label)
        if content and not NOT.intersection(content):
            first, *rest = (stem_of(word) for word in content)
            found.setdefault(first, {})[Name(first, tuple(rest), is_wider, is_negated)] = None
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
