"""What one version of a document is known by: its identifiers and its number, from the input or derived.

An identifier that the input does not give is derived, so that the same order gets the same one again, and so does the request
that an order replaces. Source: docs/fhir.md, 2.5 (A1); docs/decisions.md, 37 and 44; ITU-T X.667 (2012), 7 (an OID under 2.25).
"""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import replace
from typing import NamedTuple

from bridge.fhir.ledger.node import Node, Reason
from bridge.fhir.read.concepts import Context
from bridge.fhir.read.datatypes.identifiers import identifier
from bridge.fhir.read.groups import of_one_document, replaced_by
from bridge.fhir.read.header.numbers import order_ids
from bridge.fhir.read.header.source import HeaderSource
from bridge.fhir.read.header.times import requested_at
from bridge.findings.issues import issue
from bridge.order.moments import iso
from bridge.order.values import Identifier
from bridge.settings import Settings

__all__ = ["Known", "derived", "known_as", "positive", "replaced_request", "say_default"]

_IDS = uuid.UUID("1f8a5d5e-3c6b-5b0e-8f43-5c9f0c1c7a11")
"""Namespace of the document identifiers that are derived (a constant of this project)."""


class Known(NamedTuple):
    """What one version of a document is known by."""

    id: Identifier
    set_id: Identifier
    version: int


def known_as(source: HeaderSource, ids: tuple[Identifier, ...], requested: str | None, earlier: Known | None) -> Known:
    """Identifiers from the input, else derived from the order number and its date; *earlier* is what this one replaces."""
    settings = source.context.settings
    version = _version(source, earlier)
    document_id, set_id = _stated_ids(source)
    set_id = set_id or (earlier.set_id if earlier else None)
    if not (document_id and set_id):
        key = _business_key(source, ids, requested)
        document_id = document_id or derived(key, f"document {version}", settings)
        set_id = set_id or derived(key, "set", settings)
    return Known(document_id, set_id, version)


def positive(sent: object) -> int | None:
    """A positive integer in ASCII digits, as a text or a number; None for anything else."""
    text = str(sent) if isinstance(sent, (str, int)) and not isinstance(sent, bool) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 0 else None


def say_default(context: Context, node: Node, name: str, element: str, written: str) -> None:
    """Report a value that is not written because another stands in its place."""
    context.note("IMGDA-0341", node.at(name), element=element, written=written)
    node.decide(name)


def _stated_ids(source: HeaderSource) -> tuple[Identifier | None, Identifier | None]:
    """Identifiers of the document and of the set of its versions. FHIR: Bundle and Composition, or DocumentReference."""
    if source.description:
        return source.description.document_id(), source.description.set_id()
    if source.composition is None:
        return None, None
    document = source.root if source.root.type_name == "Bundle" else None
    return _read_id(source.context, document), _read_id(source.context, source.composition)


def _read_id(context: Context, owner: Node | None) -> Identifier | None:
    """An identifier of the document; one that cannot be used is reported, for another is derived."""
    node = owner.child("identifier") if owner else None
    found = identifier(context, node, bare=True) if node else None
    if node and found is None:
        say_default(context, node, "value", "identifier", "a derived one")
    return found


def _business_key(source: HeaderSource, ids: tuple[Identifier, ...], requested: str | None) -> str:
    if ids:
        return f"{ids[0].root}^{ids[0].extension}^{requested}"
    source.context.note("IMGDA-0319", source.first.at("requisition"))
    content = json.dumps([r.value for r in source.requests], sort_keys=True, default=str)
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()


def _version(source: HeaderSource, earlier: Known | None) -> int:
    """The version of the Composition; else that of the request, or one more than that of the document it replaces."""
    if source.composition and (given := _given_version(source.context, source.composition)) is not None:
        return given
    own = _request_version(source)
    return max(own, earlier.version + 1) if earlier else own


def _given_version(context: Context, composition: Node) -> int | None:
    """The version that a Composition states, in its extension or, in R5, in its element; a second one is reported."""
    places = [(e, "valueString") for e in composition.extensions("extension-Composition.version")]
    found: int | None = None
    for node, name in [*places, (composition, "version")]:
        number = positive(node.peek(name))
        if number is None or found not in (None, number):
            if name in node:
                code = "IMGDA-0341" if number is None else "IMGDA-0327"
                context.note(code, node.at(name), element="version", written=str(found or 1))
                node.decide(name)
            continue
        node.text(name)
        found = number
    return found


def _request_version(source: HeaderSource) -> int:
    """``meta.versionId`` when it is a whole number; what is not is said, for servers name versions as they like."""
    meta = source.first.child("meta")
    sent = meta.peek("versionId") if meta else None
    if meta is None or sent is None:
        return 1
    if (number := positive(sent)) is None:
        said = issue("IMGDA-0341", meta.at("versionId"), severity="information", element="version", written="1")
        source.context.issues.append(said)
        return 1
    meta.text("versionId")
    return number


def replaced_request(source: HeaderSource, ancestors: frozenset[int] = frozenset()) -> Known | None:
    """What the document of ServiceRequest.replaces is known by; where that cannot be told, a critical loss.

    *ancestors* are ``id()`` of the objects of the requests that replace this one: none is replaced by what it replaces.
    """
    found: Known | None = None
    known: dict[int, tuple[tuple[Node, ...], Known | None]] = {}
    for reference in (reference for request in source.requests for reference in request.children("replaces")):
        members = _members(source, reference)
        if id(members) not in known:
            known[id(members)] = members, _known(source, members, ancestors) if members else None
        earlier = known[id(members)][1]
        if earlier is None or found not in (None, earlier):
            for name in list(reference.value):
                reference.lose(name, "IMGDA-0345")
            continue
        found = earlier
        reference.decide("reference", "type", "display")
        if number := reference.child("identifier"):
            number.decide("system", "value", "use")
    return found


def _members(source: HeaderSource, reference: Node) -> tuple[Node, ...]:
    """The requests that form one document with the one that a reference leads to."""
    old = replaced_by(source.context, reference)
    if old is None or source.has(old):
        return ()
    members = of_one_document(source.context, old)
    return tuple(node for node in members if not source.has(node)) if any(map(source.has, members)) else members


def _known(source: HeaderSource, members: tuple[Node, ...], ancestors: frozenset[int]) -> Known | None:
    """The identity of the document of some requests, under the same settings; what is found meanwhile is not reported."""
    old = HeaderSource.of(replace(source.context, issues=[], identified={}), source.root, None, members, None)
    if not ancestors.isdisjoint(old.own):
        return None
    known = _known_alone(old, ancestors | source.own)
    for node in members:
        for leaf in node.leaves():
            node.ledger.give_up(leaf.container, leaf.key, Reason("IMGDA-0910", "technical", ()))
    return known


def _known_alone(source: HeaderSource, ancestors: frozenset[int]) -> Known | None:
    """What a document is known by; None without number or date, or when it replaces something that is not there."""
    earlier = replaced_request(source, ancestors)
    if earlier is None and any("replaces" in node for node in source.requests):
        return None
    ids = order_ids(source)
    dated = all(iso(str(node.peek("authoredOn"))) for node in source.requests)
    return known_as(source, ids, requested_at(source), earlier) if ids and dated else None


def derived(key: str, role: str, settings: Settings) -> Identifier:
    """The identifier of what plays *role* ("document 1", "set") for the order that *key* names.

    An OID: ``2.25.`` and a UUIDv5 as a decimal number, or the root ``oids.document`` and the first 63 bits of it. With
    ``document_ids = "uuid"``, the UUIDv5 in upper case, as version 0.1.0 wrote it. CDA: id, setId, relatedDocument.
    """
    name = uuid.uuid5(_IDS, f"{key} {role}")
    if settings.document_ids == "uuid":
        return Identifier(root=str(name).upper())
    if root := settings.oids.document:
        return Identifier(root=f"{root}.{name.int >> 65}")
    return Identifier(root=f"2.25.{name.int}")
