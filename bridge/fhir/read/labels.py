"""The labels of codes, wherever they stand: one that names another concept of the value set than its own code is reported.

What a reader of the order has compared already is not said twice. Source: docs/decisions.md, 25; docs/fhir.md, 4.5.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from bridge.fhir.ledger.node import Node
from bridge.fhir.read.coding import meaning
from bridge.fhir.read.concepts import Context
from bridge.fhir.read.texts import one_line
from bridge.findings.issues import Issue, issue
from bridge.tables.concepts import CARE_INFORMATION, FACTS, MODALITY, MODIFIER, SITE, Datum
from bridge.wording.contrary import is_contrary
from bridge.wording.spelling import same_words

__all__ = ["contrary", "unsaid"]

_DATA = (
    MODALITY,
    SITE,
    MODIFIER,
    *FACTS,
    CARE_INFORMATION,
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


class Contrary(NamedTuple):
    """A label that names something else than its code."""

    issue: Issue
    request: int | None
    """``id()`` of the object of the request in which it stands, if it stands in one."""


def contrary(context: Context, root: Node) -> list[Contrary]:
    """The labels of the input, of codings that were understood, that name something else than their codes."""
    return [
        Contrary(issue("IMGDA-0444", coding.at("display"), value=display), request)
        for coding, request in _codings(root, None)
        if _is_understood(coding) and _names_another(context, coding, display := one_line(coding.peek("display")) or "")
    ]


def unsaid(found: Sequence[Contrary], issues: Sequence[Issue], requests: Sequence[Node]) -> Iterator[Issue]:
    """Those that concern an order of some requests and are not among its issues."""
    said = {issue.path for issue in issues if issue.code in _SAID} if found else set()
    own = {None, *(id(request.value) for request in requests)}
    return (label.issue for label in found if label.request in own and label.issue.path not in said)


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


def _codings(node: Node, request: int | None) -> Iterator[tuple[Node, int | None]]:
    """Every Coding with a code and a label, and the request in which it stands."""
    request = id(node.value) if node.peek("resourceType") == "ServiceRequest" else request
    for name, value in node.value.items():
        if not isinstance(value, (dict, list)):
            continue
        for child in node.children(name):
            if isinstance(child.peek("code"), str) and isinstance(child.peek("display"), str):
                yield child, request
            yield from _codings(child, request)
