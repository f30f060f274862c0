"""The command ``imgda``: arguments in, exit code out. Each command is a module of this package, loaded when it is called.

Data go to standard output or to a file, what is said about them to standard error. The exit codes stand in :class:`Exit` and in
docs/cli.md.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import click

from bridge.findings.doors import through

if TYPE_CHECKING:
    from bridge.cda.stylesheets import Direction

__all__ = ["main", "needs", "run"]

OWN_PROCESS = "own process"
"""The object of the click context when ``imgda`` runs in a process of its own, not inside another program."""

_COMMANDS = {
    "batch": "bridge.cli.batch:batch",
    "check": "bridge.cli.check:check",
    "codes": "bridge.cli.codes:codes",
    "completion": "bridge.cli.about:completion",
    "convert": "bridge.cli.convert:convert",
    "diff": "bridge.cli.fhir:compare",
    "explain": "bridge.cli.explain:explain",
    "help": "bridge.cli.about:explain_code",
    "mapping": "bridge.cli.about:mapping",
    "models": "bridge.cli.about:models",
    "normalize": "bridge.cli.convert:normalize",
    "render": "bridge.cli.render:render",
    "roundtrip": "bridge.cli.fhir:roundtrip",
    "serve": "bridge.cli.serve:serve",
    "to-fhir": "bridge.cli.fhir:to_fhir",
    "watch": "bridge.cli.batch:watch",
}
"""Name of each command, and where it is."""


class _Commands(click.Group):
    """A group that imports a command only when it is called: starting up costs what the command needs."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (the signature of click)
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name].partition(":")
        command = getattr(import_module(module), name)
        return command if isinstance(command, click.Command) else None


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 96})
@click.version_option(package_name="imgda-bridge", prog_name="imgda")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Convert French imaging orders between FHIR and IMG-DA-IMG.

    IMG-DA-IMG is the CI-SIS document "demande d'actes d'imagerie" (CDA R2
    level 3). Data go to standard output, what is said about them to standard
    error.
    """
    ctx.with_resource(through("cli"))


def run() -> None:
    """``imgda`` in a process of its own."""
    main(prog_name="imgda", obj=OWN_PROCESS)


def needs(*sheets: tuple[str, Direction]) -> None:
    """Say which stylesheets a command needs, each a model and a direction: in a process of its own it compiles no other."""
    if click.get_current_context().find_root().obj == OWN_PROCESS:
        from bridge.cda import stylesheets

        stylesheets.only(*sheets)
