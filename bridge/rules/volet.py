"""The rules of the specification that an order must keep, and those that it should.

Every finding is reported at once. A rule about something missing can be turned into a warning by the site settings; then the
model's nullFlavor or "Non précisé" is written. Nothing turns a contradiction or a wrong code into a warning.

Source: docs/rules.md (B1 to B17), after CI-SIS, IMG-DA-IMG 2024.01, section 3.4; code de la santé publique, R. 1333-53.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

from bridge.findings.issues import Issue, issue
from bridge.order import Act, Function, Identifier, Order
from bridge.order.identifiers import PROFESSIONALS, STRUCTURES, is_professional, is_structure
from bridge.order.moments import as_datetime, day_of
from bridge.order.origins import Places
from bridge.settings import Settings
from bridge.tables.codes import rows
from bridge.wording.blank import JUSTIFICATION, URGENCY, is_blank

__all__ = ["check"]

PET, SCINTIGRAPHY, INTERVENTIONAL, OTHER = "PT", "NM", "C63334", "OT"
IONISING = frozenset({"MED-1126", "MED-1127", "MG", "CT", "NM", "PT", "C63334"})
"""Modalities that use ionising radiation (volet 3.1.5.1; docs/rules.md, B10)."""
_OTHER_FUNCTIONS = ("GEN-092.04.18", "GEN-092.04.19")
_CONTRAST_FUNCTIONS = ("GEN-092.04.18", "MED-1133", "MED-1137")
_PREGNANT = "77386006"
_CHILDBEARING = range(12, 56)
"""Ages, in years, at which the circumstances include a possible pregnancy."""


def check(order: Order, places: Places, settings: Settings) -> tuple[Order, list[Issue]]:
    """The order with what the settings write for missing data, and every finding."""
    allowed = _Missing(settings, places)
    order = allowed.fill(order)
    issues = [
        *allowed.issues,
        *_acts(order, places),
        *_contraindications(order, places),
        *_urgency(order, places),
        *_identifiers(order, places),
        *_dates(order, places),
        *_regulation(order, places),
    ]
    return order, issues


class _Missing:
    """Mandatory data that are missing: an error, or by the settings a substitute and a warning (B2, B3, B6, B7, B9 to B12)."""

    def __init__(self, settings: Settings, places: Places) -> None:
        self._settings = settings
        self._places = places
        self.issues: list[Issue] = []

    def _report(self, item: str, code: str, path: str | None, written: str) -> bool:
        """Whether the settings allow *item* to be missing."""
        if getattr(self._settings.missing, item) == "null":
            self.issues.append(issue("IMGDA-0434", path, item=item, written=written, origin=f"missing.{item}"))
            return True
        self.issues.append(issue(code, path))
        return False

    def fill(self, order: Order) -> Order:
        """The order with its gaps reported, and filled where a text is allowed to be missing."""
        text = self._settings.texts.not_stated
        if is_blank(order.justification, *JUSTIFICATION):
            self._report("justification", "IMGDA-0416", self._places.of("justification"), text)
            order = replace(order, justification=text)
        if order.patient_informed is None:
            self._report("patient_informed", "IMGDA-0419", self._places.of("patient_informed"), "NASK")
        if order.urgency and is_blank(order.urgency.reason, *URGENCY):
            self._report("urgency_reason", "IMGDA-0413", self._places.of("urgency"), text)
            order = replace(order, urgency=replace(order.urgency, reason=text))
        acts = tuple(self._act(index, act) for index, act in enumerate(order.acts))
        return replace(order, acts=acts)

    def _act(self, index: int, act: Act) -> Act:
        where, text = self._places.of("acts", index), self._settings.texts.not_stated
        kind = act.modality.code
        if not act.sites:
            self._report("site", "IMGDA-0403", f"{where}.bodySite", "UNK")
        if kind in (INTERVENTIONAL, OTHER) and is_blank(act.comment, act.modality.display):
            self._report("modality_comment", "IMGDA-0406", f"{where}.note", text)
            act = replace(act, comment=text)
        if kind in (PET, SCINTIGRAPHY) and not act.functions:
            self._report("function", "IMGDA-0407", f"{where}.orderDetail", text)
        if kind == PET and act.contrast is None and any(f.concept.code in _CONTRAST_FUNCTIONS for f in act.functions):
            self._report("contrast", "IMGDA-0411", f"{where}.orderDetail", "-")
        functions = tuple(self._function(f, f"{where}.orderDetail", text) for f in act.functions)
        return replace(act, functions=functions) if functions != act.functions else act

    def _function(self, function: Function, where: str, text: str) -> Function:
        if function.concept.code in _OTHER_FUNCTIONS and is_blank(function.comment, function.concept.display):
            self._report("function_comment", "IMGDA-0410", where, text)
            return replace(function, comment=text)
        return function


def _acts(order: Order, places: Places) -> Iterator[Issue]:
    if not order.acts:
        yield issue("IMGDA-0401", places.of())
    if len({act.wanted_by for act in order.acts}) > 1:
        yield issue("IMGDA-0420", places.of("acts", 0))


# --- B10: contre-indications -----------------------------------------------------------------------------------------


def _contraindications(order: Order, places: Places) -> Iterator[Issue]:
    """Applicability to sex and modality: said, never a reason to drop anything (docs/rules.md, B10)."""
    known = {row["code"]: row for row in rows("contraindication-scope")}
    modalities = {act.modality.code for act in order.acts}
    for index, item in enumerate(order.contraindications):
        where = places.of("contraindications", index)
        row = known.get(item.concept.code)
        if row is None:
            continue
        if row["sex"] and item.present and order.patient.gender.code not in (row["sex"], "UN"):
            yield issue("IMGDA-0414", where)
        if row["modalities"] and not modalities & set(row["modalities"].split()):
            yield issue("IMGDA-0415", where)
        if item.concept.code == "GEN-092.01.20" and item.present and not item.comment:
            yield issue("IMGDA-0442", where)


def _urgency(order: Order, places: Places) -> Iterator[Issue]:
    if order.urgency and order.callback is None:
        yield issue("IMGDA-0430", places.of("callback"))


# --- national identifiers --------------------------------------------------------------------------------------------


def _identifiers(order: Order, places: Places) -> Iterator[Issue]:
    """The lengths and keys of the national numbers of professionals and structures, wherever they stand in the order."""
    for identifier in dict.fromkeys(_identifiers_of(order)):
        number, where = identifier.extension or "", places.exact("identifier", identifier.root, identifier.extension or "")
        if identifier.root == PROFESSIONALS and not is_professional(number):
            yield issue("IMGDA-0309", where)
        elif identifier.root == STRUCTURES and number and not is_structure(number):
            yield issue("IMGDA-0310", where)


def _identifiers_of(value: Any) -> Iterator[Identifier]:
    """Every identifier in an order."""
    if isinstance(value, Identifier):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _identifiers_of(item)
    elif is_dataclass(value):
        for part in fields(value):
            yield from _identifiers_of(getattr(value, part.name))


# --- dates -----------------------------------------------------------------------------------------------------------


def _dates(order: Order, places: Places) -> Iterator[Issue]:
    requested, created = order.authors[0].time, order.document.created_at
    for index, act in enumerate(order.acts):
        if act.wanted_by and len(act.wanted_by) >= 10 and day_of(act.wanted_by) < day_of(requested):
            yield issue("IMGDA-0602", places.of("acts", index, "wanted_by"))
    yield from _birth(order, places)
    if len(requested) > 10 and len(created) > 10 and as_datetime(requested) > as_datetime(created):
        yield issue("IMGDA-0606", places.of("authors"))
    if order.document.replaces == order.document.id:
        yield issue("IMGDA-0610", places.of("document"))


def _birth(order: Order, places: Places) -> Iterator[Issue]:
    """A birth after the request, more than 130 years before it, or that of a minor without a guardian."""
    born = order.patient.birth_date
    if born == "0001":
        return
    if day_of(born) > min(day_of(order.authors[0].time), day_of(order.document.created_at)):
        yield issue("IMGDA-0605", places.of("patient", "birth_date"))
    elif age(order) > 130:
        yield issue("IMGDA-0609", places.of("patient", "birth_date"))
    elif age(order) < 18 and not order.patient.guardians:
        yield issue("IMGDA-0322", places.of("patient", "contact"))


def age(order: Order) -> int:
    """The patient's age in whole years on the day of the request, the greatest possible for a partial birth date."""
    born, day = day_of(order.patient.birth_date), day_of(order.authors[0].time)
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


# --- R. 1333-53 ------------------------------------------------------------------------------------------------------


def _regulation(order: Order, places: Places) -> Iterator[Issue]:
    """The five pieces of information that an act with ionising radiation demands (volet 3.1.5.1)."""
    ionising = [(index, act) for index, act in enumerate(order.acts) if act.modality.code in IONISING]
    if not ionising:
        return
    where = places.of("acts", ionising[0][0])
    answered = {item.concept.code for item in order.contraindications}
    is_helpful = order.contraindications or order.care_information or any(_says_more(act) for _, act in ionising)
    from bridge.settings import Texts

    for code, missing, key in (
        ("IMGDA-0801", not order.justification or order.justification == Texts().not_stated, "justification"),
        ("IMGDA-0802", order.purpose is None, "purpose"),
        ("IMGDA-0803", _may_be_pregnant(order) and _PREGNANT not in answered, "contraindications"),
        ("IMGDA-0804", order.prior_results is None, "prior_results"),
        ("IMGDA-0805", not is_helpful, "acts"),
    ):
        if missing:
            yield issue(code, where if key == "acts" else places.of(key))


def _may_be_pregnant(order: Order) -> bool:
    return order.patient.gender.code != "M" and order.patient.birth_date != "0001" and age(order) in _CHILDBEARING


def _says_more(act: Act) -> bool:
    """Whether an act says more than its modality and sites."""
    return bool(act.comment or act.functions or any(site.modifiers for site in act.sites))
