"""What an older version of the model demands beyond the rules of the volet, which are those of 2024.01.

Source: CI-SIS, suites of IMG-DA-IMG 2022.01 (CI-SIS_StructurationMinimale, IHE_XDS-SD); mappings/newer-than-2022.01.csv.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

from bridge.findings.issues import Issue, issue
from bridge.order import Code, Order
from bridge.tables.codes import rows

__all__ = ["check"]

_SETS = {
    "function": "function-code",
    "facility.type": "facility-type",
    "practice_setting": "practice-setting",
    "speciality": "author-speciality",
}
"""The value sets that have grown, by the end of the items whose codes are of them."""


@cache
def _newer() -> frozenset[tuple[str, str, str]]:
    """Codes that a value set of 2022.01 does not have: its name, the code and the code system."""
    return frozenset((row["value_set"], row["code"], row["system"]) for row in rows("newer-than-2022.01"))


def check(order: Order, model: str) -> list[Issue]:
    """Why this version of the model cannot carry the order: nothing for the current one."""
    return list(_of_2022(order)) if model == "2022.01" else []


def _of_2022(order: Order) -> Iterator[Issue]:
    if order.legal_authenticator.professional.name is None:
        yield issue("IMGDA-1311", None)
    for author in order.authors:
        organization = author.professional.organization
        if organization is not None and (organization.id is None or organization.id.extension is None):
            yield issue("IMGDA-1312", None)
    if order.document.language != "fr-FR":
        yield issue("IMGDA-1313", None)
    for place, code in _codes(order, ""):
        known = next((name for end, name in _SETS.items() if place.endswith(end)), "")
        if (known, code.code, code.system) in _newer():
            yield issue("IMGDA-1314", place, value=code.code, parameters={"code": code.code})


def _codes(value: Any, place: str) -> Iterator[tuple[str, Code]]:
    """Every code of an order, and the item that it is (``participants[0].function``)."""
    if isinstance(value, Code):
        yield place, value
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _codes(item, f"{place}[{index}]")
    elif is_dataclass(value):
        for field in fields(value):
            yield from _codes(getattr(value, field.name), f"{place}.{field.name}".removeprefix("."))
