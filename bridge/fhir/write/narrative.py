"""The words of each section, for people. FHIR: Composition.section.text.

One table a section: the label of the datum and its value, both escaped; a line break stays a line break.

Source: FHIR R4 4.0.1, 2.4 Narrative; docs/fhir.md, 2.9.
"""

from __future__ import annotations

import html
from collections.abc import Iterable

from bridge.fhir.write.resources import JSON
from bridge.order import Act, Contraindication, Function, Order
from bridge.order.labels import site_words
from bridge.order.moments import french_date
from bridge.order.narratives import SectionWords

__all__ = ["Row", "documents", "education", "history", "narrative", "plan", "reasons", "received", "results"]

Row = tuple[str, str | None]
_ANSWERS = {True: "oui", False: "non", None: None}


def narrative(rows: Iterable[Row]) -> JSON:
    """A generated Narrative with one table row for each datum that there is."""
    cells = "".join(f"<tr><th>{_escaped(label)}</th><td>{_escaped(text)}</td></tr>" for label, text in rows if text)
    div = f'<div xmlns="http://www.w3.org/1999/xhtml"><table><tbody>{cells}</tbody></table></div>'
    return {"status": "generated", "div": div}


def received(words: SectionWords) -> JSON | None:
    """The Narrative of a received document; ``additional`` where it says more than the data."""
    if words.xhtml is None:
        return None
    status = "additional" if words.says_more else "generated"
    return {"status": status, "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{words.xhtml}</div>'}


def _escaped(text: str) -> str:
    return html.escape(text, quote=False).replace("\n", "<br/>")


def reasons(order: Order) -> list[Row]:
    """Section 55115-0."""
    urgency = order.urgency.reason if order.urgency else None
    return [
        ("Justification de la demande", order.justification),
        ("Finalité de l'examen", order.purpose),
        ("Exécution en urgence", urgency),
        ("Acte de dépistage", "oui" if order.screening else None),
    ]


def history(order: Order) -> list[Row]:
    """Section 11329-0. A "non" is always said, for who overlooks a coded one."""
    return [
        ("Antécédents médicaux", order.medical_history),
        ("Antécédents chirurgicaux", order.surgical_history),
        *map(_contraindication, order.contraindications),
        *(("Information pour la prise en charge", c.concept.display or c.concept.code) for c in order.care_information),
    ]


def _contraindication(item: Contraindication) -> Row:
    answer = f"{item.concept.display or item.concept.code} : {_ANSWERS[item.present]}"
    return "Contre-indication", f"{answer}\n{item.comment}" if item.comment else answer


def education(order: Order) -> list[Row]:
    """Section 34895-3."""
    return [
        ("Patient informé des risques", _ANSWERS[order.patient_informed] or "non renseigné"),
        ("Autres informations transmises au patient", order.patient_information),
    ]


def plan(order: Order) -> list[Row]:
    """Section 18776-5."""
    return [
        *(("Acte demandé", _act(act)) for act in order.acts),
        ("Évènement associé", order.event),
        ("Retour par téléphone souhaité", _ANSWERS[order.callback]),
    ]


def _act(act: Act) -> str:
    found = [act.modality.display, act.modality.text, *map(site_words, act.sites)]
    found += [act.contrast.display if act.contrast else None, *map(_function, act.functions), act.comment]
    found += [f"Date limite souhaitée : {french_date(act.wanted_by)}" if act.wanted_by else None]
    return "\n".join(text for text in found if text)


def _function(function: Function) -> str:
    words = f"Fonction étudiée : {function.concept.display or function.concept.code}"
    return f"{words} ({function.comment})" if function.comment else words


def results(order: Order) -> list[Row]:
    """Section 30954-2."""
    return [("Résultats d'examens antérieurs", order.prior_results)]


def documents(order: Order) -> list[Row]:
    """Section 55107-7."""
    return [("Document lié", item.title) for item in order.attachments]
