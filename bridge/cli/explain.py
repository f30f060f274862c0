"""``imgda explain``: where each value of an order went."""

from __future__ import annotations

from typing import Any, Literal

import click

from bridge.cli import needs
from bridge.cli.exits import guard
from bridge.cli.files import write_output
from bridge.cli.options import Given, conversion_option, input_options, policy_options
from bridge.cli.speaker import Speaker
from bridge.findings.issues import Language
from bridge.options import DEFAULT_MODEL

__all__ = ["explain"]


@click.command()
@input_options
@click.option("-o", "--output", default="-", metavar="OUT", help="File to write. Default: standard output.")
@click.option("--format", "form", type=click.Choice(["text", "json", "html"]), default="text", show_default=True)
@conversion_option("values")
@conversion_option("model", default=DEFAULT_MODEL, show_default=True)
@click.option("--lang", type=click.Choice(["fr", "en"]), default="fr", envvar="IMGDA_LANG", show_default=True, show_envvar=True)
@policy_options
def explain(
    given: Given,
    output: str,
    form: Literal["text", "json", "html"],
    values: bool,
    model: str,
    lang: Language,
    on_loss: dict[str, Any],
    draft: bool,
) -> None:
    """Show where each value of a FHIR imaging order went.

    For each value: its FHIRPath, the item of the order, and the XPaths of the
    document where it stands; copied, formatted, translated (by which row of a
    table), split, implied, deciding, lost (why), or defaulted (by which
    setting). The HTML page shows both sides and needs no network.
    """
    from bridge.convert import Bridge
    from bridge.views.explain import as_html, as_json, as_text

    speaker = Speaker(lang, "text", quiet=True)
    with guard(speaker):
        bridge = Bridge(given.settings(speaker, on_loss))
        needs((model, "to-cda"), (model, "to-order"))
        conversion = bridge.to_cda(given.source(speaker), model=model, draft=draft, **given.choice())
        if form == "html":
            text = as_html(conversion, lang)
        elif form == "json":
            text = as_json(conversion.trace, values=values)
        else:
            text = as_text(conversion.trace, lang, values=values)
        write_output(output, text.encode(), speaker)
