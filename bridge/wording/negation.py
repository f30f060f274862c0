"""The words that negate, and those that say nothing by themselves between a negation and what it negates."""

from __future__ import annotations

__all__ = ["ABSENCE", "BEFORE_A_DENIED", "LINKS", "NOT", "says_nothing_itself"]

NOT = frozenset(
    "pas non no not aucun aucune aucuns aucunes jamais ni never nul nulle rien none neither nor cannot isn wasn doesn "
    "kein keine keinen keiner keinem keines nicht nein geen niet nee nessun nessuno nessuna ningun ninguno ninguna nenhum "
    "nenhuma nao nem nunca 0 ø".split()
)
"""Words that negate; two of them are one negation: "sans aucun", "n'a jamais eu aucun"."""

ABSENCE = frozenset(
    "sans absence absent absente absents absentes without free exclu exclue exclus exclues excluded ecarte ecartee elimine "
    "eliminee infirme infirmee denies denied nie negatif negative negatifs negatives neg neant ohne zonder senza sin sem".split()
)
"""Words that say an absence: after a negation they undo it, as in "pas d'absence de" and "non exclue"."""

LINKS = frozenset(
    "de du des d le la les l un une a au aux en ou or of the an to for with pour par ce jour cote ne est etre a ete eu ait soit "
    "avoir pu porte porter porteur porteuse porteurs patient patiente patients patientes il elle on qui actuellement encore hui "
    "aujourd plus connu connue connus connues known any evidence signe signes notion argument arguments antecedent antecedents "
    "atcd history has have had is was be been currently yet carrier implante implantee implanted pose presence risque quelconque "
    "moindre toute tout suspicion necessite necessitant necessiter requiert besoin he she it patientin der die das een il lo una "
    "test dosage".split()
)
"""Words that say nothing by themselves between a negation and what it negates."""

BEFORE_A_DENIED = LINKS | NOT | ABSENCE


def says_nothing_itself(word: str) -> bool:
    """Whether a word only links or negates others."""
    return word in BEFORE_A_DENIED
