"""A network camera that streams by RTSP: ffmpeg reads its stream through a relay."""

import logging
import math
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace

from pi_uploader.cameras.camera import CameraError
from pi_uploader.cameras.feed import NOTHING, Feed, Watching
from pi_uploader.cameras.ffmpeg import (
    Poster,
    Still,
    Stream,
    capture_still,
    record_clip,
    require_ffmpeg,
)
from pi_uploader.cameras.media.mpegts import PictureSplitter
from pi_uploader.cameras.receivers import Kept
from pi_uploader.cameras.rtsp import session
from pi_uploader.cameras.rtsp.auth import Credentials
from pi_uploader.cameras.rtsp.connection import SYSTEM_TRUST, Address, Trust
from pi_uploader.cameras.rtsp.relay import RtspRelay
from pi_uploader.cameras.rtsp.session import Target, silence_text, wrong_transport_text
from pi_uploader.cameras.stream_camera import StreamCamera
from pi_uploader.settings import SettingsError

# ffmpeg's concat demuxer reads the relay's URL from standard input, as a list with one entry:
# command-line arguments are visible to everybody by `ps`.
_INPUT_OPTIONS = (
    *("-f", "concat", "-safe", "0"),
    *("-protocol_whitelist", "pipe,rtp,rtsp,tcp,udp", "-i", "pipe:0"),
)
_STILL_OPTIONS = ("-skip_frame", "nokey", "-err_detect", "explode")
# Key frames alone are decoded, and a picture with missing data is shown: nobody keeps it.
_KEY_FRAMES = ("-skip_frame", "nokey")
_LIVE = (*_KEY_FRAMES, *_INPUT_OPTIONS)
_COPY = ("-c:v", "copy", "-an")
_KEEP = (
    *("-map", "0:v:0", *_COPY, "-f", "mpegts", "-muxdelay", "0", "-muxpreload", "0"),
    *("-flush_packets", "1"),
)
_FROM_RING = ("-analyzeduration", "1000000", "-f", "mpegts", "-i", "pipe:0")
_STRICT = ("-err_detect", "explode")
_ONE_THREAD = ("-threads", "1")  # of a decoder: more would deliver later
NEXT_PICTURE_SECONDS = 2.0  # for the ring to have a picture of now
MAX_KEY_SECONDS = 20.0  # between two key frames

log = logging.getLogger("capture")


class RtspCamera(StreamCamera):
    """Takes the next key frame of the stream at `url`, or records a clip: from a key frame on,
    copied without encoding it again, and without sound.

    With `watching` it reads the stream all the time, and what it takes comes from what it has kept
    of it; if that fails, from a connection of its own, as without. Frames come from the stream at
    `substream`, if there is one.

    The password is sent only to a camera whose certificate is trusted, or by Digest, unless the
    credentials allow Basic. Pictures come by `transport`, tcp or udp. Raises SettingsError if
    ffmpeg is not installed or the file of the certificate authority cannot be used.
    """

    max_delay = 3.0  # it encodes, sends and buffers, and does not say when a frame was exposed

    def __init__(
        self,
        url: str,
        credentials: Credentials | None = None,
        trust: Trust = SYSTEM_TRUST,
        *,
        transport: str = "tcp",
        clip_seconds: float | None = None,
        watching: Watching = NOTHING,
        substream: str | None = None,
        name: str = "camera",
    ) -> None:
        require_ffmpeg("rtsp")
        try:
            trust.ssl_context()
        except OSError as error:
            raise SettingsError(
                [f"CAMERA_CA: '{trust.ca}' cannot be used ({error}); expected a PEM file"]
            ) from None
        self._target = Target(url, credentials, trust, transport)
        explanations = _explanations(Address(url), transport)
        self._stills = Stream((*_STILL_OPTIONS, *_INPUT_OPTIONS), explanations=explanations)
        clips = Stream(_INPUT_OPTIONS, explanations=explanations)
        super().__init__(clips, clip_seconds, watching)
        self._name = name
        self._main, self._frames = self._open_feeds(name, watching, substream)
        if self._main and watching.kept_seconds:
            self._main.start()

    def _open_feeds(
        self, name: str, watching: Watching, substream: str | None
    ) -> tuple[Feed | None, Feed | None]:
        """Return what reads the main stream, and what delivers frames, which may be the same."""
        stream = replace(self._clips, input_options=(*_ONE_THREAD, *_INPUT_OPTIONS))
        kept = Kept(self._ring, _KEEP, PictureSplitter) if watching.kept_seconds else None
        sub = replace(self._target, url=substream) if substream else None
        has_frames = watching.has_frames and not sub
        main = frames = None
        if has_frames or kept:
            main = Feed(name, lambda: self._relayed(stream), has_frames=has_frames, kept=kept)
        if watching.has_frames:
            frames = main
        if watching.has_frames and sub:
            opened = replace(
                stream, explanations=_explanations(Address(sub.url), self._target.transport)
            )
            frames = Feed(name, lambda: self._relayed(opened, sub), has_frames=True, kept=None)
        return main, frames

    @property
    def kept_bytes(self) -> int:
        """The bytes of the pictures that are kept in memory."""
        return self._ring.size

    def _capture_still(self, at: float) -> Still:
        if still := self._still_from_ring(at):
            return still
        with self._relayed(self._stills) as stream:
            return capture_still(stream)

    def _still_from_ring(self, at: float) -> Still | None:
        """Return the kept picture nearest to `at`; None if none is kept, or it is damaged."""
        if not self._ring.is_fresh():
            return None
        self._ring.wait_for(at, NEXT_PICTURE_SECONDS)
        pictures, skipped = self._ring.at_moment(at)
        kept = Stream((*_STRICT, *_FROM_RING), stdin=pictures)
        try:
            return capture_still(kept, skipped, attempts=1)
        except CameraError as error:
            log.warning(
                "%s: the kept picture cannot be used, the next one is taken: %s", self._name, error
            )
            return None

    def _record_clip(self, at: float, seconds: float) -> bytes:
        if self._ring.is_fresh():
            if not self._ring.remembers(at):
                at = time.monotonic()  # it waited too long for the clip before
            begin = self._ring.begin(at - self._pre_roll) or at
            pictures = self._ring.follow(at - self._pre_roll, at + seconds, self._clips.stop)
            kept = replace(self._clips, input_options=_FROM_RING, stdin=pictures)
            longest = seconds + self._pre_roll + MAX_KEY_SECONDS
            return record_clip(kept, longest, _COPY, Poster(max(0.0, at - begin)))
        with self._relayed(self._clips) as stream:
            return record_clip(stream, seconds, _COPY)

    def _open_live(self) -> AbstractContextManager[Stream]:
        """Open what is kept, or a connection of its own."""
        if self._ring.is_fresh():
            pictures = self._ring.follow(time.monotonic(), math.inf, threading.Event())
            return nullcontext(Stream((*_KEY_FRAMES, *_FROM_RING), stdin=pictures))
        return self._relayed(replace(self._stills, input_options=_LIVE))

    @contextmanager
    def _relayed(self, stream: Stream, target: Target | None = None) -> Iterator[Stream]:
        """Yield the stream as a relay forwards it, by default the main one. A CameraError of the
        block gets the relay's reason, if that has one."""
        with RtspRelay(target or self._target) as relay:
            script = _ffconcat(relay.url, self._target.transport).encode()
            try:
                yield replace(stream, stdin=[script], secrets=[relay.url])
            except CameraError as error:
                if stream.stop.is_set():
                    raise  # the relay's connections ended because of that
                raise CameraError(relay.problem or str(error)) from error


def _ffconcat(url: str, transport: str) -> str:
    return (
        "ffconcat version 1.0\n"
        f"file '{url}'\n"
        f"option rtsp_transport {transport}\n"
        f"option timeout {session.SILENCE_SECONDS * 1e6:.0f}\n"
    )


def _explanations(camera: Address, transport: str) -> dict[str, str]:
    return {
        "Nonmatching transport": wrong_transport_text(camera, transport),
        "timed out": silence_text(camera),
        "Invalid data": silence_text(camera),
    }
