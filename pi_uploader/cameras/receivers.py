"""What receives the outputs of an ffmpeg that reads a stream all the time: grey frames, encoded
pictures for the ring, and errors. It sees when the stream stalls or floods."""

import os
import selectors
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from pi_uploader.cameras.camera import CameraError
from pi_uploader.cameras.live_stream import MAX_ERROR_BYTES
from pi_uploader.cameras.ring import Picture, Ring
from pi_uploader.motion.frame import FRAME_SIZE, FRAMES_PER_SECOND

START_SECONDS = 18.0  # for the first frame: connecting, and waiting for a key frame
STALL_SECONDS = 5.0  # for each further one
MIN_INTERVAL_SECONDS = 0.5 / FRAMES_PER_SECOND  # between two frames
MAX_HURRIED = 50  # frames in a row that came sooner: cameras send a few seconds at once at first
MAX_BYTES_PER_SECOND = 16 * 1024 * 1024  # of encoded pictures; more waits in ffmpeg's pipe
WAIT_SECONDS = 0.5  # for what comes, between two checks whether to stop
_FRAME_BYTES = FRAME_SIZE[0] * FRAME_SIZE[1]
_READ_BYTES = 256 * 1024


class Splitter(Protocol):
    """What splits ffmpeg's output into encoded pictures. `can_be_read`: whether it finds any in
    what this stream is."""

    @property
    def can_be_read(self) -> bool: ...

    def split(self, block: bytes, at: float) -> Iterator[Picture]:
        """Yield the pictures that are complete with this block, which came at `at` (monotonic
        seconds). Raises ValueError."""


@dataclass(frozen=True)
class Kept:
    """What of a stream is kept in a ring: ffmpeg's options for it, before the output's address, and
    what splits it into pictures."""

    ring: Ring
    options: Sequence[str]
    new_splitter: Callable[[], Splitter]


class Receiver:
    """Receives one of ffmpeg's outputs. `last` is when something complete came, `timeout` how long
    the next one may take."""

    def __init__(self) -> None:
        self.last, self.timeout = time.monotonic(), START_SECONDS

    def receive(self, block: bytes, at: float) -> None:
        """Take what came at `at` (monotonic seconds)."""

    def _note(self, at: float) -> None:
        self.last, self.timeout = at, STALL_SECONDS


class ErrorReceiver(Receiver):
    """Keeps the end of what ffmpeg says in `text`."""

    text = ""

    def receive(self, block: bytes, at: float) -> None:
        self.text = (self.text + block.decode(errors="replace"))[-MAX_ERROR_BYTES:].strip()


class FrameReceiver(Receiver):
    """Cuts grey frames, and hands them to `deliver`. Raises CameraError if they flood."""

    def __init__(self, deliver: Callable[[bytes, float], None]) -> None:
        super().__init__()
        self._deliver = deliver
        self._content = b""
        self._hurried = 0

    def receive(self, block: bytes, at: float) -> None:
        self._content += block
        while len(self._content) >= _FRAME_BYTES:
            self._hurried = self._hurried + 1 if at - self.last < MIN_INTERVAL_SECONDS else 0
            if self._hurried > MAX_HURRIED:
                raise CameraError(
                    f"it sends more than {1 / MIN_INTERVAL_SECONDS:g} frames a second"
                )
            self._deliver(self._content[:_FRAME_BYTES], at)
            self._content = self._content[_FRAME_BYTES:]
            self._note(at)


class KeptReceiver(Receiver):
    """Puts pictures into the ring, and slows down a stream that floods until `stop` is set."""

    def __init__(self, kept: Kept, stop: threading.Event) -> None:
        super().__init__()
        self._ring = kept.ring
        self._splitter = kept.new_splitter()
        self._stop = stop
        self._is_first = True
        self._second, self._received = 0, 0

    def receive(self, block: bytes, at: float) -> None:
        for picture in self._splitter.split(block, at):
            if self._is_first:
                self._ring.clear()
                self._is_first = False
            self._ring.add(picture)
            self._note(at)
        if not self._splitter.can_be_read:
            self._note(at)
        if int(at) != self._second:
            self._second, self._received = int(at), 0
        self._received += len(block)
        if self._received > MAX_BYTES_PER_SECOND:
            self._stop.wait(self._second + 1 - at)


def receive_until_end(
    selector: selectors.BaseSelector, receivers: Sequence[Receiver], stop: threading.Event
) -> None:
    """Receive what comes until one of these outputs ends, or `stop` is set. Raises CameraError if
    one stalls."""
    while not stop.is_set():
        for key, _ in selector.select(WAIT_SECONDS):
            block = os.read(key.fd, _READ_BYTES)
            if block:
                key.data.receive(block, time.monotonic())
            elif key.data in receivers:
                return
            else:
                selector.unregister(key.fd)
        for one in receivers:
            if time.monotonic() - one.last > one.timeout:
                raise CameraError(f"no picture came for {one.timeout:g} s")
