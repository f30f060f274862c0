"""The documents say what is there: citations and links lead somewhere, options and settings are listed, examples run."""

from __future__ import annotations

import csv
import doctest
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any

import click
import pytest
from conftest import ROOT

import bridge
from bridge import settings
from bridge.cli import main
from bridge.cli.exits import Exit
from bridge.findings.issues import catalogue

DOCS = sorted((ROOT / "docs").glob("*.md"))
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "fixtures" / "README.md", *DOCS]
CITING = [
    path
    for folder, suffixes in (
        ("bridge", (".py",)),
        ("xslt", (".xsl", ".xml", ".rng")),
        ("mappings", (".csv",)),
        ("tests", (".py",)),
    )
    for path in sorted((ROOT / folder).rglob("*"))
    if path.suffix in suffixes and path != Path(__file__).resolve()
]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def page(name: str) -> str:
    return (ROOT / "docs" / f"{name}.md").read_text("utf-8")


# --- citations -------------------------------------------------------------------------------------------------------

_ITEM = r"[AMB]?\d+(?:\.\d+)*(?:-bis)?"
_CITATION = re.compile(rf"docs/(\w+)\.md(?:,? \(?(?:section |law )?({_ITEM}(?:(?: and | to |, | \(){_ITEM})*))?")


def items_of(page_name: str) -> set[str]:
    """What a citation of a page may name: numbered headings, rows and list items."""
    text = page(page_name)
    found = set(re.findall(rf"^#+ ({_ITEM})[ .]", text, re.MULTILINE))
    found |= set(re.findall(rf"^\| (?:<a id=\"\w+\"></a>)?({_ITEM}) \|", text, re.MULTILINE))
    found |= set(re.findall(r"</a>(B\d+) \|", text))
    return found | set(re.findall(r"^(\d+)\. ", text, re.MULTILINE))


def cited(text: str) -> Iterator[tuple[str, str | None]]:
    """The pages that a text cites, and each item of them."""
    for match in _CITATION.finditer(re.sub(r"\s+(?:# )?", " ", text)):
        if match[2] is None:
            yield match[1], None
            continue
        for span in re.split(r", | and | \(", match[2]):
            first, _, last = span.partition(" to ")
            yield match[1], first
            if last:
                letter = first[0]
                yield from ((match[1], f"{letter}{n}") for n in range(int(first[1:]) + 1, int(last[1:]) + 1))


@pytest.mark.parametrize("path", CITING, ids=name_of)
def test_a_citation_leads_to_a_page_and_an_item_of_it(path):
    for name, item in cited(path.read_text("utf-8")):
        assert (ROOT / "docs" / f"{name}.md").is_file(), name
        assert item is None or item in items_of(name), f"docs/{name}.md, {item}"


def test_citations_are_found_in_the_ways_they_are_written():
    text = "docs/fhir.md, 2.6 (M3 to M5, M18). docs/rules.md (B1 to B2); docs/decisions.md, 1). docs/design.md, law 1"
    assert list(cited(text)) == [
        ("fhir", "2.6"),
        ("fhir", "M3"),
        ("fhir", "M4"),
        ("fhir", "M5"),
        ("fhir", "M18"),
        ("rules", "B1"),
        ("rules", "B2"),
        ("decisions", "1"),
        ("design", "1"),
    ]
    assert "M99" not in items_of("fhir")


def test_a_source_that_names_a_heading_of_the_design_finds_it():
    for entry in catalogue().values():
        for title in re.findall(r"docs/design\.md, ([A-Z][a-z ]+)", entry.source):
            assert f"## {title}\n" in page("design"), entry.code


_CODES = r"IMGDA-\d{4}(?:(?:, | and | to )(?:IMGDA-)?\d{4})*"


def codes_of(text: str) -> list[str]:
    """The codes that a text such as ``IMGDA-0301 to 0305, 0336`` names."""
    found = []
    for span in re.split(r", | and ", text.replace("IMGDA-", "")):
        first, _, last = span.partition(" to ")
        found += [f"IMGDA-{number:04}" for number in range(int(first), int(last or first) + 1)]
    return found


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_an_issue_that_a_page_names_exists(path):
    for text in re.findall(_CODES, path.read_text("utf-8")):
        ends = [f"IMGDA-{digits}" for digits in re.findall(r"\d{4}", text)]
        assert [code for code in ends if code not in catalogue()] == []


def test_the_rules_page_states_the_severity_of_the_catalogue():
    rows = re.findall(rf"\| ({_CODES}) \| (error|warning|information) \|", page("rules"))
    stated = {code: severity for text, severity in rows for code in codes_of(text)}
    assert len(stated) > 30
    assert stated == {code: catalogue()[code].severity for code in stated}


# --- links -----------------------------------------------------------------------------------------------------------


@cache
def anchors(path: Path) -> frozenset[str]:
    text = path.read_text("utf-8")
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    slugs = {re.sub(r"[^\w\- ]", "", re.sub(r"[`*]", "", title).lower()).replace(" ", "-") for title in titles}
    return frozenset(slugs | set(re.findall(r'<a id="([^"]+)"', text)))


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_a_link_leads_to_a_file_and_a_heading_of_it(path):
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"```.*?```", "", path.read_text("utf-8"), flags=re.DOTALL)):
        if re.match(r"https?:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (path.parent / name).resolve() if name else path
        assert file.exists(), target
        assert not anchor or anchor in anchors(file), target


def test_every_page_is_reached_from_the_readme():
    text = (ROOT / "README.md").read_text("utf-8")
    assert [path.name for path in DOCS if f"docs/{path.name}" not in text] == []


# --- the command -----------------------------------------------------------------------------------------------------


def commands() -> Iterator[tuple[str, click.Command]]:
    context = click.Context(main)
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        assert command is not None
        yield name, command


@cache
def sections_of(text: str) -> dict[str, str]:
    """The sections of a page by their heading."""
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize(("name", "command"), list(commands()), ids=lambda value: value if isinstance(value, str) else "")
def test_a_command_is_documented_with_all_its_options(name, command):
    text = sections_of(page("cli")).get(f"imgda {name}")
    assert text is not None, f"docs/cli.md has no section imgda {name}"
    options = [option for parameter in command.params if isinstance(parameter, click.Option) for option in parameter.opts]
    listed = re.findall(r"^\| (`-[^|\n]*(?:\\\|[^|\n]*)*) \|", text, re.MULTILINE) + re.findall(
        r"[Oo]ptions?: (.+?)\n\n", text, re.DOTALL
    )
    described = set(re.findall(r"(?<![\w-])--?[a-z][\w-]*", " ".join(listed)))
    assert [option for option in options if option not in described] == []


def test_the_exit_codes_are_documented():
    rows = dict(re.findall(r"^\| (\d+) \| (\w+) \|", sections_of(page("cli"))["Exit codes"], re.MULTILINE))
    assert rows == {str(code.value): code.name for code in Exit}


def test_no_command_is_documented_that_does_not_exist():
    documented = {title.removeprefix("imgda ") for title in sections_of(page("cli")) if title.startswith("imgda ")}
    assert documented == {name for name, _ in commands()}


# --- settings --------------------------------------------------------------------------------------------------------


def defaults(value: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every setting and its default."""
    for field in fields(value):
        item = getattr(value, field.name)
        if is_dataclass(item):
            yield from defaults(item, f"{prefix}{field.name}.")
        else:
            yield f"{prefix}{field.name}", item


def as_toml(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, (tuple, dict)):
        return "`[]`" if value == () else "`{}`"
    return f"`{json.dumps(value, ensure_ascii=False)}`"


def test_the_settings_page_lists_every_setting_with_its_default():
    rows = dict(re.findall(r"^\| `([\w.]+)` \| (.+?) \|", page("settings"), re.MULTILINE))
    own = {f"translations.{field.name}" for field in fields(settings.LocalCode)}
    assert {name: rows.get(name) for name, _ in defaults(bridge.Settings())} == {
        name: as_toml(value) for name, value in defaults(bridge.Settings())
    }
    assert set(rows) == {name for name, _ in defaults(bridge.Settings())} | own


@pytest.fixture(scope="module")
def uncommented() -> str:
    text = (ROOT / "imgda.toml.sample").read_text("utf-8")
    return re.sub(r'^#(?=[\w\["])', "", text, flags=re.MULTILINE)


def test_the_sample_shows_every_setting_with_its_default(uncommented, tmp_path):
    (tmp_path / "imgda.toml").write_text(uncommented, "utf-8")
    loaded = dict(defaults(bridge.load_settings(tmp_path / "imgda.toml")))
    for name, default in defaults(bridge.Settings()):
        if default in (None, {}, ()):
            assert loaded[name] not in (None, {}, ()), f"the sample does not show {name}"
        else:
            assert name.rpartition(".")[2] in uncommented
            assert loaded[name] == default, name


def test_the_sample_names_every_setting_itself(uncommented):
    data = tomllib.loads(uncommented)

    def names(table: dict[str, Any], prefix: str = "") -> set[str]:
        found = set()
        for key, value in table.items():
            inner = isinstance(value, dict) and f"{prefix}{key}" != "oids.systems"
            found |= names(value, f"{prefix}{key}.") if inner else {f"{prefix}{key}"}
        return found

    assert names(data) == {name for name, _ in defaults(bridge.Settings())}


def test_the_sample_as_it_is_changes_nothing():
    assert bridge.load_settings(ROOT / "imgda.toml.sample") == bridge.Settings()


def test_the_examples_of_the_sample_are_codes_of_their_value_sets(uncommented):
    from bridge.tables.codes import value_set

    for row in tomllib.loads(uncommented)["translations"]:
        assert value_set(row["table"]).unique(row["to"])
        assert "modifier" not in row or value_set("topographic-modifier").unique(row["modifier"])


# --- tables ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted((ROOT / "mappings").rglob("*.csv")), ids=name_of)
def test_the_columns_of_a_table_are_documented(path):
    with path.open(encoding="utf-8", newline="") as file:
        header = next(csv.reader(file))
    assert [column for column in header if f"`{column}`" not in page("mappings")] == []
    if path.parent.name == "codes":
        assert f"`{path.stem}`" in page("mappings") or f"codes/{path.stem}.csv" in page("mappings")


# --- examples --------------------------------------------------------------------------------------------------------


def blocks(path: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", path.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def console() -> Iterator[tuple[str, str, str]]:
    """Every command of a console block: its page, its text, and the output that follows it."""
    for path in PAGES:
        for block in blocks(path, "console"):
            for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
                command, _, output = part.partition("\n")
                yield name_of(path), command, output


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """A folder in which the commands of the pages run: the fixtures, and ``imgda`` on the path."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "fixtures").symlink_to(ROOT / "fixtures")
    (folder / "bin").mkdir()
    imgda = folder / "bin" / "imgda"
    imgda.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m bridge "$@"\n')
    imgda.chmod(0o755)
    return folder


@pytest.mark.skipif(sys.platform == "win32", reason="the examples are written for a POSIX shell")
@pytest.mark.parametrize(("where", "command", "output"), list(console()))
def test_an_example_prints_what_the_page_says(where, command, output, site):
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("IMGDA_")},
        "PATH": f"{site / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "PYTHONUTF8": "1",
        "COLUMNS": "80",
    }
    run = subprocess.run(
        ["sh", "-c", command],
        cwd=site,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=60,
        check=False,
    )
    printed = run.stdout.decode()
    pattern = ".*".join(map(re.escape, output.rstrip("\n").split("…")))
    assert re.fullmatch(pattern, printed.rstrip("\n"), re.DOTALL), f"{where}: {command}\n{printed}"


@pytest.mark.parametrize("path", [path for path in PAGES if blocks(path, "python")], ids=name_of)
def test_the_python_of_a_page_runs(path, monkeypatch):
    monkeypatch.chdir(ROOT)
    for block in blocks(path, "python"):
        assert ">>> " in block
    failed, tried = doctest.testfile(str(path), module_relative=False, encoding="utf-8")
    assert tried
    assert not failed


def test_the_example_of_the_readme_is_that_of_the_fixture():
    def holds(whole: Any, part: Any) -> bool:
        if isinstance(part, dict):
            return isinstance(whole, dict) and all(key in whole and holds(whole[key], value) for key, value in part.items())
        if isinstance(part, list):
            return all(any(holds(item, value) for item in whole) for value in part)
        return bool(whole == part)

    readme, story = ROOT / "README.md", ROOT / "fixtures" / "knee-radiograph"
    resources = [entry["resource"] for entry in json.loads((story / "bundle.json").read_text("utf-8"))["entry"]]
    assert any(holds(resource, json.loads(blocks(readme, "json")[0])) for resource in resources)
    document = (story / "document.xml").read_text("utf-8")
    for tag in re.findall(r"<[^/>…]+", blocks(readme, "xml")[0]):
        assert tag.strip() in document


# --- what is run -----------------------------------------------------------------------------------------------------


def test_the_check_runs_the_commands_of_the_readme():
    lines = [line.strip() for line in (ROOT / ".ci" / "run").read_text("utf-8").splitlines()]
    for command in (line for block in blocks(ROOT / "README.md", "sh") for line in block.splitlines()):
        assert command in lines


def test_the_check_ends_with_the_tests():
    assert (ROOT / ".ci" / "run").read_text("utf-8").rstrip().endswith("python -m pytest -n 2")
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_the_changelog_keeps_its_form():
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert "## [Unreleased]" in text
    kinds = re.findall(r"^### (\w+)$", text, re.MULTILINE)
    assert set(kinds) <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_the_benchmarks_that_the_performance_page_names_exist():
    for name in re.findall(r"benchmarks/\w+\.py", page("performance")):
        assert (ROOT / name).is_file()
