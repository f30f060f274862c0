"""Reads XML that others wrote: no DTD, no entities, no network, and no text that was not looked at first.

A parser that chooses the encoding itself can see a DOCTYPE where we see none. So the bytes are decoded here, the text before the
root is read here, and the parser is told the encoding. Texts may be of any size, because an attachment may exceed the ten
megabytes that libxml2 allows; without a DTD nothing can grow.

Source: docs/design.md, "What is untrusted"; XML 1.0 (fifth edition), 2.8 Prolog and 4.3.3 Character encoding.
"""

from __future__ import annotations

import re
from typing import Literal, NoReturn

from lxml import etree

__all__ = ["MANY", "Reason", "Unreadable", "attributes", "encoding_of", "read", "root_name"]

Reason = Literal["empty", "encoding", "doctype", "depth", "syntax"]


class Unreadable(ValueError):
    """The text is not XML that is read."""

    def __init__(self, reason: Reason, line: int = 0, column: int = 0) -> None:
        super().__init__(reason)
        self.reason: Reason = reason
        self.line = line
        self.column = column


_CODECS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "utf-16": "utf-8",  # written in single bytes, the declaration is wrong: real UTF-16 begins with its mark
    "us-ascii": "ascii",
    "ascii": "ascii",
    "iso-8859-1": "latin-1",
    "latin1": "latin-1",
    "iso-8859-15": "iso-8859-15",
    "windows-1252": "cp1252",
}
"""The encodings that a declaration may name, each with the codec that reads it: in all of them ASCII is ASCII."""

_SPACE = r"[ \t\r\n]"
_DECLARATION = re.compile(rf"""<\?xml(?={_SPACE})(?P<inside>.*?)\?>""", re.DOTALL)
_ENCODING = re.compile(rf"""{_SPACE}encoding{_SPACE}*={_SPACE}*(?:"([^"]*)"|'([^']*)')""")
_PROLOG = re.compile(rf"(?:{_SPACE}++|<\?(?!xml[ \t\r\n?]).*?\?>|<!--.*?-->)*+", re.DOTALL | re.IGNORECASE)
"""White space, processing instructions and comments. A second declaration is none of them."""
_DOCTYPE = "<!DOCTYPE"


def read(source: bytes | str, *, whole: bool = False) -> etree._Element:
    """The root element of an XML text, without comments and processing instructions unless the *whole* text is wanted.

    Raises :class:`Unreadable` for what is no XML, in another encoding than those of XML 1.0 that are told apart here, or has a
    DOCTYPE, which is refused before a parser sees it.
    """
    text, data = _decoded(source)
    if not text.strip():
        raise Unreadable("empty")
    _check_prolog(text)
    try:
        root = etree.fromstring(data, _parser(whole))
    except etree.XMLSyntaxError as error:
        _refuse(error)
    if root.getroottree().docinfo.doctype:
        raise Unreadable("doctype")
    return root


def attributes(element: etree._Element) -> list[tuple[str, str]]:
    """The names and values of an element's attributes, in time that grows with their number: lxml looks each value up anew."""
    if len(element.attrib) <= MANY:
        return [(str(name), str(value)) for name, value in element.items()]
    values = element.xpath("@*", smart_strings=False)
    assert isinstance(values, list)
    return [(str(name), str(value)) for name, value in zip(element.keys(), values, strict=True)]


MANY = 64
"""Attributes of an element beyond which their values are read at once."""


def encoding_of(document: bytes) -> str:
    """The encoding of a document that was read: by its mark or its declaration, in capitals."""
    if document[:2] in _MARKS:
        return "UTF-16"
    return _declared(document[:_LONGEST].decode("latin-1").removeprefix("\xef\xbb\xbf")).upper()


def root_name(source: bytes) -> str | None:
    """The local name of the root of a text that looks like XML, whatever stands before it and whether or not it can be read.

    Nothing is parsed: this tells one kind of input from another, :func:`read` is for what is in it.
    """
    codec = "utf-16" if source[:2] in _MARKS else "latin-1"  # in the others that are read, ASCII is ASCII
    text = source.decode(codec, "replace").removeprefix("\xef\xbb\xbf").lstrip()
    declaration = _DECLARATION.match(text)
    prolog = _PROLOG.match(text, declaration.end() if declaration else 0)
    root = _ROOT.match(text, prolog.end()) if prolog else None
    return root[1] if root else None


_ROOT = re.compile(r"<(?:[\w.-]+:)?([\w.-]+)(?=[\s/>])")
_MARKS = (b"\xff\xfe", b"\xfe\xff")
_LONGEST = 64 * 1024
"""Characters that a declaration may have: one that is longer is none."""


def _decoded(source: bytes | str) -> tuple[str, bytes]:
    """The text without its byte order mark, and the same in UTF-8."""
    try:
        if isinstance(source, str):
            text = source.removeprefix("\ufeff")
        elif source[:2] in _MARKS:
            text = source.decode("utf-16")
        else:
            codec = _CODECS.get(_declared(source[:_LONGEST].decode("latin-1").removeprefix("\xef\xbb\xbf")))
            text = source.decode(codec or "utf-8").removeprefix("\ufeff")
        if "\0" in text or _declared(text[:_LONGEST]) not in _CODECS:
            raise Unreadable("encoding")
        return text, text.encode()
    except UnicodeError:
        raise Unreadable("encoding") from None


def _declared(text: str) -> str:
    """The encoding that the XML declaration at the beginning of a text names, in small letters; UTF-8 without one."""
    declaration = _DECLARATION.match(text.lstrip(" \t\r\n"))
    found = _ENCODING.search(declaration["inside"]) if declaration else None
    return (found[1] or found[2] or "").lower() if found else "utf-8"


def _check_prolog(text: str) -> None:
    """Refuse a DOCTYPE, which can only stand before the root, and whatever else is neither prolog nor root."""
    declaration = _DECLARATION.match(text)
    start = declaration.end() if declaration else 0
    if start > _LONGEST:
        raise Unreadable("syntax", 1, 1)
    match = _PROLOG.match(text, start)
    assert match is not None
    rest = text[match.end() : match.end() + len(_DOCTYPE)]
    if rest.upper() == _DOCTYPE:
        raise Unreadable("doctype")
    if rest[:1] != "<" or rest[1:2] == "?":
        before = text[: match.end()]
        raise Unreadable("syntax", before.count("\n") + 1, len(before) - before.rfind("\n"))


def _parser(whole: bool) -> etree.XMLParser:
    return etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=True,
        remove_comments=not whole,
        remove_pis=not whole,
    )


def _refuse(error: etree.XMLSyntaxError) -> NoReturn:
    """Pass an error of the parser on without its message, which holds names of the text."""
    line, column = error.position
    raise Unreadable("depth" if "depth" in str(error.msg) else "syntax", line, column) from None
