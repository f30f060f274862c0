"""Who is a person, what is a structure, and where a structure stands (docs/fhir.md, 2.1, A4 to A12)."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from bundles import TA, bundle, concept, order_of, path_of, patient, practitioner, resources, service_request

import bridge
from bridge.settings import Defaults, Settings

JSON = dict[str, Any]
RPPS = {"system": "https://rpps.esante.gouv.fr", "value": "99900012354"}
FINESS = {"system": "https://finess.esante.gouv.fr", "value": "990123465"}
R02 = "https://mos.esante.gouv.fr/NOS/TRE_R02-SecteurActivite/FHIR/TRE-R02-SecteurActivite"
A01 = "https://mos.esante.gouv.fr/NOS/TRE_A01-CadreExercice/FHIR/TRE-A01-CadreExercice"
V3 = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
PARTICIPATION = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
URGENT = {
    "priority": "urgent",
    "reasonCode": [{"text": "Douleur du genou"}, concept(TA, "MED-1095", text="Suspicion de fracture")],
}


def converted(data: JSON, settings: Settings | None = None) -> bridge.Conversion:
    return bridge.Bridge(settings=settings).to_cda(data)


def refused(data: JSON) -> list[str]:
    with pytest.raises(bridge.BridgeError) as found:
        bridge.to_cda(data)
    return [issue.code for issue in found.value.issues]


def codes(found: bridge.Conversion) -> set[str]:
    return {issue.code for issue in found.issues}


def losses(found: bridge.Conversion) -> dict[str, tuple[str, str | None]]:
    return {str(loss.path): (loss.code, loss.loss) for loss in found.losses}


def structure(ident: str, number: JSON | None = None, within: str | None = None, **more: Any) -> JSON:
    found: JSON = {"resourceType": "Organization", "id": ident, "name": f"Structure {ident}", **more}
    if number:
        found["identifier"] = [number]
    if within:
        found["partOf"] = {"reference": f"Organization/{within}"}
    return found


def role(ident: str, person: str, organization: str | None = None) -> JSON:
    found: JSON = {"resourceType": "PractitionerRole", "id": ident, "practitioner": {"reference": f"Practitioner/{person}"}}
    return found | ({"organization": {"reference": f"Organization/{organization}"}} if organization else {})


def encounter(**changes: Any) -> JSON:
    return resources()["e"] | changes


def inpatient(code: str = "IMP", system: str = V3, **changes: Any) -> JSON:
    return encounter(**{"class": {"system": system, "code": code}, **changes})


OTHER = practitioner("other", "99900012354", "ESSAI-RADIO")
UNTYPED = {k: v for k, v in resources()["org"].items() if k != "type"}


# --- the physician contacted (docs/decisions.md, 30) ------------------------------------------------------------------


@pytest.mark.parametrize(
    "reference",
    [
        {"reference": "Practitioner/other"},
        {"reference": "PractitionerRole/other-role"},
        {"type": "Practitioner", "display": "ESSAI-RADIO Paul"},
        {
            "type": "PractitionerRole",
            "identifier": {"system": "https://ehr.example/staff", "value": "7"},
            "display": "ESSAI-RADIO",
        },
        {"identifier": RPPS},
        {"identifier": RPPS, "display": "ESSAI-RADIO"},
    ],
)
def test_a_professional_is_the_physician_contacted(reference):
    found = converted(bundle(OTHER, role("other-role", "other"), sr=service_request(performer=[reference], **URGENT)))
    contacted = found.order.urgency.contacted
    assert contacted is not None
    assert "IMGDA-0350" not in codes(found)


@pytest.mark.parametrize(
    "reference",
    [
        {"type": "Organization", "display": "Service d'imagerie"},
        {"display": "Service d'imagerie"},
        {"display": "Dr Essai"},
        {"reference": "Organization/org"},
        {"type": "Device", "display": "Scanner 2"},
        {"type": "HealthcareService", "display": "Scanner"},
        {"type": "CareTeam", "display": "Équipe de garde"},
        {"identifier": FINESS, "display": "Clinique"},
        {"type": "Practitioner", "identifier": FINESS, "display": "Clinique"},
        {"type": "Organization", "identifier": RPPS, "display": "Service"},
        {"identifier": {"system": "https://ehr.example/structures", "value": "UF4521"}, "display": "Imagerie"},
    ],
)
def test_what_is_no_professional_is_never_contacted_and_is_a_clinical_loss(reference):
    data = bundle(sr=service_request(performer=[reference], **URGENT))
    found = converted(data)
    assert found.order.urgency.contacted is None
    performer = f"{path_of(data, 'sr')}.performer[0]"
    lost = {path: why for path, why in losses(found).items() if path.startswith(performer)}
    assert lost
    assert set(lost.values()) == {("IMGDA-0350", "clinical")}


def test_a_department_before_the_physician_does_not_take_his_place():
    performers = [{"type": "Organization", "display": "Service d'imagerie"}, {"reference": "Practitioner/other"}]
    found = converted(bundle(OTHER, sr=service_request(performer=performers, **URGENT)))
    assert found.order.urgency.contacted.name.family == "ESSAI-RADIO"
    assert "IMGDA-0350" in codes(found)


# --- persons and structures elsewhere ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reference", "family"),
    [
        ({"type": "Practitioner", "display": "Essai Paul"}, "Essai Paul"),
        ({"display": "Dr Paul Essai"}, "Dr Paul Essai"),
        ({"identifier": RPPS, "display": "Essai Paul"}, "Essai Paul"),
        ({"type": "Organization", "display": "Maison de santé"}, None),
        ({"display": "Maison de santé"}, None),
        ({"identifier": FINESS, "display": "Maison de santé"}, None),
        ({"reference": "Organization/org"}, None),
    ],
)
def test_the_general_practitioner_is_a_person_only_when_the_reference_says_so(reference, family):
    found = converted(bundle(p=patient(generalPractitioner=[reference])))
    assert [p.professional.name.family for p in found.order.participants] == ([family] if family else [])
    assert family or any("generalPractitioner" in path and why[0] == "IMGDA-0351" for path, why in losses(found).items())


def test_a_structure_before_the_general_practitioner_does_not_take_his_place():
    found = converted(
        bundle(OTHER, p=patient(generalPractitioner=[{"reference": "Organization/org"}, {"reference": "Practitioner/other"}]))
    )
    assert [p.professional.name.family for p in found.order.participants] == ["ESSAI-RADIO"]


@pytest.mark.parametrize(
    ("changes", "written"),
    [
        ({}, True),
        ({"status": "entered-in-error"}, False),
        ({"status": "inactive"}, False),
        ({"period": {"end": "2020-01-01"}}, False),
        ({"subject": {"reference": "Patient/somebody"}}, False),
    ],
)
def test_the_treating_physician_is_of_a_team_of_the_patient_in_force(changes, written):
    pcp = concept("http://terminology.hl7.org/CodeSystem/v3-ParticipationFunction", "PCP")
    team = {
        "resourceType": "CareTeam",
        "id": "team",
        "status": "active",
        "subject": {"reference": "Patient/p"},
        "participant": [{"role": [pcp], "member": {"reference": "Practitioner/other"}}],
        **changes,
    }
    somebody = patient(id="somebody")
    found = converted(bundle(OTHER, team, somebody))
    assert bool(found.order.participants) is written


def copy_to(**changes: Any) -> JSON:
    return {
        "resourceType": "CommunicationRequest",
        "id": "copy",
        "status": "active",
        "about": [{"reference": "ServiceRequest/sr"}],
        "recipient": [{"reference": "Practitioner/other"}],
        **changes,
    }


def test_a_recipient_of_the_report_is_a_professional():
    assert len(converted(bundle(OTHER, copy_to())).order.participants) == 1
    found = converted(bundle(copy_to(recipient=[{"type": "Organization", "display": "Service de rhumatologie"}])))
    assert found.order.participants == ()
    assert "IMGDA-0351" in {code for code, _ in losses(found).values()}


@pytest.mark.parametrize("changes", [{"doNotPerform": True}, {"status": "revoked"}])
def test_a_report_that_is_not_to_be_sent_has_no_recipient_and_no_call_back(changes):
    phone = concept("http://terminology.hl7.org/CodeSystem/v3-ParticipationMode", "PHONE")
    assert converted(bundle(OTHER, copy_to(**changes))).order.participants == ()
    assert converted(bundle(OTHER, copy_to(medium=[phone], **changes))).order.callback is None
    assert converted(bundle(OTHER, copy_to(medium=[phone]))).order.callback is True


def test_a_role_whose_practitioner_is_a_structure_has_nobody():
    wrong = role("role", "dr") | {"practitioner": {"type": "Organization", "display": "Service de chirurgie"}}
    assert "IMGDA-0311" in refused(bundle(role=wrong))


def test_a_structure_that_is_named_by_a_person_is_none():
    wrong = resources()["role"] | {"organization": {"identifier": RPPS, "display": "Dr Essai"}}
    found = converted(bundle(role=wrong, e=encounter(serviceProvider={"reference": "Organization/org"})))
    assert found.order.authors[0].professional.organization is None
    assert "IMGDA-0352" in {code for code, _ in losses(found).values()}


def test_a_structure_to_call_in_an_emergency_is_a_loss():
    kind = concept("http://terminology.hl7.org/CodeSystem/v3-RoleClass", "ECON")
    contact = {"relationship": [kind], "organization": {"display": "EHPAD des Essais"}}
    found = converted(bundle(p=patient(contact=[contact])))
    assert found.order.contacts == ()
    assert any("contact[0].organization.display" in path for path in losses(found))


def test_a_next_of_kin_written_as_personne_de_confiance_is_said():
    kind = concept("http://terminology.hl7.org/CodeSystem/v2-0131", "N")
    found = converted(bundle(p=patient(contact=[{"relationship": [kind], "name": {"family": "ESSAI"}}])))
    assert [contact.role for contact in found.order.contacts] == ["NOK"]
    assert "IMGDA-0357" in codes(found)


# --- the requester ----------------------------------------------------------------------------------------------------


def attending(person: str = "dr") -> list[JSON]:
    return [{"type": [concept(PARTICIPATION, "ATND")], "individual": {"reference": f"Practitioner/{person}"}}]


@pytest.mark.parametrize(
    "requester", [{"reference": "Organization/asks"}, {"type": "Organization", "identifier": FINESS, "display": "Structure asks"}]
)
def test_a_requesting_structure_with_a_finess_is_the_custodian(requester):
    data = bundle(structure("asks", FINESS), e=encounter(participant=attending()), sr=service_request(requester=requester))
    found = converted(data)
    assert found.order.custodian.id.extension == "1990123465"
    assert found.order.custodian.name == "Structure asks"
    assert found.order.authors[0].professional.name.family == "ESSAI-DUPRE"
    assert "IMGDA-0353" in codes(found)


@pytest.mark.parametrize("requester", [{"reference": "Patient/p"}, {"type": "Device", "display": "Logiciel"}])
def test_the_attending_never_stands_in_for_a_patient_or_a_device(requester):
    assert "IMGDA-0311" in refused(bundle(e=encounter(participant=attending()), sr=service_request(requester=requester)))


def test_a_department_named_by_words_and_a_local_number_is_no_requester():
    requester = {"identifier": {"system": "https://ehr.example/structures", "value": "UF4521"}, "display": "Chirurgie digestive"}
    assert "IMGDA-0311" in refused(order_of(requester=requester))


# --- what a structure is part of --------------------------------------------------------------------------------------


def parts(depth: int) -> list[JSON]:
    """The hospital with the number, and departments of departments of it; the requester's is the innermost."""
    found = [structure("top", FINESS, telecom=[{"system": "phone", "value": "0199000077"}])]
    for level in range(depth):
        found.append(structure("org" if level == depth - 1 else f"part{level}", None, found[-1]["id"]))
    return found


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_the_finess_of_what_a_structure_is_part_of_is_its_number(depth):
    chain = parts(depth)
    data = bundle(*chain[:-1], org=chain[-1])
    found = converted(data)
    organization = found.order.authors[0].professional.organization
    assert (organization.id.extension, organization.name) == ("1990123465", "Structure org")
    assert (found.order.custodian.id.extension, found.order.custodian.name) == ("1990123465", "Structure top")
    assert found.order.custodian.telecoms[0].value == "tel:0199000077"
    assert "IMGDA-0905" not in codes(found)
    assert [i.path for i in found.issues if i.code == "IMGDA-0356"] == [f"{path_of(data, chain[1]['id'])}.partOf"]
    assert found.trace.unfound() == []


@pytest.mark.parametrize("circle", ["org", "b"])
def test_a_circle_of_structures_ends(circle):
    data = bundle(structure("b", None, "org"), org=structure("org", None, circle))
    assert "IMGDA-0313" in refused(data)


def test_a_circle_of_structures_with_a_number_gives_the_number():
    found = converted(bundle(structure("b", FINESS, "org"), org=structure("org", None, "b")))
    assert found.order.custodian.id.extension == "1990123465"


def test_the_finess_may_stand_in_the_reference_alone():
    within = {"identifier": FINESS, "display": "CHU des Essais"}
    found = converted(bundle(org=structure("org", None, partOf=within)))
    assert (found.order.custodian.id.extension, found.order.custodian.name) == ("1990123465", "CHU des Essais")


def test_a_structure_with_its_own_number_keeps_it_and_something_leads_to_the_whole():
    data = bundle(structure("top", FINESS), org=structure("org", {**FINESS, "value": "990123457"}, "top"))
    found = converted(data)
    assert found.order.custodian.id.extension == "1990123457"
    assert "IMGDA-0905" not in codes(found)
    assert f"{path_of(data, 'top')}.identifier[0].value" in losses(found)


def test_the_provider_of_an_encounter_may_be_a_part():
    data = bundle(
        structure("top", FINESS),
        structure("ward", None, "top"),
        e=encounter(serviceProvider={"reference": "Organization/ward"}, location=[{"location": {"display": "Chambre 312"}}]),
    )
    facility = converted(data).order.encounter.facility
    assert ([i.extension for i in facility.ids], facility.name) == (["1990123465"], "Chambre 312")


def test_a_place_has_the_number_and_sector_of_the_structure_that_manages_it():
    ward = {"resourceType": "Location", "id": "loc", "name": "Chambre 312", "partOf": {"reference": "Location/site"}}
    site = {"resourceType": "Location", "id": "site", "managingOrganization": {"reference": "Organization/top"}}
    data = bundle(structure("top", FINESS, type=[concept(R02, "SA01")]), site, loc=ward)
    facility = converted(data).order.encounter.facility
    assert (facility.type.code, [i.extension for i in facility.ids], facility.name) == ("SA01", ["1990123465"], "Chambre 312")


def test_the_place_is_where_the_patient_is_now():
    gone = {"resourceType": "Location", "id": "gone", "name": "Urgences", "type": [concept(R02, "SA01")]}
    places = [{"location": {"reference": "Location/gone"}, "status": "completed"}, {"location": {"reference": "Location/loc"}}]
    assert converted(bundle(gone, e=encounter(location=places))).order.encounter.facility.name == "Cabinet des Essais"


# --- sector -----------------------------------------------------------------------------------------------------------


def without_place(**changes: Any) -> JSON:
    return {k: v for k, v in encounter(**changes).items() if k != "location"}


def test_the_sector_of_the_requesters_structure_is_that_of_the_place():
    both = resources()["org"] | {"type": [concept(A01, "AMBULATOIRE"), concept(R02, "SA05")]}
    found = converted(bundle(org=both, e=without_place()))
    assert found.order.encounter.facility.type.code == "SA05"
    assert found.order.authors[0].professional.organization.practice_setting.code == "AMBULATOIRE"
    assert not {"IMGDA-0315", "IMGDA-0902"} & codes(found)


def test_the_sector_is_that_of_the_provider_before_the_requester_and_of_the_whole_before_none():
    data = bundle(
        structure("top", FINESS, type=[concept(R02, "SA01")]),
        structure("ward", None, "top"),
        org=resources()["org"] | {"type": [concept(R02, "SA05")]},
        e=without_place(serviceProvider={"reference": "Organization/ward"}),
    )
    assert converted(data).order.encounter.facility.type.code == "SA01"


def test_a_sector_that_the_place_says_otherwise_is_a_loss():
    data = bundle(org=resources()["org"] | {"type": [concept(R02, "SA05")]})
    found = converted(data)
    assert found.order.encounter.facility.type.code == "SA07"
    assert losses(found)[f"{path_of(data, 'org')}.type[0].coding[0].code"] == ("IMGDA-0901", "administrative")


# --- practice setting (docs/decisions.md, 31) -------------------------------------------------------------------------


def setting(data: JSON, settings: Settings | None = None) -> tuple[str, list[str]]:
    found = converted(data, settings)
    said = [str(i.parameters.get("origin")) for i in found.issues if i.code == "IMGDA-0316"]
    return found.order.request.performer.organization.practice_setting.code, said


@pytest.mark.parametrize(
    ("system", "code", "expected"),
    [
        *[(V3, code, "ETABLISSEMENT") for code in ("IMP", "EMER", "ACUTE", "NONAC", "OBSENC", "SS")],
        *[("http://terminology.hl7.org/CodeSystem/v2-0004", code, "ETABLISSEMENT") for code in ("I", "E")],
        *[(V3, code, "AMBULATOIRE") for code in ("AMB", "HH", "FLD", "VR", "PRENC")],
    ],
)
def test_the_setting_follows_from_the_class_of_the_encounter(system, code, expected):
    origin = "Encounter.class" if expected == "ETABLISSEMENT" else "defaults.practice_setting"
    assert setting(bundle(org=UNTYPED, e=inpatient(code, system))) == (expected, [origin])


@pytest.mark.parametrize(
    ("provider", "expected"),
    [
        ({"reference": "Organization/org"}, "ETABLISSEMENT"),
        ({"reference": "Organization/same"}, "ETABLISSEMENT"),
        ({"reference": "Organization/ward"}, "ETABLISSEMENT"),
        ({"identifier": {"system": "https://finess.esante.gouv.fr", "value": "990123457"}}, "ETABLISSEMENT"),
        ({"display": "Cabinet des essais"}, "ETABLISSEMENT"),
        ({"reference": "Organization/elsewhere"}, "AMBULATOIRE"),
        ({"display": "Clinique"}, "AMBULATOIRE"),
    ],
)
def test_the_requesters_structure_is_that_of_the_encounter_when_it_is_the_same(provider, expected):
    more = [
        structure("same", {**FINESS, "value": "990123457"}),
        structure("ward", None, "org"),
        structure("elsewhere", FINESS),
    ]
    assert setting(bundle(*more, org=UNTYPED, e=inpatient(serviceProvider=provider)))[0] == expected


def test_a_requester_without_a_structure_is_where_the_patient_stays():
    data = bundle(
        e=inpatient(serviceProvider={"reference": "Organization/org"}),
        sr=service_request(requester={"reference": "Practitioner/dr"}),
    )
    assert setting(data)[0] == "ETABLISSEMENT"


def test_a_setting_that_the_structure_says_stays():
    assert setting(bundle(e=inpatient())) == ("AMBULATOIRE", [])


def test_a_setting_of_the_whole_is_that_of_its_part():
    whole = structure("top", FINESS, type=[concept(A01, "HAD")])
    assert setting(bundle(whole, org=structure("org", None, "top"), e=inpatient())) == ("HAD", [])


def test_the_setting_of_the_site_is_for_those_who_are_not_there():
    found = converted(
        bundle(OTHER, org=UNTYPED, e=inpatient(), sr=service_request(performer=[{"reference": "Practitioner/other"}], **URGENT)),
        Settings(defaults=Defaults(practice_setting="DEPISTAGE")),
    )
    assert found.order.request.performer.organization.practice_setting.code == "ETABLISSEMENT"
    assert found.order.urgency.contacted.organization.practice_setting.code == "DEPISTAGE"


# --- R5 ---------------------------------------------------------------------------------------------------------------


def r5(data: JSON) -> JSON:
    found = copy.deepcopy(data)
    for entry in found["entry"]:
        resource = entry["resource"]
        if resource["resourceType"] == "ServiceRequest":
            resource["code"] = {"concept": resource["code"]}
            resource["reason"] = [{"concept": reason} for reason in resource.pop("reasonCode")]
            resource["supportingInfo"] = [{"reference": r} for r in resource["supportingInfo"]]
        elif resource["resourceType"] == "Encounter":
            resource["status"] = "completed"
            resource["class"] = [{"coding": [resource["class"]]}]
            resource["actualPeriod"] = resource.pop("period")
        elif resource["resourceType"] in ("PractitionerRole", "Organization") and "telecom" in resource:
            resource["contact"] = [*resource.get("contact", []), {"telecom": resource.pop("telecom")}]
    return found


def test_the_contacts_of_r5_are_those_of_roles_and_structures():
    phone = [{"system": "phone", "value": "01 99 00 00 09"}]
    bills = {
        "purpose": concept("http://terminology.hl7.org/CodeSystem/contactentity-type", "BILL"),
        "telecom": [phone[0] | {"value": "0199000003"}],
    }
    old = {"period": {"end": "2020-01-01"}, "telecom": [phone[0] | {"value": "0199000004"}]}
    org = resources()["org"] | {"contact": [{"telecom": phone, "address": {"city": "MENDE"}}, bills, old]}
    data = r5(bundle(org=org, role=resources()["role"] | {"contact": [{"address": {"city": "BREST"}}]}))
    found = converted(data)
    person = found.order.authors[0].professional
    assert [t.value for t in person.organization.telecoms] == ["tel:0199000009"]
    assert [a.city for a in person.organization.addresses] == ["MENDE"]
    assert [t.value for t in person.telecoms] == ["tel:0199000001"]
    assert [a.city for a in person.addresses] == ["BREST"]
    lost = losses(found)
    assert f"{path_of(data, 'org')}.contact[1].telecom[0].value" in lost
    assert lost[f"{path_of(data, 'org')}.contact[2].telecom[0].value"][0] == "IMGDA-0907"


def test_an_inpatient_of_r5_is_in_hospital():
    assert setting(r5(bundle(org=UNTYPED, e=inpatient())))[0] == "ETABLISSEMENT"


# --- identities and relatives that are not in force ------------------------------------------------------------------------

TEST_INS = {
    "value": "279035121518989",
    "type": concept("https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203", "INS-NIR-TEST"),
}
LOCAL = {"system": "urn:oid:1.2.250.1.999.1.2", "value": "IPP-1"}
ROLE = "http://terminology.hl7.org/CodeSystem/v3-RoleClass"


@pytest.mark.parametrize(("root", "is_written"), [("1.2.250.1.213.1.4.8", False), ("1.2.250.1.213.1.4.10", True)])
def test_an_ins_of_a_test_type_under_a_real_root_is_not_written(root, is_written):
    found = converted(bundle(p=patient(identifier=[TEST_INS | {"system": f"urn:oid:{root}"}, LOCAL])))
    assert (len(found.order.patient.ids) == 2) is is_written
    assert ("IMGDA-0358" in codes(found)) is not is_written


def test_an_ins_whose_period_has_ended_is_not_written():
    ins = {"system": "urn:oid:1.2.250.1.213.1.4.10", "value": "279035121518989", "period": {"end": "2020-01-01"}}
    found = converted(bundle(p=patient(identifier=[ins, LOCAL])))
    assert [i.root for i in found.order.patient.ids] == ["1.2.250.1.999.1.2"]
    assert "IMGDA-0907" in codes(found)


@pytest.mark.parametrize(("use", "is_said"), [("anonymous", True), ("nickname", True), ("usual", False), ("official", False)])
def test_a_birth_name_taken_from_a_name_that_is_none_is_a_warning(use, is_said):
    name = {"use": use, "family": "ESSAI-TROIS", "given": ["DOMINIQUE", "MARIE"]}
    assert ("IMGDA-0359" in codes(converted(bundle(p=patient(name=[name]))))) is is_said


@pytest.mark.parametrize("ended", [{"active": False}, {"period": {"end": "2020-01-01"}}])
@pytest.mark.parametrize("code", ["GUARD", "ECON"])
def test_a_relative_that_is_none_any_more_is_not_written(ended, code):
    person = {
        "resourceType": "RelatedPerson",
        "id": "r",
        "patient": {"reference": "Patient/p"},
        "name": [{"family": "ESSAI-MERE"}],
    }
    person["relationship"] = [concept(ROLE, code)]
    before, after = converted(bundle(person)).order, converted(bundle(person | ended))
    assert before.patient.guardians or before.contacts
    assert (after.order.patient.guardians, after.order.contacts) == ((), ())
    assert "IMGDA-0907" in codes(after)


@pytest.mark.parametrize(("text", "is_said"), [("Ne pas prévenir", True), ("Do not contact", True), ("À prévenir", False)])
def test_a_relative_who_is_not_to_be_told_is_a_warning(text, is_said):
    contact = {"relationship": [concept(ROLE, "ECON", text=text)], "name": {"family": "ESSAI-MERE"}}
    assert ("IMGDA-0445" in codes(converted(bundle(p=patient(contact=[contact]))))) is is_said
