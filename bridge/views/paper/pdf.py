"""The sheet as PDF, by Typst: PDF/A-3a and PDF/UA-1 with the CDA document inside for paper, PDF/A-1a and PDF/UA-1 for a mail.

Data reach the template as JSON in memory only, where every value is a string and none is markup; the template reads no file and
no network. The same sheet gives the same bytes: the only date is that of the document. Source: docs/paper.md.
"""

from __future__ import annotations

import json
import threading
from functools import cache
from pathlib import Path
from typing import Any, Literal

from bridge.findings.errors import OrderError
from bridge.findings.issues import issue
from bridge.views.paper.glyphs import Glyphs, breakable
from bridge.views.paper.symbols import svg
from bridge.views.sheet import Sheet, SheetBlock, SheetEntry, Symbol
from bridge.views.sheet.words import labels

__all__ = ["ATTACHED", "LONGEST", "Variant", "pdf"]

Variant = Literal["paper", "mail"]
"""For paper the CDA document is inside the file; a file for a mail has no attachment, as MSSanté demands."""
ATTACHED = "demande.xml"
"""Name of the CDA document inside the file."""

LONGEST = 400_000
"""Characters of a sheet that are printed, some hundred pages: more takes Typst longer than a request may."""

_HERE = Path(__file__).parent
_STANDARDS = {"paper": ["a-3a", "ua-1"], "mail": ["a-1a"]}
_PROBE = b"""#set document(title: "x", date: datetime(year: 2026, month: 1, day: 1))
#set text(font: "Atkinson Hyperlegible")
#json("sheet.json")
"""
"""Prints one text, to know whether the fonts can show it."""


class _Press:
    """The compiler of Typst with the shipped fonts; one for each process, used by one thread at a time."""

    def __init__(self) -> None:
        import typst

        self._error = typst.TypstError
        self._compiler: Any = typst.Compiler(font_paths=[str(_HERE.parent / "fonts")], ignore_system_fonts=True)
        self._lock = threading.Lock()
        self._template = (_HERE / "templates" / "sheet.typ").read_bytes()
        self.glyphs = Glyphs(self._can_show)

    def _compile(self, template: bytes, data: Any, standards: list[str], document: bytes | None = None) -> bytes:
        files = {"main.typ": template, "sheet.json": json.dumps(data, ensure_ascii=False).encode()}
        if document is not None:
            files[ATTACHED] = document
        with self._lock:
            made = self._compiler.compile(input=files, format="pdf", pdf_standards=standards)
        assert isinstance(made, bytes)
        return made

    def _can_show(self, sign: str) -> bool:
        try:
            self._compile(_PROBE, f"a{sign}a", ["a-2a"])
        except self._error:
            return False
        return True

    def print(self, data: dict[str, Any], variant: Variant, document: bytes | None) -> bytes:
        """The file of some data."""
        return self._compile(self._template, data, _STANDARDS[variant], document)


@cache
def _press() -> _Press:
    return _Press()


def pdf(sheet: Sheet, document: bytes | None = None, variant: Variant = "paper") -> bytes:
    """The file of a sheet; for paper with its CDA *document* inside. Raises :class:`OrderError` for more than :data:`LONGEST`."""
    if (length := _length(sheet)) > LONGEST:
        raise OrderError(issue("IMGDA-1828", None, count=str(length), limit=str(LONGEST)))
    press = _press()
    attached = document if variant == "paper" else None
    return press.print(_data(sheet, press.glyphs, attached is not None), variant, attached)


def _length(sheet: Sheet) -> int:
    """Characters of the sheet."""
    return sum(len(run.text) for entry in sheet.entries for value in entry.values for run in value)


def _data(sheet: Sheet, glyphs: Glyphs, attached: bool) -> dict[str, Any]:
    """The sheet as JSON data: texts that the fonts can show and lines can hold."""

    def said(text: str) -> str:
        return breakable(glyphs.shown(text))

    def entry(one: SheetEntry) -> dict[str, Any]:
        values = [[{"text": said(run.text), "mark": run.mark} for run in value if run.text] for value in one.values]
        return {"label": said(one.label), "values": values, "symbol": _symbol(one.symbol, said)}

    def block(one: SheetBlock) -> dict[str, Any]:
        entries = [entry(found) for found in one.entries]
        return {"key": one.key, "kind": one.kind, "title": said(one.title), "entries": entries}

    return {
        "lang": sheet.language,
        "title": said(sheet.title),
        "about": glyphs.shown(sheet.about),
        "author": glyphs.shown(sheet.author),
        "date": sheet.created_at,
        "banners": [said(banner.text) for banner in sheet.banners],
        "blocks": [block(one) for one in sheet.blocks],
        "symbol": _symbol(sheet.symbol, said),
        "signature": block(sheet.signature),
        "sign": labels(sheet.language)["signature"],
        "foot": [said(text) for text in sheet.foot],
        "attached": ATTACHED if attached else None,
    }


def _symbol(symbol: Symbol | None, said: Any) -> dict[str, str] | None:
    if symbol is None:
        return None
    return {"svg": svg(symbol), "caption": said(symbol.caption), "alt": said(symbol.alt)}
