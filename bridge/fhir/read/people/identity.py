"""How reliable the identity of the patient is: whether his INS may be written.

Source: docs/decisions.md, 15; HL7 France, fr-core-identity-reliability (identityStatus, comment); RNIV 1, 2.0, 3.2.3.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from bridge.fhir.ledger.node import Node
from bridge.fhir.read.concepts import Context
from bridge.tables.codes import rows
from bridge.wording.spelling import bare

__all__ = ["Trust", "trust"]


class Trust(NamedTuple):
    """Whether the INS of a patient may be written."""

    is_reliable: bool
    path: str | None = None
    """FHIRPath of what says that it may not."""


@cache
def _labels() -> dict[str, str]:
    """The code of each status and annotation by its label and by itself."""
    return {bare(name): row["code"] for row in rows("identity-status") for name in (row["label"], row["code"])}


def _check_label(context: Context, coding: Node) -> None:
    """Report the label of another status or annotation than the code (docs/decisions.md, 25)."""
    display, code = coding.peek("display"), coding.peek("code")
    if isinstance(display, str) and _labels().get(bare(display), code) != code:
        context.note("IMGDA-0444", coding.at("display"), value=display)


@cache
def _effects() -> dict[str, str]:
    """What each status and annotation of an identity does (``mappings/identity-status.csv``)."""
    return {row["code"]: row["effect"] for row in rows("identity-status")}


def trust(context: Context, patient: Node) -> Trust:
    """Read the status and the annotations of an identity, and whether the record is in use; what is doubtful is reported.

    A status that is not given does not forbid an INS. FHIR: Patient.active, Patient.link, extension fr-core-identity-reliability.
    """
    against = [*_status(context, patient), *_annotations(context, patient), *_unused(context, patient)]
    return Trust(not against, against[0] if against else None)


def _status(context: Context, patient: Node) -> Iterator[str]:
    """The statuses that are neither VALI nor QUAL."""
    for coding in _codings(patient, "identityStatus"):
        code = coding.deciding("code")
        _check_label(context, coding)
        effect = _effects().get(code or "", "unqualified")
        if effect != "qualified":
            yield coding.at("code")
        if effect in ("withheld", "warned"):
            context.note("IMGDA-0338", coding.at("code"), status=str(code))


def _annotations(context: Context, patient: Node) -> Iterator[str]:
    """The annotations, such as DOUA or DESA, with which no INS is written."""
    for coding in _codings(patient, "comment"):
        code = coding.peek("code")
        effect = _effects().get(str(code))
        if effect is None:
            continue
        coding.understood()
        _check_label(context, coding)
        if effect in ("withheld", "warned"):
            context.note("IMGDA-0338", coding.at("code"), status=str(code))
        if effect in ("withheld", "unqualified"):
            yield coding.at("code")


def _unused(context: Context, patient: Node) -> Iterator[str]:
    """A record that is not in use any more: inactive, or replaced by another one."""
    if patient.peek("active") is False:
        patient.decide("active")
        context.note("IMGDA-0339", patient.at("active"))
        yield patient.at("active")
    for link in patient.children("link"):
        if link.peek("type") == "replaced-by":
            link.decide("type")
            context.note("IMGDA-0339", link.at("type"))
            yield link.at("type")


def _codings(patient: Node, name: str) -> Iterator[Node]:
    """The codings of a part of fr-core-identity-reliability, be they alone or in a CodeableConcept."""
    for reliability in patient.extensions("fr-core-identity-reliability"):
        for part in reliability.extensions(name):
            yield from part.children("valueCoding")
            concept = part.child("valueCodeableConcept")
            yield from concept.children("coding") if concept else ()
