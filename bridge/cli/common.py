"""What the commands share: options, reading and writing files, showing issues, exit codes."""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import IntEnum
from pathlib import Path
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any, Literal, NoReturn

import click

from bridge.findings.errors import BridgeError, OrderError, SettingsError, SourceError
from bridge.findings.issues import Issue, Language, operation_outcome
from bridge.options import option as option_named
from bridge.run.names import calm, escaped
from bridge.settings import Settings
from bridge.settings import load as load_settings

__all__ = [
    "Exit",
    "Given",
    "Speaker",
    "config_option",
    "conversion_option",
    "guard",
    "input_options",
    "needs",
    "permissions",
    "policy_options",
    "read_input",
    "settings_of",
    "settings_options",
    "speaker_options",
    "with_policies",
    "write_output",
]

if TYPE_CHECKING:
    from bridge.cda.stylesheets import Direction
    from bridge.evidence.trace import Counts

Format = Literal["text", "json"]

OWN_PROCESS = "own process"
"""The object of the click context when ``imgda`` runs in a process of its own, not inside another program."""


class Exit(IntEnum):
    """Exit codes of ``imgda``; from 64 on, those of sysexits.h."""

    OK = 0
    """Done, possibly with warnings."""
    DIFFERENT = 1
    """Done, and what was looked for was found: a difference, a failed check."""
    USAGE = 2
    """The command was not called right (click's own code)."""
    REFUSED = 3
    """The order breaks rules of the specification; nothing was written."""
    PARTIAL = 4
    """Of several orders, some were refused."""
    UNREADABLE = 65
    """The input cannot be read, or is not an imaging order."""
    NO_INPUT = 66
    """The input file does not exist or cannot be opened."""
    INTERNAL = 70
    """A fault of the program."""
    CANNOT_CREATE = 73
    """The output file cannot be created."""
    IO = 74
    """Reading or writing broke off: disk full, closed pipe."""
    SETTINGS = 78
    """The settings file is not right."""


def exit_code(error: BridgeError) -> Exit:
    """The exit code that an error means."""
    if isinstance(error, OrderError):
        return Exit.REFUSED
    if isinstance(error, SourceError):
        return Exit.UNREADABLE
    return Exit.SETTINGS if isinstance(error, SettingsError) else Exit.INTERNAL


_WORDS: dict[str, dict[str, str]] = {
    "fr": {
        "fatal": "ERREUR",
        "error": "ERREUR",
        "warning": "ATTENTION",
        "information": "NOTE",
        "where": "où",
        "rule": "règle",
        "remedy": "remède",
        "lost": "perdu :",
        "more": "et {count} note(s) ; --verbose les montre.",
        "stats": "Valeurs de l'entrée : {carried} portées + {implied} implicites + {lost} perdues = {all}.",
        "refused": "Rien n'a été écrit : {count} erreur(s).",
        "others": "et {count} valeur(s) du document sans effet sur la demande :",
        "cannot open": "Impossible d'ouvrir {path} : {reason}.",
        "cannot create": "Impossible de créer {path} : {reason}.",
        "locked": "Un autre processus travaille déjà avec {path}.",
        "batch": "{done} demande(s) convertie(s), {others} non ({dead}).",
        "io": "La lecture ou l'écriture a échoué : {reason}.",
        "internal": "Erreur interne ({kind}). L'entrée ne figure pas dans ce message ; signalez-le avec la version du programme.",
    },
    "en": {
        "fatal": "ERROR",
        "error": "ERROR",
        "warning": "WARNING",
        "information": "NOTE",
        "where": "where",
        "rule": "rule",
        "remedy": "remedy",
        "lost": "lost:",
        "more": "and {count} note(s); --verbose shows them.",
        "stats": "Values of the input: {carried} carried + {implied} implied + {lost} lost = {all}.",
        "refused": "Nothing was written: {count} error(s).",
        "others": "and {count} value(s) of the document without effect on the order:",
        "cannot open": "Cannot open {path}: {reason}.",
        "cannot create": "Cannot create {path}: {reason}.",
        "locked": "Another process works with {path} already.",
        "batch": "{done} order(s) converted, {others} not ({dead}).",
        "io": "Reading or writing failed: {reason}.",
        "internal": "Internal error ({kind}). The input is not in this message; report it with the version of the program.",
    },
}
_COLOURS = {"fatal": "red", "error": "red", "warning": "yellow", "information": "cyan"}


_MOST = 8
"""Places shown of one group of losses."""

_RESOURCE = re.compile(r"^.*(?:\.resource|\.contained\[\d+\])(?=\.)|^[^.]+")


def _grouped(issues: list[Issue]) -> list[list[Issue]]:
    """The issues in their order; losses of one resource with the same code and class stand together."""
    groups: dict[object, list[Issue]] = {}
    for issue in issues:
        match = _RESOURCE.match(issue.path or "") if issue.loss else None
        key = (issue.code, issue.severity, issue.loss, match[0], *issue.parameters.values()) if match else id(issue)
        groups.setdefault(key, []).append(issue)
    return list(groups.values())


class Speaker:
    """Says on standard error what a command found, in one language, as text for people or as a FHIR OperationOutcome."""

    def __init__(self, language: Language, form: Format, *, quiet: bool = False, verbose: bool = False) -> None:
        self.language = language
        self.form = form
        self.quiet = quiet
        self.verbose = verbose

    def word(self, key: str, **parameters: str) -> str:
        """A fixed wording in the language of the speaker."""
        return _WORDS[self.language][key].format_map(parameters)

    def say(self, text: str) -> None:
        """One sentence, unless told to be quiet."""
        if not self.quiet:
            click.echo(calm(text), err=True)

    def issues(self, issues: Iterable[Issue]) -> None:
        """The issues of a conversion: errors always, warnings unless quiet, notes when verbose."""
        found = tuple(issues)
        if self.form == "json":
            if found or not self.quiet:
                click.echo(json.dumps(operation_outcome(found, self.language), ensure_ascii=False, indent=2), err=True)
            return
        notes = [issue for issue in found if issue.severity == "information"]
        shown = [i for i in found if i.is_error or (not self.quiet and (self.verbose or i.severity == "warning"))]
        for group in _grouped(shown):
            self._issue(group[0], group)
        if notes and not (self.quiet or self.verbose):
            self.say(self.word("more", count=str(len(notes))))

    def _issue(self, issue: Issue, group: list[Issue]) -> None:
        """One issue, or the losses of one resource that have the same code and class."""
        width = max(60, min(get_terminal_size((80, 24)).columns, 100))
        head = click.style(self.word(issue.severity), fg=_COLOURS[issue.severity], bold=True)
        text = calm(issue.text(self.language)) + (f" [{self.word('lost')} {issue.loss}]" if issue.loss else "")
        lines = textwrap.wrap(text, width - 4) or [""]
        click.echo(f"{head} {issue.code}", err=True)
        for line in lines:
            click.echo(f"    {line}", err=True)
        paths = [escaped(member.path or "") for member in group[:_MOST]] + (
            [f"… (+{len(group) - _MOST})"] if len(group) > _MOST else []
        )
        for label, value in (
            *(("where", path) for path in paths),
            ("remedy", issue.remedy(self.language)),
            ("rule", issue.source),
        ):
            if value:
                start = f"    {self.word(label):<7} "
                wrapped = textwrap.wrap(
                    value, width, initial_indent=start, subsequent_indent=" " * len(start), break_on_hyphens=False
                )
                click.echo(click.style("\n".join(wrapped), dim=True), err=True)

    def stats(self, counts: Counts) -> None:
        """How many leaves the input had, by what became of them."""
        if self.form == "json":
            click.echo(json.dumps(counts._asdict() | {"all": counts.all}), err=True)
        else:
            click.echo(
                self.word("stats", **{name: str(n) for name, n in counts._asdict().items()}, all=str(counts.all)), err=True
            )

    def fail(self, key: str, code: Exit, **parameters: str) -> NoReturn:
        """Say why a command ends here, and end it."""
        text = self.word(key, **{name: escaped(value) for name, value in parameters.items()})
        if self.form == "json":
            outcome = {
                "resourceType": "OperationOutcome",
                "issue": [{"severity": "fatal", "code": "exception", "details": {"text": text}}],
            }
            text = json.dumps(outcome, ensure_ascii=False, indent=2)
        click.echo(text, err=True)
        raise SystemExit(int(code))


def needs(*sheets: tuple[str, Direction]) -> None:
    """Say which stylesheets a command needs, each a model and a direction: in a process of its own it compiles no other."""
    if click.get_current_context().find_root().obj == OWN_PROCESS:
        from bridge.cda import stylesheets

        stylesheets.only(*sheets)


# --- options ---------------------------------------------------------------------------------------------------------


def _like(wrapper: Callable[..., Any], command: Callable[..., Any]) -> Callable[..., Any]:
    """A function around a command, with the name, help and options that the command has so far."""
    wrapper.__doc__, wrapper.__name__ = command.__doc__, command.__name__
    wrapper.__click_params__ = list(getattr(command, "__click_params__", []))  # type: ignore[attr-defined]
    return wrapper


def speaker_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options that say how to speak; the command takes a ``speaker``."""

    def with_speaker(*, lang: Language, form: Format, quiet: bool, verbose: bool, **rest: Any) -> Any:
        return command(speaker=Speaker(lang, form, quiet=quiet, verbose=verbose), **rest)

    wrapped = _like(with_speaker, command)
    for option in (
        click.option("-v", "--verbose", is_flag=True, help="Show notes as well."),
        click.option("-q", "--quiet", is_flag=True, help="Show errors only."),
        click.option(
            "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Form of the issues."
        ),
        click.option(
            "--lang",
            type=click.Choice(["fr", "en"]),
            default="fr",
            envvar="IMGDA_LANG",
            show_default=True,
            show_envvar=True,
            help="Language of the issues.",
        ),
    ):
        wrapped = option(wrapped)
    return wrapped


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """The FHIR input of a command, how to read it, and the settings to do so with."""

    file: str
    fhir: str | None
    single: bool
    requisition: str | None
    now: datetime | None
    config: Path | None
    lenient: bool

    def source(self, speaker: Speaker) -> bytes:
        """The bytes of the input."""
        return read_input(self.file, speaker)

    def settings(self, speaker: Speaker, on_loss: dict[str, Any] | None = None) -> Settings:
        """The site settings, with what the options say about losses."""
        return with_policies(settings_of(self.config, self.lenient, speaker), on_loss or {})

    def choice(self) -> dict[str, Any]:
        """Which order to take and how to read it: arguments of :meth:`bridge.convert.Bridge.normalize`."""
        return {"fhir": self.fhir, "single": self.single, "requisition": self.requisition, "now": self.now}


def conversion_option(name: str, **more: Any) -> Callable[..., Any]:
    """The option of a command for one of :class:`bridge.options.ConversionOptions`."""
    known = option_named(name)
    if known.is_flag:
        more["is_flag"] = True
    elif known.codes:
        more["type"] = click.Choice(known.codes)
    return click.option(f"--{known.query}", help=known.says, **more)


def input_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The argument FILE and the options that say how to read it, and with which settings; the command takes a :class:`Given`."""
    names = [name.name for name in fields(Given)]

    def with_given(**options: Any) -> Any:
        return command(given=Given(**{name: options.pop(name) for name in names}), **options)

    wrapped: Callable[..., Any] = settings_options(_like(with_given, command))
    for option in (
        conversion_option("fhir"),
        conversion_option("single"),
        conversion_option("requisition", metavar="NUMBER"),
        conversion_option("now", callback=_moment, metavar="TIME"),
        click.argument("file", default="-", metavar="[FILE|-]"),
    ):
        wrapped = option(wrapped)
    return wrapped


def _moment(_: click.Context, __: click.Parameter, value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise click.BadParameter("an ISO 8601 date and time, such as 2026-03-02T10:15:00+01:00") from None


def settings_options(command: Callable[..., Any], *, folder: bool = False) -> Callable[..., Any]:
    """Options that give the site settings; the command takes ``config`` and ``lenient``, for :func:`settings_of`.

    With *folder* the settings may be a folder, with a file for each sender.
    """
    return config_option(conversion_option("lenient")(command), folder=folder)


def config_option(command: Callable[..., Any], *, folder: bool = False) -> Callable[..., Any]:
    """The option that gives the site settings alone; the command takes ``config``."""
    return click.option(
        "--config",
        type=click.Path(dir_okay=folder, path_type=Path),
        envvar="IMGDA_CONFIG",
        show_envvar=True,
        help="Site settings (TOML)" + (", or a folder with NAME.toml for each sender." if folder else "."),
    )(command)


def _loss_policies(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    policies = {}
    for value in values:
        kind, _sep, action = value.partition("=")
        if kind not in ("critical", "clinical", "administrative", "technical") or action not in ("fail", "warn", "ignore"):
            raise click.BadParameter("CLASS=fail|warn|ignore, CLASS: critical, clinical, administrative or technical")
        policies[kind] = action
    return policies


def policy_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options that say what a loss or an error means; the command takes ``on_loss``, for :func:`with_policies`, and ``draft``."""
    for option in (
        conversion_option("draft"),
        click.option(
            "--on-loss",
            multiple=True,
            metavar="CLASS=ACTION",
            callback=_loss_policies,
            help="What a loss means, by class (critical, clinical, administrative, technical): fail, warn or ignore. Repeatable.",
        ),
    ):
        command = option(command)
    return command


def with_policies(settings: Settings, on_loss: dict[str, Any]) -> Settings:
    """The settings with what the options say about losses."""
    return replace(settings, losses=replace(settings.losses, **on_loss)) if on_loss else settings


def settings_of(config: Path | None, lenient: bool, speaker: Speaker) -> Settings:
    """The site settings that the options ask for."""
    try:
        settings = load_settings(config) if config else Settings()
    except OSError as error:
        speaker.fail("cannot open", Exit.NO_INPUT, path=str(config), reason=_reason(error))
    return settings.lenient() if lenient else settings


# --- files -----------------------------------------------------------------------------------------------------------


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__


def _place(error: OSError) -> str:
    """The file that an error is about, in front of its reason, where it is known."""
    name = error.filename
    return f"{os.fsdecode(name)}: {_reason(error)}" if isinstance(name, (str, bytes, os.PathLike)) else _reason(error)


def permissions(_: click.Context, __: click.Parameter, value: str) -> int:
    """Permissions as octal digits: those of the owner to read and write are always given."""
    if not re.fullmatch("0?[0-7]{3}", value):
        raise click.BadParameter("octal digits, such as 640")
    return int(value, 8) & 0o666 | 0o600


def read_input(path: str, speaker: Speaker) -> bytes:
    """The bytes of a file, or of standard input for ``-``."""
    try:
        return sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        speaker.fail("cannot open", Exit.NO_INPUT, path=path, reason=_reason(error))


def write_output(path: str, data: bytes, speaker: Speaker) -> None:
    """Write a file whole or not at all, or to standard output for ``-``. :func:`_permissions` says who may read it."""
    if path == "-":
        sys.stdout.buffer.write(data)
        if sys.stdout.isatty() and not data.endswith(b"\n"):
            sys.stdout.buffer.write(b"\n")
        sys.stdout.buffer.flush()
        return
    target = Path(path)
    if target.exists() and not target.is_file():  # a device or a pipe is written to, never replaced
        target.write_bytes(data)
        return
    try:
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    except OSError as error:
        speaker.fail("cannot create", Exit.CANNOT_CREATE, path=path, reason=_reason(error))
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(temporary, _permissions(target))
        os.replace(temporary, target)
    except OSError as error:
        Path(temporary).unlink(missing_ok=True)
        speaker.fail("cannot create", Exit.CANNOT_CREATE, path=path, reason=_reason(error))


def _permissions(target: Path) -> int:
    """Those of the file that is replaced, else those of IMGDA_MODE, else for the owner alone: it is the data of a patient."""
    if target.exists():
        return target.stat().st_mode & 0o777
    given = os.environ.get("IMGDA_MODE", "600")
    return int(given, 8) & 0o666 | 0o600 if re.fullmatch("0?[0-7]{3}", given) else 0o600


@contextmanager
def guard(speaker: Speaker) -> Iterator[None]:
    """Turn whatever goes wrong into one explanation and an exit code; never a traceback."""
    try:
        yield
    except BridgeError as error:
        speaker.issues(error.issues)
        if speaker.form == "text" and exit_code(error) in (Exit.REFUSED, Exit.UNREADABLE):
            speaker.say(speaker.word("refused", count=str(sum(issue.is_error for issue in error.issues))))
        raise SystemExit(int(exit_code(error))) from None
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(int(Exit.IO)) from None
    except OSError as error:
        speaker.fail("io", Exit.IO, reason=_place(error))
    except (click.ClickException, click.exceptions.Exit, click.Abort):
        raise
    except Exception as error:
        speaker.fail("internal", Exit.INTERNAL, kind=type(error).__name__)
