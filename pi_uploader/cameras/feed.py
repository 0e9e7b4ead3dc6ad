"""One ffmpeg that reads a camera's stream all the time: it delivers small grey frames, in which
motion is looked for, and the encoded pictures for the ring.

It has no deadline for anybody: who wants a frame waits as long as they choose. A stream that fails,
stalls or floods is ended, and opened again with longer and longer pauses.
"""

import logging
import os
import selectors
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pi_uploader.backoff import backoff
from pi_uploader.cameras.camera import CameraError
from pi_uploader.cameras.ffmpeg import Stream, explain, start
from pi_uploader.cameras.live_stream import STOP_SECONDS, OpenStream
from pi_uploader.cameras.receivers import (
    WAIT_SECONDS,
    ErrorReceiver,
    FrameReceiver,
    Kept,
    KeptReceiver,
    Receiver,
    receive_until_end,
)
from pi_uploader.motion.frame import FRAME_SIZE, FRAMES_PER_SECOND

if TYPE_CHECKING:
    from pi_uploader.motion.frame import Frame

FIRST_RETRY_SECONDS, MAX_RETRY_SECONDS = 1.0, 60.0
STEADY_SECONDS = 10.0  # of a stream, after which the pauses begin again with the shortest
NICENESS = 5  # triggers come first
FRAME_OPTIONS = (
    *("-map", "0:v:0", "-vf"),
    f"select='isnan(prev_selected_t)+gte(t-prev_selected_t,{0.9 / FRAMES_PER_SECOND:g})',"
    f"scale={FRAME_SIZE[0]}:{FRAME_SIZE[1]}:flags=area,format=gray",
    *("-fps_mode", "passthrough", "-f", "rawvideo", "-flush_packets", "1", "pipe:1"),
)

log = logging.getLogger("capture")


@dataclass(frozen=True)
class Watching:
    """What of a camera is read all the time. `has_frames`: motion is looked for. The last
    `kept_seconds` are kept; a clip begins `pre_roll` seconds before its trigger at the latest."""

    has_frames: bool = False
    kept_seconds: float = 0.0
    pre_roll: float = 0.0


NOTHING = Watching()


class Feed:
    """Reads the stream that `open_stream` opens, from `start` until `close`. `has_frames`: it
    delivers frames. `kept`: what it keeps."""

    def __init__(
        self, name: str, open_stream: OpenStream, *, has_frames: bool, kept: Kept | None
    ) -> None:
        self._name = name
        self._open_stream = open_stream
        self._has_frames = has_frames
        self._kept = kept
        self._stop = threading.Event()
        self._wanted = threading.Event()  # who reads frames does not wait for the pause to end
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._frame: tuple[bytes, float] | None = None
        self._count = 0  # of frames
        self._attempts = 0  # to read the stream, that have failed
        self._problem = ""

    def start(self) -> None:
        """Read from now on. Does nothing if it does already."""
        with self._changed:
            if self._thread is None and not self._stop.is_set():
                self._thread = threading.Thread(target=self._run, name="feed", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """End ffmpeg, and wait for it."""
        self._stop.set()
        self._wanted.set()
        if self._thread:
            self._thread.join(2 * STOP_SECONDS)

    def wait_for(self, moment: float, timeout: float) -> None:
        """Wait until a picture is kept that came at `moment` (monotonic seconds) or later. Raises
        CameraError if the stream fails, or none comes within `timeout` seconds."""
        assert self._kept
        with self._changed:
            attempts = self._attempts
        self._wanted.set()
        self.start()
        end = time.monotonic() + timeout
        while not self._kept.ring.wait_for(moment, WAIT_SECONDS):
            if self._attempts > attempts:
                raise CameraError(self._problem)
            if time.monotonic() >= end:
                raise CameraError(self._problem or f"no picture came within {timeout:g} s")

    def frames(self, stop: threading.Event) -> "Iterator[Frame]":
        """Yield each frame that comes, until `stop` is set. Raises CameraError if the stream
        fails."""
        import numpy as np

        from pi_uploader.motion.frame import Frame

        width, height = FRAME_SIZE
        with self._changed:
            seen, attempts = self._count, self._attempts
        self._wanted.set()
        self.start()
        while not stop.is_set() and not self._stop.is_set():
            with self._changed:
                self._changed.wait_for(
                    lambda: self._count > seen or self._attempts > attempts,  # noqa: B023  used at once
                    WAIT_SECONDS,
                )
                if self._attempts > attempts:
                    raise CameraError(self._problem)
                if self._count == seen or self._frame is None:
                    continue
                (content, at), seen = self._frame, self._count
            yield Frame(np.frombuffer(content, np.uint8).reshape(height, width), at)

    def _run(self) -> None:
        failures = 0
        while not self._stop.is_set():
            started = time.monotonic()
            self._wanted.clear()
            problem = "the stream ended"
            try:
                with self._open_stream() as stream:
                    self._read(stream)
            except Exception as error:  # noqa: BLE001  whatever it is, the stream is opened again
                problem = str(error) or type(error).__name__
            if self._stop.is_set():
                return
            failures = 1 if time.monotonic() - started > STEADY_SECONDS else failures + 1
            with self._changed:
                self._attempts += 1
                if not self._has_frames and failures == 1:  # else who reads frames says so
                    log.warning(
                        "%s: nothing from before a trigger is kept: %s", self._name, problem
                    )
                self._problem = problem
                self._changed.notify_all()
            self._wanted.wait(backoff(failures, FIRST_RETRY_SECONDS, MAX_RETRY_SECONDS))

    def _read(self, stream: Stream) -> None:
        """Read until `close`. Raises CameraError if ffmpeg ends, or the stream stalls or floods."""
        options = list(FRAME_OPTIONS) if self._has_frames else []
        with ExitStack() as resources:
            selector = resources.enter_context(selectors.DefaultSelector())
            receivers: list[Receiver] = []
            pass_fds: list[int] = []
            if self._kept:
                reading, writing = os.pipe()
                resources.callback(os.close, reading)
                pass_fds = [writing]
                options += [*self._kept.options, f"pipe:{writing}"]
                receivers.append(KeptReceiver(self._kept, self._stop))
                selector.register(reading, selectors.EVENT_READ, receivers[-1])
            stdout = subprocess.PIPE if self._has_frames else subprocess.DEVNULL
            try:
                process = start(stream, options, stdout, pass_fds)
            finally:
                for one in pass_fds:
                    os.close(one)
            resources.enter_context(process)
            resources.callback(process.kill)
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, process.pid, NICENESS)
            if process.stdout:
                receivers.append(FrameReceiver(self._deliver))
                selector.register(process.stdout, selectors.EVENT_READ, receivers[-1])
            errors = ErrorReceiver()
            assert process.stderr
            selector.register(process.stderr, selectors.EVENT_READ, errors)
            started = time.monotonic()
            receive_until_end(selector, receivers, self._stop)
            if not self._stop.is_set():
                with suppress(subprocess.TimeoutExpired):  # its outputs have ended, and it has not
                    errors.receive(process.communicate(timeout=STOP_SECONDS)[1], time.monotonic())
                raise CameraError(explain(stream, errors.text, time.monotonic() - started))

    def _deliver(self, content: bytes, at: float) -> None:
        with self._changed:
            self._frame = content, at
            self._count += 1
            self._changed.notify_all()
