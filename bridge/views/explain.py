"""A conversion explained: the trace as text, and as one page of HTML without anything from elsewhere.

The page shows the FHIR input and the document side by side, the narrative rendered; what stands on one side lights up
what it came from, or became, on the other. Every value is escaped; the page runs no code but its own, under a
content security policy.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from lxml import etree

from bridge import xml
from bridge.cda.narrative import Attributes, xhtml
from bridge.evidence.locate import located
from bridge.evidence.renderings import FATES
from bridge.evidence.trace import Row, Trace
from bridge.findings.groups import grouped
from bridge.findings.issues import Issue, Language, operation_outcome
from bridge.order.labels import name as item_name

if TYPE_CHECKING:
    from bridge.results import Conversion

__all__ = ["FATE_NAMES", "as_html", "as_json", "as_text", "document_xml", "input_json"]

FATE_NAMES: Mapping[Language, Mapping[str, str]] = {
    "fr": {
        "copied": "copié",
        "formatted": "mis en forme",
        "translated": "traduit",
        "split": "réparti",
        "decides": "décide",
        "implied": "implicite",
        "defaulted": "par défaut",
        "lost": "perdu",
    },
    "en": {fate: fate for fate in FATES},
}
_WORDS: Mapping[Language, Mapping[str, str]] = {
    "fr": {
        "title": "Ce que la demande est devenue",
        "refused": "REFUSÉ : {count} erreur(s). Ce qui suit explique un brouillon, à ne pas transmettre.",
        "source": "Demande FHIR",
        "document": "Document CDA",
        "narrative": "Document tel qu'il se lit",
        "xml": "XML",
        "table": "Table de correspondance",
        "show": "Montrer",
        "help": "Survoler ou atteindre une valeur (Tab, flèches) éclaire l'autre côté ; Entrée y mène, Échap éteint.",
        "path": "FHIRPath",
        "item": "Élément de la demande",
        "fate": "Devenir",
        "rule": "Règle",
        "xpath": "XPath",
        "attached": "document joint",
    },
    "en": {
        "title": "What became of the order",
        "refused": "REFUSED: {count} error(s). What follows explains a draft, which must not be sent.",
        "source": "FHIR order",
        "document": "CDA document",
        "narrative": "Document as it is read",
        "xml": "XML",
        "table": "Table",
        "show": "Show",
        "help": "Hovering over a value, or reaching it (Tab, arrows), lights up the other side; Enter goes there, Escape clears.",
        "path": "FHIRPath",
        "item": "Item of the order",
        "fate": "Fate",
        "rule": "Rule",
        "xpath": "XPath",
        "attached": "attachment",
    },
}
_LONG = 160
"""Characters shown of one value: attachments are long."""


# --- text and JSON ---------------------------------------------------------------------------------------------------


def as_text(trace: Trace, language: Language = "fr", *, values: bool = False) -> str:
    """The trace for a terminal: a line for each value of the input, and under it where it went."""
    names = FATE_NAMES[language]
    width = max(map(len, names.values()))
    lines = list(_refusal(trace.errors, language))
    for row in trace.rows:
        details = [text for text in (item_name(row.item or "", language), row.loss, row.rule) if text]
        lines.append(f"{names[row.fate]:<{width}}  {row.path or '-'}" + (f"  [{', '.join(details)}]" if details else ""))
        if values and row.value is not None:
            lines.append(f"{'':<{width}}    = {_short(row.value)}")
        lines += [f"{'':<{width}}    → {xpath}" for xpath in row.xpaths]
    return "\n".join(lines) + "\n"


def _refusal(errors: Iterable[Issue], language: Language) -> Iterator[str]:
    """The errors in spite of which a draft was made, each with its places and its remedy; then an empty line."""
    groups = grouped(errors)
    if not groups:
        return
    yield _WORDS[language]["refused"].format(count=len(groups))
    for group in groups:
        yield f"| {group[0].code}  {group[0].text(language)}"
        yield from (f"|   @ {found.path}" for found in group if found.path)
        yield f"|   → {group[0].remedy(language)}"
    yield ""


def as_json(trace: Trace, language: Language = "fr", *, values: bool = False) -> str:
    """The trace as a JSON list of rows; that of a draft as an object, with the errors as ``outcome`` before the ``rows``."""
    rows: Any = [row.to_dict(values=values) for row in trace.rows]
    data = {"outcome": operation_outcome(trace.errors, language), "rows": rows} if trace.errors else rows
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def _short(text: str) -> str:
    return text if len(text) <= _LONG else f"{text[:_LONG]}…"


# --- HTML ------------------------------------------------------------------------------------------------------------


def as_html(conversion: Conversion, language: Language = "fr") -> str:
    """One self-contained page; it holds the data of the patient."""
    assert conversion.evidence is not None
    rows = conversion.trace.rows
    tree = xml.read(conversion.document)
    links = {row.path: list(row.xpaths) for row in rows if row.path and row.xpaths}
    template = Template(Path(__file__).with_name("explain.html").read_text("utf-8"))
    by_path = {row.path: row for row in rows if row.path}
    words = {name: escape(text) for name, text in _WORDS[language].items()}
    return template.substitute(
        words,
        lang=language,
        errors=_errors(conversion.trace.errors, language),
        links=json.dumps(links, ensure_ascii=False).replace("<", "\\u003c"),
        filters="".join(_filter(fate, language, sum(row.fate == fate for row in rows)) for fate in FATES),
        fhir="".join(input_json(conversion.evidence.root.value, conversion.evidence.root.path, by_path, language)),
        xml_body="".join(document_xml(tree)),
        reading="".join(_sections(tree, "/ClinicalDocument", _WORDS[language]["attached"])),
        rows="".join(_table_row(row, language) for row in rows),
    )


def _errors(errors: Iterable[Issue], language: Language) -> str:
    """The errors in spite of which a draft was made."""
    groups = grouped(errors)
    if not groups:
        return ""
    items = "".join(
        f"<li><b>{group[0].code}</b> {escape(group[0].text(language))} {escape(group[0].remedy(language))} "
        + " ".join(f"<code>{escape(found.path)}</code>" for found in group if found.path)
        + "</li>"
        for group in groups
    )
    return (
        f'<div class="refused" role="alert">{escape(_WORDS[language]["refused"].format(count=len(groups)))}<ul>{items}</ul></div>'
    )


def _filter(fate: str, language: Language, count: int) -> str:
    return (
        f'<label class="{fate}"><input type="checkbox" checked value="{fate}"> '
        f"{escape(FATE_NAMES[language][fate])} <small>{count}</small></label>"
    )


def _table_row(row: Row, language: Language) -> str:
    cells = (row.path or "", _item(row, language), FATE_NAMES[language][row.fate], row.rule or "", "\n".join(row.xpaths))
    return f'<tr class="{row.fate}">' + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"


def _item(row: Row, language: Language) -> str:
    """The item of a value in words, and its path."""
    words = item_name(row.item or "", language)
    return words if words == (row.item or "") else f"{words}\n{row.item}"


def input_json(value: Any, path: str, rows: Mapping[str, Row], language: Language, indent: int = 0) -> Iterator[str]:
    """The input as JSON, each value in an element with its FHIRPath."""
    if not isinstance(value, (dict, list)):
        yield _leaf(value, path, rows.get(path), language)
        return
    pad, deeper, is_object = "  " * indent, "  " * (indent + 1), isinstance(value, dict)
    yield "{\n" if is_object else "[\n"
    for number, (key, item) in enumerate(value.items() if isinstance(value, dict) else enumerate(value)):
        yield (",\n" if number else "") + deeper + (f'<b>"{escape(str(key))}"</b>: ' if is_object else "")
        yield from input_json(item, f"{path}.{key}" if is_object else f"{path}[{key}]", rows, language, indent + 1)
    yield f"\n{pad}" + ("}" if is_object else "]")


def _leaf(value: Any, path: str, row: Row | None, language: Language) -> str:
    """A value of the input, with what became of it."""
    shown = escape(json.dumps(_short(value) if isinstance(value, str) else value, ensure_ascii=False, default=str))
    if row is None:
        return shown
    said = (path, item_name(row.item or "", language), FATE_NAMES[language][row.fate], row.rule)
    note = escape(" · ".join(text for text in said if text))
    return f'<span tabindex="-1" class="v {row.fate}" data-p="{escape(path)}" title="{note}">{shown}</span>'


def document_xml(element: etree._Element, xpath: str = "/ClinicalDocument", indent: int = 0) -> Iterator[str]:
    """The document as XML, each attribute value and text in an element with its XPath."""
    pad, name = "  " * indent, escape(etree.QName(element).localname)
    yield f"{pad}&lt;<b>{name}</b>"
    for key, value in xml.attributes(element):
        local = escape(etree.QName(key).localname)
        yield f' {local}="{_spot(f"{xpath}/@{local}", value)}"'
    text = _text(element)
    inner = [piece for child, where in located(element, xpath) for piece in document_xml(child, where, indent + 1)]
    if not inner and not text.strip():
        yield "/&gt;\n"
        return
    yield f"&gt;{_spot(f'{xpath}/text()', ' '.join(text.split()))}" if text.strip() else "&gt;"
    yield from ("\n", *inner, pad) if inner else ()
    yield f"&lt;/<b>{name}</b>&gt;\n"


def _text(element: etree._Element) -> str:
    """The text of an element; with that of its children where text stands between them."""
    return "".join(element.itertext()) if any((c.tail or "").strip() for c in element) else element.text or ""


def _spot(xpath: str, text: str) -> str:
    path = escape(xpath)
    return f'<span tabindex="-1" class="x" id="{path}" data-x="{path}" title="{path}">{escape(_short(text))}</span>'


def _sections(element: etree._Element, xpath: str, attached: str) -> Iterator[str]:
    """The title and narrative of every section, as HTML."""
    for child, where in located(element, xpath):
        name = etree.QName(child).localname
        if name == "section":
            title = child.findtext("{urn:hl7-org:v3}title") or ""
            yield f"<h3>{escape(title)}</h3>"
        if name == "text" and etree.QName(element).localname == "section":
            yield f"<div{_mark(child, where)}>{xhtml(child, attached=attached, attributes=_marks(child, where))}</div>"
        else:
            yield from _sections(child, where, attached)


def _marks(text: etree._Element, xpath: str) -> Attributes:
    """What makes the elements of a narrative that hold words light up: their XPath."""
    places = dict(_places(text, xpath))
    return lambda element: _mark(element, places[element]) if element in places else ""


def _places(element: etree._Element, xpath: str) -> Iterator[tuple[etree._Element, str]]:
    for child, where in located(element, xpath):
        yield child, where
        yield from _places(child, where)


def _mark(element: etree._Element, xpath: str) -> str:
    has_words = (element.text or "").strip() or any((child.tail or "").strip() for child in element)
    return f' tabindex="-1" class="x" data-x="{escape(xpath)}/text()"' if has_words else ""
