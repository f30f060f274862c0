"""The acts of a request: modality, sites, functions, contrast, deadline.

Source: docs/fhir.md, 2.6 (M10 to M17); CI-SIS, IMG-DA-IMG 2024.01, section 3.4.2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from bridge.fhir.ledger.node import Node, reads
from bridge.fhir.read.concepts import Context
from bridge.fhir.read.datatypes.identifiers import has_type, identifier
from bridge.fhir.read.datatypes.names import effective_time
from bridge.fhir.read.distinct import Distinct
from bridge.fhir.read.request.categories import check_category
from bridge.fhir.read.request.contrast import read_contrast
from bridge.fhir.read.request.deadlines import deadline
from bridge.fhir.read.request.details import NUCLEAR, Details
from bridge.fhir.read.request.examination import Exam, read_exam, say_modality_again
from bridge.fhir.read.request.sides import side_in_words, words_of_exam, words_of_narrative
from bridge.fhir.read.request.site import ReadSite
from bridge.fhir.read.request.sites import Sites
from bridge.fhir.read.texts import clean
from bridge.order import Act, Function, Identifier, Site
from bridge.tables.codes import value_set
from bridge.tables.concepts import CONTRAST, MODALITY, MODIFIER, SITE, TA
from bridge.wording.critical import is_critical
from bridge.wording.names import names_of
from bridge.wording.sides import names_other_side

__all__ = ["Acts"]


@dataclass(slots=True)
class Acts:
    """Reads ServiceRequests as acts."""

    context: Context

    @reads("acts")
    def read(self, request: Node, functions: list[Node], shared_ids: tuple[Identifier, ...]) -> list[Act]:
        """The acts of one ServiceRequest; *functions* are Observations MED-1133, *shared_ids* the numbers of the whole request.

        A missing modality is reported and stands as an empty code, which no document ever carries.
        """
        details = Details(self.context, request)
        exam = read_exam(self.context, request, details)
        sites = Sites(self.context)
        found = sites.read(request, exam)
        self._take_strays(exam, sites, found)
        self._said_again(exam, request, details, sites, found)
        sites.complete(exam, details.modifiers(), found)
        for site in found:
            side_in_words(self.context, site)
        functions_read = self._functions(exam, details, functions)
        contrast, in_words = read_contrast(self.context, exam, request, details)
        comment = "\n".join([*self._comments(request), *in_words]) or None
        modality = exam.modality
        if comment is None and modality.code in ("C63334", "OT") and modality.text:
            self.context.note("IMGDA-0432", request.at("code.text"))
            comment = modality.text
        words_of_exam(self.context, exam, found)
        words_of_narrative(request, found)
        act = Act(
            modality=modality,
            sites=(),
            ids=self._ids(request, shared_ids),
            comment=comment,
            contrast=contrast,
            functions=functions_read,
            wanted_by=deadline(self.context, request),
            entry_id=self._entry_id(request),
        )
        return self._split(act, [each.site for each in found], request)

    def _take_strays(self, exam: Exam, sites: Sites, found: list[ReadSite]) -> None:
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
                say_modality_again(self.context, exam, stray)
            elif name == SITE.name:
                sites.stated_by_the_exam(stray, exam, found)

    def _said_again(self, exam: Exam, request: Node, details: Details, sites: Sites, found: list[ReadSite]) -> None:
        """The modalities and sites of orderDetail and category: the same, or more; another one is an error."""
        for concept in details.concepts:
            strays = [] if details.is_used(concept) else self.context.strays(concept.children("coding"), (MODALITY,))
            for stray in strays:
                details.used(concept)
                say_modality_again(self.context, exam, stray)
            for stray in self.context.strays(concept.children("coding"), (SITE,)):
                details.used(concept)
                sites.stated_by_the_exam(stray, exam, found)
        for category in request.children("category"):
            for coding in category.children("coding"):
                check_category(self.context, exam, coding)

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
        own = NUCLEAR.get(exam.modality.code)
        read = [*details.functions(exam.modality.code), *self._stray_functions(exam, own)]
        read += [function for node in observations if own and (function := self._observed(node, own))]
        detailed = {function.concept for function in read if function.comment or function.date}
        return tuple(dict.fromkeys(f for f in read if f.comment or f.date or f.concept not in detailed))

    def _stray_functions(self, exam: Exam, own: str | None) -> Iterator[Function]:
        """The functions that the codings of the code state; those of another modality are errors (B4, B5)."""
        for code, coding in exam.functions:
            if own and value_set(own).find(code.code, code.system):
                yield Function(concept=code)
            else:
                self.context.note("IMGDA-0409" if own else "IMGDA-0408", coding.path)

    def _observed(self, node: Node, own: str) -> Function | None:
        """The function of an Observation MED-1133; one of another modality is an error (B4, B5)."""
        coded = self.context.coded(node.child("valueCodeableConcept"), own)
        if coded is None:
            self.context.note("IMGDA-0409", node.at("valueCodeableConcept"))
            return None
        self.context.take_code(node.child("code") or node, "MED-1133", TA)
        self.context.check_notes(node, True, names_of(own, coded.code.code))
        comments = [text for note in node.children("note") if (text := clean(note.text("text")))]
        when = effective_time(self.context, node)
        return Function(concept=coded.code, comment="\n".join(comments) or None, date=when)

    # --- sites -------------------------------------------------------------------------------------------------------

    def _split(self, act: Act, sites: list[Site], request: Node) -> list[Act]:
        """One act for all unmodified sites and one modified site; one more for each further modified site (rule B16).

        The same site twice cannot stand in one entry either.
        """
        modified = [site for site in sites if site.modifiers]
        if len(modified) <= 1 and not _stands_twice(sites):
            return [replace(act, sites=tuple(sites))]
        plain = tuple(dict.fromkeys(site for site in sites if not site.modifiers))
        groups = [group for group in (plain, *((site,) for site in modified)) if group]
        if len(groups) > 1:
            self.context.note("IMGDA-0422", request.at("bodySite"), count=str(len(groups)))
            self._words_of_one_side(act, request, modified)
        first, *others = [_without_contrary_words(replace(act, sites=group)) for group in groups]
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


def _states_a_fact(concept: Node) -> bool:
    """Whether a coding states a side, a contra-indication, a function or contrast, which no condition carries."""
    return any(is_critical(str(coding.peek("code")), coding.peek("system")) for coding in concept.children("coding"))


def _stands_twice(sites: list[Site]) -> bool:
    return len({(site.location.code if site.location else "", site.text) for site in sites}) < len(sites)


def _without_contrary_words(act: Act) -> Act:
    """An act without the words of its examination where they name the other side than its sites (docs/decisions.md, 38)."""
    text = act.modality.text
    stated = frozenset(code.code for site in act.sites for code in site.modifiers)
    if text and names_other_side(text, stated):
        return replace(act, modality=replace(act.modality, text=None))
    return act


def _note_type(note: Node) -> str | None:
    """The type of a note in the older ANS designs: finaliteExamen or justificationDemande."""
    for extension in note.children("extension"):
        if str(extension.peek("url")).endswith("/fr-note-type-extension"):
            return str(extension.peek("valueCode"))
    return None
