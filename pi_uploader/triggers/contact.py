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
    """Tells a contact that closes from one that bounces. `seconds`: how long it has to have been
    open before its closing counts.

    The first edge counts at once, so that no photo comes late for it; a contact that is held is
    one trigger, however long; each bounce begins the wait anew.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._is_closed = False
        self._last_edge = float("-inf")

    def close(self, instant: float) -> bool:
        """The contact closes at this instant (monotonic seconds); returns whether that counts."""
        counts = not self._is_closed and instant - self._last_edge >= self._seconds
        self._is_closed, self._last_edge = True, instant
        return counts

    def open(self, instant: float) -> None:
        """The contact opens."""
        self._is_closed, self._last_edge = False, instant


@contextmanager
def low(pin: int, queue: TriggerQueue, debounce: float = 0.3) -> Iterator["DigitalInputDevice"]:
    """Put a gpio trigger into the queue whenever `pin` (BCM number) is pulled LOW, once for each
    closing of a contact that bounces for less than `debounce` seconds.

    Raises as `motion` does. A contact that is closed already at the start triggers nothing: a gate
    that stands open is no event.
    """
    with open_pin("CAMERA_PIN", pin, pull_up=True) as contact:
        bounces = Debounce(debounce)
        if contact.is_active:
            bounces.close(time.monotonic())

        def closed() -> None:
            instant = time.monotonic()
            if bounces.close(instant):
                queue.put(TriggerEvent(Trigger.GPIO, instant))

        contact.when_activated = closed
        contact.when_deactivated = lambda: bounces.open(time.monotonic())
        yield contact
