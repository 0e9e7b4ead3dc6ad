"""The heartbeat that the next upload carries, so that it needs no request of its own."""

import threading
from collections.abc import Callable

from pi_uploader.client import CarriedHeartbeat


class HeartbeatCarrier:
    """Hands heartbeats from the agent to the upload threads, and their replies back. Nobody waits
    in it. Threads share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._offered: str | None = None
        self._carried: CarriedHeartbeat | None = None
        self._has_sent = False
        self._on_reply: Callable[[], object] = lambda: None

    # --- the agent

    def on_reply(self, callback: Callable[[], object]) -> None:
        """Call this, in an upload thread, when a reply has come."""
        self._on_reply = callback

    def has_sent(self) -> bool:
        """Return whether a photo was sent since the last call."""
        with self._lock:
            has_sent, self._has_sent = self._has_sent, False
            return has_sent

    def offer(self, header: str) -> None:
        """Let the next upload carry this heartbeat."""
        with self._lock:
            self._offered = header

    def withdraw(self) -> bool:
        """Offer nothing any more. Return whether an upload carries the heartbeat at this moment."""
        with self._lock:
            self._offered = None
            return self._carried is not None and self._carried.reply is None

    def take_reply(self) -> str | None:
        """Return the reply to the heartbeat that was carried, once; None if none has come."""
        with self._lock:
            if self._carried is None or self._carried.reply is None:
                return None
            reply, self._carried = self._carried.reply, None
            return reply

    # --- the upload

    def take(self) -> CarriedHeartbeat | None:
        """Return the heartbeat that this upload is to carry, if there is one. Whoever gets it has
        to call `settle`."""
        with self._lock:
            self._has_sent = True
            if self._offered is None or self._carried is not None:
                return None
            self._carried, self._offered = CarriedHeartbeat(self._offered), None
            return self._carried

    def settle(self, carried: CarriedHeartbeat) -> None:
        """Record that the upload has ended."""
        with self._lock:
            if carried.reply is None:
                self._carried = None
                return
        self._on_reply()
