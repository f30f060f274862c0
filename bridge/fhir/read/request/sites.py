"""The sites of an act: body sites and body structures, their sides and other modifiers.

Source: docs/fhir.md, M13 and M14; docs/decisions.md, 23 to 25 and 45.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

from bridge.fhir.ledger.node import Node, without
from bridge.fhir.read.coding import meaning
from bridge.fhir.read.concepts import Context, Stray, code_of
from bridge.fhir.read.request.examination import Exam
from bridge.fhir.read.request.sides import words_of_modifier
from bridge.fhir.read.request.site import SIDES, ReadSite, modifier_order
from bridge.fhir.read.texts import clean
from bridge.order import Code
from bridge.tables.codes import code_system_oid, contains, related, table
from bridge.tables.concepts import BOTH, FACTS, LEFT, MODALITY, MODIFIER, RIGHT, SITE, is_contrary_side
from bridge.tables.examinations import Examination, StatedSite
from bridge.wording.examinations import contrary_site

__all__ = ["Sites"]

_BESIDE_SITE = (MODIFIER, MODALITY, *FACTS)
"""What else a coding of ``bodySite`` may state."""


@dataclass(slots=True)
class Sites:
    """Reads the sites of one ServiceRequest."""

    context: Context

    def read(self, request: Node, exam: Exam) -> list[ReadSite]:
        """Every site of a request with its modifiers; BodyStructures first, body sites merged into them."""
        structures = [site for node in self._structures(request) for site in self._structure(node, exam)]
        named = [site for concept in request.children("bodySite") if (site := self._body_site(concept, exam))]
        self._contrary_structures(structures, named)
        sites = self._once_each(structures, named)
        for site in sites:
            site.keep_repetitions()
        return sites

    def _contrary_structures(self, structures: list[ReadSite], named: list[ReadSite]) -> None:
        """A structure and a bodySite are two ways to say one site: where none of the sides agree, it is an error."""
        of_structures, of_sites = _sides_by_site(structures), _sides_by_site(named)
        if not of_structures:
            return
        paths = {site.code: site.path for site in reversed(named) if site.sides}
        for code, path in paths.items():
            one, other = _sides_near(code, of_structures), _sides_near(code, of_sites)
            if one and one.isdisjoint(other) and one | other != SIDES:
                self.context.note("IMGDA-0440", path)

    def _once_each(self, structures: list[ReadSite], named: list[ReadSite]) -> list[ReadSite]:
        """The sites without repetitions: a bodySite that says no more than another site does, by its codes and words.

        Those with modifiers are compared first, so that the order of the sites never matters. Two structures are two sites.
        """
        kept: dict[tuple[str, str | None], list[ReadSite]] = {}
        apart = {id(site) for site in structures}
        for site in sorted([*structures, *named], key=lambda site: not site.modifiers):
            known = kept.setdefault((site.code, site.text), [])
            others = (other for other in known if not {id(site), id(other)} <= apart)
            if (same := next((other for other in others if site.repeats(other)), None)) is not None:
                same.join(site)
            else:
                known.append(site)
        found = {id(site) for group in kept.values() for site in group}
        return [site for site in (*structures, *named) if id(site) in found]

    def complete(self, exam: Exam, loose: list[tuple[Code, Node]], sites: list[ReadSite]) -> None:
        """Put the modifiers given for the act as a whole on its only site; then look for contrary sides."""
        new = [(code, node) for code, node in [*exam.modifiers, *loose] if not _is_said(sites, code)]
        if new and len(sites) == 1:
            self.context.note("IMGDA-0435", new[0][1].path)
            for code, node in new:
                self._put(sites[0], code, node)
        elif new and sites:
            self.context.note("IMGDA-0436", new[0][1].path)

    def _put(self, site: ReadSite, code: Code, node: Node) -> None:
        """Add a modifier to a site; a side contrary to one that it has is an error at the coding that says it.

        That a site without sides is unpaired (DICOM U) says nothing more.
        """
        stated = meaning(node, MODIFIER, self.context.settings)
        if stated and stated.relation == "inexact" and site.location and site.location.code not in _paired():
            return
        if is_contrary_side(code.code, {known.code for known in site.modifiers}):
            self.context.note("IMGDA-0440", node.path)
        site.add(code)

    def _put_all(self, site: ReadSite, strays: list[Stray]) -> None:
        for stray in sorted(strays, key=modifier_order):
            self._put(site, self.context.take_stray(stray), stray.coding)

    def stated_by_the_exam(self, stray: Stray, exam: Exam, sites: list[ReadSite]) -> None:
        """A site stated by the code of the examination: it adds nothing to a site that it is, or contains."""
        code, modifiers = self.context.take_stray(stray), stray.meaning.modifiers
        if not sites:
            self.context.note("IMGDA-0449", stray.coding.path)
            sites.append(ReadSite(code, path=stray.coding.path))
        near = [site for site in sites if contains("site", code.code, site.code)]
        finer = [site for site in sites if contains("site", site.code, code.code)]
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

    def of_the_code(self, exam: Exam, sites: list[ReadSite]) -> None:
        """The sites and sides that the code of the examination states, "XR Knee - right" (docs/decisions.md, 57).

        They stand in for sites that the request does not give. Where it gives others, these are written, and that is said; a site
        in words is not compared, and has the side of the code.
        """
        known = [*sites]
        if not all(site.code for site in known):
            exam.modifiers += exam.stated_sides
            return
        for coding, stated in exam.examinations:
            if known and stated.sites and not _concern(stated, known):
                self.context.contradiction(coding.at("code"), stated.label)
                continue
            for each in stated.sites:
                near = self._near(each, coding, sites)
                if each.side and len(near) == 1:
                    self._put(near[0], code_of(MODIFIER.name, each.side), coding)
                elif each.side:
                    exam.modifiers.append((code_of(MODIFIER.name, each.side), coding))

    def _near(self, stated: StatedSite, coding: Node, sites: list[ReadSite]) -> list[ReadSite]:
        """The sites that have to do with one that the code of the examination states; it joins them where none has."""
        near = [site for site in sites if related(SITE.name, stated.concept.code, site.code)]
        if not near:
            self.context.note("IMGDA-0449", coding.path)
            near = [ReadSite(code_of(SITE.name, stated.concept.code), path=coding.path)]
            sites += near
        return near

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

    def _structure(self, node: Node, exam: Exam) -> list[ReadSite]:
        """R4: one location with qualifiers. R5: one site for each included structure."""
        included = node.children("includedStructure")
        if not included:
            return self._of_part(node, "location", ("locationQualifier",), exam)
        return [site for part in included for site in self._of_part(part, "structure", ("laterality", "qualifier"), exam)]

    def _of_part(self, node: Node, element: str, qualifiers: tuple[str, ...], exam: Exam) -> list[ReadSite]:
        further = [concept for name in qualifiers for concept in node.children(name)]
        site = self._location(node.child(element), node.at(element), exam, further)
        return [site] if site else []

    def _location(self, concept: Node | None, path: str, exam: Exam, further: list[Node]) -> ReadSite | None:
        """A site with its modifiers: those that its codings state, then those of the *further* concepts."""
        if concept is None:
            self.context.note("IMGDA-0403", path)
            return None
        coded = self.context.coded(concept, "site", tables=("site",), translations=True, text=True, beside=_BESIDE_SITE)
        self._look_for_expressions(concept)
        if coded:
            site, strays = ReadSite(coded.code, list(coded.modifiers), concept.path, concepts=[concept]), list(coded.strays)
        else:
            strays = self.context.strays(concept.children("coding"), _BESIDE_SITE)
            site = self._in_words(concept, strays, exam)
        self._put_all(site, [stray for stray in strays if stray.datum == MODIFIER])
        exam.strays += [stray for stray in strays if stray.datum != MODIFIER]
        for other in further:
            self._modifier(other, site)
        return site

    def _in_words(self, concept: Node, strays: list[Stray], exam: Exam) -> ReadSite:
        """A site that no code of it says: that of the examination's code, else an error, unless the settings allow words.

        Source: docs/decisions.md, 45 and 57.
        """
        codings = without(concept.children("coding"), [stray.coding for stray in strays])
        text = clean(concept.text("text")) or self.context.in_words(codings)
        if text and (location := _only_site(exam, text)):
            self.context.note("IMGDA-0449", concept.path)
            for coding in codings:
                coding.give_up("IMGDA-0908", "technical", written="text")
            return ReadSite(replace(location, text=text), path=concept.path, concepts=[concept])
        if text and self.context.settings.missing.site == "null":
            self.context.note("IMGDA-0434", concept.path, item="site", written="OTH")
            for coding in codings:
                coding.give_up("IMGDA-0908", "technical", written="text")
        else:
            self.context.note("IMGDA-0404", concept.path)
        return ReadSite(None, path=concept.path, text=text or self.context.settings.texts.not_stated, concepts=[concept])

    def _look_for_expressions(self, concept: Node) -> None:
        """Report SNOMED CT expressions that are not of the one form that is read."""
        for coding in concept.children("coding"):
            code, uri = coding.peek("code"), coding.peek("system")
            is_snomed = uri is None or code_system_oid(str(uri)) == "2.16.840.1.113883.6.96"
            if isinstance(code, str) and ":" in code and is_snomed and meaning(coding, SITE, self.context.settings) is None:
                self.context.note("IMGDA-0505", coding.at("code"))

    def _modifier(self, concept: Node, site: ReadSite) -> None:
        strays = self.context.strays(concept.children("coding"), (MODIFIER,))
        if not strays:
            self.context.note("IMGDA-0405", concept.path)
            return
        self._put_all(site, strays)
        words_of_modifier(self.context, concept, site)

    def _body_site(self, concept: Node, exam: Exam) -> ReadSite | None:
        """One bodySite; None where it only refers to a BodyStructure."""
        if concept.extensions("bodySite") and not concept.children("coding"):
            return None
        return self._location(concept, concept.path, exam, [])


def _concern(stated: Examination, sites: list[ReadSite]) -> bool:
    """Whether an examination has to do with some sites: one is, contains or is part of one that its code states."""
    return any(related(SITE.name, each.concept.code, site.code) for each in stated.sites for site in sites)


def _only_site(exam: Exam, text: str) -> Code | None:
    """The one site that the codes of the examination state, where the words do not name another."""
    stated = {each.concept.code for _, found in exam.examinations for each in found.sites}
    if len(stated) != 1 or contrary_site(text, frozenset(stated)):
        return None
    return code_of(SITE.name, stated.pop())


def _sides_by_site(sites: list[ReadSite]) -> dict[str, set[str]]:
    """The sides that codes state, by the code of their site."""
    found: dict[str, set[str]] = {}
    for site in sites:
        if site.code and site.sides:
            found.setdefault(site.code, set()).update(site.sides)
    return found


def _sides_near(code: str, known: dict[str, set[str]]) -> set[str]:
    """The sides of a site, of what contains it, and of its parts."""
    return set().union(*(sides for other, sides in known.items() if related("site", other, code)))


@cache
def _paired() -> frozenset[str]:
    """The sites of which there are two: table ``site`` has codes of their right or left one."""
    return frozenset(row.concept.code for row in table(SITE.name).values() if row.modifier in (RIGHT, LEFT)) - _HALVED


_HALVED = frozenset({"302551006", "1017226003", "181380003"})
"""Thorax, lumbar region and pulmonary artery: there is one of each, although a half of it has a code."""


def _is_said(sites: list[ReadSite], code: Code) -> bool:
    """Whether every site has a modifier already; both sides, whether one has each."""
    sets = [{known.code for known in site.modifiers} for site in sites]
    return all(code.code in known for known in sets) or (code.code == BOTH and {RIGHT, LEFT} <= set().union(*sets))
