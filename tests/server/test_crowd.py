"""Connections counted by the network that they come from."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from bridge.run.server.crowd import Crowd, network


@dataclass(eq=False)
class Member:
    network: str
    is_idle: bool = True


def test_the_oldest_idle_connection_of_a_full_address_is_given_up():
    crowd = Crowd[Member](2, 10)
    busy, idle, new = Member("a", is_idle=False), Member("a"), Member("a")
    assert [crowd.enter(busy), crowd.enter(idle)] == [(None, None)] * 2
    assert crowd.enter(new) == ("address", idle)
    new.is_idle = False
    assert crowd.enter(Member("a")) == ("address", None)
    assert crowd.enter(Member("b")) == (None, None)


def test_a_connection_that_ends_makes_room():
    crowd = Crowd[Member](1, 10)
    first = Member("a", is_idle=False)
    crowd.enter(first)
    crowd.leave(first)
    crowd.leave(first)
    assert crowd.enter(Member("a")) == (None, None)


def test_all_together_have_a_bound_too():
    crowd = Crowd[Member](5, 2)
    first, second = Member("a"), Member("b", is_idle=False)
    crowd.enter(first)
    crowd.enter(second)
    assert crowd.enter(Member("c", is_idle=False)) == ("all", first)
    assert crowd.enter(Member("d")) == ("all", None)


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("", ""),
        ("/run/imgda.sock", "/run/imgda.sock"),
    ],
)
def test_an_address_belongs_to_a_network(address, found):
    assert network(address) == found
