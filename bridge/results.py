"""What a conversion gives: the order, the document or Bundle, and what was found on the way.

Source: docs/library.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bridge.fhir.ledger.node import Node
from bridge.findings.issues import Issue, Language, operation_outcome
from bridge.order import Order
from bridge.settings import Settings

if TYPE_CHECKING:
    from bridge.evidence.trace import Trace

__all__ = ["Conversion", "DocumentReading", "Evidence", "FhirConversion", "Normalization", "Source"]

Source = bytes | str | Mapping[str, Any]
"""FHIR JSON or XML as bytes or text, or JSON already parsed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a conversion worked on: enough to explain it and to do it again."""

    input: Source
    """As it was given."""
    root: Node
    """The view of the input, whose ledger says what became of each leaf."""
    fhir: str
    """``R4``, ``R4B`` or ``R5``."""
    taken: frozenset[tuple[int, str | int]] | None
    """The marks of the ledger that are for this order, where the input has several."""
    settings: Settings
    options: Mapping[str, Any]
    """The arguments of the call."""


@dataclass(frozen=True, slots=True)
class Normalization:
    """An order read from FHIR, and what was found on the way."""

    order: Order
    issues: tuple[Issue, ...]
    """Warnings, information and losses; errors in a draft only."""
    evidence: Evidence | None = field(default=None, kw_only=True, repr=False, compare=False)

    @property
    def losses(self) -> tuple[Issue, ...]:
        """What the input holds and the order does not."""
        return tuple(found for found in self.issues if found.loss)

    def outcome(self, language: Language = "fr") -> dict[str, Any]:
        """The issues as a FHIR OperationOutcome."""
        return operation_outcome(self.issues, language)


@dataclass(frozen=True, slots=True)
class DocumentReading(Normalization):
    """An order read from a CDA document, and what was found on the way."""

    model: str
    """Version of the model IMG-DA-IMG that the document says it follows."""


@dataclass(frozen=True, slots=True)
class FhirConversion(DocumentReading):
    """A FHIR Bundle, the order that it says, and what was found on the way from a document."""

    bundle: dict[str, Any]
    """FHIR R4, JSON data."""


@dataclass(frozen=True, slots=True)
class Conversion(Normalization):
    """A document, the order that it says, and what was found on the way."""

    document: bytes
    """CDA R2, UTF-8, with an XML declaration."""
    model: str
    """Version of the model IMG-DA-IMG."""

    @property
    def trace(self) -> Trace:
        """What became of each value of the input; found when asked for."""
        from bridge.evidence.trace import Source, Trace

        assert self.evidence is not None
        source = Source(self.evidence.root, self.evidence.fhir, self.evidence.taken)
        return Trace(source, self.document, self.issues)

    def provenance(self) -> dict[str, Any]:
        """A FHIR R4 Provenance of the document: what it was made of, by which versions, under which policy."""
        from bridge.evidence.provenance import provenance

        return provenance(self)
