"""The tables: sourced, sorted, one answer for each code, equal to the published value sets; the catalogue of issues is whole."""

from __future__ import annotations

import csv
import re
import string
from collections import Counter
from pathlib import Path

import pytest
from conftest import ROOT
from lxml import etree

from bridge.findings.issues import catalogue
from bridge.tables.codes import code_system_oid, code_system_uri, rows, table, value_set, wholes

MAPPINGS = ROOT / "mappings"
FILES = sorted(MAPPINGS.rglob("*.csv"))
CODES = sorted(path.stem for path in (MAPPINGS / "codes").glob("*.csv"))
CONCEPT_MAPS = [name for name in CODES if "fhir_code" in next(rows(f"codes/{name}"))]
VALUE_SETS = sorted(path.stem for path in (MAPPINGS / "value-sets").glob("*.csv"))
RELATIONS = {"equivalent", "equal", "wider", "narrower", "inexact", "relatedto"}


def name_of(path: Path) -> str:
    return path.relative_to(MAPPINGS).as_posix()


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_table_is_utf8_with_one_header_and_no_line_break_in_a_field(path):
    raw = path.read_bytes()
    assert b"\r" not in raw
    assert not raw.startswith(b"\xef\xbb\xbf")
    assert raw.endswith(b"\n")
    lines = list(csv.reader(raw.decode("utf-8").splitlines()))
    assert len(set(lines[0])) == len(lines[0])
    assert {len(line) for line in lines} == {len(lines[0])}
    assert all(field == field.strip() and "\n" not in field for line in lines for field in line)


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_every_row_has_a_source_and_none_comes_twice(path):
    found = list(rows(name_of(path).removesuffix(".csv")))
    reason = "reason" if "reason" in found[0] and "source" not in found[0] else "source"
    assert all(row[reason] for row in found)
    assert [row for row, count in Counter(tuple(row.values()) for row in found).items() if count > 1] == []


@pytest.mark.parametrize("name", CODES)
def test_the_rows_are_sorted_by_code(name):
    key = next(k for k in ("fhir_code", "text", "cda_code", "code") if k in next(rows(f"codes/{name}")))
    found = [row[key] for row in rows(f"codes/{name}")]
    if "system" in next(rows(f"codes/{name}")):
        found = [f"{row['system']} {row[key]}" for row in rows(f"codes/{name}")]
    assert found == sorted(found) or name == "retired"


@pytest.mark.parametrize("name", VALUE_SETS)
def test_the_concepts_are_sorted_by_code(name):
    found = [row["code"] for row in rows(f"value-sets/{name}")]
    assert found == sorted(found)


@pytest.mark.parametrize("name", CONCEPT_MAPS)
def test_each_direction_gives_one_answer_for_a_code(name):
    found = list(rows(f"codes/{name}"))
    assert {row["direction"] for row in found} <= {"both", "to-cda", "to-fhir"}
    assert {row["relation"] for row in found} <= RELATIONS
    forward = Counter((row["fhir_system"], row["fhir_code"]) for row in found if row["direction"] != "to-fhir")
    backward = Counter((row["cda_system"], row["cda_code"]) for row in found if row["direction"] != "to-cda")
    assert [code for code, count in forward.items() if count > 1] == []
    assert [code for code, count in backward.items() if count > 1] == []


TARGETS = {
    "encounter-class": "encounter-type",
    "gender": "gender",
    "laterality": "topographic-modifier",
    "modality": "modality",
    "priority": "priority",
    "profession": "author-speciality",
    "relationship": "relation",
    "site": "site",
    "specialty": "author-speciality",
}


@pytest.mark.parametrize(("name", "target"), TARGETS.items())
def test_a_translation_leads_to_a_concept_of_the_value_set_with_its_label(name, target):
    for row in rows(f"codes/{name}"):
        if name == "profession" and not value_set(target).by_code.get(row["cda_code"]):
            continue  # the head of a code that a speciality completes
        concept = value_set(target).find(row["cda_code"], row["cda_system"])
        assert concept is not None, row
        assert concept.display == row["cda_display"], row


def test_a_side_that_a_site_code_includes_is_a_topographic_modifier():
    modifiers = value_set("topographic-modifier")
    for row in rows("codes/site"):
        if row["modifier_code"]:
            (concept,) = modifiers.by_code[row["modifier_code"]]
            assert concept.display == row["modifier_display"]


@pytest.mark.parametrize("name", ["site", "relation"])
def test_a_part_and_its_whole_are_concepts_of_the_value_set_with_their_labels(name):
    for row in rows(f"{name}-parts"):
        for role in ("part", "whole"):
            (concept,) = value_set(name).by_code[row[f"{role}_code"]]
            assert concept.display == row[f"{role}_display"]


@pytest.mark.parametrize("name", ["site", "relation"])
def test_nothing_is_part_of_itself_by_any_number_of_steps(name):
    assert [code for code, found in wholes(name).items() if code in found] == []


def test_a_code_states_contrast_only_where_its_row_says_so():
    states = {row["fhir_code"]: row["states"] for row in rows("codes/modality") if row["fhir_system"].endswith("/DCM")}
    assert set(states.values()) == {"modality"}
    for row in rows("codes/modality"):
        assert ("contrast" in row["states"]) >= (row["cda_code"] in ("MED-1127", "MED-1129"))


@pytest.mark.parametrize("word", [row["word"] for row in rows("side-words")])
def test_a_word_of_a_side_leads_to_a_side(word):
    row = next(row for row in rows("side-words") if row["word"] == word)
    assert row["modifier_code"] in ("24028007", "7771000", "51440002")
    assert set(row["place"].split()) <= {"after", "before", "beside", "next", "end"}


def test_the_words_of_modalities_lead_to_concepts_of_the_value_set():
    for row in rows("modality-words"):
        assert row["modality"] in value_set("modality").by_code


@pytest.mark.parametrize(("name", "target"), [("civility", "civility"), ("title", "title")])
def test_a_wording_leads_to_a_concept(name, target):
    for row in rows(f"codes/{name}"):
        (concept,) = value_set(target).by_code[row["cda_code"]]
        assert concept.display == row["cda_display"]
        assert row["text"] == row["text"].lower()


def test_the_tables_translate_nothing_that_is_already_in_the_value_set():
    for name in ("modality", "site"):
        for row in rows(f"codes/{name}"):
            oid = code_system_oid(row["fhir_system"])
            assert oid is None or value_set(name).find(row["fhir_code"], oid) is None, row


@pytest.mark.parametrize("name", CONCEPT_MAPS)
def test_the_systems_of_a_table_are_known_under_their_preferred_name(name):
    known = {row["uri"] for row in rows("code-systems")}
    for row in rows(f"codes/{name}"):
        assert row["fhir_system"] in known or name in ("priority",), row
        if oid := code_system_oid(row["fhir_system"]):
            assert code_system_uri(oid) == row["fhir_system"], row


def test_each_code_system_has_one_preferred_uri_and_each_uri_one_system():
    found = list(rows("code-systems"))
    assert [uri for uri, count in Counter(row["uri"] for row in found).items() if count > 1] == []
    preferred = Counter(row["oid"] for row in found if row["oid"] and row["preferred"] == "yes")
    assert set(preferred) == {row["oid"] for row in found if row["oid"]}
    assert set(preferred.values()) == {1}


def test_an_ambiguous_code_is_in_no_table():
    modality = {code for system, code in table("modality") if system.endswith("/DCM")}
    assert not modality & {"XA", "OT", "SR", "DOC", "SC"}


# --- the published value sets ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", list(rows("value-sets")), ids=lambda row: row["name"])
def test_a_value_set_is_the_published_one(row, reference):
    path = reference / "value-sets" / f"{row['jdv']}.xml"
    root = etree.parse(str(path)).getroot()
    svs = {"s": "urn:ihe:iti:svs:2008"}
    (header,) = root.xpath("//s:ValueSet", namespaces=svs)
    assert header.get("id") == row["oid"]
    published = {
        (concept.get("code"), concept.get("codeSystem")): " ".join((concept.get("displayName") or "").split())
        for concept in root.xpath("//s:Concept", namespaces=svs)
        if concept.get("codeSystem") != "ASTM"  # no OID: no II or CD can hold it
    }
    ours = {(c.code, c.system): c.display for c in value_set(row["name"]).concepts.values()}
    assert ours == published


def test_every_value_set_has_its_row():
    assert sorted(row["name"] for row in rows("value-sets")) == VALUE_SETS


# --- issues ----------------------------------------------------------------------------------------------------------

ISSUES = list(rows("issues"))
REFINED_LOSSES = {"IMGDA-0902", "IMGDA-0903", "IMGDA-0905"}
"""Kinds of IMGDA-0901 that a loss may be said as."""
CODE = re.compile(r"IMGDA-\d{4}")
FHIR_CODES = set(
    "invalid structure required value invariant security login unknown expired forbidden suppressed processing not-supported"
    " duplicate multiple-matches not-found deleted too-long code-invalid extension too-costly business-rule conflict transient"
    " lock-error no-store exception timeout incomplete throttled informational".split()
)


def used() -> set[str]:
    files = [*(ROOT / "bridge").rglob("*.py"), *(ROOT / "xslt").rglob("*.xsl")]
    found = {code for path in files for code in CODE.findall(path.read_text("utf-8"))}
    stylesheets = [path for path in (ROOT / "xslt").rglob("*.xsl") if path.parent.name == "checks" or path.name == "check.xsl"]
    checks = [*(ROOT / "bridge" / "checks").rglob("*.py"), *stylesheets]
    numbers = {number for path in checks for number in re.findall(r"['\"](1[4-6]\d\d)['\"]", path.read_text("utf-8"))}
    return found | {f"IMGDA-{number}" for number in numbers}


def test_the_codes_of_issues_are_unique_and_sorted():
    codes = [row["code"] for row in ISSUES]
    assert codes == sorted(set(codes))
    assert all(CODE.fullmatch(code) for code in codes)


def test_every_code_that_is_raised_has_a_row():
    assert used() <= {row["code"] for row in ISSUES}


def test_every_row_is_raised_somewhere():
    assert {row["code"] for row in ISSUES} - used() - REFINED_LOSSES == set()


@pytest.mark.parametrize("row", ISSUES, ids=lambda row: row["code"])
def test_an_issue_speaks_both_languages_with_the_same_parameters(row):
    def placeholders(*texts: str) -> set[str]:
        return {name for text in texts for _, name, _, _ in string.Formatter().parse(text) if name}

    assert all(row[name] for name in ("fr", "en", "remedy_fr", "remedy_en", "source"))
    assert row["fr"] != row["en"]
    assert placeholders(row["fr"]) == placeholders(row["en"])
    assert placeholders(row["remedy_fr"]) == placeholders(row["remedy_en"])
    assert row["severity"] in ("fatal", "error", "warning", "information")
    assert row["fhir_code"] in FHIR_CODES
    assert row["fr"].endswith((".", "?")), row["fr"]


def test_the_catalogue_is_the_table():
    assert list(catalogue()) == [row["code"] for row in ISSUES]
