"""A network camera that streams by RTSP: ffmpeg reads its stream through a relay."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from photo_wire.media import Media
from pi_uploader.cameras.camera import CameraError, CaptureContext, Shot
from pi_uploader.cameras.ffmpeg import Stream, capture_still, record_clip, require_ffmpeg
from pi_uploader.cameras.live_stream import LiveStream
from pi_uploader.cameras.media.exif import with_exif
from pi_uploader.cameras.media.preview import with_preview
from pi_uploader.cameras.rtsp import session
from pi_uploader.cameras.rtsp.auth import Credentials
from pi_uploader.cameras.rtsp.connection import SYSTEM_TRUST, Address, Trust
from pi_uploader.cameras.rtsp.relay import RtspRelay
from pi_uploader.cameras.rtsp.session import Target, silence_text, wrong_transport_text
from pi_uploader.settings import SettingsError

# ffmpeg's concat demuxer reads the relay's URL from standard input, as a list with one entry:
# command-line arguments are visible to everybody by `ps`.
_INPUT_OPTIONS = (
    *("-f", "concat", "-safe", "0"),
    *("-protocol_whitelist", "pipe,rtp,rtsp,tcp,udp", "-i", "pipe:0"),
)
_STILL_OPTIONS = ("-skip_frame", "nokey", "-err_detect", "explode")
# Key frames alone are decoded, and a picture with missing data is shown: nobody keeps it.
_LIVE = ("-skip_frame", "nokey", *_INPUT_OPTIONS)
_COPY = ("-c:v", "copy", "-an")


class RtspCamera:
    """Takes the next key frame of the stream at `url` as a JPEG, or with `clip_seconds` records a
    clip as an MP4: from a key frame on, copied without encoding it again, and without sound.

    The password is sent only to a camera whose certificate is trusted, or by Digest, unless the
    credentials allow Basic. Pictures come by `transport`, tcp or udp. Raises SettingsError if
    ffmpeg is not installed or the file of the certificate authority cannot be used.
    """

    def __init__(
        self,
        url: str,
        credentials: Credentials | None = None,
        trust: Trust = SYSTEM_TRUST,
        *,
        transport: str = "tcp",
        clip_seconds: float | None = None,
    ) -> None:
        require_ffmpeg("rtsp")
        try:
            trust.ssl_context()
        except OSError as error:
            raise SettingsError(
                [f"CAMERA_CA: '{trust.ca}' cannot be used ({error}); expected a PEM file"]
            ) from None
        self._target = Target(url, credentials, trust, transport)
        self._clip_seconds = clip_seconds
        explanations = _explanations(Address(url), transport)
        self._stills = Stream((*_STILL_OPTIONS, *_INPUT_OPTIONS), explanations=explanations)
        self._clips = Stream(_INPUT_OPTIONS, explanations=explanations)
        self._live = LiveStream(lambda: self._relayed(replace(self._stills, input_options=_LIVE)))

    def take(self, context: CaptureContext) -> Shot:
        """Take a photo or a clip. Raises CameraError if the camera delivers none in time."""
        if self._clip_seconds:
            return self.take_clip(context, self._clip_seconds)
        with self._relayed(self._stills) as stream:
            still = capture_still(stream)
        photo = with_exif(still.picture, context)
        return Shot(with_preview(photo, lambda: still.preview), Media.JPEG)

    @property
    def records_clips(self) -> bool:
        """Whether it can record clips on request: always."""
        return True

    def take_clip(self, context: CaptureContext, seconds: float) -> Shot:
        """Record a clip. Raises CameraError if the camera delivers none in time."""
        with self._relayed(self._clips) as stream:
            return Shot(record_clip(stream, seconds, _COPY), Media.MP4)

    def preview(self) -> bytes:
        """Return the newest key frame, small. Raises CameraError if the camera delivers none in
        time."""
        return self._live.latest()

    def stop_recording(self) -> None:
        """End a clip now; a photo is finished as usual."""
        self._clips.stop.set()

    def close(self) -> None:
        """End live pictures. Otherwise the connection is open only during `take`."""
        self._live.pause()

    @contextmanager
    def _relayed(self, stream: Stream) -> Iterator[Stream]:
        """Yield the stream as a relay forwards it. A CameraError of the block gets the relay's
        reason, if that has one."""
        with RtspRelay(self._target) as relay:
            script = _ffconcat(relay.url, self._target.transport)
            try:
                yield replace(stream, stdin=script, secrets=[relay.url])
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
