"""An act that a document asks for, and what its sites and its modality say against themselves and each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from lxml import etree

from bridge.cda.contradictions.codes import SIDES, concept_of, meaning_of, modifiers_of
from bridge.cda.contradictions.document import CodeWords, DocumentWords
from bridge.cda.parser import CDA
from bridge.findings.issues import Issue
from bridge.tables.codes import Concept, related
from bridge.tables.concepts import CONTRAST, MODALITY, SITE, Meaning, adds_up
from bridge.wording.contrary import is_contrary
from bridge.wording.examinations import contrary_contrast
from bridge.wording.sides import contrary_sides, label_sides, sides

__all__ = ["RequestedAct", "in_modality", "in_sites"]

_ANY_EXAM = frozenset({"C63334", "OT"})
"""Interventional radiology and "autre": any other modality may stand beside them."""
_SPOKEN = {"MED-1153": "avec contraste", "MED-1154": "sans contraste"}


@dataclass(eq=False)
class RequestedAct:
    """An entry of the section with the acts, its words, and the codes of its sites."""

    entry: etree._Element
    code: etree._Element
    words: list[CodeWords]
    sites: list[etree._Element]

    @classmethod
    def of(cls, document: DocumentWords, entry: etree._Element) -> RequestedAct | None:
        """The act of an entry; None where it has no code."""
        code = entry.find(f"{CDA}code")
        if code is None:
            return None
        words = {w.text: w for w in [*document.words(code, "originalText"), *document.words(entry, "text")]}
        return cls(entry, code, list(words.values()), entry.findall(f"{CDA}targetSiteCode"))

    @cached_property
    def modality(self) -> Concept | None:
        """The modality, if it is of the value set."""
        return concept_of(self.code, "modality")

    @cached_property
    def modality_stated(self) -> Meaning | None:
        """What its code states of the modality, whatever code system it is of."""
        return meaning_of(self.code, MODALITY)

    @cached_property
    def modifiers(self) -> frozenset[str]:
        """Every modifier that the codes of its sites state."""
        return frozenset(modifier for site in self.sites for modifier, _ in modifiers_of(site))


def in_sites(document: DocumentWords, act: RequestedAct) -> Iterator[Issue]:
    """What the sites of an act say against themselves."""
    for site in act.sites:
        stated = [(side, place) for side, place in modifiers_of(site) if side in SIDES]
        for side, place in stated:
            if side != stated[0][0]:
                yield document.note("IMGDA-0440", place)
        own = meaning_of(site, SITE)
        for translation in site.iterchildren(f"{CDA}translation"):
            other = meaning_of(translation, SITE)
            if own and other and not related("site", own.concept.code, other.concept.code):
                yield document.note("IMGDA-0443", translation)
        yield from _words_of_site(document, site, own.concept if own else None, frozenset(side for side, _ in stated))
        yield from _words_of_modifiers(document, site)


def _words_of_site(
    document: DocumentWords, site: etree._Element, concept: Concept | None, stated: frozenset[str]
) -> Iterator[Issue]:
    """The words of a site against its codes."""
    known = stated | label_sides(concept.display if concept else "")
    for words in document.words(site, "originalText"):
        another = concept is not None and is_contrary(words.text, "site", concept, stated)
        if another or contrary_sides(sides(words.text), known):
            yield document.contrary(words)
        elif not known and sides(words.text):
            yield document.lost(words.place, words.text)


def _words_of_modifiers(document: DocumentWords, site: etree._Element) -> Iterator[Issue]:
    """The words of the modifiers of a site against their codes."""
    for value in site.iter(f"{CDA}value"):
        modifier = concept_of(value, "topographic-modifier")
        for words in document.words(value, "originalText"):
            if modifier and is_contrary(words.text, "topographic-modifier", modifier):
                yield document.lost(words.place, words.text)


def in_modality(document: DocumentWords, act: RequestedAct) -> Iterator[Issue]:
    """What the translations of the modality state, and the words of contrast, against the codes."""
    values = act.code.findall(f"{CDA}qualifier/{CDA}value")
    contrast = next((stated.concept.code for value in values if (stated := meaning_of(value, CONTRAST))), None)
    for translation in act.code.iterchildren(f"{CDA}translation"):
        if _is_other_modality(act, translation):
            yield document.note("IMGDA-0443", translation)
        if _is_other_contrast(act, contrast, translation):
            yield document.note("IMGDA-0443", translation)
        if _is_other_site(act, translation):
            yield document.note("IMGDA-0443", translation)
        if _is_other_side(act, translation):
            yield document.note("IMGDA-0440", translation)
    for value in values:
        concept = concept_of(value, "contrast-injection")
        for words in [*act.words, *document.words(value, "originalText")]:
            if concept and contrary_contrast(words.text, concept.code):
                yield document.contrary(words)


def _is_other_modality(act: RequestedAct, translation: etree._Element) -> bool:
    """Whether a modality is neither that of the act, more or less precise, nor the other half of a hybrid examination."""
    own, other = act.modality_stated, meaning_of(translation, MODALITY)
    if own is None or other is None or own.concept.code in _ANY_EXAM:
        return False
    return not (adds_up(MODALITY, own, other) or adds_up(MODALITY, other, own))


def _is_other_contrast(act: RequestedAct, contrast: str | None, translation: etree._Element) -> bool:
    wish, own = meaning_of(translation, CONTRAST), act.modality_stated
    code = contrast or (own.concept.code if own else "")
    return wish is not None and contrary_contrast(_SPOKEN[wish.concept.code], code)


def _is_other_site(act: RequestedAct, translation: etree._Element) -> bool:
    other = meaning_of(translation, SITE)
    codes = [stated.concept.code for site in act.sites if (stated := meaning_of(site, SITE))] if other else []
    return other is not None and bool(codes) and not any(related("site", other.concept.code, code) for code in codes)


def _is_other_side(act: RequestedAct, translation: etree._Element) -> bool:
    said, stated = {side for side, _ in modifiers_of(translation)} & SIDES, act.modifiers & SIDES
    return bool(said and stated) and said.isdisjoint(stated)
