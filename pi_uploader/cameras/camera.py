"""What every camera can do."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from photo_wire.headers import Trigger
from photo_wire.media import Media
from pi_uploader.errors import NightjarError


class CameraError(NightjarError):
    """The camera gave no photo this time; the text says why. The next try may succeed."""

    retryable = True
    hint = (
        "where the service has the camera, stop it first: sudo systemctl stop pi-uploader-capture"
    )


class CameraGoneError(CameraError):
    """The camera gives no photo any more, and only a new process may have it back."""

    retryable = False  # in this process


@dataclass(frozen=True, slots=True)
class CaptureContext:
    """Why and when a photo is taken: what its EXIF says. `taken_at` is in UTC, None while the
    clock is not set."""

    camera: str
    trigger: Trigger
    taken_at: datetime | None

    @property
    def description(self) -> str:
        return f"{self.camera}, {self.trigger}"


@dataclass(frozen=True, slots=True)
class Shot:
    """What a camera took: the bytes of a whole file, and which kind it is."""

    content: bytes = field(repr=False)
    media: Media


class Camera(Protocol):
    """A source of pictures."""

    def take(self, occasion: CaptureContext) -> Shot:
        """Take a photo now. Raises CameraError if there is none this time."""

    def close(self) -> None:
        """Let go of the hardware."""


@runtime_checkable
class Recorder(Protocol):
    """A camera that takes clips."""

    def cut_short(self) -> None:
        """Have the clip in hand, and every later one, end now. What there is of it is the photo.
        Called while another thread is in `take`."""


@runtime_checkable
class Checkable(Protocol):
    """A camera that is held open, and can die while nothing triggers it."""

    def check(self) -> None:
        """Find out whether it still gives pictures, and open it again if not. Raises
        CameraGoneError if that does not help, CameraError for another fault."""
