"""The interface of every camera."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from photo_wire.headers import Trigger
from photo_wire.media import Media
from pi_uploader.errors import NightjarError
from pi_uploader.motion.frame import Frame

VIEW_WIDTH = 640  # pixels, of the longer side of a live picture


class CameraError(NightjarError):
    """The camera took no photo this time; the text says why. The next attempt may succeed."""

    retryable = True
    hint = (
        "where the service has the camera, stop it first: sudo systemctl stop pi-uploader-capture"
    )


class CameraGoneError(CameraError):
    """The camera takes no photos any more; only a new process may be able to open it again."""

    retryable = False  # in this process


@dataclass(frozen=True, slots=True)
class CaptureContext:
    """Why and when a photo is taken, as its EXIF says it. `taken_at` is in UTC, None while the
    clock is not set."""

    camera: str
    trigger: Trigger
    taken_at: datetime | None

    @property
    def description(self) -> str:
        return f"{self.camera}, {self.trigger}"


@dataclass(frozen=True, slots=True)
class NetworkResult:
    """What a network that runs in the camera returned with a frame: arrays of numbers, and the
    names of its classes if its file has them."""

    outputs: tuple[Any, ...] = field(repr=False)
    classes: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Shot:
    """A photo or a clip: the bytes of a complete file, its media type, and what the camera's own
    network returned with it."""

    content: bytes = field(repr=False)
    media: Media
    network: NetworkResult | None = None


class Camera(Protocol):
    """A source of photos."""

    def take(self, context: CaptureContext) -> Shot:
        """Take a photo or a clip now. Raises CameraError if that fails this time."""

    def close(self) -> None:
        """Release the hardware."""


@runtime_checkable
class Recorder(Protocol):
    """A camera that can record clips."""

    def stop_recording(self) -> None:
        """End the current clip, and every later one at once; `take` returns what was recorded.
        Called while another thread is in `take`."""


@runtime_checkable
class Checkable(Protocol):
    """A camera that stays open, and may fail between two triggers."""

    def check(self) -> None:
        """Verify that the camera still delivers frames, and reopen it if not. Raises
        CameraGoneError if reopening does not help, CameraError for another fault."""


@runtime_checkable
class Viewfinder(Protocol):
    """A camera that can show a small picture of now, beside the photos that it takes."""

    def preview(self) -> bytes:
        """Return a JPEG, VIEW_WIDTH pixels on its longer side at most. Called while another thread
        is in `take`, which it delays by one frame at most. Raises CameraError."""


@runtime_checkable
class FrameSource(Protocol):
    """A camera that delivers small grey pictures all the time, beside the photos that it takes."""

    @property
    def max_delay(self) -> float:
        """How many seconds after the moment that it shows a frame comes at most; 0 if its `at` is
        that moment."""

    def frames(self, stop: threading.Event) -> Iterator[Frame]:
        """Yield about FRAMES_PER_SECOND frames a second until `stop` is set. Called in a thread of
        its own, while others are in `take` and `preview`, and again after it failed.

        Raises CameraError if the stream fails, stalls (5 s without a frame) or changes in a way
        that it cannot follow.
        """


@runtime_checkable
class MomentCamera(Protocol):
    """A camera that has the pictures of the last moments."""

    def take_at(self, context: CaptureContext, at: float) -> Shot:
        """Return the photo nearest to the moment `at` (monotonic seconds), which has passed, or a
        clip that shows it; where the camera has no picture of then, the next one. Raises
        CameraError."""

    def remembers(self, at: float) -> bool:
        """Return whether it has the picture of the moment `at`."""


NO_CLIPS = "a camera of the Pi does with CAMERA_FORMAT=mp4, a simulated one with ffmpeg"
"""Which cameras record clips on request, for who asked another one."""


@runtime_checkable
class ClipRecorder(Protocol):
    """A camera that can record a clip on request."""

    @property
    def records_clips(self) -> bool:
        """Whether it can do so in its mode."""

    def take_clip(self, context: CaptureContext, seconds: float) -> Shot:
        """Record a clip of this length now, also if its photos are pictures. Raises CameraError."""
