"""A camera on a USB port: any that Linux shows as a video device (V4L2)."""

import os
from pathlib import Path

from photo_wire.media import Media
from pi_uploader.cameras.camera import CaptureContext, Shot
from pi_uploader.cameras.exif import with_exif
from pi_uploader.cameras.ffmpeg import Stream, clip, need_ffmpeg, still
from pi_uploader.settings import SettingsError

DEVICE_NAMES = Path("/sys/class/video4linux")
PIS_OWN = (
    "unicam",
    "rp1-cfe",
    "bcm2835-isp",
    "bcm2835-codec",
    "pispbe",
)  # drivers of a Pi's camera
WARM_UP = 8  # pictures until the exposure has settled
ENCODER = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-an")


class UsbCamera:
    """Takes a picture from `device` as a JPEG, or with `clip_seconds` the next seconds as an MP4.
    `size` is width and height in pixels; None leaves the choice to the camera.

    Raises SettingsError if ffmpeg is not installed, or the device is the Pi's own camera.
    """

    def __init__(
        self,
        device: str,
        *,
        size: tuple[int, int] | None = None,
        clip_seconds: float | None = None,
    ) -> None:
        need_ffmpeg("usb")
        _refuse_the_pis_own(device)
        self._clip_seconds = clip_seconds
        sized = ("-video_size", f"{size[0]}x{size[1]}") if size else ()
        self._stream = Stream(
            input=("-f", "v4l2", *sized, "-i", device),
            meanings={
                "No such file": f"there is no camera at {device}; see v4l2-ctl --list-devices",
                "Permission denied": f"{device} may not be read; the user needs the group video",
                "busy": f"{device} is in use by another program",
                "Invalid argument": f"{device} cannot do this CAMERA_SIZE; see v4l2-ctl "
                "--list-formats-ext",
            },
        )

    def take(self, occasion: CaptureContext) -> Shot:
        """A photo or a clip. Raises CameraError if the camera gives none in time."""
        if self._clip_seconds:
            return Shot(clip(self._stream, self._clip_seconds, ENCODER, WARM_UP), Media.MP4)
        return Shot(with_exif(still(self._stream, skip=WARM_UP), occasion), Media.JPEG)

    def cut_short(self) -> None:
        """Let a clip end now; a photo is taken as it is."""
        if self._clip_seconds:
            self._stream.stop.set()

    def close(self) -> None:
        """Nothing is held open."""


def _refuse_the_pis_own(device: str) -> None:
    """Raise SettingsError if the device belongs to the Pi's own camera, which has /dev/video0 on
    many a Pi. ffmpeg would only say that it cannot do the size."""
    try:
        name = (DEVICE_NAMES / Path(os.path.realpath(device)).name / "name").read_text().strip()
    except OSError:
        return  # not there, or not on Linux: told when it is opened
    if name.startswith(PIS_OWN):
        raise SettingsError(
            [
                f"CAMERA_DEVICE: {device} belongs to the Pi's own camera ({name}), and not to one "
                "on USB; expected another device, see v4l2-ctl --list-devices, or "
                "CAMERA_SOURCE=picamera2"
            ]
        )
