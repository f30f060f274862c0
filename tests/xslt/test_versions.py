"""A version of the model overrides any rule: the toy 2099.01, never shipped, overrides one of each mode."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from conftest import ROOT
from functions import XSLT, Functions
from lxml import etree

from bridge.cda.parser import NUMBER

TOY = ROOT / "tests" / "xslt" / "2099.01"
STORY = ROOT / "fixtures" / "lymphoma-pet"


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str, str], str]]:
    """The result of a stylesheet of the toy on a document."""
    tree = etree.parse(str(XSLT / "saxon.xml"))
    packages = tree.getroot().find("{*}xsltPackages")
    for package in packages:
        package.set("sourceLocation", str(XSLT / package.get("sourceLocation", "")))
    for path in TOY.glob("*.xsl"):
        root = etree.parse(str(path)).getroot()
        name, version = str(root.get("name")), str(root.get("package-version"))
        row = etree.SubElement(packages, f"{{{etree.QName(packages).namespace}}}package")
        row.attrib.update({"name": name, "version": version, "sourceLocation": str(path)})
    wiring: Path = tmp_path_factory.mktemp("toy") / "saxon.xml"
    tree.write(str(wiring), encoding="utf-8")
    with ExitStack() as stack:
        kept: dict[str, Functions] = {}

        def run(direction: str, xml: str) -> str:
            if direction not in kept:
                kept[direction] = stack.enter_context(Functions(str(TOY / f"{direction}.xsl"), "", wiring))
            return kept[direction].transform(xml)

        yield run


def numbered(change: Callable[[str], str] = str) -> str:
    root = etree.fromstring(change((STORY / "document.xml").read_text("utf-8")).encode())
    for number, element in enumerate(root.iter(etree.Element)):
        element.set(NUMBER, str(number))
    return etree.tostring(root, encoding="unicode")


def test_a_version_overrides_a_rule_of_each_mode_of_the_document(toy):
    made = toy("to-cda", (STORY / "order.xml").read_text("utf-8"))
    toys = set(re.findall(r"toy [a-z:-]+", made))
    assert toys == {f"toy {rule}" for rule in "h:header h:parts q:request s:patient-information e:entry n:narrative".split()}
    assert '<component typeCode="toy">' in made
    assert 'root="1.2.250.1.213.1.1.1.47" extension="2099.01"' in made


def test_a_version_overrides_a_rule_of_each_mode_of_the_reading(toy):
    read = toy("to-order", numbered())
    assert set(re.findall(r"toy [a-z:-]+", read)) == {"toy h:header", "toy h:parts", "toy e:entry", "toy s:section"}


def test_a_version_overrides_a_function_two_packages_down(toy):
    """The end of the reason that is a wish to be called back; the document has no entry that says the wish."""
    document = (
        '<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:x="urn:x-bridge:source" x:n="0">'
        '<documentationOf x:n="1"><serviceEvent x:n="2">'
        '<code x:n="3" code="MED-1095"><originalText x:n="4">Chute %s</originalText></code>'
        "</serviceEvent></documentationOf></ClinicalDocument>"
    )
    assert 'code="IMGDA-1288"' in toy("to-order", document % "(toy)")
    assert "IMGDA-1288" not in toy("to-order", document % "(retour par téléphone souhaité)")


def test_a_version_overrides_a_rule_and_the_functions_of_the_checks(toy):
    found = toy("check", numbered())
    assert 'expected="toy c:check"' in found
    assert '"IMGDA-1442"' in found
    assert 'expected="2099.01"' in found
    urgent = numbered(lambda text: text.replace('<statusCode code="active"/>', '<statusCode code="active"/><priorityCode/>', 1))
    assert 'severity="toy"' in toy("check", urgent)


def test_the_example_of_the_documentation_is_the_toy():
    page = (ROOT / "docs" / "models.md").read_text("utf-8")
    example = page.split("```xml")[1].split("```")[0]
    toy = [line.strip() for line in (TOY / "check.xsl").read_text("utf-8").splitlines()]
    assert [line for line in example.splitlines() if line.strip() not in toy] == []


def test_the_toy_is_shipped_nowhere():
    assert not (XSLT / "img-da-img" / TOY.name).exists()
    assert TOY.name not in (XSLT / "saxon.xml").read_text("utf-8")


@pytest.mark.parametrize("path", sorted(XSLT.rglob("*.xsl")), ids=lambda path: str(path.relative_to(XSLT)))
def test_what_a_version_may_say_otherwise_is_a_function(path):
    """Saxon does not see the override of a variable from two packages up: the value of the layer would stay."""
    names = {"xsl": "http://www.w3.org/1999/XSL/Transform"}
    assert etree.parse(str(path)).xpath("(/* | //xsl:override)/xsl:variable[not(@static)]/@name", namespaces=names) == []
