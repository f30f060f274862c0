"""The public names: complete, sorted, documented."""

from __future__ import annotations

import inspect
import pkgutil
from importlib import import_module

import pytest

import bridge

MODULES = sorted(info.name for info in pkgutil.walk_packages(bridge.__path__, "bridge.") if not info.name.endswith("__main__"))


def test_the_api_is_complete_and_sorted():
    named = {name: value for name, value in vars(bridge).items() if not name.startswith("_") and name != "annotations"}
    public = [name for name, value in named.items() if not inspect.ismodule(value)]
    assert list(bridge.__all__) == sorted(set(public))


@pytest.mark.parametrize("module", MODULES)
def test_the_public_names_of_a_module_exist_and_are_sorted(module):
    found = import_module(module)
    assert found.__doc__
    names = getattr(found, "__all__", [])
    assert list(names) == sorted(set(names), key=lambda name: (not name.isupper(), not name[0].isupper(), name))
    assert [name for name in names if not hasattr(found, name)] == []


@pytest.mark.parametrize("module", MODULES)
def test_what_is_public_is_documented(module):
    found = import_module(module)
    for name in getattr(found, "__all__", []):
        value = getattr(found, name)
        if inspect.isfunction(value) or inspect.isclass(value):
            assert inspect.getdoc(value), name


def test_the_errors_are_one_tree():
    for error in (bridge.OrderError, bridge.SettingsError, bridge.SourceError, bridge.StylesheetError):
        assert issubclass(error, bridge.BridgeError)


@pytest.mark.parametrize("name", ["to_cda", "to_fhir"])
def test_a_function_takes_what_the_method_of_a_bridge_takes(name):
    function, method = (
        dict(inspect.signature(found).parameters) for found in (getattr(bridge, name), getattr(bridge.Bridge, name))
    )
    assert function.pop("settings").default is None
    del method["self"]
    assert function == method
