"""Where each item of the order stands in the Bundle that is written."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from bundles import LOINC, SNOMED, TA
from conftest import ROOT, STORIES
from hypothesis import HealthCheck, given, settings
from lxml import etree
from strategies import orders

from bridge.fhir.write import losses, write
from bridge.order import (
    Act,
    Address,
    Attachment,
    Attester,
    Code,
    Contact,
    Contraindication,
    DataEnterer,
    EffectiveTime,
    Guardian,
    Identifier,
    Order,
    Organization,
    PersonName,
    Professional,
    Recipient,
    Site,
    Telecom,
    Translation,
    Urgency,
)
from bridge.order import xml as order_xml

JSON = dict[str, Any]
SHAPES = ["document", "order"]
HL7 = "http://hl7.org/fhir/StructureDefinition"

LEFT = Code(code="7771000", system="2.16.840.1.113883.6.96", display="gauche")
PERSON = Professional(
    ids=(Identifier(root="1.2.250.1.71.4.2.1", extension="899900023450"),), name=PersonName(family="BONNIN", given="Solène")
)


@cache
def story(name: str) -> Order:
    """The order of a fixture."""
    return order_xml.read((ROOT / "fixtures" / name / "order.xml").read_text("utf-8"))


def knee(**changes: Any) -> Order:
    """The radiograph of a knee, changed."""
    return replace(story("knee-radiograph"), **changes)


def resources(bundle: JSON, *types: str) -> list[JSON]:
    return [entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] in types]


def resource(bundle: JSON, kind: str) -> JSON:
    (found,) = resources(bundle, kind)
    return found


def target(bundle: JSON, reference: JSON) -> JSON:
    (found,) = [entry["resource"] for entry in bundle["entry"] if entry["fullUrl"] == reference["reference"]]
    return found


def extensions(owner: JSON, name: str) -> list[JSON]:
    return [e for e in owner.get("extension", []) if e["url"].rpartition("/")[2] == name]


def part(extension: JSON, url: str) -> JSON:
    (found,) = [e for e in extension["extension"] if e["url"] == url]
    return found


def code_of(concept: JSON) -> tuple[str, str]:
    coding = concept["coding"][0]
    return coding["system"], coding["code"]


def observations(bundle: JSON, system: str, code: str) -> list[JSON]:
    return [o for o in resources(bundle, "Observation") if code_of(o["code"]) == (system, code)]


def family(bundle: JSON, role: JSON) -> str:
    """The family name of the person of a PractitionerRole."""
    return target(bundle, role["practitioner"])["name"][0]["family"]


def walk(value: Any) -> Iterator[Any]:
    yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from walk(item)


# --- the Bundle ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("case", STORIES, ids=lambda path: path.name)
def test_every_reference_resolves_and_nothing_is_empty(case, shape):
    bundle = write(story(case.name), shape=shape)
    urls = [entry["fullUrl"] for entry in bundle["entry"]]
    assert len(urls) == len(set(urls))
    for entry in bundle["entry"]:
        assert entry["fullUrl"] == f"urn:uuid:{uuid.UUID(entry['resource']['id'])}"
        assert entry["resource"].keys() - {"resourceType", "id", "meta"}
    for value in walk(bundle):
        assert value not in (None, "", [], {})
        if isinstance(value, dict) and isinstance(value.get("reference"), str):
            assert value["reference"] in urls


@pytest.mark.parametrize("shape", SHAPES)
def test_the_same_order_gives_the_same_bundle(shape):
    order = story("lymphoma-pet")
    assert json.dumps(write(order, shape=shape)) == json.dumps(write(order, shape=shape))


def test_another_document_gets_other_names():
    order = story("knee-radiograph")
    other = replace(order, document=replace(order.document, id=Identifier(root="1.2.3")))
    names = [{entry["fullUrl"] for entry in write(o)["entry"]} for o in (order, other)]
    assert names[0] & names[1] == set()


def refuse_unsound(bundle: JSON) -> None:
    from fhir.resources.R4B.bundle import Bundle

    Bundle.model_validate_json(json.dumps(bundle))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("case", STORIES, ids=lambda path: path.name)
def test_fhir_resources_accepts_every_story(case, shape):
    refuse_unsound(write(story(case.name), shape=shape))


@settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(orders())
def test_fhir_resources_accepts_random_orders(order):
    for shape in SHAPES:
        refuse_unsound(write(order, shape=shape))


def test_both_shapes_share_their_resources():
    kinds = ("Patient", "RelatedPerson", "Encounter", "Location", "BodyStructure", "Observation")
    document, plain = (resources(write(story("lymphoma-pet"), shape=shape), *kinds) for shape in SHAPES)
    assert document == plain


# --- the document ----------------------------------------------------------------------------------------------------


def test_a_document_begins_with_its_composition():
    order = story("knee-radiograph")
    bundle = write(order)
    assert bundle["type"] == "document"
    assert bundle["timestamp"] == order.document.created_at
    composition = bundle["entry"][0]["resource"]
    assert composition["resourceType"] == "Composition"
    assert code_of(composition["type"]) == (LOINC, "55115-0")
    assert composition["title"] == order.document.title
    assert composition["language"] == "fr-FR"
    assert composition["confidentiality"] == "N"
    assert extensions(composition, "extension-Composition.version")[0]["valueString"] == "1"


def test_the_identifiers_of_the_document_are_those_of_bundle_and_composition():
    order = knee(
        document=replace(
            story("knee-radiograph").document,
            id=Identifier(root="1.2.250.1.999.9", extension="42"),
            set_id=Identifier(root="1F8A5D5E-3C6B-5B0E-8F43-5C9F0C1C7A11"),
            replaces=Identifier(root="1.2.250.1.999.8"),
        )
    )
    bundle = write(order)
    composition = bundle["entry"][0]["resource"]
    assert bundle["identifier"] == {"system": "urn:oid:1.2.250.1.999.9", "value": "42"}
    assert composition["identifier"]["value"] == "urn:uuid:1f8a5d5e-3c6b-5b0e-8f43-5c9f0c1c7a11"
    (relation,) = composition["relatesTo"]
    assert relation["code"] == "replaces"
    assert relation["targetIdentifier"]["value"] == "urn:oid:1.2.250.1.999.8"


def test_the_plain_shape_describes_the_document():
    order = story("knee-radiograph")
    bundle = write(order, shape="order")
    assert bundle["type"] == "collection"
    assert resources(bundle, "Composition") == []
    (described,) = [d for d in resources(bundle, "DocumentReference") if "masterIdentifier" in d]
    assert described["content"][0]["attachment"]["title"] == order.document.title
    assert described["content"][0]["attachment"]["creation"] == order.document.created_at
    assert [target(bundle, r)["resourceType"] for r in described["context"]["related"]] == ["ServiceRequest"]
    assert target(bundle, described["custodian"])["name"] == order.custodian.name
    request = resource(bundle, "ServiceRequest")
    assert request["meta"]["security"][0]["code"] == "N"
    assert request["meta"]["versionId"] == "1"


def test_a_creation_date_without_a_time_is_no_timestamp():
    order = knee(document=replace(story("knee-radiograph").document, created_at="2026-03-02"))
    bundle = write(order)
    assert "timestamp" not in bundle
    assert bundle["entry"][0]["resource"]["date"] == "2026-03-02"


# --- sections --------------------------------------------------------------------------------------------------------


def sections(bundle: JSON) -> dict[str, JSON]:
    found = {}
    stack = list(bundle["entry"][0]["resource"]["section"])
    while stack:
        section = stack.pop()
        found[code_of(section["code"])[1]] = section
        stack += section.get("section", [])
    return found


def test_the_sections_are_those_of_the_model():
    order = knee(prior_results="Radiographie de 2020", attachments=(_LETTER,))
    bundle = write(order)
    found = sections(bundle)
    assert found.keys() == {"55752-0", "55115-0", "11329-0", "34895-3", "18776-5", "30954-2", "55107-7"}
    assert [code_of(s["code"])[1] for s in found["55752-0"]["section"]] == ["55115-0", "11329-0"]
    assert target(bundle, found["55115-0"]["entry"][0])["resourceType"] == "ServiceRequest"
    assert target(bundle, found["55107-7"]["entry"][0])["resourceType"] == "DocumentReference"


def test_a_section_holds_entries_or_sections():
    for section in sections(write(story("lymphoma-pet"))).values():
        assert ("entry" in section) != ("section" in section)
        assert section["title"]
        assert section["text"]["status"] == "generated"


def test_a_section_without_entry_is_left_out():
    found = sections(write(knee(prior_results=None, attachments=())))
    assert found.keys() & {"30954-2", "55107-7"} == set()


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "a & b < c", "ligne 1\nligne 2", "😀 שלום", "]]>"])
def test_a_narrative_is_text_never_markup(text):
    div = sections(write(knee(justification=text)))["55115-0"]["text"]["div"]
    tree = etree.fromstring(div)
    cell = tree.find(".//{http://www.w3.org/1999/xhtml}td")
    assert "\n".join(cell.itertext()) == text
    assert {etree.QName(e).localname for e in tree.iter()} <= {"div", "table", "tbody", "tr", "th", "td", "br"}


def test_a_no_is_said_in_the_narrative():
    (concept,) = [c.concept for c in story("pregnant-pelvic-ultrasound").contraindications][:1]
    order = knee(contraindications=(Contraindication(concept=concept, present=False),))
    assert f"{concept.display} : non" in sections(write(order))["11329-0"]["text"]["div"]


# --- patient and relatives -------------------------------------------------------------------------------------------


def test_the_ins_is_typed_and_its_identity_validated():
    patient = resource(write(story("knee-radiograph")), "Patient")
    kinds = [code_of(i["type"])[1] for i in patient["identifier"]]
    assert kinds[0] == "INS-NIR-TEST"
    assert part(extensions(patient, "fr-core-identity-reliability")[0], "identityStatus")["valueCoding"]["code"] == "VALI"
    assert extensions(patient, "patient-birthPlace")[0]["valueAddress"]["extension"][0]["valueCoding"]["code"]


def test_a_patient_without_ins_claims_no_validated_identity():
    patient = replace(story("knee-radiograph").patient, ids=(Identifier(root="1.2.250.1.999.1.2", extension="IPP-1"),))
    written = resource(write(knee(patient=patient)), "Patient")
    assert extensions(written, "fr-core-identity-reliability") == []
    assert written["meta"]["profile"][0].endswith("/fr-patient-document")


def test_birth_identity_and_used_name_stand_apart():
    name = replace(
        story("knee-radiograph").patient.name,
        birth_family="ESSAI",
        birth_givens="ANNE MARIE",
        birth_given="ANNE",
        used_family="EXEMPLE",
        used_given="ANNIE",
        prefix="MME",
    )
    order = knee(patient=replace(story("knee-radiograph").patient, name=name))
    official, usual = resource(write(order), "Patient")["name"]
    assert (official["use"], official["family"], official["given"]) == ("official", "ESSAI", ["ANNE"])
    assert official["prefix"] == ["MME"]
    assert extensions(official, "fr-core-patient-birth-list-given-name")[0]["valueString"] == "ANNE MARIE"
    assert usual == {"use": "usual", "family": "EXEMPLE", "given": ["ANNIE"]}


def with_patient(**changes: Any) -> JSON:
    return resource(write(knee(patient=replace(story("knee-radiograph").patient, **changes))), "Patient")


def test_the_date_of_death_says_that_the_patient_is_dead():
    written = with_patient(deceased=True, deceased_at="2026-01")
    assert written["deceasedDateTime"] == "2026-01"
    assert "deceasedBoolean" not in written
    assert with_patient(deceased=False)["deceasedBoolean"] is False


def test_the_birth_rank_says_that_the_birth_was_multiple():
    written = with_patient(multiple_birth=True, birth_rank=2)
    assert written["multipleBirthInteger"] == 2
    assert "multipleBirthBoolean" not in written


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"deceased": False, "deceased_at": "2026"}, "IMGDA-1201"),
        ({"multiple_birth": False, "birth_rank": 2}, "IMGDA-1202"),
    ],
)
def test_a_contradiction_that_fhir_cannot_say_is_a_loss(changes, code):
    (loss,) = losses(knee(patient=replace(story("knee-radiograph").patient, **changes)))
    assert loss.code == code
    assert loss.loss


def test_a_relative_is_a_contact_of_the_patient_and_an_informant():
    sister = Code(code="SIS", system="2.16.840.1.113883.5.111", display="Soeur")
    order = knee(contacts=(Contact(role="NOK", name=PersonName(family="ESSAI"), relation=sister),))
    bundle = write(order)
    (contact,) = [c for c in resource(bundle, "Patient")["contact"] if c["name"]["family"] == "ESSAI"]
    assert [code_of(r)[1] for r in contact["relationship"]] == ["NOK", "SIS", "SIS"]
    assert len({code_of(r)[0] for r in contact["relationship"]}) == 3
    (informant,) = extensions(bundle["entry"][0]["resource"], "informant-extension")
    assert target(bundle, part(informant, "party")["valueReference"])["name"][0]["family"] == "ESSAI"


def test_a_relative_with_two_addresses_is_named_twice_for_a_contact_has_room_for_one():
    places = (Address(city="REIMS"), Address(city="LYON"))
    order = knee(contacts=(Contact(role="ECON", name=PersonName(family="ESSAI"), addresses=places),))
    bundle = write(order)
    cities = [c["address"]["city"] for c in resource(bundle, "Patient")["contact"] if c["name"]["family"] == "ESSAI"]
    assert cities == ["REIMS", "LYON"]
    assert [a["city"] for a in resource(bundle, "RelatedPerson")["address"]] == ["REIMS", "LYON"]


def test_a_guardian_may_be_a_structure():
    guardian = Guardian(organization=Organization(name="Service des tutelles"))
    bundle = write(knee(patient=replace(story("knee-radiograph").patient, guardians=(guardian,))))
    (contact,) = resource(bundle, "Patient")["contact"][-1:]
    assert code_of(contact["relationship"][0])[1] == "GUARD"
    assert target(bundle, contact["organization"])["name"] == "Service des tutelles"


# --- professionals ---------------------------------------------------------------------------------------------------


def test_the_demandeur_is_author_and_requester():
    order = story("knee-radiograph")
    bundle = write(order)
    composition, request = bundle["entry"][0]["resource"], resource(bundle, "ServiceRequest")
    author = composition["author"][0]
    assert author["reference"] == request["requester"]["reference"]
    assert extensions(author, "fr-author-time-extension")[0]["valueDateTime"] == request["authoredOn"] == order.authors[0].time


def test_an_rpps_stands_with_and_without_its_prefix():
    bundle = write(knee(legal_authenticator=Attester(professional=PERSON, time="2026-03-02")))
    (person,) = [p for p in resources(bundle, "Practitioner") if p["name"][0]["family"] == "BONNIN"]
    assert [(i["system"], i["value"]) for i in person["identifier"]] == [
        ("urn:oid:1.2.250.1.71.4.2.1", "899900023450"),
        ("https://rpps.esante.gouv.fr", "99900023450"),
    ]


def test_a_speciality_is_said_whole_and_in_its_parts():
    radiologist = Code(code="G15_10/SM44", system="1.2.250.1.213.1.1.4.5", display="Médecin - Radio-diagnostic (SM)")
    person = replace(PERSON, speciality=radiologist)
    bundle = write(knee(legal_authenticator=Attester(professional=person, time="2026-03-02")))
    (party,) = [a["party"] for a in bundle["entry"][0]["resource"]["attester"] if a["mode"] == "legal"]
    role = target(bundle, party)
    assert code_of(role["code"][0])[1] == "G15_10/SM44"
    assert code_of(role["specialty"][0])[1] == "SM44"
    codes = [code_of(q["code"])[1] for q in target(bundle, role["practitioner"])["qualification"]]
    assert codes == ["10", "SM44"]


def treated_by(person: Professional) -> Order:
    participant = story("lymphoma-pet").participants[0]
    function = Code(code="PCP", system="2.16.840.1.113883.5.88", display="Médecin Traitant")
    return knee(participants=(replace(participant, professional=person, type="INF", function=function),))


def test_the_treating_physician_stands_as_participant_and_as_general_practitioner():
    bundle = write(treated_by(PERSON))
    (extension,) = extensions(bundle["entry"][0]["resource"], "ParticipantExtension")
    assert code_of(part(extension, "type")["valueCodeableConcept"])[1] == "INF"
    assert code_of(part(extension, "function")["valueCodeableConcept"])[1] == "PCP"
    role = target(bundle, part(extension, "party")["valueReference"])
    assert {code_of(c)[1] for c in role["code"]} == {"PCP", "PROV"}
    (general,) = resource(bundle, "Patient")["generalPractitioner"]
    assert target(bundle, general) == target(bundle, role["practitioner"])


def test_a_participation_without_a_time_says_that_it_is_unknown():
    (extension,) = extensions(write(treated_by(PERSON))["entry"][0]["resource"], "ParticipantExtension")
    span = part(extension, "time")["valuePeriod"]
    assert span["_start"]["extension"][0]["valueCode"] == "unknown"


def informed() -> Order:
    participant = story("lymphoma-pet").participants[0]
    function = Code(code="CORRE", system="1.2.250.1.213.1.1.4.2.280", display="Correspondant")
    return knee(participants=(replace(participant, professional=PERSON, type="CON", function=function),))


def test_the_recipient_of_the_report_is_a_communication_request_in_the_plain_shape():
    bundle = write(informed(), shape="order")
    request = resource(bundle, "CommunicationRequest")
    assert code_of(request["category"][0])[1] == "CORRE"
    assert target(bundle, request["about"][0])["resourceType"] == "ServiceRequest"
    assert family(bundle, target(bundle, request["recipient"][0])) == "BONNIN"
    assert resources(write(informed()), "CommunicationRequest") == []


def provenances(bundle: JSON) -> dict[str, JSON]:
    return {code_of(p["agent"][0]["type"])[1]: p for p in resources(bundle, "Provenance")}


def test_those_who_took_part_have_a_provenance_in_the_plain_shape():
    order = knee(
        legal_authenticator=Attester(professional=PERSON, time="2026-03-02T10:00:00+01:00"),
        data_enterer=DataEnterer(professional=PERSON, time="2026-03"),
        recipients=(Recipient(professional=PERSON, copy=True),),
        authenticators=(Attester(professional=PERSON, time="2026-03-03"),),
    )
    bundle = write(order, shape="order")
    found = provenances(bundle)
    assert found.keys() >= {"LA", "ENT", "TRC", "AUTHEN", "PPRF"}
    assert found["ENT"]["occurredDateTime"] == "2026-03"
    assert family(bundle, target(bundle, found["LA"]["agent"][0]["who"])) == "BONNIN"
    assert {target(bundle, p["target"][0])["resourceType"] for p in found.values()} == {"DocumentReference"}


def test_operator_and_addressee_are_extensions_of_the_composition():
    order = knee(data_enterer=DataEnterer(professional=PERSON), recipients=(Recipient(professional=PERSON, copy=True),))
    composition = write(order)["entry"][0]["resource"]
    assert code_of(part(extensions(composition, "data-enterer-extension")[0], "type")["valueCodeableConcept"])[1] == "ENT"
    (addressee,) = extensions(composition, "information-recipient-extension")
    assert code_of(part(addressee, "type")["valueCodeableConcept"])[1] == "TRC"


def test_who_takes_part_twice_is_written_once():
    order = knee(authenticators=(Attester(professional=PERSON, time="2026"), Attester(professional=PERSON, time="2027")))
    people = [p for p in resources(write(order), "Practitioner") if p["name"][0]["family"] == "BONNIN"]
    assert len(people) == 1


# --- context of care -------------------------------------------------------------------------------------------------


def test_the_context_of_care_is_an_encounter_at_a_location():
    order = story("home-visit-chest")
    bundle = write(order)
    encounter = resource(bundle, "Encounter")
    assert encounter["class"]["code"] == order.encounter.type.code
    assert encounter["status"] == "unknown"
    location = target(bundle, encounter["location"][0]["location"])
    assert code_of(location["type"][0])[1] == order.encounter.facility.type.code


def test_an_encounter_of_unknown_type_says_so():
    order = knee(encounter=replace(story("knee-radiograph").encounter, type=None))
    kind = resource(write(order), "Encounter")["class"]
    assert kind["_code"]["extension"][0]["valueCode"] == kind["_system"]["extension"][0]["valueCode"] == "unknown"


# --- the request -----------------------------------------------------------------------------------------------------


def request_of(shape: str = "document", **changes: Any) -> JSON:
    return resource(write(knee(**changes), shape=shape), "ServiceRequest")


def test_the_order_number_is_the_requisition_and_the_detail_of_the_principal_event():
    order = story("knee-radiograph")
    (number,) = order.request.ids
    bundle = write(order)
    requisition = resource(bundle, "ServiceRequest")["requisition"]
    assert (code_of(requisition["type"])[1], requisition["value"]) == ("PGN", number.extension)
    event = bundle["entry"][0]["resource"]["event"][0]
    assert extensions(event, "fr-is-principal-event-extension")[0]["valueBoolean"] is True
    assert event["detail"][0]["identifier"]["value"] == number.extension


def test_an_order_without_a_number_says_so():
    request = request_of(request=replace(story("knee-radiograph").request, ids=()))
    assert request["requisition"]["extension"][0]["valueCode"] == "unknown"


def test_further_numbers_are_placer_groups_and_those_of_an_act_placers():
    numbers = tuple(Identifier(root="1.2.250.1.999.1.7", extension=e) for e in ("A", "B", "C"))
    order = knee(
        request=replace(story("knee-radiograph").request, ids=numbers[:2]),
        acts=(replace(story("knee-radiograph").acts[0], ids=numbers[2:]),),
    )
    found = resource(write(order), "ServiceRequest")["identifier"]
    assert [(code_of(i["type"])[1], i["value"]) for i in found] == [("PGN", "B"), ("PLAC", "C")]


def test_urgency_is_priority_reason_performer_and_event():
    order = knee(urgency=Urgency(reason="Fièvre", contacted=PERSON), callback=False)
    bundle = write(order)
    request = resource(bundle, "ServiceRequest")
    assert request["priority"] == "urgent"
    assert {"MED-1095": "Fièvre"}.items() <= {code_of(r)[1]: r["text"] for r in request["reasonCode"] if "coding" in r}.items()
    assert family(bundle, target(bundle, request["performer"][0])) == "BONNIN"
    (event,) = [e for e in bundle["entry"][0]["resource"]["event"] if code_of(e["code"][0]) == (TA, "MED-1095")]
    assert event["code"][0]["text"] == "Fièvre"


def test_what_is_not_urgent_has_no_priority():
    assert "priority" not in request_of(urgency=None)


def test_screening_is_a_reason_and_an_event():
    bundle = write(knee(screening=True))
    assert [r for r in resource(bundle, "ServiceRequest")["reasonCode"] if "coding" in r and code_of(r)[1] == "Z13.9"]
    assert [e for e in bundle["entry"][0]["resource"]["event"] if code_of(e["code"][0])[1] == "Z13.9"]


def reasons(request: JSON) -> dict[str, JSON]:
    found = [part(e, "concept")["valueCodeableConcept"] for e in extensions(request, "extension-ServiceRequest.reason")]
    return {code_of(concept)[1]: concept for concept in found}


def test_justification_and_purpose_stand_in_the_french_extension_and_in_plain_r4():
    request = request_of(justification="Douleur", purpose="Fracture ?")
    assert reasons(request)["justificationDemande"]["text"] == "Douleur"
    assert reasons(request)["finaliteExamen"]["text"] == "Fracture ?"
    assert {r["text"] for r in request["reasonCode"] if "text" in r} == {"Douleur", "Fracture ?"}


def test_a_missing_purpose_is_said_in_a_document_only():
    assert reasons(request_of(purpose=None))["finaliteExamen"]["_text"]["extension"][0]["valueCode"] == "unknown"
    assert "finaliteExamen" not in reasons(request_of("order", purpose=None))


def test_a_call_back_gives_the_number_of_the_demandeur():
    author = story("knee-radiograph").authors[0]
    means = (Telecom(value="tel:+33199000001", use="MC"), Telecom(value="tel:+33199000002", use="WP"))
    authors = (replace(author, professional=replace(author.professional, telecoms=means)),)
    bundle = write(knee(authors=authors, callback=True))
    (extension,) = extensions(resource(bundle, "ServiceRequest"), "servicerequest-order-callback-phone-number")
    assert extension["valueContactPoint"]["value"] == "+33199000002"
    assert observations(bundle, TA, "GEN-297") == []


def test_a_call_back_without_a_number_and_the_absence_of_one_are_observations():
    author = story("knee-radiograph").authors[0]
    silent = (replace(author, professional=replace(author.professional, telecoms=())),)
    for answer in (True, False):
        bundle = write(knee(authors=silent, callback=answer))
        assert [o["valueBoolean"] for o in observations(bundle, TA, "GEN-297")] == [answer]
        assert extensions(resource(bundle, "ServiceRequest"), "servicerequest-order-callback-phone-number") == []


# --- the acts --------------------------------------------------------------------------------------------------------


def act(**changes: Any) -> Act:
    return replace(story("knee-radiograph").acts[0], **changes)


def test_the_modality_comes_first_then_the_codings_of_the_sender():
    modality = replace(act().modality, text="Radio", translations=(Translation(code="100655-0", system="2.16.840.1.113883.6.1"),))
    request = request_of(acts=(act(modality=modality),), purpose="Fracture ?")
    assert [c["code"] for c in request["code"]["coding"]] == [modality.code, "100655-0"]
    assert request["code"]["text"] == "Radio"
    assert request["meta"]["profile"][0].endswith("/fr-service-request-imaging-document")


def test_a_request_without_an_exam_code_claims_the_general_profile():
    modality = replace(act().modality, translations=())
    assert request_of(acts=(act(modality=modality),))["meta"]["profile"][0].endswith("/fr-service-request-document")


def test_a_site_with_a_side_is_a_body_structure_and_its_text_says_the_side():
    site = Site(location=replace(act().sites[0].location, text=None), modifiers=(LEFT,))
    bundle = write(knee(acts=(act(sites=(site,)),)))
    request, structure = resource(bundle, "ServiceRequest"), resource(bundle, "BodyStructure")
    assert code_of(structure["locationQualifier"][0]) == (SNOMED, "7771000")
    assert request["bodySite"][0]["text"] == f"{site.location.display} gauche"
    (extension,) = extensions(request, "procedure-targetBodyStructure")
    assert target(bundle, extension["valueReference"]) == structure


def test_sites_without_a_side_need_no_body_structure():
    site = Site(location=act().sites[0].location)
    bundle = write(knee(acts=(act(sites=(site,)),)))
    assert resources(bundle, "BodyStructure") == []
    assert len(resource(bundle, "ServiceRequest")["bodySite"]) == 1


def test_two_identical_acts_are_two_requests():
    bundle = write(knee(acts=(act(), act())))
    assert len(resources(bundle, "ServiceRequest")) == 2


def test_functions_and_contrast_are_order_details():
    order = story("lymphoma-pet")
    (pet,) = [a for a in order.acts if a.modality.code == "PT"]
    request = next(r for r in resources(write(order), "ServiceRequest") if code_of(r["code"])[1] == "PT")
    codes = [code_of(detail)[1] for detail in request["orderDetail"]]
    assert codes == [pet.contrast.code, *(f.concept.code for f in pet.functions)]


def test_a_deadline_is_the_end_of_the_period_and_a_missing_one_is_said():
    assert request_of(acts=(act(wanted_by="2026-04-01"),))["occurrencePeriod"] == {"end": "2026-04-01"}
    assert request_of(acts=(act(wanted_by=None),))["_occurrenceDateTime"]["extension"][0]["valueCode"] == "unknown"
    assert "_occurrenceDateTime" not in request_of("order", acts=(act(wanted_by=None),))


def test_an_act_without_deadline_says_so_where_another_has_one():
    bundle = write(knee(acts=(act(wanted_by="2026-04-01"), act(wanted_by=None))), shape="order")
    assert "_occurrenceDateTime" in resources(bundle, "ServiceRequest")[1]


def test_the_comment_of_an_act_is_a_note():
    assert request_of(acts=(act(comment="Sans plâtre"),))["note"] == [{"text": "Sans plâtre"}]


# --- the medical data ------------------------------------------------------------------------------------------------


def test_every_medical_datum_is_supporting_information():
    bundle = write(story("lymphoma-pet"))
    for request in resources(bundle, "ServiceRequest"):
        found = [target(bundle, r) for r in request["supportingInfo"]]
        assert found == resources(bundle, "Observation", "DocumentReference")


def test_histories_are_observations():
    bundle = write(knee(medical_history="Asthme", surgical_history="Aucun"))
    assert observations(bundle, LOINC, "11348-0")[0]["valueString"] == "Asthme"
    assert observations(bundle, LOINC, "47519-4")[0]["valueString"] == "Aucun"


def test_a_contraindication_is_a_value_and_its_denial_a_question_answered_no():
    yes, no = (c.concept for c in story("pacemaker-cardiac-mri").contraindications[:2])
    order = knee(
        contraindications=(
            Contraindication(concept=yes, comment="Posé en 2019"),
            Contraindication(concept=no, present=False, date=EffectiveTime(at="2026-03-02")),
        )
    )
    bundle = write(order)
    (stated,) = observations(bundle, LOINC, "64100-1")
    assert code_of(stated["valueCodeableConcept"])[1] == yes.code
    assert stated["note"] == [{"text": "Posé en 2019"}]
    assert stated["_effectiveDateTime"]["extension"][0]["valueCode"] == "unknown"
    (denied,) = [o for o in resources(bundle, "Observation") if code_of(o["code"])[1] == no.code]
    assert denied["valueBoolean"] is False
    assert denied["effectiveDateTime"] == "2026-03-02"


def test_an_answer_that_is_missing_is_never_made_up():
    assert observations(write(knee(patient_informed=None, patient_informed_at=None)), TA, "MED-1130") == []
    (asked,) = observations(
        write(knee(patient_informed=None, patient_informed_at=EffectiveTime(at="2026-03-02"))), TA, "MED-1130"
    )
    assert "valueBoolean" not in asked
    assert code_of(asked["dataAbsentReason"])[1] == "unknown"


_LETTER = Attachment(title="Courrier", media_type="application/pdf", data="JVBERi0xLjQK", date="2026-03-02")


def test_a_linked_document_dated_to_the_day_keeps_its_date_in_the_attachment():
    document = resource(write(knee(attachments=(_LETTER,))), "DocumentReference")
    assert "date" not in document
    assert document["content"][0]["attachment"]["creation"] == "2026-03-02"
    timed = replace(_LETTER, date="2026-03-02T10:00:00+01:00")
    assert resource(write(knee(attachments=(timed,))), "DocumentReference")["date"] == timed.date


# --- datatypes -------------------------------------------------------------------------------------------------------


def telecom(value: str, use: str | None = None) -> JSON:
    order = story("knee-radiograph")
    patient = replace(order.patient, telecoms=(Telecom(value=value, use=use),))
    return resource(write(replace(order, patient=patient)), "Patient")["telecom"][0]


@pytest.mark.parametrize(
    ("value", "use", "written"),
    [
        ("tel:+33199000001", "H", {"system": "phone", "value": "+33199000001", "use": "home"}),
        ("fax:0199000002", "WP", {"system": "fax", "value": "0199000002", "use": "work"}),
        ("tel:0199000003", "PG", {"system": "pager", "value": "0199000003"}),
        ("mailto:a@example.org", None, {"system": "email", "value": "a@example.org"}),
        ("http://example.org/", "WP", {"system": "url", "value": "http://example.org/", "use": "work"}),
    ],
)
def test_a_telecom_has_its_system_and_use(value, use, written):
    assert telecom(value, use) == written


@pytest.mark.parametrize(("use", "wider"), [("HP", "home"), ("HV", "home"), ("DIR", "work"), ("PUB", "work"), ("EC", None)])
def test_a_use_that_fhir_lacks_stands_beside_the_wider_one(use, wider):
    written = telecom("tel:0199000001", use)
    assert written.get("use") == wider
    assert written["_use"]["extension"][0]["valueCode"] == use


def test_a_number_that_a_reader_would_change_is_also_given_as_a_uri():
    (extension,) = telecom("tel:01.99.00.00.01")["extension"]
    assert extension == {"url": f"{HL7}/iso21090-TEL-address", "valueUrl": "tel:01.99.00.00.01"}


def test_an_address_of_secure_mail_is_marked():
    assert extensions(telecom("mailto:anne.essai@medecin.mssante.fr"), "fr-core-contact-point-email-type")


def test_named_parts_of_an_address_are_lines_that_say_what_they_are():
    place = Address(use="HV", house_number="7", street_name_type="rue", street_name="des Tilleuls", unit_id="B", city="ANGERS")
    written = with_patient(addresses=(place,))["address"][0]
    assert written["line"] == ["7 rue des Tilleuls", "B"]
    names = [[e["url"].rpartition("-")[2] for e in line["extension"]] for line in written["_line"]]
    assert names == [["houseNumber", "streetNameType", "streetName"], ["unitID"]]
    assert written["use"] == "home"
    assert written["_use"]["extension"][0] == {"url": f"{HL7}/iso21090-AD-use", "valueCode": "HV"}


def test_free_lines_of_an_address_stay_lines():
    assert with_patient(addresses=(Address(lines=("A", "B")),))["address"] == [{"line": ["A", "B"]}]


def test_a_code_system_without_a_uri_of_its_own_is_an_oid():
    modality = replace(act().modality, translations=(Translation(code="X", system="1.2.250.1.999.3"),))
    assert request_of(acts=(act(modality=modality),))["code"]["coding"][1]["system"] == "urn:oid:1.2.250.1.999.3"


def test_no_url_of_ours_pretends_to_be_of_hl7_or_ans():
    known = re.compile(
        r"https?://(hl7\.org|hl7\.fr|interop\.esante\.gouv\.fr|terminology\.hl7\.org|smt\.esante\.gouv\.fr|mos\.esante\.gouv\.fr"
        r"|loinc\.org|snomed\.info|dicom\.nema\.org|ncicb\.nci\.nih\.gov|rpps\.esante\.gouv\.fr|finess\.esante\.gouv\.fr"
        r"|sirene\.fr|example\.org|www\.w3\.org)/?"
    )
    for case in STORIES:
        for value in walk(write(story(case.name))):
            if isinstance(value, dict):
                assert all(known.match(value[k]) for k in ("url", "system") if str(value.get(k)).startswith("http"))
