"""The items of an order in the words of the volet, in French and in English.

Source: ``mappings/items.csv``, one row for each field of :mod:`bridge.order`; datatypes (a code, an address) have no names
of their own and are named by the field that holds them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import is_dataclass
from functools import cache

from bridge.findings.issues import Language
from bridge.order import Order, Site
from bridge.order.xml import plan
from bridge.tables.codes import rows

__all__ = ["labels", "name", "site_words"]

_STEP = re.compile(r"(\w+)(?:\[(\d+)\])?")


@cache
def labels(language: Language) -> Mapping[tuple[str, str], str]:
    """The name of each field, by its class and itself; empty for a field that only holds another object."""
    found = {}
    for row in rows("items"):
        owner, _, field = row["item"].partition(".")
        found[owner, field] = row[language]
    return found


@cache
def name(item: str, language: Language) -> str:
    """The name of an item by its path: ``acts[1].sites[0].code`` is *Acte demandé 2 › Localisation anatomique 1*.

    What is no path of the order is given back as it is.
    """
    cls: type = Order
    words = []
    for step, index in _STEP.findall(item):
        known = {field.name: field for field in plan(cls)} if is_dataclass(cls) else {}
        if step not in known:
            return item
        if label := labels(language).get((cls.__name__, step)):
            words.append(f"{label} {int(index) + 1}" if index else label)
        cls = known[step].type
    return " › ".join(words)


def site_words(site: Site) -> str:
    """A site and its modifiers in words, for people; a text that only says this is no wording of the sender."""
    where = (site.location.display or site.location.code) if site.location else site.text or ""
    return " ".join([where, *(code.display or code.code for code in site.modifiers)])
