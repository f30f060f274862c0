"""``imgda render``: an order on paper, or as a page of HTML."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import click

from bridge.cli import needs
from bridge.cli.exits import guard
from bridge.cli.files import write_output
from bridge.cli.options import Given, conversion_option, input_options, policy_options, speaker_options
from bridge.cli.speaker import Speaker
from bridge.options import DEFAULT_MODEL

__all__ = ["MISSING", "render"]

MISSING = "{name} is missing: pip install 'imgda-bridge[paper]'"


@click.command()
@input_options
@click.option("-o", "--output", required=True, metavar="OUT", help="File to write, order.pdf or order.html.")
@click.option("--to", type=click.Choice(["pdf", "html"]), help="Form of the file. Default: by the name of OUT, else pdf.")
@conversion_option("variant", default="paper", show_default=True)
@conversion_option("model", default=DEFAULT_MODEL, show_default=True)
@policy_options
@speaker_options
def render(
    speaker: Speaker,
    given: Given,
    output: str,
    to: Literal["pdf", "html"] | None,
    variant: Literal["paper", "mail"],
    model: str,
    on_loss: dict[str, Any],
    draft: bool,
) -> None:
    """Print an imaging order for people.

    FILE is FHIR JSON or XML, or a document IMG-DA-IMG. The file holds the data
    of the patient. Labels are in the language of --lang, values as they were
    sent. Needs the extra [paper].
    """
    from bridge.convert import Bridge
    from bridge.tables.shipped import models

    form = to or ("html" if Path(output).suffix.lower() in (".html", ".htm") else "pdf")
    with guard(speaker):
        try:
            import jinja2
            import typst
            import zxingcpp  # noqa: F401
        except ModuleNotFoundError as error:
            raise click.UsageError(MISSING.format(name=error.name)) from None
        from bridge.views.paper.render import look_at, printed

        del jinja2, typst
        bridge = Bridge(given.settings(speaker, on_loss))
        needs((model, "to-cda"), *((one, sheet) for one in models() for sheet in ("to-order", "check")))
        look = look_at(bridge, given.source(speaker), speaker.language, draft=draft, model=model, **given.choice())
        made = printed(look, form, variant, speaker.language)
        write_output(output, made.content, speaker)
        speaker.issues(made.issues)
