"""The words of a verdict, the same on the screen, in the page, in JSON and in JUnit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from bridge.findings.issues import Language, Severity

__all__ = ["Verdict", "counted", "further_words", "verdict_words"]

Verdict = Literal["conform", "not-conform", "no-document", "unreadable", "unknown-model", "not-checked"]
"""Whether a document conforms to its model, or why nothing can be said: no CDA document, one that cannot be read, a version
of the model that is not known, a check that failed."""

_VERDICTS: Mapping[Language, Mapping[Verdict, str]] = {
    "fr": {
        "conform": "conforme au modèle IMG-DA-IMG {model}",
        "not-conform": "non conforme au modèle IMG-DA-IMG {model}",
        "no-document": "ce n'est pas un document CDA",
        "unreadable": "document CDA illisible",
        "unknown-model": "sans verdict : version du modèle inconnue",
        "not-checked": "sans verdict : le contrôle a échoué",
    },
    "en": {
        "conform": "conforms to the model IMG-DA-IMG {model}",
        "not-conform": "does not conform to the model IMG-DA-IMG {model}",
        "no-document": "no CDA document",
        "unreadable": "CDA document that cannot be read",
        "unknown-model": "no verdict: unknown version of the model",
        "not-checked": "no verdict: the check failed",
    },
}
_FURTHER = {
    "fr": ("autres constats : {counts}", "aucun autre constat"),
    "en": ("further findings: {counts}", "no further finding"),
}
_UNTRIED: Mapping[Language, str] = {"fr": "aucune règle du modèle n'a été appliquée", "en": "no rule of the model was applied"}
_COUNTED: Mapping[Language, Mapping[Severity, tuple[str, str]]] = {
    "fr": {
        "error": ("1 erreur", "{count} erreurs"),
        "warning": ("1 avertissement", "{count} avertissements"),
        "information": ("1 note", "{count} notes"),
    },
    "en": {
        "error": ("1 error", "{count} errors"),
        "warning": ("1 warning", "{count} warnings"),
        "information": ("1 note", "{count} notes"),
    },
}


def verdict_words(verdict: Verdict, model: str, language: Language) -> str:
    """The first verdict: whether the document conforms to the model."""
    return _VERDICTS[language][verdict].format(model=model)


def further_words(counts: Mapping[Severity, int], language: Language, *, judged: bool = True) -> str:
    """The second verdict: what was found besides, or that nothing was looked for."""
    some, none = _FURTHER[language]
    found = counted(counts, language)
    return some.format(counts=found) if found else none if judged else _UNTRIED[language]


def counted(counts: Mapping[Severity, int], language: Language) -> str:
    """``2 errors, 1 note``; empty for nothing."""
    words = _COUNTED[language]
    return ", ".join(words[key][count > 1].format(count=count) for key in words if (count := counts.get(key, 0)))
