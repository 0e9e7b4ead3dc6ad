"""The mode in which the Pi's camera runs, from its start to its end."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from photo_wire.media import Media
from pi_uploader import board
from pi_uploader.cameras.picamera_faults import MEMORY_ADVICE
from pi_uploader.cameras.poster import WIDTH

MANUAL_FOCUS, CONTINUOUS_FOCUS = 0, 2  # libcamera's AfMode
FOCUSED, FOCUS_FAILED = 2, 3  # its AfState, when the lens stands still
BYTES_PER_PIXEL = 3  # of a still, uncompressed
STILL_BUFFERS = 2  # one in hand and one being exposed; a Pi Zero has memory for no more

log = logging.getLogger("capture")


@dataclass(frozen=True)
class Mode:
    """Size in pixels, None for all of them; rotation 0 or 180 degrees; focus in dioptres and
    exposure in seconds, None for automatic; a clip and its pre-roll in seconds."""

    size: tuple[int, int] | None
    format: Media
    rotation: int
    focus: float | None
    exposure: float | None
    clip: float
    pre_roll: float

    def configuration(self, camera: Any) -> Any:
        """What picamera2 is to configure this camera with."""
        from libcamera import Transform

        turned = self.rotation == 180
        sized = {"size": self.size} if self.size else {}
        common: dict[str, Any] = {
            "transform": Transform(hflip=turned, vflip=turned),
            "controls": self._controls(camera),
        }
        if self.format is Media.MP4:
            return camera.create_video_configuration(sized, raw=None, **common)
        common["buffer_count"] = STILL_BUFFERS
        if self.format is not Media.DNG:
            return camera.create_still_configuration(sized, raw=None, **common)
        width, height = self.size or camera.sensor_resolution
        main = (2 * WIDTH, round(2 * WIDTH * height / width))  # for the preview; memory is scarce
        return camera.create_still_configuration(
            {"size": main}, raw={"size": (width, height)}, **common
        )

    def configure(self, camera: Any) -> None:
        """Configure the camera, and log what it does not give as it was asked for."""
        asked = self.configuration(camera)
        format_ = asked["main"].get("format")  # read now: the library writes into what it is given
        camera.configure(asked)
        for difference in self._differences(camera.camera_configuration(), format_):
            log.warning("%s", difference)

    def focuses(self, camera: Any) -> bool:
        """Return whether the camera focuses by itself."""
        return self.focus is None and "AfMode" in camera.camera_controls

    def _differences(self, given: Any, format_: str | None) -> Iterator[str]:
        width, height = given["raw" if self.format is Media.DNG else "main"]["size"]
        if self.size and self.size != (width, height):
            yield (
                f"CAMERA_SIZE: {self.size[0]}x{self.size[1]} was asked for, and the camera gives "
                f"{width}x{height}"
            )
        if self.size is None and self.format is Media.MP4:
            yield f"CAMERA_SIZE: is full, which for clips is {width}x{height}"
        turned = given["transform"]
        if (turned.hflip, turned.vflip) != (self.rotation == 180,) * 2:
            yield f"CAMERA_ROTATION: {self.rotation} was asked for, and this camera cannot do it"
        found = given["main"].get("format")
        if found != format_:
            yield f"the camera gives {found}, and not {format_}: colours may be wrong"
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
