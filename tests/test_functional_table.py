"""Every row of the functional table (volet, section 3.4): its value stands in the entry and in the narrative, from FHIR input."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from bundles import CALL_BACK, DCM, LOINC, NOTE_TYPE, PDF, SNOMED, TA, bundle, concept, observation, patient, practitioner
from bundles import service_request as request
from documents import assert_sound, find, text_of, tree_of
from lxml import etree

import bridge

R258 = "https://mos.esante.gouv.fr/NOS/TRE_R258-RelationPriseCharge/FHIR/TRE-R258-RelationPriseCharge"
ICD = "http://hl7.org/fhir/sid/icd-10"
ROLE_CLASS = "http://terminology.hl7.org/CodeSystem/v3-RoleClass"
ROLE_CODE = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
SIDE = "24028007"


def contact(role: str, family: str, link: str) -> dict[str, Any]:
    return {
        "relationship": [concept(ROLE_CLASS, role), concept(ROLE_CODE, link)],
        "name": {"family": family, "given": ["JEAN"]},
        "telecom": [{"system": "phone", "value": "06 39 98 00 11", "use": "mobile"}],
    }


def whole() -> dict[str, Any]:
    """An order with a value in every row of the table."""
    knee = concept(SNOMED, "361291001")
    knee["coding"].append(concept(SNOMED, SIDE)["coding"][0])
    return bundle(
        observation(
            "info1", concept(LOINC, "64100-1"), valueCodeableConcept=concept(SNOMED, "77386006"), note=[{"text": "SA 12"}]
        ),
        observation("info2", concept(TA, "MED-1109"), valueBoolean=False),
        observation("info3", concept(TA, "ORG-192"), valueCodeableConcept=concept(TA, "MED-1124")),
        observation("info4", concept(LOINC, "99622-3"), valueString="Venir à jeun"),
        observation("info5", concept(TA, "GEN-296"), valueString="Avant la consultation du 2 avril"),
        observation("info6", concept(LOINC, "30954-2"), valueString="IRM de 2024 normale"),
        {
            "resourceType": "DocumentReference",
            "id": "info7",
            "status": "current",
            "content": [{"attachment": {"contentType": "application/pdf", "data": PDF, "title": "Compte rendu 2024"}}],
        },
        practitioner("gp", "99900067895", "ESSAI-TRAITANT"),
        practitioner("rad", "99900045677", "ESSAI-ROENTGEN"),
        practitioner("copy", "99900089014", "ESSAI-COPIE"),
        {
            "resourceType": "CommunicationRequest",
            "id": "cc",
            "status": "active",
            "category": [concept(R258, "CORRE")],
            "about": [{"reference": "ServiceRequest/sr"}],
            "recipient": [{"reference": "Practitioner/copy"}],
        },
        p=patient(
            generalPractitioner=[{"reference": "Practitioner/gp"}],
            contact=[
                contact("ECON", "ESSAI-PREVENIR", "SIS"),
                contact("NOK", "ESSAI-CONFIANCE", "BRO"),
                contact("GUARD", "ESSAI-TUTEUR", "FTH"),
            ],
        ),
        sr=request(
            priority="urgent",
            performer=[{"reference": "Practitioner/rad"}],
            extension=[{"url": CALL_BACK, "valueContactPoint": {"system": "phone", "value": "01 99 00 00 77"}}],
            occurrenceDateTime="2026-04-01",
            note=[{"text": "Face et profil"}],
            bodySite=[knee],
            reasonCode=[
                {"text": "Douleur du genou"},
                concept(NOTE_TYPE, "finaliteExamen", text="Fracture ?"),
                concept(TA, "MED-1095", text="Suspicion de fracture"),
                concept(ICD, "Z13.9"),
            ],
        ),
        pet=request(
            "pet",
            code=concept(DCM, "PT"),
            occurrenceDateTime="2026-04-01",
            bodySite=[concept(SNOMED, "302551006")],
            supportingInfo=[],
            orderDetail=[concept(TA, "GEN-092.04.18", text="Traceur à préciser"), concept(TA, "MED-1153")],
        ),
    )


@cache
def document() -> etree._Element:
    data = whole()
    for entry in data["entry"]:
        entry["resource"] = {key: value for key, value in entry["resource"].items() if value != []}
    written = bridge.to_cda(data).document
    assert_sound(written)
    return tree_of(written)


def one(path: str) -> Any:
    """The only result of an XPath in the document."""
    found = find(document(), path)
    assert len(found) == 1, (path, len(found))
    return found[0]


def referred(path: str) -> str:
    """The narrative that the reference at an XPath leads to."""
    return text_of(document(), str(one(f"{path}/c:reference/@value")))


def narrative(title: str) -> str:
    """The narrative of the section or subsection of that title."""
    section = one(f"//c:section[c:title = {quoted(title)}]")
    return " ".join(section.find("{*}text").itertext())


def quoted(text: str) -> str:
    return f'"{text}"'


CLINICAL = "Antécédents médicaux / Antécédents chirurgicaux / Contre-indications / Informations pour la prise en charge"
DEMAND = "Justification de la demande d'examen / Finalité de l'examen"
PLAN = "Acte(s) d'imagerie demandé(s)"


def section_observation(code: str) -> str:
    return f"//c:entry/c:observation[c:code/@code='{code}']"


# --- medical data ----------------------------------------------------------------------------------------------------


def test_the_sections_stand_in_their_order():
    titles = [str(t) for t in find(document(), "//c:structuredBody/c:component/c:section/c:title/text()")]
    assert titles == [
        "Informations cliniques",
        "Information du patient",
        PLAN,
        "Résultats d'examens antérieurs",
        "Documents liés",
    ]
    inner = [str(t) for t in find(document(), "//c:section/c:component/c:section/c:title/text()")]
    assert inner == [DEMAND, CLINICAL]


def test_justification():
    assert text_of(document(), "#justification-demande") == "Douleur du genou"
    assert "Justification de la demande d'examen" in narrative(DEMAND)
    assert find(document(), "//c:section[c:code/@code='55115-0']//c:content[@ID='justification-demande']")


def test_purpose():
    assert text_of(document(), "#finalite-examen") == "Fracture ?"
    assert "Finalité de l'examen" in narrative(DEMAND)


@pytest.mark.parametrize(("code", "text"), [("11348-0", "Asthme"), ("47519-4", "Appendicectomie")])
def test_medical_and_surgical_history(code, text):
    entry = section_observation(code)
    assert referred(f"{entry}/c:text") == text
    assert referred(f"{entry}/c:value/c:originalText") == text
    assert text in narrative(CLINICAL)


def test_a_contraindication_that_is_present_with_its_comment():
    entry = f"{section_observation('64100-1')}[c:value/@code='77386006']"
    assert one(entry).get("negationInd") is None
    assert referred(f"{entry}/c:value/c:originalText") == one(f"{entry}/c:value/@displayName") == "enceinte"
    assert referred(f"{entry}/c:text") == "SA 12"
    assert one(f"{entry}/c:value/@codeSystem") == "2.16.840.1.113883.6.96"
    row = one("//c:tr[c:td/c:content/@ID='contre-indication-01']")
    assert ["".join(cell.itertext()) for cell in row] == ["enceinte", "Oui", "SA 12"]


def test_a_contraindication_that_is_denied_is_negated_and_says_non():
    entry = f"{section_observation('64100-1')}[c:value/@code='MED-1109']"
    assert one(entry).get("negationInd") == "true"
    row = one("//c:tr[c:td/c:content/@ID='contre-indication-02']")
    assert ["".join(cell.itertext()) for cell in row][1:] == ["Non", "-"]


@pytest.mark.parametrize("model", bridge.models())
@pytest.mark.parametrize(("answer", "word", "comment"), [(True, "Oui", "Non"), (True, "Oui", "-"), (False, "Non", "Oui")])
def test_every_contraindication_says_its_answer_whatever_the_others_and_its_comment_say(model, answer, word, comment):
    question = observation("info1", concept(TA, "MED-1109"), valueBoolean=answer, note=[{"text": comment}])
    conversion = bridge.to_cda(bundle(question), model=model)
    table = find(tree_of(conversion.document), "//c:table[.//c:content/@ID='contre-indication-01']")[0]
    assert ["".join(cell.itertext()) for cell in find(table, ".//c:th")] == ["Contre-indication", "Réponse", "Commentaire"]
    assert ["".join(cell.itertext()) for cell in find(table, ".//c:td")] == ["Patient claustrophobe", word, comment]
    assert_sound(conversion.document)
    assert bridge.Bridge().read_document(conversion.document).order.contraindications == conversion.order.contraindications


def test_information_for_care():
    entry = section_observation("ORG-192")
    assert one(f"{entry}/c:value/@code") == "MED-1124"
    assert referred(f"{entry}/c:value/c:originalText") == "Patient nécessitant un accompagnement par un tiers"
    assert "accompagnement par un tiers" in narrative(CLINICAL)


@pytest.mark.parametrize(("answer", "word"), [(True, "Oui"), (False, "Non")])
def test_the_patient_was_informed_of_the_risks_or_not(answer, word):
    root = tree_of(bridge.to_cda(bundle(risk=observation("risk", concept(TA, "MED-1130"), valueBoolean=answer))).document)
    entry = find(root, section_observation("MED-1130"))[0]
    value = find(entry, "c:value")[0]
    assert value.get("value") == str(answer).lower()
    assert value.get("{http://www.w3.org/2001/XMLSchema-instance}type") == "BL"
    reference = str(find(entry, "c:text/c:reference/@value")[0])[1:]
    row = find(root, f"//c:tr[c:td/c:content/@ID='{reference}']")[0]
    assert "".join(row[1].itertext()) == word


def test_other_information_given_to_the_patient():
    assert referred(f"{section_observation('99622-3')}/c:text") == "Venir à jeun"
    assert "Venir à jeun" in narrative("Information du patient")


ACT1 = "//c:section[c:code/@code='18776-5']/c:entry[1]/c:observation"
ACT2 = "//c:section[c:code/@code='18776-5']/c:entry[2]/c:observation"


def test_modality():
    assert (one(f"{ACT1}/c:code/@code"), one(f"{ACT2}/c:code/@code")) == ("MED-1126", "PT")
    assert referred(f"{ACT1}/c:code/c:originalText") == "Radiographie sans contraste"
    assert referred(f"{ACT1}/c:text") == "Radiographie sans contraste"
    assert one(f"{ACT1}/@moodCode") == "INT"


def test_comment_on_the_modality():
    assert referred(f"{ACT1}/c:entryRelationship/c:act[c:code/@code='48767-8']/c:text") == "Face et profil"


def test_contrast_injection():
    assert one(f"{ACT2}/c:code/c:qualifier/c:value/@code") == "MED-1153"
    assert referred(f"{ACT2}/c:code/c:qualifier/c:value/c:originalText") == "avec injection de produit de contraste"


def test_site():
    assert one(f"{ACT1}/c:targetSiteCode/@code") == "361291001"
    assert referred(f"{ACT1}/c:targetSiteCode/c:originalText") == one(f"{ACT1}/c:targetSiteCode/@displayName")


def test_topographic_modifier():
    qualifier = f"{ACT1}/c:targetSiteCode/c:qualifier"
    assert one(f"{qualifier}/c:name/@code") == "106233006"
    assert one(f"{qualifier}/c:value/@code") == SIDE
    row = one("//c:tr[c:td/c:content/@ID='modalite-examen-01']")
    assert "".join(row[-1].itertext()) == one(f"{qualifier}/c:value/@displayName") == "droit"


def test_function_studied_and_its_comment():
    function = f"{ACT2}/c:entryRelationship/c:observation[c:code/@code='MED-1133']"
    assert one(f"{function}/c:value/@code") == "GEN-092.04.18"
    assert referred(f"{function}/c:value/c:originalText") == "Autre (autres traceurs, TEP-IRM)"
    assert referred(f"{function}/c:entryRelationship/c:act/c:text") == "Traceur à préciser"
    assert not find(document(), f"{ACT1}/c:entryRelationship/c:observation[c:code/@code='MED-1133']")


def test_deadline():
    assert [one(f"{act}/c:effectiveTime/@value") for act in (ACT1, ACT2)] == ["20260401", "20260401"]
    assert "01/04/2026" in narrative(PLAN)


def test_associated_event_stands_once_in_the_first_act():
    event = "c:entryRelationship/c:observation[c:code/@code='GEN-296']"
    assert referred(f"{ACT1}/{event}/c:text") == "Avant la consultation du 2 avril"
    assert not find(document(), f"{ACT2}/{event}")
    assert "Avant la consultation du 2 avril" in narrative(PLAN)


def test_call_back():
    call = f"{ACT1}/c:entryRelationship/c:observation[c:code/@code='GEN-297']"
    assert one(f"{call}/c:value/@value") == "true"
    assert referred(f"{call}/c:text") == "Oui"
    assert find(document(), "//c:assignedAuthor/c:telecom[@value='tel:0199000077']")


def test_prior_results():
    assert text_of(document(), "#resultats-examens") == "IRM de 2024 normale"
    assert not find(document(), "//c:section[c:code/@code='30954-2']/c:entry")


def test_linked_documents():
    organizer = "//c:section[c:code/@code='55107-7']/c:entry/c:organizer"
    media = one(f"{organizer}/c:component/c:observationMedia")
    assert one(f"{organizer}//c:observationMedia/c:value/text()") == PDF
    assert find(media, "c:value")[0].attrib == {"mediaType": "application/pdf", "representation": "B64"}
    assert referred(f"{organizer}/c:component/c:observation/c:text") == "Compte rendu 2024"
    assert find(document(), f"//c:renderMultiMedia[@referencedObject='{media.get('ID')}']")


def test_what_is_absent_is_not_written():
    root = tree_of(bridge.to_cda(bundle()).document)
    codes = {str(c) for c in find(root, "//c:structuredBody//c:code/@code")}
    assert not codes & {"64100-1", "ORG-192", "99622-3", "GEN-296", "GEN-297", "MED-1133", "48767-8", "55107-7", "30954-2"}
    assert find(root, "//c:entry/c:observation[@moodCode='INT']/c:effectiveTime/@nullFlavor") == ["UNK"]
    assert not find(root, "//*[@ID='finalite-examen']")
    assert len(find(root, "/*/c:documentationOf")) == 1


# --- administrative data ---------------------------------------------------------------------------------------------


def words(path: str) -> list[str]:
    """The texts of the parts of a name."""
    return [str(text) for text in find(document(), f"{path}/*/text()")]


def test_patient():
    role = "/*/c:recordTarget/c:patientRole"
    ids = [(i.get("root"), i.get("extension")) for i in find(document(), f"{role}/c:id")]
    assert ids == [("1.2.250.1.213.1.4.10", "279035121518989"), ("1.2.250.1.999.1.2", "IPP-1")]
    assert one(f"{role}/c:patient/c:name/c:family[@qualifier='BR']/text()") == "ESSAI-TROIS"
    assert one(f"{role}/c:patient/c:name/c:given[@qualifier='BR']/text()") == "DOMINIQUE"
    assert one(f"{role}/c:patient/c:name/c:given[not(@qualifier)]/text()") == "DOMINIQUE MARIE"
    assert one(f"{role}/c:patient/c:administrativeGenderCode/@code") == "F"
    assert one(f"{role}/c:patient/c:birthTime/@value") == "19790328"
    assert one(f"{role}/c:patient/c:birthplace/c:place/c:addr/c:county/text()") == "51215"


@pytest.mark.parametrize(("role", "family", "link"), [("ECON", "ESSAI-PREVENIR", "SIS"), ("NOK", "ESSAI-CONFIANCE", "BRO")])
def test_contacts(role, family, link):
    entity = f"/*/c:informant/c:relatedEntity[@classCode='{role}']"
    assert one(f"{entity}/c:code/@code") == link
    assert one(f"{entity}/c:relatedPerson/c:name/c:family/text()") == family
    assert one(f"{entity}/c:telecom/@value") == "tel:0639980011"


def test_legal_guardian():
    assert "ESSAI-TUTEUR" in words("/*/c:recordTarget//c:guardian/c:guardianPerson/c:name")


def test_requester_and_time_of_the_request():
    assert one("/*/c:author/c:time/@value") == "20260302101500+0100"
    assert one("/*/c:effectiveTime/@value") == "20260302101500+0100"
    for path in ("/*/c:author/c:assignedAuthor", "/*/c:legalAuthenticator/c:assignedEntity"):
        assert one(f"{path}/c:id/@extension") == "899900012347"
        assert one(f"{path}/c:code/@code") == "G15_10/SM26"
        assert one(f"{path}/c:assignedPerson/c:name/c:family/text()") == "ESSAI-DUPRE"
    performer = "/*/c:documentationOf[1]/c:serviceEvent/c:performer/c:assignedEntity"
    assert one(f"{performer}/c:id/@extension") == "899900012347"
    assert one("/*/c:author//c:representedOrganization/c:id/@extension") == "1990123457"


def test_treating_physician():
    treating = "/*/c:participant[@typeCode='INF'][c:functionCode/@code='PCP']"
    assert "ESSAI-TRAITANT" in words(f"{treating}/c:associatedEntity/c:associatedPerson/c:name")
    assert one(f"{treating}/c:time/@nullFlavor") == "UNK"


def test_context_of_care():
    encounter = "/*/c:componentOf/c:encompassingEncounter"
    assert one(f"{encounter}/c:code/@code") == "AMB"
    assert one(f"{encounter}/c:effectiveTime/c:low/@value") == "20260302100000+0100"
    assert one(f"{encounter}/c:effectiveTime/c:high/@value") == "20260302102000+0100"
    assert one(f"{encounter}/c:location/c:healthCareFacility/c:code/@code") == "SA07"
    assert one(f"{encounter}/c:location/c:healthCareFacility/c:location/c:name/text()") == "Cabinet des Essais"


def test_order_placer_number():
    event = "/*/c:documentationOf[1]/c:serviceEvent"
    assert one(f"{event}/c:code/@code") == "55115-0"
    assert (one(f"{event}/c:id/@root"), one(f"{event}/c:id/@extension")) == ("1.2.250.1.999.1.7", "DA-1")


def test_screening():
    assert one("/*/c:documentationOf/c:serviceEvent/c:code[@code='Z13.9']/@codeSystem") == "2.16.840.1.113883.6.3"


def test_recipient_of_the_report():
    copy = "/*/c:participant[@typeCode='CON'][c:functionCode/@code='CORRE']"
    assert "ESSAI-COPIE" in words(f"{copy}/c:associatedEntity/c:associatedPerson/c:name")


def test_urgency_with_its_reason_and_who_was_contacted():
    event = "/*/c:documentationOf/c:serviceEvent[c:code/@code='MED-1095']"
    assert one(f"{event}/c:code/c:originalText/text()").startswith("Suspicion de fracture")
    assert one(f"{event}/c:performer/c:assignedEntity/c:id/@extension") == "899900045677"
    assert text_of(document(), "#justification-urgence").startswith("Suspicion de fracture")
    assert "ESSAI-ROENTGEN" in text_of(document(), "#medecin-effecteur-01")
    assert not find(document(), "//c:structuredBody//c:priorityCode")


def test_custodian():
    assert one("/*/c:custodian//c:id/@extension") == "1990123457"
