"""Clips of the Pi's camera, by its video encoder."""

import inspect
import logging
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from pi_uploader.cameras.camera import CameraError
from pi_uploader.cameras.media.mp4 import add_poster, clip_folder, has_pictures
from pi_uploader.cameras.media.preview import or_none
from pi_uploader.cameras.picamera.faults import save

KEY_FRAME_INTERVAL = 30  # frames from one key frame to the next: a second of picamera2's video
RING_MARGIN_SECONDS = 1.5  # of the ring beyond the pre-roll: a key frame's interval, and a trigger

log = logging.getLogger("capture")


class VideoRecorder:
    """Records clips with a camera that is started. With a `pre_roll` (seconds) it records into a
    ring all the time. A clip ends early once `stop` is set. `draw_poster` returns a frame from now
    as a small JPEG; `check` raises CameraError if no frame comes. Raises whatever picamera2 raises
    if its encoder cannot be started."""

    def __init__(
        self,
        camera: Any,
        pre_roll: float | None,
        stop: threading.Event,
        *,
        draw_poster: Callable[[], bytes],
        check: Callable[[], None],
    ) -> None:
        self._camera = camera
        self._stop = stop
        self._draw_poster = draw_poster
        self._check = check
        self._ring_seconds = (pre_roll or 0.0) + RING_MARGIN_SECONDS
        self._ring = self._start_ring() if pre_roll else None

    def _start_ring(self) -> Any:
        """Record into a ring buffer, from now until `close`. It is longer than the pre-roll by the
        time between two key frames, since a clip begins with one."""
        from picamera2.encoders import H264Encoder
        from picamera2.outputs import CircularOutput2

        ring = CircularOutput2(buffer_duration_ms=round(self._ring_seconds * 1000))
        self._camera.start_encoder(H264Encoder(iperiod=KEY_FRAME_INTERVAL), ring)
        return ring

    def close(self) -> None:
        """Stop the ring's encoder, if there is one. What is in the ring goes to the clip that is
        being recorded."""
        if self._ring:
            self._camera.stop_encoder()
            self._ring = None

    def record(self, seconds: float) -> bytes:
        """Return a clip of these seconds, and of the pre-roll, that begins with the first key
        frame; its poster is a frame from now. If the camera stops delivering frames, the clip is
        what came before. Raises CameraError if nothing came."""
        with clip_folder() as folder:
            file = folder / "clip.mp4"
            record = self._record_from_ring if self._ring else self._record
            poster, fault = record(_mp4_output(file), seconds)
            content = file.read_bytes()
            file.unlink()  # from now on the clip is in memory only
        if not has_pictures(content):
            raise fault or CameraError("no picture came while it recorded")
        if fault:
            log.warning("%s: the clip ends there", fault)
        return (poster and or_none(partial(add_poster, content, poster))) or content

    def _record_from_ring(
        self, output: Any, seconds: float
    ) -> tuple[bytes | None, CameraError | None]:
        """Write what the ring has and what comes. Return a poster, or None if it cannot be drawn,
        and the camera's fault if it no longer delivers frames."""
        assert self._ring
        # Frames are written when they leave the ring, so that the end of the clip is late by the
        # ring's length, as its beginning is.
        end = time.monotonic() + seconds + self._ring_seconds
        self._ring.open_output(output)
        poster = or_none(self._draw_poster)
        self._stop.wait(end - time.monotonic())
        fault = self._find_fault()
        if fault or self._stop.is_set():
            save(self.close)  # closing the output would drop the newest seconds
        else:
            save(self._ring.close_output)
        return poster, fault

    def _record(self, output: Any, seconds: float) -> tuple[bytes | None, CameraError | None]:
        """Write what comes. Return as `_record_from_ring` does."""
        from picamera2.encoders import H264Encoder

        end = time.monotonic() + seconds
        encoder = H264Encoder()
        self._camera.start_encoder(encoder, output)
        poster = or_none(self._draw_poster)
        self._stop.wait(end - time.monotonic())
        save(lambda: self._camera.stop_encoder(encoder))
        return poster, self._find_fault()

    def _find_fault(self) -> CameraError | None:
        """Return the error if no frame comes, else None. When `stop` is set there is no time to
        wait for a frame, and no fault is looked for."""
        if self._stop.is_set():
            return None
        try:
            self._check()
        except CameraError as error:
            return error
        return None


def _mp4_output(file: Path) -> Any:
    """Return picamera2's writer of an MP4, its description first where it can (since 0.3.31)."""
    from picamera2.outputs import PyavOutput

    takes_options = "options" in inspect.signature(PyavOutput).parameters
    options = {"options": {"movflags": "+faststart"}} if takes_options else {}
    return PyavOutput(str(file), format="mp4", **options)
