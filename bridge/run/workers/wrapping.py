"""The forms in which a result can be asked: plain, to be read by a person, with what was found on the way, or that alone."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Iterable
from typing import Any, Literal

from bridge.findings.issues import Issue, Language, operation_outcome
from bridge.run.workers.versions import VERSION, mapping

__all__ = ["CDA_TYPE", "Form", "wrap"]

Form = Literal["plain", "text", "html", "bundle", "parameters", "outcome"]

CDA_TYPE = "application/xml"
"""Media type of a document within FHIR."""
POSITION_SYSTEM = "urn:x-bridge:position"
"""System of the identifier of a Bundle that a batch writes: the line or the file that its input was."""


def wrap(
    output: bytes,
    form: Form,
    issues: Iterable[Issue],
    *,
    language: Language,
    model: str | None,
    is_document: bool,
    position: str | None = None,
) -> bytes:
    """A result in one of the forms; *is_document* tells CDA from FHIR JSON, *position* identifies a Bundle."""
    if form in ("plain", "text", "html"):
        return output
    if form == "outcome":
        return json.dumps(operation_outcome(issues, language), ensure_ascii=False, separators=(",", ":")).encode()
    resource = _binary(output) if is_document else json.loads(output)
    outcome = operation_outcome(issues, language)
    whole = _bundle(resource, outcome, position) if form == "bundle" else _parameters(resource, outcome, model)
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()


def _binary(document: bytes) -> dict[str, Any]:
    return {"resourceType": "Binary", "contentType": CDA_TYPE, "data": base64.b64encode(document).decode("ascii")}


def _bundle(resource: dict[str, Any], outcome: dict[str, Any], position: str | None) -> dict[str, Any]:
    """A collection of the result and of its OperationOutcome; the addresses follow from the content."""
    entries = [
        {"fullUrl": uuid.uuid5(uuid.NAMESPACE_OID, json.dumps(item, sort_keys=True)).urn, "resource": item}
        for item in (resource, outcome)
    ]
    identifier = {"identifier": {"system": POSITION_SYSTEM, "value": position}} if position else {}
    return {"resourceType": "Bundle", **identifier, "type": "collection", "entry": entries}


def _parameters(resource: dict[str, Any], outcome: dict[str, Any], model: str | None) -> dict[str, Any]:
    texts = {"model": model, "version": VERSION, "mapping": mapping()}
    return {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "result", "resource": resource},
            {"name": "outcome", "resource": outcome},
            *({"name": name, "valueString": text} for name, text in texts.items() if text),
        ],
    }
