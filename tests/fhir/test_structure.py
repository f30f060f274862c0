"""The structural check against its reference, fhir.resources: what the library refuses is refused here.

The mutation test makes single defects at random in every resource of the fixtures and samples: 4,000 in each run, of which
fhir.resources refuses about 2 in 3. ``IMGDA_MUTATIONS`` sets another number; of 60,000, the library refused 39,477 and the check
let none of them through.
"""

from __future__ import annotations

import copy
import json
import os
import random
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from importlib import import_module
from typing import Any

import pytest
from bundles import LOINC, bundle, concept, observation, order_of, patient
from conftest import REFERENCE, STORIES, input_of

from bridge.fhir.source import definitions, parse, structure

COUNT = int(os.environ.get("IMGDA_MUTATIONS", "4000"))


@pytest.mark.parametrize("version", ["R4B", "R5"])
def test_the_metadata_are_those_of_fhir_resources(version):
    assert json.loads(definitions.file_of(version).read_text("utf-8")) == definitions.extract(version)


@cache
def model(version: str, kind: str) -> Any:
    package = "fhir.resources" if version == "R5" else "fhir.resources.R4B"
    return import_module(package).get_fhir_model_class(kind)


def refused_by_the_library(resource: dict[str, Any], version: str) -> bool:
    try:
        model(version, resource["resourceType"]).model_validate(copy.deepcopy(resource))
    except Exception:
        return True
    return False


def resources() -> list[tuple[str, dict[str, Any]]]:
    """Every resource of the fixtures and samples, and the version of its input."""
    files = [input_of(story) for story in STORIES]
    files += sorted((REFERENCE / "samples").glob("*.json")) if REFERENCE.is_dir() else []
    found: list[tuple[str, dict[str, Any]]] = []
    for file in files:
        parsed = parse.parse(file.read_bytes())
        version = "R5" if parsed.version == "R5" else "R4B"
        found += [(version, resource) for resource, _ in structure._resources(parsed.resource, "")]
    return [(version, r) for version, r in found if r["resourceType"] != "Bundle"]


def places(value: Any) -> Iterator[tuple[Any, str | int]]:
    """Every element of a resource: its container and its key."""
    for key, item in list(value.items() if isinstance(value, dict) else enumerate(value)):
        if key != "resourceType":
            yield value, key
        if isinstance(item, (dict, list)):
            yield from places(item)


WRONG = [None, "", "  ", [], {}, [None], 1, -1, 1.5, True, "true", "x y", "é" * 70, {"x": 1}, [[]], "2026-02-30", "2026-13", "26"]


def mutated(resource: dict[str, Any], rng: random.Random) -> tuple[dict[str, Any], str]:
    """The resource with one defect, and what was done."""
    resource = copy.deepcopy(resource)
    container, key = rng.choice(list(places(resource)))
    kind = rng.choice(["remove", "replace", "replace", "replace", "unknown", "wrap", "repeat", "choice", "sibling"])
    match kind:
        case "remove":
            del container[key]
        case "replace":
            container[key] = rng.choice(WRONG)
        case "unknown":
            owner = container if isinstance(container, dict) else resource
            owner[rng.choice(["foo", "valeur", "nom", "Code", "value"])] = "x"
        case "wrap":
            item = container[key]
            container[key] = item[0] if isinstance(item, list) else [item]
        case "repeat" if isinstance(container, list):
            container.append(container[key])
        case "choice":
            owner = container if isinstance(container, dict) else resource
            names = rng.sample(["valueString", "valueBoolean", "valueInteger", "deceasedBoolean", "effectiveDateTime"], 2)
            owner |= {name: "x" if name.endswith("String") else 1 if name.endswith("Integer") else True for name in names}
        case "sibling" if isinstance(container, dict):
            container[f"_{key}"] = rng.choice([{"id": "a"}, {}, [], "x", {"extension": []}, {"value": "x"}, None])
    return resource, f"{kind} {key!r}"


def tolerated(resource: dict[str, Any], version: str) -> bool:
    """Whether the library refuses a resource only for what structure.check says that it tolerates."""

    def mended(value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            ours = {key: item for key, item in value.items() if not ("url" in value and key.startswith("_value"))}
            return {key: mended(item, key) for key, item in ours.items()}
        if isinstance(value, list):
            return [mended(item) for item in value]
        if isinstance(value, str) and value.strip() and name in ("data", "hash"):
            return "UA=="
        return f"{value}Z" if isinstance(value, str) and len(value) == 19 and value[10:11] == "T" else value

    return not refused_by_the_library(mended(resource), version)


@pytest.mark.parametrize("part", range(4))
def test_what_fhir_resources_refuses_is_refused(part):
    known = resources()
    rng = random.Random(20240101 + part)
    missed, refused = [], 0
    for _ in range(COUNT // 4):
        version, original = rng.choice(known)
        resource, done = mutated(original, rng)
        if refused_by_the_library(resource, version):
            refused += 1
            if not structure.check(resource, version) and not tolerated(resource, version):
                missed.append((original["resourceType"], done, resource))
    assert missed == []
    assert refused > COUNT // 12


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_a_sound_input_has_no_defect(story):
    parsed = parse.parse(input_of(story).read_bytes())
    assert structure.check(parsed.resource, parsed.version) == []


# --- what the library lets through and what matters here -------------------------------------------------------------


def codes(data: dict[str, Any], version: str = "R4") -> set[tuple[str, str | None]]:
    return {(found.code, found.path) for found in structure.check(data, version)}


ADVISED = {
    '"true" for a boolean': (observation("med", concept(LOINC, "1"), valueBoolean="true"), "IMGDA-0122", "valueBoolean"),
    "1 for a boolean": (observation("med", concept(LOINC, "1"), valueBoolean=1), "IMGDA-0122", "valueBoolean"),
    "a text for an integer": (observation("med", concept(LOINC, "1"), valueInteger="3"), "IMGDA-0122", "valueInteger"),
    "a status outside the binding": ({**observation("med", concept(LOINC, "1")), "status": "done"}, "IMGDA-0127", "status"),
    "a gender outside the binding": (patient(gender="femme"), "IMGDA-0127", "gender"),
    "a use outside the binding": (patient(name=[{"use": "legal", "family": "A"}]), "IMGDA-0127", "name[0].use"),
    "an id with a space": (patient(id="a b"), "IMGDA-0123", "id"),
    "an id of 65 characters": (patient(id="a" * 65), "IMGDA-0123", "id"),
    "an empty id": (patient(id=""), "IMGDA-0123", "id"),
    "31 June": (patient(birthDate="2000-06-31"), "IMGDA-0123", "birthDate"),
    "month 13": (patient(birthDate="2000-13"), "IMGDA-0123", "birthDate"),
    "a French date": (patient(birthDate="28/03/1979"), "IMGDA-0123", "birthDate"),
    "a date with a time": (patient(birthDate="1979-03-28T10:00:00Z"), "IMGDA-0123", "birthDate"),
    "year 0": (patient(birthDate="0000"), "IMGDA-0123", "birthDate"),
    "an empty text": (patient(name=[{"family": ""}]), "IMGDA-0125", "name[0].family"),
    "an empty list": (patient(name=[]), "IMGDA-0125", "name"),
    "an empty object": (patient(name=[{}]), "IMGDA-0125", "name[0]"),
    "null": (patient(gender=None), "IMGDA-0127", "gender"),
    "null in a list": (patient(name=[None]), "IMGDA-0122", "name[0]"),
    "an object for a list": (patient(name={"family": "A"}), "IMGDA-0122", "name"),
    "a list for a text": (patient(name=[{"family": ["A"]}]), "IMGDA-0122", "name[0].family"),
    "an unknown element": (patient(sexe="F"), "IMGDA-0120", "sexe"),
    "an element of another version": (patient(animal={"species": {"text": "chat"}}), "IMGDA-0120", "animal"),
    "two deaths": (patient(deceasedBoolean=False, deceasedDateTime="2020"), "IMGDA-0124", ""),
    "an extension without url": (patient(extension=[{"valueString": "x"}]), "IMGDA-0121", "extension[0].url"),
    "an extension of two values": (
        patient(extension=[{"url": "https://x", "valueString": "x", "valueCode": "y"}]),
        "IMGDA-0124",
        "extension[0]",
    ),
    "an extension with a value and children": (
        patient(extension=[{"url": "https://x", "valueString": "x", "extension": [{"url": "y", "valueCode": "y"}]}]),
        "IMGDA-0124",
        "extension[0]",
    ),
    "an extension of nothing": (patient(extension=[{"url": "https://x"}]), "IMGDA-0125", "extension[0]"),
    "a code with a double space": (
        {**observation("med", {"coding": [{"code": "a  b"}]})},
        "IMGDA-0123",
        "code.coding[0].code",
    ),
    "a system with a space": (
        {**observation("med", {"coding": [{"system": "urn:a b"}]})},
        "IMGDA-0123",
        "code.coding[0].system",
    ),
}


TOLERATED = {
    "white space only": patient(name=[{"family": "ESSAI", "text": " \t"}]),
    "a leap second": patient(deceasedDateTime="2016-12-31T23:59:60Z"),
    "a dateTime without an offset": patient(deceasedDateTime="2016-12-31T23:59:59"),
}


@pytest.mark.parametrize("resource", TOLERATED.values(), ids=TOLERATED)
def test_what_senders_write_without_harm_is_tolerated(resource):
    assert codes(resource) == set()


@pytest.mark.parametrize(("resource", "code", "element"), ADVISED.values(), ids=ADVISED)
def test_a_defect_is_named_at_its_place(resource, code, element):
    kind = resource["resourceType"]
    assert (code, f"{kind}.{element}".rstrip(".")) in codes(resource)


def test_two_values_of_a_choice_with_many_types_are_refused_in_every_version():
    data = observation("med", concept(LOINC, "1"), valueBoolean=True, valueString="non")
    for version in ("R4", "R4B", "R5"):
        assert codes(data, version) == {("IMGDA-0124", "Observation")}


@pytest.mark.parametrize("element", ["status", "intent", "subject"])
def test_a_missing_element_of_the_request_is_named(element):
    data = order_of(**{element: None})
    index = next(i for i, e in enumerate(data["entry"]) if e["resource"]["id"] == "sr")
    assert codes(data) == {("IMGDA-0121", f"Bundle.entry[{index}].resource.{element}")}


def test_a_wrong_code_in_a_list_of_codes_is_named():
    data = {"resourceType": "HealthcareService", "availableTime": [{"daysOfWeek": ["mon", "lundi"]}]}
    assert codes(data) == {("IMGDA-0127", "HealthcareService.availableTime[0].daysOfWeek[1]")}


def test_a_contained_resource_is_checked():
    data = patient(contained=[{"resourceType": "Organization", "nom": "x"}])
    assert codes(data) == {("IMGDA-0120", "Patient.contained[0].nom")}


def test_a_time_without_offset_and_a_fraction_of_a_second_are_accepted():
    for when in ("2026-03-02T10:00:00", "2026-03-02T10:00:00.123+01:00", "2026-03-02", "2026-03", "2026"):
        assert codes(order_of(authoredOn=when)) == set()


def test_numbers_may_be_decimals_of_any_length():
    quantity = {"value": Decimal("1.000000000000000000000001"), "unit": "mg"}
    assert codes(observation("med", concept(LOINC, "1"), valueQuantity=quantity)) == set()


def test_nothing_is_changed_by_the_check():
    data = bundle()
    before = copy.deepcopy(data)
    structure.check(data, "R4")
    assert data == before


@pytest.mark.parametrize(
    ("resource", "version"),
    [
        (observation("med", {"text": "x"}) | {"status": "corrected"}, "R4"),
        (observation("med", {"text": "x"}) | {"status": "entered-in-error"}, "R5"),
        ({"resourceType": "DiagnosticReport", "status": "amended", "code": {"text": "x"}}, "R4"),
        ({"resourceType": "Encounter", "status": "unknown", "class": {"code": "AMB"}}, "R4"),
        ({"resourceType": "Task", "status": "completed", "intent": "order"}, "R4"),
        ({"resourceType": "ServiceRequest", "status": "active", "intent": "reflex-order", "subject": {"display": "x"}}, "R5"),
        ({"resourceType": "ServiceRequest", "status": "active", "intent": "original-order", "subject": {"display": "x"}}, "R5"),
    ],
)
def test_a_code_at_the_end_of_a_long_binding_is_right(resource, version):
    assert structure.check(resource, version) == []
    assert [issue.code for issue in structure.check(resource | {"status": "x"}, version)] == ["IMGDA-0127"]
