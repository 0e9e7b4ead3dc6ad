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
def motion_trigger(pin: int, queue: TriggerQueue) -> Iterator["DigitalInputDevice"]:
    """Put a motion trigger into the queue whenever the sensor on `pin` (BCM number) begins to
    detect motion; also at once, if it detects some at the start.

    The rising edge counts, so a pulse of 20 ms is enough. gpiozero's MotionSensor polls ten times a
    second and would miss nine of ten such pulses. Raises as `open_pin` does.
    """
    with open_pin("PIR_PIN", pin, pull_up=False) as sensor:
        # gpiozero calls this in the thread that reads the edges: taking a photo here would miss
        # those that come meanwhile.
        def put_trigger() -> None:
            queue.put(TriggerEvent(Trigger.MOTION, time.monotonic()))

        sensor.when_activated = put_trigger
        if sensor.is_active:
            put_trigger()
        yield sensor
