"""What differs between two orders, item by item, in words.

Two documents that ask for the same thing have no difference here, whatever their layout; a changed answer, side or date is one
line. The names of the items stand in ``mappings/items.csv``. Source: docs/roundtrip.md.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from bridge.cda.canonical import Difference, differences
from bridge.findings.issues import Language
from bridge.order import (
    Act,
    Address,
    Attachment,
    Code,
    Contact,
    Contraindication,
    EffectiveTime,
    Function,
    Identifier,
    Order,
    Participant,
    Period,
    PersonName,
    Professional,
    Site,
    Telecom,
    Translation,
)
from bridge.order.labels import labels

if TYPE_CHECKING:
    from bridge.convert import Bridge

__all__ = ["Change", "Comparison", "Step", "compare", "compare_documents"]

Kind = Literal["added", "removed", "changed", "moved"]

_WHOLE = (Address, Code, EffectiveTime, Function, Identifier, Period, PersonName, Site, Telecom, Translation)
"""Datatypes that are shown and compared whole."""


class Step(NamedTuple):
    """One step of the way to an item: the field of a class, and which member where there are several."""

    owner: str
    field: str
    member: int | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two orders."""

    kind: Kind
    steps: tuple[Step, ...]
    before: Any = None
    """The value in the first order; None when it was added."""
    after: Any = None
    """The value in the second order; None when it was removed."""

    @property
    def item(self) -> str:
        """The item as a path: ``acts[1].sites[0]``; indexes count from 0."""
        return ".".join(s.field if s.member is None else f"{s.field}[{s.member}]" for s in self.steps)

    def name(self, language: Language = "fr") -> str:
        """The item in the words of the volet: ``Acte demandé 2 › Localisation anatomique``."""
        found = []
        for step in self.steps:
            if label := labels(language).get((step.owner, step.field)):
                found.append(label if step.member is None else f"{label} {step.member + 1}")
        return " › ".join(found)

    def text(self, language: Language = "fr") -> str:
        """The change in one line."""
        name = self.name(language)
        match self.kind:
            case "added":
                return f"+ {name} : {shown(self.after, language)}"
            case "removed":
                return f"- {name} : {shown(self.before, language)}"
            case "moved":
                return f"~ {name} : " + ("autre ordre" if language == "fr" else "other order")
        return f"~ {name} : {shown(self.before, language)} → {shown(self.after, language)}"


def compare(first: Order, second: Order) -> list[Change]:
    """Every difference between two orders, in the order of the model; empty when they are equal."""
    return list(_compare(first, second, ()))


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between two documents."""

    changes: tuple[Change, ...]
    """Items of the order."""
    others: tuple[Difference, ...]
    """Leaves, in canonical form, that no item of the order accounts for: a template, a label, the words of a narrative."""


def compare_documents(first: bytes, second: bytes, *, bridge: Bridge | None = None) -> Comparison:
    """Every difference between two documents: by meaning, then whatever leaf is left. Raises as :meth:`Bridge.read_document`."""
    from bridge.convert import Bridge, write_document

    reader = bridge or Bridge()
    one, other = reader.read_document(first), reader.read_document(second)
    changes = tuple(compare(one.order, other.order))
    leaves = differences(first, second)
    if changes:
        meant = differences(write_document(one.order, one.model), write_document(other.order, other.model))
        accounted = {(leaf.before, leaf.after) for leaf in meant}
        leaves = [leaf for leaf in leaves if (leaf.before, leaf.after) not in accounted]
    return Comparison(changes, tuple(leaves))


def _compare(first: Any, second: Any, steps: tuple[Step, ...]) -> Iterator[Change]:
    if first == second:
        return
    if first is None or second is None:
        yield Change("added" if first is None else "removed", steps, first, second)
    elif is_dataclass(first) and not isinstance(first, _WHOLE) and type(first) is type(second):
        owner = type(first).__name__
        for field in fields(first):
            one, other = getattr(first, field.name), getattr(second, field.name)
            if isinstance(one, tuple):
                yield from _several(one, other, steps, owner, field.name)
            else:
                yield from _compare(one, other, (*steps, Step(owner, field.name)))
    else:
        yield Change("changed", steps, first, second)


def _several(first: Sequence[Any], second: Sequence[Any], steps: tuple[Step, ...], owner: str, field: str) -> Iterator[Change]:
    """Members are paired: equal ones, then those about the same thing, then, where order tells, those at the same place."""
    left, right = list(range(len(first))), list(range(len(second)))
    pairs = _pair(first, second, left, right, lambda item: item)
    pairs += _pair(first, second, left, right, _subject)
    if any(isinstance(item, (Act, Attachment)) for item in (*first, *second)):
        pairs += [(left.pop(0), right.pop(0)) for _ in range(min(len(left), len(right)))]
    for i, j in sorted(pairs):
        yield from _compare(first[i], second[j], (*steps, Step(owner, field, i)))
    for i in left:
        yield Change("removed", (*steps, Step(owner, field, i)), before=first[i])
    for j in right:
        yield Change("added", (*steps, Step(owner, field, j)), after=second[j])
    if [j for _, j in sorted(pairs)] != sorted(j for _, j in pairs):
        yield Change("moved", (*steps, Step(owner, field)))


def _pair(first: Sequence[Any], second: Sequence[Any], left: list[int], right: list[int], key: Any) -> list[tuple[int, int]]:
    """Pair members with the same key; they leave *left* and *right*."""
    pairs = []
    for i in list(left):
        wanted = key(first[i])
        j = next((j for j in right if wanted is not None and key(second[j]) == wanted), None)
        if j is not None:
            left.remove(i)
            right.remove(j)
            pairs.append((i, j))
    return pairs


# layout: a case for each class of the order whose members are paired
def _subject(item: Any) -> Any:
    """What a member is about, so that a change of its details is a change and not another member."""
    match item:
        case Act():
            return "act", item.modality.code, tuple(_site(site) for site in item.sites)
        case Contraindication():
            return "contraindication", item.concept.code, item.concept.system
        case Function():
            return "function", item.concept.code
        case Site():
            return "site", _site(item)
        case Contact():
            return "contact", item.role, item.name
        case Participant():
            return "participant", item.type, item.function and item.function.code, _subject(item.professional)
        case Professional():
            return "professional", item.ids or item.name
        case Attachment():
            return "attachment", item.title
        case Code():
            return "code", item.code, item.system
    professional = getattr(item, "professional", None)
    return (type(item).__name__, _subject(professional)) if professional else None


def _site(site: Site) -> str | None:
    """The code of a site, or its words where no code says it."""
    return site.location.code if site.location else site.text


# --- words -----------------------------------------------------------------------------------------------------------

_DATE = re.compile(r"(\d{4})-(\d\d)(?:-(\d\d)(?:T(\d\d:\d\d:\d\d)([+-]\d\d:\d\d))?)?")


# layout: a case for each class of the order that people read in a way of its own
def shown(value: Any, language: Language = "fr") -> str:
    """A value of the order for people."""
    match value:
        case None:
            return "-"
        case bool():
            return {"fr": ("non", "oui"), "en": ("no", "yes")}[language][value]
        case str():
            return _text(value, language)
        case int():
            return str(value)
        case Code():
            return _code(value)
        case Translation():
            return f"{value.display or ''} [{value.code}]".strip()
        case Identifier():
            return f"{value.extension} ({value.root})" if value.extension else value.root
        case Telecom():
            return f"{value.value} ({value.use})" if value.use else value.value
        case EffectiveTime() if value.at:
            return shown(value.at, language)
        case Period() | EffectiveTime():
            return f"{shown(value.start, language)} … {shown(value.end, language)}"
        case Site():
            where = _code(value.location) if value.location else _text(value.text or "", language)
            return " ".join([where, *(f"({shown(m.display)})" for m in value.modifiers)])
        case Function() | Contraindication():
            answer = [] if isinstance(value, Function) else [shown(value.present, language)]
            details = [value.comment, value.date, None if isinstance(value, Function) else value.id]
            return " ; ".join([_code(value.concept), *answer, *(shown(part, language) for part in details if part)])
        case Attachment():
            return f"{value.title} ({value.media_type}, {_digest(value.data)})"
    return " ; ".join(part for part in _parts(value, language) if part and part != "-")


def _parts(value: Any, language: Language) -> Iterator[str]:
    if is_dataclass(value):
        for field in fields(value):
            item = getattr(value, field.name)
            yield from (shown(x, language) for x in (item if isinstance(item, tuple) else (item,)))
    else:
        yield str(value)


def _code(code: Code) -> str:
    words = f"{code.display} [{code.code}]" if code.display else code.code
    words += f" « {code.text} »" if code.text else ""
    return words + "".join(f" = {shown(t)}" for t in code.translations)


def _text(text: str, language: Language) -> str:
    if match := _DATE.fullmatch(text):
        year, month, day, time, zone = match.groups()
        date = f"{day}/{month}/{year}" if day else f"{month}/{year}"
        return (f"{date} {time} {zone}" if time else date) if language == "fr" else text
    return _digest(text) if len(text) > 2_000 and " " not in text else text


def _digest(data: str) -> str:
    """The size and the beginning of the SHA-256 of some base64."""
    try:
        content = base64.b64decode(data, validate=True)
    except ValueError:
        content = data.encode()
    return f"{len(content)} o, sha256 {hashlib.sha256(content).hexdigest()[:12]}"
