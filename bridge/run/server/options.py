"""How a service runs: where it listens, its bounds, its guards."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path

from bridge.run.server.senders import Senders

__all__ = ["LARGE_BYTES", "Options"]

LARGE_BYTES = 1024 * 1024
"""Inputs of this size and more may be in memory in small numbers only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Everything that ``imgda serve`` can be told."""

    senders: Senders = field(default_factory=Senders)
    """The settings of each sender, whose ``limits.input_mib`` bounds a request body, and the tokens."""
    host: str = "127.0.0.1"
    port: int = 8043
    workers: int = 1
    """Processes that one sender may have for ordinary inputs. One more serves the others, and another the large inputs."""
    waiting: int = 64
    """Ordinary inputs that may wait for a worker; one more is answered 429, that of the sender who has most."""
    large_waiting: int = 4
    """Large inputs of one sender that may be in memory at one time, and half of those of all; one more is answered 429."""
    requests: int = 512
    """Requests that may be under way at one time, bodies still arriving included; one more is answered 503."""
    connections: int = 256
    """Connections that one address may have; for one more the oldest idle one is closed, or it is answered 429."""
    seconds: float = 30.0
    """Time for one conversion; the worker that takes longer is ended, and the request answered 503."""
    body_seconds: float = 30.0
    """Time for a client to send its headers, and again for its body."""
    stop_seconds: float = 60.0
    """Time to finish what was taken when the service is told to stop."""
    certificate: Path | None = None
    """TLS certificate chain, PEM."""
    key: Path | None = None
    """TLS private key, PEM."""

    ui: bool = False
    """Whether the page for people is served."""
    ui_names: tuple[str, ...] = ()
    """Names, beside those of this machine, by which the page may be called."""

    @property
    def is_open(self) -> bool:
        """Whether other machines can reach the service without a token."""
        return not self.senders.tokens and not _is_loopback(self.host)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
