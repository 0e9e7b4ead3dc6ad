"""Child processes that never outlive the one that started them."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
_PR_SET_PDEATHSIG = 1  # prctl(2)


class StartError(RuntimeError):
    """Something could not be started. The text says what it is and what to do."""


def start(
    command: Sequence[str],
    *,
    output: int | IO[bytes],
    env: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start `command` in the repository's folder, in a process group of its own.

    Its own group keeps a Ctrl-C on the terminal away from it, so that its parent can end things in
    order. `output` takes both of its streams; `env` replaces the environment. Call this from a
    thread that lives as long as the process shall: on Linux the child gets a SIGTERM when that
    thread ends, which is how children end after a `kill -9` of their parent.
    """
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        process_group=0,
        preexec_fn=_end_with_parent if _LIBC else None,
    )


def stop(process: subprocess.Popen[bytes], patience: float = 10) -> int:
    """End the process and its group: SIGTERM, and SIGKILL after `patience` seconds.

    Returns its exit code. Nothing happens to one that has ended already.
    """
    if process.poll() is None:
        _signal_group(process, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience)
    return kill(process)


def kill(process: subprocess.Popen[bytes]) -> int:
    """SIGKILL the process and whatever is left of its group. Returns its exit code."""
    _signal_group(process, signal.SIGKILL)
    return process.wait()


def wait_until(
    ready: Callable[[], bool], process: subprocess.Popen[bytes], what: str, deadline: float
) -> None:
    """Wait until `ready()`. Raises StartError, naming `what`, if the process ends first or
    `deadline` seconds have passed."""
    end = time.monotonic() + deadline
    while not ready():
        if (code := process.poll()) is not None:
            raise StartError(f"{what} ended while it was starting (exit code {code}).")
        if time.monotonic() > end:
            raise StartError(f"{what} did not answer within {deadline:.0f} seconds.")
        time.sleep(0.05)


def answers(url: str) -> bool:
    """Whether an HTTP server answers there; what it answers does not matter."""
    try:
        with urllib.request.urlopen(url, timeout=10):  # noqa: S310 - the caller's own server
            return True
    except urllib.error.HTTPError as refusal:
        refusal.close()
        return True
    except OSError:
        return False


def free_ports(count: int, address: str = "127.0.0.1") -> list[int]:
    """Ports that nothing listens on, given out by the operating system."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind((address, 0))
        return [int(one.getsockname()[1]) for one in sockets]


def is_taken(port: int, address: str = "127.0.0.1") -> bool:
    """Whether something listens on this port already."""
    with socket.socket() as probe:
        # as a server binds: a port whose last connections are still fading out is not taken
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return True
    return False


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):  # macOS: EPERM for a group of zombies
        os.killpg(process.pid, number)


def _end_with_parent() -> None:
    if _LIBC:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
