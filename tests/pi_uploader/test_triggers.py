"""Triggers: every one is answered or counted."""

import threading
import time
from collections.abc import Iterator
from itertools import islice

import pytest
from gpiozero.pins.mock import MockFactory
from hypothesis import given
from hypothesis import strategies as st

from photo_wire.headers import Trigger
from pi_uploader.triggers import TriggerEvent, TriggerQueue
from pi_uploader.triggers.contact import Debounce, low
from pi_uploader.triggers.motion import motion
from pi_uploader.triggers.timer import beats, timer
from tests.pi_uploader.pins import HeldPin, pulse


@given(st.lists(st.sampled_from(Trigger)))
def test_the_queue_forgets_no_trigger(kinds: list[Trigger]) -> None:
    """Whatever comes while nobody takes: one entry a kind, and the counts add up."""
    queue = TriggerQueue()
    for instant, kind in enumerate(kinds):
        queue.put(TriggerEvent(kind, float(instant)))
    assert queue.unanswered() == len(kinds)
    taken = []
    while queue.unanswered():
        taken.append(queue.get())
    assert taken == [
        TriggerEvent(kind, float(last_index(kinds, kind)), kinds.count(kind))
        for kind in dict.fromkeys(kinds)
    ]


def test_closing_ends_the_wait() -> None:
    """A closed queue gives nothing any more, and keeps count of what it holds."""
    queue = TriggerQueue()
    got: list[TriggerEvent | None] = []
    taker = threading.Thread(target=lambda: got.append(queue.get()))
    taker.start()
    queue.close()
    taker.join(90)
    queue.put(TriggerEvent(Trigger.MOTION, 0.0))
    assert (got, queue.get(), queue.unanswered()) == ([None], None, 1)


def test_closing_ends_the_rest() -> None:
    """Nobody waits for a camera that rests when the program ends."""
    queue = TriggerQueue()
    resting = threading.Thread(target=queue.rest, args=(3600,))
    resting.start()
    queue.close()
    resting.join(90)
    assert not resting.is_alive()


def test_each_pulse_of_the_sensor_is_one_motion_trigger(pins: MockFactory) -> None:
    """The real gpiozero on a pin: the rising edge counts, not how long it lasts."""
    queue = TriggerQueue()
    pin = pins.pin(17)
    with motion(17, queue):
        for count in (1, 2, 3):
            pulse(pin)
            assert queue.unanswered() == count
    triggering = queue.get()
    assert triggering is not None
    assert (triggering.trigger, triggering.count) == (Trigger.MOTION, 3)
    assert triggering.instant <= time.monotonic()


def test_the_pin_is_free_again_afterwards(pins: MockFactory) -> None:
    """Nothing holds the pin, and no trigger comes, when motion is no longer watched."""
    queue = TriggerQueue()
    with motion(17, queue):
        pass
    with motion(17, queue):
        pulse(pins.pin(17))
    assert queue.unanswered() == 1


def test_a_sensor_that_sees_something_at_the_start_triggers_at_once(pins: MockFactory) -> None:
    """Somebody stands there already."""
    queue = TriggerQueue()
    pins.pin(17, HeldPin).drive_high()
    with motion(17, queue):
        assert queue.unanswered() == 1
        pins.pin(17).drive_low()
        pulse(pins.pin(17))
    assert queue.unanswered() == 2


# --- a contact


def test_a_contact_that_bounces_is_one_trigger(pins: MockFactory) -> None:
    """The real gpiozero; held down it stays one."""
    queue = TriggerQueue()
    with low(18, queue, debounce=30):  # however slowly this machine bounces
        pin = pins.pin(18)
        for _ in range(10):
            pin.drive_low()
            pin.drive_high()
        pin.drive_low()
        triggering = queue.get()
        assert triggering is not None
        assert (triggering.trigger, triggering.count) == (Trigger.GPIO, 1)
        assert queue.unanswered() == 0


def test_a_contact_that_is_closed_at_the_start_is_no_event(pins: MockFactory) -> None:
    """A gate that stands open takes no photo; its next closing does."""
    queue = TriggerQueue()
    pins.pin(18, HeldPin).drive_low()
    with low(18, queue, debounce=0):
        assert queue.unanswered() == 0
        pins.pin(18).drive_high()
        pins.pin(18).drive_low()
        assert queue.unanswered() == 1


def test_no_wait_means_every_edge(pins: MockFactory) -> None:
    queue = TriggerQueue()
    with low(18, queue, debounce=0):
        for _ in range(5):
            pins.pin(18).drive_low()
            pins.pin(18).drive_high()
    assert queue.unanswered() == 5


bounces = st.lists(st.floats(0, 0.02), max_size=8).filter(lambda gaps: len(gaps) % 2 == 0)


@given(
    presses=st.lists(
        st.tuples(st.floats(0.35, 60), bounces, st.floats(0.01, 60), bounces), max_size=6
    )
)
def test_each_press_counts_once_however_it_bounces(
    presses: list[tuple[float, list[float], float, list[float]]],
) -> None:
    """Open for a while, closing with bounces, held for long or short, opening with bounces."""
    debounce, now, counted = Debounce(0.3), 0.0, 0
    for open_for, closing, held, opening in presses:
        now += open_for
        counted += debounce.close(now)
        now, more = bounce(debounce, now, closing, closed=True)
        assert more == 0
        now += held
        debounce.open(now)
        now, more = bounce(debounce, now, opening, closed=False)
        assert more == 0
    assert counted == len(presses)


def bounce(debounce: Debounce, now: float, gaps: list[float], closed: bool) -> tuple[float, int]:
    """The contact changes after each gap; returns the time and how many closings counted."""
    counted = 0
    for gap in gaps:
        now, closed = now + gap, not closed
        if closed:
            counted += debounce.close(now)
        else:
            debounce.open(now)
    return now, counted


def test_a_flood_from_many_threads_is_counted(pins: MockFactory) -> None:
    """Nothing is forgotten, whoever takes meanwhile."""
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
    assert (sum(taken), queue.unanswered()) == (4000, 0)


def test_beats_keep_to_the_grid_however_late_each_comes() -> None:
    """Delays don't add up, and a beat that was missed is skipped: the next is on the grid."""
    clock = FakeClock(delays=[0.0, 0.3, 0.0, 2.6, 0.1])
    six = islice(beats(10.0, clock, clock.wait), 6)
    assert list(six) == pytest.approx([0, 10, 20.3, 30, 42.6, 50.1])

    late = FakeClock()
    got = beats(10.0, late, late.wait)
    assert next(got) == 0.0
    late.now = 37.0  # the machine was busy for three beats
    assert next(got) == 40.0
    assert next(got) == 50.0


@given(
    st.floats(0.1, 1e5),
    st.lists(st.floats(0, 1e6), min_size=1, max_size=20),
)
def test_beats_never_bunch(seconds: float, delays: list[float]) -> None:
    """However long each beat is held up, two beats lie at least one grid line apart."""
    clock = FakeClock()
    got = beats(seconds, clock, clock.wait)
    last = round(next(got) / seconds)
    for delay in delays:
        clock.now += delay
        line = round(next(got) / seconds)
        assert line > last
        last = line


def test_beats_end_when_they_are_told() -> None:
    """`wait` returns True when it is time to stop."""
    assert list(beats(10.0, FakeClock(), lambda seconds: True)) == [0.0]


def test_the_timer_triggers_a_schedule_at_once_and_ends() -> None:
    """The first photo comes at the start; nothing runs on afterwards."""
    queue = TriggerQueue()
    with timer(3600, queue):
        triggering = queue.get()
    assert triggering is not None
    assert triggering.trigger is Trigger.SCHEDULE
    assert not [thread for thread in threading.enumerate() if thread.name == "timer"]


class FakeClock:
    """Time that passes only where somebody waits, and each wait comes back late by the next of
    `delays` seconds."""

    def __init__(self, delays: list[float] | None = None) -> None:
        self.now = 0.0
        self._delays: Iterator[float] = iter(delays or [])

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> bool:
        self.now += seconds + next(self._delays, 0.0)
        return False


def last_index(kinds: list[Trigger], kind: Trigger) -> int:
    return max(index for index, one in enumerate(kinds) if one is kind)
