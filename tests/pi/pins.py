"""A pin of gpiozero's MockFactory that counts how often it is looked at."""

from collections.abc import Callable

from gpiozero.pins.mock import MockPin

from tests.waiting import wait_for


class WatchedPin(MockPin):  # type: ignore[misc]  # gpiozero has no types
    """`looks` since the pin last changed: two of them, and a poller has acted on the first."""

    looks = 0

    def drive_high(self) -> None:
        super().drive_high()
        self.looks = 0

    def drive_low(self) -> None:
        super().drive_low()
        self.looks = 0

    def _get_state(self) -> int:
        self.looks += 1
        state: int = super()._get_state()
        return state


def pulse(pin: WatchedPin, seen: Callable[[], bool] = lambda: True) -> None:
    """A pulse that lasts until gpiozero has read it and it was `seen`, and then calm."""
    wait_for(lambda: pin.looks > 1, what="somebody who watches the pin")
    pin.drive_high()
    wait_for(lambda: pin.looks > 1 and seen(), what="the pulse")
    pin.drive_low()
    wait_for(lambda: pin.looks > 1, what="calm")
