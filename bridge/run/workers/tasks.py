"""What a worker can be asked, and its answer: plain data that travels between processes.

An answer carries no value of the input beside the output itself: :attr:`bridge.findings.issues.Issue.value` stays in the worker.
"""

from __future__ import annotations

import json
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from bridge.cda.parser import is_document
from bridge.checks import check
from bridge.checks.recognise import NO_DOCUMENT, UNREADABLE
from bridge.convert import Bridge
from bridge.fhir.source import parse
from bridge.findings.doors import Door, through
from bridge.findings.errors import BridgeError, OrderError, SettingsError, SourceError
from bridge.findings.issues import Issue, Language, issue
from bridge.options import ConversionOptions, options_of
from bridge.order import Order
from bridge.results import Conversion
from bridge.run.workers import parameters
from bridge.run.workers.versions import settings_digest
from bridge.run.workers.wrapping import Form, collection, wrap
from bridge.settings import Limits, Settings
from bridge.views.explain import as_html, as_json, as_text

__all__ = ["OPERATIONS", "Answer", "Fault", "Outcome", "Refusal", "Task", "Worker"]

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
    site: str = ""
    """Whose settings hold, where the workers have several."""
    door: Door = "cli"
    """Through which the caller came: what is advised is said in its words."""
    position: str | None = None
    """Where the input stood in a batch; in the form ``bundle`` it is said in the output."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of the program, told without any value: the type of the exception and the code that it went through."""

    kind: str
    """Type of the exception, and of the one that caused it: ``StylesheetError from SaxonError``."""
    at: tuple[str, ...]
    """The innermost frames: file, line, function."""

    @classmethod
    def of(cls, error: BaseException) -> Fault:
        """What can be said of an exception; its message could hold a value."""
        cause = error.__cause__ or error.__context__
        first = cause or error
        frames = traceback.extract_tb(error.__traceback__)[-6:]
        if first is not error:
            frames = [*frames, *traceback.extract_tb(first.__traceback__)[-6:]]
        kind = type(error).__name__ + (f" from {type(cause).__name__}" if cause is not None else "")
        return cls(kind, tuple(f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames))


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
    settings: str = ""
    """Digest of the settings that held."""
    fault: Fault | None = None
    """What went wrong in the worker, for a log."""
    seconds: float = 0.0
    """Time that the worker took."""
    processor: float = 0.0
    """Seconds of the processor among them: what the input costs, however busy the machine is."""

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
class _Site:
    strict: Bridge
    lenient: Bridge
    digest: str


class Worker:
    """Does tasks with the settings of a site, or of several by their names; one for each process."""

    def __init__(self, settings: Settings | Mapping[str, Settings]) -> None:
        self._settings = {"": settings} if isinstance(settings, Settings) else dict(settings)
        self._sites: dict[str, _Site] = {}

    def __call__(self, task: Task) -> Answer:
        """Do one task. Never raises: whatever goes wrong is an answer with its issues."""
        began, processor = time.perf_counter(), time.process_time()
        try:
            answer = self._do(task)
        except BridgeError as error:
            refusal = _refusal(error)
            answer = Answer(None, error.issues, refusal, fault=Fault.of(error) if refusal == "internal" else None)
        except Exception as error:
            found = issue("IMGDA-1102", None, detail=type(error).__name__)
            answer = Answer(None, (found,), "internal", fault=Fault.of(error))
        issues = tuple(replace(found, value=None) for found in answer.issues)
        digest = self._site(task.site).digest if task.site in self._settings else ""
        took, cost = time.perf_counter() - began, time.process_time() - processor
        return replace(answer, issues=issues, settings=digest, seconds=took, processor=cost)

    def _site(self, name: str) -> _Site:
        """The site of a task. Raises :class:`SettingsError` when there is none of this name, or no more."""
        if name not in self._settings:
            raise SettingsError(issue("IMGDA-1704", None))
        if name not in self._sites:
            settings = self._settings[name]
            self._sites[name] = _Site(Bridge(settings), Bridge(settings.lenient()), settings_digest(settings))
        return self._sites[name]

    def _do(self, task: Task) -> Answer:
        site = self._site(task.site)
        operation, options = task.operation, dict(task.options)
        source: Source = task.source
        if operation == "convert":
            operation, source, more = _asked(task, site.strict.settings.limits)
            options = _joined(options, more)
        _check_options(options, operation)
        bridge = site.lenient if options.pop("lenient", False) else site.strict
        each = options.get("each", False)
        with through(task.door):
            answer = OPERATIONS[operation](bridge, source, options, task)
            assert answer.output is not None
            output = wrap(
                answer.output,
                "plain" if each and task.form == "bundle" else task.form,
                answer.issues,
                language=task.language,
                position=task.position,
                model=answer.model,
                is_document=operation == "to-cda" and not each,
            )
        return replace(answer, output=output, operation=operation)


def _asked(task: Task, limits: Limits) -> tuple[str, Source, dict[str, Any]]:
    """What an input asks for by itself: Parameters say it, FHIR becomes CDA, CDA becomes FHIR."""
    if is_document(task.source):
        return "to-fhir", task.source, {}
    if b"Parameters" not in task.source:
        return "to-cda", task.source, {}
    parsed = parse.parse(task.source, limits=replace(limits, depth=limits.depth + 3), version=task.options.get("fhir"))
    if parsed.resource["resourceType"] != "Parameters":
        return "to-cda", parsed.resource, {}
    return parameters.read(parsed.resource)


def _joined(query: Mapping[str, Any], inner: Mapping[str, Any]) -> dict[str, Any]:
    """The options of the call and those within its Parameters. Raises :class:`SettingsError` when they contradict each other."""
    problems = [
        issue("IMGDA-1703", "Parameters.parameter", parameters={"name": name})
        for name in sorted(query.keys() & inner.keys())
        if query[name] != inner[name]
    ]
    if problems:
        raise SettingsError(problems)
    return {**query, **inner}


def _check_options(options: Mapping[str, Any], operation: str) -> None:
    """Raises :class:`SettingsError` for options that the operation does not have, or values that they do not."""
    known = options_of(operation)
    if not options.keys() <= known.keys():
        raise SettingsError(issue("IMGDA-1811", None, known=", ".join(sorted(known))))
    ConversionOptions(**options)


def _refusal(error: BridgeError) -> Refusal:
    kinds: tuple[tuple[type[BridgeError], Refusal], ...] = (
        (SourceError, "source"),
        (OrderError, "order"),
        (SettingsError, "settings"),
    )
    return next((name for kind, name in kinds if isinstance(error, kind)), "internal")


def _to_fhir(bridge: Bridge, source: Source, options: dict[str, Any], _: Task) -> Answer:
    assert isinstance(source, bytes)
    found = bridge.to_fhir(source, **options)
    bundle = json.dumps(found.bundle, ensure_ascii=False, separators=(",", ":")).encode()
    return Answer(bundle, found.issues, model=found.model, document_id=_name(found.order))


def _check(bridge: Bridge, source: Source, options: dict[str, Any], __: Task) -> Answer:
    assert isinstance(source, bytes)
    report = check(source, limits=bridge.settings.limits, **options)
    if any(found.code in NO_DOCUMENT | UNREADABLE for found in report.issues):
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
        text = as_json(found.trace, task.language, values=values)
    return Answer(text.encode(), found.issues, model=found.model)


def _render(bridge: Bridge, source: Source, options: dict[str, Any], task: Task) -> Answer:
    try:
        from bridge.views.paper.render import look_at, printed

        variant = options.pop("variant", "paper")
        look = look_at(bridge, source, task.language, **options)
        made = printed(look, "html" if task.form == "html" else "pdf", variant, task.language)
    except ModuleNotFoundError as error:
        raise SettingsError(issue("IMGDA-1826", None, name=str(error.name))) from None
    return Answer(made.content, made.issues, model=made.model, document_id=made.document_id)


def _page(bridge: Bridge, source: Source, _: dict[str, Any], task: Task) -> Answer:
    """The page about an input; one that is refused has a page too, which says why."""
    assert isinstance(source, bytes)
    try:
        from bridge.views.page.result import result

        found = result(bridge, source, task.language)
    except ModuleNotFoundError as error:
        raise SettingsError(issue("IMGDA-1826", None, name=str(error.name))) from None
    return Answer(found.content, found.issues, _refusal(found.error) if found.error else None, model=found.model)


def _to_cda(bridge: Bridge, source: Source, options: dict[str, Any], task: Task) -> Answer:
    if options.pop("each", False):
        return _to_cda_each(bridge, source, options, task)
    found = bridge.to_cda(source, **options)
    return Answer(found.document, found.issues, model=found.model, document_id=_name(found.order))


def _to_cda_each(bridge: Bridge, source: Source, options: dict[str, Any], task: Task) -> Answer:
    """A Bundle with a document or the findings of each order."""
    one_order = ("requisition", "single")
    results = bridge.to_cda_each(source, **{name: value for name, value in options.items() if name not in one_order})
    issues = tuple(found for result in results for found in result.issues)
    model = next((result.model for result in results if isinstance(result, Conversion)), None)
    return Answer(collection(results, task.language, task.position), issues, model=model)


def _name(order: Order) -> str:
    """The identifier of a document in one text."""
    ident = order.document.id
    return ident.root if ident.extension is None else f"{ident.root}^{ident.extension}"


OPERATIONS: Mapping[str, Callable[[Bridge, Source, dict[str, Any], Task], Answer]] = {
    "to-cda": _to_cda,
    "to-fhir": _to_fhir,
    "check": _check,
    "explain": _explain,
    "page": _page,
    "render": _render,
}
"""Everything that a worker does, by name: given the source and the options that the task means, and the task itself."""
