"""The journal of a batch: what was done with each input, one JSON line each. It is the truth about how far a run came.

A line is written after the result, or the dead letter, is safe on the disk; it says how far both files reached. A run that goes
on reads the journal up to its last whole line and cuts everything else back to it.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from bridge.findings.errors import SettingsError, SourceError
from bridge.findings.issues import issue
from bridge.run.files import Growing
from bridge.run.workers.tasks import Outcome

__all__ = ["Journal", "Line", "State", "record_of"]


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one input. It holds no value of the order beside the identifier of the document."""

    position: int
    origin: str
    digest: str
    outcome: Outcome
    issues: list[str]
    ms: float
    id: str | None
    """Identifier of the document written."""
    file: str | None
    """Name of the result, where results have names."""


@dataclass(slots=True)
class State:
    """How far a run came."""

    position: int = 0
    """Of the last input done with."""
    digest: str = ""
    """Of that input."""
    output: int = 0
    dead: int = 0
    """Sizes of the output and of the dead letters."""
    outcomes: Counter[str] = field(default_factory=Counter)
    finished: bool = False
    broken: SourceError | OSError | None = None
    """Why reading the source broke off; what was read is done."""


class Journal(Growing):
    """The journal file, open for one run."""

    def __init__(self, path: Path, about: Mapping[str, Any], least: int = 0) -> None:
        """Open or make it; *about* says which run it is of, *least* how many bytes its source has at least.

        Raises :class:`SettingsError` for a file that is no journal, or a damaged one: it is left as it is.
        """
        self.about = dict(about)
        self.least = least
        self.state = State()
        self.differs: str | None = None
        """What differs between this run and the one that the journal is of."""
        super().__init__(path)
        end = self._recover()
        if self.differs:
            return
        self.cut(end)
        if end == 0:
            self._write({"run": self.about, "least": self.least, "began": round(time.time(), 3)})

    def append(self, lines: list[Line], output: int, dead: int) -> None:
        """Note inputs that are done with, now that the output and the dead letters are safe up to these sizes."""
        last = len(lines) - 1
        for index, line in enumerate(lines):
            sizes = {"output": output, "dead": dead, "at": round(time.time(), 3)} if index == last else {}
            self._write({name: getattr(line, name) for name in Line.__slots__} | sizes, sync=index == last)
            self.state.outcomes[line.outcome] += 1
            self.state.position, self.state.digest = line.position, line.digest

    def finish(self) -> None:
        """Note that the run is complete, and close."""
        if not self.state.finished:
            self._write({"finished": dict(self.state.outcomes)})
        self.close()

    def _write(self, record: Mapping[str, Any], *, sync: bool = True) -> None:
        self._file.write(json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
        if sync:
            self.commit()

    def _recover(self) -> int:
        """Read the journal; where its last whole commit ends."""
        end = pending = 0
        outcomes: list[str] = []
        self._file.seek(0)
        for number, raw in enumerate(self._file, start=1):
            record = record_of(raw)
            if record is None and (number > 1 or _is_torn_beginning(raw)):
                break
            if record is None or not _is_whole(record) or ("run" in record) != (number == 1):
                self.close()
                raise SettingsError(issue("IMGDA-1752", None, line=str(number)))
            if "run" in record:
                self.differs = self._difference(record)
                end += len(raw)
            elif "finished" in record:
                self.state.finished = True
                end += len(raw)
            else:
                outcomes.append(record["outcome"])
                pending += len(raw)
                if "output" in record:
                    self.state.position, self.state.digest = record["position"], record["digest"]
                    self.state.output, self.state.dead = record["output"], record["dead"]
                    self.state.outcomes.update(outcomes)
                    outcomes.clear()
                    end += pending
                    pending = 0
        return end

    def _difference(self, record: Mapping[str, Any]) -> str | None:
        """What differs between this run and the one that a journal begins with."""
        names = sorted(self.about.keys() | record["run"].keys())
        differs = next((name for name in names if self.about.get(name) != record["run"].get(name)), None)
        return differs or ("input" if self.least < record.get("least", 0) else None)


_BEGINNING = b'{"run":'


def _is_torn_beginning(raw: bytes) -> bool:
    """Whether a first line is that of a journal, cut off while it was written."""
    return not raw.endswith(b"\n") and _BEGINNING.startswith(raw[: len(_BEGINNING)])


_KEYS: tuple[Mapping[str, type | tuple[type, ...]], ...] = (
    {"run": dict},
    {"finished": dict},
    {"position": int, "digest": str, "outcome": str},
)
_SIZES = {"output": int, "dead": int}


def _is_whole(record: Mapping[str, Any]) -> bool:
    """Whether a record has the members of one of its kind."""
    kind = next((keys for keys in _KEYS if next(iter(keys)) in record), None)
    if kind is None or record.get("outcome", "done") not in get_args(Outcome) or not isinstance(record.get("least", 0), int):
        return False
    wanted = {**kind, **(_SIZES if "output" in record else {})}
    return all(isinstance(record.get(name), of) for name, of in wanted.items())


def record_of(raw: bytes) -> dict[str, Any] | None:
    """A line of a journal, or of its dead letters; ``None`` for one that was cut off."""
    if not raw.endswith(b"\n"):
        return None
    try:
        record = json.loads(raw)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None
