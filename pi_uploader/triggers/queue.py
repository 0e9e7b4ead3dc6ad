"""The triggers that wait for the camera."""

import threading
from dataclasses import dataclass, replace

from photo_wire.headers import Trigger


@dataclass(frozen=True, slots=True)
class TriggerEvent:
    """One trigger at one instant (seconds of `time.monotonic`), or the last of `count` of its
    kind."""

    trigger: Trigger
    instant: float
    count: int = 1


class TriggerQueue:
    """What was triggered and is not answered yet, one entry for each kind: what comes while the
    camera is busy is put together with what waits already, and counted. So a flood takes no
    memory, and no trigger vanishes.

    Any thread may call any method.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: dict[Trigger, TriggerEvent] = {}
        self._closed = threading.Event()

    def put(self, triggering: TriggerEvent) -> None:
        """Add a trigger. This never waits for the camera."""
        with self._changed:
            earlier = self._waiting.get(triggering.trigger)
            count = triggering.count + (earlier.count if earlier else 0)
            self._waiting[triggering.trigger] = replace(triggering, count=count)
            self._changed.notify()

    def get(self, longest: float | None = None) -> TriggerEvent | None:
        """Wait for a trigger and take it, the kind that waits longest first; None when closed, or
        when none came within `longest` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed.is_set(), longest)
            if self._closed.is_set() or not self._waiting:
                return None
            return self._waiting.pop(next(iter(self._waiting)))

    @property
    def is_closed(self) -> bool:
        return self._closed.is_set()

    def close(self) -> None:
        """Let `get` and `rest` return at once, now and ever after."""
        with self._changed:
            self._closed.set()
            self._changed.notify_all()

    def rest(self, seconds: float) -> bool:
        """Wait for so long, or until closed; returns whether it is. Triggers go on being
        counted."""
        return self._closed.wait(seconds)

    def unanswered(self) -> int:
        """How many triggers are waiting."""
        with self._changed:
            return sum(one.count for one in self._waiting.values())
