"""The site settings: each one does what it says, and each mistake is named."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from typing import Any, get_type_hints

import pytest
from bundles import LOINC, SNOMED, bundle, concept, observation, order_of, path_of, patient, service_request
from conftest import ROOT

import bridge
from bridge.settings import LocalCode, Settings, from_mapping, load

SAMPLE = ROOT / "imgda.toml.sample"


def normalize(data: dict[str, Any], settings: dict[str, Any]) -> bridge.Normalization:
    return bridge.Bridge(from_mapping(settings)).normalize(data)


def without(data: dict[str, Any], ident: str, *elements: str) -> dict[str, Any]:
    """The input with elements of one resource taken away."""
    resource = next(entry["resource"] for entry in data["entry"] if entry["resource"]["id"] == ident)
    for element in elements:
        resource.pop(element)
    return data


# --- the file --------------------------------------------------------------------------------------------------------


def names(cls: type, prefix: str = "") -> set[str]:
    """Every setting, as a dotted name."""
    found = set()
    for field in fields(cls):
        hint = get_type_hints(cls)[field.name]
        found |= names(hint, f"{prefix}{field.name}.") if is_dataclass(hint) else {prefix + field.name}
    return found


def test_the_sample_shows_every_setting():
    text = SAMPLE.read_text("utf-8")
    for name in names(Settings):
        assert name.rpartition(".")[2] in text, name
    for field in fields(LocalCode):
        assert field.name in text, field.name


def test_the_sample_is_read():
    assert isinstance(load(SAMPLE), Settings)


def test_an_empty_file_is_the_default(tmp_path):
    (tmp_path / "imgda.toml").write_text("")
    assert load(tmp_path / "imgda.toml") == Settings()


MISTAKES = {
    "not TOML": ("custodian = [", "IMGDA-1004", None),
    "unknown table": ("[custodians]\nname = 'x'", "IMGDA-1003", "custodians"),
    "unknown setting": ("[custodian]\nnom = 'x'", "IMGDA-1003", "custodian.nom"),
    "a number for a text": ("[custodian]\nname = 3", "IMGDA-1002", "custodian.name"),
    "a text for a table": ("custodian = 'x'", "IMGDA-1002", "custodian"),
    "a text for a number": ("[limits]\ninput_mib = '64'", "IMGDA-1002", "limits.input_mib"),
    "true for a number": ("[limits]\ninput_mib = true", "IMGDA-1002", "limits.input_mib"),
    "a text for yes or no": ("free_text_laterality = 'yes'", "IMGDA-1002", "free_text_laterality"),
    "an unknown choice": ("[missing]\nsite = 'warn'", "IMGDA-1002", "missing.site"),
    "an unknown zone": ("time_zone = 'Europe/Lutece'", "IMGDA-1002", "time_zone"),
    "a zone that climbs": ("time_zone = '../../etc/passwd'", "IMGDA-1002", "time_zone"),
    "no depth": ("[limits]\ndepth = 5", "IMGDA-1002", "limits.depth"),
    "a depth without end": ("[limits]\ndepth = 100000", "IMGDA-1002", "limits.depth"),
    "a limit of nothing": ("[limits]\nattachment_mib = 0", "IMGDA-1002", "limits.attachment_mib"),
    "a wording of nothing": ("[texts]\nnot_recorded = ' '", "IMGDA-1002", "texts.not_recorded"),
    "a translation without target": (
        "[[translations]]\ntable = 'site'\nsystem = 'x'\ncode = 'y'",
        "IMGDA-1002",
        "translations[0].to",
    ),
    "a translation of an unknown table": (
        "[[translations]]\ntable = 'sites'\nsystem = 'x'\ncode = 'y'\nto = 'z'",
        "IMGDA-1002",
        "translations[0].table",
    ),
    "an OID that is a number": ("[oids.systems]\n'https://x' = 1", "IMGDA-1002", "oids.systems"),
    "a facility of no value set": ("[defaults]\nfacility_type = 'SA99'", "IMGDA-1002", "defaults.facility_type"),
    "a practice setting of no value set": ("[defaults]\npractice_setting = 'X'", "IMGDA-1002", "defaults.practice_setting"),
    "an encounter of no value set": ("[defaults]\nencounter_type = 'X'", "IMGDA-1002", "defaults.encounter_type"),
    "an order root that is no OID": ("[oids]\norder = 'abc'", "IMGDA-1002", "oids.order"),
    "a root of documents that is no OID": ("[oids]\ndocument = '1.2.x'", "IMGDA-1002", "oids.document"),
    "a root of documents of nothing": ("[oids]\ndocument = ''", "IMGDA-1002", "oids.document"),
    "a root of documents in other digits": ("[oids]\ndocument = '1.2٣'", "IMGDA-1002", "oids.document"),
    "a root of documents of 45 characters": (f"[oids]\ndocument = '1.2.{'3' * 41}'", "IMGDA-1002", "oids.document"),
    "a form of ids that there is not": ("document_ids = 'guid'", "IMGDA-1002", "document_ids"),
    "a system that is no OID": ("[oids.systems]\n'https://x' = '1.02'", "IMGDA-1002", "oids.systems"),
    "a translation to nowhere": (
        "[[translations]]\ntable = 'site'\nsystem = 'x'\ncode = 'y'\nto = '999'",
        "IMGDA-1002",
        "translations[0].to",
    ),
    "a translation with an unknown side": (
        "[[translations]]\ntable = 'site'\nsystem = 'x'\ncode = 'y'\nto = '361291001'\nmodifier = '999'",
        "IMGDA-1002",
        "translations[0].modifier",
    ),
    "a telecom that CDA refuses": ("[custodian]\ntelecom = '01 99 00 00 01'", "IMGDA-1002", "custodian.telecom"),
    "a custodian of no identifier": ("[custodian]\nidentifier = 'abc'", "IMGDA-1002", "custodian.identifier"),
}


@pytest.mark.parametrize(("text", "code", "setting"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_an_error_that_names_the_setting(text, code, setting, tmp_path):
    (tmp_path / "imgda.toml").write_text(text, "utf-8")
    with pytest.raises(bridge.SettingsError) as raised:
        load(tmp_path / "imgda.toml")
    assert (code, setting) in {(issue.code, issue.parameters.get("setting")) for issue in raised.value.issues}


def test_all_mistakes_are_said_at_once():
    with pytest.raises(bridge.SettingsError) as raised:
        from_mapping({"custodian": {"nom": "x"}, "limits": {"depth": "x"}, "missing": {"site": 1}})
    assert len(raised.value.issues) == 3


def test_a_file_that_is_not_utf8_is_an_error(tmp_path):
    (tmp_path / "imgda.toml").write_bytes("[custodian]\nname = 'é'".encode("latin-1"))
    with pytest.raises(bridge.SettingsError):
        load(tmp_path / "imgda.toml")


# --- what each setting does ------------------------------------------------------------------------------------------


def test_the_custodian_of_the_site_stands_in_where_none_is_named():
    data = without(bundle(), "role", "organization")
    settings = {"custodian": {"identifier": "990123457", "name": "Centre des Essais", "telecom": "tel:0199000000"}}
    found = normalize(data, settings).order.custodian
    assert (found.id.extension, found.name, found.telecoms[0].value) == ("1990123457", "Centre des Essais", "tel:0199000000")
    with pytest.raises(bridge.BridgeError) as raised:
        normalize(data, {})
    assert "IMGDA-0313" in {issue.code for issue in raised.value.issues}


def test_the_root_of_order_numbers_without_a_system():
    data = order_of(requisition={"value": "DA-9"})
    (number,) = normalize(data, {"oids": {"order": "1.2.250.1.999.7"}}).order.request.ids
    assert (number.root, number.extension) == ("1.2.250.1.999.7", "DA-9")
    with pytest.raises(bridge.BridgeError) as raised:
        normalize(data, {})
    assert ("IMGDA-0317", f"{path_of(data, 'sr')}.requisition") in {(i.code, i.path) for i in raised.value.issues}


def test_the_root_of_patient_numbers_without_a_system():
    data = bundle(p=patient(identifier=[{"value": "IPP-9"}]))
    (number,) = normalize(data, {"oids": {"patient": "1.2.250.1.999.8"}}).order.patient.ids
    assert (number.root, number.extension) == ("1.2.250.1.999.8", "IPP-9")


def test_the_root_of_encounter_numbers_without_a_system():
    data = bundle()
    next(e["resource"] for e in data["entry"] if e["resource"]["id"] == "e")["identifier"] = [{"value": "V-1"}]
    (number,) = normalize(data, {"oids": {"encounter": "1.2.250.1.999.9"}}).order.encounter.ids
    assert (number.root, number.extension) == ("1.2.250.1.999.9", "V-1")


def test_the_systems_of_the_site_have_their_oids():
    data = order_of(requisition={"system": "https://ehr.example/orders", "value": "DA-9"})
    settings = {"oids": {"systems": {"https://ehr.example/orders": "1.2.250.1.999.10"}}}
    (number,) = normalize(data, settings).order.request.ids
    assert (number.root, number.extension) == ("1.2.250.1.999.10", "DA-9")


def test_the_default_facility_and_encounter_stand_in():
    data = order_of(encounter=None)
    order = normalize(data, {"defaults": {"facility_type": "SA08", "encounter_type": "AMB"}}).order
    assert (order.encounter.facility.type.code, order.encounter.type.code) == ("SA08", "AMB")
    assert normalize(data, {}).order.encounter.type is None


def test_the_default_practice_setting_stands_in():
    data = without(bundle(), "org", "type")
    order = normalize(data, {"defaults": {"practice_setting": "ETABLISSEMENT"}}).order
    assert order.request.performer.organization.practice_setting.code == "ETABLISSEMENT"


def test_the_zone_of_the_site_completes_a_time():
    data = order_of(authoredOn="2026-07-01T10:00:00")
    assert normalize(data, {"time_zone": "Indian/Reunion"}).order.authors[0].time == "2026-07-01T10:00:00+04:00"
    assert normalize(data, {}).order.authors[0].time == "2026-07-01T10:00:00+02:00"
    assert "IMGDA-0608" in {issue.code for issue in normalize(data, {}).issues}


def test_the_wordings_of_the_site_are_written():
    data = order_of(supportingInfo=[{"reference": "Observation/risk"}])
    texts = {"not_recorded": "Sans information", "known_absence": "Néant"}
    assert normalize(data, {"texts": texts}).order.medical_history == "Sans information"
    ips = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"
    about = {"subject": {"reference": "Patient/p"}}
    none = {"resourceType": "Condition", "id": "info", **about, "code": concept(ips, "no-known-problems")}
    assert (
        normalize(bundle(none, med=None, sr=request_of("info", "Condition")), {"texts": texts}).order.medical_history == "Néant"
    )


def request_of(ident: str, kind: str) -> dict[str, Any]:
    return service_request(supportingInfo=[{"reference": "Observation/risk"}, {"reference": f"{kind}/{ident}"}])


def test_a_mandatory_text_that_may_be_missing_is_written_in_the_words_of_the_site():
    settings = {"missing": {"justification": "null"}, "texts": {"not_stated": "Voir courrier"}}
    assert normalize(order_of(reasonCode=None), settings).order.justification == "Voir courrier"


def test_attachments_by_address_may_be_left_out():
    attachment = {"url": "https://ehr.example/1.pdf", "contentType": "application/pdf", "title": "CR"}
    document = {"resourceType": "DocumentReference", "id": "info", "status": "current", "content": [{"attachment": attachment}]}
    found = normalize(bundle(document), {"attachments": {"url_only": "skip"}})
    assert found.order.attachments == ()
    assert "IMGDA-0708" in {issue.code for issue in found.losses}


def test_a_side_in_words_is_read_where_the_site_says_so():
    data = order_of(bodySite=[concept(SNOMED, "361291001", text="genou droit")])
    assert [m.code for m in normalize(data, {"free_text_laterality": True}).order.acts[0].sites[0].modifiers] == ["24028007"]


def test_the_limit_of_the_input_is_that_of_the_site():
    data = bundle(observation("info", concept(LOINC, "30954-2"), valueString="x" * 1_200_000))
    with pytest.raises(bridge.SourceError) as raised:
        bridge.Bridge(from_mapping({"limits": {"input_mib": 1}})).normalize(json.dumps(data))
    assert raised.value.code == "IMGDA-0105"


def test_the_limit_of_depth_is_that_of_the_site():
    data = bundle()
    extension: dict[str, Any] = {"url": "https://ehr.example/x", "valueString": "x"}
    for _ in range(60):
        extension = {"url": "https://ehr.example/x", "extension": [extension]}
    data["entry"][0]["resource"]["extension"].append(extension)
    assert normalize(data, {"limits": {"depth": 400}}).order
    with pytest.raises(bridge.SourceError):
        normalize(data, {})
