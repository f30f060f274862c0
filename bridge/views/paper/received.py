"""What a received document gives to read and its order does not hold: it was attested as well, so it is shown.

Source: docs/paper.md; :mod:`bridge.cda.losses`, which knows what nothing of the order says.
"""

from __future__ import annotations

from collections.abc import Iterable

from lxml import etree

from bridge.cda.parser import CDA
from bridge.findings.issues import Issue, Language
from bridge.views.report import element_at
from bridge.views.sheet import Run, SheetBlock, SheetEntry, Value
from bridge.views.sheet.values import readable
from bridge.views.sheet.words import labels

__all__ = ["received"]

_NARRATIVE = frozenset({"IMGDA-1302", "IMGDA-1322"})
"""Losses that are words of the narrative."""
_SERIOUS = frozenset({"critical", "clinical"})


def received(root: etree._Element, issues: Iterable[Issue], language: Language) -> SheetBlock | None:
    """Every text of the narrative that the order does not hold, under the title of its section, then values that matter."""
    texts: dict[str, list[Value]] = {}
    values: list[Value] = []
    for found in issues:
        if not found.loss or not found.value:
            continue
        said = readable(found.value)
        if found.code in _NARRATIVE:
            texts.setdefault(_section(root, found.path), []).append((Run(said),))
        elif found.loss in _SERIOUS:
            values.append((Run(f"{said} "), Run(f"({_place(found.path or '')})")))
    words = labels(language)
    entries = [SheetEntry(label=title or words["text"], values=tuple(said)) for title, said in texts.items()]
    if values:
        entries.append(SheetEntry(label=words["coded"], values=tuple(values)))
    return SheetBlock(key="received", kind="received", title=words["received"], entries=tuple(entries)) if entries else None


def _section(root: etree._Element, path: str | None) -> str:
    """The title of the section around a place."""
    element = element_at(root, path)
    if element is None:
        return ""
    section = next(element.iterancestors(f"{CDA}section"), None)
    title = None if section is None else section.find(f"{CDA}title")
    return "" if title is None else readable(" ".join("".join(map(str, title.itertext())).split()))


def _place(path: str) -> str:
    return "/".join(path.split("/")[-3:])
