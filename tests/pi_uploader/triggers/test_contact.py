"""Contact triggers: debouncing, and the real gpiozero on mock pins."""

from gpiozero.pins.mock import MockFactory
from hypothesis import given
from hypothesis import strategies as st

from photo_wire.headers import Trigger
from pi_uploader.triggers import TriggerQueue
from pi_uploader.triggers.contact import Debounce, contact_trigger
from tests.support.pins import HeldPin


def test_a_contact_that_bounces_is_one_trigger(pins: MockFactory) -> None:
    """Held closed, it stays one."""
    queue = TriggerQueue()
    with contact_trigger(18, queue, debounce=30):  # however slowly this machine bounces
        pin = pins.pin(18)
        for _ in range(10):
            pin.drive_low()
            pin.drive_high()
        pin.drive_low()
        triggering = queue.get()
        assert triggering is not None
        assert (triggering.trigger, triggering.count) == (Trigger.GPIO, 1)
        assert queue.unhandled() == 0


def test_a_contact_that_is_closed_at_the_start_is_no_event(pins: MockFactory) -> None:
    """A gate that stands open takes no photo; the next closing does."""
    queue = TriggerQueue()
    pins.pin(18, HeldPin).drive_low()
    with contact_trigger(18, queue, debounce=0):
        assert queue.unhandled() == 0
        pins.pin(18).drive_high()
        pins.pin(18).drive_low()
        assert queue.unhandled() == 1


def test_without_a_debounce_every_closing_is_a_trigger(pins: MockFactory) -> None:
    queue = TriggerQueue()
    with contact_trigger(18, queue, debounce=0):
        for _ in range(5):
            pins.pin(18).drive_low()
            pins.pin(18).drive_high()
    assert queue.unhandled() == 5


bounces = st.lists(st.floats(0, 0.02), max_size=8).filter(lambda gaps: len(gaps) % 2 == 0)


@given(
    presses=st.lists(
        st.tuples(st.floats(0.35, 60), bounces, st.floats(0.01, 60), bounces), max_size=6
    )
)
def test_each_press_counts_once_however_it_bounces(
    presses: list[tuple[float, list[float], float, list[float]]],
) -> None:
    """Each press: open for a while, closing with bounces, held, opening with bounces."""
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
    """Change the contact after each gap; return the time, and how many closings counted."""
    counted = 0
    for gap in gaps:
        now, closed = now + gap, not closed
        if closed:
            counted += debounce.close(now)
        else:
            debounce.open(now)
    return now, counted
