"""Who asks, what document it is, how urgent it is, and for whom: the first parts of the sheet.

Source: docs/paper.md; IMG-DA-IMG 2024.01, 3.4.1; CSS, R. 161-45.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bridge.order.identifiers import INS_ROOTS
from bridge.tables.codes import value_set
from bridge.views.sheet.model import Run, SheetBlock, SheetEntry, Value
from bridge.views.sheet.people import guardian, numbered, organization, person, professional, speciality
from bridge.views.sheet.spot import OrderSpot
from bridge.views.sheet.values import (
    address,
    code,
    effective,
    identifier,
    joined,
    matricule,
    moment,
    number,
    period,
    plain,
    telecom,
    text,
)

__all__ = ["Words", "document", "entry", "everyone_of", "patient", "requester", "structure_of", "urgency"]

Words = Mapping[str, str]

_UNKNOWN = plain("non renseigné")


def entry(label: str, *values: Value, claims: tuple[str, ...] = ()) -> Iterator[SheetEntry]:
    """An entry, if there is something beside its label."""
    given = tuple(value for value in values if value)
    if given:
        yield SheetEntry(label=label, values=given, claims=claims)


def structure_of(order: OrderSpot) -> OrderSpot:
    """The structure of the demandeur; else that of the request, else the one that keeps the document."""
    own = order.authors[0].professional.organization
    return next((one for one in (own, order.request.performer.organization) if one), order.custodian)


def requester(order: OrderSpot, words: Words) -> SheetBlock:
    """The demandeur, by name and by national numbers, and where to reach him."""
    author = order.authors[0]
    who = author.professional
    structure = structure_of(order)
    entries: list[SheetEntry] = [SheetEntry(label=words["name"], values=(person(who.name) or _UNKNOWN,))]
    entries += entry(words["profession"], speciality(who.speciality))
    entries += entry(words["function"], code(author.function))
    entries += entry(words["device"], joined(", ", text(author.device.model), text(author.device.software)))
    entries += map(numbered, who.ids)
    entries += _reach(who, words)
    entries += entry(words["structure"], text(structure.name))
    if structure.id:
        entries.append(numbered(structure.id))
    entries += _reach(structure, words)
    entries += entry(words["setting"], code(structure.practice_setting))
    if order.callback and not order.urgency:
        entries += _callback(order, words)
    return SheetBlock(key="requester", kind="requester", title=words["requester"], entries=tuple(entries))


def _reach(spot: OrderSpot, words: Words) -> Iterator[SheetEntry]:
    yield from entry(words["address"], *map(address, spot.addresses))
    yield from entry(words["contact"], *map(telecom, spot.telecoms))


def _callback(order: OrderSpot, words: Words) -> Iterator[SheetEntry]:
    wish = "souhaité" if order.callback.raw is not False else "non souhaité"
    value = (Run(wish if isinstance(order.callback.raw, bool) else str(order.callback.raw), (order.callback.path,)),)
    yield from entry(words["callback"], (*value, *effective(order.callback_at)))


# layout: an entry for each item of the head, most of which may be missing
def document(order: OrderSpot, words: Words) -> SheetBlock:
    """When it was asked, under which number, and which version of the document this is."""
    author, found, start = order.authors[0], order.document, order.request.period.start
    same = (start.path,) if start and start.raw == author.time.raw else ()
    entries: list[SheetEntry] = [*entry(words["date"], moment(author.time), claims=same)]
    if not same or order.request.period.end:
        entries += entry(words["period"], period(order.request.period))
    numbers = tuple(map(identifier, order.request.ids)) or (plain("non attribué"),)
    entries.append(SheetEntry(label=words["number"], values=numbers))
    if found.version.raw != 1 or found.replaces:
        value = number(found.version)
        if found.replaces:
            before = (Run(" (version "), *number(found.replaces_version), Run(")")) if found.replaces_version else ()
            value = (*value, Run(" – annule et remplace "), *identifier(found.replaces), *before)
        entries += entry(words["version"], value)
    if found.confidentiality.raw != "N":
        known = value_set("confidentiality").by_code.get(found.confidentiality.raw)
        label = known[0].display.lower() if known else found.confidentiality.raw
        entries += entry(words["confidentiality"], (Run(label, (found.confidentiality.path,), "strong"),))
    if found.language.raw != "fr-FR":
        entries += entry(words["language"], text(found.language))
    return SheetBlock(key="document", kind="document", title=words["document"], entries=tuple(entries))


def urgency(order: OrderSpot, words: Words) -> SheetBlock | None:
    """Why it is urgent, whom the demandeur has spoken to, and whether he wants to be called."""
    if not order.urgency:
        return None
    entries: list[SheetEntry] = [*entry(words["reason"], text(order.urgency.reason, "strong"))]
    entries += entry(words["contacted"], joined(", ", *professional(order.urgency.contacted)))
    if order.callback:
        entries += _callback(order, words)
    return SheetBlock(key="urgency", kind="urgency", title=words["urgency"], entries=tuple(entries))


# --- the patient -----------------------------------------------------------------------------------------------------


def patient(order: OrderSpot, words: Words, *, is_minor: bool) -> SheetBlock:
    """The identity by the traits of the INS, then what is known besides."""
    found = order.patient
    entries: list[SheetEntry] = [*_traits(found, words)]
    entries += entry(words["ipp"], *(identifier(one) for one in found.ids if not _is_national(one)))
    entries += _reach(found, words)
    entries += _fate(found, words)
    for one in found.guardians:
        entries += entry(words["guardian"], joined(", ", *guardian(one)) or _UNKNOWN)
    if is_minor and not found.guardians:
        entries += entry(words["guardian"], _UNKNOWN)
    return SheetBlock(key="patient", kind="patient", title=words["patient"], entries=tuple(entries))


def _traits(found: OrderSpot, words: Words) -> Iterator[SheetEntry]:
    name = found.name
    yield from _matricules(found, words)
    yield from entry(words["birth name"], text(name.birth_family, "strong") or _UNKNOWN)
    yield _forenames(name, words)
    yield from entry(words["used name"], text(name.used_family))
    yield from entry(words["used forename"], text(name.used_given))
    yield from entry(words["civility"], _civility(name))
    born = moment(found.birth_date, before_month="en ")
    whole = str(found.birth_date.raw).count("-") == 2
    yield from entry(words["born on" if whole else "born"], tuple(run._replace(mark="strong") for run in born))
    yield from entry(words["sex"], code(found.gender))
    yield from entry(words["birth place"], address(found.birth_place, place_of_birth=True))


def _matricules(found: OrderSpot, words: Words) -> Iterator[SheetEntry]:
    national = [one for one in found.ids if _is_national(one)]
    for one in national:
        yield from entry(words[f"ins.{one.raw.root.rpartition('.')[2]}"], matricule(one.extension))
    if not national:
        yield from entry(words["ins"], plain("identité non qualifiée : matricule non communiqué"))


def _is_national(spot: OrderSpot) -> bool:
    return bool(spot.raw.root in INS_ROOTS and spot.extension)


def _forenames(name: OrderSpot, words: Words) -> SheetEntry:
    """All birth forenames; the first one alone where it does not begin them."""
    first, every = name.birth_given, name.birth_givens
    if not every:
        return SheetEntry(label=words["birth forenames"], values=(text(first, "strong") or _UNKNOWN,))
    begins = first and (every.raw == first.raw or every.raw.startswith(f"{first.raw} "))
    if not first or begins:
        claims = (first.path,) if first else ()
        return SheetEntry(label=words["birth forenames"], values=(text(every, "strong"),), claims=claims)
    value = (*text(every, "strong"), Run(" (premier prénom : "), *text(first), Run(")"))
    return SheetEntry(label=words["birth forenames"], values=(value,))


def _civility(name: OrderSpot) -> Value:
    shown = []
    for spot, known in ((name.prefix, "civility"), (name.suffix, "title")):
        if spot:
            concept = value_set(known).by_code.get(spot.raw)
            shown.append((Run(concept[0].display, (spot.path,)),) if concept else text(spot))
    return joined(" ", *shown)


def _fate(found: OrderSpot, words: Words) -> Iterator[SheetEntry]:
    if found.deceased_at:
        yield from entry(words["deceased"], moment(found.deceased_at, before_day="le ", before_month="en "))
    elif found.deceased.raw:
        yield from entry(words["deceased"], (Run(_yes(found.deceased), (found.deceased.path,), "strong"),))
    if found.birth_rank:
        yield from entry(words["rank"], number(found.birth_rank))
    elif found.multiple_birth.raw:
        yield from entry(words["twin"], (Run(_yes(found.multiple_birth), (found.multiple_birth.path,)),))


def _yes(spot: OrderSpot) -> str:
    return "oui" if spot.raw is True else str(spot.raw)


def everyone_of(order: OrderSpot) -> tuple[Value, ...]:
    """The demandeur with his structure, as the other people are written."""
    return (*professional(order.authors[0].professional), *organization(structure_of(order)))
