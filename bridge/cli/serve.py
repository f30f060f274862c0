"""``imgda serve``: the bridge over HTTP."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from bridge.cli.common import Exit, Speaker, guard, settings_of, settings_options, speaker_options

__all__ = ["serve"]

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8043, show_default=True, type=click.IntRange(0, 65535), help="Port; 0 takes a free one.")
@click.option("--workers", type=click.IntRange(1), help="Conversion processes. Default: one for each core.")
@click.option("--waiting", default=64, show_default=True, type=click.IntRange(1), help="Orders that may wait for a process.")
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
@click.option("--log-level", type=click.Choice(["debug", "info", "warning", "error"]), default="info", show_default=True)
@settings_options
@speaker_options
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
        from bridge.server.options import Options
        from bridge.server.run import run
    except ModuleNotFoundError as error:
        raise click.UsageError(f"{error.name} is missing: pip install 'imgda-bridge[server]'") from None
    if (certificate is None) != (key is None):
        raise click.UsageError("--tls-cert and --tls-key belong together")
    with guard(speaker):
        token = token_file.read_text("utf-8").strip() if token_file else os.environ.get("IMGDA_TOKEN")
        if token == "":
            raise click.UsageError("the token is empty")
        options = Options(
            settings=settings_of(config, lenient, speaker),
            token=token,
            certificate=certificate,
            key=key,
            workers=workers or os.cpu_count() or 1,
            **bounds,
        )
        try:
            run(options, level=log_level)
        except SystemExit as stop:
            raise SystemExit(int(Exit.IO) if stop.code else 0) from None
