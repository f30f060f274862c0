"""What the status of a resource means: ordinary, said in words, or that its fact never was one.

The words stand in ``mappings/status-words.csv``, by element and code. Source: docs/decisions.md, 1 and 27; docs/fhir.md, 2.11.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Literal, NamedTuple, cast

from bridge.fhir.ledger.node import Node
from bridge.fhir.read.concepts import Context
from bridge.fhir.read.texts import clean
from bridge.tables.codes import rows
from bridge.wording.spelling import same_words

__all__ = ["NOT_FINAL", "Status", "is_never", "marks", "status_of", "weakening"]

_ELEMENTS = ("status", "clinicalStatus", "verificationStatus", "docStatus", "type")

NOT_FINAL = frozenset({"Communication", "DiagnosticReport", "DocumentReference", "ImagingStudy", "Media", "Observation"})
"""Types whose status says how far their data can be relied on (IMGDA-0912)."""

_ORDINARY_WORDS = ("actif", "active", "confirmé", "confirmée", "confirmed", "allergie", "allergy", "vérifié", "en cours")
"""Texts beside an ordinary code that say no more than the code."""


class Status(NamedTuple):
    """One row of ``mappings/status-words.csv``."""

    meaning: Literal["ordinary", "said", "never"]
    words: str


@cache
def _table() -> Mapping[tuple[str, str], Status]:
    return {(row["element"], row["code"]): Status(cast(Status, row["meaning"]), row["words"]) for row in rows("status-words")}  # type: ignore[arg-type]


def status_of(element: str, code: object) -> Status | None:
    """What a code means in an element, given by its path from the resource type (``Procedure.status``)."""
    return _table().get((element, str(code)))


def _codings(node: Node, element: str) -> Iterator[tuple[Node, str, Status | None]]:
    """Each code of an element, be it a code or a concept: where it stands, its name there, its meaning."""
    path = f"{node.type_name}.{element}"
    if isinstance(node.peek(element), str):
        yield node, element, status_of(path, node.peek(element))
    concept = node.child(element)
    for coding in concept.children("coding") if concept else ():
        yield coding, "code", status_of(path, coding.peek("code"))


def is_never(node: Node, *elements: str) -> bool:
    """Whether a status says that what the resource states is no fact: entered in error, refuted, not done, cancelled."""
    return (not elements and node.peek("status") == "entered-in-error") or any(
        status is not None and status.meaning == "never"
        for element in elements or _ELEMENTS
        for _, _, status in _codings(node, element)
    )


def weakening(context: Context, node: Node) -> list[str]:
    """The words of all the status elements of a resource."""
    own = ("type",) if node.type_name == "AllergyIntolerance" else ()
    elements = (*own, "status", "clinicalStatus", "verificationStatus")
    return [word for element in elements for word in marks(context, node, element)]


def marks(context: Context, node: Node, element: str) -> list[str]:
    """The words of a status; none when it is ordinary. An unknown code of a concept is said by its own words.

    A code beside a finer one ("inactive" beside "resolved") says nothing more. Two codes that contradict each other are reported
    (IMGDA-0461), and so is a display that names another status than its code (IMGDA-0444).
    """
    known = [(where, name, status) for where, name, status in _codings(node, element) if status]
    codes = {str(where.peek(name)) for where, name, _ in known}
    for where, name, _ in known:
        where.decide(name)
        _check_display(context, where, f"{node.type_name}.{element}")
    finest = [status for where, name, status in known if not codes & _FINER.get(str(where.peek(name)), frozenset())]
    if len(set(finest)) > 1:
        context.note("IMGDA-0461", node.at(element))
    words = sorted({status.words for status in finest if status.words})
    return list(dict.fromkeys([*words, *_own_words(context, node.child(element), bool(known))]))


_FINER: Mapping[str, frozenset[str]] = {
    "active": frozenset({"recurrence", "relapse"}),
    "inactive": frozenset({"remission", "resolved"}),
    "unconfirmed": frozenset({"differential", "presumed", "provisional"}),
}
"""Codes of clinicalStatus and verificationStatus with those below them. Source: HL7, the hierarchy of these code systems."""


def _check_display(context: Context, coding: Node, element: str) -> None:
    """Report a display that is the name of another status than its code: "unconfirmed" for confirmed."""
    display = coding.peek("display")
    if not isinstance(display, str):
        return
    named = {code for (path, code), status in _table().items() if path == element and _names(display, code, status)}
    if named and str(coding.peek("code")) not in named:
        context.note("IMGDA-0444", coding.at("display"), value=display)


def _names(text: str, code: str, status: Status) -> bool:
    return same_words(text, code.replace("-", " ")) or same_words(text, code) or same_words(text, status.words)


def _own_words(context: Context, concept: Node | None, is_known: bool) -> list[str]:
    """What a concept says beside the codes that are known."""
    if concept is None:
        return []
    if not is_known:
        return [words] if (words := context.words(concept)) else []
    text = clean(concept.peek("text"))
    if text is None:
        return []
    told = [str(c.peek("display") or c.peek("code")) for c in concept.children("coding")]
    if any(same_words(text, word) for word in (*told, *_ORDINARY_WORDS)):
        concept.decide("text")
        return []
    return [text] if (text := clean(concept.text("text"))) else []
