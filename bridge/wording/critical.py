"""Codes that matter wherever they stand: a side, a contra-indication, a function, contrast.

Source: docs/decisions.md, 26.
"""

from __future__ import annotations

import re
from functools import lru_cache

from bridge.settings import Settings
from bridge.tables.codes import code_system_uri, is_code_system, is_terminology_cisis, value_set
from bridge.tables.concepts import FACTS, MODALITY, MODIFIER, SIDES, SITE, of

__all__ = ["critical_label", "is_critical"]

_SNOMED = "2.16.840.1.113883.6.96"
_CONTRAST = frozenset({"MED-1127", "MED-1129"})
_TELLING = re.compile(r"\d{6,18}|(MED|GEN|ORG)-.+")
"""Codes that are known without a system: those of SNOMED CT and of TA."""


@lru_cache(maxsize=4096)
def critical_label(code: str, uri: str | None) -> str | None:
    """The label of what a code states, if it is a side, a contra-indication, a function or contrast; else None."""
    if uri is None and not (_TELLING.fullmatch(code) or ":" in code):
        return None
    if uri is not None and not is_code_system(uri) and not is_terminology_cisis(code):
        return None
    if uri is None and not code.startswith(("MED-", "GEN-", "ORG-")):
        uri = code_system_uri(_SNOMED)
    settings = Settings()
    for datum in FACTS:
        if found := of(code, uri, datum, settings):
            return found.concept.display
    return _side_label(code, uri, settings) or _contrast_label(code, uri, settings)


def _side_label(code: str, uri: str | None, settings: Settings) -> str | None:
    """The label of a side, or of a site with its side."""
    if (side := of(code, uri, MODIFIER, settings)) and side.concept.code in SIDES and side.relation != "inexact":
        return side.concept.display
    if (site := of(code, uri, SITE, settings)) and site.modifiers:
        return f"{site.concept.display} {value_set('topographic-modifier').by_code[site.modifiers[0]][0].display}"
    return None


def _contrast_label(code: str, uri: str | None, settings: Settings) -> str | None:
    modality = of(code, uri, MODALITY, settings)
    return modality.concept.display if modality and modality.concept.code in _CONTRAST else None


def is_critical(code: str, uri: str | None) -> bool:
    """Whether a code states a side, a contra-indication, a function or contrast."""
    return critical_label(code, uri) is not None
