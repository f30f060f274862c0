"""``imgda explain``: where each value of an order went."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import click

from bridge.cli.common import (
    Speaker,
    guard,
    policy_options,
    read_input,
    settings_of,
    settings_options,
    with_policies,
    write_output,
)
from bridge.issues import Language

__all__ = ["explain"]


@click.command()
@click.argument("file", default="-", metavar="[FILE|-]")
@click.option("-o", "--output", default="-", metavar="OUT", help="File to write. Default: standard output.")
@click.option("--format", "form", type=click.Choice(["text", "json", "html"]), default="text", show_default=True)
@click.option("--values", is_flag=True, help="Show the values too: they are the patient's. HTML always does.")
@click.option("--model", default="2024.01", show_default=True, help="Version of the model IMG-DA-IMG.")
@click.option("--requisition", metavar="NUMBER", help="Of several orders, take the one with this number.")
@click.option("--lang", type=click.Choice(["fr", "en"]), default="fr", envvar="IMGDA_LANG", show_default=True, show_envvar=True)
@policy_options
@settings_options
def explain(
    file: str,
    output: str,
    form: Literal["text", "json", "html"],
    values: bool,
    model: str,
    requisition: str | None,
    lang: Language,
    on_loss: dict[str, Any],
    draft: bool,
    config: Path | None,
    lenient: bool,
) -> None:
    """Show where each value of a FHIR imaging order went.

    For each value: its FHIRPath, the item of the order, and the XPaths of the
    document where it stands; copied, formatted, translated (by which row of a
    table), split, implied, deciding, lost (why), or defaulted (by which
    setting). The HTML page shows both sides and needs no network.
    """
    from bridge.convert import Bridge
    from bridge.explain import as_html, as_json, as_text

    speaker = Speaker(lang, "text", quiet=True)
    with guard(speaker):
        bridge = Bridge(with_policies(settings_of(config, lenient, speaker), on_loss))
        conversion = bridge.to_cda(read_input(file, speaker), model=model, requisition=requisition, draft=draft)
        if form == "html":
            text = as_html(conversion, lang)
        elif form == "json":
            text = as_json(conversion.trace, values=values)
        else:
            text = as_text(conversion.trace, lang, values=values)
        write_output(output, text.encode(), speaker)
