"""The deadline of a request, and where it stands. Source: docs/fhir.md, M17."""

from __future__ import annotations

from bridge.fhir.ledger.node import Node
from bridge.fhir.read.concepts import Context
from bridge.fhir.read.datatypes.names import moment
from bridge.order.moments import is_inverted, iso

__all__ = ["deadline", "has_no_deadline", "place_of_deadline"]


def deadline(context: Context, request: Node) -> str | None:
    """occurrenceDateTime, occurrencePeriod.end, or the end of a Timing (docs/fhir.md, M17)."""
    if (when := moment(context, request, "occurrenceDateTime")) is not None:
        return when
    if span := request.child("occurrencePeriod"):
        return _end_or_start(context, span)
    if timing := request.child("occurrenceTiming"):
        repeat = timing.child("repeat")
        bounds = repeat.child("boundsPeriod") if repeat else None
        if bounds:
            return _end_or_start(context, bounds)
        events = timing.peek("event")
        if isinstance(events, list) and events and isinstance(events[-1], str):
            timing.ledger.mark(events, len(events) - 1)
            return iso(events[-1])
    return None


def _end_or_start(context: Context, node: Node) -> str | None:
    if end := moment(context, node, "end"):
        if is_inverted(iso(str(node.peek("start"))), iso(str(node.peek("end")))):
            context.note("IMGDA-0603", node.path)
        return end
    start = moment(context, node, "start")
    if start is not None:
        context.note("IMGDA-0607", node.at("start"))
    return start


def has_no_deadline(request: Node) -> bool:
    """Whether the deadline is said to be unknown. FHIR: occurrenceDateTime, extension data-absent-reason."""
    sibling = request.child("_occurrenceDateTime")
    return bool(sibling and sibling.extensions("data-absent-reason"))


def place_of_deadline(request: Node) -> str:
    """FHIRPath of the deadline of a request, or of the element that is absent."""
    if (name := request.choice("occurrence")) is None:
        return request.at("occurrence")
    span = request.child("occurrencePeriod")
    return span.at("end" if "end" in span else "start") if span else request.at(name)
