"""A group of processes: started one by one, watched, and stopped in reverse order."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import TracebackType
from typing import Any, NamedTuple

from local.prefixed_output import NO_LINE, PrefixedOutput, echo
from local.processes import StartError, start, stop


class ShutdownRequested(Exception):  # noqa: N818 - it is not an error
    """The user asked to stop: by Ctrl-C, by SIGTERM, or by closing the terminal."""


class _Member(NamedTuple):
    """A process with its output, and what starts it again; None if it may not end."""

    output: PrefixedOutput
    process: "subprocess.Popen[bytes]"
    again: Callable[[], None] | None


class ProcessGroup:
    """A context manager that stops all of its processes at the end, the last started first.

    Inside of it SIGINT, SIGTERM and SIGHUP raise ShutdownRequested from the next wait. `hidden` has
    patterns of lines that are not shown, by the name of the process.
    """

    def __init__(self, hidden: Mapping[str, re.Pattern[str]] | None = None) -> None:
        self._hidden = hidden or {}
        self._members: list[_Member] = []
        self._is_stopping = False
        self._handlers: dict[signal.Signals, Any] = {}

    def __enter__(self) -> "ProcessGroup":
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self._handlers[number] = signal.signal(number, self._request_stop)
        return self

    def _request_stop(self, number: int, frame: object) -> None:
        self._is_stopping = True

    def add(
        self,
        name: str,
        command: Sequence[str],
        env: Mapping[str, str] | None = None,
        restarts: bool = False,
    ) -> None:
        """Start a process and show its output; `env` adds to the environment. With `restarts` it is
        started again when it ends with 0, as it does when it is asked to restart."""
        output = PrefixedOutput(name, self._hidden.get(name, NO_LINE))
        try:
            process = start(command, env={**os.environ, **(env or {})}, output=output.write_fd)
        finally:
            output.close_write_fd()
        again = partial(self.add, name, command, env, restarts) if restarts else None
        self._members.append(_Member(output, process, again))

    def wait_for(self, condition: Callable[[], bool], what: str, timeout: float) -> None:
        """Wait until `condition()` is true.

        Raises ShutdownRequested if the user asks to stop, StartError if a process ends by itself or
        after `timeout` seconds; its text names the process, or `what` was expected.
        """
        deadline = time.monotonic() + timeout
        while not condition():
            if self._is_stopping:
                raise ShutdownRequested
            for member in list(self._members):
                output, process, again = member
                if (code := process.poll()) is not None:
                    output.finish()
                    if code == 0 and again:
                        self._members.remove(member)
                        again()
                        continue
                    lines = [f"    {line}" for line in output.last_lines] or ["    (nothing)"]
                    raise StartError(
                        f"{output.name} ended by itself (exit code {code}). Its last lines:\n"
                        + "\n".join(lines)
                    )
            if time.monotonic() > deadline:
                raise StartError(f"{what} did not come within {timeout:.0f} seconds.")
            time.sleep(0.1)

    def wait(self) -> None:
        """Wait until the user asks to stop (raises ShutdownRequested) or a process ends (raises
        StartError)."""
        self.wait_for(lambda: False, "the end", float("inf"))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for output, process, _ in reversed(self._members):
            echo(f"Ending {output.name} ...")
            stop(process)
            output.finish()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
