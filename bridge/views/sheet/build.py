"""Makes the sheet of an order.

Source: docs/paper.md; IMG-DA-IMG 2024.01, 3.1.2.2 (the paper copy for the patient) and 3.3.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from bridge.findings.issues import Language
from bridge.order import Order
from bridge.order.identifiers import INS_ROOTS, REAL_INS_ROOTS
from bridge.tables.codes import value_set
from bridge.views.sheet import clinical, header, ins
from bridge.views.sheet.header import Words, entry
from bridge.views.sheet.model import Banner, Run, Sheet, SheetBlock, SheetEntry, Value
from bridge.views.sheet.people import Roles, cited, organization, person, professional, reached
from bridge.views.sheet.spot import OrderSpot
from bridge.views.sheet.values import (
    address,
    code,
    identifier,
    joined,
    matricule,
    moment,
    period,
    plain,
    readable,
    text,
)
from bridge.views.sheet.words import labels

__all__ = ["document_name", "file_name", "file_of", "sheet_of"]


def sheet_of(
    order: Order,
    language: Language = "fr",
    *,
    draft: bool = False,
    faulty: bool = False,
    received: tuple[SheetBlock, ...] = (),
) -> Sheet:
    """The sheet of an order; *draft* and *faulty* are said in a banner, *received* is what a document says besides."""
    words, spot = labels(language), OrderSpot(order)
    people, silent = _people(spot, words)
    small = _references(spot, words, silent)
    blocks = (
        header.requester(spot, words),
        header.document(spot, words),
        header.urgency(spot, words),
        header.patient(spot, words, is_minor=_is_minor(spot)),
        *clinical.acts(spot, words),
        clinical.answers(spot, words),
        clinical.clinical(spot, words),
        people,
        _encounter(spot, words),
        clinical.attachments(spot, words),
        *received,
    )
    return Sheet(
        language=language,
        title=readable(order.document.title),
        about=_about(order),
        author="".join(run.text for run in person(spot.authors[0].professional.name)),
        created_at=order.document.created_at,
        banners=tuple(_banners(spot, words, draft=draft, faulty=faulty)),
        blocks=tuple(block for block in blocks if block is not None and block.entries),
        symbol=ins.symbol(order.patient, words["to scan"]),
        signature=small,
        foot=tuple(_foot(spot)),
        name=file_name(order),
    )


def file_name(order: Order) -> str:
    """``demande-`` and the first eight characters of the SHA-256 of the identifier of the document: no name of a patient."""
    return file_of(document_name(order))


def file_of(document: str) -> str:
    """The same, of an identifier as :func:`document_name` writes it."""
    return f"demande-{hashlib.sha256(document.encode()).hexdigest()[:8]}"


def document_name(order: Order) -> str:
    """The identifier of a document in one text: its root, and its extension after a caret."""
    ident = order.document.id
    return ident.root if ident.extension is None else f"{ident.root}^{ident.extension}"


def _about(order: Order) -> str:
    numbers = [one.extension or one.root for one in order.request.ids]
    return " – ".join((readable(order.document.title), *map(readable, numbers[:1])))


def _is_minor(order: OrderSpot) -> bool:
    age = clinical.age_of(order)
    return age is not None and age < 18


def _banners(order: OrderSpot, words: Words, *, draft: bool, faulty: bool) -> Iterator[Banner]:
    roots = {one.raw.root for one in order.patient.ids} & set(INS_ROOTS)
    if roots - set(REAL_INS_ROOTS):
        yield Banner(words["test"])
    if draft:
        yield Banner(words["draft"])
    if faulty:
        yield Banner(words["faulty"])
    if order.patient.deceased.raw or order.patient.deceased_at:
        yield Banner(words["dead"])
    if order.screening.raw:
        yield Banner(words["screening"])


# --- people ----------------------------------------------------------------------------------------------------------


def _people(order: OrderSpot, words: Words) -> tuple[SheetBlock, tuple[str, ...]]:
    """Everybody else who takes part, each once; and the leaves that only repeat the demandeur."""
    roles = Roles(header.everyone_of(order))
    for author in list(order.authors)[1:]:
        _author(author, roles, words)
    roles.add("", professional(order.request.performer))
    if order.data_enterer:
        roles.add(words["enterer"], professional(order.data_enterer.professional), _on(order.data_enterer.time))
    for one in order.participants:
        _participant(one, roles)
    for one in order.recipients:
        role = words["copied" if one.raw.copy else "recipient"]
        roles.add(role, professional(one.professional), claims=(one.copy.path,))
    for one in order.authenticators:
        roles.add(words["authenticator"], professional(one.professional), _on(one.time))
    for one in order.informants:
        roles.add(words["informant"], professional(one))
    for one in order.contacts:
        _contact(one, roles, words)
    roles.add("", organization(order.custodian))
    entries = tuple(_named(entry, words) for entry in roles.entries())
    return SheetBlock(key="people", kind="people", title=words["people"], entries=entries), roles.silent


def _named(found: SheetEntry, words: Words) -> SheetEntry:
    """An entry whose only role went without saying of the demandeur, and does not of another."""
    if found.label:
        return found
    is_custodian = any(path.startswith("custodian") for path in found.paths)
    label = words["custodian" if is_custodian else "performer"]
    return SheetEntry(label=label, values=found.values, claims=found.claims)


def _on(spot: OrderSpot) -> Value:
    when = moment(spot, before_day="le ", before_month="en ")
    return (Run(" ("), *when, Run(")")) if when else ()


def _author(author: OrderSpot, roles: Roles, words: Words) -> None:
    device = joined(" ", text(author.device.model), text(author.device.software))
    role = words["device" if author.device else "author"]
    parts = (*((device,) if device else ()), *professional(author.professional))
    more = (*((Run(", "), *code(author.function)) if author.function else ()), *_on(author.time))
    roles.add(role, parts, more)


def _participant(one: OrderSpot, roles: Roles) -> None:
    """Somebody by his function, else by the way in which he takes part."""
    kind = value_set("participation-type").by_code.get(one.raw.type)
    function = code(one.function)
    role = "" if function else (kind[0].display if kind else readable(one.raw.type))
    when = period(one.time)
    claims = () if function else (one.type.path,)
    known = (Run(" ("), *when, Run(")")) if when else ()
    agent = (Run(f" [{readable(one.raw.role_class)}]", (one.role_class.path,)),) if one.raw.role_class != "PROV" else ()
    roles.add(role, professional(one.professional), (*function, *agent, *known), claims)


def _contact(one: OrderSpot, roles: Roles, words: Words) -> None:
    role = words[one.raw.role] if one.raw.role in ("ECON", "NOK", "CON", "CAREGIVER", "PAT") else readable(one.raw.role)
    relation = code(one.relation)
    parts = (person(one.name), *([relation] if relation else []), *reached(one))
    roles.add(role, parts, claims=(one.role.path,))


# --- context and references ------------------------------------------------------------------------------------------


def _encounter(order: OrderSpot, words: Words) -> SheetBlock:
    """Where and when the patient was seen, and by whom."""
    found = order.encounter
    entries: list[SheetEntry] = [*entry(words["encounter type"], code(found.type))]
    entries += entry(words["stay"], *map(identifier, found.ids))
    entries += entry(words["period"], period(found.period))
    entries += entry(words["sector"], code(found.facility.type))
    numbers = map(cited, found.facility.ids)
    entries += entry(words["place"], joined(", ", text(found.facility.name), *numbers, address(found.facility.address)))
    roles = Roles(header.everyone_of(order))
    if found.responsible:
        roles.add(words["responsible"], professional(found.responsible))
    for one in found.participants:
        known = {"ADM": "ADM", "ATND": "ATND", "CON": "CON of encounter", "DIS": "DIS", "REF": "REF"}.get(one.raw.type)
        role = words[known] if known else readable(one.raw.type)
        when = period(one.time)
        more = (Run(" ("), *when, Run(")")) if when else ()
        roles.add(role, professional(one.professional), more, (one.type.path,))
    entries += roles.entries()
    return SheetBlock(key="encounter", kind="people", title=words["encounter"], entries=tuple(entries))


def _references(order: OrderSpot, words: Words, silent: tuple[str, ...]) -> SheetBlock:
    """What identifies the document, who answers for it; the place for a signature stands beside it."""
    found = order.document
    entries: list[SheetEntry] = [*_established(order, words, silent)]
    entries += entry(words["id"], identifier(found.id))
    entries += entry(words["set"], identifier(found.set_id))
    entries += entry(words["created"], moment(found.created_at))
    for one in order.fulfils:
        accession = (Run(" (accession "), *identifier(one.accession_number), Run(")")) if one.accession_number else ()
        entries += entry(words["fulfils"], (*identifier(one.id), *accession))
    for one in order.consents:
        numbers = joined(", ", *map(identifier, one.ids))
        entries += entry(words["consent"], joined(" – ", code(one.code), numbers))
    return SheetBlock(key="signature", kind="small", title=words["references"], entries=tuple(entries))


# layout: each part may be missing
def _established(order: OrderSpot, words: Words, silent: tuple[str, ...]) -> Iterator[SheetEntry]:
    legal = order.legal_authenticator
    parts = professional(legal.professional)
    paths = tuple(path for part in parts for run in part for path in run.paths)
    author = {"".join(run.text for run in part) for part in header.everyone_of(order)}
    if {"".join(run.text for run in part) for part in parts} <= author:
        parts, silent = tuple(part for part in (person(legal.professional.name),) if part) or parts[:1], (*silent, *paths)
    who = joined(", ", *parts) or plain("non renseigné")
    when = moment(legal.time, before_day="le ", before_month="en ")
    yield SheetEntry(label=words["established"], values=((*who, *((Run(" "), *when) if when else ())),), claims=silent)


def _foot(order: OrderSpot) -> Iterator[str]:
    """Whose order it is, on every page: traits of identity, number of the order, end of the identifier of the document."""
    found = order.raw
    name = found.patient.name
    forenames = name.birth_givens or name.birth_given or ""
    yield readable(" ".join(filter(None, (name.birth_family, forenames))))
    yield "".join(run.text for run in moment(order.patient.birth_date))
    national = next((one for one in order.patient.ids if one.raw.root in INS_ROOTS and one.extension), None)
    yield "INS " + "".join(run.text for run in matricule(national.extension)) if national else "identité non qualifiée"
    numbers = [readable(one.extension or one.root) for one in found.request.ids]
    if numbers:
        yield f"Demande {numbers[0]}"
    ident = found.document.id
    yield f"Document …{readable((ident.extension or ident.root)[-8:])}"
