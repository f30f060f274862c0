"""Identifiers of documents that the input does not give: derived, so that the same order gets the same ones again.

Source: docs/decisions.md, 37; ITU-T X.667 (2012), 7 (an OID under 2.25 from a UUID).
"""

from __future__ import annotations

import uuid

from bridge.order import Identifier
from bridge.settings import Settings

__all__ = ["derived"]

_IDS = uuid.UUID("1f8a5d5e-3c6b-5b0e-8f43-5c9f0c1c7a11")
"""Namespace of the document identifiers that are derived (a constant of this project)."""


def derived(key: str, role: str, settings: Settings) -> Identifier:
    """The identifier of what plays *role* ("document 1", "set") for the order that *key* names.

    An OID: ``2.25.`` and a UUIDv5 as a decimal number, or the root ``oids.document`` and the first 63 bits of it. With
    ``document_ids = "uuid"``, the UUIDv5 in upper case, as version 0.1.0 wrote it. CDA: id, setId, relatedDocument.
    """
    name = uuid.uuid5(_IDS, f"{key} {role}")
    if settings.document_ids == "uuid":
        return Identifier(root=str(name).upper())
    if root := settings.oids.document:
        return Identifier(root=f"{root}.{name.int >> 65}")
    return Identifier(root=f"2.25.{name.int}")
