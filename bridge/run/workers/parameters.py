"""The input of the FHIR operation ``$imgda-convert``: a resource Parameters, and what it means.

A dead letter of ``imgda batch`` is one too, so that it can be sent again as it is.

Source: FHIR R4 4.0.1, 3.2.0.1 Executing an operation; docs/http.md.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from bridge.findings.errors import SourceError
from bridge.findings.issues import Issue, issue
from bridge.options import Option, options_of
from bridge.run.workers.encodings import in_utf8

__all__ = ["BESIDE", "OPTIONS", "read", "types_of"]

OPTIONS: Mapping[str, Option] = {known.parameter: known for known in options_of("to-cda", "to-fhir").values() if known.parameter}
"""Parameters that are options."""

BESIDE = frozenset({"outcome", "position"})
"""What a dead letter says beside its input."""


_OF_PARAMETERS = frozenset({"resourceType", "id", "meta", "language", "parameter"})
"""What Parameters may have. Rules that are not known (``implicitRules``) could reverse the meaning of all."""
_OF_A_PARAMETER = frozenset({"id", "extension", "name"})
"""What may stand in a parameter beside its value; a ``modifierExtension`` could reverse it. FHIR: Parameters.parameter."""

Source = bytes | Mapping[str, Any]


def read(resource: Mapping[str, Any]) -> tuple[str, Source, dict[str, Any]]:
    """The operation, its input and its options.

    Raises :class:`SourceError` for a parameter that is unknown, given twice, not of its type, or that has more than one value,
    for a member that FHIR does not have there, and unless there is exactly one of ``input`` (FHIR) and ``document`` (CDA).
    """
    problems = [_wrong(f"Parameters.{name}") for name in resource if name.removeprefix("_") not in _OF_PARAMETERS]
    inputs: list[tuple[str, Source]] = []
    options: dict[str, Any] = {}
    parameters = resource.get("parameter", [])
    if not isinstance(parameters, list):
        problems.append(_wrong("Parameters.parameter"))
        parameters = []
    for index, parameter in enumerate(parameters):
        if not _take(parameter, inputs, options):
            problems.append(_wrong(f"Parameters.parameter[{index}]"))
    if len(inputs) != 1 and not problems:
        problems.append(issue("IMGDA-1814", "Parameters.parameter"))
    if problems:
        raise SourceError(problems)
    operation, source = inputs[0]
    return operation, source, options


def _take(parameter: Any, inputs: list[tuple[str, Source]], options: dict[str, Any]) -> bool:
    """Put a parameter where it belongs; whether it is right."""
    name = parameter.get("name") if isinstance(parameter, dict) else None
    if not isinstance(name, str):
        return False
    if name in BESIDE:
        return True
    value = _value(parameter)
    if value is None:
        return False
    if name in ("input", "document"):
        source = _source(value, name)
        inputs += [("to-cda" if name == "input" else "to-fhir", source)] if source is not None else []
        return source is not None
    option = OPTIONS.get(name)
    kind, given = value
    if option is None or option.name in options or kind.removeprefix("value") not in types_of(option):
        return False
    options[option.name] = given
    return type(given) is (bool if option.is_flag else str)


def types_of(option: Option) -> tuple[str, ...]:
    """The types that the parameter of an option may have."""
    if option.is_flag:
        return ("Boolean",)
    return ("Code", "String") if option.codes or option.name == "model" else ("String",)


def _wrong(path: str) -> Issue:
    return issue("IMGDA-1813", path)


def _value(parameter: Mapping[str, Any]) -> tuple[str, Any] | None:
    """The one value of a parameter and the member that holds it; ``None`` when there is none, several, or anything else."""
    members = [name for name in parameter if name.removeprefix("_") not in _OF_A_PARAMETER]
    if len(members) != 1 or not (members[0] == "resource" or members[0].startswith("value")):
        return None
    return members[0], parameter[members[0]]


def _source(value: tuple[str, Any], name: str) -> Source | None:
    """The input: a resource, its text, or its bytes; ``None`` when there is none."""
    kind, given = value
    if kind == "resource" and isinstance(given, dict):
        if name == "input":
            return given
        return _decoded(given.get("data")) if given.get("resourceType") == "Binary" else None
    if kind == "valueString" and isinstance(given, str):
        return in_utf8(given.encode("utf-8", "surrogatepass"))
    return _decoded(given) if kind == "valueBase64Binary" else None


def _decoded(data: Any) -> bytes | None:
    try:
        return base64.b64decode(data, validate=True) if isinstance(data, str) else None
    except (binascii.Error, ValueError):
        return None
