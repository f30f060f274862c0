"""Looking back on many inputs: one page of HTML without a script, and the same as CSV.

Counts, bars of findings by code, a time line of the run, and what was not converted with its first cause, by count and by code.
The page holds names of inputs and codes of findings, and no value of an order. Source: docs/batch.md; docs/check.md.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise

from bridge.findings.issues import Language, catalogue

__all__ = ["Cause", "Overview", "as_csv", "page"]

_WORDS: Mapping[Language, Mapping[str, str]] = {
    "fr": {
        "counts": "Bilan",
        "findings": "Constats par code",
        "time": "Déroulement",
        "by count": "Premières causes, par nombre",
        "by code": "Entrées concernées, par code",
        "code": "Code",
        "what": "Constat",
        "count": "Nombre",
        "bar": "Part",
        "input": "Entrée",
        "cause": "Première cause",
        "none": "Aucune.",
        "rate": "{count} entrées en {seconds} s : {rate} par seconde en moyenne.",
        "span": "De {start} s à {end} s",
        "per second": "Entrées par seconde",
        "private": "Cette page contient des noms de fichiers et aucune donnée des demandes.",
    },
    "en": {
        "counts": "Counts",
        "findings": "Findings by code",
        "time": "Time line",
        "by count": "First causes, by count",
        "by code": "Inputs concerned, by code",
        "code": "Code",
        "what": "Finding",
        "count": "Number",
        "bar": "Share",
        "input": "Input",
        "cause": "First cause",
        "none": "None.",
        "rate": "{count} inputs in {seconds} s: {rate} a second on average.",
        "span": "From {start} s to {end} s",
        "per second": "Inputs a second",
        "private": "This page holds names of files and no data of the orders.",
    },
}
_STYLE = """
body { margin:0 auto; padding:1rem 1.5rem; max-width:70rem; font:16px/1.5 system-ui,"Segoe UI",Roboto,sans-serif; color:#1c2430 }
h1 { font-size:1.6rem } h2 { font-size:1.2rem; margin-top:1.5rem }
table { border-collapse:collapse; width:100% } caption { text-align:left; color:#4b5563 }
th, td { text-align:left; vertical-align:top; padding:.25rem .6rem; border-bottom:1px solid #d8dee6; overflow-wrap:anywhere }
th { white-space:nowrap } td.n { text-align:right; font-variant-numeric:tabular-nums } .code { white-space:nowrap }
dl { display:flex; flex-wrap:wrap; gap:.5rem 2rem; margin:0 } dt { color:#4b5563 }
dd { margin:0; font-size:1.5rem; font-weight:700 }
svg { display:block } svg rect { fill:#1b5594 } .line { width:100%; height:8rem; border-bottom:1px solid #1c2430 }
@media (max-width:34rem) { body { padding:.75rem } .bar { display:none } }
@media print { tr { break-inside:avoid } svg rect { fill:#000 } }
"""
_BUCKETS = 60
"""Bars of the time line."""


@dataclass(frozen=True, slots=True)
class Cause:
    """An input that was not converted, or does not conform, and the first finding that says why."""

    origin: str
    code: str


@dataclass(slots=True)
class Overview:
    """What is told of many inputs."""

    title: str
    counts: dict[str, int] = field(default_factory=dict)
    """By label, in the order in which they are told."""
    findings: Counter[str] = field(default_factory=Counter)
    """Inputs that have a finding, by its code."""
    causes: list[Cause] = field(default_factory=list)
    moments: list[tuple[float, int]] = field(default_factory=list)
    """Seconds since some moment, and how many inputs were done until then."""


def page(overview: Overview, language: Language) -> str:
    """The page."""
    words = _WORDS[language]
    parts = [_counts(overview, words), _findings(overview, language), _time(overview, words), *_causes(overview, language)]
    return (
        f'<!DOCTYPE html>\n<html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{escape(overview.title)}</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>{escape(overview.title)}</h1>{''.join(parts)}</main><footer><p>{words['private']}</p></footer></body></html>\n"
    )


def _counts(overview: Overview, words: Mapping[str, str]) -> str:
    rows = "".join(f"<div><dt>{escape(label)}</dt><dd>{count}</dd></div>" for label, count in overview.counts.items())
    return f"<section><h2>{words['counts']}</h2><dl>{rows}</dl></section>"


def _sentence(code: str, language: Language) -> str:
    """What a code means; the places of values stay open."""
    entry = catalogue().get(code)
    text = "" if entry is None else (entry.fr if language == "fr" else entry.en)
    return re.sub(r"\{\w+\}", "…", text)


def _findings(overview: Overview, language: Language) -> str:
    words = _WORDS[language]
    return f"<section><h2>{words['findings']}</h2>{_bars(overview.findings, words, language)}</section>"


def _bars(counter: Counter[str], words: Mapping[str, str], language: Language) -> str:
    """A table of codes, the most frequent first, each with a bar."""
    if not counter:
        return f"<p>{words['none']}</p>"
    most = max(counter.values())
    ranked = sorted(counter.items(), key=lambda item: (-item[1], item[0]))
    rows = "".join(_bar(code, count, 160 * count // most, language) for code, count in ranked)
    heads = _heads((words["code"], words["what"], words["count"]))
    return f'<table><thead><tr>{heads}<th scope="col" class="bar">{words["bar"]}</th></tr></thead><tbody>{rows}</tbody></table>'


def _bar(code: str, count: int, width: int, language: Language) -> str:
    return (
        f'<tr><th scope="row" class="code">{escape(code)}</th><td>{escape(_sentence(code, language))}</td>'
        f'<td class="n">{count}</td><td class="bar"><svg width="160" height="12" aria-hidden="true">'
        f'<rect width="{max(1, width)}" height="12"/></svg></td></tr>'
    )


def _heads(names: tuple[str, ...]) -> str:
    return "".join(f'<th scope="col">{name}</th>' for name in names)


def _time(overview: Overview, words: Mapping[str, str]) -> str:
    """Inputs a second over the run, as bars with a title each."""
    buckets = list(_rates(overview.moments))
    if not buckets:
        return ""
    seconds = overview.moments[-1][0] - overview.moments[0][0]
    count = overview.moments[-1][1]
    most = max(rate for *_, rate in buckets) or 1
    bars = "".join(_column(index, 600 / len(buckets), bucket, most, words) for index, bucket in enumerate(buckets))
    said = words["rate"].format(count=count, seconds=f"{seconds:.1f}", rate=f"{count / max(seconds, 0.001):.1f}")
    name = f"{words['per second']} : {said}"
    return (
        f"<section><h2>{words['time']}</h2><p>{said}</p>"
        f'<svg class="line" viewBox="0 0 600 100" preserveAspectRatio="none" role="img" aria-label="{name}">'
        f"{bars}</svg></section>"
    )


def _column(index: int, wide: float, bucket: tuple[float, float, float], most: float, words: Mapping[str, str]) -> str:
    start, end, rate = bucket
    height = 100 * rate / most
    said = f"{words['span'].format(start=f'{start:.1f}', end=f'{end:.1f}')} : {rate:.1f}/s"
    return (
        f'<rect x="{index * wide:.1f}" y="{100 - height:.1f}" width="{max(wide - 1, 0.5):.1f}" height="{height:.1f}">'
        f"<title>{said}</title></rect>"
    )


def _rates(moments: list[tuple[float, int]]) -> Iterator[tuple[float, float, float]]:
    """Start, end and inputs a second of equal spans of the run."""
    if len(moments) < 2 or moments[-1][0] <= moments[0][0]:
        return
    first, last = moments[0][0], moments[-1][0]
    number = min(_BUCKETS, len(moments) - 1)
    span = (last - first) / number
    done = [0] * number
    for (since, before), (at, after) in pairwise(moments):
        middle = (since + at) / 2 - first
        done[min(int(middle / span), number - 1)] += after - before
    for index, count in enumerate(done):
        yield index * span, (index + 1) * span, count / span


def _causes(overview: Overview, language: Language) -> Iterator[str]:
    words = _WORDS[language]
    counter = Counter(cause.code for cause in overview.causes)
    yield f"<section><h2>{words['by count']}</h2>{_bars(counter, words, language)}</section>"
    rows = "".join(
        f'<tr><td class="code">{escape(cause.code)}</td><td>{escape(cause.origin)}</td>'
        f"<td>{escape(_sentence(cause.code, language))}</td></tr>"
        for cause in sorted(overview.causes, key=lambda one: one.code)
    )
    heads = _heads((words["code"], words["input"], words["cause"]))
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>" if rows else f"<p>{words['none']}</p>"
    yield f"<section><h2>{words['by code']}</h2>{table}</section>"


_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would calculate."""


def as_csv(overview: Overview) -> str:
    """The inputs concerned and the findings by code, one a row; opens in a spreadsheet and starts no formula there."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("kind", "code", "count", "input"))
    for code, count in sorted(overview.findings.items()):
        writer.writerow(("finding", code, count, ""))
    for cause in sorted(overview.causes, key=lambda one: one.code):
        origin = f"'{cause.origin}" if cause.origin.startswith(_FORMULA) else cause.origin
        writer.writerow(("cause", cause.code, 1, origin))
    return text.getvalue()
