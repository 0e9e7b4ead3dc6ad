"""Let the upload threads sleep until there may be something to do."""

import logging
import math
import threading
from collections.abc import Callable
from pathlib import Path

from pi_uploader.spool.notification import Listener, notify
from pi_uploader.watchdog import KeepAlive, no_keep_alive

POLL_SECONDS = 60.0  # between two looks into the spool: a notification may be lost
UNNOTIFIED_POLL_SECONDS = 1.0  # the same, if there can be no notifications
CLOSE_SECONDS = 1.0  # at most, until a thread that was notified has ended
MARGIN_SECONDS = 60.0  # by which a keep-alive may come late: a worn card stalls for many seconds

log = logging.getLogger("upload")


class WakeUps:
    """Threads sleep here. A wake-up ends the sleep of one thread; if none sleeps, the next sleep
    ends at once, so that none is lost between a thread's last look and its sleep."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self.sleepers = 0  # threads that sleep now
        self._is_pending = False
        self._is_closed = False

    def wake(self) -> None:
        """Wake up one thread."""
        with self._condition:
            self._is_pending = True
            self._condition.notify()

    def close(self) -> None:
        """End every sleep, now and later."""
        with self._condition:
            self._is_closed = True
            self._condition.notify_all()

    def sleep(self, seconds: float) -> None:
        """Sleep for `seconds` (infinity: without a limit) or until a wake-up."""
        limit = None if seconds == math.inf else seconds
        with self._condition:
            self.sleepers += 1
            self._condition.wait_for(lambda: self._is_pending or self._is_closed, limit)
            self.sleepers -= 1
            self._is_pending = False


class NotificationThread:
    """Calls `on_notified` in a thread at each notification of the spool in `folder`, until it is
    closed, and `on_poll` once a minute, since one may be lost. Where notifications are not
    possible, it calls `on_notified` once a second, and tries again."""

    def __init__(
        self,
        folder: Path,
        on_notified: Callable[[], None],
        on_poll: Callable[[], None] = lambda: None,
        keep_alive: KeepAlive = no_keep_alive,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        self._folder = folder
        self._on_notified = on_notified
        self._on_poll = on_poll
        self._keep_alive = keep_alive
        self._poll_seconds = poll_seconds
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="notifications", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread, and with it the listener."""
        self._closed.set()
        notify(self._folder)
        self._thread.join(CLOSE_SECONDS)

    def _run(self) -> None:
        problem = ""
        while not self._closed.is_set():
            try:
                self._listen()
            except OSError as error:
                if problem != (error.strerror or str(error)):
                    problem = error.strerror or str(error)
                    log.warning(
                        "no notification of new photos (%s): the spool is read every second",
                        problem,
                    )
                self._keep_alive(UNNOTIFIED_POLL_SECONDS + MARGIN_SECONDS)
                self._closed.wait(UNNOTIFIED_POLL_SECONDS)
                self._on_notified()

    def _listen(self) -> None:
        with Listener(self._folder) as listener:
            self._on_notified()  # of what was put before
            while not self._closed.is_set():
                self._keep_alive(self._poll_seconds + MARGIN_SECONDS)
                if listener.wait(self._poll_seconds):
                    self._on_notified()
                else:
                    self._on_poll()
