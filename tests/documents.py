"""Facts that every document must keep, whatever its order: those that no official suite checks."""

from __future__ import annotations

import re
from collections import Counter

from lxml import etree

CDA = {"c": "urn:hl7-org:v3", "xsi": "http://www.w3.org/2001/XMLSchema-instance"}

_MEDICAL = ("64100-1", "ORG-192")


def tree_of(document: bytes) -> etree._Element:
    """A document as a tree, however large its attachments."""
    return etree.fromstring(document, etree.XMLParser(huge_tree=True, resolve_entities=False))


def find(root: etree._Element, path: str) -> list[etree._Element]:
    """XPath with the prefix ``c`` for CDA."""
    return root.xpath(path, namespaces=CDA)  # type: ignore[return-value]


def text_of(root: etree._Element, reference: str) -> str:
    """The narrative that ``#id`` refers to, with ``\\n`` for its line breaks."""
    (content,) = find(root, f"//*[@ID='{reference.removeprefix('#')}']")
    parts = [content.text or ""]
    for child in content:
        parts += ["\n" if child.tag.endswith("}br") else "".join(child.itertext()), child.tail or ""]
    return "".join(parts)


def assert_sound(document: bytes) -> None:
    """Every reference resolves, ids are unique, entries and narrative agree, nothing is empty."""
    root = tree_of(document)
    ids = [str(i) for i in find(root, "//@ID")]
    assert len(ids) == len(set(ids))
    for value in find(root, "//c:reference/@value"):
        assert str(value).startswith("#")
        assert str(value)[1:] in ids, value
    for value in find(root, "//@referencedObject"):
        assert str(value) in ids
    body = [str(i) for i in find(root, "//c:structuredBody//c:id[not(@extension)]/@root")]
    assert [root_ for root_, count in Counter(body).items() if count > 1] == []
    assert all(re.fullmatch(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}|[0-2](\.(0|[1-9]\d*))+", root_) for root_ in body)
    for code in find(root, "//c:observation[c:code/@code='64100-1' or c:code/@code='ORG-192']/c:value"):
        reference = find(code, "c:originalText/c:reference/@value")[0]
        assert text_of(root, str(reference)) == code.get("displayName")
    assert not find(root, "//@*[. = '']")
    assert not find(root, "//c:content[not(node())]")
    assert document.startswith(b'<?xml version="1.0" encoding="UTF-8"?><ClinicalDocument')
