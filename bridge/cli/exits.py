"""The exit codes of ``imgda``, and how an error becomes one."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import TYPE_CHECKING

import click

from bridge.findings.errors import BridgeError, OrderError, SettingsError, SourceError

if TYPE_CHECKING:
    from bridge.cli.speaker import Speaker

__all__ = ["Exit", "exit_code", "guard", "reason_of"]


class Exit(IntEnum):
    """Exit codes of ``imgda``; from 64 on, those of sysexits.h."""

    OK = 0
    """Done, possibly with warnings."""
    DIFFERENT = 1
    """Done, and what was looked for was found: a difference, a failed check."""
    USAGE = 2
    """The command was not called right (click's own code)."""
    REFUSED = 3
    """The order breaks rules of the specification; nothing was written."""
    PARTIAL = 4
    """Of several orders, some were refused."""
    UNREADABLE = 65
    """The input cannot be read, or is not an imaging order."""
    NO_INPUT = 66
    """The input file does not exist or cannot be opened."""
    INTERNAL = 70
    """A fault of the program."""
    CANNOT_CREATE = 73
    """The output file cannot be created."""
    IO = 74
    """Reading or writing broke off: disk full, closed pipe."""
    SETTINGS = 78
    """The settings file is not right."""


def exit_code(error: BridgeError) -> Exit:
    """The exit code that an error means."""
    if isinstance(error, OrderError):
        return Exit.REFUSED
    if isinstance(error, SourceError):
        return Exit.UNREADABLE
    return Exit.SETTINGS if isinstance(error, SettingsError) else Exit.INTERNAL


def reason_of(error: OSError) -> str:
    return error.strerror or type(error).__name__


def _place(error: OSError) -> str:
    """The file that an error is about, in front of its reason, where it is known."""
    name = error.filename
    return f"{os.fsdecode(name)}: {reason_of(error)}" if isinstance(name, (str, bytes, os.PathLike)) else reason_of(error)


@contextmanager
def guard(speaker: Speaker) -> Iterator[None]:
    """Turn whatever goes wrong into one explanation and an exit code; never a traceback."""
    try:
        yield
    except BridgeError as error:
        speaker.issues(error.issues)
        if speaker.form == "text" and exit_code(error) in (Exit.REFUSED, Exit.UNREADABLE):
            speaker.say(speaker.word("refused", count=str(sum(issue.is_error for issue in error.issues))))
        raise SystemExit(int(exit_code(error))) from None
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(int(Exit.IO)) from None
    except OSError as error:
        speaker.fail("io", Exit.IO, reason=_place(error))
    except (click.ClickException, click.exceptions.Exit, click.Abort):
        raise
    except Exception as error:
        speaker.fail("internal", Exit.INTERNAL, kind=type(error).__name__)
