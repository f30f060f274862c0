"""What the codes of a document state, and the words and translations of one code against it."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from bridge.cda.contradictions.document import DocumentWords
from bridge.cda.parser import CDA
from bridge.cda.wording import is_contrary_to
from bridge.findings.issues import Issue
from bridge.settings import Settings
from bridge.tables.codes import Concept, related, value_set
from bridge.tables.concepts import BOTH, LEFT, MODIFIER, RIGHT, SITE, Datum, Meaning, of

__all__ = ["SIDES", "concept_of", "contrary_to", "meaning_of", "modifiers_of"]

SIDES = frozenset({RIGHT, LEFT, BOTH})
_SETTINGS = Settings()


def meaning_of(element: etree._Element, datum: Datum) -> Meaning | None:
    """What a code of the document states of a datum."""
    code = (element.get("code") or "").strip()
    return of(code, element.get("codeSystem"), datum, _SETTINGS) if code else None


def concept_of(element: etree._Element, name: str) -> Concept | None:
    """The concept of a value set that a code is; without a system, where it is unique."""
    code, system = (element.get("code") or "").strip(), element.get("codeSystem")
    return value_set(name).find(code, system) if system else value_set(name).unique(code)


def modifiers_of(concept: etree._Element) -> list[tuple[str, etree._Element]]:
    """The modifiers that a code, its translations and its qualifiers state, and where."""
    found: list[tuple[str, etree._Element]] = []
    for element in concept.iter(str(concept.tag), f"{CDA}translation", f"{CDA}value"):
        site, modifier = meaning_of(element, SITE), meaning_of(element, MODIFIER)
        found += [(side, element) for side in (site.modifiers if site else ())]
        if modifier and not (site and element is concept):
            found.append((modifier.concept.code, element))
    return found


def contrary_to(document: DocumentWords, value: etree._Element, name: str, *, present: bool = True) -> Iterator[Issue]:
    """The words and translations of a coded value that name another concept of its value set, or deny it."""
    concept = concept_of(value, name)
    if concept is None:
        return
    for words in document.words(value, "originalText"):
        if is_contrary_to(words.text, name, concept, denials=present):
            yield document.contrary(words)
    for translation in value.iterchildren(f"{CDA}translation"):
        other = concept_of(translation, name)
        if other and not related(name, concept.code, other.code):
            yield document.note("IMGDA-0443", translation)
