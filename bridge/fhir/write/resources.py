"""The Bundle while it is being written: resources, and the names by which they refer to each other.

Every name is a UUIDv5 of the document's identifier and the role of the resource ("Patient 1", "ServiceRequest 2"), so that the
same order gives the same bytes. A person or structure that takes part several times is written once.

Source: docs/fhir.md, 2.9.
"""

from __future__ import annotations

import json
import uuid
from collections import Counter
from typing import Any

__all__ = ["ANS", "DAR", "JSON", "Resources", "absent", "parts", "reference"]

JSON = dict[str, Any]

ANS = "https://interop.esante.gouv.fr/ig/fhir/document-core"
"""Canonical base of the French document guide (docs/fhir.md, 1.1)."""
HL7 = "http://hl7.org/fhir/StructureDefinition"
DAR = f"{HL7}/data-absent-reason"

_NAMES = uuid.UUID("6b1f2f3c-2b0c-5f0e-9c55-0f5a7c1f6d02")
"""Namespace of the names of resources (a constant of this project)."""


def parts(**elements: Any) -> JSON:
    """An object of those elements that are there: no None, no empty text, list or object, as FHIR demands."""
    return {name.rstrip("_"): value for name, value in elements.items() if value is not None and value not in ("", [], {}, ())}


def absent(reason: str = "unknown") -> JSON:
    """What stands for an absent value of an element that a profile demands. FHIR: extension data-absent-reason."""
    return {"extension": [{"url": DAR, "valueCode": reason}]}


def reference(url: str | None) -> JSON | None:
    """A Reference to a resource of the Bundle."""
    return {"reference": url} if url else None


class Resources:
    """The entries of one Bundle."""

    def __init__(self, document: str) -> None:
        self._document = document
        """What identifies the document, in one text."""
        self._counts: Counter[str] = Counter()
        self._shared: dict[str, str] = {}
        self.entries: list[JSON] = []

    def name(self, role: str) -> str:
        """The UUID of a resource by its role in the document."""
        return str(uuid.uuid5(_NAMES, f"{self._document} {role}"))

    def add(self, type_name: str, profile: str | None = None, /, *, meta: JSON | None = None, **elements: Any) -> str:
        """Write a resource and tell its fullUrl; *profile* is the id of a profile of the French document guide."""
        self._counts[type_name] += 1
        ident = self.name(f"{type_name} {self._counts[type_name]}")
        profiles = {"profile": [f"{ANS}/StructureDefinition/{profile}"]} if profile else {}
        resource = parts(resourceType=type_name, id=ident, meta={**(meta or {}), **profiles}, **elements)
        self.entries.append({"fullUrl": f"urn:uuid:{ident}", "resource": resource})
        return f"urn:uuid:{ident}"

    def share(self, type_name: str, profile: str | None, /, **elements: Any) -> str | None:
        """Write a person or structure once, however often it takes part; None when there is nothing to say of it."""
        if not (content := parts(**elements)):
            return None
        key = f"{type_name} {json.dumps(content, sort_keys=True)}"
        if key not in self._shared:
            self._shared[key] = self.add(type_name, profile, **content)
        return self._shared[key]

    def first(self, url: str) -> None:
        """Move a resource to the beginning, as the Composition of a document demands."""
        self.entries.sort(key=lambda entry: entry["fullUrl"] != url)
