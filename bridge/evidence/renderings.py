"""The forms in which the bridge may have written a value of FHIR: as it is, as the CDA writes it, translated by a table.

Source: the writers of the forms themselves (:mod:`bridge.fhir.read.datatypes.names`) and ``mappings/codes``.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from typing import Any, Literal, NamedTuple

from bridge.fhir.ledger.node import Leaf
from bridge.fhir.read.datatypes.addresses import ADDRESS_USE_CODES
from bridge.fhir.read.datatypes.telecoms import TELECOM_USE_CODES, contact_uris
from bridge.order.identifiers import by_type, prefixed
from bridge.order.moments import french_date, iso
from bridge.tables.codes import code_system_oid, code_system_uri, identifier_oid, rows, value_set, wordings
from bridge.tables.shipped import folder

__all__ = ["FATES", "Fate", "Form", "forms", "squeeze"]

Fate = Literal["copied", "formatted", "translated", "split", "decides", "implied", "lost", "defaulted"]
FATES: tuple[Fate, ...] = ("copied", "formatted", "translated", "split", "decides", "implied", "defaulted", "lost")
"""*copied* as it is; *formatted* as the CDA writes it; *translated* by a row of a table; *split*, one value at several places in
parts; *decides* what becomes of others; *implied*; *defaulted*, an item from the site settings without a value of the input;
*lost*."""


class Form(NamedTuple):
    """A value as it may stand in the document."""

    text: str
    fate: Fate
    rule: str | None = None
    whole: bool = False
    """Whether only a whole attribute or text counts, because a part may be so by chance."""


def forms(leaf: Leaf) -> Iterator[Form]:
    """The forms in which the bridge may have written a value, the most faithful first."""
    value = leaf.value
    if isinstance(value, bool):
        yield Form("true" if value else "false", "copied", whole=True)
        yield Form("oui" if value else "non", "formatted")
        if "orderDetail" in leaf.type_path:
            yield from _contrast(_ANSWERS[value])
        return
    if isinstance(value, (int, Decimal)):
        yield Form(str(value), "copied")
        return
    text = squeeze(str(value))
    yield Form(text, "copied")
    if (moment := iso(str(value))) is not None:
        yield Form(moment, "formatted")
        yield Form(moment.translate(str.maketrans("", "", "-:T")).partition("+")[0], "formatted")
        yield Form(french_date(moment).split(" ")[0], "formatted")
    for name in ("civility", "title"):
        if leaf.type_path.endswith((".prefix", ".suffix")) and (code := wordings(name).get(text.rstrip(".").lower())):
            yield Form(code, "translated", f"{name}: {text} → {code}", whole=True)
    if isinstance(leaf.container, Mapping):
        yield from _with_context(leaf, leaf.container, str(value))


def _with_context(leaf: Leaf, container: Mapping[str, Any], value: str) -> Iterator[Form]:
    match leaf.key:
        case "system":
            yield from _of_system(value, str(container.get("code")))
        case "code":
            yield from _of_code(value, str(container.get("system")))
        case "value":
            yield from _of_value(value, container)
        case "data":
            yield Form(re.sub(r"\s", "", value), "formatted", whole=True)
        case "contentType":
            yield Form(value.partition(";")[0].strip().lower(), "formatted", whole=True)
    yield from _by_value(str(leaf.key), value)


def _of_system(uri: str, code: str) -> Iterator[Form]:
    """The system of a code or an identifier."""
    if oid := code_system_oid(uri) or identifier_oid(uri):
        yield Form(oid, "formatted", whole=True)
    for target in _targets(uri, code):
        yield Form(target.system, "translated", target.rule, whole=True)
    yield Form(uri.removeprefix("urn:uuid:").upper(), "formatted", whole=True)
    yield from _contrast(code)


def _of_code(code: str, uri: str) -> Iterator[Form]:
    """The code of a Coding."""
    if ":" in code:
        yield Form(code.partition(":")[0].strip(), "split", "SNOMED CT, expression", whole=True)
    for target in _targets(uri, code):
        yield Form(target.code, "translated", target.rule, whole=True)
    yield from _contrast(code)


def _of_value(value: str, container: Mapping[str, Any]) -> Iterator[Form]:
    """The value of an identifier or of a means of contact."""
    system = container.get("system")
    yield Form(value.replace(" ", ""), "formatted")
    yield Form(prefixed(value, system), "formatted")
    if typed := by_type(value, _types(container)):
        yield Form(typed[1], "formatted")
    yield Form(re.sub(r"^urn:(oid|uuid):", "", value).upper(), "formatted", whole=True)
    for uri in contact_uris(value, system if isinstance(system, str) else None):
        yield Form(uri, "formatted", whole=True)


def _types(container: Mapping[str, Any]) -> list[str]:
    """The codes of the type of an Identifier."""
    kind = container.get("type")
    codings = kind.get("coding") if isinstance(kind, Mapping) else None
    return [str(coding.get("code")) for coding in codings or () if isinstance(coding, Mapping)]


_ANSWERS = {True: "MED-1153", False: "MED-1154"}
"""Answers to the question whether contrast is injected (JDV_InjectionPDC_TEP)."""
_SAYING = {_ANSWERS[True]: ("MED-1127", "MED-1129"), _ANSWERS[False]: ("MED-1126", "MED-1128")}
"""The modalities whose code says the answer: radiography and ultrasound, with and without contrast."""


def _contrast(code: str) -> Iterator[Form]:
    """The answer on contrast of what is no PET: a part of the modality, or words of the comment (docs/rules.md, B7)."""
    for concept in value_set("contrast-injection").by_code.get(code, ()):
        yield Form(concept.display, "translated", f"contrast-injection: {code} → {concept.display}")
        for modality in _SAYING[code]:
            yield Form(modality, "translated", f"contrast-injection: {code} → {modality}", whole=True)


def _by_value(key: str, value: str) -> Iterator[Form]:
    """Values that are translated by themselves: gender, use, units in words."""
    word = value.strip().rstrip(".").casefold()
    if (code := _words().get((key, word))) is not None:
        yield Form(code, "translated", f"{key}: {word} → {code}", whole=True)
    if key == "unit" or key == "code":
        for word in {"a": "ans", "an": "ans", "mo": "mois", "wk": "semaines", "d": "jours"}.get(value, "").split():
            yield Form(word, "translated", "unités")


class _Target(NamedTuple):
    code: str
    system: str
    rule: str


@cache
def _tables() -> Mapping[tuple[str, str], tuple[_Target, ...]]:
    """Every translation of ``mappings/codes`` towards the CDA, by system and code of the sender."""
    found: dict[tuple[str, str], tuple[_Target, ...]] = {}
    for path in sorted((folder("mappings") / "codes").glob("*.csv")):
        for row in rows(f"codes/{path.stem}"):
            if row.get("fhir_code") and row.get("direction") != "to-fhir":
                target = _Target(row["cda_code"], row["cda_system"], f"{path.stem}: {row['fhir_code']} → {row['cda_code']}")
                key = row["fhir_system"], row["fhir_code"]
                found[key] = (*found.get(key, ()), target)
    return found


def _targets(system: str, code: str) -> Iterator[_Target]:
    oid = code_system_oid(system)
    for uri in dict.fromkeys((system, code_system_uri(oid) if oid else system)):
        yield from _tables().get((uri, code), ())


@cache
def _words() -> Mapping[tuple[str, str], str]:
    """The V3 code of a gender or use, by the element and the word of FHIR."""
    genders = {("gender", row["fhir_code"]): row["cda_code"] for row in rows("codes/gender")}
    return genders | {("use", word): code for word, code in (ADDRESS_USE_CODES | TELECOM_USE_CODES).items()}


def squeeze(text: str) -> str:
    """A text on one line, for comparison."""
    if text.startswith("<div"):
        text = html.unescape(re.sub(r"<[^>]*>", " ", text))
    return " ".join(text.split())
