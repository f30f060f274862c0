"""``imgda serve``: the bridge over HTTP."""

from __future__ import annotations

import os
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from bridge.cli.exits import Exit, guard
from bridge.cli.options import settings_options, speaker_options
from bridge.cli.speaker import Speaker
from bridge.findings.errors import SettingsError

if TYPE_CHECKING:
    from bridge.run.server.senders import Senders, Unusable

__all__ = ["serve"]

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


# layout: most of its lines are the options of the command
@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8043, show_default=True, type=click.IntRange(0, 65535), help="Port; 0 takes a free one.")
@click.option("--workers", type=click.IntRange(1), help="Conversion processes. Default: one for each core.")
@click.option("--waiting", default=64, show_default=True, type=click.IntRange(1), help="Orders that may wait for a process.")
@click.option(
    "--connections", default=256, show_default=True, type=click.IntRange(1), help="Connections that one address may have."
)
@click.option(
    "--timeout", "seconds", default=30.0, show_default=True, type=click.FloatRange(0.1), help="Seconds for a conversion."
)
@click.option(
    "--body-timeout",
    "body_seconds",
    default=30.0,
    show_default=True,
    type=click.FloatRange(0.1),
    help="Seconds for a body to arrive.",
)
@click.option(
    "--stop-timeout",
    "stop_seconds",
    default=60.0,
    show_default=True,
    type=click.FloatRange(1),
    help="Seconds to finish when stopping.",
)
@click.option(
    "--token-file", type=_FILE, help="File with the bearer token that callers must show.  [env: IMGDA_TOKEN for the token]"
)
@click.option("--tls-cert", "certificate", type=_FILE, help="TLS certificate chain (PEM).")
@click.option("--tls-key", "key", type=_FILE, help="TLS private key (PEM).")
@click.option("--ui", is_flag=True, help="Serve the page for people at /ui as well; needs the extra [paper].")
@click.option("--ui-name", "ui_names", multiple=True, metavar="HOST", help="Another name by which /ui may be called. Repeatable.")
@click.option("--log-level", type=click.Choice(["debug", "info", "warning", "error"]), default="info", show_default=True)
@partial(settings_options, folder=True)
@speaker_options
# layout: a parameter for each option of the command that has a part of its own in it
def serve(
    speaker: Speaker,
    config: Path | None,
    lenient: bool,
    workers: int | None,
    token_file: Path | None,
    certificate: Path | None,
    key: Path | None,
    log_level: str,
    **bounds: Any,
) -> None:
    """Convert over HTTP, until stopped.

    Listens on loopback unless told otherwise. The addresses and their
    conventions: GET /openapi.json, and docs/http.md. Logs are JSON lines on
    standard error, without patient data.
    """
    try:
        from bridge.run.server.options import Options
        from bridge.run.server.run import run
        from bridge.run.server.senders import Unusable, read_senders, read_token
        from bridge.run.server.tls import certificate_of
    except ModuleNotFoundError as error:
        raise click.UsageError(f"{error.name} is missing: pip install 'imgda-bridge[server]'") from None
    if bounds["ui"] and (
        missing := [name for name in ("jinja2", "python_multipart", "typst", "zxingcpp") if not find_spec(name)]
    ):
        raise click.UsageError(f"{missing[0]} is missing: pip install 'imgda-bridge[server,paper]'")
    if (certificate is None) != (key is None):
        raise click.UsageError("--tls-cert and --tls-key belong together")
    with guard(speaker):
        fixed = None if token_file else os.environ.get("IMGDA_TOKEN")
        if fixed == "":
            raise click.UsageError("the token is empty")

        def read() -> Senders:
            return read_senders(config, read_token(token_file) if token_file else fixed, lenient=lenient)

        try:
            options = Options(
                senders=read(),
                certificate=certificate,
                key=key,
                workers=workers or os.cpu_count() or 1,
                **bounds,
            )
            if certificate is not None:
                certificate_of(options)
        except Unusable as error:
            _refuse(error, config, speaker)
        try:
            run(options, level=log_level, read=read)
        except SystemExit as stop:
            raise SystemExit(int(Exit.IO) if stop.code else 0) from None


def _refuse(error: Unusable, config: Path | None, speaker: Speaker) -> NoReturn:
    """Say which file is not right, and end: a fault of the settings, of a file that is not there, or of the call."""
    if error.issues:
        if error.file != config:
            speaker.say(str(error))
        raise SettingsError(error.issues)
    if error.file == config and not config.exists():
        speaker.fail("cannot open", Exit.NO_INPUT, path=str(config), reason=error.why)
    raise click.UsageError(str(error))
