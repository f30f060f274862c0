"""Runs the stylesheets; the only import of saxonche.

What was measured about Saxon decides the shape of this module (docs/design.md, "Threads"):

* one processor in a process, made in one thread: several of them kill the process;
* a compiled stylesheet is a master that never runs; each thread has its own clone, because two threads that share one get each
  other's answers, that is, another patient's document;
* no parameters: everything travels in the XML text;
* stylesheets are compiled before the processor is closed to files and network, and every document is parsed after that. It cannot
  be opened again, so that all are compiled together, except in a process that says which ones it needs (:func:`only`).
"""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from lxml import etree
from saxonche import PySaxonApiError, PySaxonProcessor, PyXsltExecutable

from bridge.findings.errors import StylesheetError
from bridge.findings.issues import issue
from bridge.tables.shipped import folder

__all__ = ["only", "transform", "warm"]

Direction = Literal["to-cda", "to-order", "check"]

_lock = threading.RLock()
_masters: dict[tuple[str, str], PyXsltExecutable] = {}
_own = threading.local()
_processor: PySaxonProcessor | None = None
_needed: tuple[tuple[str, str], ...] = ()


def transform(model: str, direction: Direction, xml: str) -> str:
    """The result of one stylesheet on an XML text; safe from any number of threads.

    Raises :class:`StylesheetError` when the stylesheet fails, which no valid order makes happen. What Saxon prints about it,
    which may hold pieces of the document, goes nowhere.
    """
    executable = _clone(model, direction)
    assert _processor is not None
    try:
        result = executable.transform_to_string(xdm_node=_processor.parse_xml(xml_text=xml))
    except PySaxonApiError as error:
        raise StylesheetError(issue("IMGDA-1101", None, detail=_code(str(error)))) from None
    if result is None:
        raise StylesheetError(issue("IMGDA-1101", None, detail="no result"))
    return result


def only(*needed: tuple[str, Direction]) -> None:
    """Compile these stylesheets alone in this process, each a model and a direction: for a command that should start fast."""
    global _needed
    _needed = needed


def warm(model: str, direction: Direction = "to-cda") -> None:
    """Compile a stylesheet, so that the first conversion need not."""
    _clone(model, direction)


def _clone(model: str, direction: str) -> PyXsltExecutable:
    """This thread's own copy of a compiled stylesheet."""
    clones: dict[tuple[str, str], PyXsltExecutable] | None = getattr(_own, "clones", None)
    if clones is None:
        clones = _own.clones = {}
    key = model, direction
    if key not in clones:
        with _lock:
            clones[key] = _master(key).clone()
    return clones[key]


def _master(key: tuple[str, str]) -> PyXsltExecutable:
    if not _masters:
        _compile_all()
    return _masters[key]


def _compile_all() -> None:
    """Compile the stylesheets, then close the processor to files and network (before it parses its first document)."""
    global _processor
    root = folder("xslt")
    with configuration(root / "saxon.xml", os.devnull) as wiring:
        processor = PySaxonProcessor(license=False, config_file=str(wiring))
    allow_references(processor)
    compiler = processor.new_xslt30_processor()
    for path in sorted((root / "img-da-img").glob("*/*.xsl")):
        key = path.parent.name, path.stem
        if not _needed or key in _needed:
            _masters[key] = compiler.compile_stylesheet(stylesheet_file=str(path))
    processor.set_configuration_property("http://saxon.sf.net/feature/allowedProtocols", "")
    processor.set_configuration_property("http://saxon.sf.net/feature/allow-external-functions", "false")
    _processor = processor


def allow_references(processor: PySaxonProcessor) -> None:
    """Let texts have any number of ``&lt;`` and ``&amp;``.

    The parser counts them among the entities of a DOCTYPE, which no input may have, and fails after 100,000.
    """
    for limit in ("maxGeneralEntitySizeLimit", "totalEntitySizeLimit"):
        processor.set_configuration_property(f"http://saxon.sf.net/feature/parserProperty?uri=jdk.xml.{limit}", "0")


@contextmanager
def configuration(wiring: Path, null_device: str) -> Iterator[Path]:
    """The configuration of Saxon, whose own error output, which may hold pieces of a document, goes to the null device.

    Saxon takes that from the file alone, and refuses to start where the device has another name: there, a copy says it.
    """
    if null_device == "/dev/null":
        yield wiring
        return
    tree = etree.parse(wiring)
    for element in tree.iter("{*}global"):
        element.set("standardErrorOutputFile", null_device)
    for element in tree.iter("{*}package"):
        element.set("sourceLocation", (wiring.parent.absolute() / element.get("sourceLocation", "")).as_uri())
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / wiring.name
        tree.write(copy, encoding="utf-8")
        yield copy


def _code(message: str) -> str:
    """The XSLT error code in a message of Saxon, without the rest, which may hold data."""
    return next((word.strip(":.,()") for word in message.split() if word.startswith(("XT", "XP", "FO", "SX"))), "?")
