"""The acts of a request: modality, sites, functions, contrast, deadline.

Source: docs/fhir.md, 2.6 (M10 to M17); CI-SIS, IMG-DA-IMG 2024.01, section 3.4.2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache

from bridge.fhir.clinical import TA
from bridge.fhir.coding import (
    CONTRAINDICATION,
    CONTRAST,
    MODALITY,
    MODIFIER,
    PET_FUNCTION,
    SCINTIGRAPHY_FUNCTION,
    SITE,
    is_hybrid,
    meaning,
)
from bridge.fhir.context import Coded, Context, Stray, clean, code_of, one_line, same_words
from bridge.fhir.datatypes import identifier, iso, moment
from bridge.fhir.view import Node, reads
from bridge.fhir.wording import BOTH, LEFT, RIGHT, contrary_sides, is_contrary, label_sides, sides, sides_of_site
from bridge.mappings import code_system_oid, contains, rows, value_set
from bridge.order import Act, Code, Function, Identifier, Site, Translation

__all__ = ["Acts", "ReadAct", "codeable", "codeables", "is_imaging", "site_words"]

PET, SCINTIGRAPHY = "PT", "NM"
NUCLEAR = {PET: "pet-function", SCINTIGRAPHY: "scintigraphy-function"}
_WITH_CONTRAST = {"MED-1126": "MED-1127", "MED-1128": "MED-1129"}
_BESIDE_MODALITY = (CONTRAST, PET_FUNCTION, SCINTIGRAPHY_FUNCTION, SITE, MODIFIER, CONTRAINDICATION)
"""What else a coding of ``code`` may state."""
_BESIDE_SITE = (MODIFIER, MODALITY, CONTRAST, PET_FUNCTION, SCINTIGRAPHY_FUNCTION, CONTRAINDICATION)
"""What else a coding of ``bodySite`` may state."""
_QUESTIONS = ("Fonction étudiée", "Injection de produit de contraste")
"""Labels of the questions that an orderDetail of R5 may answer."""
_CONTRAST_QUESTIONS = ("Injection de produit de contraste", "Avec injection de produit de contraste", "Contrast", "With contrast")
"""Texts of a question on contrast that true or false answers."""


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
class _Place:
    """A site while it is being read."""

    location: Code | None
    modifiers: list[Code] = field(default_factory=list)
    path: str = ""
    text: str | None = None
    """The site in words, where no code says it."""
    concepts: list[Node] = field(default_factory=list)
    """The CodeableConcepts that give it: their words are compared with its modifiers."""

    @property
    def code(self) -> str:
        """The code of the site; empty where it stands in words."""
        return self.location.code if self.location else ""

    @property
    def label_sides(self) -> frozenset[str]:
        """The sides in the label of the site itself: "oreillette droite"."""
        return label_sides((self.location.display or "") if self.location else "")

    @property
    def site(self) -> Site:
        """The site of the order."""
        modifiers = tuple(replace(code, text=None) for code in self.modifiers)
        return Site(location=self.location, text=None if self.location else self.text, modifiers=modifiers)


@dataclass(slots=True)
class _Exam:
    """The modality while it is being read, and what else the codings of ``code`` and ``bodySite`` state."""

    modality: Code
    states_contrast: bool = True
    concept: Node | None = None
    """The CodeableConcept of the examination."""
    strays: list[Stray] = field(default_factory=list)
    contrast: list[tuple[Code, Node]] = field(default_factory=list)
    functions: list[tuple[Code, Node]] = field(default_factory=list)
    modifiers: list[tuple[Code, Node]] = field(default_factory=list)


@dataclass(slots=True)
class Acts:
    """Reads ServiceRequests as acts."""

    context: Context

    @reads("acts")
    def read(self, request: Node, functions: list[Node], shared_ids: tuple[Identifier, ...]) -> ReadAct:
        """One ServiceRequest; *functions* are Observations MED-1133, *shared_ids* the numbers of the whole request.

        A missing modality is reported and stands as an empty code, which no document ever carries.
        """
        details = _Details(self.context, request)
        exam = self.examination(request, details)
        places = self._places(request, exam)
        self._take_strays(exam, places)
        self._other_modalities(exam, request, details)
        self._place_modifiers(exam, details, places)
        for place in places:
            self._side_in_words(place)
        read = self._functions(exam, details, functions)
        contrast, in_words = self._contrast(exam, request, details)
        comment = "\n".join([*self._comments(request), *in_words]) or None
        modality = exam.modality
        if comment is None and modality.code in ("C63334", "OT") and modality.text:
            self.context.note("IMGDA-0432", request.at("code.text"))
            comment = modality.text
        self._words_of_exam(exam, places)
        act = Act(
            modality=modality,
            sites=(),
            ids=self._ids(request, shared_ids),
            comment=comment,
            contrast=contrast,
            functions=read,
            wanted_by=self._deadline(request),
        )
        return ReadAct(self._split(act, places, request), request.path)

    # --- modality and contrast ---------------------------------------------------------------------------------------

    def examination(self, request: Node, details: _Details) -> _Exam:
        """The modality from the code, else from orderDetail or category, and whatever else the codings of the code state."""
        concept = codeable(request, "code")
        found = self.context.coded(
            concept, "modality", tables=("modality",), translations=True, text=True, beside=_BESIDE_MODALITY
        )
        if found:
            return _Exam(found.code, found.states_contrast, concept, list(found.strays))
        strays = self.context.strays(concept.children("coding"), _BESIDE_MODALITY) if concept else []
        for other in [*details.concepts, *request.children("category")]:
            if coded := self.context.coded(other, "modality", tables=("modality",)):
                details.used(other)
                return _Exam(self._without_code(coded, concept, strays), coded.states_contrast, concept, strays)
        self.context.note("IMGDA-0402", request.at("code"))
        wording = clean(concept.peek("text")) if concept else None
        return _Exam(Code(code="", system="", display="", text=wording), True, concept, strays)

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
        return replace(coded.code, text=text, translations=_sorted(kept))

    def _take_strays(self, exam: _Exam, places: list[_Place]) -> None:
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
                self._same_site(stray, exam, places)

    def _other_modalities(self, exam: _Exam, request: Node, details: _Details) -> None:
        """The modalities of orderDetail and category: the same, or the hybrid examination; another one is an error."""
        for concept in details.concepts:
            strays = [] if details.is_used(concept) else self.context.strays(concept.children("coding"), (MODALITY,))
            for stray in strays:
                details.used(concept)
                self._same_modality(exam, stray)
        for category in request.children("category"):
            for coding in category.children("coding"):
                self._category(exam, coding)

    def _same_modality(self, exam: _Exam, stray: Stray) -> None:
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
        elif own.code != code.code:
            self.context.note("IMGDA-0443", stray.coding.path)
        exam.states_contrast |= other.states_contrast and _family(code.code) == _family(own.code)

    def _keep_beside(self, exam: _Exam, stray: Stray) -> None:
        """Keep the other half of the hybrid examination as a translation, and say so."""
        self.context.note("IMGDA-0448", stray.coding.path)
        if kept := self.context.kept(stray.coding):
            exam.modality = replace(exam.modality, translations=_sorted({*exam.modality.translations, kept}))

    def _category(self, exam: _Exam, coding: Node) -> None:
        """A category of imaging: understood, unless it says another kind of examination than the code (docs/decisions.md, 23)."""
        kinds = _category_kinds(coding)
        if kinds is None:
            return
        coding.understood()
        code = exam.modality.code
        if kinds and code and code not in (*kinds, "C63334", "OT") and not any(is_hybrid(code, kind) for kind in kinds):
            self.context.note("IMGDA-0443", coding.path)

    def _contrast(self, exam: _Exam, request: Node, details: _Details) -> tuple[Code | None, list[str]]:
        """The answer on contrast where the model has a place for it; else what it adds to the comment."""
        answers = [*exam.contrast, *details.contrast()]
        for code, place in answers:
            if code != answers[0][0]:
                self.context.note("IMGDA-0437", place.path)
        if not answers:
            return None, []
        contrast, place = answers[-1]
        modality = exam.modality
        if modality.code == PET:
            return contrast, []
        if _family(modality.code) in _WITH_CONTRAST:
            if exam.states_contrast and exam.contrast and _says_contrast(modality) is not (contrast.code == "MED-1153"):
                self.context.note("IMGDA-0443", exam.contrast[0][1].path)
            if not exam.states_contrast and contrast.code == "MED-1153":
                with_it = code_of("modality", _WITH_CONTRAST[modality.code])
                exam.modality = replace(modality, code=with_it.code, system=with_it.system, display=with_it.display)
                return None, []
            if _says_contrast(modality) is (contrast.code == "MED-1153"):
                return None, []
        self.context.note("IMGDA-0412", request.at("orderDetail") if details.contrast() else place.path)
        return None, [contrast.display or contrast.code]

    def _comments(self, request: Node) -> list[str]:
        """The untyped notes of a ServiceRequest; typed ones are justification and finality (docs/fhir.md, 1.4)."""
        found = []
        for note in request.children("note"):
            if _note_type(note) is None and (text := clean(note.text("text"))) and text not in found:
                found.append(text)
        return found

    # --- functions ---------------------------------------------------------------------------------------------------

    def _functions(self, exam: _Exam, details: _Details, observations: list[Node]) -> tuple[Function, ...]:
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
                    comments = [t for note in node.children("note") if (t := clean(note.text("text")))]
                    read.append(Function(concept=coded.code, comment="\n".join(comments) or None))
                else:
                    self.context.note("IMGDA-0409", node.at("valueCodeableConcept"))
        commented = {function.concept for function in read if function.comment}
        return tuple(dict.fromkeys(f for f in read if f.comment or f.concept not in commented))

    # --- sites -------------------------------------------------------------------------------------------------------

    def _places(self, request: Node, exam: _Exam) -> list[_Place]:
        """Every site of a request with its modifiers; BodyStructures first, body sites merged into them."""
        places: list[_Place] = []
        for structure in self._structures(request):
            places += self._structure(structure, exam)
        for concept in request.children("bodySite"):
            self._body_site(concept, places, exam)
        return places

    def _place_modifiers(self, exam: _Exam, details: _Details, places: list[_Place]) -> None:
        """Put the modifiers given for the act as a whole on its only site; then look for contrary sides."""
        loose = [*exam.modifiers, *details.modifiers()]
        new = [(code, node) for code, node in loose if not _is_said(places, code)]
        if new and len(places) == 1:
            self.context.note("IMGDA-0435", new[0][1].path)
            for code, node in new:
                self._put(places[0], code, node)
        elif new and places:
            self.context.note("IMGDA-0436", new[0][1].path)

    def _put(self, place: _Place, code: Code, node: Node) -> None:
        """Add a modifier to a site; a side contrary to one that it has is an error at the coding that says it."""
        if _is_contrary_side(code.code, {known.code for known in place.modifiers}):
            self.context.note("IMGDA-0440", node.path)
        self._add_modifier(place, code)

    def _same_site(self, stray: Stray, exam: _Exam, places: list[_Place]) -> None:
        """A site stated by the code of the examination: it adds nothing to a site that it is, or contains."""
        code, modifiers = self.context.take_stray(stray), stray.meaning.modifiers
        if not places:
            self.context.note("IMGDA-0449", stray.coding.path)
            places.append(_Place(code, path=stray.coding.path))
        near = [place for place in places if contains("site", code.code, place.code)]
        finer = [place for place in places if contains("site", place.code, code.code)]
        if not near and len(finer) == 1 and (known := finer[0].location):
            finer[0].location = replace(code, text=known.text, translations=known.translations)
            near = finer
        elif not near:
            self.context.note("IMGDA-0443", stray.coding.path)
        for modifier in (code_of(MODIFIER.name, code) for code in modifiers):
            if len(near) == 1:
                self._put(near[0], modifier, stray.coding)
            else:
                exam.modifiers.append((modifier, stray.coding))

    def _structures(self, request: Node) -> Iterator[Node]:
        references = [e.child("valueReference") for e in request.extensions("procedure-targetBodyStructure")]
        references += request.children("bodyStructure")
        for concept in request.children("bodySite"):
            references += [e.child("valueReference") for e in concept.extensions("bodySite")]
        for reference in references:
            if reference is None:
                continue
            found = self.context.index.find(reference)
            if found is None:
                self.context.note("IMGDA-0204", reference.at("reference"))
            elif found.type_name != "BodyStructure":
                self.context.note("IMGDA-0205", reference.at("reference"), expected="BodyStructure")
            elif not self.context.is_foreign(found):
                yield found

    def _structure(self, node: Node, exam: _Exam) -> list[_Place]:
        """R4: one location with qualifiers. R5: one place for each included structure."""
        included = node.children("includedStructure")
        if not included:
            return self._place(node, "location", ("locationQualifier",), exam)
        return [place for part in included for place in self._place(part, "structure", ("laterality", "qualifier"), exam)]

    def _place(self, node: Node, element: str, qualifiers: tuple[str, ...], exam: _Exam) -> list[_Place]:
        further = [concept for name in qualifiers for concept in node.children(name)]
        place = self._location(node.child(element), node.at(element), exam, further)
        return [place] if place else []

    def _location(self, concept: Node | None, path: str, exam: _Exam, further: list[Node]) -> _Place | None:
        """A site with its modifiers: those that its codings state, then those of the *further* concepts."""
        if concept is None:
            self.context.note("IMGDA-0403", path)
            return None
        coded = self.context.coded(concept, "site", tables=("site",), translations=True, text=True, beside=_BESIDE_SITE)
        self._look_for_expressions(concept)
        if coded:
            place, strays = _Place(coded.code, list(coded.modifiers), concept.path, concepts=[concept]), list(coded.strays)
        else:
            strays = self.context.strays(concept.children("coding"), _BESIDE_SITE)
            place = self._in_words(concept, strays)
        for stray in sorted((s for s in strays if s.datum == MODIFIER), key=_modifier_order):
            self._put(place, self.context.take_stray(stray), stray.coding)
        exam.strays += [stray for stray in strays if stray.datum != MODIFIER]
        for other in further:
            self._modifier(other, place)
        return place

    def _in_words(self, concept: Node, strays: list[Stray]) -> _Place:
        """A site that no code says: an error, unless the settings allow a site in words (docs/decisions.md, 45)."""
        aside = {id(stray.coding.value) for stray in strays}
        codings = [coding for coding in concept.children("coding") if id(coding.value) not in aside]
        text = clean(concept.text("text")) or self.context.in_words(codings) or _codes(codings)
        if text and self.context.settings.missing.site == "null":
            self.context.note("IMGDA-0434", concept.path, item="site", written="OTH")
            for coding in codings:
                coding.give_up("IMGDA-0908", "technical", written="text")
        else:
            self.context.note("IMGDA-0404", concept.path)
        return _Place(None, path=concept.path, text=text or self.context.settings.texts.not_stated, concepts=[concept])

    def _look_for_expressions(self, concept: Node) -> None:
        """Report SNOMED CT expressions that are not of the one form that is read."""
        for coding in concept.children("coding"):
            code, uri = coding.peek("code"), coding.peek("system")
            is_snomed = uri is None or code_system_oid(str(uri)) == "2.16.840.1.113883.6.96"
            if isinstance(code, str) and ":" in code and is_snomed and meaning(coding, SITE, self.context.settings) is None:
                self.context.note("IMGDA-0505", coding.at("code"))

    def _modifier(self, concept: Node, place: _Place) -> None:
        strays = self.context.strays(concept.children("coding"), (MODIFIER,))
        if not strays:
            self.context.note("IMGDA-0405", concept.path)
            return
        for stray in sorted(strays, key=_modifier_order):
            self._put(place, self.context.take_stray(stray), stray.coding)
        self._words_of_modifier(concept, place)

    # --- words -------------------------------------------------------------------------------------------------------

    def _side_in_words(self, place: _Place) -> None:
        """A side that the words of a site name and none of its codes states: a critical loss, or read where the settings say so.

        Source: docs/decisions.md, 24.
        """
        stated = frozenset(code.code for code in place.modifiers) | place.label_sides
        named = [words for concept in place.concepts for words in _words_of(concept) if sides(words[2])]
        if stated & {RIGHT, LEFT, BOTH}:
            for node, name, text in named:
                if contrary_sides(sides(text), stated) and not self._states_side(node):
                    self.context.contradiction(node.at(name), text)
            return
        found = frozenset(side for _, _, text in named for side in sides(text))
        if self.context.settings.free_text_laterality and len(found) == 1:
            self._add_modifier(place, code_of(MODIFIER.name, next(iter(found))))
            return
        for node, name, _ in named:
            node.lose(name, "IMGDA-0446", "critical")

    def _states_side(self, coding: Node) -> bool:
        """Whether a coding states a side itself; its display is compared with that already."""
        own = meaning(coding, SITE, self.context.settings)
        return bool(own and own.modifiers) or meaning(coding, MODIFIER, self.context.settings) is not None

    def _words_of_modifier(self, concept: Node, place: _Place) -> None:
        """The text of a qualifier that names the other side."""
        text, stated = clean(concept.peek("text")), frozenset(code.code for code in place.modifiers)
        if text and contrary_sides(sides(text), stated):
            self.context.contradiction(concept.at("text"), text)
        if text and ((sides(text) and sides(text) <= stated) or any(same_words(text, m.display or "") for m in place.modifiers)):
            concept.decide("text")

    def _words_of_exam(self, exam: _Exam, places: list[_Place]) -> None:
        """The sides that the words of the examination name, against those of its sites (docs/decisions.md, 24 and 25)."""
        if exam.concept is None or not places:
            return
        stated = frozenset(code.code for place in places for code in place.modifiers)
        stated |= frozenset(side for place in places for side in place.label_sides)
        stated &= {RIGHT, LEFT, BOTH}
        for node, name, text in _words_of(exam.concept):
            if stated and contrary_sides(sides(text), stated):
                self.context.contradiction(node.at(name), text)
            elif not stated and (sides_of_site(text) or (name == "display" and sides(text))):
                node.lose(name, "IMGDA-0446", "critical")
            elif not stated and sides(text):
                self.context.note("IMGDA-0447", node.at(name), value=text)

    def _add_modifier(self, place: _Place, code: Code) -> None:
        if code.code not in {known.code for known in place.modifiers}:
            place.modifiers.append(code)

    def _body_site(self, concept: Node, places: list[_Place], exam: _Exam) -> None:
        """One bodySite: a further site, or the repetition of one that a BodyStructure gave."""
        if concept.extensions("bodySite") and not concept.children("coding"):
            return
        new = self._location(concept, concept.path, exam, [])
        if new is None:
            return
        known = self._repeated(new, places)
        if known is None:
            places.append(new)
            return
        known.concepts += new.concepts
        if known.location is None or new.location is None:
            return
        own = new.location.text if new.location.text != site_words(known.site) else None
        translations = _sorted({*known.location.translations, *new.location.translations})
        known.location = replace(known.location, text=known.location.text or own, translations=translations)

    def _repeated(self, new: _Place, places: list[_Place]) -> _Place | None:
        """The site that a further one repeats, rather one whose side its words do not contradict."""
        named = frozenset(side for concept in new.concepts for _, _, text in _words_of(concept) for side in sides(text))
        own = {code.code for code in new.modifiers}
        found = []
        for known in places:
            codes = {code.code for code in known.modifiers}
            if (known.code, known.text) == (new.code, new.text) and (not own or own == codes):
                found.append((contrary_sides(named, frozenset(codes)), known))
        return min(found, key=lambda pair: pair[0])[1] if found else None

    def _split(self, act: Act, places: list[_Place], request: Node) -> list[Act]:
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
        return [replace(act, sites=tuple(group)) for group in groups]

    # --- the rest ----------------------------------------------------------------------------------------------------

    def _ids(self, request: Node, shared: tuple[Identifier, ...]) -> tuple[Identifier, ...]:
        """The placer numbers of this act beside that of the request (docs/decisions.md, 14).

        *shared* is a placer number that stands for the whole request, where nothing else does.
        """
        found = []
        for node in request.children("identifier"):
            if has_type(node, "PLAC") and (read := identifier(self.context, node, self.context.settings.oids.order)):
                if read not in shared and read not in found:
                    found.append(read)
        return tuple(found)

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

    def _end_or_start(self, span: Node) -> str | None:
        end = moment(self.context, span, "end")
        if end is not None:
            return end
        start = moment(self.context, span, "start")
        if start is not None:
            self.context.note("IMGDA-0607", span.at("start"))
        return start


class _Details:
    """The orderDetail of one request, in any version of FHIR: functions, contrast, modifiers.

    ``MED-1133`` is both the question "fonction étudiée" and the answer "FDG oncologie": as an orderDetail or a parameter's value
    it is an answer, as a parameter's code a question.
    """

    def __init__(self, context: Context, request: Node) -> None:
        self._context = context
        self._request = request
        self._used: set[int] = set()
        self.concepts: list[Node] = []
        self._comments: dict[int, Node] = {}
        """The parameter that holds the comment, by ``id()`` of the concept that it comments."""
        self._answers: list[tuple[Code, Node]] | None = None
        self._booleans: list[tuple[Code, Node]] = []
        """Answers on contrast that are true or false, and where they stand."""
        for detail in request.children("orderDetail"):
            if "parameter" in detail:
                self._parameters(detail.children("parameter"))
            elif detail.children("coding") or "text" in detail:
                self.concepts.append(detail)
            for extension in detail.extensions("extension-ServiceRequest.orderDetail.parameter"):
                self._extension(extension)
        for extension in request.extensions("extension-ServiceRequest.orderDetail.parameter"):
            self._extension(extension)

    def _parameters(self, parameters: list[Node]) -> None:
        last: Node | None = None
        for parameter in parameters:
            value = parameter.child("valueCodeableConcept")
            if value:
                code = parameter.child("code")
                if code and self._context.has_code(code, "MED-1133", TA):
                    self._context.take_code(code, "MED-1133", TA)
                if code:
                    self._question(code)
                self.concepts.append(value)
                last = value
            elif "valueString" in parameter and last is not None:
                if code := parameter.child("code"):
                    self._question(code)
                self._comments[id(last.value)] = parameter
            elif code := parameter.child("code"):
                self._boolean(code, parameter)

    def _question(self, code: Node) -> None:
        """The codes of contrast, as the question, add nothing to a coded answer; any other stays unread and so is a loss."""
        for coding in code.children("coding"):
            if code_system_oid(str(coding.peek("system"))) == TA and coding.peek("code") in ("MED-1133", "MED-1153", "MED-1154"):
                coding.understood()
        if any(same_words(str(code.peek("text")), label) for label in _QUESTIONS):
            code.decide("text")

    def _boolean(self, question: Node, answer: Node) -> None:
        """Keep a ``valueBoolean`` if the question is whether contrast is injected; any other stays unread and so is a loss."""
        if not isinstance(answer.peek("valueBoolean"), bool):
            return
        in_words = any(same_words(str(question.peek("text")), label) for label in _CONTRAST_QUESTIONS)
        if in_words or self._context.has_code(question, "MED-1153", TA):
            self._context.take_code(question, "MED-1153", TA)
            if in_words:
                question.decide("text")
            code = "MED-1153" if answer.flag("valueBoolean") else "MED-1154"
            self._booleans.append((code_of("contrast-injection", code), answer))

    def _extension(self, extension: Node) -> None:
        for part in extension.extensions("value"):
            if value := part.child("valueCodeableConcept"):
                self.concepts.append(value)
        for part in extension.extensions("code"):
            if code := part.child("valueCodeableConcept"):
                self._context.take_code(code, "MED-1133", TA)
                for value in extension.extensions("value"):
                    self._boolean(code, value)

    def used(self, concept: Node) -> None:
        """Note that a detail was understood."""
        self._used.add(id(concept.value))

    def functions(self, modality: str) -> Iterator[Function]:
        """The functions studied, by the value set of the modality; those of another modality are errors (B4, B5)."""
        for concept in self.concepts:
            own = NUCLEAR.get(modality)
            if own and (coded := self._context.coded(concept, own)):
                self.used(concept)
                yield Function(concept=coded.code, comment=self._comment(concept, coded.code))
            elif id(concept.value) not in self._used and any(self._context.matches(concept, s) for s in NUCLEAR.values()):
                self.used(concept)
                self._context.note("IMGDA-0409" if own else "IMGDA-0408", concept.path)

    def _comment(self, concept: Node, code: Code) -> str | None:
        """The text beside a function: always its comment for "Autre", else where it differs from the labels."""
        parts = [clean(concept.text("text"))]
        if parameter := self._comments.get(id(concept.value)):
            parts.append(clean(parameter.text("valueString")))
        shown = {(code.display or "").casefold()}
        shown |= {str(c.peek("display")).strip().casefold() for c in concept.children("coding")}
        kept = [text for text in parts if text and (code.code.startswith("GEN-092") or text.casefold() not in shown)]
        return "\n".join(dict.fromkeys(kept)) or None

    def is_used(self, concept: Node) -> bool:
        """Whether a detail was understood."""
        return id(concept.value) in self._used

    def contrast(self) -> list[tuple[Code, Node]]:
        """The answers on contrast injection, and where they stand."""
        if self._answers is None:
            self._answers = list(self._booleans)
            for concept in self.concepts:
                if coded := self._context.coded(concept, "contrast-injection"):
                    self.used(concept)
                    self._answers.append((coded.code, concept))
        return self._answers

    def modifiers(self) -> list[tuple[Code, Node]]:
        """Topographic modifiers given for the act as a whole, and where they stand."""
        found = []
        for concept in self.concepts:
            for stray in sorted(self._context.strays(concept.children("coding"), (MODIFIER,)), key=_modifier_order):
                self.used(concept)
                found.append((self._context.take_stray(stray), stray.coding))
        return found


def site_words(site: Site) -> str:
    """A site and its modifiers in words, for people; a text that only says this is no wording of the sender."""
    where = (site.location.display or site.location.code) if site.location else site.text or ""
    return " ".join([where, *(code.display or code.code for code in site.modifiers)])


def _sorted(translations: set[Translation]) -> tuple[Translation, ...]:
    """Translations in an order of their own."""
    return tuple(sorted(translations, key=lambda t: (t.system, t.code, t.display or "")))


def _family(modality: str) -> str:
    """The code without contrast of radiography and ultrasound; any other modality itself."""
    return {with_it: without for without, with_it in _WITH_CONTRAST.items()}.get(modality, modality)


def _says_contrast(modality: Code) -> bool:
    return modality.code in _WITH_CONTRAST.values()


def _modifier_order(stray: Stray) -> tuple[bool, str]:
    """The sides first, then the others by code."""
    code = stray.meaning.concept.code
    return code not in (RIGHT, LEFT, BOTH), code


def _is_contrary_side(code: str, known: set[str]) -> bool:
    """Whether a side cannot stand beside those that a site has."""
    own = {RIGHT, LEFT, BOTH}
    return code in own and bool((known & own) - {code})


def _is_said(places: list[_Place], code: Code) -> bool:
    """Whether every site has a modifier already; both sides, whether one has each."""
    sets = [{known.code for known in place.modifiers} for place in places]
    return all(code.code in known for known in sets) or (code.code == BOTH and {RIGHT, LEFT} <= set().union(*sets))


def _codes(codings: list[Node]) -> str | None:
    """Codes without a label, in words."""
    return " ; ".join(sorted(f"[{code}]" for coding in codings if (code := coding.peek("code")))) or None


def _words_of(concept: Node) -> list[tuple[Node, str, str]]:
    """The words of a concept, and where they stand: its text, and the displays of its codings."""
    found = [(coding, "display", text) for coding in concept.children("coding") if (text := one_line(coding.peek("display")))]
    text = concept.peek("text")
    return [*found, (concept, "text", text)] if isinstance(text, str) else found


def _note_type(note: Node) -> str | None:
    """The type of a note in the older ANS designs: finaliteExamen or justificationDemande."""
    for extension in note.children("extension"):
        if str(extension.peek("url")).endswith("/fr-note-type-extension"):
            return str(extension.peek("valueCode"))
    return None


def has_type(node: Node, code: str) -> bool:
    """Whether an Identifier has a type code (v2-0203)."""
    kind = node.child("type")
    return kind is not None and any(coding.peek("code") == code for coding in kind.children("coding"))


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


def _category_kinds(coding: Node) -> tuple[str, ...] | None:
    """The modalities that a category of imaging goes with; empty for any, None for no category of imaging."""
    uri, code = str(coding.peek("system")), str(coding.peek("code"))
    known = _imaging_categories()
    return known.get((uri, code), known.get((code_system_oid(uri) or uri, code)))


@cache
def _imaging_categories() -> Mapping[tuple[str, str], tuple[str, ...]]:
    found = ((row["system"], row["code"], row["states"]) for row in rows("codes/imaging-category"))
    return {(system, code): tuple(states.split("|")) if states else () for system, code, states in found}
