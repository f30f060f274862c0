"""The patient: his birth name and the one that he uses, his traits, where he was born, how to reach him.

Source: docs/fhir.md, 2.5 (A2), after CI-SIS, Structuration minimale, and HL7 France fr-core.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bridge.fhir.ledger.node import Node
from bridge.fhir.read.concepts import Context, code_of
from bridge.fhir.read.datatypes.addresses import addresses
from bridge.fhir.read.datatypes.names import best_name, civility, joined_names, moment
from bridge.fhir.read.datatypes.telecoms import telecoms
from bridge.fhir.read.people.identity import missing_traits, patient_ids
from bridge.fhir.read.people.people import People
from bridge.fhir.read.people.relatives import read_relatives
from bridge.fhir.read.texts import one_line
from bridge.order.people import Contact, Patient
from bridge.order.values import Address, Code, Identifier, PatientName
from bridge.tables.codes import table

__all__ = ["read_patient"]

_NO_BIRTH_NAMES = ("anonymous", "nickname", "temp")
"""Uses of a name that is not the one of the birth certificate (FHIR R4, HumanName.use)."""


def read_patient(people: People, node: Node, related: Sequence[Node]) -> tuple[Patient, tuple[Contact, ...]]:
    """The patient and his relatives. What is missing is reported and stands as a placeholder in the order."""
    context, reading = people.context, people.context.ledger.reading
    with reading("patient"):
        birth_place, known, gender = _birth_place(context, node), _name(context, node), _gender(context, node)
        birth_date = _birth_date(context, node)
        ids = patient_ids(context, node, missing_traits(node, known, birth_date, birth_place))
        contacts, guardians = read_relatives(people, [*node.children("contact"), *related])
        deceased, deceased_at = _deceased(context, node)
    with reading("patient.multiple_birth"):
        multiple_birth = node.flag("multipleBirthBoolean")
    with reading("patient.birth_rank"):
        birth_rank = _birth_rank(node)
    with reading("patient.telecoms"):
        means = telecoms((node, "telecom"), now=context.now)
    with reading("patient.addresses"):
        places = addresses(node, now=context.now)
    patient = Patient(
        ids=ids or (Identifier(root="0.0"),),
        name=known,
        gender=gender,
        birth_date=birth_date or "0001",
        birth_place=birth_place,
        deceased=deceased,
        deceased_at=deceased_at,
        multiple_birth=multiple_birth,
        birth_rank=birth_rank,
        telecoms=means,
        addresses=places,
        guardians=guardians,
    )
    return patient, contacts


# --- his name --------------------------------------------------------------------------------------------------------


def _name(context: Context, node: Node) -> PatientName:
    """The birth identity and the used one; a placeholder where no name has a word."""
    with context.ledger.reading("patient.name"):
        names = [n for n in node.children("name") if n.peek("use") != "old"]
        birth = next((n for use in ("official", "maiden") for n in names if n.peek("use") == use), None) or best_name(names)
        if birth is None or not (one_line(birth.peek("family")) or one_line(birth.peek("text"))):
            context.note("IMGDA-0303", node.at("name"))
            return PatientName(birth_family=context.settings.texts.not_stated)
        used = next((n for n in names if n.peek("use") == "usual" and n.value is not birth.value), None)
        return _both(context, birth, used)


def _both(context: Context, birth: Node, used: Node | None) -> PatientName:
    found = _birth_name(context, birth)
    if used:
        family, given, (prefix, suffix) = one_line(used.text("family")), joined_names(used), civility(context, used)
        used.decide("use")
        prefix, suffix = found.prefix or prefix, found.suffix or suffix
        found = replace(found, used_family=family, used_given=given, prefix=prefix, suffix=suffix)
    _check_use(context, birth)
    if not (found.birth_given or found.birth_givens or found.used_given):
        context.note("IMGDA-0336", birth.at("given"))
    return found


def _birth_name(context: Context, birth: Node) -> PatientName:
    """The parts of the birth name. A list of birth forenames that is said to be unknown stays so."""
    listed = [one_line(x.text("valueString")) for x in birth.extensions("fr-core-patient-birth-list-given-name")]
    every = next((text for text in listed if text), None)
    family, givens = one_line(birth.text("family")), _givens(birth, every)
    if not family:
        family = one_line(birth.text("text")) or ""
        context.note("IMGDA-0324", birth.path)
    prefix, suffix = civility(context, birth)
    return PatientName(
        birth_family=family,
        birth_givens=every if listed else " ".join(givens) or None,
        birth_given=givens[0] if givens else None,
        prefix=prefix,
        suffix=suffix,
    )


def _check_use(context: Context, birth: Node) -> None:
    """Report that a name of another use stands for the birth name."""
    use = birth.peek("use")
    if use in _NO_BIRTH_NAMES:
        context.note("IMGDA-0359", birth.at("use"), use=str(use))
    if use in (*_NO_BIRTH_NAMES, "official", "maiden", "usual"):
        birth.decide("use")


def _givens(birth: Node, listed: str | None) -> Sequence[str]:
    """The forenames of the birth name; beside the list of all of them, only the first and those of the list are read."""
    if listed is None:
        return [given for given in map(one_line, birth.texts("given")) if given]
    raw = birth.peek("given")
    known = set(listed.casefold().split())
    found: list[str] = []
    for index, text in enumerate(raw if isinstance(raw, list) else ()):
        given = one_line(text)
        if given and (not found or set(given.casefold().split()) <= known):
            birth.ledger.mark(raw, index)
            found.append(given)
    return found


# --- his other traits ------------------------------------------------------------------------------------------------


def _gender(context: Context, node: Node) -> Code:
    with context.ledger.reading("patient.gender"):
        sent = node.text("gender")
    row = table("gender").get(("http://hl7.org/fhir/administrative-gender", sent or ""))
    if row is None:
        context.note("IMGDA-0305", node.at("gender"))
    if sent == "other":
        context.note("IMGDA-0334", node.at("gender"))
    return code_of("gender", row.concept.code if row else "UN")


def _birth_date(context: Context, node: Node) -> str | None:
    with context.ledger.reading("patient.birth_date"):
        found = moment(context, node, "birthDate")
    if found is None and "birthDate" not in node:
        context.note("IMGDA-0304", node.at("birthDate"))
    return found


def _birth_place(context: Context, node: Node) -> Address | None:
    """INSEE code and city of birth; the code is never taken from a postal code, which looks alike."""
    with context.ledger.reading("patient.birth_place"):
        extension = node.extension("patient-birthPlace", "birthPlace")
        place = extension.child("valueAddress") if extension else None
        if place is None:
            return None
        insee, district = _insee_code(place), one_line(place.peek("district"))
        if insee is None and district and len(district) == 5:
            insee = district
        if insee and insee == district:
            place.text("district")
        city, country = one_line(place.text("city")), one_line(place.text("country"))
        return Address(county=insee, city=city, country=country) if insee or city or country else None


def _insee_code(place: Node) -> str | None:
    codings = [coding for e in place.extensions("fr-core-address-insee-code") if (coding := e.child("valueCoding"))]
    return next((code for coding in codings if (code := one_line(coding.text("code")))), None)


def _deceased(context: Context, node: Node) -> tuple[bool | None, str | None]:
    died, when = node.flag("deceasedBoolean"), moment(context, node, "deceasedDateTime")
    if died or when:
        context.note("IMGDA-0323", node.at("deceasedDateTime" if when else "deceasedBoolean"))
    return died, when


def _birth_rank(node: Node) -> int | None:
    """The rank in a multiple birth; a number that is none is a loss."""
    rank = node.number("multipleBirthInteger") or ""
    if rank.isdigit() and int(rank) > 0:
        return int(rank)
    if rank:
        node.lose("multipleBirthInteger", "IMGDA-0901")
    return None
