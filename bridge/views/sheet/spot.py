"""A value of the order with its path: what a formatter reads is what it can claim to show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

__all__ = ["OrderSpot", "leaves"]


class OrderSpot:
    """A place in an order. Attributes and members are places too; a place is true when something stands there."""

    __slots__ = ("path", "raw")

    def __init__(self, raw: Any, path: str = "") -> None:
        self.raw = raw
        self.path = path

    def __getattr__(self, name: str) -> OrderSpot:
        path = f"{self.path}.{name}" if self.path else name
        return OrderSpot(None if self.raw is None else getattr(self.raw, name), path)

    def __getitem__(self, index: int) -> OrderSpot:
        return OrderSpot(self.raw[index], f"{self.path}[{index}]")

    def __iter__(self) -> Iterator[OrderSpot]:
        return (self[index] for index in range(len(self.raw or ())))

    def __len__(self) -> int:
        return len(self.raw or ())

    def __bool__(self) -> bool:
        return self.raw is not None and self.raw != ()

    @property
    def leaves(self) -> tuple[str, ...]:
        """The path of every leaf under this place."""
        return tuple(path for path, _ in leaves(self.raw, self.path))


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every leaf of an order, or of a part of it, with its path; what is absent is none."""
    if is_dataclass(value):
        for field in fields(value):
            yield from leaves(getattr(value, field.name), f"{path}.{field.name}" if path else field.name)
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from leaves(item, f"{path}[{index}]")
    elif value is not None:
        yield path, value
