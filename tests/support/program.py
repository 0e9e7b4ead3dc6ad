"""A program as a process, and a picture that keeps its camera busy."""

import os
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from pi_uploader.spool.admin import count_spool
from tests.support.waiting import wait_for


@dataclass
class Program:
    """A process, and the file with its output."""

    process: "subprocess.Popen[bytes]"
    log: Path

    @property
    def output(self) -> str:
        return self.log.read_text()

    def wait_for_output(self, text: str) -> None:
        wait_for(lambda: text in self.output, what=f"{text!r} in the log")

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal, and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(90)

    def children(self) -> list[psutil.Process]:
        found: list[psutil.Process] = psutil.Process(self.process.pid).children(recursive=True)
        return found


StartProgram = Callable[..., Program]


def is_gone(process: psutil.Process) -> bool:
    """Return whether a process has ended, reaped or not."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def photos_in(folder: Path) -> int:
    """Return how many photos wait in the spool; 0 if it does not exist."""
    return count_spool(folder).waiting


class SlowPicture:
    """A picture to replay that its reader waits for: a pipe, which `give` writes.

    Each further picture is another pipe under the same name. A camera that still reads the last one
    would take the next content for the rest of it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._end: int | None = None
        self._make_pipe()

    @property
    def is_read(self) -> bool:
        """Whether a camera reads the picture."""
        if self._end is None:
            self._end = self._open()
        return self._end is not None

    def wait_for_reader(self) -> None:
        """Wait until a camera reads the picture."""
        wait_for(lambda: self.is_read, what="a camera that reads")

    def give(self, content: bytes) -> None:
        """Give the camera that reads the picture these bytes."""
        self.wait_for_reader()
        assert self._end is not None
        os.set_blocking(self._end, True)  # so that all is written, however long it is
        with os.fdopen(self._end, "wb") as pipe:
            self._end = None
            pipe.write(content)
            self._make_pipe()

    def _make_pipe(self) -> None:
        new = self._path.with_suffix(".new")
        os.mkfifo(new)
        new.rename(self._path)

    def _open(self) -> int | None:
        with suppress(OSError):  # ENXIO: nobody reads
            return os.open(self._path, os.O_WRONLY | os.O_NONBLOCK)
        return None
