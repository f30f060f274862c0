"""One site while it is being read: its code, its modifiers, the words that give it, and what its repetitions add."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from bridge.fhir.ledger.node import Node
from bridge.fhir.read.concepts import Stray
from bridge.fhir.read.texts import one_line
from bridge.order import Code, Site, Translation
from bridge.order.labels import site_words
from bridge.tables.concepts import BOTH, LEFT, RIGHT
from bridge.wording.sides import contrary_sides, label_sides, sides
from bridge.wording.spelling import same_order

__all__ = ["SIDES", "ReadSite", "modifier_order", "sorted_translations", "words_of"]

SIDES = frozenset({RIGHT, LEFT, BOTH})


@dataclass(slots=True)
class ReadSite:
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

    def add(self, modifier: Code) -> None:
        """Add a modifier, unless it is there already."""
        if modifier.code not in {known.code for known in self.modifiers}:
            self.modifiers.append(modifier)

    @property
    def code(self) -> str:
        """The code of the site; empty where it stands in words."""
        return self.location.code if self.location else ""

    @property
    def label_sides(self) -> frozenset[str]:
        """The sides in the label of the site itself: "oreillette droite"."""
        return label_sides((self.location.display or "") if self.location else "")

    @property
    def stated(self) -> frozenset[str]:
        """The modifiers that its codes and its label state."""
        return frozenset(code.code for code in self.modifiers) | self.label_sides

    @property
    def sides(self) -> frozenset[str]:
        """The sides that its codes state."""
        return SIDES & self.stated

    def repeats(self, known: ReadSite) -> bool:
        """Whether this site is that one said again: the same modifiers, or none, and no words that name another side than it."""
        own, codes = ({code.code for code in site.modifiers} for site in (self, known))
        if own and own != codes:
            return False
        if own == codes and self.sides_in_words == known.sides_in_words:
            return True
        stated = known.sides or frozenset(known.sides_in_words)
        return not contrary_sides(frozenset(self.sides_in_words), stated)

    def join(self, other: ReadSite) -> None:
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


def sorted_translations(translations: set[Translation]) -> tuple[Translation, ...]:
    """Translations in an order of their own."""
    return tuple(sorted(translations, key=lambda t: (t.system, t.code, t.display or "")))


def modifier_order(stray: Stray) -> tuple[bool, str]:
    """The sides first, then the others by code."""
    code = stray.meaning.concept.code
    return code not in SIDES, code


def words_of(concept: Node) -> list[tuple[Node, str, str]]:
    """The words of a concept, and where they stand: its text, and the displays of its codings."""
    found = [(coding, "display", text) for coding in concept.children("coding") if (text := one_line(coding.peek("display")))]
    text = concept.peek("text")
    return [*found, (concept, "text", text)] if isinstance(text, str) else found
