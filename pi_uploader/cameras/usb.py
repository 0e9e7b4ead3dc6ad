"""A USB camera: any that Linux shows as a video device (V4L2)."""

import os
from pathlib import Path

from photo_wire.media import Media
from pi_uploader.cameras.camera import CaptureContext, Shot
from pi_uploader.cameras.ffmpeg import Stream, capture_still, record_clip, require_ffmpeg
from pi_uploader.cameras.media.exif import with_exif
from pi_uploader.cameras.media.preview import with_preview
from pi_uploader.settings import SettingsError

DEVICE_NAMES = Path("/sys/class/video4linux")
PI_CAMERA_DRIVERS = ("unicam", "rp1-cfe", "bcm2835-isp", "bcm2835-codec", "pispbe")
WARM_UP_FRAMES = 8  # until the exposure has settled
ENCODER_OPTIONS = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-an")


class UsbCamera:
    """Takes a photo from `device` as a JPEG, or with `clip_seconds` records a clip as an MP4.
    `size` is width and height in pixels; with None the camera chooses.

    Raises SettingsError if ffmpeg is not installed, or the device is the Pi's own camera.
    """

    def __init__(
        self,
        device: str,
        *,
        size: tuple[int, int] | None = None,
        clip_seconds: float | None = None,
    ) -> None:
        require_ffmpeg("usb")
        _reject_pi_camera(device)
        self._clip_seconds = clip_seconds
        size_option = ("-video_size", f"{size[0]}x{size[1]}") if size else ()
        self._stream = Stream(
            input_options=("-f", "v4l2", *size_option, "-i", device),
            explanations={
                "No such file": f"there is no camera at {device}; see v4l2-ctl --list-devices",
                "Permission denied": f"{device} may not be read; the user needs the group video",
                "busy": f"{device} is in use by another program",
                "Invalid argument": f"{device} cannot do this CAMERA_SIZE; see v4l2-ctl "
                "--list-formats-ext",
            },
        )

    def take(self, context: CaptureContext) -> Shot:
        """Take a photo or a clip. Raises CameraError if the camera delivers none in time."""
        if self._clip_seconds:
            clip = record_clip(self._stream, self._clip_seconds, ENCODER_OPTIONS, WARM_UP_FRAMES)
            return Shot(clip, Media.MP4)
        still = capture_still(self._stream, skip_frames=WARM_UP_FRAMES)
        photo = with_exif(still.picture, context)
        return Shot(with_preview(photo, lambda: still.preview), Media.JPEG)

    def stop_recording(self) -> None:
        """End a clip now; a photo is finished as usual."""
        if self._clip_seconds:
            self._stream.stop.set()

    def close(self) -> None:
        """Do nothing: the device is open only during `take`."""


def _reject_pi_camera(device: str) -> None:
    """Raise SettingsError if the device belongs to the Pi's own camera, which is /dev/video0 on
    many Pis. ffmpeg's error would only be about the size."""
    try:
        name = (DEVICE_NAMES / Path(os.path.realpath(device)).name / "name").read_text().strip()
    except OSError:
        return  # missing, or not on Linux: reported when the device is opened
    if name.startswith(PI_CAMERA_DRIVERS):
        raise SettingsError(
            [
                f"CAMERA_DEVICE: {device} belongs to the Pi's own camera ({name}), and not to one "
                "on USB; expected another device, see v4l2-ctl --list-devices, or "
                "CAMERA_SOURCE=picamera2"
            ]
        )
