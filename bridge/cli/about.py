"""``imgda models``, ``imgda help CODE``, ``imgda completion``: what the bridge can say of itself."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from bridge.issues import Language, catalogue

__all__ = ["completion", "explain_code", "models"]


@click.command()
def models() -> None:
    """List the versions of the model IMG-DA-IMG."""
    from bridge.stylesheets import models as known

    for version in known():
        click.echo(version)


@click.command(name="help")
@click.argument("code")
@click.option("--lang", type=click.Choice(["fr", "en"]), default="fr", envvar="IMGDA_LANG", show_default=True)
def explain_code(code: str, lang: Language) -> None:
    """Explain an issue by its code, such as IMGDA-0403."""
    code = code.upper()
    entry = catalogue().get(code if code.startswith("IMGDA-") else f"IMGDA-{code:0>4}")
    if entry is None:
        raise click.BadParameter(f"no issue has the code {code}", param_hint="CODE")
    what, remedy = (entry.fr, entry.remedy_fr) if lang == "fr" else (entry.en, entry.remedy_en)
    labels = ("gravité", "remède", "règle", "FHIR") if lang == "fr" else ("severity", "remedy", "rule", "FHIR")
    click.echo(f"{entry.code}  {what}\n")
    for label, value in zip(labels, (entry.severity, remedy, entry.source, entry.fhir_code), strict=True):
        click.echo(click.wrap_text(value, 80, f"  {label:<9}", " " * 11))


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print a completion script for a shell.

    For bash: imgda completion bash > ~/.local/share/bash-completion/completions/imgda
    """
    from bridge.cli import main

    found = get_completion_class(shell)
    if found is None:
        raise click.BadParameter(shell)
    click.echo(found(main, {}, "imgda", "_IMGDA_COMPLETE").source())
