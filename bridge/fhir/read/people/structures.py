"""Structures and what they are part of: name, national number, practice setting, sector, means of contact.

Source: docs/fhir.md, 2.5 (A4, A7, A12), after CI-SIS, Structuration minimale, and HL7 France fr-core.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from bridge.fhir.ledger.node import Node
from bridge.fhir.read.concepts import Context
from bridge.fhir.read.datatypes.addresses import addresses
from bridge.fhir.read.datatypes.identifiers import is_under
from bridge.fhir.read.datatypes.names import is_past
from bridge.fhir.read.datatypes.telecoms import telecoms
from bridge.fhir.read.people.numbers import first_usable, structure_number
from bridge.fhir.read.people.referents import names_structure
from bridge.fhir.read.texts import one_line
from bridge.order.identifiers import STRUCTURES
from bridge.order.people import Organization
from bridge.order.values import Code
from bridge.wording.spelling import same_words

__all__ = ["Structure", "general_contacts", "named_structure", "read_structure"]

_SPECIAL_PURPOSES = frozenset({"BILL", "HR", "PAYOR", "PRESS"})
"""Purposes of a contact that is none of the whole structure (FHIR R5, contactentity-type)."""


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


def named_structure(context: Context, reference: Node) -> Organization | None:
    """The structure that a reference alone names, by its national number and display."""
    found = first_usable(context, (n for n in reference.children("identifier") if is_under(context, n, STRUCTURES)))
    shown = one_line(reference.text("display"))
    reference.decide("type")
    return Organization(id=found, name=shown) if found or shown else None


def read_structure(context: Context, node: Node) -> Structure:
    """A structure; number, practice setting and sector that it lacks are those of what it is part of (partOf)."""
    line = [node, *context.index.wholes(node)]
    own = _read_organization(context, node)
    owner = own if own.id else _owner(context, line)
    setting, setting_concept = _kind(context, line, "practice-setting")
    sector, sector_concept = _kind(context, line, "facility-type")
    whole = replace(own, id=owner.id, name=own.name or owner.name, practice_setting=setting)
    return Structure(
        whole,
        replace(owner, name=owner.name or own.name) if own.id is None else whole,
        sector,
        setting_concept,
        sector_concept,
        frozenset(id(part.value) for part in line),
    )


def _owner(context: Context, line: Sequence[Node]) -> Organization:
    """The nearest structure above that has a national number; one without a number where there is none."""
    for part, whole in pairwise(line):
        if any(is_under(context, n, STRUCTURES) for n in whole.children("identifier")):
            context.note("IMGDA-0356", part.at("partOf"))
            return _read_organization(context, whole)
    last = line[-1].child("partOf")
    if last and context.index.find(last) is None and names_structure(context, last, structures_only=False):
        found = named_structure(context, last)
        if found and found.id:
            context.note("IMGDA-0356", last.path)
            return found
    return Organization()


def _kind(context: Context, line: Sequence[Node], set_name: str) -> tuple[Code | None, Node | None]:
    """The first type of a structure, or of what it is part of, that is in a value set, and where it stands."""
    for node in line:
        for concept in node.children("type"):
            if found := context.coded(concept, set_name):
                return found.code, concept
    return None, None


def _read_organization(context: Context, node: Node) -> Organization:
    """What a structure says of itself, without its types."""
    contacts, now = general_contacts(context, node), context.now
    return Organization(
        id=structure_number(context, node),
        name=one_line(node.text("name")),
        telecoms=telecoms(*((owner, "telecom") for owner in (node, *contacts)), now=now),
        addresses=addresses(node, now=now) + tuple(a for c in contacts for a in addresses(c, now=now)),
    )


def general_contacts(context: Context, node: Node) -> list[Node]:
    """The contacts of R5 that are means to reach the whole: none that has ended, and none for bills, press or staff."""
    found = []
    for contact in node.children("contact") if context.version == "R5" else ():
        purpose = contact.child("purpose")
        codes = {str(coding.peek("code")) for coding in purpose.children("coding")} if purpose else set()
        if is_past(contact, context.now):
            contact.give_up("IMGDA-0907")
        elif not codes & _SPECIAL_PURPOSES:
            found.append(contact)
    return found
