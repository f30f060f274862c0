"""What a worker can be asked, and its answer: plain data that travels between processes.

An answer carries no value of the input beside the output itself: :attr:`bridge.issues.Issue.value` stays in the worker.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from bridge.checks import check
from bridge.convert import Bridge
from bridge.errors import BridgeError, OrderError, SettingsError, SourceError
from bridge.explain import as_html, as_json, as_text
from bridge.fhir import parse
from bridge.issues import Issue, Language, issue
from bridge.order import Order
from bridge.settings import Settings
from bridge.workers import parameters
from bridge.workers.forms import Form, wrap

__all__ = ["OPERATIONS", "Answer", "Outcome", "Refusal", "Task", "Worker", "is_document"]

Refusal = Literal["source", "order", "settings", "internal"]
"""Why there is no output: the input cannot be read, breaks a rule, the call is not right, or a fault of ours."""
Outcome = Literal["done", "refused", "failed"]
"""Converted; refused with its findings; not converted for a fault of ours (a worker lost twice)."""


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do for one input."""

    operation: str
    """A key of :data:`OPERATIONS`, or ``convert``: the one that the input itself asks for."""
    source: bytes
    options: Mapping[str, Any] = field(default_factory=dict)
    """Arguments of the operation, named as those of :class:`bridge.Bridge`; ``lenient`` for :meth:`Settings.lenient`."""
    form: Form = "plain"
    language: Language = "fr"
    """Of the OperationOutcome within the output."""
    position: str | None = None
    """Where the input stood in a batch; in the form ``bundle`` it is said in the output."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a task."""

    output: bytes | None
    """The result in the form asked for; ``None`` when refused."""
    issues: tuple[Issue, ...] = ()
    refusal: Refusal | None = None
    operation: str = ""
    """The operation done, where the task left that to the input."""
    model: str | None = None
    """Version of the model IMG-DA-IMG written or read."""
    document_id: str | None = None
    """Identifier of the document: its root, and its extension after a caret."""
    seconds: float = 0.0
    """Time that the worker took."""

    @property
    def outcome(self) -> Outcome:
        """What became of the input."""
        if self.output is not None:
            return "done"
        return "failed" if self.refusal == "internal" else "refused"

    @property
    def codes(self) -> list[str]:
        """The codes of the issues, each once."""
        return sorted({found.code for found in self.issues})


Source = bytes | Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """Something that a worker does."""

    run: Callable[[Bridge, Source, dict[str, Any], Task], Answer]
    """Given the source and the options that the task means, and the task itself."""
    options: frozenset[str]
    """The options that it takes, ``lenient`` aside."""


class Worker:
    """Does tasks with one set of site settings; one for each process."""

    def __init__(self, settings: Settings) -> None:
        self._strict = Bridge(settings)
        self._lenient = Bridge(settings.lenient())

    def __call__(self, task: Task) -> Answer:
        """Do one task. Never raises: whatever goes wrong is an answer with its issues."""
        began = time.perf_counter()
        try:
            answer = self._do(task)
        except BridgeError as error:
            answer = Answer(None, error.issues, _refusal(error))
        except Exception as error:
            answer = Answer(None, (issue("IMGDA-1102", None, detail=type(error).__name__),), "internal")
        issues = tuple(replace(found, value=None) for found in answer.issues)
        return replace(answer, issues=issues, seconds=time.perf_counter() - began)

    def _do(self, task: Task) -> Answer:
        operation, options = task.operation, dict(task.options)
        source: Source = task.source
        if operation == "convert":
            operation, source, more = self._asked(task)
            options |= more
        bridge = self._lenient if options.pop("lenient", False) else self._strict
        _check_options(options, OPERATIONS[operation].options)
        answer = OPERATIONS[operation].run(bridge, source, options, task)
        assert answer.output is not None
        output = wrap(
            answer.output,
            task.form,
            answer.issues,
            language=task.language,
            position=task.position,
            model=answer.model,
            is_document=operation == "to-cda",
        )
        return replace(answer, output=output, operation=operation)

    def _asked(self, task: Task) -> tuple[str, Source, dict[str, Any]]:
        """What an input asks for by itself: Parameters say it, FHIR becomes CDA, CDA becomes FHIR."""
        if is_document(task.source):
            return "to-fhir", task.source, {}
        if b"Parameters" not in task.source:
            return "to-cda", task.source, {}
        limits = self._strict.settings.limits
        bounds = parse.Limits(max_bytes=limits.input_mib * 1024 * 1024, max_depth=limits.depth + 3)
        parsed = parse.parse(task.source, limits=bounds, version=task.options.get("fhir"))
        if parsed.resource["resourceType"] != "Parameters":
            return "to-cda", parsed.resource, {}
        return parameters.read(parsed.resource)


_DOCUMENT = re.compile(rb"(?:\xef\xbb\xbf)?(?:\s|<\?.*?\?>|<!--.*?-->)*+<(?:[\w.-]+:)?ClinicalDocument[\s>/]", re.DOTALL)
"""The beginning of a CDA document."""


def is_document(source: bytes) -> bool:
    """Whether an input is a CDA document."""
    return _DOCUMENT.match(source) is not None


_CODES = {"fhir": ("R4", "R4B", "R5"), "shape": ("document", "order")}
"""Options that are one of a few codes."""


def _check_options(options: Mapping[str, Any], known: frozenset[str]) -> None:
    """Raises :class:`SettingsError` for options that the operation does not have."""
    unknown = sorted(options.keys() - known)
    if unknown:
        raise SettingsError(issue("IMGDA-1811", None, known=", ".join(sorted(known | {"lenient"}))))
    for name, codes in _CODES.items():
        if options.get(name, codes[0]) not in codes:
            raise SettingsError(issue("IMGDA-1812", None, name=name, expected=" | ".join(codes)))


def _refusal(error: BridgeError) -> Refusal:
    kinds: tuple[tuple[type[BridgeError], Refusal], ...] = (
        (SourceError, "source"),
        (OrderError, "order"),
        (SettingsError, "settings"),
    )
    return next((name for kind, name in kinds if isinstance(error, kind)), "internal")


_UNREADABLE = {"IMGDA-1255", "IMGDA-1425", "IMGDA-1428"}
"""Findings of the check that say that there is no XML to check: the caller sent something else."""


def _to_fhir(bridge: Bridge, source: Source, options: dict[str, Any], _: Task) -> Answer:
    assert isinstance(source, bytes)
    found = bridge.to_fhir(source, **options)
    bundle = json.dumps(found.bundle, ensure_ascii=False, separators=(",", ":")).encode()
    return Answer(bundle, found.issues, model=found.model, document_id=_name(found.order))


def _check(_: Bridge, source: Source, options: dict[str, Any], __: Task) -> Answer:
    assert isinstance(source, bytes)
    report = check(source, **options)
    if any(found.code in _UNREADABLE for found in report.issues):
        raise SourceError(report.issues)
    return Answer(b"", report.issues, model=report.model)


def _explain(bridge: Bridge, source: Source, options: dict[str, Any], task: Task) -> Answer:
    values = options.pop("values", False)
    found = bridge.to_cda(source, **options)
    if task.form == "html":
        text = as_html(found, task.language)
    elif task.form == "text":
        text = as_text(found.trace, task.language, values=values)
    else:
        text = as_json(found.trace, values=values)
    return Answer(text.encode(), found.issues, model=found.model)


def _to_cda(bridge: Bridge, source: Source, options: dict[str, Any], _: Task) -> Answer:
    found = bridge.to_cda(source, **options)
    return Answer(found.document, found.issues, model=found.model, document_id=_name(found.order))


def _name(order: Order) -> str:
    """The identifier of a document in one text."""
    ident = order.document.id
    return ident.root if ident.extension is None else f"{ident.root}^{ident.extension}"


OPERATIONS: Mapping[str, Operation] = {
    "to-cda": Operation(_to_cda, frozenset({"model", "fhir", "requisition", "single", "draft", "check"})),
    "to-fhir": Operation(_to_fhir, frozenset({"shape"})),
    "check": Operation(_check, frozenset({"model"})),
    "explain": Operation(_explain, frozenset({"model", "fhir", "requisition", "single", "draft", "values"})),
}
"""Everything that a worker does, by name."""
