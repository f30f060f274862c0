"""Every shipped stylesheet compiles, each in a process of its own, and saxon.xml names each package once."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from conftest import ROOT
from lxml import etree

from bridge.cda.stylesheets import configuration

XSLT = ROOT / "xslt"
STYLESHEETS = sorted(XSLT.rglob("*.xsl"))
WHOLE = [path for path in STYLESHEETS if etree.QName(etree.parse(str(path)).getroot()).localname == "package"]
"""Those that stand alone; the others are modules that a package includes."""
CONFIGURATION = {"s": "http://saxon.sf.net/ns/configuration"}

_COMPILE = """
import sys
from saxonche import PySaxonProcessor
processor = PySaxonProcessor(license=False, config_file=sys.argv[1])
for path in sys.argv[2:]:
    processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=path)
    print(path)
"""


def test_every_stylesheet_compiles():
    command = [sys.executable, "-c", _COMPILE, str(XSLT / "saxon.xml"), *map(str, WHOLE)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == [str(path) for path in WHOLE]
    assert result.stderr == ""


def test_what_saxon_prints_goes_to_the_null_device_of_the_system(tmp_path):
    """As on a system where it has another name: here a file, which Saxon opens."""
    elsewhere = tmp_path / "NUL"
    with configuration(XSLT / "saxon.xml", str(elsewhere)) as wiring:
        command = [sys.executable, "-c", _COMPILE, str(wiring), *map(str, WHOLE)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.stdout.split() == [str(path) for path in WHOLE]
    assert elsewhere.exists()
    assert not wiring.exists()


@pytest.mark.parametrize("path", STYLESHEETS, ids=lambda path: str(path.relative_to(XSLT)))
def test_the_wiring_names_each_package_and_its_version(path):
    root = etree.parse(str(path)).getroot()
    if etree.QName(root).localname != "package":
        pytest.skip("a module that a package includes")
    wiring = etree.parse(str(XSLT / "saxon.xml"))
    found = wiring.xpath(
        "//s:package[@sourceLocation=$path]", namespaces=CONFIGURATION, path=str(path.relative_to(XSLT).as_posix())
    )
    assert [(f.get("name"), f.get("version")) for f in found] == [(root.get("name"), root.get("package-version"))]


@pytest.mark.parametrize("path", STYLESHEETS, ids=lambda path: str(path.relative_to(XSLT)))
def test_every_template_and_function_says_its_type(path):
    namespaces = {"xsl": "http://www.w3.org/1999/XSL/Transform"}
    tree = etree.parse(str(path))
    untyped = tree.xpath("(//xsl:template | //xsl:function | //xsl:variable | //xsl:param)[not(@as)]", namespaces=namespaces)
    assert [etree.tostring(element)[:100] for element in untyped] == []


def test_one_module_of_the_bridge_imports_saxon():
    """And one more, in the process of its own that runs the official suites which a user brings."""
    importing = re.compile(r"^\s*(import|from) saxonche", re.MULTILINE)
    importers = sorted(path.name for path in (ROOT / "bridge").rglob("*.py") if importing.search(path.read_text("utf-8")))
    assert importers == ["stylesheets.py", "worker.py"]
