"""A camera on a USB port: any that Linux shows as a video device (V4L2)."""

from photo_wire.media import Media
from pi_uploader.cameras.camera import Occasion, Shot
from pi_uploader.cameras.exif import with_exif
from pi_uploader.cameras.ffmpeg import Stream, clip, need_ffmpeg, still

WARM_UP = 8  # pictures until the exposure has settled
ENCODER = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-an")


class UsbCamera:
    """Takes a picture from `device` as a JPEG, or with `clip_seconds` the next seconds as an MP4.
    `size` is width and height in pixels; None leaves the choice to the camera.

    Raises SettingsError if ffmpeg is not installed.
    """

    def __init__(
        self,
        device: str,
        *,
        size: tuple[int, int] | None = None,
        clip_seconds: float | None = None,
    ) -> None:
        need_ffmpeg("usb")
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

    def take(self, occasion: Occasion) -> Shot:
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
