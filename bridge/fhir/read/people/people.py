"""Patient, relatives, professionals and structures of the input.

Source: docs/fhir.md, 2.5 (A2, A3, A4, A6), after CI-SIS, Structuration minimale, and HL7 France fr-core.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Generic, TypeVar

from bridge.fhir.ledger.node import Node, reads
from bridge.fhir.read.concepts import Context
from bridge.fhir.read.datatypes.addresses import addresses
from bridge.fhir.read.datatypes.identifiers import has_type, identifier, is_under, peek_identifier
from bridge.fhir.read.datatypes.names import (
    best_name,
    civility,
    is_past,
    joined_names,
    moment,
    name,
)
from bridge.fhir.read.datatypes.telecoms import telecoms
from bridge.fhir.read.people.identity import Trust, trust
from bridge.fhir.read.people.referents import PROFESSIONAL_TYPES, lose_reference, named_type, names_professional, names_structure
from bridge.fhir.read.texts import one_line
from bridge.order import (
    Address,
    Code,
    Contact,
    Device,
    Guardian,
    Identifier,
    Organization,
    Patient,
    PatientName,
    PersonName,
    Professional,
    Telecom,
)
from bridge.order.identifiers import INS_ROOTS, PROFESSIONALS, REAL_INS_ROOTS, STRUCTURES, is_ins, is_professional, is_structure
from bridge.tables.codes import table, value_set
from bridge.wording.answers import forbids
from bridge.wording.spelling import same_words

__all__ = ["People", "Role", "Structure"]

R = TypeVar("R", Contact, Guardian)

_ROLE_CLASSES = "2.16.840.1.113883.5.110"
_PROFESSIONS = "1.2.250.1.213.1.1.4.5"
_G15, _R38 = "1.2.250.1.71.1.2.7", "1.2.250.1.213.2.28"
_PHYSICIAN = "G15_10"
_R260 = "https://mos.esante.gouv.fr/NOS/TRE_R260-HL7RoleClass/FHIR/TRE-R260-HL7RoleClass"
_NO_BIRTH_NAMES = ("anonymous", "nickname", "temp")
"""Uses of a name that is not the one of the birth certificate (FHIR R4, HumanName.use)."""
_SPECIAL_PURPOSES = frozenset({"BILL", "HR", "PAYOR", "PRESS"})
"""Purposes of a contact that is none of the whole structure (FHIR R5, contactentity-type)."""


@dataclass(frozen=True, slots=True)
class Role:
    """A professional as read, with what a role adds to the person."""

    professional: Professional
    path: str
    function: Code | None = None
    """JDV_J47. FHIR: PractitionerRole.code."""
    role_class: str | None = None
    """``PROV`` or ``AGNT``. FHIR: PractitionerRole.code."""
    participation: str | None = None
    """JDV_J144. FHIR: PractitionerRole.code."""
    structure: Node | None = None
    """The Organization, for those who may have a local identifier. FHIR: PractitionerRole.organization."""


@dataclass(frozen=True, slots=True)
class Structure:
    """A structure as read, with what it is part of."""

    organization: Organization
    """Its national number is its own, else that of the nearest structure that it is part of. FHIR: Organization, partOf."""
    owner: Organization
    """The structure whose number that is: the one that can keep a document."""
    sector: Code | None = None
    """Secteur d'activité (JDV_J02), its own or inherited. FHIR: Organization.type (TRE_R02)."""
    setting_concept: Node | None = None
    """Where the practice setting was read."""
    sector_concept: Node | None = None
    """Where the sector was read."""
    line: frozenset[int] = frozenset()
    """``id()`` of the Organization and of all that it is part of."""

    def is_with(self, other: Structure) -> bool:
        """Whether two structures are one, are parts of one, or bear the same number, or else the same name."""
        if self.line & other.line:
            return True
        one, two = self.organization, other.organization
        if one.id and two.id:
            return one.id == two.id
        return bool(one.name and two.name and same_words(one.name, two.name))


@dataclass(slots=True)
class People:
    """Reads each person and structure of an input once."""

    context: Context
    now: str | None = None
    """Moment of the request; what ended before is out of date."""
    _roles: dict[int, Role] = field(default_factory=dict)
    _resources: dict[str, Node] = field(default_factory=dict)
    """The resource of each role, by its path."""
    _structures: dict[int, Structure] = field(default_factory=dict)
    _named: list[Structure] = field(default_factory=list)
    """Structures that references name without a resource."""

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
            return self._logical_role(reference, required, persons_only)
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
            self._resources[resource.path] = resource
        return self._roles[key]

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
            telecoms=telecoms((found, "contact"), now=self.now),
            organization=self.organization(found.child("owner")),
        )
        software = names.get("other") or names.get("user-friendly-name") or names.get("manufacturer-name")
        return [(holder, Device(model=one_line(names.get("model-name")), software=one_line(software)))]

    def function(self, concept: Node | None) -> Code | None:
        """A function (JDV_J47) with the words beside its code."""
        coded = self.context.coded(concept, "function-code", quiet=True)
        if coded is None or concept is None:
            return None
        words = one_line(concept.text("text"))
        said = words if words and words.casefold() != (coded.code.display or "").casefold() else None
        return replace(coded.code, text=said)

    def roles(self) -> tuple[Role, ...]:
        """Every professional that was read from a resource, whether the order has a part for him or not."""
        return tuple(self._roles.values())

    def _logical_role(self, reference: Node, required: bool, persons_only: bool) -> Role | None:
        if "reference" in reference:
            self.context.note("IMGDA-0204" if required else "IMGDA-0218", reference.at("reference"))
        if not names_professional(self.context, reference, persons_only=persons_only):
            if "reference" not in reference or named_type(reference):
                lose_reference(reference, "IMGDA-0351")
            return None
        ids = self._national_ids(reference, PROFESSIONALS)
        shown = one_line(reference.peek("display"))
        if not ids and not shown:
            return None
        reference.text("display")
        reference.decide("type")
        if shown:
            self.context.note("IMGDA-0324", reference.at("display"))
        person = PersonName(family=shown) if shown else None
        return Role(Professional(ids=ids, name=person), reference.path)

    def _read_practitioner(self, node: Node) -> Role:
        person = Professional(
            ids=self._national_ids(node, PROFESSIONALS),
            speciality=self._speciality([*self._qualifications(node)], node.path),
            name=name(self.context, node),
            telecoms=telecoms((node, "telecom"), now=self.now),
            addresses=addresses(node, now=self.now),
        )
        return Role(person, node.path)

    def _read_role(self, node: Node) -> Role:
        context = self.context
        reference = node.child("practitioner")
        person_node = context.index.find(reference) if reference else None
        if person_node is not None and person_node.type_name == "Practitioner":
            person_ids, person_name = self._national_ids(person_node, PROFESSIONALS), name(context, person_node)
        else:
            logical = self.role(reference, persons_only=True) if reference and person_node is None else None
            if reference and person_node is not None:
                lose_reference(reference, "IMGDA-0351")
            person_node = None
            person_ids = logical.professional.ids if logical else ()
            person_name = logical.professional.name if logical else None
        codes = [code for code in node.children("code") if not self._is_function(code)] + node.children("specialty")
        if person_node:
            codes += self._qualifications(person_node)
        owners = [(node, "telecom"), *((contact, "telecom") for contact in self._general_contacts(node))]
        if person_node:
            owners.append((person_node, "telecom"))
        organization = node.child("organization")
        function = next((found for c in node.children("code") if (found := self.function(c))), None)
        person = Professional(
            ids=person_ids or self._national_ids(node, PROFESSIONALS),
            speciality=self._speciality(codes, node.path),
            name=person_name,
            telecoms=telecoms(*owners, now=self.now),
            addresses=self._addresses(node, person_node),
            organization=self.organization(organization),
        )
        if person_ids:
            self._repeat_ids(node.children("identifier"), person_ids[0])
        return Role(
            person,
            node.path,
            function,
            self._role_class(node),
            self._participation(node),
            context.index.find(organization) if organization else None,
        )

    def _addresses(self, role: Node, person: Node | None) -> tuple[Address, ...]:
        """The addresses of a person, and those of the role, which R5 has in its contacts (ExtendedContactDetail)."""
        owners = [*([person] if person else []), *self._general_contacts(role)]
        return tuple(dict.fromkeys(found for owner in owners for found in addresses(owner, now=self.now)))

    def _general_contacts(self, node: Node) -> list[Node]:
        """The contacts of R5 that are means to reach the whole: none that has ended, and none for bills, press or staff."""
        found = []
        for contact in node.children("contact") if self.context.version == "R5" else ():
            purpose = contact.child("purpose")
            codes = {str(coding.peek("code")) for coding in purpose.children("coding")} if purpose else set()
            if is_past(contact, self.now):
                contact.give_up("IMGDA-0907")
            elif not codes & _SPECIAL_PURPOSES:
                found.append(contact)
        return found

    def _is_function(self, concept: Node) -> bool:
        """Whether a code says a function and nothing else: some codes are both functions and professions."""
        return len(concept.children("coding")) == 1 and self.context.matches(concept, "function-code")

    def _role_class(self, node: Node) -> str | None:
        for concept in node.children("code"):
            for code in ("PROV", "AGNT"):
                if coding := self.context.coding_of(concept, code, _ROLE_CLASSES):
                    coding.understood() if code == "PROV" else coding.carried()
                    return code
        return None

    def _participation(self, node: Node) -> str | None:
        for concept in node.children("code"):
            if found := self.context.coded(concept, "participation-type", quiet=True):
                for coding in concept.children("coding"):
                    if coding.peek("code") == found.code.code:
                        coding.decide("system")
                return found.code.code
        return None

    def specialities(self, role: Role) -> list[Node]:
        """The codings that say the speciality of a professional."""
        node = self._resources.get(role.path)
        if node is None:
            return []
        reference = node.child("practitioner")
        person = self.context.index.find(reference) if reference else None
        concepts = [*node.children("specialty"), *self._qualifications(node), *(self._qualifications(person) if person else ())]
        return [coding for concept in concepts for coding in concept.children("coding")]

    def _qualifications(self, node: Node) -> list[Node]:
        return [code for q in node.children("qualification") if (code := q.child("code"))]

    def _speciality(self, concepts: list[Node], path: str) -> Code | None:
        """Profession and savoir-faire as one code of JDV_J01: sent ready-made, composed of G15 and R38, or translated."""
        context = self.context
        for concept in concepts:
            if found := context.coded(concept, "author-speciality", quiet=True):
                self._take_parts(concepts, found.code.code)
                return found.code
        profession, skill = self._coding(concepts, _G15), self._coding(concepts, _R38)
        known = value_set("author-speciality")
        for prof in [profession] if profession else [None]:
            base = f"G15_{prof.peek('code')}" if prof else _PHYSICIAN if skill else None
            if base is None:
                break
            if base == _PHYSICIAN and skill is None and (translated := self._translated(concepts, "specialty")):
                self._take_parts(concepts, translated.code)
                return translated
            full = f"{base}/{skill.peek('code')}" if skill else base
            concept_found = known.find(full, _PROFESSIONS) or known.find(base, _PROFESSIONS)
            if concept_found:
                self._take_parts(concepts, concept_found.code)
                return Code(code=concept_found.code, system=concept_found.system, display=concept_found.display)
        if profession_found := self._translated(concepts, "profession"):
            more = self._translated(concepts, "specialty") if profession_found.code == _PHYSICIAN else None
            return more or profession_found
        if any(self._is_speciality(concept) for concept in concepts):
            context.note("IMGDA-0312", path)
        return None

    def _translated(self, concepts: list[Node], table: str) -> Code | None:
        found = (self.context.coded(concept, "author-speciality", tables=(table,)) for concept in concepts)
        return next((coded.code for coded in found if coded), None)

    def _is_speciality(self, concept: Node) -> bool:
        """Whether a concept that is left may be a speciality at all: roles and functions are read elsewhere."""
        return not any(self.context.coding_of(concept, code, _ROLE_CLASSES) for code in ("PROV", "AGNT")) and not (
            self.context.matches(concept, "function-code")
        )

    def _take_parts(self, concepts: list[Node], code: str) -> None:
        """Count the profession and the savoir-faire that a ready-made code repeats as read."""
        from bridge.tables.codes import code_system_oid

        base, _, skill = code.removeprefix("G15_").partition("/")
        for oid, part in ((_G15, base), (_R38, skill)):
            for concept in concepts:
                for coding in concept.children("coding"):
                    if coding.peek("code") == part and code_system_oid(str(coding.peek("system"))) == oid:
                        coding.carried()

    def _coding(self, concepts: list[Node], oid: str) -> Node | None:
        from bridge.tables.codes import code_system_oid

        for concept in concepts:
            found = [
                coding
                for coding in concept.children("coding")
                if isinstance(uri := coding.peek("system"), str)
                and code_system_oid(uri) == oid
                and isinstance(coding.peek("code"), str)
            ]
            if found:
                return min(found, key=lambda coding: str(coding.peek("code")))
        return None

    def _national_ids(self, node: Node, root: str) -> tuple[Identifier, ...]:
        """The national identifier of a person or structure, in whichever of its forms; else the first usable one."""
        nodes = node.children("identifier")
        chosen = _first(identifier(self.context, n) for n in self._national(nodes, root))
        if chosen is None:
            chosen = _first(identifier(self.context, n) for n in nodes)
        if chosen is None:
            return ()
        self._repeat_ids(nodes, chosen)
        self._report_others(nodes, chosen, root)
        return (chosen,)

    def _report_others(self, nodes: list[Node], chosen: Identifier, root: str) -> None:
        """Report the national numbers beside the chosen one: those that are wrong, and a second person's."""
        is_right, code = (is_professional, "IMGDA-0309") if root == PROFESSIONALS else (is_structure, "IMGDA-0310")
        for node in nodes:
            read = peek_identifier(self.context, node)
            if read and read.root == root and read != chosen:
                number, same_kind = read.extension or "", (read.extension or "")[:1] == (chosen.extension or "")[:1]
                if not is_right(number):
                    self.context.note(code, node.at("value"))
                elif same_kind:
                    self.context.note("IMGDA-0327", node.at("value"))

    def _national(self, nodes: list[Node], root: str) -> list[Node]:
        """The identifiers under a national root, those of the right length and key first."""
        is_right = is_professional if root == PROFESSIONALS else is_structure
        found = [(n, read.extension or "") for n in nodes if (read := peek_identifier(self.context, n)) and read.root == root]
        return [node for node, _ in sorted(found, key=lambda pair: not is_right(pair[1]))]

    def _repeat_ids(self, nodes: list[Node], chosen: Identifier) -> None:
        """Count the identifiers that say the chosen one in another form as read; any other is a loss."""
        for node in nodes:
            if peek_identifier(self.context, node) == chosen:
                identifier(self.context, node)

    def _peek_identifier(self, node: Node, root: str) -> bool:
        return is_under(self.context, node, root)

    # --- structures --------------------------------------------------------------------------------------------------

    def with_local_structure(self, role: Role) -> Professional:
        """The professional with his structure's own identifier where it has no national one. CDA: scopingOrganization."""
        person, structure = role.professional, role.structure
        if person.organization is None or person.organization.id or structure is None:
            return person
        own = _first(identifier(self.context, node, bare=True) for node in structure.children("identifier"))
        return replace(person, organization=replace(person.organization, id=own))

    def organization(self, reference: Node | None) -> Organization | None:
        """The structure that a reference leads to; a logical reference gives a minimal one."""
        if reference is None:
            return None
        found = self.structure(reference)
        return found.organization if found else None

    def structure(self, reference: Node | None) -> Structure | None:
        """The structure that a reference leads to, with what it is part of; anything else is a loss (IMGDA-0352)."""
        if reference is None:
            return None
        resource = self.context.index.find(reference)
        if resource is None:
            return self._logical_structure(reference)
        if resource.type_name != "Organization":
            lose_reference(reference, "IMGDA-0352")
            return None
        key = id(resource.value)
        if key not in self._structures:
            self._structures[key] = self._read_structure(resource)
        return self._structures[key]

    def structures(self) -> list[Structure]:
        """Every structure that was read."""
        return [*self._structures.values(), *self._named]

    def structure_of(self, organization: Organization | None) -> Structure | None:
        """The structure as which an organisation was read."""
        if organization is None:
            return None
        found = (s for s in self.structures() if s.organization == organization)
        return next(found, None) or Structure(organization, organization)

    def _logical_structure(self, reference: Node) -> Structure | None:
        if "reference" in reference:
            self.context.note("IMGDA-0218", reference.at("reference"))
        if not names_structure(self.context, reference):
            lose_reference(reference, "IMGDA-0352")
            return None
        found = self._logical_organization(reference)
        if found is None:
            return None
        self._named.append(Structure(found, found))
        return self._named[-1]

    def _logical_organization(self, reference: Node) -> Organization | None:
        found = _first(
            identifier(self.context, node) for node in reference.children("identifier") if self._peek_identifier(node, STRUCTURES)
        )
        shown = one_line(reference.text("display"))
        reference.decide("type")
        return Organization(id=found, name=shown) if found or shown else None

    def _read_structure(self, node: Node) -> Structure:
        """A structure; number, practice setting and sector that it lacks are those of what it is part of (partOf)."""
        line = [node, *self.context.index.wholes(node)]
        own = self._read_organization(node)
        owner = own if own.id else self._owner(line)
        setting, sector = self._kind(line, "practice-setting"), self._kind(line, "facility-type")
        whole = replace(
            own,
            id=owner.id,
            name=own.name or owner.name,
            practice_setting=setting[0] if setting else None,
        )
        return Structure(
            whole,
            replace(owner, name=owner.name or own.name) if own.id is None else whole,
            sector[0] if sector else None,
            setting[1] if setting else None,
            sector[1] if sector else None,
            frozenset(id(part.value) for part in line),
        )

    def _owner(self, line: list[Node]) -> Organization:
        """The nearest structure above that has a national number; one without a number where there is none."""
        for part, whole in pairwise(line):
            if any(self._peek_identifier(n, STRUCTURES) for n in whole.children("identifier")):
                self.context.note("IMGDA-0356", part.at("partOf"))
                return self._read_organization(whole)
        last = line[-1].child("partOf")
        if (
            last is not None
            and self.context.index.find(last) is None
            and names_structure(self.context, last, structures_only=False)
        ):
            found = self._logical_organization(last)
            if found and found.id:
                self.context.note("IMGDA-0356", last.path)
                return found
        return Organization()

    def _kind(self, line: list[Node], set_name: str) -> tuple[Code, Node] | None:
        """The first type of a structure, or of what it is part of, that is in a value set, and where it stands."""
        for node in line:
            for concept in node.children("type"):
                if found := self.context.coded(concept, set_name):
                    return found.code, concept
        return None

    def _read_organization(self, node: Node) -> Organization:
        """What a structure says of itself, without its types."""
        context, contacts = self.context, self._general_contacts(node)
        national = self._national(node.children("identifier"), STRUCTURES)
        number = _first(identifier(context, n) for n in national)
        if number:
            self._repeat_ids(national, number)
            self._report_others(national, number, STRUCTURES)
        return Organization(
            id=number,
            name=one_line(node.text("name")),
            telecoms=telecoms((node, "telecom"), *((c, "telecom") for c in contacts), now=self.now),
            addresses=addresses(node, now=self.now) + tuple(a for c in contacts for a in addresses(c, now=self.now)),
        )

    # --- relatives ---------------------------------------------------------------------------------------------------

    @reads("contacts")
    def contacts(self, patient: Node, related: list[Node]) -> tuple[tuple[Contact, ...], tuple[Guardian, ...]]:
        """Relatives with a role, from Patient.contact and from RelatedPersons; the same person is merged."""
        found = _Relatives()
        for node in [*patient.children("contact"), *related]:
            self._relative(node, found)
        contacts = tuple(merged.whole() for merged in found.contacts)
        return contacts, tuple(merged.whole() for merged in found.guardians.values())

    def _relative(self, node: Node, found: _Relatives) -> None:
        context = self.context
        if node.peek("active") is False or is_past(node, self.now):
            node.give_up("IMGDA-0907")
            return
        roles = [*dict.fromkeys(role for concept in node.children("relationship") for role in self._contact_roles(concept))]
        if len(roles) > 1 and "CON" in roles and self._is_marked_informant(node):
            roles.remove("CON")
        if not roles:
            return
        for concept in node.children("relationship"):
            if (text := one_line(concept.peek("text"))) and forbids(text):
                context.contradiction(concept.at("text"), text)
        person = name(context, node, with_suffix=False, every="GUARD" in roles)
        organization = None if person else self.organization(node.child("organization"))
        if person is None and organization is None:
            node.give_up_carried("IMGDA-0901")
            return
        means = telecoms((node, "telecom"), now=self.now)
        places = addresses(node, now=self.now)
        own = self._guardian_ids(node) if "GUARD" in roles else ()
        kin = None
        if any(role != "GUARD" for role in roles):
            kin = next(
                (
                    coded.code
                    for concept in node.children("relationship")
                    if (coded := context.coded(concept, "relation", tables=("relationship",), quiet=True))
                ),
                None,
            )
            self._repeat_relation(node, kin)
        for role in roles:
            if role == "GUARD":
                found.guardian(replace(_guardian(person, organization, means, places), ids=own))
            elif person:
                found.contact(Contact(role=role, name=person, relation=kin, telecoms=means, addresses=places))
        if person is None and "GUARD" not in roles:
            node.give_up_carried("IMGDA-0901")

    def _is_marked_informant(self, node: Node) -> bool:
        """Whether a RelatedPerson has the mark that the French profile fixes beside the role that he has (docs/fhir.md, A3)."""
        codings = (coding for concept in node.children("relationship") for coding in concept.children("coding"))
        marks = [c for c in codings if (c.peek("code"), c.peek("system")) == ("CON", _R260)]
        for mark in marks:
            mark.decide("code", "system", "display")
        others = sum(c.peek("code") == "CON" for x in node.children("relationship") for c in x.children("coding"))
        return node.type_name == "RelatedPerson" and len(marks) == others

    def _repeat_relation(self, node: Node, kin: Code | None) -> None:
        """Count the relations that say again, under another name of the code system, the one that was read as read."""
        from bridge.tables.codes import code_system_oid

        for concept in node.children("relationship") if kin else ():
            for coding in concept.children("coding"):
                uri = coding.peek("system")
                if kin and coding.peek("code") == kin.code and isinstance(uri, str) and code_system_oid(uri) == kin.system:
                    coding.carried()

    def _guardian_ids(self, node: Node) -> tuple[Identifier, ...]:
        """The numbers of a guardian. FHIR: RelatedPerson.identifier, for which Patient.contact has no place."""
        found = (identifier(self.context, n) for n in node.children("identifier") if not self._never_an_ins(n))
        return tuple(dict.fromkeys(i for i in found if i))

    def _contact_roles(self, concept: Node) -> list[str]:
        """The class codes (ECON, NOK, GUARD…) that a relationship means."""
        from bridge.tables.codes import code_system_oid, code_system_uri

        context = self.context
        found = []
        for coding in concept.children("coding"):
            code, uri = coding.peek("code"), coding.peek("system")
            if not isinstance(code, str) or not isinstance(uri, str):
                continue
            oid = code_system_oid(uri)
            row = table("contact-role").get((uri, code)) or (
                table("contact-role").get((code_system_uri(oid), code)) if oid else None
            )
            role = row.concept.code if row else code if oid == _ROLE_CLASSES else None
            if role is None and code == "GUARD" and oid == "2.16.840.1.113883.5.111":
                role = "GUARD"
            if role == "GUARD":
                coding.understood()
            if role in ("ECON", "NOK", "CON", "CAREGIVER", "PAT"):
                coding.carried()
            if row and row.relation == "inexact":
                context.note("IMGDA-0357", coding.path)
            if role in ("ECON", "NOK", "CON", "CAREGIVER", "PAT", "GUARD"):
                found.append(role)
        return found

    # --- the patient -------------------------------------------------------------------------------------------------

    @reads("patient")
    def patient(self, node: Node, related: list[Node]) -> tuple[Patient, tuple[Contact, ...]]:
        """The patient and his relatives. What is missing is reported and stands as a placeholder in the order."""
        context, reading = self.context, self.context.ledger.reading
        birth_place = self._birth_place(node)
        known = self._patient_name(node)
        gender = self._gender(node)
        with reading("patient.birth_date"):
            birth_date = moment(context, node, "birthDate")
        if birth_date is None and "birthDate" not in node:
            context.note("IMGDA-0304", node.at("birthDate"))
        ids = self._patient_ids(node, self._missing_traits(node, known, birth_date, birth_place))
        contacts, guardians = self.contacts(node, related)
        deceased = self._deceased(node)
        with reading("patient.multiple_birth"):
            multiple_birth = node.flag("multipleBirthBoolean")
        with reading("patient.birth_rank"):
            rank = node.number("multipleBirthInteger") or ""
            if rank and not (rank.isdigit() and int(rank) > 0):
                node.lose("multipleBirthInteger", "IMGDA-0901")
        with reading("patient.telecoms"):
            means = telecoms((node, "telecom"), now=self.now)
        with reading("patient.addresses"):
            places = addresses(node, now=self.now)
        patient = Patient(
            ids=ids or (Identifier(root="0.0"),),
            name=known,
            gender=gender,
            birth_date=birth_date or "0001",
            birth_place=birth_place,
            deceased=deceased[0],
            deceased_at=deceased[1],
            multiple_birth=multiple_birth,
            birth_rank=int(rank) if rank.isdigit() and int(rank) > 0 else None,
            telecoms=means,
            addresses=places,
            guardians=guardians,
        )
        return patient, contacts

    def _deceased(self, node: Node) -> tuple[bool | None, str | None]:
        died, when = node.flag("deceasedBoolean"), moment(self.context, node, "deceasedDateTime")
        if died or when:
            self.context.note("IMGDA-0323", node.at("deceasedDateTime" if when else "deceasedBoolean"))
        return died, when

    @reads("patient.gender")
    def _gender(self, node: Node) -> Code:
        sent = node.text("gender")
        row = table("gender").get(("http://hl7.org/fhir/administrative-gender", sent or ""))
        if row is None:
            self.context.note("IMGDA-0305", node.at("gender"))
            concept = value_set("gender").by_code["UN"][0]
        else:
            concept = row.concept
        if sent == "other":
            self.context.note("IMGDA-0334", node.at("gender"))
        return Code(code=concept.code, system=concept.system, display=concept.display)

    @reads("patient.name")
    def _patient_name(self, node: Node) -> PatientName:
        """The birth identity and the used one. A list of birth forenames that is said to be unknown stays so."""
        context = self.context
        names = [n for n in node.children("name") if n.peek("use") != "old"]
        birth = next((n for use in ("official", "maiden") for n in names if n.peek("use") == use), None) or best_name(names)
        if birth is None or not (one_line(birth.peek("family")) or one_line(birth.peek("text"))):
            context.note("IMGDA-0303", node.at("name"))
            return PatientName(birth_family=context.settings.texts.not_stated)
        used = next((n for n in names if n.peek("use") == "usual" and n.value is not birth.value), None)
        listed = [one_line(x.text("valueString")) for x in birth.extensions("fr-core-patient-birth-list-given-name")]
        family, givens = one_line(birth.text("family")), self._birth_givens(birth, next((t for t in listed if t), None))
        if not family:
            family = one_line(birth.text("text")) or ""
            context.note("IMGDA-0324", birth.path)
        prefix, suffix = civility(context, birth)
        used_family, used_given = (one_line(used.text("family")), joined_names(used)) if used else (None, None)
        if used:
            more = civility(context, used)
            prefix, suffix = prefix or more[0], suffix or more[1]
            used.decide("use")
        if birth.peek("use") in _NO_BIRTH_NAMES:
            context.note("IMGDA-0359", birth.at("use"), use=str(birth.peek("use")))
            birth.decide("use")
        elif birth.peek("use") in ("official", "maiden", "usual"):
            birth.decide("use")
        if not (givens or used_given or any(listed)):
            context.note("IMGDA-0336", birth.at("given"))
        return PatientName(
            birth_family=family,
            birth_givens=next((text for text in listed if text), None) or (None if listed else " ".join(givens) or None),
            birth_given=givens[0] if givens else None,
            used_family=used_family,
            used_given=used_given,
            prefix=prefix,
            suffix=suffix,
        )

    def _birth_givens(self, birth: Node, listed: str | None) -> list[str]:
        """The forenames of the birth name; beside the list of all of them, only the first and those of the list are read."""
        if listed is None:
            return [given for given in map(one_line, birth.texts("given")) if given]
        raw = birth.peek("given")
        known = set(listed.casefold().split())
        found: list[str] = []
        for index, text in enumerate(raw if isinstance(raw, list) else ()):
            given = one_line(text)
            if given and (not found or set(given.casefold().split()) <= known):
                birth.ledger.mark(raw, index)
                found.append(given)
        return found

    @reads("patient.birth_place")
    def _birth_place(self, node: Node) -> Address | None:
        """INSEE code and city of birth; the code is never taken from a postal code, which looks alike."""
        extension = node.extension("patient-birthPlace", "birthPlace")
        place = extension.child("valueAddress") if extension else None
        if place is None:
            return None
        insee = None
        for coded in place.extensions("fr-core-address-insee-code"):
            coding = coded.child("valueCoding")
            if coding and insee is None:
                insee = one_line(coding.text("code"))
        district = one_line(place.peek("district"))
        if insee is None and district and len(district) == 5:
            insee = district
        if insee and insee == district:
            place.text("district")
        city, country = one_line(place.text("city")), one_line(place.text("country"))
        found = Address(county=insee, city=city, country=country)
        return found if any((insee, city, country)) else None

    def _patient_ids(self, node: Node, missing: list[str]) -> tuple[Identifier, ...]:
        """The INS, if it may be written, then the local identifiers; none is reported with the reason."""
        context, found = self.context, trust(self.context, node)
        national: list[Identifier] = []
        local: dict[Identifier, None] = {}
        because: dict[str, str] = {}
        for candidate in node.children("identifier"):
            if self._never_an_ins(candidate):
                continue
            if is_under(context, candidate, *INS_ROOTS):
                if is_past(candidate, self.now):
                    candidate.give_up("IMGDA-0907")
                elif reasons := self._withheld(candidate, found, missing):
                    because |= reasons
                    candidate.give_up("IMGDA-0901", "administrative")
                else:
                    self._take_ins(candidate, national)
            elif own := identifier(context, candidate, context.settings.oids.patient):
                local[own] = None
        if not (national or local):
            context.note("IMGDA-0302", node.at("identifier"), **({"because": ""} | because))
        return (*national, *local)

    def _never_an_ins(self, node: Node) -> bool:
        """A social-security number (NH) or an INS-C may use the OID of the INS without being one (docs/fhir.md, 1.5)."""
        return has_type(node, "NH", "SS") or (has_type(node, "INS-C") and is_under(self.context, node, *INS_ROOTS))

    def _take_ins(self, node: Node, national: list[Identifier]) -> None:
        """The first INS; the same one again counts as read, another one is reported."""
        if not national or peek_identifier(self.context, node) in national:
            if node.peek("use") == "temp":
                node.decide("use")  # what fr-core fixes for an INS-NIA
            found = identifier(self.context, node)
            national += [found] if found and found not in national else []
        else:
            self.context.note("IMGDA-0327", node.at("value"))

    def _withheld(self, node: Node, found: Trust, missing: list[str]) -> dict[str, str]:
        """Why an INS is not written, if it is not: the parameters of the finding that the patient has no identifier."""
        read = peek_identifier(self.context, node)
        because: dict[str, str] = {}
        if has_type(node, "INS-NIR-TEST", "INS-NIR-DEMO") and read and read.root in REAL_INS_ROOTS:
            because["because"] = "IMGDA-0358"
            self.context.note("IMGDA-0358", node.path)
        if missing:
            because = {"because": "IMGDA-0306", "traits": ", ".join(missing)}
            self.context.note("IMGDA-0306", node.path, traits=because["traits"])
        if not found.is_reliable:
            because["because"] = "IMGDA-0307"
            self.context.note("IMGDA-0307", found.path or node.path)
        if read and not is_ins(read.extension or ""):
            because["because"] = "IMGDA-0308"
            self.context.note("IMGDA-0308", node.at("value"))
        return because

    def _missing_traits(self, patient: Node, known: PatientName, birth_date: str | None, place: Address | None) -> list[str]:
        """The traits that a document with an INS must have and the input lacks (docs/rules.md, B15)."""
        return [
            label
            for label, present in (
                ("Patient.name.family (official)", known.birth_family),
                ("Patient.name.given (official)", known.birth_given and known.birth_givens),
                ("Patient.birthDate", birth_date),
                ("Patient.gender", "gender" in patient),
                ("Patient.extension(patient-birthPlace), code INSEE", place and place.county),
            )
            if not present
        ]


def _first(items: object) -> Identifier | None:
    return next((item for item in items if item), None)  # type: ignore[attr-defined]


def _called(name: PersonName) -> tuple[str | None, ...]:
    """What tells one person from another: all names, without civility and title."""
    return name.family, name.given, name.birth_family, name.birth_given, name.used_family, name.used_given


@dataclass(slots=True)
class _Relatives:
    """The relatives as they are read: the same person in the same role is one, with the means and addresses of all."""

    contacts: list[_Merged[Contact]] = field(default_factory=list)
    guardians: dict[object, _Merged[Guardian]] = field(default_factory=dict)
    _known: dict[object, list[_Merged[Contact]]] = field(default_factory=dict)

    def contact(self, new: Contact) -> None:
        """Add a relative, or complete the same person in the same role."""
        same = self._known.setdefault((new.role, _called(new.name)), [])
        for known in same:
            relation = known.item.relation
            if relation is None or new.relation is None or relation == new.relation:
                known.item = replace(known.item, relation=relation or new.relation)
                known.add(new)
                return
        same.append(_Merged(new))
        self.contacts.append(same[-1])

    def guardian(self, new: Guardian) -> None:
        """Add a guardian, or complete the same one."""
        known = self.guardians.setdefault((new.name, new.organization), _Merged(new))
        known.item = replace(known.item, ids=tuple(dict.fromkeys((*known.item.ids, *new.ids))))
        known.add(new)


@dataclass(slots=True)
class _Merged(Generic[R]):
    """A relative, and how to reach him."""

    item: R
    telecoms: dict[Telecom, None] = field(default_factory=dict)
    addresses: dict[Address, None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.add(self.item)

    def add(self, other: R) -> None:
        """Take the means and addresses of the same person."""
        self.telecoms |= dict.fromkeys(other.telecoms)
        self.addresses |= dict.fromkeys(other.addresses)

    def whole(self) -> R:
        """The relative with all of them."""
        return replace(self.item, telecoms=tuple(self.telecoms), addresses=tuple(self.addresses))


def _guardian(
    person: PersonName | None, organization: Organization | None, means: tuple[Telecom, ...], places: tuple[Address, ...]
) -> Guardian:
    """A legal guardian; a structure is its identifier and name, and its telecoms and addresses are the guardian's."""
    if person or organization is None:
        return Guardian(name=person, telecoms=means, addresses=places)
    return Guardian(
        organization=Organization(id=organization.id, name=organization.name),
        telecoms=tuple(dict.fromkeys((*means, *organization.telecoms))),
        addresses=tuple(dict.fromkeys((*places, *organization.addresses))),
    )
