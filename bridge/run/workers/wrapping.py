"""The forms in which a result can be asked: plain, to be read by a person, with what was found on the way, or that alone."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from bridge.findings.errors import BridgeError
from bridge.findings.issues import Issue, Language, operation_outcome
from bridge.results import Conversion
from bridge.run.workers.versions import VERSION, mapping

__all__ = ["CDA_TYPE", "Form", "collection", "wrap"]

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


def collection(results: Sequence[Conversion | BridgeError], language: Language, position: str | None = None) -> bytes:
    """A Bundle with an entry for each order, in the order of the input: its document as Binary, or its findings.

    The findings of the documents follow; the entry of a document leads to its own (``link``, ``describedby``).
    """
    entries, further = [], []
    for number, result in enumerate(results):
        outcome = _entry(operation_outcome(result.issues, language), f"{number} findings")
        if isinstance(result, BridgeError):
            entries.append(outcome)
        else:
            link = [{"relation": "describedby", "url": outcome["fullUrl"]}]
            entries.append({"link": link, **_entry(_binary(result.document), f"{number} document")})
            further.append(outcome)
    return json.dumps(_whole([*entries, *further], position), ensure_ascii=False, separators=(",", ":")).encode()


def _entry(resource: dict[str, Any], seed: str = "") -> dict[str, Any]:
    """FHIR: Bundle.entry. The address follows from the content, and from the *seed* where contents may be the same."""
    return {"fullUrl": uuid.uuid5(uuid.NAMESPACE_OID, seed + json.dumps(resource, sort_keys=True)).urn, "resource": resource}


def _binary(document: bytes) -> dict[str, Any]:
    return {"resourceType": "Binary", "contentType": CDA_TYPE, "data": base64.b64encode(document).decode("ascii")}


def _bundle(resource: dict[str, Any], outcome: dict[str, Any], position: str | None) -> dict[str, Any]:
    """A collection of the result and of its OperationOutcome."""
    return _whole([_entry(resource), _entry(outcome)], position)


def _whole(entries: list[dict[str, Any]], position: str | None) -> dict[str, Any]:
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
