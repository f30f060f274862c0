"""The labels of codes, wherever they stand: one that names another concept of the value set than its own code is reported.

What a reader of the order has compared already is not said twice. Source: docs/decisions.md, 25; docs/fhir.md, 4.5.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bridge.fhir.coding import (
    CARE_INFORMATION,
    CONTRAINDICATION,
    CONTRAST,
    MODALITY,
    MODIFIER,
    PET_FUNCTION,
    SCINTIGRAPHY_FUNCTION,
    SITE,
    Datum,
    meaning,
)
from bridge.fhir.context import Context, one_line, same_words
from bridge.fhir.view import Node
from bridge.fhir.wording import is_contrary

__all__ = ["compare"]

_DATA = (
    MODALITY,
    SITE,
    MODIFIER,
    CONTRAINDICATION,
    CARE_INFORMATION,
    CONTRAST,
    PET_FUNCTION,
    SCINTIGRAPHY_FUNCTION,
    Datum("author-speciality", ("specialty", "profession")),
    Datum("confidentiality"),
    Datum("document-type"),
    Datum("encounter-participation"),
    Datum("encounter-type", ("encounter-class",)),
    Datum("facility-type"),
    Datum("function-code"),
    Datum("participation-type"),
    Datum("practice-setting"),
    Datum("relation", ("relationship",)),
    Datum("role-class", ("contact-role",)),
)

_SAID = frozenset({"IMGDA-0444", "IMGDA-0445", "IMGDA-0450"})


def compare(context: Context, root: Node, requests: Sequence[Node]) -> None:
    """Compare the label of every coding that was understood with its code; but for those of other requests than these."""
    said = {issue.path for issue in context.issues if issue.code in _SAID}
    own = {id(request.value) for request in requests}
    others = {id(node.value) for node in context.index.of_type("ServiceRequest")} - own
    for coding in _codings(root, others):
        if coding.at("display") in said or not _is_understood(coding):
            continue
        display = one_line(coding.peek("display")) or ""
        if _names_another(context, coding, display):
            context.note("IMGDA-0444", coding.at("display"), value=display)


def _is_understood(coding: Node) -> bool:
    """Whether a coding was read, or is said in words."""
    reason = coding.ledger.reason_at(coding.value, "code")
    return coding.ledger.is_read(coding.value, "code") or (reason is not None and reason.code == "IMGDA-0908")


def _names_another(context: Context, coding: Node, display: str) -> bool:
    """Whether a label is contrary to what its code states of any datum, and the label of none."""
    found = [(datum, stated) for datum in _DATA if (stated := meaning(coding, datum, context.settings))]
    if any(same_words(display, stated.concept.display) for _, stated in found):
        return False
    return any(
        is_contrary(display, datum.name, stated.concept, frozenset(stated.modifiers), contrast=stated.states_contrast)
        for datum, stated in found
    )


def _codings(node: Node, aside: set[int]) -> Iterator[Node]:
    """Every Coding with a code and a label, but for those inside the objects *aside* (by ``id()``)."""
    for name, value in node.value.items():
        if not isinstance(value, (dict, list)):
            continue
        for child in node.children(name):
            if id(child.value) in aside:
                continue
            if isinstance(child.peek("code"), str) and isinstance(child.peek("display"), str):
                yield child
            yield from _codings(child, aside)
