"""The simulated device's capture half: the real program on gpiozero's mock pins.

`python -m local.device` is `pi-uploader capture` on a machine without pins. Somebody walks past the
motion sensor again and again; all else, from the trigger's code on, is what runs on a Pi. The
uploading half needs no pins and is started as it is.
"""

import os
import sys
import threading
import time

from gpiozero import Device
from gpiozero.pins.mock import MockFactory, MockPin

from pi_uploader.cli import main as pi_uploader

_FIRST = 1.0  # seconds until somebody walks past for the first time
_LONG = 0.5  # seconds that the pin stays high, as a PIR sensor holds it; the rising edge triggers


def main() -> int:
    """Capture until a signal ends it. LOCAL_MOTION_EVERY is the time from one movement to the next
    (seconds, 5 by default)."""
    every = float(os.environ.get("LOCAL_MOTION_EVERY", "5"))
    Device.pin_factory = MockFactory()
    pin = Device.pin_factory.pin(int(os.environ.get("PIR_PIN", "17")))
    threading.Thread(target=_walk_past, args=(pin, every), daemon=True).start()
    return pi_uploader(["capture"])


def _walk_past(pin: MockPin, every: float) -> None:
    time.sleep(_FIRST)
    while True:
        pin.drive_high()
        time.sleep(_LONG)
        pin.drive_low()
        time.sleep(max(every - _LONG, _LONG))


if __name__ == "__main__":
    sys.exit(main())
