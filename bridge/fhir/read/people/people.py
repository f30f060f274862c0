"""Who or what a reference leads to: each professional and each structure of an input, read once.

Source: docs/fhir.md, 2.5 (A4, A6), after CI-SIS, Structuration minimale, and HL7 France fr-core.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import NamedTuple

from bridge.fhir.ledger.node import Node
from bridge.fhir.read.concepts import Context
from bridge.fhir.read.datatypes.addresses import addresses
from bridge.fhir.read.datatypes.identifiers import identifier, peek_identifier
from bridge.fhir.read.datatypes.names import name
from bridge.fhir.read.datatypes.telecoms import telecoms
from bridge.fhir.read.people.numbers import first_usable, professional_ids, repeat
from bridge.fhir.read.people.referents import PROFESSIONAL_TYPES, lose_reference, named_type, names_professional, names_structure
from bridge.fhir.read.people.roles import Role, is_function, participation, qualifications, role_class, speciality
from bridge.fhir.read.people.structures import Structure, general_contacts, named_structure, read_structure
from bridge.fhir.read.texts import one_line
from bridge.order import (
    Code,
    Device,
    Identifier,
    Organization,
    PersonName,
    Professional,
)

__all__ = ["People"]


class _Person(NamedTuple):
    """Who has a role."""

    ids: tuple[Identifier, ...] = ()
    name: PersonName | None = None
    nodes: tuple[Node, ...] = ()
    """His Practitioner, if the input has it."""


@dataclass(slots=True)
class People:
    """Reads each professional and structure of an input once."""

    context: Context
    _roles: dict[int, Role] = field(default_factory=dict)
    _structures: dict[int, Structure] = field(default_factory=dict)
    _named: list[Structure] = field(default_factory=list)
    """Structures that references name without a resource."""

    @property
    def now(self) -> str | None:
        """The time of the order being read."""
        return self.context.now

    # --- professionals -----------------------------------------------------------------------------------------------

    def role(self, reference: Node | None, *, required: bool = False, persons_only: bool = False) -> Role | None:
        """The professional that a reference to PractitionerRole or Practitioner leads to.

        A logical reference (identifier, display) gives a minimal professional where it says that it names one, or where the
        element has room for *persons_only* (:mod:`bridge.fhir.read.people.referents`). A dangling one is an error when
        *required*, else a warning. A reference to something else gives None and is a loss (IMGDA-0351).
        """
        if reference is None:
            return None
        resource = self.context.index.find(reference)
        if resource is None:
            return self._named_role(reference, required, persons_only)
        found = self.role_of(resource)
        if found is None:
            lose_reference(reference, "IMGDA-0351")
        return found

    def role_of(self, resource: Node) -> Role | None:
        """The professional of a PractitionerRole or Practitioner; None for anything else."""
        if resource.type_name not in PROFESSIONAL_TYPES:
            return None
        key = id(resource.value)
        if key not in self._roles:
            read = self._read_role if resource.type_name == "PractitionerRole" else self._read_practitioner
            self._roles[key] = read(resource)
        return self._roles[key]

    def roles(self) -> tuple[Role, ...]:
        """Every professional that was read from a resource, whether the order has a part for him or not."""
        return tuple(self._roles.values())

    def specialities(self, role: Role) -> list[Node]:
        """The codings that say the speciality of a professional."""
        node = role.resource
        if node is None:
            return []
        reference = node.child("practitioner")
        person = self.context.index.find(reference) if reference else None
        concepts = [*node.children("specialty"), *qualifications(node), *(qualifications(person) if person else ())]
        return [coding for concept in concepts for coding in concept.children("coding")]

    def _named_role(self, reference: Node, required: bool, persons_only: bool) -> Role | None:
        if "reference" in reference:
            self.context.note("IMGDA-0204" if required else "IMGDA-0218", reference.at("reference"))
        if not names_professional(self.context, reference, persons_only=persons_only):
            if "reference" not in reference or named_type(reference):
                lose_reference(reference, "IMGDA-0351")
            return None
        ids, shown = professional_ids(self.context, reference), one_line(reference.peek("display"))
        if not ids and not shown:
            return None
        reference.text("display")
        reference.decide("type")
        if shown:
            self.context.note("IMGDA-0324", reference.at("display"))
        return Role(Professional(ids=ids, name=PersonName(family=shown) if shown else None), reference.path)

    def _read_practitioner(self, node: Node) -> Role:
        context = self.context
        person = Professional(
            ids=professional_ids(context, node),
            speciality=speciality(context, qualifications(node), node.path),
            name=name(context, node),
            telecoms=telecoms((node, "telecom"), now=context.now),
            addresses=addresses(node, now=context.now),
        )
        return Role(person, node.path, resource=node)

    def _read_role(self, node: Node) -> Role:
        context, person, contacts = self.context, self._holder(node), general_contacts(self.context, node)
        codes = [c for c in node.children("code") if not is_function(context, c)] + node.children("specialty")
        codes += [concept for known in person.nodes for concept in qualifications(known)]
        function = next((found for c in node.children("code") if (found := self.function(c))), None)
        means, places = (node, *contacts, *person.nodes), (*person.nodes, *contacts)
        organization = node.child("organization")
        professional = Professional(
            ids=person.ids or professional_ids(context, node),
            speciality=speciality(context, codes, node.path),
            name=person.name,
            telecoms=telecoms(*((owner, "telecom") for owner in means), now=context.now),
            addresses=tuple(dict.fromkeys(found for owner in places for found in addresses(owner, now=context.now))),
            organization=self.organization(organization),
        )
        if person.ids:
            repeat(context, node.children("identifier"), person.ids[0])
        return Role(
            professional,
            node.path,
            function,
            role_class(context, node),
            participation(context, node),
            context.index.find(organization) if organization else None,
            node,
        )

    def _holder(self, role: Node) -> _Person:
        """Who has a role: a Practitioner of the input, else somebody whom the reference alone names."""
        reference = role.child("practitioner")
        found = self.context.index.find(reference) if reference else None
        if found is not None and found.type_name == "Practitioner":
            return _Person(professional_ids(self.context, found), name(self.context, found), (found,))
        if reference and found is not None:
            lose_reference(reference, "IMGDA-0351")
            return _Person()
        named = self.role(reference, persons_only=True)
        return _Person(named.professional.ids, named.professional.name) if named else _Person()

    def function(self, concept: Node | None) -> Code | None:
        """A function (JDV_J47) with the words beside its code."""
        coded = self.context.coded(concept, "function-code", quiet=True)
        if coded is None or concept is None:
            return None
        words = one_line(concept.text("text"))
        said = words if words and words.casefold() != (coded.code.display or "").casefold() else None
        return replace(coded.code, text=said)

    def device(self, reference: Node | None) -> list[tuple[Professional, Device]]:
        """The device that a reference leads to, with what a role says of it: numbers, code, means of contact, structure."""
        found = self.context.index.find(reference) if reference else None
        if found is None or found.type_name != "Device":
            return []
        numbers = [n for n in found.children("identifier") if (i := peek_identifier(self.context, n)) and i.extension]
        ids = tuple(i for n in numbers if (i := identifier(self.context, n)))
        if not ids:  # the header demands the number of an author
            return []
        names = {str(n.deciding("type")): n.text("name") for n in found.children("deviceName")}
        kind = found.child("type")
        holder = Professional(
            ids=ids,
            speciality=self.context.verbatim(kind) if kind else None,
            telecoms=telecoms((found, "contact"), now=self.context.now),
            organization=self.organization(found.child("owner")),
        )
        software = names.get("other") or names.get("user-friendly-name") or names.get("manufacturer-name")
        return [(holder, Device(model=one_line(names.get("model-name")), software=one_line(software)))]

    # --- structures --------------------------------------------------------------------------------------------------

    def structure(self, reference: Node | None) -> Structure | None:
        """The structure that a reference leads to, with what it is part of; anything else is a loss (IMGDA-0352)."""
        if reference is None:
            return None
        resource = self.context.index.find(reference)
        if resource is None:
            return self._named_structure(reference)
        if resource.type_name != "Organization":
            lose_reference(reference, "IMGDA-0352")
            return None
        key = id(resource.value)
        if key not in self._structures:
            self._structures[key] = read_structure(self.context, resource)
        return self._structures[key]

    def organization(self, reference: Node | None) -> Organization | None:
        """The structure that a reference leads to, as the order has it."""
        found = self.structure(reference)
        return found.organization if found else None

    def structures(self) -> list[Structure]:
        """Every structure that was read."""
        return [*self._structures.values(), *self._named]

    def structure_of(self, organization: Organization | None) -> Structure | None:
        """The structure as which an organisation was read."""
        if organization is None:
            return None
        found = (s for s in self.structures() if s.organization == organization)
        return next(found, None) or Structure(organization, organization)

    def with_local_structure(self, role: Role) -> Professional:
        """The professional with his structure's own identifier where it has no national one. CDA: scopingOrganization."""
        person, structure = role.professional, role.structure
        if person.organization is None or person.organization.id or structure is None:
            return person
        own = first_usable(self.context, structure.children("identifier"), bare=True)
        return replace(person, organization=replace(person.organization, id=own))

    def _named_structure(self, reference: Node) -> Structure | None:
        if "reference" in reference:
            self.context.note("IMGDA-0218", reference.at("reference"))
        if not names_structure(self.context, reference):
            lose_reference(reference, "IMGDA-0352")
            return None
        found = named_structure(self.context, reference)
        if found is None:
            return None
        self._named.append(Structure(found, found))
        return self._named[-1]
