"""Orders whose facts agree with each other, made from random ones: what the check says of their documents is a fault of ours.

A random order may say that one number is of two persons, that the patient was born after the request or that a man is pregnant;
its document can only repeat that, and the check rightly says so.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any

from strategies import PROFESSIONALS, STRUCTURES, concepts

from bridge.order import (
    Act,
    Author,
    EffectiveTime,
    Facility,
    Identifier,
    Order,
    Organization,
    Participant,
    PersonName,
    Professional,
)
from bridge.tables.codes import rows

CREATED, SIGNED, BEFORE, WISHED = "2026-03-02T10:15:00+01:00", "2026-03-02T11:00:00+01:00", "2026-03-01", "2026-03-10"
NEWER = {(row["value_set"], row["code"], row["system"]) for row in rows("newer-than-2022.01")}
SEX = {row["code"]: row["sex"] or None for row in rows("contraindication-scope")}


def coherent(order: Order) -> Order:
    """The order with the same shape and texts, and with facts that agree."""
    numbers = _Numbers()
    order = _everywhere(order, numbers.professional, numbers.organization, _early)
    return replace(
        order,
        document=replace(
            order.document,
            created_at=CREATED,
            version=max(2, order.document.version) if order.document.replaces else order.document.version,
            replaces=None if order.document.replaces == order.document.id else order.document.replaces,
        ),
        patient=replace(
            order.patient,
            birth_date=order.patient.birth_date if "1900" < order.patient.birth_date < "2026-03" else "1979-03-28",
        ),
        authors=tuple(
            replace(author, time=BEFORE, professional=replace(author.professional, name=None))
            if author.device
            else replace(author, time=BEFORE, professional=_known(author.professional, everything=True))
            for author in order.authors
        ),
        custodian=replace(order.custodian, name=order.custodian.name or "Structure"),
        legal_authenticator=replace(
            order.legal_authenticator, time=SIGNED, professional=_known(order.legal_authenticator.professional)
        ),
        authenticators=tuple(replace(attester, time=SIGNED) for attester in order.authenticators),
        data_enterer=order.data_enterer and replace(order.data_enterer, time=order.data_enterer.time and BEFORE),
        request=replace(order.request, ids=(Identifier(root="1.2.250.1.999.5", extension="D-1"), *order.request.ids)),
        encounter=replace(order.encounter, type=order.encounter.type or concepts("encounter-type")[0]),
        justification="Motif" if order.justification.strip() in ("", "-") else order.justification,
        attachments=tuple(replace(item, date=item.date and BEFORE) for item in order.attachments),
        urgency=order.urgency and replace(order.urgency, reason=re.sub(r"^[\s:;,.\-]+", "Motif ", order.urgency.reason)),
        patient_informed=bool(order.patient_informed),
        acts=_together(order.acts),
        contraindications=tuple(
            replace(item, comment=item.comment or "laquelle")
            for item in order.contraindications
            if SEX.get(item.concept.code) in (None, order.patient.gender.code) or order.patient.gender.code == "UN"
        ),
    )


def of_2022(order: Order) -> Order:
    """The order in what model 2022.01 can say: its language, its value sets, and requesters whose structure has an identifier."""
    order = _everywhere(order, _old_codes)
    home = Identifier(root=STRUCTURES, extension="1" + _with_key("99999999"))
    authors = tuple(
        replace(author, professional=replace(person, organization=replace(structure, id=home)))
        if (structure := (person := author.professional).organization) and not (structure.id and structure.id.extension)
        else author
        for author in order.authors
    )
    return replace(order, authors=authors, document=replace(order.document, language="fr-FR"))


_GROWN = {
    (Author, "function"): "function-code",
    (Participant, "function"): "function-code",
    (Facility, "type"): "facility-type",
    (Organization, "practice_setting"): "practice-setting",
    (Professional, "speciality"): "author-speciality",
}
"""The items whose value sets have grown since 2022.01."""


def _old_codes(value: Any) -> Any:
    """A part of the order with codes that the value sets of 2022.01 have."""
    for (owner, item), name in _GROWN.items():
        code = getattr(value, item) if isinstance(value, owner) else None
        if code is not None and (name, code.code, code.system) in NEWER:
            old = next(one for one in concepts(name) if (name, one.code, one.system) not in NEWER)
            value = replace(value, **{item: replace(old, text=code.text)})
    return value


def _everywhere(value: Any, *changes: Callable[[Any], Any]) -> Any:
    """A value of the order with every part changed, the innermost first."""
    if isinstance(value, tuple):
        return tuple(_everywhere(item, *changes) for item in value)
    if not is_dataclass(value) or isinstance(value, type):
        return value
    value = replace(value, **{one.name: _everywhere(getattr(value, one.name), *changes) for one in fields(value)})
    for change in changes:
        value = change(value)
    return value


def _bare(name: str) -> str:
    letters = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.category(c).startswith("M"))
    return " ".join(re.sub(r"[\W_]+", " ", letters.lower()).split())


def _with_key(digits: str) -> str:
    """Digits and their Luhn key."""
    total = sum(sum(divmod(int(digit) * (1 + index % 2), 10)) for index, digit in enumerate(reversed(digits + "0")))
    return f"{digits}{-total % 10}"


@dataclass
class _Numbers:
    """National identifiers with their key, one for each name; names that differ in their spelling alone are of one person."""

    known: dict[str, int] = field(default_factory=dict)
    names: dict[int, PersonName] = field(default_factory=dict)

    def _of(self, name: str | None) -> int:
        return self.known.setdefault(_bare(name) if name else f"?{len(self.known)}", len(self.known))

    def professional(self, value: Any) -> Any:
        if not isinstance(value, Professional):
            return value
        name = value.name or PersonName(family=f"Nom {len(self.known)}")
        index = self._of(f"{name.family} {name.given or ''}")
        first = self.names.setdefault(index, name)
        number = Identifier(root=PROFESSIONALS, extension="8" + _with_key(f"99990{index:05}"))
        ids = tuple(number if item.root == PROFESSIONALS else item for item in value.ids)
        return replace(value, ids=ids, name=replace(name, family=first.family, given=first.given))

    def organization(self, value: Any) -> Any:
        if not isinstance(value, Organization) or not value.id or value.id.root != STRUCTURES:
            return value
        return replace(value, id=Identifier(root=STRUCTURES, extension="1" + _with_key(f"99{self._of(value.name):06}")))


def _early(value: Any) -> Any:
    """Nothing was observed after the document."""
    return EffectiveTime(at=BEFORE) if isinstance(value, EffectiveTime) else value


def _known(professional: Professional, *, everything: bool = False) -> Professional:
    """A professional of whom everything is said that the model wants."""
    speciality = professional.speciality or concepts("author-speciality")[0]
    organization = professional.organization or (Organization(name="Cabinet") if everything else None)
    return replace(professional, speciality=speciality, organization=organization)


def _together(acts: tuple[Act, ...]) -> tuple[Act, ...]:
    """Acts of one latest date, or of none."""
    wished = next((WISHED for act in acts if act.wanted_by), None)
    return tuple(replace(act, wanted_by=wished) for act in acts)
