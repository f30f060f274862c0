"""The free texts of an order: histories, information, events, and the words of sections that stand in for them.

Source: docs/fhir.md, 2.2, M18; docs/rules.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.fhir.ledger.node import Node, reads
from bridge.fhir.read.clinical.clinical import Clinical
from bridge.fhir.read.composition import narrative_text, section_code, sections
from bridge.fhir.read.concepts import Context
from bridge.fhir.read.distinct import Distinct
from bridge.fhir.read.request.reasons import Reasons
from bridge.fhir.read.texts import clean
from bridge.wording import blank

__all__ = ["FreeTexts"]


@dataclass(slots=True)
class FreeTexts:
    """Reads the free texts of one order from what its requests, its data and its sections say."""

    context: Context
    requests: tuple[Node, ...]
    composition: Node | None
    clinical: Clinical
    reasons: Reasons

    def joined(self, texts: list[str], element: str) -> str | None:
        if len(texts) > 1:
            self.context.note("IMGDA-0433", self.requests[0].at(element))
        return "\n".join(texts) or None

    def history(self, kind: str) -> str:
        antecedents = self.clinical.antecedents
        texts = antecedents.medical if kind == "medical" else antecedents.surgical
        settings = self.context.settings.texts
        if not blank.is_blank("\n".join(texts)):
            return "\n".join(texts)
        if kind in antecedents.known_absence:
            return settings.known_absence
        code = "IMGDA-0417" if kind == "medical" else "IMGDA-0418"
        origin = {"origin": "texts.not_recorded", "item": f"{kind}_history"}
        self.context.note(code, self.requests[0].at("supportingInfo"), **origin)
        return settings.not_recorded

    @reads("patient_information")
    def information(self) -> list[str]:
        texts = Distinct(self.clinical.information.texts)
        for request in self.requests:
            found = [request.text("patientInstruction")]
            found += [n.text("instructionMarkdown") for n in request.children("patientInstruction")]
            for text in map(clean, found):
                if text:
                    texts.append(text)
        return texts

    @reads("event")
    def events(self) -> list[str]:
        """Évènements associés; the wording of a Timing says one too (docs/fhir.md, M18)."""
        texts = Distinct(self.clinical.information.events)
        for request in self.requests:
            timing = request.child("occurrenceTiming")
            code = timing.child("code") if timing else None
            if code and (text := clean(code.text("text"))):
                texts.append(text)
        return texts

    @reads("narratives")
    def fill_from_sections(self) -> None:
        """The words of a section stand in for a free text that no resource gives (docs/fhir.md, 2.2)."""
        targets: dict[str | None, list[str]] = {
            "55115-0": self.reasons.justification,
            "11329-0": self.clinical.antecedents.medical,
            "34895-3": self.information() or self.clinical.information.texts,
            "30954-2": self.clinical.results_of.lines,
        }
        for section in sections(self.composition) if self.composition else ():
            code = section_code(section)
            if code == "11329-0":
                self.clinical.antecedents.none_known(section)
            texts = targets.get(code)
            answered = code in ("11329-0", "34895-3") and section.children("entry")
            if texts == [] and not answered and not (code == "11329-0" and "medical" in self.clinical.antecedents.known_absence):
                if text := narrative_text(section):
                    self.context.note("IMGDA-0439", section.at("text"))
                    texts.append(text)
