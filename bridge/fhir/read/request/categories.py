"""The categories of a request: which say that it asks for imaging, and of what kind. Source: docs/fhir.md, 2.4."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from bridge.fhir.ledger.node import Node
from bridge.fhir.read.coding import meaning
from bridge.fhir.read.concepts import Context
from bridge.fhir.read.request.examination import Exam, codeable, family
from bridge.fhir.read.texts import clean
from bridge.tables.codes import code_system_oid, rows
from bridge.tables.concepts import MODALITY, is_hybrid
from bridge.wording.examinations import is_heading, modalities, modality_named

__all__ = ["check_category", "check_category_text", "is_imaging"]


def is_imaging(context: Context, request: Node) -> bool:
    """Whether a ServiceRequest asks for imaging: by its category, or by a code that gives a modality (docs/fhir.md, 2.4)."""
    known = [
        coding
        for category in request.children("category")
        for coding in category.children("coding")
        if _kinds(coding) is not None
    ]
    for coding in known:
        coding.understood()
    concept = codeable(request, "code")
    return bool(known or (concept and context.matches(concept, "modality", tables=("modality",))))


def check_category(context: Context, exam: Exam, coding: Node) -> None:
    """A category of imaging: understood, unless it says another kind of examination than the code (docs/decisions.md, 23)."""
    kinds = _kinds(coding)
    if kinds is None:
        _repeat_modality(context, exam, coding)
        return
    coding.understood()
    if (display := coding.peek("display")) and kinds and _names_another_kind(str(display), kinds):
        context.note("IMGDA-0444", coding.at("display"), value=str(display))
    code = exam.modality.code
    if kinds and code and code not in (*kinds, "C63334", "OT") and not any(is_hybrid(code, kind) for kind in kinds):
        context.note("IMGDA-0443", coding.path)


def _repeat_modality(context: Context, exam: Exam, coding: Node) -> None:
    """A category by the code of a modality: implied where it repeats that of the examination, else unread, and so a loss."""
    stated = meaning(coding, MODALITY, context.settings)
    if stated and _goes_with(stated.concept.code, exam.modality.code):
        coding.understood()
        coding.decide("display")


def check_category_text(exam: Exam, category: Node) -> None:
    """The text of a category: implied where it says imaging, or the modality of the examination."""
    text = clean(category.peek("text"))
    if text is None:
        return
    if is_heading(text) or any(_goes_with(code, exam.modality.code) for code in modality_named(text)):
        category.decide("text")


def _goes_with(code: str, own: str) -> bool:
    return family(code) == family(own) or is_hybrid(own, code)


def _names_another_kind(text: str, kinds: tuple[str, ...]) -> bool:
    """Whether the label of a category names only modalities that the category does not go with."""
    named = modalities(text)
    return bool(named) and named.isdisjoint(kinds)


def _kinds(coding: Node) -> tuple[str, ...] | None:
    """The modalities that a category of imaging goes with; empty for any, None for no category of imaging."""
    uri, code = str(coding.peek("system")), str(coding.peek("code"))
    known = _imaging_categories()
    return known.get((uri, code), known.get((code_system_oid(uri) or uri, code)))


@cache
def _imaging_categories() -> Mapping[tuple[str, str], tuple[str, ...]]:
    found = ((row["system"], row["code"], row["states"]) for row in rows("codes/imaging-category"))
    return {(system, code): tuple(states.split("|")) if states else () for system, code, states in found}
