"""The options of a conversion: the one list, of which commands, addresses, Parameters and their descriptions are made.

Source: docs/library.md, docs/cli.md, docs/http.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import Field, dataclass, field, fields
from datetime import datetime
from functools import cache
from typing import Any, Literal

from bridge.findings.errors import SettingsError
from bridge.findings.issues import issue
from bridge.tables.shipped import models

__all__ = ["DEFAULT_MODEL", "ConversionOptions", "Operation", "Option", "Shape", "option", "options_of"]

DEFAULT_MODEL = "2024.01"

Shape = Literal["document", "order"]
"""How a FHIR Bundle is made: the ANS document with a Composition, or a collection of the requests and what they refer to."""
Operation = Literal["to-cda", "to-fhir", "check", "explain", "render"]


@dataclass(frozen=True, slots=True)
class Option:
    """What is to be known of one option."""

    name: str
    """Argument of the library."""
    says: str
    """What it does, as ``--help`` and OpenAPI say it."""
    operations: tuple[Operation, ...]
    """Those that take it."""
    codes: tuple[str, ...] = ()
    """The values that it may have, where they are few."""
    default: Any = None
    parameter: str | None = None
    """Its name in the Parameters of ``$imgda-convert``, which has none of the others."""
    is_local: bool = False
    """Whether only the library and the command have it."""

    @property
    def is_flag(self) -> bool:
        """Whether it is true or false."""
        return self.default is False

    @property
    def query(self) -> str:
        """Its name in a command and in an address."""
        return self.name.replace("_", "-")

    @property
    def expected(self) -> str:
        """The values that it may have, for a message."""
        return "true | false" if self.is_flag else " | ".join(self.codes)

    def allows(self, value: Any) -> bool:
        """Whether a value is one of this option."""
        if value is None:
            return self.default is None
        if self.is_flag:
            return value in (True, False)
        return value in self.codes if self.codes else isinstance(value, datetime if self.name == "now" else str)


def _about(says: str, *operations: Operation, **more: Any) -> dict[str, Any]:
    return {"says": says, "operations": operations, **more}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversionOptions:
    """What a call may ask for beside its input. Raises :class:`SettingsError` for a value that an option does not have."""

    model: str = field(
        default=DEFAULT_MODEL,
        metadata=_about("Version of the model IMG-DA-IMG.", "to-cda", "check", "explain", "render", parameter="model"),
    )
    fhir: str | None = field(
        default=None,
        metadata=_about(
            "FHIR version of the input, instead of finding it out.",
            "to-cda",
            "explain",
            "render",
            codes=("R4", "R4B", "R5"),
            parameter="fhirVersion",
        ),
    )
    requisition: str | None = field(
        default=None,
        metadata=_about(
            "Of several orders, take the one with this number.", "to-cda", "explain", "render", parameter="requisition"
        ),
    )
    single: bool = field(
        default=False,
        metadata=_about(
            "Join requests that have no common number into one order.", "to-cda", "explain", "render", parameter="single"
        ),
    )
    each: bool = field(
        default=False,
        metadata=_about("Convert every order of the input, each to a document or to its findings.", "to-cda", parameter="each"),
    )
    now: datetime | None = field(
        default=None, metadata=_about("Creation time where the input gives none.", "to-cda", "explain", "render", is_local=True)
    )
    draft: bool = field(
        default=False,
        metadata=_about(
            "Write a document in spite of errors; they stay among the issues.", "to-cda", "explain", "render", parameter="draft"
        ),
    )
    paranoid: bool = field(
        default=False,
        metadata=_about("Look for each value in the document; what is not there is a loss.", "to-cda", is_local=True),
    )
    check: bool = field(
        default=False, metadata=_about("Check what was written before it is delivered.", "to-cda", parameter="check")
    )
    values: bool = field(
        default=False, metadata=_about("Show the values too: they are the patient's. HTML always does.", "explain")
    )
    shape: Shape = field(
        default="document",
        metadata=_about(
            "An ANS document with a Composition, or a collection of the requests and what they refer to.",
            "to-fhir",
            codes=("document", "order"),
            parameter="shape",
        ),
    )
    with_document: bool = field(
        default=False, metadata=_about("Put the document itself beside the resources, byte for byte.", "to-fhir")
    )
    variant: str = field(
        default="paper",
        metadata=_about(
            "A PDF for paper has the CDA document inside (PDF/A-3a); one for a mail has no attachment (PDF/A-1a).",
            "render",
            codes=("paper", "mail"),
        ),
    )
    lenient: bool = field(
        default=False,
        metadata=_about(
            "Allow every mandatory item to be missing that the model can leave out.",
            "to-cda",
            "to-fhir",
            "explain",
            "render",
            parameter="lenient",
        ),
    )

    def __post_init__(self) -> None:
        wrong = [known for known in _all().values() if not known.allows(getattr(self, known.name))]
        problems = [issue("IMGDA-1812", None, name=known.name, expected=known.expected) for known in wrong]
        if self.each and (self.single or self.requisition is not None):
            problems.append(issue("IMGDA-1812", None, name="each", expected="each | requisition | single"))
        if self.model not in models():
            problems.append(issue("IMGDA-1001", None, known=", ".join(models())))
        if problems:
            raise SettingsError(problems)


@cache
def _all() -> Mapping[str, Option]:
    return {found.name: _option(found) for found in fields(ConversionOptions)}


def _option(found: Field[Any]) -> Option:
    return Option(found.name, default=found.default, **found.metadata)


def option(name: str) -> Option:
    """The option of this name."""
    return _all()[name]


def options_of(*operations: str, local: bool = False) -> Mapping[str, Option]:
    """The options of some operations by their names; those of the library and the command alone where they are wanted."""
    return {name: found for name, found in _all().items() if _is_of(found, operations) and (local or not found.is_local)}


def _is_of(found: Option, operations: Iterable[str]) -> bool:
    return not set(operations).isdisjoint(found.operations)
