"""What the bridge is built upon: lower bounds that carry the fixes, a lock with hashes, and the bill made from it."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
import tomllib
from importlib.machinery import SourceFileLoader
from typing import Any

import pytest
from conftest import ROOT
from lxml import etree

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
CONTAINER = (ROOT / "Containerfile").read_text("utf-8") if (ROOT / "Containerfile").exists() else ""
LOCKS = ("server.lock", "build.lock")


def locked(name: str) -> dict[str, dict[str, Any]]:
    loader = SourceFileLoader("sbom", str(ROOT / ".ci" / "sbom"))
    spec = importlib.util.spec_from_loader("sbom", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return dict(module.locked((ROOT / ".ci" / name).read_text("utf-8")))


def test_lxml_brings_a_libxml2_with_the_fixes():
    assert etree.LIBXML_COMPILED_VERSION >= (2, 14)
    assert etree.LIBXML_VERSION >= (2, 14)


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_of_a_lock_has_its_hashes(name):
    packages = locked(name)
    assert packages
    assert all(len(facts["hashes"]) >= 1 for facts in packages.values())


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("server.lock", PROJECT["project"]["dependencies"] + PROJECT["project"]["optional-dependencies"]["server"]),
        ("build.lock", PROJECT["build-system"]["requires"]),
    ],
)
def test_a_lock_holds_what_the_project_asks_for(name, wanted):
    packaging = pytest.importorskip("packaging.requirements")
    packages = locked(name)
    for text in wanted:
        requirement = packaging.Requirement(text)
        version = packages[re.sub(r"[._]", "-", requirement.name)]["version"]
        assert requirement.specifier.contains(version), text


def test_the_container_installs_nothing_that_is_not_in_a_lock():
    if not CONTAINER:
        pytest.skip("the source distribution has no Containerfile")
    installs = re.findall(r"pip (?:install|wheel)[^&]*", CONTAINER.replace("\\\n", " "))
    assert len(installs) == 4
    assert all("--require-hashes" in text or "--no-deps" in text for text in installs)
    assert all(f"/.ci/{name}" in CONTAINER for name in LOCKS)


def test_the_bill_of_materials_names_every_package_of_the_container_and_is_the_same_each_time():
    command = [sys.executable, str(ROOT / ".ci" / "sbom")]
    first, second = (subprocess.run(command, capture_output=True, check=True).stdout for _ in range(2))
    assert first == second
    bill = json.loads(first)
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    packages = locked("server.lock")
    assert {item["name"]: item["version"] for item in bill["components"]} == {
        name: facts["version"] for name, facts in packages.items()
    }
    for item in bill["components"]:
        assert {found["content"] for found in item["externalReferences"][0]["hashes"]} == set(packages[item["name"]]["hashes"])
    refs = {item["bom-ref"] for item in bill["components"]} | {bill["metadata"]["component"]["bom-ref"]}
    assert {item["ref"] for item in bill["dependencies"]} == refs
    assert all(set(item["dependsOn"]) <= refs for item in bill["dependencies"])
