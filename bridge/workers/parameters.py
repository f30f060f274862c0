"""The input of the FHIR operation ``$imgda-convert``: a resource Parameters, and what it means.

A dead letter of ``imgda batch`` is one too, so that it can be sent again as it is.

Source: FHIR R4 4.0.1, 3.2.0.1 Executing an operation; docs/http.md.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from bridge.errors import SourceError
from bridge.issues import Issue, issue

__all__ = ["BESIDE", "NAMES", "read"]

NAMES: Mapping[str, tuple[str, str]] = {
    "model": ("model", "Code String"),
    "fhirVersion": ("fhir", "Code String"),
    "requisition": ("requisition", "String"),
    "single": ("single", "Boolean"),
    "lenient": ("lenient", "Boolean"),
    "draft": ("draft", "Boolean"),
    "check": ("check", "Boolean"),
    "shape": ("shape", "Code String"),
}
"""Parameters that are options: their argument, and the types that they may have."""

BESIDE = frozenset({"outcome", "position"})
"""What a dead letter says beside its input."""


def read(resource: Mapping[str, Any]) -> tuple[str, bytes | Mapping[str, Any], dict[str, Any]]:
    """The operation, its input and its options.

    Raises :class:`SourceError` for a parameter that is unknown, given twice or not of its type, and unless there is exactly one
    of ``input`` (FHIR) and ``document`` (CDA).
    """
    problems: list[Issue] = []
    inputs: list[tuple[str, bytes | Mapping[str, Any]]] = []
    options: dict[str, Any] = {}
    parameters = resource.get("parameter")
    for index, parameter in enumerate(parameters if isinstance(parameters, list) else []):
        path = f"Parameters.parameter[{index}]"
        name = str(parameter.get("name")) if isinstance(parameter, dict) else ""
        if name in ("input", "document"):
            source = _source(parameter, name)
            inputs += [("to-cda" if name == "input" else "to-fhir", source)] if source is not None else []
            problems += [_wrong(path)] if source is None else []
        elif name in NAMES and NAMES[name][0] not in options:
            option, types = NAMES[name]
            value = next((parameter[f"value{kind}"] for kind in types.split() if f"value{kind}" in parameter), None)
            problems += [] if type(value) is (bool if types == "Boolean" else str) else [_wrong(path)]
            options[option] = value
        elif name not in BESIDE:
            problems.append(_wrong(path))
    if len(inputs) != 1 and not problems:
        problems.append(issue("IMGDA-1814", "Parameters.parameter"))
    if problems:
        raise SourceError(problems)
    operation, source = inputs[0]
    return operation, source, options


def _wrong(path: str) -> Issue:
    return issue("IMGDA-1813", path)


def _source(parameter: Mapping[str, Any], name: str) -> bytes | Mapping[str, Any] | None:
    """The input: a resource, its text, or its bytes; ``None`` when there is none."""
    resource, text, data = (parameter.get(key) for key in ("resource", "valueString", "valueBase64Binary"))
    if isinstance(resource, dict) and name == "input":
        return resource
    if isinstance(resource, dict) and resource.get("resourceType") == "Binary":
        data = resource.get("data")
    if isinstance(text, str):
        return text.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(data, validate=True) if isinstance(data, str) else None
    except (binascii.Error, ValueError):
        return None
