"""The queue of triggers: each one is handled or counted."""

import threading

from gpiozero.pins.mock import MockFactory
from hypothesis import given
from hypothesis import strategies as st

from photo_wire.headers import Trigger
from pi_uploader.triggers import TriggerEvent, TriggerQueue


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
