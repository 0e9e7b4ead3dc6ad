"""The mode in which the Pi's camera runs, from its start to its end."""

import logging
from dataclasses import dataclass
from typing import Any

from photo_wire.media import Media
from pi_uploader.cameras.poster import WIDTH

MANUAL_FOCUS, CONTINUOUS_FOCUS = 0, 2  # libcamera's AfMode
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
