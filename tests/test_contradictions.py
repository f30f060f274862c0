"""What a document says against itself, about somebody else, or not as a fact: never read in silence, and seen by the check."""

from __future__ import annotations

import re

import pytest
from conftest import ROOT

from bridge import Bridge, OrderError, Settings
from bridge.checks import check
from bridge.findings.issues import Issue
from bridge.settings import Losses

KNEE = (ROOT / "fixtures" / "knee-radiograph" / "document.xml").read_text("utf-8")
HEART = (ROOT / "fixtures" / "pacemaker-cardiac-mri" / "document.xml").read_text("utf-8")
URGENT = (ROOT / "fixtures" / "stroke-mri" / "document.xml").read_text("utf-8")
SNOMED = 'codeSystem="2.16.840.1.113883.6.96"'
TA = 'codeSystem="1.2.250.1.213.1.1.4.322"'
SIDE = f'<value code="24028007" displayName="droit" {SNOMED} codeSystemName="SNOMED CT"/>'
QUALIFIER = (
    f'<qualifier><name code="106233006" displayName="modificateur topographique" {SNOMED} codeSystemName="SNOMED CT"/>'
    f"{SIDE}</qualifier>"
)
LEFT = f'code="7771000" displayName="gauche" {SNOMED}'
EXAM = '<originalText><reference value="#modalite-examen-01"/></originalText></code>'
ACT = '<observation classCode="OBS" moodCode="INT">'
STATUS = '<text><reference value="#modalite-examen-01"/></text><statusCode code="active"/>'
WORDS = ">Radiographie du genou droit<"
PACEMAKER = 'code="MED-1117" displayName="Patient porteur de Pacemaker"'
ANSWER = '<originalText><reference value="#contre-indication-01"/></originalText></value><targetSiteCode nullFlavor="MSK"/>'
MOTHER = (
    '<subject><relatedSubject classCode="PRS"><code code="MTH" codeSystem="2.16.840.1.113883.5.111"/></relatedSubject></subject>'
)
ROW = '<tr><td><content ID="contre-indication-02">'
INFORMED = '<value xsi:type="BL" value="true"/>'
NON_URGENT = (
    '<documentationOf><serviceEvent classCode="ACT" moodCode="EVN"><code code="MED-1095" '
    f'displayName="Exécution en urgence" {TA}><originalText>%s</originalText></code></serviceEvent></documentationOf>'
)
_BRIDGE = Bridge()


def changed(document: str, *replacements: tuple[str, str]) -> bytes:
    for old, new in replacements:
        assert old in document, old
        document = document.replace(old, new, 1)
    return document.encode()


def findings(document: bytes, settings: Settings | None = None) -> list[Issue]:
    try:
        return list((Bridge(settings) if settings else _BRIDGE).read_document(document).issues)
    except OrderError as refusal:
        return list(refusal.issues)


def entry_with(document: str, code: str) -> str:
    """The first entry that holds a code."""
    return next(entry for entry in re.findall(r"<entry>.*?</entry>", document) if f'"{code}"' in entry)


def relation_with(document: str, code: str) -> str:
    """The relation of an act to the observation with a code."""
    relations = re.findall(r"<entryRelationship.*?</entryRelationship>", document)
    return next(relation for relation in relations if f'"{code}"' in relation)


def act_in_a_second_section() -> bytes:
    start = KNEE.index('<component><section><templateId root="2.16.840.1.113883.10.20.1.10"/>')
    section = KNEE[start : KNEE.index("</section></component>", start) + len("</section></component>")]
    bare = re.sub(r"<text>.*?</table></text>", "<text>-</text>", section).replace("MED-1126", "MED-1128")
    return changed(KNEE, (section, section + re.sub(r"<targetSiteCode.*</targetSiteCode>", "", bare)))


def both_answers() -> bytes:
    entry = entry_with(HEART, "MED-1117")
    contrary = entry.replace('moodCode="EVN"', 'moodCode="EVN" negationInd="true"', 1)
    return changed(HEART, (entry, entry + contrary))


def act_among_the_history() -> bytes:
    act = next(e for e in re.findall(r"<entry>.*?</entry>(?=</section>)", KNEE) if ACT in e)
    act = act[act.rindex("<entry>" + ACT) :]
    section = re.search(r'<section><templateId root="1\.3\.6\.1\.4\.1\.19376\.1\.5\.3\.1\.3\.27"/>.*?(?=</section>)', KNEE)
    assert section is not None
    return changed(KNEE, (section[0], section[0] + act))


REFUSED: dict[str, tuple[bytes, str, str]] = {
    "two sides of one site": (
        changed(KNEE, (QUALIFIER, QUALIFIER + QUALIFIER.replace("24028007", "7771000").replace("droit", "gauche"))),
        "IMGDA-0440",
        "/targetSiteCode/qualifier[2]/value",
    ),
    "a side within the other": (
        changed(KNEE, (SIDE, SIDE[:-2] + f"><qualifier><value {LEFT}/></qualifier></value>")),
        "IMGDA-0440",
        "/qualifier/value/qualifier/value",
    ),
    "a translation of the other side": (
        changed(KNEE, (QUALIFIER, QUALIFIER + f"<translation {LEFT}/>")),
        "IMGDA-0440",
        "/targetSiteCode/translation",
    ),
    "a site that has the other side": (
        changed(KNEE, ('code="361291001" displayName="région entière du genou"', 'code="80248007" displayName="Left breast"')),
        "IMGDA-0440",
        "/targetSiteCode/qualifier/value",
    ),
    "a translation of another site": (
        changed(KNEE, (QUALIFIER, QUALIFIER + f'<translation code="80891009" displayName="Heart" {SNOMED}/>')),
        "IMGDA-0443",
        "/targetSiteCode/translation",
    ),
    "a translation of another modality": (
        changed(KNEE, (EXAM, EXAM[:-7] + '<translation code="MR" codeSystem="1.2.840.10008.2.16.4"/></code>')),
        "IMGDA-0443",
        "/code/translation",
    ),
    "a translation with contrast": (
        changed(KNEE, (EXAM, EXAM[:-7] + f'<translation code="MED-1127" {TA}/></code>')),
        "IMGDA-0443",
        "/code/translation",
    ),
    "the label of the other side": (
        changed(KNEE, ('code="24028007" displayName="droit"', 'code="7771000" displayName="droit"')),
        "IMGDA-0444",
        "/qualifier/value/@displayName",
    ),
    "the label of another contra-indication": (
        changed(HEART, (PACEMAKER, PACEMAKER.replace("Patient porteur de Pacemaker", "Patient claustrophobe"))),
        "IMGDA-0444",
        "/observation/value/@displayName",
    ),
    "a label that denies its code": (
        changed(HEART, (PACEMAKER, PACEMAKER.replace("porteur", "non porteur"))),
        "IMGDA-0444",
        "/observation/value/@displayName",
    ),
    "a side in words alone": (
        changed(KNEE, (QUALIFIER, ""), ("<td>droit</td>", "<td>-</td>")),
        "IMGDA-1325",
        "/observation/text",
    ),
    "a side in the table alone": (
        changed(KNEE, (QUALIFIER, ""), (WORDS, ">Radiographie du genou<")),
        "IMGDA-1325",
        "/td[4]",
    ),
    "the other side in the table": (changed(KNEE, ("<td>droit</td>", "<td>gauche</td>")), "IMGDA-1325", "/td[4]"),
    "a side that is unknown": (changed(KNEE, (SIDE, '<value nullFlavor="UNK"/>')), "IMGDA-1325", "/td[4]"),
    "the words of the side": (
        changed(KNEE, (SIDE, SIDE[:-2] + "><originalText>gauche</originalText></value>")),
        "IMGDA-1325",
        "/value/originalText",
    ),
    "a side of the approach": (
        changed(KNEE, ('<entryRelationship typeCode="SUBJ"', f'<approachSiteCode {LEFT}/><entryRelationship typeCode="SUBJ"')),
        "IMGDA-1321",
        "/approachSiteCode/@code",
    ),
    "a contra-indication of the mother": (changed(HEART, (ANSWER, ANSWER + MOTHER)), "IMGDA-1326", "/observation/subject"),
    "a subject by participation": (
        changed(HEART, (ANSWER, ANSWER + '<participant typeCode="SBJ"><participantRole/></participant>')),
        "IMGDA-1326",
        "/observation/participant",
    ),
    "an act for the mother": (
        changed(KNEE, ('<entryRelationship typeCode="SUBJ"', MOTHER + '<entryRelationship typeCode="SUBJ"')),
        "IMGDA-1326",
        "/observation/subject",
    ),
    "a section about the mother": (
        changed(KNEE, ("débutant.</content></paragraph></text>", "débutant.</content></paragraph></text>" + MOTHER)),
        "IMGDA-1326",
        "/section/subject",
    ),
    "yes and no": (both_answers(), "IMGDA-0424", "/observation"),
    "a patient who was informed and was not": (
        changed(KNEE, (informed := entry_with(KNEE, "MED-1130"), informed + informed.replace('value="true"', 'value="false"'))),
        "IMGDA-0438",
        "/value/@value",
    ),
    "a call back that is wished and is not": (
        changed(URGENT, (wish := relation_with(URGENT, "GEN-297"), wish + wish.replace('value="true"', 'value="false"'))),
        "IMGDA-0443",
        "/value/@value",
    ),
    "a negative interpretation": (
        changed(HEART, (ANSWER, ANSWER.replace("<target", '<interpretationCode code="NEG"/><target'))),
        "IMGDA-0424",
        "/interpretationCode",
    ),
    "a translation of another contra-indication": (
        changed(HEART, (ANSWER, ANSWER.replace("</value>", f'<translation code="MED-1109" {TA}/></value>'))),
        "IMGDA-0443",
        "/value/translation",
    ),
    "a contra-indication in the table alone": (
        changed(HEART, (ROW, "<tr><td>Patient claustrophobe</td><td>Oui</td><td>-</td></tr>" + ROW)),
        "IMGDA-1330",
        "/tr[2]/td[1]",
    ),
    "an act that was done": (changed(KNEE, (ACT, ACT.replace("INT", "EVN"))), "IMGDA-1327", "/@moodCode"),
    "a contra-indication that is a goal": (
        changed(HEART, (entry_with(HEART, "MED-1117"), entry_with(HEART, "MED-1117").replace('"EVN"', '"GOL"', 1))),
        "IMGDA-1327",
        "/@moodCode",
    ),
    "an act in another section": (act_among_the_history(), "IMGDA-1327", "/@moodCode"),
    "an act of a second section": (act_in_a_second_section(), "IMGDA-1321", "/observation/code/@code"),
    "an act that is no observation": (
        changed(KNEE, ("<entry>" + ACT, f'<entry><act moodCode="INT"><code code="MED-1128" {TA}/></act></entry><entry>' + ACT)),
        "IMGDA-1321",
        "/act/code/@code",
    ),
    "an urgency that is none": (
        changed(KNEE, ("<documentationOf>", NON_URGENT % "Non urgent" + "<documentationOf>")),
        "IMGDA-1329",
        "/code/originalText",
    ),
    "an entry that is unknown": (
        changed(KNEE, ("<entry>" + ACT, '<entry nullFlavor="NI">' + ACT)),
        "IMGDA-1261",
        "ClinicalDocument",
    ),
    "a patient informed by a code": (
        changed(KNEE, (INFORMED, f'<value xsi:type="CD" code="373067005" displayName="Non" {SNOMED}/>')),
        "IMGDA-1321",
        "/observation/value/@code",
    ),
    "an encounter that ends too soon": (
        changed(KNEE, ("<encompassingEncounter>", "<encompassingEncounter><!-- -->")).replace(
            re.search(rb"<effectiveTime>.*?</effectiveTime>", KNEE.encode().split(b"<encompassingEncounter>")[1])[0],  # type: ignore[index]
            b'<effectiveTime><low value="20260203"/><high value="20260101"/></effectiveTime>',
        ),
        "IMGDA-0603",
        "/effectiveTime/high/@value",
    ),
    "a wished time that ends too soon": (
        changed(
            KNEE,
            (
                '<effectiveTime value="20260306"/>',
                '<effectiveTime><low value="20260310"/><high value="20260306"/></effectiveTime>',
            ),
        ),
        "IMGDA-0603",
        "/observation/effectiveTime",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_change_the_meaning_is_refused_at_its_place(name):
    document, code, path = REFUSED[name]
    assert [found.path for found in findings(document) if found.code == code and found.is_error and found.path.endswith(path)]


WARNED: dict[str, tuple[bytes, str, str]] = {
    "words of another examination": (changed(KNEE, (WORDS, ">Scanner du genou droit<")), "IMGDA-0445", "/observation/text"),
    "words of the other side": (changed(KNEE, (WORDS, ">Radiographie du genou gauche<")), "IMGDA-0445", "/observation/text"),
    "words of another site": (changed(KNEE, (WORDS, ">Radiographie de la hanche<")), "IMGDA-0445", "/observation/text"),
    "words with contrast": (changed(KNEE, (WORDS, ">Arthrographie avec contraste<")), "IMGDA-0445", "/observation/text"),
    "words of a site": (
        changed(KNEE, ('01-01">région entière du genou<', '01-01">hanche gauche<')),
        "IMGDA-0445",
        "/targetSiteCode/originalText",
    ),
    "a modality in the table": (
        changed(KNEE, ("<td>Radiographie sans contraste<br/>", "<td>IRM<br/>")),
        "IMGDA-0445",
        "/td[1]",
    ),
    "a comment that says no": (
        changed(HEART, (">Stimulateur double chambre compatible IRM 1,5 T, réglage à prévoir avant et après.<", ">Non<")),
        "IMGDA-0445",
        "/observation/text",
    ),
    "a narrative that denies": (
        changed(HEART, ('01">Patient porteur de Pacemaker<', '01">Patient non porteur de pacemaker<')),
        "IMGDA-0445",
        "/value/originalText",
    ),
}


@pytest.mark.parametrize("name", WARNED)
def test_words_against_a_code_are_as_loud_as_the_setting_says(name):
    document, code, path = WARNED[name]
    found = findings(document, Settings(contradictions="error"))
    assert [i.severity for i in found if i.code == code and i.path.endswith(path)] == ["error"]
    assert [found for found in check(document).issues if (found.code, found.severity) == (code, "warning")]


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        (ACT, ACT.replace("INT", "PRP"), "/observation/@moodCode"),
        (ACT, ACT.replace("INT", "GOL"), "/observation/@moodCode"),
        (STATUS, STATUS.replace("active", "completed"), "/observation/statusCode/@code"),
    ],
)
def test_what_the_suites_pass_and_is_no_request_in_force_is_read_with_a_warning(old, new, path):
    found = [i for i in findings(changed(KNEE, (old, new))) if i.code == "IMGDA-1328"]
    assert [(i.severity, i.path.endswith(path)) for i in found] == [("warning", True)]


def test_what_is_no_fact_is_not_read_even_where_losses_are_allowed():
    lenient = Bridge(Settings(losses=Losses(critical="warn")))
    order = lenient.read_document(changed(HEART, (ANSWER, ANSWER + MOTHER))).order
    assert "MED-1117" not in {c.concept.code for c in order.contraindications}
    event = NON_URGENT.replace("<serviceEvent", '<serviceEvent nullFlavor="NI"') % "Urgence"
    assert _BRIDGE.read_document(changed(KNEE, ("<documentationOf>", event + "<documentationOf>"))).order.urgency is None


def test_a_consent_that_was_withdrawn_is_not_in_force():
    consent = (
        '<authorization><consent><code code="X" displayName="Opposition" codeSystem="1.2.3"/><statusCode code="%s"/></consent>'
        "</authorization><componentOf>"
    )
    for status, count in (("completed", 1), ("aborted", 0)):
        reading = _BRIDGE.read_document(changed(KNEE, ("<componentOf>", consent % status)))
        assert len(reading.order.consents) == count
        assert any(i.loss == "clinical" and "/consent/" in i.path for i in reading.issues) is not count


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (WORDS, ">Radio genou D<"),
        (SIDE, SIDE[:-2] + "><originalText>droit</originalText></value>"),
        ("<td>droit</td>", "<td>Côté droit</td>"),
        (EXAM, EXAM[:-7] + '<translation code="DX" codeSystem="1.2.840.10008.2.16.4"/></code>'),
    ],
)
def test_what_says_the_same_or_more_is_no_contradiction(old, new):
    found = findings(changed(KNEE, (old, new)))
    assert not [i for i in found if i.is_error or i.code in ("IMGDA-0445", "IMGDA-1325")]


def test_an_examination_split_into_entries_with_the_same_words_is_read():
    """The words of an act that has become several entries name the sides of all of them."""
    entry = "<entry>" + ACT + KNEE.split("<entry>" + ACT)[1].split("</entry>")[0] + "</entry>"
    thorax = entry.replace(QUALIFIER, "").replace(
        '<originalText><reference value="#localisation-anatomique-01-01"/></originalText>', ""
    )
    thorax = thorax.replace(
        'code="361291001" displayName="région entière du genou"', 'code="302551006" displayName="thorax entier"'
    )
    document = changed(KNEE, (entry, thorax + entry))
    assert not [i for i in findings(document) if i.code in ("IMGDA-1325", "IMGDA-0445")]


def test_a_row_without_entry_is_an_examination_that_vanishes_unless_an_act_says_the_same():
    row = re.search(r"<tr><td>Radiographie.*?</tr>", KNEE)
    assert row is not None
    for label, side, count in (("IRM", "gauche", 2), ("Radiographie sans contraste", "droit", 0)):
        further = f"<tr><td>{label}</td><td>-</td><td>région entière du genou</td><td>{side}</td></tr>"
        found = findings(changed(KNEE, (row[0], row[0] + further)))
        assert len([i for i in found if i.loss == "critical" and "/tr[2]" in i.path]) == count


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("a side within the other", "IMGDA-0440"),
        ("a translation of another modality", "IMGDA-0443"),
        ("a contra-indication of the mother", "IMGDA-1326"),
        ("yes and no", "IMGDA-0424"),
        ("a contra-indication in the table alone", "IMGDA-1330"),
        ("an urgency that is none", "IMGDA-1329"),
    ],
)
def test_the_check_sees_it_too(name, code):
    assert code in {found.code for found in check(REFUSED[name][0]).further}
