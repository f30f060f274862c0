"""The words of the sections of a document, as one form hands them to the other.

Plain data: :mod:`bridge.cda.words` takes them out of a CDA document, ``bridge.fhir.write`` puts them into a Composition.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

__all__ = ["SectionWords", "Words"]


class SectionWords(NamedTuple):
    """Title and narrative of one section. FHIR: Composition.section. CDA: section."""

    title: str | None = None
    """FHIR: title. CDA: title."""
    xhtml: str | None = None
    """The content of the narrative, XHTML of the allow-list of FHIR. FHIR: text.div. CDA: text."""
    says_more: bool = False
    """Whether it says something that no datum of the order does. FHIR: text.status, ``additional``."""


Words = Mapping[str, SectionWords]
"""By LOINC code of the section."""
