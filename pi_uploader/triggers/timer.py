"""A photo every so many seconds, on the monotonic clock: no step of the wall clock matters."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from photo_wire.headers import Trigger
from pi_uploader.triggers.queue import TriggerEvent, TriggerQueue
from pi_uploader.watchdog import Heartbeat, unwatched

LATEST = 60.0  # seconds that a beat may be late on a busy machine; more is a hang


@contextmanager
def timer(
    seconds: float, queue: TriggerQueue, back_within: Heartbeat = unwatched
) -> Iterator[None]:
    """Put a schedule trigger into the queue every `seconds`, the first at once."""
    stopped = threading.Event()

    def beat() -> None:
        for instant in beats(seconds, time.monotonic, stopped.wait):
            back_within(seconds + LATEST)
            queue.put(TriggerEvent(Trigger.SCHEDULE, instant))

    thread = threading.Thread(target=beat, name="timer", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()


def beats(
    seconds: float, clock: Callable[[], float], wait: Callable[[float], bool]
) -> Iterator[float]:
    """The instants of a beat every `seconds`, each as the clock shows it when it comes.

    `wait(seconds)` waits, and says whether to stop. Every beat is a whole number of `seconds` after
    the first, so that delays don't add up. Beats that were missed (the machine was busy) are left
    out, not made up for.
    """
    start = clock()
    count = 0
    now = start
    while True:
        yield now
        count = max(count, int((clock() - start) / seconds)) + 1
        while (now := clock()) < start + count * seconds:
            if wait(start + count * seconds - now):
                return
