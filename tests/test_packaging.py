"""Wheel, source distribution and editable install: each finds its stylesheets and tables from another directory."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT, STORIES, input_of

KNEE = next(story for story in STORIES if story.name == "knee-radiograph")

_CONVERT = """
import sys
sys.path.insert(0, sys.argv[1])
import bridge
assert bridge.__file__.startswith(sys.argv[1]), bridge.__file__
sys.stdout.buffer.write(bridge.to_cda(open(sys.argv[2], "rb").read()).document)
"""


def convert(package: Path, cwd: Path) -> bytes:
    """What the package in a folder makes of a fixture, from another directory."""
    command = [sys.executable, "-P", "-c", _CONVERT, str(package), str(input_of(KNEE))]
    result = subprocess.run(command, capture_output=True, cwd=cwd, check=False)
    assert result.returncode == 0, result.stderr.decode()
    return result.stdout


@pytest.fixture(scope="session")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the wheel and the source distribution, built once, without network."""
    if not importlib.util.find_spec("build") or not importlib.util.find_spec("hatchling"):
        pytest.skip("needs build and hatchling (pip install build hatchling)")
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--sdist", "--wheel", "--outdir", str(out), str(ROOT)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return out


def test_the_wheel_converts_from_another_directory(distributions, tmp_path):
    (wheel,) = distributions.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    assert convert(tmp_path / "site", tmp_path) == (KNEE / "document.xml").read_bytes()


def test_the_wheel_holds_every_stylesheet_and_table_and_no_test(distributions):
    (wheel,) = distributions.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for folder, kinds in (("xslt", ("*.xsl", "*.xml", "*.rng")), ("mappings", ("*.csv",))):
        for kind in kinds:
            for path in (ROOT / folder).rglob(kind):
                assert f"bridge/{path.relative_to(ROOT).as_posix()}" in names
    assert "bridge/py.typed" in names
    assert not [name for name in names if name.startswith(("tests/", "fixtures/", "benchmarks/"))]
    assert not [name for name in names if "__pycache__" in name]


def test_the_source_distribution_converts_from_another_directory(distributions, tmp_path):
    (sdist,) = distributions.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (folder,) = tmp_path.iterdir()
    assert convert(folder, tmp_path) == (KNEE / "document.xml").read_bytes()
    for needed in ("tests/conftest.py", "fixtures/README.md", "LICENSE", "README.md", "CHANGELOG.md", "imgda.toml.sample"):
        assert (folder / needed).is_file(), needed


def test_the_checkout_converts_from_another_directory(tmp_path):
    assert convert(ROOT, tmp_path) == (KNEE / "document.xml").read_bytes()


def test_the_metadata_of_the_wheel_name_the_command_and_the_licence(distributions):
    (wheel,) = distributions.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        metadata = archive.read(next(name for name in names if name.endswith("/METADATA"))).decode()
        entry_points = archive.read(next(name for name in names if name.endswith("/entry_points.txt"))).decode()
    assert "imgda = bridge.cli:main" in entry_points
    assert "License-Expression: Apache-2.0" in metadata
    assert any(name.endswith("/licenses/LICENSE") for name in names)
