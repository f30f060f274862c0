"""The categories of a request: which say that it asks for imaging, and of what kind. Source: docs/fhir.md, 2.4."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from bridge.fhir.ledger.node import Node
from bridge.fhir.read.concepts import Context
from bridge.fhir.read.request.examination import Exam, codeable
from bridge.tables.codes import code_system_oid, rows
from bridge.tables.concepts import is_hybrid
from bridge.wording.examinations import modalities

__all__ = ["check_category", "is_imaging"]


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
        return
    coding.understood()
    if (display := coding.peek("display")) and kinds and _names_another_kind(str(display), kinds):
        context.note("IMGDA-0444", coding.at("display"), value=str(display))
    code = exam.modality.code
    if kinds and code and code not in (*kinds, "C63334", "OT") and not any(is_hybrid(code, kind) for kind in kinds):
        context.note("IMGDA-0443", coding.path)


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
