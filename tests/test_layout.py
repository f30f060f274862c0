"""The house: each room takes from those that it may take from, nothing goes in circles, and no room is too large to be read.

The rooms and their arrows are the table of docs/design.md, "Rooms". What still breaks a rule is listed here, and may only shrink.
"""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from conftest import ROOT

LONGEST_MODULE, LONGEST_FUNCTION, MOST_DECISIONS = 350, 40, 10


class Import(NamedTuple):
    module: str
    taken: str
    """The module that it takes something from."""
    name: str
    for_types: bool
    """Whether only a type checker follows it."""


@cache
def modules() -> dict[str, Path]:
    found = sorted((ROOT / "bridge").rglob("*.py"))
    return {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in found}


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(modules()[module].read_text("utf-8"))


def lines(module: str) -> list[str]:
    return modules()[module].read_text("utf-8").splitlines()


@cache
def imports(module: str) -> tuple[Import, ...]:
    return tuple(_imports(module))


def _imports(module: str) -> Iterator[Import]:
    types = {
        id(node)
        for block in ast.walk(tree(module))
        if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.unparse(block.test)
        for node in ast.walk(block)
    }
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "bridge":
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                taken = (whole, "") if whole in modules() else (node.module, alias.name)
                yield Import(module, *taken, id(node) in types)
        elif isinstance(node, ast.Import):
            yield from (Import(module, a.name, "", id(node) in types) for a in node.names if a.name.split(".")[0] == "bridge")


@cache
def arrows() -> dict[str, set[str]]:
    """What each room may take from, by the table of the design."""
    page = (ROOT / "docs" / "design.md").read_text("utf-8")
    rows = re.findall(r"^\| `([\w./]+)` \|[^|]*\|([^|]*)\|$", page.split("## Rooms")[1].split("\n## ")[0], re.MULTILINE)
    return {room: {"any"} if "any room" in taken else set(re.findall(r"`([\w./]+)`", taken)) for room, taken in rows}


@cache
def room(module: str) -> str:
    """The longest room of the table that holds a module."""
    path = modules()[module].relative_to(ROOT / "bridge").as_posix()
    return max((name for name in arrows() if path == name or path.startswith(f"{name.rstrip('/')}/")), key=len, default="?")


def test_every_room_takes_only_from_those_that_it_may_take_from():
    wrong = {
        (found.module, found.taken)
        for module in modules()
        for found in imports(module)
        if found.taken in modules()
        and not found.for_types
        and room(module) != room(found.taken)
        and not {"any", room(found.taken)} & arrows().get(room(module), set())
    }
    assert sorted(wrong) == []


def test_no_module_leads_back_to_itself():
    takes: dict[str, set[str]] = defaultdict(set)
    for module in modules():
        takes[module] = {f.taken for f in imports(module) if f.taken in modules() and not f.for_types} - {module}
    circles = []
    for start in modules():
        seen, waiting = set(), [start]
        while waiting:
            for following in takes[waiting.pop()] - seen:
                seen.add(following)
                waiting.append(following)
        if start in seen:
            circles.append(start)
    assert circles == []


def test_no_private_name_is_taken_from_another_module():
    assert [
        found for module in modules() for found in imports(module) if found.name.startswith("_") and "__" not in found.name
    ] == []


def test_a_class_name_stands_once():
    names = Counter(
        node.name for module in modules() for node in tree(module).body if isinstance(node, ast.ClassDef) and node.name[0] != "_"
    )
    assert sorted(name for name, count in names.items() if count > 1) == []


def test_no_module_is_too_long_to_be_read_at_once():
    long = {m: n for m in modules() if (n := len(lines(m))) > LONGEST_MODULE}
    assert long == {}


def decisions(function: ast.AST) -> int:
    kinds = (ast.If, ast.For, ast.While, ast.IfExp, ast.BoolOp, ast.comprehension, ast.ExceptHandler, ast.match_case)
    return sum(isinstance(node, kinds) for node in ast.walk(function))


def is_explained(module: str, function: ast.FunctionDef) -> bool:
    """Whether a comment right before a function says why it is not parted: ``# layout: …``."""
    first = min([function.lineno, *(decorator.lineno for decorator in function.decorator_list)])
    return lines(module)[first - 2].strip().startswith("# layout: ")


def is_long(function: ast.FunctionDef) -> bool:
    assert function.end_lineno is not None
    return function.end_lineno - function.lineno >= LONGEST_FUNCTION or decisions(function) > MOST_DECISIONS


def test_no_function_is_too_long_to_be_understood():
    functions = [(module, node) for module in modules() for node in ast.walk(tree(module)) if isinstance(node, ast.FunctionDef)]
    assert [f"{module}:{node.name}" for module, node in functions if is_long(node) and not is_explained(module, node)] == []
    assert [f"{module}:{node.name}" for module, node in functions if not is_long(node) and is_explained(module, node)] == []


def test_every_module_opens_with_what_it_is_for():
    assert [module for module in modules() if not ast.get_docstring(tree(module)) and module != "bridge.__main__"] == []
