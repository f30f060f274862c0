"""Where the orders of a batch come from: lines of a file, or files of a folder, one at a time and always in the same order."""

from __future__ import annotations

import glob
import gzip
import hashlib
import sys
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from bridge.errors import SourceError
from bridge.issues import issue

__all__ = ["Files", "Item", "Lines", "Source", "open_source"]

_ORDER_FILES = {".json", ".xml"}


@dataclass(frozen=True, slots=True)
class Item:
    """One input."""

    position: int
    """Line number, or rank among the files, from 1."""
    name: str
    """Stem of the output: the path of the file without its suffix, or the line number with eight digits."""
    origin: str
    """What the journal calls it: the path of the file, or the line number."""
    body: bytes
    end: int
    """Bytes of the source read so far, for the progress bar."""

    @property
    def digest(self) -> str:
        """Tells whether a source is the same as before. SHA-256, its first 16 digits."""
        return hashlib.sha256(self.body).hexdigest()[:16]


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
        return f"lines:{self.path}"

    def items(self, start: int = 1) -> Iterator[Item]:
        """The lines from number *start* on; blank ones are passed over.

        A line beyond the limit is cut there, which makes its conversion say so. Raises :class:`SourceError` for damaged
        compression.
        """
        if self.path == "-":
            yield from self._read(sys.stdin.buffer, None, start)
            return
        with open(self.path, "rb") as raw:
            if not self.path.endswith(".gz"):
                yield from self._read(raw, raw, start)
                return
            try:
                with gzip.GzipFile(fileobj=raw) as unpacked:
                    yield from self._read(unpacked, raw, start)
            except (EOFError, gzip.BadGzipFile, zlib.error):
                raise SourceError(issue("IMGDA-1823", None)) from None

    def _read(self, stream: IO[bytes] | gzip.GzipFile, raw: IO[bytes] | None, start: int) -> Iterator[Item]:
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
    """The files .json and .xml of a folder and the folders within, or those that a pattern finds, in the order of their names."""

    def __init__(self, root: Path, paths: list[Path], description: str) -> None:
        self._root = root
        self._names = sorted(path.relative_to(root).as_posix() for path in paths)
        if not self._names:
            raise SourceError(issue("IMGDA-1824", None))
        self._stems = Counter(_stem(name) for name in self._names)
        listing = hashlib.sha256("\n".join(self._names).encode("utf-8", "surrogateescape")).hexdigest()[:16]
        self.description = f"files:{description}:{listing}"
        self.size = sum((root / name).stat().st_size for name in self._names)
        """Bytes of all of them."""

    def items(self, start: int = 1) -> Iterator[Item]:
        """The files from rank *start* on."""
        end = 0
        for position, name in enumerate(self._names, start=1):
            path = self._root / name
            end += path.stat().st_size
            if position >= start:
                stem = _stem(name)
                yield Item(position, stem if self._stems[stem] == 1 else name, name, path.read_bytes(), end)


Source = Lines | Files


def open_source(path: str, limit: int) -> Source:
    """The source that a path means: a folder, a pattern, a single .json or .xml file, else NDJSON (``-``: standard input).

    *limit* bounds one order, bytes. Raises OSError for what does not exist and :class:`SourceError` where there is no order.
    """
    given = Path(path)
    if path == "-":
        return Lines(path, limit)
    if given.is_dir():
        found = [p for p in given.rglob("*") if _is_order(p, given)]
        return Files(given, found, str(given.resolve()))
    if not given.exists() and glob.has_magic(path):
        root = _fixed_part(given)
        found = [Path(name) for name in glob.glob(path, recursive=True)]
        return Files(root, [p for p in found if p.is_file()], path)
    if given.suffix.lower() in _ORDER_FILES:
        return Files(given.parent, [given], str(given.resolve()))
    return Lines(path, limit)


def _is_order(path: Path, root: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
    return not hidden and path.suffix.lower() in _ORDER_FILES and path.is_file()


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
