"""The sites of an act: body sites and body structures, their sides and other modifiers, and the words beside them.

Source: docs/fhir.md, M13 and M14; docs/decisions.md, 23 to 25 and 45.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache

from bridge.fhir.ledger.node import Node
from bridge.fhir.read.coding import (
    FACTS,
    MODALITY,
    MODIFIER,
    SITE,
    is_contrary_side,
    meaning,
)
from bridge.fhir.read.concepts import Context, Stray, code_of
from bridge.fhir.read.texts import clean, one_line, plain_text
from bridge.order import Code, Site, Translation
from bridge.tables.codes import code_system_oid, contains, related, table
from bridge.wording.examinations import contrary_site
from bridge.wording.sides import BOTH, LEFT, RIGHT, contrary_sides, label_sides, names_other_side, sides, sides_of_site
from bridge.wording.spelling import same_order, same_words

__all__ = ["Exam", "Place", "Sites", "modifier_order", "site_words", "sorted_translations", "words_of"]

_SIDES = frozenset({RIGHT, LEFT, BOTH})
_BESIDE_SITE = (MODIFIER, MODALITY, *FACTS)
"""What else a coding of ``bodySite`` may state."""

"""unilatéral(e), of JDV_ModificateurTopographique."""


@dataclass(slots=True)
class Place:
    """A site while it is being read."""

    location: Code | None
    modifiers: list[Code] = field(default_factory=list)
    path: str = ""
    text: str | None = None
    """The site in words, where no code says it."""
    concepts: list[Node] = field(default_factory=list)
    """The CodeableConcepts that give it: their words are compared with its modifiers."""
    translations: set[Translation] = field(default_factory=set)
    """The translations of its repetitions."""
    wordings: set[str] = field(default_factory=set)
    """The wordings of its repetitions."""
    sides_in_words: set[str] = field(default_factory=set)
    """The sides that its words name."""

    def __post_init__(self) -> None:
        words = [text for concept in self.concepts for _, _, text in words_of(concept)]
        self.sides_in_words.update(side for text in words for side in sides(text))

    def keep_repetitions(self) -> None:
        """Keep the translations and the wordings of its repetitions beside its own."""
        if self.location is not None and (self.translations or self.wordings):
            kept = sorted_translations({*self.location.translations, *self.translations})
            self.location = replace(self.location, translations=kept, text=self._wording(self.location.text))

    def _wording(self, own: str | None) -> str | None:
        """Every wording of the site but those that stand in another one."""
        texts = {text.casefold(): text for text in sorted({*self.wordings, *([own] if own else [])})}
        said = [text for bare, text in texts.items() if not any(bare != other and bare in other for other in texts)]
        return " ; ".join(sorted(said, key=same_order)) or None

    @property
    def code(self) -> str:
        """The code of the site; empty where it stands in words."""
        return self.location.code if self.location else ""

    @property
    def label_sides(self) -> frozenset[str]:
        """The sides in the label of the site itself: "oreillette droite"."""
        return label_sides((self.location.display or "") if self.location else "")

    @property
    def sides(self) -> frozenset[str]:
        """The sides that its codes state."""
        return _SIDES.intersection(code.code for code in self.modifiers) | self.label_sides

    def repeats(self, known: Place) -> bool:
        """Whether this site is that one said again: the same modifiers, or none, and no words that name another side than it."""
        own, codes = ({code.code for code in place.modifiers} for place in (self, known))
        if own and own != codes:
            return False
        if own == codes and self.sides_in_words == known.sides_in_words:
            return True
        stated = known.sides or frozenset(known.sides_in_words)
        return not contrary_sides(frozenset(self.sides_in_words), stated)

    def join(self, other: Place) -> None:
        """Take over the words and translations of a site that repeats this one."""
        self.concepts += other.concepts
        self.sides_in_words |= other.sides_in_words
        if self.location is not None and other.location is not None:
            if (wording := other.location.text) == site_words(self.site):
                for concept in other.concepts:
                    concept.decide("text")
            elif wording:
                self.wordings.add(wording)
            self.translations.update(other.location.translations)

    @property
    def site(self) -> Site:
        """The site of the order."""
        modifiers = tuple(replace(code, text=None) for code in self.modifiers)
        return Site(location=self.location, text=None if self.location else self.text, modifiers=modifiers)


@dataclass(slots=True)
class Exam:
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
class Sites:
    """Reads the sites of one ServiceRequest."""

    context: Context

    def read(self, request: Node, exam: Exam) -> list[Place]:
        """Every site of a request with its modifiers; BodyStructures first, body sites merged into them."""
        structures = [place for node in self._structures(request) for place in self._structure(node, exam)]
        named = [place for concept in request.children("bodySite") if (place := self._body_site(concept, exam))]
        self._contrary_structures(structures, named)
        places = self._once_each(structures, named)
        for place in places:
            place.keep_repetitions()
        return places

    def _contrary_structures(self, structures: list[Place], named: list[Place]) -> None:
        """A structure and a bodySite are two ways to say one site: where none of the sides agree, it is an error."""
        of_structures, of_sites = _sides_by_site(structures), _sides_by_site(named)
        if not of_structures:
            return
        paths = {place.code: place.path for place in reversed(named) if place.sides}
        for code, path in paths.items():
            one, other = _sides_near(code, of_structures), _sides_near(code, of_sites)
            if one and one.isdisjoint(other) and {BOTH, RIGHT, LEFT} != one | other:
                self.context.note("IMGDA-0440", path)

    def _once_each(self, structures: list[Place], named: list[Place]) -> list[Place]:
        """The sites without repetitions: a bodySite that says no more than another site does, by its codes and words.

        Those with modifiers are compared first, so that the order of the sites never matters. Two structures are two sites.
        """
        kept: dict[tuple[str, str | None], list[Place]] = {}
        apart = {id(place) for place in structures}
        for place in sorted([*structures, *named], key=lambda place: not place.modifiers):
            known = kept.setdefault((place.code, place.text), [])
            others = (other for other in known if not {id(place), id(other)} <= apart)
            if (same := next((other for other in others if place.repeats(other)), None)) is not None:
                same.join(place)
            else:
                known.append(place)
        found = {id(place) for group in kept.values() for place in group}
        return [place for place in (*structures, *named) if id(place) in found]

    def complete(self, exam: Exam, loose: list[tuple[Code, Node]], places: list[Place]) -> None:
        """Put the modifiers given for the act as a whole on its only site; then look for contrary sides."""
        new = [(code, node) for code, node in [*exam.modifiers, *loose] if not _is_said(places, code)]
        if new and len(places) == 1:
            self.context.note("IMGDA-0435", new[0][1].path)
            for code, node in new:
                self._put(places[0], code, node)
        elif new and places:
            self.context.note("IMGDA-0436", new[0][1].path)

    def _put(self, place: Place, code: Code, node: Node) -> None:
        """Add a modifier to a site; a side contrary to one that it has is an error at the coding that says it.

        That a site without sides is unpaired (DICOM U) says nothing more.
        """
        stated = meaning(node, MODIFIER, self.context.settings)
        if stated and stated.relation == "inexact" and place.location and place.location.code not in _paired():
            return
        if is_contrary_side(code.code, {known.code for known in place.modifiers}):
            self.context.note("IMGDA-0440", node.path)
        self._add_modifier(place, code)

    def stated_by_the_exam(self, stray: Stray, exam: Exam, places: list[Place]) -> None:
        """A site stated by the code of the examination: it adds nothing to a site that it is, or contains."""
        code, modifiers = self.context.take_stray(stray), stray.meaning.modifiers
        if not places:
            self.context.note("IMGDA-0449", stray.coding.path)
            places.append(Place(code, path=stray.coding.path))
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

    def _structure(self, node: Node, exam: Exam) -> list[Place]:
        """R4: one location with qualifiers. R5: one place for each included structure."""
        included = node.children("includedStructure")
        if not included:
            return self._place(node, "location", ("locationQualifier",), exam)
        return [place for part in included for place in self._place(part, "structure", ("laterality", "qualifier"), exam)]

    def _place(self, node: Node, element: str, qualifiers: tuple[str, ...], exam: Exam) -> list[Place]:
        further = [concept for name in qualifiers for concept in node.children(name)]
        place = self._location(node.child(element), node.at(element), exam, further)
        return [place] if place else []

    def _location(self, concept: Node | None, path: str, exam: Exam, further: list[Node]) -> Place | None:
        """A site with its modifiers: those that its codings state, then those of the *further* concepts."""
        if concept is None:
            self.context.note("IMGDA-0403", path)
            return None
        coded = self.context.coded(concept, "site", tables=("site",), translations=True, text=True, beside=_BESIDE_SITE)
        self._look_for_expressions(concept)
        if coded:
            place, strays = Place(coded.code, list(coded.modifiers), concept.path, concepts=[concept]), list(coded.strays)
        else:
            strays = self.context.strays(concept.children("coding"), _BESIDE_SITE)
            place = self._in_words(concept, strays)
        for stray in sorted((s for s in strays if s.datum == MODIFIER), key=modifier_order):
            self._put(place, self.context.take_stray(stray), stray.coding)
        exam.strays += [stray for stray in strays if stray.datum != MODIFIER]
        for other in further:
            self._modifier(other, place)
        return place

    def _in_words(self, concept: Node, strays: list[Stray]) -> Place:
        """A site that no code says: an error, unless the settings allow a site in words (docs/decisions.md, 45)."""
        aside = {id(stray.coding.value) for stray in strays}
        codings = [coding for coding in concept.children("coding") if id(coding.value) not in aside]
        text = clean(concept.text("text")) or self.context.in_words(codings)
        if text and self.context.settings.missing.site == "null":
            self.context.note("IMGDA-0434", concept.path, item="site", written="OTH")
            for coding in codings:
                coding.give_up("IMGDA-0908", "technical", written="text")
        else:
            self.context.note("IMGDA-0404", concept.path)
        return Place(None, path=concept.path, text=text or self.context.settings.texts.not_stated, concepts=[concept])

    def _look_for_expressions(self, concept: Node) -> None:
        """Report SNOMED CT expressions that are not of the one form that is read."""
        for coding in concept.children("coding"):
            code, uri = coding.peek("code"), coding.peek("system")
            is_snomed = uri is None or code_system_oid(str(uri)) == "2.16.840.1.113883.6.96"
            if isinstance(code, str) and ":" in code and is_snomed and meaning(coding, SITE, self.context.settings) is None:
                self.context.note("IMGDA-0505", coding.at("code"))

    def _modifier(self, concept: Node, place: Place) -> None:
        strays = self.context.strays(concept.children("coding"), (MODIFIER,))
        if not strays:
            self.context.note("IMGDA-0405", concept.path)
            return
        for stray in sorted(strays, key=modifier_order):
            self._put(place, self.context.take_stray(stray), stray.coding)
        self._words_of_modifier(concept, place)

    # --- words -------------------------------------------------------------------------------------------------------

    def side_in_words(self, place: Place) -> None:
        """A side that the words of a site name and none of its codes states: a critical loss, or read where the settings say so.

        Source: docs/decisions.md, 24.
        """
        if not place.sides_in_words:
            return
        stated = frozenset(code.code for code in place.modifiers) | place.label_sides
        named = [words for concept in place.concepts for words in words_of(concept) if sides(words[2])]
        if stated & {RIGHT, LEFT, BOTH}:
            for node, name, text in named:
                if names_other_side(text, stated) and not self._states_side(node):
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

    def _words_of_modifier(self, concept: Node, place: Place) -> None:
        """The text of a qualifier that names the other side."""
        text, stated = clean(concept.peek("text")), frozenset(code.code for code in place.modifiers)
        if text and names_other_side(text, stated):
            self.context.contradiction(concept.at("text"), text)
        if text and ((sides(text) and sides(text) <= stated) or any(same_words(text, m.display or "") for m in place.modifiers)):
            concept.decide("text")

    def words_of_exam(self, exam: Exam, places: list[Place]) -> None:
        """The sides that the words of the examination name, against those of its sites (docs/decisions.md, 24 and 25)."""
        if exam.concept is None or not places:
            return
        stated = frozenset(code.code for place in places for code in place.modifiers)
        stated |= frozenset(side for place in places for side in place.label_sides)
        stated &= {RIGHT, LEFT, BOTH}
        sites = frozenset(place.code for place in places if place.location)
        for node, name, text in words_of(exam.concept):
            if contrary_site(text, sites):
                self.context.contradiction(node.at(name), text)
            if stated and names_other_side(text, stated):
                self.context.contradiction(node.at(name), text)
            elif not stated and (sides_of_site(text) or (name == "display" and sides(text))):
                node.lose(name, "IMGDA-0446", "critical")
            elif not stated and sides(text):
                self.context.note("IMGDA-0447", node.at(name), value=text)

    def words_of_narrative(self, request: Node, places: list[Place]) -> None:
        """A side that a narrative beyond the data names and no site has is lost there, as in an unknown extension."""
        narrative = request.child("text")
        if narrative is None or narrative.peek("status") in ("generated", "empty"):
            return
        stated = {code.code for place in places for code in place.modifiers}
        stated |= {side for place in places for side in place.label_sides}
        stated |= {RIGHT, LEFT} if BOTH in stated else {BOTH} if {RIGHT, LEFT} <= stated else set()
        if sides_of_site(plain_text(str(narrative.peek("div")))) - stated:
            narrative.lose("div", "IMGDA-0901", "critical")

    def _add_modifier(self, place: Place, code: Code) -> None:
        if code.code not in {known.code for known in place.modifiers}:
            place.modifiers.append(code)

    def _body_site(self, concept: Node, exam: Exam) -> Place | None:
        """One bodySite; None where it only refers to a BodyStructure."""
        if concept.extensions("bodySite") and not concept.children("coding"):
            return None
        return self._location(concept, concept.path, exam, [])


def _sides_by_site(places: list[Place]) -> dict[str, set[str]]:
    """The sides that codes state, by the code of their site."""
    found: dict[str, set[str]] = {}
    for place in places:
        if place.code and place.sides:
            found.setdefault(place.code, set()).update(place.sides)
    return found


def _sides_near(code: str, known: dict[str, set[str]]) -> set[str]:
    """The sides of a site, of what contains it, and of its parts."""
    return set().union(*(sides for other, sides in known.items() if related("site", other, code)))


def site_words(site: Site) -> str:
    """A site and its modifiers in words, for people; a text that only says this is no wording of the sender."""
    where = (site.location.display or site.location.code) if site.location else site.text or ""
    return " ".join([where, *(code.display or code.code for code in site.modifiers)])


def sorted_translations(translations: set[Translation]) -> tuple[Translation, ...]:
    """Translations in an order of their own."""
    return tuple(sorted(translations, key=lambda t: (t.system, t.code, t.display or "")))


def modifier_order(stray: Stray) -> tuple[bool, str]:
    """The sides first, then the others by code."""
    code = stray.meaning.concept.code
    return code not in (RIGHT, LEFT, BOTH), code


@cache
def _paired() -> frozenset[str]:
    """The sites of which there are two: table ``site`` has codes of their right or left one."""
    return frozenset(row.concept.code for row in table(SITE.name).values() if row.modifier in (RIGHT, LEFT)) - _HALVED


_HALVED = frozenset({"302551006", "1017226003", "181380003"})
"""Thorax, lumbar region and pulmonary artery: there is one of each, although a half of it has a code."""


def _is_said(places: list[Place], code: Code) -> bool:
    """Whether every site has a modifier already; both sides, whether one has each."""
    sets = [{known.code for known in place.modifiers} for place in places]
    return all(code.code in known for known in sets) or (code.code == BOTH and {RIGHT, LEFT} <= set().union(*sets))


def words_of(concept: Node) -> list[tuple[Node, str, str]]:
    """The words of a concept, and where they stand: its text, and the displays of its codings."""
    found = [(coding, "display", text) for coding in concept.children("coding") if (text := one_line(coding.peek("display")))]
    text = concept.peek("text")
    return [*found, (concept, "text", text)] if isinstance(text, str) else found
