"""What the attributes of a CDA document can hold, by datatype.

Readers ask before they keep a value, :mod:`bridge.rules.writable` before an order is written, and the check of a document that
exists.
Source: CDA R2, datatypes-base.xsd; HL7 V3, Data Types R1; CI-SIS, Structuration minimale.
"""

from __future__ import annotations

import binascii
import re

__all__ = [
    "LONGEST_EXTENSION",
    "LONGEST_ROOT",
    "is_base64",
    "is_code",
    "is_language",
    "is_media_type",
    "is_oid",
    "is_root",
    "is_telecom",
    "is_uuid",
]

LONGEST_ROOT, LONGEST_EXTENSION = 128, 64
"""Characters that the official Schematrons allow in the root and in the extension of an identifier."""

_OID = re.compile(r"[0-2](\.(0|[1-9]\d*))*", re.ASCII)
_UUID = re.compile(r"[A-F\d]{8}(-[A-F\d]{4}){3}-[A-F\d]{12}", re.ASCII)
_TELECOM = re.compile(r"(tel|fax|mailto|http|ftp|mllp):[!#-;=?-\[\]_a-z~]+", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?", re.ASCII)
_MEDIA_TYPE = re.compile(r"[\w.+\-]+/[\w.+\-]+", re.ASCII)
_UNSEEN = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202f\u2060-\u206f\ud800-\udfff\ufeff\ufffe\uffff]")
"""White space, control characters, characters without width and those that XML forbids."""


def is_oid(text: str) -> bool:
    """Whether a text is an OID: no empty arc, no arc that begins with 0, no more than 128 characters (XSD: oid)."""
    return len(text) <= LONGEST_ROOT and _OID.fullmatch(text) is not None


def is_uuid(text: str) -> bool:
    """Whether a text is a UUID in upper case, as HL7 V3 writes it (XSD: uuid; Schematron dtr1-13-II)."""
    return _UUID.fullmatch(text) is not None


def is_root(text: str) -> bool:
    """Whether a text can be the root of an identifier (CDA: II/@root)."""
    return is_oid(text) or is_uuid(text)


def is_code(text: str) -> bool:
    """Whether a text can be a code: no white space and nothing that cannot be seen (CDA: CD/@code; XSD: cs)."""
    return bool(text) and _UNSEEN.search(text) is None


def is_telecom(text: str) -> bool:
    """Whether a text is a means of contact: a URI of ASCII characters with one of six schemes (CDA: TEL/@value)."""
    return _TELECOM.fullmatch(text) is not None


def is_language(text: str) -> bool:
    """Whether a text is a language, such as ``fr`` or ``fr-FR`` (RFC 3066, as the Schematrons test it)."""
    return _LANGUAGE.fullmatch(text) is not None


def is_media_type(text: str) -> bool:
    """Whether a text is a media type, such as ``application/pdf`` (RFC 2046; CDA: ED/@mediaType)."""
    return _MEDIA_TYPE.fullmatch(text) is not None


def is_base64(text: str) -> bool:
    """Whether a text is base64 (RFC 4648), line breaks aside."""
    try:
        return bool(binascii.a2b_base64("".join(text.split()), strict_mode=True))
    except (binascii.Error, ValueError):
        return False
