"""Orders that replace another one, and statuses that take a document or an encounter back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from bundles import JSON, bundle, order_of, path_of, service_request
from forms import r5, to_xml

import bridge
from bridge.order import Document, Identifier
from bridge.settings import from_mapping

ROOT = "urn:oid:1.2.250.1.999.1.7"
OLD_NUMBER = {"system": ROOT, "value": "DA-0"}
OLD_DATE = "2026-02-20T09:00:00+01:00"
TO_OLD = [{"reference": "ServiceRequest/old"}]
FORMS = [{}, {"document_ids": "uuid"}, {"oids": {"document": "1.2.250.1.999.1.4"}}]


def old(**changes: Any) -> JSON:
    """The order that is replaced."""
    request = service_request("old", requisition=OLD_NUMBER, authoredOn=OLD_DATE, status="revoked", **changes)
    return {key: value for key, value in request.items() if value is not None}


def replacing(*others: JSON, **changes: Any) -> JSON:
    """The small order, in place of others of the same Bundle."""
    request = service_request(replaces=TO_OLD) | changes
    return bundle(*others, sr={key: value for key, value in request.items() if value is not None})


def document(data: JSON | bytes, **settings: Any) -> Document:
    return bridge.Bridge(from_mapping(settings)).normalize(data).order.document


def alone(**settings: Any) -> Document:
    """The document that a conversion of the replaced order gave, when it was in force."""
    return document(bundle(sr=old() | {"id": "sr", "status": "active"}), **settings)


def issues(data: JSON, **settings: Any) -> list[bridge.Issue]:
    try:
        return list(bridge.Bridge(from_mapping(settings)).normalize(data).issues)
    except bridge.BridgeError as error:
        return list(error.issues)


def codes(data: JSON, **settings: Any) -> set[str]:
    return {issue.code for issue in issues(data, **settings)}


# --- the replaced order is there -------------------------------------------------------------------------------------


@pytest.mark.parametrize("settings", FORMS)
def test_the_document_of_the_replaced_order_is_named_as_a_conversion_of_it_does(settings):
    found, before = document(replacing(old()), **settings), alone(**settings)
    assert found.replaces == before.id
    assert found.set_id == before.set_id
    assert found.version == before.version + 1
    assert found.id not in (before.id, document(order_of(), **settings).id)


@pytest.mark.parametrize("status", ["revoked", "active", "completed", "on-hold", "entered-in-error", "unknown"])
def test_the_replaced_order_is_not_converted_whatever_its_status(status):
    data = replacing(old() | {"status": status})
    (conversion,) = bridge.Bridge().to_cda_each(data)
    assert conversion.order.request.ids[0].extension == "DA-1"
    assert [i.path for i in conversion.issues if i.code == "IMGDA-0347"] == [path_of(data, "old")]


def test_the_document_says_it(tmp_path):
    written = bridge.to_cda(replacing(old())).document.decode()
    assert f'<relatedDocument typeCode="RPLC"><parentDocument><id root="{alone().id.root}"/>' in written
    assert '<versionNumber value="2"/>' in written


def test_the_forms_of_r5_and_xml_say_the_same():
    expected = document(replacing(old()))
    assert document(to_xml(replacing(old()))) == expected
    five = r5(replaces=TO_OLD)
    earlier = next(e["resource"] for e in r5()["entry"] if e["resource"]["id"] == "sr")
    earlier |= {"id": "old", "requisition": OLD_NUMBER, "authoredOn": OLD_DATE, "status": "revoked"}
    five["entry"].append({"fullUrl": "https://ehr.example/ServiceRequest/old", "resource": earlier})
    assert document(five) == expected


def test_the_replaced_order_is_found_by_its_number():
    assert document(replacing(old(), replaces=[{"identifier": OLD_NUMBER}])).replaces == alone().id


def test_a_replaced_order_that_is_contained_is_found():
    data = replacing(replaces=[{"reference": "#old"}], contained=[old()])
    assert document(data).replaces == alone().id


def test_the_version_of_the_replaced_order_counts():
    found = document(replacing(old(meta={"versionId": "3"})))
    assert found.version == 4
    assert found.replaces == document(bundle(sr=old(meta={"versionId": "3"}) | {"id": "sr", "status": "active"})).id


def test_a_higher_version_of_the_order_itself_stays():
    assert document(replacing(old(), meta={"versionId": "7"})).version == 7
    assert document(replacing(old(), meta={"versionId": "1"})).version == 2


def test_the_same_number_may_be_kept():
    same = {"system": ROOT, "value": "DA-1"}
    found = document(replacing(old() | {"requisition": same}))
    before = document(order_of(requisition=same, authoredOn=OLD_DATE))
    assert (found.replaces, found.set_id, found.version) == (before.id, before.set_id, 2)


def test_a_chain_of_replaced_orders_stays_in_one_set():
    middle = service_request("middle", requisition={"system": ROOT, "value": "DA-05"}, replaces=TO_OLD, status="revoked")
    data = replacing(middle, old(), replaces=[{"reference": "ServiceRequest/middle"}])
    before = document(bundle(old(), sr=middle | {"id": "sr", "status": "active"}))
    found = document(data)
    assert found.replaces == before.id
    assert found.set_id == alone().set_id
    assert found.version == 3


def test_an_order_of_several_acts_is_replaced_as_a_whole():
    second = old(code={"coding": [{"system": "http://dicom.nema.org/resources/ontology/DCM", "code": "CT"}]}) | {
        "id": "old2",
        "authoredOn": "2026-02-21T09:00:00+01:00",
    }
    data = replacing(old(), second, replaces=[*TO_OLD, {"reference": "ServiceRequest/old2"}])
    before = bundle(second | {"id": "sr2", "status": "active"}, sr=old() | {"id": "sr", "status": "active"})
    assert document(data).replaces == document(before).id


def test_a_stated_identifier_of_the_replaced_document_is_taken():
    described = {
        "resourceType": "DocumentReference",
        "id": "described",
        "status": "superseded",
        "masterIdentifier": {"system": "urn:ietf:rfc:3986", "value": "urn:oid:1.2.250.1.999.8.1"},
        "type": {"coding": [{"system": "http://loinc.org", "code": "55115-0"}]},
        "content": [{"attachment": {"title": "Demande"}}],
        "context": {"related": [{"reference": "ServiceRequest/old"}]},
    }
    assert document(replacing(old(), described)).replaces == Identifier(root="1.2.250.1.999.8.1")


# --- the replaced order is not there ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        replacing(),
        replacing(replaces=[{"reference": "ServiceRequest/old", "identifier": OLD_NUMBER}]),
        replacing(replaces=[{"display": "DA-0"}]),
        replacing({k: v for k, v in old().items() if k != "authoredOn"}),
        replacing({k: v for k, v in old().items() if k != "requisition"}),
        replacing(
            old(),
            service_request("old3", requisition={"system": ROOT, "value": "DA-3"}),
            replaces=[*TO_OLD, {"reference": "ServiceRequest/old3"}],
        ),
        replacing(replaces=[{"reference": "ServiceRequest/sr"}]),
        replacing(old(replaces=[{"reference": "ServiceRequest/older"}])),
    ],
    ids=["absent", "by number", "in words", "undated", "without number", "two", "itself", "a chain that breaks"],
)
def test_what_cannot_be_named_is_a_critical_loss(data):
    lost = [issue for issue in issues(data) if issue.code == "IMGDA-0345"]
    assert lost
    assert all(issue.loss == "critical" and issue.is_error for issue in lost)
    assert all(".replaces[" in str(issue.path) for issue in lost)


def test_the_site_may_let_it_pass():
    conversion = bridge.Bridge(from_mapping({"losses": {"allow": ["ServiceRequest.replaces"]}})).normalize(replacing())
    assert conversion.order.document.replaces is None
    assert {i.severity for i in conversion.issues if i.code == "IMGDA-0345"} == {"information"}


def test_two_orders_that_replace_each_other_are_refused():
    other = service_request("old", requisition=OLD_NUMBER, replaces=[{"reference": "ServiceRequest/sr"}])
    with pytest.raises(bridge.BridgeError):
        document(replacing(other))


# --- shape (a) -------------------------------------------------------------------------------------------------------


def composed(*others: JSON, relates: list[JSON] | None = None, request: JSON | None = None, **changes: Any) -> JSON:
    """The order as a document with a Composition."""
    composition: JSON = {
        "resourceType": "Composition",
        "id": "c",
        "status": "final",
        "type": {"coding": [{"system": "http://loinc.org", "code": "55115-0"}]},
        "subject": {"reference": "Patient/p"},
        "date": "2026-03-02T10:30:00+01:00",
        "author": [{"reference": "PractitionerRole/role"}],
        "title": "Demande",
        **({"relatesTo": relates} if relates else {}),
        **changes,
    }
    data = bundle(*others, kind="document", **({"sr": request} if request else {}))
    data["identifier"] = {"system": "urn:ietf:rfc:3986", "value": "urn:oid:1.2.250.1.999.8.2"}
    data["timestamp"] = composition["date"]
    data["entry"].insert(0, {"fullUrl": "https://ehr.example/Composition/c", "resource": composition})
    return data


def replaces(value: str) -> JSON:
    return {"code": "replaces", "targetIdentifier": {"system": "urn:ietf:rfc:3986", "value": value}}


def test_a_composition_names_the_replaced_document():
    assert document(composed(relates=[replaces("urn:oid:1.2.3.4")])).replaces == Identifier(root="1.2.3.4")


def test_a_request_of_a_document_may_name_the_replaced_one():
    data = composed(old(), request=service_request(replaces=TO_OLD))
    found = document(data)
    assert found.replaces == alone().id
    assert found.set_id == alone().set_id
    assert found.id == Identifier(root="1.2.250.1.999.8.2")
    assert found.version == 2


def test_the_composition_comes_before_the_request():
    data = composed(old(), request=service_request(replaces=TO_OLD), relates=[replaces("urn:oid:1.2.3.4")])
    assert document(data).replaces == Identifier(root="1.2.3.4")
    (said,) = [issue for issue in issues(data) if issue.code == "IMGDA-0327"]
    assert said.path == f"{path_of(data, 'sr')}.replaces"


def test_both_may_name_the_same_document():
    data = composed(old(), request=service_request(replaces=TO_OLD), relates=[replaces(f"urn:oid:{alone().id.root}")])
    assert document(data).replaces == alone().id
    assert not {"IMGDA-0327", "IMGDA-0345"} & codes(data)


def test_a_second_replaced_document_is_a_critical_loss():
    data = composed(relates=[replaces("urn:oid:1.2.3.4"), replaces("urn:oid:1.2.3.5")])
    lost = [issue for issue in issues(data) if issue.code == "IMGDA-0345"]
    assert lost
    assert all(str(issue.path).startswith("Bundle.entry[0].resource.relatesTo[1]") for issue in lost)


def test_a_replaced_document_without_identifier_is_a_critical_loss():
    data = composed(relates=[{"code": "replaces", "targetReference": {"display": "la demande d'hier"}}])
    assert "IMGDA-0345" in codes(data)


# --- version, language, confidentiality ------------------------------------------------------------------------------

VERSION = "http://hl7.org/fhir/StructureDefinition/extension-Composition.version"


def versioned(text: str) -> JSON:
    return composed(extension=[{"url": VERSION, "valueString": text}])


def test_a_version_is_a_positive_integer():
    assert document(versioned("3")).version == 3


@pytest.mark.parametrize("text", ["0", "-1", "1.2", "v2", "٣", "99999999999"])
def test_a_version_that_is_none_is_said(text):
    (said,) = [issue for issue in issues(versioned(text)) if issue.code == "IMGDA-0341"]
    assert said.path == "Bundle.entry[0].resource.extension[0].valueString"
    assert said.parameters["element"] == "version"
    assert said.severity == "warning"
    assert document(versioned(text)).version == 1


def test_a_version_of_the_server_that_is_no_number_is_a_note():
    (said,) = [issue for issue in issues(order_of(meta={"versionId": "MTY5"})) if issue.code == "IMGDA-0341"]
    assert said.severity == "information"


@pytest.mark.parametrize(
    ("language", "written", "is_said"),
    [("fr-FR", "fr-FR", False), ("en-US", "en-US", False), ("fr", "fr-FR", False), ("en", "fr-FR", True)],
)
def test_a_language_that_is_not_written_is_said(language, written, is_said):
    data = composed(language=language)
    assert document(data).language == written
    assert ("IMGDA-0341" in codes(data)) == is_said


def security(code: str) -> JSON:
    return {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": code}]}


def test_the_most_restrictive_confidentiality_is_written():
    data = composed(confidentiality="N", request=service_request(meta=security("V")))
    assert document(data).confidentiality == "V"
    assert "IMGDA-0346" in codes(data)
    assert document(composed(confidentiality="R")).confidentiality == "R"
    assert document(composed()).confidentiality == "N"


def test_a_confidentiality_outside_the_set_is_said():
    assert "IMGDA-0341" in codes(order_of(meta=security("TOP")))


def test_an_identifier_that_cannot_be_used_is_said():
    data = composed()
    data["identifier"] = {"value": "42"}
    assert [i.path for i in issues(data) if i.code == "IMGDA-0341"] == ["Bundle.identifier.value"]


# --- statuses --------------------------------------------------------------------------------------------------------


def test_a_composition_that_is_entered_in_error_is_refused():
    data = composed(status="entered-in-error")
    assert [i.path for i in issues(data) if i.code == "IMGDA-0343" and i.is_error] == ["Bundle.entry[0].resource.status"]


@pytest.mark.parametrize("status", ["final", "amended"])
def test_a_composition_in_force_is_written(status):
    assert "IMGDA-0343" not in codes(composed(status=status))


def test_a_preliminary_composition_is_said():
    assert "IMGDA-0912" in codes(composed(status="preliminary"))


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled"])
def test_an_encounter_that_is_taken_back_counts_as_absent(status):
    data = bundle()
    encounter = next(e["resource"] for e in data["entry"] if e["resource"]["id"] == "e")
    encounter |= {"status": status, "identifier": [{"system": ROOT, "value": "V-1"}]}
    found = bridge.Bridge().normalize(data)
    assert found.order.encounter.ids == ()
    assert found.order.encounter.period is None
    assert found.order.encounter.type is None
    assert [i.path for i in found.issues if i.code == "IMGDA-0344"] == [f"{path_of(data, 'e')}.status"]
    assert "IMGDA-0329" in {i.code for i in found.issues}


# --- what is assumed is said -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "now", "origin"),
    [
        ({**order_of(authoredOn=None, encounter=None), "timestamp": OLD_DATE}, None, "Bundle.timestamp"),
        (order_of(authoredOn=None, encounter=None), datetime.fromisoformat(OLD_DATE), "now"),
        (order_of(authoredOn=None, encounter=None, meta={"lastUpdated": OLD_DATE}), None, "meta.lastUpdated"),
    ],
)
def test_the_origin_of_a_missing_time_is_said(data, now, origin):
    found = bridge.Bridge().normalize(data, now=now)
    (said,) = [i for i in found.issues if i.code == "IMGDA-0321"]
    assert said.parameters["origin"] == origin
    assert said.path == f"{path_of(data, 'sr')}.authoredOn"
    assert found.order.authors[0].time == OLD_DATE


def test_the_requester_as_legal_authenticator_is_said():
    assert "IMGDA-0342" in codes(bundle())
    attester = [{"mode": "legal", "time": OLD_DATE, "party": {"reference": "PractitionerRole/role"}}]
    assert "IMGDA-0342" not in codes(composed(attester=attester))


def test_a_signature_without_a_time_gets_that_of_the_document_and_says_so():
    data = composed(attester=[{"mode": "legal", "party": {"reference": "PractitionerRole/role"}}])
    found = bridge.Bridge().normalize(data)
    assert found.order.legal_authenticator.time == found.order.document.created_at
    assert "IMGDA-0348" in {i.code for i in found.issues}
