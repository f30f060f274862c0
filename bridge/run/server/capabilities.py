"""What the service says of itself in FHIR: CapabilityStatement and OperationDefinition.

Source: FHIR R4 4.0.1, CapabilityStatement and OperationDefinition.
"""

from __future__ import annotations

from typing import Any

from bridge.run.server.negotiation import FHIR_JSON, FHIR_XML
from bridge.run.workers.parameters import OPTIONS, types_of
from bridge.run.workers.versions import VERSION

__all__ = ["capability_statement", "operation_definition"]

_DATE = "2026-11-24"
"""When what follows last changed. FHIR: date."""
_NAME = "imgda-convert"
_PUBLISHER = "imgda-bridge"


def capability_statement(base: str) -> dict[str, Any]:
    """The CapabilityStatement of the service at *base*."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": _DATE,
        "publisher": _PUBLISHER,
        "kind": "instance",
        "software": {"name": "imgda-bridge", "version": VERSION},
        "implementation": {"description": "FHIR ⇄ CDA, demande d'actes d'imagerie (CI-SIS IMG-DA-IMG)", "url": base},
        "fhirVersion": "4.0.1",
        "format": [FHIR_JSON],
        "rest": [
            {
                "mode": "server",
                "documentation": f"Answers are JSON. Inputs may be XML too: {FHIR_XML}, application/cda+xml.",
                "operation": [{"name": _NAME, "definition": f"{base}/OperationDefinition/{_NAME}"}],
            },
        ],
    }


def operation_definition(base: str) -> dict[str, Any]:
    """The OperationDefinition of ``$imgda-convert``."""
    options = [_parameter(name, "in", 0, _type(types_of(option)[0])) for name, option in OPTIONS.items()]
    return {
        "resourceType": "OperationDefinition",
        "id": _NAME,
        "url": f"{base}/OperationDefinition/{_NAME}",
        "version": VERSION,
        "name": "ImgdaConvert",
        "title": "Convert an imaging order between FHIR and IMG-DA-IMG",
        "status": "active",
        "kind": "operation",
        "date": _DATE,
        "publisher": _PUBLISHER,
        "description": (
            "Give input (a Bundle or a ServiceRequest, or its bytes) to obtain a CDA document as Binary, or document "
            "(a CDA document) to obtain a Bundle. Every finding is in outcome; a failure is an OperationOutcome."
        ),
        "affectsState": False,
        "code": _NAME,
        "system": True,
        "type": False,
        "instance": False,
        "parameter": [
            _parameter("input", "in", 0, "Resource"),
            _parameter("document", "in", 0, "base64Binary"),
            *options,
            _parameter("result", "out", 1, "Resource"),
            _parameter("outcome", "out", 1, "OperationOutcome"),
            _parameter("model", "out", 0, "string"),
            _parameter("version", "out", 1, "string"),
            _parameter("mapping", "out", 1, "string"),
        ],
    }


def _type(kind: str) -> str:
    return kind[0].lower() + kind[1:]


def _parameter(name: str, use: str, least: int, kind: str) -> dict[str, Any]:
    return {"name": name, "use": use, "min": least, "max": "1", "type": kind}
