"""The watchdog: whoever keeps this process running ends it when it is no longer heard of.

systemd (WatchdogSec=) and `pi-uploader run` both do. That a process lives says nothing of its
health: a camera may hang in its driver, a thread may have died. So each loop says, whenever it
begins something, within how many seconds it will be heard of again, waits included; the process is
heard of only while every loop keeps its word.
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

Heartbeat = Callable[[float], None]
"""How a loop gives its word: it will call this again within so many seconds."""

log = logging.getLogger("watchdog")


def no_heartbeat(seconds: float) -> None:
    """The word of a loop for which nobody listens."""


class Watchdog:
    """The words that the loops of this process have given."""

    def __init__(self, clock: Clock = SYSTEM_CLOCK) -> None:
        self._clock = clock
        self._back_by: dict[str, float] = {}

    def watch(self, loop: str) -> Heartbeat:
        """What this loop gives its word with. It counts from its first word on."""

        def heartbeat(seconds: float) -> None:
            self._back_by[loop] = self._clock.monotonic() + seconds

        return heartbeat

    def overdue(self) -> list[str]:
        """The loops that have not kept their word."""
        now = self._clock.monotonic()
        return [loop for loop, back_by in list(self._back_by.items()) if back_by < now]

    def ready(self, environ: Mapping[str, str] = os.environ) -> None:
        """Say that the process does what it is for, where somebody has asked (sd_notify(3))."""
        SystemdNotifier(environ).tell("READY=1")

    def report(self, environ: Mapping[str, str] = os.environ) -> None:
        """Say from now on, in a thread, that the process is well, as long as it is. Does nothing
        where nobody has asked for it (sd_watchdog_enabled(3))."""
        keeper = SystemdNotifier(environ)
        if keeper.patience is not None:
            every = keeper.patience / 3
            threading.Thread(
                target=self._report, args=(keeper, every), name="watchdog", daemon=True
            ).start()

    def _report(self, keeper: "SystemdNotifier", every: float) -> None:
        while not (overdue := self.overdue()):
            keeper.tell("WATCHDOG=1")
            time.sleep(every)
        log.error("%s hangs; the process has to be started again", " and ".join(overdue))


class SystemdNotifier:
    """Who keeps this process running, as it says in the environment. `patience`: seconds after
    which it takes silence for a hang; None if it does not listen for that."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._address = environ.get("NOTIFY_SOCKET", "")
        asked = environ.get("WATCHDOG_USEC", "")
        mine = environ.get("WATCHDOG_PID", "") in ("", str(os.getpid()))
        listens = self._address and mine and asked.isdigit() and int(asked) > 0
        self.patience = int(asked) / 1e6 if listens else None

    def tell(self, word: str) -> None:
        """Send one word. A keeper that is gone or busy is not waited for."""
        if not self._address:
            return
        address = self._address.replace("@", "\0", 1) if self._address[0] == "@" else self._address
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.setblocking(False)
            line.sendto(word.encode(), address)


class WatchdogListener:
    """Listens, as systemd would, to a process that this one keeps running. Only Linux can do it
    so: the address is one without a file. Elsewhere every process seems well."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._line: socket.socket | None = None
        if sys.platform == "linux":
            self._line = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._line.setblocking(False)
            self._line.bind("")

    @property
    def environ(self) -> dict[str, str]:
        """The environment of a process that is to be listened to."""
        inherited = {name: value for name, value in os.environ.items() if name != "WATCHDOG_PID"}
        if self._line is None:
            return inherited
        address = self._line.getsockname().decode().replace("\0", "@", 1)
        asked = {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": f"{self._patience * 1e6:.0f}"}
        return inherited | asked

    def has_heard(self) -> bool:
        """Whether the process has said anything since this was asked last."""
        if self._line is None:
            return True
        heard = False
        with suppress(BlockingIOError):
            while self._line.recv(64):
                heard = True
        return heard
