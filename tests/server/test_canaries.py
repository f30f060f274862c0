"""Marks planted in every value of an order, or of a document, appear in no error, log or metric.

Every third value of the fullest fixture and of its document is marked by itself, and all of each fixture at once.
``IMGDA_THOROUGH=1`` marks every value of every fixture by itself.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

STORIES = sorted(path.parent for path in (Path(__file__).resolve().parents[2] / "fixtures").glob("*/bundle.*"))
FULLEST = [story for story in STORIES if story.name == "lymphoma-pet"]
THOROUGH = "IMGDA_THOROUGH" in os.environ
STEP = 1 if THOROUGH else 3

MARK = "CANARY-77"
DIGITS = "7377373773"
_DIGEST = re.compile(r"\b(?=[0-9]*[a-f])(?:[0-9a-f]{32}|[0-9a-f]{64})\b")
"""Identities of requests and digests: chance puts every few digits into one of some thousand."""


def leaked(text: str) -> bool:
    """Whether a text tells a mark."""
    return re.search(r"canary|7377373|1737-07|173707", _DIGEST.sub("", text), re.IGNORECASE) is not None


STRUCTURE = set(
    """resourceType url system code status intent use type fullUrl reference id contentType unit gender linkId version
    root codeSystem classCode moodCode typeCode nullFlavor mediaType representation ID operator contextControlCode
    determinerCode inversionInd method priority mode profile lastUpdated""".split()
)
"""Names of what gives an order its form: without them it is no order, and is refused before anything else is read."""

Chosen = Callable[[int, str], bool]
"""Whether a value is marked: its place among all, and its name."""
Asked = tuple[bytes, str, dict[str, str]]
"""A body, a path, and headers."""


def marked(value: str) -> str:
    """A mark that looks like the value it stands for, so that it comes as far as the value would."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d.*", value):
        return "1737-07-07" + value[10:]
    if re.fullmatch(r"\d{8}(\d{6}[+-]\d{4})?", value):
        return "17370707" + value[8:]
    if value.isdecimal() and len(value) > 7:
        return (DIGITS * 9)[: len(value)]
    if re.fullmatch(r"(tel:)?[\d +.]{10,}", value):
        return value[:4] * value.startswith("tel:") + DIGITS
    return MARK


# --- FHIR ------------------------------------------------------------------------------------------------------------


def leaves(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every value that holds no others, as its container and key."""
    for key, item in list(value.items() if isinstance(value, dict) else enumerate(value)):
        if isinstance(item, (dict, list)):
            yield from leaves(item)
        else:
            yield value, key


def plant_json(source: bytes, chosen: Chosen, mark: Callable[[str], str]) -> bytes:
    data = json.loads(source)
    for place, (container, key) in enumerate(leaves(data)):
        if chosen(place, str(key)):
            container[key] = mark(str(container[key]))
    return json.dumps(data).encode()


# --- XML -------------------------------------------------------------------------------------------------------------


def plant_xml(source: bytes, chosen: Chosen, mark: Callable[[str], str]) -> bytes:
    tree = etree.fromstring(source)
    place = 0
    for element in tree.iter(etree.Element):
        for name in element.attrib:
            if chosen(place, etree.QName(name).localname):
                element.set(name, mark(str(element.get(name))))
            place += 1
        if element.text and element.text.strip():
            if chosen(place, etree.QName(element).localname):
                element.text = mark(element.text)
            place += 1
    return etree.tostring(tree)


def count(source: bytes) -> int:
    """How many values can be marked."""
    if source.startswith(b"{"):
        return sum(1 for _ in leaves(json.loads(source)))
    elements = etree.fromstring(source).iter(etree.Element)
    return sum(len(element.attrib) + bool((element.text or "").strip()) for element in elements)


def planted(source: bytes, chosen: Chosen, mark: Callable[[str], str] = marked) -> bytes:
    return (plant_json if source.startswith(b"{") else plant_xml)(source, chosen, mark)


# --- the service -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def chatty(make_server):
    """A service that logs all it can; at its end no mark may be in what it logged."""
    server = make_server("--workers", "2", "--log-level", "debug")
    yield server
    metrics = server.request("GET", "/metrics").body.decode()
    assert server.stop() == 0
    assert len(server.log) > 100
    assert not leaked(metrics)
    assert [line for line in server.log if leaked(line)] == []


def told(answer: Any) -> str:
    """What an answer says in its findings and headers; the result itself holds the order, as it must."""
    body = answer.json if answer.headers["content-type"].endswith("json") else {}
    found = [entry["resource"] for entry in body.get("entry", ()) if entry["resource"]["resourceType"] == "OperationOutcome"]
    found += [item["resource"] for item in body.get("parameter", ()) if item["name"] == "outcome"]
    return json.dumps(found if answer.status == 200 and body.get("resourceType") != "OperationOutcome" else body) + str(
        answer.headers
    )


def leaks(server: Any, questions: Iterable[Asked]) -> tuple[set[int], list[str]]:
    """The statuses of the answers, and what in them shows a mark."""

    def ask(question: Asked) -> tuple[int, str]:
        body, path, headers = question
        answer = server.convert(body, path, **headers)
        return answer.status, told(answer)

    with ThreadPoolExecutor(4) as clients:
        answers = list(clients.map(ask, questions))
    return {status for status, _ in answers}, [text[:2000] for _, text in answers if leaked(text)]


FHIR_XML = {"Content_Type": "application/fhir+xml", "Accept": "application/fhir+json"}
FHIR_JSON = {"Content_Type": "application/fhir+json", "Accept": "application/fhir+json"}
CDA = {"Content_Type": "application/xml", "Accept": "application/fhir+json"}


def of_orders(story: Path) -> tuple[bytes, dict[str, str]]:
    source = next(story.glob("bundle.*")).read_bytes()
    return source, FHIR_JSON if source.startswith(b"{") else FHIR_XML


def by_themselves(source: bytes, paths: tuple[str, ...], headers: dict[str, str]) -> Iterator[Asked]:
    """Each value marked by itself, or every third one."""
    for place in range(0, count(source), STEP):
        body = planted(source, lambda other, _, place=place: other == place)
        yield body, paths[place // STEP % len(paths)], headers


@pytest.mark.parametrize("story", STORIES if THOROUGH else FULLEST, ids=lambda story: story.name)
def test_a_mark_in_one_value_of_an_order_is_told_to_nobody(chatty, story):
    source, headers = of_orders(story)
    paths = ("/convert?lang=en", "/convert?draft=true", "/$imgda-convert")
    statuses, leaks_found = leaks(chatty, by_themselves(source, paths, headers))
    assert {200, 422} <= statuses <= {200, 400, 422}
    assert leaks_found == []


@pytest.mark.parametrize("story", STORIES if THOROUGH else FULLEST, ids=lambda story: story.name)
@pytest.mark.parametrize("path", ["/to-fhir", "/check"])
def test_a_mark_in_one_value_of_a_document_is_told_to_nobody(chatty, story, path):
    source = (story / "document.xml").read_bytes()
    statuses, leaks_found = leaks(chatty, by_themselves(source, (path,), CDA))
    assert statuses <= {200, 400, 422}
    assert leaks_found == []


def has_no_part_in_the_form(_: int, name: str) -> bool:
    return name not in STRUCTURE


@pytest.mark.parametrize("chosen", [lambda *_: True, has_no_part_in_the_form], ids=["all", "form-kept"])
@pytest.mark.parametrize("mark", [marked, lambda _: MARK, lambda _: DIGITS], ids=["alike", "text", "digits"])
def test_marks_in_all_values_at_once_are_told_to_nobody(chatty, mark, chosen):
    questions: list[Asked] = []
    for story in STORIES:
        source, headers = of_orders(story)
        texts = planted(source, chosen, mark)
        questions += [(texts, path, headers) for path in ("/convert", "/convert?draft=true&lenient=true", "/$imgda-convert")]
        questions.append((texts, "/convert", {**headers, "Accept": "application/problem+json"}))
        if story.name in ("lymphoma-pet", "knee-radiograph"):
            document = planted((story / "document.xml").read_bytes(), chosen, mark)
            questions += [(document, path, CDA) for path in ("/to-fhir", "/check", "/$imgda-convert")]
    statuses, leaks_found = leaks(chatty, questions)
    assert leaks_found == []
    assert statuses <= {200, 400, 422}


def test_marks_beside_the_body_are_told_to_nobody(chatty):
    source, headers = of_orders(FULLEST[0])
    questions: list[Asked] = [
        (source, f"/convert?{name}={MARK}", headers)
        for name in ("model", "fhir", "requisition", "single", "lenient", "draft", "check", "lang", "_format", MARK)
    ]
    questions += [(source, f"/{MARK}", headers), (source, f"/convert/{MARK}?{MARK}", headers)]
    questions += [
        (source, "/convert", {**headers, name: MARK})
        for name in ("Content_Type", "Accept", "Accept_Language", "Content_Encoding", "Authorization", "traceparent", "Cookie")
    ]
    _, leaks_found = leaks(chatty, questions)
    assert leaks_found == []


@pytest.mark.parametrize("text", ["a CANARY-77", "19 17370707", "7377373773" * 4, '"birth": "1737-07-07"', "X173707"])
def test_a_mark_is_found_wherever_it_stands(text):
    assert leaked(text)


def test_the_digits_of_a_mark_within_an_identity_are_no_mark():
    assert not leaked('"request": "7ddf8c24deeecb173707420d32eed9ab"')
