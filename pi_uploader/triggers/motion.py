"""Motion, from a passive infrared sensor (PIR) on a pin.

Wiring: the sensor's VCC to 5 V, GND to ground, OUT to the pin.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from photo_wire.headers import Trigger
from pi_uploader.triggers.pins import open_pin
from pi_uploader.triggers.queue import TriggerEvent, TriggerQueue

if TYPE_CHECKING:  # gpiozero costs a Pi Zero a second and some megabytes: only where a pin is used
    from gpiozero import DigitalInputDevice


@contextmanager
def motion(pin: int, queue: TriggerQueue) -> Iterator["DigitalInputDevice"]:
    """Put a motion trigger into the queue whenever the sensor on `pin` (BCM number) begins to see
    something; also at once, if it sees something already.

    The edge counts: a pulse of 20 ms is seen, of which gpiozero's MotionSensor, which looks ten
    times a second, misses nine in ten. Raises SettingsError where pins cannot be used at all, and
    gpiozero's GPIOZeroError or the pin driver's own error where just this one cannot.
    """
    with open_pin("PIR_PIN", pin, pull_up=False) as sensor:
        # Only a note is taken here: whoever captures in gpiozero's callback is blind meanwhile.
        def note() -> None:
            queue.put(TriggerEvent(Trigger.MOTION, time.monotonic()))

        sensor.when_activated = note
        if sensor.is_active:
            note()
        yield sensor
