"""Reads a CDA document IMG-DA-IMG into an order: parse, facts, stylesheet, marks, codes, contradictions, moments, order, losses.

Source: docs/design.md; docs/models.md.
"""

from __future__ import annotations

import re
from copy import deepcopy
from dataclasses import MISSING, dataclass, fields, is_dataclass, replace
from functools import cache
from typing import NamedTuple

from lxml import etree

from bridge import xml
from bridge.cda import claims, codes, contradictions, facts, header, losses
from bridge.cda.parser import ParsedDocument, local_name, parse
from bridge.cda.stylesheets import transform
from bridge.findings.errors import SourceError, StylesheetError
from bridge.findings.issues import Issue, issue
from bridge.order import Code, Identifier, Order, moments
from bridge.order import xml as order_xml
from bridge.order.datatypes import is_base64
from bridge.order.identifiers import INS_ROOTS
from bridge.order.moments import is_inverted
from bridge.settings import Limits, Settings

__all__ = ["Marked", "ReadDocument", "marked", "read"]

_O = f"{{{order_xml.NAMESPACE}}}"
_X = "{urn:x-bridge:source}"

_MOMENTS = frozenset(f"{_O}{name}" for name in "created-at birth-date deceased-at time wanted-by date".split())
_TEXTS = frozenset({"justification", "medical_history", "surgical_history", "reason"})
"""Mandatory texts for which the settings have words when they are missing."""
_ROOT = re.compile(r"[0-2](\.(0|[1-9]\d*))*|[A-F0-9]{8}(-[A-F0-9]{4}){3}-[A-F0-9]{12}")
_OID = re.compile(r"[0-2](\.(0|[1-9]\d*))*")

_ENDS = {"start": "low", "end": "high"}

_DEFAULTS = {"version": "1", "language": "fr-FR", "confidentiality": "N"}
"""What the order says where the document says nothing (CI-SIS, Structuration minimale, demands all three)."""

_WHERE = {"c": "urn:hl7-org:v3", "s": "urn:hl7-org:sdtc"}
_VALUES = {
    "IMGDA-1304": etree.XPath(
        "//*[@negationInd and not(@negationInd = 'true' or @negationInd = 'false')]"
        "| //s:deceasedInd[@value and not(@value = 'true' or @value = 'false')]"
        "| //s:multipleBirthInd[@value and not(@value = 'true' or @value = 'false')]"
        "| //c:observation[c:code/@code = 'MED-1130' or c:code/@code = 'GEN-297']"
        "/c:value[@value and not(contains('|true|false|1|0|', concat('|', @value, '|')))]",
        namespaces=_WHERE,
    ),
    "IMGDA-1305": etree.XPath(
        "(//c:versionNumber | //s:multipleBirthOrderNumber)[translate(@value, '0123456789', '') or string-length(@value) > 9]",
        namespaces=_WHERE,
    ),
}
"""The elements whose value is not of its datatype, by the finding that says so."""


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """What a document says, and what was found on the way."""

    order: Order | None
    """None where something mandatory is missing or wrong: the issues say what."""
    issues: list[Issue]
    model: str
    parsed: ParsedDocument
    """The document as a tree."""


class Marked(NamedTuple):
    """A document, and the ``order.xml`` that the stylesheet made of it, each element with marks of where it was read."""

    parsed: ParsedDocument
    tree: etree._Element
    unread: list[facts.NoFact]
    """What of the document the stylesheet did not see."""


def marked(document: bytes, limits: Limits) -> Marked:
    """Apply the stylesheet to a document. Raises :class:`SourceError` for one that is no readable document IMG-DA-IMG."""
    parsed = parse(document, limits)
    unread = facts.no_facts(parsed.elements, parsed.paths)
    try:
        said = etree.tostring(facts.without(parsed.root, unread), encoding="unicode")
        text = transform(parsed.model, "to-order", said)
    except StylesheetError:
        # The types of the stylesheet are those of the CDA schema: what stands twice where it may stand once ends here.
        raise SourceError(issue("IMGDA-1299", "/ClinicalDocument")) from None
    return Marked(parsed, xml.read(text), unread)


def read(document: bytes, settings: Settings) -> ReadDocument:
    """Read a document. Raises :class:`SourceError` for one that is no readable document IMG-DA-IMG of a known version."""
    return _DocumentReader(*marked(document, settings.limits), settings).finish()


class _DocumentReader:
    """One document on its way to an order."""

    def __init__(self, parsed: ParsedDocument, tree: etree._Element, unread: list[facts.NoFact], settings: Settings) -> None:
        self._parsed = parsed
        self._tree = tree
        self._unread = unread
        self._settings = settings
        self._issues: list[Issue] = []

    def finish(self) -> ReadDocument:
        for found in self._tree.iter(f"{_X}issue"):
            self._issues.append(self._told(found.get("code", ""), self._parsed.elements[int(found.get("n", "0"))]))
        claimed = claims.gather(self._tree)
        repeated = {int(e.get("of", "")): int(e.get("n", "")) for e in self._tree.iterfind(f"{_X}again")}
        self._tidy_codes()
        self._check_values()
        self._issues += header.findings(self._parsed)
        self._issues += [self._weighed(one.finding) for one in self._unread if one.finding]
        self._issues += self._contradictions()
        self._requester()
        self._note_defaults()
        self._complete_moments()
        self._require(self._tree, Order)
        order = None
        if not any(found.is_error for found in self._issues):
            self._drop_repeated_ids()
            order = self._with_first_forename(self._with_media(order_xml.read(self._tree)))
            order = order_xml.without_derived_ids(order)
        named = {found.path for found in self._issues if found.code in ("IMGDA-1325", "IMGDA-1330")}
        lost = losses.find(self._parsed, claimed, repeated, self._settings.losses)
        self._issues += [found for found in lost if found.path not in named]
        if any(found.is_error for found in self._issues):
            order = None
        return ReadDocument(order, self._issues, self._parsed.model, self._parsed)

    def _tidy_codes(self) -> None:
        for code, element, value in codes.tidy(self._tree):
            if code == codes.CONTRARY:
                self._issues.append(issue(code, self._label_place(element), value=value))
            else:
                self._note(code, element, value)

    def _note(self, code: str, place: etree._Element, value: str | None = None, /, **parameters: str) -> None:
        self._issues.append(issue(code, self._place(place), value=value, parameters=parameters))

    def _told(self, code: str, place: etree._Element) -> Issue:
        """A finding of the stylesheet; a contradiction of code and narrative is as loud as the settings say."""
        found = issue(code, self._parsed.paths.of(place))
        return found.with_severity(self._settings.contradictions) if code == "IMGDA-1301" else found

    def _weighed(self, found: Issue) -> Issue:
        """A finding that may be a loss, as the policy has it."""
        return losses.weighed(found, self._settings.losses) if found.loss else found

    def _contradictions(self) -> list[Issue]:
        none = [one.element for one in self._unread]
        found = contradictions.find(self._parsed.root, self._parsed.paths, none, self._settings.contradictions)
        return [self._weighed(one) for one in found]

    def _place(self, element: etree._Element) -> str:
        """The XPath of what an element of the order was read from, or of what is around it."""
        current: etree._Element | None = element
        while current is not None:
            if marks := (current.get(f"{_X}from") or current.get(f"{_X}took", "").partition("@")[0]):
                return self._parsed.paths.of(self._parsed.elements[int(marks.split()[-1])])
            current = current.getparent()
        return "/ClinicalDocument"

    def _label_place(self, element: etree._Element) -> str:
        """The XPath of the label that a code of the order had; its other marks are the narrative that shows it."""
        marked = (self._parsed.elements[int(mark)] for mark in element.get(f"{_X}from", "").split())
        labelled = next((one for one in marked if one.get("displayName") is not None), None)
        return self._place(element) if labelled is None else self._parsed.paths.of(labelled, "/@displayName")

    def _note_defaults(self) -> None:
        """What the document leaves out and the order has a default for is said: the document written states it."""
        document = self._tree.find(f"{_O}document")
        for name, default in _DEFAULTS.items():
            if document is not None and document.find(f"{_O}{name}") is None:
                self._note("IMGDA-1316", document, item=name, written=default)

    def _requester(self) -> None:
        """A device that writes asks for nothing: the performer of the request, or the legal authenticator, is the requester."""
        authors = self._tree.findall(f"{_O}author")
        if not authors or any(author.find(f"{_O}device") is None for author in authors):
            return
        request, legal = (
            self._tree.find(f"{_O}request/{_O}performer"),
            self._tree.find(f"{_O}legal-authenticator/{_O}professional"),
        )
        found = next((one for one in (request, legal) if one is not None and one.find(f"{_O}name") is not None), None)
        if found is None:
            self._note("IMGDA-0311", authors[0])
            return
        self._note("IMGDA-1307", authors[0])
        author = etree.Element(f"{_O}author")
        person = etree.SubElement(author, f"{_O}professional")
        person.extend(deepcopy(child) for child in found)
        when = authors[0].find(f"{_O}time")
        if when is not None:
            author.append(deepcopy(when))
        authors[0].addprevious(author)

    def _check_values(self) -> None:
        """A truth that is neither true nor false would be read as one of them, and a number must be one."""
        for code, values in _VALUES.items():
            for element in values(self._parsed.root):
                self._issues.append(issue(code, self._parsed.paths.of(element)))

    def _drop_repeated_ids(self) -> None:
        """An identifier that names two entries names none: the document written derives another one (IMGDA-1273)."""
        again = {element.get("root", "").upper() for element in losses.repeated_ids(self._parsed).values()}
        for element in [*self._tree.iterfind(f"{_O}contraindication/{_O}id"), *self._tree.iterfind(f"{_O}act/{_O}entry-id")]:
            parent = element.getparent()
            if parent is not None and element.get("extension") is None and element.get("root", "").upper() in again:
                parent.remove(element)

    # --- moments ---

    def _with_first_forename(self, order: Order) -> Order:
        """The only birth forename is the first one: a patient with an INS must have it, which 2022.01 did not say."""
        name = order.patient.name
        if name.birth_given or not name.birth_givens or " " in name.birth_givens:
            return order
        if not any(identifier.root in INS_ROOTS for identifier in order.patient.ids):
            return order
        where = self._tree.find(f"{_O}patient/{_O}name")
        self._note("IMGDA-1300", self._tree if where is None else where)
        return replace(order, patient=replace(order.patient, name=replace(name, birth_given=name.birth_givens)))

    def _complete_moments(self) -> None:
        for element in self._tree.iter(etree.Element):
            if element.tag in _MOMENTS and element.text:
                element.text = self._complete(element, element.text)
            for name in ("at", "start", "end"):
                if (value := element.get(name)) is not None:
                    element.set(name, self._complete(element, value, _ENDS.get(name)))
            self._check_period(element)

    def _check_period(self, element: etree._Element) -> None:
        """A period that ends before it starts is an error, as it is in an order (FHIR R4, per-1)."""
        start, end = element.get("start"), element.get("end")
        if start and end and moments.exists(start) and moments.exists(end) and is_inverted(start, end):
            self._issues.append(issue("IMGDA-0603", self._time_place(element, "high")))

    def _complete(self, element: etree._Element, text: str, end: str | None = None) -> str:
        """A moment with its offset, that of the site where the document has none; *end* names that of an interval."""
        path = self._time_place(element, end)
        if not moments.exists(text):
            self._issues.append(issue("IMGDA-0601", path))
        elif "T" in text and len(text) == 19:
            zone = self._settings.time_zone
            self._issues.append(issue("IMGDA-1286", path, parameters={"zone": zone}))
            return text + moments.offset(text, zone)
        return text

    def _time_place(self, element: etree._Element, end: str | None) -> str:
        """The XPath of a value of time: the attribute of the element, or of that end of an interval."""
        marked = [self._parsed.elements[int(mark)] for mark in (element.get(f"{_X}from") or "").split()]
        named = [one for one in marked if local_name(str(one.tag)) == end]
        stated = named or [one for one in marked if one.get("value") is not None]
        return self._parsed.paths.of(stated[0], "/@value") if stated else self._place(element)

    # --- what an order must have ---

    def _require(self, element: etree._Element, cls: type) -> None:
        """Report what is mandatory in a class of the order and missing or malformed, here and below."""
        kinds = {f.tag: f.type for f in order_xml.plan(cls) if not f.attribute and is_dataclass(f.type)}
        present = {str(child.tag) for child in element}
        for name, tag, attribute in _mandatory(cls):
            if not (element.get(tag) if attribute else tag in present):
                self._missing(element, cls, name)
        for child in element:
            if (kind := kinds.get(str(child.tag))) is not None:
                self._require(child, kind)
        self._check_form(element, cls)

    def _missing(self, element: etree._Element, cls: type, name: str) -> None:
        if name in _TEXTS:
            text = self._settings.texts.not_stated if name in ("justification", "reason") else self._settings.texts.not_recorded
            etree.SubElement(element, f"{_O}{name.replace('_', '-')}").text = text
            self._note("IMGDA-1262", element, written=text)
        elif not (cls is Code and name == "system"):
            self._note("IMGDA-1261", element, element=f"{cls.__name__}.{name}")

    def _check_form(self, element: etree._Element, cls: type) -> None:
        if cls is Identifier and not _ROOT.fullmatch(element.get("root", "")):
            self._note("IMGDA-1297", element)
        if cls is Code and element.get("system") and not _OID.fullmatch(element.get("system", "")):
            self._note("IMGDA-1298", element)

    # --- attachments ---

    def _with_media(self, order: Order) -> Order:
        if not order.attachments:
            return order
        limit = self._settings.limits.attachment_mib
        kept = []
        elements = self._tree.findall(f"{_O}attachment")
        for element, attachment in zip(elements, order.attachments, strict=True):
            data = "".join(self._parsed.media.get(attachment.data, "").split())
            if len(data) * 3 // 4 > limit * 1024 * 1024:
                self._note("IMGDA-0703", element, limit=str(limit))
            elif not is_base64(data):
                self._note("IMGDA-0702", element)
            kept.append(replace(attachment, data=data))
        return replace(order, attachments=tuple(kept))


@cache
def _mandatory(cls: type) -> tuple[tuple[str, str, bool], ...]:
    """Name, tag and kind (attribute or not) of the fields that have no default; an act may have no site."""
    needed = {f.name for f in fields(cls) if f.default is MISSING and f.default_factory is MISSING} - {"sites"}
    return tuple((f.name, f.tag, f.attribute) for f in order_xml.plan(cls) if f.name in needed)
