"""Codes that say that there is nothing, or that nothing is known, and what states the contrary of them.

What such a code is about stands in the column ``about`` of ``mappings/codes/absence.csv``. Source: docs/fhir.md, 2.6 (M3); HL7
IPS, absent-unknown-uv-ips; SNOMED CT.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from bridge.fhir.ledger.node import Node
from bridge.fhir.read.concepts import Context
from bridge.fhir.read.texts import clean, one_line
from bridge.tables.codes import Concept, absence_subjects, rows, table
from bridge.wording.answers import is_denial
from bridge.wording.spelling import same_words

__all__ = ["Absence", "Denial", "absence", "categories", "kinds_of_allergy", "subjects"]


class Denial(NamedTuple):
    """Something that the input says not to exist."""

    about: str
    words: str
    path: str
    """FHIRPath of the code that says so."""


class Absence(NamedTuple):
    """What a concept says that is a code of absence."""

    denied: tuple[Denial, ...]
    """Empty where nothing is known."""
    text: str | None
    """What its text says beside the code."""


def absence(context: Context, concept: Node | None, about: str) -> Absence | None:
    """What a concept says not to exist; None where it is no code of absence.

    It is about what the code says, or else *about* what the resource is about.
    """
    codings = concept.children("coding") if concept else []
    found = [(coding, row.concept) for coding in codings if (row := table("absence").get(_key(coding)))]
    if concept is None or not found:
        return None
    if any(_states_something(coding) for coding in codings if _key(coding) not in table("absence")):
        context.note("IMGDA-0467", found[0][0].path)
        return None
    _check(context, found)
    denied = []
    for coding, stated in sorted(found, key=lambda pair: (pair[1].display, _key(pair[0]))):
        coding.understood()
        if stated.code == "absent":
            denied.append(Denial(absence_subjects().get(_key(coding)) or about, stated.display, coding.path))
    return Absence(tuple(denied), _text(context, concept, denies=bool(denied)))


def _check(context: Context, found: Sequence[tuple[Node, Concept]]) -> None:
    """Report codes that say that there is nothing and that nothing is known, in one concept; and contrary labels."""
    for coding, stated in found:
        if stated.code != found[0][1].code:
            context.note("IMGDA-0443", coding.path)
        if stated.code == "absent" and _states_something(coding):
            context.note("IMGDA-0444", coding.at("display"), value=str(coding.peek("display")))


_DENIAL = re.compile(r"(aucune?|pas d|absence d|no |none|nka\b|nkda\b|néant|rien)", re.IGNORECASE)
"""How a text that says what a code of absence says begins."""


def _text(context: Context, concept: Node, *, denies: bool) -> str | None:
    """The text beside a code of absence: kept, unless it repeats the label of the code."""
    if (text := clean(concept.peek("text"))) is None:
        return None
    if any(same_words(text, str(coding.peek("display"))) for coding in concept.children("coding")) or _DENIAL.match(text):
        concept.decide("text")
        return None
    if denies and not is_denial(text):
        context.contradiction(concept.at("text"), text)
    return clean(concept.text("text"))


def _key(coding: Node) -> tuple[str, str]:
    """The system and code of a Coding, as the tables have them."""
    return str(coding.peek("system")), str(coding.peek("code"))


def _states_something(coding: Node) -> bool:
    """Whether the label of a Coding states a fact: it has words, and none of them denies."""
    display = one_line(coding.peek("display"))
    return display is not None and not is_denial(display)


# --- what states the contrary ----------------------------------------------------------------------------------------

_ALLERGY = re.compile(r"\ballerg(?:ies?|y)\b|\bhypersensib|\banaphyla", re.IGNORECASE)
_KINDS_OF_ALLERGY = {
    "latex allergies": re.compile(r"\blatex\b", re.IGNORECASE),
    "insect allergies": re.compile(r"\b(?:insectes?|guêpes?|abeilles?|hyménoptères?|insect|wasp|bee)\b", re.IGNORECASE),
}
_CATEGORIES = {"medication": "drug allergies", "food": "food allergies", "environment": "environment allergies"}


def kinds_of_allergy(line: str) -> set[str]:
    """What allergies a line states, as codes of absence name them; none where it denies."""
    if not _ALLERGY.search(line) or is_denial(line):
        return set()
    return {"allergies", *(kind for kind, words in _KINDS_OF_ALLERGY.items() if words.search(line))}


def categories(node: Node) -> set[str]:
    """The kinds of allergy of AllergyIntolerance.category."""
    sent = node.peek("category")
    return {_CATEGORIES[code] for code in (sent if isinstance(sent, list) else [sent]) if code in _CATEGORIES}


@cache
def subjects() -> dict[str, frozenset[str]]:
    """What each contra-indication states to exist, as codes of absence name it."""
    devices = {
        row["contraindication"]: frozenset({"devices"}) for row in rows("implants") if row["contraindication"] != "MED-1110"
    }
    agents = dict.fromkeys(("MED-1105", "MED-1108", "MED-1122"), frozenset({"allergies", "drug allergies"}))
    diseases = dict.fromkeys(("I50.9", "MED-1106", "N18.9"), frozenset({"diseases"}))
    return {**devices, **agents, **diseases}
