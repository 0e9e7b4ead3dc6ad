"""The triggers that wait for a camera."""

import threading
from collections import Counter
from dataclasses import dataclass, replace

from photo_wire.headers import Trigger
from photo_wire.motion import Box
from pi_uploader.triggers.photo_request import PhotoRequest

CONFIRMABLE = (Trigger.MOTION, Trigger.GPIO)  # the triggers that the picture can confirm
ENDING = "the capture process is ending"


@dataclass(frozen=True, slots=True)
class TriggerEvent:
    """One trigger at `monotonic` (seconds of `time.monotonic`), or the last of `count` of its
    kind. `request` is set if somebody waits for the photo, `box` is where motion was in the picture
    if that was the trigger. `is_further`: it has a photo already, and gets one more."""

    trigger: Trigger
    monotonic: float
    count: int = 1
    request: PhotoRequest | None = None
    box: Box | None = None
    is_further: bool = False

    @property
    def description(self) -> str:
        """The trigger or triggers in the words of a log."""
        if self.count == 1:
            return f"a {self.trigger} trigger"
        return f"{self.count} {self.trigger} triggers"


class TriggerQueue:
    """The triggers of one camera that are not handled yet, one entry for each kind, and one for
    each request.

    What comes while the camera is busy is merged into the waiting entry of its kind and counted. So
    a flood takes no memory, and no trigger is forgotten. Any thread may call any method.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: dict[Trigger | PhotoRequest, TriggerEvent] = {}
        self._closed = threading.Event()
        self._counts: Counter[Trigger] = Counter()

    def put(self, event: TriggerEvent) -> None:
        """Add a trigger. Never waits for the camera."""
        with self._changed:
            self._counts[event.trigger] += event.count
            key = event.request or event.trigger
            earlier = self._waiting.get(key)
            if earlier:
                event = _merge(earlier, event)
            self._waiting[key] = event
            self._changed.notify()
            if event.request and self._closed.is_set():
                event.request.fail(ENDING)

    def get(self, timeout: float | None = None) -> TriggerEvent | None:
        """Wait for a trigger and remove it, the kind that waits longest first. Return None if the
        queue is closed, or if none came within `timeout` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed.is_set(), timeout)
            if self._closed.is_set() or not self._waiting:
                return None
            return self._waiting.pop(next(iter(self._waiting)))

    def count(self, trigger: Trigger) -> int:
        """Return how many triggers of this kind came, whatever becomes of them."""
        return self._counts[trigger]

    @property
    def is_closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed.is_set()

    def close(self) -> None:
        """Make `get` and `sleep` return at once, from now on. Requests that wait fail."""
        with self._changed:
            self._closed.set()
            self._changed.notify_all()
            for event in self._waiting.values():
                if event.request:
                    event.request.fail(ENDING)

    def sleep(self, seconds: float) -> bool:
        """Wait for these seconds, or until the queue is closed; return whether it is. Triggers are
        still counted."""
        return self._closed.wait(seconds)

    def unhandled(self) -> int:
        """Return how many triggers wait."""
        with self._changed:
            return sum(one.count for one in self._waiting.values())


def _merge(earlier: TriggerEvent, later: TriggerEvent) -> TriggerEvent:
    """Return the later event, which counts for both. What the picture showed is kept: a motion
    sensor that triggers after it knows less."""
    count = earlier.count + later.count
    if earlier.box and not later.box:
        return replace(earlier, count=count)
    return replace(later, count=count)
