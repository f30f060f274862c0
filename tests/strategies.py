"""Random orders: everything that the model can say, and texts that try to break it.

:func:`orders` makes valid orders of every shape; the laws are tested on them. ``test_strategies.py`` checks that it reaches every
field of the order and every code of every value set.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache

from hypothesis import strategies as st

from bridge.order import (
    Act,
    Address,
    Attachment,
    Attester,
    Author,
    CareInformation,
    Code,
    Consent,
    Contact,
    Contraindication,
    DataEnterer,
    Device,
    Document,
    EffectiveTime,
    Encounter,
    EncounterParticipant,
    Facility,
    FulfilledOrder,
    Function,
    Guardian,
    Identifier,
    Order,
    Organization,
    Participant,
    Patient,
    PatientName,
    Period,
    PersonName,
    Professional,
    Recipient,
    Request,
    Site,
    Telecom,
    Translation,
    Urgency,
)
from bridge.tables.codes import value_set
from bridge.wording.blank import is_blank

PROFESSIONALS, STRUCTURES = "1.2.250.1.71.4.2.1", "1.2.250.1.71.4.2.2"
INS_TEST = "1.2.250.1.213.1.4.10"

_HOSTILE = (
    "<script>alert(1)</script>",
    "]]><x/>",
    "&amp; &lt; & <",
    "\"'`",
    "{{7*7}} {$x} %s",
    "-",
    "😀 été ﷽ مرحبا שלום",
    "a\u202eb\u200fc",
    "ligne 1\nligne 2\n\nligne 4",
    "x\ty  z",
    "<!-- -->",
    "#modalite-examen-01",
    "é" * 4000,
)

# U+FEFF is white space to the regular expressions of FHIR: a text of nothing else is no text there.
_characters = st.characters(
    blacklist_categories=("Cs", "Cc"), blacklist_characters="\ufffe\uffff\u0085\u2028\ufeff", min_codepoint=32
)


def _settled(text: str) -> str:
    return text.strip()


def _says_nothing(text: str) -> bool:
    """Whether a text has no word that the bridge could know: hypothesis also draws words of our own code, such as "none"."""
    return not re.search(r"[A-Za-zÀ-ÿ]{2}|\b[bdglnrBDGLNR0øØ]\b", text)


_drawn = st.text(_characters, min_size=1, max_size=40).map(_settled).filter(bool).filter(_says_nothing)
texts = st.one_of(st.sampled_from(_HOSTILE), _drawn)
"""Free text: several lines, markup, emoji, right to left."""
said = texts.filter(lambda text: not is_blank(text))
"""Texts with a letter or digit, as the model demands them."""

lines = st.text(_characters, min_size=1, max_size=25).map(lambda t: " ".join(t.split())).filter(bool)
"""Text on one line."""


@cache
def maybe(strategy: st.SearchStrategy) -> st.SearchStrategy:  # type: ignore[type-arg]
    """The value, or none."""
    return st.none() | strategy


oids = st.lists(st.integers(0, 99999), min_size=2, max_size=6).map(lambda arcs: "1.2." + ".".join(map(str, arcs)))
uuids = st.uuids().map(lambda u: str(u).upper())
tokens = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefgh0123456789-/._", min_size=1, max_size=20)


@cache
def identifiers(roots: st.SearchStrategy[str] | None = None) -> st.SearchStrategy[Identifier]:
    """An identifier; a national one has the length of its kind."""
    built = st.builds(Identifier, root=oids if roots is None else roots, extension=tokens)
    return built.filter(lambda i: i.root not in (PROFESSIONALS, STRUCTURES) or (i.extension or "")[:1] not in "01238")


_zones = st.sampled_from([-12, -9.5, -5, 0, 1, 2, 5.75, 14])


@cache
def _instants(low: int, high: int) -> st.SearchStrategy[datetime]:
    return st.datetimes(datetime(low, 1, 1), datetime(high, 12, 28))


@cache
@st.composite
def moments(draw: st.DrawFn, low: int = 2000, high: int = 2030) -> str:
    """A date-time with an offset."""
    when = draw(_instants(low, high))
    return when.replace(microsecond=0, tzinfo=timezone(timedelta(hours=draw(_zones)))).isoformat()


dates = st.dates(date(1900, 1, 1), date(2030, 12, 28)).map(date.isoformat)
partial_dates = st.one_of(dates, dates.map(lambda d: d[:7]), dates.map(lambda d: d[:4]))
_days_or_moments = dates | moments()


@cache
@st.composite
def effective_times(draw: st.DrawFn) -> EffectiveTime:
    """A moment, or a period of which one end may be unknown."""
    if draw(st.booleans()):
        return EffectiveTime(at=draw(_days_or_moments))
    span = draw(periods())
    return EffectiveTime(start=span.start, end=span.end)


@cache
@st.composite
def periods(draw: st.DrawFn, *, started: bool = False) -> Period:
    """An interval whose end is after its start, either open."""
    start = draw(_instants(2001, 2028)).replace(microsecond=0, tzinfo=UTC)
    end = start + timedelta(minutes=draw(st.integers(1, 100_000)))
    kind = draw(st.sampled_from(("both", "start") if started else ("both", "start", "end")))
    return Period(start=start.isoformat() if kind != "end" else None, end=end.isoformat() if kind != "start" else None)


@cache
def concepts(name: str) -> list[Code]:
    """Every concept of a value set."""
    return [Code(code=c.code, system=c.system, display=c.display) for c in value_set(name).concepts.values()]


@cache
def codes(name: str) -> st.SearchStrategy[Code]:
    """Any concept of a value set."""
    return st.sampled_from(concepts(name))


_foreign = tokens.filter(lambda code: not code.startswith(("MED-", "GEN-", "ORG-")))  # codes of TA count under any system
translations = st.builds(Translation, code=_foreign, system=oids, display=maybe(lines.filter(_says_nothing)))
_translations = st.lists(translations, max_size=2)


@cache
@st.composite
def worded(draw: st.DrawFn, name: str) -> Code:
    """A concept with the sender's wording and codings."""
    code = draw(codes(name))
    text = draw(maybe(texts))
    if text is not None and text.casefold() == (code.display or "").casefold():
        text = None
    others = {(t.system, t.code): t for t in draw(_translations)}
    sorted_ones = tuple(others[key] for key in sorted(others))  # translations stand in an order of their own
    return Code(code=code.code, system=code.system, display=code.display, text=text, translations=sorted_ones)


@cache
@st.composite
def with_words(draw: st.DrawFn, name: str) -> Code:
    """A concept with the sender's wording, on one line."""
    code = draw(worded(name))
    return replace(code, text=code.text and " ".join(code.text.split()), translations=())


prefixes, suffixes = st.sampled_from(["M", "MME"]), st.sampled_from(["DR", "MC", "MG", "PC", "PG", "PR"])


@cache
@st.composite
def names(draw: st.DrawFn, *, titled: bool = True, every: bool = False) -> PersonName:
    """A plain name, or one qualified by birth or use; *every* part is for the guardian alone."""
    kind = draw(st.sampled_from(("", "BR", "CL")))
    birth = draw(lines) if kind == "BR" or (every and kind) else None
    used = draw(lines) if kind == "CL" or (every and kind and draw(st.booleans())) else None
    forename = draw(st.sampled_from(("", "BR", "CL"))) if kind else ""
    return PersonName(
        family=used or birth or draw(lines),
        given=draw(maybe(lines)) if forename == "" or every else None,
        prefix=draw(maybe(prefixes)),
        suffix=draw(maybe(suffixes)) if titled else None,
        birth_family=birth,
        birth_given=draw(lines) if forename == "BR" or (every and kind and draw(st.booleans())) else None,
        used_family=used,
        used_given=draw(lines) if forename == "CL" or (every and kind and draw(st.booleans())) else None,
    )


_uses = maybe(st.sampled_from(["H", "HP", "HV", "WP", "TMP"]))
_part = maybe(lines)


@cache
@st.composite
def addresses(draw: st.DrawFn) -> Address:
    """Free lines or named parts."""
    if draw(st.booleans()):
        return Address(use=draw(_uses), lines=draw(_several_lines))
    parts = {
        name: draw(_part)
        for name in (
            "house_number street_name street_name_type additional_locator unit_id post_box precinct postal_code city county"
            " state country"
        ).split()
    }
    return Address(use=draw(_uses), **(parts if any(parts.values()) else {"city": draw(lines)}))


def _words_of(address: Address) -> str:
    """What two addresses of one owner may not have in common (CI-SIS Structuration minimale, dtr1-10-AD)."""
    parts = (getattr(address, name) for name in Address.__slots__ if name != "lines")
    return "".join(part for part in (*parts, *address.lines) if part)


@cache
def several_addresses(most: int = 2) -> st.SearchStrategy[tuple[Address, ...]]:
    return st.lists(addresses(), max_size=most, unique_by=_words_of).map(tuple)


_telecom_uses = maybe(st.sampled_from("H HP HV WP DIR PUB EC MC PG".split()))
_several_lines = st.lists(lines, min_size=1, max_size=7).map(tuple)


@cache
@st.composite
def telecoms(draw: st.DrawFn) -> Telecom:
    kind = draw(st.sampled_from(("tel", "fax", "mailto", "http", "ftp", "mllp")))
    digits = draw(st.text("0123456789", min_size=4, max_size=12))
    value = {
        "mailto": f"mailto:a{digits}@example.org",
        "http": f"http://example.org/{digits}",
        "ftp": f"ftp://example.org/{digits}",
        "mllp": f"mllp://example.org:{digits[:4]}",
    }.get(kind, f"{kind}:+33{digits}")
    return Telecom(value=value, use=draw(_telecom_uses))


@cache
def several(strategy: st.SearchStrategy, most: int = 2, least: int = 0) -> st.SearchStrategy:  # type: ignore[type-arg]
    return st.lists(strategy, min_size=least, max_size=most, unique=True).map(tuple)


@cache
def organizations(*, national: bool = True, setting: bool = False) -> st.SearchStrategy[Organization]:
    known = identifiers(st.just(STRUCTURES)) if national else identifiers()
    return st.builds(
        Organization,
        id=maybe(known),
        name=maybe(lines),
        telecoms=several(telecoms()),
        addresses=several_addresses(),
        practice_setting=codes("practice-setting") if setting else maybe(codes("practice-setting")),
    ).filter(lambda o: any((o.id, o.name, o.telecoms, o.addresses, o.practice_setting)))


@cache
def professionals(
    *, setting: bool = False, identified: bool = True, national: bool = True, named: bool = False, scoped: bool = False
) -> st.SearchStrategy[Professional]:
    ids = several(identifiers(st.just(PROFESSIONALS) if national else None), 1, 1 if identified else 0)
    organization = organizations(national=not scoped, setting=setting)
    return st.builds(
        Professional,
        ids=ids,
        speciality=maybe(codes("author-speciality")),
        name=names() if named else maybe(names()),
        telecoms=several(telecoms()),
        addresses=several_addresses(),
        organization=organization if setting else maybe(organization),
    )


_deaths = partial_dates | moments()
_birth_places = st.builds(Address, county=st.text("0123456789", min_size=5, max_size=5), city=_part, country=_part)
_guardian = st.one_of(
    st.builds(
        Guardian,
        name=names(titled=False, every=True),
        telecoms=several(telecoms()),
        addresses=several_addresses(),
        ids=several(identifiers()),
    ),
    st.builds(
        Guardian,
        organization=st.builds(Organization, id=maybe(identifiers(st.just(STRUCTURES))), name=lines),
        telecoms=several(telecoms()),
        addresses=several_addresses(),
    ),
)
# The same person twice is one guardian.
_guardians = st.lists(_guardian, max_size=2, unique_by=lambda g: (g.name, g.organization)).map(tuple)


@cache
@st.composite
def patients(draw: st.DrawFn) -> Patient:
    with_ins = draw(st.booleans())
    given = draw(st.sampled_from(("both", "both" if with_ins else "all", "both" if with_ins else "first")))
    local = draw(several(identifiers(), 2, 0 if with_ins else 1))
    ins = draw(st.integers(1_000_000_000_000, 2_999_999_999_999))
    national = (Identifier(root=INS_TEST, extension=f"{ins}{97 - ins % 97:02}"),) if with_ins else ()
    name = PatientName(
        birth_family=draw(lines),
        birth_givens=draw(lines) if given != "first" else None,
        birth_given=draw(lines) if given != "all" else None,
        used_family=draw(_part),
        used_given=draw(_part),
        prefix=draw(maybe(prefixes)),
        suffix=draw(maybe(suffixes)),
    )
    # deceased[x] and multipleBirth[x] are choices in FHIR, and a date or rank says all that the flag beside it would.
    died = draw(st.sampled_from((None, False, True, "at")))
    twin = draw(st.sampled_from((None, False, True, "ranked")))
    return Patient(
        ids=(*national, *local),
        name=name,
        gender=draw(codes("gender")),
        birth_date=draw(partial_dates),
        birth_place=draw(_birth_places if with_ins else maybe(_birth_places)),
        deceased=None if died == "at" else died,
        deceased_at=draw(_deaths) if died == "at" else None,
        multiple_birth=None if twin == "ranked" else twin,
        birth_rank=draw(st.integers(1, 9)) if twin == "ranked" else None,
        telecoms=draw(several(telecoms())),
        addresses=draw(several_addresses()),
        guardians=draw(_guardians),
    )


contacts = st.builds(
    Contact,
    role=st.sampled_from(["ECON", "NOK", "CON", "CAREGIVER", "PAT"]),
    name=names(titled=False),
    relation=maybe(codes("relation")),
    telecoms=several(telecoms()),
    addresses=several_addresses(),
)

participants = st.builds(
    Participant,
    professional=professionals(identified=False, national=False, scoped=True),
    type=st.sampled_from(["REF", "REFB", "INF", "RESP", "PRF", "CON", "VRF"]),
    function=maybe(with_words("function-code")),
    role_class=st.sampled_from(["PROV", "AGNT"]),
    time=maybe(periods()),
)


_sites = st.lists(worded("site"), min_size=1, max_size=3, unique_by=lambda c: (c.code, c.system))
_entry_ids = maybe(st.builds(Identifier, root=uuids))


def _has_one_side(modifiers: tuple[Code, ...]) -> bool:
    """Whether a site is not right and left, or bilateral, at once: no document that says so is read."""
    return len({code.code for code in modifiers} & {"24028007", "7771000", "51440002"}) < 2


@cache
@st.composite
def acts(draw: st.DrawFn) -> Act:
    """One act that keeps the rules B2 to B8 and B16."""
    modality = draw(worded("modality"))
    kind = modality.code
    locations = draw(_sites)
    modified = draw(st.integers(-1, len(locations) - 1))
    modifiers = draw(several(codes("topographic-modifier"), 3, 1).filter(_has_one_side))
    functions: tuple[Function, ...] = ()
    contrast = None
    if kind in ("PT", "NM"):
        concepts = codes("pet-function" if kind == "PT" else "scintigraphy-function")
        functions = tuple(
            Function(
                concept=c,
                comment=draw(texts if c.code.startswith("GEN-092") else maybe(texts)),
                date=draw(maybe(effective_times())),
            )
            for c in draw(several(concepts, 3, 1))
        )
    if kind == "PT":
        needed = any(f.concept.code in ("GEN-092.04.18", "MED-1133", "MED-1137") for f in functions)
        contrast = draw(codes("contrast-injection") if needed else maybe(codes("contrast-injection")))
    return Act(
        modality=modality,
        sites=tuple(Site(location=c, modifiers=modifiers if i == modified else ()) for i, c in enumerate(locations)),
        ids=draw(several(identifiers())),
        comment=draw(texts if kind in ("C63334", "OT") else maybe(texts)),
        contrast=contrast,
        functions=functions,
        wanted_by=draw(maybe(_days_or_moments)),
        entry_id=draw(_entry_ids),
    )


attachments = st.builds(
    Attachment,
    title=lines,
    media_type=codes("media-type").map(lambda c: c.code),
    data=st.sampled_from(["JVBERi0xLjQK", "iVBORw0KGgo=", "UA==", "YWJj" * 100]),
    type=st.none() | codes("document-type").filter(lambda c: c.system[0].isdigit()),
    date=st.none() | dates | moments(),
    language=maybe(st.sampled_from(["fr", "fr-FR", "en"])),
    type_text=maybe(lines.map("Type : {}".format)),
)


_named = st.builds(Identifier, root=oids | uuids) | identifiers()
_own_ids = st.none() | _named.filter(lambda i: not i.root.startswith("1.2.250.1.71"))


@cache
@st.composite
def contraindications(draw: st.DrawFn) -> tuple[Contraindication, ...]:
    concepts = draw(several(codes("contraindication"), 4))
    names = [draw(_own_ids) for _ in concepts]
    names = [name if name not in names[:place] else None for place, name in enumerate(names)]
    return tuple(
        Contraindication(
            concept=c,
            present=draw(st.booleans()),
            comment=draw(maybe(texts)),
            date=draw(maybe(effective_times())),
            id=name,
        )
        for c, name in zip(concepts, names, strict=False)
    )


def _with_version(document: Document) -> st.SearchStrategy[Document]:
    """The version of the document replaced."""
    if document.replaces is None:
        return st.just(document)
    return st.builds(replace, st.just(document), replaces_version=maybe(st.integers(1, 9)))


devices = st.builds(
    Author,
    professional=st.builds(
        Professional,
        ids=several(identifiers(), 2, 1),
        speciality=maybe(codes("author-speciality")),
        telecoms=several(telecoms()),
        organization=maybe(organizations()),
    ),
    time=moments() | dates,
    device=st.builds(Device, model=lines, software=lines) | st.builds(Device, software=lines),
)

documents = st.builds(
    Document,
    id=st.one_of(st.builds(Identifier, root=oids | uuids), identifiers()),
    set_id=st.one_of(st.builds(Identifier, root=oids | uuids), identifiers()),
    created_at=moments(),
    version=st.integers(1, 50),
    title=lines,
    language=st.sampled_from(["fr-FR", "en-GB"]),
    confidentiality=st.sampled_from("LMNRUV"),
    replaces=st.none() | st.builds(Identifier, root=oids | uuids) | identifiers(),
).flatmap(_with_version)

facilities = st.builds(
    Facility,
    type=codes("facility-type"),
    ids=several(identifiers()),
    name=maybe(lines),
    address=maybe(addresses()),
)

encounters = st.builds(
    Encounter,
    facility=facilities,
    ids=several(identifiers()),
    type=maybe(codes("encounter-type")),
    period=maybe(periods()),
    responsible=maybe(professionals()),
    participants=several(
        st.builds(
            EncounterParticipant,
            type=st.sampled_from(["ADM", "ATND", "CON", "DIS", "REF"]),
            professional=professionals(),
            time=maybe(periods()),
        )
    ),
)

fulfilled_orders = st.builds(FulfilledOrder, id=identifiers(), accession_number=maybe(identifiers()))

consents = st.builds(
    Consent,
    code=st.builds(Code, code=tokens.filter(lambda t: not re.search(r"\s", t)), system=oids, display=maybe(lines)),
    ids=several(identifiers()),
)

attesters = st.builds(Attester, professional=professionals(), time=moments())


def _bare_recipient(person: Professional) -> Professional:
    """informationRecipient has neither a speciality nor a practice setting (CI-SIS, Structuration minimale)."""
    organization = person.organization and replace(person.organization, practice_setting=None)
    return replace(person, speciality=None, organization=None if organization == Organization() else organization)


people = st.builds(
    Author,
    professional=professionals(national=True),
    time=moments() | dates,
    function=maybe(with_words("function-code")),
)
custodians = st.builds(
    Organization,
    id=identifiers(st.just(STRUCTURES)),
    name=maybe(lines),
    telecoms=several(telecoms(), 1),
    addresses=several_addresses(1),
)
requests = st.builds(Request, period=periods(started=True), performer=professionals(setting=True), ids=several(identifiers()))
urgencies = st.builds(Urgency, reason=said, contacted=maybe(professionals(setting=True)))
data_enterers = st.builds(DataEnterer, professional=professionals(), time=maybe(moments()))
recipients = st.builds(
    Recipient,
    # An addressee of whom nothing is said is none.
    professional=professionals(identified=False).map(_bare_recipient).filter(lambda p: p != Professional()),
    copy=st.booleans(),
)

_several_acts = st.lists(acts(), min_size=1, max_size=3).map(tuple)
# The same person twice in one role is one contact.
_several_contacts = st.lists(contacts, max_size=2, unique_by=lambda c: (c.role, c.name.family, c.name.given)).map(tuple)
_times = maybe(effective_times())


@cache
@st.composite
def orders(draw: st.DrawFn) -> Order:
    """A valid order."""
    callback, told, event = draw(maybe(st.booleans())), draw(maybe(texts)), draw(maybe(texts))
    return Order(
        document=draw(documents),
        patient=draw(patients()),
        authors=draw(several(people, 2, 1)) + draw(several(devices)),
        custodian=draw(custodians),
        legal_authenticator=draw(attesters),
        request=draw(requests),
        encounter=draw(encounters),
        justification=draw(said),
        medical_history=draw(said),
        surgical_history=draw(said),
        acts=draw(_several_acts),
        patient_informed=draw(maybe(st.booleans())),
        patient_informed_at=draw(_times),
        data_enterer=draw(maybe(data_enterers)),
        contacts=draw(_several_contacts),
        recipients=draw(several(recipients)),
        authenticators=draw(several(attesters)),
        participants=draw(several(participants)),
        screening=draw(st.booleans()),
        urgency=draw(maybe(urgencies)),
        callback=callback,
        purpose=draw(maybe(texts)),
        contraindications=draw(contraindications()),
        care_information=tuple(
            CareInformation(concept=code, date=draw(_times)) for code in draw(several(codes("care-information"), 5))
        ),
        patient_information=told,
        event=event,
        prior_results=draw(maybe(texts)),
        attachments=draw(several(attachments)),
        medical_history_at=draw(_times),
        surgical_history_at=draw(_times),
        patient_information_at=draw(_times) if told else None,
        event_at=draw(_times) if event else None,
        callback_at=draw(_times) if callback is not None else None,
        informants=draw(several(professionals(identified=True))),
        fulfils=draw(several(fulfilled_orders)),
        consents=draw(several(consents)),
    )
