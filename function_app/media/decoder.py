"""Thumbnails are made in processes of their own, a few at a time, by decode_thumbnail.py.

Pictures come from outside, and one may be made to take the decoder's time and memory
(docs/decisions/0033-thumbnails-in-a-process.md). So what a picture will take is worked out first,
the process has limits, and a request waits only for a moment.
"""

import logging
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from function_app.media.decode_thumbnail import NO_THUMBNAIL
from function_app.media.exif import UPRIGHT, orientation
from function_app.media.jpeg import (
    FRAMES,
    PROGRESSIVE,
    MalformedError,
    TruncatedError,
    frame_size,
    header,
)
from function_app.media.jpeg_metadata import count_scans, without_metadata
from function_app.problems import HTTPProblemError

MAX_WAIT = 5  # seconds until a request is told to come again
MAX_DECODING = 30  # seconds on the clock
MAX_CPU_SECONDS = 10  # a picture within the limits below takes up to 2 on a 2 GHz core
MAX_PIXELS = 250_000_000  # of a JPEG that is decoded while it is read: 200 megapixels are on sale
MAX_BUFFERED_PIXELS = 64_000_000  # of one that is kept in memory whole: six bytes each
MAX_WORK = 1_000_000_000  # pixels times scans: a second or two
MAX_QUICK_WORK = 200_000_000  # about 0.3 s
_RETRY = {"Retry-After": "2"}  # seconds
_NEEDED = ("LD_LIBRARY_PATH", "PATH", "SYSTEMROOT")

log = logging.getLogger(__name__)


class UndecodableError(Exception):
    """No thumbnail can be made of this picture, now or later."""


@dataclass(frozen=True, slots=True)
class Job:
    """A picture, its format as Pillow calls it, how it is to be turned as EXIF numbers it, and how
    many pixels are decoded, once for each scan."""

    picture: bytes
    kind: str
    orientation: int
    work: int


@dataclass
class _Lane:
    """Lets `slots` jobs run and `queue` others wait for them."""

    slots: int
    queue: int
    _admitted: threading.Semaphore = field(init=False)
    _running: threading.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self._admitted = threading.Semaphore(self.slots + self.queue)
        self._running = threading.Semaphore(self.slots)

    @contextmanager
    def slot(self) -> Iterator[bool]:
        """Wait for a slot, up to MAX_WAIT; yields whether that was needed. Raises HTTPProblemError
        (503) if there is none by then."""
        if not self._admitted.acquire(blocking=False):
            raise _busy()
        try:
            has_waited = not self._running.acquire(blocking=False)
            if has_waited and not self._running.acquire(timeout=MAX_WAIT):
                raise _busy()
            try:
                yield has_waited
            finally:
                self._running.release()
        finally:
            self._admitted.release()


class Decoder:
    """Makes thumbnails. Pictures that take long have one slot and are hardly waited for, so that
    they do not keep the others waiting, nor all threads of this process."""

    def __init__(
        self, max_cpu_seconds: int = MAX_CPU_SECONDS, max_seconds: float = MAX_DECODING
    ) -> None:
        self._max_cpu_seconds, self._max_seconds = max_cpu_seconds, max_seconds
        self._quick, self._slow = _Lane(slots=2, queue=6), _Lane(slots=1, queue=1)

    def slot(self, job: Job) -> AbstractContextManager[bool]:
        """Wait for the turn of this job; yields whether that was needed. Raises HTTPProblemError
        (503) where it would take too long."""
        return (self._quick if job.work <= MAX_QUICK_WORK else self._slow).slot()

    def run(self, job: Job) -> bytes:
        """Return the thumbnail. Raises UndecodableError, and HTTPProblemError (503) if the process
        cannot be started or was ended from outside."""
        import signal
        import subprocess

        limit = str(self._max_cpu_seconds)
        command = [*_command(), limit, job.kind, str(job.orientation)]
        try:
            done = subprocess.run(
                command,
                input=job.picture,
                capture_output=True,
                env=_environment(),
                timeout=self._max_seconds,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            log.warning("no thumbnail now: %s: %s", command[0], error)
            raise _busy() from None
        if done.returncode == 0 and done.stdout:
            return done.stdout
        crashes = (-signal.SIGXCPU, -signal.SIGSEGV, -signal.SIGABRT, -signal.SIGBUS)
        if done.returncode in (NO_THUMBNAIL, *crashes):
            raise UndecodableError
        said = done.stderr.decode(errors="replace").strip()
        log.warning("no thumbnail now: %s ended with %d: %s", command[0], done.returncode, said)
        raise _busy()


def jpeg_job(jpeg: bytes, turned: int = UPRIGHT) -> Job:
    """Return the job of a JPEG, which is turned as its own EXIF says if `turned` says nothing.

    Raises UndecodableError for one that would take too long or too much memory, and for what is
    no JPEG.
    """
    try:
        picture = without_metadata(jpeg)
        segments = list(header(picture))
        frame = next(one for one in segments if one.marker in FRAMES)
    except (MalformedError, TruncatedError, StopIteration):
        raise UndecodableError from None
    width, height = frame_size(picture, frame)
    in_frame, in_scan = frame.content + 5, segments[-1].content
    is_interleaved = picture[in_scan : in_scan + 1] == picture[in_frame : in_frame + 1]
    is_buffered = frame.marker in PROGRESSIVE or not is_interleaved
    work = width * height * (count_scans(picture) if is_buffered else 1)
    if width * height > (MAX_BUFFERED_PIXELS if is_buffered else MAX_PIXELS) or work > MAX_WORK:
        raise UndecodableError
    return Job(picture, "JPEG", turned if turned != UPRIGHT else orientation(jpeg), work)


def tiff_job(tiff: bytes) -> Job:
    """Return the job of a TIFF, of which only small ones that are not compressed are decoded."""
    return Job(tiff, "TIFF", UPRIGHT, 0)


def _busy() -> HTTPProblemError:
    return HTTPProblemError(
        503, "Thumbnails of other photos are being made: ask again in a moment.", _RETRY
    )


@cache
def _command() -> tuple[str, ...]:
    """The command that starts the process, without its last three arguments. Pillow is not loaded
    here for that."""
    from importlib.util import find_spec

    found = find_spec("PIL")
    if found is None or found.origin is None:
        raise RuntimeError("Pillow is not installed: the package needs what requirements.txt lists")
    packages = Path(found.origin).parents[1]
    script = Path(__file__).with_name("decode_thumbnail.py")
    return (python(), "-I", "-S", str(script), str(packages))


def python() -> str:
    """Return the path of a Python of this very version, for which Pillow was built.

    In a program that embeds Python `sys.executable` is that program, or empty.
    """
    import shutil

    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    beside = Path(sys.base_exec_prefix, "bin", name)
    if Path(sys.executable).name.startswith("python"):
        return sys.executable
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise RuntimeError(f"no {name} was found, which makes thumbnails")
    return found


def _environment() -> dict[str, str]:
    """What the process needs of this one's environment, which holds secrets."""
    return {name: os.environ[name] for name in _NEEDED if name in os.environ}
