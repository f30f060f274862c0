"""What FHIR says about each type: elements, types, cardinalities, choices and required codes.

The data stand in ``structure/R4B.json`` and ``R5.json``, extracted once from the models of fhir.resources (:func:`extract`), so
that a conversion need not import them; a test proves that the files and the library agree. R4 4.0.1 and R4B share one file.
"""

from __future__ import annotations

import json
import pkgutil
import typing
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["Element", "elements", "extract", "file_of", "is_resource", "root_of"]


class Element(NamedTuple):
    """One element of a type."""

    type: str
    """A primitive (lower case) or complex type; ``Resource`` for any resource."""
    many: bool
    required: bool
    choice: str | None
    """The name of a choice, ``value`` for ``value[x]``."""
    choice_required: bool
    codes: tuple[str, ...]
    """The codes of a required binding."""


@cache
def file_of(version: str) -> Path:
    """The data file of a FHIR version."""
    return Path(__file__).with_name("metadata") / ("R5.json" if version == "R5" else "R4B.json")


@cache
def _data(path: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return data


@cache
def _elements(path: Path, name: str) -> dict[str, Element] | None:
    found = _data(path)["types"].get(name)
    if found is None:
        return None
    return {key: _decode(row) for key, row in found.items()}


def _decode(row: str) -> Element:
    """An element from its row: ``!`` required, ``*`` a list, the type, ``?choice`` or ``?!choice``, ``:codes``."""
    head, _, codes = row.partition(":")
    kind, _, choice = head.partition("?")
    return Element(
        type=kind.lstrip("!*"),
        many="*" in kind,
        required="!" in kind,
        choice=choice.lstrip("!") or None,
        choice_required=choice.startswith("!"),
        codes=tuple(codes.split(",")) if codes else (),
    )


def _encode(element: Element) -> str:
    choice = f"?{'!' * element.choice_required}{element.choice}" if element.choice else ""
    codes = f":{','.join(element.codes)}" if element.codes else ""
    return f"{'!' * element.required}{'*' * element.many}{element.type}{choice}{codes}"


def elements(version: str, name: str) -> dict[str, Element] | None:
    """The elements of a type, None for an unknown one."""
    return _elements(file_of(version), name)


def is_resource(version: str, name: object) -> bool:
    """Whether a type is a resource type."""
    return isinstance(name, str) and name in _resources(file_of(version))


def root_of(resource: Mapping[str, Any]) -> str:
    """What a FHIRPath into a resource begins with: its type; ``Resource`` when that is none, for it could be any text."""
    kind = resource.get("resourceType")
    return str(kind) if is_resource("R4B", kind) or is_resource("R5", kind) else "Resource"


@cache
def _resources(path: Path) -> frozenset[str]:
    return frozenset(_data(path)["resources"])


# --- extraction ------------------------------------------------------------------------------------------------------


def extract(version: str) -> dict[str, Any]:
    """The data of one version, from the models of fhir.resources."""
    package = "fhir.resources" if version == "R5" else "fhir.resources.R4B"
    types: dict[str, dict[str, str]] = {}
    resources: list[str] = []
    for module in pkgutil.iter_modules(import_module(package).__path__):
        if module.ispkg or module.name in ("fhirtypes", "fhirtypesvalidators", "fhirprimitiveextension"):
            continue
        for model in vars(import_module(f"{package}.{module.name}")).values():
            name = getattr(model, "__resource_type__", None)
            if not isinstance(model, type) or not isinstance(name, str) or name in types or not hasattr(model, "model_fields"):
                continue
            types[name] = dict(sorted(_rows(model)))
            if "implicitRules" in types[name]:
                resources.append(name)
    return {"types": dict(sorted(types.items())), "resources": sorted(resources)}


def _rows(model: Any) -> typing.Iterator[tuple[str, str]]:
    for field in model.model_fields.values():
        extra = field.json_schema_extra or {}
        if not extra.get("element_property"):
            continue
        kind, many = _type(field.annotation, field.metadata)
        element = Element(
            type=kind,
            many=many,
            required=bool(field.is_required() or extra.get("element_required")),
            choice=extra.get("one_of_many"),
            choice_required=bool(extra.get("one_of_many_required")),
            codes=_codes(extra.get("enum_values", ()), f"{model.__resource_type__}.{field.alias}") if kind == "code" else (),
        )
        yield field.alias, _encode(element)


_OBSERVATION = "registered preliminary final amended corrected cancelled entered-in-error unknown"
_ENCOUNTER = "planned arrived triaged in-progress onleave finished cancelled entered-in-error unknown"
_TASK = "draft requested received accepted rejected ready cancelled in-progress on-hold failed completed entered-in-error"
_WHOLE = {
    "DiagnosticReport.status": (
        "registered partial preliminary final amended corrected appended cancelled entered-in-error unknown"
    ),
    "Encounter.status": _ENCOUNTER,
    "EncounterStatusHistory.status": _ENCOUNTER,
    "Observation.status": _OBSERVATION,
    "RiskAssessment.status": _OBSERVATION,
    "ServiceRequest.intent": "proposal plan directive order original-order reflex-order filler-order instance-order option",
    "Task.status": _TASK,
}
"""Required bindings of which the library gives only the first codes and a ``+`` (FHIR R4 4.0.1 and R5 5.0.0, Terminologies)."""


def _codes(listed: Iterable[str], element: str) -> tuple[str, ...]:
    """The codes of a binding; none where the library does not give them all and nor do we."""
    codes = tuple(listed)
    return tuple(_WHOLE.get(element, "").split()) if "+" in codes else codes


def _type(annotation: Any, metadata: list[Any] | None = None) -> tuple[str, bool]:
    """The FHIR type of an annotation, and whether it is a list."""
    if metadata:
        return _primitive(metadata[0]), False
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return _primitive(typing.get_args(annotation)[1]), False
    if origin is list:
        return _type(typing.get_args(annotation)[0])[0], True
    arguments = [arg for arg in typing.get_args(annotation) if arg is not type(None)]
    if arguments:
        found = [_type(arg) for arg in arguments]
        return next((f for f in found if f[0] not in ("str",)), found[0])
    name = getattr(annotation, "__name__", str(annotation))
    plain = {"bool": "boolean", "int": "integer", "Decimal": "decimal", "date": "date", "datetime": "dateTime", "time": "time"}
    return plain.get(name, name.removesuffix("Type")), False


def _primitive(marker: Any) -> str:
    name = type(marker).__name__ if not isinstance(marker, type) else marker.__name__
    return {"EncodedBytes": "base64Binary", "UuidVersion": "uuid"}.get(name, name[0].lower() + name[1:])


if __name__ == "__main__":
    for fhir in ("R4B", "R5"):
        file_of(fhir).parent.mkdir(exist_ok=True)
        file_of(fhir).write_text(json.dumps(extract(fhir), separators=(",", ":"), sort_keys=True) + "\n", "utf-8")
