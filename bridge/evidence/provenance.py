"""A FHIR R4 Provenance of a document: enough to make the same document again.

It names the input and the document by their SHA-256, the converter and the model by their versions, the tables and stylesheets by
one hash over their files, and the options and settings of the call. It holds no value of the input. Source: FHIR R4 4.0.1,
Provenance; docs/losses.md.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from typing import TYPE_CHECKING, Any

from bridge.tables.shipped import folder
from bridge.version import __version__

if TYPE_CHECKING:
    from bridge.results import Conversion, Source

__all__ = ["provenance", "rules_hash", "sha256"]

_SYSTEM = "urn:x-bridge:provenance"


def sha256(data: Source) -> str:
    """SHA-256 of an input or document, hexadecimal; of JSON data, that of their canonical text."""
    if isinstance(data, Mapping):
        data = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.sha256(data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data).hexdigest()


@cache
def rules_hash() -> str:
    """One hash over every table and stylesheet, by name and content: another one means other rules."""
    digest = hashlib.sha256()
    for name in ("mappings", "xslt"):
        root = folder(name)
        for path in sorted(p for p in root.rglob("*") if p.is_file()):
            digest.update(f"{name}/{path.relative_to(root).as_posix()}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def provenance(conversion: Conversion) -> dict[str, Any]:
    """The Provenance of one conversion. The time recorded is that of the document: the same conversion gives the same bytes."""
    evidence = conversion.evidence
    assert evidence is not None
    identifier = conversion.order.document.id
    target = f"urn:oid:{identifier.root}" if "." in identifier.root else f"urn:uuid:{identifier.root.lower()}"
    policy = {"options": evidence.options, "settings": asdict(evidence.settings)}
    facts = {
        "converter": f"imgda-bridge {__version__}",
        "model": conversion.model,
        "fhir": evidence.fhir,
        "rules-sha256": rules_hash(),
        "input-sha256": sha256(evidence.input),
        "document-sha256": sha256(conversion.document),
        "policy": json.dumps(policy, sort_keys=True, ensure_ascii=False, default=str),
    }
    return {
        "resourceType": "Provenance",
        "target": [{"identifier": {"system": "urn:ietf:rfc:3986", "value": target}, "type": "DocumentReference"}],
        "recorded": _instant(conversion.order.document.created_at),
        "activity": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle", "code": "transform"}]},
        "agent": [
            {
                "type": {
                    "coding": [
                        {"system": "http://terminology.hl7.org/CodeSystem/provenance-participant-type", "code": "assembler"}
                    ]
                },
                "who": {"display": facts["converter"]},
            }
        ],
        "entity": [
            {"role": "source", "what": {"identifier": {"system": f"{_SYSTEM}:input-sha256", "value": facts["input-sha256"]}}}
        ],
        "extension": [{"url": f"{_SYSTEM}:{name}", "valueString": value} for name, value in sorted(facts.items())],
    }


def _instant(moment: str) -> str:
    """A moment of the order as a FHIR instant: the first one that it may mean."""
    day, _, time = (moment + "-01-01"[len(moment) - 4 :] if len(moment) < 10 else moment).partition("T")
    return f"{day}T{time}" if time else f"{day}T00:00:00+00:00"
