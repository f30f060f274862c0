"""How people and structures are written: names with their title, national numbers, and one entry for one person in several roles.

Source: docs/paper.md; CSS, R. 161-45 (who asks); arrêté du 10 août 2010 (the two numbers as bar codes).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from bridge.order.identifiers import INS_ROOTS, PROFESSIONALS, STRUCTURES
from bridge.views.sheet.model import Run, SheetEntry, Symbol, Value
from bridge.views.sheet.spot import OrderSpot
from bridge.views.sheet.values import address, code, identifier, joined, matricule, plain, readable, telecom, text

__all__ = ["Roles", "cited", "guardian", "numbered", "organization", "person", "professional", "reached", "speciality"]

_TITLES = {"DR": "Dr", "PR": "Pr", "MC": "Médecin chef", "MG": "Médecin général", "PC": "Pharmacien chef"}
_TITLES |= {"PG": "Pharmacien général"}
_CIVILITIES = {"M": "M.", "MME": "Mme"}
_QUALIFICATION = re.compile(r" \(SM\)$")
"""What the value set adds to the name of a speciality: *savoir-faire médecin*."""


def _title(name: OrderSpot) -> Value:
    """Dr or Pr, else M. or Mme; the one given, where it is another."""
    if name.suffix:
        return (Run(_TITLES.get(name.suffix.raw, readable(name.suffix.raw)), (name.suffix.path,)),)
    if name.prefix:
        return (Run(_CIVILITIES.get(name.prefix.raw, readable(name.prefix.raw)), (name.prefix.path,)),)
    return ()


def person(name: OrderSpot) -> Value:
    """The name of a professional or a relative: title, forenames, name, and those of birth or use where they are others."""
    if not name:
        return ()
    raw = name.raw
    called = joined(" ", _title(name), text(name.given), text(name.family, "strong"))
    claims: tuple[str, ...] = ()
    further: list[Value] = []
    labels = {
        "birth_family": ("nom de naissance : ", raw.family),
        "used_family": ("nom utilisé : ", raw.family),
        "birth_given": ("prénom de naissance : ", raw.given),
        "used_given": ("prénom utilisé : ", raw.given),
    }
    for key, (label, same) in labels.items():
        spot = getattr(name, key)
        if spot and spot.raw == same:
            claims += (spot.path,)
        elif spot:
            further.append((Run(label), *text(spot)))
    tail = (Run(" ("), *joined(", ", *further), Run(")")) if further else ()
    return (*called, *tail, *([Run("", claims)] if claims else []))


def speciality(spot: OrderSpot) -> Value:
    """A profession and its speciality, without the mark of the value set behind it."""
    return tuple(Run(_QUALIFICATION.sub("", run.text), run.paths, run.mark) for run in code(spot))


def _number(spot: OrderSpot, labels: dict[str, str], kinds: dict[tuple[int, str], tuple[str, bool]]) -> tuple[str, Value, bool]:
    """The name of a national number, the number without the digit that says its kind, and whether it is a bar code too."""
    whole = str(spot.extension.raw or "")
    name, scanned = kinds.get((len(whole), whole[:1]), ("", False))
    if not name or not whole.isascii() or not whole.isalnum():
        return labels["other"], identifier(spot), False
    return name, (Run(whole[1:], (spot.extension.path,)),), scanned and whole.isdigit()


_PERSONS = {(12, "8"): ("RPPS", True), (10, "0"): ("ADELI", False)}
_PLACES = {(10, "1"): ("FINESS", True), (10, "2"): ("SIREN", False), (15, "3"): ("SIRET", False)}


def numbered(spot: OrderSpot) -> SheetEntry:
    """An identifier as an entry of its own: RPPS and FINESS with a bar code, any other one as it was sent."""
    raw = spot.raw
    kinds = {PROFESSIONALS: _PERSONS, STRUCTURES: _PLACES}.get(raw.root, {})
    label, value, scanned = _number(spot, {"other": "Identifiant"}, kinds)
    symbol = None
    if scanned:
        digits = "".join(run.text for run in value)
        symbol = Symbol("code128", digits.encode("ascii"), label, f"Code à barres {label} {digits}")
    return SheetEntry(label=label, values=(value,), symbol=symbol)


def cited(spot: OrderSpot) -> Value:
    """An identifier within a text: ``RPPS 99912345678``."""
    if spot.raw.root in INS_ROOTS and spot.extension:
        return (Run("INS\u00a0"), *matricule(spot.extension))
    found = numbered(spot)
    label = "n°" if found.label == "Identifiant" else found.label
    return (Run(f"{label}\u00a0"), *found.values[0])


def reached(spot: OrderSpot) -> tuple[Value, ...]:
    """Telecoms and addresses, each a part of its own."""
    return (*(telecom(one) for one in spot.telecoms), *(address(one) for one in spot.addresses))


def organization(spot: OrderSpot) -> tuple[Value, ...]:
    """Everything about a structure, each a part of its own."""
    if not spot:
        return ()
    number = cited(spot.id) if spot.id else ()
    parts = (text(spot.name), number, *reached(spot), code(spot.practice_setting))
    return tuple(part for part in parts if part)


def professional(spot: OrderSpot) -> tuple[Value, ...]:
    """Everything about a professional, each a part of its own."""
    if not spot:
        return ()
    numbers = (cited(one) for one in spot.ids)
    parts = (person(spot.name), speciality(spot.speciality), *numbers, *reached(spot), *organization(spot.organization))
    return tuple(part for part in parts if part)


def guardian(spot: OrderSpot) -> tuple[Value, ...]:
    """A représentant légal, a person or a structure."""
    numbers = (cited(one) for one in spot.ids)
    parts = (person(spot.name), *organization(spot.organization), *numbers, *reached(spot))
    return tuple(part for part in parts if part)


_NUMBER = re.compile(r"(RPPS|ADELI|n°|INS)\u00a0")
"""How the number of a person begins within a text."""
_ANY_NUMBER = re.compile(r"(RPPS|ADELI|n°|INS|FINESS|SIREN|SIRET)\u00a0")


def _words(parts: tuple[Value, ...]) -> frozenset[str]:
    return frozenset(map(_word, parts))


def _word(part: Value) -> str:
    return "".join(run.text for run in part)


def _paths(parts: tuple[Value, ...]) -> tuple[str, ...]:
    return tuple(path for part in parts for run in part for path in run.paths)


@dataclass(slots=True)
class _Person:
    names: list[str]
    parts: tuple[Value, ...]
    claims: tuple[str, ...]

    def takes(self, parts: tuple[Value, ...]) -> bool:
        """Whether what is said of somebody is said of this person already: the same words, or fewer with the same number."""
        words, known = _words(parts), _words(self.parts)
        return bool(words) and (words == known or (words < known and any(map(_ANY_NUMBER.match, words))))


@dataclass(slots=True)
class Roles:
    """Who takes part, each person once: one who is said again, as well or less well, has one entry with both roles."""

    requester: tuple[Value, ...]
    """The demandeur, who stands at the head of the sheet: of him the name is enough."""
    _known: list[_Person] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._known.append(_Person([], self.requester, ()))

    def add(self, role: str, parts: tuple[Value, ...], more: Value = (), claims: tuple[str, ...] = ()) -> None:
        """Say that somebody has a role; *more* is what belongs to the role, such as its time. An empty role is no news."""
        name = role + "".join(run.text for run in more)
        claims = (*claims, *_paths((more,)))
        known = next((one for one in self._known if one.takes(parts)), None)
        if known is None:
            new, again = self._news(parts)
            self._known.append(_Person([name], new, (*claims, *again)))
            return
        known.claims += (*claims, *_paths(parts))
        if name and name not in known.names:
            known.names.append(name)

    def _news(self, parts: tuple[Value, ...]) -> tuple[tuple[Value, ...], tuple[str, ...]]:
        """Of somebody known by the same number: the name, and what is not said yet; the leaves that are said again."""
        words = {word for word in _words(parts) if _NUMBER.match(word)}
        known = next((_words(one.parts) for one in self._known if words & _words(one.parts)), frozenset())
        again = [part for part in parts[1:] if _word(part) in known]
        return tuple(part for part in parts if part not in again), _paths(tuple(again))

    def entries(self) -> Iterator[SheetEntry]:
        """An entry for each person, under all his roles; what only repeats the demandeur is told by the last claim."""
        requester, *others = self._known
        if any(requester.names):
            yield SheetEntry(label=", ".join(filter(None, requester.names)), values=(self._name(),), claims=requester.claims)
        for known in others:
            value = joined(", ", *known.parts) or plain("non renseigné")
            yield SheetEntry(label=", ".join(filter(None, known.names)), values=(value,), claims=known.claims)

    @property
    def silent(self) -> tuple[str, ...]:
        """What repeats the demandeur without a role of its own."""
        return () if any(self._known[0].names) else self._known[0].claims

    def _name(self) -> Value:
        """The demandeur by his name."""
        first = self.requester[0] if self.requester else ()
        return (*(Run(run.text, (), run.mark) for run in first), Run(" (demandeur)"))
