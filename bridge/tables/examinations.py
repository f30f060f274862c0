"""What the code of an examination states beside its modality: sites with their side, and contrast ("CT Chest W contrast IV").

Nothing here is guessed: the name of the code says it, in its own code system. Source: docs/decisions.md, 23; docs/mappings.md,
examinations.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from bridge.tables.codes import Concept, code_system_oid, code_system_uri, rows, value_set

__all__ = ["Examination", "StatedSite", "examination"]


class StatedSite(NamedTuple):
    """A site that the code of an examination states."""

    concept: Concept
    """Of JDV_LocalisationAnatomique."""
    side: str | None = None
    """A code of JDV_ModificateurTopographique."""


class Examination(NamedTuple):
    """What the code of an examination states beside its modality; a row of ``mappings/examinations.csv``."""

    sites: tuple[StatedSite, ...]
    """All regions that the name states, in its order; none where it states contrast only."""
    is_wider: bool
    """Whether a site is wider than what the name states: the hand for "XR Finger"."""
    has_contrast: bool | None
    """Whether contrast is used, "without and with" too; None where the name does not say."""
    label: str
    """The name in its own code system, of which all this is read."""


@cache
def _examinations() -> Mapping[tuple[str, str], Examination]:
    return {
        (row["system"], row["code"]): Examination(
            tuple(_site(stated) for stated in row["sites"].split()),
            row["relation"] == "wider",
            _CONTRAST[row["contrast"]],
            row["label"],
        )
        for row in rows("examinations")
    }


_CONTRAST = {"": None, "without": False, "with": True, "without and with": True}


def _site(stated: str) -> StatedSite:
    code, _, side = stated.partition("+")
    (concept,) = value_set("site").by_code[code]
    return StatedSite(concept, side or None)


def examination(code: str, uri: str | None) -> Examination | None:
    """What a code of a system (URI) states as an examination; None where its name states no site and no contrast."""
    if uri is None:
        return None
    found = _examinations()
    oid = code_system_oid(uri)
    return found.get((uri, code)) or (found.get((code_system_uri(oid), code)) if oid else None)
