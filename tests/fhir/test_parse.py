"""Input that is not a FHIR order: one clear error each, and nothing else happens."""

from __future__ import annotations

import copy
import http.server
import json
import subprocess
import sys
import threading
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from bundles import bundle, patient
from click.testing import CliRunner
from conftest import ROOT

import bridge
from bridge.cli import main
from bridge.cli.exits import Exit
from bridge.fhir.source import parse
from bridge.settings import Limits

SMALL = json.dumps(bundle())
FHIR = 'xmlns="http://hl7.org/fhir"'


def changed(old: str, new: str) -> bytes:
    assert old in SMALL
    return SMALL.replace(old, new, 1).encode()


def deep(levels: int) -> dict[str, Any]:
    """A well-formed order with an extension so many levels deep."""
    data = copy.deepcopy(bundle())
    extension: dict[str, Any] = {"url": "https://ehr.example/x", "valueString": "x"}
    for _ in range(levels):
        extension = {"url": "https://ehr.example/x", "extension": [extension]}
    data["entry"][0]["resource"]["extension"].append(extension)
    return data


def xml(content: str) -> bytes:
    return f'<Bundle {FHIR}><type value="collection"/>{content}</Bundle>'.encode()


LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a0 "ha">'
    + "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 10))
    + f']><Bundle {FHIR}><type value="&a9;"/></Bundle>'
)

UNREADABLE = {
    "empty": (b"", "IMGDA-0111"),
    "white space": (b" \r\n\t", "IMGDA-0111"),
    "not JSON": (b"{oops", "IMGDA-0101"),
    "HL7 v2": (b"MSH|^~\\&|HIS|A|RIS|B|20260302||OMI^O23", "IMGDA-0101"),
    "truncated": (SMALL[:999].encode(), "IMGDA-0101"),
    "two documents": (SMALL.encode() * 2, "IMGDA-0101"),
    "raw control character": (changed("Douleur", "\x01"), "IMGDA-0101"),
    "a list": (b"[]", "IMGDA-0109"),
    "a number": (b"3", "IMGDA-0109"),
    "null": (b"null", "IMGDA-0109"),
    "no resourceType": (b'{"type": "collection"}', "IMGDA-0109"),
    "resourceType is a list": (b'{"resourceType": ["Bundle"]}', "IMGDA-0109"),
    "UTF-16": (SMALL.encode("utf-16"), "IMGDA-0102"),
    "UTF-16 without mark": (SMALL.encode("utf-16-be"), "IMGDA-0102"),
    "UTF-32": (SMALL.encode("utf-32"), "IMGDA-0102"),
    "Latin-1": ('{"resourceType": "Bundle", "é": 1}'.encode("latin-1"), "IMGDA-0102"),
    "NaN": (changed("true", "NaN"), "IMGDA-0106"),
    "infinity": (changed("true", "-Infinity"), "IMGDA-0106"),
    "an absurd exponent": (changed("true", "1e999999999"), "IMGDA-0106"),
    "an integer of 5,000 digits": (changed("true", "9" * 5000), "IMGDA-0106"),
    "duplicate key": (changed('"id": "p",', '"id": "p", "id": "q",'), "IMGDA-0103"),
    "duplicate key at the top": (b'{"resourceType": "Bundle", "type": "collection", "type": "batch"}', "IMGDA-0103"),
    "200 levels": (json.dumps(deep(200)).encode(), "IMGDA-0104"),
    "100,000 levels of lists": (b"[" * 100_000 + b"]" * 100_000, "IMGDA-0104"),
    "100,000 levels of objects": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "IMGDA-0104"),
    "XML cut short": (b"<Bundle", "IMGDA-0101"),
    "two roots": (f"<Bundle {FHIR}/><Bundle/>".encode(), "IMGDA-0101"),
    "an entity that is not declared": (xml("<id value='&x;'/>"), "IMGDA-0101"),
    "a control character in XML": (xml("<id value='&#1;'/>"), "IMGDA-0101"),
    "XML without a namespace": (b"<Bundle/>", "IMGDA-0108"),
    "a CDA document": (b'<ClinicalDocument xmlns="urn:hl7-org:v3"/>', "IMGDA-0108"),
    "HTML": (b"<!doctype html><html></html>", "IMGDA-0107"),
    "external entity": (
        f'<!DOCTYPE b [<!ENTITY x SYSTEM "file:///etc/hosts">]><Bundle {FHIR}><type value="&x;"/></Bundle>'.encode(),
        "IMGDA-0107",
    ),
    "external DTD": (f'<!DOCTYPE b SYSTEM "http://127.0.0.1:9/x.dtd"><Bundle {FHIR}/>'.encode(), "IMGDA-0107"),
    "billion laughs": (LAUGHS.encode(), "IMGDA-0107"),
    "UTF-16 XML": (f'<?xml version="1.0" encoding="UTF-16"?><Bundle {FHIR}/>'.encode("utf-16"), "IMGDA-0102"),
    "200 levels of XML": (xml("<entry>" * 200 + "</entry>" * 200), "IMGDA-0104"),
    "100,000 levels of XML": (xml("<entry>" * 100_000 + "</entry>" * 100_000), "IMGDA-0104"),
    "text in XML": (xml("<entry><resource><Patient><gender>male</gender></Patient></resource></entry>"), "IMGDA-0112"),
    "text between elements": (xml("<entry/> stray <entry/>"), "IMGDA-0112"),
    "an unknown attribute": (xml('<id value="x" code="y"/>'), "IMGDA-0112"),
    "an element of another namespace": (xml('<id xmlns="urn:x" value="x"/>'), "IMGDA-0112"),
    "an XInclude": (xml('<include xmlns="http://www.w3.org/2001/XInclude" href="file:///etc/hosts"/>'), "IMGDA-0112"),
    "a value on a complex element": (xml('<identifier value="x"><value value="y"/></identifier>'), "IMGDA-0112"),
}

NOT_AN_ORDER = {
    "a Patient alone": (json.dumps(patient()).encode(), "IMGDA-0201"),
    "a Bundle without type": (b'{"resourceType": "Bundle"}', "IMGDA-0121"),
    "an unknown resource": (b'{"resourceType": "Order"}', "IMGDA-0126"),
    "an empty Bundle": (b'{"resourceType": "Bundle", "type": "collection"}', "IMGDA-0203"),
    "a history": (json.dumps(bundle(kind="history")).encode(), "IMGDA-0202"),
    "a transaction-response": (json.dumps(bundle(kind="transaction-response")).encode(), "IMGDA-0202"),
    "a batch-response": (json.dumps(bundle(kind="batch-response")).encode(), "IMGDA-0202"),
    "an unknown type of Bundle": (json.dumps(bundle(kind="box")).encode(), "IMGDA-0127"),
    "entry is an object": (b'{"resourceType": "Bundle", "type": "batch", "entry": {"resource": {}}}', "IMGDA-0122"),
    "entry is null": (b'{"resourceType": "Bundle", "type": "batch", "entry": [null]}', "IMGDA-0122"),
    "resource is a list": (b'{"resourceType": "Bundle", "type": "batch", "entry": [{"resource": []}]}', "IMGDA-0122"),
    "an id of 65 characters": (changed('"id": "med"', f'"id": "{"m" * 65}"'), "IMGDA-0123"),
    "a lone surrogate": (changed("Douleur", "\\ud800"), "IMGDA-0110"),
    "NUL": (changed("Douleur", "\\u0000"), "IMGDA-0110"),
    "a vertical tab": (changed("Douleur", "\\u000b"), "IMGDA-0110"),
    "U+FFFE": (changed("Douleur", "\ufffe"), "IMGDA-0110"),
    "a surrogate in a key": (changed('"gender"', '"gen\\udc00der"'), "IMGDA-0110"),
    "two resources in one entry": (
        xml("<entry><resource><Patient/><Patient/></resource></entry>"),
        "IMGDA-0122",
    ),
}

MALFORMED = UNREADABLE | NOT_AN_ORDER


@pytest.mark.parametrize(("source", "code"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_is_one_error(source, code):
    with pytest.raises(bridge.SourceError) as raised:
        bridge.to_cda(source)
    assert [found.code for found in raised.value.issues] == [code]


@pytest.mark.parametrize(("source", "code"), NOT_AN_ORDER.values(), ids=NOT_AN_ORDER)
def test_what_is_not_an_order_is_an_error_with_its_path(source, code):
    with pytest.raises(bridge.SourceError) as raised:
        bridge.to_cda(source)
    errors = {found.code: found for found in raised.value.issues if found.is_error}
    assert errors[code].path
    assert code == raised.value.code


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize(("source", "code"), MALFORMED.values(), ids=MALFORMED)
def test_the_command_says_what_is_wrong_and_writes_nothing(source, code, form, tmp_path):
    (tmp_path / "in").write_bytes(source)
    out = tmp_path / "out.xml"
    result = CliRunner().invoke(main, ["convert", str(tmp_path / "in"), "-o", str(out), "--format", form])
    assert result.exit_code == Exit.UNREADABLE
    assert result.stdout == ""
    assert code in result.stderr
    assert "Traceback" not in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({"resourceType": "Bundle", "type": b"batch"}, "Bundle"),
        ({"resourceType": "Bundle", "type": "batch", 1: 2}, "Bundle"),
        ({"resourceType": "Bundle", "type": "batch", "entry": [{"resource": {"birthDate": date(2000, 1, 1)}}]}, None),
    ],
    ids=["bytes", "a number as key", "a date"],
)
def test_an_object_that_is_not_json_data_is_an_error(value, path):
    with pytest.raises(bridge.SourceError) as raised:
        bridge.to_cda(value)
    assert raised.value.code == "IMGDA-0122"
    assert raised.value.issues[0].path == (path or "Bundle.entry[0].resource")


def test_an_object_that_holds_itself_is_too_deep():
    data: dict[str, Any] = {"resourceType": "Bundle", "type": "batch"}
    data["entry"] = [{"resource": data}]
    with pytest.raises(bridge.SourceError) as raised:
        bridge.to_cda(data)
    assert raised.value.code == "IMGDA-0104"


def test_the_input_object_is_not_changed():
    data = bundle(p=patient(name=[{"use": "official", "family": "A\ud800", "given": ["B"]}]))
    before = copy.deepcopy(data)
    with pytest.raises(bridge.SourceError):
        bridge.to_cda(data)
    assert data == before


def test_the_other_findings_stand_beside_a_forbidden_character():
    data = bundle(p=patient(name=[{"use": "official", "family": "A\x00", "given": ["B"]}], birthDate="hier"))
    with pytest.raises(bridge.SourceError) as raised:
        bridge.to_cda(data)
    assert {found.code for found in raised.value.issues} == {"IMGDA-0110", "IMGDA-0123"}


@pytest.mark.parametrize("source", [b"\xef\xbb\xbf" + SMALL.encode(), "\ufeff" + SMALL, f"\n\t {SMALL}\r\n"])
def test_a_byte_order_mark_and_white_space_around_change_nothing(source):
    assert bridge.to_cda(source).document == bridge.to_cda(SMALL).document


def test_an_order_less_deep_than_the_limit_is_read():
    assert bridge.to_cda(json.dumps(deep(40))).document


def test_numbers_keep_their_digits():
    found = parse.parse(b'{"resourceType": "Observation", "valueQuantity": {"value": 1.10}}')
    assert str(found.resource["valueQuantity"]["value"]) == "1.10"


def test_an_input_above_the_limit_is_not_parsed():
    with pytest.raises(bridge.SourceError) as raised:
        parse.parse(b"{" * (1024 * 1024 + 1), limits=Limits(input_mib=1))
    assert raised.value.code == "IMGDA-0105"


def test_a_schema_location_and_a_processing_instruction_in_xml_are_harmless():
    source = (
        f'<?xml version="1.0" encoding="UTF-8"?><?xml-stylesheet href="x.xsl"?><Patient {FHIR} '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://hl7.org/fhir x.xsd">'
        '<text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml" class="a">A <div>b</div> c</div></text>'
        '<gender value="male"/></Patient>'
    )
    assert parse.parse(source).resource["gender"] == "male"


# --- nothing is opened or fetched ------------------------------------------------------------------------------------

_WATCHED = """
import json, os, sys
sources = [bytes.fromhex(line.strip()) for line in sys.stdin]
import bridge, bridge.cli
bridge.to_cda(sources[0])  # loads and compiles everything
reached = []
def watch(event, arguments):
    if event.startswith(("socket.", "subprocess.", "os.system", "os.exec", "os.spawn", "urllib.", "ftplib.", "http.")):
        reached.append([event, str(arguments[:1])])
    elif event == "open" and str(arguments[0]).endswith((".py", ".pyc", ".csv", ".json")) and not str(arguments[1]).count("w"):
        pass  # a module or table of the package, read late
    elif event in ("open", "os.rename", "os.remove", "os.mkdir", "shutil.copyfile", "tempfile.mkstemp"):
        reached.append([event, str(arguments[:2])])
sys.addaudithook(watch)
for source in sources:
    try:
        bridge.to_cda(source)
    except bridge.BridgeError:
        pass
print(json.dumps(reached))
"""


def test_no_input_makes_the_bridge_open_a_file_or_a_socket(tmp_path):
    sources = [
        SMALL.encode(),
        *(source for source, _ in MALFORMED.values() if len(source) < 100_000),
        json.dumps(url_everywhere(9)),
    ]
    lines = "\n".join((source if isinstance(source, bytes) else source.encode()).hex() for source in sources)
    result = subprocess.run(
        [sys.executable, "-c", _WATCHED], input=lines, capture_output=True, text=True, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}
    )
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout) == []
    assert list(tmp_path.iterdir()) == []


def url_everywhere(port: int) -> dict[str, Any]:
    """A valid order with an address of this machine wherever FHIR allows one."""
    url = f"http://127.0.0.1:{port}/x"
    div = f'<div xmlns="http://www.w3.org/1999/xhtml"><img src="{url}" alt="x"/></div>'
    document = {"resourceType": "DocumentReference", "id": "info", "status": "current"}
    data = bundle({**document, "content": [{"attachment": {"url": url, "contentType": "application/pdf", "title": "x"}}]})
    for entry in data["entry"]:
        resource = entry["resource"]
        resource |= {"implicitRules": url} if resource["id"] == "org" else {"meta": {"profile": [url], "source": url}}
        resource["text"] = {"status": "additional", "div": div}
        resource["extension"] = [*resource.get("extension", ()), {"url": url, "valueReference": {"reference": url}}]
    next(e["resource"] for e in data["entry"] if e["resource"]["id"] == "sr")["supportingInfo"].append({"reference": url})
    return data


def test_no_address_in_an_input_is_fetched(tmp_path):
    hits: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            hits.append(self.path)
            self.send_response(200)
            self.end_headers()

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        sources: list[Any] = [
            url_everywhere(server.server_port),
            f'<!DOCTYPE b SYSTEM "{url}/a.dtd"><Bundle {FHIR}/>'.encode(),
            f'<!DOCTYPE b [<!ENTITY % x SYSTEM "{url}/b.ent"> %x;]><Bundle {FHIR}/>'.encode(),
            f'<?xml-stylesheet href="{url}/c.xsl"?><Bundle {FHIR}/>'.encode(),
            xml(f'<include xmlns="http://www.w3.org/2001/XInclude" href="{url}/d"/>'),
        ]
        for source in sources:
            with pytest.raises(bridge.BridgeError):
                bridge.to_cda(source)
        server.shutdown()
    assert hits == []


def test_a_file_named_by_an_entity_does_not_come_out(tmp_path: Path):
    secret = tmp_path / "secret"
    secret.write_text("TOP-SECRET")
    source = f'<!DOCTYPE b [<!ENTITY x SYSTEM "{secret.as_uri()}">]><Patient {FHIR}><id value="&x;"/></Patient>'
    with pytest.raises(bridge.SourceError) as raised:
        bridge.to_cda(source)
    assert "TOP-SECRET" not in json.dumps(raised.value.outcome())


@pytest.mark.parametrize("times", [2, 2_000])
@pytest.mark.parametrize(
    ("inner", "path"),
    [
        ("<subject><reference value='Patient/p'/></subject>", "ServiceRequest.subject[1]"),
        ("<status value='active'/>", "ServiceRequest.status[1]"),
        ("<status value='active'><extension url='u'><valueCode value='a'/></extension></status>", "ServiceRequest.status[1]"),
        ("<id value='a'/>", "ServiceRequest.id[1]"),
        ("<text><status value='generated'/></text>", "ServiceRequest.text[1]"),
    ],
)
def test_an_element_of_xml_that_fhir_has_once_and_is_given_twice_is_an_error_with_its_path(inner, path, times):
    source = f"<ServiceRequest xmlns='http://hl7.org/fhir'>{inner * times}</ServiceRequest>"
    with pytest.raises(bridge.SourceError) as found:
        bridge.to_cda(source)
    assert [(item.code, item.path) for item in found.value.issues] == [("IMGDA-1705", path)]


def test_the_path_of_an_element_given_twice_goes_through_the_bundle():
    request = "<resource><ServiceRequest><subject/><subject/></ServiceRequest></resource>"
    source = f"<Bundle xmlns='http://hl7.org/fhir'><entry/><entry>{request}</entry></Bundle>"
    with pytest.raises(bridge.SourceError) as found:
        bridge.to_cda(source)
    assert found.value.issues[0].path == "Bundle.entry[1].resource.subject[1]"


def test_what_r5_has_as_a_list_is_not_given_twice():
    source = "<Encounter xmlns='http://hl7.org/fhir'><class><text value='a'/></class><class><text value='b'/></class></Encounter>"
    assert parse.parse(source).version == "R5"


def test_an_unknown_element_may_be_repeated_and_stays_one_list():
    found = parse.parse("<Patient xmlns='http://hl7.org/fhir'>" + "<other value='a'/>" * 2_000 + "</Patient>").resource
    assert found["other"] == ["a"] * 2_000
