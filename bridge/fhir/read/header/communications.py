"""Whom the requests ask to inform: with a copy of the report, or by a call back.

Source: docs/fhir.md, 2.5 (A10) and 2.6 (M21).
"""

from __future__ import annotations

from collections.abc import Iterator

from bridge.fhir.ledger.node import Node, reads
from bridge.fhir.read.header.elements import has, understand
from bridge.fhir.read.header.source import HeaderSource
from bridge.fhir.read.people.roles import Role

__all__ = ["call_back_numbers", "report_recipients", "wants_call_back"]

_PHONE_NUMBER = "servicerequest-order-callback-phone-number"


def report_recipients(source: HeaderSource) -> list[Role]:
    """The professionals of CommunicationRequests with the code CORRE about the requests."""
    found = []
    for node in _communications(source):
        if not _is_copy_to(source, node) or source.context.is_foreign(node):
            continue
        if node.peek("status") == "active":
            node.decide("status")
        if node.peek("intent") == "order":
            node.decide("intent")
        found += [role for reference in node.children("recipient") if (role := source.people.role(reference))]
    return found


def _communications(source: HeaderSource) -> list[Node]:
    """The CommunicationRequests about the requests that are to be followed; another is reported."""
    found = []
    for node in source.context.index.of_type("CommunicationRequest"):
        if not source.is_target_of(node.children("about")):
            continue
        if node.peek("status") in ("entered-in-error", "revoked") or node.peek("doNotPerform") is True:
            source.context.note("IMGDA-0217", node.path)
        else:
            found.append(node)
    return found


def _is_copy_to(source: HeaderSource, node: Node) -> bool:
    if any(source.context.has_code(m, "PHONE", "") or has(m, "PHONE") for m in node.children("medium")):
        return False
    categories = node.children("category")
    if any(understand(category, "CORRE", "copyto-reports") for category in categories):
        return True
    return not categories and not node.children("payload")


@reads("callback")
def wants_call_back(source: HeaderSource) -> bool | None:
    """The extension, a CommunicationRequest by phone, or None when nothing tells."""
    for extension in _call_back_extensions(source):
        return True if extension.child("valueContactPoint") else None
    for node in _communications(source):
        phone = [m for m in node.children("medium") if has(m, "PHONE")]
        if phone and not source.context.is_foreign(node):
            for medium in phone:
                understand(medium, "PHONE")
            return True
    return None


def _call_back_extensions(source: HeaderSource) -> Iterator[Node]:
    """The extensions of the requests, and of the references to their requesters, that hold a number to call back."""
    for request in source.requests:
        for owner in (request, request.child("requester")):
            yield from owner.extensions(_PHONE_NUMBER) if owner else ()


@reads("authors")
def call_back_numbers(source: HeaderSource) -> list[Node]:
    """The ContactPoints to call back."""
    return [point for extension in _call_back_extensions(source) if (point := extension.child("valueContactPoint"))]
