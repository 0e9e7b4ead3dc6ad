"""A network camera that streams by RTSP: ffmpeg reads its stream through a relay."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from photo_wire.media import Media
from pi_uploader.cameras.camera import CameraError, CaptureContext, Shot
from pi_uploader.cameras.ffmpeg import Stream, capture_still, record_clip, require_ffmpeg
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
_COPY = ("-c:v", "copy", "-an")

Result = TypeVar("Result")


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
        self._stream = Stream(
            input_options=_INPUT_OPTIONS if clip_seconds else (*_STILL_OPTIONS, *_INPUT_OPTIONS),
            explanations=_explanations(Address(url), transport),
        )

    def take(self, context: CaptureContext) -> Shot:
        """Take a photo or a clip. Raises CameraError if the camera delivers none in time."""
        if seconds := self._clip_seconds:
            clip = self._through_relay(lambda stream: record_clip(stream, seconds, _COPY))
            return Shot(clip, Media.MP4)
        still = self._through_relay(capture_still)
        photo = with_exif(still.picture, context)
        return Shot(with_preview(photo, lambda: still.preview), Media.JPEG)

    def stop_recording(self) -> None:
        """End a clip now; a photo is finished as usual."""
        if self._clip_seconds:
            self._stream.stop.set()

    def close(self) -> None:
        """Do nothing: the connection is open only during `take`."""

    def _through_relay(self, take: Callable[[Stream], Result]) -> Result:
        """Return what `take` makes of the stream as a relay forwards it."""
        with RtspRelay(self._target) as relay:
            script = _ffconcat(relay.url, self._target.transport)
            stream = replace(self._stream, stdin=script, secrets=[relay.url])
            try:
                return take(stream)
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
