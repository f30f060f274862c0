"""The input of one conversion, the order being read of it, and what was found: the issues, whose data it is."""

from __future__ import annotations

from dataclasses import dataclass, field

from bridge.fhir.ledger.node import Ledger, Node
from bridge.fhir.ledger.references import Index
from bridge.findings.issues import Issue, issue
from bridge.order import Identifier
from bridge.settings import Settings

__all__ = ["Findings"]


@dataclass(slots=True)
class Findings:
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
    identified: dict[Identifier, str] = field(default_factory=dict)
    """FHIRPath of the value of each identifier that was read."""
    now: str | None = None
    """The time of the order being read: what was over before it is not current."""
    documents: dict[str, tuple[Node, ...]] = field(default_factory=dict)
    """The requests that have what makes one document of them in common (:mod:`bridge.fhir.read.groups`)."""
    _noted: set[tuple[str, str | None]] = field(default_factory=set)
    """Code and place of what was noted for the order being read."""
    _contrary: set[tuple[str, str]] = field(default_factory=set)
    """Place and words of the contradictions reported for it."""
    _systems: set[object] | None = None
    """The systems of which its patient has a number."""

    def is_patient(self, resource: Node) -> bool:
        """Whether a resource is the patient of the order."""
        return self.patient is not None and resource.value is self.patient.value

    def is_foreign(self, resource: Node) -> bool:
        """Whether a resource is about somebody else, which is an error, or about nobody that the input has.

        Source: docs/fhir.md, 2.4, One patient.
        """
        for element in ("subject", "patient"):
            reference = resource.child(element)
            if reference is None or self.patient is None:
                continue
            target = self.index.find(reference) or self._numbered(reference.child("identifier"))
            if target is None:
                self._lose_unknown(reference)
            elif target.value is not self.patient.value:
                self.note("IMGDA-0219", reference.path)
                resource.give_up("IMGDA-0910", "technical")
                return True
        return False

    def _lose_unknown(self, reference: Node) -> None:
        """What says whose data it is, where that is nobody whom the input has."""
        is_alone = len(self.index.patients) == 1 and "reference" not in reference
        for name in ("reference", "identifier", "display"):
            reference.lose(name, "IMGDA-0222", "clinical" if is_alone else "critical")

    def _numbered(self, number: Node | None) -> Node | None:
        """The patient of the input who has an identifier; of a system that he has another number of, somebody else."""
        if number is None:
            return None
        if person := self.index.patient_numbered(number):
            number.decide("system", "value")
            return person
        if self._systems is None:
            self._systems = {own.peek("system") for own in (self.patient.children("identifier") if self.patient else ())}
        return number if number.peek("system") in self._systems else None

    def note(self, code: str, path: str | None, /, *, value: str | None = None, **parameters: str) -> None:
        """Report an issue of the catalogue; *value* is the value concerned, for the eyes of the sender alone."""
        self.issues.append(issue(code, path, value=value, parameters=parameters))
        self._noted.add((code, path))

    def begin(self) -> None:
        """Begin with another order of the input: nothing is found of it yet."""
        self.issues = []
        self._noted, self._contrary, self._systems = set(), set(), None

    def note_once(self, code: str, path: str, /, *, value: str | None = None) -> None:
        """Report an issue of the catalogue, unless that is done already: a concept may be said in several places."""
        if (code, path) not in self._noted:
            self.note(code, path, value=value)

    def contradiction(self, path: str, text: str) -> None:
        """Report words that are contrary to the codes beside them, as loudly as the setting ``contradictions`` says."""
        if (path, text) not in self._contrary:
            self._contrary.add((path, text))
            self.issues.append(issue("IMGDA-0445", path, severity=self.settings.contradictions, value=text))
