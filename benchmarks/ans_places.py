"""How many values of documents stand where the mapping of ANS has them: ``python benchmarks/ans_places.py [FILE|FOLDER]...``.

For each row of ``mappings/ans-mapping.csv`` that names a place in the CDA document and one in FHIR, every value of the document
there (codes, numbers, dates, words; labels of codes and technical attributes aside) is looked for at that place of the Bundle.
Without arguments the stories of ``fixtures/`` are measured.
"""

from __future__ import annotations

import html
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lxml import etree

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bridge import Bridge, BridgeError  # noqa: E402
from bridge.fhir.profiles.paths import PathValue, parse_path  # noqa: E402
from bridge.tables.codes import code_system_oid, rows  # noqa: E402

_ASIDE = frozenset(
    "codeSystemName displayName nullFlavor type use qualifier assigningAuthorityName representation ID unit typeCode".split()
)
_PLAIN = re.compile(r"[^0-9a-z]+")


def forms(text: str) -> set[str]:
    """A value as both sides may write it: without its scheme, as the OID of a system, digits of a moment, letters and digits."""
    text = " ".join(html.unescape(text).split())
    system = code_system_oid(text) or ""
    text = text.casefold()
    bare = text.removeprefix("urn:oid:").removeprefix("urn:uuid:").partition(":")
    found = {text, bare[0], bare[2] or bare[0], system, re.sub(r"[-:t]", "", text)}
    return {_PLAIN.sub("", form.replace("+", "")) for form in found if form} - {""}


def values(tree: etree._Element, xpath: str) -> Iterator[str]:
    """The values of a place in the document."""
    found = tree.xpath(xpath)
    for each in found if isinstance(found, list) else ():
        if isinstance(each, str):
            yield from [each] if each.strip() else []
            continue
        for element in each.iter(etree.Element):
            yield from (value for name, value in element.items() if name not in _ASIDE and not name.startswith("{"))
            yield from [element.text] if (element.text or "").strip() else []


def leaves(value: Any) -> Iterator[str]:
    """The values under a place of the Bundle."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key == "div":
                yield re.sub(r"<[^>]*>", " ", item)
            elif key != "url":
                yield from leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item)
    else:
        yield str(value)


def at(bundle: dict[str, Any], path: str) -> set[str]:
    """Every form of every value at a place of the Bundle."""
    kind, _, rest = path.partition(".")
    owners = [bundle] if kind == "Bundle" else [e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == kind]
    found = [PathValue(owner, kind) for owner in owners]
    for step in parse_path(rest):
        found = [inner for outer in found for inner in step.of(outer, lambda _: None, lambda _: frozenset())]
    texts = {leaf for item in found for leaf in leaves(item.value)}
    return {form for text in texts for part in (text, *(text.split() if " " in text else ())) for form in forms(part)}


def is_there(value: str, found: set[str], words: str) -> bool:
    """Whether a value of the document stands among those of the Bundle, words as a part of others."""
    wanted = forms(value)
    return bool(wanted & found) or not wanted or any(len(form) > 3 and form in words for form in wanted)


def measure(document: bytes) -> Counter[tuple[str, str, bool]]:
    """How many values of each row stand where ANS has them, and how many do not."""
    bundle = Bridge().to_fhir(document).bundle
    tree = etree.fromstring(document)
    for element in tree.iter(etree.Element):
        element.tag = etree.QName(element).localname
    counts: Counter[tuple[str, str, bool]] = Counter()
    for row in rows("ans-mapping"):
        if row["cda"] and row["ans"]:
            place = parse_place(row)
            found = at(bundle, place)
            words = " ".join(found)
            for value in values(etree.ElementTree(tree).getroot(), row["cda"]):
                right = row["verdict"] == "as ANS" and is_there(value, found, words)
                counts[row["map"], row["element"], right] += 1
    return counts


def parse_place(row: dict[str, str]) -> str:
    """The FHIR place of a row; the resource alone where the row means the whole of it."""
    return row["ans"].partition(":")[0]


def main(names: list[str]) -> int:
    """Measure every document and print what does not stand where ANS has it."""
    roots = [Path(name) for name in names] or [ROOT / "fixtures"]
    paths = [path for root in roots for path in ([root] if root.is_file() else root.rglob("*.xml"))]
    total: Counter[tuple[str, str, bool]] = Counter()
    read = 0
    for path in sorted(paths):
        source = path.read_bytes()
        if b"ClinicalDocument" not in source[:4096]:
            continue
        try:
            total += measure(source)
            read += 1
        except BridgeError:
            print(f"refused: {path.name}")
    right = sum(count for (_, _, is_right), count in total.items() if is_right)
    whole = sum(total.values())
    print(f"{read} documents, {whole} values, {right} as ANS ({100 * right / max(whole, 1):.1f} %)")
    for (name, element, is_right), count in total.most_common():
        if not is_right:
            print(f"{count:>6}  {element}  ({name})")
    return 0 if whole and right / whole >= 0.97 else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
