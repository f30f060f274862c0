"""A hot folder: each order that appears in it is converted, once, whatever stops in between.

A file is taken when it has not changed for a while, so that one still being written is left alone. The result is written whole
under its own name, then the input is renamed to ``.done``; refused, it is renamed to ``.error`` with an OperationOutcome beside
it. A run that is killed between the two steps does the first again, with the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge.batch import files
from bridge.issues import Language, operation_outcome
from bridge.workers.pool import Pool
from bridge.workers.tasks import Task

__all__ = ["Told", "Watch"]

_SUFFIXES = {".json", ".xml"}


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one file."""

    name: str
    done: bool
    issues: list[str]


@dataclass(slots=True)
class Watch:
    """Watches one folder."""

    folder: Path
    output: Path
    pool: Pool
    options: dict[str, Any]
    settle: float
    """Seconds that a file must not have changed."""
    language: Language = "fr"
    _seen: dict[str, tuple[int, int, float]] = field(default_factory=dict)

    def run(self, *, stop: Callable[[], bool], tell: Callable[[Told], None], once: bool = False, pause: float = 0.5) -> None:
        """Convert what appears until told to stop; *once*, until nothing is left.

        The folder is read again and again rather than watched by the system: that works on network shares too.
        """
        self.output.mkdir(parents=True, exist_ok=True)
        while not stop():
            waiting = False
            for path in self._orders():
                if stop():
                    return
                if self._is_settled(path):
                    tell(self._convert(path))
                else:
                    waiting = True
            if once and not waiting:
                return
            time.sleep(min(pause, self.settle or pause))

    def _orders(self) -> Iterator[Path]:
        names = sorted(
            entry.name
            for entry in os.scandir(self.folder)
            if not entry.name.startswith(".") and Path(entry.name).suffix.lower() in _SUFFIXES and entry.is_file()
        )
        self._seen = {name: state for name, state in self._seen.items() if name in names}
        return (self.folder / name for name in names)

    def _is_settled(self, path: Path) -> bool:
        """Whether a file has kept its size and time for long enough, as this process saw it: clocks of servers differ."""
        try:
            status = path.stat()
        except FileNotFoundError:
            return False
        size, changed, since = self._seen.get(path.name, (-1, -1, 0.0))
        if (size, changed) != (status.st_size, status.st_mtime_ns):
            since = time.monotonic()
            self._seen[path.name] = status.st_size, status.st_mtime_ns, since
        return status.st_size > 0 and time.monotonic() - since >= self.settle

    def _convert(self, path: Path) -> Told:
        source = path.read_bytes()
        answer = self.pool.settle(Task("convert", source, self.options))
        if answer.output is None:
            outcome = json.dumps(operation_outcome(answer.issues, self.language), ensure_ascii=False, indent=1).encode()
            target = _free(path.with_name(f"{path.name}.error"))
            files.replace(target.with_name(f"{target.name}.outcome"), outcome)
        else:
            name = path.stem + (".json" if answer.operation == "to-fhir" else ".xml")
            files.replace(self._place(name, answer.output), answer.output)
            target = _free(path.with_name(f"{path.name}.done"))
        os.rename(path, target)
        files.flush(self.folder)
        self._seen.pop(path.name, None)
        return Told(path.name, answer.output is not None, answer.codes)

    def _place(self, name: str, data: bytes) -> Path:
        """Where a result goes: its name, with a digest when another result of that name was not fetched yet."""
        path = self.output / name
        if not path.exists() or path.read_bytes() == data:
            return path
        return path.with_name(f"{path.stem}-{hashlib.sha256(data).hexdigest()[:12]}{path.suffix}")


def _free(path: Path) -> Path:
    """A name that no file has: nothing that was handled before is written over."""
    number = 1
    found = path
    while found.exists():
        number += 1
        found = path.with_name(f"{path.stem}.{number}{path.suffix}")
    return found
