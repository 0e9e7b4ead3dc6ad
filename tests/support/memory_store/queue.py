"""A queue in memory."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from function_app.storage.models import QueuedMessage


class MemoryQueue:
    """Queue in a list. `clock` says when a text may be received; `kept` has those that are not
    removed."""

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.kept: list[QueuedMessage] = []
        self._due: dict[str, datetime] = {}
        self._clock = clock
        self._lock = threading.Lock()
        self._written = 0

    @property
    def texts(self) -> list[str]:
        return [one.text for one in self.kept]

    def put(self, text: str, delay: timedelta = timedelta(0)) -> None:
        with self._lock:
            one = QueuedMessage(text, self._next(), self._next(), 0)
            self._due[one.id] = self._clock() + delay
            self.kept.append(one)

    def begin_put(self, text: str) -> None:
        """Nothing can be begun here."""

    def receive(self, count: int, hidden: timedelta) -> list[QueuedMessage]:
        assert 1 <= count <= 32
        now = self._clock()
        received: list[QueuedMessage] = []
        with self._lock:
            for at, one in enumerate(self.kept):
                if len(received) < count and self._due[one.id] <= now:
                    self._due[one.id] = now + hidden
                    self.kept[at] = replace(one, receipt=self._next(), count=one.count + 1)
                    received.append(self.kept[at])
        return received

    def remove(self, message: QueuedMessage) -> None:
        with self._lock:
            self.kept = [one for one in self.kept if one.receipt != message.receipt]

    def _next(self) -> str:
        self._written += 1
        return str(self._written)
