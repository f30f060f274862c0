"""Nothing of an official header vanishes in silence: ``python benchmarks/official_headers.py SUITE``.

SUITE is a folder TestContenuCDA; ``{model}`` stands for the version. The header of each example of every volet is put on the body
of a document of ours, which is read to FHIR. Each attribute and text of the header must stand in the Bundle, be named by an issue
at its path, or be implied by ``mappings/cda-implied.csv``. Then the way back to a document: each path of the headers is written
by some document, or listed in ``mappings/cda-never-written.csv``. Prints what is silent, what is refused and why, and the paths
that are neither. Exit code 1 for what is silent and for such a path.
"""

from __future__ import annotations

import argparse
import copy
import html
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from lxml import etree

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bridge import Bridge, BridgeError  # noqa: E402
from bridge.convert import write_document  # noqa: E402
from bridge.evidence import roundtrip  # noqa: E402
from bridge.order import xml as order_xml  # noqa: E402
from bridge.tables.codes import code_system_oid, rows  # noqa: E402

CDA = "{urn:hl7-org:v3}"
STORY = ROOT / "fixtures" / "lymphoma-pet" / "document.xml"
_PARSER = etree.XMLParser(remove_comments=True, remove_pis=True, huge_tree=True)
_OF_THE_MODEL = ("templateId", "code", "title")
"""Elements by which a document is an order of acts of imaging: those of our document."""
_TRANSLATED = re.compile(r"(telecom|addr)/@use|administrativeGenderCode/@\w+|/@codeSystemName")
"""What a table translates (use, gender), and the name of a code system beside its OID (docs/cda.md)."""


class Leaf(NamedTuple):
    """One attribute or text of a header."""

    path: str
    kind: str
    """The path without positions."""
    ends: tuple[str, ...]
    """The ends of the path, as the table of what is implied has them."""
    value: str


def graft(example: Path, model: str) -> bytes | None:
    """The header of an example on the body of our document, under our model; None for what is no CDA document."""
    found = next(etree.parse(str(example), _PARSER).iter(f"{CDA}ClinicalDocument"), None)  # some stand inside a stylesheet
    if found is None:
        return None
    header, own = copy.deepcopy(found), etree.parse(str(STORY), _PARSER).getroot()
    for element in own.findall(f"{CDA}templateId"):
        if element.get("extension"):
            element.set("extension", model)
    for name in (*_OF_THE_MODEL, "component"):
        for element in header.findall(f"{CDA}{name}"):
            header.remove(element)
    for after, names in (("typeId", ("templateId",)), ("id", ("code", "title"))):
        place = header.find(f"{CDA}{after}")
        assert place is not None
        for element in [e for name in names for e in own.findall(f"{CDA}{name}")]:
            place.addnext(copy.deepcopy(element))
            following = place.getnext()
            assert following is not None
            place = following
    _request(header, own)
    header.extend(copy.deepcopy(own.findall(f"{CDA}component")))
    return etree.tostring(header, xml_declaration=True, encoding="UTF-8")


def _request(header: etree._Element, own: etree._Element) -> None:
    """The first event of a header becomes the request: it bears the code of our model."""
    event = header.find(f"{CDA}documentationOf/{CDA}serviceEvent")
    if event is None:
        return
    for element in event.findall(f"{CDA}code"):
        event.remove(element)
    before = [*event.findall(f"{CDA}templateId"), *event.findall(f"{CDA}id")]
    event[len(before) : len(before)] = [copy.deepcopy(code) for code in own.findall(f"{CDA}code")]


def leaves(document: bytes) -> Iterator[Leaf]:
    """Every attribute and text of a header."""

    def walk(element: etree._Element, path: str, names: tuple[str, ...]) -> Iterator[Leaf]:
        texts = [(f"@{etree.QName(n).localname}", v) for n, v in element.attrib.items() if "schemaLocation" not in n]
        text = " ".join([element.text or "", *(child.tail or "" for child in element)]).strip()
        for last, value in [*texts, *([("", text)] if text else [])]:
            where = f"{path}/{last}".rstrip("/")
            steps = (*names, last or "text()")
            ends = tuple("/".join(steps[-size:]) for size in range(1, 5))
            yield Leaf(where, re.sub(r"\[\d+\]", "", where), ends, " ".join(value.split()))
        totals, seen = Counter(child.tag for child in element), Counter[Any]()
        for child in element:
            if child.tag == f"{CDA}component":
                continue
            seen[child.tag] += 1
            name = etree.QName(child).localname
            position = f"[{seen[child.tag]}]" if totals[child.tag] > 1 else ""
            yield from walk(child, f"{path}/{name}{position}", (*names, name))

    yield from walk(etree.fromstring(document), "/ClinicalDocument", ("ClinicalDocument",))


@cache
def _implied() -> set[tuple[str, str]]:
    return {(row["path"], row["value"]) for row in rows("cda-implied")}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)
    else:
        yield " ".join(html.unescape(str(value)).split())


def _moment(value: str) -> str:
    """A time of CDA as FHIR writes it."""
    found = re.fullmatch(r"(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?([+-]\d\d)?(\d\d)?", value)
    if not found:
        return value
    year, month, day, hour, minute, second, east, rest = found.groups()
    date = "-".join(part for part in (year, month, day) if part)
    return f"{date}T{hour}:{minute or '00'}:{second or '00'}" + (f"{east}:{rest}" if east and rest else "") if hour else date


def silent(document: bytes) -> Iterator[Leaf]:
    """What of a header the Bundle does not say, no issue names and nothing implies."""
    found = Bridge().to_fhir(document)
    texts = {*_texts(found.bundle)}
    systems = {oid for text in texts if (oid := code_system_oid(text))} | {text.removeprefix("urn:oid:") for text in texts}
    everything = "\n".join(texts).casefold()
    told = {one.path for one in found.issues}
    for leaf in leaves(document):
        forms = {leaf.value, _moment(leaf.value), leaf.value.partition(":")[2] or leaf.value}
        if leaf.path in told or leaf.path.rpartition("/")[0] in told:
            continue
        if forms & texts or leaf.value in systems or any(len(form) > 3 and form.casefold() in everything for form in forms):
            continue
        if any({(end, leaf.value), (end, "")} & _implied() for end in leaf.ends) or _TRANSLATED.search(leaf.kind):
            continue
        yield leaf


def ours() -> Iterator[bytes]:
    """Documents of ours: the stories, and one of a patient of whom more is known."""
    for story in ROOT.glob("fixtures/*/document.xml"):
        yield story.read_bytes()
    order = order_xml.read(STORY.with_name("order.xml").read_text("utf-8"))
    yield write_document(replace(order, patient=replace(order.patient, deceased=True, multiple_birth=True)))


def _is_never_written(path: str) -> bool:
    path = path.removeprefix("/ClinicalDocument/")
    patterns = (row["path"] for row in rows("cda-never-written"))
    return any(fnmatchcase(path, known) or fnmatchcase(path, known.removeprefix("*/")) for known in patterns)


def read(document: bytes, unsaid: Counter[str], _: set[str]) -> None:
    """To FHIR: count what is silent."""
    unsaid.update(leaf.kind for leaf in silent(document))


def back(document: bytes, _: Counter[str], written: set[str]) -> None:
    """And to a document again: note the paths written."""
    written |= {leaf.kind for leaf in leaves(roundtrip.of_document(document).document)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("suite", help="folder TestContenuCDA; {model} stands for the version")
    given = parser.parse_args()
    count: Counter[str] = Counter()
    unsaid: Counter[str] = Counter()
    sent, written = set[str](), set[str]()
    for own in ours():
        written |= {leaf.kind for leaf in leaves(own)}
    for model in ("2024.01", "2022.01"):
        for example in sorted((Path(given.suite.format(model=model)) / "ExemplesCDA").rglob("*.xml")):
            if (document := graft(example, model)) is None:
                continue
            count["headers"] += 1
            sent |= {leaf.kind for leaf in leaves(document)}
            count["values"] += sum(1 for _ in leaves(document))
            for step in (read, back):
                try:
                    step(document, unsaid, written)
                except BridgeError as error:
                    count[f"refused by {step.__name__}"] += 1
                    print(f"refused by {step.__name__}: {model} {example.name}\n  {error}")
                    break
    left = sorted(path for path in sent - written if not _is_never_written(path))
    print(dict(count), f"silent: {dict(unsaid)}", f"paths: {len(sent)}, written: {len(sent & written)}", *left, sep="\n")
    return 1 if unsaid or left else 0


if __name__ == "__main__":
    raise SystemExit(main())
