"""Dates and moments of the order: ISO 8601, checked against the calendar, and the offset that a zone has at a moment."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

__all__ = ["exists", "offset"]

_MOMENT = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d):(\d\d)([+-]\d\d:\d\d)?)?)?)?")


def exists(text: str) -> bool:
    """Whether a text is a date or a moment of the order (the offset may be missing) that the calendar and the clock know."""
    if not (match := _MOMENT.fullmatch(text)):
        return False
    year, month, day, hour, minute, second = (int(part) if part else 1 for part in match.groups()[:6])
    try:
        datetime(year, month, day, hour, minute, second)
    except ValueError:
        return False
    return True


def offset(text: str, zone: str) -> str:
    """The offset of an IANA *zone* at a moment without one: ``+01:00``."""
    found = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).utcoffset() or timedelta()
    minutes = int(found.total_seconds()) // 60
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
