"""What was read of a person or structure and stands in no order: the custodian has room for one number, a facility for none.

A person or structure is read once and whole, before it is known what the order has room for
(:mod:`bridge.fhir.read.people.people`); what no order took is given up here, so that it is reported. Source: docs/losses.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

from bridge.fhir.ledger.node import Node
from bridge.fhir.ledger.references import Index
from bridge.fhir.read.concepts import Context
from bridge.fhir.read.datatypes.addresses import address
from bridge.fhir.read.datatypes.identifiers import peek_identifier
from bridge.fhir.read.datatypes.telecoms import means_of
from bridge.fhir.read.people.people import People
from bridge.fhir.read.texts import one_line
from bridge.order import Address, Code, Identifier, Order

__all__ = ["give_up"]

Held = str | Address | Code | Identifier


def give_up(index: Index, people: Sequence[People], orders: Iterable[Order]) -> None:
    """Give up what was read of each person and structure and stands in none of the orders."""
    held = _held(orders)
    for coding in _unused_codings(people, held):
        coding.give_up_carried("IMGDA-0901", "administrative")
    for kind in ("Organization", "PractitionerRole", "Practitioner"):
        for node in index.of_type(kind):
            for part in _unused(people[0].context, node, held):
                part.give_up_carried("IMGDA-0901", "administrative")
            if node.ledger.is_read(node.value, "name") and held.isdisjoint(_texts(node, "name")):
                node.lose("name", "IMGDA-0901", "administrative")


def _unused_codings(people: Sequence[People], held: set[Held | None]) -> Iterator[Node]:
    """The codings of specialities and sectors that are in no order."""
    for reader in people:
        for role in reader.roles():
            if role.professional.speciality and role.professional.speciality not in held:
                yield from reader.specialities(role)
        for structure in reader.structures():
            if structure.sector and structure.sector_concept and structure.sector not in held:
                yield from structure.sector_concept.children("coding")


_PARTS = (
    "authenticators authors custodian data_enterer encounter informants legal_authenticator participants patient recipients"
    " request urgency"
).split()
"""Items of an order in which persons and structures stand."""


def _held(orders: Iterable[Order]) -> set[Held | None]:
    """The texts of the people of orders, in lower case, their addresses and codes."""
    held: set[Held | None] = set()
    seen: set[int] = set()
    for order in orders:
        for name in _PARTS:
            _gather(getattr(order, name), held, seen)
    return held


def _gather(value: Any, held: set[Held | None], seen: set[int]) -> None:
    """Take what a part of an order holds; one person often has several parts in it."""
    if isinstance(value, str):
        held.add(value.casefold())
    elif isinstance(value, tuple):
        for item in value:
            _gather(item, held, seen)
    elif isinstance(value, (Address, Code, Identifier)):
        held.add(value)
    elif is_dataclass(value) and not isinstance(value, type) and id(value) not in seen:
        seen.add(id(value))
        for name in _names(type(value)):
            _gather(getattr(value, name), held, seen)


@cache
def _names(cls: type) -> tuple[str, ...]:
    return tuple(part.name for part in fields(cls))


def _unused(context: Context, node: Node, held: set[Held | None]) -> Iterator[Node]:
    """The means of contact, addresses, names and numbers of one resource that are in no order."""
    owners = [node, *node.children("contact")]
    for means in _read(owners, "telecom"):
        if held.isdisjoint(_uris(means)):
            yield means
    for place in _read(owners, "address"):
        if address(place) not in held:
            yield place
    for name in _read([node], "name"):
        words = _texts(name, "family", "text")  # a used forename may stand without a family name
        if words and held.isdisjoint(words):
            yield name
    for number in _read([node], "identifier") if node.type_name == "Organization" else ():
        if peek_identifier(context, number) not in held:
            yield number


def _read(owners: Iterable[Node], element: str) -> Iterator[Node]:
    """The objects at an element of which something was read."""
    return (part for owner in owners for part in owner.children(element) if part.ledger.has_read(part.value))


def _uris(means: Node) -> set[str]:
    """The URIs that a means of contact has become."""
    return {uri.casefold() for uri in means_of(means).uris}


def _texts(node: Node, *names: str) -> set[str]:
    return {text.casefold() for name in names if (text := one_line(node.peek(name)))}
