"""A hot folder: each order that appears in it is converted, once, whatever stops in between.

A file is taken when it has not changed for a while, so that one still being written is left alone. The result is written whole
under its own name, then the input is renamed to ``.done``; refused, it is renamed to ``.error`` with an OperationOutcome beside
it. A run that is killed between the two steps does the first again, with the same bytes.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge.findings.issues import Language, issue, operation_outcome
from bridge.run import files
from bridge.run.batch.sources import unread
from bridge.run.names import escaped, fitting
from bridge.run.workers.pool import Pool
from bridge.run.workers.tasks import Answer, Task
from bridge.settings import Limits

__all__ = ["Told", "Watch"]

_SUFFIXES = {".json", ".xml"}


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one file."""

    name: str
    done: bool
    issues: list[str]
    reason: str = ""
    """Why the file could not be read, renamed or written, in the words of the system."""


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
    largest: int = Limits().input_mib * 1024 * 1024
    """Bytes of a file that is read at all."""
    _seen: dict[str, tuple[int, int, float]] = field(default_factory=dict)
    _left: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Files that were told of and could not be renamed, by size and time: they are left alone until they change."""

    def run(self, *, stop: Callable[[], bool], tell: Callable[[Told], None], once: bool = False, pause: float = 0.5) -> None:
        """Convert what appears until told to stop; *once*, until nothing is left.

        The folder is read again and again rather than watched by the system: that works on network shares too.
        """
        files.make_folder(self.output)
        while not stop():
            waiting = False
            for path in self._orders():
                if stop():
                    return
                if (status := self._settled(path)) is None:
                    waiting = True
                elif told := self._told(path, status, once):
                    tell(told)
            if once and not waiting:
                return
            time.sleep(min(pause, self.settle or pause))

    def _told(self, path: Path, status: os.stat_result, once: bool) -> Told | None:
        """What becomes of a file that has settled; None for one that is left alone: empty as yet, or told of already."""
        if not status.st_size and stat.S_ISREG(status.st_mode):
            return Told(escaped(path.name), False, ["IMGDA-0111"]) if once else None
        return self._handled(path, status) if self._left.get(path.name) != (status.st_size, status.st_mtime_ns) else None

    def _orders(self) -> Iterator[Path]:
        names = sorted(
            entry.name
            for entry in os.scandir(self.folder)
            if not entry.name.startswith(".") and Path(entry.name).suffix.lower() in _SUFFIXES and _is_no_folder(entry)
        )
        here = set(names)
        self._seen = {name: state for name, state in self._seen.items() if name in here}
        self._left = {name: state for name, state in self._left.items() if name in here}
        return (self.folder / name for name in names)

    def _settled(self, path: Path) -> os.stat_result | None:
        """A file that has kept its size and time for long enough, as this process saw it: clocks of servers differ."""
        try:
            status = path.lstat()
        except OSError:  # taken away, or not to be seen: the next look at the folder tells
            return None
        size, changed, since = self._seen.get(path.name, (-1, -1, 0.0))
        if (size, changed) != (status.st_size, status.st_mtime_ns):
            since = time.monotonic()
            self._seen[path.name] = status.st_size, status.st_mtime_ns, since
        return status if time.monotonic() - since >= self.settle else None

    def _handled(self, path: Path, status: os.stat_result) -> Told:
        """Convert a file and rename it; what goes wrong with it alone is told, and the others go on."""
        answer, reason = self._converted(path)
        try:
            self._rename(path, answer)
        except OSError as error:
            if error.errno in _STOPS:
                raise
            reason = reason or _reason(error)
            self._left[path.name] = status.st_size, status.st_mtime_ns
            return Told(escaped(path.name), False, sorted({*answer.codes, "IMGDA-1754"}), reason)
        self._seen.pop(path.name, None)
        return Told(escaped(path.name), answer.output is not None, answer.codes, reason)

    def _converted(self, path: Path) -> tuple[Answer, str]:
        """What came of a file once its result is written, and why it could not be read or written."""
        try:
            source = files.read(path, self.largest, follow=False)
        except OSError as error:
            if not files.is_of_one_file(error, reading=True):
                raise
            return Answer(None, (unread(error),), "internal"), _reason(error)
        answer = self.pool.settle(Task("convert", source, self.options))
        if answer.output is None:
            return answer, ""
        try:
            name = fitting(escaped(path.stem), ".json" if answer.operation == "to-fhir" else ".xml")
            files.replace(self._place(name, answer.output), answer.output)
        except OSError as error:
            if not files.is_of_one_file(error, reading=False):
                raise
            return Answer(None, (issue("IMGDA-1751", None, reason=_reason(error)),), "internal"), _reason(error)
        return answer, ""

    def _rename(self, path: Path, answer: Answer) -> None:
        """Give an input the name that says what became of it, its outcome first."""
        kind = ".error" if answer.output is None else ".done"
        target = _free(path, kind)
        if answer.output is None:
            outcome = json.dumps(operation_outcome(answer.issues, self.language), ensure_ascii=False, indent=1).encode()
            files.replace(target.with_name(f"{target.name}.outcome"), outcome)
        os.rename(path, target)
        files.flush(self.folder)

    def _place(self, name: str, data: bytes) -> Path:
        """Where a result goes: its name, with a digest when another result of that name was not fetched yet."""
        path = self.output / name
        if not path.exists() or path.read_bytes() == data:
            return path
        return path.with_name(fitting(path.stem, f"-{hashlib.sha256(data).hexdigest()[:12]}{path.suffix}"))


_STOPS = {errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.ENOMEM}
"""What is wrong with the machine, not with a file."""
_ROOM = len(".outcome")


def _is_no_folder(entry: os.DirEntry[str]) -> bool:
    return entry.is_symlink() or not entry.is_dir(follow_symlinks=False)


def _reason(error: OSError) -> str:
    return escaped(error.strerror or type(error).__name__)


def _free(path: Path, kind: str) -> Path:
    """A name for a file that was handled, which no file has: nothing is written over. It leaves room for that of its outcome."""
    number = 1
    while True:
        end = kind if number == 1 else f".{number}{kind}"
        found = path.with_name(fitting(path.name, f"{end}{'_' * _ROOM}")[:-_ROOM])
        if not os.path.lexists(found):
            return found
        number += 1
