"""What words say of an examination: its modality, its contrast, its sites.

Source: docs/decisions.md, 25; docs/mappings.md, modality-words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from bridge.tables.codes import related, rows, value_set
from bridge.wording.clauses import clauses, says_nothing_itself
from bridge.wording.denials import is_denied, only_denied
from bridge.wording.labels import all_names
from bridge.wording.names import names_of
from bridge.wording.sides import ARTICLES, side_words
from bridge.wording.sites import core
from bridge.wording.spelling import bare, words

__all__ = [
    "contrary_contrast",
    "contrary_modality",
    "contrary_site",
    "is_heading",
    "modalities",
    "modality_named",
    "says_more_of_contrast",
    "wishes_other_contrast",
]


_HEADINGS = frozenset(
    {
        "imagerie",
        "imagerie medicale",
        "acte d'imagerie",
        "actes d'imagerie",
        "examen d'imagerie",
        "examens d'imagerie",
        "demande d'imagerie",
        "radiologie",
        "radiologie et imagerie medicale",
        "imaging",
        "diagnostic imaging",
        "medical imaging",
        "imaging procedure",
        "radiology",
    }
)
"""Headings under which systems file examinations of imaging, as the labels of the codes of imaging of ``imaging-category``."""


def is_heading(text: str) -> bool:
    """Whether a text is a heading of imaging, and says nothing of the examination."""
    return bare(text).replace("’", "'") in _HEADINGS


def modality_named(text: str) -> frozenset[str]:
    """The modality of which a text is the name and nothing more; empty for any other text."""
    modality = _names_of_modalities().get(bare(text))
    return frozenset({modality} if modality else ())


@cache
def _names_of_modalities() -> Mapping[str, str]:
    """The labels of the modalities and the words that name them, as they are compared."""
    single, _, several = _modality_words()
    return {**several, **single, **{bare(c.display): c.code for c in value_set("modality").concepts.values()}}


@cache
def _modality_words() -> tuple[Mapping[str, str], Mapping[str, str], Mapping[str, str]]:
    """The rows of ``mappings/modality-words.csv``: words, ends of words, and expressions of several words."""
    single: dict[str, str] = {}
    ends: dict[str, str] = {}
    several: dict[str, str] = {}
    for row in rows("modality-words"):
        words = row["words"]
        (ends if words[0] == "*" else several if " " in words else single)[words.lstrip("*")] = row["modality"]
    return single, ends, several


def modalities(text: str) -> frozenset[str]:
    """The modalities that a text names, radiography and ultrasound by their code without contrast."""
    single, ends, several = _modality_words()
    found = set()
    read = words(text)
    for word in read:
        if modality := single.get(word.plain) or single.get(word.written):
            found.add(modality)
        found |= {modality for end, modality in ends.items() if word.plain.endswith(end)}
    line = f" {' '.join(word.plain for word in read)} "
    found |= {modality for expression, modality in several.items() if f" {expression} " in line}
    return frozenset(found)


_NAMES_OF: Mapping[str, frozenset[str]] = {
    "CT": frozenset({"CT"}),
    "MR": frozenset({"MR"}),
    "MG": frozenset({"MG", "MED-1126"}),
    "NM": frozenset({"NM"}),
    "PT": frozenset({"PT"}),
    "MED-1126": frozenset({"MED-1126"}),
    "MED-1127": frozenset({"MED-1126"}),
    "MED-1128": frozenset({"MED-1128"}),
    "MED-1129": frozenset({"MED-1128"}),
}
"""The modalities that words may name for a code; interventional radiology and "autre" go with any."""

_AGENT = r"(injection|contraste|contrast|produit de contraste|iv contrast|pdc|gadolinium)"
_WITH = re.compile(rf"\b(avec|with|w)\s+((et|puis|ou|and|or)\s+(sans|without)\s+)?(une?\s+)?{_AGENT}\b")
_INJECTED = re.compile(r"\binjectee?s?\b")
_WITH_CONTRAST, _WITHOUT_CONTRAST = ("MED-1127", "MED-1129", "MED-1153"), ("MED-1126", "MED-1128", "MED-1154")


def contrary_modality(text: str, code: str) -> bool:
    """Whether words name only other modalities than the code beside them, and do not deny them."""
    named, known = modalities(text), _NAMES_OF.get(code)
    if not named or not known or not named.isdisjoint(known):
        return False
    return not all(only_denied(text, names_of("modality", other)) for other in named)


def contrast_said(text: str) -> frozenset[str]:
    """What words say of contrast: the code of "avec", that of "sans", both or neither."""
    plain = bare(text)
    is_without = is_denied(text, names_of("contrast-injection", "MED-1153"))
    is_with = bool(_WITH.search(plain)) or (not is_without and bool(_INJECTED.search(plain)))
    return frozenset(code for code, holds in (("MED-1153", is_with), ("MED-1154", is_without)) if holds)


def contrary_contrast(text: str, code: str) -> bool:
    """Whether words say "avec contraste" for a code without contrast, or the reverse."""
    if code in _WITH_CONTRAST:
        return contrast_said(text) == {"MED-1154"}
    return code in _WITHOUT_CONTRAST and contrast_said(text) == {"MED-1153"}


def wishes_other_contrast(text: str, code: str) -> bool:
    """Whether a clause that says nothing but an examination and contrast says another contrast than a code.

    "Sans injection" does; "dernier scanner sans injection" is about something else.
    """
    return any(
        contrary_contrast(" ".join(clause), code)
        for clause in clauses(text)
        if all(word in _OF_CONTRAST or says_nothing_itself(word) or modalities(word) for word in clause)
    )


_OF_CONTRAST = frozenset(
    "avec with w injection injecter injecte injectee contraste contrast produit pdc gadolinium iv svp examen".split()
)
"""Words of a clause that speaks of contrast only."""


_NO_SITE_OF_AN_EXAM = frozenset("face tete head cou neck cote".split())
"""Names of sites that say something else among the words of an examination: "de face", "tête fémorale"."""


@cache
def _site_phrases() -> Mapping[tuple[str, ...], frozenset[str]]:
    """The names of the usual sites as words, and the codes that they may stand for."""
    usual = {row["code"] for row in rows("other-names") if row["value_set"] == "site"}
    found: dict[tuple[str, ...], set[str]] = {}
    for (code, _), name in all_names("site"):
        phrase = tuple(word.plain for word in words(core(name)))
        if code in usual and not _NO_SITE_OF_AN_EXAM.intersection(phrase):
            found.setdefault(phrase, set()).add(code)
    return {phrase: frozenset(codes) for phrase, codes in found.items()}


def sites_examined(text: str) -> list[frozenset[str]]:
    """The sites that the words of an examination name: each as the codes that its name may stand for.

    None unless one stands right after the examination ("radiographie de la hanche") or at the start: elsewhere a site may belong
    to the reason ("douleur de la hanche").
    """
    read = [word for word in words(text) if word.plain not in _BETWEEN and word.plain not in side_words()]
    plain = [word.plain for word in read]
    found = [(index, codes) for index in range(len(read)) if (codes := _site_at(plain, index))]
    if not any(index == 0 or _ends_with_modality([word.written for word in read[:index]]) for index, _ in found):
        return []
    return [codes for _, codes in found]


_BETWEEN = ARTICLES | {"de", "of"}
"""Words that may stand between an examination and its site."""


def _ends_with_modality(words: list[str]) -> bool:
    """Whether words end with the name of an examination, of one word or of two ("x ray")."""
    return bool(modalities(words[-1])) or (not modalities(" ".join(words[-2:-1])) and bool(modalities(" ".join(words[-2:]))))


def _site_at(words: list[str], index: int) -> frozenset[str] | None:
    """The longest name of a site that begins at a word."""
    return next((codes for size in (3, 2, 1) if (codes := _site_phrases().get(tuple(words[index : index + size])))), None)


def contrary_site(text: str, stated: frozenset[str]) -> bool:
    """Whether the words of an examination name sites, and none that has to do with those of its codes."""
    named = sites_examined(text)
    return bool(named and stated) and not any(related("site", code, own) for codes in named for code in codes for own in stated)


def says_more_of_contrast(text: str, code: str) -> bool:
    """Whether words state contrast, or its absence, beside a modality that says nothing of it."""
    return code not in ("MED-1126", "MED-1127", "MED-1128", "MED-1129") and bool(contrast_said(text))
