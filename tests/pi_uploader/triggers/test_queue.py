"""The queue of triggers: each one is handled or counted."""

import threading
from dataclasses import replace
from datetime import UTC, datetime

from gpiozero.pins.mock import MockFactory
from hypothesis import given
from hypothesis import strategies as st

from photo_wire.headers import Trigger
from photo_wire.name import new_name
from pi_uploader.triggers import PhotoRequest, TriggerEvent, TriggerQueue
from pi_uploader.triggers.queue import ENDING


@given(st.lists(st.sampled_from(Trigger)))
def test_the_queue_forgets_no_trigger(kinds: list[Trigger]) -> None:
    """The queue has one entry of each kind, and the counts add up."""
    queue = TriggerQueue()
    for instant, kind in enumerate(kinds):
        queue.put(TriggerEvent(kind, float(instant)))
    assert queue.unhandled() == len(kinds)
    taken = []
    while queue.unhandled():
        taken.append(queue.get())
    assert taken == [
        TriggerEvent(kind, float(last_index(kinds, kind)), kinds.count(kind))
        for kind in dict.fromkeys(kinds)
    ]


def test_closing_ends_the_wait() -> None:
    """A closed queue returns nothing any more, but still counts."""
    queue = TriggerQueue()
    got: list[TriggerEvent | None] = []
    taker = threading.Thread(target=lambda: got.append(queue.get()))
    taker.start()
    queue.close()
    taker.join(90)
    queue.put(TriggerEvent(Trigger.MOTION, 0.0))
    assert (got, queue.get(), queue.unhandled()) == ([None], None, 1)


def test_closing_ends_a_sleep() -> None:
    """The process does not wait for a resting camera when it stops."""
    queue = TriggerQueue()
    resting = threading.Thread(target=queue.sleep, args=(3600,))
    resting.start()
    queue.close()
    resting.join(90)
    assert not resting.is_alive()


def test_a_flood_from_many_threads_is_counted(pins: MockFactory) -> None:
    """No trigger is forgotten while another thread reads."""
    queue = TriggerQueue()
    taken: list[int] = []

    def flood() -> None:
        for _ in range(1000):
            queue.put(TriggerEvent(Trigger.MOTION, 0.0))

    threads = [threading.Thread(target=flood) for _ in range(4)]
    for thread in threads:
        thread.start()
    while sum(taken) < 4000:
        triggering = queue.get(90)
        assert triggering is not None
        taken.append(triggering.count)
    for thread in threads:
        thread.join()
    assert (sum(taken), queue.unhandled()) == (4000, 0)


def last_index(kinds: list[Trigger], kind: Trigger) -> int:
    return max(index for index, one in enumerate(kinds) if one is kind)


def test_each_request_is_an_entry_of_its_own() -> None:
    """In its turn, and not merged with a demand or another request."""
    queue, requests = TriggerQueue(), [PhotoRequest("0000002a"), PhotoRequest("0000002b")]
    demand = TriggerEvent(Trigger.DEMAND, 1.0)
    for event in (demand, *(replace(demand, request=one) for one in requests), demand):
        queue.put(event)
    handled = [queue.get(0) for _ in range(3)]
    assert [one.request if one else "none" for one in handled] == [None, *requests]
    assert [one.count if one else 0 for one in handled] == [2, 1, 1]


def test_closing_the_queue_fails_the_requests_that_wait() -> None:
    """And those that come later, but not one that is answered."""
    queue, requests = TriggerQueue(), [PhotoRequest(f"{number:08x}") for number in range(3)]
    name = new_name("gate", datetime(2026, 11, 28, tzinfo=UTC), "00000000")
    requests[0].finish(name)
    for one in requests[:2]:
        queue.put(TriggerEvent(Trigger.DEMAND, 1.0, request=one))
    queue.close()
    queue.put(TriggerEvent(Trigger.DEMAND, 1.0, request=requests[2]))
    assert [one.wait(0) for one in requests] == [True] * 3
    assert [one.photo for one in requests] == [name, None, None]
    assert [one.problem for one in requests] == ["", ENDING, ENDING]
