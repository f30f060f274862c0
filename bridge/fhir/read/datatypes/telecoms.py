"""Means of contact: what people write into a ContactPoint, read into the URIs that a document may hold.

The official suites accept ``tel:``, ``fax:``, ``mailto:``, ``http:``, ``ftp:`` and ``mllp:``, in lower case and without a space.
A number or an address is taken as it stands, never made up; what is beside it in the value is listed as a loss. Source:
docs/fhir.md, 4.4; CI-SIS, Structuration minimale (telecom); RFC 3966 (tel), RFC 6068 (mailto).
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple
from urllib.parse import quote

from bridge.fhir.ledger.node import Node
from bridge.fhir.read.datatypes.names import exact_use, is_past
from bridge.fhir.read.texts import one_line
from bridge.order import Telecom

__all__ = [
    "TELECOM_ADDRESS",
    "TELECOM_USE",
    "TELECOM_USE_CODES",
    "Means",
    "contact_uri",
    "contact_uris",
    "means_of",
    "telecom",
    "telecoms",
]

TELECOM_USE = "https://example.org/fhir/img-da/StructureDefinition/telecom-use"
"""Extension of ContactPoint.use for the codes of V3 that FHIR lacks; no guide has one (docs/fhir.md, 2.6)."""
TELECOM_ADDRESS = "http://hl7.org/fhir/StructureDefinition/iso21090-TEL-address"
"""Extension of ContactPoint with the whole URI (HL7 extensions pack)."""
TELECOM_USE_CODES = {"home": "H", "work": "WP", "mobile": "MC"}
_EXTENSION = "http://hl7.org/fhir/StructureDefinition/contactpoint-extension"
"""Extension of ContactPoint with the extension of the number (HL7 extensions pack)."""
_V3_USES = ("H", "HP", "HV", "WP", "DIR", "PUB", "EC", "MC", "PG")
_URI = re.compile(r"(?:tel|fax|mailto|http|ftp|mllp):\S+")
_SYSTEMS = {"tel": "phone", "fax": "fax", "mailto": "email"}
_SCHEMES = {"phone": "tel", "fax": "fax", "pager": "tel"}
_LONGEST_VALUE = 1_000
"""Characters of a value that is searched for numbers or addresses: a longer one is no means of contact."""


class Means(NamedTuple):
    """What a ContactPoint gives."""

    uris: tuple[str, ...] = ()
    rest: str | None = None
    """What the URIs do not say of the value: ``words``, or ``digits`` that are no number by themselves."""


# --- ContactPoint ----------------------------------------------------------------------------------------------------


def telecoms(*owners: tuple[Node, str], now: str | None = None) -> tuple[Telecom, ...]:
    """The means of contact of one or more elements, by rank, without repetitions; what CDA refuses is a loss."""
    nodes = [node for owner, element in owners for node in owner.children(element)]
    nodes.sort(key=lambda node: rank if isinstance(rank := node.peek("rank"), int) else 1_000)
    found: dict[Telecom, None] = {}
    for node in nodes:
        if node.peek("use") == "old" or is_past(node, now):
            node.give_up("IMGDA-0907")
        else:
            found |= dict.fromkeys(telecom(node))
    return tuple(found)


def telecom(node: Node) -> tuple[Telecom, ...]:
    """What one ContactPoint says: several where its value holds several numbers or addresses."""
    if not one_line(node.peek("value")):
        return ()
    found = means_of(node)
    if not found.uris:
        node.give_up("IMGDA-0906")
        return ()
    _mark(node, found)
    return tuple(Telecom(value=uri, use=_use(node, uri)) for uri in found.uris)


def _mark(node: Node, found: Means) -> None:
    """Count as read what the URIs say; words and digits beside them are a loss."""
    node.text("value")
    node.decide("system")
    for url, elements in ((TELECOM_ADDRESS, ("valueUrl", "valueUri")), (_EXTENSION, ("valueString",))):
        for extension in node.extensions(url):
            for element in elements:
                extension.text(element)
    if found.rest:
        node.lose("value", "IMGDA-0354" if found.rest == "words" else "IMGDA-0355")


def means_of(node: Node) -> Means:
    """What the value of a ContactPoint gives, or the extension with the whole URI; nothing counts as read."""
    value, system = one_line(node.peek("value")) or "", node.peek("system")
    found = _read(value, system if isinstance(system, str) else None)
    if stated := _stated_uri(node):
        same = stated in found.uris or not found.uris or value in (stated, stated.partition(":")[2])
        return Means((stated,)) if same else Means((stated, *found.uris), found.rest)
    inner = _stated(node, _EXTENSION, ("valueString",))
    if inner and len(found.uris) == 1 and found.uris[0].startswith(("tel:", "fax:")) and inner.isdigit():
        whole = found.uris[0] if ";ext=" in found.uris[0] else f"{found.uris[0]};ext={inner}"
        return Means((whole,), found.rest)
    return found


def _stated_uri(node: Node) -> str | None:
    """The URI that an extension gives beside the number for people, if CDA accepts it."""
    raw = _stated(node, TELECOM_ADDRESS, ("valueUrl", "valueUri")) or ""
    head, colon, rest = raw.partition(":")
    uri = head.lower() + colon + rest
    return uri if _URI.fullmatch(uri) else None


def _stated(node: Node, url: str, elements: tuple[str, ...]) -> str | None:
    for extension in node.children("extension"):
        for element in elements:
            if extension.peek("url") == url and isinstance(text := extension.peek(element), str):
                return text.strip()
    return None


def _use(node: Node, uri: str) -> str | None:
    """The use as a code of V3; a secure mail address (MSSanté) has none (CI-SIS, Structuration minimale)."""
    use = node.peek("use")
    secure = [e for e in node.extensions("fr-core-contact-point-email-type") if _is_secure(e)]
    if exact := exact_use(node, TELECOM_USE, _V3_USES):
        node.decide("use")
        return exact
    if uri.startswith("mailto:") and (secure or "mssante.fr" in uri):
        if use == "work":
            node.decide("use")
        return None
    if node.peek("system") == "pager":
        return "PG"
    if use in TELECOM_USE_CODES:
        node.text("use")
    return TELECOM_USE_CODES.get(str(use))


def _is_secure(extension: Node) -> bool:
    """Whether the type of a mail address is MSSanté, the only one that means something here."""
    coding = extension.child("valueCoding")
    if coding is None or coding.peek("code") != "MSSANTE" or not str(coding.peek("system")).endswith("TypeMessagerie"):
        return False
    coding.understood()
    return True


# --- values ----------------------------------------------------------------------------------------------------------


def contact_uri(value: str, system: str | None) -> str | None:
    """The one URI that says the whole value of a ContactPoint, or None."""
    found = _read(value, system)
    return found.uris[0] if len(found.uris) == 1 and found.rest is None else None


def contact_uris(value: str, system: str | None) -> tuple[str, ...]:
    """The URIs of the numbers or addresses that the value of a ContactPoint holds."""
    return _read(value, system).uris


def _read(value: str, system: str | None) -> Means:
    """The URIs of a value; a scheme in front of it wins over the system, except of what CDA cannot hold (sms, other)."""
    text = unicodedata.normalize("NFKC", value).strip()
    head, colon, rest = text.partition(":")
    if colon and head.lower() in _SYSTEMS and system not in ("sms", "other"):
        text, system = rest, _SYSTEMS[head.lower()]
    if system in (*_SCHEMES, "email") and len(text) > _LONGEST_VALUE:
        return Means()
    if system in _SCHEMES:
        return _phones(text, _SCHEMES[system])
    if system == "email":
        return _mails(text)
    if system == "url" and head.lower() in ("http", "ftp", "mllp") and rest.strip("/"):
        return Means((head.lower() + ":" + quote(rest, safe=":/?#[]@!$&'()*+,;=%-._~"),))
    return Means()


# --- mail addresses --------------------------------------------------------------------------------------------------

_MAIL = re.compile(r"[^\s<>()\[\],;:\"@/]+@[^\s<>()\[\],;:\"@/?]+")
_BETWEEN_MAILS = re.compile(r"mailto:|\b(?:ou|et|or|and)\b|[\s<>,;/]+", re.IGNORECASE)


def _mails(text: str) -> Means:
    """The addresses of a text: ``Jean Dupont <a@x>`` holds one; a blank beside the @ of a single address is a slip."""
    if re.fullmatch(r"[^\s@]+\s*@\s*[^\s@]+", text):
        text = re.sub(r"\s", "", text)
    rest = _BETWEEN_MAILS.sub("", _MAIL.sub(" ", text))
    if "@" in rest:
        return Means()
    found = [f"mailto:{quote(mail.rstrip('.'), safe='@+.-_')}" for mail in _MAIL.findall(text)]
    return Means(tuple(dict.fromkeys(found)), "words" if rest else None)


# --- numbers ---------------------------------------------------------------------------------------------------------

_LONGEST = 15
"""Digits of the longest number (ITU-T E.164)."""
_NOISE = re.compile(r"[\s.\-()_·‐-―/]")
_PLAIN = re.compile(r"\+?[0-9*#]+(?:,+[0-9*#]{1,6})?")
_PARAMETERS = re.compile(r"([^;]+)((?:;[A-Za-z0-9-]+=[^;\s]+)+)")
_COUNTRY_AND_ZERO = re.compile(r"^(\(?\s*(?:\+|00)\s*(?!39)[1-9][0-9]{0,2}\s*\)?)[\s.\-]*\(\s*0\s*\)")
"""``+33 (0)1``: the zero is dialled inside the country only. In Italy (39) it is part of the number."""
_POST = r"(?:postes?|pt?e?(?:\.|(?=\s?[0-9]))|post|ext(?:ension)?\b\.?|x|interne|int\.)[\s.:°n]*"
_WITH_POST = re.compile(rf"(.*[0-9])[\s).,(:\-–]*{_POST}([0-9]{{1,8}})[\s).]*", re.IGNORECASE)
_POST_ALONE = re.compile(rf"{_POST}([0-9]{{2,8}})", re.IGNORECASE)
_BETWEEN_NUMBERS = re.compile(
    r"\s*(?:[/|;\n]|,\s|,(?=\+?[0-9]{8})|\b(?:ou|et|or|and)\b|\s[-–]\s|\((?=[0-9]{1,5}\)$))\s*", re.IGNORECASE
)
_FRENCH_AND_MORE = re.compile(r"(0[1-9](?:[\s.\-][0-9]{2}){4})[\s.\-]+[0-9\s.\-]+")
"""A French number in pairs, and more digits: what they are is not known, and they are no part of the number."""
_WHOLE_FRENCH = re.compile(r"0[1-9][0-9]{8}")
_FRENCH = re.compile(r"(?:(?:\+|00)\s?33\s?(?:\(0\)\s?)?[1-9]|0[1-9])(?:[\s.\-]?[0-9]{2}){4}(?![0-9])")
_RUN = re.compile(r"\+?\(?[0-9](?:[0-9\s.\-()‐-―]*[0-9])?")
_LABELS = {
    "tel": re.compile(r"[\s.:()°]*(?:t[ée]l(?:[ée]phone)?|phone|num[ée]ro|n)[\s.:()°]*", re.IGNORECASE),
    "fax": re.compile(r"[\s.:()°]*(?:fax|t[ée]l[ée]copie|num[ée]ro|n)[\s.:()°]*", re.IGNORECASE),
}


def _phones(text: str, scheme: str) -> Means:
    """The numbers of a text: one, or several with a separator between them; what is no number is the rest."""
    if match := _PARAMETERS.fullmatch(text):
        number = _number(match[1])
        return Means((f"{scheme}:{number}{quote(match[2].lower(), safe=';=+-._')}",)) if number else Means()
    pieces = _pieces(text)
    read = [_phone(piece, scheme) for piece in pieces if len(pieces) == 1 or _digits(piece) >= 6]
    uris = tuple(dict.fromkeys(f"{scheme}:{uri}" for piece in read for uri in piece.uris))
    rests = {piece.rest for piece in read} | {_rest(piece) for piece in pieces if len(pieces) > 1 and _digits(piece) < 6}
    return Means(uris, next((rest for rest in ("digits", "words") if rest in rests), None))


def _pieces(text: str) -> list[str]:
    """The numbers of a text, each with what belongs to it; a separator inside one number is none."""
    match = _WITH_POST.fullmatch(text)
    if _WHOLE_FRENCH.fullmatch(_NOISE.sub("", text)) or (match and _number(match[1]) and len(_pieces(match[1])) == 1):
        return [text]
    pieces = [piece for piece in _BETWEEN_NUMBERS.split(text) if piece]
    if len(pieces) > 1 and _digits(pieces[0]) >= 8:
        return pieces
    if _digits(text) <= _LONGEST and (match := _FRENCH_AND_MORE.fullmatch(text)):
        return [match[1], text[match.end(1) :]]
    if _digits(text) > _LONGEST and not _NOISE.sub("", _FRENCH.sub("", text)):
        return _FRENCH.findall(text)
    return [text]


def _rest(text: str) -> str:
    """What a piece that is no number holds."""
    return "digits" if _digits(text) else "words"


def _phone(text: str, scheme: str) -> Means:
    """One number: alone, with the extension of a post (RFC 3966, 5.3), or among words without another digit."""
    if number := _number(text):
        return Means((number,))
    if (match := _WITH_POST.fullmatch(text)) and (number := _number(match[1])):
        return Means((f"{number};ext={match[2]}",))
    if match := _POST_ALONE.fullmatch(text.strip()):
        return Means((match[1],), "words")
    return _among_words(text, scheme)


def _among_words(text: str, scheme: str) -> Means:
    runs = [run for run in _RUN.finditer(text) if _digits(run[0]) >= 6]
    rest = text[: runs[0].start()] + " " + text[runs[0].end() :] if runs else text
    glued = any(c.isalpha() for run in runs for c in (text[run.start() - 1 : run.start()], text[run.end() : run.end() + 1]))
    is_other = "@" in text or re.search(r"[a-z]+://|^\s*(?:sms|sip|sips|skype|whatsapp|https?|mailto)\b", text, re.IGNORECASE)
    if len(runs) != 1 or glued or is_other or not (number := _number(runs[0][0])):
        return Means((), _rest(text))
    if _digits(rest):
        return Means((number,), "digits") if _digits(number) >= 8 else Means((), "digits")
    return Means((number,), None if _LABELS[scheme].fullmatch(rest) else "words")


def _number(text: str) -> str | None:
    """The characters to dial, ``#`` as ``%23``; None for what is no number by itself."""
    found = _NOISE.sub("", _COUNTRY_AND_ZERO.sub(r"\1", text.strip()))
    return found.replace("#", "%23") if _PLAIN.fullmatch(found) and 0 < _digits(found.partition(",")[0]) <= _LONGEST else None


def _digits(text: str) -> int:
    return sum(character.isascii() and character.isdigit() for character in text)
