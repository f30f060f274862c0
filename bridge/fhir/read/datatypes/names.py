"""FHIR datatypes read into those of the order: dates and names.

Addresses stand in :mod:`bridge.fhir.read.datatypes.addresses`, means of contact in
:mod:`bridge.fhir.read.datatypes.telecoms`. Source: docs/fhir.md, section 4 (rules), after CI-SIS, Structuration minimale
(what the header accepts).
"""

from __future__ import annotations

from bridge.fhir.extensions import ADDITIONAL_NAME, NAME_QUALIFIER
from bridge.fhir.ledger.node import Node
from bridge.fhir.read.concepts import Context
from bridge.fhir.read.texts import one_line
from bridge.order import EffectiveTime, Period, PersonName
from bridge.order.moments import as_datetime, is_inverted, iso, latest, offset
from bridge.tables.codes import wordings

__all__ = ["effective_time", "exact_use", "has_ended", "is_past", "joined_names", "moment", "name", "period"]

# --- dates -----------------------------------------------------------------------------------------------------------


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


def period(context: Context, node: Node | None) -> Period | None:
    """A Period; None when it has neither end."""
    if node is None:
        return None
    start, end = moment(context, node, "start"), moment(context, node, "end")
    if is_inverted(start, end):
        context.note("IMGDA-0603", node.path)
    return Period(start=start, end=end) if start or end else None


def effective_time(context: Context, node: Node, prefix: str = "effective") -> EffectiveTime | None:
    """The time of an observation. FHIR: effectiveDateTime, effectiveInstant or effectivePeriod; *prefix* for another choice."""
    for element in (f"{prefix}DateTime", f"{prefix}Instant"):
        if element in node:
            when = moment(context, node, element)
            return EffectiveTime(at=when) if when else None
    span = period(context, node.child(f"{prefix}Period"))
    return EffectiveTime(start=span.start, end=span.end) if span else None


def is_past(node: Node, reference: str | None) -> bool:
    """Whether the ``period`` of an address, name, telecom or person ended before *reference* (a moment of the order)."""
    return has_ended(node.child("period"), reference)


def has_ended(span: Node | None, reference: str | None) -> bool:
    """Whether a Period was over before *reference* (a moment of the order): a day lasts to its end (FHIR R4, Period.end)."""
    end = span.peek("end") if span else None
    ended = iso(end) if isinstance(end, str) else None
    return bool(ended and reference and latest(ended) < as_datetime(reference))


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


# layout: the choices of one name, each of a line
def name(context: Context, owner: Node, *, with_suffix: bool = True, every: bool = False) -> PersonName | None:
    """The name of a professional or relative: official, else usual, else the first HumanName. None without any text.

    Where parts say that they are a birth name or a used one, *every* part is read, or one family name and one forename,
    the used ones first: the header has room for both names of the patient and of a legal guardian alone.
    """
    names = owner.children("name") + owner.children("additionalName")
    names += [n for e in owner.extensions(ADDITIONAL_NAME) if (n := e.child("valueHumanName"))]
    if any(_qualifier(one, "_family") or any(_givens(one, code) for code in ("BR", "CL")) for one in names):
        return _qualified_name(context, names, with_suffix, every)
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


_ORDER = ("CL", "", "BR")
"""Qualifiers of a part of a name, the used one first; empty for a part without one."""


def _qualified_name(context: Context, names: list[Node], with_suffix: bool, every: bool) -> PersonName | None:
    """One name of several HumanNames whose parts are qualified BR or CL."""
    names = sorted(names, key=lambda node: _ORDER.index(_qualifier(node, "_family") or ""))
    family, given = _families(names, every), _forenames(names, every)
    called = family.get("CL") or family.get("") or family.get("BR")
    if called is None:
        return None
    marks = [civility(context, node, with_suffix=with_suffix) for node in names]
    return PersonName(
        family=called,
        given=given.get(""),
        prefix=next((prefix for prefix, _ in marks if prefix), None),
        suffix=next((suffix for _, suffix in marks if suffix), None),
        birth_family=family.get("BR"),
        birth_given=given.get("BR"),
        used_family=family.get("CL") or (family.get("") if "BR" in family else None),
        used_given=given.get("CL"),
    )


def _families(names: list[Node], every: bool) -> dict[str, str]:
    """The family names by their qualifier: *every* one, or the first."""
    found: dict[str, str] = {}
    for node in names:
        code = _qualifier(node, "_family") or ""
        if code not in found and (every or not found) and (text := one_line(node.text("family"))):
            found[code] = text
            _take_qualifier(node.child("_family"))
        node.decide("use")
    return found


def _forenames(names: list[Node], every: bool) -> dict[str, str]:
    """The forenames by their qualifier: *every* one, or the first."""
    found: dict[str, str] = {}
    for code in _ORDER:
        for node in names:
            wanted = code not in found and (every or not found)
            if wanted and (text := one_line(" ".join(_givens(node, code, read=True)))):
                found[code] = text
    return found


def _qualifier(node: Node, sibling: str) -> str | None:
    """The qualifier BR or CL of a part of a HumanName."""
    part = node.child(sibling)
    codes = [e.peek("valueCode") for e in part.extensions(NAME_QUALIFIER)] if part else []
    return next((str(code) for code in codes if code in ("BR", "CL")), None)


def _take_qualifier(part: Node | None) -> None:
    for extension in part.extensions(NAME_QUALIFIER) if part else ():
        if extension.peek("valueCode") in ("BR", "CL"):
            extension.decide("url", "valueCode")


# layout: the JSON of a repeated primitive has its values and their extensions in two lists
def _givens(node: Node, code: str, *, read: bool = False) -> list[str]:
    """The forenames with a qualifier, or without any; *read* marks them as read."""
    raw, marks = node.peek("given"), node.peek("_given")
    siblings = {id(n.value): n for n in node.children("_given")}
    found = []
    for index, text in enumerate(raw if isinstance(raw, list) else ()):
        mark = siblings.get(id(marks[index])) if isinstance(marks, list) and index < len(marks) else None
        stated = [str(e.peek("valueCode")) for e in mark.extensions(NAME_QUALIFIER)] if mark else []
        if isinstance(text, str) and (code in stated if code else not {"BR", "CL"} & set(stated)):
            found.append(text)
            if read:
                node.ledger.mark(raw, index)
                _take_qualifier(mark)
    return found


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
