"""For a finding, a small order that has it and the same order once it is mended: what ``imgda help CODE`` shows.

Each is a change of ``mappings/examples/order.json``, a complete order of invented persons; the tests convert all of them.
Source: ``mappings/examples.csv``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from bridge.tables.codes import rows
from bridge.tables.shipped import folder

__all__ = ["Example", "examples", "snippets"]

JSON = dict[str, Any]


class Example(NamedTuple):
    """One row of ``mappings/examples.csv``."""

    resource: str
    """``id`` of the resource that is changed; empty for the Bundle."""
    wrong: JSON
    """Members of the resource with the finding; None takes a member away."""
    right: JSON
    setting: str
    """The site setting that relaxes the rule, as TOML; empty where none does."""
    codes: str
    """The value set whose codes can be sent, for ``imgda codes``."""

    def order(self, *, mended: bool) -> JSON:
        """The whole order."""
        order: JSON = json.loads((folder("mappings") / "examples" / "order.json").read_text("utf-8"))
        _change(self._changed(order), self.right if mended else self.wrong)
        return order

    def shown(self, *, mended: bool) -> str:
        """What matters of the changed resource, as JSON."""
        changed = self._changed(self.order(mended=mended))
        members = ("resourceType", *(name for name in changed if name in self.wrong or name in self.right))
        return json.dumps({name: changed[name] for name in members}, ensure_ascii=False, indent=2)

    @property
    def snippet(self) -> str:
        """What is to be sent: the type of the resource, and the members that mend it."""
        members = {name: value for name, value in self.right.items() if value is not None and self.wrong.get(name) != value}
        kind = self._changed(self.order(mended=True))["resourceType"]
        return f"{kind} {json.dumps(members, ensure_ascii=False)}"

    def _changed(self, order: JSON) -> JSON:
        resources = [entry["resource"] for entry in order["entry"]]
        return next((resource for resource in resources if resource["id"] == self.resource), order)


def _change(resource: JSON, members: JSON) -> None:
    resource |= members
    for name in [name for name, value in resource.items() if value is None]:
        del resource[name]


@cache
def examples() -> Mapping[str, Example]:
    """Every example by the code of its finding."""
    return {
        row["code"]: Example(row["resource"], json.loads(row["before"]), json.loads(row["after"]), row["setting"], row["codes"])
        for row in rows("examples")
    }


@cache
def snippets() -> Mapping[str, str]:
    """What is to be sent, by the code of the finding."""
    return {code: example.snippet for code, example in examples().items()}
