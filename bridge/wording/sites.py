"""The names of sites in words: which words name one, and what of the label of a site names it."""

from __future__ import annotations

from functools import cache

from bridge.tables.codes import value_set
from bridge.wording.names import OF_ANY_SITE
from bridge.wording.spelling import words

__all__ = ["NO_SITE", "core", "site_names"]

_SHORT = 4
"""A name of a site has at least this many letters."""
NO_SITE = frozenset(
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


@cache
def site_names() -> frozenset[str]:
    """The words of the labels of JDV_LocalisationAnatomique that name a site."""
    labels = (word.plain for concept in value_set("site").concepts.values() for word in words(concept.display))
    return frozenset(word for word in labels if len(word) >= _SHORT and word not in NO_SITE) | _MORE_SITES


_OF_ANY_LABEL = OF_ANY_SITE | frozenset("of the en de du des la le les l".split())


def core(label: str) -> str:
    """The label of a site without the words that all of them have: "région entière du genou" is "genou"."""
    return " ".join(word.plain for word in words(label) if word.plain not in _OF_ANY_LABEL)
