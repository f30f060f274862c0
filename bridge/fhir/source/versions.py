"""Which version of FHIR an input is of, where nobody says it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

__all__ = ["version_of"]

_R5_REQUEST = ("reason", "bodyStructure")


def version_of(resource: dict[str, Any]) -> str:
    """R4, unless the profile or an element that only R5 has says otherwise (docs/fhir.md, 2.1)."""
    return "R5" if any(_is_r5(item) for item in _resources(resource)) else "R4"


def _resources(resource: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield resource
    entries = resource.get("entry")
    for entry in entries if isinstance(entries, list) else ():
        inner = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(inner, dict):
            yield from _resources(inner)
    contained = resource.get("contained")
    for inner in contained if isinstance(contained, list) else ():
        if isinstance(inner, dict):
            yield inner


def _is_r5(resource: dict[str, Any]) -> bool:
    meta = resource.get("meta")
    profiles = meta.get("profile") if isinstance(meta, dict) else None
    if isinstance(profiles, list) and any(str(p).endswith(("|5.0.0", "|5.0")) for p in profiles):
        return True
    kind, code = resource.get("resourceType"), resource.get("code")
    if kind == "ServiceRequest":
        return any(name in resource for name in _R5_REQUEST) or (isinstance(code, dict) and "concept" in code)
    if kind == "Encounter":
        return "actualPeriod" in resource or isinstance(resource.get("class"), list)
    return False
