"""``imgda convert`` and ``imgda normalize``: FHIR to the document, FHIR to the order."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bridge.cli import needs
from bridge.cli.exits import Exit, exit_code, guard
from bridge.cli.files import write_output
from bridge.cli.options import Given, conversion_option, input_options, policy_options, speaker_options
from bridge.cli.speaker import Speaker
from bridge.options import DEFAULT_MODEL

if TYPE_CHECKING:
    from bridge.cda.stylesheets import Direction
    from bridge.order import Order

__all__ = ["convert", "normalize"]


@click.command()
@input_options
@click.option("-o", "--output", default="-", metavar="OUT", help="File to write; a folder with --each. Default: standard output.")
@click.option("--each", is_flag=True, help="Convert every order of the input, each into a file of the folder OUT.")
@conversion_option("model", default=DEFAULT_MODEL, show_default=True)
@click.option("--stats", is_flag=True, help="Say how many values were carried, implied and lost.")
@conversion_option("paranoid")
@click.option("--provenance", metavar="OUT", help="Write a FHIR Provenance of the document to this file.")
@policy_options
@click.option("--check/--no-check", default=True, show_default=True, help="Check what was written before it is delivered.")
@speaker_options
def convert(
    speaker: Speaker,
    given: Given,
    output: str,
    each: bool,
    model: str,
    stats: bool,
    paranoid: bool,
    provenance: str | None,
    on_loss: dict[str, Any],
    draft: bool,
    check: bool,
) -> None:
    """Convert a FHIR imaging order to a document IMG-DA-IMG.

    FILE is FHIR JSON or XML: a Bundle, or a ServiceRequest with contained
    resources. Nothing is written when the order breaks a rule.
    """
    from bridge.convert import Bridge

    with guard(speaker):
        if each and (paranoid or stats or provenance or given.requisition or given.single):
            raise click.UsageError(_ONE_ORDER)
        bridge = Bridge(given.settings(speaker, on_loss))
        source = given.source(speaker)
        needs(*_sheets(model, check=check, back=paranoid or stats))
        options: dict[str, Any] = {"model": model, "draft": draft, "check": check}
        if each:
            _convert_each(bridge, source, output, speaker, now=given.now, fhir=given.fhir, **options)
            return
        conversion = bridge.to_cda(source, paranoid=paranoid, **given.choice(), **options)
        write_output(output, conversion.document, speaker)
        if provenance:
            text = json.dumps(conversion.provenance(), ensure_ascii=False, indent=2) + "\n"
            write_output(provenance, text.encode(), speaker)
        speaker.issues(conversion.issues)
        if stats:
            speaker.stats(conversion.trace.counts())


_ONE_ORDER = (
    "--each converts every order; --paranoid, --stats and --provenance look at one, --requisition and --single make one: "
    "convert the order alone, with --requisition NUMBER"
)


def _sheets(model: str, *, check: bool, back: bool) -> Iterator[tuple[str, Direction]]:
    """The stylesheets that a conversion needs: to write, to check what was written, to read it back."""
    yield model, "to-cda"
    if check:
        yield model, "check"
    if back:
        yield model, "to-order"


def _convert_each(bridge: Any, source: bytes, output: str, speaker: Speaker, **options: Any) -> None:
    """One file for each order, named by its number; those refused are said."""
    from bridge.findings.errors import BridgeError

    if output == "-" or not Path(output).is_dir():
        raise click.UsageError("--each needs a folder: -o FOLDER")
    refused = 0
    names: set[str] = set()
    for index, result in enumerate(bridge.to_cda_each(source, **options), start=1):
        if isinstance(result, BridgeError):
            refused += 1
            code = exit_code(result)
        else:
            name = _name_of(result.order, names, index)
            names.add(name)
            write_output(str(Path(output) / f"{name}.xml"), result.document, speaker)
        speaker.issues(result.issues)
    if refused:
        raise SystemExit(int(Exit.PARTIAL if names else code))


def _name_of(order: Order, taken: set[str], index: int) -> str:
    """The number of an order as the name of its file; with its place in the input where that is none, or is taken."""
    ids = order.request.ids
    name = re.sub(r"[^\w.-]+", "_", ids[0].extension or "") if ids else ""
    return name if name.strip(".") and name not in taken else f"{name or 'order'}-{index}"


@click.command()
@input_options
@click.option("-o", "--output", default="-", metavar="OUT", help="File to write. Default: standard output.")
@speaker_options
def normalize(speaker: Speaker, given: Given, output: str) -> None:
    """Print the order that a FHIR input means, as order.xml.

    The order is what the bridge understood, before any document is written;
    its schema is xslt/order.rng.
    """
    from bridge.convert import Bridge
    from bridge.order import xml as order_xml

    with guard(speaker):
        bridge = Bridge(given.settings(speaker))
        found = bridge.normalize(given.source(speaker), **given.choice())
        xml = '<?xml version="1.0" encoding="UTF-8"?>\n' + order_xml.write(found.order, pretty=True)
        write_output(output, xml.encode(), speaker)
        speaker.issues(found.issues)
