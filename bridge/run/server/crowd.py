"""The connections of a service, counted by the network that they come from, so that no sender keeps the others out."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Generic, Literal, Protocol, TypeVar

__all__ = ["Crowd", "network"]


class _Member(Protocol):
    network: str

    @property
    def is_idle(self) -> bool: ...


Member = TypeVar("Member", bound=_Member)
Full = Literal["address", "all"]


class Crowd(Generic[Member]):
    """Who is connected, the oldest first."""

    def __init__(self, each: int, together: int) -> None:
        """At most *each* connections of one network, and *together* of all."""
        self._each = each
        self._together = together
        self._all: dict[Member, None] = {}
        self._by_network: dict[str, dict[Member, None]] = {}

    def enter(self, member: Member) -> tuple[Full | None, Member | None]:
        """Count a new connection: which bound it passes, if one, and the idle connection that is given up for it, if there is."""
        neighbours = self._by_network.setdefault(member.network, {})
        full: Full | None = None
        given_up: Member | None = None
        if len(neighbours) >= self._each:
            full, given_up = "address", _oldest_idle(neighbours)
        elif len(self._all) >= self._together:
            full, given_up = "all", _oldest_idle(self._all)
        if given_up is not None:
            self.leave(given_up)
        if full is None or given_up is not None:
            self._all[member] = self._by_network.setdefault(member.network, {})[member] = None
        return full, given_up

    def leave(self, member: Member) -> None:
        """Count a connection no more."""
        self._all.pop(member, None)
        neighbours = self._by_network.get(member.network, {})
        neighbours.pop(member, None)
        if not neighbours:
            self._by_network.pop(member.network, None)


def _oldest_idle(members: Iterable[Member]) -> Member | None:
    return next((member for member in members if member.is_idle), None)


def network(address: str) -> str:
    """Where an address belongs: itself in IPv4, its first 64 bits in IPv6, where one sender has as many as it likes."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is None:
        return str(ipaddress.ip_network((int(found) >> 64 << 64, 64)))
    return str(getattr(found, "ipv4_mapped", None) or found)
