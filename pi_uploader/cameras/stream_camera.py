"""What cameras have in common whose stream ffmpeg reads, on USB and in the network."""

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager

from photo_wire.media import Media
from pi_uploader.cameras.camera import CameraError, CaptureContext, Shot
from pi_uploader.cameras.feed import Feed, Watching
from pi_uploader.cameras.ffmpeg import Still, Stream
from pi_uploader.cameras.live_stream import LiveStream
from pi_uploader.cameras.media.exif import with_exif
from pi_uploader.cameras.media.preview import with_preview
from pi_uploader.cameras.ring import Ring
from pi_uploader.motion.frame import Frame


class StreamCamera(ABC):
    """Takes a photo as a JPEG, or with `clip_seconds` records a clip as an MP4.

    A subclass says how, and sets the feeds that read the stream all the time if `watching` asks for
    it: `_main` fills the ring, `_frames` delivers frames. They may be the same. `clips` is the
    stream that `stop_recording` stops.
    """

    def __init__(self, clips: Stream, clip_seconds: float | None, watching: Watching) -> None:
        self._clips = clips
        self._clip_seconds = clip_seconds
        self._pre_roll = watching.pre_roll
        self._ring = Ring(watching.kept_seconds)  # empty unless a feed fills it
        self._live = LiveStream(self._open_live)
        self._main: Feed | None = None
        self._frames: Feed | None = None

    @abstractmethod
    def _capture_still(self, at: float) -> Still:
        """Return the picture nearest to the moment `at` (monotonic seconds), where nothing is kept
        the next one. Raises CameraError."""

    @abstractmethod
    def _record_clip(self, at: float, seconds: float) -> bytes:
        """Return an MP4 until `seconds` after the moment `at` (monotonic). Raises CameraError."""

    @abstractmethod
    def _open_live(self) -> AbstractContextManager[Stream]:
        """Open the stream of live pictures."""

    def frames(self, stop: threading.Event) -> Iterator[Frame]:
        """Yield the frames in which motion is looked for. Raises CameraError."""
        if self._frames is None:
            raise CameraError("it was opened without a stream of frames")
        return self._frames.frames(stop)

    def take(self, context: CaptureContext) -> Shot:
        """Take a photo or a clip. Raises CameraError if the camera delivers none in time."""
        return self.take_at(context, time.monotonic())

    def take_at(self, context: CaptureContext, at: float) -> Shot:
        """Return the photo nearest to the moment `at` (monotonic seconds), or a clip of it. Where
        nothing is kept it is the next one. Raises CameraError if the camera delivers none in
        time."""
        if self._clip_seconds:
            return Shot(self._record_clip(at, self._clip_seconds), Media.MP4)
        still = self._capture_still(at)
        photo = with_exif(still.picture, context)
        return Shot(with_preview(photo, lambda: still.preview), Media.JPEG)

    def remembers(self, at: float) -> bool:
        """Return whether the picture of the moment `at` is kept."""
        return self._ring.remembers(at)

    @property
    def records_clips(self) -> bool:
        """Whether it can record clips on request: always."""
        return True

    def take_clip(self, context: CaptureContext, seconds: float) -> Shot:
        """Record a clip. Raises CameraError if the camera delivers none in time."""
        return Shot(self._record_clip(time.monotonic(), seconds), Media.MP4)

    def preview(self) -> bytes:
        """Return a small picture of now. Raises CameraError if the camera delivers none in time, or
        is needed for a photo meanwhile."""
        return self._live.latest()

    def stop_recording(self) -> None:
        """End a clip now; a photo is finished as usual."""
        self._clips.stop.set()

    def close(self) -> None:
        """End live pictures and what is read all the time. Otherwise the stream is open only while
        something is taken."""
        self._live.pause()
        for feed in (self._main, self._frames):
            if feed:
                feed.close()
