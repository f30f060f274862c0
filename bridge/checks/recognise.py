"""What a file is that is to be checked: a document of the model, one of another, or none.

Source: CDA R2; CI-SIS, Structuration minimale (templateId of the document); HL7 v2.5, 2.5.4 (MSH); RFC 8259 (JSON).
"""

from __future__ import annotations

import re

from lxml import etree

from bridge import xml
from bridge.cda.parser import IMG_DA_IMG, has_excess
from bridge.checks.structure import CDA
from bridge.findings.issues import Issue, issue
from bridge.settings import Limits
from bridge.tables.shipped import models

__all__ = ["NO_DOCUMENT", "NO_MODEL", "UNREADABLE", "document_of", "foreign", "model_of"]

NO_DOCUMENT = frozenset(f"IMGDA-{number}" for number in (1429, 1580, 1581, 1582, 1583))
"""Findings of what is no CDA document."""
UNREADABLE = frozenset(f"IMGDA-{number}" for number in ("0113", 1255, 1425, 1427, 1428, 1584))
"""Findings of what may be one, but cannot be read."""
NO_MODEL = "IMGDA-1586"
"""The finding of a document whose version of the model is not known."""

_NAMES = {"c": CDA}
_VOLETS = "1.2.250.1.213.1.1.1."
"""Where the CI-SIS numbers its models of documents; 1 is the header that all of them have."""
_REQUEST = "55115-0"
_BEGUN = re.compile(rb"<(?:[\w.-]+:)?ClinicalDocument[\s>/]")
_ENDED = re.compile(rb"</(?:[\w.-]+:)?ClinicalDocument\s*>")


def document_of(file: bytes, limits: Limits) -> etree._Element | Issue:
    """The root of a CDA document; else the one finding that says what the file is instead, or that it has too many values."""
    try:
        root = xml.read(file)
    except xml.Unreadable as error:
        return _other(file) or _unreadable(file, error)
    if root.tag != f"{{{CDA}}}ClinicalDocument":
        return issue("IMGDA-1429", "/")
    if has_excess(root.iter(etree.Element), limits.leaves):
        return issue("IMGDA-0113", None, limit=str(limits.leaves))
    return root


def _other(file: bytes) -> Issue | None:
    """An empty file, JSON, HL7 v2, or what is no XML at all."""
    bare = file.replace(b"\0", b"").removeprefix(b"\xef\xbb\xbf").strip(b" \t\r\n\x0b\x1c\xff\xfe")
    if not bare:
        return issue("IMGDA-1580", None)
    if bare[:1] in (b"{", b"["):
        return issue("IMGDA-1581", None)
    if bare[:4] in (b"MSH|", b"FHS|", b"BHS|"):
        return issue("IMGDA-1582", None)
    return None if bare[:1] == b"<" else issue("IMGDA-1583", None)


_REASONS = {"doctype": "IMGDA-1428", "encoding": "IMGDA-1255"}


def _unreadable(file: bytes, error: xml.Unreadable) -> Issue:
    """A DOCTYPE, an encoding that is not read, a document that breaks off, or XML with a mistake."""
    if error.reason in _REASONS:
        return issue(_REASONS[error.reason], None)
    bare = file.replace(b"\0", b"")
    if _BEGUN.search(bare) and not _ENDED.search(bare[-400:]):
        return issue("IMGDA-1584", None)
    return issue("IMGDA-1425", None, line=str(error.line), column=str(error.column))


def foreign(root: etree._Element) -> Issue | None:
    """Why a CDA document cannot be judged by a model that we know: it is of another volet, or of another version."""
    templates = [(one.get("root", ""), one.get("extension")) for one in root.iterfind(f"{{{CDA}}}templateId")]
    stated = [extension for oid, extension in templates if oid == IMG_DA_IMG]
    if not stated:
        return _of_another_volet(root, templates)
    if model_of(root) is None and None not in stated:
        return issue(NO_MODEL, "/ClinicalDocument/templateId/@extension", value=str(stated[0]), known=", ".join(models()))
    return None


def _of_another_volet(root: etree._Element, templates: list[tuple[str, str | None]]) -> Issue | None:
    code = root.find(f"{{{CDA}}}code")
    others = [one for one in templates if one[0].startswith(_VOLETS) and one[0] != f"{_VOLETS}1"]
    if not others or (code is not None and code.get("code") == _REQUEST):
        return None
    oid, version = others[-1]
    return issue("IMGDA-1585", "/ClinicalDocument/templateId", value=_title(root), model=f"{oid} {version or ''}".strip())


def _title(root: etree._Element) -> str | None:
    """The title of a document, or else the label of its code."""
    title, code = root.find(f"{{{CDA}}}title"), root.find(f"{{{CDA}}}code")
    words = " ".join("".join(map(str, title.itertext())).split()) if title is not None else ""
    return words[:200] or (code.get("displayName") if code is not None else None)


def model_of(root: etree._Element) -> str | None:
    """The version of the model that a document states, if it is one that can be checked."""
    stated = root.xpath(f"c:templateId[@root='{IMG_DA_IMG}']/@extension", namespaces=_NAMES)
    known = [str(one) for one in stated if str(one) in models()] if isinstance(stated, list) else []
    return known[-1] if known else None
