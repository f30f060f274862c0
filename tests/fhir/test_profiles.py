"""What a written Bundle claims is true, and the engine that says so sees what is not."""

from __future__ import annotations

import copy
import json
import os
from dataclasses import replace
from typing import Any

import pytest
from conftest import REFERENCE, ROOT, STORIES
from hypothesis import HealthCheck, given, settings
from strategies import orders

from bridge import Bridge, BridgeError
from bridge.checks.fhir import check_fhir
from bridge.fhir.profiles import claims
from bridge.fhir.profiles.paths import PathValue, parse_path
from bridge.fhir.write import write
from bridge.findings.errors import SourceError
from bridge.order import (
    Code,
    Contact,
    Contraindication,
    Guardian,
    Identifier,
    Order,
    PatientName,
    PersonName,
    Professional,
    Telecom,
)
from bridge.order import xml as order_xml
from bridge.tables.codes import rows

JSON = dict[str, Any]
EXAMPLES = int(os.environ.get("IMGDA_EXAMPLES", "15"))
SHAPES = ["document", "order"]
V2 = "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203"


def story(name: str) -> Order:
    return order_xml.read((ROOT / "fixtures" / name / "order.xml").read_text("utf-8"))


def of_type(bundle: JSON, kind: str) -> list[JSON]:
    return [entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == kind]


def faults(bundle: JSON) -> list[str]:
    return sorted(f"{found.profile}: {found.rule.path} {found.rule.kind} @ {found.path}" for found in claims.broken(bundle))


def notes(bundle: JSON) -> list[str]:
    return sorted(f"{found.profile}: {found.rule.path} @ {found.path}" for found in claims.unrecognised(bundle))


# --- the proof -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("case", STORIES, ids=lambda path: path.name)
def test_every_story_meets_what_it_claims_and_stands_in_the_slices(case, shape):
    bundle = write(story(case.name), shape=shape)
    assert faults(bundle) == []
    assert notes(bundle) == []


@pytest.mark.parametrize("case", STORIES, ids=lambda path: path.name)
def test_every_story_claims_the_profiles_of_a_document(case):
    claimed = {name for entry in write(story(case.name))["entry"] for name in claims.claims(entry["resource"])}
    assert "fr-bundle-document" in claims.claims(write(story(case.name)))
    assert claimed >= {"fr-composition-document", "fr-practitionerRole-document", "fr-encounter-care-document"}


@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(orders())
def test_random_orders_meet_what_they_claim(order):
    for shape in SHAPES:
        assert faults(write(order, shape=shape)) == []


def test_the_official_examples_meet_what_they_claim_as_fhir(reference):
    documents = [path for path in sorted(REFERENCE.glob("20*/**/*.xml")) if b"ClinicalDocument" in path.read_bytes()[:4096]]
    assert documents
    for path in documents:
        try:
            bundle = Bridge().to_fhir(path.read_bytes(), with_document=True).bundle
        except BridgeError:
            continue
        assert faults(bundle) == [], path.name
        assert notes(bundle) == [], path.name


# --- each row of the profiles ----------------------------------------------------------------------------------------


def test_a_number_of_the_rpps_and_of_finess_have_their_type_and_the_national_ones_are_official():
    bundle = write(story("knee-radiograph"))
    ids = [i for kind in ("Practitioner", "Organization") for r in of_type(bundle, kind) for i in r.get("identifier", ())]
    types = {i["type"]["coding"][0]["code"]: (i["type"]["coding"][0]["system"], i.get("use")) for i in ids if "type" in i}
    assert types["RPPS"] == (V2, None)
    assert types["FINEG"] == (V2, None)
    assert types["IDNPS"] == types["IDNST"] == (V2, "official")


def test_the_means_of_contact_of_a_professional_stand_on_the_person_and_on_the_role():
    bundle = write(story("knee-radiograph"))
    role = next(r for r in of_type(bundle, "PractitionerRole") if "telecom" in r)
    person = next(e["resource"] for e in bundle["entry"] if e["fullUrl"] == role["practitioner"]["reference"])
    assert person["telecom"] == role["telecom"]


def test_a_professional_of_whom_a_telephone_alone_is_known_has_reasons_for_the_rest():
    order = story("knee-radiograph")
    enterer = replace(order, participants=())
    author = replace(order.authors[0], professional=Professional(telecoms=(Telecom(value="tel:0102030405"),)))
    bundle = write(replace(enterer, authors=(*order.authors, author)))
    (person,) = [p for p in of_type(bundle, "Practitioner") if "telecom" in p and p["telecom"][0]["value"] == "0102030405"]
    assert "data-absent-reason" in person["identifier"][0]["extension"][0]["url"]
    assert "data-absent-reason" in person["name"][0]["_family"]["extension"][0]["url"]
    role = next(r for r in of_type(bundle, "PractitionerRole") if "extension" in r["organization"])
    assert claims.claims(role) == ["fr-practitionerRole-document"]
    assert faults(bundle) == []


def test_a_relative_is_marked_as_informant_with_his_relation_in_the_french_code_system():
    sister = Code(code="SIS", system="2.16.840.1.113883.5.111", display="Soeur")
    order = replace(story("knee-radiograph"), contacts=(Contact(role="NOK", name=PersonName(family="ESSAI"), relation=sister),))
    (person,) = of_type(write(order), "RelatedPerson")
    systems = [r["coding"][0]["system"].rpartition("/")[2] for r in person["relationship"]]
    assert systems == ["TRE-R260-HL7RoleClass", "v3-RoleClass", "TRE-R216-HL7RoleCode", "v3-RoleCode"]
    assert Bridge().normalize(write(order)).order.contacts == order.contacts


@pytest.mark.parametrize("shape", SHAPES)
def test_a_guardian_with_two_numbers_or_two_names_claims_no_profile_that_allows_one(shape):
    numbers = (Identifier(root="1.2.250.1.999.7", extension="T-1"), Identifier(root="1.2.250.1.999.7", extension="T-2"))
    names = PersonName(family="ESSAI-USAGE", used_family="ESSAI-USAGE", birth_family="ESSAI-NAISSANCE", birth_given="Jeanne")
    for guardian in (Guardian(name=PersonName(family="ESSAI"), ids=numbers), Guardian(name=names)):
        order = story("knee-radiograph")
        order = replace(order, patient=replace(order.patient, guardians=(guardian,)), contacts=())
        bundle = write(order, shape=shape)
        assert faults(bundle) == []
        assert Bridge().normalize(bundle).order.patient.guardians == (guardian,)


def test_an_informant_alone_is_still_one():
    order = replace(story("knee-radiograph"), contacts=(Contact(role="CON", name=PersonName(family="ESSAI")),))
    again = Bridge().normalize(write(order))
    assert [contact.role for contact in again.order.contacts] == ["CON"]
    assert again.losses == ()


def test_a_place_and_a_visit_have_identifiers_with_a_type_or_the_reason_why_not():
    bundle = write(story("knee-radiograph"))
    (visit,), (place,) = of_type(bundle, "Encounter"), of_type(bundle, "Location")
    assert [i["type"]["coding"][0]["code"] for i in visit["identifier"]] == ["VN"] * len(visit["identifier"])
    assert all(i["type"]["coding"][0]["code"] in ("IDNST", "INTRN") for i in place.get("identifier", ()))
    order = replace(story("knee-radiograph"), encounter=replace(story("knee-radiograph").encounter, ids=(), period=None))
    (visit,) = of_type(write(order), "Encounter")
    assert "data-absent-reason" in visit["identifier"][0]["_value"]["extension"][0]["url"]
    assert "data-absent-reason" in visit["period"]["extension"][0]["url"]


def test_a_contraindication_has_an_identifier_that_is_the_same_each_time_and_no_fact_of_the_order():
    pregnant = Code(code="77386006", system="2.16.840.1.113883.6.96", display="enceinte")
    order = replace(story("knee-radiograph"), contraindications=(Contraindication(concept=pregnant),))
    found = [[o["identifier"] for o in of_type(write(order), "Observation") if "identifier" in o] for _ in range(2)]
    assert found[0] == found[1]
    assert len(found[0]) == 1
    assert Bridge().normalize(write(order)).losses == ()


def test_an_identifier_of_an_observation_from_elsewhere_names_the_entry():
    pregnant = Code(code="77386006", system="2.16.840.1.113883.6.96", display="enceinte")
    bundle = write(replace(story("knee-radiograph"), contraindications=(Contraindication(concept=pregnant),)))
    (observation,) = [o for o in of_type(bundle, "Observation") if "identifier" in o]
    observation["identifier"] = [{"system": "urn:oid:1.2.3", "value": "42"}]
    conversion = Bridge().normalize(bundle)
    assert conversion.order.contraindications[0].id == Identifier(root="1.2.3", extension="42")
    assert conversion.losses == ()


def test_a_second_identifier_of_an_observation_from_elsewhere_is_not_passed_over():
    pregnant = Code(code="77386006", system="2.16.840.1.113883.6.96", display="enceinte")
    bundle = write(replace(story("knee-radiograph"), contraindications=(Contraindication(concept=pregnant),)))
    (observation,) = [o for o in of_type(bundle, "Observation") if "identifier" in o]
    observation["identifier"] = [{"system": "urn:oid:1.2.3", "value": "42"}, {"system": "urn:oid:1.2.3", "value": "43"}]
    assert any("identifier[1]" in str(loss.path) for loss in Bridge().normalize(bundle).losses)


def test_an_attached_document_of_unknown_type_says_so():
    case = next(s.name for s in STORIES if story(s.name).attachments)
    order = story(case)
    bundle = write(replace(order, attachments=tuple(replace(a, type=None) for a in order.attachments)))
    assert "data-absent-reason" in of_type(bundle, "DocumentReference")[0]["type"]["extension"][0]["url"]


def test_the_replaced_document_is_known_by_an_identifier_with_a_type():
    order = story("knee-radiograph")
    bundle = write(replace(order, document=replace(order.document, replaces=Identifier(root="1.2.3"))))
    assert bundle["entry"][0]["resource"]["relatesTo"][0]["targetIdentifier"]["type"]["coding"][0]["code"] == "RI"
    assert faults(bundle) == []


def test_the_place_of_birth_has_its_code_in_the_extension_and_in_the_district():
    case = next(s.name for s in STORIES if (p := story(s.name).patient).birth_place and p.birth_place.county)
    (patient,) = of_type(write(story(case)), "Patient")
    place = next(e["valueAddress"] for e in patient["extension"] if e["url"].endswith("patient-birthPlace"))
    assert place["district"] == place["extension"][0]["valueCoding"]["code"]


def test_a_provisional_ins_is_temporary_and_a_local_number_usual():
    order = story("knee-radiograph")
    ids = (Identifier(root="1.2.250.1.213.1.4.9", extension="180012300198765"), Identifier(root="1.2.3", extension="7"))
    bundle = write(replace(order, patient=replace(order.patient, ids=ids)))
    assert [i["use"] for i in of_type(bundle, "Patient")[0]["identifier"]] == ["temp", "usual"]
    assert faults(bundle) == []


def test_a_claim_that_would_be_false_is_not_made_nor_those_that_rest_on_it():
    order = story("knee-radiograph")
    nameless = PatientName(birth_family="ESSAI", birth_given="ANNE")
    ids = (Identifier(root="1.2.250.1.213.1.4.10", extension="279035121518989"),)
    bundle = write(replace(order, patient=replace(order.patient, ids=ids, name=nameless)))
    assert claims.claims(of_type(bundle, "Patient")[0]) == []
    assert "meta" not in of_type(bundle, "Patient")[0]
    assert claims.claims(bundle["entry"][0]["resource"]) == []
    assert claims.claims(bundle) == []
    assert claims.claims(of_type(bundle, "Location")[0]) == ["fr-location-document"]


# --- the engine sees what is wrong -----------------------------------------------------------------------------------


def spoil(bundle: JSON, kind: str, element: str, value: Any = None) -> JSON:
    spoilt = copy.deepcopy(bundle)
    resource = of_type(spoilt, kind)[0]
    if value is None:
        del resource[element]
    else:
        resource[element] = value
    return spoilt


@pytest.mark.parametrize(
    ("kind", "element", "value", "profile"),
    [
        ("Practitioner", "identifier", None, "fr-practitioner-document"),
        ("Practitioner", "name", [{"given": ["A"]}], "fr-practitioner-document"),
        ("Practitioner", "identifier", [{"system": "https://rpps.esante.gouv.fr", "value": "1"}], "fr-practitioner-document"),
        ("Practitioner", "name", [{"family": "A", "prefix": ["Docteur"]}], "fr-practitioner-document"),
        ("PractitionerRole", "organization", None, "fr-practitionerRole-document"),
        ("PractitionerRole", "specialty", [{"coding": [{"system": "x", "code": "y"}]}], "fr-practitionerRole-document"),
        ("PractitionerRole", "telecom", [{"value": "1"}], "fr-practitionerRole-document"),
        ("Encounter", "period", None, "fr-encounter-care-document"),
        ("Encounter", "class", {"code": "AMB"}, "fr-encounter-care-document"),
        ("Location", "type", [{"text": "cabinet"}], "fr-location-document"),
        ("ServiceRequest", "intent", "filler-order", "fr-service-request-document"),
        ("ServiceRequest", "_occurrenceDateTime", None, "fr-service-request-document"),
        ("Composition", "confidentiality", None, "fr-composition-document"),
        ("Composition", "event", [], "fr-composition-document"),
        ("Composition", "extension", [], "fr-composition-document"),
        ("Patient", "gender", "other", "fr-patient-ins-document"),
        ("Patient", "birthDate", None, "fr-patient-ins-document"),
    ],
)
def test_a_broken_rule_is_found_in_the_resource_that_claims_it(kind, element, value, profile):
    order = story("knee-radiograph")
    bundle = write(replace(order, acts=tuple(replace(act, wanted_by=None) for act in order.acts)))
    assert faults(bundle) == []
    found = {b.profile for b in claims.broken(spoil(bundle, kind, element, value))}
    assert profile in found


def test_a_reference_must_lead_to_what_claims_the_profile_demanded():
    bundle = write(story("knee-radiograph"))
    del of_type(bundle, "Organization")[0]["meta"]
    assert any(found.rule.kind == "target" for found in claims.broken(bundle))


def test_a_section_may_not_hold_entries_and_sections():
    bundle = write(story("knee-radiograph"))
    section = bundle["entry"][0]["resource"]["section"][0]
    section["entry"] = section["section"][0]["entry"]
    assert any(found.rule.kind == "not-both" for found in claims.broken(bundle))


def test_what_says_that_its_value_is_unknown_counts_as_present_and_is_held_to_no_value():
    step = parse_path("value")
    absent = {"_value": {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason"}]}}
    (found,) = step[0].of(PathValue(absent, "Identifier"), lambda _: None, lambda _: frozenset())
    assert found.is_absent


def test_a_profile_is_known_under_each_base_that_the_guide_has_had():
    bases = ("fhir/document-core", "fhir/fhir-document-core", "document/core")
    urls = [f"https://interop.esante.gouv.fr/ig/{base}/StructureDefinition/fr-location-document|0.1.0" for base in bases]
    assert claims.claims({"meta": {"profile": urls}}) == ["fr-location-document"] * 3
    assert claims.unknown_claims({"meta": {"profile": ["https://example.org/StructureDefinition/fr-location-document"]}}) == [0]


def test_every_rule_can_be_read_and_names_what_exists():
    known = {row["profile"] for row in rows("profiles")} | {"fr-device-auteur-document"}
    for row in rows("profiles"):
        assert row["source"]
        assert parse_path(row["path"]) or not row["path"] or row["rule"] == "parent"
        if row["rule"] in ("parent", "datatype"):
            assert row["value"] in known, row
        if row["rule"] == "target":
            assert all(name in known or name[0].isupper() for name in row["value"].split()), row


# --- the check of FHIR -----------------------------------------------------------------------------------------------


def test_what_is_no_fhir_is_refused_and_what_claims_nothing_is_said():
    with pytest.raises(SourceError):
        check_fhir(b"<ClinicalDocument/>")
    report = check_fhir('{"resourceType": "Basic", "code": {"text": "x"}}')
    assert report.is_valid
    assert [found.code for found in report.issues] == ["IMGDA-1857"]


def test_a_finding_points_to_the_very_element_and_tells_its_rule():
    place = {
        "resourceType": "Location",
        "meta": {"profile": ["https://interop.esante.gouv.fr/ig/fhir/document-core/StructureDefinition/fr-location-document"]},
        "identifier": [{"system": "urn:oid:1.2.3", "value": "1"}],
        "type": [{"coding": [{"system": "urn:oid:1.2.250.1.71.4.2.4", "code": "SA08"}]}],
    }
    (found,) = check_fhir(json.dumps(place)).issues
    assert (found.code, found.path) == ("IMGDA-1850", "Location.identifier[0].type")
    assert "fr-core-location" in found.source
