"""When an order was requested, and when its document was made.

Source: docs/fhir.md, 2.5 (A1, A5).
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from bridge.fhir.ledger.node import Node, reads
from bridge.fhir.read.datatypes.names import moment
from bridge.fhir.read.header.source import HeaderSource
from bridge.order.moments import as_datetime, iso

__all__ = ["created_at", "requested_at"]


@reads("authors")
def requested_at(source: HeaderSource) -> str | None:
    """The latest authoredOn of the group, else a substitute, which is reported."""
    raw = [str(r.peek("authoredOn")) for r in source.requests]
    latest = max((found for text in raw if (found := iso(text))), key=as_datetime, default=None)
    last = [r for r, text in zip(source.requests, raw, strict=True) if iso(text) == latest]
    times = [found for request in last if (found := moment(source.context, request, "authoredOn"))]
    return times[0] if times else _substitute(source)


def _substitute(source: HeaderSource) -> str | None:
    """When the request was last written, else when the patient came."""
    meta = source.first.child("meta")
    if meta and (when := moment(source.context, meta, "lastUpdated")):
        origin = "meta.lastUpdated"
    elif (stay := _stay(source)) and (when := moment(source.context, stay, "start")):
        origin = "Encounter.period.start"
    else:
        return None
    source.context.note("IMGDA-0321", source.first.at("authoredOn"), origin=origin)
    return when


def _stay(source: HeaderSource) -> Node | None:
    encounter = source.encounter()
    return (encounter.child("period") or encounter.child("actualPeriod")) if encounter else None


@reads("document")
def created_at(source: HeaderSource, requested: str | None) -> str:
    """When the document was made: from the input, else *now*, else the clock, with a warning."""
    created, origin = _created(source, requested)
    if requested is None:
        source.context.note("IMGDA-0321", source.first.at("authoredOn"), origin=origin)
    return created


def _created(source: HeaderSource, requested: str | None) -> tuple[str, str]:
    """The time of creation, and where it comes from."""
    context, root = source.context, source.root
    if source.composition and (when := moment(context, source.composition, "date")):
        if "timestamp" in root and moment(context, root, "timestamp") != when:
            context.note("IMGDA-0327", root.at("timestamp"))
            root.lose("timestamp", "IMGDA-0903", "technical")
        return when, "Composition.date"
    described = source.description.created_at() if source.description else None
    stamped = moment(context, root, "timestamp")
    if described:
        if stamped and stamped != described:
            context.note("IMGDA-0327", root.at("timestamp"))
        return described, "DocumentReference"
    if stamped:
        return stamped, "Bundle.timestamp"
    return (requested, "authoredOn") if requested else (_now(source), "now")


def _now(source: HeaderSource) -> str:
    if source.now is None:
        source.context.note("IMGDA-0320", source.first.at("authoredOn"))
    now = source.now or datetime.now().astimezone()
    if now.tzinfo is None:
        now = now.replace(tzinfo=ZoneInfo(source.context.settings.time_zone))
    return now.replace(microsecond=0).isoformat()
