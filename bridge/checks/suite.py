"""The official suites of TestContenuCDA, brought by the user: ``imgda check --suite DIR``.

One process of its own runs them (:mod:`bridge.checks.worker`), because they read their value sets from files, which the
converter's Saxon must not, and because one of them takes long and much memory to compile. Source: docs/check.md.
"""

from __future__ import annotations

import multiprocessing
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any

from bridge.checks.report import Report
from bridge.checks.worker import serve
from bridge.findings.errors import SettingsError
from bridge.findings.issues import Issue, issue

__all__ = ["Suite"]


class Suite:
    """The official suites of a folder, running in a process of their own. Raises :class:`SettingsError` for no such folder."""

    def __init__(self, folder: Path, model: str = "2024.01") -> None:
        if not (folder / "schematrons").is_dir():
            raise SettingsError(issue("IMGDA-1657", None))
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, folder.resolve(), model), daemon=True)
        self._process.start()
        theirs.close()
        self.model = model
        self.issues: tuple[Issue, ...] = tuple(_issue(data) for data in _receive(self._pipe))
        """What is to be said of the folder: missing files, other names."""

    def check(self, document: bytes) -> Report:
        """The failures of a document."""
        self._pipe.send(document)
        return Report(self.model, tuple(_issue(data) for data in _receive(self._pipe)))

    def close(self) -> None:
        """End the process."""
        if self._process.is_alive():
            self._process.terminate()
        self._process.join()
        self._pipe.close()

    def __enter__(self) -> Suite:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def _receive(pipe: Connection) -> list[dict[str, Any]]:
    try:
        return pipe.recv()  # type: ignore[no-any-return]
    except EOFError:
        return [{"code": "IMGDA-1655", "parameters": {"suite": "TestContenuCDA"}}]


def _issue(data: dict[str, Any]) -> Issue:
    return issue(
        data["code"],
        data.get("path"),
        severity=data.get("severity"),
        value=data.get("value"),
        parameters=data.get("parameters", {}),
    )
