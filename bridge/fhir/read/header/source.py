"""What the header of one group of requests is read from, and the questions about it that several of its readers ask.

In shape (a), the ANS document, each item is taken from the Composition first and falls back to the path of shape (b), the plain
order. Source: docs/fhir.md, 2.5 (A1 to A12); CI-SIS, Structuration minimale.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bridge.fhir.ledger.node import Node
from bridge.fhir.read.concepts import Context
from bridge.fhir.read.header.description import Description, Participation, description_of
from bridge.fhir.read.people.people import People
from bridge.order.people import Professional

__all__ = ["HeaderSource", "person"]


@dataclass(frozen=True, slots=True)
class HeaderSource:
    """The input, as the readers of one header see it."""

    context: Context
    people: People
    root: Node
    composition: Node | None
    """What describes the document in shape (a)."""
    description: Description | None
    """What describes it in shape (b)."""
    requests: tuple[Node, ...]
    own: frozenset[int]
    """``id()`` of the objects of the requests."""
    now: datetime | None

    @classmethod
    def of(
        cls, context: Context, root: Node, composition: Node | None, requests: tuple[Node, ...], now: datetime | None
    ) -> HeaderSource:
        """The source of the header of some requests, with what describes their document."""
        people = People(context)
        described = None if composition else description_of(context.index, requests)
        description = Description(people, described) if described else None
        own = frozenset(id(request.value) for request in requests)
        return cls(context, people, root, composition, description, requests, own, now)

    @property
    def first(self) -> Node:
        """The first request, where what the whole group lacks is reported."""
        return self.requests[0]

    def has(self, resource: Node | None) -> bool:
        """Whether a resource is a request of the group."""
        return resource is not None and id(resource.value) in self.own

    def is_target_of(self, references: Iterable[Node | None]) -> bool:
        """Whether one of some references leads to a request of the group; all of them are followed."""
        targets = [self.context.index.find(reference) for reference in references if reference]
        return any(map(self.has, targets))

    def extensions(self, name: str) -> list[Node]:
        """The extensions of the Composition of that name."""
        return self.composition.extensions(name) if self.composition else []

    def events(self) -> list[Node]:
        """The events of the Composition."""
        return self.composition.children("event") if self.composition else []

    def participations(self, *kinds: str) -> list[Participation]:
        """Those who took part in a described document, in one of these capacities."""
        return [p for p in self.description.participations() if p.kind in kinds] if self.description else []

    def encounter(self) -> Node | None:
        """The encounter of the document or of the requests; a second one is reported (A7)."""
        chosen: Node | None = None
        for owner in (self.composition, *self.requests):
            for reference in owner.children("encounter") if owner else ():
                found = self.context.index.find(reference)
                if found is None or found.type_name != "Encounter":
                    code = "IMGDA-0218" if found is None else "IMGDA-0205"
                    self.context.note(code, reference.at("reference"), expected="Encounter")
                elif found.peek("status") in ("entered-in-error", "cancelled"):
                    self.context.note("IMGDA-0344", found.at("status"))
                    found.give_up("IMGDA-0910", "technical")
                elif chosen is None:
                    chosen = found
                elif chosen.value is not found.value:
                    self.context.note("IMGDA-0331", reference.path, element="encounter")
        return chosen


def person(professional: Professional) -> object:
    """What makes two professionals one person: the numbers, or the name where there is none."""
    return professional.ids or professional.name
