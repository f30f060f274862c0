"""Dates and moments of the order: ISO 8601, checked against the calendar, compared, shown, and the offset of a zone."""

from __future__ import annotations

import calendar
import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

__all__ = [
    "as_datetime",
    "day_of",
    "exists",
    "french_date",
    "is_inverted",
    "is_moment",
    "iso",
    "latest",
    "offset",
]

_DATE_TIME = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d):(\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)?)?)?)?", re.ASCII)


def iso(raw: str) -> str | None:
    """A FHIR date-time at its precision, cut to seconds, ``Z`` as ``+00:00``; None when there is no such date."""
    match = _DATE_TIME.fullmatch(raw.strip())
    if not match:
        return None
    year, month, day, hour, minute, second, zone = match.groups()
    if not _is_real(*(int(part) if part else 1 for part in match.groups()[:6])):
        return None
    text = "-".join(part for part in (year, month, day) if part)
    return f"{text}T{hour}:{minute}:{second}{'+00:00' if zone == 'Z' else zone or ''}" if hour else text


def _is_real(year: int, month: int, day: int, hour: int, minute: int, second: int) -> bool:
    """Whether the calendar and the clock have a moment."""
    try:
        datetime(year, month, day, hour, minute, second)
    except ValueError:
        return False
    return True


def exists(text: str) -> bool:
    """Whether a text is a date or a moment of the order (the offset may be missing) that the calendar and the clock know."""
    return iso(text) == text


def is_moment(text: str) -> bool:
    """Whether a text is a date, or a moment with its offset, as a document writes it (CDA: TS/@value)."""
    return exists(text) and len(text) in (4, 7, 10, 25)


def offset(text: str, zone: str) -> str:
    """The offset of an IANA *zone* at a moment without one: ``+01:00``."""
    found = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).utcoffset() or timedelta()
    minutes = int(found.total_seconds()) // 60
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def as_datetime(text: str) -> datetime:
    """A moment of the order as a datetime for comparisons: the first instant it may mean, UTC where it has no offset."""
    padded = text + "0001-01-01"[len(text) :] if len(text) < 10 else text
    found = datetime.fromisoformat(padded)
    return found if found.tzinfo else found.replace(tzinfo=ZoneInfo("UTC"))


def latest(text: str) -> datetime:
    """The last instant that a moment of the order may mean: a date is the whole day, a month or year lasts to its end."""
    if "T" in text:
        return as_datetime(text)
    year, month = int(text[:4]), int(text[5:7] or 12)
    day = int(text[8:10] or calendar.monthrange(year, month)[1])
    return datetime(year, month, day, 23, 59, 59, tzinfo=ZoneInfo("UTC")) + timedelta(hours=12)


def day_of(text: str) -> date:
    """The calendar day of a moment, in its own time zone; the first one that it may mean."""
    return as_datetime(text).date()


def french_date(text: str) -> str:
    """A moment of the order for people: ``05/03/2024``, ``03/2024``, ``2024``, ``05/03/2024 09:30``."""
    day, _, time = text.partition("T")
    written = "/".join(reversed(day.split("-")))
    return f"{written} {time[:5]}" if time else written


def is_inverted(start: str | None, end: str | None) -> bool:
    """Whether an end (a moment of the order) is before the start."""
    return bool(start and end and latest(end) < as_datetime(start))
