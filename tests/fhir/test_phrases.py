"""Every element of the clinical resources that are read: said in words, implied, read apart, or a loss of its class.

``mappings/phrases.csv`` decides for each element of FHIR R4, R4B and R5; what it says is tried here, element by element.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from bundles import SNOMED, bundle, path_of
from forms import r5

import bridge
from bridge.fhir.source import definitions
from bridge.tables.codes import rows

BRIDGE = bridge.Bridge()
PHRASES = {row["element"]: row for row in rows("phrases")}
STATUSES = list(rows("status-words"))
KINDS = (
    "AllergyIntolerance Condition Device DeviceAssociation DeviceUsage DeviceUseStatement FamilyMemberHistory Flag "
    "MedicationStatement Observation Procedure"
).split()
MARK = "essai-quarante-deux"
WHO = {"reference": "Patient/p"}
NAMED = {"code": {"text": "Chose à dire"}}

PART = {"code": {"text": "Partie"}, "valueString": "Constat"}

LEAST: dict[str, dict[str, Any]] = {
    "AllergyIntolerance": {**NAMED, "patient": WHO},
    "Condition": {**NAMED, "subject": WHO},
    "Device": {"type": {"text": "Chose à dire"}, "patient": WHO},
    "DeviceAssociation": {
        "device": {"reference": "Device/thing"},
        "subject": WHO,
        "status": {"coding": [{"code": "implanted"}]},
    },
    "DeviceUsage": {"status": "active", "patient": WHO, "device": {"concept": {"text": "Chose à dire"}}},
    "DeviceUseStatement": {"status": "active", "subject": WHO, "device": {"display": "Chose à dire"}},
    "FamilyMemberHistory": {
        "status": "completed",
        "patient": WHO,
        "relationship": {"text": "mère"},
        "condition": [{"code": {"text": "Chose à dire"}}],
    },
    "Flag": {"status": "active", "subject": WHO, **NAMED},
    "MedicationStatement": {"status": "active", "subject": WHO, "medicationCodeableConcept": {"text": "Chose à dire"}},
    "Observation": {"status": "final", "subject": WHO, **NAMED, "component": [PART]},
    "Procedure": {"status": "completed", "subject": WHO, **NAMED},
}


def least(kind: str, version: str) -> dict[str, Any]:
    """A resource with what FHIR demands and a name."""
    found = {"resourceType": kind, "id": "info-x", **LEAST[kind]}
    if version == "R5" and kind == "Condition":
        found["clinicalStatus"] = {"coding": [{"code": "active"}]}
    if version == "R5" and kind == "Device":
        found = {**found, "id": "info-thing", "type": [found["type"]]}
        del found["patient"]
    if version == "R5" and kind == "MedicationStatement":
        found |= {"status": "recorded", "medication": {"concept": found.pop("medicationCodeableConcept")}}
    return found


def order(resource: dict[str, Any], version: str) -> dict[str, Any]:
    """The small order with a resource beside it."""
    more = [resource]
    if version == "R5" and resource["resourceType"] == "Device":
        more.append({"resourceType": "DeviceUsage", "id": "info-u", "status": "active", "patient": WHO})
        more[-1]["device"] = {"reference": {"reference": "Device/info-thing"}}
    if resource["resourceType"] == "DeviceAssociation":
        more.append({"resourceType": "Device", "id": "thing", "type": [{"text": "Chose à dire"}]})
    if version == "R4B":
        return bundle(*more)
    data = r5()
    request = next(e["resource"] for e in data["entry"] if e["resource"]["id"] == "sr")
    for added in more:
        data["entry"].append({"fullUrl": f"https://ehr.example/{added['resourceType']}/{added['id']}", "resource": added})
        request["supportingInfo"].append({"reference": {"reference": f"{added['resourceType']}/{added['id']}"}})
    return data


def sample(kind: str, codes: tuple[str, ...]) -> tuple[Any, str | None]:
    """A value of a FHIR type, and what of it must be read in the document; None for a type without a sample."""
    known: dict[str, tuple[Any, str | None]] = {
        "CodeableConcept": ({"text": MARK}, MARK),
        "CodeableReference": ({"concept": {"text": MARK}}, MARK),
        "Reference": ({"display": MARK}, MARK),
        "Identifier": ({"value": MARK}, MARK),
        "Annotation": ({"text": MARK}, MARK),
        "Dosage": ({"text": MARK}, MARK),
        "Period": ({"start": "2019-05-04"}, "04/05/2019"),
        "Age": ({"value": 37, "unit": "ans"}, "37 ans"),
        "Quantity": ({"value": 37, "unit": "mm"}, "37 mm"),
        "Range": ({"low": {"value": 37, "unit": "mm"}}, "37 mm"),
        "boolean": (True, "oui"),
        "dateTime": ("2019-05-04", "04/05/2019"),
        "date": ("2019-05-04", "04/05/2019"),
        "integer": (37, "37"),
        "Count": ({"value": 37}, None),
        "Duration": ({"value": 37, "unit": "h", "code": "h", "system": "http://unitsofmeasure.org"}, None),
        "instant": ("2019-05-04T10:00:00Z", None),
        "canonical": ("https://ehr.example/x", None),
        "uri": ("https://ehr.example/x", None),
    }
    if kind in ("string", "markdown"):
        return MARK, MARK
    if kind == "code":
        return codes[0] if codes else "x", None
    return known.get(kind, (None, None))


@cache
def elements(version: str) -> tuple[tuple[str, str, str, tuple[str, ...]], ...]:
    """Every element of the types, by its row: the row, the steps to it, its type, its codes."""
    return tuple(place for kind in KINDS if definitions.elements(version, kind) for place in _walk(version, kind, kind, ""))


def _walk(version: str, kind: str, type_name: str, inside: str) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
    for name, element in (definitions.elements(version, type_name) or {}).items():
        if inside and name in ("id", "extension", "modifierExtension"):
            continue
        steps = f"{inside}.{name}" if inside else name
        row = f"{kind}.{inside}.{element.choice}[x]" if inside and element.choice else f"{kind}.{steps}"
        if element.choice and not inside:
            row = f"{kind}.{element.choice}[x]"
        if row not in PHRASES and not inside:
            row = f"*.{name}"
        yield row, f"{kind}.{steps}", element.type, element.codes
        is_part = element.type.startswith(kind) and element.type != kind and definitions.elements(version, element.type)
        if is_part and PHRASES.get(row, {}).get("fate") != "lost":
            yield from _walk(version, kind, element.type, steps)


def planted(version: str, path: str, value: Any) -> dict[str, Any]:
    """The least resource of a type with a value at a path."""
    kind, *steps = path.split(".")
    resource = least(kind, version)
    target, type_name = resource, kind
    for index, step in enumerate(steps):
        element = (definitions.elements(version, type_name) or {})[step]
        if element.choice:
            target.pop("valueString", None)
        if index == len(steps) - 1:
            target[step] = [value] if element.many else value
        else:
            child = _least_part(version, element.type, step, target.get(step))
            target[step] = [child] if element.many else child
            target, type_name = child, element.type
    return resource


def _least_part(version: str, type_name: str, step: str, known: Any) -> dict[str, Any]:
    """What FHIR demands inside an element."""
    if known:
        return dict(known[0] if isinstance(known, list) else known)
    others = {"CodeableConcept": {"text": "autre"}, "CodeableReference": {"concept": {"text": "autre"}}}
    part: dict[str, Any] = {}
    for name, element in (definitions.elements(version, type_name) or {}).items():
        if element.choice_required and name == "valueString":
            part[name] = "autre"
        elif element.required and not element.choice:
            value = others.get(element.type) or sample(element.type, element.codes)[0]
            part[name] = [value] if element.many else value
    return part


@pytest.mark.parametrize("version", ["R4B", "R5"])
def test_every_element_of_the_types_has_a_row(version):
    assert {row for row, *_ in elements(version) if row not in PHRASES and "Extension" not in row} == set()


def test_no_row_is_about_an_element_that_does_not_exist():
    known = {row for version in ("R4B", "R5") for row, *_ in elements(version)}
    assert set(PHRASES) - known == set()


def plantable(fate: str) -> list[tuple[str, str, Any, str | None]]:
    """The elements of a fate that have a sample."""
    found = []
    for version in ("R4B", "R5"):
        for row, path, kind, codes in elements(version):
            value, said = sample(kind, codes)
            if PHRASES.get(row, {}).get("fate") == fate and value is not None:
                found.append((version, path, value, said))
    return found


def told(conversion: Any) -> str:
    order = conversion.order
    return "\n".join(filter(None, [order.medical_history, order.surgical_history, order.prior_results]))


def convert(data: dict[str, Any], version: str) -> Any:
    return BRIDGE.to_cda(data, draft=True, fhir=version)


@pytest.mark.parametrize(("version", "path", "value", "said"), plantable("words"), ids=lambda v: v if isinstance(v, str) else "")
def test_what_is_said_in_words_stands_in_the_text_that_carries_the_fact(version, path, value, said):
    resource = planted(version, path, value)
    data = order(resource, version)
    found = convert(data, version)
    assert "Chose à dire" in told(found)
    if said is not None:
        (line,) = [line for line in told(found).split("\n") if "Chose à dire" in line]
        assert said in line
    lost = [re.sub(r"\[\d+\]", "", str(i.path)) for i in found.losses if str(i.path).startswith(path_of(data, resource["id"]))]
    assert [place for place in lost if f".{path.partition('.')[2]}" in place] == []
    assert found.trace.unfound() == []


@pytest.mark.parametrize(("version", "path", "value", "said"), plantable("lost"), ids=lambda v: v if isinstance(v, str) else "")
def test_what_has_no_words_is_a_loss_of_its_class(version, path, value, said):
    resource = planted(version, path, value)
    data = order(resource, version)
    where, row = path_of(data, resource["id"]), next(r for r, p, *_ in elements(version) if p == path)
    classes = {i.loss for i in convert(data, version).losses if i.path.startswith(f"{where}.{path.split('.')[1]}")}
    if path.endswith((".meta", ".language")):
        return
    assert classes == {PHRASES[row]["class"]}


def _takes(version: str, kind: str, element: str, code: str) -> bool:
    """Whether a version of FHIR has an element, with that code where it lists them."""
    found = (definitions.elements(version, kind) or {}).get(element)
    return found is not None and code in (found.codes or (code,))


@pytest.mark.parametrize("row", STATUSES, ids=lambda row: f"{row['element']} {row['code']}")
def test_a_status_is_ordinary_or_said_or_makes_no_fact(row):
    kind, _, element = row["element"].partition(".")
    if kind not in KINDS or "." in element or element == "dataAbsentReason":
        pytest.skip("tried with its element")
    version = next(v for v in ("R4B", "R5") if _takes(v, kind, element, row["code"]))
    fhir = (definitions.elements(version, kind) or {})[element]
    value: Any = row["code"] if fhir.type == "code" else {"coding": [{"system": "http://hl7.org/fhir/any", "code": row["code"]}]}
    resource = {**least(kind, version), element: value}
    found = convert(order(resource, version), version)
    if row["meaning"] == "never":
        assert "Chose à dire" not in told(found)
        assert "IMGDA-0217" in {i.code for i in found.issues}
    else:
        (line,) = [line for line in told(found).split("\n") if "Chose à dire" in line]
        assert row["words"] in line
        assert element not in "".join(str(i.path) for i in found.losses)


SIDES = {"code": [("7771000", "gauche"), ("24028007", "droit"), ("51440002", "bilatéral")]}


@pytest.mark.parametrize(("code", "side"), SIDES["code"])
@pytest.mark.parametrize("kind", ["Condition", "Procedure", "Observation", "DeviceUseStatement"])
def test_the_side_of_a_site_is_said_even_where_its_words_do_not_say_it(kind, code, side):
    site = {"coding": [{"system": SNOMED, "code": "29836001"}, {"system": SNOMED, "code": code}], "text": "hanche"}
    many = kind in ("Condition", "Procedure")
    found = convert(order({**least(kind, "R4B"), "bodySite": [site] if many else site}, "R4B"), "R4B")
    assert f"localisation : hanche ({side}" in told(found)


def test_a_side_that_the_words_say_is_not_said_twice():
    site = {"coding": [{"system": SNOMED, "code": "24028007"}], "text": "hanche droite"}
    found = convert(order({**least("Condition", "R4B"), "bodySite": [site]}, "R4B"), "R4B")
    assert "localisation : hanche droite\n" in told(found) + "\n"
