"""The watchdog: whatever keeps this process running ends it when it stops sending keep-alives.

systemd (WatchdogSec=) and `pi-uploader run` both do. A process that is alive may still be stuck: a
camera hangs in its driver, or a thread has died. So each loop announces, whenever it begins
something, within how many seconds its next keep-alive will come, waits included. The process
reports itself alive only while every loop is on time.
"""

import logging
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

from pi_uploader.clock import SYSTEM_CLOCK, Clock

KeepAlive = Callable[[float], None]
"""Announces that the loop calls it again within this many seconds."""

log = logging.getLogger("watchdog")


def no_keep_alive(seconds: float) -> None:
    """No-op keep-alive."""


class Watchdog:
    """The deadlines that the loops of this process have announced."""

    def __init__(self, clock: Clock = SYSTEM_CLOCK) -> None:
        self._clock = clock
        self._deadlines: dict[str, float] = {}  # monotonic seconds, by the name of the loop

    def watch(self, loop: str) -> KeepAlive:
        """Return the keep-alive of this loop, which is watched from its first call on."""

        def keep_alive(seconds: float) -> None:
            self._deadlines[loop] = self._clock.monotonic() + seconds

        return keep_alive

    def overdue(self) -> list[str]:
        """Return the names of the loops that have missed their deadline."""
        now = self._clock.monotonic()
        return [loop for loop, deadline in list(self._deadlines.items()) if deadline < now]

    def notify_ready(self, environ: Mapping[str, str] = os.environ) -> None:
        """Notify systemd that the process does its work, if it listens (sd_notify(3))."""
        SystemdNotifier(environ).send("READY=1")

    def start(self, environ: Mapping[str, str] = os.environ) -> None:
        """Report in a thread that the process is alive, as long as no loop is overdue. Does nothing
        if no watchdog is enabled. It reports twice in its time, as sd_watchdog_enabled(3) says."""
        notifier = SystemdNotifier(environ)
        if notifier.timeout is not None:
            interval = notifier.timeout / 2
            threading.Thread(
                target=self._report, args=(notifier, interval), name="watchdog", daemon=True
            ).start()

    def _report(self, notifier: "SystemdNotifier", interval: float) -> None:
        while not (overdue := self.overdue()):
            notifier.send("WATCHDOG=1")
            time.sleep(interval)
        log.error("%s hangs; the process has to be started again", " and ".join(overdue))


class SystemdNotifier:
    """Sends messages to what keeps this process running, as its environment describes it.

    `timeout`: the seconds without a message after which it ends the process; None if it does not.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._address = environ.get("NOTIFY_SOCKET", "")
        microseconds = environ.get("WATCHDOG_USEC", "")
        is_for_us = environ.get("WATCHDOG_PID", "") in ("", str(os.getpid()))
        is_enabled = self._address and is_for_us and microseconds.isdigit() and int(microseconds)
        self.timeout = int(microseconds) / 1e6 if is_enabled else None

    def send(self, message: str) -> None:
        """Send a message such as `READY=1`. Never waits for a receiver that is gone or busy."""
        if not self._address:
            return
        address = self._address.replace("@", "\0", 1) if self._address[0] == "@" else self._address
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as connection:
            connection.setblocking(False)
            connection.sendto(message.encode(), address)


class WatchdogListener:
    """Receives the messages of a child process, as systemd would.

    This needs Linux's abstract socket addresses. Elsewhere every process seems alive.
    """

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._socket: socket.socket | None = None
        if sys.platform == "linux":
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._socket.setblocking(False)
            self._socket.bind("")

    @property
    def environ(self) -> dict[str, str]:
        """The environment for the child process."""
        inherited = {name: value for name, value in os.environ.items() if name != "WATCHDOG_PID"}
        if self._socket is None:
            return inherited
        address = self._socket.getsockname().decode().replace("\0", "@", 1)
        watchdog = {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": f"{self._timeout * 1e6:.0f}"}
        return inherited | watchdog

    def has_received(self) -> bool:
        """Return whether a message came since the last call."""
        if self._socket is None:
            return True
        received = False
        with suppress(BlockingIOError):
            while self._socket.recv(64):
                received = True
        return received
