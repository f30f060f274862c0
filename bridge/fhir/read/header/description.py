"""The header of a document in the plain shape: a DocumentReference that describes it, and Provenances for those who took part.

A DocumentReference of type 55115-0 without content whose ``context.related`` leads to the requests holds what a Composition
would: identifiers, title, language, custodian, period. A Provenance of that DocumentReference tells in which capacity
(v3-ParticipationType) and when somebody took part. Provenances of the requests themselves are not meant.

Source: FHIR R4 4.0.1, DocumentReference and Provenance; docs/fhir.md, 2.3.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from bridge.fhir.ledger.node import Node
from bridge.fhir.ledger.references import Index
from bridge.fhir.read.datatypes.identifiers import identifier
from bridge.fhir.read.datatypes.names import moment, period
from bridge.fhir.read.people.people import People
from bridge.fhir.read.people.roles import Role
from bridge.fhir.read.texts import one_line
from bridge.order import Identifier, Period

__all__ = ["Description", "Participation", "description_of"]

_LOINC = ("http://loinc.org", "urn:oid:2.16.840.1.113883.6.1")


def description_of(index: Index, requests: tuple[Node, ...]) -> Node | None:
    """The DocumentReference that describes the document of these requests."""
    for node in index.of_type("DocumentReference"):
        if _is_order(node) and any(_relates_to(index, node, request) for request in requests):
            return node
    return None


def _is_order(node: Node) -> bool:
    kind = node.child("type")
    codings = kind.children("coding") if kind else []
    named = any(c.peek("code") == "55115-0" and c.peek("system") in _LOINC for c in codings)
    attachments = [a for content in node.children("content") if (a := content.child("attachment"))]
    return named and not any("data" in attachment or "url" in attachment for attachment in attachments)


def _relates_to(index: Index, node: Node, request: Node) -> bool:
    context = node.child("context")
    return context is not None and _leads_to(index, context.children("related"), request)


def _leads_to(index: Index, references: list[Node], resource: Node) -> bool:
    """Whether one of some references leads to a resource; all of them are followed."""
    targets = [index.find(reference) for reference in references]
    return any(target is not None and target.value is resource.value for target in targets)


class Participation(NamedTuple):
    """Somebody who took part in a document."""

    kind: str
    """Code of v3-ParticipationType."""
    role: Role
    time: Period | None

    @property
    def instant(self) -> str | None:
        """The time, where there is room for one moment only."""
        return self.time.start or self.time.end if self.time else None


@dataclass(frozen=True, slots=True)
class Description:
    """Reads the DocumentReference and its Provenances."""

    people: People
    node: Node

    def document_id(self) -> Identifier | None:
        """FHIR: masterIdentifier."""
        found = self.node.child("masterIdentifier")
        return identifier(self.people.context, found, bare=True) if found else None

    def set_id(self) -> Identifier | None:
        """FHIR: identifier."""
        found = self.node.child("identifier")
        return identifier(self.people.context, found, bare=True) if found else None

    def replaced(self) -> Identifier | None:
        """FHIR: relatesTo[replaces].target.identifier."""
        for relation in self.node.children("relatesTo"):
            target = relation.child("target")
            node = target.child("identifier") if target and relation.peek("code") == "replaces" else None
            if node:
                relation.text("code")
                found = identifier(self.people.context, node, bare=True)
                if found is None:
                    relation.lose("target", "IMGDA-0345", "critical")
                return found
        return None

    def title(self) -> str | None:
        """FHIR: content.attachment.title."""
        attachment = self.attachment()
        return one_line(attachment.text("title")) if attachment else None

    def created_at(self) -> str | None:
        """FHIR: content.attachment.creation."""
        attachment = self.attachment()
        return moment(self.people.context, attachment, "creation") if attachment else None

    def custodian(self) -> Node | None:
        """FHIR: custodian."""
        return self.node.child("custodian")

    def period(self) -> Period | None:
        """When the request was made. FHIR: context.period."""
        context = self.node.child("context")
        return period(self.people.context, context.child("period")) if context else None

    def attachment(self) -> Node | None:
        """What holds the title, language and creation time. FHIR: content.attachment."""
        content = self.node.child("content")
        return content.child("attachment") if content else None

    def participations(self) -> Iterator[Participation]:
        """Those who took part, in the order of the input."""
        for provenance in self._provenances():
            yield from self._agents(provenance)

    def device_agents(self) -> Iterator[tuple[Node, Node]]:
        """The Provenances and references of what took part and is a device."""
        for provenance in self._provenances():
            for agent in provenance.children("agent"):
                if (who := agent.child("who")) and self._is_device(who):
                    yield provenance, who

    def _provenances(self) -> Iterator[Node]:
        index = self.people.context.index
        for provenance in index.of_type("Provenance"):
            if _leads_to(index, provenance.children("target"), self.node):
                yield provenance

    def _is_device(self, who: Node | None) -> bool:
        found = self.people.context.index.find(who) if who else None
        return found is not None and found.type_name == "Device"

    def _agents(self, provenance: Node) -> Iterator[Participation]:
        provenance.text("recorded")
        when = self._time(provenance)
        for agent in provenance.children("agent"):
            who = agent.child("who")
            role = None if self._is_device(who) else self.people.role(who, required=True)
            concept = agent.child("type")
            for coding in concept.children("coding") if concept else ():
                kind = coding.text("code")
                coding.text("system")
                if role and kind:
                    yield Participation(kind, role, when)

    def _time(self, provenance: Node) -> Period | None:
        if when := moment(self.people.context, provenance, "occurredDateTime"):
            return Period(start=when)
        return period(self.people.context, provenance.child("occurredPeriod"))

    def read(self) -> None:
        """Count what says that this is a description as read; a status that takes it back is an error."""
        for name in ("status", "docStatus"):
            status = self.node.deciding(name)
            if status == "entered-in-error":
                self.people.context.note("IMGDA-0343", self.node.at(name))
            elif status in ("superseded", "preliminary"):
                self.people.context.note("IMGDA-0912", self.node.at(name), status=status)
        if subject := self.node.child("subject"):
            self.people.context.index.find(subject)
        kind = self.node.child("type")
        for coding in kind.children("coding") if kind else ():
            coding.understood()
