"""Texts that stand where something is asked for and say nothing.

Source: docs/decisions.md, 33. The labels of the rubrics are those of the model and of its official examples (IMG-DA-IMG 2024.01).
"""

from __future__ import annotations

from bridge.wording.spelling import same_words

__all__ = ["JUSTIFICATION", "MEDICAL", "SURGICAL", "URGENCY", "is_blank"]

JUSTIFICATION = (
    "Justification",
    "Justification de la demande",
    "Justification de la demande d'examen",
    "Motif",
    "Motif de la demande",
    "Demande d'acte d'imagerie",
    "Demande d'actes d'imagerie",
)
URGENCY = ("Exécution en urgence", "Urgence", "Urgent", "Demande urgente", "Justification de l'urgence")
"""Not "Motif de l'urgence", which is the reason that an official example gives."""
MEDICAL = (
    "Antécédents",
    "Antécédents médicaux",
    "Antécédent médical",
    "History of past illness",
    "History of Past illness Narrative",
)
SURGICAL = (
    "Antécédents",
    "Antécédents chirurgicaux",
    "Antécédent chirurgical",
    "History of Procedures",
    "History of Procedures Document",
)


def is_blank(text: str | None, *labels: str | None) -> bool:
    """Whether a text says nothing: each of its lines is without a letter or digit, or no more than a label of what was asked."""
    return all(_says_nothing(line, labels) for line in (text or "").split("\n"))


def _says_nothing(line: str, labels: tuple[str | None, ...]) -> bool:
    if not any(character.isalnum() for character in line):
        return True
    bare = line.strip(" \t:;.,-–—_*\"'«»()[]")
    return any(label and same_words(bare, label) for label in labels)
