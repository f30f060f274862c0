"""A recording view of the input: what is read through it is known to have been read.

The reader never touches the JSON itself. It asks a :class:`Node` for named elements, and the node notes in the
:class:`Ledger` which leaves were asked for; what nobody asked for appears by itself when the ledger is closed
(docs/design.md, law 1). Paths are FHIRPath: ``Bundle.entry[3].resource.name[0].given[1]``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from bridge.fhir.metadata import root_of

__all__ = ["Leaf", "Ledger", "Node", "root"]

JSON = Any


class Leaf(NamedTuple):
    """A primitive value of the input."""

    path: str
    """FHIRPath."""
    type_path: str
    """The same from the innermost resource type, without indexes: ``Patient.name.given``."""
    value: JSON
    container: JSON
    """The object or list that holds it."""


class Ledger:
    """Which leaves of one input were read."""

    __slots__ = ("_read",)

    def __init__(self) -> None:
        self._read: set[tuple[int, str | int]] = set()

    def mark(self, container: JSON, key: str | int) -> None:
        """Note that the leaf at *key* of a list or object was read."""
        self._read.add((id(container), key))

    def is_read(self, container: JSON, key: str | int) -> bool:
        """Whether the leaf at *key* of a list or object was read."""
        return (id(container), key) in self._read

    def unread(self, node: Node) -> Iterator[Leaf]:
        """Every leaf under *node* that was not read."""
        yield from self._walk(node.value, node.path, node.type_name)

    def _walk(self, value: JSON, path: str, type_path: str) -> Iterator[Leaf]:
        if isinstance(value, dict):
            kind = value.get("resourceType")
            if isinstance(kind, str):
                type_path = kind
            for key, item in value.items():
                if isinstance(item, (dict, list)):
                    yield from self._walk(item, f"{path}.{key}", f"{type_path}.{key}")
                elif (id(value), key) not in self._read:
                    yield Leaf(f"{path}.{key}", f"{type_path}.{key}", item, value)
        else:
            for index, item in enumerate(value):
                if isinstance(item, (dict, list)):
                    yield from self._walk(item, f"{path}[{index}]", type_path)
                elif item is not None and (id(value), index) not in self._read:
                    yield Leaf(f"{path}[{index}]", type_path, item, value)


class Node:
    """One object of the input, and where it stands."""

    __slots__ = ("_key", "ledger", "parent", "value")

    def __init__(self, value: dict[str, JSON], parent: Node | None, key: str, ledger: Ledger) -> None:
        self.value = value
        self.parent = parent
        self._key = key
        self.ledger = ledger

    @property
    def path(self) -> str:
        """FHIRPath of this object."""
        return f"{self.parent.path}.{self._key}" if self.parent else self._key

    def at(self, name: str) -> str:
        """FHIRPath of an element of this object, present or not."""
        return f"{self.path}.{name}"

    @property
    def type_name(self) -> str:
        """The resource type, or the path within the innermost resource."""
        kind = self.value.get("resourceType")
        if isinstance(kind, str):
            return kind
        return f"{self.parent.type_name}.{self._key.partition('[')[0]}" if self.parent else self._key

    def __contains__(self, name: str) -> bool:
        return name in self.value

    def child(self, name: str) -> Node | None:
        """The object at *name*; the first one of a list."""
        item = self.value.get(name)
        if isinstance(item, dict):
            return Node(item, self, name, self.ledger)
        return next(iter(self.children(name)), None) if isinstance(item, list) else None

    def children(self, name: str) -> list[Node]:
        """The objects at *name*, be they in a list or one alone."""
        item = self.value.get(name)
        if isinstance(item, list):
            return [Node(x, self, f"{name}[{i}]", self.ledger) for i, x in enumerate(item) if isinstance(x, dict)]
        return [Node(item, self, name, self.ledger)] if isinstance(item, dict) else []

    def text(self, name: str) -> str | None:
        """The string at *name*, as it is."""
        item = self.value.get(name)
        if not isinstance(item, str):
            return None
        self.ledger.mark(self.value, name)
        return item

    def texts(self, name: str) -> list[str]:
        """The strings in the list at *name*; a single string counts as a list of one."""
        item = self.value.get(name)
        if isinstance(item, str):
            self.ledger.mark(self.value, name)
            return [item]
        if not isinstance(item, list):
            return []
        for index in range(len(item)):
            self.ledger.mark(item, index)
        return [text for text in item if isinstance(text, str)]

    def flag(self, name: str) -> bool | None:
        """The boolean at *name*."""
        item = self.value.get(name)
        if not isinstance(item, bool):
            return None
        self.ledger.mark(self.value, name)
        return item

    def number(self, name: str) -> str | None:
        """The number at *name*, in the digits that were sent."""
        item = self.value.get(name)
        if item is None or isinstance(item, (bool, dict, list)):
            return None
        self.ledger.mark(self.value, name)
        return str(item)

    def peek(self, name: str) -> JSON:
        """The raw value at *name*, not counted as read."""
        return self.value.get(name)

    def choice(self, name: str) -> str | None:
        """The full name of the choice element ``name[x]`` that is present (``valueBoolean`` for ``value``)."""
        size = len(name)
        return next((key for key in self.value if key.startswith(name) and key[size : size + 1].isupper()), None)

    def extensions(self, *names: str) -> list[Node]:
        """The extensions whose url, or its last segment, is one of *names*; their urls count as read.

        The bases of the French guides have moved several times, hence the last segment (docs/fhir.md, 1.1).
        """
        found = []
        for extension in self.children("extension"):
            url = extension.value.get("url")
            if isinstance(url, str) and (url in names or url.rpartition("/")[2] in names):
                extension.text("url")
                found.append(extension)
        return found

    def extension(self, *names: str) -> Node | None:
        """The first of :meth:`extensions`."""
        return next(iter(self.extensions(*names)), None)

    def take(self) -> None:
        """Count every leaf under this object as read."""
        _take(self.value, self.ledger)


def _take(value: JSON, ledger: Ledger) -> None:
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(item, (dict, list)):
            _take(item, ledger)
        else:
            ledger.mark(value, key)


def root(resource: dict[str, JSON]) -> Node:
    """A view of a whole input, with a ledger of its own."""
    return Node(resource, None, root_of(resource), Ledger())
