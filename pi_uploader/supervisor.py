"""`pi-uploader run`: capture and upload as two child processes that are kept running.

They are processes and not threads, so that an upload that hangs never stops a capture.
"""

import ctypes
import logging
import math
import os
import queue
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence

from pi_uploader.backoff import backoff
from pi_uploader.settings import MISCONFIGURED, without_secrets
from pi_uploader.signals import STOP_SIGNALS, on_signals
from pi_uploader.watchdog import WatchdogListener

FIRST_RESTART_SECONDS, MAX_RESTART_SECONDS = 1.0, 60.0
STABLE_SECONDS = 60.0  # of life, after which earlier crashes no longer count
HANG_SECONDS = 60.0  # without a keep-alive, after which a child is killed
STOP_SECONDS = 8.0  # from SIGTERM to SIGKILL; enough to store the photo being taken
COMMANDS: Mapping[str, Sequence[str]] = {
    name: [sys.executable, "-m", "pi_uploader", name] for name in ("capture", "upload")
}
SERVE: Mapping[str, Sequence[str]] = {"serve": [sys.executable, "-m", "pi_uploader", "serve"]}
"""The device's own page, beside these where it is configured."""
MQTT: Mapping[str, Sequence[str]] = {"mqtt": [sys.executable, "-m", "pi_uploader", "mqtt"]}
"""And the publisher to an MQTT broker."""
DETECT: Mapping[str, Sequence[str]] = {"detect": [sys.executable, "-m", "pi_uploader", "detect"]}
"""And what looks at the photos of motion, where a camera has a model."""
ENVIRONMENTS: Mapping[str, Mapping[str, str]] = {
    "capture": {"MALLOC_ARENA_MAX": "1"},
    "upload": {"MALLOC_ARENA_MAX": "1"},
    "serve": {"MALLOC_ARENA_MAX": "1"},
    "mqtt": {"MALLOC_ARENA_MAX": "1"},
    "detect": {"MALLOC_ARENA_MAX": "1", "OPENBLAS_NUM_THREADS": "1"},
}
"""Variables of a child that may be set otherwise outside: the same as in systemd/*.service."""
WITHOUT_SECRETS = frozenset(DETECT)
"""The children that get no key and no password: models are files that others made."""
_PR_SET_PDEATHSIG = 1  # prctl(2)

log = logging.getLogger("run")


def run(
    commands: Mapping[str, Sequence[str]] = COMMANDS,
    stop_seconds: float = STOP_SECONDS,
    hang_seconds: float = HANG_SECONDS,
) -> int:
    """Keep these commands running, each under its name, until SIGTERM or SIGINT; then end them.

    A command that exits is started again, after a delay that grows while it keeps crashing early.
    One that exits with 78 is not, since its settings are wrong; the others go on without it. One
    without a keep-alive (pi_uploader/watchdog.py) for `hang_seconds` is killed.

    Call this in the main thread. Returns the exit code: 78 if the settings of one were wrong, at
    once if none is left to run; else 0.
    """
    children = [Child(name, command, hang_seconds) for name, command in commands.items()]
    signals: queue.SimpleQueue[int] = queue.SimpleQueue()
    with on_signals([*STOP_SIGNALS, signal.SIGCHLD], signals.put):
        try:
            while True:
                for child in children:
                    child.poll()
                if all(child.is_misconfigured for child in children):
                    return MISCONFIGURED
                deadline = min(child.next_poll for child in children)
                if _next_signal(signals, deadline) in STOP_SIGNALS:
                    return MISCONFIGURED if any(one.is_misconfigured for one in children) else 0
        finally:
            _stop_all(children, stop_seconds)


class Child:
    """A command that is kept running. Call `poll` at `next_poll` (seconds of `time.monotonic`) and
    after each SIGCHLD."""

    def __init__(self, name: str, command: Sequence[str], hang_seconds: float) -> None:
        self.name = name
        self.process: subprocess.Popen[bytes] | None = None
        self.is_misconfigured = False
        self.next_poll = 0.0
        self._command = command
        self._hang_seconds = hang_seconds
        self._listener = WatchdogListener(hang_seconds)
        self._started_at = 0.0
        self._crashes = 0  # in a row, each before the child was stable

    def poll(self) -> None:
        """Check whether the child has exited or hangs, and start it if that is due."""
        if self.process and (code := self.process.poll()) is not None:
            self.process = None
            self._handle_exit(code)
        if self.is_misconfigured or time.monotonic() < self.next_poll:
            return
        if not self.process:
            self._start()
        elif self._listener.has_received():
            self.next_poll = time.monotonic() + self._hang_seconds
        else:
            log.error(
                "%s hangs: no keep-alive for %g s; it is killed", self.name, self._hang_seconds
            )
            self.process.kill()
            self.next_poll = math.inf  # until the SIGCHLD

    def _start(self) -> None:
        self._started_at = time.monotonic()
        self.next_poll = self._started_at + self._hang_seconds
        environ = {**ENVIRONMENTS.get(self.name, {}), **self._listener.environ}
        try:
            # A session of its own keeps a Ctrl-C in the terminal from it: it is stopped just once.
            self.process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                env=without_secrets(environ) if self.name in WITHOUT_SECRETS else environ,
                start_new_session=True,
                preexec_fn=_terminate_with_parent(),
            )
        except OSError as error:
            self._schedule_restart(f"cannot be started: {error}")

    def _handle_exit(self, code: int) -> None:
        if code == MISCONFIGURED:
            self.is_misconfigured, self.next_poll = True, math.inf
            log.error("%s does not run: its settings are wrong, see above", self.name)
            return
        if time.monotonic() - self._started_at >= STABLE_SECONDS:
            self._crashes = 0
        self._schedule_restart(
            f"ended with {code}" if code >= 0 else f"was ended by signal {-code}"
        )

    def _schedule_restart(self, reason: str) -> None:
        self._crashes += 1
        delay = backoff(self._crashes, FIRST_RESTART_SECONDS, MAX_RESTART_SECONDS)
        self.next_poll = time.monotonic() + delay
        log.error("%s %s; it starts again in %g s", self.name, reason, delay)


def _next_signal(signals: "queue.SimpleQueue[int]", deadline: float) -> int | None:
    """Return the next signal; None if there is none until `deadline` (seconds of
    `time.monotonic`)."""
    try:
        if deadline == math.inf:
            return signals.get()
        return signals.get(timeout=max(0.0, deadline - time.monotonic()))
    except queue.Empty:
        return None


def _stop_all(children: Sequence[Child], stop_seconds: float) -> None:
    """Terminate all children at once, and kill those that do not exit in time."""
    running = [(child.name, child.process) for child in children if child.process]
    for _, process in running:
        process.terminate()
    deadline = time.monotonic() + stop_seconds
    for name, process in running:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.warning("%s did not end within %g s and is killed", name, stop_seconds)
            process.kill()
            process.wait()


def _terminate_with_parent() -> Callable[[], None] | None:
    """Return what a child runs before its command, so that it gets a SIGTERM when this process ends
    in whatever way; None where this is not Linux."""
    if sys.platform != "linux":
        return None
    libc, parent = ctypes.CDLL(None), os.getpid()

    def in_child() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM))
        if os.getppid() != parent:  # the parent ended before the call
            os._exit(1)

    return in_child
