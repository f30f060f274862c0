"""Identifiers of FHIR read into those of the order: root and extension.

Source: docs/fhir.md, 4.8; docs/decisions.md, 36; CI-SIS, Structuration minimale (what the header accepts).
"""

from __future__ import annotations

from typing import NamedTuple

from bridge.fhir.ledger.node import Node
from bridge.fhir.read.concepts import Context
from bridge.fhir.read.texts import one_line
from bridge.order import Identifier
from bridge.order.datatypes import LONGEST_EXTENSION, is_root
from bridge.order.identifiers import INS_ROOTS, INS_TYPES, PROFESSIONALS, STRUCTURES, by_type, compact, prefixed
from bridge.tables.codes import identifier_oid

__all__ = ["URIS", "has_root", "has_type", "identifier", "is_under", "peek_identifier", "types_of"]

URIS = "2.16.840.1.113883.4.873"
"""Root for identifiers that are URIs (HL7 OID registry)."""
_URI_SYSTEM = "urn:ietf:rfc:3986"


class _Read(NamedTuple):
    """What an Identifier means, and why."""

    identifier: Identifier
    by_type: bool = False
    """Whether its type says so, and its system does not."""


def identifier(context: Context, node: Node, default_root: str | None = None, *, bare: bool = False) -> Identifier | None:
    """An Identifier with a system or type that has, or can be given, a root; else None, with nothing read.

    A known system gives its OID, a system of the site settings theirs, another http or urn system stands whole in the extension
    under 2.16.840.1.113883.4.873. A type RPPS, ADELI, FINEG… counts whatever the system says, with a notice. National numbers
    get their prefix. Where the model takes an id without extension (*bare*), ``urn:uuid:`` and ``urn:oid:`` values of
    urn:ietf:rfc:3986 are the root; elsewhere they are an extension like any other URI. An identifier that no document can
    carry is reported and stays unread, which is a loss. Source: docs/fhir.md, 4.8.
    """
    read = _read(context, node, default_root, bare)
    if read is None:
        return None
    found = read.identifier
    if len(found.extension or "") > LONGEST_EXTENSION:
        context.note("IMGDA-0332", node.at("value"))
        return None
    if not is_root(found.root):
        context.note("IMGDA-0333", node.at("system" if found.extension else "value"))
        return None
    node.text("value")
    if read.by_type:
        context.note("IMGDA-0337", node.path)
        node.decide("system")
        _decide_type(node)
    elif _is_uri_system(node):
        node.decide("system")
    else:
        node.text("system")
    context.identified.setdefault(found, node.at("value"))
    return found


def peek_identifier(context: Context, node: Node, default_root: str | None = None, *, bare: bool = False) -> Identifier | None:
    """What :func:`identifier` would give; nothing counts as read and nothing is reported."""
    read = _read(context, node, default_root, bare)
    return read.identifier if read else None


def has_root(context: Context, node: Node) -> bool:
    """Whether what an Identifier would give has a root that a document can carry, an OID or a UUID."""
    found = peek_identifier(context, node, bare=True)
    return found is None or is_root(found.root)


def is_under(context: Context, node: Node, *roots: str) -> bool:
    """Whether an Identifier would be read under one of these roots."""
    found = peek_identifier(context, node)
    return found is not None and found.root in roots


def types_of(node: Node) -> list[str]:
    """The codes of the type of an Identifier, whichever table they are of (v2-0203, its French extension)."""
    kind = node.child("type")
    return [code for coding in kind.children("coding") if isinstance(code := coding.peek("code"), str)] if kind else []


def has_type(node: Node, *codes: str) -> bool:
    """Whether an Identifier has one of these type codes."""
    return not set(codes).isdisjoint(types_of(node))


def _decide_type(node: Node) -> None:
    kind = node.child("type")
    for coding in kind.children("coding") if kind else ():
        coding.understood()


def _is_uri_system(node: Node) -> bool:
    return str(node.peek("system")).lower() == _URI_SYSTEM


def _read(context: Context, node: Node, default_root: str | None, bare: bool) -> _Read | None:
    value, uri, types = one_line(node.peek("value")), node.peek("system"), types_of(node)
    if not value or node.peek("use") == "old":
        return None
    by_system = _by_system(context, value, uri, types, bare) if isinstance(uri, str) else None
    if typed := by_type(value, types):
        root, extension = typed
        return _Read(Identifier(root=root, extension=extension), by_type=by_system is None or by_system.root != root)
    if by_system:
        return _Read(by_system)
    if ins := next((INS_TYPES[name] for name in types if name in INS_TYPES), None):
        return _Read(Identifier(root=ins, extension=compact(value)), by_type=True)
    return _Read(Identifier(root=default_root, extension=value)) if default_root else None


def _by_system(context: Context, value: str, uri: str, types: list[str], bare: bool) -> Identifier:
    if uri.lower() == _URI_SYSTEM:
        return _from_uri(value, bare)
    if root := context.settings.oids.systems.get(uri) or identifier_oid(uri):
        return Identifier(root=root, extension=_as_written(value, root, uri, types))
    if uri.lower().startswith("urn:uuid:"):
        return Identifier(root=uri[9:].upper(), extension=value)
    separator = ":" if uri.lower().startswith("urn:") else "/"
    return Identifier(root=URIS, extension=uri.rstrip("/") + separator + value)


def _as_written(value: str, root: str, uri: str, types: list[str]) -> str:
    """A value as it stands under a known root: national numbers without spaces, those of professionals with their prefix."""
    if root in (PROFESSIONALS, STRUCTURES):
        return prefixed(value, uri, types)
    return compact(value) if root in INS_ROOTS else value


def _from_uri(value: str, bare: bool) -> Identifier:
    scheme = value[:9].lower()
    if bare and scheme.startswith("urn:oid:"):
        return Identifier(root=value[8:])
    if bare and scheme == "urn:uuid:":
        return Identifier(root=value[9:].upper())
    return Identifier(root=URIS, extension=value)
