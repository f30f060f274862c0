"""What every part of the FHIR reader shares: the input, the settings, and the findings so far."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from bridge.fhir.references import Index
from bridge.fhir.view import Ledger, Node
from bridge.issues import Issue, issue
from bridge.mappings import Concept, code_system_oid, is_code_system, table, value_set
from bridge.order import Code, Translation
from bridge.settings import Settings

__all__ = ["Coded", "Context", "clean", "one_line", "same_words"]

_LINE_BREAKS = re.compile(r"\r\n?|[\u0085\u2028]")
_SPACES = re.compile(r"\s+")
_OID = re.compile(r"[0-2](\.(0|[1-9]\d*))+")


def clean(text: str | None) -> str | None:
    """A text as the order holds it: ``\\n`` for a line break, no white space at its ends; None when nothing is left."""
    if text is None:
        return None
    return _LINE_BREAKS.sub("\n", text).strip() or None


def one_line(text: str | None) -> str | None:
    """A text on one line with single spaces; None when nothing is left."""
    if text is None:
        return None
    return _SPACES.sub(" ", text).strip() or None


def same_words(one: str, other: str) -> bool:
    """Whether two labels differ by nothing but case, accents and apostrophes."""
    return _bare(one) == _bare(other)


def _bare(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.replace("’", "'").replace("œ", "oe"))
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold().strip()


@dataclass(frozen=True, slots=True)
class Coded:
    """A CodeableConcept read against a value set."""

    code: Code
    path: str
    """FHIRPath of the coding chosen."""
    modifier: str | None = None
    """A topographic modifier that the sender's code includes (table ``site``)."""


@dataclass(slots=True)
class Context:
    """The input of one conversion and what was found in it."""

    index: Index
    settings: Settings
    version: str
    """``R4``, ``R4B`` or ``R5``."""
    ledger: Ledger
    """What became of each leaf."""
    issues: list[Issue] = field(default_factory=list)
    patient: Node | None = None
    """The patient of the order being read."""

    def is_foreign(self, resource: Node) -> bool:
        """Whether a resource is about somebody else: an error, whatever it says."""
        for element in ("subject", "patient"):
            reference = resource.child(element)
            target = self.index.find(reference) if reference else None
            if reference and target is not None and self.patient is not None and target.value is not self.patient.value:
                self.note("IMGDA-0219", reference.path)
                resource.give_up("IMGDA-0910", "technical")
                return True
        return False

    def note(self, code: str, path: str | None, /, *, value: str | None = None, **parameters: str) -> None:
        """Report an issue of the catalogue; *value* is the value concerned, for the eyes of the sender alone."""
        self.issues.append(issue(code, path, value=value, parameters=parameters))

    # --- words -------------------------------------------------------------------------------------------------------

    def words(self, concept: Node) -> str | None:
        """The words of a CodeableConcept: its text; else the displays, with the code in brackets.

        Where the text speaks for the codings, they are given up as a technical loss: the meaning is carried in words.
        """
        codings = concept.children("coding")
        if text := clean(concept.text("text")):
            for coding in codings:
                coding.give_up("IMGDA-0908", "technical", written="text")
            return text
        found = []
        for coding in codings:
            if display := one_line(coding.peek("display")):
                code = coding.peek("code")
                found.append(f"{display} [{code}]" if code else display)
                coding.text("display"), coding.text("code")
                coding.give_up("IMGDA-0908", "technical", written="text")
        return " ; ".join(found) or None

    # --- coded values ------------------------------------------------------------------------------------------------

    def coded(
        self,
        concept: Node | None,
        set_name: str,
        *,
        tables: tuple[str, ...] = (),
        translations: bool = False,
        text: bool = False,
        quiet: bool = False,
    ) -> Coded | None:
        """The first coding of a CodeableConcept (or the Coding itself) that is in a value set, or translated into it.

        With *translations* the sender's codings are kept as translations, with *text* its wording as well; what is not
        kept stays unread and so becomes a loss. The label is that of the value set; a label of the sender that differs is
        reported unless *quiet*. Source: docs/fhir.md, 4.5.
        """
        if concept is None:
            return None
        codings = concept.children("coding") or ([concept] if "code" in concept else [])
        for coding in codings:
            if found := self._match(coding, set_name, tables):
                break
        else:
            return None
        target, row_modifier, table_name = found
        self._read_coding(coding, target, compare=not quiet and not (table_name and translations))
        others = [c for c in codings if c.value is not coding.value] if translations else []
        if table_name and translations:
            others.insert(0, coding)
        kept = tuple(t for t in map(self._translation, others) if t)
        wording = clean(concept.text("text")) if text and concept is not coding else None
        if wording and wording.casefold() == target.display.casefold():
            wording = None
        code = Code(code=target.code, system=target.system, display=target.display, text=wording, translations=kept)
        return Coded(code, coding.path, row_modifier)

    def matches(self, concept: Node | None, set_name: str, *, tables: tuple[str, ...] = ()) -> bool:
        """Whether a CodeableConcept has a coding in the value set; nothing counts as read."""
        return concept is not None and any(self._match(c, set_name, tables, quiet=True) for c in concept.children("coding"))

    def _match(
        self, coding: Node, set_name: str, tables: tuple[str, ...], *, quiet: bool = False
    ) -> tuple[Concept, str | None, str | None] | None:
        """The concept that a Coding means: with the modifier it includes and the table used, if any."""
        code, uri = coding.peek("code"), coding.peek("system")
        if not isinstance(code, str):
            return None
        values = value_set(set_name)
        oid = code_system_oid(uri) if isinstance(uri, str) else None
        if oid:
            if concept := values.find(code, oid):
                return concept, None, None
            return self._translate(code, oid, str(uri), tables, coding, quiet)
        if found := self._translate(code, None, str(uri), tables, coding, quiet):
            return found
        if concept := values.unique(code):
            if not quiet:
                self.note("IMGDA-0503", coding.path)
            return concept, None, None
        return None

    def _translate(
        self, code: str, oid: str | None, uri: str, tables: tuple[str, ...], coding: Node, quiet: bool
    ) -> tuple[Concept, str | None, str | None] | None:
        from bridge.mappings import code_system_uri

        for name in tables:
            if found := self._site_translation(name, code, uri):
                return found
            rows = table(name)
            row = rows.get((uri, code)) or (rows.get((code_system_uri(oid), code)) if oid else None)
            if row:
                if not quiet:
                    self.note("IMGDA-0502", coding.path, table=name, relation=row.relation)
                return row.concept, row.modifier, name
        return None

    def _site_translation(self, name: str, code: str, uri: str) -> tuple[Concept, str | None, str | None] | None:
        for own in self.settings.translations:
            if (own.table, own.code, own.system) == (name, code, uri) and (concept := value_set(name).unique(own.to)):
                return concept, own.modifier, "imgda.toml"
        return None

    def _read_coding(self, coding: Node, target: Concept, *, compare: bool) -> None:
        coding.text("code")
        if is_code_system(str(coding.peek("system"))):
            coding.text("system")
        else:
            coding.decide("system")
        display = one_line(coding.peek("display"))
        if compare and display and not same_words(display, target.display):
            self.note("IMGDA-0501", coding.at("display"), value=display)

    def _translation(self, coding: Node) -> Translation | None:
        code, uri = coding.peek("code"), coding.peek("system")
        oid = code_system_oid(uri) if isinstance(uri, str) else None
        if not (isinstance(code, str) and oid):
            return None
        coding.text("code"), coding.text("system")
        return Translation(code=code.strip(), system=oid, display=one_line(coding.text("display")))

    def verbatim(self, concept: Node) -> Code | None:
        """The first coding whose system has an OID, whatever value set it is of, with the words of the concept."""
        for coding in concept.children("coding"):
            code = str(coding.peek("code") or "")
            oid = code_system_oid(str(coding.peek("system")))
            if oid and _OID.fullmatch(oid) and code and not re.search(r"\s", code):
                found = self._translation(coding)
                words = clean(concept.text("text"))
                text = words if words and words.casefold() != ((found and found.display) or "").casefold() else None
                return Code(code=code, system=oid, display=found.display if found else None, text=text)
        return None

    def has_code(self, concept: Node | None, code: str, oid: str) -> bool:
        """Whether a CodeableConcept holds a code of a system (OID), or the bare code without a system."""
        return concept is not None and self.coding_of(concept, code, oid) is not None

    def coding_of(self, concept: Node, code: str, oid: str) -> Node | None:
        """The coding of a CodeableConcept that has that code of a system (OID), or the code without a system."""
        for coding in concept.children("coding"):
            uri = coding.peek("system")
            if coding.peek("code") == code and (uri is None or code_system_oid(uri) == oid):
                return coding
        return None

    def take_code(self, concept: Node, code: str, oid: str) -> None:
        """Count a coding whose meaning is understood as read."""
        if coding := self.coding_of(concept, code, oid):
            coding.understood()
