"""``imgda codes``: the value sets of the model, and the codes that an order can send."""

from __future__ import annotations

import click

from bridge.tables.codes import code_system_uri, rows, value_set

__all__ = ["codes"]


@click.command()
@click.argument("name", default="", metavar="[VALUE_SET]")
def codes(name: str) -> None:
    """List the codes of a value set, with the URI of their system.

    Without VALUE_SET the value sets themselves, with the name and the OID of
    the JDV. The page docs/codes.md says which element takes which.
    """
    known = {row["name"]: row for row in rows("value-sets")}
    if not name:
        for row in known.values():
            click.echo(f"{row['name']:<24} {row['jdv']}  urn:oid:{row['oid']}")
        return
    if name not in known:
        raise click.BadParameter(f"no value set is called {name}; imgda codes lists them", param_hint="VALUE_SET")
    for concept in value_set(name).concepts.values():
        click.echo(f"{code_system_uri(concept.system)}  {concept.code}  {concept.display}")
