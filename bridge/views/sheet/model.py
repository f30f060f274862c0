"""The sheet: an order as a person reads it, before it is paper or page.

Plain, frozen data: the templates print it and decide nothing. Every piece of text knows which leaves of the order it shows, so
that a test can hold the law of ``docs/paper.md``: each leaf is shown, or ``mappings/paper-omitted.csv`` says why not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from bridge.findings.issues import Language

__all__ = ["Banner", "BlockKind", "Mark", "Run", "Sheet", "SheetBlock", "SheetEntry", "Symbol", "Value"]

Mark = Literal["", "strong", "boxed"]
"""How a piece of text stands out; never by a colour alone."""
BlockKind = Literal["requester", "document", "urgency", "patient", "act", "answers", "text", "people", "small", "received"]


class Run(NamedTuple):
    """A piece of text, and the leaves of the order that it shows."""

    text: str
    paths: tuple[str, ...] = ()
    mark: Mark = ""


Value = tuple[Run, ...]
"""One paragraph: its pieces follow each other without a space of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetEntry:
    """A label and what stands beside it, never apart."""

    label: str
    values: tuple[Value, ...]
    """Paragraphs."""
    claims: tuple[str, ...] = ()
    """Leaves that say the same again, or that the label shows."""
    symbol: Symbol | None = None
    """A bar code of the value."""

    @property
    def paths(self) -> tuple[str, ...]:
        """The leaves of the order that this entry shows."""
        return (*(path for value in self.values for run in value for path in run.paths), *self.claims)

    @property
    def lines(self) -> tuple[str, ...]:
        """The paragraphs as plain texts."""
        return tuple("".join(run.text for run in value) for value in self.values)


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetBlock:
    """A part of the sheet under a title."""

    key: str
    """A name for anchors and styles."""
    kind: BlockKind
    title: str
    entries: tuple[SheetEntry, ...]


class Banner(NamedTuple):
    """A line that nobody may overlook."""

    text: str
    paths: tuple[str, ...] = ()


class Symbol(NamedTuple):
    """Something to scan."""

    kind: Literal["datamatrix", "code128"]
    data: bytes
    caption: str
    alt: str
    """What it is, for those who do not see it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One order, ready to be printed."""

    language: Language
    """Of labels; values stay as they are."""
    title: str
    about: str
    """Title of the file: what it is, and its number; no name of a patient."""
    author: str
    created_at: str
    """Date and time of the document, ISO 8601: the date of the file too."""
    banners: tuple[Banner, ...]
    blocks: tuple[SheetBlock, ...]
    """In the order in which they are read."""
    symbol: Symbol | None
    """The INS to scan, where the identity is qualified and complete."""
    signature: SheetBlock
    """Who established the document; beside it the place for a signature."""
    foot: tuple[str, ...]
    """What each page says at its foot."""
    name: str
    """Name of the file, without suffix; it tells nothing about the patient."""

    def block(self, key: str) -> SheetBlock | None:
        """The block of this name."""
        return next((block for block in self.blocks if block.key == key), None)

    @property
    def entries(self) -> Iterator[SheetEntry]:
        """Every entry, in the order in which they are read."""
        for block in (*self.blocks, self.signature):
            yield from block.entries

    @property
    def shown(self) -> frozenset[str]:
        """Every leaf of the order that is shown."""
        banners = (path for banner in self.banners for path in banner.paths)
        return frozenset((*banners, *(path for entry in self.entries for path in entry.paths), "document.title"))
