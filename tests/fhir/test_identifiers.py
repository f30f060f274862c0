"""Identifiers: their root, by their system or their type, and what the model takes."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from bundles import JSON, bundle, order_of, path_of, patient, practitioner, service_request
from forms import r5, to_xml

import bridge
from bridge.order import Identifier, Order
from bridge.order.identifiers import by_type, is_ins, is_professional, is_structure, prefixed
from bridge.settings import from_mapping

URI = "urn:ietf:rfc:3986"
URIS = "2.16.840.1.113883.4.873"
PROFESSIONALS, STRUCTURES = "1.2.250.1.71.4.2.1", "1.2.250.1.71.4.2.2"
UUID = "0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"
TYPES = "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203"
V2 = "http://terminology.hl7.org/CodeSystem/v2-0203"
RIGHT_INS = "279035121518989"


def typed(code: str, value: str, system: str | None = None, table: str = TYPES) -> JSON:
    found: JSON = {"type": {"coding": [{"system": table, "code": code}]}, "value": value}
    return found if system is None else {**found, "system": system}


def order(data: JSON | bytes, **settings: Any) -> Order:
    return bridge.Bridge(from_mapping(settings)).normalize(data).order


def issues(data: JSON, **settings: Any) -> list[bridge.Issue]:
    try:
        return list(bridge.Bridge(from_mapping(settings)).normalize(data).issues)
    except bridge.BridgeError as error:
        return list(error.issues)


def found(data: JSON, **settings: Any) -> dict[str, bridge.Issue]:
    return {issue.code: issue for issue in issues(data, **settings)}


def lost(data: JSON) -> set[str | None]:
    return {issue.path for issue in issues(data) if issue.loss}


def with_physician(*identifiers: JSON) -> JSON:
    return bundle(dr=practitioner() | {"identifier": list(identifiers)})


def with_structure(*identifiers: JSON) -> JSON:
    data = bundle()
    own = next(e["resource"] for e in data["entry"] if e["resource"]["id"] == "org")
    own["identifier"] = list(identifiers)
    if not identifiers:
        del own["identifier"]
    return data


def with_patient(*identifiers: JSON, **changes: Any) -> JSON:
    return bundle(p=patient(identifier=list(identifiers), **changes))


# --- URIs ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "root"),
    [(f"urn:uuid:{UUID}", UUID.upper()), (f"URN:UUID:{UUID}", UUID.upper()), ("urn:oid:1.2.250.1.999.5", "1.2.250.1.999.5")],
)
@pytest.mark.parametrize("system", [URI, URI.upper()])
def test_a_uri_is_the_root_of_an_order_number(value, root, system):
    data = order_of(requisition={"system": system, "value": value})
    assert order(data).request.ids == (Identifier(root=root),)


def test_a_uri_is_the_root_of_an_encounter():
    data = bundle()
    next(e["resource"] for e in data["entry"] if e["resource"]["id"] == "e")["identifier"] = [
        {"system": URI, "value": f"urn:uuid:{UUID}"}
    ]
    assert order(data).encounter.ids == (Identifier(root=UUID.upper()),)


def test_a_uri_is_the_root_of_a_facility():
    data = bundle()
    next(e["resource"] for e in data["entry"] if e["resource"]["id"] == "loc")["identifier"] = [
        {"system": URI, "value": "urn:oid:1.2.250.1.999.6"}
    ]
    assert order(data).encounter.facility.ids == (Identifier(root="1.2.250.1.999.6"),)


@pytest.mark.parametrize("value", [f"urn:uuid:{UUID}", "urn:oid:1.2.250.1.999.5", "https://ehr.example/p/1"])
def test_a_uri_is_the_extension_of_a_patient(value):
    assert order(with_patient({"system": URI, "value": value})).patient.ids == (Identifier(root=URIS, extension=value),)


def test_a_uri_is_the_extension_of_a_professional():
    data = with_physician({"system": URI, "value": f"urn:uuid:{UUID}"})
    (author,) = order(data, missing={"requester_number": "null"}).authors
    assert author.professional.ids == (Identifier(root=URIS, extension=f"urn:uuid:{UUID}"),)


def test_another_uri_is_an_extension_wherever_it_stands():
    data = order_of(requisition={"system": URI, "value": "https://ehr.example/orders/7"})
    assert order(data).request.ids == (Identifier(root=URIS, extension="https://ehr.example/orders/7"),)


def test_an_identifier_of_more_than_64_characters_is_said():
    long = {"system": URI, "value": "https://ehr.example/" + "x" * 60}
    data = order_of(requisition=long)
    assert found(data)["IMGDA-0332"].path == f"{path_of(data, 'sr')}.requisition.value"


def test_a_uri_of_a_structure_with_a_fixed_root_is_a_loss():
    data = with_structure(
        {"system": "https://finess.esante.gouv.fr", "value": "990123457"}, {"system": URI, "value": f"urn:uuid:{UUID}"}
    )
    assert f"{path_of(data, 'org')}.identifier[1].value" in {i.path for i in issues(data) if i.loss}


# --- systems that are neither an OID nor a UUID ----------------------------------------------------------------------

BROKEN = ["urn:oid:1.2.250.01.5", "1.2.250.01.5", "urn:oid:1.2..3", "urn:oid:x", "urn:uuid:7", "urn:oid:" + "1." * 70 + "1"]


def test_the_only_number_of_an_order_refuses_it_where_it_would_be_a_root_that_is_none():
    data = order_of(requisition={"system": URI, "value": "urn:uuid:7"})
    assert found(data)["IMGDA-0333"].path == f"{path_of(data, 'sr')}.requisition.value"
    assert found(data)["IMGDA-0317"].is_error


@pytest.mark.parametrize("system", BROKEN)
def test_the_only_number_of_an_order_refuses_it_under_a_broken_system(system):
    data = order_of(requisition={"system": system, "value": "7"})
    assert found(data)["IMGDA-0317"].path == f"{path_of(data, 'sr')}.requisition"


def test_a_number_under_a_broken_system_beside_a_right_one_is_a_loss():
    placer = {"type": {"coding": [{"system": V2, "code": "PLAC"}]}, "system": "urn:oid:1.2.250.1.999.7", "value": "7"}
    data = order_of(requisition={"system": BROKEN[0], "value": "7"}, identifier=[placer])
    assert order(data).request.ids == (Identifier(root="1.2.250.1.999.7", extension="7"),)
    assert f"{path_of(data, 'sr')}.requisition.value" in lost(data)


@pytest.mark.parametrize("system", BROKEN)
def test_a_local_identifier_under_a_broken_system_is_a_loss_and_no_refusal(system):
    right = {"system": "urn:oid:1.2.250.1.999.8", "value": "P8"}
    data = with_patient({"system": system, "value": "P7"}, right)
    assert order(data).patient.ids == (Identifier(root="1.2.250.1.999.8", extension="P8"),)
    assert found(data)["IMGDA-0333"].path == f"{path_of(data, 'p')}.identifier[0].system"
    assert f"{path_of(data, 'p')}.identifier[0].value" in lost(data)


def test_the_only_identifier_of_a_patient_under_a_broken_system_refuses_the_order():
    assert found(with_patient({"system": BROKEN[0], "value": "P7"}))["IMGDA-0302"].is_error


@pytest.mark.parametrize("name", ["e", "loc", "org"])
def test_a_broken_system_of_an_encounter_a_facility_or_a_structure_refuses_nothing(name):
    data = bundle()
    resource = next(e["resource"] for e in data["entry"] if e["resource"]["id"] == name)
    resource["identifier"] = [*resource.get("identifier", []), {"system": BROKEN[0], "value": "7"}]
    place = f"{path_of(data, name)}.identifier[{len(resource['identifier']) - 1}].value"
    assert order(data)
    assert place in lost(data)


def test_a_broken_system_of_a_professional_with_a_national_number_refuses_nothing():
    data = with_physician(typed("RPPS", "10123456785"), {"system": BROKEN[0], "value": "7"})
    assert f"{path_of(data, 'dr')}.identifier[1].value" in lost(data)
    assert not [issue for issue in issues(data) if issue.is_error]


def test_a_broken_system_is_said_in_xml_too():
    data = with_patient({"system": BROKEN[0], "value": "P7"}, {"system": "urn:oid:1.2.250.1.999.8", "value": "P8"})
    assert "IMGDA-0333" in found(to_xml(data))


@pytest.mark.parametrize(
    "number",
    [
        {"system": URI, "value": f"urn:uuid:{UUID}"},
        {"system": "urn:x-hospital:orders", "value": "7"},
        {"system": f"urn:uuid:{UUID}", "value": "7"},
        {"system": "urn:oid:1.2.250.1.999.7", "value": "7"},
    ],
)
def test_a_placer_number_stands_in_for_a_requisition_under_any_urn(number):
    placer = {"type": {"coding": [{"system": V2, "code": "PLAC"}]}, **number}
    data = order_of(requisition=None, identifier=[placer])
    assert len(order(data).request.ids) == 1
    assert "IMGDA-0318" not in found(data)


def test_the_forms_of_r5_and_xml_say_the_same_numbers():
    number = {"system": URI, "value": f"urn:uuid:{UUID}"}
    five, four = r5(requisition=number), order_of(requisition=number)
    assert order(five).request.ids == order(four).request.ids == order(to_xml(four)).request.ids


# --- types -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("system", ["https://adeli.esante.gouv.fr", "urn:oid:1.2.250.1.999.9", None])
@pytest.mark.parametrize(
    ("kind", "value", "number"),
    [
        ("RPPS", "99900012347", "899900012347"),
        ("RPPS", "899900012347", "899900012347"),
        ("RPPS", "99900 012347", "899900012347"),
        ("ADELI", "751234562", "0751234562"),
        ("ADELI", "2A1234562", "02A1234562"),
        ("IDNPS", "899900012347", "899900012347"),
    ],
)
def test_the_type_of_a_professional_counts_whatever_the_system_says(system, kind, value, number):
    data = with_physician(typed(kind, value, system))
    assert order(data).authors[0].professional.ids == (Identifier(root=PROFESSIONALS, extension=number),)
    assert found(data)["IMGDA-0337"].path == f"{path_of(data, 'dr')}.identifier[0]"


@pytest.mark.parametrize(
    ("kind", "value", "number"),
    [
        ("FINEG", "990123457", "1990123457"),
        ("FINEJ", "1990123457", "1990123457"),
        ("SIREN", "990123457", "2990123457"),
        ("SIRET", "99012345700012", "399012345700012"),
        ("RPPSRG", "1000346103301", "41000346103301"),
    ],
)
def test_the_type_of_a_structure_counts_whatever_the_system_says(kind, value, number):
    data = with_structure(typed(kind, value, "https://ehr.example/structures"))
    assert order(data).authors[0].professional.organization.id == Identifier(root=STRUCTURES, extension=number)
    assert "IMGDA-0337" in found(data)


@pytest.mark.parametrize(("kind", "value"), [("RPPS", "A123"), ("ADELI", "12345678901"), ("IDNPS", "99900012347")])
def test_a_number_without_the_form_of_its_type_is_a_local_one(kind, value):
    data = with_physician(typed(kind, value, "https://ehr.example/staff"))
    assert "IMGDA-0311" in found(data)


def test_a_type_that_says_what_the_system_says_is_not_noted():
    data = with_physician(typed("RPPS", "99900012347", "https://rpps.esante.gouv.fr"))
    assert "IMGDA-0337" not in found(data)


def test_a_logical_requester_is_known_by_the_type_of_his_number():
    who = {"identifier": typed("RPPS", "99900012347", "https://ehr.example/staff"), "display": "Dr ESSAI"}
    data = order_of(requester=who)
    (author,) = order(data, custodian={"identifier": "990123457"}).authors
    assert author.professional.ids == (Identifier(root=PROFESSIONALS, extension="899900012347"),)


# --- prefixes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "system", "number"),
    [
        ("99900012347", "https://rpps.esante.gouv.fr", "899900012347"),
        ("751234562", "https://rpps.esante.gouv.fr", "0751234562"),
        ("751234562", f"urn:oid:{PROFESSIONALS}", "0751234562"),
        ("899900012347", f"urn:oid:{PROFESSIONALS}", "899900012347"),
        ("990123457", "https://finess.esante.gouv.fr", "1990123457"),
        ("1000346103301", "https://rppsrang.esante.gouv.fr", "41000346103301"),
        ("10003461033019", "https://rppsrang.esante.gouv.fr", "410003461033019"),
        ("41000346103301", "https://rppsrang.esante.gouv.fr", "41000346103301"),
        ("75123456201", "https://adelirang.esante.gouv.fr", "075123456201"),
    ],
)
def test_a_national_number_without_its_prefix_gets_it(value, system, number):
    assert prefixed(value, system) == number


def test_a_number_that_is_said_to_be_whole_gets_no_prefix():
    assert prefixed("01234567897", f"urn:oid:{PROFESSIONALS}", ["IDNPS"]) == "01234567897"
    data = with_physician(typed("IDNPS", "01234567897", f"urn:oid:{PROFESSIONALS}"))
    assert order(data).authors[0].professional.ids == (Identifier(root=PROFESSIONALS, extension="01234567897"),)


def test_of_two_numbers_the_right_one_is_written_and_the_wrong_one_said():
    wrong, right = typed("RPPS", "99900012348"), typed("IDNPS", "899900012347", f"urn:oid:{PROFESSIONALS}")
    wrong["system"] = "https://rpps.esante.gouv.fr"
    for numbers in ([wrong, right], [right, wrong]):
        data = with_physician(*copy.deepcopy(numbers))
        assert order(data).authors[0].professional.ids[0].extension == "899900012347"
        where = f"{path_of(data, 'dr')}.identifier[{numbers.index(wrong)}].value"
        assert found(data)["IMGDA-0309"].path == where


def test_two_numbers_of_one_kind_are_said():
    data = with_physician(
        {"system": "https://rpps.esante.gouv.fr", "value": "99900012347"},
        {"system": "https://rpps.esante.gouv.fr", "value": "99900045677"},
    )
    assert found(data)["IMGDA-0327"].path == f"{path_of(data, 'dr')}.identifier[1].value"


@pytest.mark.parametrize("text", ["", "12", "٣" * 9, "99900012347x", "8" * 40])
def test_no_type_makes_a_number_of_anything(text):
    assert by_type(text, ["RPPS", "FINEG", "SIRET"]) is None


# --- keys ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "right"),
    [
        (RIGHT_INS, True),
        ("279035121518980", False),
        ("27903512151898", False),
        ("2790351215189890", False),
        ("٢79035121518989", False),
        ("2A9035121518989", False),
        ("", False),
    ],
)
def test_an_ins_has_fifteen_characters_and_its_key(number, right):
    assert is_ins(number) == right


@pytest.mark.parametrize(("department", "worth"), [("2A", "19"), ("2B", "18")])
def test_corsica_counts_as_the_number_it_had(department, worth):
    body = f"16803{department}590158"
    key = 97 - int(f"16803{worth}590158") % 97
    assert is_ins(f"{body}{key:02}")
    assert not is_ins(f"{body}{(key + 1) % 97:02}")


@pytest.mark.parametrize("number", ["899900012347", "0751234562", "3990123457123"])
def test_a_right_number_of_a_professional(number):
    assert is_professional(number)


@pytest.mark.parametrize("number", ["899900012348", "99900012347", "", "8٩9900012347"])
def test_a_wrong_number_of_a_professional(number):
    assert not is_professional(number)


def test_a_finess_of_corsica_has_letters_and_no_key():
    assert is_structure("12A0123456")
    assert not is_structure("1990123458")


def test_a_wrong_number_is_said_where_it_stands():
    data = bundle(dr=practitioner(rpps="99900012348"))
    assert found(data)["IMGDA-0309"].path == f"{path_of(data, 'dr')}.identifier[0].value"
    data = with_structure({"system": "https://finess.esante.gouv.fr", "value": "990123458"})
    assert found(data)["IMGDA-0310"].path == f"{path_of(data, 'org')}.identifier[0].value"


def test_a_wrong_number_in_the_settings_has_no_place_in_the_input():
    data = with_structure()
    assert found(data, custodian={"identifier": "990123458"})["IMGDA-0310"].path is None


# --- the INS ---------------------------------------------------------------------------------------------------------

LOCAL = {"system": "urn:oid:1.2.250.1.999.1.2", "value": "IPP-1"}
ROOTS = {"INS-NIR": "8", "INS-NIA": "9", "INS-NIR-TEST": "10", "INS-NIR-DEMO": "11"}


@pytest.mark.parametrize("kind", ROOTS)
@pytest.mark.parametrize("table", [TYPES, V2])
def test_the_type_of_an_ins_stands_for_its_system(kind, table):
    data = with_patient(typed(kind, RIGHT_INS, table=table))
    assert order(data).patient.ids == (Identifier(root=f"1.2.250.1.213.1.4.{ROOTS[kind]}", extension=RIGHT_INS),)
    assert "IMGDA-0337" in found(data)


@pytest.mark.parametrize("kind", ["INS-C", "NH", "SS"])
@pytest.mark.parametrize("system", [None, "urn:oid:1.2.250.1.213.1.4.8", "urn:oid:1.2.250.1.213.1.4.10"])
def test_an_ins_c_and_a_social_security_number_are_never_an_ins(kind, system):
    data = with_patient(typed(kind, RIGHT_INS, system), LOCAL)
    assert order(data).patient.ids == (Identifier(root="1.2.250.1.999.1.2", extension="IPP-1"),)


@pytest.mark.parametrize("root", ["8", "9", "10", "11"])
def test_an_ins_with_a_wrong_key_is_not_written(root):
    wrong = {"system": f"urn:oid:1.2.250.1.213.1.4.{root}", "value": "279035121518980"}
    data = with_patient(wrong, LOCAL)
    assert [i.root for i in order(data).patient.ids] == ["1.2.250.1.999.1.2"]
    assert found(data)["IMGDA-0308"].path == f"{path_of(data, 'p')}.identifier[0].value"


def test_without_a_local_number_the_refusal_names_the_wrong_key():
    refused = found(with_patient({"system": "urn:oid:1.2.250.1.213.1.4.10", "value": "279035121518980"}))["IMGDA-0302"]
    assert "clé" in refused.text("fr")
    assert "key" in refused.text("en")
    assert refused.is_error


def test_without_any_number_the_refusal_names_no_key():
    assert found(with_patient({"value": "IPP-1"}))["IMGDA-0302"].text("en") == "The patient has no usable identifier."


def test_a_right_ins_beside_a_wrong_one_is_written():
    wrong = {"system": "urn:oid:1.2.250.1.213.1.4.10", "value": "279035121518980"}
    data = with_patient(wrong, {**wrong, "value": "2 79 03 51 215 189 89"})
    assert order(data).patient.ids == (Identifier(root="1.2.250.1.213.1.4.10", extension=RIGHT_INS),)


def test_a_second_ins_is_said():
    first = {"system": "urn:oid:1.2.250.1.213.1.4.10", "value": RIGHT_INS}
    data = with_patient(first, {"system": "urn:oid:1.2.250.1.213.1.4.9", "value": RIGHT_INS})
    assert order(data).patient.ids == (Identifier(root="1.2.250.1.213.1.4.10", extension=RIGHT_INS),)
    assert found(data)["IMGDA-0327"].path == f"{path_of(data, 'p')}.identifier[1].value"


def test_a_document_from_elsewhere_is_read_with_its_wrong_ins():
    document = bridge.to_cda(bundle()).document.replace(RIGHT_INS.encode(), b"279035121518980")
    reading = bridge.Bridge().read_document(document)
    assert reading.order.patient.ids[0].extension == "279035121518980"
    (said,) = [issue for issue in reading.issues if issue.code == "IMGDA-0340"]
    assert said.path == "/ClinicalDocument/recordTarget/patientRole/id[1]"
    assert said.severity == "warning"


# --- the reliability of an identity ----------------------------------------------------------------------------------

FR = "https://hl7.fr/ig/fhir/core"


def reliability(*parts: JSON) -> JSON:
    return {"url": f"{FR}/StructureDefinition/fr-core-identity-reliability", "extension": list(parts)}


def status(code: str, system: str = "fr-core-cs-identity-status") -> JSON:
    return {"url": "identityStatus", "valueCoding": {"system": f"{FR}/CodeSystem/{system}", "code": code}}


def annotation(code: str, form: str = "valueCodeableConcept") -> JSON:
    coding = {"system": f"{FR}/CodeSystem/fr-core-cs-identity-status-comment", "code": code}
    return {"url": "comment", form: {"coding": [coding]} if form == "valueCodeableConcept" else coding}


def with_identity(*parts: JSON, **changes: Any) -> JSON:
    return bundle(p=patient(extension=[*patient()["extension"], reliability(*parts)], **changes))


def has_ins(data: JSON) -> bool:
    return any(i.root == "1.2.250.1.213.1.4.10" for i in order(data).patient.ids)


@pytest.mark.parametrize("system", ["fr-core-cs-identity-status", "fr-core-cs-v2-0445"])
@pytest.mark.parametrize(("code", "written"), [("VALI", True), ("QUAL", True), ("PROV", False), ("RECUP", False), ("NEW", False)])
def test_an_ins_is_written_for_an_identity_that_is_validated_or_qualified(system, code, written):
    data = with_identity(status(code, system))
    assert has_ins(data) == written
    assert ("IMGDA-0307" in found(data)) != written


@pytest.mark.parametrize("code", ["ANOM", "CACH", "COLV", "DESA", "DOUA", "DOUB", "DOUT", "FICT", "INVA", "USUR"])
def test_no_ins_is_written_for_a_doubtful_identity(code):
    as_status, as_comment = with_identity(status(code, "fr-core-cs-v2-0445")), with_identity(status("VALI"), annotation(code))
    plain = with_identity(status("VALI"), annotation(code, "valueCoding"))
    for data in (as_status, as_comment, plain):
        assert not has_ins(data)
        assert found(data)["IMGDA-0338"].parameters["status"] == code
        assert found(data)["IMGDA-0338"].severity == "warning"


@pytest.mark.parametrize("code", ["DPOT", "COLP", "HOMA", "HOMD"])
def test_a_potential_duplicate_is_said_and_keeps_its_ins(code):
    data = with_identity(status("QUAL"), annotation(code))
    assert has_ins(data)
    assert "IMGDA-0338" in found(data)


def test_the_finding_points_to_the_annotation():
    data = with_identity(status("VALI"), annotation("DESA"))
    where = f"{path_of(data, 'p')}.extension[1].extension[1].valueCodeableConcept.coding[0].code"
    assert found(data)["IMGDA-0338"].path == found(data)["IMGDA-0307"].path == where


@pytest.mark.parametrize(
    ("change", "element"),
    [
        ({"active": False}, "active"),
        ({"link": [{"other": {"reference": "Patient/p"}, "type": "replaced-by"}]}, "link[0].type"),
    ],
)
def test_no_ins_is_written_for_a_record_that_is_not_in_use(change, element):
    data = bundle(p=patient(**change))
    assert not has_ins(data)
    assert found(data)["IMGDA-0339"].path == f"{path_of(data, 'p')}.{element}"


def test_an_active_record_says_nothing():
    assert has_ins(bundle(p=patient(active=True)))
    assert "IMGDA-0339" not in found(bundle(p=patient(active=True)))


# --- the requester ---------------------------------------------------------------------------------------------------


STAFF = {"system": "https://chu.example/staff", "value": "A123"}


def test_a_requester_without_rpps_or_adeli_is_refused():
    refused = found(with_physician(STAFF))["IMGDA-0311"]
    assert refused.is_error


@pytest.mark.parametrize("settings", [{"missing": {"requester_number": "null"}}, "lenient"])
def test_a_local_number_of_the_requester_may_be_allowed(settings):
    own = from_mapping({}).lenient() if settings == "lenient" else from_mapping(settings)
    data = with_physician(STAFF)
    conversion = bridge.Bridge(own).normalize(data)
    assert conversion.order.authors[0].professional.ids == (Identifier(root=URIS, extension="https://chu.example/staff/A123"),)
    (said,) = [issue for issue in conversion.issues if issue.code == "IMGDA-0349"]
    assert said.severity == "warning"
    assert said.path == f"{path_of(data, 'dr')}.identifier[0].value"


def test_a_requester_without_a_number_is_refused_in_any_case():
    assert "IMGDA-0311" in found(with_physician({"value": "A123"}), missing={"requester_number": "null"})


def test_a_requester_with_a_number_of_each_kind_is_known_by_the_national_one():
    data = with_physician(STAFF, {"system": "https://rpps.esante.gouv.fr", "value": "99900012347"})
    assert order(data).authors[0].professional.ids == (Identifier(root=PROFESSIONALS, extension="899900012347"),)


def test_an_act_keeps_its_placer_number_under_a_uri():
    placer = {"type": {"coding": [{"system": V2, "code": "PLAC"}]}, "system": URI, "value": f"urn:uuid:{UUID}"}
    data = bundle(sr=service_request(identifier=[placer]))
    assert order(data).acts[0].ids == (Identifier(root=UUID.upper()),)
