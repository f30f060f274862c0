"""Names of files as text that a terminal, a zip archive and FHIR can hold."""

from __future__ import annotations

import hashlib
import re

__all__ = ["calm", "escaped", "fitting"]

_BIDI = "\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069"
_UNFIT = re.compile(f"[\x00-\x1f\x7f-\x9f\\\\\ud800-\udfff{_BIDI}]")
_CONTROL = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff{_BIDI}]")
_LONGEST = 255
"""Bytes of a name, in the file systems in use."""


def escaped(name: str) -> str:
    r"""A name whose unfit characters are written as the hexadecimal digits of their bytes: ``%1B`` for ESC.

    Unfit are control characters, bytes that are no UTF-8, marks that turn the direction of writing, and the backslash, which some
    programs take for a folder. Source: RFC 3986, 2.1 Percent-Encoding.
    """
    return _UNFIT.sub(_hexadecimal, name)


def calm(text: str) -> str:
    """A text for a terminal: what would steer it is escaped as in :func:`escaped`, line ends and tabs aside."""
    return _CONTROL.sub(_hexadecimal, text)


def fitting(stem: str, suffix: str) -> str:
    """A name of a stem and a suffix that a file system takes: one that is too long is cut, and gets a digest of the whole."""
    name = stem + suffix
    if len(_bytes(name)) <= _LONGEST:
        return name
    end = f"~{hashlib.sha256(_bytes(name)).hexdigest()[:12]}{suffix}"
    return _bytes(stem)[: _LONGEST - len(end.encode())].decode("utf-8", "ignore") + end


def _hexadecimal(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in _bytes(match[0]))


def _bytes(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
