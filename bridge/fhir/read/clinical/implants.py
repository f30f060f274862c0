"""Devices in or on the patient: "Dispositif implanté : Stimulateur cardiaque (15/03/2022) ; fabricant : …".

A device is the patient's when it names him (Device.patient), or when a DeviceUseStatement, DeviceUsage, DeviceAssociation or
Procedure does so; any other device is none of his. No contra-indication is inferred: one of the value set that such a device
concerns and that nobody answered is named in a warning. Source: docs/decisions.md, 28; docs/rules.md, Implants.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from bridge.fhir.ledger.node import Node, reads
from bridge.fhir.read.clinical.antecedents import Antecedents
from bridge.fhir.read.clinical.phrases import Phrases, add, joined
from bridge.fhir.read.clinical.statuses import marks
from bridge.fhir.read.concepts import Context
from bridge.fhir.read.datatypes.names import has_ended, moment
from bridge.fhir.read.distinct import Distinct
from bridge.fhir.read.facts import is_fact
from bridge.fhir.read.texts import one_line
from bridge.order.moments import french_date
from bridge.tables.codes import code_system_oid, rows, value_set

__all__ = ["ACTS", "USES", "Implants"]

USES = ("DeviceUseStatement", "DeviceUsage", "DeviceAssociation")
_SNOMED = "2.16.840.1.113883.6.96"
_PREFIX = "Dispositif implanté : "
_FORMER = ("ancien dispositif", "ancien dispositif, retiré")
_IMPLANTED, _EXPLANTED = "implanted", "explanted"
ACTS = frozenset({"307280005", "395218007", "45965006", "1236755008"})
"""SNOMED CT procedures that implant what their name says."""


class _Kind(NamedTuple):
    """One row of ``mappings/implants.csv``: what devices a contra-indication of the value set is about."""

    contraindication: str
    words: re.Pattern[str]
    codes: frozenset[str]


@cache
def _kinds() -> tuple[_Kind, ...]:
    return tuple(
        _Kind(row["contraindication"], re.compile(row["words"]), frozenset(row["snomed"].split())) for row in rows("implants")
    )


class Implant(NamedTuple):
    """A device that the patient has or had."""

    path: str
    words: str
    codes: frozenset[str]
    is_former: bool


_UNCERTAIN = {
    "preparation": "Dispositif prévu : ",
    **dict.fromkeys(("in-progress", "on-hold", "stopped"), "Dispositif peut-être implanté : "),
}
"""How a device is called by the status of the Procedure that implants it, unless that is done."""


@dataclass(slots=True)
class Implants:
    """The devices of one request."""

    context: Context
    phrases: Phrases
    antecedents: Antecedents
    _devices: list[Node] = field(default_factory=list)
    """Devices that name the patient."""
    _uses: list[Node] = field(default_factory=list)
    """Statements that a device is used."""
    _found: list[Implant] = field(default_factory=list)

    @reads("medical_history")
    def read_device(self, node: Node) -> None:
        """A device of the patient; one that names nobody is none of his (docs/decisions.md, 28)."""
        if not self.antecedents.states_absence(node, node.child("type"), "devices") and "patient" in node:
            self._devices.append(node)

    @reads("medical_history")
    def read_use(self, node: Node) -> None:
        """A statement that a device is, was or will be used."""
        owner = node.child("device")
        device = self.context.index.lookup(owner.child("reference") or owner) if owner else None
        concept = device.child("type") if device is not None else owner.child("concept") if owner else None
        if self.antecedents.states_absence(node, concept, "devices"):
            self._device_of(node)
        else:
            self._uses.append(node)

    def lines(self) -> list[str]:
        """A line for each device, with what the statements about it say; a device that several name has one line."""
        texts: Distinct[str] = Distinct()
        told: set[int] = set()
        for use in self._uses:
            device = self._device_of(use)
            if device is None or is_fact(self.context, device):
                told |= {id(device.value)} if device is not None else set()
                add(texts, self._line(device, use))
        for device in self._devices:
            if id(device.value) not in told:
                add(texts, self._line(device, None))
        return texts

    def _device_of(self, use: Node) -> Node | None:
        owner = use.child("device")
        return self.context.index.find(owner.child("reference") or owner) if owner else None

    def _line(self, device: Node | None, use: Node | None) -> str | None:
        name = self._called(device, use)
        if name is None:
            return None
        told = self._told(use) if use else []
        told = list(dict.fromkeys([*told, *(marks(self.context, device, "status") if device else [])]))
        is_former = not set(told).isdisjoint(_FORMER)
        self._keep(device or use, name, is_former)
        if use and not is_former and has_ended(_period(use), self.context.now):
            told.append(_FORMER[0])  # no status says so too: the device may still be there, and is warned of
        parts = [part for node in (use, device) if node for part in self._details(node)]
        return joined(f"{_PREFIX}{name} ({', '.join(told)})" if told else _PREFIX + name, *parts)

    def _called(self, device: Node | None, use: Node | None) -> str | None:
        """The name of a device, else what the statement calls it."""
        name = self.name(device) if device else None
        owner = use.child("device") if use else None
        return self.phrases.either(owner) if name is None and owner else name

    def _told(self, use: Node) -> list[str]:
        """When a device is used, and the status of the statement."""
        period = _period(use)
        when = self.phrases.period(period) if period else self._moment(use, "timingDateTime")
        return [*([when] if when else []), *marks(self.context, use, "status")]

    def _moment(self, node: Node, name: str) -> str | None:
        when = moment(self.context, node, name) if name in node else None
        return french_date(when) if when else None

    def _details(self, node: Node) -> list[str]:
        return [*self.phrases.of(node), *self.phrases.comments(node)]

    def name(self, device: Node) -> str | None:
        """What a device is called: its type, else its names, else its model or manufacturer."""
        types = [text for concept in device.children("type") if (text := self.phrases.concept(concept))]
        names = [text for part in (*device.children("deviceName"), *device.children("name")) if (text := _device_name(part))]
        if shown := one_line(device.text("displayName")):
            names.append(shown)
        said = list(dict.fromkeys([*types, *names]))
        return ", ".join(said) or one_line(device.text("modelNumber")) or one_line(device.text("manufacturer"))

    def _keep(self, node: Node | None, name: str, is_former: bool) -> None:
        if node is not None:
            self._found.append(Implant(node.path, name, _codes(node), is_former))

    # --- procedures --------------------------------------------------------------------------------------------------

    def of_procedure(self, node: Node) -> list[str]:
        """What a Procedure implants, uses or removes: the focal devices and those used, each as a phrase.

        A Procedure that is not done yet implants nothing; of one that is under way or broken off nobody knows.
        """
        before, status = len(self._found), str(node.peek("status"))
        said = self._things_of(node)
        if status == "preparation":
            del self._found[before:]
        prefix = _UNCERTAIN.get(status, _PREFIX)
        return [text.replace(_PREFIX, prefix, 1) for text in said]

    def _things_of(self, node: Node) -> list[str]:
        said: Distinct[str] = Distinct()
        for focal in node.children("focalDevice"):
            device, action = focal.child("manipulated"), focal.child("action")
            add(said, self._handled(device, action) if device else None)
        for part in (*node.children("usedReference"), *node.children("usedCode"), *node.children("used")):
            add(said, self._used(part))
        concept = node.child("code")
        if not said and concept and _codes_of(concept) & ACTS and (words := self.phrases.concept(concept)):
            said.append(_PREFIX + words)
            self._keep(node, words, is_former=False)
        return said

    def _handled(self, reference: Node, action: Node | None) -> str | None:
        name = self._named(reference)
        if name is None:
            return None
        codes = _codes_of(action) if action else frozenset()
        for coding in action.children("coding") if action else ():
            if coding.peek("code") in (_IMPLANTED, _EXPLANTED):
                coding.decide("code", "system")
        if action and codes and codes.isdisjoint((_IMPLANTED, _EXPLANTED)):
            return joined(f"Dispositif : {name}", self.phrases.concept(action))
        removed = _EXPLANTED in codes
        self._keep(self._target(reference) or reference, name, removed)
        return f"{_PREFIX}{name} (ancien dispositif, retiré)" if removed else _PREFIX + name

    def _used(self, part: Node) -> str | None:
        """A thing used in a Procedure: implanted when it is a device that names the patient."""
        target = self._target(part)
        if target is not None and target.type_name == "Device" and "patient" in target:
            name = self._named(part)
            self._keep(target, name or "", is_former=False)
            return _PREFIX + name if name else None
        name = self._named(part)
        return f"Matériel utilisé : {name}" if name else None

    def _target(self, part: Node) -> Node | None:
        return self.context.index.find(part.child("reference") or part)

    def _named(self, part: Node) -> str | None:
        target = self._target(part)
        if target is not None and not is_fact(self.context, target):
            return None
        if target is not None and target.type_name == "Device":
            told = marks(self.context, target, "status")
            name = self.name(target)
            return joined(f"{name} ({', '.join(told)})" if told else name, *self._details(target)) if name else None
        return self.phrases.either(part)

    # --- contra-indications ------------------------------------------------------------------------------------------

    def unanswered(self, answers: dict[str, bool]) -> Iterator[tuple[str, str, str]]:
        """For each present device: the issue, its path, and the contra-indication that it concerns and that is not "oui".

        IMGDA-0463 where nobody answered, IMGDA-0464 where the answer is "non".
        """
        labels = value_set("contraindication").by_code
        for implant in (implant for implant in self._found if not implant.is_former):
            for code in _concerned(implant, answers):
                if not answers.get(code):
                    yield "IMGDA-0464" if code in answers else "IMGDA-0463", implant.path, labels[code][0].display


def _concerned(implant: Implant, answers: dict[str, bool]) -> list[str]:
    """The contra-indications that a device concerns: one of no known kind asks for an answer to any, else for "autre"."""
    kinds = [k.contraindication for k in _kinds() if k.codes & implant.codes or k.words.search(_plain(implant.words))]
    if not kinds and any(answers.get(kind.contraindication) for kind in _kinds()):
        return []
    return kinds or ["GEN-092.01.20"]


def _period(use: Node) -> Node | None:
    """When a device is used."""
    return use.child("timingPeriod") or use.child("period")


def _plain(text: str) -> str:
    """A text in lower case without accents."""
    import unicodedata

    return "".join(c for c in unicodedata.normalize("NFKD", text.replace("’", "'")) if not unicodedata.combining(c)).casefold()


def _device_name(node: Node) -> str | None:
    node.decide("type")
    return one_line(node.text("name")) or one_line(node.text("value"))


def _codes_of(concept: Node) -> frozenset[str]:
    """The codes of a concept: those of SNOMED CT, and those of systems that no table knows, such as that of device actions."""
    known = (_SNOMED, None)
    return frozenset(str(c.peek("code")) for c in concept.children("coding") if code_system_oid(str(c.peek("system"))) in known)


def _codes(node: Node) -> frozenset[str]:
    """The codes of what a device or procedure is."""
    owner = node.child("device")
    inner = [owner.child("concept") or owner] if owner else []
    concepts = [*node.children("type"), *node.children("code"), *inner]
    return frozenset(code for concept in concepts for code in _codes_of(concept))
