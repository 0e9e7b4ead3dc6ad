"""The capture process of the simulated device: the real program on gpiozero's mock pins.

`python -m local.device` is `pi-uploader capture` on a machine without pins. The motion sensor's pin
is driven again and again; everything from the trigger on is what runs on a Pi. The upload process
needs no pins, and is started as it is.
"""

import os
import sys
import threading
import time

from gpiozero import Device
from gpiozero.pins.mock import MockFactory, MockPin

from pi_uploader.cli import main as pi_uploader

_START_SECONDS = 1.0  # until the first movement
_HIGH_SECONDS = 0.5  # that a PIR sensor keeps the pin high; the rising edge is the trigger


def main() -> int:
    """Run `pi-uploader capture` until a signal ends it, and return its exit code. The environment's
    LOCAL_MOTION_EVERY is the time from one movement to the next (seconds, 5 by default)."""
    interval = float(os.environ.get("LOCAL_MOTION_EVERY", "5"))
    Device.pin_factory = MockFactory()
    pin = Device.pin_factory.pin(int(os.environ.get("PIR_PIN", "17")))
    threading.Thread(target=_simulate_motion, args=(pin, interval), daemon=True).start()
    return pi_uploader(["capture"])


def _simulate_motion(pin: MockPin, interval: float) -> None:
    time.sleep(_START_SECONDS)
    while True:
        pin.drive_high()
        time.sleep(_HIGH_SECONDS)
        pin.drive_low()
        time.sleep(max(interval - _HIGH_SECONDS, _HIGH_SECONDS))


if __name__ == "__main__":
    sys.exit(main())
