"""Motion, from a passive infrared sensor (PIR) on a pin.

Wiring: the sensor's VCC to 5 V, GND to ground, OUT to the pin.
"""

import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from photo_wire.headers import Trigger
from pi_uploader.settings import SettingsError
from pi_uploader.triggers.queue import Triggering, TriggerQueue

if TYPE_CHECKING:  # gpiozero costs a Pi Zero a second and some megabytes: only where a pin is used
    from gpiozero import MotionSensor

LOOKS_PER_SECOND = 50  # at gpiozero's 10 most pulses shorter than 0.1 s are missed


@contextmanager
def motion(pin: int, queue: TriggerQueue) -> Iterator["MotionSensor"]:
    """Put a motion trigger into the queue whenever the sensor on `pin` (BCM number) begins to see
    something.

    Raises SettingsError where pins cannot be used at all, and gpiozero's GPIOZeroError or the pin
    driver's own error where just this one cannot.
    """
    from gpiozero import MotionSensor, PinFactoryFallback

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PinFactoryFallback)  # what counts is whether one is found
        try:
            sensor = MotionSensor(pin, sample_rate=LOOKS_PER_SECOND)
        except ImportError as error:  # gpiozero's BadPinFactory is one, too
            raise SettingsError(
                [
                    f"PIR_PIN: pin {pin} cannot be used ({error}); on a Pi install python3-lgpio "
                    "and give the venv the system's packages; elsewhere set PIR_PIN=none"
                ]
            ) from error
    # Only a note is taken here: whoever captures in gpiozero's callback is blind meanwhile.
    sensor.when_motion = lambda: queue.put(Triggering(Trigger.MOTION, time.monotonic()))
    try:
        yield sensor
    finally:
        sensor.close()
