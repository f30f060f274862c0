"""FHIR datatypes read into those of the order: dates and names.

Addresses stand in :mod:`bridge.fhir.addresses`, means of contact in :mod:`bridge.fhir.telecoms`. Source: docs/fhir.md, section 4
(rules), after CI-SIS, Structuration minimale (what the header accepts).
"""

from __future__ import annotations

import calendar
import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

from bridge.fhir.context import Context, one_line
from bridge.fhir.view import Node
from bridge.mappings import wordings
from bridge.moments import offset
from bridge.order import Period, PersonName

__all__ = [
    "exact_use",
    "french_date",
    "is_past",
    "iso",
    "joined_names",
    "moment",
    "name",
    "period",
]

# --- dates -----------------------------------------------------------------------------------------------------------

_DATE_TIME = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d):(\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)?)?)?)?")


def moment(context: Context, node: Node, element: str) -> str | None:
    """A date, dateTime or instant of the input as the order writes it; None when absent or reported as impossible."""
    raw = node.text(element)
    if raw is None:
        return None
    found = iso(raw)
    if found is None:
        context.note("IMGDA-0601", node.at(element))
        return None
    if "T" in found and len(found) == 19:
        context.note("IMGDA-0608", node.at(element), zone=context.settings.time_zone)
        found += offset(found, context.settings.time_zone)
    return found


def iso(raw: str) -> str | None:
    """A FHIR date-time at its precision, cut to seconds, ``Z`` as ``+00:00``; None when there is no such date."""
    match = _DATE_TIME.fullmatch(raw.strip())
    if not match:
        return None
    year, month, day, hour, minute, second, zone = match.groups()
    if int(year) < 1 or (month and not 1 <= int(month) <= 12):
        return None
    if day and not 1 <= int(day) <= calendar.monthrange(int(year), int(month))[1]:
        return None
    if hour and not (int(hour) < 24 and int(minute) < 60 and int(second) < 60):
        return None
    text = "-".join(part for part in (year, month, day) if part)
    return f"{text}T{hour}:{minute}:{second}{'+00:00' if zone == 'Z' else zone or ''}" if hour else text


def as_datetime(text: str) -> datetime:
    """A moment of the order as a datetime for comparisons: the first instant it may mean, UTC where it has no offset."""
    padded = text + "0001-01-01"[len(text) :] if len(text) < 10 else text
    found = datetime.fromisoformat(padded)
    return found if found.tzinfo else found.replace(tzinfo=ZoneInfo("UTC"))


def day_of(text: str) -> date:
    """The calendar day of a moment, in its own time zone; the first one that it may mean."""
    return as_datetime(text).date()


def french_date(text: str) -> str:
    """A moment of the order for people: ``05/03/2024``, ``03/2024``, ``2024``, ``05/03/2024 09:30``."""
    day, _, time = text.partition("T")
    written = "/".join(reversed(day.split("-")))
    return f"{written} {time[:5]}" if time else written


def period(context: Context, node: Node | None) -> Period | None:
    """A Period; None when it has neither end."""
    if node is None:
        return None
    start, end = moment(context, node, "start"), moment(context, node, "end")
    if start and end and as_datetime(end) < as_datetime(start):
        context.note("IMGDA-0603", node.path)
    return Period(start=start, end=end) if start or end else None


def is_past(node: Node, reference: str | None) -> bool:
    """Whether the ``period`` of an address, name or telecom ended before *reference* (a moment of the order)."""
    span = node.child("period")
    end = span.peek("end") if span else None
    ended = iso(end) if isinstance(end, str) else None
    return bool(ended and reference and as_datetime(ended) < as_datetime(reference))


# --- names -----------------------------------------------------------------------------------------------------------


def joined_names(node: Node) -> str | None:
    """The given names of a HumanName, separated by spaces."""
    return one_line(" ".join(node.texts("given")))


def civility(context: Context, node: Node, *, with_suffix: bool = True) -> tuple[str | None, str | None]:
    """Civilité and titre of a HumanName, wherever they stand: (JDV_J245, JDV_J246). What is in neither list is reported."""
    prefix = suffix = None
    for element in ("prefix", "suffix"):
        parts = node.peek(element)
        for index, part in enumerate(parts if isinstance(parts, list) else [parts] if parts else []):
            word = str(part).strip().rstrip(".").lower()
            if (code := wordings("civility").get(word)) and prefix in (None, code):
                prefix = code
            elif with_suffix and (code := wordings("title").get(word)) and suffix in (None, code):
                suffix = code
            else:
                context.note("IMGDA-0325", f"{node.at(element)}[{index}]")
                continue
            if isinstance(parts, list):
                node.ledger.mark(parts, index)
    return prefix, suffix


def name(context: Context, owner: Node, *, with_suffix: bool = True) -> PersonName | None:
    """The name of a professional or relative: official, else usual, else the first HumanName. None without any text."""
    found = best_name(owner.children("name"))
    if found is None:
        return None
    family, given = one_line(found.text("family")), joined_names(found)
    if not family:
        family, given = one_line(found.text("text")) or given, None
        if not family:
            return None
        context.note("IMGDA-0324", found.path)
    elif (whole := found.peek("text")) and _is_rendering(str(whole), found):
        found.decide("text")
    prefix, suffix = civility(context, found, with_suffix=with_suffix)
    return PersonName(family=family, given=given, prefix=prefix, suffix=suffix)


def _is_rendering(text: str, node: Node) -> bool:
    """Whether a HumanName.text only repeats the parts."""
    parts = [str(node.peek("family") or "")]
    for element in ("given", "prefix", "suffix"):
        item = node.peek(element)
        parts += map(str, item if isinstance(item, list) else [])
    known = set(" ".join(parts).replace(".", " ").casefold().split())
    return set(text.replace(".", " ").replace(",", " ").casefold().split()) <= known


def best_name(names: list[Node]) -> Node | None:
    """The HumanName to read: official, usual, without use, then any that is not old."""
    for use in ("official", "usual", None, "nickname", "maiden", "temp", "anonymous"):
        for found in names:
            if found.peek("use") == use:
                return found
    return None


# --- uses ---------------------------------------------------------------------------------------------------------------


def exact_use(node: Node, url: str, codes: tuple[str, ...]) -> str | None:
    """The use as a code of V3, where an extension gives it beside the wider one of FHIR."""
    sibling = node.child("_use")
    for extension in sibling.extensions(url) if sibling else ():
        if extension.peek("valueCode") in codes:
            return extension.text("valueCode")
    return None
