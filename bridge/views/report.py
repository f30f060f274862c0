"""The report as one HTML page: verdict, findings with their place, and the document's narrative beside them.

The page needs nothing from elsewhere and no script; all that comes from the document is escaped. Source: CDA R2, 4.3.5
(narrative).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

from lxml import etree

from bridge import xml
from bridge.cda.narrative import Attributes, xhtml
from bridge.findings.issues import Issue, Language
from bridge.views.summary import facts

if TYPE_CHECKING:
    from bridge.checks.report import Report

__all__ = ["element_at", "page", "rules"]

CDA = "{urn:hl7-org:v3}"
_NAMES = {
    "c": "urn:hl7-org:v3",
    "sdtc": "urn:hl7-org:sdtc",
    "ps3-20": "urn:dicom-org:ps3-20",
}
_LONGEST = 900
"""Characters of an excerpt, beyond which its children are named alone."""

_WORDS: dict[str, dict[str, str]] = {
    "fr": {
        "title": "Contrôle de",
        "official": "Ce qui fait la conformité",
        "further": "Autres constats",
        "unjudged": "Pourquoi le document n'est pas jugé",
        "kept": "Rien : toutes les règles que le schéma et les schématrons officiels contrôlent aussi sont respectées.",
        "none": "Rien à signaler.",
        "narrative": "Ce que le document donne à lire",
        "error": "erreur",
        "warning": "avertissement",
        "information": "note",
        "places": "{count} endroits",
        "place": "1 endroit",
        "remedy": "Remède",
        "rule": "Règle",
        "excerpt": "Extrait",
        "skip": "Aller aux constats",
        "attached": "document joint",
        "unreadable": "Le document n'a pas pu être lu.",
        "private": "Cette page contient des données du document, qui peuvent être celles d'un patient.",
    },
    "en": {
        "title": "Check of",
        "official": "What conformity depends on",
        "further": "Further findings",
        "unjudged": "Why the document is not judged",
        "kept": "Nothing: every rule that the official schema and Schematrons also check is kept.",
        "none": "Nothing to report.",
        "narrative": "What the document gives to read",
        "error": "error",
        "warning": "warning",
        "information": "note",
        "places": "{count} places",
        "place": "1 place",
        "remedy": "Remedy",
        "rule": "Rule",
        "excerpt": "Excerpt",
        "skip": "Go to the findings",
        "attached": "attachment",
        "unreadable": "The document could not be read.",
        "private": "This page holds data of the document, which may be those of a patient.",
    },
}

_STYLE = """
:root { --ink:#1c2430; --soft:#5b6675; --line:#d8dee6; --paper:#fff; --ground:#f4f6f9; --error:#a3160f; --warning:#8a5300;
  --information:#1b5594; --ok:#17663a; }
* { box-sizing:border-box }
body { margin:0; font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif; color:var(--ink); background:var(--ground) }
a { color:var(--information) } a:focus-visible, summary:focus-visible { outline:3px solid #ffb000; outline-offset:2px }
.skip { position:absolute; left:-9999px } .skip:focus { left:1rem; top:1rem; background:var(--paper); padding:.5rem 1rem }
header { background:var(--paper); border-bottom:1px solid var(--line); padding:1.25rem 2rem; border-top:.5rem solid var(--ok) }
header.bad { border-top-color:var(--error) }
h1 { font-size:1.05rem; margin:0; font-weight:600; color:var(--soft); overflow-wrap:anywhere }
.verdict { font-size:1.75rem; line-height:1.2; font-weight:700; margin:.2rem 0; color:var(--ok) }
.bad .verdict { color:var(--error) }
.verdict::first-letter, .second::first-letter { text-transform:uppercase }
header p { margin:.1rem 0; color:var(--soft) } header .second { color:var(--ink); font-weight:600 }
header dl { margin:.75rem 0 0; font-size:1rem; overflow-wrap:anywhere } header dd { font-weight:600 }
main { display:grid; grid-template-columns:minmax(0,6fr) minmax(0,7fr); gap:1.5rem; padding:1.5rem 2rem; align-items:start }
h2 { font-size:1.25rem; margin:0 0 .75rem }
article, .narrative { background:var(--paper); border:1px solid var(--line); border-radius:.5rem; padding:1rem 1.25rem;
  margin:0 0 1rem }
article { border-left:.35rem solid var(--information) } article.error { border-left-color:var(--error) }
article.ok { border-left-color:var(--ok) } article.warning { border-left-color:var(--warning) }
h3 { font-size:1rem; margin:0 0 .35rem; font-weight:600 }
.badge { display:inline-block; font-size:.75rem; font-weight:700; text-transform:uppercase; letter-spacing:.03em; color:#fff;
  background:var(--information); border-radius:.25rem; padding:.05rem .45rem; margin-right:.4rem; vertical-align:.1em }
.error .badge { background:var(--error) } .warning .badge { background:var(--warning) }
.code { color:var(--soft); font-weight:400; font-size:.875rem; white-space:nowrap }
dl { display:grid; grid-template-columns:max-content 1fr; gap:.1rem .75rem; margin:.25rem 0 .5rem; font-size:.9rem }
dt { color:var(--soft) } dd { margin:0 }
ul.places { list-style:none; margin:0; padding:0; border-top:1px solid var(--line) }
.places li { padding:.4rem 0; border-bottom:1px solid var(--line) } .places li:last-child { border-bottom:0; padding-bottom:0 }
.path { font:0.8rem/1.4 ui-monospace,"DejaVu Sans Mono",monospace; overflow-wrap:anywhere }
.said { font-size:.9rem; margin:.15rem 0 }
summary { cursor:pointer; color:var(--soft); font-size:.85rem }
pre { font:0.78rem/1.45 ui-monospace,"DejaVu Sans Mono",monospace; background:var(--ground); border:1px solid var(--line);
  border-radius:.25rem; padding:.5rem .75rem; margin:.3rem 0; white-space:pre-wrap; overflow-wrap:anywhere }
.narrative { font-size:.9rem; container-type:inline-size; overflow-wrap:anywhere }
.narrative h3 { border-bottom:1px solid var(--line); padding-bottom:.2rem; margin:1rem 0 .5rem }
.narrative h3:first-child, .narrative > p:first-child { margin-top:0 }
.narrative table { border-collapse:collapse; width:100%; margin:.25rem 0 .75rem } .narrative th, .narrative td {
  border:1px solid var(--line); padding:.3rem .5rem; text-align:left; vertical-align:top; overflow-wrap:anywhere; hyphens:auto }
.narrative table + br { display:none }
.narrative th { background:var(--ground); font-weight:600 }
.attached { color:var(--soft); font-style:italic }
.narrative th { overflow-wrap:break-word }
.wide th, .wide td { min-width:5em }
@container (max-width:33rem) { .wide, .wide tbody, .wide tr, .wide td { display:block; width:auto; min-width:0 }
  .wide thead { position:absolute; left:-9999px } .wide tr { border:1px solid var(--line); margin:0 0 .5rem }
  .wide td { border:0; border-bottom:1px solid var(--line) } .wide td:last-child { border-bottom:0 }
  .wide td[data-label]::before { content:attr(data-label); display:block; color:var(--soft); font-weight:600 } }
@container (max-width:21rem) { .middling, .middling tbody, .middling tr, .middling td { display:block; width:auto; min-width:0 }
  .middling thead { position:absolute; left:-9999px } .middling tr { border:1px solid var(--line); margin:0 0 .5rem }
  .middling td { border:0; border-bottom:1px solid var(--line) } .middling td:last-child { border-bottom:0 }
  .middling td[data-label]::before { content:attr(data-label); display:block; color:var(--soft); font-weight:600 } }
footer { padding:0 2rem 1.5rem; color:var(--soft); font-size:.85rem }
@media (max-width:60rem) { main { grid-template-columns:minmax(0,1fr); padding:1rem } header { padding:1rem } }
@media (max-width:34rem) { dl { grid-template-columns:minmax(0,1fr) } dd { margin-bottom:.3rem } .verdict { font-size:1.4rem } }
@media print { body { background:#fff; font-size:10.5pt } main { display:block; padding:0 } header, footer { padding:.5rem 0 }
  li, tr { break-inside:avoid } h2, h3, article dl { break-after:avoid }
  .skip { display:none } details:not([open]) > summary { display:none } }
"""


def page(report: Report, document: bytes, name: str, language: Language) -> str:
    """The page. *name* is what the document is called; of a path, its last part heads the page."""
    words = _WORDS[language]
    try:
        root = xml.read(document)
    except xml.Unreadable:
        root = etree.Element("unreadable")
    called = escape(re.split(r"[/\\]", name.rstrip("/\\"))[-1])
    return (
        f'<!DOCTYPE html>\n<html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{words['title']} {called}</title><style>{_STYLE}</style></head><body>"
        f'<a class="skip" href="#findings">{words["skip"]}</a>{_head(report, root, called, language)}'
        f'<main><section id="findings">{_findings(report, root, language)}</section>'
        f'<section aria-labelledby="n"><h2 id="n">{words["narrative"]}</h2>'
        f'<div class="narrative" lang="fr">{_narrative(root, words)}</div></section></main>'
        f"<footer>{words['private']}</footer></body></html>\n"
    )


def _head(report: Report, root: etree._Element, called: str, language: Language) -> str:
    """The name of the file, both verdicts, and whose document it is."""
    verdict, further = report.says(language)
    known = "".join(f"<dt>{escape(label)}</dt><dd>{escape(value)}</dd>" for label, value in facts(root, language))
    return (
        f"<header{_bad(report)}><h1>{_WORDS[language]['title']} {called}</h1>"
        f'<p class="verdict">{escape(verdict)}</p><p class="second">{escape(further)}</p>'
        f"{f'<dl>{known}</dl>' if known else ''}</header>"
    )


# --- findings --------------------------------------------------------------------------------------------------------


def _bad(report: Report) -> str:
    return "" if report.conforms else ' class="bad"'


def _findings(report: Report, root: etree._Element, language: Language) -> str:
    """The findings that decide the verdict, then the further ones."""
    words = _WORDS[language]
    deciding = tuple(found for found in report.issues if report.decides(found))
    judged = (("official", deciding, words["kept"]), ("further", report.further, words["none"]))
    parts = judged if report.is_judged else (("unjudged", report.issues, ""),)
    return "".join(
        f"<h2>{words[key]}</h2>" + ("".join(rules(issues, root, language)) or f'<article class="ok">{nothing}</article>')
        for key, issues, nothing in parts
    )


def rules(issues: tuple[Issue, ...], root: etree._Element, language: Language) -> Iterator[str]:
    """One article for each rule that was broken, with every place."""
    groups: dict[tuple[str, str, str], list[Issue]] = {}
    for found in issues:
        groups.setdefault((found.severity, found.code, found.remedy(language)), []).append(found)
    words = _WORDS[language]
    for (severity, code, remedy), group in groups.items():
        texts = {found.text(language) for found in group}
        title = escape(next(iter(texts))) if len(texts) == 1 else escape(group[0].text(language)) + " …"
        level = "error" if severity == "fatal" else severity
        many = words["place"] if len(group) == 1 else words["places"].format(count=len(group))
        places = "".join(_place(found, root, language, said=len(texts) > 1) for found in group)
        yield (
            f'<article class="{level}"><h3><span class="badge">{words[level]}</span>{title} '
            f'<span class="code">{code} · {many}</span></h3>'
            f"<dl><dt>{words['remedy']}</dt><dd>{escape(remedy)}</dd>"
            f"<dt>{words['rule']}</dt><dd>{escape(group[0].source)}</dd></dl>"
            f'<ul class="places">{places}</ul></article>'
        )


def _place(found: Issue, root: etree._Element, language: Language, *, said: bool) -> str:
    text = f'<p class="said">{escape(found.text(language))}</p>' if said else ""
    message = f'<p class="said">{escape(found.value)}</p>' if found.value else ""
    element = element_at(root, found.path)
    excerpt = ""
    if element is not None:
        shown = " open" if found.is_error else ""
        excerpt = (
            f"<details{shown}><summary>{_WORDS[language]['excerpt']}</summary><pre>{escape(_excerpt(element))}</pre></details>"
        )
    path = f'<div class="path">{escape(found.path).replace("/", "/<wbr>")}</div>' if found.path else ""
    return f"<li>{text}{message}{path}{excerpt}</li>"


def element_at(root: etree._Element, path: str | None) -> etree._Element | None:
    """The element of a path, as the check writes paths."""
    if not path or path == "/":
        return None
    xpath = re.sub(r"/(?=[^/:]+(/|$))", "/c:", path)
    try:
        found = root.xpath(xpath, namespaces=_NAMES)
    except etree.XPathError:
        return None
    return found[0] if isinstance(found, list) and found and isinstance(found[0], etree._Element) else None


def _excerpt(element: etree._Element) -> str:
    """An element as text, its children named alone when it is long."""
    whole = _lines(element, 0, deep=True)
    if len(whole) <= _LONGEST:
        return whole
    return _lines(element, 0, deep=False)[:_LONGEST]


def _lines(element: etree._Element, depth: int, *, deep: bool) -> str:
    margin, name = "  " * depth, etree.QName(element).localname
    attributes = "".join(f' {etree.QName(str(key)).localname}="{_short(str(value))}"' for key, value in xml.attributes(element))
    children = list(element)
    text = _short((element.text or "").strip())
    if not children:
        return f"{margin}<{name}{attributes}>{text}</{name}>" if text else f"{margin}<{name}{attributes}/>"
    if not deep and depth:
        return f"{margin}<{name}{attributes}>…</{name}>"
    inner = "\n".join(_lines(child, depth + 1, deep=deep) for child in children)
    head = f"{margin}<{name}{attributes}>{text}"
    return f"{head}\n{inner}\n{margin}</{name}>"


def _short(text: str) -> str:
    return text if len(text) <= 160 else f"{text[:160]}…"


# --- narrative -------------------------------------------------------------------------------------------------------


_HEADINGS = f"{CDA}thead/{CDA}tr/{CDA}th"


def _narrative(root: etree._Element, words: dict[str, str]) -> str:
    """The text of every section, under its title."""
    if root.tag != f"{CDA}ClinicalDocument":
        return f"<p>{words['unreadable']}</p>"
    parts: list[str] = []
    for section in root.iter(f"{CDA}section"):
        title, text = section.find(f"{CDA}title"), section.find(f"{CDA}text")
        if title is not None:
            parts.append(f"<h3>{escape(''.join(title.itertext()))}</h3>")
        if text is not None:
            parts.append(xhtml(text, attached=words["attached"], attributes=_for_narrow_screens(text)))
    return "".join(parts)


def _for_narrow_screens(text: etree._Element) -> Attributes:
    """Attributes of what a narrow screen shows otherwise: there the cells of a table name their column."""
    found = dict.fromkeys(text.iter(f"{CDA}renderMultiMedia"), ' class="attached"')
    for table in text.iter(f"{CDA}table"):
        headings = [escape(" ".join("".join(map(str, cell.itertext())).split())) for cell in table.iterfind(_HEADINGS)]
        if len(headings) < 3:
            continue
        found[table] = ' class="middling"' if len(headings) < 5 else ' class="wide"'
        for row in table.iterfind(f"{CDA}tbody/{CDA}tr"):
            if len(row) == len(headings):
                found |= {cell: f' data-label="{heading}"' for cell, heading in zip(row, headings, strict=True)}
    return lambda element: found.get(element, "")
