"""Child processes that never outlive their parent process."""

import ctypes
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
_PR_SET_PDEATHSIG = 1  # of prctl(2)


class StartError(RuntimeError):
    """A process could not be started. The text says which, and what to do."""


def start(
    command: Sequence[str],
    *,
    output: int | IO[bytes],
    env: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start `command` in the repository's folder, in a process group of its own, and return it.

    In its own group it does not receive a Ctrl-C from the terminal, so that its parent can stop
    processes in order. `output` receives stdout and stderr; `env` replaces the environment. Call
    this from a thread that lives as long as the process should: on Linux the child receives SIGTERM
    when that thread ends, so that children end after a `kill -9` of their parent.
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


def stop(process: subprocess.Popen[bytes], timeout: float = 10) -> int:
    """End the process and its group: SIGTERM, and SIGKILL after `timeout` seconds. Return its exit
    code. A process that has ended already is left alone."""
    if process.poll() is None:
        _signal_group(process, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout)
    return kill(process)


def kill(process: subprocess.Popen[bytes]) -> int:
    """Send SIGKILL to the process and what is left of its group. Return its exit code."""
    _signal_group(process, signal.SIGKILL)
    return process.wait()


def wait_until(
    ready: Callable[[], bool], process: subprocess.Popen[bytes], what: str, timeout: float
) -> None:
    """Wait until `ready()` is true. Raises StartError, which names `what`, if the process ends
    first, or after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not ready():
        if (code := process.poll()) is not None:
            raise StartError(f"{what} ended while it was starting (exit code {code}).")
        if time.monotonic() > deadline:
            raise StartError(f"{what} did not answer within {timeout:.0f} seconds.")
        time.sleep(0.05)


def answers(url: str) -> bool:
    """Return whether an HTTP server answers at this URL, with any status."""
    try:
        with urllib.request.urlopen(url, timeout=10):  # noqa: S310 - the caller's own server
            return True
    except urllib.error.HTTPError as response:
        response.close()
        return True
    except OSError:
        return False


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):  # macOS: EPERM for a group of zombies
        os.killpg(process.pid, number)


def _end_with_parent() -> None:
    if _LIBC:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
