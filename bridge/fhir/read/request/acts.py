"""The acts of a request: modality, sites, functions, contrast, deadline.

Source: docs/fhir.md, 2.6 (M10 to M17); CI-SIS, IMG-DA-IMG 2024.01, section 3.4.2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache

from bridge.fhir.ledger.node import Node, reads
from bridge.fhir.read.clinical.clinical import TA
from bridge.fhir.read.coding import (
    CONTRAST,
    FACTS,
    MODALITY,
    MODIFIER,
    SITE,
    is_hybrid,
    meaning,
)
from bridge.fhir.read.concepts import Coded, Context, Stray, code_of
from bridge.fhir.read.datatypes.identifiers import has_type, identifier
from bridge.fhir.read.datatypes.names import effective_time, is_inverted, iso, moment
from bridge.fhir.read.distinct import Distinct
from bridge.fhir.read.request.details import NUCLEAR, PET, Details
from bridge.fhir.read.request.sites import Exam, Place, Sites, sorted_translations, words_of
from bridge.fhir.read.texts import clean
from bridge.order import Act, Code, Function, Identifier, Site, Translation
from bridge.tables.codes import code_system_oid, rows, value_set
from bridge.wording.contrary import is_contrary
from bridge.wording.critical import is_critical
from bridge.wording.examinations import contrary_contrast, modalities, wishes_other_contrast
from bridge.wording.names import names_of
from bridge.wording.sides import names_other_side

__all__ = ["Acts", "ReadAct", "codeable", "codeables", "is_imaging"]

_WITH_CONTRAST = {"MED-1126": "MED-1127", "MED-1128": "MED-1129"}
_BESIDE_MODALITY = (SITE, MODIFIER, *FACTS)
"""What else a coding of ``code`` may state."""


def codeable(node: Node, name: str) -> Node | None:
    """A CodeableConcept element; in R5 the concept of a CodeableReference."""
    found = node.child(name)
    return (found.child("concept") or found) if found else None


def codeables(node: Node, name: str) -> list[Node]:
    """The CodeableConcepts of a repeating element; in R5 those of its CodeableReferences."""
    return [item.child("concept") or item for item in node.children(name)]


@dataclass(slots=True)
class ReadAct:
    """One ServiceRequest as read: the acts it becomes, each with its FHIRPath."""

    acts: list[Act]
    path: str


@dataclass(slots=True)
class Acts:
    """Reads ServiceRequests as acts."""

    context: Context

    @reads("acts")
    def read(self, request: Node, functions: list[Node], shared_ids: tuple[Identifier, ...]) -> ReadAct:
        """One ServiceRequest; *functions* are Observations MED-1133, *shared_ids* the numbers of the whole request.

        A missing modality is reported and stands as an empty code, which no document ever carries.
        """
        details = Details(self.context, request)
        exam = self.examination(request, details)
        sites = Sites(self.context)
        places = sites.read(request, exam)
        self._take_strays(exam, sites, places)
        self._said_again(exam, request, details, sites, places)
        sites.complete(exam, details.modifiers(), places)
        for place in places:
            sites.side_in_words(place)
        read = self._functions(exam, details, functions)
        contrast, in_words = self._contrast(exam, request, details)
        comment = "\n".join([*self._comments(request), *in_words]) or None
        modality = exam.modality
        if comment is None and modality.code in ("C63334", "OT") and modality.text:
            self.context.note("IMGDA-0432", request.at("code.text"))
            comment = modality.text
        sites.words_of_exam(exam, places)
        sites.words_of_narrative(request, places)
        act = Act(
            modality=modality,
            sites=(),
            ids=self._ids(request, shared_ids),
            comment=comment,
            contrast=contrast,
            functions=read,
            wanted_by=self._deadline(request),
            entry_id=self._entry_id(request),
        )
        return ReadAct(self._split(act, places, request), request.path)

    # --- modality and contrast ---------------------------------------------------------------------------------------

    def examination(self, request: Node, details: Details) -> Exam:
        """The modality from the code, else from orderDetail or category, and whatever else the codings of the code state."""
        concept = codeable(request, "code")
        found = self.context.coded(
            concept, "modality", tables=("modality",), translations=True, text=True, beside=_BESIDE_MODALITY
        )
        if found:
            return Exam(found.code, found.states_contrast, concept, list(found.strays))
        strays = self.context.strays(concept.children("coding"), _BESIDE_MODALITY) if concept else []
        for other in [*details.concepts, *request.children("category")]:
            if coded := self.context.coded(other, "modality", tables=("modality",)):
                details.used(other)
                return Exam(self._without_code(coded, concept, strays), coded.states_contrast, concept, strays)
        self.context.note("IMGDA-0402", request.at("code"))
        wording = clean(concept.peek("text")) if concept else None
        return Exam(Code(code="", system="", display="", text=wording), True, concept, strays)

    def _without_code(self, coded: Coded, concept: Node | None, strays: list[Stray]) -> Code:
        """A modality given elsewhere, with the words of the code and its codings as translations."""
        if concept is None:
            return coded.code
        aside = {id(stray.coding.value) for stray in strays}
        codings = [coding for coding in concept.children("coding") if id(coding.value) not in aside]
        kept = {t for coding in codings if (t := self.context.kept(coding))}
        text = clean(concept.text("text"))
        if text and coded.meaning and is_contrary(text, MODALITY.name, coded.meaning.concept, contrast=coded.states_contrast):
            self.context.contradiction(concept.at("text"), text)
        return replace(coded.code, text=text, translations=sorted_translations(kept))

    def _take_strays(self, exam: Exam, sites: Sites, places: list[Place]) -> None:
        """Bring what the codings of code and bodySite state beside their own datum to where it belongs.

        A contra-indication belongs to no act: it stays unread, and so is a critical loss.
        """
        for stray in exam.strays:
            name = stray.datum.name
            if name == CONTRAST.name:
                exam.contrast.append((self.context.take_stray(stray), stray.coding))
            elif name == MODIFIER.name:
                exam.modifiers.append((self.context.take_stray(stray), stray.coding))
            elif name in NUCLEAR.values():
                exam.functions.append((self.context.take_stray(stray), stray.coding))
            elif name == MODALITY.name:
                self._same_modality(exam, stray)
            elif name == SITE.name:
                sites.stated_by_the_exam(stray, exam, places)

    def _said_again(self, exam: Exam, request: Node, details: Details, sites: Sites, places: list[Place]) -> None:
        """The modalities and sites of orderDetail and category: the same, or more; another one is an error."""
        for concept in details.concepts:
            strays = [] if details.is_used(concept) else self.context.strays(concept.children("coding"), (MODALITY,))
            for stray in strays:
                details.used(concept)
                self._same_modality(exam, stray)
            for stray in self.context.strays(concept.children("coding"), (SITE,)):
                details.used(concept)
                sites.stated_by_the_exam(stray, exam, places)
        for category in request.children("category"):
            for coding in category.children("coding"):
                self._category(exam, coding)

    def _same_modality(self, exam: Exam, stray: Stray) -> None:
        """A modality said again: implied, more precise, or the other half of the hybrid examination; another is an error."""
        if not exam.modality.code:
            return
        other, own = stray.meaning, exam.modality
        code = self.context.take_stray(stray)
        if _family(code.code) == _family(own.code) and own.code != code.code:
            if exam.states_contrast and other.states_contrast:
                self.context.note("IMGDA-0443", stray.coding.path)
            elif other.states_contrast:
                exam.modality = replace(own, code=code.code, system=code.system, display=code.display)
        elif is_hybrid(own.code, code.code):
            self._keep_beside(exam, stray)
        elif is_hybrid(code.code, own.code):
            self.context.note("IMGDA-0448", stray.coding.path)
            beside = Translation(code=own.code, system=own.system, display=own.display)
            kept = sorted_translations({*own.translations, beside})
            exam.modality = replace(own, code=code.code, system=code.system, display=code.display, translations=kept)
        elif own.code != code.code:
            self.context.note("IMGDA-0443", stray.coding.path)
        exam.states_contrast |= other.states_contrast and _family(code.code) == _family(own.code)

    def _keep_beside(self, exam: Exam, stray: Stray) -> None:
        """Keep the other half of the hybrid examination as a translation, and say so."""
        self.context.note("IMGDA-0448", stray.coding.path)
        if kept := self.context.kept(stray.coding):
            exam.modality = replace(exam.modality, translations=sorted_translations({*exam.modality.translations, kept}))

    def _category(self, exam: Exam, coding: Node) -> None:
        """A category of imaging: understood, unless it says another kind of examination than the code (docs/decisions.md, 23)."""
        kinds = _category_kinds(coding)
        if kinds is None:
            return
        coding.understood()
        if (display := coding.peek("display")) and kinds and _names_another_kind(str(display), kinds):
            self.context.note("IMGDA-0444", coding.at("display"), value=str(display))
        code = exam.modality.code
        if kinds and code and code not in (*kinds, "C63334", "OT") and not any(is_hybrid(code, kind) for kind in kinds):
            self.context.note("IMGDA-0443", coding.path)

    def _contrast(self, exam: Exam, request: Node, details: Details) -> tuple[Code | None, list[str]]:
        """The answer on contrast where the model has a place for it; else what it adds to the comment."""
        answers = [*exam.contrast, *details.contrast()]
        for code, place in answers:
            if code != answers[0][0]:
                self.context.note("IMGDA-0437", place.path)
        if not answers:
            self._contrast_in_words(exam)
            if exam.states_contrast and _family(exam.modality.code) in _WITH_CONTRAST:
                self._other_contrast(exam.modality.code, details.concepts, request)
            return None, []
        contrast, place = answers[-1]
        asked = {id(place.value) for _, place in details.contrast()}
        concepts = [concept for concept in details.concepts if id(concept.value) not in asked]
        self._other_contrast(contrast.code, [exam.concept, *concepts] if exam.concept else concepts, request)
        modality, is_wished = exam.modality, contrast.code == "MED-1153"
        if modality.code == PET:
            return contrast, []
        if _family(modality.code) in _WITH_CONTRAST:
            if exam.states_contrast and _says_contrast(modality) is not is_wished:
                self.context.note("IMGDA-0443", place.path)
                return None, []
            if not exam.states_contrast and is_wished:
                with_it = code_of("modality", _WITH_CONTRAST[modality.code])
                exam.modality = replace(modality, code=with_it.code, system=with_it.system, display=with_it.display)
                return None, []
            if _says_contrast(modality) is is_wished:
                return None, []
        self.context.note("IMGDA-0412", request.at("orderDetail") if details.contrast() else place.path)
        return None, [contrast.display or contrast.code]

    def _other_contrast(self, code: str, concepts: list[Node], request: Node) -> None:
        """The words of the examination, of its details and of the notes that say another contrast than a code."""
        for node, name, text in (words for concept in concepts for words in words_of(concept)):
            if contrary_contrast(text, code) and not (name == "display" and self._states_contrast(node)):
                self.context.contradiction(node.at(name), text)
        for note in request.children("note"):
            text = note.peek("text")
            if isinstance(text, str) and wishes_other_contrast(text, code):
                self.context.contradiction(note.at("text"), text)

    def _states_contrast(self, coding: Node) -> bool:
        """Whether a coding states contrast itself; its display is compared with that already."""
        stated = meaning(coding, MODALITY, self.context.settings)
        is_of_family = stated is not None and stated.states_contrast and _family(stated.concept.code) in _WITH_CONTRAST
        return is_of_family or meaning(coding, CONTRAST, self.context.settings) is not None

    def _contrast_in_words(self, exam: Exam) -> None:
        """The words of the examination that say another contrast than the modality written, of which its code said nothing."""
        text = exam.modality.text
        if exam.concept and text and not exam.states_contrast and contrary_contrast(text, exam.modality.code):
            self.context.contradiction(exam.concept.at("text"), text)

    def _comments(self, request: Node) -> list[str]:
        """The untyped notes of a ServiceRequest; typed ones are justification and finality (docs/fhir.md, 1.4)."""
        found: Distinct[str] = Distinct()
        for note in request.children("note"):
            if _note_type(note) is None and (text := clean(note.text("text"))):
                found.append(text)
        return [*found, *self._conditions(request)]

    def _conditions(self, request: Node) -> Iterator[str]:
        """That the examination is wanted only if needed, and on what condition. FHIR: asNeeded[x]; R5 also asNeededFor."""
        on = [*request.children("asNeededCodeableConcept"), *request.children("asNeededFor")]
        told = [words for concept in on if not _states_a_fact(concept) and (words := self.context.words(concept))]
        needed = request.decides("asNeededBoolean") or request.decides("asNeeded")
        if told or needed:
            yield f"Si besoin : {' ; '.join(told)}" if told else "Si besoin"

    # --- functions ---------------------------------------------------------------------------------------------------

    def _functions(self, exam: Exam, details: Details, observations: list[Node]) -> tuple[Function, ...]:
        modality = exam.modality
        read = list(details.functions(modality.code))
        for code, coding in exam.functions:
            own = NUCLEAR.get(modality.code)
            if own and value_set(own).find(code.code, code.system):
                read.append(Function(concept=code))
            else:
                self.context.note("IMGDA-0409" if own else "IMGDA-0408", coding.path)
        if modality.code in NUCLEAR:
            for node in observations:
                concept = node.child("valueCodeableConcept")
                coded = self.context.coded(concept, NUCLEAR[modality.code])
                if coded and concept:
                    self.context.take_code(node.child("code") or node, "MED-1133", TA)
                    self.context.check_notes(node, True, names_of(NUCLEAR[modality.code], coded.code.code))
                    comments = [t for note in node.children("note") if (t := clean(note.text("text")))]
                    when = effective_time(self.context, node)
                    read.append(Function(concept=coded.code, comment="\n".join(comments) or None, date=when))
                else:
                    self.context.note("IMGDA-0409", node.at("valueCodeableConcept"))
        detailed = {function.concept for function in read if function.comment or function.date}
        return tuple(dict.fromkeys(f for f in read if f.comment or f.date or f.concept not in detailed))

    # --- sites -------------------------------------------------------------------------------------------------------

    def _split(self, act: Act, places: list[Place], request: Node) -> list[Act]:
        """One act for all unmodified sites and one modified site; one more for each further modified site (rule B16).

        The same site twice cannot stand in one entry either.
        """
        sites = [place.site for place in places]
        modified = [site for site in sites if site.modifiers]
        if len(modified) <= 1 and len({(p.code, p.text) for p in places}) == len(sites):
            return [replace(act, sites=tuple(sites))]
        plain = tuple(dict.fromkeys(site for site in sites if not site.modifiers))
        groups = ([plain] if plain else []) + [(site,) for site in modified]
        if len(groups) > 1:
            self.context.note("IMGDA-0422", request.at("bodySite"), count=str(len(groups)))
            self._words_of_one_side(act, request, modified)
        first, *others = [_without_contrary_words(replace(act, sites=tuple(group))) for group in groups]
        return [first, *(replace(other, entry_id=None) for other in others)]

    def _words_of_one_side(self, act: Act, request: Node, modified: list[Site]) -> None:
        """Report the words of an examination that name one side, where sites of both sides are asked for."""
        text = act.modality.text
        apart = [frozenset(code.code for code in site.modifiers) for site in modified]
        if text and any(names_other_side(text, stated) for stated in apart):
            self.context.contradiction(request.at("code.text"), text)

    # --- the rest ----------------------------------------------------------------------------------------------------

    def _ids(self, request: Node, shared: tuple[Identifier, ...]) -> tuple[Identifier, ...]:
        """The placer numbers of this act beside that of the request (docs/decisions.md, 14).

        *shared* is a placer number that stands for the whole request, where nothing else does.
        """
        found: Distinct[Identifier] = Distinct()
        for node in request.children("identifier"):
            if has_type(node, "PLAC") and (read := identifier(self.context, node, self.context.settings.oids.order, bare=True)):
                if read not in shared:
                    found.append(read)
        return tuple(found)

    def _entry_id(self, request: Node) -> Identifier | None:
        """The name of the entry of this act: a root alone, of type RI (resource identifier)."""
        for node in request.children("identifier"):
            if has_type(node, "RI") and node.peek("system") == "urn:ietf:rfc:3986":
                if (found := identifier(self.context, node, bare=True)) and found.extension is None:
                    return found
        return None

    def _deadline(self, request: Node) -> str | None:
        """occurrenceDateTime, occurrencePeriod.end, or the end of a Timing (docs/fhir.md, M17)."""
        if (when := moment(self.context, request, "occurrenceDateTime")) is not None:
            return when
        if span := request.child("occurrencePeriod"):
            return self._end_or_start(span)
        if timing := request.child("occurrenceTiming"):
            repeat = timing.child("repeat")
            bounds = repeat.child("boundsPeriod") if repeat else None
            if bounds:
                return self._end_or_start(bounds)
            events = timing.peek("event")
            if isinstance(events, list) and events and isinstance(events[-1], str):
                timing.ledger.mark(events, len(events) - 1)
                return iso(events[-1])
        return None

    def _end_or_start(self, node: Node) -> str | None:
        if end := moment(self.context, node, "end"):
            if is_inverted(iso(str(node.peek("start"))), iso(str(node.peek("end")))):
                self.context.note("IMGDA-0603", node.path)
            return end
        start = moment(self.context, node, "start")
        if start is not None:
            self.context.note("IMGDA-0607", node.at("start"))
        return start


def _states_a_fact(concept: Node) -> bool:
    """Whether a coding states a side, a contra-indication, a function or contrast, which no condition carries."""
    return any(is_critical(str(coding.peek("code")), coding.peek("system")) for coding in concept.children("coding"))


def _family(modality: str) -> str:
    """The code without contrast of radiography and ultrasound; any other modality itself."""
    return {with_it: without for without, with_it in _WITH_CONTRAST.items()}.get(modality, modality)


def _without_contrary_words(act: Act) -> Act:
    """An act without the words of its examination where they name the other side than its sites (docs/decisions.md, 38)."""
    text = act.modality.text
    stated = frozenset(code.code for site in act.sites for code in site.modifiers)
    if text and names_other_side(text, stated):
        return replace(act, modality=replace(act.modality, text=None))
    return act


def _says_contrast(modality: Code) -> bool:
    return modality.code in _WITH_CONTRAST.values()


def _note_type(note: Node) -> str | None:
    """The type of a note in the older ANS designs: finaliteExamen or justificationDemande."""
    for extension in note.children("extension"):
        if str(extension.peek("url")).endswith("/fr-note-type-extension"):
            return str(extension.peek("valueCode"))
    return None


def is_imaging(context: Context, request: Node) -> bool:
    """Whether a ServiceRequest asks for imaging: by its category, or by a code that gives a modality (docs/fhir.md, 2.4)."""
    known = [
        coding
        for category in request.children("category")
        for coding in category.children("coding")
        if _category_kinds(coding) is not None
    ]
    for coding in known:
        coding.understood()
    concept = codeable(request, "code")
    return bool(known or (concept and context.matches(concept, "modality", tables=("modality",))))


def _names_another_kind(text: str, kinds: tuple[str, ...]) -> bool:
    """Whether the label of a category names only modalities that the category does not go with."""
    named = modalities(text)
    return bool(named) and named.isdisjoint(kinds)


def _category_kinds(coding: Node) -> tuple[str, ...] | None:
    """The modalities that a category of imaging goes with; empty for any, None for no category of imaging."""
    uri, code = str(coding.peek("system")), str(coding.peek("code"))
    known = _imaging_categories()
    return known.get((uri, code), known.get((code_system_oid(uri) or uri, code)))


@cache
def _imaging_categories() -> Mapping[tuple[str, str], tuple[str, ...]]:
    found = ((row["system"], row["code"], row["states"]) for row in rows("codes/imaging-category"))
    return {(system, code): tuple(states.split("|")) if states else () for system, code, states in found}
