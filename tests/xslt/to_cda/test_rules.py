"""Rules of the header, the request, the entries and the narrative of ``xslt/to-cda/``, one by one."""

from __future__ import annotations

from functions import Functions

O = 'xmlns="urn:x-bridge:order"'  # noqa: E741 (the prefix of the stylesheets)


def apply(package: str, mode: str, xpath: str, xml: str) -> str:
    with Functions(f"to-cda/{package}.xsl", f"urn:x-bridge:to-cda:{package}") as functions:
        return functions.apply(mode, xpath, xml)


def test_the_header_labels_the_confidentiality():
    assert 'displayName="Restreint"' in apply("header", "header", "/*", f"<confidentiality {O}>R</confidentiality>")


def test_the_request_says_a_screening_and_no_absence_of_one():
    document = f"<o {O}><screening>true</screening><screening>false</screening></o>"
    assert apply("request", "request", "//o:screening", document).count("Z13.9") == 1


def test_an_entry_that_says_no_is_negated():
    document = (
        f'<order {O} uuid-seed="A0B1C2D3-0000-4000-8000-000000000000">'
        '<contraindication><concept code="1" system="1.2"/><present>true</present></contraindication>'
        '<contraindication><concept code="2" system="1.2"/><present>false</present></contraindication></order>'
    )
    made = apply("entries", "entry", "//o:contraindication", document)
    first, second = made.split("</entry>")[:2]
    assert "negationInd" not in first
    assert 'negationInd="true"' in second


def test_the_narrative_keeps_the_lines_of_a_text():
    made = apply("narrative", "narrative", "/*", f"<justification {O}>un\ndeux</justification>")
    assert '<content ID="justification-demande">un<br/>deux</content>' in made
