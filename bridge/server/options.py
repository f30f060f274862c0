"""How a service runs: where it listens, its bounds, its guards."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path

from bridge.settings import Settings

__all__ = ["LARGE_BYTES", "Options"]

LARGE_BYTES = 1024 * 1024
"""From this size on an input takes the lane of large ones, so that an ordinary order never waits behind it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Everything that ``imgda serve`` can be told."""

    settings: Settings = field(default_factory=Settings)
    """Site settings; ``limits.input_mib`` bounds a request body."""
    host: str = "127.0.0.1"
    port: int = 8043
    workers: int = 1
    """Processes for ordinary inputs; one more takes the large ones."""
    waiting: int = 64
    """Ordinary inputs that may wait for a worker; one more is answered 429."""
    large_waiting: int = 4
    """Large inputs that may be in memory at one time; one more is answered 429."""
    requests: int = 512
    """Requests that may be under way at one time, bodies still arriving included; one more is answered 503."""
    seconds: float = 30.0
    """Time for one conversion; the worker that takes longer is ended, and the request answered 503."""
    body_seconds: float = 30.0
    """Time for a client to send its headers, and again for its body."""
    stop_seconds: float = 60.0
    """Time to finish what was taken when the service is told to stop."""
    token: str | None = field(default=None, repr=False)
    """Bearer token that callers must show."""
    certificate: Path | None = None
    """TLS certificate chain, PEM."""
    key: Path | None = None
    """TLS private key, PEM."""

    @property
    def body_bytes(self) -> int:
        """The largest request body."""
        return self.settings.limits.input_mib * 1024 * 1024

    @property
    def is_open(self) -> bool:
        """Whether other machines can reach the service without a token."""
        return self.token is None and not _is_loopback(self.host)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
