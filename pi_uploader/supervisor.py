"""`pi-uploader run`: capturing and uploading as two child processes, kept running.

They are processes and not threads, so that an upload that hangs never stops a capture.
"""

import ctypes
import logging
import os
import queue
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence

from pi_uploader.backoff import backoff
from pi_uploader.settings import MISCONFIGURED
from pi_uploader.signals import STOP_SIGNALS, on_signals
from pi_uploader.watchdog import WatchdogListener

MAX_DELAY = 60.0  # seconds before a restart
STEADY = 60.0  # seconds of life after which earlier crashes are forgotten
PATIENCE = 60.0  # seconds of silence after which a child hangs
GRACE = 8.0  # seconds from SIGTERM to SIGKILL: a photo in hand is kept by then
COMMANDS: Mapping[str, Sequence[str]] = {
    name: [sys.executable, "-m", "pi_uploader", name] for name in ("capture", "upload")
}
_PR_SET_PDEATHSIG = 1  # prctl(2)

log = logging.getLogger("run")


def run(
    commands: Mapping[str, Sequence[str]] = COMMANDS,
    grace: float = GRACE,
    patience: float = PATIENCE,
) -> int:
    """Keep these commands running, each under its name, until SIGTERM or SIGINT; then end them.

    A command that ends by itself is started again, after a delay that grows while it keeps ending
    young. One that exits with 78 is not: its settings are wrong, and the others go on without it.
    One that has not been heard of for `patience` seconds (pi_uploader/watchdog.py) is killed.
    Call this in the main thread. Returns the exit code: 78 if the settings of one were wrong, at
    once when none is left to run; else 0.
    """
    children = [Child(name, command, patience) for name, command in commands.items()]
    news: queue.SimpleQueue[int] = queue.SimpleQueue()
    with on_signals([*STOP_SIGNALS, signal.SIGCHLD], news.put):
        try:
            while True:
                for child in children:
                    child.look()
                if all(child.misconfigured for child in children):
                    return MISCONFIGURED
                if _next_signal(news, until=min(child.due for child in children)) in STOP_SIGNALS:
                    return MISCONFIGURED if any(one.misconfigured for one in children) else 0
        finally:
            _end(children, grace)


class Child:
    """A command that is kept running. `due` is the next instant (`time.monotonic`) at which
    `look` has something to do, unless a SIGCHLD says so before."""

    def __init__(self, name: str, command: Sequence[str], patience: float) -> None:
        self.name = name
        self.process: subprocess.Popen[bytes] | None = None
        self.misconfigured = False
        self.due = 0.0
        self._command = command
        self._patience = patience
        self._ear = WatchdogListener(patience)
        self._started = 0.0
        self._crashes = 0  # in a row, each before the child was steady

    def look(self) -> None:
        """See whether the child has ended or hangs, and start it if it is due."""
        if self.process and (code := self.process.poll()) is not None:
            self.process = None
            self._ended(code)
        if self.misconfigured or time.monotonic() < self.due:
            return
        if not self.process:
            self._start()
        elif self._ear.has_heard():
            self.due = time.monotonic() + self._patience
        else:
            log.error("%s hangs: not heard of for %g s; it is killed", self.name, self._patience)
            self.process.kill()
            self.due = float("inf")  # until the SIGCHLD

    def _start(self) -> None:
        self._started = time.monotonic()
        self.due = self._started + self._patience
        try:
            # Its own session keeps a Ctrl-C in the terminal from it: it is told to stop just once.
            self.process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                env=self._ear.environ,
                start_new_session=True,
                preexec_fn=_ends_with_parent(),
            )
        except OSError as error:
            self._restart_later(f"cannot be started: {error}")

    def _ended(self, code: int) -> None:
        if code == MISCONFIGURED:
            self.misconfigured, self.due = True, float("inf")
            log.error("%s does not run: its settings are wrong, see above", self.name)
            return
        if time.monotonic() - self._started >= STEADY:
            self._crashes = 0
        self._restart_later(f"ended with {code}" if code >= 0 else f"was ended by signal {-code}")

    def _restart_later(self, what_happened: str) -> None:
        self._crashes += 1
        delay = restart_delay(self._crashes)
        self.due = time.monotonic() + delay
        log.error("%s %s; it starts again in %g s", self.name, what_happened, delay)


def restart_delay(crashes: int) -> float:
    """Seconds to wait before a child starts again that crashed so many times in a row."""
    return backoff(crashes, 1.0, MAX_DELAY)


def _next_signal(news: "queue.SimpleQueue[int]", until: float) -> int | None:
    """The next signal; None if there is none until then (an instant of `time.monotonic`)."""
    try:
        if until == float("inf"):
            return news.get()
        return news.get(timeout=max(0.0, until - time.monotonic()))
    except queue.Empty:
        return None


def _end(children: Sequence[Child], grace: float) -> None:
    """End what still runs: all are asked at once, and killed if they are not done in time."""
    running = [(child.name, child.process) for child in children if child.process]
    for _, process in running:
        process.terminate()
    end = time.monotonic() + grace
    for name, process in running:
        try:
            process.wait(max(0.0, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.warning("%s did not end within %g s and is killed", name, grace)
            process.kill()
            process.wait()


def _ends_with_parent() -> Callable[[], None] | None:
    """What a child does before it begins, so that it gets a SIGTERM when this process is gone,
    whatever ended it. Only Linux can."""
    if sys.platform != "linux":
        return None
    libc, parent = ctypes.CDLL(None), os.getpid()

    def in_child() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM))
        if os.getppid() != parent:  # gone already, before the call
            os._exit(1)

    return in_child
