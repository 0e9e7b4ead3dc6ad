"""Motion triggers, by the real gpiozero on mock pins."""

import time

from gpiozero.pins.mock import MockFactory

from photo_wire.headers import Trigger
from pi_uploader.triggers import TriggerQueue
from pi_uploader.triggers.motion import motion_trigger
from tests.support.pins import HeldPin, pulse


def test_each_pulse_of_the_sensor_is_one_motion_trigger(pins: MockFactory) -> None:
    """The rising edge counts, however short the pulse is."""
    queue = TriggerQueue()
    pin = pins.pin(17)
    with motion_trigger(17, queue):
        for count in (1, 2, 3):
            pulse(pin)
            assert queue.unhandled() == count
    triggering = queue.get()
    assert triggering is not None
    assert (triggering.trigger, triggering.count) == (Trigger.MOTION, 3)
    assert triggering.monotonic <= time.monotonic()


def test_the_pin_is_free_again_afterwards(pins: MockFactory) -> None:
    """Afterwards nothing uses the pin, and no trigger comes."""
    queue = TriggerQueue()
    with motion_trigger(17, queue):
        pass
    with motion_trigger(17, queue):
        pulse(pins.pin(17))
    assert queue.unhandled() == 1


def test_a_sensor_that_detects_motion_at_the_start_triggers_at_once(pins: MockFactory) -> None:
    """Somebody is already there."""
    queue = TriggerQueue()
    pins.pin(17, HeldPin).drive_high()
    with motion_trigger(17, queue):
        assert queue.unhandled() == 1
        pins.pin(17).drive_low()
        pulse(pins.pin(17))
    assert queue.unhandled() == 2
