"""The displays and texts beside codes, against what the codes state: contrary ones, those that say more, denials.

Source: docs/decisions.md, 23 to 25.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bridge.fhir.ledger.node import Node
from bridge.fhir.read.coding import Combined, meaning
from bridge.fhir.read.findings import Findings
from bridge.fhir.read.texts import one_line
from bridge.tables.codes import table
from bridge.tables.concepts import BOTH, FACTS, LEFT, MODALITY, MODIFIER, RIGHT, SITE, Datum, Meaning
from bridge.wording.answers import is_denial
from bridge.wording.clauses import prepared
from bridge.wording.comparison import adds_to_label, adds_to_site
from bridge.wording.contrary import is_contrary
from bridge.wording.denials import only_denied
from bridge.wording.examinations import says_more_of_contrast
from bridge.wording.labels import names_a_part
from bridge.wording.names import names_in
from bridge.wording.spelling import same_words

__all__ = ["STATING", "check_codings", "check_denial", "check_display", "check_words"]

_TERM = re.compile(r"\|([^|]*)\|")


def check_codings(findings: Findings, codings: Sequence[Node]) -> None:
    """Report the codings of a concept said in words that contradict their own label, or each other."""
    sided: list[tuple[Node, str]] = []
    answers: list[tuple[Node, str]] = []
    for coding in codings:
        found = ((datum, stated) for datum in STATING if (stated := meaning(coding, datum, findings.settings)))
        if (first := next(found, None)) is not None:
            datum, stated = first
            check_display(findings, coding, datum, stated, report=False)
            named = {stated.concept.code, *stated.modifiers} & {RIGHT, LEFT, BOTH}
            sided += [(coding, side) for side in named]
        if row := table("yes-no").get((str(coding.peek("system")), str(coding.peek("code")))):
            answers.append((coding, row.concept.code))
    for code, said in (("IMGDA-0440", sided), ("IMGDA-0443", answers)):
        for coding, value in said:
            if value != said[0][1]:
                findings.note_once(code, coding.path)


def check_denial(findings: Findings, concept: Node, codings: Sequence[Node], text: str) -> None:
    """Report a text that denies what a label beside it says: "pas d'asthme" for "Asthme"."""
    if codings and is_denial(text):
        said = prepared(text)
        labels = {one_line(coding.peek("display")) for coding in codings}
        if any(label and only_denied(said, names_in(label)) for label in labels):
            findings.contradiction(concept.at("text"), text)


def check_display(findings: Findings, coding: Node, datum: Datum, stated: Meaning, *, report: bool) -> None:
    """Report a display that is contrary to its own code, or only another wording (docs/decisions.md, 25)."""
    if stated.table == "expression" and _has_contrary_term(str(coding.peek("code")), stated):
        findings.note("IMGDA-0444", coding.at("code"))
    display = one_line(coding.peek("display"))
    if not display or same_words(display, stated.concept.display):
        return
    if is_contrary(display, datum.name, stated.concept, frozenset(stated.modifiers), contrast=stated.states_contrast):
        findings.note_once("IMGDA-0444", coding.at("display"), value=display)
    elif report and _says_more(display, datum, stated):
        findings.note("IMGDA-0450", coding.at("display"), value=display)
    elif report:
        findings.note("IMGDA-0501", coding.at("display"), value=display)


def check_words(
    findings: Findings, concept: Node, unknown: Sequence[Node], datum: Datum, together: Combined, *, denials: bool = True
) -> None:
    """Report a text, or the display of a coding that no table knows, that is contrary to the codes beside it.

    The sides that words name beside a site are compared where all its modifiers are known
    (:mod:`bridge.fhir.read.request.acts`).
    """
    stated = frozenset(together.modifiers) if datum.name != "site" else frozenset()
    target, contrast = together.meaning.concept, together.states_contrast
    places = [(concept, "text"), *((coding, "display") for coding in unknown)]
    for node, name in places:
        text = one_line(node.peek(name))
        if text and is_contrary(text, datum.name, target, stated, contrast=contrast, denials=denials):
            findings.contradiction(node.at(name), text)


def _has_contrary_term(expression: str, stated: Meaning) -> bool:
    """Whether a term between bars of a post-coordinated expression names another site or side than its code."""
    terms = [term for match in _TERM.finditer(expression) if (term := match[1].strip())]
    return any(is_contrary(term, "site", stated.concept, frozenset(stated.modifiers)) for term in terms)


def _says_more(display: str, datum: Datum, stated: Meaning) -> bool:
    """Whether a display says more than its code: a part of its site, contrast of a modality, a stage of a disease."""
    label = stated.concept.display
    if datum.name == "site":
        return names_a_part(display, stated.concept) or adds_to_site(display, label)
    if datum.name in _TOLD_APART:
        return adds_to_label(display, label)
    return datum.name == "modality" and says_more_of_contrast(display, stated.concept.code)


_TOLD_APART = ("care-information", "contraindication", "pet-function", "scintigraphy-function")
"""Value sets whose labels are whole, so that further words of a display say more."""
STATING = (MODIFIER, SITE, *FACTS, MODALITY)
"""What the codings of a concept that is said in words may state, so that their labels can be compared with them."""
