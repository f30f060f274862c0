"""The contrast of an examination: the answer, what the modality says of it, the words beside it. Source: docs/fhir.md, M16."""

from __future__ import annotations

from dataclasses import replace

from bridge.fhir.ledger.node import Node, without
from bridge.fhir.read.coding import meaning
from bridge.fhir.read.concepts import Context, code_of
from bridge.fhir.read.request.details import PET, Details
from bridge.fhir.read.request.examination import WITH_CONTRAST, Exam, family
from bridge.fhir.read.request.site import words_of
from bridge.order import Code
from bridge.tables.concepts import CONTRAST, MODALITY
from bridge.wording.examinations import contrary_contrast, wishes_other_contrast

__all__ = ["read_contrast"]


def read_contrast(context: Context, exam: Exam, request: Node, details: Details) -> tuple[Code | None, list[str]]:
    """The answer on contrast where the model has a place for it; else what it adds to the comment."""
    answers = _answers(context, exam, details)
    if not answers:
        _contrast_in_words(context, exam)
        if exam.states_contrast and family(exam.modality.code) in WITH_CONTRAST:
            _other_contrast(context, exam.modality.code, details.concepts, request)
        return None, []
    contrast, place = answers[-1]
    concepts = without(details.concepts, [place for _, place in details.contrast()])
    _other_contrast(context, contrast.code, [exam.concept, *concepts] if exam.concept else concepts, request)
    if exam.modality.code == PET:
        return contrast, []
    if family(exam.modality.code) in WITH_CONTRAST and _is_said_by_modality(context, exam, contrast, place):
        return None, []
    context.note("IMGDA-0412", request.at("orderDetail") if details.contrast() else place.path)
    return None, [contrast.display or contrast.code]


def _answers(context: Context, exam: Exam, details: Details) -> list[tuple[Code, Node]]:
    """The answers on contrast of the code and of the details, and where they stand; contrary ones are reported."""
    answers = [*exam.contrast, *details.contrast()]
    for code, place in answers:
        if code != answers[0][0]:
            context.note("IMGDA-0437", place.path)
    return answers


def _is_said_by_modality(context: Context, exam: Exam, contrast: Code, place: Node) -> bool:
    """Whether the modality says an answer on contrast, by itself or from now on; one that says the contrary is an error."""
    modality, is_wished = exam.modality, contrast.code == "MED-1153"
    if exam.states_contrast and _says_contrast(modality) is not is_wished:
        context.note("IMGDA-0443", place.path)
        return True
    if not exam.states_contrast and is_wished:
        with_it = code_of("modality", WITH_CONTRAST[modality.code])
        exam.modality = replace(modality, code=with_it.code, system=with_it.system, display=with_it.display)
        return True
    return _says_contrast(modality) is is_wished


def _other_contrast(context: Context, code: str, concepts: list[Node], request: Node) -> None:
    """The words of the examination, of its details and of the notes that say another contrast than a code."""
    for node, name, text in (words for concept in concepts for words in words_of(concept)):
        if contrary_contrast(text, code) and not (name == "display" and _states_contrast(context, node)):
            context.contradiction(node.at(name), text)
    for note in request.children("note"):
        text = note.peek("text")
        if isinstance(text, str) and wishes_other_contrast(text, code):
            context.contradiction(note.at("text"), text)


def _states_contrast(context: Context, coding: Node) -> bool:
    """Whether a coding states contrast itself; its display is compared with that already."""
    stated = meaning(coding, MODALITY, context.settings)
    is_of_family = stated is not None and stated.states_contrast and family(stated.concept.code) in WITH_CONTRAST
    return is_of_family or meaning(coding, CONTRAST, context.settings) is not None


def _contrast_in_words(context: Context, exam: Exam) -> None:
    """The words of the examination that say another contrast than the modality written, of which its code said nothing."""
    text = exam.modality.text
    if exam.concept and text and not exam.states_contrast and contrary_contrast(text, exam.modality.code):
        context.contradiction(exam.concept.at("text"), text)


def _says_contrast(modality: Code) -> bool:
    return modality.code in WITH_CONTRAST.values()
