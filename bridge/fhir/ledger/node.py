"""A recording view of the input: what is read through it is known to have been read.

The reader never touches the JSON itself. It asks a :class:`Node` for named elements, and the node notes in the
:class:`Ledger` which leaves were asked for; what nobody asked for appears by itself when the ledger is closed
(docs/design.md, law 1). Paths are FHIRPath: ``Bundle.entry[3].resource.name[0].given[1]``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, NamedTuple, ParamSpec, TypeVar

from bridge.fhir.source.definitions import root_of
from bridge.findings.issues import LossClass
from bridge.tables.codes import is_code_system

__all__ = ["Leaf", "Ledger", "Node", "Reason", "leaves", "reads", "root", "without"]

JSON = Any
P = ParamSpec("P")
R = TypeVar("R")


class Leaf(NamedTuple):
    """A primitive value of the input."""

    path: str
    """FHIRPath."""
    type_path: str
    """The same from the innermost resource type, without indexes: ``Patient.name.given``."""
    value: JSON
    container: JSON
    """The object or list that holds it."""
    key: str | int
    """Where it stands in its container."""


class Reason(NamedTuple):
    """Why a reader gave a leaf up."""

    code: str
    """Code of the issue."""
    loss: LossClass | None
    """How much it matters; None for the class of its place."""
    parameters: tuple[tuple[str, str], ...]


class Ledger:
    """What became of the leaves of one input: read for an item of the order, deciding something, or given up."""

    __slots__ = ("_decides", "_given_up", "_read", "item", "taken")

    def __init__(self) -> None:
        self.item = ""
        """The item of the order that is being read; marks record it (:func:`reads`)."""
        self.taken: set[tuple[int, str | int]] | None = None
        """Where there are several orders, the marks of the one that is being read."""
        self._read: dict[tuple[int, str | int], str] = {}
        self._decides: set[tuple[int, str | int]] = set()
        self._given_up: dict[tuple[int, str | int], Reason] = {}

    @contextmanager
    def reading(self, item: str) -> Iterator[None]:
        """Marks are for this item of the order, or a part of it (``patient.birth_date``), meanwhile."""
        outer, self.item = self.item, item
        try:
            yield
        finally:
            self.item = outer

    def mark(self, container: JSON, key: str | int) -> None:
        """Note that the leaf at *key* of a list or object was read, to be carried."""
        self._read[id(container), key] = self.item
        if self.taken is not None:
            self.taken.add((id(container), key))

    def decide(self, container: JSON, key: str | int) -> None:
        """Note that the leaf at *key* was read and decides what becomes of others, without being carried itself."""
        self._read[id(container), key] = self.item
        self._decides.add((id(container), key))

    def give_up(self, container: JSON, key: str | int, reason: Reason) -> None:
        """Note that the leaf at *key* is not carried, and why, whoever read it before; a reader may still read it later."""
        self._read.pop((id(container), key), None)
        self._given_up[id(container), key] = reason

    def is_read(self, container: JSON, key: str | int) -> bool:
        """Whether the leaf at *key* of a list or object was read."""
        return (id(container), key) in self._read

    def item_of(self, leaf: Leaf) -> str | None:
        """The item of the order that a leaf was read for; None for a leaf that nobody read."""
        return self._read.get((id(leaf.container), leaf.key))

    def is_decision(self, leaf: Leaf) -> bool:
        """Whether a leaf decides something instead of being carried."""
        return (id(leaf.container), leaf.key) in self._decides

    def reason_of(self, leaf: Leaf) -> Reason | None:
        """Why a leaf was given up, if it was."""
        return self.reason_at(leaf.container, leaf.key)

    def reason_at(self, container: JSON, key: str | int) -> Reason | None:
        """Why the leaf at *key* of a list or object was given up, if it was."""
        return self._given_up.get((id(container), key))

    def is_lost(self, leaf: Leaf) -> bool:
        """Whether a leaf was neither read nor decides anything."""
        return (id(leaf.container), leaf.key) not in self._read

    def lost_in(self, value: dict[str, JSON]) -> set[str]:
        """The names of the leaves of an object that are lost, as :meth:`is_lost` says."""
        read, number = self._read, id(value)
        return {key for key in value if (number, key) not in read}

    def has_read(self, value: JSON) -> bool:
        """Whether any leaf in an object or list was read."""
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        return any(
            self.has_read(item) if isinstance(item, (dict, list)) else (id(value), key) in self._read for key, item in pairs
        )


def leaves(value: JSON, path: str, type_path: str) -> Iterator[Leaf]:
    """Every leaf of an object or list."""
    if isinstance(value, dict):
        kind = value.get("resourceType")
        if isinstance(kind, str):
            type_path = kind
        for key, item in value.items():
            if isinstance(item, (dict, list)):
                yield from leaves(item, f"{path}.{key}", f"{type_path}.{key}")
            else:
                yield Leaf(f"{path}.{key}", f"{type_path}.{key}", item, value, key)
    else:
        for index, item in enumerate(value):
            if isinstance(item, (dict, list)):
                yield from leaves(item, f"{path}[{index}]", type_path)
            elif item is not None:
                yield Leaf(f"{path}[{index}]", type_path, item, value, index)


def reads(item: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A reader whose marks are for *item* of the order, unless it calls another; its first argument has the ``context``."""

    def decorate(method: Callable[P, R]) -> Callable[P, R]:
        @wraps(method)
        def reading(*args: P.args, **options: P.kwargs) -> R:
            ledger: Ledger = args[0].context.ledger  # type: ignore[attr-defined]
            with ledger.reading(item):
                return method(*args, **options)

        return reading

    return decorate


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
        members = enumerate(item) if isinstance(item, list) else ()
        return next((Node(x, self, f"{name}[{i}]", self.ledger) for i, x in members if isinstance(x, dict)), None)

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
                extension.decide("url")
                found.append(extension)
        return found

    def extension(self, *names: str) -> Node | None:
        """The first of :meth:`extensions`."""
        return next(iter(self.extensions(*names)), None)

    def decide(self, *names: str) -> None:
        """Count the leaves of these names as read: they decide something and are not carried themselves."""
        for name in names:
            item = self.value.get(name)
            if item is not None and not isinstance(item, (dict, list)):
                self.ledger.decide(self.value, name)

    def deciding(self, name: str) -> str | None:
        """The string at *name*, which decides something and is not carried itself."""
        self.decide(name)
        item = self.value.get(name)
        return item if isinstance(item, str) else None

    def decides(self, name: str) -> bool | None:
        """The boolean at *name*, which decides something and is not carried itself."""
        self.decide(name)
        item = self.value.get(name)
        return item if isinstance(item, bool) else None

    def understood(self) -> None:
        """Count the code of this Coding as read, and its system if it is known: its meaning decides something."""
        self.decide("code")
        if is_code_system(str(self.value.get("system"))):
            self.decide("system")

    def carried(self) -> None:
        """Count the code of this Coding as read, to be carried, and its system if it is known."""
        self.text("code")
        if is_code_system(str(self.value.get("system"))):
            self.decide("system")

    def is_said_unknown(self) -> bool:
        """Whether the only leaves of this object say that its value is unknown."""
        return all(
            leaf.key in ("url", "valueCode") and "data-absent-reason" in str(leaf.container["url"]) for leaf in self.leaves()
        )

    def give_up(self, code: str, loss: LossClass | None = None, /, **parameters: str) -> None:
        """Give up every leaf of this object that was not read, as losses of an issue of the catalogue."""
        reason = Reason(code, loss, tuple(parameters.items()))
        for leaf in self.leaves():
            if not self.ledger.is_read(leaf.container, leaf.key):
                self.ledger.give_up(leaf.container, leaf.key, reason)

    def give_up_carried(self, code: str, loss: LossClass | None = None) -> None:
        """Give up every leaf of this object that was read to be carried, as losses of an issue of the catalogue."""
        for leaf in self.leaves():
            if self.ledger.is_read(leaf.container, leaf.key) and not self.ledger.is_decision(leaf):
                self.ledger.give_up(leaf.container, leaf.key, Reason(code, loss, ()))

    def lose(self, name: str, code: str, loss: LossClass | None = None, /, **parameters: str) -> None:
        """Give up every leaf at *name*, be it read or not, as losses of an issue of the catalogue."""
        reason, item = Reason(code, loss, tuple(parameters.items())), self.value.get(name)
        if isinstance(item, (dict, list)):
            for leaf in leaves(item, "", ""):
                self.ledger.give_up(leaf.container, leaf.key, reason)
        elif item is not None:
            self.ledger.give_up(self.value, name, reason)

    def leaves(self) -> Iterator[Leaf]:
        """Every leaf of this object."""
        return leaves(self.value, self.path, self.type_name)


def root(resource: dict[str, JSON]) -> Node:
    """A view of a whole input, with a ledger of its own."""
    return Node(resource, None, root_of(resource), Ledger())


def without(nodes: Iterable[Node], known: Iterable[Node]) -> list[Node]:
    """The nodes that stand at other places than the known ones."""
    places = {id(node.value) for node in known}
    return [node for node in nodes if id(node.value) not in places]
