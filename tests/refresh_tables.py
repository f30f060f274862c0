"""Writes what is generated from the code and its tables: ``python tests/refresh_tables.py``.

``mappings/elements.csv`` and ``docs/mapping.md`` from the traces of every story, ``docs/issues/`` from ``mappings/issues.csv``,
whose rows get every column first, ``docs/mapping-ans.md`` from ``mappings/ans-mapping.csv``, the last section of
``docs/cda.md`` from ``mappings/cda-never-written.csv``, and ``docs/house.svg`` from the imports of ``bridge/``.
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
from bridge.findings.issues import Entry, catalogue  # noqa: E402

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


def issue_pages() -> dict[str, str]:
    """docs/issues/: one page for each hundred codes, and the list of them."""
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
    return [
        "",
        f"## {entry.code}",
        "",
        f"Severity: {entry.severity}. FHIR issue type: `{entry.fhir_code}`. Rule: {entry.source}{_OFFICIAL[entry.official]}",
        "",
        f"* **fr** {entry.fr} {entry.remedy_fr}",
        f"* **en** {entry.en} {entry.remedy_en}",
    ]


if __name__ == "__main__":
    issues = ROOT / "mappings" / "issues.csv"
    issues.write_text(padded(issues.read_text("utf-8")), "utf-8")
    table = elements_csv()
    (ROOT / "mappings" / "elements.csv").write_text(table, "utf-8")
    (ROOT / "docs" / "mapping.md").write_text(mapping_page(table), "utf-8")
    (ROOT / "docs" / "mapping-ans.md").write_text(ans_page(), "utf-8")
    (ROOT / "docs" / "issues").mkdir(exist_ok=True)
    page = ROOT / "docs" / "cda.md"
    page.write_text(page.read_text("utf-8").partition(NEVER)[0] + never_written(), "utf-8")
    for name, text in issue_pages().items():
        (ROOT / "docs" / "issues" / name).write_text(text, "utf-8")
    (ROOT / "docs" / "house.svg").write_text(house.picture(), "utf-8")
