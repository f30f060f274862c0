"""The XML parser for whatever is read: no DTD, no entities, no network.

Texts may be of any size, because an attachment may exceed the ten megabytes that libxml2 allows; without a DTD nothing can grow.
Source: docs/design.md, "What is untrusted".
"""

from __future__ import annotations

from lxml import etree

__all__ = ["parser"]


def parser(*, whole: bool = False) -> etree.XMLParser:
    """A parser for one text, which leaves out comments and processing instructions unless the *whole* text is wanted."""
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=True,
        remove_comments=not whole,
        remove_pis=not whole,
    )
