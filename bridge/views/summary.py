"""Whose document it is, as the head of a report says: patient, requester, date, number, encounter.

The values are shown as they stand, since the document may be wrong. Source: CDA R2, 4.2; CI-SIS, Structuration minimale.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from bridge.findings.issues import Language

__all__ = ["facts"]

CDA = "{urn:hl7-org:v3}"
_LABELS: dict[Language, dict[str, str]] = {
    "fr": {
        "patient": "Patient",
        "born": "né(e) le {date}",
        "requester": "Demandeur",
        "date": "Date de la demande",
        "number": "Numéro de la demande",
        "encounter": "Prise en charge",
        "document": "Document",
    },
    "en": {
        "patient": "Patient",
        "born": "born {date}",
        "requester": "Requester",
        "date": "Date of the request",
        "number": "Number of the request",
        "encounter": "Encounter",
        "document": "Document",
    },
}
_TS = re.compile(r"(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?")


def facts(root: etree._Element, language: Language) -> list[tuple[str, str]]:
    """What is known of the request, each with its label; what the document does not say is left out."""
    words = _LABELS[language]
    found = [
        ("patient", _patient(root, words)),
        ("requester", _joined(_requesters(root), " ; ")),
        ("date", _date(_value(root, "author/time"))),
        ("number", _joined(_numbers(root), ", ")),
        ("encounter", _encounter(root)),
        ("document", _document(root)),
    ]
    return [(words[key], value) for key, value in found if value]


def _steps(path: str) -> str:
    return "/".join(f"{CDA}{step}" for step in path.split("/"))


def _value(element: etree._Element, path: str, name: str = "value") -> str:
    found = element.find(_steps(path))
    return "" if found is None else found.get(name, "").strip()


def _text(element: etree._Element | None) -> str:
    return "" if element is None else " ".join("".join(map(str, element.itertext())).split())


def _joined(parts: Iterator[str], separator: str) -> str:
    return separator.join(dict.fromkeys(part for part in parts if part))


def _date(value: str) -> str:
    """A timestamp for people: ``05/03/2024 09:30``; as it stands where it is none."""
    match = _TS.match(value)
    if match is None:
        return value
    year, month, day, hour, minute = match.groups()
    written = "/".join(part for part in (day, month, year) if part)
    return f"{written} {hour}:{minute}" if minute else written


def _name(name: etree._Element | None) -> str:
    """The parts of a name in their order; of a patient those of birth, without the first forename when all are given."""
    if name is None:
        return ""
    whole = any(part.tag == f"{CDA}given" and not part.get("qualifier") for part in name)
    parts = [_text(part) for part in name if not _is_left_out(part, whole=whole)]
    return " ".join(part for part in parts if part) or _text(name)


def _is_left_out(part: etree._Element, *, whole: bool) -> bool:
    qualifier = part.get("qualifier")
    return qualifier in ("CL", "SP") or (whole and qualifier == "BR" and part.tag == f"{CDA}given")


def _patient(root: etree._Element, words: dict[str, str]) -> str:
    patient = root.find(_steps("recordTarget/patientRole/patient"))
    if patient is None:
        return ""
    born = _date(_value(patient, "birthTime"))
    sex = _value(patient, "administrativeGenderCode", "displayName") or _value(patient, "administrativeGenderCode", "code")
    about = [_name(patient.find(f"{CDA}name")), words["born"].format(date=born) if born else "", sex]
    return ", ".join(part for part in about if part)


def _requesters(root: etree._Element) -> Iterator[str]:
    for author in root.iterfind(_steps("author/assignedAuthor")):
        name = _name(author.find(_steps("assignedPerson/name"))) or _text(
            author.find(_steps("assignedAuthoringDevice/softwareName"))
        )
        structure = _text(author.find(_steps("representedOrganization/name")))
        yield ", ".join(part for part in (name, structure) if part)


def _numbers(root: etree._Element) -> Iterator[str]:
    event = root.find(_steps("documentationOf/serviceEvent"))
    for identifier in event.iterfind(f"{CDA}id") if event is not None else ():
        yield _identifier(identifier)


def _identifier(identifier: etree._Element) -> str:
    return identifier.get("extension", "") or identifier.get("root", "")


def _encounter(root: etree._Element) -> str:
    encounter = root.find(_steps("componentOf/encompassingEncounter"))
    if encounter is None:
        return ""
    begun = _date(_value(encounter, "effectiveTime/low") or _value(encounter, "effectiveTime"))
    place = _text(encounter.find(_steps("location/healthCareFacility/location/name")))
    numbers = _joined((_identifier(one) for one in encounter.iterfind(f"{CDA}id")), ", ")
    return ", ".join(part for part in (numbers, _value(encounter, "code", "displayName"), begun, place) if part)


def _document(root: etree._Element) -> str:
    number = root.find(f"{CDA}id")
    title = _text(root.find(f"{CDA}title"))
    made = _date(_value(root, "effectiveTime"))
    return ", ".join(part for part in (title, made, "" if number is None else _identifier(number)) if part)
