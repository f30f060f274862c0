"""The identifiers of a document: those of the sender, and those that are derived."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from bundles import bundle, order_of
from hypothesis import given
from hypothesis import strategies as st

import bridge
from bridge.fhir.read.header.identity import derived
from bridge.order.header import Document
from bridge.settings import from_mapping

ROOT_44 = "1.2.250.1.999." + "1" * 30
OID = re.compile(r"[0-2](\.(0|[1-9][0-9]*))+")


def document(data: dict[str, Any] | None = None, **settings: Any) -> Document:
    return bridge.Bridge(from_mapping(settings)).normalize(data or bundle()).order.document


def test_a_derived_id_is_an_oid_under_2_25_without_an_extension():
    own = document()
    for found in (own.id, own.set_id):
        assert re.fullmatch(r"2\.25\.[1-9][0-9]*", found.root)
        assert found.extension is None


def test_a_derived_id_is_the_uuid_of_version_0_1_0_as_a_number():
    now, before = document(), document(document_ids="uuid")
    assert now.id.root == f"2.25.{uuid.UUID(before.id.root).int}"
    assert now.set_id.root == f"2.25.{uuid.UUID(before.set_id.root).int}"


def test_the_form_of_version_0_1_0_can_be_kept():
    """The value is what version 0.1.0 wrote for this order."""
    assert document(document_ids="uuid").id.root == "CE61D895-A76F-5796-90E7-56991F4C6DC1"


def test_the_root_of_the_site_comes_before_63_bits_of_the_uuid():
    plain, rooted = document(document_ids="uuid"), document(oids={"document": "1.2.250.1.999.1.4"})
    assert rooted.id.root == f"1.2.250.1.999.1.4.{uuid.UUID(plain.id.root).int >> 65}"
    assert rooted.set_id.root == f"1.2.250.1.999.1.4.{uuid.UUID(plain.set_id.root).int >> 65}"


def test_the_form_of_version_0_1_0_has_no_root():
    assert document(document_ids="uuid", oids={"document": "1.2.250.1.999.1.4"}) == document(document_ids="uuid")


@given(key=st.text(), role=st.text(), root=st.sampled_from([None, "1.2", ROOT_44]))
def test_no_derived_id_is_longer_than_64_characters(key, role, root):
    found = derived(key, role, from_mapping({"oids": {"document": root}} if root else {}))
    assert OID.fullmatch(found.root)
    assert len(found.root) <= 64
    assert found.extension is None


def test_a_root_of_44_characters_is_accepted():
    assert document(oids={"document": ROOT_44}).id.root.startswith(ROOT_44 + ".")


def test_the_same_order_gets_the_same_ids_and_another_one_others():
    other = document(order_of(requisition={"system": "urn:oid:1.2.250.1.999.1.7", "value": "DA-2"}))
    assert document() == document()
    assert document().id != other.id
    assert document().set_id != other.set_id


def test_another_version_is_another_document_of_the_same_set():
    second = document(order_of(meta={"versionId": "2"}))
    assert second.version == 2
    assert second.set_id == document().set_id
    assert second.id != document().id


@pytest.mark.parametrize(
    ("sent", "written"),
    [
        ("urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0", "0C3151BD-1CBF-4D64-B04D-CD9187A4C6E0"),
        ("urn:uuid:0C3151BD-1CBF-4D64-B04D-CD9187A4C6E0", "0C3151BD-1CBF-4D64-B04D-CD9187A4C6E0"),
        ("urn:oid:1.2.250.1.999.8.1", "1.2.250.1.999.8.1"),
    ],
)
@pytest.mark.parametrize("settings", [{}, {"oids": {"document": "1.2.250.1.999.1.4"}}, {"document_ids": "uuid"}])
def test_what_the_sender_gave_stays(sent, written, settings):
    data = described(masterIdentifier={"system": "urn:ietf:rfc:3986", "value": sent})
    assert document(data, **settings).id.root == written


def described(**elements: Any) -> dict[str, Any]:
    """The order with a DocumentReference that describes its document."""
    about = {
        "resourceType": "DocumentReference",
        "id": "described",
        "status": "current",
        "type": {"coding": [{"system": "http://loinc.org", "code": "55115-0"}]},
        "subject": {"reference": "Patient/p"},
        "content": [{"attachment": {"title": "Demande"}}],
        "context": {"related": [{"reference": "ServiceRequest/sr"}]},
        **elements,
    }
    return bundle(about)
