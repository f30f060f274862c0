"""Calls the functions and rules of one XSLT package, in a process of its own: Saxon has one processor, and the bridge has it.

``python functions.py WIRING PACKAGE`` reads calls as JSON lines ``[name, [[kind, value], …]]``. It answers each with a JSON line:
the result as a text, or ``{"error": …}``. Kinds are ``string``, ``integer``, ``integers``, ``element`` (XML text). With the kind
``rule``, the name is a mode, whose rules are applied to the elements that the XPath of ``[xpath, XML text]`` finds. With the kind
``document``, the stylesheet is applied to the document.
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

    def __init__(self, package: str, namespace: str, wiring: Path = XSLT / "saxon.xml") -> None:
        self._namespace = namespace
        command = [sys.executable, __file__, str(wiring), str(XSLT / package)]
        self._worker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def call(self, name: str, *arguments: str | int | tuple[int, ...]) -> str:
        """The result of a function as a text; an argument that begins with ``<`` is an element."""
        return self._ask(name, [_typed(argument) for argument in arguments])

    def apply(self, mode: str, xpath: str, xml: str) -> str:
        """What the rules of a mode make of the elements that *xpath* finds in a document (prefixes ``o`` and ``cda``)."""
        return self._ask(mode, [["rule", [xpath, xml]]])

    def transform(self, xml: str) -> str:
        """What the stylesheet makes of a document."""
        return self._ask("", [["document", xml]])

    def _ask(self, name: str, arguments: list[list[Any]]) -> str:
        assert self._worker.stdin
        assert self._worker.stdout
        self._worker.stdin.write(json.dumps([f"{{{self._namespace}}}{name}", arguments]) + "\n")
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


def _serve(wiring: str, package: str) -> None:
    from saxonche import PySaxonProcessor

    processor = PySaxonProcessor(license=False, config_file=wiring)
    executable = processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=package)

    def value(kind: str, content: Any) -> Any:
        if kind == "element":
            return processor.parse_xml(xml_text=content).children[0]
        if kind == "integers":
            return processor.new_xpath_processor().evaluate(f"({','.join(map(str, content))})")
        return processor.make_integer_value(content) if kind == "integer" else processor.make_string_value(content)

    def applied(mode: str, xpath: str, xml: str) -> str:
        finder = processor.new_xpath_processor()
        finder.declare_namespace("o", "urn:x-bridge:order")
        finder.declare_namespace("cda", "urn:hl7-org:v3")
        finder.set_context(xdm_item=processor.parse_xml(xml_text=xml))
        executable.set_initial_mode(mode)
        executable.set_initial_match_selection(xdm_value=finder.evaluate(xpath))
        return str(executable.apply_templates_returning_string())

    def answered(name: str, arguments: list[Any]) -> str:
        kind, content = arguments[0] if arguments else ("", None)
        if kind == "rule":
            return applied(name, *content)
        if kind == "document":
            return str(executable.transform_to_string(xdm_node=processor.parse_xml(xml_text=content)))
        return str(executable.call_function_returning_string(name, [value(*argument) for argument in arguments]))

    for line in sys.stdin:
        name, arguments = json.loads(line)
        try:
            written = answered(name, arguments)
            answer: Any = written.removeprefix('<?xml version="1.0" encoding="UTF-8"?>')
        except Exception as error:
            answer = {"error": str(error)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    _serve(*sys.argv[1:])
