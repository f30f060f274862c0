"""Writes what is generated from the code and its tables: ``python tests/refresh_tables.py``.

``mappings/elements.csv`` and ``docs/mapping.md`` from the traces of every story, ``docs/issues/`` from ``mappings/issues.csv``,
whose rows get every column first, ``docs/mapping-ans.md`` from ``mappings/ans-mapping.csv``, ``docs/codes.md`` from
``mappings/codes-to-send.csv`` and the value sets, the last section of ``docs/cda.md`` from
``mappings/cda-never-written.csv``, and ``docs/house.svg`` from the imports of ``bridge/``.
"""

from __future__ import annotations

import csv
import io
import sys
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import house  # noqa: E402

from bridge.evidence.capability import COLUMNS, capability  # noqa: E402
from bridge.findings.doors import through  # noqa: E402
from bridge.findings.issues import Entry, catalogue  # noqa: E402
from bridge.tables.codes import code_system_uri, rows, value_set  # noqa: E402
from bridge.tables.examples import Example, examples  # noqa: E402

TOPICS = {
    "01": "Input and FHIR structure",
    "02": "Which request",
    "03": "People and header",
    "04": "Medical data",
    "05": "Codes",
    "06": "Dates",
    "07": "Attachments",
    "08": "R. 1333-53",
    "09": "Losses",
    "10": "Settings and models",
    "11": "Faults of the program",
    "12": "Reading and writing the other way",
    "13": "Reading a document",
    "14": "Checking a document",
    "15": "Checking a document",
    "16": "Checking a document",
    "17": "Traces, drafts and differences; calls",
    "18": "Server and folders",
}


_MAPPING_HEAD = """\
# Elements

The {count} elements of FHIR that the bridge reads, with the item of the order ([`bridge.order`](../bridge/order/)) and
where the value stands in the document. Generated from the traces of the stories in `fixtures/`: nothing is claimed here that no
conversion does. `imgda mapping` prints the same table; `python tests/refresh_tables.py` writes it again.

*direction*: *both*, the element is read, and written when the document of a story is converted to FHIR ({both} elements);
*to-cda*, it is read only, the way back says the same by other elements. *card.* is that of FHIR. Of items and XPaths, the three
met most often. *carried*: *lossless*, the value can be read back; *translated*, by the table named; *decides*, it is not in the
document but decides what is; *not always*, some values are lost and listed ([losses.md](losses.md))."""

_ISSUES_HEAD = """\
# Issues

Every issue has a stable code. `imgda help CODE` says the same. Generated from `mappings/issues.csv` by `tests/refresh_tables.py`.
"""


def elements_csv() -> str:
    """mappings/elements.csv."""
    sources = sorted((ROOT / "fixtures").glob("*/bundle.*"))
    rows = capability(source.read_bytes() for source in sources)
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def mapping_page(table: str) -> str:
    """docs/mapping.md."""
    rows = list(csv.DictReader(io.StringIO(table)))
    parts = [_MAPPING_HEAD.format(count=len(rows), both=sum(row["direction"] == "both" for row in rows))]
    for kind, group in groupby(rows, key=lambda row: row["element"].partition(".")[0]):
        parts += [
            "",
            f"## {kind}",
            "",
            "| element | type | card. | item | document | table | direction | carried |",
            "|---|---|---|---|---|---|---|---|",
        ]
        for row in group:
            items, xpaths = (" ".join(f"`{part}`" for part in row[name].split()) for name in ("item", "xpath"))
            cells = (f"`{row['element']}`", row["type"], row["cardinality"], items, xpaths)
            cells += (row["table"], row["direction"], row["carried"])
            parts.append("| " + " | ".join(cells) + " |")
    return "\n".join(parts) + "\n"


_ANS_HEAD = """\
# Where ANS has each value

The rows of `MappingLM_CDA_FHIR_*` of the guide *IG métier document core* that concern an imaging order
(ansforge/interop-IG-metier-document-core, commit cc3d0b5), and where `to-fhir` writes the value. Generated from
`mappings/ans-mapping.csv`.

* *as ANS* ({right} of {count} rows): the value stands where the row says, whatever else says it again.
* *elsewhere* ({elsewhere}): it stands at another place, for the reason given.
* *not carried* ({lost}): the order has no such item.
* *not in IMG-DA-IMG* ({none}): the document has no such element.

`python benchmarks/ans_places.py FOLDER` measures documents value by value, and ends with exit code 1 below 97 %. Of the
10,176 values of the stories and of the official examples (43 documents), 98.0 % stand where the guide has them."""


def ans_page() -> str:
    """docs/mapping-ans.md."""
    with open(ROOT / "mappings" / "ans-mapping.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    counts = {verdict: sum(row["verdict"] == verdict for row in rows) for verdict in {row["verdict"] for row in rows}}
    numbers = {"right": "as ANS", "elsewhere": "elsewhere", "lost": "not carried", "none": "not in IMG-DA-IMG"}
    parts = [_ANS_HEAD.format(count=len(rows), **{name: counts.get(verdict, 0) for name, verdict in numbers.items()})]
    for name in dict.fromkeys(row["map"] for row in rows):
        parts += ["", f"## {name}", "", "| element | ANS | here | why |", "|---|---|---|---|"]
        for row in (row for row in rows if row["map"] == name):
            place = f"{row['verdict']}: {row['place']}" if row["place"] and row["verdict"] != "as ANS" else row["verdict"]
            target = f"`{row['ans']}`" if row["ans"] else ""
            parts.append(f"| `{row['element']}` | {target} | {place} | {row['why']} |")
    return "\n".join(parts) + "\n"


NEVER = "## Never written\n"


def never_written() -> str:
    """The section of docs/cda.md that lists what the header never has, from mappings/cda-never-written.csv."""
    with open(ROOT / "mappings" / "cda-never-written.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    head = [
        NEVER,
        "What a header may have by the CDA schema or the Structuration minimale, and a document of the bridge never has.",
        "`*` stands for any beginning or end of a path. The table is `mappings/cda-never-written.csv`; a test compares it with",
        "what is written.",
        "",
        "| path | why | source |",
        "|---|---|---|",
    ]
    return "\n".join([*head, *(f"| `{row['path']}` | {row['reason']} | {row['source']} |" for row in rows)]) + "\n"


_CODES_HEAD = """\
# Codes to send

Which codes an imaging order needs, and the URI of each code system. Generated from `mappings/codes-to-send.csv`,
`mappings/value-sets/` and `mappings/identifier-systems.csv` by `tests/refresh_tables.py`. `imgda codes NAME` lists a value set.

*needed*: *always*, without it the order is refused unless a [setting](settings.md#missing) allows it; *recommended*, a warning
says that it is missing; else when the order is of that kind. A local code may stand beside each of these. A code of another
system that [`mappings/codes/`](../mappings/codes/) translates is understood too.

## Elements

| element | needed | code system (URI) | code, or value set | sens |
|---|---|---|---|---|"""
_FEW = 25
"""Codes of a value set that are listed on the page."""


def codes_page() -> str:
    """docs/codes.md."""
    parts, sets = [_CODES_HEAD], {row["name"]: row for row in rows("value-sets")}
    used = []
    for row in rows("codes-to-send"):
        name = row["value_set"]
        systems = [row["system"]] if row["system"] else dict.fromkeys(c.system for c in value_set(name).concepts.values())
        uris = "<br>".join(f"`{code_system_uri(oid)}`" for oid in systems)
        what = f"[{name}](#{name})" if name else f"`{row['code']}`"
        parts.append(f"| `{row['element']}` | {row['need']} | {uris} | {what} | {row['fr']} ({row['en']}) |")
        used += [name] if name and name not in used else []
    parts += ["", "## Identifiers", "", "| système | URI | OID |", "|---|---|---|"]
    known = [row for row in rows("identifier-systems") if row["preferred"] == "yes" and row["oid"]]
    parts += [f"| {row['name']} | `{row['uri']}` | {row['oid']} |" for row in known]
    parts += ["", "A local number has the OID of whoever gives it: `urn:oid:1.2.250.1.999.1.7`."]
    for name in used:
        concepts = list(value_set(name).concepts.values())
        parts += ["", f"## {name}", "", f"{sets[name]['jdv']}, `urn:oid:{sets[name]['oid']}`, {len(concepts)} codes.", ""]
        if len(concepts) > _FEW:
            parts.append(f"`imgda codes {name}`, or [`mappings/value-sets/{name}.csv`](../mappings/value-sets/{name}.csv).")
            continue
        parts += ["| URI | code | libellé |", "|---|---|---|"]
        parts += [f"| `{code_system_uri(c.system)}` | `{c.code}` | {c.display} |" for c in concepts]
    return "\n".join(parts) + "\n"


def issue_pages() -> dict[str, str]:
    """docs/issues/: one page for each hundred codes, and the list of them."""
    with through("cli"):
        return _issue_pages()


def _issue_pages() -> dict[str, str]:
    pages: dict[str, str] = {}
    index = [
        "# Issues",
        "",
        "Every issue has a stable code. `imgda help CODE` says the same. Generated from `mappings/issues.csv`.",
        "",
    ]
    for hundred, group in groupby(catalogue().values(), key=lambda entry: entry.code[6:8]):
        entries = list(group)
        name = f"{hundred}xx.md"
        index.append(f"* [IMGDA-{hundred}xx]({name}): {TOPICS[hundred]} ({len(entries)})")
        head = f"# IMGDA-{hundred}xx: {TOPICS[hundred]}"
        pages[name] = "\n".join([head, *(line for entry in entries for line in _issue(entry))]) + "\n"
    return {"README.md": "\n".join(index) + "\n", **pages}


_OFFICIAL = {
    "": "",
    "yes": ". The official suites refuse it too.",
    "header": ". In the header, the official suites refuse it too.",
    "error": ". As an error, the official suites refuse it too.",
}


def padded(text: str) -> str:
    """``mappings/issues.csv`` with every column in every row, whoever wrote it."""
    rows = list(csv.reader(io.StringIO(text)))
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([*row, *[""] * (len(rows[0]) - len(row))] for row in rows)
    return out.getvalue()


def _issue(entry: Entry) -> list[str]:
    example = examples().get(entry.code)
    return [
        "",
        f"## {entry.code}",
        "",
        f"Severity: {entry.severity}. FHIR issue type: `{entry.fhir_code}`. Rule: {entry.source}{_OFFICIAL[entry.official]}",
        "",
        f"* **fr** {entry.said('fr')} {entry.advised('fr')}",
        f"* **en** {entry.said('en')} {entry.advised('en')}",
        *(_example(example) if example else []),
    ]


def _example(example: Example) -> list[str]:
    """Before and after, the setting, the codes."""
    before, after = example.shown(mended=False), example.shown(mended=True)
    lines = ["", "Before:", "", "```json", *before.splitlines(), "```", "", "After:", "", "```json", *after.splitlines(), "```"]
    if example.setting:
        lines += ["", "The setting that relaxes it:", "", "```toml", *example.setting.splitlines(), "```"]
    if example.codes:
        lines += ["", f"The codes: `imgda codes {example.codes}`, or [codes.md](../codes.md#{example.codes})."]
    return lines


if __name__ == "__main__":
    issues = ROOT / "mappings" / "issues.csv"
    issues.write_text(padded(issues.read_text("utf-8")), "utf-8")
    table = elements_csv()
    (ROOT / "mappings" / "elements.csv").write_text(table, "utf-8")
    (ROOT / "docs" / "mapping.md").write_text(mapping_page(table), "utf-8")
    (ROOT / "docs" / "mapping-ans.md").write_text(ans_page(), "utf-8")
    (ROOT / "docs" / "codes.md").write_text(codes_page(), "utf-8")
    (ROOT / "docs" / "issues").mkdir(exist_ok=True)
    page = ROOT / "docs" / "cda.md"
    page.write_text(page.read_text("utf-8").partition(NEVER)[0] + never_written(), "utf-8")
    for name, text in issue_pages().items():
        (ROOT / "docs" / "issues" / name).write_text(text, "utf-8")
    (ROOT / "docs" / "house.svg").write_text(house.picture(), "utf-8")
