"""Runs the stylesheets; the only import of saxonche.

What was measured about Saxon decides the shape of this module (docs/design.md, "Threads"):

* one processor in a process, made in one thread: several of them kill the process;
* a compiled stylesheet is a master that never runs; each thread has its own clone, because two threads that share one get each
  other's answers, that is, another patient's document;
* no parameters: everything travels in the XML text;
* the processor is open to files while it compiles, which happens when a stylesheet is first needed, and closed to files and network
  otherwise; the XML text that it parses comes from this package's own serialisers and holds no DOCTYPE.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import Literal

from saxonche import PySaxonApiError, PySaxonProcessor, PyXsltExecutable

from bridge.errors import StylesheetError
from bridge.issues import issue
from bridge.resources import folder

__all__ = ["models", "transform", "warm"]

Direction = Literal["to-cda", "to-order"]

_PROTOCOLS = "http://saxon.sf.net/feature/allowedProtocols"

_lock = threading.RLock()
_masters: dict[tuple[str, str], PyXsltExecutable] = {}
_own = threading.local()
_processor: PySaxonProcessor | None = None


@cache
def models() -> tuple[str, ...]:
    """The versions of the model IMG-DA-IMG that can be written, oldest first."""
    return tuple(sorted(path.parent.name for path in (folder("xslt") / "img-da-img").glob("*/to-cda.xsl")))


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
    if key not in _masters:
        _masters[key] = _compile(*key)
    return _masters[key]


def _compile(model: str, direction: str) -> PyXsltExecutable:
    """Compile one stylesheet, with the processor open to files for as long as that takes."""
    global _processor
    root = folder("xslt")
    if _processor is None:
        _processor = PySaxonProcessor(license=False, config_file=str(root / "saxon.xml"))
        _processor.set_configuration_property("http://saxon.sf.net/feature/allow-external-functions", "false")
    _processor.set_configuration_property(_PROTOCOLS, "file")
    try:
        path = root / "img-da-img" / model / f"{direction}.xsl"
        return _processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(path))
    finally:
        _processor.set_configuration_property(_PROTOCOLS, "")


def _code(message: str) -> str:
    """The XSLT error code in a message of Saxon, without the rest, which may hold data."""
    return next((word.strip(":.,()") for word in message.split() if word.startswith(("XT", "XP", "FO", "SX"))), "?")
