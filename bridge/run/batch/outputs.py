"""Where the results of a batch go: files of a folder, lines of a file, members of a zip archive.

Each can be cut back to a size that the journal knows, so that a run that was killed goes on without doing anything twice.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from bridge.run import files
from bridge.run.batch.zip import Archive

__all__ = ["FolderOutput", "LinesOutput", "Output", "open_output"]


class Output(Protocol):
    """Takes results one after the other."""

    form: str
    """``plain`` or ``bundle``: what a result looks like."""

    def add(self, name: str, data: bytes) -> None:
        """Add one result; *name* has its suffix. Raises OSError, after which nothing of it is there."""

    def commit(self) -> int:
        """Make everything added outlive a power cut; how far the output reaches, for :meth:`cut`."""

    def cut(self, size: int) -> bool:
        """Go back to a size that :meth:`commit` gave; false when the output is not that long any more."""

    def finish(self) -> None:
        """Complete the output."""


class LinesOutput(files.Growing):
    """A file with one result in each line."""

    form = "bundle"

    def add(self, name: str, data: bytes) -> None:  # noqa: ARG002 (a line has no name)
        self._file.write(data)
        self._file.write(b"\n")

    def finish(self) -> None:
        self.close()


class FolderOutput:
    """A file for each result. A file that a killed run wrote after its last commit is written again, with the same bytes."""

    form = "plain"

    def __init__(self, path: Path) -> None:
        self._root = path
        files.make_folder(self._root)
        self._fresh: list[Path] = []
        self._count = 0

    def add(self, name: str, data: bytes) -> None:
        path = self._root / name
        files.make_folder(path.parent)
        files.replace(path, data, durable=False)
        self._fresh.append(path)
        self._count += 1

    def commit(self) -> int:
        for path in self._fresh:
            files.flush(path)
        for folder in {path.parent for path in self._fresh}:
            files.flush(folder)
        self._fresh.clear()
        return self._count

    def cut(self, size: int) -> bool:
        self._count = size
        return True

    def finish(self) -> None:
        self.commit()


def open_output(path: Path) -> Output:
    """The output that a path means, by its suffix: ``.ndjson`` or ``.jsonl``, ``.zip``, else a folder."""
    suffix = path.suffix.lower()
    if suffix in (".ndjson", ".jsonl"):
        return LinesOutput(path)
    return Archive(path) if suffix == ".zip" else FolderOutput(path)
