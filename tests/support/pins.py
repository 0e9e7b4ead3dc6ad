"""gpiozero's mock pins."""

from gpiozero.pins.mock import MockPin

from tests.support.waiting import wait_for


class HeldPin(MockPin):  # type: ignore[misc]  # gpiozero has no types
    """A pin whose level is driven from outside, stronger than its pull resistor."""

    def _set_pull(self, value: str) -> None:
        self._pull = value


def is_watched(pin: MockPin) -> bool:
    """Return whether a program watches the pin's edges: gpiozero does before it is told what to
    call when the pin becomes active."""
    device = getattr(pin.when_changed, "__self__", None)
    return device is not None and device.when_activated is not None


def pulse(pin: MockPin) -> None:
    """Wait until a program watches the pin; then drive it high, and low at once."""
    wait_for(lambda: is_watched(pin), what="a program that watches the pin")
    pin.drive_high()
    pin.drive_low()
