"""The table of examinations: each row says what the name of its code says, and no more."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from bundles import LOINC, SNOMED

from bridge.tables.codes import Concept, contains, rows, table, value_set
from bridge.tables.concepts import BOTH, ONE_SIDE, SIDES
from bridge.tables.examinations import Examination, examination
from bridge.wording.sides import sides

CCAM, RADLEX = "https://smt.esante.gouv.fr/terminologie-ccam", "http://radlex.org"
ROWS = list(rows("examinations"))
SITES, MODIFIERS = value_set("site").by_code, value_set("topographic-modifier").by_code


def parts(row: dict[str, str]) -> list[tuple[str, str]]:
    return [(code, side) for code, _, side in (stated.partition("+") for stated in row["sites"].split())]


def codes(row: Examination | None) -> list[tuple[str, str | None]]:
    assert row is not None
    return [(site.concept.code, site.side) for site in row.sites]


# --- the table -------------------------------------------------------------------------------------------------------


def test_the_rows_are_sorted_and_a_code_has_one():
    keys = [(row["code"], row["system"]) for row in ROWS]
    assert keys == sorted(set(keys))


def test_every_site_and_side_is_of_its_value_set_under_its_label():
    for row in ROWS:
        words = []
        for code, side in parts(row):
            (site,) = SITES[code]
            words.append(f"{site.display} ({MODIFIERS[side][0].display})" if side else site.display)
            assert side in (*SIDES, ""), row
        assert row["display"] == ", ".join(words), row


def test_every_row_states_a_site_or_contrast_and_names_its_relation():
    for row in ROWS:
        assert row["contrast"] in ("", "with", "without", "without and with"), row
        assert row["sites"] or row["contrast"], row
        assert row["label"], row
        assert row["source"], row
        assert row["relation"] in (("equivalent", "wider") if row["sites"] else ("",)), row


def test_no_row_gives_a_side_that_its_label_does_not_name():
    for row in ROWS:
        for _, side in parts(row):
            if side == ONE_SIDE:
                assert re.search(r"\bunilat[ée]ra", row["label"], re.IGNORECASE), row
            elif side:
                assert side in sides(row["label"]), row


def test_no_row_leaves_out_the_side_that_its_label_gives_to_a_site():
    """What follows the site says how: an oblique view, a leaning, "unilatérale ou bilatérale", a joint of each side."""
    how = re.compile(r" ; | incidences?\b| avec | pour | selon | unilatérale ou |chez ", re.IGNORECASE)
    for row in ROWS:
        named = sides(how.split(f" {row['label']}")[0]) if row["sites"] else frozenset()
        assert named <= {side for _, side in parts(row)}, row


def test_no_site_comes_twice_and_one_is_no_part_of_another_with_another_side():
    for row in ROWS:
        stated = parts(row)
        assert len({code for code, _ in stated}) == len(stated), row
        for code, side in stated:
            for other, its in stated:
                if code != other and contains("site", code, other) and side and its:
                    assert side == its, row


def test_every_code_has_a_modality_that_the_row_does_not_contradict():
    modality = table("modality")
    for row in ROWS:
        found = modality[row["system"], row["code"]]
        if "contrast" in found.states:
            assert (row["contrast"] == "without") is (found.concept.code in ("MED-1126", "MED-1128")), row


def test_contrast_is_stated_only_where_the_label_says_so():
    names = re.compile(r"contrast|injection|ferumoxid|opacification", re.IGNORECASE)
    for row in ROWS:
        assert not row["contrast"] or names.search(row["label"]), row


def test_every_code_of_snomed_has_the_check_digit_that_it_must_have():
    """SNOMED CT, technical implementation guide: Verhoeff's dihedral check. One row is a public misprint, and says so."""
    wrong = {row["code"] for row in ROWS if row["system"] == SNOMED and not is_sctid(row["code"])}
    assert wrong == {"419394000"}


TIMES = ["0123456789", "1234067895", "2340178956", "3401289567", "4012395678", "5987604321", "6598710432"]
TIMES += ["7659821043", "8765932104", "9876543210"]
TURN = "1576283094"


def is_sctid(code: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(code)):
        turned = int(digit)
        for _ in range(place % 8):
            turned = int(TURN[turned])
        total = int(TIMES[total][turned])
    return total == 0


def test_the_systems_that_are_read():
    assert set(Counter(row["system"] for row in ROWS)) == {LOINC, SNOMED, CCAM, RADLEX}


# --- its reader ------------------------------------------------------------------------------------------------------

ABDOMEN, PELVIS, THORAX, KNEE, HAND, BREAST = "302553009", "229765004", "302551006", "361291001", "302539009", "181131000"
RIGHT, LEFT = "24028007", "7771000"


@pytest.mark.parametrize(
    ("system", "code", "sites", "contrast"),
    [
        (LOINC, "24627-2", [(THORAX, None)], None),
        (LOINC, "36554-4", [(THORAX, None)], None),
        (LOINC, "79103-8", [(ABDOMEN, None)], True),
        (LOINC, "24604-1", [(BREAST, None)], None),
        (SNOMED, "419394006", [(ABDOMEN, None), (PELVIS, None)], None),
        (SNOMED, "432370003", [(ABDOMEN, None), (PELVIS, None)], True),
        (SNOMED, "303653007", [("302548004", None)], None),
        (SNOMED, "71651007", [(BREAST, None)], None),
        (SNOMED, "43204002", [(BREAST, BOTH)], None),
        (SNOMED, "3621000087107", [(HAND, LEFT)], None),
        (SNOMED, "19741000087109", [(KNEE, RIGHT)], None),
        (CCAM, "ZBQK002", [(THORAX, None)], None),
        (CCAM, "ZCQK004", [(ABDOMEN, None), ("362717004", None)], False),
        (CCAM, "NFQK001", [(KNEE, ONE_SIDE)], None),
        (RADLEX, "RPID145", [(ABDOMEN, None), (PELVIS, None)], True),
        (RADLEX, "RPID1979", [(BREAST, LEFT)], None),
        ("urn:oid:1.2.250.1.213.2.5", "ZBQK001", [(THORAX, None)], False),
        ("urn:oid:2.16.840.1.113883.6.1", "24627-2", [(THORAX, None)], None),
    ],
)
def test_what_a_code_states(system, code, sites, contrast):
    found = examination(code, system)
    assert codes(found) == sites
    assert found is not None
    assert found.has_contrast is contrast


def test_without_and_with_contrast_is_with_contrast():
    row = next(row for row in ROWS if row["contrast"] == "without and with")
    found = examination(row["code"], row["system"])
    assert found is not None
    assert found.has_contrast is True


def test_a_site_wider_than_the_name_says_so():
    finger = examination("786844003", SNOMED)
    assert finger is not None
    assert finger.is_wider
    assert finger.sites[0].concept == Concept(HAND, "2.16.840.1.113883.6.96", "main entière")


@pytest.mark.parametrize(
    ("code", "system"),
    [("446208007", SNOMED), ("450436003", SNOMED), ("15886004", SNOMED), ("24627-2", None), ("ZCQK005", LOINC)],
)
def test_a_name_without_a_site_or_contrast_states_nothing(code, system):
    assert examination(code, system) is None
