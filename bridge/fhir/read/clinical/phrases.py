"""What the elements of a clinical resource say, as short French phrases: "sévérité : modérée", "localisation : genou (droit)".

Which elements are said, and how, stands in ``mappings/phrases.csv``, one row for each element of FHIR of the types that are
read; so a new phrase is a row. Source: docs/decisions.md, 27; docs/fhir.md, 2.11.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from bridge.fhir.ledger.node import Node
from bridge.fhir.read.clinical.statuses import status_of, weakening
from bridge.fhir.read.coding import meaning
from bridge.fhir.read.concepts import Context, code_of
from bridge.fhir.read.datatypes.names import moment, period
from bridge.fhir.read.distinct import Distinct
from bridge.fhir.read.facts import is_fact
from bridge.fhir.read.texts import clean, one_line
from bridge.fhir.source import definitions
from bridge.order.moments import french_date
from bridge.settings import Settings
from bridge.tables.codes import code_system_name, rows
from bridge.tables.concepts import CARE_INFORMATION, FACTS, MODIFIER, SITE
from bridge.wording.spelling import same_words

__all__ = ["Phrase", "Phrases", "add", "joined", "quantity", "states"]

_STATED = (MODIFIER, *FACTS, CARE_INFORMATION)
_UCUM = "http://unitsofmeasure.org"
_MICRO = str.maketrans("µμ", "uu")
"""The sign of a millionth, which UCUM codes as a "u"."""
_UNITS = {"a": "ans", "an": "ans", "mo": "mois", "wk": "semaines", "d": "jours", "h": "heures", "min": "minutes"}


class Phrase(NamedTuple):
    """One row of ``mappings/phrases.csv`` that is said in words."""

    name: str
    """The element, ``onset[x]`` for a choice."""
    words: str
    """The phrase, with ``{}`` for the value."""


@cache
def _phrases(path: str) -> tuple[Phrase, ...]:
    """The phrases of a type, or of an element that has elements (``Condition.stage``), in the order in which they are said."""
    found = (row for row in rows("phrases") if row["fate"] == "words" and row["element"].rpartition(".")[0] == path)
    return tuple(Phrase(row["element"].rpartition(".")[2], row["words"]) for row in found)


@cache
def _type_of(version: str, path: str) -> str:
    """The FHIR type of an element, by its path from the resource type."""
    kind, _, rest = path.partition(".")
    for name in rest.split("."):
        element = (definitions.elements(version, kind) or {}).get(name)
        kind = element.type if element else ""
    return kind


def add(texts: Distinct[str], text: str | None) -> None:
    """Add a text, if there is one, that is not there yet."""
    if text:
        texts.append(text)


def joined(*parts: str | None) -> str:
    """The parts of a line that say something, one after the other."""
    return " ; ".join(part for part in parts if part)


def states(coding: Node, settings: Settings) -> list[str]:
    """What a coding states that must not go unsaid: a side, a contra-indication, a contrast, a function; in French."""
    found = [stated.concept.display for datum in _STATED if (stated := meaning(coding, datum, settings))]
    site = meaning(coding, SITE, settings)
    found += [code_of(MODIFIER.name, modifier).display or modifier for modifier in (site.modifiers if site else ())]
    return list(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Phrases:
    """Turns elements into words; what it says counts as read."""

    context: Context

    def of(self, node: Node, path: str | None = None) -> list[str]:
        """Every phrase of a resource, or of the element at *path* from its type."""
        path = path or node.type_name
        return [text for phrase in _phrases(path) if (text := self._phrase(node, path, phrase))]

    def _phrase(self, node: Node, path: str, phrase: Phrase) -> str | None:
        base, is_choice, _ = phrase.name.partition("[x]")
        name = node.choice(base) if is_choice else phrase.name if phrase.name in node else None
        if name is None:
            return None
        said = list(dict.fromkeys(self.values(node, name, f"{path}.{name}")))
        return phrase.words.format(", ".join(said)) if said else None

    def values(self, node: Node, name: str, path: str) -> Iterator[str]:
        """The values of an element in words, one for each of its repetitions."""
        kind = _type_of(self.context.version, path)
        if not isinstance(node.peek(name), (dict, list)):
            yield from _present(self._primitive(node, name, path, kind))
            return
        for child in node.children(name):
            yield from _present(self.value(child, path, kind))
        if not node.children(name):
            yield from map(" ".join, (text.split() for text in node.texts(name)))

    def _primitive(self, node: Node, name: str, path: str, kind: str) -> str | None:
        if (status := status_of(path, node.peek(name))) is not None:
            node.decide(name)
            return status.words
        if kind == "boolean":
            return {True: "oui", False: "non", None: None}[node.flag(name)]
        if kind in ("date", "dateTime", "instant"):
            return french_date(when) if (when := moment(self.context, node, name)) else None
        return one_line(node.text(name)) if isinstance(node.peek(name), str) else node.number(name)

    # layout: one case for each FHIR type
    def value(self, node: Node, path: str, kind: str) -> str | None:
        """One object in words, by its FHIR type."""
        match kind:
            case "CodeableConcept":
                return self.concept(node)
            case "Coding":
                return one_line(node.text("display")) or one_line(node.text("code"))
            case "CodeableReference":
                return self.either(node)
            case "Reference":
                return self.reference(node)
            case "Period":
                return self.period(node)
            case "Annotation":
                return clean(node.text("text"))
            case "Identifier":
                return one_line(node.text("value"))
            case "Dosage":
                return self._dosage(node)
            case "Ratio":
                parts = [quantity(part) for name in ("numerator", "denominator") if (part := node.child(name))]
                return "/".join(part for part in parts if part) or None
            case "Age" | "Count" | "Duration" | "Quantity" | "Range" | "SimpleQuantity":
                return quantity(node)
        return " ".join(self.of(node, path)) or None

    def concept(self, node: Node) -> str | None:
        """The words of a concept; what its codes state and its words do not say (a side) follows in brackets."""
        stated = [(coding, label) for coding in node.children("coding") for label in states(coding, self.context.settings)]
        words = self.context.words(node, beside=[coding for coding, _ in stated])
        unsaid = [(coding, label) for coding, label in stated if not _says(words, label)]
        for coding, _ in unsaid:
            coding.understood()
        labels = list(dict.fromkeys(label for _, label in unsaid))
        if words is None:
            labels = list(dict.fromkeys([*self._sites(node), *labels]))
            return " ".join(labels) or self._bare_codes(node)
        return f"{words} ({', '.join(labels)})" if labels else words

    def _sites(self, node: Node) -> Iterator[str]:
        """The labels of sites that come as codes without any words."""
        for coding in node.children("coding"):
            if found := meaning(coding, SITE, self.context.settings):
                coding.understood()
                yield found.concept.display

    def _bare_codes(self, node: Node) -> str | None:
        """Codes that come without any words and that no table knows: said as codes, with a warning."""
        codings = [coding for coding in node.children("coding") if isinstance(coding.peek("code"), str)]
        for coding in codings:
            self.context.note("IMGDA-0468", coding.at("code"), value=coding.text("code"))
        return " ; ".join(sorted(_as_code(coding) for coding in codings)) or None

    def either(self, node: Node) -> str | None:
        """A CodeableReference, its concept else what its reference leads to; or a concept or reference alone."""
        concept, reference = node.child("concept"), node.child("reference")
        if concept or reference:
            said = [self.concept(concept) if concept else None, self.reference(reference) if reference else None]
            return " ; ".join(text for text in said if text) or None
        return self.reference(node) if "reference" in node or "display" in node else self.concept(node)

    def reference(self, node: Node) -> str | None:
        """What a reference leads to, by its name and what weakens it, if it is a fact; else the display of the reference.

        A display that says something else than the resource is said as well.
        """
        found = self.context.index.find(node)
        if found is None:
            return one_line(node.text("display"))
        if self.context.is_patient(found):
            return None
        if not is_fact(self.context, found):
            return None
        words, told = self.name(found), weakening(self.context, found)
        if words is None:
            return one_line(node.text("display"))
        other = self.context.other_words(node, found)
        words = f"{words} ({', '.join(told)})" if told else words
        return f"{words} ; {other}" if other else words

    def name(self, resource: Node) -> str | None:
        """What a resource is called: its code, its type or its location, side included."""
        for element in ("code", "type", "location", "vaccineCode", "medicationCodeableConcept"):
            if (concept := resource.child(element)) and (words := self.concept(concept)):
                return self._with_qualifiers(resource, words)
        structures = [self._structure(part) for part in resource.children("includedStructure")]
        said = [text for text in structures if text]
        return ", ".join(said) or one_line(resource.text("description"))

    def _structure(self, node: Node) -> str | None:
        concept = node.child("structure")
        words = self.concept(concept) if concept else None
        sides = [text for name in ("laterality", "qualifier") for part in node.children(name) if (text := self.concept(part))]
        return f"{words} ({', '.join(sides)})" if words and sides else words

    def _with_qualifiers(self, resource: Node, words: str) -> str:
        sides = [text for part in resource.children("locationQualifier") if (text := self.concept(part))]
        return f"{words} ({', '.join(sides)})" if sides else words

    def period(self, node: Node) -> str | None:
        """A Period for people: a bound alone is said to be one, for the end of a treatment is not its date."""
        span = period(self.context, node)
        if span is None:
            return None
        if span.end is None:
            return f"depuis {french_date(span.start or '')}"
        if span.start is None:
            return f"jusqu'{'au' if len(span.end) >= len('2026-03-02') else 'en'} {french_date(span.end)}"
        return f"{french_date(span.start)} - {french_date(span.end)}"

    def _dosage(self, node: Node) -> str | None:
        return clean(node.text("text")) or clean(node.text("patientInstruction"))

    def when(self, node: Node, *elements: str) -> str | None:
        """The date, age or text of a choice element such as onset[x], for people."""
        for element in elements:
            name = node.choice(element) or (element if element in node else None)
            if name is None:
                continue
            if name.endswith("Period") and (span := node.child(name)):
                return self.period(span)
            if name.endswith(("Age", "Range")) and (age := node.child(name)):
                return quantity(age)
            if name.endswith("String"):
                return one_line(node.text(name))
            if when := moment(self.context, node, name):
                return french_date(when)
        return None

    def comments(self, node: Node) -> list[str]:
        """The notes of a resource."""
        return [text for note in node.children("note") if (text := clean(note.text("text")))]

    def metadata(self, node: Node) -> None:
        """A code in the category that states a fact is lost: a category is implied, so it must not go unsaid there."""
        for concept in node.children("category"):
            for coding in concept.children("coding"):
                if states(coding, self.context.settings):
                    coding.lose("code", "IMGDA-0901", "critical")


def _as_code(coding: Node) -> str:
    """A code without words: "code 91936005 (SNOMED CT), sans libellé"."""
    uri = coding.text("system")
    name = code_system_name(uri) or uri if uri else None
    return f"code {coding.peek('code')} ({name}), sans libellé" if name else f"code {coding.peek('code')}, sans libellé"


def _present(text: str | None) -> Iterator[str]:
    if text:
        yield text


def _says(words: str | None, label: str) -> bool:
    """Whether some words hold a label, whatever their case and gender ("droit(e)" in "genou droit")."""
    if words is None:
        return False
    stem = re.escape(label.partition("(")[0].strip())
    return same_words(words, label) or re.search(rf"\b{stem}(?:e|s|es)?\b", words, re.IGNORECASE) is not None


def quantity(node: Node) -> str | None:
    """A Quantity, Age or Range for people."""
    if bounds := [bound for name in ("low", "high") if (bound := node.child(name))]:
        return " - ".join(text for bound in bounds if (text := quantity(bound))) or None
    value = node.number("value")
    if value is None:
        return None
    amount, unit = f"{node.text('comparator') or ''}{value}", _unit(node)
    return f"{amount} {unit}" if unit else amount


def _unit(node: Node) -> str | None:
    """The unit of a Quantity for people; none where it is a mere number."""
    unit, code = one_line(node.text("unit")), one_line(node.peek("code"))
    if unit is None or unit.translate(_MICRO) == code or code in ("a", "1"):
        (node.text if unit is None else node.decide)("code")
        if node.peek("system") == _UCUM:
            node.decide("system")
    named = unit or code
    return None if named == "1" else _UNITS.get(named or "", named)
