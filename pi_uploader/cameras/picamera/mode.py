"""The mode in which the Pi's camera runs from its start to its end."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from photo_wire.media import Media
from pi_uploader import board
from pi_uploader.cameras.camera import VIEW_WIDTH
from pi_uploader.cameras.media.preview import PREVIEW_WIDTH
from pi_uploader.cameras.picamera.faults import MEMORY_ADVICE

MANUAL_FOCUS, CONTINUOUS_FOCUS = 0, 2  # libcamera's AfMode
FOCUSED, FOCUS_FAILED = 2, 3  # its AfState, once the lens has settled
BYTES_PER_PIXEL = 3  # of a still, uncompressed
DEFAULT_CLIP_SIZE = (1280, 720)  # of picamera2
STILL_BUFFERS = 2  # one in use and one being exposed; a Pi Zero has memory for no more

log = logging.getLogger("capture")


@dataclass(frozen=True)
class ClipLength:
    """The seconds of a clip after its trigger, and before it."""

    seconds: float = 10.0
    pre_roll: float = 0.0


@dataclass(frozen=True)
class Mode:
    """`size` in pixels, None for all of the sensor's; `rotation` 0 or 180 degrees; `focus` in
    dioptres and `exposure` in seconds, None for automatic."""

    size: tuple[int, int] | None = None
    format: Media = Media.JPEG
    rotation: int = 0
    focus: float | None = None
    exposure: float | None = None
    clip: ClipLength = field(default_factory=ClipLength)

    @property
    def has_pre_roll(self) -> bool:
        return self.format is Media.MP4 and self.clip.pre_roll > 0

    def configuration(self, camera: Any) -> Any:
        """Return picamera2's configuration for this camera and mode."""
        from libcamera import Transform

        is_rotated = self.rotation == 180
        size_option = {"size": self.size} if self.size else {}
        common: dict[str, Any] = {
            "transform": Transform(hflip=is_rotated, vflip=is_rotated),
            "controls": self._controls(camera),
        }
        if self.format is Media.MP4:
            common["lores"] = _view_stream(self.size or DEFAULT_CLIP_SIZE)
            return camera.create_video_configuration(size_option, raw=None, **common)
        common["buffer_count"] = STILL_BUFFERS
        if self.format is not Media.DNG:
            common["lores"] = _view_stream(self.size or camera.sensor_resolution)
            return camera.create_still_configuration(size_option, raw=None, **common)
        width, height = self.size or camera.sensor_resolution
        # The main picture is only drawn as the preview and live, and memory is scarce.
        main = (2 * PREVIEW_WIDTH, round(2 * PREVIEW_WIDTH * height / width))
        return camera.create_still_configuration(
            {"size": main}, raw={"size": (width, height)}, **common
        )

    def configure(self, camera: Any) -> None:
        """Configure the camera, and log where its actual configuration differs."""
        configuration = self.configuration(camera)
        pixel_format = configuration["main"].get("format")  # before picamera2 changes the object
        camera.configure(configuration)
        for difference in self._differences(camera.camera_configuration(), pixel_format):
            log.warning("%s", difference)

    def has_autofocus(self, camera: Any) -> bool:
        """Return whether the camera focuses by itself in this mode."""
        return self.focus is None and "AfMode" in camera.camera_controls

    def _differences(self, actual: Any, pixel_format: str | None) -> Iterator[str]:
        width, height = actual["raw" if self.format is Media.DNG else "main"]["size"]
        if self.size and self.size != (width, height):
            yield (
                f"CAMERA_SIZE: {self.size[0]}x{self.size[1]} was requested, but the camera "
                f"delivers {width}x{height}"
            )
        if self.size is None and self.format is Media.MP4:
            yield f"CAMERA_SIZE: is full, which for clips is {width}x{height}"
        transform = actual["transform"]
        if (transform.hflip, transform.vflip) != (self.rotation == 180,) * 2:
            yield f"CAMERA_ROTATION: {self.rotation} was requested, but this camera cannot do it"
        actual_format = actual["main"].get("format")
        if actual_format != pixel_format:
            yield (
                f"the camera delivers {actual_format} instead of {pixel_format}: "
                "colours may be wrong"
            )
        memory = board.contiguous_memory()
        needed = STILL_BUFFERS * BYTES_PER_PIXEL * width * height
        if self.format is Media.JPEG and memory is not None and needed > memory:
            yield (
                f"CAMERA_SIZE: {width}x{height} needs {needed / 1e6:.0f} MB of memory for pictures "
                f"(CMA), and there are {memory / 1e6:.0f} MB; {MEMORY_ADVICE}"
            )

    def _controls(self, camera: Any) -> dict[str, Any]:
        controls: dict[str, Any] = {}
        if self.exposure is not None:
            controls["ExposureTime"] = round(self.exposure * 1e6)  # microseconds
        if "AfMode" not in camera.camera_controls:
            if self.focus is not None:
                log.warning("CAMERA_FOCUS has no effect: this camera's focus is fixed")
        elif self.focus is None:
            controls["AfMode"] = CONTINUOUS_FOCUS  # off by default
        else:
            controls.update(AfMode=MANUAL_FOCUS, LensPosition=self.focus)
        return controls


def view_size(size: tuple[int, int]) -> tuple[int, int]:
    """Return the size of a live picture: that of the picture, VIEW_WIDTH on its longer side at
    most, in even numbers."""
    scale = min(1.0, VIEW_WIDTH / max(size))
    width, height = (2 * round(side * scale / 2) for side in size)
    return width, height


def _view_stream(size: tuple[int, int]) -> dict[str, Any] | None:
    """Return picamera2's second stream, for live pictures; None if the first one is small enough.
    Pis before the 5 deliver it in no other format."""
    return {"size": view_size(size), "format": "YUV420"} if max(size) > VIEW_WIDTH else None
