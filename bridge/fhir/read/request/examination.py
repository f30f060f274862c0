"""The examination of a request: its modality, and what else the codings of its code state.

Source: docs/fhir.md, M11; docs/decisions.md, 23.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from bridge.fhir.ledger.node import Node, without
from bridge.fhir.read.concepts import Coded, Context, Stray, code_of
from bridge.fhir.read.request.details import Details
from bridge.fhir.read.request.site import sorted_translations
from bridge.fhir.read.texts import clean
from bridge.order import Code, Translation
from bridge.tables.concepts import FACTS, MODALITY, MODIFIER, SITE, is_hybrid
from bridge.tables.examinations import Examination, examination
from bridge.wording.contrary import is_contrary

__all__ = ["WITH_CONTRAST", "Exam", "codeable", "family", "read_exam", "say_modality_again"]

WITH_CONTRAST = {"MED-1126": "MED-1127", "MED-1128": "MED-1129"}
_BESIDE_MODALITY = (SITE, MODIFIER, *FACTS)
"""What else a coding of ``code`` may state."""


@dataclass(slots=True)
class Exam:
    """The modality while it is being read, and what else the codings of ``code`` and ``bodySite`` state."""

    modality: Code
    states_contrast: bool = True
    concept: Node | None = None
    """The CodeableConcept of the examination."""
    strays: list[Stray] = field(default_factory=list)
    contrast: list[tuple[Code, Node]] = field(default_factory=list)
    functions: list[tuple[Code, Node]] = field(default_factory=list)
    modifiers: list[tuple[Code, Node]] = field(default_factory=list)

    examinations: list[tuple[Node, Examination]] = field(init=False)
    """What the codings of the examination state of sites and contrast, and which coding does; each code once."""

    def __post_init__(self) -> None:
        found: dict[tuple[str, object], tuple[Node, Examination]] = {}
        for coding in self.concept.children("coding") if self.concept else ():
            code, uri = str(coding.peek("code")), coding.peek("system")
            if stated := examination(code, uri if isinstance(uri, str) else None):
                found.setdefault((code, uri), (coding, stated))
        self.examinations = [*found.values()]

    @property
    def stated_sides(self) -> list[tuple[Code, Node]]:
        """The sides that the codings of the examination state with their sites."""
        stated = ((each.side, coding) for coding, found in self.examinations for each in found.sites)
        return [(code_of(MODIFIER.name, side), coding) for side, coding in stated if side]


def codeable(node: Node, name: str) -> Node | None:
    """A CodeableConcept element; in R5 the concept of a CodeableReference."""
    found = node.child(name)
    return (found.child("concept") or found) if found else None


def read_exam(context: Context, request: Node, details: Details) -> Exam:
    """The modality from the code, else from orderDetail or category, and whatever else the codings of the code state."""
    concept = codeable(request, "code")
    found = context.coded(concept, "modality", tables=("modality",), translations=True, text=True, beside=_BESIDE_MODALITY)
    if found:
        return Exam(found.code, found.states_contrast, concept, list(found.strays))
    strays = context.strays(concept.children("coding"), _BESIDE_MODALITY) if concept else []
    for other in [*details.concepts, *request.children("category")]:
        if coded := context.coded(other, "modality", tables=("modality",)):
            details.used(other)
            return Exam(_without_code(context, coded, concept, strays), coded.states_contrast, concept, strays)
    context.note("IMGDA-0402", request.at("code"))
    wording = clean(concept.peek("text")) if concept else None
    return Exam(Code(code="", system="", display="", text=wording), True, concept, strays)


def _without_code(context: Context, coded: Coded, concept: Node | None, strays: list[Stray]) -> Code:
    """A modality given elsewhere, with the words of the code and its codings as translations."""
    if concept is None:
        return coded.code
    codings = without(concept.children("coding"), [stray.coding for stray in strays])
    kept = {t for coding in codings if (t := context.kept(coding))}
    text = clean(concept.text("text"))
    if text and coded.meaning and is_contrary(text, MODALITY.name, coded.meaning.concept, contrast=coded.states_contrast):
        context.contradiction(concept.at("text"), text)
    return replace(coded.code, text=text, translations=sorted_translations(kept))


def say_modality_again(context: Context, exam: Exam, stray: Stray) -> None:
    """A modality said again: implied, more precise, or the other half of the hybrid examination; another is an error."""
    if not exam.modality.code:
        return
    other, own = stray.meaning, exam.modality
    code = context.take_stray(stray)
    if family(code.code) == family(own.code) and own.code != code.code:
        if exam.states_contrast and other.states_contrast:
            context.note("IMGDA-0443", stray.coding.path)
        elif other.states_contrast:
            exam.modality = replace(own, code=code.code, system=code.system, display=code.display)
    elif is_hybrid(own.code, code.code):
        _keep_beside(context, exam, stray)
    elif is_hybrid(code.code, own.code):
        context.note("IMGDA-0448", stray.coding.path)
        beside = Translation(code=own.code, system=own.system, display=own.display)
        kept = sorted_translations({*own.translations, beside})
        exam.modality = replace(own, code=code.code, system=code.system, display=code.display, translations=kept)
    elif own.code != code.code:
        context.note("IMGDA-0443", stray.coding.path)
    exam.states_contrast |= other.states_contrast and family(code.code) == family(own.code)


def _keep_beside(context: Context, exam: Exam, stray: Stray) -> None:
    """Keep the other half of the hybrid examination as a translation, and say so."""
    context.note("IMGDA-0448", stray.coding.path)
    if kept := context.kept(stray.coding):
        exam.modality = replace(exam.modality, translations=sorted_translations({*exam.modality.translations, kept}))


def family(modality: str) -> str:
    """The code without contrast of radiography and ultrasound; any other modality itself."""
    return {with_it: without for without, with_it in WITH_CONTRAST.items()}.get(modality, modality)
