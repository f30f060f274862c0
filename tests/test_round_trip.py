"""There and back: every official example, every story, and what is compared."""

from __future__ import annotations

import os
import random
import re

import pytest
from conftest import STORIES, input_of
from documents import tree_of
from lxml import etree

import bridge
from bridge.cda import canonical
from bridge.evidence import roundtrip
from bridge.evidence.diff import compare_documents

EXAMPLES = (
    "2022.01/IMG-DA-IMG_2022.01_Mammo-Echo-Seins.xml",
    "2022.01/IMG-DA-IMG_Radiographie_ChevilleGenou_11022022.xml",
    "2022.01/IMG-DA-IMG_Radiographie_Echographie_SeinThorax_18022022.xml",
    "2022.01/IMG-DA-IMG_Radiographie_IRM_Genou_18022022.xml",
    "2022.01/IMG-DA-IMG_Radiographie_Scanner_Genou_17022022.xml",
    "2022.01/IMG-DA-IMG_Scanner_Crane_ThoraxAbdomenPelvis_11022022.xml",
    "2022.01/IMG-DA-IMG_TEP_Thorax.xml",
    "2024.01/IMG-DA-IMG_2024.01_Mammo-Echo-Seins.xml",
    "2024.01/IMG-DA-IMG_2024.01_Radiographie_ChevilleGenou.xml",
    "2024.01/IMG-DA-IMG_2024.01_Radiographie_Echographie_SeinThorax.xml",
    "2024.01/IMG-DA-IMG_2024.01_Radiographie_IRM_Genou.xml",
    "2024.01/IMG-DA-IMG_2024.01_Radiographie_Scanner_Genou.xml",
    "2024.01/IMG-DA-IMG_2024.01_Scanner_Crane_ThoraxAbdomenPelvis.xml",
    "2024.01/IMG-DA-IMG_2024.01_TEP_Thorax.xml",
)

CHANGES = 300 if "IMGDA_THOROUGH" in os.environ else 120


@pytest.fixture(scope="module")
def trips(reference) -> dict[str, roundtrip.RoundTrip]:
    paths = [reference / name for name in EXAMPLES]
    return {path.name: roundtrip.of_document(path.read_bytes(), path.name) for path in paths}


# --- law 4 -----------------------------------------------------------------------------------------------------------


def test_every_official_example_comes_back_but_for_the_differences_that_are_meant(trips):
    assert len(trips) == 14
    assert {name: [leaf for leaf in trip.leaves if not leaf.reason] for name, trip in trips.items() if trip.unexplained} == {}
    assert all(trip.changes == () for trip in trips.values())


def test_no_row_of_the_table_is_in_vain(trips):
    used = {leaf.reason for trip in trips.values() for leaf in trip.leaves}
    elsewhere = {"seconds"}, {"docs/decisions.md, 17"}  # no official example needs them: tests/test_headers.py does
    rows = [
        reason for reason, _, _ in roundtrip.reasons() if reason.kind not in elsewhere[0] and reason.source not in elsewhere[1]
    ]
    assert [reason for reason in rows if reason not in used] == []


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold()))


def test_no_row_hides_a_value(trips):
    """What a row lets go stands elsewhere in the document that came back, is a label beside a kept code, or is a moment."""
    for trip in trips.values():
        kept = canonical.leaves(trip.document)
        values = set(kept.values())
        for leaf in trip.leaves:
            match leaf.reason.kind:
                case "added":
                    assert leaf.before is None
                case "moved":
                    assert leaf.before in values, leaf
                case "replaced":
                    assert leaf.before in ("UR", "Urgent", "2.16.840.1.113883.5.7")
                case "time":
                    assert "effectiveTime" in leaf.path
                    assert leaf.before is None or re.fullmatch(r"20\d{12}(\+0500)?", leaf.before)
                case "label" if "/headings[" in leaf.path:
                    assert set(leaf.before.split(" | ")) < set(leaf.after.split(" | "))
                case "label":
                    assert re.search(r"/@displayName|/reference/@value|/cell\[|/title/text\(\)|/originalText/text\(\)", leaf.path)
                    code = leaf.path.rpartition("/@displayName")[0]
                    assert not code or f"{code}/@code" in kept or leaf.after is None


# --- what the project's own documents prove without the examples --------------------------------------------------------


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_the_document_of_a_story_comes_back_the_same(story):
    trip = roundtrip.of_document((story / "document.xml").read_bytes())
    assert (trip.leaves, trip.changes) == ((), ())


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
@pytest.mark.parametrize("model", bridge.models())
def test_the_order_of_a_story_comes_back_the_same(story, model):
    assert roundtrip.of_fhir(input_of(story).read_bytes(), model=model).changes == ()


@pytest.mark.parametrize("shape", ["document", "order"])
def test_a_document_becomes_either_shape_of_fhir_and_the_same_order(shape):
    story = next(s for s in STORIES if s.name == "lymphoma-pet")
    found = bridge.to_fhir((story / "document.xml").read_bytes(), shape=shape)
    assert found.bundle["type"] == {"document": "document", "order": "collection"}[shape]
    assert found.model == "2024.01"
    assert bridge.Bridge().normalize(found.bundle).order == found.order


# --- mutation: a change of one value is never unseen ---------------------------------------------------------------------


def _mutants(document: bytes, count: int, seed: int):
    """Documents in which one attribute or text is another value of its kind."""
    chooser = random.Random(seed)
    root = tree_of(document)
    places: list[tuple[etree._Element, str]] = []
    for element in root.iter(etree.Element):
        places += [(element, str(name)) for name in element.attrib if not _says_nothing(element, str(name))]
        if (element.text or "").strip() and element.get("representation") != "B64":
            places.append((element, ""))
    for element, name in chooser.sample(places, min(count, len(places))):
        old = element.get(name) if name else element.text
        counts = re.search(r"\d", old) and not element.tag.endswith("}reference")  # a reference is made to lead nowhere
        new = re.sub(r"\d(?=\D*$)", lambda digit: str((int(digit[0]) + 1) % 10), old) if counts else f"{old}x"
        element.set(name, new) if name else setattr(element, "text", new)
        yield f"{root.getroottree().getpath(element)} {name}", etree.tostring(root)
        element.set(name, old) if name else setattr(element, "text", old)


def _says_nothing(element: etree._Element, name: str) -> bool:
    """Whether an attribute is layout, the name of a code system or the UUID of an entry (tests/test_canonical.py)."""
    fresh = name == "root" and element.tag.endswith("}id") and not element.get("extension")
    in_body = any(parent.tag.endswith("}structuredBody") for parent in element.iterancestors())
    layout = ("codeSystemName", "ID", "border", "styleCode", "referencedObject")
    return name.startswith("{") or name in layout or (fresh and in_body)


def test_a_single_change_in_a_document_is_seen(document_to_change):
    """Each change is an item, a leaf, or a refusal; CHANGES of them in a document with every construct of the model."""
    tried, unseen = 0, []
    for place, mutant in _mutants(document_to_change, CHANGES, seed=2024):
        tried += 1
        try:
            found = compare_documents(document_to_change, mutant)
        except bridge.BridgeError:
            continue
        if not (found.changes or found.others):
            unseen.append(place)
    assert tried == CHANGES
    assert unseen == []


@pytest.fixture(params=["lymphoma-pet", "breast-screening"])
def document_to_change(request) -> bytes:
    return (next(s for s in STORIES if s.name == request.param) / "document.xml").read_bytes()
