"""A document as its codes are compared with its words: the entries that are read, the texts beside their codes, the cells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from lxml import etree

from bridge.cda.facts import WITHDRAWN
from bridge.cda.parser import CDA, Paths
from bridge.findings.issues import Issue, issue

__all__ = ["CodeWords", "DocumentWords", "Level", "is_about", "row_around", "text_of"]

Level = Literal["warning", "error"]


class CodeWords(NamedTuple):
    """A text beside a code: the element that gives or names it, and what it says."""

    place: etree._Element
    text: str
    shown: etree._Element | None
    """The narrative element that a reference leads to."""


class DocumentWords:
    """Finds what stands beside the codes of one document, and says what contradicts them."""

    def __init__(self, root: etree._Element, paths: Paths, unread: frozenset[etree._Element], level: Level) -> None:
        self.root = root
        self._paths = paths
        self._unread = unread
        self._level: Level = level
        self._targets = {i: e for e in root.iter(etree.Element) if (i := e.get("ID")) is not None}
        self.sections = list(root.iter(f"{CDA}section"))
        self._columns: dict[tuple[etree._Element | None, str], int | None] = {}
        """The place of a heading in a table."""

    # --- what is said ------------------------------------------------------------------------------------------------

    def note(self, code: str, place: etree._Element, value: str | None = None, leaf: str = "") -> Issue:
        """An issue at an element or one of its attributes."""
        return issue(code, self._paths.of(place, leaf), value=value)

    def contrary(self, words: CodeWords) -> Issue:
        """Words that are contrary to the codes beside them."""
        return issue("IMGDA-0445", self._paths.of(words.place), severity=self._level, value=words.text)

    def lost(self, place: etree._Element, text: str, code: str = "IMGDA-1325") -> Issue:
        """Words that say what no code states: a side, a contra-indication."""
        return issue(code, self._paths.of(place), loss="critical", value=text)

    # --- what stands there -------------------------------------------------------------------------------------------

    def entries(self, section_code: str) -> Iterator[etree._Element]:
        """The observations and procedures of a section that are read."""
        for section in self.sections:
            if is_about(section, section_code):
                for entry in section.iterchildren(f"{CDA}entry"):
                    yield from filter(self.is_read, entry.iterchildren(f"{CDA}observation", f"{CDA}procedure"))

    def is_read(self, element: etree._Element) -> bool:
        """Whether an element is a fact about the patient that was not withdrawn."""
        if any(status.get("code") in WITHDRAWN for status in element.iterchildren(f"{CDA}statusCode")):
            return False
        return not self._unread or self._unread.isdisjoint((element, *element.iterancestors()))

    def words(self, element: etree._Element, *names: str) -> list[CodeWords]:
        """The texts of an element, each once: what is referred to, else its own words."""
        found: dict[str, CodeWords] = {}
        for place in element.iterchildren(*(f"{CDA}{name}" for name in names)):
            shown = self.target(place.find(f"{CDA}reference"))
            text = text_of(place if shown is None else shown)
            if text:
                found.setdefault(text, CodeWords(place, text, shown))
        return list(found.values())

    def target(self, reference: etree._Element | None) -> etree._Element | None:
        """The narrative element that a reference leads to."""
        return None if reference is None else self._targets.get((reference.get("value") or "").strip().removeprefix("#"))

    def cell(self, row: etree._Element, heading: str) -> etree._Element | None:
        """The cell of a row under the heading that begins with some words."""
        table = next(row.iterancestors(f"{CDA}table"), None)
        if (table, heading) not in self._columns:
            self._columns[table, heading] = _column(table, heading)
        column, cells = self._columns[table, heading], row.findall(f"{CDA}td")
        return cells[column] if column is not None and column < len(cells) else None


def is_about(entry: etree._Element, code: str) -> bool:
    """Whether a section or an entry has a code."""
    return any(one.get("code") == code for one in entry.iterchildren(f"{CDA}code"))


def text_of(element: etree._Element) -> str:
    """The words of an element on one line."""
    return " ".join(" ".join(t for t in element.itertext() if t).split())


def row_around(inside: etree._Element) -> etree._Element | None:
    """The row of a table in which an element stands."""
    return next(inside.iterancestors(f"{CDA}tr"), None)


def _column(table: etree._Element | None, heading: str) -> int | None:
    """The place of the first heading of a table that begins with some words."""
    heads = table.findall(f"{CDA}thead/{CDA}tr[1]/{CDA}th") if table is not None else []
    return next((place for place, head in enumerate(heads) if text_of(head).startswith(heading)), None)
