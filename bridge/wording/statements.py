"""What words name beside a code: a side, a modality, contrast, another concept of the value set.

The words of an order are never turned into codes here. They are compared with the codes, so that a display or a text that says
something else does not pass in silence. A word counts only where it is unambiguous: "muscle grand droit", "angle droit" and
"oreillette droite" name no side of a site. Source: docs/decisions.md, 24 and 25; docs/mappings.md, side-words and modality-words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import NamedTuple

from bridge.tables.codes import Concept, contains, related, rows, value_set
from bridge.tables.concepts import BOTH, LEFT, RIGHT
from bridge.wording.denials import OF_ANY_SITE, clauses, is_denied, is_no, is_yes, names_of, only_denied, says_nothing_itself
from bridge.wording.spelling import Word, bare
from bridge.wording.spelling import words as _words

__all__ = [
    "BOTH",
    "LEFT",
    "RIGHT",
    "Wording",
    "adds_words",
    "bare",
    "contrary_contrast",
    "contrary_sides",
    "contrary_site",
    "forbids",
    "is_contrary",
    "is_unrelated",
    "label_of_question",
    "label_sides",
    "names_a_part",
    "names_a_side",
    "names_another",
    "names_another_question",
    "names_other_side",
    "says_contrary",
    "says_more_of_contrast",
    "sides",
    "sides_of_site",
    "wishes_other_contrast",
]

"""SNOMED CT codes of JDV_ModificateurTopographique: droit, gauche, bilatéral."""

_SHORT = 4
"""A name of a site has at least this many letters."""

_NOT_A_SIDE_AFTER = frozenset(
    "oreillette atrium ventricule ventriculaire auricule auriculaire coeur coeurs cardiaque cavites colon colique lobe "
    "lobes angle angles muscle muscles grand grands petit ayant ayants tout plein branche hepatique all "
    "ventricolo atrio auricola cuore lobo auricula ventriculo corazon coracao vitamine vit hepatite groupe".split()
)
"""Words after which "droit" or "gauche" belongs to the name of an organ, a muscle or something else."""

_NOT_A_SIDE_BEFORE = frozenset(
    "atrium atrial ventricle ventricular lobe colon heart away now after over "
    "vorhof herzkammer ventrikel herz herzohr kolon lappen hart hartkamer boezem ventriculo ventricolo atrio".split()
)
"""Words before which "right" or "left" belongs to the name of an organ, or is no side."""

_MUSCLE = frozenset("anterieur femoral interne externe lateral medial superieur inferieur abdomen".split())
_ARTICLES = frozenset("le la les du des un au aux ses sans".split())
_ENTITLED = frozenset("ouverts sociaux du des de a".split())
"""Words after "droits" that speak of rights."""
_NO_SITE = frozenset(
    "entier entiere entiers entieres region partie zone cavite proprement dite dites droit droite gauche superieur "
    "superieure inferieur inferieure interne externe anterieur anterieure posterieur posterieure moyen moyenne commun "
    "commune profond profonde superficiel superficielle systeme segment transverse membre".split()
)
"""Words of the labels of sites that name no site by themselves."""

_MORE_SITES = frozenset(
    "bras jambe jambes genou genoux seins yeux cotes poignets mains pieds coudes epaules hanches chevilles cotes rachis "
    "knee knees hip hips shoulder shoulders elbow elbows wrist wrists hand hands finger fingers thumb forearm arm arms "
    "humerus leg legs thigh thighs femur tibia fibula ankle ankles foot feet toe toes heel breast breasts eye eyes ear ears "
    "kidney kidneys lung lungs ovary ovaries testicle testicles clavicle scapula hemithorax sein oeil oreille rein "
    "knie hufte schulter fuss bein auge ohr brust ellenbogen handgelenk sprunggelenk niere lunge "
    "heup schouder voet oog oor borst elleboog enkel nier ginocchio ginocchia anca spalla piede braccio gamba occhio orecchio "
    "gomito polso caviglia polmone rodilla rodillas cadera hombro brazo pierna ojo oido codo muneca tobillo rinon pulmon "
    "joelho joelhos quadril ombro mama braco perna olho ouvido cotovelo punho tornozelo pulmao".split()
)
"""Names of sites that stand in no label, and their plurals, in French and English, and the usual ones of our neighbours."""


# --- sides -----------------------------------------------------------------------------------------------------------


class _SideWord(NamedTuple):
    """One row of ``mappings/side-words.csv``."""

    side: str
    places: frozenset[str]
    """Where the word must stand to count: ``after``, ``before``, ``beside`` the name of a site, ``next`` after it, or there and
    last (``end``); empty for anywhere."""


@cache
def _side_words() -> Mapping[str, _SideWord]:
    return {row["word"]: _SideWord(row["modifier_code"], frozenset(row["place"].split())) for row in rows("side-words")}


@cache
def _side_prefixes() -> Mapping[str, _SideWord]:
    """The beginnings of words that name a side: "linker*" of "linkerknie"."""
    return {word[:-1]: found for word, found in _side_words().items() if word.endswith("*")}


def _compound(word: str) -> _SideWord | None:
    """The side in the one word of Dutch for a site and its side; no part of the heart or bowel."""
    if not word.startswith(tuple(_side_prefixes())):
        return None
    prefix = next(prefix for prefix in _side_prefixes() if word.startswith(prefix))
    rest = word.removeprefix(prefix)
    return _side_prefixes()[prefix] if len(rest) > 2 and rest not in _NOT_A_SIDE_BEFORE else None


@cache
def _site_names() -> frozenset[str]:
    """The words of the labels of JDV_LocalisationAnatomique that name a site."""
    labels = (word.plain for concept in value_set("site").concepts.values() for word in _words(concept.display))
    return frozenset(word for word in labels if len(word) >= _SHORT and word not in _NO_SITE) | _MORE_SITES


def sides(text: str | None) -> frozenset[str]:
    """The sides that a text names: codes of :data:`RIGHT`, :data:`LEFT`, :data:`BOTH`."""
    return frozenset(side for side, _ in _named(text)) if text else frozenset()


_FEW = 3


def names_a_side(text: str) -> bool:
    """Whether words are the name of a side ("gauche", "côté droit"), or name one beside a site ("genou gauche")."""
    return bool(sides_of_site(text)) or (bool(sides(text)) and len(_words(text)) <= _FEW)


def sides_of_site(text: str | None) -> frozenset[str]:
    """The sides that a text names right beside the name of a site: "genou droit", but not "hémiparésie gauche"."""
    return frozenset(side for side, at_site in _named(text) if at_site) if text else frozenset()


def _named(text: str) -> Iterator[tuple[str, bool]]:
    """Each side named, and whether the name of a site stands beside it."""
    return (side for spelled in _with_unseen_breaks(text) for side in _named_in(_words(spelled)))


_UNSEEN = re.compile("[\u200b\u200c\u200d\u2060\ufeff\u00ad]")


def _with_unseen_breaks(text: str) -> tuple[str, ...]:
    """A text; and where a sign without a shape may part two words or one, the text with blanks in its place as well."""
    return (text,) if text.isascii() or not _UNSEEN.search(text) else (text, _UNSEEN.sub(" ", text))


def _named_in(words: list[Word]) -> Iterator[tuple[str, bool]]:
    known, last = _side_words(), -9
    for index, word in enumerate(words):
        # A single letter is looked up as written: "genou D" names a side, "genou d athlète" does not.
        found = known.get(word.written) or (known.get(word.plain) if len(word.plain) > 1 else None)
        if found is None and (compound := _compound(word.plain)):
            yield compound.side, True
        if found is None or _is_no_side(words, index):
            continue
        after = any(w.plain in _site_names() for w in words[max(0, index - 3) : index])
        before = any(w.plain in _site_names() for w in words[index + 1 : index + 2])
        joined = found.side != BOTH and _joins(words[last + 1 : index], index - last)
        if not found.places or joined or any(_stands(place, words, index) for place in found.places):
            last = index
            yield found.side, after or before


def _joins(between: list[Word], distance: int) -> bool:
    """Whether a side goes on from one just before it: "genoux D/G", "genoux D et G"."""
    return distance == 1 or (distance == 2 and between[0].plain in ("et", "and", "ou", "or"))


_TO_A_SIDE = frozenset("le la les the a au cote du on to".split())
"""Words that may stand between the name of a site and the abbreviation of a side: "genoux (les deux)"."""


def _stands(place: str, words: list[Word], index: int) -> bool:
    """Whether an abbreviation stands where it is one."""
    sites = _site_names()
    if place == "before":
        return index + 1 < len(words) and words[index + 1].plain in sites
    if place == "after":
        return any(word.plain in sites for word in words[max(0, index - 3) : index])
    if place == "beside":
        return _stands("before", words, index) or (index > 0 and words[index - 1].plain in sites)
    nearest = next((word for word in reversed(words[max(0, index - 3) : index]) if word.plain not in _TO_A_SIDE), None)
    return nearest is not None and nearest.plain in sites and (place == "next" or words[index].is_last)


def _is_no_side(words: list[Word], index: int) -> bool:
    """Whether "droit", "right" and the like belong to another expression here."""
    before = words[index - 1].plain if index else ""
    after = words[index + 1].plain if index + 1 < len(words) else ""
    if before in _NOT_A_SIDE_AFTER or after in _NOT_A_SIDE_BEFORE:
        return True
    if words[index].plain == "droits":
        return before in _ARTICLES or after in _ENTITLED
    return words[index].plain == "droit" and before in _ARTICLES and after in _MUSCLE


def contrary_sides(named: frozenset[str], stated: frozenset[str]) -> bool:
    """Whether words name a side, and only one that the codes contradict.

    Words that name right and left contradict nothing: "genou droit, suite fracture à gauche".
    """
    known = stated & {RIGHT, LEFT, BOTH}
    if not named or not known or {RIGHT, LEFT} <= named or {RIGHT, LEFT} <= known:
        return False
    return named.isdisjoint(known)


def names_other_side(text: str, stated: frozenset[str], named: frozenset[str] | None = None) -> bool:
    """Whether words name only a side that the codes contradict, or deny the one that they state: "genou droit, pas gauche"."""
    known = stated & {RIGHT, LEFT, BOTH}
    found = sides(text) if named is None else named
    if not known or not found:
        return False
    denied = frozenset(side for side in found if only_denied(text, names_of("topographic-modifier", side), mentions=True))
    return known <= denied or contrary_sides(found - denied, known)


# --- modalities and contrast -----------------------------------------------------------------------------------------


@cache
def _modality_words() -> tuple[Mapping[str, str], Mapping[str, str], Mapping[str, str]]:
    """The rows of ``mappings/modality-words.csv``: words, ends of words, and expressions of several words."""
    single: dict[str, str] = {}
    ends: dict[str, str] = {}
    several: dict[str, str] = {}
    for row in rows("modality-words"):
        words = row["words"]
        (ends if words[0] == "*" else several if " " in words else single)[words.lstrip("*")] = row["modality"]
    return single, ends, several


def modalities(text: str) -> frozenset[str]:
    """The modalities that a text names, radiography and ultrasound by their code without contrast."""
    single, ends, several = _modality_words()
    found = set()
    words = _words(text)
    for word in words:
        if modality := single.get(word.plain) or single.get(word.written):
            found.add(modality)
        found |= {modality for end, modality in ends.items() if word.plain.endswith(end)}
    line = f" {' '.join(word.plain for word in words)} "
    found |= {modality for expression, modality in several.items() if f" {expression} " in line}
    return frozenset(found)


_NAMES_OF: Mapping[str, frozenset[str]] = {
    "CT": frozenset({"CT"}),
    "MR": frozenset({"MR"}),
    "MG": frozenset({"MG", "MED-1126"}),
    "NM": frozenset({"NM"}),
    "PT": frozenset({"PT"}),
    "MED-1126": frozenset({"MED-1126"}),
    "MED-1127": frozenset({"MED-1126"}),
    "MED-1128": frozenset({"MED-1128"}),
    "MED-1129": frozenset({"MED-1128"}),
}
"""The modalities that words may name for a code; interventional radiology and "autre" go with any."""

_AGENT = r"(injection|contraste|contrast|produit de contraste|iv contrast|pdc|gadolinium)"
_WITH = re.compile(rf"\b(avec|with|w)\s+((et|puis|ou|and|or)\s+(sans|without)\s+)?(une?\s+)?{_AGENT}\b")
_INJECTED = re.compile(r"\binjectee?s?\b")
_WITH_CONTRAST, _WITHOUT_CONTRAST = ("MED-1127", "MED-1129", "MED-1153"), ("MED-1126", "MED-1128", "MED-1154")


def _contrary_modality(text: str, code: str) -> bool:
    named, known = modalities(text), _NAMES_OF.get(code)
    if not named or not known or not named.isdisjoint(known):
        return False
    return not all(only_denied(text, names_of("modality", other)) for other in named)


def _contrast_said(text: str) -> frozenset[str]:
    """What words say of contrast: the code of "avec", that of "sans", both or neither."""
    plain = bare(text)
    is_without = is_denied(text, names_of("contrast-injection", "MED-1153"))
    is_with = bool(_WITH.search(plain)) or (not is_without and bool(_INJECTED.search(plain)))
    return frozenset(code for code, holds in (("MED-1153", is_with), ("MED-1154", is_without)) if holds)


def contrary_contrast(text: str, code: str) -> bool:
    """Whether words say "avec contraste" for a code without contrast, or the reverse."""
    if code in _WITH_CONTRAST:
        return _contrast_said(text) == {"MED-1154"}
    return code in _WITHOUT_CONTRAST and _contrast_said(text) == {"MED-1153"}


def wishes_other_contrast(text: str, code: str) -> bool:
    """Whether a clause that says nothing but an examination and contrast says another contrast than a code.

    "Sans injection" does; "dernier scanner sans injection" is about something else.
    """
    return any(
        contrary_contrast(" ".join(clause), code)
        for clause in clauses(text)
        if all(word in _OF_CONTRAST or says_nothing_itself(word) or modalities(word) for word in clause)
    )


_OF_CONTRAST = frozenset(
    "avec with w injection injecter injecte injectee contraste contrast produit pdc gadolinium iv svp examen".split()
)
"""Words of a clause that speaks of contrast only."""


# --- labels ----------------------------------------------------------------------------------------------------------

_OF_ANY_LABEL = OF_ANY_SITE | frozenset("of the en de du des la le les l".split())


def _core(label: str) -> str:
    """The label of a site without the words that all of them have: "région entière du genou" is "genou"."""
    return " ".join(word.plain for word in _words(label) if word.plain not in _OF_ANY_LABEL)


def _all_names(name: str) -> Iterator[tuple[tuple[str, str], str]]:
    """Each concept of a value set with its label, and with its other names (``mappings/other-names.csv``)."""
    for key, concept in value_set(name).concepts.items():
        yield key, concept.display
    for row in rows("other-names"):
        if row["value_set"] == name:
            (concept, *_) = value_set(name).by_code[row["code"]]
            yield (concept.code, concept.system), row["name"]


@cache
def _labels(name: str) -> Mapping[str, frozenset[tuple[str, str]]]:
    """The concepts of a value set by their labels and other names."""
    found: dict[str, set[tuple[str, str]]] = {}
    for key, label in _all_names(name):
        for form in _in_both_genders(bare(label)):
            found.setdefault(form, set()).add(key)
        if name == "site":
            found.setdefault(_core(label), set()).add(key)
    return {label: frozenset(keys) for label, keys in found.items()}


_FEMININE = re.compile(r"(?<=\w)\((e|le)\)$")


def _in_both_genders(label: str) -> set[str]:
    """A label, and its two forms where it ends like "supérieur(e)"."""
    return {label, _FEMININE.sub("", label), _FEMININE.sub(r"\1", label)}


_FUNCTIONS = ("pet-function", "scintigraphy-function")


def names_another(text: str, name: str, concept: Concept) -> bool:
    """Whether a text is the label of other concepts of the value set, and not of this one nor of one that contains it."""
    own = (concept.code, concept.system)
    for set_name in _FUNCTIONS if name in _FUNCTIONS else (name,):
        if others := _named_by(text, set_name):
            return own not in others and not any(related(name, own[0], code) for code, _ in others)
    return False


def _named_by(text: str, name: str) -> frozenset[tuple[str, str]]:
    """The concepts of a value set of which a text is the label, or another name."""
    known = _labels(name)
    return known.get(bare(text)) or (known.get(_core(_without_sides(text))) if name == "site" else None) or frozenset()


def names_a_part(text: str, concept: Concept) -> bool:
    """Whether words are the name of a part of a site: "rotule" for the region of the knee."""
    others = {code for code, _ in _named_by(text, "site")}
    return bool(others) and concept.code not in others and all(contains("site", concept.code, code) for code in others)


_NO_SITE_OF_AN_EXAM = frozenset("face tete head cou neck cote".split())
"""Names of sites that say something else among the words of an examination: "de face", "tête fémorale"."""


@cache
def _site_phrases() -> Mapping[tuple[str, ...], frozenset[str]]:
    """The names of the usual sites as words, and the codes that they may stand for."""
    usual = {row["code"] for row in rows("other-names") if row["value_set"] == "site"}
    found: dict[tuple[str, ...], set[str]] = {}
    for (code, _), name in _all_names("site"):
        words = tuple(word.plain for word in _words(_core(name)))
        if code in usual and not _NO_SITE_OF_AN_EXAM.intersection(words):
            found.setdefault(words, set()).add(code)
    return {words: frozenset(codes) for words, codes in found.items()}


def sites_examined(text: str) -> list[frozenset[str]]:
    """The sites that the words of an examination name: each as the codes that its name may stand for.

    None unless one stands right after the examination ("radiographie de la hanche") or at the start: elsewhere a site may belong
    to the reason ("douleur de la hanche").
    """
    words = [word for word in _words(text) if word.plain not in _BETWEEN and word.plain not in _side_words()]
    plain = [word.plain for word in words]
    found = [(index, codes) for index in range(len(words)) if (codes := _site_at(plain, index))]
    if not any(index == 0 or _ends_with_modality([word.written for word in words[:index]]) for index, _ in found):
        return []
    return [codes for _, codes in found]


_BETWEEN = _ARTICLES | {"de", "of"}
"""Words that may stand between an examination and its site."""


def _ends_with_modality(words: list[str]) -> bool:
    """Whether words end with the name of an examination, of one word or of two ("x ray")."""
    return bool(modalities(words[-1])) or (not modalities(" ".join(words[-2:-1])) and bool(modalities(" ".join(words[-2:]))))


def _site_at(words: list[str], index: int) -> frozenset[str] | None:
    """The longest name of a site that begins at a word."""
    return next((codes for size in (3, 2, 1) if (codes := _site_phrases().get(tuple(words[index : index + size])))), None)


def contrary_site(text: str, stated: frozenset[str]) -> bool:
    """Whether the words of an examination name sites, and none that has to do with those of its codes."""
    named = sites_examined(text)
    return bool(named and stated) and not any(related("site", code, own) for codes in named for code in codes for own in stated)


@cache
def _questions() -> Mapping[str, str]:
    """The questions of the volet (``mappings/questions.csv``) by their labels."""
    return {bare(row["display"]): row["code"] for row in rows("questions")}


@cache
def _labels_of_questions() -> Mapping[str, str]:
    return {row["code"]: row["display"] for row in rows("questions")}


def label_of_question(code: str) -> str | None:
    """The label of a question of the volet, by its code."""
    return _labels_of_questions().get(code)


def names_another_question(text: str, code: str) -> bool:
    """Whether words are the label of another question than the code: "Antécédents chirurgicaux" for 11348-0."""
    return _questions().get(bare(text), code) != code


def _without_sides(text: str) -> str:
    return " ".join(word.written for word in _words(text) if word.plain not in _side_words())


def _side_called(label: str) -> str | None:
    """The side whose name, abbreviation or letter is the whole label of a side: "G", "izq.", "dx"."""
    word = label.strip(" .")
    if word.upper() == "B":
        return BOTH
    found = _side_words().get(word.upper()) or _side_words().get(bare(word))
    return found.side if found else None


def says_more_of_contrast(text: str, code: str) -> bool:
    """Whether words state contrast, or its absence, beside a modality that says nothing of it."""
    return code not in ("MED-1126", "MED-1127", "MED-1128", "MED-1129") and bool(_contrast_said(text))


def is_contrary(
    text: str, name: str, concept: Concept, stated: frozenset[str] = frozenset(), *, contrast: bool = True, denials: bool = True
) -> bool:
    """Whether words name another concept than the code beside them, or deny that concept.

    *stated* are the sides that the code states; *contrast* whether the code states contrast or its absence; *denials* is false
    where the answer to the code is "no". A mere other wording of the same concept is not contrary. Source: docs/decisions.md, 25.
    """
    if name == "topographic-modifier":
        called = _side_called(text)
        if called and concept.code in (RIGHT, LEFT, BOTH) and called != concept.code:
            return True
        stated = stated or frozenset({concept.code} & {RIGHT, LEFT, BOTH})
    own = _raw_sides(concept.display) if name == "site" else frozenset()
    if own and (raw := _raw_sides(text)) and raw.isdisjoint(own):
        return True
    if stated - own and names_other_side(text, stated - own, sides(text) - own):
        return True
    if denials and _denies(text, name, concept):
        return True
    if name == "modality" and _contrary_modality(text, concept.code):
        return True
    if name in ("modality", "contrast-injection") and contrast and contrary_contrast(text, concept.code):
        return True
    return names_another(text, name, concept)


_ANSWERED = ("contraindication", "care-information")
"""Value sets whose concepts are facts of the patient: "non" beside one denies it."""


def _denies(text: str, name: str, concept: Concept) -> bool:
    if name == "contrast-injection":
        return False
    is_answer = name in _ANSWERED
    return only_denied(text, names_of(name, concept.code), mentions=not is_answer) or (is_answer and is_no(text))


def _raw_sides(text: str) -> frozenset[str]:
    """The sides that stand in the name of an organ: "oreillette droite", "veine hépatique gauche"."""
    found = (_side_words().get(word.plain) for word in _words(text) if len(word.plain) > 1)
    return frozenset(row.side for row in found if row and not row.places)


def label_sides(label: str) -> frozenset[str]:
    """The sides that the label of a site names itself; words that repeat them say nothing more."""
    return _raw_sides(label)


# --- two wordings of one thing ---------------------------------------------------------------------------------------

_STEM = 4
"""Words that begin with the same letters, this many, may be one word in two forms or two languages."""


def _stems(text: str) -> frozenset[str]:
    return frozenset(word.plain[:_STEM] for word in _words(text) if len(word.plain) >= _STEM and word.plain not in _LINKS)


def _short_words(text: str) -> frozenset[str]:
    return frozenset(word.plain for word in _words(text) if len(word.plain) < _STEM) - _SMALL


_SMALL = frozenset("a an au aux ce de des du en est et in la le les of on ou par sur the to un une".split())
_LINKS = frozenset("avec dans pour sans sous suite chez with from left right droit droite gauche".split())
"""Words that two wordings may have in common and mean different things."""


class Wording(NamedTuple):
    """A text as it is compared with another: made once for a text that is compared with many."""

    sides: frozenset[str]
    answer: bool | None
    """What it says where it says nothing but yes or no."""
    stems: frozenset[str]
    short: frozenset[str]
    letters: str
    """The text as an abbreviation of another one: without accents, case and full stops."""
    initials: str

    @classmethod
    def of(cls, text: str) -> Wording:
        """What a text is compared by."""
        return cls(
            sides(text),
            True if is_yes(text) else False if is_no(text) else None,
            _stems(text),
            _short_words(text),
            bare(text).replace(".", ""),
            "".join(word.plain[0] for word in _words(text)),
        )


def is_unrelated(one: Wording, other: Wording) -> bool:
    """Whether two wordings have nothing in common: neither a word, nor the initials of one in the other."""
    if not one.stems.isdisjoint(other.stems) or not one.short.isdisjoint(other.short):
        return False
    return one.letters != other.initials and other.letters != one.initials


def says_contrary(one: Wording, other: Wording) -> bool:
    """Whether two wordings contradict each other: right and left, or yes and no ("positif", "négatif")."""
    if contrary_sides(one.sides, other.sides):
        return True
    return None not in (one.answer, other.answer) and one.answer is not other.answer


def adds_words(text: str, label: str, *, is_site: bool) -> bool:
    """Whether words say more than a label that they repeat in part: "ménisque interne du genou"; or a number that it lacks."""
    if is_site:
        text, label = _core(_without_sides(text)), _core(label)
    own, known = _stems(text), _stems(label)
    if is_site:
        more = {word.plain for word in _words(text)} - _NO_SITE - _JOINTS
        return bool(own & known) and any(word[:_STEM] in own - known for word in more)
    numbers = {word.plain for word in _words(text) if word.plain.isdigit()} - {word.plain for word in _words(label)}
    return bool(numbers) or (bool(own & known) and bool(own - known))


_JOINTS = frozenset("articulation articulaire joint".split())
"""Words of a site that its region has as well."""


_FORBIDS = re.compile(
    r"\bne (pas|plus|jamais)\b|\bn'\w+ (pas|plus|jamais)\b|\b(do|must|should|may) not\b|\bnot to be\b|\bdon't\b"
)


def forbids(text: str) -> bool:
    """Whether words forbid something: "ne pas prévenir", "do not contact"."""
    return bool(_FORBIDS.search(bare(text)))
