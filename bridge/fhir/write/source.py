"""The whole document that a Bundle was made of, beside the resources: a Binary, its DocumentReference, and a Provenance.

The Provenance says that the requests were made of the document, and so makes it a part of a document Bundle. A reader that
converts the Bundle again leaves the three aside (:mod:`bridge.fhir.read.source`).

Source: FHIR R4 4.0.1, 3.3 Documents ("Provenance resources that have a target of … another resource included in the document"),
Binary, DocumentReference, Provenance.
"""

from __future__ import annotations

import base64
import hashlib

from bridge.fhir.read.source import ASSEMBLER
from bridge.fhir.write.composition import Links
from bridge.fhir.write.datatypes import coding, identifier, is_instant, loinc
from bridge.fhir.write.resources import Resources, absent, parts, reference
from bridge.order import Document

__all__ = ["write_source"]


def write_source(resources: Resources, document: Document, links: Links, received: bytes) -> None:
    """Write the document as it was received, byte for byte."""
    binary = resources.add("Binary", contentType="text/xml", data=base64.b64encode(received).decode("ascii"))
    attachment = parts(
        contentType="text/xml",
        language=document.language,
        url=binary,
        size=len(received),
        hash=base64.b64encode(hashlib.sha1(received, usedforsecurity=False).digest()).decode("ascii"),
        title=document.title,
        creation=document.created_at,
    )
    described = resources.add(
        "DocumentReference",
        "fr-document-reference-document",
        masterIdentifier=identifier(document.id),
        status="current",
        docStatus="final",
        type=loinc("55115-0", "Demande d'actes d'imagerie"),
        subject=reference(links.patient),
        date=document.created_at if is_instant(document.created_at) else None,
        content=[{"attachment": attachment}],
    )
    recorded = {"recorded": document.created_at} if is_instant(document.created_at) else {"_recorded": absent()}
    lifecycle = "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle"
    assembler = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
    resources.add(
        "Provenance",
        target=[reference(request) for request in links.requests],
        **recorded,
        activity={"coding": [coding("transform", lifecycle)]},
        agent=[{"type": {"coding": [coding("assembler", assembler)]}, "who": {"display": ASSEMBLER}}],
        entity=[{"role": "source", "what": reference(described)}],
    )
