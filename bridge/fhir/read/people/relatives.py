"""The relatives of the patient: whom to inform, his next of kin, who cares for him, his legal guardians.

They come from Patient.contact and from RelatedPersons; the same person in the same role is one, with the means and addresses of
all. Source: docs/fhir.md, 2.5 (A3); HL7 France, fr-core-patient-contact-role; CI-SIS, Structuration minimale.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from bridge.fhir.ledger.node import Node
from bridge.fhir.read.concepts import Context
from bridge.fhir.read.datatypes.addresses import addresses
from bridge.fhir.read.datatypes.identifiers import identifier
from bridge.fhir.read.datatypes.names import is_past, name
from bridge.fhir.read.datatypes.telecoms import telecoms
from bridge.fhir.read.people.identity import never_an_ins
from bridge.fhir.read.people.people import People
from bridge.fhir.read.people.roles import ROLE_CLASSES
from bridge.fhir.read.texts import one_line
from bridge.order.people import Contact, Guardian, Organization
from bridge.order.values import Address, Code, Identifier, PersonName, Telecom
from bridge.tables.codes import code_system_oid, code_system_uri, table
from bridge.wording.answers import forbids

__all__ = ["read_relatives"]

R = TypeVar("R", Contact, Guardian)

_CONTACTS = ("ECON", "NOK", "CON", "CAREGIVER", "PAT")
"""Classes of a relative who is a contact of the patient (CDA, participant and informant)."""
_GUARDIAN, _ROLE_CODES = "GUARD", "2.16.840.1.113883.5.111"
_R260 = "https://mos.esante.gouv.fr/NOS/TRE_R260-HL7RoleClass/FHIR/TRE-R260-HL7RoleClass"


def read_relatives(people: People, nodes: Iterable[Node]) -> tuple[tuple[Contact, ...], tuple[Guardian, ...]]:
    """The relatives who have a role: contacts, and legal guardians."""
    found = _Relatives()
    with people.context.ledger.reading("contacts"):
        for node in nodes:
            if node.peek("active") is False or is_past(node, people.context.now):
                node.give_up("IMGDA-0907")
            elif roles := _roles(people.context, node):
                _read(people, node, roles, found)
    contacts = tuple(merged.whole() for merged in found.contacts)
    return contacts, tuple(merged.whole() for merged in found.guardians.values())


def _read(people: People, node: Node, roles: list[str], found: _Relatives) -> None:
    """Read one relative, or legal guardian, in each of his roles."""
    context, is_guardian = people.context, _GUARDIAN in roles
    person = name(context, node, with_suffix=False, every=is_guardian)
    organization = None if person else people.organization(node.child("organization"))
    if person is None and organization is None:
        node.give_up_carried("IMGDA-0901")
        return
    means, places = telecoms((node, "telecom"), now=context.now), addresses(node, now=context.now)
    if is_guardian:
        found.guardian(_guardian(person, organization, means, places, _guardian_ids(context, node)))
    others = [role for role in roles if role != _GUARDIAN]
    kin = _relation(context, node) if others else None
    if person:
        for role in others:
            found.contact(Contact(role=role, name=person, relation=kin, telecoms=means, addresses=places))
    elif not is_guardian:
        node.give_up_carried("IMGDA-0901")


# --- roles and relation ----------------------------------------------------------------------------------------------


def _roles(context: Context, node: Node) -> list[str]:
    """The classes of a relative (ECON, NOK, GUARD…), without the mark that the French profile fixes beside them.

    Words that forbid what a class means are reported.
    """
    codings = [coding for concept in node.children("relationship") for coding in concept.children("coding")]
    roles = [*dict.fromkeys(role for coding in codings if (role := _class(context, coding)))]
    if len(roles) > 1 and "CON" in roles and _is_marked_informant(node, codings):
        roles.remove("CON")
    for concept in node.children("relationship") if roles else ():
        if (text := one_line(concept.peek("text"))) and forbids(text):
            context.contradiction(concept.at("text"), text)
    return roles


def _class(context: Context, coding: Node) -> str | None:
    """The class that a coding of a relationship means; its code counts as read."""
    code, uri = str(coding.peek("code")), str(coding.peek("system"))
    oid, known = code_system_oid(uri), table("contact-role")
    row = known.get((uri, code)) or (known.get((code_system_uri(oid), code)) if oid else None)
    if row and row.relation == "inexact":
        context.note("IMGDA-0357", coding.path)
    is_class = oid == ROLE_CLASSES or (oid, code) == (_ROLE_CODES, _GUARDIAN)
    role = row.concept.code if row else code if is_class else None
    if role == _GUARDIAN:
        coding.understood()
    elif role in _CONTACTS:
        coding.carried()
    return role if role in (*_CONTACTS, _GUARDIAN) else None


def _is_marked_informant(node: Node, codings: Iterable[Node]) -> bool:
    """Whether a RelatedPerson has the mark that the French profile fixes beside the role that he has (docs/fhir.md, A3)."""
    informants = [coding for coding in codings if coding.peek("code") == "CON"]
    marks = [coding for coding in informants if coding.peek("system") == _R260]
    for mark in marks:
        mark.decide("code", "system", "display")
    return node.type_name == "RelatedPerson" and len(marks) == len(informants)


def _relation(context: Context, node: Node) -> Code | None:
    """How a relative is related to the patient (JDV_J11); codings that say it again in another system count as read."""
    concepts = node.children("relationship")
    read = (context.coded(concept, "relation", tables=("relationship",), quiet=True) for concept in concepts)
    kin = next((coded.code for coded in read if coded), None)
    for coding in (coding for concept in concepts for coding in concept.children("coding")) if kin else ():
        if kin and coding.peek("code") == kin.code and code_system_oid(str(coding.peek("system"))) == kin.system:
            coding.carried()
    return kin


def _guardian_ids(context: Context, node: Node) -> tuple[Identifier, ...]:
    """The numbers of a guardian. FHIR: RelatedPerson.identifier, for which Patient.contact has no place."""
    found = (identifier(context, n) for n in node.children("identifier") if not never_an_ins(context, n))
    return tuple(dict.fromkeys(i for i in found if i))


def _guardian(
    person: PersonName | None,
    organization: Organization | None,
    means: tuple[Telecom, ...],
    places: tuple[Address, ...],
    ids: tuple[Identifier, ...],
) -> Guardian:
    """A legal guardian; a structure is its identifier and name, and its telecoms and addresses are the guardian's."""
    if person or organization is None:
        return Guardian(name=person, telecoms=means, addresses=places, ids=ids)
    return Guardian(
        organization=Organization(id=organization.id, name=organization.name),
        telecoms=tuple(dict.fromkeys((*means, *organization.telecoms))),
        addresses=tuple(dict.fromkeys((*places, *organization.addresses))),
        ids=ids,
    )


# --- one person, named several times ---------------------------------------------------------------------------------


@dataclass(slots=True)
class _Merged(Generic[R]):
    """A relative, and how to reach him."""

    item: R
    telecoms: dict[Telecom, None] = field(default_factory=dict)
    addresses: dict[Address, None] = field(default_factory=dict)

    def add(self, other: R) -> None:
        """Take the means and addresses of the same person."""
        self.telecoms |= dict.fromkeys(other.telecoms)
        self.addresses |= dict.fromkeys(other.addresses)

    def whole(self) -> R:
        """The relative with all of them."""
        return replace(self.item, telecoms=tuple(self.telecoms), addresses=tuple(self.addresses))


@dataclass(slots=True)
class _Relatives:
    """The relatives as they are read."""

    contacts: list[_Merged[Contact]] = field(default_factory=list)
    guardians: dict[object, _Merged[Guardian]] = field(default_factory=dict)
    _known: dict[object, list[_Merged[Contact]]] = field(default_factory=dict)

    def contact(self, new: Contact) -> None:
        """Add a relative, or complete the same person in the same role."""
        same = self._known.setdefault((new.role, replace(new.name, prefix=None, suffix=None)), [])
        known = next((one for one in same if new.relation in (one.item.relation, None) or one.item.relation is None), None)
        if known is None:
            known = _Merged(new)
            same.append(known)
            self.contacts.append(known)
        known.item = replace(known.item, relation=known.item.relation or new.relation)
        known.add(new)

    def guardian(self, new: Guardian) -> None:
        """Add a guardian, or complete the same one."""
        known = self.guardians.setdefault((new.name, new.organization), _Merged(new))
        known.item = replace(known.item, ids=tuple(dict.fromkeys((*known.item.ids, *new.ids))))
        known.add(new)
