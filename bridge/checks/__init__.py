"""Checks a document IMG-DA-IMG: its structure, then the rules of ``xslt/checks/``.

The document is parsed without DTD, entities or network. Attachments are checked here and kept out of the stylesheet. Findings
are issues: data with a code, an XPath, a source, sentences and remedies. Source: docs/check.md.
"""

from __future__ import annotations

from dataclasses import replace

from lxml import etree

from bridge import xml
from bridge.cda import contradictions, facts
from bridge.cda.parser import NUMBER, Paths
from bridge.cda.stylesheets import transform
from bridge.checks import recognise
from bridge.checks.recognise import model_of
from bridge.checks.report import Report, told
from bridge.checks.structure import CDA, paths
from bridge.checks.structure import check as check_structure
from bridge.findings.errors import BridgeError, SettingsError
from bridge.findings.issues import Issue, Severity, issue
from bridge.order.datatypes import is_base64
from bridge.settings import Limits
from bridge.tables.shipped import models

__all__ = ["Report", "check", "failed", "model_of"]

_WEIGHED: dict[str, Severity] = {"IMGDA-1326": "error", "IMGDA-1329": "warning"}
"""What is about somebody else is an error here; words that deny an urgency are like other words against a code."""


def check(document: bytes, *, model: str | None = None, limits: Limits | None = None) -> Report:
    """Every finding of a document; *model* states the version of the model instead of taking the document's own.

    *limits* bounds the values of the document and the findings told; those of :class:`Limits` where it is not given.

    A file that cannot be read, is no CDA document, is one of another volet or of a version that is not known has one finding that
    says so. A fault of the check is a finding too. Raises :class:`SettingsError` for a *model* that is not known.
    """
    if model is not None and model not in models():
        raise SettingsError(issue("IMGDA-1001", None, known=", ".join(models())))
    try:
        return _check(document, model, limits or Limits())
    except Exception as error:
        return failed(error, model)


def failed(error: Exception, model: str | None = None) -> Report:
    """The report of a document on which the check failed: one finding with the kind of the fault, without what it says."""
    return Report(model or models()[-1], (issue("IMGDA-1661", None, kind=type(error).__name__),))


def _check(document: bytes, model: str | None, limits: Limits) -> Report:
    root = recognise.document_of(document, limits)
    if isinstance(root, Issue):
        return Report(model or models()[-1], (root,))
    version = model or model_of(root) or models()[-1]
    if model is None and (reason := recognise.foreign(root)):
        return Report(version, (reason,))
    known = paths()
    found = [*_file(document), *check_structure(root, known), *_attachments(root, known)]
    found += _contradictions(root, known)
    if not any(defect.code == "IMGDA-1427" for defect in found):
        said = {(one.code, one.path, one.text()) for one in found}
        found += [one for one in _ruled(root, version, known) if (one.code, one.path, one.text()) not in said]
    return Report(version, told(found, limits.findings), limit=limits.findings)


def _contradictions(root: etree._Element, known: Paths) -> list[Issue]:
    """What the parts of a document say against each other, and what is about somebody else, as the reading of it finds it."""
    unread = facts.no_facts(root.iter(etree.Element), known)
    found = [*contradictions.find(root, known, [one.element for one in unread])]
    found += [one.finding for one in unread if one.finding and one.finding.code in _WEIGHED]
    return [replace(one, loss=None, severity=_WEIGHED.get(one.code, one.severity)) for one in found]


def _ruled(root: etree._Element, model: str, known: Paths) -> list[Issue]:
    """What the stylesheet finds; where it fails, what the structure said stays, with a finding that the rest is unknown."""
    try:
        return _rules(root, model, known)
    except BridgeError as error:
        return [issue("IMGDA-1661", None, kind=type(error).__name__)]


def _file(document: bytes) -> list[Issue]:
    """What is wrong with the file: a byte order mark, another encoding than UTF-8."""
    found = [issue("IMGDA-1426", "/")] if document.startswith(b"\xef\xbb\xbf") else []
    return [*found, issue("IMGDA-1433", "/")] if xml.encoding_of(document) not in ("UTF-8", "ASCII", "US-ASCII") else found


def _attachments(root: etree._Element, known: Paths) -> list[Issue]:
    """Base64 that is none. Every attachment leaves the tree, so that its bytes do not pass through the stylesheet."""
    found = []
    for value in root.iter(f"{{{CDA}}}value"):
        if "mediaType" in value.attrib and value.text and value.text.strip():
            if value.get("representation") == "B64" and not is_base64(value.text):
                found.append(issue("IMGDA-1430", known.of(value)))
            value.text = "-"
    return found


def _rules(root: etree._Element, model: str, known: Paths) -> list[Issue]:
    """What the stylesheet of the model finds. It names each element by its number, an attribute that is added here."""
    elements = list(root.iter(etree.Element))
    for number, element in enumerate(elements):
        element.set(NUMBER, str(number))
    text = transform(model, "check", etree.tostring(root, encoding="unicode"))
    if len(text) < 60 and text.rstrip().endswith("/>"):
        return []
    return [_issue(found, elements, known) for found in xml.read(text)]


def _issue(found: etree._Element, elements: list[etree._Element], known: Paths) -> Issue:
    """A finding of the stylesheet, which names its element by its number."""
    parameters = {str(name): str(value) for name, value in found.attrib.items()}
    code, element = parameters.pop("rule"), elements[int(parameters.pop("at"))]
    severity: Severity | None = parameters.pop("severity", None)  # type: ignore[assignment]
    return issue(code, known.of(element), severity=severity, parameters=parameters)
