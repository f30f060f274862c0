"""The options that commands share, and the settings and inputs that they mean."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from bridge.cli.exits import Exit, reason_of
from bridge.cli.files import read_input
from bridge.cli.speaker import Format, Speaker
from bridge.findings.issues import Language
from bridge.options import option as option_named
from bridge.settings import Settings
from bridge.settings import load as load_settings

__all__ = [
    "Given",
    "config_option",
    "conversion_option",
    "input_options",
    "permissions",
    "policy_options",
    "settings_of",
    "settings_options",
    "speaker_options",
    "with_policies",
]


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
        speaker.fail("cannot open", Exit.NO_INPUT, path=str(config), reason=reason_of(error))
    return settings.lenient() if lenient else settings


def permissions(_: click.Context, __: click.Parameter, value: str) -> int:
    """Permissions as octal digits: those of the owner to read and write are always given."""
    if not re.fullmatch("0?[0-7]{3}", value):
        raise click.BadParameter("octal digits, such as 640")
    return int(value, 8) & 0o666 | 0o600
