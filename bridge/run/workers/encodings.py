"""The encoding of an XML text that came in another text: what carries it says the encoding, its own declaration may be stale.

A proxy or a program that turns a document into UTF-8 seldom changes the declaration within; to read it as the declaration says
would change every accented letter of a name. Source: RFC 7303, 3; XML 1.0 (fifth edition), 4.3.3.
"""

from __future__ import annotations

import re

__all__ = ["in_utf8"]

_DECLARATION = re.compile(rb"""((?:\xef\xbb\xbf)?\s*<\?xml\s[^>]*?\bencoding\s*=\s*)(?:"([^"]*)"|'([^']*)')""")
_RIGHT = (b"utf-8", b"utf8")


def in_utf8(source: bytes) -> bytes:
    """A text that is said to be in UTF-8, its XML declaration made to say so too.

    Bytes that are no UTF-8 are left as they are: then the declaration is right, and whoever carried the text was wrong.
    """
    found = _DECLARATION.match(source)
    if found is None or (found[2] or found[3] or b"").lower() in _RIGHT or not _is_utf8(source):
        return source
    return found[1] + b'"UTF-8"' + source[found.end() :]


def _is_utf8(source: bytes) -> bool:
    try:
        source.decode()
    except UnicodeDecodeError:
        return False
    return True
