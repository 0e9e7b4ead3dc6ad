"""A USB camera: any that Linux shows as a video device (V4L2)."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

from photo_wire.media import Media
from pi_uploader.cameras.camera import CaptureContext, Shot
from pi_uploader.cameras.ffmpeg import Poster, Stream, capture_still, record_clip, require_ffmpeg
from pi_uploader.cameras.live_stream import LiveStream
from pi_uploader.cameras.media.exif import with_exif
from pi_uploader.cameras.media.preview import with_preview
from pi_uploader.settings import SettingsError

DEVICE_NAMES = Path("/sys/class/video4linux")
PI_CAMERA_DRIVERS = ("unicam", "rp1-cfe", "bcm2835-isp", "bcm2835-codec", "pispbe")
WARM_UP_FRAMES = 8  # until the exposure has settled
WARM_UP = Poster(skip_frames=WARM_UP_FRAMES)
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
        self._stills = Stream(
            input_options=("-f", "v4l2", *size_option, "-i", device),
            explanations={
                "No such file": f"there is no camera at {device}; see v4l2-ctl --list-devices",
                "Permission denied": f"{device} may not be read; the user needs the group video",
                "busy": f"{device} is in use by another program",
                "Invalid argument": f"{device} cannot do this CAMERA_SIZE; see v4l2-ctl "
                "--list-formats-ext",
            },
        )
        self._clips = replace(self._stills, stop=threading.Event())
        self._live = LiveStream(lambda: nullcontext(self._stills))

    def take(self, context: CaptureContext) -> Shot:
        """Take a photo or a clip. Raises CameraError if the camera delivers none in time."""
        if self._clip_seconds:
            return self.take_clip(context, self._clip_seconds)
        with self._device():
            still = capture_still(self._stills, skip_frames=WARM_UP_FRAMES)
        photo = with_exif(still.picture, context)
        return Shot(with_preview(photo, lambda: still.preview), Media.JPEG)

    @property
    def records_clips(self) -> bool:
        """Whether it can record clips on request: always."""
        return True

    def take_clip(self, context: CaptureContext, seconds: float) -> Shot:
        """Record a clip. Raises CameraError if the camera delivers none in time."""
        with self._device():
            clip = record_clip(self._clips, seconds, ENCODER_OPTIONS, WARM_UP)
        return Shot(clip, Media.MP4)

    def preview(self) -> bytes:
        """Return a small picture of now. Raises CameraError, also while a photo is taken and no
        picture is new enough: one program at a time can use the device."""
        return self._live.latest()

    @contextmanager
    def _device(self) -> Iterator[None]:
        """Have the device, which live pictures may use, until the end of the block."""
        self._live.pause()
        try:
            yield
        finally:
            self._live.resume()

    def stop_recording(self) -> None:
        """End a clip now; a photo is finished as usual."""
        self._clips.stop.set()

    def close(self) -> None:
        """End live pictures. Otherwise the device is open only during `take`."""
        self._live.pause()


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
