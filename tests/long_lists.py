"""Inputs whose lists are long: one for each list-valued element of the resources that an order is made of, from the metadata.

:func:`cases` gives for each element a builder of an order with *n* members there; :func:`growth` measures what four times as
many cost.
"""

from __future__ import annotations

import copy
import gc
import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from bundles import LOINC, SNOMED, TA, bundle, concept, observation
from lxml import etree
from mutations import _ADDED

import bridge
from bridge.checks import structure
from bridge.checks.types import types
from bridge.fhir.source.definitions import Element, elements

JSON = dict[str, Any]

ABOUT = {"reference": "Patient/p"}
MORE: tuple[JSON, ...] = (
    observation("info-o", concept(LOINC, "11348-0"), valueString="Asthme"),
    {"resourceType": "Condition", "id": "info-c", "subject": ABOUT, "code": {"text": "Gonarthrose"}},
    {"resourceType": "AllergyIntolerance", "id": "info-a", "patient": ABOUT, "code": {"text": "Pollen"}},
    {"resourceType": "Procedure", "id": "info-p", "status": "completed", "subject": ABOUT, "code": {"text": "Arthroscopie"}},
    {"resourceType": "Flag", "id": "info-f", "status": "active", "subject": ABOUT, "code": concept(TA, "MED-1124")},
    {
        "resourceType": "DocumentReference",
        "id": "info-d",
        "status": "current",
        "content": [{"attachment": {"contentType": "text/plain", "data": "RXNzYWk=", "title": "Essai"}}],
    },
    {
        "resourceType": "DiagnosticReport",
        "id": "info-r",
        "status": "final",
        "subject": ABOUT,
        "code": {"text": "Radiographie"},
        "conclusion": "Normale",
    },
    {
        "resourceType": "FamilyMemberHistory",
        "id": "info-h",
        "status": "completed",
        "patient": ABOUT,
        "relationship": {"text": "mère"},
    },
    {"resourceType": "ImagingStudy", "id": "info-i", "status": "available", "subject": ABOUT, "description": "IRM"},
    {"resourceType": "RelatedPerson", "id": "rp", "patient": ABOUT, "name": [{"family": "ESSAI"}]},
    {
        "resourceType": "CommunicationRequest",
        "id": "cr",
        "status": "active",
        "about": [{"reference": "ServiceRequest/sr"}],
        "recipient": [{"reference": "PractitionerRole/role"}],
    },
    {
        "resourceType": "Consent",
        "id": "info-s",
        "status": "active",
        "scope": {"text": "x"},
        "category": [{"text": "x"}],
        "patient": ABOUT,
    },
    {"resourceType": "Task", "id": "t", "status": "requested", "intent": "order", "focus": {"reference": "ServiceRequest/sr"}},
    {
        "resourceType": "CareTeam",
        "id": "info-t",
        "subject": ABOUT,
        "participant": [{"member": {"reference": "PractitionerRole/role"}}],
    },
    {"resourceType": "Device", "id": "info-v", "patient": ABOUT, "deviceName": [{"name": "Prothèse", "type": "other"}]},
)
"""What an order may have beside it; what is named ``info-`` is referenced from the request."""


@dataclass(frozen=True)
class Case:
    """A list of one element, ordinary or strange, of any length."""

    name: str
    build: Callable[[int], JSON]


def whole() -> JSON:
    """An order with a resource of every kind that is read."""
    return bundle(*MORE)


def cases() -> Iterator[Case]:
    """One case for each list-valued element of each resource, and of the datatypes in them; lists of whole resources besides."""
    data = whole()
    seen: set[str] = set()
    for index, entry in enumerate(data["entry"]):
        resource = entry["resource"]
        kind = resource["resourceType"]
        if kind not in seen:
            seen.add(kind)
            yield from _lists(("entry", index, "resource"), kind, kind, 0)
    yield from _resources()
    for kind, name in CHAINS:
        yield Case(f"Bundle.entry {kind}, each with {name}", partial(_chain, kind, name))


CHAINS = (
    ("Observation", "hasMember"),
    ("Observation", "derivedFrom"),
    ("Procedure", "partOf"),
    ("Organization", "partOf"),
    ("Location", "partOf"),
    ("ServiceRequest", "basedOn"),
    ("ServiceRequest", "replaces"),
    ("Device", "parent"),
    ("Consent", "sourceReference"),
)
"""Elements by which a resource names another one of its kind."""


def _chain(kind: str, name: str, count: int) -> JSON:
    """*count* resources, each of which names the next one, and the first of which is named by what names the usual one."""
    data = whole()
    first = next(
        (e["resource"] for e in data["entry"] if e["resource"]["resourceType"] == kind),
        {"resourceType": kind, "id": "info-x", "name": "Lieu"},
    )
    many = (elements("R4B", kind) or {})[name].many
    for i in range(count):
        named = {"reference": f"{kind}/{first['id']}-{i + 1}"}
        copied = {**first, "id": f"{first['id']}-{i}", name: [named] if many else named}
        data["entry"].append({"fullUrl": f"https://ehr.example/{kind}/{copied['id']}", "resource": copied})
    request = next(e["resource"] for e in data["entry"] if e["resource"]["id"] == "sr")
    own = {"Location": "locationReference", "Organization": "performer"}.get(kind, "supportingInfo")
    request[own] = [*request.get(own, []), {"reference": f"{kind}/{first['id']}-0"}]
    return data


_SKIPPED = ("contained", "modifierExtension", "link")


def _lists(steps: tuple[str | int, ...], kind: str, path: str, depth: int) -> Iterator[Case]:
    for name, element in (elements("R4B", kind) or {}).items():
        if name in _SKIPPED or element.type == kind or (name == "extension" and depth):
            continue
        if element.many:
            for variant in VARIANTS.get(element.type, (None,)):
                yield Case(
                    f"{path}.{name} {variant.__name__ if variant else ''}".strip(), _builder(steps, name, element, variant)
                )
        if (
            depth < 2
            and element.type[0].isupper()
            and element.type not in ("Reference", "Resource", "Extension", "Identifier", "Meta", "Narrative")
        ):
            if element.choice and element.type not in ("CodeableConcept", "Timing", "Address", "HumanName"):
                continue
            inner = (*steps, name, 0) if element.many else (*steps, name)
            yield from _lists(inner, element.type, f"{path}.{name}", depth + 1)


def _builder(steps: tuple[str | int, ...], name: str, element: Element, variant: Any) -> Callable[[int], JSON]:
    def build(size: int) -> JSON:
        data = whole()
        target: Any = data
        for step, following in zip(steps, (*steps[1:], name), strict=True):
            if isinstance(target, dict):
                target = target.setdefault(step, [] if isinstance(following, int) else {})
            else:
                target += [{}] * (step + 1 - len(target))
                target = target[step]
        kept = target.get(name, []) if isinstance(target.get(name), list) else []
        target[name] = [*kept, *(variant(i) if variant else example(element, i) for i in range(size))]
        return data

    return build


def example(element: Element, number: int, depth: int = 0) -> Any:
    """A value of a type that nobody expects, each different."""
    if element.codes:
        return element.codes[number % len(element.codes)]
    if element.type in _ADDED:
        return _numbered(copy.deepcopy(_ADDED[element.type]), number)
    if element.type[0].islower():
        return f"ajout-{number}"
    found = {}
    for name, inner in (elements("R4B", element.type) or {}).items():
        if inner.type in ("string", "CodeableConcept", "markdown") or inner.required:
            if (
                name not in ("id", "extension")
                and not (inner.choice and any(k.startswith(inner.choice) for k in found))
                and depth < 3
            ):
                value = example(inner, number, depth + 1)
                found[name] = [value] if inner.many else value
    return found


def _numbered(value: Any, number: int) -> Any:
    if isinstance(value, dict):
        return {key: _numbered(item, number) for key, item in value.items()}
    if isinstance(value, list):
        return [_numbered(item, number) for item in value]
    return f"{value[:-1]}{number}" if isinstance(value, str) and value.endswith("-7") else value


# --- ordinary values -------------------------------------------------------------------------------------------------


def local_number(i: int) -> JSON:
    return {"system": "urn:oid:1.2.250.1.999.7", "value": f"N{i}"}


def phone(i: int) -> JSON:
    return {"system": "phone", "value": f"01990{i:05}", "use": "work"}


def town(i: int) -> JSON:
    return {"use": "home", "line": [f"{i} rue des Essais"], "postalCode": "99000", "city": "ESSAI"}


def missing_target(i: int) -> JSON:
    return {"reference": f"Observation/absent-{i}"}


def same_target(i: int) -> JSON:
    return {"reference": "Practitioner/dr"}


def words_only(i: int) -> JSON:
    return {"display": f"Essai {i}"}


def in_words(i: int) -> JSON:
    return {"text": f"Essai {i}"}


def site(i: int) -> JSON:
    return concept(SNOMED, "361291001")


def known_system(i: int) -> JSON:
    return {"system": SNOMED, "code": f"99{i}", "display": f"Essai {i}"}


def malformed(i: int) -> JSON:
    return {"code": 7}


def family(i: int) -> JSON:
    return {"use": "usual", "family": f"ESSAI{i}", "given": ["Un"]}


VARIANTS: dict[str, tuple[Any, ...]] = {
    "Identifier": (None, local_number),
    "ContactPoint": (None, phone),
    "Address": (None, town),
    "Reference": (missing_target, same_target, words_only),
    "CodeableConcept": (None, in_words, site),
    "Coding": (None, known_system, malformed),
    "HumanName": (None, family),
}


def _resources() -> Iterator[Case]:
    for resource in (*bundle()["entry"], *({"resource": one} for one in MORE)):
        one = resource["resource"]
        yield Case(f"Bundle.entry {one['resourceType']}", lambda n, one=one: many_resources(one, n, distinct=True))
        yield Case(f"Bundle.entry {one['resourceType']}, one id", lambda n, one=one: many_resources(one, n, distinct=False))
    yield Case("ServiceRequest.contained", _contained)


def many_resources(resource: JSON, count: int, *, distinct: bool) -> JSON:
    """*count* copies of a resource; those that stand beside a request are referenced."""
    data = whole()
    request = next(e["resource"] for e in data["entry"] if e["resource"]["id"] == "sr")
    for i in range(count):
        ident = f"{resource['id']}-{i}" if distinct else resource["id"]
        copied = {**resource, "id": ident}
        data["entry"].append({"fullUrl": f"https://ehr.example/{i}/{copied['resourceType']}/{ident}", "resource": copied})
        if resource["id"].startswith("info-"):
            request["supportingInfo"].append({"reference": f"{copied['resourceType']}/{ident}"})
    return data


def _contained(count: int) -> JSON:
    data = whole()
    request = next(e["resource"] for e in data["entry"] if e["resource"]["id"] == "sr")
    request["contained"] = [{**MORE[0], "id": f"o{i}"} for i in range(count)]
    request["supportingInfo"] += [{"reference": f"#o{i}"} for i in range(count)]
    return data


def one_each(found: Iterator[Case]) -> list[Case]:
    """One case for each element, its variants in turn from one element to the next."""
    elements: dict[str, list[Case]] = {}
    for case in found:
        elements.setdefault(case.name.partition(" ")[0] if not case.name.startswith("Bundle") else case.name, []).append(case)
    return [variants[number % len(variants)] for number, variants in enumerate(elements.values())]


# --- documents -------------------------------------------------------------------------------------------------------

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
_NAMESPACES = {prefix: uri for uri, prefix in structure.PREFIXES.items()}


@dataclass(frozen=True)
class DocumentCase:
    """A list of one element in a document, of any length."""

    name: str
    build: Callable[[int], bytes]


def document_cases() -> Iterator[DocumentCase]:
    """One case for each child that a type of ``mappings/structure.csv`` may have several times, and for unknown ones."""
    seen: set[str] = set()
    for story in sorted(FIXTURES.glob("*/document.xml")):
        root = etree.fromstring(story.read_bytes())
        for number, kind in _kinds(root):
            if kind in seen:
                continue
            seen.add(kind)
            names = [name for name, (slot, _) in types()[kind].children.items() if slot.most is None]
            for name in [*names, "unknown"]:
                yield DocumentCase(f"{kind}/{name}", partial(_repeated, story.read_bytes(), number, name))
            yield DocumentCase(f"{kind}/@*", partial(_attributes, story.read_bytes(), number))


def _kinds(root: etree._Element) -> Iterator[tuple[int, str]]:
    """The number of each element in document order, and its type."""
    kinds = {root: "ClinicalDocument"}
    for number, element in enumerate(root.iter(etree.Element)):
        kind = kinds.get(element)
        if kind is None or (kind := structure.by_datatype(element) if kind == "value" else kind) not in types():
            continue
        yield number, kind
        for child in element:
            known = types()[kind].children.get(structure.name_of(child.tag))
            if known is not None and known[1] is not None:
                kinds[child] = known[1]


def _repeated(document: bytes, number: int, name: str, count: int) -> bytes:
    """A document with *count* more children of a name in one of its elements, each with other values."""
    root = etree.fromstring(document)
    parent = next(itertools.islice(root.iter(etree.Element), number, None))
    prefix, _, local = name.rpartition(":")
    tag = f"{{{_NAMESPACES.get(f'{prefix}:', structure.CDA)}}}{local}"
    known = parent.findall(tag)
    place = parent.index(known[-1]) + 1 if known else len(parent)
    parent[place:place] = [_numbered_copy(known[0] if known else etree.Element(tag), i) for i in range(count)]
    return etree.tostring(root)


def _numbered_copy(element: etree._Element, number: int) -> etree._Element:
    copied = copy.deepcopy(element)
    for inner in copied.iter(etree.Element):
        for name in ("extension", "value", "ID"):
            if inner.get(name):
                inner.set(name, f"{inner.get(name)}{number}")
        if inner.text and inner.text.strip():
            inner.text += str(number)
    return copied


def _attributes(document: bytes, number: int, count: int) -> bytes:
    root = etree.fromstring(document)
    element = next(itertools.islice(root.iter(etree.Element), number, None))
    for i in range(count):
        element.set(f"ajout-{i}", "x")
    return etree.tostring(root)


# --- measure ---------------------------------------------------------------------------------------------------------

FIRST, MOST = 16, 4096
"""Members of the shortest and of the longest list that is measured."""


@dataclass(frozen=True)
class Growth:
    """What four times as many members cost."""

    ratio: float
    """Processor time of 4n members over that of n; what the input costs with one member counts on neither side."""
    size: int
    """4n."""
    seconds: float
    """Processor time of 4n members."""
    bytes: int
    """Size of the input of 4n members."""


def cost(data: Any, run: Callable[[Any], object]) -> float:
    """Processor seconds of one call, whatever comes of it, without the collection of garbage that happens to fall into it."""
    gc.collect(0)
    gc.disable()
    start = time.process_time()
    try:
        with suppress(bridge.BridgeError):
            run(data)
        return time.process_time() - start
    finally:
        gc.enable()


def growth(build: Callable[[int], bytes], run: Callable[[Any], object], about: float, suspect: float = 5.0) -> Growth:
    """Measure lists that grow by four until one takes *about* that many seconds: each is measured once.

    A ratio of *suspect* or more is measured again, with the next length and the best of three for both.
    """
    alone = cost(build(1), run)
    spent, size, found = 0.0, FIRST, Growth(0.0, 0, 0.0, 0)
    while spent < about and size <= MOST:
        data = build(size)
        before, spent = spent, max(cost(data, run) - alone, 0.0)
        found = Growth(spent / max(before, about / 8), size, spent, len(data))
        size *= 4
    return found if found.ratio < suspect else _again(build, run, min(found.size, MOST // 4))


def _again(build: Callable[[int], bytes], run: Callable[[Any], object], size: int) -> Growth:
    one, few, many = build(1), build(size), build(4 * size)
    best = Growth(1e9, 4 * size, 1e9, len(many))
    for _ in range(3):
        alone, short, long = (cost(data, run) for data in (one, few, many))
        found = Growth((long - alone) / max(short - alone, 0.01), 4 * size, long - alone, len(many))
        best = min(best, found, key=lambda measured: measured.ratio)
    return best
