"""Where the orders of a batch come from: lines of a file, or files of a folder, one at a time and always in the same order."""

from __future__ import annotations

import glob
import gzip
import hashlib
import os
import sys
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

from bridge.findings.errors import SourceError
from bridge.findings.issues import Issue, issue
from bridge.run import files
from bridge.run.names import escaped

__all__ = ["Files", "Item", "Lines", "Source", "open_source", "unread"]

_ORDER_FILES = {".json", ".xml"}


@dataclass(frozen=True, slots=True)
class Item:
    """One input."""

    position: int
    """Line number, or rank among the files, from 1."""
    name: str
    """Stem of the output: the path of the file without its suffix, escaped, or the line number with eight digits."""
    origin: str
    """What the journal calls it: the path of the file, escaped, or the line number."""
    body: bytes
    end: int
    """Bytes of the source read so far, for the progress bar."""
    problem: Issue | None = None
    """Why it could not be read; then it has no body."""

    @property
    def digest(self) -> str:
        """Tells whether a source is the same as before. SHA-256, its first 16 digits; empty for what could not be read."""
        return "" if self.problem else hashlib.sha256(self.body).hexdigest()[:16]


def unread(error: OSError) -> Issue:
    """The finding for a file that cannot be read; it does not name the file."""
    return issue("IMGDA-1750", None, reason=escaped(error.strerror or type(error).__name__))


_GZIP = b"\x1f\x8b"


class Lines:
    """An NDJSON file, plain or compressed, or standard input."""

    def __init__(self, path: str, limit: int) -> None:
        self.path = path
        self._limit = limit
        self.size = 0 if path == "-" else Path(path).stat().st_size
        """Bytes, 0 when unknown."""

    @property
    def description(self) -> str:
        """What distinguishes this source from others."""
        return f"lines:{escaped(self.path)}"

    @property
    def least(self) -> int:
        """Bytes that the same source has at least when a run goes on."""
        return self.size

    def items(self, start: int = 1) -> Iterator[Item]:
        """The lines from number *start* on; blank ones are passed over.

        What begins as gzip does, or is named .gz, is unpacked. A line beyond the limit is cut there, which makes its conversion
        say so. Raises :class:`SourceError` for damaged compression.
        """
        if self.path == "-":
            yield from self._unpacked(sys.stdin.buffer, None, start)  # type: ignore[arg-type]
            return
        with open(self.path, "rb") as raw:
            yield from self._unpacked(raw, raw, start)

    def _unpacked(self, stream: BufferedReader, raw: BufferedReader | None, start: int) -> Iterator[Item]:
        if not (self.path.lower().endswith(".gz") or stream.peek(2)[:2] == _GZIP):
            yield from self._read(stream, raw, start)
            return
        try:
            with gzip.GzipFile(fileobj=stream) as unpacked:
                yield from self._read(unpacked, raw, start)
        except (EOFError, gzip.BadGzipFile, zlib.error):
            raise SourceError(issue("IMGDA-1823", None)) from None

    def _read(self, stream: BufferedReader | gzip.GzipFile, raw: BufferedReader | None, start: int) -> Iterator[Item]:
        number = 0
        while line := stream.readline(self._limit + 2):
            number += 1
            whole = line
            while len(line) > self._limit and not line.endswith(b"\n"):
                if not (line := stream.readline(self._limit + 2)):
                    break
            body = whole.strip()
            if body and number >= start:
                yield Item(number, f"{number:08d}", str(number), body, raw.tell() if raw else 0)


class Files:
    """Files that hold an order each, in the order of their names. One that cannot be read is an item with its problem."""

    least = 0
    """Bytes that the same source has at least: a file may be corrected before a run goes on."""

    def __init__(self, root: Path, paths: list[Path], description: str, limit: int) -> None:
        self._root = root
        self._limit = limit
        self._names = sorted(path.relative_to(root).as_posix() for path in paths)
        if not self._names:
            raise SourceError(issue("IMGDA-1824", None))
        self._outputs = _outputs([escaped(name) for name in self._names])
        listing = hashlib.sha256("\n".join(self._names).encode("utf-8", "surrogateescape")).hexdigest()[:16]
        self.description = f"files:{escaped(description)}:{listing}"
        self.size = sum(_size(root / name) for name in self._names)
        """Bytes of all of them."""

    def items(self, start: int = 1) -> Iterator[Item]:
        """The files from rank *start* on."""
        end = 0
        for position, name in enumerate(self._names, start=1):
            path = self._root / name
            end += _size(path)
            if position >= start:
                body, problem = self._read(path)
                yield Item(position, self._outputs[position - 1], escaped(name), body, end, problem)

    def _read(self, path: Path) -> tuple[bytes, Issue | None]:
        try:
            return files.read(path, self._limit), None
        except OSError as error:
            if not files.is_of_one_file(error, reading=True):
                raise
            return b"", unread(error)


Source = Lines | Files


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _outputs(names: list[str]) -> list[str]:
    """The stem of the output of each name: without its suffix, with it, or with its rank, so that none comes twice."""
    stems, whole = Counter(map(_stem, names)), Counter(names)
    return [
        _stem(name) if stems[_stem(name)] == 1 and _stem(name) not in whole else name if whole[name] == 1 else f"{name}~{rank}"
        for rank, name in enumerate(names, start=1)
    ]


def open_source(path: str, limit: int) -> Source:
    """The source that a path means: a folder, a pattern, a single .json or .xml file, else NDJSON (``-``: standard input).

    *limit* bounds one order, bytes. Raises OSError for what does not exist and :class:`SourceError` where there is no order.
    """
    given = Path(path)
    if path == "-":
        return Lines(path, limit)
    if given.is_dir():
        return Files(given, list(_orders(given)), str(given.resolve()), limit)
    if not given.exists() and glob.has_magic(path):
        root = _fixed_part(given)
        found = [Path(name) for name in glob.glob(path, recursive=True)]
        return Files(root, [p for p in found if p.suffix.lower() in _ORDER_FILES or not p.is_dir()], path, limit)
    given.stat()
    if given.suffix.lower() in _ORDER_FILES:
        return Files(given.parent, [given], str(given.resolve()), limit)
    return Lines(path, limit)


def _orders(root: Path) -> Iterator[Path]:
    """Whatever is called .json or .xml in a folder and the folders within, and the folders that cannot be read.

    A symbolic link to a file is as good as the file; one to a folder is not followed, and stands for what is not read.
    """
    unlisted: list[OSError] = []
    for place, folders, names in os.walk(root, onerror=unlisted.append):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (path for name in folders if (path := Path(place, name)).is_symlink())
        yield from (Path(place, name) for name in names if not name.startswith(".") and _is_order(name))
    for error in unlisted:
        if Path(error.filename) == root:
            raise error
        yield Path(error.filename)


def _is_order(name: str) -> bool:
    return Path(name).suffix.lower() in _ORDER_FILES


def _fixed_part(pattern: Path) -> Path:
    """The folder before the first part that is a pattern."""
    fixed = Path(pattern.anchor)
    for part in pattern.parts[len(fixed.parts) : -1]:
        if glob.has_magic(part):
            break
        fixed /= part
    return fixed


def _stem(name: str) -> str:
    return name.rpartition(".")[0]
