"""Texts of an input as the order holds them, and the words of a narrative."""

from __future__ import annotations

import html
import re

__all__ = ["clean", "one_line", "plain_text"]

_LINE_BREAKS = re.compile(r"\r\n?|[\u0085\u2028]")
_SPACES = re.compile(r"\s+")
_TAGS = re.compile(r"<(?:br|/p|/li|/tr|/div|/h\d)[^>]*>", re.IGNORECASE)
_CELL = re.compile(r"</t[dh][^>]*>", re.IGNORECASE)
_ANY_TAG = re.compile(r"<[^>]*>")


def clean(text: object) -> str | None:
    """A text as the order holds it: ``\\n`` for a line break, no white space at its ends; None when nothing is left."""
    return _LINE_BREAKS.sub("\n", text).strip() or None if isinstance(text, str) else None


def one_line(text: object) -> str | None:
    """A text on one line with single spaces; None when nothing is left."""
    return _SPACES.sub(" ", text).strip() or None if isinstance(text, str) else None


def plain_text(div: str) -> str:
    """The words of an XHTML narrative, one line for each of its blocks."""
    return html.unescape(_ANY_TAG.sub("", _CELL.sub(" ", _TAGS.sub("\n", div))))
