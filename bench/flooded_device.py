"""The capture process on a mock pin: each line on standard input is a movement.

`python -m bench.flooded_device` is `pi-uploader capture` on a machine without pins.
"""

import os
import sys
import threading

from gpiozero import Device
from gpiozero.pins.mock import MockFactory, MockPin

from pi_uploader.cli import main as pi_uploader


def main() -> int:
    Device.pin_factory = MockFactory()
    pin = Device.pin_factory.pin(int(os.environ["PIR_PIN"]))
    threading.Thread(target=_move, args=(pin,), daemon=True).start()
    return pi_uploader(["capture"])


def _move(pin: MockPin) -> None:
    for _ in sys.stdin:
        pin.drive_high()
        pin.drive_low()


if __name__ == "__main__":
    sys.exit(main())
