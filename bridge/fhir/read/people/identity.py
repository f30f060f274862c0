"""The INS of the patient, whether it may be written, and his local identifiers.

It may not where traits are missing, or where the identity is not reliable. Source: docs/fhir.md, 1.5 and 2.5 (A2);
docs/decisions.md, 15; docs/rules.md, B15; HL7 France, fr-core-patient-ins, fr-core-identity-reliability; RNIV 1, 2.0, 3.2.3.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

from bridge.fhir.ledger.node import Node
from bridge.fhir.read.concepts import Context
from bridge.fhir.read.datatypes.identifiers import has_type, identifier, is_under, peek_identifier
from bridge.fhir.read.datatypes.names import is_past
from bridge.order.identifiers import INS_ROOTS, REAL_INS_ROOTS, is_ins
from bridge.order.values import Address, Identifier, PatientName
from bridge.tables.codes import rows
from bridge.wording.spelling import bare

__all__ = ["missing_traits", "never_an_ins", "patient_ids"]


def patient_ids(context: Context, node: Node, missing: Sequence[str]) -> tuple[Identifier, ...]:
    """The INS, unless traits are *missing*, then the local identifiers; none is reported with the reason."""
    doubt = _doubt(context, node)
    national: list[Identifier] = []
    local: dict[Identifier, None] = {}
    because: dict[str, str] = {}
    for candidate in node.children("identifier"):
        if never_an_ins(context, candidate):
            continue
        if is_under(context, candidate, *INS_ROOTS):
            if is_past(candidate, context.now):
                candidate.give_up("IMGDA-0907")
            elif reasons := _withheld(context, candidate, doubt, missing):
                because |= reasons
                candidate.give_up("IMGDA-0901", "administrative")
            else:
                _take_ins(context, candidate, national)
        elif own := identifier(context, candidate, context.settings.oids.patient):
            local[own] = None
    if not (national or local):
        context.note("IMGDA-0302", node.at("identifier"), **({"because": ""} | because))
    return (*national, *local)


def never_an_ins(context: Context, node: Node) -> bool:
    """A social-security number (NH) or an INS-C may use the OID of the INS without being one (docs/fhir.md, 1.5)."""
    return has_type(node, "NH", "SS") or (has_type(node, "INS-C") and is_under(context, node, *INS_ROOTS))


def _take_ins(context: Context, node: Node, national: list[Identifier]) -> None:
    """The first INS; the same one again counts as read, another one is reported."""
    if not national or peek_identifier(context, node) in national:
        if node.peek("use") == "temp":
            node.decide("use")  # what fr-core fixes for an INS-NIA
        found = identifier(context, node)
        national += [found] if found and found not in national else []
    else:
        context.note("IMGDA-0327", node.at("value"))


def _withheld(context: Context, node: Node, doubt: str | None, missing: Sequence[str]) -> dict[str, str]:
    """Why an INS is not written, if it is not: the parameters of the finding that the patient has no identifier."""
    read = peek_identifier(context, node)
    because: dict[str, str] = {}
    if has_type(node, "INS-NIR-TEST", "INS-NIR-DEMO") and read and read.root in REAL_INS_ROOTS:
        because["because"] = "IMGDA-0358"
        context.note("IMGDA-0358", node.path)
    if missing:
        because = {"because": "IMGDA-0306", "traits": ", ".join(missing)}
        context.note("IMGDA-0306", node.path, traits=because["traits"])
    if doubt:
        because["because"] = "IMGDA-0307"
        context.note("IMGDA-0307", doubt)
    if read and not is_ins(read.extension or ""):
        because["because"] = "IMGDA-0308"
        context.note("IMGDA-0308", node.at("value"))
    return because


def missing_traits(patient: Node, known: PatientName, birth_date: str | None, place: Address | None) -> list[str]:
    """The traits that a document with an INS must have and the input lacks (docs/rules.md, B15)."""
    return [
        label
        for label, present in (
            ("Patient.name.family (official)", known.birth_family),
            ("Patient.name.given (official)", known.birth_given and known.birth_givens),
            ("Patient.birthDate", birth_date),
            ("Patient.gender", "gender" in patient),
            ("Patient.extension(patient-birthPlace), code INSEE", place and place.county),
        )
        if not present
    ]


# --- how reliable the identity is ------------------------------------------------------------------------------------


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


def _doubt(context: Context, patient: Node) -> str | None:
    """FHIRPath of what makes an identity unreliable: its status, its annotations, a record out of use; all are reported.

    A status that is not given does not forbid an INS. FHIR: Patient.active, Patient.link, extension fr-core-identity-reliability.
    """
    doubts = [*_status(context, patient), *_annotations(context, patient), *_unused(context, patient)]
    return doubts[0] if doubts else None


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
