"""What a site decides: the file ``imgda.toml``, or the same as an object.

Every setting has a default with which ordinary orders convert; ``imgda.toml.sample`` shows them all. The settings never turn a
contradiction, a wrong code or a foreign patient into a warning.

Source: docs/settings.md.
"""

from __future__ import annotations

import re
import tomllib
import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bridge.findings.errors import SettingsError
from bridge.findings.issues import issue
from bridge.tables.codes import value_set

__all__ = [
    "AttachmentPolicy",
    "Attachments",
    "Custodian",
    "Defaults",
    "Limits",
    "LocalCode",
    "Losses",
    "Missing",
    "Oids",
    "Settings",
    "Texts",
    "Translation",
    "load",
]

LONGEST_DOCUMENT_ROOT = 44
"""With a dot and a number of 63 bits (19 digits) an OID has 64 characters, the most that CI-SIS allows."""

OnMissing = Literal["error", "null"]
"""``error`` refuses; ``null`` writes a nullFlavor, or "Non précisé" for a text, with a warning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Custodian:
    """The structure that keeps the documents, where the input names none. CDA: custodian."""

    identifier: str | None = None
    """National identifier of the structure with its prefix (``1`` and FINESS), or a bare FINESS or SIRET."""
    name: str | None = None
    telecom: str | None = None
    """A URI such as ``tel:0199000000``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Oids:
    """Roots for identifiers that come without a usable system."""

    order: str | None = None
    """Numbering authority of orders without a system."""
    patient: str | None = None
    """Domain of local patient identifiers without a system."""
    encounter: str | None = None
    """Domain of stay and visit numbers without a system."""
    document: str | None = None
    """Root of the identifiers of documents that are derived, at most 44 characters. Default: ``2.25``."""
    systems: Mapping[str, str] = field(default_factory=dict)
    """Identifier systems of the site (URI) and their OID."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """Codes for what the model demands and ordinary orders lack."""

    facility_type: str = "SA43"
    """JDV_J02, for example ``SA07``. CDA: healthCareFacility/code. Default: "Secteur non défini"."""
    practice_setting: str = "AMBULATOIRE"
    """JDV_J04. CDA: standardIndustryClassCode."""
    encounter_type: str | None = None
    """JDV_J142, where the input has no encounter. CDA: encompassingEncounter/code. Default: none is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """What to do when a mandatory datum is missing, item by item."""

    justification: OnMissing = "error"
    patient_informed: OnMissing = "error"
    site: OnMissing = "error"
    function: OnMissing = "error"
    modality_comment: OnMissing = "error"
    function_comment: OnMissing = "error"
    contrast: OnMissing = "error"
    urgency_reason: OnMissing = "error"
    requester_number: OnMissing = "error"
    """The national number of the demandeur: with ``null`` a local number that has a root is written."""


OnLoss = Literal["fail", "warn", "ignore"]
"""``fail`` refuses, ``warn`` reports loudly, ``ignore`` reports as a note; a loss is always reported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Losses:
    """What to do when a value of the input does not reach the document, by its class (mappings/loss-classes.csv)."""

    critical: OnLoss = "fail"
    """Contre-indications, allergies, pregnancy, implants, site and side, priority, function, contrast, justification."""
    clinical: OnLoss = "warn"
    administrative: OnLoss = "ignore"
    technical: OnLoss = "ignore"
    allow: tuple[str, ...] = ()
    """Leaves that the site knowingly drops: elements by their path from the resource, such as ``Patient.maritalStatus`` or
    ``Patient.extension('https://…')``, with all that is under them; ``*`` stands for one name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """The French wordings that the bridge writes by itself."""

    not_recorded: str = "Non renseigné"
    """Antécédents that the input does not give."""
    known_absence: str = "Aucun antécédent connu"
    """Antécédents that the input says do not exist."""
    not_stated: str = "Non précisé"
    """A mandatory text that the settings allow to be missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of the input."""

    input_mib: int = 64
    """Size of the whole input, MiB."""
    attachment_mib: int = 20
    """Size of one attachment once decoded, MiB."""
    depth: int = 100
    """Nesting levels."""
    leaves: int = 100_000
    """Values of the whole input: texts, numbers, booleans; of a document, attributes and texts."""
    findings: int = 1_000
    """Findings told of one conversion, the gravest first; the rest is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentPolicy:
    """What to do with attachments that come without data."""

    url_only: Literal["error", "skip"] = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalCode:
    """One code of the site and its counterpart, beside the tables of ``mappings/codes``."""

    table: Literal["modality", "site"]
    system: str
    """URI of the site's code system."""
    code: str
    to: str
    """Code of the value set of the table."""
    modifier: str | None = None
    """Code of JDV_ModificateurTopographique, table ``site`` only."""


Attachments, Translation = AttachmentPolicy, LocalCode
"""Their names of old, which the order and its readers have for other things."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All of it. Errors are listed by :class:`bridge.findings.errors.SettingsError`, each with the name of the setting."""

    custodian: Custodian = Custodian()
    oids: Oids = field(default_factory=Oids)
    defaults: Defaults = Defaults()
    missing: Missing = Missing()
    losses: Losses = Losses()
    texts: Texts = Texts()
    limits: Limits = Limits()
    attachments: AttachmentPolicy = AttachmentPolicy()
    translations: tuple[LocalCode, ...] = ()
    time_zone: str = "Europe/Paris"
    """IANA zone for instants that come without an offset."""
    document_ids: Literal["oid", "uuid"] = "oid"
    """The form of the identifiers of documents that are derived; ``uuid`` is that of version 0.1.0."""
    free_text_laterality: bool = False
    """Read "droit", "gauche", "bilatéral" in the words of a body site as a topographic modifier."""
    contradictions: Literal["warning", "error"] = "warning"
    """How loudly a text is reported that names another side, modality, site or answer than the code beside it."""
    unreferenced: Literal["report", "take"] = "report"
    """Conditions, allergies, procedures, devices and observations of the patient that nothing refers to: losses, or read as if
    supportingInfo named them."""

    def __post_init__(self) -> None:
        problems = [
            issue("IMGDA-1002", None, setting=name, expected=expected)
            for name, expected, right in (
                ("time_zone", "a name such as Europe/Paris", _is_zone(self.time_zone)),
                *(
                    (f"limits.{name}", "1 or more", getattr(self.limits, name) >= 1)
                    for name in ("input_mib", "attachment_mib", "leaves", "findings")
                ),
                ("limits.depth", "20 to 400", 20 <= self.limits.depth <= 400),
                *((f"texts.{f.name}", "a text", bool(getattr(self.texts, f.name).strip())) for f in fields(Texts)),
                *self._codes(),
                *self._identifiers(),
            )
            if not right
        ]
        if problems:
            raise SettingsError(problems)

    def _codes(self) -> Iterator[tuple[str, str, bool]]:
        """The codes of the settings: name, what is expected, whether it is right."""
        for name in ("facility_type", "practice_setting", "encounter_type"):
            code = getattr(self.defaults, name)
            known = code is None or code in value_set(name.replace("_", "-")).by_code
            yield f"defaults.{name}", "a code of its value set", known
        for index, own in enumerate(self.translations):
            yield f"translations[{index}].to", f"a code of the value set {own.table}", bool(value_set(own.table).unique(own.to))
            side = own.modifier is None or bool(value_set("topographic-modifier").unique(own.modifier))
            yield f"translations[{index}].modifier", "a code of the value set topographic-modifier", side

    def _identifiers(self) -> Iterator[tuple[str, str, bool]]:
        """The OIDs, the custodian's identifier and telecom: name, what is expected, whether it is right."""
        for name in ("order", "patient", "encounter"):
            yield f"oids.{name}", "an OID", _is_oid(getattr(self.oids, name) or "1.2")
        own = self.oids.document
        fits = own is None or (_is_oid(own) and len(own) <= LONGEST_DOCUMENT_ROOT)
        yield "oids.document", f"an OID of at most {LONGEST_DOCUMENT_ROOT} characters", fits
        yield "oids.systems", "an OID for each system", all(map(_is_oid, self.oids.systems.values()))
        number, uri = self.custodian.identifier, self.custodian.telecom
        digits = number is None or re.fullmatch(r"[0-9][0-9AB]{8,14}", number) is not None
        yield "custodian.identifier", "a FINESS, a SIRET, or a national identifier with its prefix", digits
        scheme = uri is None or re.fullmatch(r"(tel|fax|mailto|http|ftp|mllp):\S+", uri) is not None
        yield "custodian.telecom", "a URI such as tel:0199000000", scheme

    def lenient(self) -> Settings:
        """The same settings with every missing datum allowed that the model can leave out."""
        everything: dict[str, OnMissing] = {f.name: "null" for f in fields(Missing)}
        return replace(self, missing=Missing(**everything))


def load(path: str | Path) -> Settings:
    """The settings of a TOML file. Raises :class:`SettingsError` for what is not TOML, unknown or not right."""
    try:
        data = tomllib.loads(Path(path).read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        line = str(error).rpartition("line ")[2].partition(",")[0] if "line " in str(error) else "?"
        raise SettingsError(issue("IMGDA-1004", None, line=line)) from None
    except UnicodeDecodeError:
        raise SettingsError(issue("IMGDA-1004", None, line="?")) from None
    return from_mapping(data)


def from_mapping(data: Mapping[str, Any]) -> Settings:
    """The settings that a mapping describes, named as in the TOML file."""
    problems: list[tuple[str, str, str]] = []
    settings = _build(Settings, data, "", problems)
    if problems:
        raise SettingsError(issue(code, None, setting=name, expected=expected) for code, name, expected in problems)
    assert isinstance(settings, Settings)
    return settings


def _is_oid(text: str) -> bool:
    return re.fullmatch(r"[0-2](\.(0|[1-9][0-9]*))+", text) is not None


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _build(cls: type, data: Mapping[str, Any], prefix: str, problems: list[tuple[str, str, str]]) -> Any:
    hints = typing.get_type_hints(cls)
    problems += [("IMGDA-1003", prefix + name, "") for name in data if name not in hints]
    values = {}
    for name, hint in hints.items():
        if name in data:
            values[name] = _convert(hint, data[name], prefix + name, problems)
    required = [f.name for f in fields(cls) if f.name not in values and f.default is f.default_factory]
    problems += [("IMGDA-1002", prefix + name, "a value") for name in required]
    return None if problems else cls(**values)


def _convert(hint: Any, value: Any, name: str, problems: list[tuple[str, str, str]]) -> Any:
    if typing.get_origin(hint) is types.UnionType:
        hint = next(arg for arg in typing.get_args(hint) if arg is not type(None))
    if is_dataclass(hint) and isinstance(value, Mapping):
        return _build(typing.cast(type, hint), value, f"{name}.", problems)
    origin, wanted = typing.get_origin(hint), typing.get_args(hint)
    if origin is tuple and wanted[0] is not str and _all_of(value, list, Mapping):
        return tuple(_build(wanted[0], item, f"{name}[{i}].", problems) for i, item in enumerate(value))
    is_right, expected = _judged(hint, value)
    if not is_right:
        problems.append(("IMGDA-1002", name, expected))
        return None
    return tuple(value) if origin is tuple else dict(value) if isinstance(value, Mapping) else value


def _judged(hint: Any, value: Any) -> tuple[bool, str]:
    """Whether a plain value is of a type, and what is expected of it in words."""
    origin = typing.get_origin(hint)
    if hint == tuple[str, ...]:
        return _all_of(value, list, str), "a list of texts"
    if origin is Literal:
        return value in typing.get_args(hint), " | ".join(map(str, typing.get_args(hint)))
    if origin is not None and issubclass(origin, Mapping):
        return _all_of(value, Mapping, str), "a table of texts"
    is_right = isinstance(hint, type) and type(value) is hint
    return is_right, {str: "a text", int: "an integer", bool: "true or false"}.get(hint, "a table")


def _all_of(value: Any, kind: type, of: type) -> bool:
    """Whether a value is a list, or a table, whose members are all of a type."""
    members: Iterable[Any] = value.values() if isinstance(value, Mapping) else value
    return isinstance(value, kind) and all(isinstance(item, of) for item in members)
