"""The labels of the concepts of value sets and of the questions of the volet, as words may repeat them.

Source: docs/mappings.md, other-names and questions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

from bridge.tables.codes import Concept, contains, related, rows, value_set
from bridge.wording.sides import without_sides
from bridge.wording.sites import core
from bridge.wording.spelling import bare

__all__ = ["all_names", "label_of_question", "names_a_part", "names_another", "names_another_question"]


def all_names(name: str) -> Iterator[tuple[tuple[str, str], str]]:
    """Each concept of a value set with its label, and with its other names (``mappings/other-names.csv``)."""
    for key, concept in value_set(name).concepts.items():
        yield key, concept.display
    for row in rows("other-names"):
        if row["value_set"] == name:
            (concept, *_) = value_set(name).by_code[row["code"]]
            yield (concept.code, concept.system), row["name"]


@cache
def _labels(name: str) -> Mapping[str, frozenset[tuple[str, str]]]:
    """The concepts of a value set by their labels and other names."""
    found: dict[str, set[tuple[str, str]]] = {}
    for key, label in all_names(name):
        for form in _in_both_genders(bare(label)):
            found.setdefault(form, set()).add(key)
        if name == "site":
            found.setdefault(core(label), set()).add(key)
    return {label: frozenset(keys) for label, keys in found.items()}


_FEMININE = re.compile(r"(?<=\w)\((e|le)\)$")


def _in_both_genders(label: str) -> set[str]:
    """A label, and its two forms where it ends like "supérieur(e)"."""
    return {label, _FEMININE.sub("", label), _FEMININE.sub(r"\1", label)}


_FUNCTIONS = ("pet-function", "scintigraphy-function")


def names_another(text: str, name: str, concept: Concept) -> bool:
    """Whether a text is the label of other concepts of the value set, and not of this one nor of one that contains it."""
    own = (concept.code, concept.system)
    for set_name in _FUNCTIONS if name in _FUNCTIONS else (name,):
        if others := named_by(text, set_name):
            return own not in others and not any(related(name, own[0], code) for code, _ in others)
    return False


def named_by(text: str, name: str) -> frozenset[tuple[str, str]]:
    """The concepts of a value set of which a text is the label, or another name."""
    known = _labels(name)
    return known.get(bare(text)) or (known.get(core(without_sides(text))) if name == "site" else None) or frozenset()


def names_a_part(text: str, concept: Concept) -> bool:
    """Whether words are the name of a part of a site: "rotule" for the region of the knee."""
    others = {code for code, _ in named_by(text, "site")}
    return bool(others) and concept.code not in others and all(contains("site", concept.code, code) for code in others)


@cache
def _questions() -> Mapping[str, str]:
    """The questions of the volet (``mappings/questions.csv``) by their labels."""
    return {bare(row["display"]): row["code"] for row in rows("questions")}


@cache
def _labels_of_questions() -> Mapping[str, str]:
    return {row["code"]: row["display"] for row in rows("questions")}


def label_of_question(code: str) -> str | None:
    """The label of a question of the volet, by its code."""
    return _labels_of_questions().get(code)


def names_another_question(text: str, code: str) -> bool:
    """Whether words are the label of another question than the code: "Antécédents chirurgicaux" for 11348-0."""
    return _questions().get(bare(text), code) != code
