"""The options of a conversion are one list: the library, the commands, the addresses and their descriptions agree with it."""

from __future__ import annotations

import inspect
import re
from datetime import UTC, datetime

import click
import pytest
from conftest import ROOT

import bridge
from bridge.cli import main
from bridge.options import DEFAULT_MODEL, ConversionOptions, options_of
from bridge.run.server.conversions import ENDPOINTS

LIBRARY = {"to-cda": [bridge.Bridge.to_cda], "to-fhir": [bridge.Bridge.to_fhir]}
COMMANDS = {"to-cda": "convert", "to-fhir": "to-fhir", "explain": "explain", "check": "check", "render": "render"}


@pytest.mark.parametrize("operation", LIBRARY)
def test_a_method_has_the_options_of_its_operation(operation):
    known = options_of(operation, local=True).keys() - {"lenient", "each"}  # of the settings; Bridge.to_cda_each
    for method in LIBRARY[operation]:
        given = {p.name: p.default for p in inspect.signature(method).parameters.values() if p.kind is p.KEYWORD_ONLY}
        assert given.keys() == known
        assert given == {name: getattr(ConversionOptions(), name) for name in given}


@pytest.mark.parametrize("operation", COMMANDS)
def test_a_command_has_the_options_of_its_operation(operation):
    command = main.get_command(click.Context(main), COMMANDS[operation])
    named = {name for parameter in command.params for name in parameter.opts}
    assert {f"--{known.query}" for known in options_of(operation, local=True).values()} <= named


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.path)
def test_the_page_of_the_addresses_names_every_option(endpoint):
    page = (ROOT / "docs" / "http.md").read_text("utf-8")
    assert [name for name in endpoint.options if not re.search(rf"`{name}[=`]", page)] == []


def test_the_page_of_the_library_names_every_option():
    page = (ROOT / "docs" / "library.md").read_text("utf-8")
    known = options_of("to-cda", "to-fhir", local=True).keys() - {"lenient", "each"}
    assert [name for name in known if not re.search(rf"`{name}`|{name}=", page)] == []


@pytest.mark.parametrize(
    ("option", "value"),
    [("fhir", "STU3"), ("shape", "docment"), ("shape", None), ("draft", "yes"), ("now", "2026-03-02"), ("requisition", 12)],
)
def test_a_value_that_an_option_does_not_have_is_a_settings_error(option, value):
    with pytest.raises(bridge.SettingsError) as caught:
        ConversionOptions(**{option: value})
    assert caught.value.code == "IMGDA-1812"
    assert caught.value.issues[0].parameters["name"] == option


@pytest.mark.parametrize(
    "call",
    [
        lambda: bridge.to_cda(b"{}", fhir="STU3"),
        lambda: bridge.Bridge().normalize(b"{}", fhir="STU3"),
        lambda: bridge.Bridge().to_cda_each(b"{}", fhir="STU3"),
        lambda: bridge.to_fhir(b"<a/>", shape="docment"),
        lambda: bridge.to_cda(b"{}", model="1999.01"),
    ],
)
def test_every_call_refuses_it_before_it_looks_at_the_input(call):
    with pytest.raises(bridge.SettingsError):
        call()


def test_what_an_option_may_be_is_taken():
    given = ConversionOptions(model=DEFAULT_MODEL, fhir="R5", now=datetime(2026, 3, 2, tzinfo=UTC), single=True, shape="order")
    assert (given.fhir, given.single, given.shape) == ("R5", True, "order")
