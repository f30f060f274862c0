"""The files that a command reads and writes; ``-`` is standard input and output."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path

from bridge.cli.exits import Exit, reason_of
from bridge.cli.speaker import Speaker

__all__ = ["read_input", "write_output"]


def read_input(path: str, speaker: Speaker) -> bytes:
    """The bytes of a file, or of standard input for ``-``."""
    try:
        return sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        speaker.fail("cannot open", Exit.NO_INPUT, path=path, reason=reason_of(error))


def write_output(path: str, data: bytes, speaker: Speaker) -> None:
    """Write a file whole or not at all, or to standard output for ``-``. :func:`_permissions` says who may read it."""
    if path == "-":
        sys.stdout.buffer.write(data)
        if sys.stdout.isatty() and not data.endswith(b"\n"):
            sys.stdout.buffer.write(b"\n")
        sys.stdout.buffer.flush()
        return
    target = Path(path)
    if target.exists() and not target.is_file():  # a device or a pipe is written to, never replaced
        target.write_bytes(data)
        return
    try:
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    except OSError as error:
        speaker.fail("cannot create", Exit.CANNOT_CREATE, path=path, reason=reason_of(error))
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(temporary, _permissions(target))
        os.replace(temporary, target)
    except OSError as error:
        Path(temporary).unlink(missing_ok=True)
        speaker.fail("cannot create", Exit.CANNOT_CREATE, path=path, reason=reason_of(error))


def _permissions(target: Path) -> int:
    """Those of the file that is replaced, else those of IMGDA_MODE, else for the owner alone: it is the data of a patient."""
    if target.exists():
        return target.stat().st_mode & 0o777
    given = os.environ.get("IMGDA_MODE", "600")
    return int(given, 8) & 0o666 | 0o600 if re.fullmatch("0?[0-7]{3}", given) else 0o600
