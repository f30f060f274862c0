"""The queue before the workers: nobody waits behind all that another sender has put there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.run.workers.fair import FairQueue, Full, Sender

A, B, C = Sender("a"), Sender("b"), Sender("c")


def filled(*items: tuple[str, Sender], each: int | None = None) -> FairQueue[str]:
    queue = FairQueue[str](each)
    for item, sender in items:
        queue.put(item, sender)
    return queue


def drained(queue: FairQueue[str]) -> list[str]:
    """What one worker does, in order."""
    found = []
    while len(queue):
        item, sender = queue.get(0)
        found.append(item)
        queue.done(sender)
    return found


def test_one_sender_is_served_in_the_order_of_its_arrival():
    assert drained(filled(*((str(number), A) for number in range(5)))) == list("01234")


def test_an_order_waits_for_one_of_another_sender_and_not_for_all():
    queue = filled(*((f"a{number}", A) for number in range(50)))
    assert queue.get(0) == ("a0", "a")
    queue.put("b0", B)
    queue.done("a")
    assert queue.get(0) == ("b0", "b")


def test_senders_take_turns():
    queue = filled(("a0", A), ("a1", A), ("a2", A), ("b0", B), ("b1", B), ("c0", C))
    assert drained(queue) == ["a0", "b0", "c0", "a1", "b1", "a2"]


def test_connections_of_one_sender_take_turns():
    queue = filled(*((f"a{number}", Sender("a", "1")) for number in range(3)), ("other", Sender("a", "2")))
    assert drained(queue) == ["a0", "other", "a1", "a2"]


def test_the_sender_with_the_fewest_under_way_is_next():
    queue = filled(("a0", A), ("a1", A), ("a2", A))
    assert [queue.get(0), queue.get(0)] == [("a0", "a"), ("a1", "a")]
    queue.put("b0", B)
    assert queue.get(0) == ("b0", "b")


def test_a_sender_has_no_more_under_way_than_it_may():
    queue = filled(("a0", A), ("a1", A), ("b0", B), each=1)
    assert [queue.get(0), queue.get(0)] == [("a0", "a"), ("b0", "b")]
    with pytest.raises(TimeoutError):
        queue.get(0)
    queue.done("a")
    assert queue.get(0) == ("a1", "a")


def test_a_full_queue_takes_a_place_from_the_sender_who_has_most():
    queue = filled(*((f"a{number}", A) for number in range(4)))
    assert queue.put("b0", B, bound=4) == "a3"
    assert queue.put("b1", B, bound=4) == "a2"
    with pytest.raises(Full):
        queue.put("b2", B, bound=4)
    with pytest.raises(Full):
        queue.put("a4", A, bound=4)
    assert drained(queue) == ["a0", "b0", "a1", "b1"]


def test_a_closed_queue_gives_what_it_holds_and_then_nothing():
    queue = filled(("a0", A))
    queue.close()
    assert queue.get(0) == ("a0", "a")
    assert queue.get(0) is None


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("12")), max_size=40))
def test_everything_that_is_put_comes_out_once_and_in_the_order_of_its_connection(put):
    queue = FairQueue[str]()
    for number, (name, connection) in enumerate(put):
        queue.put(f"{name}{connection}{number:03}", Sender(name, connection))
    found = drained(queue)
    assert sorted(found) == sorted(f"{name}{connection}{number:03}" for number, (name, connection) in enumerate(put))
    for name in "abc":
        for connection in "12":
            own = [item for item in found if item.startswith(name + connection)]
            assert own == sorted(own)


@given(st.lists(st.sampled_from("abcd"), min_size=1, max_size=40), st.sampled_from("abcd"))
def test_between_two_turns_of_a_sender_who_waits_every_other_has_at_most_one(put, name):
    queue = FairQueue[str]()
    for sender in put:
        queue.put(sender, Sender(sender))
    found = drained(queue)
    for turn in "".join(found).split(name)[: found.count(name)]:
        assert all(turn.count(other) <= 1 for other in "abcd")


def test_costly_senders_share_some_places_and_leave_the_others_free():
    now = [0.0]
    queue = FairQueue[str](2, costly=1, clock=lambda: now[0])
    for sender in (A, B):
        queue.put("first", sender)
        queue.get(0)
        queue.done(sender.name, 5.0)
    for sender in (A, B, C):
        queue.put(f"{sender.name}1", sender)
        queue.put(f"{sender.name}2", sender)
    assert [queue.get(0), queue.get(0), queue.get(0)] == [("a1", "a"), ("c1", "c"), ("c2", "c")]
    with pytest.raises(TimeoutError):
        queue.get(0)
    queue.done("a", 5.0)
    assert queue.get(0) == ("b1", "b")
    now[0] += 61
    assert queue.get(0) == ("a2", "a")
