"""The capture process of the simulated device: the real program on gpiozero's mock pins.

`python -m local.device` is `pi-uploader capture` on a machine without pins. The motion sensor's pin
is driven again and again; everything from the trigger on is what runs on a Pi. Where motion is
looked for in the picture, the sensor detects who is in it. The upload process needs no pins, and is
started as it is.
"""

import os
import sys
import threading
import time
from collections.abc import Callable, Mapping

from gpiozero import Device
from gpiozero.pins.mock import MockFactory, MockPin

from pi_uploader.cameras.simulated.scene import VISIT_EVERY, find_visit
from pi_uploader.cli import main as pi_uploader

_START_SECONDS = 1.0  # from the sensor's opening until the first movement
_HIGH_SECONDS = 0.5  # that a PIR sensor keeps the pin high; the rising edge is the trigger
_LOOK_SECONDS = 0.5  # between two looks while it detects nothing
_WIND_SECONDS = 24.0  # after the begin of a visit

Detects = Callable[[float, float], bool]
"""Returns whether the sensor detects something, given the Unix times of its last look and now."""


def main() -> int:
    """Run `pi-uploader capture` until a signal ends it, and return its exit code. The environment's
    LOCAL_MOTION_EVERY is the time from one movement to the next (seconds, 5 by default)."""
    interval = float(os.environ.get("LOCAL_MOTION_EVERY", "5"))
    Device.pin_factory = MockFactory()
    pin = Device.pin_factory.pin(int(os.environ.get("PIR_PIN", "17")))
    detects = detects_by_settings(os.environ)
    thread = threading.Thread(target=_simulate_motion, args=(pin, interval, detects), daemon=True)
    thread.start()
    return pi_uploader(["capture"])


def detects_by_settings(environ: Mapping[str, str]) -> Detects:
    """Return what the sensor detects: something always, unless the picture is watched for motion.
    Then it detects visitors, and warm wind if the picture has to confirm what it detects."""
    if environ.get("CAMERA_CONFIRM", "off") != "off":
        return lambda since, now: sees_visitor(now) or feels_wind(since, now)
    if environ.get("CAMERA_MOTION", "off") != "off" and "CAMERA_REPLAY" not in environ:
        return lambda since, now: sees_visitor(now)
    return lambda since, now: True


def sees_visitor(now: float) -> bool:
    """Return whether all of a visitor is in the watched scene at a Unix time, and stays for a
    second."""
    visit = find_visit(now, is_watched=True)
    return visit is not None and 0.2 <= visit.progress <= 0.7


def feels_wind(since: float, now: float) -> bool:
    """Return whether warm wind, of which the picture shows nothing, came between two Unix times:
    once in the middle of each pause between visits."""
    return (since - _WIND_SECONDS) // VISIT_EVERY != (now - _WIND_SECONDS) // VISIT_EVERY


def _simulate_motion(pin: MockPin, interval: float, detects: Detects) -> None:
    while pin.when_changed is None:  # the program has not opened the sensor yet
        time.sleep(_LOOK_SECONDS)
    time.sleep(_START_SECONDS)
    since = time.time()
    while True:
        now = time.time()
        if detects(since, now):
            pin.drive_high()
            time.sleep(_HIGH_SECONDS)
            pin.drive_low()
            time.sleep(max(interval - _HIGH_SECONDS, _HIGH_SECONDS))
        else:
            time.sleep(_LOOK_SECONDS)
        since = now


if __name__ == "__main__":
    sys.exit(main())
