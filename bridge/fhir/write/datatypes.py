"""The datatypes of the order in FHIR: the dual of ``bridge.fhir.read.datatypes.names``.

Source: docs/fhir.md, section 4.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote

from bridge.fhir.extensions import NAME_QUALIFIER
from bridge.fhir.read.datatypes.addresses import ADDRESS_USE, PARTS
from bridge.fhir.read.datatypes.identifiers import URIS
from bridge.fhir.read.datatypes.telecoms import TELECOM_ADDRESS, TELECOM_USE, contact_uri
from bridge.fhir.write.resources import HL7, JSON, absent, parts
from bridge.order import Address, Code, EffectiveTime, Identifier, Period, PersonName, Telecom
from bridge.order.identifiers import PROFESSIONALS, STRUCTURES
from bridge.tables.codes import code_system_uri

__all__ = [
    "address",
    "addresses",
    "coding",
    "concept",
    "effective_time",
    "human_names",
    "identifier",
    "is_instant",
    "known_period",
    "loinc",
    "national_identifiers",
    "period",
    "place_identifier",
    "ta",
    "telecoms",
    "typed",
    "v3",
    "visit_identifiers",
]

TA = "https://smt.esante.gouv.fr/fhir/CodeSystem/terminologie-cisis"
_THO = "http://terminology.hl7.org/CodeSystem"
_FR_IDENTIFIER_TYPES = "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203"

# --- coded values ----------------------------------------------------------------------------------------------------


def coding(code: str, system: str, display: str | None = None) -> JSON:
    """A Coding; *system* is an OID or already a URI."""
    return parts(system=code_system_uri(system) if system[:1].isdigit() else system, code=code, display=display)


def concept(code: Code) -> JSON:
    """A concept of the order with the sender's wording and codings. FHIR: CodeableConcept."""
    codings = [coding(code.code, code.system, code.display)]
    codings += [coding(other.code, other.system, other.display) for other in code.translations]
    return parts(coding=codings, text=code.text)


def loinc(code: str, display: str) -> JSON:
    """A CodeableConcept of LOINC."""
    return {"coding": [coding(code, "http://loinc.org", display)]}


def ta(code: str, display: str) -> JSON:
    """A CodeableConcept of the CI-SIS terminology."""
    return {"coding": [coding(code, TA, display)]}


def v3(system: str, code: str) -> JSON:
    """A CodeableConcept of an HL7 v3 code system such as ``RoleClass``."""
    return {"coding": [coding(code, f"{_THO}/v3-{system}")]}


# --- dates -----------------------------------------------------------------------------------------------------------


def is_instant(moment: str | None) -> bool:
    """Whether a moment of the order is precise enough for a FHIR instant; no time is ever made up for a date."""
    return bool(moment) and len(moment or "") > 10


def period(span: Period | None) -> JSON | None:
    """A Period."""
    return parts(start=span.start, end=span.end) if span else None


def effective_time(when: EffectiveTime | None, prefix: str = "effective") -> JSON:
    """The time of an observation as effectiveDateTime or effectivePeriod; *prefix* for another choice element."""
    if when is None:
        return {}
    if when.at:
        return {f"{prefix}DateTime": when.at}
    return {f"{prefix}Period": parts(start=when.start, end=when.end)}


def known_period(span: Period | None) -> JSON:
    """A Period that a profile demands: with an unknown start where the order has none (docs/fhir.md, A6)."""
    return period(span) or {"_start": absent()}


# --- identifiers -----------------------------------------------------------------------------------------------------


def identifier(item: Identifier, **more: object) -> JSON:
    """An Identifier, as ``bridge.fhir.read.datatypes.identifiers.identifier`` reads it back (docs/fhir.md, 4.8)."""
    if item.extension is None:
        name = f"urn:oid:{item.root}" if item.root[:2] in ("0.", "1.", "2.") else f"urn:uuid:{item.root.lower()}"
        return parts(**more, system="urn:ietf:rfc:3986", value=name)
    if item.root == URIS and not item.extension.startswith(("urn:oid:", "urn:uuid:")):
        return parts(**more, system="urn:ietf:rfc:3986", value=item.extension)
    scheme = "oid" if item.root[:2] in ("0.", "1.", "2.") else "uuid"
    root = item.root if scheme == "oid" else item.root.lower()
    return parts(**more, system=f"urn:{scheme}:{root}", value=item.extension)


def typed(item: Identifier, code: str, *, french: bool = False, use: str | None = None) -> JSON:
    """An Identifier with a type of table v2-0203, or of its French extension."""
    return identifier(item, use=use, type=_type(code, _FR_IDENTIFIER_TYPES if french else f"{_THO}/v2-0203"))


def _type(code: str, system: str) -> JSON:
    return {"coding": [coding(code, system)]}


def national_identifiers(item: Identifier) -> list[JSON]:
    """A national identifier with its prefix, and the plain number beside it where the prefix tells its kind."""
    if item.root not in (PROFESSIONALS, STRUCTURES) or item.extension is None:
        return [identifier(item)]
    kind = "IDNPS" if item.root == PROFESSIONALS else "IDNST"
    return [typed(item, kind, french=True, use="official"), *_plain(item.root, item.extension)]


_PLAIN = {
    (PROFESSIONALS, "8", 11): ("RPPS", "https://rpps.esante.gouv.fr"),
    (STRUCTURES, "1", 9): ("FINEG", "https://finess.esante.gouv.fr"),
    (STRUCTURES, "2", 9): ("SIREN", "https://sirene.fr"),
    (STRUCTURES, "3", 14): ("SIRET", "https://sirene.fr"),
}
"""Type and system of a national number without its prefix, by root, prefix and length (fr-core 2.1.0, slices of identifier)."""


def _plain(root: str, number: str) -> list[JSON]:
    prefix, body = number[:1], number[1:]
    if not body.isdigit() or (found := _PLAIN.get((root, prefix, len(body)))) is None:
        return []
    kind, system = found
    return [{"type": _type(kind, _FR_IDENTIFIER_TYPES), "system": system, "value": body}]


def place_identifier(item: Identifier) -> JSON:
    """The identifier of a Location, whose profile demands a type: national, or internal to whoever gave it."""
    if item.root == STRUCTURES and item.extension:
        return typed(item, "IDNST", french=True, use="official")
    return typed(item, "INTRN", french=True)


def visit_identifiers(items: Iterable[Identifier]) -> list[JSON]:
    """The identifiers of an Encounter, of which its profile demands one: an unknown one is said to be unknown."""
    kind = {"type": _type("VN", "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-identifier-type")}
    found = [identifier(item, **kind) for item in items]
    return found or [{**kind, "_system": absent(), "_value": absent()}]


def in_one_text(item: Identifier) -> str:
    """An identifier as a URI, for names and ``meta.source``."""
    root = f"urn:oid:{item.root}" if item.root[:2] in ("0.", "1.", "2.") else f"urn:uuid:{item.root.lower()}"
    return root if item.extension is None else f"{root}#{quote(item.extension, safe='')}"


# --- names -----------------------------------------------------------------------------------------------------------


def human_names(name: PersonName | None) -> list[JSON]:
    """The names of a professional or relative: one, or the birth name and the used one, whose parts are qualified.

    FHIR: HumanName, extension iso21090-EN-qualifier.
    """
    if name is None:
        return []
    common = parts(prefix=_list(name.prefix), suffix=_list(name.suffix))
    if not any((name.birth_family, name.birth_given, name.used_family, name.used_given)):
        return [parts(family=name.family, given=_list(name.given)) | common]
    birth = _qualified("official", "BR", name.birth_family, name.given, name.birth_given)
    used = _qualified("usual", "CL", name.used_family, None, name.used_given)
    if not name.birth_family and not name.used_family:
        birth["family"] = name.family
    found = [one for one in (birth, used) if one.keys() & {"family", "given"}]
    return [found[0] | common, *found[1:]]


def _qualified(use: str, code: str, family: str | None, plain: str | None, given: str | None) -> JSON:
    """A HumanName of which one family name and one forename bear a qualifier; *plain* bears none."""
    mark = {"extension": [{"url": NAME_QUALIFIER, "valueCode": code}]}
    given_names = [(plain, None), (given, mark)]
    return parts(
        use=use,
        family=family,
        _family=mark if family else None,
        given=[text for text, _ in given_names if text],
        _given=[sibling for text, sibling in given_names if text] if given else [],
    )


def _list(text: str | None) -> list[str]:
    return [text] if text else []


# --- addresses -------------------------------------------------------------------------------------------------------

_ADDRESS_USES = {"H": "home", "HP": "home", "HV": "home", "WP": "work", "TMP": "temp"}
_STREET = ("houseNumber", "streetNameType", "streetName")


def addresses(items: Iterable[Address]) -> list[JSON]:
    """Addresses."""
    return [address(item) for item in items]


def address(item: Address) -> JSON:
    """An Address: free lines as they are, named parts as lines whose extensions say what they are (docs/fhir.md, 4.3)."""
    street = [name for name in _STREET if getattr(item, PARTS[name])]
    groups = ([street] if street else []) + [[n] for n in PARTS if n not in _STREET and getattr(item, PARTS[n])]
    named = [_named_line(item, group) for group in groups]
    return parts(
        use=_ADDRESS_USES.get(item.use or ""),
        _use=_exact_use(ADDRESS_USE, item.use if item.use in ("HP", "HV") else None),
        line=[line for line, _ in named] or list(item.lines),
        _line=[sibling for _, sibling in named],
        city=item.city,
        district=item.county,
        state=item.state,
        postalCode=item.postal_code,
        country=item.country,
    )


def _named_line(item: Address, names: list[str]) -> tuple[str, JSON]:
    values = {name: str(getattr(item, PARTS[name])) for name in names}
    extensions = [{"url": f"{HL7}/iso21090-ADXP-{name}", "valueString": value} for name, value in values.items()]
    return " ".join(values.values()), {"extension": extensions}


def _exact_use(url: str, use: str | None) -> JSON | None:
    """The code of the order where FHIR has a wider one or none."""
    return {"extension": [{"url": url, "valueCode": use}]} if use else None


# --- means of contact ------------------------------------------------------------------------------------------------

_TELECOM_USES = {"H": "home", "HP": "home", "HV": "home", "WP": "work", "DIR": "work", "PUB": "work", "MC": "mobile"}
_SYSTEMS = {"tel": "phone", "fax": "fax", "mailto": "email"}
_MSSANTE = re.compile(r"@([^@]*\.)?mssante\.fr$")


def telecoms(items: Iterable[Telecom]) -> list[JSON]:
    """ContactPoints."""
    return [_telecom(item) for item in items]


def _telecom(item: Telecom) -> JSON:
    scheme, _, rest = item.value.partition(":")
    pager = scheme == "tel" and item.use == "PG"
    system = "pager" if pager else _SYSTEMS.get(scheme, "url")
    value = item.value if system == "url" else rest
    secure = scheme == "mailto" and "mssante.fr" in item.value
    is_exact = pager or (item.use in ("H", "WP", "MC") and not secure)
    return parts(
        extension=_telecom_extensions(item, system, value, secure),
        system=system,
        value=value,
        use=_TELECOM_USES.get(item.use or ""),
        _use=_exact_use(TELECOM_USE, None if is_exact else item.use),
    )


def _telecom_extensions(item: Telecom, system: str, value: str, secure: bool) -> list[JSON]:
    """The address as the order has it, where it cannot be made of system and value again, and the mark of MSSanté."""
    extensions: list[JSON] = []
    if contact_uri(value, system) != item.value:
        extensions.append({"url": TELECOM_ADDRESS, "valueUrl": item.value})
    if secure and _MSSANTE.search(item.value):
        extensions.append(_secure_mail())
    return extensions


def _secure_mail() -> JSON:
    """The mark of an address of the secure health messaging (MSSanté)."""
    system = "https://mos.esante.gouv.fr/NOS/TRE_R256-TypeMessagerie/FHIR/TRE-R256-TypeMessagerie"
    url = "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-contact-point-email-type"
    return {"url": url, "valueCoding": coding("MSSANTE", system)}
