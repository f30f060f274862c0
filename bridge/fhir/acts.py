"""The acts of a request: modality, sites, functions, contrast, deadline.

Source: docs/fhir.md, 2.6 (M10 to M17); CI-SIS, IMG-DA-IMG 2024.01, section 3.4.2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache

from bridge.fhir.clinical import TA
from bridge.fhir.context import Context, clean, same_words
from bridge.fhir.datatypes import EFFECTIVE, effective_time, identifier, iso, moment
from bridge.fhir.view import Node, reads
from bridge.mappings import Concept, code_system_oid, rows, value_set
from bridge.order import Act, Code, EffectiveTime, Function, Identifier, Site

__all__ = ["Acts", "ReadAct", "codeable", "codeables", "is_imaging", "site_words"]

PET, SCINTIGRAPHY = "PT", "NM"
NUCLEAR = {PET: "pet-function", SCINTIGRAPHY: "scintigraphy-function"}
_WITH_CONTRAST = {"MED-1126": "MED-1127", "MED-1128": "MED-1129"}
_DICOM = "1.2.840.10008.2.16.4"
_RIGHT, _LEFT = "24028007", "7771000"
_POST_COORDINATED = re.compile(
    r"\s*(\d{6,18})\s*(?:\|[^|]*\|)?\s*:\s*272741003\s*(?:\|[^|]*\|)?\s*=\s*(\d{6,18})\s*(?:\|[^|]*\|)?\s*"
)
_QUESTIONS = ("Fonction étudiée", "Injection de produit de contraste")
"""Labels of the questions that an orderDetail of R5 may answer."""
_CONTRAST_QUESTIONS = ("Injection de produit de contraste", "Avec injection de produit de contraste", "Contrast", "With contrast")
"""Texts of a question on contrast that true or false answers."""
_SIDES_IN_WORDS = {"droit": _RIGHT, "droite": _RIGHT, "gauche": _LEFT, "bilatéral": "51440002", "bilatérale": "51440002"}


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

    location: Code
    modifiers: list[Code] = field(default_factory=list)
    path: str = ""


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
        modality, by_table = self.modality(request, details)
        read = self._functions(modality, details, functions)
        contrast = details.contrast()
        comment = "\n".join(self._comments(request)) or None
        if contrast and modality.code in _WITH_CONTRAST and contrast.code == "MED-1153" and by_table:
            concept = value_set("modality").by_code[_WITH_CONTRAST[modality.code]][0]
            modality = replace(modality, code=concept.code, system=concept.system, display=concept.display)
            contrast = None
        elif contrast and modality.code != PET:
            self.context.note("IMGDA-0412", request.at("orderDetail"))
            comment = "\n".join(text for text in (comment, contrast.display) if text)
            contrast = None
        if comment is None and modality.code in ("C63334", "OT") and modality.text:
            self.context.note("IMGDA-0432", request.at("code.text"))
            comment = modality.text
        places = self._places(request, details)
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

    # --- modality ----------------------------------------------------------------------------------------------------

    def modality(self, request: Node, details: _Details) -> tuple[Code, bool]:
        """The modality, and whether a table gave it: from the code, else from orderDetail or category."""
        concept = codeable(request, "code")
        found = self.context.coded(concept, "modality", tables=("modality",), translations=True, text=True)
        if found:
            return found.code, bool(found.code.translations)
        wording = clean(concept.peek("text")) if concept else None
        for other in [*details.concepts, *request.children("category")]:
            if coded := self.context.coded(other, "modality", tables=("modality",), translations=False):
                details.used(other)
                if concept:
                    concept.text("text")
                kept = self._exam_codes(concept)
                return replace(coded.code, text=wording, translations=kept), True
        self.context.note("IMGDA-0402", request.at("code"))
        return Code(code="", system="", display="", text=wording), False

    def _exam_codes(self, concept: Node | None) -> tuple:  # type: ignore[type-arg]
        codings = concept.children("coding") if concept else ()
        return tuple(kept for coding in codings if (kept := self.context._translation(coding)))

    def _comments(self, request: Node) -> list[str]:
        """The untyped notes of a ServiceRequest; typed ones are justification and finality (docs/fhir.md, 1.4)."""
        found = []
        for note in request.children("note"):
            if _note_type(note) is None and (text := clean(note.text("text"))) and text not in found:
                found.append(text)
        return found

    # --- functions ---------------------------------------------------------------------------------------------------

    def _functions(self, modality: Code, details: _Details, observations: list[Node]) -> tuple[Function, ...]:
        read = list(details.functions(modality.code))
        if modality.code in NUCLEAR:
            for node in observations:
                concept = node.child("valueCodeableConcept")
                coded = self.context.coded(concept, NUCLEAR[modality.code])
                if coded and concept:
                    self.context.take_code(node.child("code") or node, "MED-1133", TA)
                    comments = [t for note in node.children("note") if (t := clean(note.text("text")))]
                    when = effective_time(self.context, node)
                    read.append(Function(concept=coded.code, comment="\n".join(comments) or None, date=when))
                else:
                    self.context.note("IMGDA-0409", node.at("valueCodeableConcept"))
        return tuple(dict.fromkeys(read))

    # --- sites -------------------------------------------------------------------------------------------------------

    def _places(self, request: Node, details: _Details) -> list[_Place]:
        """Every site of a request with its modifiers; BodyStructures first, body sites merged into them."""
        context = self.context
        places: list[_Place] = []
        for structure in self._structures(request):
            places += self._structure(structure)
        for concept in request.children("bodySite"):
            self._body_site(concept, places)
        loose = details.modifiers()
        if loose:
            if len(places) == 1:
                context.note("IMGDA-0435", request.at("orderDetail"))
                places[0].modifiers += [code for code in loose if code not in places[0].modifiers]
            elif places:
                context.note("IMGDA-0436", request.at("orderDetail"))
        for place in places:
            codes = {code.code for code in place.modifiers}
            if {_RIGHT, _LEFT} <= codes:
                context.note("IMGDA-0440", place.path)
        return places

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

    def _structure(self, node: Node) -> list[_Place]:
        """R4: one location with qualifiers. R5: one place for each included structure."""
        included = node.children("includedStructure")
        if not included:
            return self._place(node, "location", ("locationQualifier",))
        return [place for part in included for place in self._place(part, "structure", ("laterality", "qualifier"))]

    def _place(self, node: Node, element: str, qualifiers: tuple[str, ...]) -> list[_Place]:
        place = self._location(node.child(element), node.at(element))
        if place is None:
            return []
        for name in qualifiers:
            for concept in node.children(name):
                self._modifier(concept, place)
        return [place]

    def _location(self, concept: Node | None, path: str) -> _Place | None:
        if concept is None:
            self.context.note("IMGDA-0403", path)
            return None
        place = self._post_coordinated(concept)
        if place is None:
            coded = self.context.coded(concept, "site", tables=("site",), translations=True, text=True)
            if coded is None:
                self.context.note("IMGDA-0404", concept.path)
                return None
            place = _Place(coded.code, path=concept.path)
            if coded.modifier:
                self._add_modifier(place, _code(value_set("topographic-modifier").by_code[coded.modifier][0]))
        self._modifiers_among_codings(concept, place)
        return place

    def _post_coordinated(self, concept: Node) -> _Place | None:
        """``<site>:272741003=<side>``, the SNOMED CT way to say a side in one code."""
        for coding in concept.children("coding"):
            code = coding.peek("code")
            if not isinstance(code, str) or ":" not in code:
                continue
            match = _POST_COORDINATED.fullmatch(code)
            site = match and value_set("site").unique(match[1])
            side = match and value_set("topographic-modifier").unique(match[2])
            if site and side:
                coding.carried()
                wording = clean(concept.text("text"))
                if wording and wording.casefold() == site.display.casefold():
                    wording = None
                return _Place(replace(_code(site), text=wording), [_code(side)], concept.path)
            self.context.note("IMGDA-0505", coding.at("code"))
        return None

    def _modifiers_among_codings(self, concept: Node, place: _Place) -> None:
        """Codings of the same body site that are modifiers (JDV 688), and sides in words where the settings say so."""
        moved = []
        for translation in place.location.translations:
            listed = value_set("topographic-modifier").find(translation.code, translation.system)
            row = self.context._translate(translation.code, translation.system, "", ("laterality",), concept, True)
            modifier = listed or (row[0] if row else None)
            if modifier:
                self._add_modifier(place, _code(modifier))
                moved.append(translation)
        rest = tuple(t for t in place.location.translations if t not in moved)
        place.location = replace(place.location, translations=rest)
        for coding in concept.children("coding"):
            if not place.modifiers and (found := self.context._match(coding, "topographic-modifier", ("laterality",))):
                self.context._read_coding(coding, found[0], compare=True)
                self._add_modifier(place, _code(found[0]))
        if self.context.settings.free_text_laterality and not place.modifiers and place.location.text:
            sides = {_SIDES_IN_WORDS[w] for w in re.findall(r"\w+", place.location.text.casefold()) if w in _SIDES_IN_WORDS}
            if len(sides) == 1:
                self._add_modifier(place, _code(value_set("topographic-modifier").by_code[sides.pop()][0]))

    def _modifier(self, concept: Node, place: _Place) -> None:
        coded = self.context.coded(concept, "topographic-modifier", tables=("laterality",))
        if coded:
            self._add_modifier(place, coded.code)
        else:
            self.context.note("IMGDA-0405", concept.path)

    def _add_modifier(self, place: _Place, code: Code) -> None:
        if code.code not in {known.code for known in place.modifiers}:
            place.modifiers.append(code)

    def _body_site(self, concept: Node, places: list[_Place]) -> None:
        """One bodySite: a further site, or the repetition of one that a BodyStructure gave."""
        if concept.extensions("bodySite") and not concept.children("coding"):
            return
        new = self._location(concept, concept.path)
        if new is None:
            return
        for known in places:
            same = (known.location.code, known.location.system) == (new.location.code, new.location.system)
            if same and (not new.modifiers or {m.code for m in new.modifiers} == {m.code for m in known.modifiers}):
                translations = (*known.location.translations, *new.location.translations)
                own = new.location.text
                if own == site_words(Site(location=known.location, modifiers=tuple(known.modifiers))):
                    own = None
                known.location = replace(
                    known.location,
                    text=known.location.text or own,
                    translations=tuple(dict.fromkeys(translations)),
                )
                return
        places.append(new)

    def _split(self, act: Act, places: list[_Place], request: Node) -> list[Act]:
        """One act for all unmodified sites and one modified site; one more for each further modified site (rule B16).

        The same site twice cannot stand in one entry either.
        """
        sites = [Site(location=p.location, modifiers=tuple(replace(m, text=None) for m in p.modifiers)) for p in places]
        modified = [site for site in sites if site.modifiers]
        if len(modified) <= 1 and len({(s.location.code, s.location.system) for s in sites}) == len(sites):
            return [replace(act, sites=tuple(sites))]
        plain = tuple(dict.fromkeys(site for site in sites if not site.modifiers))
        groups = ([plain] if plain else []) + [(site,) for site in modified]
        if len(groups) > 1:
            self.context.note("IMGDA-0422", request.at("bodySite"), count=str(len(groups)))
        first, *others = [replace(act, sites=tuple(group)) for group in groups]
        return [first, *(replace(other, entry_id=None) for other in others)]

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

    def _entry_id(self, request: Node) -> Identifier | None:
        """The name of the entry of this act: a root alone, of type RI (resource identifier)."""
        for node in request.children("identifier"):
            if has_type(node, "RI") and node.peek("system") == "urn:ietf:rfc:3986":
                if (found := identifier(self.context, node)) and found.extension is None:
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
            self._booleans.append((_code(value_set("contrast-injection").by_code[code][0]), answer))

    def _extension(self, extension: Node) -> None:
        for part in extension.extensions("value"):
            if value := part.child("valueCodeableConcept"):
                self.concepts.append(value)
        for part in extension.extensions("code"):
            if code := part.child("valueCodeableConcept"):
                self._context.take_code(code, "MED-1133", TA)
                for value in extension.extensions("value"):
                    self._boolean(code, value)

    def _time(self, concept: Node) -> EffectiveTime | None:
        """When an answer was given, where an extension of the concept says it."""
        return next((when for e in concept.extensions(EFFECTIVE) if (when := effective_time(self._context, e, "value"))), None)

    def used(self, concept: Node) -> None:
        """Note that a detail was understood."""
        self._used.add(id(concept.value))

    def functions(self, modality: str) -> Iterator[Function]:
        """The functions studied, by the value set of the modality; those of another modality are errors (B4, B5)."""
        for concept in self.concepts:
            own = NUCLEAR.get(modality)
            if own and (coded := self._context.coded(concept, own)):
                self.used(concept)
                yield Function(concept=coded.code, comment=self._comment(concept, coded.code), date=self._time(concept))
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

    def contrast(self) -> Code | None:
        """The answer on contrast injection; two different ones are an error."""
        answers = list(self._booleans)
        for concept in self.concepts:
            if coded := self._context.coded(concept, "contrast-injection"):
                self.used(concept)
                answers.append((coded.code, concept))
        for code, place in answers:
            if code != answers[0][0]:
                self._context.note("IMGDA-0437", place.path)
        return answers[-1][0] if answers else None

    def modifiers(self) -> list[Code]:
        """Topographic modifiers given for the act as a whole."""
        found = []
        for concept in self.concepts:
            if id(concept.value) not in self._used and (
                coded := self._context.coded(concept, "topographic-modifier", tables=("laterality",))
            ):
                self.used(concept)
                found.append(coded.code)
        return found


def site_words(site: Site) -> str:
    """A site and its modifiers in words, for people; a text that only says this is no wording of the sender."""
    return " ".join(code.display or code.code for code in (site.location, *site.modifiers))


def _code(concept: Concept) -> Code:
    return Code(code=concept.code, system=concept.system, display=concept.display)


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
    known = _imaging_categories()
    for category in request.children("category"):
        for coding in category.children("coding"):
            uri, code = str(coding.peek("system")), str(coding.peek("code"))
            if (uri, code) in known or (code_system_oid(uri) or uri, code) in known:
                coding.understood()
                return True
    concept = codeable(request, "code")
    return bool(concept and context.matches(concept, "modality", tables=("modality",)))


@cache
def _imaging_categories() -> frozenset[tuple[str, str]]:
    return frozenset((row["system"], row["code"]) for row in rows("codes/imaging-category"))
