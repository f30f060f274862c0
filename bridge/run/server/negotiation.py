"""Media types: what a request holds, what its sender accepts.

Source: RFC 9110, 8.3 and 12.5.1; FHIR R4 4.0.1, 3.1.0.6 (``_format`` goes before ``Accept``).
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = [
    "CDA",
    "FHIR",
    "FHIR_JSON",
    "FHIR_XML",
    "PROBLEM",
    "choose",
    "language_of",
    "media_type",
    "states_charset",
    "wants_problem",
]

FHIR_JSON = "application/fhir+json"
FHIR_XML = "application/fhir+xml"
PROBLEM = "application/problem+json"

FHIR = (FHIR_JSON, "application/json", FHIR_XML, "application/xml", "text/xml")
"""Types of a FHIR input."""
CDA = ("application/xml", "application/cda+xml", "text/xml")
"""Types of a document."""
_SHORT = {
    "json": (FHIR_JSON, "application/json"),
    "xml": ("application/xml",),
    "cda": ("application/xml",),
    "text": ("text/plain",),
    "html": ("text/html",),
    "pdf": ("application/pdf",),
}
"""Short forms of ``_format``."""


def states_charset(header: str) -> bool:
    """Whether a ``Content-Type`` names the character set; then it goes before what the body says (RFC 7303, 3)."""
    return any(parameter.partition("=")[0].strip().lower() == "charset" for parameter in header.split(";")[1:])


def media_type(header: str) -> str | None:
    """The media type of a ``Content-Type`` in lower case; ``None`` for another character set than UTF-8."""
    name, *parameters = (part.strip().lower() for part in header.split(";"))
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "charset" and value.strip().strip('"') not in ("utf-8", "utf8", "us-ascii"):
            return None
    return name


def choose(accept: str, form: str | None, offered: Sequence[str]) -> str | None:
    """The first of the *offered* types that the sender likes best, ``None`` when it accepts none of them.

    ``application/problem+json`` speaks of errors only and counts for nothing here.
    """
    if form is not None:
        wanted = [(name, 1.0) for name in _SHORT.get(form, (form,))]
    else:
        wanted = [(name, quality) for name, quality in _ranges(accept) if name != PROBLEM] or [("*/*", 1.0)]
    ranked = [(_quality(name, wanted), -place, name) for place, name in enumerate(offered)]
    quality, _, name = max(ranked)
    return name if quality > 0 else None


def wants_problem(accept: str) -> bool:
    """Whether errors shall be problem details (RFC 9457) instead of an OperationOutcome."""
    return any(name == PROBLEM and quality > 0 for name, quality in _ranges(accept))


def language_of(header: str, asked: str | None) -> str:
    """``fr`` or ``en``, from the query or from ``Accept-Language``; French when neither says."""
    if asked is not None:
        return asked
    ranked = sorted(_ranges(header), key=lambda item: -item[1])
    return next((name[:2] for name, quality in ranked if quality > 0 and name[:2] in ("fr", "en")), "fr")


def _ranges(header: str) -> list[tuple[str, float]]:
    """The members of an ``Accept`` header with their quality; what cannot be read is left out."""
    found = []
    for member in header.lower().split(","):
        name, *parameters = (part.strip() for part in member.split(";"))
        quality = next((value for key, _, value in (p.partition("=") for p in parameters) if key.strip() == "q"), "1")
        try:
            if name:
                found.append((name, float(quality)))
        except ValueError:
            continue
    return found


def _quality(name: str, wanted: Sequence[tuple[str, float]]) -> float:
    """The quality of a type: of its own range if there is one, else of ``type/*``, else of ``*/*``."""
    main = name.partition("/")[0]
    for exact in (name, f"{main}/*", "*/*"):
        found = [quality for range_, quality in wanted if range_ == exact]
        if found:
            return max(found)
    return 0.0
