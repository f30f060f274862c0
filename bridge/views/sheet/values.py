"""How single values of an order are written for people: texts, dates, codes, identifiers, telecoms, addresses.

A value that is not of the form expected is written as it is. Source: docs/paper.md; ISO 8601; Référentiel INS (groups of the
matricule).
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from bridge.order import moments
from bridge.views.sheet.model import Mark, Run, Value
from bridge.views.sheet.spot import OrderSpot

__all__ = [
    "address",
    "code",
    "effective",
    "identifier",
    "joined",
    "matricule",
    "moment",
    "number",
    "period",
    "plain",
    "quoted",
    "readable",
    "telecom",
    "text",
]

_NBSP = "\u00a0"
_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff]")
"""Control characters, and those that change the order in which a text is read: they could turn a dose or a side round."""
_MOMENT = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d):(\d\d)([+-]\d\d:\d\d)?)?)?)?")
_MONTHS = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()
_USES = {
    "H": "domicile",
    "HP": "domicile principal",
    "HV": "résidence secondaire",
    "WP": "professionnel",
    "DIR": "ligne directe",
    "PUB": "standard",
    "TMP": "temporaire",
    "EC": "urgence",
    "MC": "mobile",
    "PG": "radiomessagerie",
}


def readable(text: str) -> str:
    """A text in which nothing is hidden: characters that reorder it, or that nobody sees, are written as ``[U+202E]``."""
    return _HIDDEN.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)


def plain(words: str, mark: Mark = "") -> Value:
    """Words that are not of the order."""
    return (Run(words, (), mark),)


def text(spot: OrderSpot, mark: Mark = "") -> Value:
    """A text as it stands, with its line breaks."""
    return (Run(readable(str(spot.raw)), (spot.path,), mark),) if spot else ()


def number(spot: OrderSpot) -> Value:
    """A whole number."""
    return text(spot)


def joined(separator: str, *values: Value) -> Value:
    """Values one after the other, those that are empty left out."""
    given = [value for value in values if value]
    between = (Run(separator),)
    return tuple(run for index, value in enumerate(given) for run in ((*between, *value) if index else value))


def quoted(value: Value) -> Value:
    """A value between quotation marks: the sender's own words."""
    return (Run(f"«{_NBSP}"), *value, Run(f"{_NBSP}»")) if value else ()


# --- dates -----------------------------------------------------------------------------------------------------------


def moment(spot: OrderSpot, *, before_day: str = "", before_month: str = "") -> Value:
    """A date of any precision: ``16/02/2026 à 11 h 30``, ``mars 1979``, ``1979``, with what goes before a day or a month."""
    if not spot:
        return ()
    match = _MOMENT.fullmatch(str(spot.raw))
    if match is None:
        return text(spot)
    year, month, day, hour, minute, second, offset = match.groups()
    if day is None:
        name = _MONTHS[int(month) - 1] if month and 1 <= int(month) <= 12 else month
        words = f"{before_month}{name} {year}" if month else f"{before_month}{year}"
    else:
        words = f"{before_day}{day}/{month}/{year}"
    if hour is not None:
        words += f" à {hour} h {minute}" + (f" min {second} s" if second != "00" else "")
        words += f" (UTC{offset})" if offset and not _is_of_france(str(spot.raw), offset) else ""
    return (Run(words.replace(" ", _NBSP), (spot.path,)),)


def _is_of_france(when: str, offset: str) -> bool:
    try:
        return moments.offset(when[:19], "Europe/Paris") == offset
    except (ValueError, OverflowError):
        return False


def period(spot: OrderSpot) -> Value:
    """``du 16/02/2026 au 18/02/2026``; either end may be missing."""
    start = moment(spot.start, before_day="du ", before_month="de ")
    end = moment(spot.end, before_day="au ", before_month="à ")
    return joined(" ", start, end)


def effective(spot: OrderSpot) -> Value:
    """When something was said, in brackets."""
    if not spot:
        return ()
    when = joined(" ", moment(spot.at, before_day="le ", before_month="en "), period(spot))
    return (Run(" ("), *when, Run(")")) if when else ()


# --- codes and identifiers -------------------------------------------------------------------------------------------


def code(spot: OrderSpot, mark: Mark = "") -> Value:
    """The label of a code, or the code where it has none; the sender's own words in quotation marks."""
    if not spot:
        return ()
    label = text(spot.display, mark) or text(spot.code, mark)
    return joined(" ", label, quoted(text(spot.text)))


def identifier(spot: OrderSpot) -> Value:
    """The value of an identifier; its root where it has no other."""
    return text(spot.extension) or text(spot.root)


def matricule(spot: OrderSpot) -> Value:
    """A matricule INS in groups, as it stands on a carte Vitale: 1 2 2 2 3 3 2."""
    digits = str(spot.raw)
    if not re.fullmatch("[0-9A-Z]{15}", digits):
        return text(spot, "strong")
    groups, at = [], 0
    for size in (1, 2, 2, 2, 3, 3, 2):
        groups.append(digits[at : at + size])
        at += size
    return (Run(_NBSP.join(groups), (spot.path,), "strong"),)


# --- where people are reached ----------------------------------------------------------------------------------------


def telecom(spot: OrderSpot) -> Value:
    """A telephone number in pairs, a mail address, any other address, without its scheme; and what it is for."""
    whole = str(spot.value.raw)
    scheme, colon, rest = whole.partition(":")
    if colon and scheme in ("tel", "fax"):
        words = ("fax " if scheme == "fax" else "") + _in_pairs(rest)
    elif colon and scheme == "mailto":
        words = unquote(rest)
    elif colon and scheme in ("http", "ftp", "mllp"):
        words = ("" if scheme == "http" else f"{scheme.upper()} ") + rest.removeprefix("//")
    else:
        words = whole
    return (Run(readable(words), (spot.value.path,)), *_use(spot))


def _in_pairs(digits: str) -> str:
    """``0199002301`` as ``01 99 00 23 01``, ``+33199002301`` as ``+33 1 99 00 23 01``."""
    bare = re.sub(r"[\s.()\-]", "", digits)
    if re.fullmatch(r"0\d{9}", bare):
        return _NBSP.join(re.findall("..", bare))
    if re.fullmatch(r"\+33\d{9}", bare):
        return _NBSP.join(["+33", bare[3], *re.findall("..", bare[4:])])
    return digits


def _use(spot: OrderSpot) -> Value:
    use = spot.use
    if not use:
        return ()
    return (Run(f" ({_USES.get(use.raw, readable(use.raw))})", (use.path,)),)


def address(spot: OrderSpot, *, place_of_birth: bool = False) -> Value:
    """An address on one line, as an envelope has its lines, and what it is for."""
    if not spot:
        return ()
    street = joined(" ", text(spot.house_number), text(spot.street_name_type), text(spot.street_name))
    town = joined(" ", text(spot.postal_code), text(spot.city))
    county = text(spot.county)
    if place_of_birth and county:
        county = (Run("code INSEE "), *county)
    parts = (
        *(text(line) for line in spot.lines),
        text(spot.additional_locator),
        text(spot.unit_id),
        street,
        text(spot.precinct),
        text(spot.post_box),
        town,
        county,
        text(spot.state),
        text(spot.country),
    )
    return (*joined(", ", *parts), *_use(spot))
