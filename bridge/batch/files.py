"""Files that survive a crash: durable writes, atomic replacement, growth that can be taken back, one owner at a time."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["Growing", "Locked", "flush", "lock", "replace"]


class Locked(Exception):
    """Another process holds the lock."""


def flush(path: Path) -> None:
    """Make what was written to a file, or renamed within a folder, outlive a power cut. Windows knows no folder of this kind."""
    if sys.platform == "win32" and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Write a file whole or not at all, over one of the same name."""
    temporary = path.with_name(f".{path.name}.part")
    try:
        with open(temporary, "wb") as file:
            file.write(data)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    if durable:
        flush(path.parent)


class Growing:
    """A file that grows at its end, and can be cut back to a size that it had."""

    def __init__(self, path: Path) -> None:
        self._file = open(path, "r+b" if path.exists() else "x+b")  # noqa: SIM115 (kept for the whole run)
        self._file.seek(0, os.SEEK_END)

    def commit(self) -> int:
        """Make everything written outlive a power cut; the size so far."""
        self._file.flush()
        os.fsync(self._file.fileno())
        return self._file.tell()

    def cut(self, size: int) -> bool:
        """Go back to a size that :meth:`commit` gave; false when the file is shorter."""
        if self._file.seek(0, os.SEEK_END) < size:
            return False
        self._file.truncate(size)
        self._file.seek(size)
        return True

    def close(self) -> None:
        """Close the file; what was not committed may be lost."""
        self._file.close()


@contextmanager
def lock(path: Path) -> Iterator[None]:
    """Own a file until the block, or the process, ends. Raises :class:`Locked` when another process does."""
    with open(path, "ab") as file:
        try:
            if sys.platform == "win32":
                import msvcrt

                os.lseek(file.fileno(), 1 << 30, os.SEEK_SET)  # beyond what anyone writes: a lock there hinders no one
                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Locked from None
        yield
