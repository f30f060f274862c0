"""The forward conversion, readable as a list of steps: parse, check, read, rules, order.xml, transform, attachments.

Source: docs/design.md.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bridge import order_xml, rules
from bridge.errors import BridgeError, OrderError, SettingsError, SourceError, StylesheetError
from bridge.fhir import parse, structure
from bridge.fhir.read import Reading, read
from bridge.issues import Issue, Language, issue, operation_outcome
from bridge.order import Order
from bridge.settings import Settings
from bridge.stylesheets import models, transform

__all__ = ["Bridge", "Conversion", "Normalization", "Source", "to_cda"]

Source = bytes | str | Mapping[str, Any]
"""FHIR JSON or XML as bytes or text, or JSON already parsed."""

DEFAULT_MODEL = "2024.01"

_GAPS = {"contrast": "IMGDA-1557", "function": "IMGDA-1553", "patient_informed": "IMGDA-1563", "site": "IMGDA-1552"}
"""What the check says of a document that lacks what the settings allow to lack."""


@dataclass(frozen=True, slots=True)
class Normalization:
    """An order read from FHIR, and what was found on the way."""

    order: Order
    issues: tuple[Issue, ...]
    """Warnings, information and losses; no error."""

    @property
    def losses(self) -> tuple[Issue, ...]:
        """What the input holds and the order does not."""
        return tuple(found for found in self.issues if found.loss)

    def outcome(self, language: Language = "fr") -> dict[str, Any]:
        """The issues as a FHIR OperationOutcome."""
        return operation_outcome(self.issues, language)


@dataclass(frozen=True, slots=True)
class Conversion(Normalization):
    """A document, the order that it says, and what was found on the way."""

    document: bytes
    """CDA R2, UTF-8, with an XML declaration."""
    model: str
    """Version of the model IMG-DA-IMG."""


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
        check: bool = False,
    ) -> Conversion:
        """Convert the one imaging order of a FHIR input.

        *now* is the creation time where the input gives none. *requisition* chooses one of several orders by its number,
        *single* joins those without a number. *fhir* states the version (``R4``, ``R4B``, ``R5``) instead of finding it out.
        *check* checks the document that was written (:func:`bridge.check`) and delivers none that has an error.

        Raises :class:`SourceError` for an input that cannot be read or holds no order, or several; :class:`OrderError` with
        every finding for an order that breaks a rule; :class:`SettingsError` for an unknown model.
        """
        _check_model(model)
        normalized = self.normalize(source, now=now, requisition=requisition, single=single, fhir=fhir)
        return self._write(normalized, model, check=check)

    def to_cda_each(
        self,
        source: Source,
        *,
        model: str = DEFAULT_MODEL,
        now: datetime | None = None,
        fhir: str | None = None,
        check: bool = False,
    ) -> list[Conversion | BridgeError]:
        """Convert every imaging order of a FHIR input: for each, in the order of the input, its document or its error.

        Raises :class:`SourceError` for an input that cannot be read or holds no order at all.
        """
        _check_model(model)
        results: list[Conversion | BridgeError] = []
        for reading in self._read(source, now=now, fhir=fhir):
            try:
                results.append(self._write(self._accept(reading), model, check=check))
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
    ) -> Normalization:
        """Read the one imaging order of a FHIR input, without writing a document. Arguments and errors as :meth:`to_cda`."""
        readings = self._read(source, now=now, single=single, fhir=fhir)
        if requisition is not None:
            readings = [reading for reading in readings if reading.number == requisition]
            if not readings:
                raise SourceError(issue("IMGDA-0214", None))
        if len(readings) > 1:
            raise SourceError(issue("IMGDA-0207", None, count=str(len(readings))))
        return self._accept(readings[0])

    def _read(
        self, source: Source, *, now: datetime | None = None, single: bool = False, fhir: str | None = None
    ) -> list[Reading]:
        limits = self.settings.limits
        bounds = parse.Limits(max_bytes=limits.input_mib * 1024 * 1024, max_depth=limits.depth)
        parsed = parse.parse(source, limits=bounds, version=fhir)
        defects = [*parsed.issues, *structure.check(parsed.resource, parsed.version)]
        try:
            readings = read(parsed.resource, parsed.version, self.settings, single=single, now=now)
        except Exception:
            if not defects:
                raise
            readings = []
        if defects:
            raise SourceError([*defects, *_further(defects, readings)])
        if all(reading.order is None for reading in readings):
            raise SourceError([found for reading in readings for found in reading.issues])
        return readings

    def _accept(self, reading: Reading) -> Normalization:
        """Apply the rules of the specification to an order that was read."""
        if reading.order is None:
            raise OrderError(reading.issues)
        order, found = rules.check(reading.order, reading.places, self.settings)
        issues = _without_repetition((*reading.issues, *found))
        if any(found.is_error for found in issues):
            raise OrderError(issues)
        return Normalization(order, issues)

    def _write(self, normalized: Normalization, model: str, *, check: bool) -> Conversion:
        document = write_document(normalized.order, model)
        if check:
            self._refuse_faults(document, model)
        return Conversion(normalized.order, normalized.issues, document, model)

    def _refuse_faults(self, document: bytes, model: str) -> None:
        """Deliver no document with an error, other than a gap that the settings allow and that a warning has said."""
        from bridge.checks import check

        allowed = {code for item, code in _GAPS.items() if getattr(self.settings.missing, item) == "null"}
        codes = {found.code for found in check(document, model=model).issues if found.is_error} - allowed
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
    check: bool = False,
) -> Conversion:
    """Convert the one imaging order of a FHIR input to a document IMG-DA-IMG. See :meth:`Bridge.to_cda`."""
    bridge = Bridge(settings)
    return bridge.to_cda(source, model=model, now=now, requisition=requisition, single=single, fhir=fhir, check=check)


def write_document(order: Order, model: str = DEFAULT_MODEL) -> bytes:
    """The CDA document of an order. Attachments do not pass through the stylesheet: a token stands for each."""
    secret = secrets.token_hex(16)
    xml = order_xml.write(order, attachment=lambda index: f"{secret}-{index}." if order.attachments else "")
    text = transform(model, "to-cda", xml)
    if not order.attachments:
        return text.encode()
    parts: list[bytes] = []
    for index, attachment in enumerate(order.attachments):
        before, token, text = text.partition(f"{secret}-{index}.")
        if not token:
            raise StylesheetError(issue("IMGDA-1101", None, detail="attachment"))
        parts += [before.encode(), attachment.data.encode("ascii")]
    if secret in text:
        raise StylesheetError(issue("IMGDA-1101", None, detail="attachment"))
    return b"".join([*parts, text.encode()])


def _check_model(model: str) -> None:
    known = models()
    if model not in known:
        raise SettingsError(issue("IMGDA-1001", None, model=model, known=", ".join(known)))


def _further(defects: list[Issue], readings: list[Reading]) -> list[Issue]:
    """What the reader found beside structural defects, without what only follows from them."""
    paths = [defect.path or "" for defect in defects]
    return [
        found
        for reading in readings
        for found in reading.issues
        if found.is_error
        and found.path
        and found.code != "IMGDA-0203"
        and not any(found.path.startswith(path) or path.startswith(found.path) for path in paths)
    ]


def _without_repetition(issues: tuple[Issue, ...]) -> tuple[Issue, ...]:
    """Each finding once, errors first, otherwise in the order in which they were found."""
    rank = {"fatal": 0, "error": 0, "warning": 1, "information": 2}
    unique = {(found.code, found.path, found.severity): found for found in issues}
    return tuple(sorted(unique.values(), key=lambda found: rank[found.severity]))
