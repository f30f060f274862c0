"""How much of what can be wrong with a document the check finds: ``python benchmarks/check_mutations.py DOCUMENT [--suite DIR]``.

Single mutations of a valid document, seeded: an element removed, duplicated, renamed or moved, a code, root, attribute, date,
reference or text changed. Prints how many our rules find (a finding that the document itself has not), by kind, and lists what
is missed. With ``--suite`` (or ``IMGDA_SUITE``), the folder TestContenuCDA of ``--model``, also what its suites refuse and
we call conform.

A mutation *leaves the model* unless its result is another document that an author may write: an optional element or attribute
left out, a free text or an identifier of other content. Those cannot be told from a valid document by any rule; they are counted
apart.
"""

from __future__ import annotations

import argparse
import copy
import os
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

CDA = "{urn:hl7-org:v3}"


@dataclass(frozen=True)
class Mutation:
    """A document with one thing changed."""

    kind: str
    where: str
    document: bytes
    leaves_model: bool
    """Whether a rule could see it: see the module."""


def mutations(document: bytes, count: int, seed: int = 1) -> Iterator[Mutation]:
    """*count* mutations, each of another place and kind."""
    from bridge.checks.structure import paths

    draw = random.Random(seed)
    root = etree.fromstring(document, etree.XMLParser(huge_tree=True))
    places = range(1, sum(1 for _ in root.iter(f"{CDA}*")))
    waiting = {kind: draw.sample(places, len(places)) for kind in _KINDS}
    made = 0
    while made < count:
        kind = draw.choice([kind for kind, rest in waiting.items() if rest])
        while waiting[kind]:
            tree = copy.deepcopy(root)
            element = list(tree.iter(f"{CDA}*"))[waiting[kind].pop()]
            where = paths().of(element)
            meant = _KINDS[kind](element, draw)
            if meant is not None:
                made += 1
                yield Mutation(kind, where, etree.tostring(tree, xml_declaration=True, encoding="UTF-8"), meant)
                break


def _optional(element: etree._Element) -> bool:
    """Whether the model lets this element be left out: another one of its name stays, or none is needed."""
    from bridge.checks.types import types

    above = element.getparent()
    name, parent = etree.QName(element).localname, "" if above is None else etree.QName(above).localname
    if name == "id":
        return parent.endswith("Organization")
    free = {"telecom", "addr", "functionCode", "prefix", "suffix", "given", "guardian", "dataEnterer", "informant", "participant"}
    free |= {
        "authenticator",
        "informationRecipient",
        "authorization",
        "relatedDocument",
        "responsibleParty",
        "encounterParticipant",
    }
    free |= {"associatedPerson", "receivedOrganization", "br", "effectiveTime"} - (
        {"effectiveTime"} if parent != "observation" else set()
    )
    if name == "performer":
        return element.find(f"../{CDA}code[@code='MED-1095']") is not None
    free |= {"translation", "name", "standardIndustryClassCode", "county", "representedOrganization", "scopingOrganization"}
    parts = {child for kind in ("AD", "PN-relative") for child in types()[kind].children}
    return name in (free | parts)


def _remove(element: etree._Element, _: random.Random) -> bool | None:
    parent = element.getparent()
    assert parent is not None
    optional = _optional(element)
    parent.remove(element)
    return not optional


def _duplicate(element: etree._Element, _: random.Random) -> bool | None:
    element.addnext(copy.deepcopy(element))
    return etree.QName(element).localname not in ("informant", "participant", "br", "authorization")


def _rename(element: etree._Element, _: random.Random) -> bool | None:
    element.tag = f"{CDA}{etree.QName(element).localname}X"
    return True


def _move(element: etree._Element, _: random.Random) -> bool | None:
    after = element.getnext()
    if after is None or after.tag == element.tag:
        return None
    after.addnext(element)
    loose = {"name", "addr", "td", "text", "content", "tr"}
    above = element.getparent()
    return above is None or etree.QName(above).localname not in loose


def _code(element: etree._Element, draw: random.Random) -> bool | None:
    if "code" not in element.attrib:
        return None
    others = {"ZZZ-1", "MED-1133", "G15_10", "CT", "24028007", "F", "64100-1"} - {element.get("code")}
    element.set("code", draw.choice(sorted(others)))
    return True


def _root(element: etree._Element, draw: random.Random) -> bool | None:
    if "root" not in element.attrib:
        return None
    element.set("root", draw.choice(["1.2.03.4", "urn:oid:1.2.3", "x", "1.2.250.1.999.77"]))
    free = element.get("root") == "1.2.250.1.999.77" and etree.QName(element).localname in ("id", "setId")
    return not free


def _attribute(element: etree._Element, draw: random.Random) -> bool | None:
    if not element.attrib:
        return None
    name = draw.choice(sorted(element.attrib))
    how = draw.choice(["remove", "empty", "other", "unknown"])
    if how == "remove":
        del element.attrib[name]
        defaults = ("classCode", "typeCode", "moodCode", "determinerCode", "inversionInd", "use", "border", "codeSystemName")
        return name not in (*defaults, "styleCode", "ID")
    if how == "unknown":
        element.set("strange", "x")
        return True
    element.set(name, "" if how == "empty" else "other")
    return name not in ("border", "styleCode") and (how == "empty" or name != "extension")


def _date(element: etree._Element, draw: random.Random) -> bool | None:
    value = element.get("value", "")
    if len(value) < 8 or not value[:8].isdigit():
        return None
    element.set(
        "value", draw.choice([value[:4] + "1332" + value[8:], "2024-03-15", value[:8] + "Z", "21" + value[2:], "18" + value[2:]])
    )
    return True


def _reference(element: etree._Element, draw: random.Random) -> bool | None:
    if etree.QName(element).localname not in ("reference", "renderMultiMedia"):
        return None
    name = "value" if "value" in element.attrib else "referencedObject"
    element.set(name, draw.choice(["#nowhere", element.get(name, "").lstrip("#") + "x", "nowhere"]))
    return True


def _text(element: etree._Element, draw: random.Random) -> bool | None:
    if not (element.text or "").strip():
        return None
    element.text = draw.choice(["", "autre chose"])
    inside = any(etree.QName(one).localname == "structuredBody" for one in element.iterancestors())
    return element.text == "" or (inside and etree.QName(element).localname not in ("content", "td", "text", "title", "value"))


_KINDS: dict[str, Callable[[etree._Element, random.Random], bool | None]] = {
    "remove": _remove,
    "duplicate": _duplicate,
    "rename": _rename,
    "move": _move,
    "code": _code,
    "root": _root,
    "attribute": _attribute,
    "date": _date,
    "reference": _reference,
    "text": _text,
}


def findings(document: bytes, model: str | None = None) -> Counter[str]:
    """What our rules find, by code."""
    from bridge.checks import check

    return Counter(found.code for found in check(document, model=model).issues)


def official(document: bytes, suite: object) -> int:
    """How many failures the official suites have."""
    return len(suite.check(document).issues)  # type: ignore[attr-defined]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("document", type=Path)
    parser.add_argument("--suite", type=Path, default=os.environ.get("IMGDA_SUITE"))
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--model", default="2024.01", help="version of the model of the document")
    arguments = parser.parse_args()
    document = arguments.document.read_bytes()
    usual = findings(document, arguments.model)
    made = list(mutations(document, arguments.count, arguments.seed))
    found = [bool(findings(one.document, arguments.model) - usual) for one in made]
    for kind in _KINDS:
        of = [hit for one, hit in zip(made, found, strict=True) if one.kind == kind and one.leaves_model]
        print(f"{kind:<12}{sum(of):>4} of {len(of)}")
    leaving = [(one, hit) for one, hit in zip(made, found, strict=True) if one.leaves_model]
    hits = sum(hit for _, hit in leaving)
    print(f"leave the model: {len(leaving)}, found {hits} ({hits / len(leaving):.1%}); found of all {len(made)}: {sum(found)}")
    for one, hit in zip(made, found, strict=True):
        if not hit:
            print(f"  missed{'' if one.leaves_model else ' (another valid document)'}: {one.kind} {one.where}")
    if arguments.suite:
        _compare(made, Path(arguments.suite), arguments.model)


def _compare(made: list[Mutation], folder: Path, model: str) -> None:
    """What the official suites refuse and we call conform."""
    from bridge.checks import check
    from bridge.checks.suite import Suite

    found = [not check(one.document, model=model).conforms for one in made]
    with Suite(folder, model) as suite:
        refused = [official(one.document, suite) > 0 for one in made]
    both = sum(hit and bad for hit, bad in zip(found, refused, strict=True))
    print(f"the official suites find {sum(refused)} of {len(made)}; of these, we call {both} not conform")
    for one, hit, bad in zip(made, found, refused, strict=True):
        if bad and not hit:
            print(f"  theirs alone: {one.kind} {one.where}")


if __name__ == "__main__":
    main()
