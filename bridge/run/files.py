"""Files that survive a crash: durable writes, atomic replacement, growth that can be taken back, one owner at a time.

What is written is for its owner alone unless :func:`share` says otherwise: it is the data of patients.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["Growing", "Locked", "flush", "is_of_one_file", "lock", "make_folder", "read", "replace", "share"]


class Locked(Exception):
    """Another process holds the lock."""


_mode = 0o600
_OWN = {
    errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.EILSEQ, errno.EINVAL, errno.ELOOP, errno.ENOTEMPTY,
}  # fmt: skip
_EVERY = {errno.EMFILE, errno.ENFILE, errno.ENOMEM}


def share(mode: int) -> None:
    """Permissions of the files that this process writes from now on; folders can be entered by whoever may read."""
    global _mode
    _mode = mode


def make_folder(path: Path) -> None:
    """Make a folder, and those around it, with the permissions of :func:`share`; leave one that exists as it is."""
    if path.is_dir():
        return
    if path.parent != path:
        make_folder(path.parent)
    path.mkdir(mode=0o700, exist_ok=True)
    path.chmod(_mode | 0o700 | (_mode & 0o444) >> 2)


def _opener(path: str, flags: int) -> int:
    """Open a file for writing; the permissions are right before there is anything to read."""
    descriptor = os.open(path, flags, 0o600)
    if sys.platform != "win32" and stat.S_ISREG(os.fstat(descriptor).st_mode):
        with contextlib.suppress(PermissionError):  # the file of another, who lets us write
            os.fchmod(descriptor, _mode)
    return descriptor


def read(path: Path, limit: int, *, follow: bool = True) -> bytes:
    """The bytes of a file, one more than *limit* at most. Raises OSError, also for what is no file: nothing waits on a pipe.

    Unless told to *follow* a symbolic link, it is an error too.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags | (0 if follow else getattr(os, "O_NOFOLLOW", 0)))
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        return file.read(limit + 1)


def is_of_one_file(error: OSError, *, reading: bool) -> bool:
    """Whether an error is that of one file: any in *reading* it, those of its name in writing. Others stop all of them."""
    return error.errno not in _EVERY if reading else error.errno in _OWN


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
    temporary = path.with_name(f".{hashlib.sha256(os.fsencode(path.name)).hexdigest()[:16]}.part")
    try:
        with open(temporary, "wb", opener=_opener) as file:
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
        self._file = open(path, "r+b" if path.exists() else "x+b", opener=_opener)  # noqa: SIM115 (kept for the whole run)
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
    with open(path, "ab", opener=_opener) as file:
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
