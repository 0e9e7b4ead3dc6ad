"""A contact that pulls a pin LOW: a button, a relay, a gate.

Wiring: the contact between the pin and ground; the pin's own resistor pulls it up.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from photo_wire.headers import Trigger
from pi_uploader.triggers.pins import open_pin
from pi_uploader.triggers.queue import TriggerEvent, TriggerQueue

if TYPE_CHECKING:
    from gpiozero import DigitalInputDevice


class Debounce:
    """Distinguishes a contact that closes from one that bounces.

    A closing counts if the contact was open for at least `seconds` before. It counts at its first
    edge, so the photo is not delayed. A contact that is held closed counts once, and each bounce
    restarts the wait.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._is_closed = False
        self._last_edge = float("-inf")

    def close(self, now: float) -> bool:
        """Record that the contact closes at `now` (monotonic seconds); return whether it counts."""
        counts = not self._is_closed and now - self._last_edge >= self._seconds
        self._is_closed, self._last_edge = True, now
        return counts

    def open(self, now: float) -> None:
        """Record that the contact opens at `now` (monotonic seconds)."""
        self._is_closed, self._last_edge = False, now


@contextmanager
def contact_trigger(
    pin: int, queue: TriggerQueue, debounce: float = 0.3
) -> Iterator["DigitalInputDevice"]:
    """Put a gpio trigger into the queue whenever `pin` (BCM number) is pulled LOW: once for each
    closing of a contact that bounces for less than `debounce` seconds.

    A contact that is closed at the start triggers nothing: a gate that stands open is no event.
    Raises as `open_pin` does.
    """
    with open_pin("CAMERA_PIN", pin, pull_up=True) as contact:
        debounced = Debounce(debounce)
        if contact.is_active:
            debounced.close(time.monotonic())

        def on_close() -> None:
            now = time.monotonic()
            if debounced.close(now):
                queue.put(TriggerEvent(Trigger.GPIO, now))

        contact.when_deactivated = lambda: debounced.open(time.monotonic())
        contact.when_activated = on_close
        yield contact
