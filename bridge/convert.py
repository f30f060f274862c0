"""The two pipelines, readable as lists of steps.

FHIR to the document: parse, check, read, rules, order.xml, transform, attachments. The document to FHIR: read, write.

Source: docs/design.md.
"""

from __future__ import annotations

import re
import secrets
import sys
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bridge.cda.stylesheets import transform
from bridge.fhir.read.readings import Reading, read
from bridge.fhir.source import parse, structure
from bridge.findings.errors import BridgeError, OrderError, SourceError, StylesheetError
from bridge.findings.issues import Issue, issue
from bridge.findings.losses import weigh
from bridge.options import DEFAULT_MODEL, ConversionOptions, Shape
from bridge.order import Order
from bridge.order import xml as order_xml
from bridge.order.origins import around
from bridge.results import Conversion, DocumentReading, Evidence, FhirConversion, Normalization, Source
from bridge.rules import models as model_rules
from bridge.rules import volet, writable
from bridge.settings import Settings

if TYPE_CHECKING:
    from bridge.cda.parser import ParsedDocument

__all__ = ["Bridge", "to_cda", "to_fhir", "write_document"]

_DRAFT = "IMGDA-1702"
"""Says first of a draft that it is one."""
_NEVER_A_DRAFT = frozenset({"IMGDA-0206", "IMGDA-0208", "IMGDA-0209", "IMGDA-0210", "IMGDA-0219"})
"""Errors in spite of which no document is written, not even a draft: another patient's data, an order that forbids."""
_GAPS = {"contrast": "IMGDA-1557", "function": "IMGDA-1553", "patient_informed": "IMGDA-1563", "site": "IMGDA-1552"}
"""What the check says of a document that lacks what the settings allow to lack."""


class Bridge:
    """A converter with its settings, to be kept and used again, from any number of threads."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()

    def to_cda(
        self,
        source: Source,
        *,
        model: str = DEFAULT_MODEL,
        now: datetime | None = None,
        requisition: str | None = None,
        single: bool = False,
        fhir: str | None = None,
        draft: bool = False,
        paranoid: bool = False,
        check: bool = False,
    ) -> Conversion:
        """Convert the one imaging order of a FHIR input.

        *now* is the creation time where the input gives none. *requisition* chooses one of several orders by its number,
        *single* joins those without a number. *fhir* states the version (``R4``, ``R4B``, ``R5``) instead of finding it out.
        *draft* writes a document in spite of errors, which stay among its issues; never another patient's data. *paranoid*
        looks for each value that was read in the document, and takes those that are not there for losses.
        *check* checks the document that was written (:func:`bridge.check`) and delivers none that has an error, but for a draft
        whose errors are among its issues.

        Raises :class:`SourceError` for an input that cannot be read or holds no order, or several; :class:`OrderError` with
        every finding for an order that breaks a rule; :class:`SettingsError` for a value that an option does not have.
        """
        options: dict[str, Any] = {"now": now, "requisition": requisition, "single": single, "fhir": fhir, "draft": draft}
        ConversionOptions(**options, model=model, paranoid=paranoid, check=check)
        normalized = self.normalize(source, **options)
        assert normalized.evidence is not None
        evidence = replace(normalized.evidence, options=options | {"model": model})
        conversion = self._write(replace(normalized, evidence=evidence), model, check=check)
        return self._with_carry_check(conversion, draft) if paranoid else conversion

    def to_cda_each(
        self,
        source: Source,
        *,
        model: str = DEFAULT_MODEL,
        now: datetime | None = None,
        fhir: str | None = None,
        draft: bool = False,
        check: bool = False,
    ) -> list[Conversion | BridgeError]:
        """Convert every imaging order of a FHIR input: for each, in the order of the input, its document or its error.

        Arguments as :meth:`to_cda`.
        Raises :class:`SourceError` for an input that cannot be read or holds no order at all.
        """
        ConversionOptions(model=model, now=now, fhir=fhir, draft=draft, check=check)
        results: list[Conversion | BridgeError] = []
        for reading in self._read(source, now=now, fhir=fhir):
            try:
                accepted = replace(self._accept(reading, draft=draft), evidence=self._evidence(source, reading))
                results.append(self._write(accepted, model, check=check))
            except (OrderError, StylesheetError) as error:
                results.append(error)
        return results

    def normalize(
        self,
        source: Source,
        *,
        now: datetime | None = None,
        requisition: str | None = None,
        single: bool = False,
        fhir: str | None = None,
        draft: bool = False,
    ) -> Normalization:
        """Read the one imaging order of a FHIR input, without writing a document. Arguments and errors as :meth:`to_cda`."""
        ConversionOptions(now=now, requisition=requisition, single=single, fhir=fhir, draft=draft)
        readings = self._read(source, now=now, single=single, fhir=fhir)
        if requisition is not None:
            readings = [reading for reading in readings if reading.number == requisition]
            if not readings:
                raise SourceError(issue("IMGDA-0214", None))
        if len(readings) > 1:
            raise SourceError(issue("IMGDA-0207", None, count=str(len(readings))))
        normalized = self._accept(readings[0], draft=draft)
        return replace(normalized, evidence=self._evidence(source, readings[0]))

    def _evidence(self, source: Source, reading: Reading) -> Evidence:
        assert reading.source is not None
        return Evidence(
            input=source, root=reading.source, fhir=reading.version, taken=reading.taken, settings=self.settings, options={}
        )

    def _with_carry_check(self, conversion: Conversion, draft: bool) -> Conversion:
        """The same conversion with what was read and stands nowhere in the document among its losses."""
        found = tuple(weigh(loss, self.settings.losses) for loss in conversion.trace.unfound())
        issues = self._told((*conversion.issues, *found))
        if not draft and any(loss.is_error for loss in found):
            raise OrderError(issues)
        return replace(conversion, issues=issues)

    def read_document(self, document: bytes) -> DocumentReading:
        """Read the order of a CDA document IMG-DA-IMG, of any version that :func:`bridge.models` lists.

        Each tolerance used and each value that has no place in the order is an issue, with its XPath. Raises
        :class:`SourceError` for a document that is no readable IMG-DA-IMG; :class:`OrderError` with every finding where
        something mandatory is missing or wrong.
        """
        return self._read_document(document)[0]

    def _read_document(self, document: bytes) -> tuple[DocumentReading, ParsedDocument]:
        from bridge.cda.read import read as read_cda

        reading = read_cda(document, self.settings)
        issues = self._told(tuple(reading.issues))
        if reading.order is None:
            raise OrderError(issues)
        return DocumentReading(reading.order, issues, reading.model), reading.parsed

    def to_fhir(self, document: bytes, *, shape: Shape = "document", with_document: bool = False) -> FhirConversion:
        """Convert a CDA document IMG-DA-IMG to a FHIR R4 Bundle: the ANS document, or with ``shape="order"`` a plain collection.

        Titles and narratives of the sections are those of the document. *with_document* puts the document itself beside the
        resources: a Binary with its bytes, and a DocumentReference. Raises what :meth:`read_document` raises, and
        :class:`SettingsError` for a value that an option does not have.
        """
        ConversionOptions(shape=shape, with_document=with_document)
        from bridge.cda.words import words_of
        from bridge.fhir import write

        reading, parsed = self._read_document(document)
        issues = self._told((*reading.issues, *write.losses(reading.order)))
        words = words_of(parsed, reading.issues) if shape == "document" else None
        bundle = write.write(reading.order, shape=shape, words=words, received=document if with_document else None)
        return FhirConversion(reading.order, issues, reading.model, bundle)

    def _told(self, issues: tuple[Issue, ...]) -> tuple[Issue, ...]:
        """The findings that are told: each once, the gravest first, and how many more there are."""
        limit = self.settings.limits.findings
        found = _without_repetition(tuple(i for i in issues if i.code != _AND_MORE))
        more = max(len(found) - limit, 0) + sum(int(i.parameters["count"]) for i in issues if i.code == _AND_MORE)
        return (*found[:limit], issue(_AND_MORE, None, count=str(more))) if more > 0 else found

    def _read(
        self, source: Source, *, now: datetime | None = None, single: bool = False, fhir: str | None = None
    ) -> list[Reading]:
        parsed = parse.parse(source, limits=self.settings.limits, version=fhir)
        defects = [*parsed.issues, *structure.check(parsed.resource, parsed.version)]
        try:
            readings = read(parsed.resource, parsed.version, self.settings, single=single, now=now)
        except Exception:
            if not defects:
                raise
            readings = []
        if defects:
            raise SourceError(self._told((*defects, *_further(defects, readings))))
        if all(reading.order is None for reading in readings):
            raise SourceError(self._told(tuple(found for reading in readings for found in reading.issues)))
        return readings

    def _accept(self, reading: Reading, *, draft: bool = False) -> Normalization:
        """Apply the rules of the specification to an order that was read."""
        if reading.order is None:
            raise OrderError(self._told(reading.issues))
        order, found = volet.check(reading.order, reading.places, self.settings)
        issues = _without_repetition((*reading.issues, *found))
        if errors := {found.code for found in issues if found.is_error}:
            if not draft or errors & _NEVER_A_DRAFT:
                raise OrderError(self._told(_unexplained(issues)))
            issues = (issue(_DRAFT, None, count=str(sum(found.is_error for found in issues))), *issues)
        return Normalization(order, self._told(issues))

    def _write(self, normalized: Normalization, model: str, *, check: bool = False) -> Conversion:
        if found := model_rules.check(normalized.order, model):
            raise OrderError((*found, *normalized.issues))
        draft = any(found.is_error for found in normalized.issues)
        document = write_document(normalized.order, model, draft=draft)
        if check and not draft:
            self._refuse_faults(document, model)
        return Conversion(normalized.order, normalized.issues, document, model, evidence=normalized.evidence)

    def _refuse_faults(self, document: bytes, model: str) -> None:
        """Deliver no document with an error, other than a gap that the settings allow and that a warning has said."""
        from bridge.checks import check

        allowed = {code for item, code in _GAPS.items() if getattr(self.settings.missing, item) == "null"}
        report = check(document, model=model, limits=replace(self.settings.limits, leaves=_ALL, findings=_ALL))
        codes = {found.code for found in report.issues if _is_fault(found) or report.decides(found)} - allowed
        if codes:
            raise StylesheetError(issue("IMGDA-1660", None, codes=", ".join(sorted(codes))))


def to_cda(
    source: Source,
    *,
    settings: Settings | None = None,
    model: str = DEFAULT_MODEL,
    now: datetime | None = None,
    requisition: str | None = None,
    single: bool = False,
    fhir: str | None = None,
    draft: bool = False,
    paranoid: bool = False,
    check: bool = False,
) -> Conversion:
    """Convert the one imaging order of a FHIR input to a document IMG-DA-IMG. See :meth:`Bridge.to_cda`."""
    return Bridge(settings).to_cda(
        source,
        model=model,
        now=now,
        requisition=requisition,
        single=single,
        fhir=fhir,
        draft=draft,
        paranoid=paranoid,
        check=check,
    )


def to_fhir(
    document: bytes, *, settings: Settings | None = None, shape: Shape = "document", with_document: bool = False
) -> FhirConversion:
    """Convert a CDA document IMG-DA-IMG to a FHIR R4 Bundle. See :meth:`Bridge.to_fhir`."""
    return Bridge(settings).to_fhir(document, shape=shape, with_document=with_document)


def write_document(order: Order, model: str = DEFAULT_MODEL, *, draft: bool = False) -> bytes:
    """The CDA document of an order. Attachments do not pass through the stylesheet: a token stands for each.

    Raises :class:`OrderError` for an order with a value that no document can carry. In a *draft* what is missing is empty.
    """
    if found := writable.check(order, draft=draft):
        raise OrderError(found)
    secret = secrets.token_hex(16)
    xml = order_xml.write(order, attachment=lambda index: f"{secret}-{index}." if order.attachments else "")
    text = transform(model, "to-cda", xml)
    if not order.attachments:
        return text.encode()
    parts: list[bytes] = []
    start = 0
    for index, attachment in enumerate(order.attachments):
        token = f"{secret}-{index}."
        place = text.find(token, start)
        if place < 0:
            raise StylesheetError(issue("IMGDA-1101", None, detail="attachment"))
        parts += [text[start:place].encode(), attachment.data.encode("ascii")]
        start = place + len(token)
    if text.find(secret, start) >= 0:
        raise StylesheetError(issue("IMGDA-1101", None, detail="attachment"))
    return b"".join([*parts, text[start:].encode()])


_ALL = sys.maxsize
_OF_THE_BODY = frozenset({"IMGDA-1601", "IMGDA-1602", "IMGDA-1603"})
"""References and identifiers, which the official suites do not look at: a document of ours has none that is wrong."""


def _is_fault(found: Issue) -> bool:
    """Whether a document of ours with this finding is not delivered, whatever the official suites say of it."""
    return found.is_error or found.code in _OF_THE_BODY


def _further(defects: list[Issue], readings: list[Reading]) -> list[Issue]:
    """What the reader found beside structural defects, without what only follows from them."""
    paths = {defect.path or "" for defect in defects}
    outer = paths | {above for path in paths for above in around(path)}
    return [
        found
        for reading in readings
        for found in reading.issues
        if found.is_error
        and found.path
        and found.code != "IMGDA-0203"
        and found.path not in outer
        and paths.isdisjoint(around(found.path))
    ]


def _unexplained(issues: tuple[Issue, ...]) -> tuple[Issue, ...]:
    """The issues of a refusal without the losses that only follow from an error of the same element."""
    errors = {f.path for f in issues if f.is_error and not f.loss and f.path and not _RESOURCE.search(f.path)}
    return tuple(f for f in issues if not (f.loss and f.path and not errors.isdisjoint(around(f.path))))


_AND_MORE = "IMGDA-0114"
"""The finding that counts those that are not told."""
_RESOURCE = re.compile(r"(^[^.]+|\.resource|\.contained\[\d+\])$")
"""The path of a whole resource."""


def _without_repetition(issues: tuple[Issue, ...]) -> tuple[Issue, ...]:
    """Each finding once: that it is a draft, errors, the rest; otherwise in the order in which they were found."""
    rank = {"fatal": 0, "error": 0, "warning": 1, "information": 2}
    unique = {(found.code, found.path, found.severity): found for found in issues}
    return tuple(sorted(unique.values(), key=lambda found: -1 if found.code == _DRAFT else rank[found.severity]))
