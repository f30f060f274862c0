"""``imgda convert`` and ``imgda normalize``: FHIR to the document, FHIR to the order."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from bridge.cli.common import (
    Exit,
    Speaker,
    exit_code,
    guard,
    needs,
    policy_options,
    read_input,
    settings_of,
    settings_options,
    speaker_options,
    with_policies,
    write_output,
)

__all__ = ["convert", "normalize"]


def _moment(_: click.Context, __: click.Parameter, value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise click.BadParameter("an ISO 8601 date and time, such as 2026-03-02T10:15:00+01:00") from None


def _input_options(command: Any) -> Any:
    for option in (
        click.option("--fhir", type=click.Choice(["R4", "R4B", "R5"]), help="FHIR version, instead of finding it out."),
        click.option("--single", is_flag=True, help="Join requests that have no common number into one order."),
        click.option("--requisition", metavar="NUMBER", help="Of several orders, take the one with this number."),
        click.option("--now", callback=_moment, metavar="TIME", help="Creation time where the input gives none."),
        click.argument("file", default="-", metavar="[FILE|-]"),
    ):
        command = option(command)
    return command


@click.command()
@_input_options
@click.option("-o", "--output", default="-", metavar="OUT", help="File to write; a folder with --each. Default: standard output.")
@click.option("--each", is_flag=True, help="Convert every order of the input, each into a file of the folder OUT.")
@click.option("--model", default="2024.01", show_default=True, help="Version of the model IMG-DA-IMG.")
@click.option("--stats", is_flag=True, help="Say how many values were carried, implied and lost.")
@click.option("--paranoid", is_flag=True, help="Look for each value in the document; what is not there is a loss.")
@click.option("--provenance", metavar="OUT", help="Write a FHIR Provenance of the document to this file.")
@policy_options
@click.option("--check/--no-check", default=True, show_default=True, help="Check what was written before it is delivered.")
@settings_options
@speaker_options
def convert(
    speaker: Speaker,
    file: str,
    output: str,
    each: bool,
    model: str,
    stats: bool,
    paranoid: bool,
    provenance: str | None,
    on_loss: dict[str, Any],
    draft: bool,
    check: bool,
    config: Path | None,
    lenient: bool,
    now: datetime | None,
    requisition: str | None,
    single: bool,
    fhir: str | None,
) -> None:
    """Convert a FHIR imaging order to a document IMG-DA-IMG.

    FILE is FHIR JSON or XML: a Bundle, or a ServiceRequest with contained
    resources. Nothing is written when the order breaks a rule.
    """
    from bridge.convert import Bridge

    with guard(speaker):
        bridge = Bridge(with_policies(settings_of(config, lenient, speaker), on_loss))
        source = read_input(file, speaker)
        needs((model, "to-cda"), *(((model, "check"),) if check else ()))
        options: dict[str, Any] = {"model": model, "now": now, "fhir": fhir, "check": check}
        if each:
            _convert_each(bridge, source, output, speaker, **options)
            return
        choice: dict[str, Any] = {"requisition": requisition, "single": single}
        conversion = bridge.to_cda(source, draft=draft, paranoid=paranoid, **choice, **options)
        write_output(output, conversion.document, speaker)
        if provenance:
            text = json.dumps(conversion.provenance(), ensure_ascii=False, indent=2) + "\n"
            write_output(provenance, text.encode(), speaker)
        speaker.issues(conversion.issues)
        if stats:
            speaker.stats(conversion.trace.counts())


def _convert_each(bridge: Any, source: bytes, output: str, speaker: Speaker, **options: Any) -> None:
    """One file for each order, named by its number; those refused are said."""
    from bridge.errors import BridgeError

    if output == "-" or not Path(output).is_dir():
        raise click.UsageError("--each needs a folder: -o FOLDER")
    refused = 0
    names: set[str] = set()
    for index, result in enumerate(bridge.to_cda_each(source, **options), start=1):
        if isinstance(result, BridgeError):
            refused += 1
            code = exit_code(result)
            speaker.issues(result.issues)
            continue
        ids = result.order.request.ids
        name = re.sub(r"[^\w.-]+", "_", ids[0].extension or "") if ids else ""
        name = name if name.strip(".") and name not in names else f"{name or 'order'}-{index}"
        names.add(name)
        write_output(str(Path(output) / f"{name}.xml"), result.document, speaker)
        speaker.issues(result.issues)
    if refused:
        raise SystemExit(int(Exit.PARTIAL if names else code))


@click.command()
@_input_options
@click.option("-o", "--output", default="-", metavar="OUT", help="File to write. Default: standard output.")
@settings_options
@speaker_options
def normalize(
    speaker: Speaker,
    file: str,
    output: str,
    config: Path | None,
    lenient: bool,
    now: datetime | None,
    requisition: str | None,
    single: bool,
    fhir: str | None,
) -> None:
    """Print the order that a FHIR input means, as order.xml.

    The order is what the bridge understood, before any document is written;
    its schema is xslt/order.rng.
    """
    from bridge import order_xml
    from bridge.convert import Bridge

    with guard(speaker):
        bridge = Bridge(settings_of(config, lenient, speaker))
        found = bridge.normalize(read_input(file, speaker), now=now, requisition=requisition, single=single, fhir=fhir)
        xml = '<?xml version="1.0" encoding="UTF-8"?>\n' + order_xml.write(found.order, pretty=True)
        write_output(output, xml.encode(), speaker)
        speaker.issues(found.issues)
