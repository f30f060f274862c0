"""What a document says of itself: title, language, confidentiality, and which document it replaces.

Source: docs/fhir.md, 2.5 (A1); docs/decisions.md, 37 and 44; CI-SIS, Structuration minimale.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bridge.fhir.extensions import REPLACED_VERSION
from bridge.fhir.ledger.node import Node, reads
from bridge.fhir.read.datatypes.identifiers import identifier
from bridge.fhir.read.header.identity import Known, known_as, positive, replaced_request, say_default
from bridge.fhir.read.header.source import HeaderSource
from bridge.fhir.read.texts import one_line
from bridge.order.header import Document
from bridge.order.values import Identifier
from bridge.tables.codes import code_system_oid, value_set

__all__ = ["read_document"]

_LANGUAGE = re.compile("[a-z]{2}-[A-Z]{2}")
_CONFIDENTIALITY = "2.16.840.1.113883.5.25"
_RESTRICTION = "ULMNRV"
"""The codes of confidentiality, from the least to the most restrictive (HL7 v3 Confidentiality)."""


@reads("document")
def read_document(source: HeaderSource, ids: tuple[Identifier, ...], requested: str | None, created: str) -> Document:
    """The document of the order that *ids* number."""
    if source.description:
        source.description.read()
    earlier = replaced_request(source)
    stated = _stated_replaced(source)
    known = known_as(source, ids, requested, earlier)
    return Document(
        id=known.id,
        set_id=known.set_id,
        created_at=created,
        version=known.version,
        title=_title(source) or "Demande d'actes d'imagerie",
        language=_language(source),
        confidentiality=_confidentiality(source),
        replaces=_one_replaced(source, stated, earlier),
        replaces_version=_replaced_version(source) if stated else None,
    )


# --- title, language, confidentiality --------------------------------------------------------------------------------


def _title(source: HeaderSource) -> str | None:
    if source.description:
        return source.description.title()
    return one_line(source.composition.text("title")) if source.composition else None


def _language(source: HeaderSource) -> str:
    """The first language of the form ``fr-FR``; one that has no country is said where it is not French."""
    described = source.description.attachment() if source.description else None
    for node in (described, source.composition, source.first):
        sent = node.peek("language") if node else None
        if node is None or not isinstance(sent, str):
            continue
        if _LANGUAGE.fullmatch(sent):
            return node.text("language") or sent
        if sent.lower() not in ("fr", "fr-fr"):
            say_default(source.context, node, "language", "language", "fr-FR")
    return "fr-FR"


def _confidentiality(source: HeaderSource) -> str:
    """The most restrictive of the codes of the Composition and of ``meta.security``; ``N`` where none is of the set."""
    known = value_set("confidentiality").by_code
    stated = [*_confidentialities(source)]
    found = [place for place in stated if place[2] in known]
    for node, name, code in stated:
        if code not in known:
            say_default(source.context, node, name, "confidentiality", "N")
    chosen = max((code for _, _, code in found), key=_RESTRICTION.find, default="N")
    for node, name, code in found:
        if code == chosen:
            node.carried() if name == "code" else node.text(name)
        else:
            source.context.note("IMGDA-0346", node.at(name))
            node.decide(name)
    return chosen


def _confidentialities(source: HeaderSource) -> Iterator[tuple[Node, str, str]]:
    """Where a confidentiality is stated: the object, the name of the element, the code."""
    composition = source.composition
    if composition and isinstance(own := composition.peek("confidentiality"), str):
        yield composition, "confidentiality", own
    for coding in _security_labels(source):
        if code_system_oid(str(coding.peek("system"))) == _CONFIDENTIALITY and isinstance(code := coding.peek("code"), str):
            yield coding, "code", code


def _security_labels(source: HeaderSource) -> Iterator[Node]:
    for label in source.description.node.children("securityLabel") if source.description else ():
        yield from label.children("coding")
    for node in (source.composition, *source.requests):
        if node and (meta := node.child("meta")):
            yield from meta.children("security")


# --- the document that is replaced -----------------------------------------------------------------------------------


def _one_replaced(source: HeaderSource, stated: Identifier | None, earlier: Known | None) -> Identifier | None:
    """The only document that the model lets this one replace: that which is stated, else that of the replaced request."""
    if stated and earlier and stated != earlier.id:
        source.context.note("IMGDA-0327", source.first.at("replaces"))
    return stated or (earlier.id if earlier else None)


def _stated_replaced(source: HeaderSource) -> Identifier | None:
    """Composition.relatesTo, or that of the description; a second document has no place."""
    found = source.description.replaced() if source.description else None
    for relation in source.composition.children("relatesTo") if source.composition else ():
        if _replaces(relation):
            relation.decide("code", "type")
            found = _take_relation(source, relation, found)
    return found


def _take_relation(source: HeaderSource, relation: Node, first: Identifier | None) -> Identifier | None:
    """The document that a relation names; the second of two, and one without identifier, are critical losses."""
    reference = relation.child("targetReference") or relation.child("resourceReference")
    node = relation.child("targetIdentifier") or (reference.child("identifier") if reference else None)
    read = identifier(source.context, node, bare=True) if node else None
    if read and first in (None, read):
        return read
    for name in ("targetIdentifier", "targetReference", "resourceReference"):
        relation.lose(name, "IMGDA-0345", "critical")
    return first


def _replaced_version(source: HeaderSource) -> int | None:
    """The version of the document that is replaced. FHIR: extension replaced-version of the first relatesTo."""
    owner = source.description.node if source.description else source.composition
    first = next(filter(_replaces, owner.children("relatesTo")), None) if owner else None
    texts = [extension.number("valuePositiveInt") for extension in first.extensions(REPLACED_VERSION)] if first else []
    return next((version for text in texts if (version := positive(text))), None)


def _replaces(relation: Node) -> bool:
    kind: object = relation.peek("code") or relation.peek("type")
    return kind == "replaces"
