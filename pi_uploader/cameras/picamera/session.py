"""The Pi's camera from one opening to its closing: takes photos and records clips in one mode."""

import logging
import threading
import time
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

from photo_wire.media import Media
from pi_uploader.cameras.camera import CameraError, CameraGoneError, CaptureContext, Shot
from pi_uploader.cameras.media.dng import add_preview
from pi_uploader.cameras.media.exif import image_tags, photo_tags
from pi_uploader.cameras.media.preview import (
    PREVIEW_WIDTH,
    VIEW_QUALITY,
    draw_preview,
    or_none,
    with_preview,
)
from pi_uploader.cameras.picamera.faults import call_with_timeout, describe_error, save
from pi_uploader.cameras.picamera.library import list_sensors, select_sensor
from pi_uploader.cameras.picamera.mode import FOCUS_FAILED, FOCUSED, Mode, view_size
from pi_uploader.cameras.picamera.network import CameraNetwork
from pi_uploader.cameras.picamera.recorder import VideoRecorder
from pi_uploader.cameras.picamera.second_stream import frame_of, gain_in, luma_of, picture_of
from pi_uploader.motion.frame import FRAME_SIZE, Frame

FRAME_TIMEOUT_SECONDS = 5.0  # for a frame, apart from its exposure
FOCUS_TIMEOUT_SECONDS = 5.0  # after the start, for the lens to settle
DRAW_TIMEOUT_SECONDS = 5.0  # to draw a small picture; a Pi Zero needs less than one
_EXPOSURE_TIME, _ISO = 0x829A, 0x8827  # Exif tags

log = logging.getLogger("capture")


class Session:
    """The camera, opened and started in `mode`. A clip ends early once `stop` is set. `network` is
    the file of one that runs in the camera; photos have its results.

    Raises CameraGoneError if the camera is missing, or cannot be opened or started.
    """

    def __init__(
        self,
        sensor: str | None,
        mode: Mode,
        stop: threading.Event,
        network: Path | None = None,
    ) -> None:
        from picamera2 import Picamera2

        self._mode = mode
        selected = select_sensor(list_sensors(), sensor)
        self._network = CameraNetwork(network, selected.id) if network else None
        try:
            self._camera = Picamera2(selected.number)
        except Exception as error:
            raise CameraGoneError(
                f"{selected} cannot be opened: {describe_error(error)}"
            ) from error
        try:
            mode.configure(self._camera)
            self._camera.start()
            self._recorder = VideoRecorder(
                self._camera,
                mode.clip.pre_roll if mode.has_pre_roll else None,
                stop,
                draw_poster=self._draw_poster,
                check=self.check,
            )
        except Exception as error:
            self._camera.close()
            raise CameraGoneError(
                f"{selected} cannot be started: {describe_error(error)}"
            ) from error
        focuses = mode.has_autofocus(self._camera)
        self._focus_deadline = time.monotonic() + FOCUS_TIMEOUT_SECONDS if focuses else 0.0

    def take(self, context: CaptureContext, moment: float | None = None) -> Shot:
        """Return a photo exposed after this call, or as soon as possible after the `moment`
        (monotonic seconds), or a clip. Raises CameraError, or whatever picamera2 raises, if that
        fails."""
        if self._mode.format is Media.MP4:
            return self.take_clip(self._mode.clip.seconds)
        self._wait_for_focus()
        content = BytesIO()
        request = self._next_frame(moment)
        try:
            network = self._network.result(request.get_metadata()) if self._network else None
            if self._mode.format is Media.DNG:
                save(lambda: request.save_dng(content))
                or_none(lambda: add_preview(content, *_draw_preview(request)))
            else:
                exif = {"0th": image_tags(context), "Exif": _exif_of(request, context)}
                save(lambda: request.save("main", content, format="jpeg", exif_data=exif))
        finally:
            request.release()  # an unreleased request stalls the camera
        photo = content.getvalue()
        if self._mode.format is Media.JPEG:
            photo = with_preview(photo, lambda: draw_preview(photo))
        return Shot(photo, self._mode.format, network)

    def take_clip(self, seconds: float) -> Shot:
        """Return a clip of these seconds, and of the pre-roll. Raises as `take` does."""
        return Shot(self._recorder.record(seconds), Media.MP4)

    def preview(self) -> bytes:
        """Return a small JPEG of the next frame, which a photo may have to wait for: another thread
        may be in any other method. Raises CameraError, or whatever picamera2 raises."""
        request = self._newest_frame()
        try:  # only what needs the frame: while it is held, the camera has a buffer less
            stream = request.config.get("lores")
            if stream is None:
                picture = request.make_image("main", *view_size(request.config["main"]["size"]))
            else:
                content = bytes(request.make_buffer("lores"))
        finally:
            request.release()
        if stream is not None:
            picture = picture_of(content, stream)
        jpeg = BytesIO()
        (picture if stream else picture.convert("RGB")).save(jpeg, "JPEG", quality=VIEW_QUALITY)
        return jpeg.getvalue()

    def look(self) -> Frame:
        """Return the next frame, small and grey, with the sensor's gain. Called while another
        thread is in any other method. Raises as `preview` does."""
        request = self._newest_frame()
        try:
            metadata = request.get_metadata()
            stream = request.config.get("lores")
            if stream is None:
                picture = request.make_image("main", *FRAME_SIZE)
            else:
                content = bytes(request.make_buffer("lores"))
        finally:
            request.release()
        return frame_of(luma_of(content, stream) if stream else picture.convert("L"), metadata)

    def _newest_frame(self) -> Any:
        """Return the frame that is completed next, or was just now. Raises CameraError if none
        comes."""
        job = self._camera.capture_request(wait=False)
        timeout = FRAME_TIMEOUT_SECONDS + 2 * (self._mode.exposure or 0)
        try:
            return self._camera.wait(job, timeout=timeout)
        except TimeoutError:
            threading.Thread(target=_release_late, args=(job,), daemon=True).start()
            raise CameraError(f"no frame came within {FRAME_TIMEOUT_SECONDS:g} s") from None

    def check(self) -> None:
        """Wait for a frame. Raises CameraError if none comes."""
        self._next_frame().release()

    def close(self) -> None:
        """Stop recording, and close the camera."""
        self._recorder.close()
        self._camera.close()

    def abort(self) -> None:
        """Close the camera although it may be waiting for a frame that never comes."""
        self._camera.cancel_all_and_flush()
        self._camera.close()

    def _next_frame(self, moment: float | None = None) -> Any:
        """Return a frame whose exposure begins from now on, or from the `moment` on. Raises
        CameraError if none comes."""
        flush = True if moment is None else max(1, round(moment * 1e9))
        job = self._camera.capture_request(wait=False, flush=flush)
        timeout = FRAME_TIMEOUT_SECONDS + 2 * (self._mode.exposure or 0)
        try:
            return self._camera.wait(job, timeout=timeout)
        except TimeoutError:
            raise CameraError(f"no frame came within {FRAME_TIMEOUT_SECONDS:g} s") from None

    def _wait_for_focus(self) -> None:
        """Wait, in the first seconds after the start, until the lens has settled."""
        while time.monotonic() < self._focus_deadline:
            request = self._next_frame()
            try:
                state = request.get_metadata().get("AfState")
            finally:
                request.release()
            if state in (None, FOCUSED, FOCUS_FAILED):
                self._focus_deadline = 0.0

    def _draw_poster(self) -> bytes:
        """Return a frame from now as a small JPEG."""
        request = self._next_frame()
        try:
            return _draw_preview(request)[0]
        finally:
            request.release()


def _release_late(job: Any) -> None:
    """Release the frame of a preview for which nobody waits any more."""
    with suppress(Exception):  # cancelled, since the camera is reopened
        job.get_result().release()


def _draw_preview(request: Any) -> tuple[bytes, tuple[int, int]]:
    """Return the frame as a small JPEG, and its size in pixels. picamera2 brings Pillow along."""
    width, height = request.config["main"]["size"]
    size = PREVIEW_WIDTH, round(height * PREVIEW_WIDTH / width)
    jpeg = BytesIO()

    def draw() -> None:
        request.make_image("main", *size).convert("RGB").save(jpeg, "JPEG", quality=80)

    call_with_timeout(DRAW_TIMEOUT_SECONDS, "drawing", draw)
    return jpeg.getvalue(), size


def _exif_of(request: Any, context: CaptureContext) -> dict[int, Any]:
    """Return the tags of the Exif IFD, in place of picamera2's own, whose time may be that of a
    clock that is not set."""
    metadata = request.get_metadata()
    exposure = (metadata.get("ExposureTime", 0), 1_000_000)  # microseconds, as a fraction
    return {
        **photo_tags(context.taken_at),
        _EXPOSURE_TIME: exposure,
        _ISO: round(gain_in(metadata) * 100),
    }
