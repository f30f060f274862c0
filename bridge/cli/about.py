"""``imgda models``, ``imgda help CODE``, ``imgda completion``: what the bridge can say of itself."""

from __future__ import annotations

import csv
import json
import sys
import textwrap
from difflib import get_close_matches

import click
from click.shell_completion import get_completion_class

from bridge.findings.issues import Language, catalogue
from bridge.tables.codes import rows as rows_of
from bridge.tables.examples import Example, examples

__all__ = ["completion", "explain_code", "mapping", "models"]


@click.command()
def models() -> None:
    """List the versions of the model IMG-DA-IMG."""
    from bridge.tables.shipped import models as known

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
        near = ", ".join(get_close_matches(code, catalogue(), n=4, cutoff=0.8))
        raise click.BadParameter(f"no issue has the code {code}" + (f" (near: {near})" if near else ""), param_hint="CODE")
    what, remedy = entry.said(lang), entry.advised(lang)
    labels = ("gravité", "remède", "règle", "FHIR", "page") if lang == "fr" else ("severity", "remedy", "rule", "FHIR", "page")
    page = f"docs/issues/{entry.code[6:8]}xx.md"
    click.echo(f"{entry.code}  {what}\n")
    for label, value in zip(labels, (entry.severity, remedy, entry.source, entry.fhir_code, page), strict=True):
        click.echo(click.wrap_text(value, 80, f"  {label:<9}", " " * 11))
    if example := examples().get(entry.code):
        _show(example, lang)


def _show(example: Example, lang: Language) -> None:
    """An order before and after, the setting that relaxes the rule, how to list the codes."""
    words = ("avant", "après", "réglage", "codes") if lang == "fr" else ("before", "after", "setting", "codes")
    command = f"imgda codes {example.codes}" if example.codes else ""
    shown = (example.shown(mended=False), example.shown(mended=True), example.setting, command)
    for word, text in zip(words, shown, strict=True):
        if text:
            click.echo(f"\n  {word}\n{textwrap.indent(text, '    ')}")


@click.command()
@click.argument("prefix", default="", metavar="[ELEMENT]")
@click.option("--format", "form", type=click.Choice(["text", "csv", "json"]), default="text", show_default=True)
def mapping(prefix: str, form: str) -> None:
    """List the FHIR elements that are read, and where each goes.

    ELEMENT keeps those that begin with it, such as ServiceRequest.bodySite.
    The direction is both where the element is also written from a document,
    to-cda where another element says the same on the way back. The table is
    made from the traces of the stories of this project.
    """
    rows = [row for row in rows_of("elements") if row["element"].startswith(prefix)]
    if form == "json":
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    if form == "csv":
        writer = csv.DictWriter(sys.stdout, rows[0] if rows else (), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return
    for row in rows:
        click.echo(f"{row['element']}  {row['type']} {row['cardinality']}  {row['direction']}  {row['carried']}")
        for name in ("item", "xpath", "table"):
            for line in filter(None, [row[name]]) if name == "table" else row[name].split():
                click.echo(f"    {name:<6} {line}")


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
