"""Whose notifications are sent next. Few processes send at a time, so a person has one of them at
most, and those whose channels do not work leave some for the others."""

import threading

from function_app.notify.notification import Trust

MAX_PROCESSES = 3  # in an instance of 512 MB: one with Apprise has 60 MB


class SenderSlots:
    """Places to send. A person has one, and one who waits for it. Of three places, channels that
    are new or fail have two, and those that fail one. Threads share it."""

    def __init__(self, count: int = MAX_PROCESSES) -> None:
        self._count = count
        self._held: dict[str, Trust] = {}
        self._waiting: dict[str, Trust] = {}  # in the order of their arrival
        self._changed = threading.Condition()

    def take(self, person: str, trust: Trust, timeout: float) -> bool:
        """Take a place, and return whether there was one within `timeout` seconds. If the person
        waits for one already, return False at once: whoever has ten channels that hang occupies no
        more than two threads."""
        with self._changed:
            if person in self._waiting:
                return False
            self._waiting[person] = trust
            is_next = self._changed.wait_for(lambda: self._next() == person, timeout)
            del self._waiting[person]
            if is_next:
                self._held[person] = trust
            self._changed.notify_all()
            return is_next

    def give_back(self, person: str) -> None:
        """Give the person's place back."""
        with self._changed:
            del self._held[person]
            self._changed.notify_all()

    def is_wanted(self, person: str) -> bool:
        """Return whether somebody waits who could have the place of this person."""
        with self._changed:
            return any(one != person for one in self._waiting)

    def _next(self) -> str | None:
        """Return who may take a place now: of those with the most trust the first that came."""
        fitting = [one for one, trust in self._waiting.items() if self._has_room(one, trust)]
        return min(fitting, key=lambda one: self._waiting[one], default=None)

    def _has_room(self, person: str, trust: Trust) -> bool:
        if person in self._held:
            return False
        for level in range(trust + 1):
            used = sum(held >= level for held in self._held.values())
            if used >= max(self._count - level, 1):
                return False
        return True
