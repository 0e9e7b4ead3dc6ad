"""A USB camera: any that Linux shows as a video device (V4L2)."""

import math
import os
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import TypedDict

from pi_uploader.cameras.camera import CameraError
from pi_uploader.cameras.feed import NOTHING, Feed, Watching
from pi_uploader.cameras.ffmpeg import (
    MAX_ATTEMPTS,
    STILL_TIMEOUT_SECONDS,
    Poster,
    Still,
    Stream,
    capture_still,
    record_clip,
    require_ffmpeg,
)
from pi_uploader.cameras.media.mjpeg import JpegSplitter
from pi_uploader.cameras.receivers import Kept
from pi_uploader.cameras.stream_camera import StreamCamera
from pi_uploader.settings import SettingsError

DEVICE_NAMES = Path("/sys/class/video4linux")
PI_CAMERA_DRIVERS = ("unicam", "rp1-cfe", "bcm2835-isp", "bcm2835-codec", "pispbe")
WARM_UP_FRAMES = 8  # until the exposure has settled
WARM_UP = Poster(skip_frames=WARM_UP_FRAMES)
KEPT_PER_SECOND = 10
KEPT_OPTIONS = (
    *("-map", "0:v:0", "-vf"),
    f"select='gte(n,{WARM_UP_FRAMES})*"
    f"(isnan(prev_selected_t)+gte(t-prev_selected_t,{0.9 / KEPT_PER_SECOND:g}))'",
    *("-fps_mode", "passthrough", "-c:v", "mjpeg", "-q:v", "3", "-flags:v", "+bitexact"),
    *("-flush_packets", "1", "-f", "image2pipe"),
)
ENCODER_OPTIONS = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-an")


class UsbCamera(StreamCamera):
    """Takes photos and clips from `device`. `size` is width and height in pixels; with None the
    camera chooses.

    With `watching` the device is read all the time, by one program, and what it takes comes from
    what it has kept: JPEGs, KEPT_PER_SECOND of them.

    Raises SettingsError if ffmpeg is not installed, or the device is the Pi's own camera.
    """

    max_delay = 0.5  # of the driver's buffers and ffmpeg's; a frame's `at` is when it came

    def __init__(
        self,
        device: str,
        *,
        size: tuple[int, int] | None = None,
        clip_seconds: float | None = None,
        watching: Watching = NOTHING,
        name: str = "camera",
    ) -> None:
        require_ffmpeg("usb")
        _reject_pi_camera(device)
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
        super().__init__(replace(self._stills, stop=threading.Event()), clip_seconds, watching)
        if watching.kept_seconds:
            self._main = self._frames = Feed(
                name,
                lambda: nullcontext(self._stills),
                has_frames=watching.has_frames,
                kept=Kept(self._ring, KEPT_OPTIONS, JpegSplitter),
            )
            self._main.start()

    def _capture_still(self, at: float) -> Still:
        if self._main:
            return self._kept_still(self._main, at)
        with self._device():
            return capture_still(self._stills, skip_frames=WARM_UP_FRAMES)

    def _kept_still(self, feed: Feed, at: float) -> Still:
        """Return the kept picture nearest to `at`; if it is grey or broken, the next one."""
        for _ in range(MAX_ATTEMPTS - 1):
            with suppress(CameraError):
                return self._one_kept_still(feed, at)
            at = time.monotonic()
        return self._one_kept_still(feed, at)

    def _one_kept_still(self, feed: Feed, at: float) -> Still:
        feed.wait_for(at, STILL_TIMEOUT_SECONDS)
        [picture], _ = self._ring.at_moment(at)
        drawn = capture_still(replace(self._stills, **_kept_input([picture], 1.0)), attempts=1)
        return Still(picture, drawn.preview)  # as the camera sent it, and not encoded once more

    def _record_clip(self, at: float, seconds: float) -> bytes:
        if self._main is None:
            with self._device():
                return record_clip(self._clips, seconds, ENCODER_OPTIONS, WARM_UP)
        self._main.wait_for(at, STILL_TIMEOUT_SECONDS)
        if not self._ring.remembers(at):
            at = time.monotonic()  # it waited too long for the clip before
        begin = at - self._pre_roll
        pictures = self._ring.follow(begin, at + seconds, self._clips.stop)
        kept = replace(self._clips, **_kept_input(pictures, self._ring.rate))
        poster = Poster(max(0.0, at - (self._ring.begin(begin) or at)))
        longest = 2 * (seconds + self._pre_roll)  # the rate may change meanwhile
        return record_clip(kept, longest, ENCODER_OPTIONS, poster)

    def _open_live(self) -> AbstractContextManager[Stream]:
        """Open what is kept, or the device."""
        if self._main is None:
            return nullcontext(self._stills)
        self._main.wait_for(time.monotonic(), STILL_TIMEOUT_SECONDS)
        pictures = self._ring.follow(time.monotonic(), math.inf, threading.Event())
        return nullcontext(replace(self._stills, **_kept_input(pictures, self._ring.rate)))

    @contextmanager
    def _device(self) -> Iterator[None]:
        """Have the device, which live pictures may use, until the end of the block."""
        self._live.pause()
        try:
            yield
        finally:
            self._live.resume()


class _KeptInput(TypedDict):
    """What of a Stream differs if ffmpeg reads kept pictures."""

    input_options: Sequence[str]
    stdin: Iterable[bytes]


def _kept_input(pictures: Iterable[bytes], rate: float) -> _KeptInput:
    """Return what ffmpeg reads: JPEGs, `rate` of them a second."""
    options = ("-f", "mjpeg", "-framerate", f"{rate:.3f}", "-i", "pipe:0")
    return {"input_options": options, "stdin": pictures}


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
