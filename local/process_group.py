"""The processes that make up one machine: started one by one, watched, ended in reverse order."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any

from local.prefixed_output import Voice, say
from local.processes import StartError, start, stop


class ShutdownRequested(Exception):  # noqa: N818 - it is no error
    """Somebody asked the machine to end (Ctrl-C, SIGTERM, or a terminal that was closed)."""


class Machine:
    """A context manager: at its end all parts have ended, the last started first.

    From its start on it takes SIGINT, SIGTERM and SIGHUP as a wish, and heeds it while it waits.
    `hidden` has, by the part's name, the lines that do not reach the terminal.
    """

    def __init__(self, hidden: Mapping[str, re.Pattern[str]] | None = None) -> None:
        self._hidden = hidden or {}
        self._parts: list[tuple[Voice, subprocess.Popen[bytes]]] = []
        self._ending = False
        self._handlers: dict[signal.Signals, Any] = {}

    def __enter__(self) -> "Machine":
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self._handlers[number] = signal.signal(number, self._note)
        return self

    def _note(self, number: int, frame: object) -> None:
        self._ending = True

    def add(self, name: str, command: Sequence[str], env: Mapping[str, str] | None = None) -> None:
        """Start a part; `env` adds to the environment. Its lines reach the terminal."""
        voice = Voice(name, self._hidden[name]) if name in self._hidden else Voice(name)
        try:
            process = start(command, env={**os.environ, **(env or {})}, output=voice.output)
        finally:
            voice.hand_over()
        self._parts.append((voice, process))

    def wait_for(self, condition: Callable[[], bool], what: str, deadline: float) -> None:
        """Wait until `condition()` holds.

        Raises Ended if the machine shall end, and StartError if a part ends by itself or
        `deadline` seconds pass first; its text names the part, or `what` was waited for.
        """
        end = time.monotonic() + deadline
        while not condition():
            if self._ending:
                raise ShutdownRequested
            for voice, process in self._parts:
                if (code := process.poll()) is not None:
                    voice.finish()
                    last = "\n".join(f"    {line}" for line in voice.last) or "    (nothing)"
                    raise StartError(
                        f"{voice.name} ended by itself (exit code {code}). It said last:\n{last}"
                    )
            if time.monotonic() > end:
                raise StartError(f"{what} did not come within {deadline:.0f} seconds.")
            time.sleep(0.1)

    def wait(self) -> None:
        """Wait until the machine shall end (raises Ended) or a part ends (raises StartError)."""
        self.wait_for(lambda: False, "the end", float("inf"))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for voice, process in reversed(self._parts):
            say(f"Ending {voice.name} ...")
            stop(process)
            voice.finish()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
