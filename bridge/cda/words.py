"""Titles and narratives of the sections of a received document, its narrative as XHTML that may be shown.

Source: docs/fhir.md, 2.9.
"""

from __future__ import annotations

from collections.abc import Iterable

from lxml import etree

from bridge.cda.narrative import xhtml
from bridge.cda.parser import CDA, ParsedDocument
from bridge.findings.issues import Issue
from bridge.order.narratives import SectionWords, Words

__all__ = ["words_of"]

_LOINC = "2.16.840.1.113883.6.1"


def words_of(parsed: ParsedDocument, issues: Iterable[Issue]) -> Words:
    """The words of each section that has a LOINC code; *issues* tell which narratives say more than the order read from them."""
    unread = {found.path.partition("/text")[0] for found in issues if found.loss and found.path}
    found: dict[str, SectionWords] = {}
    for section in parsed.root.iter(f"{CDA}section"):
        code = section.find(f"{CDA}code")
        if code is None or code.get("codeSystem") != _LOINC or not (name := code.get("code")):
            continue
        found[name] = _joined(found.get(name), _words(section, parsed.paths.of(section) in unread))
    return found


def _words(section: etree._Element, is_more: bool) -> SectionWords:
    title, text = section.find(f"{CDA}title"), section.find(f"{CDA}text")
    words = " ".join("".join(title.itertext()).split()) if title is not None else ""
    if text is None or not "".join(text.itertext()).strip():
        return SectionWords(words or None)
    return SectionWords(words or None, xhtml(text), is_more)


def _joined(first: SectionWords | None, second: SectionWords) -> SectionWords:
    """Two sections of one code: the title of the first, the words of both."""
    if first is None:
        return second
    both = "".join(text for text in (first.xhtml, second.xhtml) if text)
    return SectionWords(first.title or second.title, both or None, first.says_more or second.says_more)
