"""Calls the functions of one XSLT package, in a process of its own: a process holds one Saxon processor, and the bridge has it.

``python functions.py PACKAGE`` reads calls as JSON lines ``[name, [[kind, value], …]]`` and answers each with a JSON line: the
result as a text, or ``{"error": …}``. A kind is ``string``, ``integer``, ``integers`` or ``element`` (XML text).
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

XSLT = Path(__file__).resolve().parents[1] / "xslt"


class Functions:
    """The functions of the package in the file *package* (below ``xslt/``), in the namespace *namespace*."""

    def __init__(self, package: str, namespace: str) -> None:
        self._namespace = namespace
        self._worker = subprocess.Popen(
            [sys.executable, __file__, str(XSLT / package)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def call(self, name: str, *arguments: str | int | tuple[int, ...]) -> str:
        """The result of a function as a text; an argument that begins with ``<`` is an element."""
        assert self._worker.stdin
        assert self._worker.stdout
        self._worker.stdin.write(json.dumps([f"{{{self._namespace}}}{name}", [_typed(a) for a in arguments]]) + "\n")
        self._worker.stdin.flush()
        answer = json.loads(self._worker.stdout.readline())
        if isinstance(answer, dict):
            raise ValueError(answer["error"])
        return str(answer)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._worker.communicate()


def _typed(argument: Any) -> list[Any]:
    if isinstance(argument, str):
        return ["element" if argument.startswith("<") else "string", argument]
    return ["integer", argument] if isinstance(argument, int) else ["integers", list(argument)]


def _serve(package: str) -> None:
    from saxonche import PySaxonProcessor

    processor = PySaxonProcessor(license=False, config_file=str(XSLT / "saxon.xml"))
    executable = processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=package)

    def value(kind: str, content: Any) -> Any:
        if kind == "element":
            return processor.parse_xml(xml_text=content).children[0]
        if kind == "integers":
            return processor.new_xpath_processor().evaluate(f"({','.join(map(str, content))})")
        return processor.make_integer_value(content) if kind == "integer" else processor.make_string_value(content)

    for line in sys.stdin:
        name, arguments = json.loads(line)
        try:
            written = executable.call_function_returning_string(name, [value(*argument) for argument in arguments])
            answer: Any = written.removeprefix('<?xml version="1.0" encoding="UTF-8"?>')
        except Exception as error:
            answer = {"error": str(error)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    _serve(sys.argv[1])
