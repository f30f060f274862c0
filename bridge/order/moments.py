"""Dates and moments of the order: ISO 8601, checked against the calendar, and the offset that a zone has at a moment."""

from __future__ import annotations

import calendar
import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

__all__ = ["exists", "offset"]

_MOMENT = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d):(\d\d)([+-]\d\d:\d\d)?)?)?)?")


def exists(text: str) -> bool:
    """Whether a text is a date or a moment of the order (the offset may be missing) that the calendar and the clock know."""
    match = _MOMENT.fullmatch(text)
    if not match or match[1] == "0000":
        return False
    year, month, day, hour, minute, second = (int(part) if part else None for part in match.groups()[:6])
    if month is not None and not 1 <= month <= 12:
        return False
    if day is not None and not 1 <= day <= calendar.monthrange(year or 1, month or 1)[1]:
        return False
    return hour is None or (hour < 24 and (minute or 0) < 60 and (second or 0) < 60)


def offset(text: str, zone: str) -> str:
    """The offset of an IANA *zone* at a moment without one: ``+01:00``."""
    found = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).utcoffset() or timedelta()
    minutes = int(found.total_seconds()) // 60
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
