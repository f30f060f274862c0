"""FHIR datatypes read into those of the order: dates, identifiers, names, addresses, means of contact.

Source: docs/fhir.md, section 4 (rules), after CI-SIS, Structuration minimale (what the header accepts).
"""

from __future__ import annotations

import calendar
import re
from dataclasses import fields
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from bridge.fhir.context import Context, clean, one_line
from bridge.fhir.view import Node
from bridge.mappings import identifier_oid, wordings
from bridge.moments import offset
from bridge.order import Address, EffectiveTime, Identifier, Period, PersonName, Telecom

__all__ = [
    "ADDRESS_USE",
    "ADDRESS_USE_CODES",
    "NAME_QUALIFIER",
    "PARTS",
    "PROFESSIONALS",
    "STRUCTURES",
    "TELECOM_ADDRESS",
    "TELECOM_USE",
    "TELECOM_USE_CODES",
    "URIS",
    "address",
    "addresses",
    "contact_uri",
    "effective_time",
    "french_date",
    "identifier",
    "iso",
    "joined_names",
    "latest",
    "moment",
    "name",
    "national_number",
    "peek_identifier",
    "period",
    "telecoms",
]

PROFESSIONALS = "1.2.250.1.71.4.2.1"
"""Root of the national identifiers of health professionals (CI-SIS)."""
STRUCTURES = "1.2.250.1.71.4.2.2"
"""Root of the national identifiers of health structures (CI-SIS)."""
URIS = "2.16.840.1.113883.4.873"
"""Root for identifiers that are URIs (HL7 OID registry)."""

# --- dates -----------------------------------------------------------------------------------------------------------

_DATE_TIME = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d):(\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)?)?)?)?")


def moment(context: Context, node: Node, element: str) -> str | None:
    """A date, dateTime or instant of the input as the order writes it; None when absent or reported as impossible."""
    raw = node.text(element)
    if raw is None:
        return None
    found = iso(raw)
    if found is None:
        context.note("IMGDA-0601", node.at(element))
        return None
    if "T" in found and len(found) == 19:
        context.note("IMGDA-0608", node.at(element), zone=context.settings.time_zone)
        found += offset(found, context.settings.time_zone)
    return found


def iso(raw: str) -> str | None:
    """A FHIR date-time at its precision, cut to seconds, ``Z`` as ``+00:00``; None when there is no such date."""
    match = _DATE_TIME.fullmatch(raw.strip())
    if not match:
        return None
    year, month, day, hour, minute, second, zone = match.groups()
    if int(year) < 1 or (month and not 1 <= int(month) <= 12):
        return None
    if day and not 1 <= int(day) <= calendar.monthrange(int(year), int(month))[1]:
        return None
    if hour and not (int(hour) < 24 and int(minute) < 60 and int(second) < 60):
        return None
    text = "-".join(part for part in (year, month, day) if part)
    return f"{text}T{hour}:{minute}:{second}{'+00:00' if zone == 'Z' else zone or ''}" if hour else text


def as_datetime(text: str) -> datetime:
    """A moment of the order as a datetime for comparisons: the first instant it may mean, UTC where it has no offset."""
    padded = text + "0001-01-01"[len(text) :] if len(text) < 10 else text
    found = datetime.fromisoformat(padded)
    return found if found.tzinfo else found.replace(tzinfo=ZoneInfo("UTC"))


def latest(text: str) -> datetime:
    """The last instant that a moment of the order may mean: a date is the whole day, a month or year lasts to its end."""
    if "T" in text:
        return as_datetime(text)
    year, month = int(text[:4]), int(text[5:7] or 12)
    day = int(text[8:10] or calendar.monthrange(year, month)[1])
    return datetime(year, month, day, 23, 59, 59, tzinfo=ZoneInfo("UTC")) + timedelta(hours=12)


def day_of(text: str) -> date:
    """The calendar day of a moment, in its own time zone; the first one that it may mean."""
    return as_datetime(text).date()


def french_date(text: str) -> str:
    """A moment of the order for people: ``05/03/2024``, ``03/2024``, ``2024``, ``05/03/2024 09:30``."""
    day, _, time = text.partition("T")
    written = "/".join(reversed(day.split("-")))
    return f"{written} {time[:5]}" if time else written


def period(context: Context, node: Node | None) -> Period | None:
    """A Period; None when it has neither end."""
    if node is None:
        return None
    start, end = moment(context, node, "start"), moment(context, node, "end")
    if start and end and latest(end) < as_datetime(start):
        context.note("IMGDA-0603", node.path)
    return Period(start=start, end=end) if start or end else None


EFFECTIVE = "https://example.org/fhir/img-da/StructureDefinition/effective"
"""Extension with the time of an answer that is no Observation, such as an orderDetail; no guide has one (docs/fhir.md, 2.6)."""


def effective_time(context: Context, node: Node, prefix: str = "effective") -> EffectiveTime | None:
    """The time of an observation. FHIR: effectiveDateTime, effectiveInstant or effectivePeriod; *prefix* for another choice."""
    for element in (f"{prefix}DateTime", f"{prefix}Instant"):
        if element in node:
            when = moment(context, node, element)
            return EffectiveTime(at=when) if when else None
    span = period(context, node.child(f"{prefix}Period"))
    return EffectiveTime(start=span.start, end=span.end) if span else None


_OWN = "https://example.org/fhir/img-da/StructureDefinition"
REPLACED_VERSION = f"{_OWN}/replaced-version"
"""Extension of relatesTo with the version of the document replaced; R4 has no element for it."""
FURTHER_IDENTIFIER = f"{_OWN}/further-identifier"
"""Extension of a Reference by identifier with another identifier of the same thing."""


def is_past(node: Node, reference: str | None) -> bool:
    """Whether the ``period`` of an address, name or telecom ended before *reference* (a moment of the order)."""
    span = node.child("period")
    end = span.peek("end") if span else None
    ended = iso(end) if isinstance(end, str) else None
    return bool(ended and reference and as_datetime(ended) < as_datetime(reference))


# --- identifiers -----------------------------------------------------------------------------------------------------

_OID = re.compile(r"[0-2](\.(0|[1-9]\d*))+")
_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")

# The prefix of a national number that comes without it, by its length (CI-SIS, identifiants nationaux). A structure's number
# under its OID is left as it is: the official examples hold some of nine characters.
_PREFIXES = {
    "https://rpps.esante.gouv.fr": {11: "8", 9: "0"},
    "https://finess.esante.gouv.fr": {9: "1"},
    "https://sirene.fr": {9: "2", 14: "3"},
    "https://adelirang.esante.gouv.fr": {9: "0", 11: "0"},
    "https://rppsrang.esante.gouv.fr": {11: "4", 14: "4"},
}


def identifier(context: Context, node: Node, default_root: str | None = None) -> Identifier | None:
    """An Identifier with a system that has, or can be given, a root; else None, with nothing read.

    A known system gives its OID, a system of the site settings theirs, another http or urn system stands whole in the extension
    under 2.16.840.1.113883.4.873. National numbers get their prefix. Source: docs/fhir.md, 4.8.
    """
    found = peek_identifier(context, node, default_root)
    if found is None:
        return None
    node.text("value")
    if node.peek("system") == "urn:ietf:rfc:3986":
        node.decide("system")
    else:
        node.text("system")
    if not (_OID.fullmatch(found.root) or _UUID.fullmatch(found.root)):
        context.note("IMGDA-0333", node.at("system" if found.extension else "value"))
        return None
    if len(found.extension or "") > 64:
        context.note("IMGDA-0332", node.at("value"))
    return found


def peek_identifier(context: Context, node: Node, default_root: str | None = None) -> Identifier | None:
    """What :func:`identifier` would give; nothing counts as read and nothing is reported."""
    value, uri = one_line(node.peek("value")), node.peek("system")
    if not value or node.peek("use") == "old":
        return None
    return _identifier(context, value, uri if isinstance(uri, str) else None, default_root)


def _identifier(context: Context, value: str, uri: str | None, default_root: str | None) -> Identifier | None:
    if uri is None:
        return Identifier(root=default_root, extension=value) if default_root else None
    if uri == "urn:ietf:rfc:3986":
        return _from_uri(value)
    if root := context.settings.oids.systems.get(uri) or identifier_oid(uri):
        return Identifier(root=root, extension=_national(value, root, uri))
    if uri.startswith("urn:uuid:"):
        return Identifier(root=uri[9:].upper(), extension=value)
    separator = ":" if uri.startswith("urn:") else "/"
    return Identifier(root=URIS, extension=uri.rstrip("/") + separator + value)


def _from_uri(value: str) -> Identifier:
    if value.startswith("urn:oid:"):
        return Identifier(root=value[8:])
    if value.startswith("urn:uuid:"):
        return Identifier(root=value[9:].upper())
    return Identifier(root=URIS, extension=value)


def national_number(value: str, uri: object) -> str:
    """A national number with the prefix that its system leaves out (CI-SIS, identifiants nationaux)."""
    return _PREFIXES.get(str(uri), {}).get(len(value.replace(" ", "")), "") + value.replace(" ", "")


def _national(value: str, root: str, uri: str) -> str:
    if root not in (PROFESSIONALS, STRUCTURES):
        return value
    return national_number(value, uri)


# --- names -----------------------------------------------------------------------------------------------------------


def joined_names(node: Node) -> str | None:
    """The given names of a HumanName, separated by spaces."""
    return one_line(" ".join(node.texts("given")))


def civility(context: Context, node: Node, *, with_suffix: bool = True) -> tuple[str | None, str | None]:
    """Civilité and titre of a HumanName, wherever they stand: (JDV_J245, JDV_J246). What is in neither list is reported."""
    prefix = suffix = None
    for element in ("prefix", "suffix"):
        parts = node.peek(element)
        for index, part in enumerate(parts if isinstance(parts, list) else [parts] if parts else []):
            word = str(part).strip().rstrip(".").lower()
            if (code := wordings("civility").get(word)) and prefix in (None, code):
                prefix = code
            elif with_suffix and (code := wordings("title").get(word)) and suffix in (None, code):
                suffix = code
            else:
                context.note("IMGDA-0325", f"{node.at(element)}[{index}]")
                continue
            if isinstance(parts, list):
                node.ledger.mark(parts, index)
    return prefix, suffix


NAME_QUALIFIER = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-qualifier"
"""Extension of the parts of a HumanName that tells birth names from used ones (HL7 extensions pack)."""
ADDITIONAL_NAME = "http://hl7.org/fhir/5.0/StructureDefinition/extension-Patient.contact.additionalName"
"""Patient.contact has room for one name in R4 (FHIR R5, Patient.contact.additionalName)."""


def name(context: Context, owner: Node, *, with_suffix: bool = True, every: bool = False) -> PersonName | None:
    """The name of a professional or relative: official, else usual, else the first HumanName. None without any text.

    Where parts say that they are a birth name or a used one, *every* part is read, or one family name and one forename,
    the used ones first: the header has room for both names of the patient and of a legal guardian alone.
    """
    names = owner.children("name") + owner.children("additionalName")
    names += [n for e in owner.extensions(ADDITIONAL_NAME) if (n := e.child("valueHumanName"))]
    if any(_qualifier(one, "_family") or any(_givens(one, code) for code in ("BR", "CL")) for one in names):
        return _qualified_name(context, names, with_suffix, every)
    found = best_name(owner.children("name"))
    if found is None:
        return None
    family, given = one_line(found.text("family")), joined_names(found)
    if not family:
        family, given = one_line(found.text("text")) or given, None
        if not family:
            return None
        context.note("IMGDA-0324", found.path)
    elif (whole := found.peek("text")) and _is_rendering(str(whole), found):
        found.decide("text")
    prefix, suffix = civility(context, found, with_suffix=with_suffix)
    return PersonName(family=family, given=given, prefix=prefix, suffix=suffix)


def _qualified_name(context: Context, names: list[Node], with_suffix: bool, every: bool) -> PersonName | None:
    """One name of several HumanNames whose parts are qualified BR or CL."""
    family: dict[str, str] = {}
    given: dict[str, str] = {}
    order = ("CL", "", "BR")
    names = sorted(names, key=lambda node: order.index(_qualifier(node, "_family") or ""))
    for node in names:
        code = _qualifier(node, "_family") or ""
        if code not in family and (every or not family) and (text := one_line(node.text("family"))):
            family[code] = text
            _take_qualifier(node.child("_family"))
        node.decide("use")
    for code in order:
        for node in names:
            wanted = code not in given and (every or not given)
            if wanted and (text := one_line(" ".join(_givens(node, code, read=True)))):
                given[code] = text
    called = family.get("CL") or family.get("") or family.get("BR")
    if called is None:
        return None
    marks = [civility(context, node, with_suffix=with_suffix) for node in names]
    return PersonName(
        family=called,
        given=given.get(""),
        prefix=next((prefix for prefix, _ in marks if prefix), None),
        suffix=next((suffix for _, suffix in marks if suffix), None),
        birth_family=family.get("BR"),
        birth_given=given.get("BR"),
        used_family=family.get("CL") or (family.get("") if "BR" in family else None),
        used_given=given.get("CL"),
    )


def _qualifier(node: Node, sibling: str) -> str | None:
    """The qualifier BR or CL of a part of a HumanName."""
    part = node.child(sibling)
    codes = [e.peek("valueCode") for e in part.extensions(NAME_QUALIFIER)] if part else []
    return next((str(code) for code in codes if code in ("BR", "CL")), None)


def _take_qualifier(part: Node | None) -> None:
    for extension in part.extensions(NAME_QUALIFIER) if part else ():
        if extension.peek("valueCode") in ("BR", "CL"):
            extension.decide("url", "valueCode")


def _givens(node: Node, code: str, *, read: bool = False) -> list[str]:
    """The forenames with a qualifier, or without any; *read* marks them as read."""
    raw, marks = node.peek("given"), node.peek("_given")
    siblings = {id(n.value): n for n in node.children("_given")}
    found = []
    for index, text in enumerate(raw if isinstance(raw, list) else ()):
        mark = siblings.get(id(marks[index])) if isinstance(marks, list) and index < len(marks) else None
        stated = [str(e.peek("valueCode")) for e in mark.extensions(NAME_QUALIFIER)] if mark else []
        if isinstance(text, str) and (code in stated if code else not {"BR", "CL"} & set(stated)):
            found.append(text)
            if read:
                node.ledger.mark(raw, index)
                _take_qualifier(mark)
    return found


def _is_rendering(text: str, node: Node) -> bool:
    """Whether a HumanName.text only repeats the parts."""
    parts = [str(node.peek("family") or "")]
    for element in ("given", "prefix", "suffix"):
        item = node.peek(element)
        parts += map(str, item if isinstance(item, list) else [])
    known = set(" ".join(parts).replace(".", " ").casefold().split())
    return set(text.replace(".", " ").replace(",", " ").casefold().split()) <= known


def best_name(names: list[Node]) -> Node | None:
    """The HumanName to read: official, usual, without use, then any that is not old."""
    for use in ("official", "usual", None, "nickname", "maiden", "temp", "anonymous"):
        for found in names:
            if found.peek("use") == use:
                return found
    return None


# --- addresses -------------------------------------------------------------------------------------------------------

ADDRESS_USE = "http://hl7.org/fhir/StructureDefinition/iso21090-AD-use"
"""Extension of Address.use for the codes of V3 that FHIR lacks (HL7 extensions pack)."""
ADDRESS_USE_CODES = {"home": "H", "work": "WP", "temp": "TMP"}
PARTS = {
    "houseNumber": "house_number",
    "streetName": "street_name",
    "streetNameType": "street_name_type",
    "additionalLocator": "additional_locator",
    "unitID": "unit_id",
    "postBox": "post_box",
    "precinct": "precinct",
}


def addresses(owner: Node, element: str = "address", now: str | None = None) -> tuple[Address, ...]:
    """The addresses of a person or structure, without those out of date (reported) and repetitions."""
    found: list[Address] = []
    for node in owner.children(element):
        if node.peek("use") == "old" or is_past(node, now):
            node.give_up("IMGDA-0907")
        elif (read := address(node)) and _words_of(read) not in map(_words_of, found):
            found.append(read)
    return tuple(found)


def _words_of(found: Address) -> str:
    """What the suites compare: two addresses of one owner may not have the same use and words (dtr1-10-AD)."""
    parts = (getattr(found, part.name) for part in fields(Address) if part.name != "lines")
    return "".join(part for part in (*parts, *found.lines) if part)


def address(node: Node) -> Address | None:
    """An Address: named parts where its lines name them, else free lines (docs/decisions.md, 9). None when empty."""
    raw_use = node.peek("use")
    use = _exact_use(node, ADDRESS_USE, ("HP", "HV"))
    use = use or (ADDRESS_USE_CODES.get(raw_use) if isinstance(raw_use, str) else None)
    if use:
        node.text("use")
    ends = {
        "postal_code": one_line(node.text("postalCode")),
        "city": one_line(node.text("city")),
        "county": one_line(node.text("district")),
        "state": one_line(node.text("state")),
        "country": one_line(node.text("country")),
    }
    parts = _named_parts(node)
    lines = _lines(node, parts)
    if not lines and not parts and not any(ends.values()):
        whole = clean(node.text("text"))
        lines = [text for text in map(one_line, (whole or "").split("\n")) if text]
        if not lines:
            node.give_up_carried("IMGDA-0901")
            return None
        return Address(use=use, lines=_at_most_seven(lines))
    if (whole := node.peek("text")) and _repeats(str(whole), [*lines, *parts.values(), *(v for v in ends.values() if v)]):
        node.decide("text")
    if parts or not lines:
        named: dict[str, Any] = {**parts, **ends}
        return Address(use=use, **named)
    town = one_line(f"{ends['postal_code'] or ''} {ends['city'] or ''}")
    tail = [text for text in (ends["county"], town, ends["state"], ends["country"]) if text]
    return Address(use=use, lines=_at_most_seven(lines + tail))


def _exact_use(node: Node, url: str, codes: tuple[str, ...]) -> str | None:
    """The use as a code of V3, where an extension gives it beside the wider one of FHIR."""
    sibling = node.child("_use")
    for extension in sibling.extensions(url) if sibling else ():
        if extension.peek("valueCode") in codes:
            return extension.text("valueCode")
    return None


def _lines(node: Node, parts: dict[str, str]) -> list[str]:
    """The lines of an Address; one beside named parts is read only where it repeats them."""
    raw = node.peek("line")
    if not parts or not isinstance(raw, list):
        return [text for text in map(one_line, node.texts("line")) if text]
    for index, line in enumerate(raw):
        if isinstance(line, str) and _repeats(line, list(parts.values())):
            node.ledger.decide(raw, index)
    return []


def _at_most_seven(lines: list[str]) -> tuple[str, ...]:
    return tuple(lines) if len(lines) <= 7 else (*lines[:6], ", ".join(lines[6:]))


def _repeats(text: str, parts: list[str]) -> bool:
    known = set(re.findall(r"\w+", " ".join(parts).casefold()))
    return set(re.findall(r"\w+", text.casefold())) <= known


def _named_parts(node: Node) -> dict[str, str]:
    """The parts that the ADXP extensions of the lines name; empty when a line has none or a part comes twice."""
    lines, siblings = node.peek("line"), node.children("_line")
    raw = node.peek("_line")
    if not isinstance(lines, list) or not isinstance(raw, list) or len(siblings) != len(lines):
        return {}
    found: dict[str, str] = {}
    for sibling in siblings:
        named = {
            extension: PARTS[key]
            for extension in sibling.children("extension")
            if (key := str(extension.peek("url")).partition("iso21090-ADXP-")[2]) in PARTS
        }
        values = {field: one_line(extension.peek("valueString")) for extension, field in named.items()}
        if not values or None in values.values() or values.keys() & found.keys():
            return {}
        found |= {field: value for field, value in values.items() if value}
    for sibling in siblings:
        for extension in sibling.children("extension"):
            if str(extension.peek("url")).partition("iso21090-ADXP-")[2] in PARTS:
                extension.decide("url")
                extension.text("valueString")
    return found


# --- means of contact ------------------------------------------------------------------------------------------------

TELECOM_USE = "https://example.org/fhir/img-da/StructureDefinition/telecom-use"
"""Extension of ContactPoint.use for the codes of V3 that FHIR lacks; no guide has one (docs/fhir.md, 2.6)."""
TELECOM_ADDRESS = "http://hl7.org/fhir/StructureDefinition/iso21090-TEL-address"
"""Extension of ContactPoint with the whole URI (HL7 extensions pack)."""
_V3_USES = ("H", "HP", "HV", "WP", "DIR", "PUB", "EC", "MC", "PG")
_URI = re.compile(r"(tel|fax|mailto|http|ftp|mllp):\S+")
TELECOM_USE_CODES = {"home": "H", "work": "WP", "mobile": "MC"}
_SCHEMES = {"phone": "tel", "fax": "fax", "email": "mailto", "pager": "tel"}
_NUMBER_NOISE = re.compile(r"[\s.\-()]")


def telecoms(*owners: tuple[Node, str], now: str | None = None) -> tuple[Telecom, ...]:
    """The means of contact of one or more elements, by rank, without repetitions; what CDA refuses is a loss."""
    nodes = [node for owner, element in owners for node in owner.children(element)]
    nodes.sort(key=lambda node: rank if isinstance(rank := node.peek("rank"), int) else 1_000)
    found: list[Telecom] = []
    for node in nodes:
        if node.peek("use") == "old" or is_past(node, now):
            node.give_up("IMGDA-0907")
        elif (read := _telecom(node)) and read not in found:
            found.append(read)
    return tuple(found)


def _telecom(node: Node) -> Telecom | None:
    value, system, use = one_line(node.peek("value")), node.peek("system"), node.peek("use")
    if not value:
        return None
    uri = _stated_uri(node) or contact_uri(value, system if isinstance(system, str) else None)
    if uri is None:
        node.give_up("IMGDA-0906")
        return None
    node.text("value")
    node.decide("system")
    secure = [e for e in node.extensions("fr-core-contact-point-email-type") if _is_secure(e)]
    if exact := _exact_use(node, TELECOM_USE, _V3_USES):
        node.decide("use")
        return Telecom(value=uri, use=exact)
    if uri.startswith("mailto:") and (secure or "mssante.fr" in uri):
        if use == "work":
            node.decide("use")
        return Telecom(value=uri)
    if system == "pager":
        return Telecom(value=uri, use="PG")
    if use in TELECOM_USE_CODES:
        node.text("use")
    return Telecom(value=uri, use=TELECOM_USE_CODES.get(str(use)))


def _stated_uri(node: Node) -> str | None:
    """The URI that an extension gives beside the number for people, if CDA accepts it."""
    for extension in node.extensions(TELECOM_ADDRESS):
        for element in ("valueUrl", "valueUri"):
            if _URI.fullmatch(str(extension.peek(element))):
                return extension.text(element)
    return None


def _is_secure(extension: Node) -> bool:
    """Whether the type of a mail address is MSSanté, the only one that means something here."""
    coding = extension.child("valueCoding")
    if coding is None or coding.peek("code") != "MSSANTE" or not str(coding.peek("system")).endswith("TypeMessagerie"):
        return False
    coding.understood()
    return True


def contact_uri(value: str, system: str | None) -> str | None:
    """The URI that CDA accepts for a ContactPoint, or None (docs/fhir.md, 4.4; docs/decisions.md, 10)."""
    head, colon, rest = value.partition(":")
    if colon and head.lower() in ("tel", "fax", "mailto") and system not in ("url", "sms", "other"):
        value, system = rest, {"tel": "phone", "fax": "fax", "mailto": "email"}[head.lower()]
    if system in ("phone", "fax", "pager"):
        number = _NUMBER_NOISE.sub("", value.replace("(0)", "") if value.startswith("+") else value)
        return f"{_SCHEMES[system]}:{quote(number, safe='+*#;=,')}" if number else None
    if system == "email":
        return f"mailto:{quote(value.replace(' ', ''), safe='@+.-_')}"
    if system == "url" and head.lower() in ("http", "ftp", "mllp") and rest.strip("/"):
        return quote(value, safe=":/?#[]@!$&'()*+,;=%-._~")
    return None
