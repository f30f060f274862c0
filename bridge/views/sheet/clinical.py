"""What is asked, and what the radiologist must know: the medical parts of the sheet.

Laterality is a word in capitals in a box, beside its site; it is never inferred from a text. Source: docs/paper.md;
IMG-DA-IMG 2024.01, 3.4.2; Code de la santé publique, R. 1333-53.
"""

from __future__ import annotations

from collections.abc import Iterator

from bridge.rules.volet import IONISING
from bridge.tables.codes import value_set
from bridge.views.sheet.header import Words, entry
from bridge.views.sheet.model import Run, SheetBlock, SheetEntry, Value
from bridge.views.sheet.spot import OrderSpot
from bridge.views.sheet.values import code, effective, identifier, joined, moment, plain, quoted, readable, text

__all__ = ["acts", "answers", "attachments", "clinical"]

SIDES = {"24028007": "DROIT", "7771000": "GAUCHE", "51440002": "BILATÉRAL", "66459002": "UNILATÉRAL"}
"""The four modifiers that say a side (SNOMED CT), as they are printed."""
_PREGNANT = "77386006"


# --- acts ------------------------------------------------------------------------------------------------------------


def acts(order: OrderSpot, words: Words) -> Iterator[SheetBlock]:
    """A part for each examination asked for, numbered when there are several."""
    several = len(order.acts) > 1
    for index, act in enumerate(order.acts, start=1):
        title = words["act number"].format(number=index) if several else words["act"]
        yield SheetBlock(key=f"act-{index}", kind="act", title=title, entries=tuple(_act(act, words)))


def _act(act: OrderSpot, words: Words) -> Iterator[SheetEntry]:
    yield from entry(words["modality"], code(act.modality, "strong"))
    for number, site in enumerate(act.sites, start=1):
        label = words["site number"].format(number=number) if len(act.sites) > 1 else words["site"]
        yield SheetEntry(label=label, values=(_site(site) or plain("non précisée"),))
    if not act.sites:
        yield SheetEntry(label=words["site"], values=(plain("non précisée"),))
    for function in act.functions:
        value = joined(" – ", code(function.concept), text(function.comment))
        yield from entry(words["studied"], (*value, *effective(function.date)))
    yield from entry(words["contrast"], code(act.contrast))
    yield from entry(words["comment"], text(act.comment))
    yield from entry(words["wanted by"], moment(act.wanted_by))
    yield from entry(words["act id"], *map(identifier, act.ids))


def _site(site: OrderSpot) -> Value:
    """The site, its own words where they differ, its side in a box, then the other modifiers."""
    where = code(site.location, "strong")
    if site.text and not (site.location and site.text.raw == site.location.raw.display):
        where = joined(" ", where, quoted(text(site.text)))
    elif site.text:
        where = (*where, Run("", (site.text.path,)))
    sides = [one for one in site.modifiers if one.raw.code in SIDES]
    others = [one for one in site.modifiers if one.raw.code not in SIDES]
    return joined(", ", where, *map(_side, sides), *map(code, others))


def _side(modifier: OrderSpot) -> Value:
    """The side in words; the label beside it only where it is not the one of the value set."""
    said = Run(SIDES[modifier.raw.code], (modifier.code.path, modifier.display.path), "boxed")
    known = value_set("topographic-modifier").by_code[modifier.raw.code][0].display
    other = quoted(text(modifier.display)) if modifier.display and modifier.raw.display != known else ()
    return joined(" ", (Run("côté "), said), other, quoted(text(modifier.text)))


# --- answers ---------------------------------------------------------------------------------------------------------


def answers(order: OrderSpot, words: Words) -> SheetBlock:
    """The contra-indications: what is present first; that nothing was answered is no "none"."""
    given = sorted(order.contraindications, key=lambda one: one.present.raw is False)
    entries = [_answer(one) for one in given]
    if not entries:
        entries = [SheetEntry(label=words["none"], values=(plain("Aucune réponse transmise"),))]
    if _wants_pregnancy(order):
        entries.append(SheetEntry(label=words["pregnancy"], values=(plain("non renseignée"),)))
    return SheetBlock(key="answers", kind="answers", title=words["answers"], entries=tuple(entries))


def _answer(one: OrderSpot) -> SheetEntry:
    concept = code(one.concept)
    label = "".join(run.text for run in concept)
    present = one.present
    if isinstance(present.raw, bool):
        said = Run("OUI", (present.path,), "strong") if present.raw else Run("non", (present.path,))
    else:
        said = Run(readable(str(present.raw)), (present.path,))
    value = joined(" – ", (said,), text(one.comment))
    claims = tuple(path for run in concept for path in run.paths)
    return SheetEntry(label=label[:1].upper() + label[1:], values=((*value, *effective(one.date)),), claims=claims)


def _wants_pregnancy(order: OrderSpot) -> bool:
    """Whether a woman of 12 to 55 years is to be irradiated and nobody said whether she is pregnant (R. 1333-53, 3°)."""
    raw = order.raw
    if raw.patient.gender.code != "F" or not any(act.modality.code in IONISING for act in raw.acts):
        return False
    if any(one.concept.code == _PREGNANT for one in raw.contraindications):
        return False
    age = age_of(order)
    return age is not None and 12 <= age <= 55


def age_of(order: OrderSpot) -> int | None:
    """The age in whole years when the order was asked for, as far as the dates say it."""
    born, asked = str(order.raw.patient.birth_date), str(order.raw.authors[0].time)
    if not (born[:4].isdecimal() and asked[:4].isdecimal()):
        return None
    not_yet = len(born) >= 10 and born[5:10] > asked[5:10]
    return int(asked[:4]) - int(born[:4]) - not_yet


# --- texts -----------------------------------------------------------------------------------------------------------


def clinical(order: OrderSpot, words: Words) -> SheetBlock:
    """Why, what for, and what came before."""
    entries: list[SheetEntry] = []
    if order.screening.raw:
        said = "oui" if order.screening.raw is True else str(order.screening.raw)
        entries += entry(words["screened"], (Run(said, (order.screening.path,)),))
    entries += entry(words["justification"], text(order.justification))
    entries += entry(words["purpose"], text(order.purpose) or plain("Non renseignée"))
    entries += entry(words["medical"], (*text(order.medical_history), *effective(order.medical_history_at)))
    entries += entry(words["surgical"], (*text(order.surgical_history), *effective(order.surgical_history_at)))
    entries += entry(words["prior"], text(order.prior_results) or plain("Non renseignés"))
    entries += entry(words["care"], *((*code(one.concept), *effective(one.date)) for one in order.care_information))
    entries += entry(words["event"], _with_date(text(order.event), order.event_at))
    entries += entry(words["informed"], (*_informed(order.patient_informed), *effective(order.patient_informed_at)))
    entries += entry(words["told"], _with_date(text(order.patient_information), order.patient_information_at))
    return SheetBlock(key="clinical", kind="text", title=words["clinical"], entries=tuple(entries))


def _with_date(value: Value, when: OrderSpot) -> Value:
    return (*value, *effective(when)) if value or when else ()


def _informed(spot: OrderSpot) -> Value:
    if not spot:
        return plain("non renseigné")
    if spot.raw is False:
        return (Run("NON", (spot.path,), "strong"),)
    return (Run("oui" if spot.raw is True else str(spot.raw), (spot.path,)),)


def attachments(order: OrderSpot, words: Words) -> SheetBlock | None:
    """The list of the documents that came with the order: they are inside the electronic document."""
    entries = []
    for number, one in enumerate(order.attachments, start=1):
        kind = joined(", ", code(one.type), text(one.type_text))
        size = plain(_size(one.raw.data))
        parts = (text(one.title, "strong"), kind, moment(one.date), text(one.media_type), size, text(one.language))
        entries.append(SheetEntry(label=words["file"].format(number=number), values=(joined(", ", *parts),)))
    if not entries:
        return None
    return SheetBlock(key="attachments", kind="text", title=words["attachments"], entries=tuple(entries))


def _size(base64: str) -> str:
    count = len(base64) * 3 // 4
    return f"{round(count / 1000)}\u00a0ko" if count >= 1000 else f"{count}\u00a0octets"
