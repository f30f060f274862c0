"""The codes of an order read from a document: labels of the value sets, retired codes, missing code systems.

The code is trusted, not its label; where they disagree, that is said, and a label that names something else is an error.
Source: IMG-DA-IMG 2024.01, the JDV; docs/models.md,
"Codes"; mappings/codes/retired.csv.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from lxml import etree

from bridge.cda.wording import fold, is_contrary_to
from bridge.order.xml import NAMESPACE
from bridge.tables.codes import Concept, ValueSet, rows, value_set

__all__ = ["tidy"]

_O = f"{{{NAMESPACE}}}"

_SETS = {
    "care-information/concept": "care-information",
    "contraindication/concept": "contraindication",
    "contrast": "contrast-injection",
    "attachment/type": "document-type",
    "encounter/type": "encounter-type",
    "facility/type": "facility-type",
    "author/function": "function-code",
    "participant/function": "function-code",
    "gender": "gender",
    "location": "site",
    "modality": "modality",
    "modifier": "topographic-modifier",
    "practice-setting": "practice-setting",
    "relation": "relation",
    "speciality": "author-speciality",
}
"""The value set of each code, by its element, or its parent and its element."""

_CLINICAL = frozenset(
    (
        "care-information contraindication contrast-injection modality pet-function scintigraphy-function site"
        " topographic-modifier"
    ).split()
)

CONTRARY = "IMGDA-0444"
"""A label that names something else than its code (docs/decisions.md, 25)."""

Finding = tuple[str, etree._Element, str | None]
"""Code of an issue, the element of the order, the value concerned."""


@cache
def _retired() -> dict[tuple[str, str, str], Concept | None]:
    return {
        (row["value_set"], row["cda_code"], row["cda_system"]): Concept(
            row["replaced_by_code"],
            row["replaced_by_system"],
            value_set(row["value_set"]).concepts[row["replaced_by_code"], row["replaced_by_system"]].display,
        )
        if row["replaced_by_code"]
        else None
        for row in rows("codes/retired")
    }


def tidy(order: etree._Element) -> Iterator[Finding]:
    """Write every code of an ``order.xml`` as its value set has it, and yield what that changed or could not."""
    for element in [e for e in order.iter(etree.Element) if e.get("system") is not None and e.tag != f"{_O}translation"]:
        name = _set_of(element)
        if name is not None:
            yield from _one(element, value_set(name), clinical=name in _CLINICAL)
        _drop_wording(element)


def _set_of(element: etree._Element) -> str | None:
    parent = element.getparent()
    tag = str(element.tag).removeprefix(_O)
    around = str(parent.tag).removeprefix(_O) if parent is not None else ""
    if (around, tag) == ("function", "concept"):
        assert parent is not None
        modality = parent.find(f"../{_O}modality")
        return "scintigraphy-function" if modality is not None and modality.get("code") == "NM" else "pet-function"
    return _SETS.get(f"{around}/{tag}") or _SETS.get(tag)


def _one(element: etree._Element, known: ValueSet, *, clinical: bool) -> Iterator[Finding]:
    code, system = element.get("code", ""), element.get("system", "")
    concept = known.find(code, system)
    if concept is None and not system and (concept := known.unique(code)):
        yield "IMGDA-1289", element, None
        element.set("system", concept.system)
    if concept is not None:
        yield from _label(element, concept, known.name, clinical=clinical)
        return
    replacement = _retired().get((known.name, code, system))
    if replacement is None:
        unknown = "IMGDA-1303" if known.name == "gender" else "IMGDA-1281"  # FHIR has a closed list of genders
        yield (unknown if system else "IMGDA-1298"), element, code
        return
    yield "IMGDA-1280", element, element.get("display") or code
    if known.name in ("modality", "site"):
        element.append(etree.Element(f"{_O}translation", dict(_attributes(element))))
    for name, value in zip(("code", "system", "display"), replacement, strict=True):
        element.set(name, value)


def _attributes(element: etree._Element) -> Iterator[tuple[str, str]]:
    for name in ("code", "system", "display"):
        if (value := element.get(name)) is not None:
            yield name, value


def _label(element: etree._Element, concept: Concept, name: str, *, clinical: bool) -> Iterator[Finding]:
    """The label of the value set; another spelling is a small thing, another label may mean another code, or name one."""
    sent = element.get("display")
    element.set("display", concept.display)
    if sent is None or sent == " ".join(concept.display.split()):
        return
    if fold(sent) == fold(concept.display):
        yield "IMGDA-1283", element, sent
    elif clinical and is_contrary_to(sent, name, concept):
        yield CONTRARY, element, sent
    else:
        yield ("IMGDA-1282" if clinical else "IMGDA-1284"), element, sent


def _drop_wording(element: etree._Element) -> None:
    """A wording that is the label says nothing more."""
    text = element.find(f"{_O}text")
    if text is not None and (text.text or "").casefold() == element.get("display", "").casefold():
        element.remove(text)
