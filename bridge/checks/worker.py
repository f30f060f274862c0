"""The process that runs the official suites (:mod:`bridge.checks.suite`).

It has a Saxon of its own, which may read the files of the suite; the documents that it is given were refused a DTD before. What
Saxon prints goes nowhere, since it may hold pieces of a document.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from lxml import etree

from bridge import xml
from bridge.cda.parser import Paths
from bridge.cda.stylesheets import allow_references
from bridge.checks.folder import Folder, cache_folder, digest, engine_of, locate, mended, schema_of
from bridge.checks.structure import paths
from bridge.findings.issues import Issue

_SVRL = "{http://purl.oclc.org/dsdl/svrl}"
_ROLES = {
    "error": "error",
    "fatal": "error",
    "warning": "warning",
    "warn": "warning",
    "info": "information",
    "information": "information",
}
Data = dict[str, Any]


def serve(pipe: Connection, root: Path, model: str) -> None:
    """Prepare the suites, say what is to be said of the folder, then answer each document with its failures."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    suites = Suites(root, model)
    pipe.send([_data(found) for found in suites.folder.issues] + suites.broken)
    while True:
        try:
            document = pipe.recv()
        except EOFError:
            return
        pipe.send(list(suites.check(document)))


def _data(found: Issue) -> Data:
    return {"code": found.code, "path": found.path, "severity": found.severity, "parameters": dict(found.parameters)}


def _failure(code: str, suite: str, **more: str) -> Data:
    return {"code": code, "parameters": {"suite": suite, **more}}


class Suites:
    """The schema and the compiled Schematrons of a folder."""

    def __init__(self, root: Path, model: str) -> None:
        from saxonche import PySaxonProcessor

        self.folder = Folder(root)
        self.broken: list[Data] = []
        self._saxon = PySaxonProcessor(license=False)
        allow_references(self._saxon)
        self._compiler = self._saxon.new_xslt30_processor()
        self._schema = self._load_schema()
        self._compiled: dict[str, Any] = {}
        engine = engine_of(self.folder)
        for name, path in locate(self.folder, model) if engine else ():
            try:
                stylesheet = self._translated(path, engine)
                self._compiled[name] = self._compiler.compile_stylesheet(stylesheet_file=str(stylesheet))
            except Exception:
                self.broken.append(_failure("IMGDA-1655", name))

    def _load_schema(self) -> etree.XMLSchema | None:
        path = schema_of(self.folder)
        try:
            return etree.XMLSchema(etree.parse(path)) if path else None
        except etree.LxmlError:
            self.broken.append(_failure("IMGDA-1655", "CDA_extended.xsd"))
            return None

    def _translated(self, path: Path, engine: list[Path]) -> Path:
        """The XSLT of a Schematron, from the cache or made now."""
        texts = mended(self.folder, path, cache_folder() / "made")
        target = cache_folder() / digest(texts, engine) / f"{path.stem}.xsl"
        if not target.exists():
            for name, text in texts.items():
                copy = target.parent / name
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_text(text, encoding="utf-8")
            unfinished = target.with_suffix(f".{os.getpid()}")
            unfinished.write_text(
                self._translate(target.parent / os.path.relpath(path, self.folder.root), engine), encoding="utf-8"
            )
            unfinished.replace(target)
        return target

    def _translate(self, source: Path, engine: list[Path]) -> str:
        """Include, expand, translate: the three steps of the ISO engine."""
        include, expand, translate = (self._compiler.compile_stylesheet(stylesheet_file=str(path)) for path in engine[:3])
        translate.set_parameter("allow-foreign", self._saxon.make_string_value("true"))
        node = self._saxon.parse_xml(xml_file_name=str(source))
        for step in (include, expand):
            node = step.transform_to_value(xdm_node=node).head
        return str(translate.transform_to_string(xdm_node=node))

    def check(self, document: bytes) -> Iterator[Data]:
        """The failures of one document."""
        try:
            root = xml.read(document, whole=True)
        except xml.Unreadable:
            return
        known = paths()
        yield from self._schema_errors(root, known)
        node = self._saxon.parse_xml(xml_text=etree.tostring(root, encoding="unicode"))
        for name, suite in self._compiled.items():
            try:
                report = xml.read(suite.transform_to_string(xdm_node=node), whole=True)
            except Exception:
                yield _failure("IMGDA-1655", name)
                continue
            yield from self._failures(name, report, root, known)

    def _schema_errors(self, root: etree._Element, known: Paths) -> Iterator[Data]:
        if self._schema is None or self._schema.validate(root):
            return
        for error in self._schema.error_log:
            found = root.getroottree().xpath(error.path) if error.path else []
            yield {
                "code": "IMGDA-1650",
                "path": known.of(found[0]) if isinstance(found, list) and found else None,
                "parameters": {"suite": "CDA_extended.xsd", "line": str(error.line)},
                "value": error.message,
            }

    def _failures(self, name: str, report: etree._Element, root: etree._Element, known: Paths) -> Iterator[Data]:
        for found in report.iter(f"{_SVRL}failed-assert", f"{_SVRL}successful-report"):
            usual = "error" if str(found.tag).endswith("failed-assert") else "warning"
            yield {
                "code": "IMGDA-1651",
                "path": _place(found.get("location", ""), root, known),
                "severity": _ROLES.get(found.get("role", ""), usual),
                "parameters": {"suite": name},
                "value": " ".join("".join(found.find(f"{_SVRL}text").itertext()).split()),  # type: ignore[union-attr]
            }


def _place(location: str, root: etree._Element, known: Paths) -> str | None:
    """The path of an SVRL location, as we write it; some rules of the suites state it without namespaces."""
    simple = re.sub(r"\*:(\w+)\[namespace-uri\(\)='([^']*)'\]", r"*[local-name()='\1']", location)
    simple = re.sub(r"/([A-Za-z][\w.\-]*)(?=[\[/]|$)", r"/*[local-name()='\1']", simple)
    try:
        found = root.xpath(simple)
    except etree.XPathError:
        return None
    return known.of(found[0].getparent() if not isinstance(found[0], etree._Element) else found[0]) if found else None
