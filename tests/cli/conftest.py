"""Commands are tried without the settings of whoever runs the tests."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("IMGDA_CONFIG", "IMGDA_LANG", "IMGDA_SUITE", "IMGDA_TOKEN"):
        monkeypatch.delenv(name, raising=False)
