"""Orders whose meaning is known in advance, and what is wrong with how they were read: the trials of law 6.

Each trial is an order, and a test of what the reader makes of it that comes from :mod:`meaning`, never from the reader itself.
"""

from __future__ import annotations

import copy
import itertools
import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from bundles import LOINC, SNOMED, TA, bundle, concept, observation, order_of, path_of
from meaning import (
    LEFT,
    RIGHT,
    Stated,
    Told,
    concepts,
    modalities,
    modality_code,
    parts,
    sides,
    sites,
    together,
    translated,
)

import bridge
from bridge.order import Order

JSON = dict[str, Any]
Complaint = str | None
BRIDGE = bridge.Bridge()
STRICT = bridge.Bridge(bridge.Settings(contradictions="error") if hasattr(bridge.Settings(), "contradictions") else None)


@dataclass(frozen=True)
class Outcome:
    """What became of an order."""

    order: Order | None
    issues: tuple[bridge.Issue, ...]

    def refused_at(self, where: str) -> bool:
        """Whether the order is refused for something at a path, or inside it."""
        return self.order is None and any(i.is_error and (i.path or "").startswith(where) for i in self.issues)

    def loud_at(self, where: str) -> bool:
        """Whether a warning or an error stands at a path, or inside it."""
        return any(i.severity in ("warning", "error") and (i.path or "").startswith(where) for i in self.issues)


def outcome(data: JSON, converter: bridge.Bridge = BRIDGE) -> Outcome:
    """Read an order."""
    try:
        found = converter.normalize(data)
    except bridge.BridgeError as error:
        return Outcome(None, tuple(error.issues))
    return Outcome(found.order, found.issues)


@dataclass(frozen=True)
class Trial:
    """One order, and what it should have become."""

    name: str
    build: Callable[[], JSON]
    judge: Callable[[Outcome], Complaint]
    bridge: bridge.Bridge = BRIDGE

    def complaint(self) -> Complaint:
        """What is wrong with the outcome, None if nothing is."""
        found = self.judge(outcome(self.build(), self.bridge))
        return f"{self.name}: {found}" if found else None


def both_ways(one: JSON, other: JSON) -> Iterator[list[JSON]]:
    yield [one, other]
    yield [other, one]


def label(codings: list[JSON]) -> str:
    return " + ".join(f"{c.get('system', '').rpartition('/')[2]}|{c['code']}" for c in codings)


# --- (a) a second coding ---------------------------------------------------------------------------------------------

_DCM = "http://dicom.nema.org/resources/ontology/DCM"
_FUNCTIONS = {"PT": "MED-1134", "NM": "MED-1143"}


def _as_sent(coding: JSON) -> JSON:
    return {key: value for key, value in coding.items() if key != "display"}


REQUEST = path_of(bundle(), "sr")


def _examination(codings: list[JSON], kind: str) -> JSON:
    function = [concept(TA, _FUNCTIONS[kind])] if kind in _FUNCTIONS else None
    return order_of(code={"coding": codings}, orderDetail=function, note=[{"text": "Selon le protocole."}])


def modality_samples() -> list[Told]:
    """One coding of each kind: of the value set, and of rows that state less than their target."""
    known = {(told.coding["system"], told.coding["code"]): told for told in modalities()}
    of_set = [told for told in known.values() if told.source == "JDV"]
    return [*of_set, *(known[_DCM, code] for code in ("DX", "US")), known[SNOMED, "77477000"]]


def second_modalities() -> Iterator[Trial]:
    """Every coding that states a modality beside one sample of each, in both orders."""
    for sample, other in itertools.product(modality_samples(), list(modalities())):
        if sample.coding == other.coding:
            continue
        expected = together(sample.states, other.states)
        kind = (expected or sample.states).kind
        for codings in both_ways(_as_sent(sample.coding), _as_sent(other.coding)):
            judge = _judge_modality(expected, f"{REQUEST}.code")
            yield Trial(f"code {label(codings)}", partial(_examination, codings, kind), judge)


def _judge_modality(expected: Stated | None, where: str) -> Callable[[Outcome], Complaint]:
    def judge(found: Outcome) -> Complaint:
        if expected is None:
            return None if found.refused_at(where) else "contradicts itself and is not refused there"
        if found.order is None:
            return f"refused ({_errors(found)})"
        written = found.order.acts[0].modality.code
        return None if written == modality_code(expected) else f"{written}, not {modality_code(expected)}"

    return judge


def _errors(found: Outcome) -> str:
    return ", ".join(sorted({f"{i.code} {i.path}" for i in found.issues if i.is_error}))


def second_sites() -> Iterator[Trial]:
    """Every coding that states a site or a modifier beside sample sites, in both orders."""
    known = {(told.coding["system"], told.coding["code"]): told for told in sites()}
    plain = [known[SNOMED, code] for code in ("361291001", "302551006", "302553009")]
    sided = next(
        told for told in known.values() if told.states == Stated(sites=frozenset({"361291001"}), sides=frozenset({RIGHT}))
    )
    for sample, other in itertools.product([*plain, sided], [*sites(), *sides()]):
        if sample.coding == other.coding:
            continue
        expected = together(sample.states, other.states)
        for codings in both_ways(_as_sent(sample.coding), _as_sent(other.coding)):
            judge = _judge_site(expected, f"{REQUEST}.bodySite")
            yield Trial(f"bodySite {label(codings)}", partial(order_of, bodySite=[{"coding": codings}]), judge)


def _judge_site(expected: Stated | None, where: str) -> Callable[[Outcome], Complaint]:
    def judge(found: Outcome) -> Complaint:
        if expected is None:
            return None if found.refused_at(where) else "contradicts itself and is not refused there"
        if found.order is None:
            may_contradict = len(expected.sides) > 1
            return None if may_contradict and found.refused_at(where) else f"refused ({_errors(found)})"
        site = found.order.acts[0].sites[0]
        written = {m.code for m in site.modifiers}
        if {site.location.code} != expected.sites:
            return f"{site.location.code}, not {set(expected.sites)}"
        return None if written == expected.sides else f"modifiers {written}, not {set(expected.sides)}"

    return judge


PREGNANT = concept(SNOMED, "77386006")


def second_answers() -> Iterator[Trial]:
    """Every yes and no beside a sample of each, in both orders, as the answer to a contra-indication."""
    answers = [(coding, row["cda_code"]) for coding, row in translated("yes-no")]
    for (one, first), (other, second) in itertools.product(answers, answers):
        for codings in both_ways(one, other) if one != other else ():
            data = bundle(observation("info-c", PREGNANT, valueCodeableConcept={"coding": codings}))
            expected = first == "true" if first == second else None
            yield Trial(f"answer {label(codings)}", lambda data=data: data, _judge_answer(expected, path_of(data, "info-c")))


def _judge_answer(expected: bool | None, where: str) -> Callable[[Outcome], Complaint]:
    def judge(found: Outcome) -> Complaint:
        if expected is None:
            return None if found.refused_at(where) else "contradicts itself and is not refused there"
        if found.order is None:
            return f"refused ({_errors(found)})"
        answers = [c.present for c in found.order.contraindications if c.concept.code == "77386006"]
        return None if answers == [expected] else f"{answers}, not {expected}"

    return judge


def second_concepts() -> Iterator[Trial]:
    """Two concepts of one value set in one CodeableConcept: both stand in the order, or it is said there."""
    for set_name, wrap in _CARRIERS.items():
        found = list(concepts(set_name))
        for one, other in itertools.permutations(found, 2):
            data, where = wrap({"coding": [_as_sent(one), _as_sent(other)]})
            judge = _both_or_said(one["code"], other["code"], where)
            yield Trial(f"{set_name} {label([one, other])}", lambda data=data: data, judge)


def _of_detail(modality: str) -> Callable[[JSON], tuple[JSON, str]]:
    def wrap(value: JSON) -> tuple[JSON, str]:
        details = (
            [value, concept(TA, "MED-1134")] if modality == "PT" and value["coding"][0]["code"].startswith("MED-115") else [value]
        )
        data = order_of(code=concept(_DCM, modality), orderDetail=details, note=[{"text": "Selon le protocole."}])
        return data, f"{path_of(data, 'sr')}.orderDetail"

    return wrap


def _of_observation(code: JSON) -> Callable[[JSON], tuple[JSON, str]]:
    def wrap(value: JSON) -> tuple[JSON, str]:
        data = bundle(observation("info-c", code, valueCodeableConcept=value))
        return data, path_of(data, "info-c")

    return wrap


def _of_contact(value: JSON) -> tuple[JSON, str]:
    role = concept("http://terminology.hl7.org/CodeSystem/v3-RoleClass", "ECON")
    data = bundle()
    patient = next(e["resource"] for e in data["entry"] if e["resource"]["id"] == "p")
    patient["contact"] = [{"relationship": [role, value], "name": {"family": "ESSAI", "given": ["Un"]}}]
    return data, f"{path_of(data, 'p')}.contact"


_CARRIERS: dict[str, Callable[[JSON], tuple[JSON, str]]] = {
    "pet-function": _of_detail("PT"),
    "scintigraphy-function": _of_detail("NM"),
    "contrast-injection": _of_detail("PT"),
    "contraindication": _of_observation(concept(LOINC, "64100-1")),
    "care-information": _of_observation(concept(TA, "ORG-192")),
    "relation": _of_contact,
}


def _both_or_said(one: str, other: str, where: str) -> Callable[[Outcome], Complaint]:
    def judge(found: Outcome) -> Complaint:
        if found.loud_at(where):
            return None
        if found.order is None:
            return f"refused elsewhere ({_errors(found)})"
        written = repr(found.order)
        pairs = ((one, other), (other, one))
        missing = [code for code, beside in pairs if f"code='{code}'" not in written and code not in parts().get(beside, ())]
        return f"{missing} neither in the order nor said" if missing else None

    return judge


# --- (b) words that name another concept -----------------------------------------------------------------------------

_SETS_AT = {
    "ServiceRequest.code": ("modality",),
    "ServiceRequest.bodySite": ("site", "topographic-modifier"),
    "ServiceRequest.orderDetail": ("pet-function", "scintigraphy-function", "contrast-injection"),
    "BodyStructure.location": ("site",),
    "BodyStructure.locationQualifier": ("topographic-modifier",),
    "Observation.code": ("contraindication",),
    "Observation.valueCodeableConcept": ("contraindication", "care-information", "pet-function", "scintigraphy-function"),
}
"""Where a fixture has codes that mean something clinical, and the value sets to which they belong."""


def _concepts_in(value: Any, steps: tuple[str | int, ...], kind: str) -> Iterator[tuple[tuple[str | int, ...], str, JSON]]:
    """Every CodeableConcept of an input: steps from the root, path from the resource type, value."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _concepts_in(item, (*steps, index), kind)
    elif isinstance(value, dict):
        kind = value.get("resourceType", kind)
        if "coding" in value:
            yield steps, kind, value
        for key, item in value.items():
            yield from _concepts_in(item, (*steps, key), f"{kind}.{key}")


def fhir_path(root: str, steps: tuple[str | int, ...]) -> str:
    """FHIRPath of the element that some steps from the root lead to."""
    return root + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)


def _set_of(coding: JSON, names: tuple[str, ...]) -> str | None:
    return next(
        (n for n in names if any((coding.get("system"), coding.get("code")) == (c["system"], c["code"]) for c in concepts(n))),
        None,
    )


def wrong_words(source: Path) -> Iterator[Trial]:
    """Each code of a JSON fixture with the label of another concept of its value set, as display and as text."""
    data = json.loads(source.read_text("utf-8"))
    for steps, kind, value in _concepts_in(data, (), data["resourceType"]):
        for index, coding in enumerate(value["coding"]):
            name = _set_of(coding, _SETS_AT.get(kind, ()))
            others = [c for c in concepts(name) if c["code"] != coding["code"]] if name else []
            for other in random.Random(index).sample(others, min(3, len(others))):
                label = f"{source.parent.name} {other['display']!r} in"
                yield from _wrong_display(label, data, (*steps, "coding", index), coding["code"], other)
                if kind in _WITH_TEXT and len(value["coding"]) == 1 and not _is_part(coding["code"], other["code"]):
                    yield from _wrong_text(label, data, steps, other)


_WITH_TEXT = ("ServiceRequest.code", "ServiceRequest.bodySite", "BodyStructure.location")
"""Concepts whose text is kept beside the code."""


def _wrong_display(label: str, data: JSON, steps: tuple[str | int, ...], code: str, other: JSON) -> Iterator[Trial]:
    """A label of a part of the site says more, which has no place: a warning. Any other label contradicts the code."""
    where = fhir_path(data["resourceType"], (*steps, "display"))
    judge = _warned(where) if _is_part(code, other["code"]) else _refused(where)
    yield Trial(f"{label} {where}", partial(_changed, data, steps, display=other["display"]), judge)


def _wrong_text(label: str, data: JSON, steps: tuple[str | int, ...], other: JSON) -> Iterator[Trial]:
    where = fhir_path(data["resourceType"], (*steps, "text"))
    changed = partial(_changed, data, steps, text=other["display"])
    yield Trial(f"{label} {where}", changed, _warned(where))
    yield Trial(f"{label} {where}, contradictions = error", changed, _refused(where), STRICT)


def _is_part(one: str, other: str) -> bool:
    """Whether one concept is part of the other, which adds to it and does not contradict it."""
    return other in parts().get(one, ()) or one in parts().get(other, ())


def _changed(data: JSON, steps: tuple[str | int, ...], **values: str) -> JSON:
    changed = copy.deepcopy(data)
    target: Any = changed
    for step in steps:
        target = target[step]
    target.update(values)
    return changed


def _refused(where: str) -> Callable[[Outcome], Complaint]:
    return lambda found: None if found.refused_at(where) else "not refused there"


def _warned(where: str) -> Callable[[Outcome], Complaint]:
    return lambda found: None if found.loud_at(where) else "no warning there"


# --- (c) a critical code where it does not belong ---------------------------------------------------------------------

_PLANTED = {
    "side": concept(SNOMED, LEFT, "gauche"),
    "pregnancy": concept(SNOMED, "77386006", "enceinte"),
    "pacemaker": {"coding": [next(c for c in concepts("contraindication") if c["code"] == "MED-1117")]},
    "function": {"coding": [next(iter(concepts("pet-function")))]},
    "contrast": {"coding": [next(iter(concepts("contrast-injection")))]},
}


def _into(name: str, many: bool = True) -> Callable[[JSON, JSON], None]:
    def plant(request: JSON, value: JSON) -> None:
        if many:
            request.setdefault(name, []).append(value)
        else:
            request[name] = value

    return plant


def _extension(value: JSON, element: str = "valueCodeableConcept") -> JSON:
    return {"url": "https://unknown.example/extension", element: value}


def _nested(request: JSON, value: JSON) -> None:
    inner = [{"url": "part", "valueCodeableConcept": value}]
    request.setdefault("extension", []).append({"url": "https://unknown.example/outer", "extension": inner})


def _as_reason_beside(request: JSON, value: JSON) -> None:
    request["reasonCode"][0].setdefault("coding", []).extend(value["coding"])


def _structure(element: str, many: bool) -> Callable[[JSON, JSON], None]:
    def plant(request: JSON, value: JSON) -> None:
        structure = {"resourceType": "BodyStructure", "id": "b", "patient": {"reference": "Patient/p"}}
        structure |= {"location": request.pop("bodySite")[0], element: [value] if many else value}
        request["contained"] = [structure]
        target = "http://hl7.org/fhir/StructureDefinition/procedure-targetBodyStructure"
        request["extension"] = [{"url": target, "valueReference": {"reference": "#b"}}]

    return plant


def _in_structure_extension(request: JSON, value: JSON) -> None:
    _structure("extension", many=True)(request, _extension(value))


def _in_contained(request: JSON, value: JSON) -> None:
    request["contained"] = [{"resourceType": "Basic", "id": "x", "code": value}]


def _in_contained_observation(request: JSON, value: JSON) -> None:
    request["contained"] = [{"resourceType": "Observation", "id": "x", "status": "final", "code": value, "valueBoolean": True}]


def _at(*steps: str | int, name: str = "extension") -> Callable[[JSON, JSON], None]:
    """In an extension of an element of the request."""

    def plant(request: JSON, value: JSON) -> None:
        target: Any = request
        for step in steps:
            target = target[step]
        target.setdefault(name, []).append(_extension(value))

    return plant


PLACES: dict[str, Callable[[JSON, JSON], None]] = {
    "category": _into("category"),
    "code, a second coding": lambda r, v: r["code"]["coding"].extend(v["coding"]),
    "code.extension": _at("code"),
    "code.coding.extension": _at("code", "coding", 0),
    "performerType": _into("performerType", many=False),
    "locationCode": _into("locationCode"),
    "reasonCode": _into("reasonCode"),
    "reasonCode, beside the text": _as_reason_beside,
    "orderDetail": _into("orderDetail"),
    "asNeededCodeableConcept": _into("asNeededCodeableConcept", many=False),
    "bodySite, a second coding": lambda r, v: r["bodySite"][0]["coding"].extend(v["coding"]),
    "bodySite.extension": _at("bodySite", 0),
    "extension": lambda r, v: r.setdefault("extension", []).append(_extension(v)),
    "extension, a Coding": lambda r, v: r.setdefault("extension", []).append(_extension(v["coding"][0], "valueCoding")),
    "extension within an extension": _nested,
    "subject.extension": _at("subject"),
    "requisition.type": lambda r, v: r["requisition"].update(type=v),
    "identifier.type": lambda r, v: r.update(identifier=[{"system": "urn:oid:1.2.250.1.999.7", "value": "7", "type": v}]),
    "meta.tag": lambda r, v: r.update(meta={"tag": v["coding"]}),
    "supportingInfo.identifier.type": lambda r, v: r["supportingInfo"].append({"identifier": {"value": "7", "type": v}}),
    "BodyStructure.morphology": _structure("morphology", many=False),
    "BodyStructure.locationQualifier": _structure("locationQualifier", many=True),
    "BodyStructure.extension": _in_structure_extension,
    "contained Basic": _in_contained,
    "contained Observation": _in_contained_observation,
    "occurrenceTiming.code": lambda r, v: r.update(occurrenceTiming={"code": v}),
}


def planted() -> Iterator[Trial]:
    """Each critical code in every place of a request: it stands in the order, or refuses it as a critical finding."""
    for (what, value), (where, plant) in itertools.product(_PLANTED.items(), PLACES.items()):
        data = order_of()
        request = next(e["resource"] for e in data["entry"] if e["resource"]["id"] == "sr")
        plant(request, copy.deepcopy(value))
        yield Trial(f"{what} in {where}", lambda data=data: data, _stands_or_critical(value["coding"][0], path_of(data, "sr")))


def _stands_or_critical(coding: JSON, where: str) -> Callable[[Outcome], Complaint]:
    def judge(found: Outcome) -> Complaint:
        if found.order is None:
            said = found.refused_at(where)
            return None if said else f"refused elsewhere ({_errors(found)})"
        written = _without_translations(repr(found.order))
        if f"code='{coding['code']}'" in written or coding["display"].casefold() in written.casefold():
            return None
        return "neither in the order nor a critical finding"

    return judge


def _without_translations(text: str) -> str:
    return re.sub(r"Translation\([^)]*\)", "", text)


# --- (d) the order of codings ------------------------------------------------------------------------------------------


def permuted(source: Path, seeds: int = 2) -> Iterator[tuple[str, JSON, JSON]]:
    """A JSON fixture, and the same with the codings of every concept in another order; some concepts get a synonym first."""
    data = json.loads(source.read_text("utf-8"))
    for seed in range(seeds):
        draw, one = random.Random(seed), copy.deepcopy(data)
        found = [value["coding"] for _, _, value in _concepts_in(one, (), one["resourceType"])]
        for index, codings in enumerate(found):
            unknown = {"system": "urn:oid:1.2.250.1.999.77", "code": f"L{index}", "display": f"Libellé {index}"}
            if draw.random() < 0.3:
                codings.append(unknown)
        other = copy.deepcopy(one)
        for _, _, value in _concepts_in(other, (), other["resourceType"]):
            draw.shuffle(value["coding"])
        yield f"{source.parent.name} {seed}", one, other


def permuted_complaint(name: str, one: JSON, other: JSON) -> Complaint:
    """What differs between the documents, or refusals, of an order and of the same with its codings in another order."""
    return None if _document(one) == _document(other) else f"{name}: another document or refusal"


def _document(data: JSON) -> bytes | list[tuple[str, str]]:
    try:
        return BRIDGE.to_cda(data).document
    except bridge.BridgeError as error:
        return sorted({(i.code, i.severity) for i in error.issues if i.is_error})


SECOND = {"modality": second_modalities, "site": second_sites, "answer": second_answers, "concept": second_concepts}
"""The trials of a second coding, by what they state."""
