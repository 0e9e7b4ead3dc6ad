"""Make thumbnails, each in a process of its own, a few at a time.

A picture may be made on purpose to cost a decoder much time and memory
(docs/decisions/0033-thumbnails-in-a-process.md). So the cost of decoding is computed first, the
process (decode_thumbnail.py) has limits, and a request waits for a few seconds at most.
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
from typing import BinaryIO

from function_app.media import dng, exif, jpeg, mp4
from function_app.media.decode_thumbnail import NO_THUMBNAIL
from function_app.media.errors import InvalidPhotoError, UndecodableError
from function_app.memory import SMALLEST_INSTANCE, memory_limit
from function_app.problems import HTTPProblemError
from photo_wire.media import Media

MAX_WAIT_SECONDS = 5  # until a request is told to come again
MAX_SECONDS = 30  # of a process, in real time
MAX_CPU_SECONDS = 10  # a picture within the limits below takes up to 2 on a 2 GHz core
MAX_PIXELS = 250_000_000  # of a JPEG that is decoded while it is read: 200 megapixels are on sale
MAX_BUFFERED_PIXELS = 64_000_000  # of one that is kept in memory as a whole: six bytes each
MAX_WORK = 1_000_000_000  # pixels times scans: a second or two
MAX_QUICK_WORK = 200_000_000  # about 0.3 s
BUFFERED_PIXEL_BYTES = 6  # two for each component, if none is subsampled
MAX_QUICK_MEMORY = 128 << 20  # bytes
MIN_QUICK_SLOTS = 2
_RETRY = {"Retry-After": "2"}  # seconds
_ENVIRONMENT = ("LD_LIBRARY_PATH", "PATH", "SYSTEMROOT")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """A picture to decode: its bytes, its format by Pillow's name, its EXIF orientation (1 to 8),
    and its cost: decoded pixels, which each scan of a JPEG decodes again, and the bytes of memory
    that the decoder needs for as long as it runs."""

    picture: bytes
    format: str
    orientation: int
    work: int
    memory: int = 0


@dataclass
class _Lane:
    """Allow `slots` jobs to run at the same time, and `queue` others to wait for them."""

    slots: int
    queue: int
    _admitted: threading.Semaphore = field(init=False)
    _running: threading.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self._admitted = threading.Semaphore(self.slots + self.queue)
        self._running = threading.Semaphore(self.slots)

    @contextmanager
    def slot(self) -> Iterator[bool]:
        """Hold a slot, and yield whether the job had to wait for it. Raises HTTPProblemError (503)
        if the queue is full or the wait takes longer than MAX_WAIT_SECONDS."""
        if not self._admitted.acquire(blocking=False):
            raise _busy()
        try:
            has_waited = not self._running.acquire(blocking=False)
            if has_waited and not self._running.acquire(timeout=MAX_WAIT_SECONDS):
                raise _busy()
            try:
                yield has_waited
            finally:
                self._running.release()
        finally:
            self._admitted.release()


class Decoder:
    """Make thumbnails. Slow pictures have one slot and a short queue, so that they delay neither
    quick ones nor all threads of this process."""

    def __init__(
        self, max_cpu_seconds: int = MAX_CPU_SECONDS, max_seconds: float = MAX_SECONDS
    ) -> None:
        self._max_cpu_seconds, self._max_seconds = max_cpu_seconds, max_seconds
        quick = quick_slots(_processors(), memory_limit())
        self._quick, self._slow = _Lane(quick, queue=6), _Lane(slots=1, queue=1)
        # as many as may be slow, and as many as may be quick and running
        self._photos = _Lane(slots=2 + quick, queue=6)

    def room(self) -> AbstractContextManager[bool]:
        """Hold the room for one photo in memory, and yield whether the request had to wait for it.
        Read no photo before. Raises HTTPProblemError (503) if that takes too long."""
        return self._photos.slot()

    def slot(self, job: Job) -> AbstractContextManager[bool]:
        """Hold the slot in which this job may run, and yield whether it had to wait for it. Raises
        HTTPProblemError (503) if that takes too long."""
        is_quick = job.work <= MAX_QUICK_WORK and job.memory <= MAX_QUICK_MEMORY
        return (self._quick if is_quick else self._slow).slot()

    def run(self, job: Job) -> bytes:
        """Return the thumbnail, a JPEG. Raises UndecodableError, and HTTPProblemError (503) if the
        process cannot be started or was ended from outside."""
        import signal
        import subprocess

        limit = str(self._max_cpu_seconds)
        command = [*_command(), limit, job.format, str(job.orientation)]
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
        output = done.stderr.decode(errors="replace").strip()
        log.warning("no thumbnail now: %s ended with %d: %s", command[0], done.returncode, output)
        raise _busy()


def quick_slots(processors: int, memory: int) -> int:
    """Return how many quick pictures are decoded at the same time, with this number of processors
    and bytes of memory.

    The smallest instance has the memory for two (docs/decisions/0065-small-instances.md), and each
    further one needs what it may have at most. More of them than processors would only make all of
    them slower. Two are allowed on a single processor: while one is decoded, the process of the
    other starts and reads.
    """
    further = max(0, memory - SMALLEST_INSTANCE) // MAX_QUICK_MEMORY
    return max(MIN_QUICK_SLOTS, min(processors, MIN_QUICK_SLOTS + further))


def thumbnail_job(photo: BinaryIO, media: Media) -> Job:
    """Return the picture that stands for a photo, as a job. All that it needs has been read then.

    Raises UndecodableError if there is none (a clip or a raw picture without a preview), or if it
    has too many pixels or scans; and what `photo` raises.
    """
    match media:
        case Media.JPEG:
            photo.seek(0)
            return jpeg_job(photo.read())
        case Media.MP4:
            return jpeg_job(mp4.cover(photo))
        case Media.DNG:
            preview, orientation = dng.preview(photo)
            if preview:
                return jpeg_job(preview, orientation)
            if not dng.has_small_picture(photo):
                raise UndecodableError
            photo.seek(0)  # the picture's bytes may be anywhere
            return Job(photo.read(), "TIFF", exif.UPRIGHT, work=0)


def jpeg_job(data: bytes, orientation: int = exif.UPRIGHT) -> Job:
    """Return the job of a JPEG, which is turned as its own EXIF states if it is upright otherwise.

    Raises UndecodableError for one that would take too much time or memory, and for bytes that are
    not a JPEG.
    """
    try:
        picture = jpeg.redact(data)
        segments = list(jpeg.header(picture))
        frame = next(one for one in segments if one.marker in jpeg.FRAMES)
    except (InvalidPhotoError, StopIteration):
        raise UndecodableError from None
    width, height = jpeg.frame_size(picture, frame)
    in_frame, in_scan = frame.content + 5, segments[-1].content  # where the components are counted
    is_interleaved = picture[in_scan : in_scan + 1] == picture[in_frame : in_frame + 1]
    is_buffered = frame.marker in jpeg.PROGRESSIVE or not is_interleaved
    work = width * height * (jpeg.max_scans(picture) if is_buffered else 1)
    if width * height > (MAX_BUFFERED_PIXELS if is_buffered else MAX_PIXELS) or work > MAX_WORK:
        raise UndecodableError
    if orientation == exif.UPRIGHT:
        orientation = exif.orientation(data)
    memory = BUFFERED_PIXEL_BYTES * width * height if is_buffered else 0
    return Job(picture, "JPEG", orientation, work, memory)


def _processors() -> int:
    """Return how many processors this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)  # Linux alone has it
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _busy() -> HTTPProblemError:
    return HTTPProblemError(
        503, "Thumbnails of other photos are being made: ask again in a moment.", _RETRY
    )


@cache
def _command() -> tuple[str, ...]:
    """Return the command that starts the process, without its last three arguments. Pillow is found
    without loading it."""
    from importlib.util import find_spec

    pillow = find_spec("PIL")
    if pillow is None or pillow.origin is None:
        raise RuntimeError("Pillow is not installed: install what requirements.txt lists")
    packages = Path(pillow.origin).parents[1]
    script = Path(__file__).with_name("decode_thumbnail.py")
    return (python(), "-I", "-S", str(script), str(packages))


def python() -> str:
    """Return the path of a Python of this version, for which Pillow was built.

    In a program that embeds Python, `sys.executable` is that program, or empty.
    """
    import shutil

    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    beside = Path(sys.base_exec_prefix, "bin", name)
    if Path(sys.executable).name.startswith("python"):
        return sys.executable
    path = str(beside) if beside.exists() else shutil.which(name)
    if path is None:
        raise RuntimeError(f"{name} was not found: it is needed to make thumbnails")
    return path


def _environment() -> dict[str, str]:
    """Return what the process needs of this one's environment, which holds secrets."""
    return {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
