"""What the parts of a document say against each other: sides, modalities, answers, codes and the words beside them.

A document is held to the rules of an order: what contradicts itself is an error, what the words say against the codes is as loud
as the setting ``contradictions`` says, a side that the narrative alone names is a critical loss.
Source: docs/decisions.md, 23 to 25.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lxml import etree

from bridge.cda.contradictions import acts, answers
from bridge.cda.contradictions.document import DocumentWords, Level
from bridge.cda.parser import Paths
from bridge.findings.issues import Issue

__all__ = ["find"]


def find(root: etree._Element, paths: Paths, unread: Iterable[etree._Element], level: Level = "warning") -> Iterator[Issue]:
    """Every contradiction of a document; *unread* are the elements that are no facts, *level* weighs contrary words."""
    document = DocumentWords(root, paths, frozenset(unread), level)
    yield from acts.find(document)
    yield from answers.contraindications(document)
    yield from answers.yes_and_no(document)
    yield from answers.urgency(document)
