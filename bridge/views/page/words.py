"""The words of the page, in French and in English. Source: docs/paper.md."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from bridge.findings.issues import Language

__all__ = ["page_words"]

_WORDS: Mapping[str, tuple[str, str]] = {
    "title": ("Demande d'actes d'imagerie : lire, convertir, imprimer", "Imaging order: read, convert, print"),
    "skip": ("Aller au contenu", "Skip to content"),
    "other": ("English", "Français"),
    "intro": (
        "Déposer une demande FHIR (JSON ou XML) ou un document CDA IMG-DA-IMG pour la voir sur papier, "
        "avec ses constats et ses pertes.",
        "Give a FHIR order (JSON or XML) or a CDA document IMG-DA-IMG to see it on paper, with its findings and losses.",
    ),
    "kept": ("Rien n'est conservé ni envoyé ailleurs.", "Nothing is kept or sent elsewhere."),
    "file": ("Fichier", "File"),
    "text": ("Ou coller le texte", "Or paste the text"),
    "send": ("Montrer", "Show"),
    "drop": ("Le fichier peut aussi être glissé sur la page.", "The file may be dropped on the page as well."),
    "examples": ("Exemples (identités de test)", "Examples (test identities)"),
    "knee-radiograph": ("Radiographie du genou", "Radiograph of the knee"),
    "lung-biopsy": ("Biopsie pulmonaire urgente", "Urgent lung biopsy"),
    "hip-and-knee-radiographs": ("Hanche et genoux, plusieurs actes", "Hip and knees, several examinations"),
    "reading": ("Lecture…", "Reading…"),
    "result": ("Résultat", "Result"),
    "nav": ("Sections du résultat", "Sections of the result"),
    "paper": ("Vue papier", "Paper view"),
    "findings": ("Constats", "Findings"),
    "losses": ("Pertes", "Losses"),
    "trace": ("Trace", "Trace"),
    "received": ("Autres éléments du document", "Further content of the document"),
    "xml": ("XML du document", "XML of the document"),
    "input": ("Entrée FHIR", "FHIR input"),
    "downloads": ("Télécharger", "Download"),
    "done": ("Lu sans erreur", "Read without an error"),
    "refused": ("Refusé : rien n'a été écrit", "Refused: nothing was written"),
    "unreadable": ("L'entrée ne peut pas être lue", "The input cannot be read"),
    "trouble": ("La demande n'a pas été traitée", "The order was not handled"),
    "counts": (
        "{errors} erreur(s), {warnings} avertissement(s), {losses} perte(s)",
        "{errors} error(s), {warnings} warning(s), {losses} loss(es)",
    ),
    "conform": ("Contrôle du document écrit", "Check of the document written"),
    "conform received": ("Contrôle du document reçu", "Check of the document received"),
    "none lost": ("Aucune perte.", "No loss."),
    "none found": ("Rien à signaler.", "Nothing to report."),
    "none further": ("Tout le texte du document est dans la demande.", "Every text of the document is in the order."),
    "class": ("Gravité", "Class"),
    "what": ("Constat", "Finding"),
    "where": ("Où", "Where"),
    "value": ("Valeur", "Value"),
    "remedy": ("Remède", "Remedy"),
    "item": ("Élément de la demande", "Item of the order"),
    "fate": ("Devenir", "Fate"),
    "places": ("Dans le document", "In the document"),
    "show": ("Montrer", "Show"),
    "all": ("tout", "all"),
    "print": ("Imprimer", "Print"),
    "print help": (
        "Pour le patient, imprimer le PDF ; cette vue s'imprime aussi.",
        "For the patient, print the PDF; this view prints too.",
    ),
    "large": (
        "{name} : trop grand pour cette page ; utiliser la commande imgda {command}.",
        "{name}: too large for this page; use the command imgda {command}.",
    ),
    "again": ("Autre demande", "Another order"),
    "critical": ("critique", "critical"),
    "clinical": ("clinique", "clinical"),
    "administrative": ("administrative", "administrative"),
    "technical": ("technique", "technical"),
    "lit help": (
        "Pointer une ligne de la vue papier, une valeur ou un élément du XML marque ce qui lui correspond ; "
        "la table de la trace le dit aussi.",
        "Pointing at a line of the paper view, a value or a piece of XML marks what belongs to it; "
        "the table of the trace says it too.",
    ),
    "goes": ("trace", "trace"),
    "pdf": ("PDF", "PDF"),
    "cda": ("Document CDA", "CDA document"),
    "fhir": ("Bundle FHIR", "FHIR Bundle"),
    "outcome": ("OperationOutcome", "OperationOutcome"),
    "rows": ("Trace (JSON)", "Trace (JSON)"),
    "limit": ("Limite : {limit} Mio.", "Limit: {limit} MiB."),
}


def page_words(language: Language) -> Mapping[str, str]:
    """Every wording of the page in a language."""
    place = 1 if language == "en" else 0
    return MappingProxyType({key: words[place] for key, words in _WORDS.items()})
