"""Looking back: counts, bars, a time line and first causes on one page without a script, and as CSV."""

from __future__ import annotations

from collections import Counter

from lxml import html

from bridge.views.overview import Cause, Overview, as_csv, page


def overview() -> Overview:
    causes = [Cause("b<script>.json", "IMGDA-0501"), Cause("=1+1.json", "IMGDA-0101"), Cause("a.json", "IMGDA-0501")]
    moments = [(100.0, 0), (101.0, 10), (102.0, 40)]
    return Overview("Bilan", {"Converties": 37, "Refusées": 3}, Counter({"IMGDA-0501": 2, "IMGDA-0101": 1}), causes, moments)


def test_the_page_tells_counts_bars_and_causes_by_count_and_by_code():
    text = page(overview(), "fr")
    root = html.fromstring(text)
    assert not root.xpath("//script")
    counts, findings, line, by_count, by_code = root.xpath("//section")
    assert counts.xpath(".//dd/text()") == ["37", "3"]
    assert findings.xpath(".//tbody/tr/th/text()") == ["IMGDA-0501", "IMGDA-0101"]
    assert findings.xpath(".//rect/@width") == ["160", "80"]
    assert "40 entrées en 2.0 s : 20.0 par seconde" in line.text_content()
    assert [bar.get("height") for bar in line.xpath(".//rect")] == ["33.3", "100.0"]
    assert by_count.xpath(".//tbody/tr/td[@class='n']/text()") == ["2", "1"]
    assert by_code.xpath(".//tbody/tr/td[1]/text()") == ["IMGDA-0101", "IMGDA-0501", "IMGDA-0501"]
    assert by_code.xpath(".//tbody/tr/td[2]/text()") == ["=1+1.json", "b<script>.json", "a.json"]


def test_a_run_without_findings_says_so():
    assert page(Overview("Report", {"Converted": 0}), "en").count("None.") == 3


def test_the_csv_starts_no_formula():
    lines = as_csv(overview()).splitlines()
    assert lines[0] == "kind,code,count,input"
    assert "finding,IMGDA-0501,2," in lines
    assert "cause,IMGDA-0101,1,'=1+1.json" in lines
