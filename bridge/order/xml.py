"""The order as XML: ``order.xml``, the contract between Python and the stylesheets, and back.

One rule for every class of :mod:`bridge.order`: a field is a child element named like it in kebab-case, in the order of the
fields; a tuple is one element (singular name) for each member; what is absent is not written. The datatypes II, CD, TEL,
IVL_TS and the use of an AD are attributes. ``xslt/order.rng`` is the schema.

Source: docs/design.md, "One pivot".
"""

from __future__ import annotations

import types
import typing
import uuid
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import Any

from lxml import etree

from bridge import xml
from bridge.order import Address, Code, EffectiveTime, Identifier, Order, Period, Telecom, Translation

__all__ = [
    "ACT",
    "CONTRAINDICATION",
    "NAMESPACE",
    "Field",
    "derived_id",
    "plan",
    "read",
    "seed_of",
    "to_element",
    "uuid_seed",
    "without_derived_ids",
    "write",
]

NAMESPACE = "urn:x-bridge:order"

_SEEDS = uuid.UUID("6b0c6b86-6d1c-5f0e-9a58-0a3b6a6f4d47")
"""Namespace of the seeds below (a constant of this project)."""

_ATTRIBUTES: dict[type, frozenset[str]] = {
    Identifier: frozenset({"root", "extension"}),
    Translation: frozenset({"code", "system", "display"}),
    Code: frozenset({"code", "system", "display"}),
    Period: frozenset({"start", "end"}),
    EffectiveTime: frozenset({"at", "start", "end"}),
    Telecom: frozenset({"value", "use"}),
    Address: frozenset({"use"}),
}

_SINGULAR = {
    "acts": "act",
    "addresses": "address",
    "attachments": "attachment",
    "authenticators": "authenticator",
    "authors": "author",
    "consents": "consent",
    "contacts": "contact",
    "contraindications": "contraindication",
    "fulfils": "fulfilled-order",
    "functions": "function",
    "guardians": "guardian",
    "ids": "id",
    "informants": "informant",
    "lines": "line",
    "modifiers": "modifier",
    "participants": "participant",
    "recipients": "recipient",
    "sites": "site",
    "telecoms": "telecom",
    "translations": "translation",
}


class Field(typing.NamedTuple):
    """How one field of a dataclass stands in the XML."""

    name: str
    tag: str
    """Attribute name, or element name in Clark notation."""
    attribute: bool
    many: bool
    type: type


@cache
def plan(cls: type) -> tuple[Field, ...]:
    """How the fields of a class of the order stand in the XML, in their order."""
    hints = typing.get_type_hints(cls)
    plan = []
    for field in fields(cls):
        hint, many = hints[field.name], False
        if typing.get_origin(hint) is types.UnionType:
            hint = next(arg for arg in typing.get_args(hint) if arg is not type(None))
        if typing.get_origin(hint) is tuple:
            hint, many = typing.get_args(hint)[0], True
        xml_name = (_SINGULAR.get(field.name, field.name) if many else field.name).replace("_", "-")
        attribute = field.name in _ATTRIBUTES.get(cls, ())
        plan.append(Field(field.name, xml_name if attribute else f"{{{NAMESPACE}}}{xml_name}", attribute, many, hint))
    return tuple(plan)


def uuid_seed(order: Order) -> str:
    """The UUID (upper case) from which the stylesheets number sections and entries.

    UUIDv5 of the document's own identifier: the same document gets the same ids again, another document others.
    """
    return seed_of(order.document.id.root, order.document.id.extension)


def seed_of(root: str, extension: str | None) -> str:
    """The same, from the root and the extension of the identifier of a document."""
    return str(uuid.uuid5(_SEEDS, f"{root}^{extension or ''}")).upper()


CONTRAINDICATION, ACT = 13, 31
"""Kinds of entries, as the stylesheets number them."""


def derived_id(order: Order, kind: int, number: int) -> Identifier:
    """The identifier that the stylesheets give to an entry that has none (``dt:uuid`` in xslt/to-cda/datatypes.xsl)."""
    return Identifier(root=f"{uuid_seed(order)[:24]}{kind:04}{number:04}0000")


def without_derived_ids(order: Order) -> Order:
    """The same order without those identifiers of its entries that the document derives by itself."""
    contraindications = tuple(
        replace(item, id=None) if item.id == derived_id(order, CONTRAINDICATION, number) else item
        for number, item in enumerate(order.contraindications, start=1)
    )
    acts = tuple(
        replace(act, entry_id=None) if act.entry_id == derived_id(order, ACT, number) else act
        for number, act in enumerate(order.acts, start=1)
    )
    return replace(order, contraindications=contraindications, acts=acts)


def to_element(order: Order, *, attachment: Callable[[int], str] | None = None) -> etree._Element:
    """The order as an element tree.

    *attachment* names what stands in place of the data of the attachment at an index; without it the data stand there.
    A text that XML cannot hold raises :class:`ValueError` (a reader never lets one into an order).
    """
    root = etree.Element(f"{{{NAMESPACE}}}order", nsmap={None: NAMESPACE}, attrib={"uuid-seed": uuid_seed(order)})
    _fill(root, order)
    if attachment:
        for index, data in enumerate(root.iterfind("{*}attachment/{*}data")):
            data.text = attachment(index)
    return root


def write(order: Order, *, attachment: Callable[[int], str] | None = None, pretty: bool = False) -> str:
    """The order as XML text without a declaration; *pretty* indents it for people."""
    return etree.tostring(to_element(order, attachment=attachment), encoding="unicode", pretty_print=pretty)


def _fill(element: etree._Element, value: Any) -> None:
    cls: type = type(value)
    for name, tag, attribute, many, _ in plan(cls):
        content = getattr(value, name)
        if content is None:
            continue
        if attribute:
            element.set(tag, content)
            continue
        for item in content if many else (content,):
            child = etree.SubElement(element, tag)
            if isinstance(item, str):
                child.text = item
            elif is_dataclass(item):
                _fill(child, item)
            else:
                child.text = str(item).lower()


def read(source: str | etree._Element) -> Order:
    """The order that an ``order.xml`` describes; it must be valid under ``xslt/order.rng``."""
    if isinstance(source, str):
        source = xml.read(source)
    order = _read(source, Order)
    assert isinstance(order, Order)
    return order


def _read(element: etree._Element, cls: type) -> Any:
    values: dict[str, Any] = {}
    children: dict[str, list[etree._Element]] = {}
    for child in element:
        children.setdefault(str(child.tag), []).append(child)
    for name, tag, attribute, many, kind in plan(cls):
        if attribute:
            if (content := element.get(tag)) is not None:
                values[name] = content
        elif found := children.get(tag):
            values[name] = tuple(_value(child, kind) for child in found) if many else _value(found[0], kind)
        elif many:
            values[name] = ()
    return cls(**values)


def _value(element: etree._Element, kind: type) -> Any:
    if is_dataclass(kind):
        return _read(element, kind)
    text = element.text or ""
    if kind is bool:
        return text == "true"
    return int(text) if kind is int else text
