"""What of a document is no fact about its patient, and no act that is asked for: the stylesheet never sees it.

What is about somebody else (``subject``), what bears a nullFlavor, what has the mood of something else (an act that was done, a
contra-indication that is a goal) and a consent that was withdrawn stay in the document, and so stand among the losses.
Source: HL7 CDA R2, 4.3.6 and 4.3.8; HL7 V3 datatypes R1, NullFlavor; docs/cda.md, "Reading".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import deepcopy
from typing import NamedTuple

from lxml import etree

from bridge.cda.parser import CDA, NUMBER, Paths
from bridge.findings.issues import Issue, LossClass, issue

__all__ = ["PLAN", "REQUESTS", "WITHDRAWN", "NoFact", "no_facts", "without"]

PLAN = "18776-5"
"""LOINC code of the section with the acts."""
REQUESTS = frozenset({"INT", "PRP", "GOL", "RQO"})
"""Moods of an act that is asked for; the official suites pass the first three."""
WITHDRAWN = frozenset({"aborted", "cancelled", "nullified", "obsolete"})

_STATEMENTS = frozenset(f"{CDA}{name}" for name in "act observation observationMedia organizer procedure".split())
_AROUND = _STATEMENTS | {
    f"{CDA}{name}"
    for name in (
        "authorization component consent documentationOf entry entryRelationship patient patientRole recordTarget section"
        " serviceEvent"
    ).split()
}
_DATA = ("code", "extension", "root", "value")
_SAYS_MORE = frozenset({"OTH", "MSK"})
"""Flavors beside which a value is no contradiction: of another system, or masked."""


class NoFact(NamedTuple):
    """An element that is not read, with all that it holds."""

    element: etree._Element
    finding: Issue | None
    """What is said of it; None where its losses say it all."""


def no_facts(elements: Iterable[etree._Element], paths: Paths) -> list[NoFact]:
    """Every such element, the outer ones only for a reason of their own."""
    return [found for element in elements for found in _reasons(element, paths)]


def without(root: etree._Element, found: Iterable[NoFact]) -> etree._Element:
    """The document without what is no fact: a copy, or the tree itself where there is nothing to leave out."""
    numbers = {one.element.get(NUMBER) for one in found}
    if not numbers:
        return root
    copy = deepcopy(root)
    for element in [e for e in copy.iter(etree.Element) if e.get(NUMBER) in numbers]:
        parent = element.getparent()
        if parent is not None:
            parent.remove(element)
    return copy


def _reasons(element: etree._Element, paths: Paths) -> Iterator[NoFact]:
    parent = element.getparent()
    if parent is None:
        return
    if _is_somebody_else(element, parent):
        yield NoFact(parent, _loss("IMGDA-1326", paths.of(element), "critical"))
    if (flavor := element.get("nullFlavor")) and _is_unknown(element, flavor):
        yield NoFact(element, _loss("IMGDA-1306", paths.of(element, "/@nullFlavor"), "clinical", flavor))
    mood = element.get("moodCode")
    if element.tag in _STATEMENTS and mood and mood not in (REQUESTS if _is_act(element) else ("EVN",)):
        yield NoFact(element, _loss("IMGDA-1327", paths.of(element, "/@moodCode"), "critical", mood))
    if element.tag == f"{CDA}consent" and any(s.get("code") in WITHDRAWN for s in element.iterchildren(f"{CDA}statusCode")):
        yield NoFact(element, None)


def _loss(code: str, path: str, kind: LossClass, value: str | None = None) -> Issue:
    return issue(code, path, loss=kind, value=value)


def _is_somebody_else(element: etree._Element, parent: etree._Element) -> bool:
    """Whether an element names the subject of what is around it, who is then not the patient of the document."""
    if parent.tag not in _STATEMENTS and parent.tag != f"{CDA}section":
        return False
    return element.tag == f"{CDA}subject" or (element.tag == f"{CDA}participant" and element.get("typeCode") == "SBJ")


def _is_unknown(element: etree._Element, flavor: str) -> bool:
    """Whether a nullFlavor takes what the element holds away: of a statement, or beside a value."""
    if element.tag in _AROUND:
        return True
    return flavor not in _SAYS_MORE and any(name in element.attrib for name in _DATA)


def _is_act(element: etree._Element) -> bool:
    """Whether an observation or procedure is an entry of the section with the acts."""
    entry = element.getparent()
    section = entry.getparent() if entry is not None and entry.tag == f"{CDA}entry" else None
    return section is not None and any(code.get("code") == PLAN for code in section.iterchildren(f"{CDA}code"))
