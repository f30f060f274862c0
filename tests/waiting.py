"""Waiting for something to hold: tests never sleep for a fixed time, for machines are fast and slow."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

__all__ = ["wait"]


def wait(until: Callable[[], Any], seconds: float = 60) -> None:
    """Return once *until* gives something true. Raises AssertionError when it has not in time."""
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, "it never held"
        time.sleep(0.02)
