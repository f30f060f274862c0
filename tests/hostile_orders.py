"""Values that no attribute of a document can hold, put into valid orders one at a time.

:func:`broken` makes orders that the guard must refuse or that every document can carry: never an invalid document.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from random import Random
from typing import Any

from hypothesis import strategies as st
from strategies import orders

from bridge.order import Order

VALUES = (
    "",
    " ",
    "TDM TX",
    " CT",
    "a\tb",
    "a\nb",
    "a\u00a0b",
    "\u200b",
    "\ufffe",
    "\x01",
    "\x85",
    "é",
    "😀",
    "<&\"'>",
    "1.2.250.01.5",
    "1.2.",
    ".1",
    "3.2.1",
    "1..2",
    "urn:oid:1.2.3",
    "http://example.org/x",
    "https://example.org/x",
    "6b0c6b86-6d1c-5f0e-9a58-0a3b6a6f4d47",
    "9" * 65,
    "1." * 65 + "1",
    "tel:+33 1 23",
    "sms:0123",
    "mailto:é@example.org",
    "2024-02-30",
    "2024-03-05T25:00:00+01:00",
    "2024-03-05T09:30:00",
    "20240305",
    "fr_FR",
    "x",
    "-",
    "1.2.3",
)
"""Each of them is right somewhere and wrong elsewhere."""


def places(value: Any, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """Where the texts of an order stand: names of fields and numbers of members."""
    if isinstance(value, str):
        return [path]
    if isinstance(value, tuple):
        return [found for index, item in enumerate(value) for found in places(item, (*path, index))]
    if is_dataclass(value):
        return [found for field in fields(value) for found in places(getattr(value, field.name), (*path, field.name))]
    return []


def put(value: Any, path: tuple[object, ...], text: str) -> Any:
    """The same order with another text at a place."""
    if not path:
        return text
    step, rest = path[0], path[1:]
    if isinstance(value, tuple):
        return tuple(put(item, rest, text) if index == step else item for index, item in enumerate(value))
    return replace(value, **{str(step): put(getattr(value, str(step)), rest, text)})


@st.composite
def broken(draw: st.DrawFn) -> Order:
    """A valid order in which one to three texts are replaced by hostile ones."""
    return break_some(draw(orders()), draw(st.randoms()))


def break_some(order: Order, draw: Random) -> Order:
    """The order with hostile texts at one to three places."""
    for _ in range(draw.randint(1, 3)):
        # attributes are few beside texts, and what is looked for stands in them
        found = places(order)
        attributes = [path for path in found if path[-1] in _ATTRIBUTES]
        where = draw.choice(attributes if attributes and draw.random() < 0.5 else found)
        order = put(order, where, draw.choice(VALUES))
    return order


_ATTRIBUTES = {"code", "system", "root", "extension", "value", "use", "media_type", "language", "start", "end", "time", "display"}
