"""A pin as gpiozero's edge-driven input."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pi_uploader.settings.setting import SettingsError

if TYPE_CHECKING:
    from gpiozero import DigitalInputDevice


@contextmanager
def open_pin(setting: str, pin: int, pull_up: bool) -> Iterator["DigitalInputDevice"]:
    """The pin with this BCM number, named by `setting`, until the end of the block. With `pull_up`
    it is active when it is pulled LOW, else when it is high."""
    from gpiozero import DigitalInputDevice, PinFactoryFallback

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PinFactoryFallback)  # what counts is whether one is found
        try:
            device = DigitalInputDevice(pin, pull_up=pull_up)
        except ImportError as error:  # gpiozero's BadPinFactory is one, too
            raise SettingsError(
                [
                    f"{setting}: pin {pin} cannot be used ({error}); on a Pi install python3-lgpio "
                    f"and give the venv the system's packages; elsewhere set {setting}=none"
                ]
            ) from error
    try:
        yield device
    finally:
        device.close()
