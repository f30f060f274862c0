"""The administrative half of an order: document, demandeur, participants, context of care.

In shape (a), the ANS document, each item is taken from the Composition first and falls back to the path of shape (b), the plain
order. Source: docs/fhir.md, 2.5 (A1 to A12); CI-SIS, Structuration minimale.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from bridge.fhir.extensions import FURTHER_IDENTIFIER
from bridge.fhir.ledger.node import Node, reads
from bridge.fhir.read.concepts import Context
from bridge.fhir.read.datatypes.addresses import addresses
from bridge.fhir.read.datatypes.identifiers import has_root, has_type, identifier
from bridge.fhir.read.datatypes.names import is_past, moment, period
from bridge.fhir.read.distinct import Distinct
from bridge.fhir.read.groups import of_one_document, replaced_by
from bridge.fhir.read.header.description import Description, Participation, description_of
from bridge.fhir.read.header.document import Identity
from bridge.fhir.read.people.people import People
from bridge.fhir.read.people.referents import PROFESSIONAL_TYPES, lose_reference, names_professional, names_structure
from bridge.fhir.read.people.roles import Role
from bridge.fhir.read.people.structures import Structure
from bridge.fhir.read.texts import clean, one_line
from bridge.findings.issues import issue
from bridge.findings.losses import severity
from bridge.order import (
    Attester,
    Author,
    Code,
    DataEnterer,
    Document,
    Encounter,
    EncounterParticipant,
    Facility,
    FulfilledOrder,
    Identifier,
    Order,
    Organization,
    Participant,
    Period,
    Professional,
    Recipient,
    Request,
    Urgency,
)
from bridge.order.identifiers import PROFESSIONALS
from bridge.order.moments import as_datetime, iso, offset
from bridge.tables.codes import ValueSet, code_system_oid, table, value_set
from bridge.wording.denials import only_denied
from bridge.wording.names import names_of

__all__ = ["Header", "coded_value"]

_STRUCTURES = "1.2.250.1.71.4.2.2"
_NO_ID = Identifier(root="0.0")


def coded_value(set_name: str, code: str) -> Code:
    """A concept of a value set by its code."""
    concept = value_set(set_name).by_code[code][0]
    return Code(code=concept.code, system=concept.system, display=concept.display)


@dataclass(slots=True)
class Header:
    """Reads the header of one group of requests."""

    context: Context
    people: People
    root: Node
    composition: Node | None
    requests: tuple[Node, ...]
    now: datetime | None
    description: Description | None = None
    """What describes the document in shape (b)."""
    _addressees: list[Role] = field(default_factory=list)
    _kind: tuple[Code | None] | None = None
    """The type of the encounter, once read."""
    _rootless: list[str] = field(default_factory=list)
    """FHIRPath of each number of the order whose system is neither an OID nor a UUID."""
    _mine: frozenset[int] | None = None
    """``id()`` of the objects of the requests, once asked for."""

    # --- A8, A5: number and times ------------------------------------------------------------------------------------

    @reads("request")
    def order_ids(self) -> tuple[Identifier, ...]:
        """The Order Placer Number: requisition, then a shared PLAC, then what groups the requests (A8).

        A requisition that is said to be unknown (data-absent-reason) is not looked for elsewhere. Where each number that is sent
        has a system that no document can carry, the order is refused.
        """
        stated = [node for r in self.requests if (node := r.child("requisition"))]
        if any("value" not in node and node.extensions("data-absent-reason") for node in stated):
            self.context.note("IMGDA-0318", self.requests[0].at("requisition"))
            return ()
        for source in (self._requisitions, self._event_identifiers, self._placer, self._group, self._untyped):
            if ids := source():
                return ids
        for path in dict.fromkeys(self._rootless):
            self.context.note("IMGDA-0317", path)
        self.context.note("IMGDA-0318", self.requests[0].at("requisition"))
        return ()

    def _read_number(self, node: Node) -> Identifier | None:
        found = identifier(self.context, node, self.context.settings.oids.order, bare=True)
        if found is None and isinstance(node.peek("value"), str) and "system" not in node:
            self.context.note("IMGDA-0317", node.path)
        elif found is None and not has_root(self.context, node):
            self._rootless.append(node.path)
        return found

    def _requisitions(self) -> tuple[Identifier, ...]:
        """The requisitions, and the identifiers that are further numbers of the group (PGN)."""
        nodes = [node for request in self.requests if (node := request.child("requisition"))]
        if nodes:
            nodes += [n for r in self.requests for n in r.children("identifier") if has_type(n, "PGN")]
        found = [self._read_number(node) for node in nodes]
        return tuple(dict.fromkeys(x for x in found if x))

    def shared_ids(self, ids: tuple[Identifier, ...]) -> tuple[Identifier, ...]:
        """Which numbers of the request are no numbers of its acts: a placer number that stands for a missing requisition."""
        return () if any("requisition" in request for request in self.requests) else ids

    def _event_identifiers(self) -> tuple[Identifier, ...]:
        nodes = [d.child("identifier") for event in self._events() for d in event.children("detail") if self._is_principal(event)]
        return tuple(dict.fromkeys(x for node in nodes if node and (x := self._read_number(node))))

    def _placer(self) -> tuple[Identifier, ...]:
        each = [[n for n in r.children("identifier") if has_type(n, "PLAC")] for r in self.requests]
        values = {(n.peek("system"), n.peek("value")) for nodes in each for n in nodes}
        if len(values) == 1 and all(each):
            found = [self._read_number(nodes[0]) for nodes in each]
            return tuple(dict.fromkeys(x for x in found if x))
        return ()

    def _group(self) -> tuple[Identifier, ...]:
        for owner in self.context.index.of_type("Task", "RequestGroup", "RequestOrchestration"):
            group = owner.child("groupIdentifier")
            focus = [owner.child("focus"), *(a.child("resource") for a in owner.children("action"))]
            targets = [self.context.index.find(reference) for reference in focus if reference]
            if group and self._concern(targets):
                found = self._read_number(group)
                return (found,) if found else ()
        for request in self.requests:
            for parent in request.children("basedOn"):
                if (node := parent.child("identifier") or self._parent_number(parent)) and (found := self._read_number(node)):
                    return (found,)
        return ()

    def _concern(self, targets: list[Node | None]) -> bool:
        """Whether one of some resources is a request of the group."""
        if self._mine is None:
            self._mine = frozenset(id(request.value) for request in self.requests)
        return any(target is not None and id(target.value) in self._mine for target in targets)

    def _parent_number(self, reference: Node) -> Node | None:
        """The number of the request that this one is based on: requisition, placer number, or the only one without a type."""
        parent = self.context.index.find(reference)
        if parent is None or parent.type_name != "ServiceRequest" or self._concern([parent]):
            return None
        numbers = parent.children("identifier")
        candidates = [n for n in numbers if has_type(n, "PLAC")] or [n for n in numbers if "type" not in n]
        return parent.child("requisition") or (candidates[0] if len(candidates) == 1 else None)

    def _untyped(self) -> tuple[Identifier, ...]:
        nodes = [n for r in self.requests for n in r.children("identifier") if "type" not in n]
        if len({(n.peek("system"), n.peek("value")) for n in nodes}) != 1:
            return ()
        found = [self._read_number(node) for node in nodes]
        if found[0]:
            self.context.note("IMGDA-0335", nodes[0].path)
        return tuple(dict.fromkeys(x for x in found if x))

    @reads("authors")
    def requested_at(self) -> str | None:
        """The latest authoredOn of the group, else a substitute, which is reported (A5)."""
        raw = [str(r.peek("authoredOn")) for r in self.requests]
        latest = max((found for text in raw if (found := iso(text))), key=as_datetime, default=None)
        times = [t for r, text in zip(self.requests, raw, strict=True) if iso(text) == latest and (t := self._authored(r))]
        if times:
            return times[0]
        first = self.requests[0]
        meta = first.child("meta")
        if meta and (when := moment(self.context, meta, "lastUpdated")):
            self.context.note("IMGDA-0321", first.at("authoredOn"), origin="meta.lastUpdated")
            return when
        encounter = self._encounter_node()
        span = (encounter.child("period") or encounter.child("actualPeriod")) if encounter else None
        if span and (when := moment(self.context, span, "start")):
            self.context.note("IMGDA-0321", first.at("authoredOn"), origin="Encounter.period.start")
            return when
        return None

    def _authored(self, request: Node) -> str | None:
        return moment(self.context, request, "authoredOn")

    @reads("document")
    def created_at(self, requested: str | None) -> str:
        """When the document was made: from the input, else *now*, else the clock, with a warning."""
        created, origin = self._created(requested)
        if requested is None:
            self.context.note("IMGDA-0321", self.requests[0].at("authoredOn"), origin=origin)
        return created

    def _created(self, requested: str | None) -> tuple[str, str]:
        """The time of creation, and where it comes from."""
        if self.composition and (when := moment(self.context, self.composition, "date")):
            if "timestamp" in self.root and moment(self.context, self.root, "timestamp") != when:
                self.context.note("IMGDA-0327", self.root.at("timestamp"))
                self.root.lose("timestamp", "IMGDA-0903", "technical")
            return when, "Composition.date"
        described = self.description.created_at() if self.description else None
        if when := moment(self.context, self.root, "timestamp"):
            if described and described != when:
                self.context.note("IMGDA-0327", self.root.at("timestamp"))
            return (described, "DocumentReference") if described else (when, "Bundle.timestamp")
        if described:
            return described, "DocumentReference"
        if requested:
            return requested, "authoredOn"
        if self.now is None:
            self.context.note("IMGDA-0320", self.requests[0].at("authoredOn"))
        now = self.now or datetime.now().astimezone()
        if now.tzinfo is None:
            from zoneinfo import ZoneInfo

            now = now.replace(tzinfo=ZoneInfo(self.context.settings.time_zone))
        return now.replace(microsecond=0).isoformat(), "now"

    # --- A1: the document --------------------------------------------------------------------------------------------

    @reads("document")
    def document(self, ids: tuple[Identifier, ...], requested: str | None, created: str) -> Document:
        """What the document is known by (A1)."""
        return Identity(self).document(ids, requested, created)

    def replaced(self, reference: Node) -> tuple[Node, ...]:
        """The requests that form one document with the one that a reference of ServiceRequest.replaces leads to."""
        old = replaced_by(self.context, reference)
        if old is None or self._concern([old]):
            return ()
        members = of_one_document(self.context, old)
        return tuple(node for node in members if not self._concern([node])) if self._concern([*members]) else members

    def reader_of(self, members: tuple[Node, ...]) -> Header:
        """A reader of requests that are replaced; what it finds is not reported."""
        context = replace(self.context, issues=[], identified={})
        people = People(context)
        described = description_of(context.index, members)
        description = Description(people, described) if described else None
        return Header(context, people, self.root, None, members, None, description)

    # --- A4: demandeur -----------------------------------------------------------------------------------------------

    @reads("authors")
    def authors(self, requested: str | None, created: str) -> tuple[Author, ...]:
        """Composition.author, else ServiceRequest.requester; the first one is the demandeur."""
        found: list[Author] = []
        devices: list[Author] = []
        for reference in self.composition.children("author") if self.composition else ():
            role = self.people.role(reference, required=True)
            if role is None:
                devices += self._device_author(reference, requested or created)
                continue
            times = [moment(self.context, e, "valueDateTime") for e in reference.extensions("fr-author-time-extension")]
            found.append(
                Author(
                    professional=role.professional,
                    time=times[0] if times and times[0] else requested or created,
                    function=role.function,
                )
            )
        requester = self._requester()
        if not found and requester:
            found = [Author(professional=requester.professional, time=requested or created, function=requester.function)]
            found += [
                Author(professional=p.role.professional, time=_start(p) or requested or created, function=p.role.function)
                for p in self._participations("AUT")
            ]
        if not found or not self._is_identified(found[0].professional):
            self.context.note("IMGDA-0311", self.requests[0].at("requester"))
        for provenance, agent in self.description.device_agents() if self.description else ():
            when = moment(self.context, provenance, "occurredDateTime") or requested or created
            devices += [Author(professional=holder, time=when, device=device) for holder, device in self.people.device(agent)]
        return (*(found or [Author(professional=Professional(ids=(_NO_ID,)), time=requested or created)]), *devices)

    def _device_author(self, reference: Node, otherwise: str) -> list[Author]:
        """A device or a software among the authors of the document."""
        times = [moment(self.context, e, "valueDateTime") for e in reference.extensions("fr-author-time-extension")]
        when = next((time for time in times if time), otherwise)
        return [Author(professional=holder, time=when, device=device) for holder, device in self.people.device(reference)]

    def _is_identified(self, requester: Professional) -> bool:
        """Whether a requester has a name and a national number, or a local one that the settings allow."""
        if requester.name is None or not requester.ids:
            return False
        if any(number.root == PROFESSIONALS for number in requester.ids):
            return True
        if self.context.settings.missing.requester_number != "null":
            return False
        where = self.context.identified.get(requester.ids[0]) or self.requests[0].at("requester")
        self.context.note("IMGDA-0349", where)
        return True

    def _participations(self, *kinds: str) -> list[Participation]:
        """Those who took part in a described document, in one of these capacities."""
        return [p for p in self.description.participations() if p.kind in kinds] if self.description else []

    def _requester(self) -> Role | None:
        first: Role | None = None
        for request in self.requests:
            reference = request.child("requester")
            role = self.people.role(reference, required=True) if reference and not self._names_structure(reference) else None
            if role and first and role.professional.ids != first.professional.ids:
                self.context.note("IMGDA-0331", request.at("requester"), element="requester")
            first = first or role
        return first or self._substitute_requester()

    def _names_structure(self, reference: Node) -> bool:
        """Whether a reference leads to a structure, or names one."""
        target = self.context.index.find(reference)
        if target is not None:
            return target.type_name == "Organization"
        return names_structure(self.context, reference, structures_only=False)

    def _requesting_structure(self) -> Structure | None:
        """The structure that makes the request in the place of a person. FHIR: ServiceRequest.requester (Organization)."""
        for request in self.requests:
            reference = request.child("requester")
            if reference and self._names_structure(reference):
                return self.people.structure(reference)
        return None

    def _substitute_requester(self) -> Role | None:
        """A person for a requester that is none: the author of a Provenance of the request.

        For a structure, or where no requester is named, the attending of the encounter. He never stands in for a patient or a
        device.
        """
        for provenance in self.context.index.of_type("Provenance"):
            targets = [self.context.index.find(target) for target in provenance.children("target")]
            if self._concern(targets):
                for agent in provenance.children("agent"):
                    kind = agent.child("type")
                    if kind and any(c.peek("code") in ("author", "AUT") for c in kind.children("coding")):
                        if (who := agent.child("who")) and (role := self.people.role(who)):
                            self._report_substitute("Provenance.agent")
                            return role
        named = [reference for request in self.requests if (reference := request.child("requester"))]
        if not all(map(self._names_structure, named)):
            return None
        encounter = self._encounter_node()
        for participant in encounter.children("participant") if encounter else ():
            if "ATND" in _participation_codes(participant):
                reference = participant.child("individual") or participant.child("actor")
                if reference and (role := self.people.role(reference)):
                    self._report_substitute("Encounter.participant")
                    return role
        return None

    def _report_substitute(self, origin: str) -> None:
        self.context.note("IMGDA-0353", self.requests[0].at("requester"), origin=origin)

    # --- A6, A10 and other participants ------------------------------------------------------------------------------

    @reads("participants")
    def participants(self, patient: Node | None, supporting: list[Node]) -> tuple[Participant, ...]:
        """Médecin traitant, destinataires du compte rendu, and whoever else the Composition names; some are *supporting*."""
        found: list[Participant] = []
        for extension in self._extensions("ParticipantExtension"):
            if participant := self._participant(extension):
                found.append(participant)
        for part in self._participations(*value_set("participation-type").by_code):
            found.append(self._as_participant(part.role, part.kind, part.role.function, part.time))
        if not any(p.function and p.function.code == "PCP" for p in found):
            found += self._treating_physician(patient, supporting)
        else:
            self._same_physician(patient)
        copies = {_person(p.professional) for p in found if p.type == "CON"}
        for role in [*self._report_recipients(), *self._roles_among(supporting, "CORRE")]:
            new = Participant(
                professional=role.professional,
                type="CON",
                function=coded_value("function-code", "CORRE"),
                role_class=role.role_class or "PROV",
            )
            if (person := _person(new.professional)) not in copies:
                found.append(new)
                copies.add(person)
        return tuple(found)

    def _extensions(self, name: str) -> list[Node]:
        return self.composition.extensions(name) if self.composition else []

    def _participant(self, extension: Node) -> Participant | None:
        kind, function, role, when = None, None, None, None
        known = value_set("participation-type").by_code
        for part in extension.extensions("type"):
            concept = part.child("valueCodeableConcept")
            for coding in concept.children("coding") if concept else ():
                if coding.peek("code") in known:
                    coding.carried()
                    kind = str(coding.peek("code"))
        for part in extension.extensions("function"):
            function = self.people.function(part.child("valueCodeableConcept"))
        for part in extension.extensions("time"):
            when = self._known_period(part)
        for part in extension.extensions("party"):
            reference = part.child("valueReference")
            if kind or self._says_participation(reference):
                role = self.people.role(reference, required=True)
        kind = kind or (role.participation if role else None)
        if kind is None or role is None:
            extension.lose("extension", "IMGDA-0901")
            return None
        return self._as_participant(role, kind, function or role.function, when)

    def _as_participant(self, role: Role, kind: str, function: Code | None, when: Period | None) -> Participant:
        return Participant(
            professional=self.people.with_local_structure(role),
            type=kind,
            function=function,
            role_class=role.role_class or "PROV",
            time=when,
        )

    def _says_participation(self, reference: Node | None) -> bool:
        """Whether the role that a reference leads to says itself in which way it takes part."""
        role = self.context.index.find(reference) if reference else None
        return role is not None and any(self.context.matches(c, "participation-type") for c in role.children("code"))

    def _known_period(self, extension: Node) -> Period | None:
        """A Period whose ends may be said to be unknown (data-absent-reason)."""
        span = extension.child("valuePeriod")
        for element in ("_start", "_end"):
            primitive = span.child(element) if span else None
            for reason in primitive.extensions("data-absent-reason") if primitive else ():
                if reason.peek("valueCode") == "unknown":
                    reason.decide("valueCode")
        return period(self.context, span)

    def _treating_physician(self, patient: Node | None, supporting: list[Node]) -> list[Participant]:
        for reference in patient.children("generalPractitioner") if patient else ():
            if role := self.people.role(reference):
                return [self._physician(role)]
        for team in self.context.index.of_type("CareTeam"):
            for participant in team.children("participant") if self._is_current_team(team, patient) else ():
                if is_past(participant, self.people.now):
                    continue
                if any(self.context.has_code(c, "PCP", "2.16.840.1.113883.5.88") for c in participant.children("role")):
                    member = participant.child("member")
                    if member and (role := self.people.role(member)):
                        for concept in participant.children("role"):
                            self.context.take_code(concept, "PCP", "2.16.840.1.113883.5.88")
                        return [self._physician(role)]
        return [self._physician(role) for role in self._roles_among(supporting, "PCP")[:1]]

    def _is_current_team(self, team: Node, patient: Node | None) -> bool:
        """Whether a CareTeam is the patient's and in force."""
        about = [target for r in team.children("subject") if (target := self.context.index.find(r))]
        if any(patient is None or target.value is not patient.value for target in about):
            return False
        return team.peek("status") in (None, "active") and not is_past(team, self.people.now)

    def _roles_among(self, resources: list[Node], function: str) -> list[Role]:
        """The PractitionerRoles among some resources whose code is a function."""
        found = [n for n in resources if n.type_name == "PractitionerRole"]
        roles = [self.people.role_of(n) for n in found if any(_has(code, function) for code in n.children("code"))]
        return [role for role in roles if role]

    def _physician(self, role: Role) -> Participant:
        return Participant(
            professional=role.professional,
            type="INF",
            function=coded_value("function-code", "PCP"),
            role_class=role.role_class or "PROV",
        )

    def _same_physician(self, patient: Node | None) -> None:
        """The general practitioner repeats the participant PCP: read, so that only another person is a loss."""
        for reference in patient.children("generalPractitioner") if patient else ():
            self.people.role(reference)

    def _report_recipients(self) -> list[Role]:
        """CommunicationRequests about the requests; professionals with the code CORRE (A10)."""
        found = []
        for node in self._communications():
            if not self._is_copy_to(node) or self.context.is_foreign(node):
                continue
            if node.peek("status") == "active":
                node.decide("status")
            if node.peek("intent") == "order":
                node.decide("intent")
            for reference in node.children("recipient"):
                if role := self.people.role(reference):
                    found.append(role)
        return found

    def _communications(self) -> list[Node]:
        """The CommunicationRequests about the requests that are to be followed; another is reported."""
        found = []
        for node in self.context.index.of_type("CommunicationRequest"):
            about = [self.context.index.find(r) for r in node.children("about")]
            if not self._concern(about):
                continue
            if node.peek("status") in ("entered-in-error", "revoked") or node.peek("doNotPerform") is True:
                self.context.note("IMGDA-0217", node.path)
            else:
                found.append(node)
        return found

    def _is_copy_to(self, node: Node) -> bool:
        if any(self.context.has_code(m, "PHONE", "") or _has(m, "PHONE") for m in node.children("medium")):
            return False
        categories = node.children("category")
        for category in categories:
            if _understand(category, "CORRE", "copyto-reports"):
                return True
        return not categories and not node.children("payload")

    @reads("callback")
    def wants_call_back(self) -> bool | None:
        """The extension, a CommunicationRequest by phone, or None when nothing tells (M21)."""
        for request in self.requests:
            owners = [request, *([r] if (r := request.child("requester")) else [])]
            for owner in owners:
                for extension in owner.extensions("servicerequest-order-callback-phone-number"):
                    return True if extension.child("valueContactPoint") else None
        for node in self._communications():
            phone = [m for m in node.children("medium") if _has(m, "PHONE")]
            if phone and not self.context.is_foreign(node):
                for medium in phone:
                    _understand(medium, "PHONE")
                return True
        return None

    @reads("authors")
    def call_back_numbers(self) -> list[Node]:
        """The ContactPoints to call back."""
        return [
            point
            for request in self.requests
            for owner in (request, request.child("requester"))
            if owner
            for extension in owner.extensions("servicerequest-order-callback-phone-number")
            if (point := extension.child("valueContactPoint"))
        ]

    @reads("contacts")
    def informants(self) -> list[Node]:
        """The RelatedPersons that the Composition names as informants."""
        found = []
        for extension in self._extensions("informant-extension"):
            _understand_type(extension, "INF")
            for part in extension.extensions("party"):
                reference = part.child("valueReference")
                target = self.context.index.find(reference) if reference else None
                if target is not None and target.type_name == "RelatedPerson":
                    found.append(target)
        return found

    @reads("informants")
    def professional_informants(self) -> tuple[Professional, ...]:
        """Professionals who informed: the parties of the extension that are no relatives, or the informants of a Provenance."""
        found = []
        for extension in self._extensions("informant-extension"):
            for part in extension.extensions("party"):
                reference = part.child("valueReference")
                target = self.context.index.find(reference) if reference else None
                if target is not None and target.type_name == "RelatedPerson":
                    continue
                if role := self.people.role(reference):
                    found.append(role.professional)
        found += [part.role.professional for part in self._participations("informant")]
        return tuple(dict.fromkeys(found))

    @reads("fulfils")
    def fulfilled(self) -> tuple[FulfilledOrder, ...]:
        """The orders that this one answers, where the number of this one stands elsewhere (A8)."""
        if not any("requisition" in request for request in self.requests):
            return ()
        found = (self._fulfilled(reference) for request in self.requests for reference in request.children("basedOn"))
        return tuple(dict.fromkeys(order for order in found if order))

    def _fulfilled(self, reference: Node) -> FulfilledOrder | None:
        """An order that a logical reference names by its number."""
        node = reference.child("identifier")
        if node is None or "reference" in reference or reference.peek("type") not in (None, "ServiceRequest"):
            return None
        number = identifier(self.context, node, bare=True)
        further = [
            n for e in reference.extensions(FURTHER_IDENTIFIER) if (n := e.child("valueIdentifier")) and has_type(n, "ACSN")
        ]
        accession = identifier(self.context, further[0], bare=True) if further else None
        reference.decide("type")
        for kind in (kind for n in (node, *further[:1]) if (kind := n.child("type"))):
            _understand(kind, "ACSN")
        if number and has_type(node, "ACSN"):
            accession = number
        return FulfilledOrder(id=number, accession_number=accession) if number else None

    @reads("data_enterer")
    def data_enterer(self) -> DataEnterer | None:
        """Opérateur de saisie. FHIR: Composition, extension data-enterer."""
        for extension in self._extensions("data-enterer-extension"):
            when = None
            _understand_type(extension, "ENT")
            for part in extension.extensions("time"):
                span = self._known_period(part)
                when = (span.start or span.end) if span else moment(self.context, part, "valueDateTime")
            for part in extension.extensions("party"):
                if role := self.people.role(part.child("valueReference")):
                    return DataEnterer(professional=role.professional, time=when)
            extension.give_up_carried("IMGDA-0901")
        for taking_part in self._participations("ENT"):
            return DataEnterer(professional=taking_part.role.professional, time=_start(taking_part))
        return None

    @reads("recipients")
    def recipients(self) -> tuple[Recipient, ...]:
        """Addressees of this document. FHIR: extension information-recipient, in its HL7 and EU forms."""
        found = []
        for extension in self._extensions("information-recipient-extension"):
            copy = _understand_type(extension, "TRC", "IRCP")
            if not copy:
                _understand_type(extension, "PRCP")
            for part in extension.extensions("party"):
                if role := self.people.role(part.child("valueReference")):
                    found.append(Recipient(professional=self._addressee(role), copy=copy))
        for extension in self._extensions("information-recipient"):
            if role := self.people.role(extension.child("valueReference")):
                found.append(Recipient(professional=self._addressee(role)))
        for addressed in self._participations("PRCP", "TRC"):
            found.append(Recipient(professional=self._addressee(addressed.role), copy=addressed.kind == "TRC"))
        return tuple(dict.fromkeys(found))

    def _addressee(self, role: Role) -> Professional:
        """An addressee has neither speciality nor practice setting, and a national identifier only; the rest is a loss."""
        person = role.professional
        ids = tuple(i for i in person.ids if i.root == "1.2.250.1.71.4.2.1")
        organization = person.organization and replace(person.organization, practice_setting=None)
        if organization == Organization():
            organization = None
        bare = replace(person, ids=ids, speciality=None, organization=organization)
        self._addressees.append(role)
        if bare != person:
            said = severity("administrative", self.context.settings.losses)
            self.context.issues.append(issue("IMGDA-0911", role.path, severity=said, loss="administrative"))
        return bare

    def lose_the_rest(self, order: Order) -> None:
        """Give up the speciality of an addressee, and the practice setting of a custodian, with no other part in the order."""
        others = [*(a.professional for a in order.authors), *(p.professional for p in order.participants)]
        others += [order.request.performer, order.legal_authenticator.professional, *order.informants]
        others += [a.professional for a in order.authenticators] + [p.professional for p in order.encounter.participants]
        others += [p for p in (order.encounter.responsible, order.urgency and order.urgency.contacted) if p]
        others += [order.data_enterer.professional] if order.data_enterer else []
        settled = {replace(p.organization, id=None) for p in others if p.organization and p.organization.practice_setting}
        typed = [(replace(s.organization, id=None), s.setting_concept) for s in self.people.structures() if s.setting_concept]
        kept = {id(concept.value) for organization, concept in typed if organization in settled}
        for concept in (concept for _, concept in typed if id(concept.value) not in kept):
            concept.lose("coding", "IMGDA-0901", "administrative")
        told = {p.ids for p in others if p.speciality}
        for role in self._addressees:
            if role.professional.ids not in told:
                for coding in self.people.specialities(role):
                    coding.lose("code", "IMGDA-0911", "administrative")

    # --- A12: custodian, authenticators ------------------------------------------------------------------------------

    @reads("custodian")
    def custodian(self, author: Professional) -> Organization:
        """Composition.custodian, else the requester's structure, the provider of the encounter, the settings.

        Of a part of a structure whose number is that of the whole, the whole is the custodian.
        """
        encounter = self._encounter_node()
        named = self.composition.child("custodian") if self.composition else None
        if self.description:
            named = self.description.custodian()
        provider = encounter.child("serviceProvider") if encounter else None
        sources: tuple[tuple[str, Callable[[], Structure | None]], ...] = (
            ("Composition.custodian", lambda: self.people.structure(named)),
            ("requester", self._requesting_structure),
            ("requester.organization", lambda: self.people.structure_of(author.organization)),
            ("Encounter.serviceProvider", lambda: self.people.structure(provider)),
            ("custodian", self._settings_custodian),
        )
        for origin, read in sources:
            structure = read()
            found = structure.owner if structure else None
            if found and found.id and found.id.root == _STRUCTURES:
                if origin != "Composition.custodian":
                    self.context.note("IMGDA-0314", self.requests[0].path, origin=origin, item="custodian")
                return replace(found, practice_setting=None, telecoms=found.telecoms[:1], addresses=found.addresses[:1])
        self.context.note("IMGDA-0313", self.requests[0].at("requester"))
        return Organization(id=Identifier(root=_STRUCTURES))

    def _settings_custodian(self) -> Structure | None:
        from bridge.order import Telecom

        own = self.context.settings.custodian
        if not own.identifier:
            return None
        prefix = {9: "1", 14: "3"}.get(len(own.identifier), "")
        found = Organization(
            id=Identifier(root=_STRUCTURES, extension=prefix + own.identifier),
            name=own.name,
            telecoms=(Telecom(value=own.telecom, use="WP"),) if own.telecom else (),
        )
        return Structure(found, found)

    @reads("authenticators")
    def authenticators(
        self, authors: tuple[Author, ...], requested: str | None, created: str
    ) -> tuple[Attester, tuple[Attester, ...]]:
        """The legal authenticator, the demandeur by default, and the other attesters."""
        legal: Attester | None = None
        others: list[Attester] = []
        for attester in self.composition.children("attester") if self.composition else ():
            mode = _attester_mode(attester)
            if mode not in ("legal", "professional"):
                continue
            when = moment(self.context, attester, "time")
            role = self.people.role(attester.child("party"), required=True)
            if role is None:
                continue
            if when is None:
                self.context.note("IMGDA-0348", attester.at("time"))
            if not role.professional.ids:
                self.context.note("IMGDA-0326", attester.at("party"))
            new = Attester(professional=role.professional, time=when or created)
            if mode == "legal" and legal is None:
                legal = new
            elif mode == "professional":
                others.append(new)
            else:
                self.context.note("IMGDA-0327", attester.path)
        for part in self._participations("LA", "AUTHEN"):
            new = Attester(professional=part.role.professional, time=_start(part) or created)
            if part.kind == "LA":
                legal = legal or new
            else:
                others.append(new)
        if legal is None:
            self.context.note("IMGDA-0342", self.requests[0].at("requester"))
            legal = Attester(professional=authors[0].professional, time=requested or created)
        return legal, tuple(others)

    # --- A8, A9, A11: events -----------------------------------------------------------------------------------------

    def _events(self) -> list[Node]:
        return self.composition.children("event") if self.composition else []

    def _is_principal(self, event: Node) -> bool:
        flags = [e.decides("valueBoolean") for e in event.extensions("fr-is-principal-event-extension")]
        return True in flags if flags else any(_has(c, "55115-0") for c in event.children("code"))

    def _event_performer(self, event: Node, *, contacted: bool = False) -> Professional | None:
        for extension in event.extensions("fr-performer-event-extension"):
            if contacted and not self._may_be_contacted(extension.child("valueReference")):
                continue
            if role := self.people.role(extension.child("valueReference"), required=True):
                return role.professional
        return None

    @reads("request")
    def request(self, ids: tuple[Identifier, ...], authors: tuple[Author, ...], requested: str | None, created: str) -> Request:
        """The request as the principal event."""
        principal = next((e for e in self._events() if self._is_principal(e)), None)
        span, performer, numbers = None, None, dict.fromkeys(ids)
        if principal:
            for concept in principal.children("code"):
                _understand(concept, "55115-0")
            span = period(self.context, principal.child("period"))
            performer = self._event_performer(principal)
            for detail in principal.children("detail"):
                self.context.index.find(detail)
                node = detail.child("identifier")
                number = identifier(self.context, node, bare=True) if node else None
                numbers |= {number: None} if number else {}
        if self.description:
            span = self.description.period()
            performer = next((p.role.professional for p in self._participations("PPRF")), None)
        if span is None or span.start is None:
            span = Period(start=requested or created, end=span.end if span else None)
        performer = performer or authors[0].professional
        path = self.requests[0].at("requester")
        return Request(period=span, performer=self.with_setting(performer, path, asks=True), ids=tuple(numbers))

    def with_setting(self, person: Professional, path: str, *, asks: bool) -> Professional:
        """The same professional with an organisation that has a practice setting, which the model demands here.

        Where the structure says none, that of a professional who *asks* may follow from the encounter (docs/decisions.md, 31).
        """
        organization = person.organization or Organization()
        if organization.practice_setting is None:
            code, origin = self.context.settings.defaults.practice_setting, "defaults.practice_setting"
            if asks and self._is_where_the_patient_stays(person.organization):
                code, origin = "ETABLISSEMENT", "Encounter.class"
            item = "request.performer.organization.practice_setting"
            self.context.note("IMGDA-0316", path, code=code, origin=origin, item=item)
            organization = replace(organization, practice_setting=coded_value("practice-setting", code))
        return replace(person, organization=organization)

    def _is_where_the_patient_stays(self, organization: Organization | None) -> bool:
        """Whether the patient is in hospital, or at its emergency department, and this is the structure of the encounter.

        It is that structure when the encounter names none, or the same; somebody without a structure is taken to be there too.
        """
        kind = self._encounter_kind()
        if kind is None or kind.code not in ("IMP", "EMER"):
            return False
        encounter = self._encounter_node()
        provider = self.people.structure(encounter.child("serviceProvider")) if encounter else None
        own = self.people.structure_of(organization)
        return provider is None or own is None or own.is_with(provider)

    @reads("screening")
    def is_screening(self) -> bool:
        """Whether the request is made in the context of a screening (A9)."""
        concepts = [c for event in self._events() for c in event.children("code")]
        for request in self.requests:
            for name in ("reasonCode", "category", "orderDetail", "reason"):
                concepts += [item.child("concept") or item for item in request.children(name)]
            code = request.child("code")
            concepts += [code.child("concept") or code] if code else []
        found = False
        for concept in concepts:
            for coding in concept.children("coding"):
                row = table("screening").get((_preferred(coding), str(coding.peek("code"))))
                if row is None:
                    continue
                found = True
                if coding.peek("code") != row.concept.code:
                    self.context.note("IMGDA-0423", coding.path)
                coding.understood()
        return found

    @reads("urgency")
    def urgency(self) -> Urgency | None:
        """The urgency of the whole request, its reason and the physician contacted (A11)."""
        urgent = [r for r in self.requests if r.deciding("priority") in ("urgent", "asap", "stat")]
        for request in urgent:
            if request.peek("priority") != "urgent":
                sent = str(request.peek("priority"))
                self.context.note("IMGDA-0502", request.at("priority"), value=sent, table="priority", relation="wider")
        reasons: Distinct[str] = Distinct()
        contacted: Professional | None = None
        for event in self._events():
            for concept in event.children("code"):
                if self._is_urgency(concept):
                    _add(reasons, clean(concept.text("text")))
                    contacted = contacted or self._event_performer(event, contacted=True)
        stated = bool(reasons)
        for request in self.requests:
            for name in ("reasonCode", "orderDetail", "reason"):
                for item in request.children(name):
                    concept = item.child("concept") or item
                    if self._is_urgency(concept):
                        stated = True
                        _add(reasons, clean(concept.text("text")))
        if not urgent and not stated:
            return None
        for note in (note for request in urgent for note in request.children("note")):
            text = clean(note.peek("text")) if isinstance(note.peek("text"), str) else None
            if text and only_denied(text, names_of("question", "MED-1095")):
                self.context.contradiction(note.at("text"), text)
        if not urgent:
            self.context.note("IMGDA-0429", self.requests[0].at("priority"))
        elif len(urgent) < len(self.requests):
            self.context.note("IMGDA-0428", self.requests[0].at("priority"))
        contacted = self._contacted(contacted)
        if contacted:
            contacted = self.with_setting(contacted, self.requests[0].at("performer"), asks=False)
        return Urgency(reason="\n".join(reasons), contacted=contacted)

    def _is_urgency(self, concept: Node) -> bool:
        if not self.context.has_code(concept, "MED-1095", "1.2.250.1.213.1.1.4.322"):
            return False
        self.context.take_code(concept, "MED-1095", "1.2.250.1.213.1.1.4.322")
        return True

    def _contacted(self, known: Professional | None) -> Professional | None:
        """The physician of the event, else the performers of the requests; a second person is reported."""
        found: dict[object, tuple[Professional, Node | None]] = {_person(known): (known, None)} if known else {}
        for request in self.requests:
            for reference in request.children("performer"):
                role = self.people.role(reference) if self._may_be_contacted(reference) else None
                if role:
                    found.setdefault(_person(role.professional), (role.professional, reference))
        people = [*found.values()]
        for _, another in people[1:]:
            assert another is not None
            self.context.note("IMGDA-0431", another.path)
            for element in ("reference", "display", "identifier"):
                another.lose(element, "IMGDA-0903")
        return people[0][0] if people else None

    def _may_be_contacted(self, reference: Node | None) -> bool:
        """Whether a performer is a professional by resource, type or number; else a clinical loss (docs/decisions.md, 30)."""
        if reference is None:
            return False
        target = self.context.index.find(reference)
        if target is not None:
            known = target.type_name in PROFESSIONAL_TYPES
        else:
            known = names_professional(self.context, reference, by_words=False)
        if not known:
            lose_reference(reference, "IMGDA-0350", "clinical")
        return known

    # --- A7: context of care -----------------------------------------------------------------------------------------

    def _encounter_node(self) -> Node | None:
        """The encounter of the document or of the requests; a second one is reported."""
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

    @reads("encounter")
    def encounter(self, author: Professional) -> Encounter:
        """The encounter, with a facility in any case: the model demands one."""
        node = self._encounter_node()
        if node is None:
            self.context.note("IMGDA-0329", self.requests[0].at("encounter"))
            return Encounter(facility=self._default_facility(author, None), type=self._encounter_kind())
        self.context.is_foreign(node)
        responsible, participants = self._encounter_participants(node)
        ids = [identifier(self.context, n, self.context.settings.oids.encounter, bare=True) for n in node.children("identifier")]
        return Encounter(
            facility=self._facility(node, author),
            ids=tuple(dict.fromkeys(x for x in ids if x)),
            type=self._encounter_kind(),
            period=self._encounter_period(node),
            responsible=responsible,
            participants=participants,
        )

    @reads("encounter")
    def _encounter_kind(self) -> Code | None:
        """The type of the encounter (JDV_J142), or that of the settings where there is none; read once."""
        if self._kind is None:
            node, default = self._encounter_node(), self.context.settings.defaults.encounter_type
            kind = self._encounter_type(node) if node else coded_value("encounter-type", default) if default else None
            self._kind = (kind,)
        return self._kind[0]

    def _encounter_type(self, node: Node) -> Code | None:
        """The class; one that is said to be unknown (data-absent-reason) is simply absent."""
        found: list[Code] = []
        for item in node.children("class"):
            if "code" not in item and (item.extensions("data-absent-reason") or item.is_said_unknown()):
                return None
            if coded := self.context.coded(item, "encounter-type", tables=("encounter-class",), quiet=True):
                found.append(coded.code)
                if coded.code != found[0]:
                    self.context.note("IMGDA-0443", item.path)
        if "class" in node and not found:
            self.context.note("IMGDA-0330", node.at("class"))
        return found[0] if found else None

    def _encounter_period(self, node: Node) -> Period | None:
        span = period(self.context, node.child("period") or node.child("actualPeriod"))
        if span and span.start and span.end and as_datetime(span.start) == as_datetime(span.end):
            self.context.note("IMGDA-0604", node.at("period"))
            return Period(start=span.start)
        if span and span.start and span.end and len(span.end) == 10 and span.start[:11] == f"{span.end}T":
            zone = self.context.settings.time_zone
            self.context.note("IMGDA-0611", node.at("period.end"), zone=zone)
            last = f"{span.end}T23:59:59"
            return Period(start=span.start, end=last + offset(last, zone))
        return span

    def _encounter_participants(self, node: Node) -> tuple[Professional | None, tuple[EncounterParticipant, ...]]:
        responsible: Professional | None = None
        found: list[EncounterParticipant] = []
        known: ValueSet = value_set("encounter-participation")
        for participant in node.children("participant"):
            codes = [c for c in _participation_codes(participant) if c in known.by_code]
            reference = participant.child("individual") or participant.child("actor")
            role = self.people.role(reference) if reference and codes else None
            if role is None or not role.professional.ids or role.professional.ids[0].root != "1.2.250.1.71.4.2.1":
                continue
            for kind in participant.children("type"):
                for coding in kind.children("coding"):
                    if coding.peek("code") == "RESP":
                        coding.understood()
                    elif coding.peek("code") in codes:
                        coding.carried()
            if "RESP" in codes and responsible is None:
                responsible = role.professional
            others = [code for code in codes if code != "RESP"]
            when = period(self.context, participant.child("period")) if others else None
            found += [EncounterParticipant(type=code, professional=role.professional, time=when) for code in others]
        return responsible, tuple(found)

    def _facility(self, node: Node, author: Professional) -> Facility:
        provider = self.people.structure(node.child("serviceProvider"))
        for place in sorted(node.children("location"), key=_is_over):
            reference = place.child("location")
            location = self.context.index.find(reference) if reference else None
            if location is not None and location.type_name == "Location":
                return self._location(location, provider, author)
            if reference and (shown := one_line(reference.text("display"))):
                return self._default_facility(author, shown, provider)
        return self._default_facility(author, None, provider)

    def _location(self, node: Node, provider: Structure | None, author: Professional) -> Facility:
        """The place of care; what it does not say is said by the place it is part of, then by the structure that has it."""
        line = [node, *self.context.index.wholes(node)]
        managing = next((s for n in line if (s := self.people.structure(n.child("managingOrganization")))), None)
        holders = [s for s in (managing, provider) if s]
        kinds = (self._sector(n) for n in line)
        kind = next((kind for kind in kinds if kind), None) or next((s.sector for s in holders if s.sector), None)
        if kind is None and provider is None:
            kind = self._sector_of(author.organization)
        ids = next((found for n in line if (found := self._place_ids(n))), ())
        ids = ids or next(((s.organization.id,) for s in holders if s.organization.id), ())
        places = (addresses(n, now=self.people.now) for n in line)
        if node.peek("status") == "active":
            node.decide("status")
        return Facility(
            type=kind or self._default_type(node.at("type")),
            ids=ids,
            name=one_line(node.text("name")) or next((s.organization.name for s in holders if s.organization.name), None),
            address=next((found[0] for found in places if found), None),
        )

    def _place_ids(self, location: Node) -> tuple[Identifier, ...]:
        ids = [identifier(self.context, n, bare=True) for n in location.children("identifier")]
        return tuple(dict.fromkeys(x for x in ids if x))

    def _sector(self, location: Node) -> Code | None:
        """The type of a Location that is a sector (JDV_J02)."""
        coded = (self.context.coded(concept, "facility-type") for concept in location.children("type"))
        return next((found.code for found in coded if found), None)

    def _sector_of(self, organization: Organization | None) -> Code | None:
        structure = self.people.structure_of(organization)
        return structure.sector if structure else None

    def _default_type(self, path: str) -> Code:
        code = self.context.settings.defaults.facility_type
        self.context.note("IMGDA-0315", path, code=code, origin="defaults.facility_type", item="encounter.facility.type")
        return coded_value("facility-type", code)

    def _default_facility(self, author: Professional, name: str | None, provider: Structure | None = None) -> Facility:
        """The structure of the encounter as the place of care, else that of the demandeur."""
        structure = provider or self._requesting_structure() or self.people.structure_of(author.organization)
        organization = structure.organization if structure else Organization()
        return Facility(
            type=(structure.sector if structure else None) or self._default_type(self.requests[0].at("encounter")),
            ids=(organization.id,) if organization.id else (),
            name=name or organization.name,
            address=organization.addresses[0] if organization.addresses else None,
        )


def _is_over(place: Node) -> bool:
    """Whether the patient is no more, or not yet, at a place of the encounter. FHIR: Encounter.location.status."""
    return place.peek("status") in ("completed", "planned", "reserved")


def _start(part: Participation) -> str | None:
    """When somebody took part."""
    return part.time.start or part.time.end if part.time else None


def _attester_mode(attester: Node) -> str | None:
    if (mode := attester.deciding("mode")) is not None:
        return mode
    concept = attester.child("mode")
    codings = concept.children("coding") if concept else []
    for coding in codings:
        coding.understood()
    codes = {str(coding.peek("code")) for coding in codings}
    return next((code for code in ("legal", "professional", "official", "personal") if code in codes), min(codes, default=None))


def _participation_codes(participant: Node) -> list[str]:
    return [str(coding.peek("code")) for kind in participant.children("type") for coding in kind.children("coding")]


def _has(concept: Node, code: str) -> bool:
    return any(coding.peek("code") == code for coding in concept.children("coding"))


def _understand(concept: Node, *codes: str) -> bool:
    """Whether a CodeableConcept has one of these codes; those it has count as read."""
    found = [coding for coding in concept.children("coding") if coding.peek("code") in codes]
    for coding in found:
        coding.understood()
    return bool(found)


def _understand_type(extension: Node, *codes: str) -> bool:
    """The same for the part ``type`` of one of the header extensions."""
    concepts = [part.child("valueCodeableConcept") for part in extension.extensions("type")]
    understood = [_understand(concept, *codes) for concept in concepts if concept]
    return any(understood)


def _preferred(coding: Node) -> str:
    from bridge.tables.codes import code_system_uri

    uri = coding.peek("system")
    oid = code_system_oid(uri) if isinstance(uri, str) else None
    return code_system_uri(oid) if oid else str(uri)


def _person(professional: Professional) -> object:
    """What makes two professionals one person: the numbers, or the name where there is none."""
    return professional.ids or professional.name


def _add(texts: Distinct[str], text: str | None) -> None:
    if text:
        texts.append(text)
