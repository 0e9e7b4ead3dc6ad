"""A process of a device, which the drill kills: it reads a line, and responds with one."""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from local.processes import ROOT

READY = "ready"
MAX_START_SECONDS = 60.0  # seconds


class ProcessError(RuntimeError):
    """A process ended by itself, or did not respond. The text names its log."""


class Process:
    """`python -m tests.drill.MODULE ARGS`. It ends when its standard input is closed, so that it
    does not outlive the drill."""

    def __init__(self, module: str, args: Sequence[object], log: Path) -> None:
        self._command = [sys.executable, "-m", f"tests.drill.{module}", *map(str, args)]
        self._module = module
        self._log = log
        self._running: subprocess.Popen[bytes] | None = None
        self._buffer = b""

    def start(self) -> None:
        """Start it and wait until it is ready."""
        self._buffer = b""
        with self._log.open("ab") as log:
            self._running = subprocess.Popen(
                self._command,
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                bufsize=0,
                process_group=0,  # a Ctrl-C on the terminal is for the drill
            )
        if self.read_line(MAX_START_SECONDS) != READY:
            raise ProcessError(f"{self._module} did not start; see {self._log}")

    def write_line(self, line: str) -> None:
        """Send a line to its standard input. Raises ProcessError if it has ended."""
        try:
            os.write(self._pipe("stdin"), f"{line}\n".encode())
        except BrokenPipeError:
            raise ProcessError(f"{self._module} has ended by itself; see {self._log}") from None

    def read_line(self, seconds: float) -> str | None:
        """Return the next line of its output; None if none comes within `seconds`.

        Raises ProcessError if it has ended by itself.
        """
        end = time.monotonic() + seconds
        while b"\n" not in self._buffer:
            left = max(0.0, end - time.monotonic())
            if not select.select([self._pipe("stdout")], [], [], left)[0]:
                return None
            block = os.read(self._pipe("stdout"), 4096)
            if not block:
                raise ProcessError(f"{self._module} has ended by itself; see {self._log}")
            self._buffer += block
        return self._next_line()

    def kill(self) -> str | None:
        """kill -9; return the line that it had just written, if it had."""
        process = self._process()
        process.kill()
        if process.wait() != -signal.SIGKILL:
            raise ProcessError(f"{self._module} had ended by itself; see {self._log}")
        while block := os.read(self._pipe("stdout"), 4096):
            self._buffer += block
        self._close()
        return self._next_line() if b"\n" in self._buffer else None

    def end(self) -> None:
        """Let it end in order. Calling this again does nothing."""
        if self._running:
            process = self._running
            assert process.stdin
            process.stdin.close()
            try:
                process.wait(90)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            self._close()

    def _next_line(self) -> str:
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.decode()

    def _process(self) -> "subprocess.Popen[bytes]":
        if self._running is None:
            raise ProcessError(f"{self._module} does not run")
        return self._running

    def _pipe(self, name: str) -> int:
        file: int = getattr(self._process(), name).fileno()
        return file

    def _close(self) -> None:
        process, self._running = self._process(), None
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()
