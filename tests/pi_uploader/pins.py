"""gpiozero's pins without hardware."""

from gpiozero.pins.mock import MockPin

from tests.support.waiting import wait_for


class HeldPin(MockPin):  # type: ignore[misc]  # gpiozero has no types
    """A pin that something outside holds where it is, stronger than its own resistor."""

    def _set_pull(self, value: str) -> None:
        self._pull = value


def is_watched(pin: MockPin) -> bool:
    """Whether somebody hears of the pin's edges."""
    return pin.when_changed is not None


def pulse(pin: MockPin) -> None:
    """Up, and down again at once, when somebody watches."""
    wait_for(lambda: is_watched(pin), what="somebody who watches the pin")
    pin.drive_high()
    pin.drive_low()
