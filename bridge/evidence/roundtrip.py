"""There and back: a document through FHIR and to a document again, a FHIR order through a document and to an order again.

The document that comes back is compared in canonical form, and what differs is explained by ``mappings/round-trip.csv`` where the
bridge writes on purpose another form than it read; the order that comes back is compared item by item. Source: docs/roundtrip.md.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal, NamedTuple

from bridge.cda import canonical
from bridge.convert import Bridge, write_document
from bridge.evidence import diff
from bridge.fhir.write import write
from bridge.findings.issues import Issue, Language
from bridge.options import DEFAULT_MODEL
from bridge.tables.codes import rows

__all__ = ["Explained", "KnownDifference", "RoundTrip", "of_document", "of_fhir", "reasons", "table"]

Kind = Literal["added", "label", "moved", "replaced", "seconds", "time"]


class KnownDifference(NamedTuple):
    """One row of ``mappings/round-trip.csv``: a difference that is meant."""

    document: str
    """File names, ``*`` for any text."""
    path: str
    """Canonical paths, ``*`` for any text."""
    kind: Kind
    """``label``: other words for the same code or heading; ``moved``: the value stands elsewhere; ``replaced``: a fixed code of
    one form by that of another; ``added``: a form that the document lacked; ``time``: the moment of an entry, or its offset;
    ``seconds``: the same moment with its seconds and a whole offset."""
    fr: str
    en: str
    source: str


class Explained(NamedTuple):
    """A difference in canonical form, and why it is meant; None when it is not."""

    path: str
    before: str | None
    after: str | None
    reason: KnownDifference | None


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """What became of one document or FHIR order."""

    kind: Literal["cda", "fhir"]
    model: str
    issues: tuple[Issue, ...]
    """Of the first reading."""
    leaves: tuple[Explained, ...] = ()
    """How the document that came back differs."""
    changes: tuple[diff.Change, ...] = ()
    """How the order that came back differs."""
    document: bytes = b""
    """The document that was written: the last step for CDA, the first for FHIR."""

    @property
    def unexplained(self) -> int:
        """How many differences nothing explains."""
        return sum(leaf.reason is None for leaf in self.leaves) + len(self.changes)


@cache
def reasons() -> tuple[tuple[KnownDifference, re.Pattern[str], re.Pattern[str]], ...]:
    """The rows of ``mappings/round-trip.csv``, first match first, with their patterns."""
    found = [
        KnownDifference(row["document"], row["path"], row["kind"], row["fr"], row["en"], row["source"])  # type: ignore[arg-type]
        for row in rows("round-trip")
    ]
    return tuple((reason, _pattern(reason.document), _pattern(reason.path)) for reason in found)


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, text.split("*"))))


def _explain(name: str, found: canonical.Difference) -> Explained:
    for reason, documents, paths in reasons():
        if documents.fullmatch(name) and paths.fullmatch(found.path) and _is_of(reason.kind, found):
            return Explained(*found, reason)
    return Explained(*found, None)


def _is_of(kind: Kind, found: canonical.Difference) -> bool:
    """Whether a difference is of a kind, where its values tell."""
    if kind == "added":
        return found.before is None
    if kind == "seconds":
        return found.before is not None and found.after is not None and _completed(found.before) == found.after
    return True


_TIME = re.compile(r"(\d{10})(\d\d)?(\d\d)?(?:\.\d+)?(?:([+-])(\d{1,4}))?")


def _completed(time: str) -> str | None:
    """A time with minutes and seconds, and its offset with four digits: what is written of it."""
    match = _TIME.fullmatch(time)
    if match is None:
        return None
    hour, minute, second, sign, offset = match.groups()
    whole = {1: "0{}00", 2: "{}00", 3: "0{}", 4: "{}"}[len(offset)].format(offset) if offset else ""
    return f"{hour}{minute or '00'}{second or '00'}{sign or ''}{whole}"


def _is_meant(change: diff.Change) -> bool:
    """Whether a change of the order is meant: FHIR has the hour of birth, the document written has the date alone."""
    return change.item == "patient.birth_date" and str(change.before)[:10] == change.after


def of_document(document: bytes, name: str = "", *, bridge: Bridge | None = None) -> RoundTrip:
    """CDA → FHIR → CDA of the same model. Raises what :meth:`Bridge.read_document` and :meth:`Bridge.normalize` raise."""
    bridge = bridge or Bridge()
    reading = bridge.read_document(document)
    back = _takes_any_requester(bridge).normalize(write(reading.order))
    written = write_document(back.order, reading.model)
    leaves = tuple(_explain(name, found) for found in canonical.differences(document, written))
    changes = tuple(change for change in diff.compare(reading.order, back.order) if not _is_meant(change))
    return RoundTrip("cda", reading.model, reading.issues, leaves, changes, written)


def _takes_any_requester(bridge: Bridge) -> Bridge:
    """A converter that takes the local number of a requester: a document from elsewhere may have one."""
    missing = replace(bridge.settings.missing, requester_number="null")
    return Bridge(replace(bridge.settings, missing=missing))


def of_fhir(source: bytes, *, model: str = DEFAULT_MODEL, bridge: Bridge | None = None) -> RoundTrip:
    """FHIR → CDA → FHIR → order. Raises what :meth:`Bridge.to_cda` raises."""
    bridge = bridge or Bridge()
    conversion = bridge.to_cda(source, model=model)
    reading = bridge.read_document(conversion.document)
    back = bridge.normalize(write(reading.order))
    changes = (*diff.compare(conversion.order, reading.order), *diff.compare(reading.order, back.order))
    return RoundTrip("fhir", model, conversion.issues, (), changes, conversion.document)


def table(name: str, trip: RoundTrip, language: Language = "fr") -> list[str]:
    """What to say of one round trip: a heading, a line for each reason with its count, a line for each unexplained difference."""
    words = {"fr": ("différence(s)", "sans explication", "identique"), "en": ("difference(s)", "unexplained", "identical")}[
        language
    ]
    total = len(trip.leaves) + len(trip.changes)
    said = f"{total} {words[0]}, {trip.unexplained} {words[1]}" if total else words[2]
    texts = [
        f"{leaf.reason.fr if language == 'fr' else leaf.reason.en} [{leaf.reason.source}]" for leaf in trip.leaves if leaf.reason
    ]
    return [
        f"{name}  {trip.kind.upper()} {trip.model}  {said}",
        *(f"{count:>5}  {text}" for text, count in Counter(texts).items()),
        *(f"    !  {leaf.path}\n       {leaf.before or '-'} → {leaf.after or '-'}" for leaf in trip.leaves if not leaf.reason),
        *(f"    !  {change.text(language)}" for change in trip.changes),
    ]
