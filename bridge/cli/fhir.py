"""``imgda to-fhir``, ``imgda roundtrip`` and ``imgda diff``: from documents back to FHIR, and documents compared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bridge.cli import needs
from bridge.cli.exits import Exit, guard
from bridge.cli.files import read_input, write_output
from bridge.cli.options import conversion_option, settings_of, settings_options, speaker_options
from bridge.cli.speaker import Speaker
from bridge.options import DEFAULT_MODEL, Shape
from bridge.run.names import calm, escaped

if TYPE_CHECKING:
    from bridge.convert import Bridge
    from bridge.evidence.roundtrip import RoundTrip

__all__ = ["compare", "roundtrip", "to_fhir"]


@click.command("to-fhir")
@click.argument("file", default="-", metavar="[FILE|-]")
@click.option("-o", "--output", default="-", metavar="OUT", help="File to write. Default: standard output.")
@conversion_option("shape", default="document", show_default=True)
@conversion_option("with_document")
@settings_options
@speaker_options
def to_fhir(
    speaker: Speaker,
    file: str,
    output: str,
    shape: Shape,
    with_document: bool,
    config: Path | None,
    lenient: bool,
) -> None:
    """Convert a document IMG-DA-IMG to a FHIR R4 Bundle.

    FILE is a CDA document of any known version of the model. Each tolerance
    used and each value without a place in FHIR is said.
    """
    from bridge.convert import Bridge
    from bridge.tables.shipped import models

    with guard(speaker):
        bridge = Bridge(settings_of(config, lenient, speaker))
        needs(*((model, "to-order") for model in models()))
        conversion = bridge.to_fhir(read_input(file, speaker), shape=shape, with_document=with_document)
        text = json.dumps(conversion.bundle, ensure_ascii=False, indent=2)
        write_output(output, text.encode() + b"\n", speaker)
        speaker.issues(conversion.issues)


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="FILE|DIR…")
@click.option("--model", default=DEFAULT_MODEL, show_default=True, help="Version of the model, for FHIR inputs.")
@settings_options
@speaker_options
def roundtrip(speaker: Speaker, paths: tuple[str, ...], model: str, config: Path | None, lenient: bool) -> None:
    """Convert there and back, and show what differs and why.

    A CDA document goes to FHIR and back to CDA, compared element by element
    in canonical form; a FHIR order goes to CDA and back, its orders compared.
    The exit code is 1 for a difference that nothing explains.
    """
    from bridge.convert import Bridge
    from bridge.evidence.roundtrip import table
    from bridge.findings.errors import BridgeError

    with guard(speaker):
        bridge = Bridge(settings_of(config, lenient, speaker))
        unexplained = refused = 0
        for path in _files(paths):
            try:
                trip = _trip(bridge, path, read_input(str(path), speaker), model)
            except BridgeError as error:
                refused += 1
                click.echo(f"{escaped(str(path))}  {speaker.word('refused', count=str(sum(i.is_error for i in error.issues)))}")
                speaker.issues(found for found in error.issues if found.is_error)
                continue
            unexplained += trip.unexplained
            click.echo("\n".join(table(escaped(path.name), trip, speaker.language)))
    if refused:
        raise SystemExit(int(Exit.PARTIAL))
    if unexplained:
        raise SystemExit(int(Exit.DIFFERENT))


def _files(paths: tuple[str, ...]) -> list[Path]:
    found: list[Path] = []
    for path in map(Path, paths):
        found += sorted(filter(_is_input, path.rglob("*"))) if path.is_dir() else [path]
    return found


def _is_input(path: Path) -> bool:
    """Whether a file of a folder is a document or FHIR, by its name and what is in it."""
    from bridge.cda.parser import is_document

    if path.suffix not in (".xml", ".json") or not path.is_file():
        return False
    source = path.read_bytes()
    return is_document(source) or b"http://hl7.org/fhir" in source or b'"resourceType"' in source


def _trip(bridge: Bridge, path: Path, source: bytes, model: str) -> RoundTrip:
    from bridge.cda.parser import is_document
    from bridge.evidence.roundtrip import of_document, of_fhir

    if is_document(source):
        return of_document(source, path.name, bridge=bridge)
    return of_fhir(source, model=model, bridge=bridge)


@click.command("diff")
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@speaker_options
def compare(speaker: Speaker, first: str, second: str) -> None:
    """Compare two documents by meaning.

    Shows the items of the order that were added (+), removed (-) or changed
    (~), in words, then the leaves of the documents that no item accounts for.
    The exit code is 1 when they differ.
    """
    from bridge.evidence.diff import compare_documents

    with guard(speaker):
        found = compare_documents(read_input(first, speaker), read_input(second, speaker))
        for change in found.changes:
            click.echo(calm(change.text(speaker.language)))
        if found.others:
            click.echo(speaker.word("others", count=str(len(found.others))))
        for leaf in found.others:
            click.echo(calm(f"    {leaf.path}\n        {leaf.before or '-'} → {leaf.after or '-'}"))
    if found.changes or found.others:
        raise SystemExit(int(Exit.DIFFERENT))
