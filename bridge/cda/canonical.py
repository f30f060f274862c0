"""A document in canonical form: what it says, without what only its layout says.

Two documents are equal in canonical form when they hold the same leaves. A leaf is an attribute or a text with the path of its
element; where elements repeat, the path tells them by what they are about (``participant[@typeCode='INF']``), not by their
place. Canonical form leaves out:

* comments, processing instructions, white space, prefixes, attributes that repeat the default of the CDA schema;
* the UUIDs of sections and entries that are made anew in each document (those of acts and contre-indications are kept);
* ``codeSystemName``, which repeats the code system;
* the layout of narratives: a cell stands under its heading, a reference as the words that it leads to;
* the bytes of attachments, which stand as their SHA-256.

Source: docs/roundtrip.md.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from lxml import etree

from bridge import xml
from bridge.order.xml import seed_of

__all__ = ["Difference", "differences", "leaves"]

CDA = "{urn:hl7-org:v3}"
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"

_DEFAULTS = frozenset(
    {
        ("act", "classCode", "ACT"),
        ("assignedAuthor", "classCode", "ASSIGNED"),
        ("assignedEntity", "classCode", "ASSIGNED"),
        ("assignedPerson", "classCode", "PSN"),
        ("assignedPerson", "determinerCode", "INSTANCE"),
        ("associatedPerson", "classCode", "PSN"),
        ("associatedPerson", "determinerCode", "INSTANCE"),
        ("author", "typeCode", "AUT"),
        ("authenticator", "typeCode", "AUTHEN"),
        ("birthplace", "classCode", "BIRTHPL"),
        ("ClinicalDocument", "classCode", "DOCCLIN"),
        ("ClinicalDocument", "moodCode", "EVN"),
        ("component", "contextConductionInd", "true"),
        ("component", "typeCode", "COMP"),
        ("componentOf", "typeCode", "COMP"),
        ("custodian", "typeCode", "CST"),
        ("assignedCustodian", "classCode", "ASSIGNED"),
        ("documentationOf", "typeCode", "DOC"),
        ("encompassingEncounter", "classCode", "ENC"),
        ("encompassingEncounter", "moodCode", "EVN"),
        ("entry", "contextConductionInd", "true"),
        ("entry", "typeCode", "COMP"),
        ("guardian", "classCode", "GUARD"),
        ("guardianPerson", "classCode", "PSN"),
        ("guardianPerson", "determinerCode", "INSTANCE"),
        ("healthCareFacility", "classCode", "SDLOC"),
        ("informant", "contextControlCode", "OP"),
        ("informant", "typeCode", "INF"),
        ("informationRecipient", "typeCode", "PRCP"),
        ("legalAuthenticator", "typeCode", "LA"),
        ("location", "classCode", "PLC"),
        ("location", "determinerCode", "INSTANCE"),
        ("location", "typeCode", "LOC"),
        ("originalText", "mediaType", "text/xml"),
        ("participant", "contextControlCode", "OP"),
        ("patient", "classCode", "PSN"),
        ("patient", "determinerCode", "INSTANCE"),
        ("patientRole", "classCode", "PAT"),
        ("performer", "typeCode", "PRF"),
        ("place", "classCode", "PLC"),
        ("place", "determinerCode", "INSTANCE"),
        ("recordTarget", "typeCode", "RCT"),
        ("relatedPerson", "classCode", "PSN"),
        ("relatedPerson", "determinerCode", "INSTANCE"),
        ("representedCustodianOrganization", "classCode", "ORG"),
        ("representedCustodianOrganization", "determinerCode", "INSTANCE"),
        ("representedOrganization", "classCode", "ORG"),
        ("representedOrganization", "determinerCode", "INSTANCE"),
        ("scopingOrganization", "classCode", "ORG"),
        ("scopingOrganization", "determinerCode", "INSTANCE"),
        ("section", "classCode", "DOCSECT"),
        ("section", "moodCode", "EVN"),
        ("serviceEvent", "classCode", "ACT"),
        ("serviceEvent", "moodCode", "EVN"),
        ("structuredBody", "classCode", "DOCBODY"),
        ("structuredBody", "moodCode", "EVN"),
    }
)
"""Attributes that say what the schema says without them (HL7 CDA R2)."""

_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


class Difference(NamedTuple):
    """A leaf that only one document has, or that has another value in each."""

    path: str
    before: str | None
    after: str | None


def differences(first: bytes, second: bytes) -> list[Difference]:
    """What differs between two documents in canonical form, in the order of the first; empty when they are equal."""
    before, after = leaves(first), leaves(second)
    found = [Difference(path, value, after.get(path)) for path, value in before.items() if after.get(path) != value]
    return found + [Difference(path, None, value) for path, value in after.items() if path not in before]


def leaves(document: bytes) -> dict[str, str]:
    """The leaves of a document in canonical form: value by path. Raises :class:`bridge.xml.Unreadable`."""
    root = xml.read(document)
    targets = {str(e.get("ID")): _words(e) for e in root.iter() if e.get("ID")}
    found: dict[str, str] = {}
    for path, value in _Walk(targets, _repeated(root), _seed(root)).element(root, "/" + _name(root)):
        found[path] = value
    return found


def _name(element: etree._Element) -> str:
    name = etree.QName(element)
    return name.localname if name.namespace == CDA[1:-1] else f"{element.prefix or 'x'}:{name.localname}"


def _words(element: etree._Element) -> str:
    """The text of an element on one line, with plain apostrophes."""
    for line_break in element.iter(f"{CDA}br"):
        if not (line_break.tail or "").startswith(" "):
            line_break.tail = " " + (line_break.tail or "")
    return " ".join("".join(element.itertext()).split()).replace("’", "'")


class _Walk:
    """Lists the leaves under an element."""

    def __init__(self, targets: dict[str, str], repeated: frozenset[str], seed: str) -> None:
        self._targets = targets
        self._repeated = repeated
        """UUIDs that name several elements of the body, and so none."""
        self._seed = seed
        """How the UUIDs begin that are derived from the identifier of the document."""

    def element(self, element: etree._Element, path: str) -> Iterator[tuple[str, str]]:
        parent = element.getparent()
        if element.tag == f"{CDA}text" and parent is not None and parent.tag == f"{CDA}section":
            yield from _narrative(element, path)
            return
        yield from self._attributes(element, path)
        children = [child for child in element if isinstance(child.tag, str)]
        if text := _value(element):
            yield f"{path}/text()", text
        elif not children and not element.attrib:
            yield path, ""
        seen: Counter[str] = Counter()
        for child in children:
            step = _step(child)
            seen[step] += 1
            if not self._is_fresh_id(child):
                yield from self.element(child, f"{path}/{step}" + (f"[{seen[step]}]" if seen[step] > 1 else ""))

    def _is_fresh_id(self, element: etree._Element) -> bool:
        """Whether an element is the id of a section or an entry that is made anew in each document."""
        root, parent = element.get("root", ""), element.getparent()
        if element.tag != f"{CDA}id" or element.get("extension") or not _UUID.fullmatch(root):
            return False
        name = root.upper()
        own = name not in self._repeated and not name.startswith(self._seed)
        if own and parent is not None and _is_kept(parent):
            return False
        return any(ancestor.tag == f"{CDA}structuredBody" for ancestor in element.iterancestors())

    def _attributes(self, element: etree._Element, path: str) -> Iterator[tuple[str, str]]:
        local = etree.QName(element).localname
        for name, value in sorted(xml.attributes(element)):
            key, text = str(name), str(value)
            if key == f"{XSI}type" and local == "targetSiteCode":
                continue  # the schema gives it the type CD
            if key == f"{XSI}type":
                yield f"{path}/@xsi:type", text.rpartition(":")[2]
            elif key.startswith(XSI) or key in ("codeSystemName", "ID") or (local, key, text) in _DEFAULTS:
                continue
            elif local == "reference" and key == "value":
                yield f"{path}/@value", self._targets.get(text.removeprefix("#"), f"({text})")
            elif key == "root" and _UUID.fullmatch(text):
                yield f"{path}/@root", text.upper()
            else:
                yield f"{path}/@{key}", " ".join(text.split())


def _value(element: etree._Element) -> str:
    """The text of an element itself, on one line; of an attachment, its size and hash."""
    text = " ".join(" ".join([element.text or "", *(child.tail or "" for child in element)]).split())
    if element.get("representation") != "B64":
        return text
    try:
        content = base64.b64decode(text.replace(" ", ""), validate=True)
    except (binascii.Error, ValueError):
        content = text.encode()
    return f"{len(content)} bytes, SHA-256 {hashlib.sha256(content).hexdigest()}"


def _repeated(root: etree._Element) -> frozenset[str]:
    counts = Counter(e.get("root", "").upper() for e in root.iterfind(f"{CDA}component/{CDA}structuredBody//{CDA}id"))
    return frozenset(name for name, count in counts.items() if count > 1)


def _seed(root: etree._Element) -> str:
    name = root.find(f"{CDA}id")
    return seed_of(name.get("root", ""), name.get("extension"))[:24] if name is not None else "?"


def _is_kept(element: etree._Element) -> bool:
    """Whether an element is an entry whose identifier the order holds: a contre-indication, or an act."""
    code = element.find(f"{CDA}code")
    if element.get("moodCode") == "INT" or etree.QName(element).localname == "procedure":
        return True
    return code is not None and code.get("code") == "64100-1"


# --- steps: what tells an element from its like -----------------------------------------------------------------------

_ABOUT = {
    "templateId": ("@root",),
    "id": ("@root",),
    "telecom": ("@value",),
    "family": ("@qualifier",),
    "given": ("@qualifier",),
    "informant": ("relatedEntity/@classCode",),
    "participant": ("@typeCode", "functionCode/@code"),
    "encounterParticipant": ("@typeCode",),
    "documentationOf": ("serviceEvent/code/@code",),
    "targetSiteCode": ("@code",),
    "translation": ("@code",),
    "entryRelationship": ("observation/code/@code", "act/code/@code", "observation/value/@code"),
    "entry": ("observation/code/@code", "procedure/code/@code", "observation/value/@code", "organizer/code/@code"),
}
"""What an element is about, by its name: the attributes that tell it from its like."""


def _step(element: etree._Element) -> str:
    name = _name(element)
    if name == "component" and element.find(f"{CDA}section") is not None:
        return f"component{_predicate(element, 'section/code/@code')}"
    return name + "".join(_predicate(element, path) for path in _ABOUT.get(name, ()))


def _predicate(element: etree._Element, path: str) -> str:
    *steps, attribute = path.split("/")
    target = element.find("/".join(CDA + step for step in steps)) if steps else element
    value = target.get(attribute[1:]) if target is not None else None
    return f"[{path}='{value}']" if value is not None else ""


# --- narratives ------------------------------------------------------------------------------------------------------


def _narrative(text: etree._Element, path: str) -> Iterator[tuple[str, str]]:
    """The cells of a narrative under their headings, then the words that stand outside tables."""
    seen: Counter[str] = Counter()
    for number, table in enumerate(text.iter(f"{CDA}table"), start=1):
        if headings := " | ".join(_headings(table)):
            yield f"{path}/headings[{number}]", headings
        for heading, words in _cells(table):
            if words not in ("", "-"):
                seen[heading] += 1
                yield f"{path}/cell[{heading}]" + (f"[{seen[heading]}]" if seen[heading] > 1 else ""), words
    for table in list(text.iter(f"{CDA}table")):
        table.clear()
    if words := _words(text):
        yield f"{path}/text()", words


def _headings(table: etree._Element) -> list[str]:
    return [_words(cell) for cell in table.iterfind(f"{CDA}thead/{CDA}tr/{CDA}th")]


def _cells(table: etree._Element) -> Iterator[tuple[str, str]]:
    """Heading and words of each cell; in a table without headings the first cell of a row is the heading of the others."""
    headings = _headings(table)
    for row in table.iter(f"{CDA}tr"):
        cells = [cell for cell in row if cell.tag == f"{CDA}td"]
        if headings:
            for heading, cell in zip(headings, cells, strict=False):
                media = [str(m.get("referencedObject")) for m in cell.iter(f"{CDA}renderMultiMedia")]
                yield heading, _words(cell) or " ".join(media)
        elif cells:
            label = _words(cells[0])
            for cell in cells[1:] or cells:
                yield label, _words(cell)
