"""The sides that words name beside the sites of a request: of a site, of its modifiers, of the examination, of a narrative.

Source: docs/decisions.md, 24 and 25.
"""

from __future__ import annotations

from bridge.fhir.ledger.node import Node
from bridge.fhir.read.coding import meaning
from bridge.fhir.read.concepts import Context, code_of
from bridge.fhir.read.request.examination import Exam
from bridge.fhir.read.request.site import ReadSite, words_of
from bridge.fhir.read.texts import clean, plain_text
from bridge.tables.concepts import BOTH, LEFT, MODIFIER, RIGHT, SITE
from bridge.wording.examinations import contrary_site
from bridge.wording.sides import names_other_side, sides, sides_of_site
from bridge.wording.spelling import same_words

__all__ = ["side_in_words", "words_of_exam", "words_of_modifier", "words_of_narrative"]


def side_in_words(context: Context, site: ReadSite) -> None:
    """A side that the words of a site name and none of its codes states: a critical loss, or read where the settings say so.

    Source: docs/decisions.md, 24.
    """
    if not site.sides_in_words:
        return
    named = [words for concept in site.concepts for words in words_of(concept) if sides(words[2])]
    if site.sides:
        for node, name, text in named:
            if names_other_side(text, site.stated) and not _states_side(context, node):
                context.contradiction(node.at(name), text)
    elif context.settings.free_text_laterality and len(site.sides_in_words) == 1:
        site.add(code_of(MODIFIER.name, next(iter(site.sides_in_words))))
    else:
        for node, name, _ in named:
            node.lose(name, "IMGDA-0446", "critical")


def _states_side(context: Context, coding: Node) -> bool:
    """Whether a coding states a side itself; its display is compared with that already."""
    own = meaning(coding, SITE, context.settings)
    return bool(own and own.modifiers) or meaning(coding, MODIFIER, context.settings) is not None


def words_of_modifier(context: Context, concept: Node, site: ReadSite) -> None:
    """The text of a qualifier that names the other side."""
    text, stated = clean(concept.peek("text")), frozenset(code.code for code in site.modifiers)
    if text and names_other_side(text, stated):
        context.contradiction(concept.at("text"), text)
    if text and ((sides(text) and sides(text) <= stated) or any(same_words(text, m.display or "") for m in site.modifiers)):
        concept.decide("text")


def words_of_exam(context: Context, exam: Exam, found: list[ReadSite]) -> None:
    """The sides that the words of the examination name, against those of its sites (docs/decisions.md, 24 and 25)."""
    if exam.concept is None or not found:
        return
    stated = frozenset(side for site in found for side in site.sides)
    codes = frozenset(site.code for site in found if site.location)
    for node, name, text in words_of(exam.concept):
        if contrary_site(text, codes):
            context.contradiction(node.at(name), text)
        if not stated:
            _side_alone(context, node, name, text)
        elif names_other_side(text, stated):
            context.contradiction(node.at(name), text)


def _side_alone(context: Context, node: Node, name: str, text: str) -> None:
    """A side that the words of an examination name and no site has: lost beside a site or in a display, else said."""
    if sides_of_site(text) or (name == "display" and sides(text)):
        node.lose(name, "IMGDA-0446", "critical")
    elif sides(text):
        context.note("IMGDA-0447", node.at(name), value=text)


def words_of_narrative(request: Node, found: list[ReadSite]) -> None:
    """A side that a narrative beyond the data names and no site has is lost there, as in an unknown extension."""
    narrative = request.child("text")
    if narrative is None or narrative.peek("status") in ("generated", "empty"):
        return
    stated = {side for site in found for side in site.sides}
    stated |= {RIGHT, LEFT} if BOTH in stated else {BOTH} if {RIGHT, LEFT} <= stated else set()
    if sides_of_site(plain_text(str(narrative.peek("div")))) - stated:
        narrative.lose("div", "IMGDA-0901", "critical")
