"""A camera on the network that gives its stream by RTSP (RFC 2326)."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from photo_wire.media import Media
from pi_uploader.cameras.camera import CameraError, CaptureContext, Shot
from pi_uploader.cameras.exif import with_exif
from pi_uploader.cameras.ffmpeg import Stream, clip, need_ffmpeg, still
from pi_uploader.cameras.rtsp_auth import Credentials
from pi_uploader.cameras.rtsp_connection import Address, Trust
from pi_uploader.cameras.rtsp_relay import SILENCE, RtspRelay, wrong_transport
from pi_uploader.settings import SettingsError

PROTOCOLS = "pipe,rtp,rtsp,tcp,udp"

Result = TypeVar("Result")


class RtspCamera:
    """Takes the next key frame of the stream at `url` as a JPEG, or with `clip_seconds` the next
    seconds from a key frame on as an MP4, copied as they come and without sound.

    A password is given only to a camera whose certificate is trusted, or by Digest, unless
    `password_may_be_readable`. Pictures come by `transport`, tcp or udp. Raises SettingsError if
    ffmpeg is not installed or the file of the certificate authority cannot be used.
    """

    def __init__(
        self,
        url: str,
        *,
        user: str | None = None,
        password: str | None = None,
        password_may_be_readable: bool = False,
        transport: str = "tcp",
        ca: Path | None = None,
        fingerprint: str | None = None,
        clip_seconds: float | None = None,
    ) -> None:
        need_ffmpeg("rtsp")
        self._url = url
        self._clip_seconds = clip_seconds
        self._transport = transport
        self._credentials = (
            None if user is None else Credentials(user, password or "", password_may_be_readable)
        )
        self._trust = Trust(ca, fingerprint)
        try:
            self._trust.context()
        except OSError as error:
            raise SettingsError(
                [f"CAMERA_CA: '{ca}' cannot be used ({error}); expected a PEM file"]
            ) from None
        self._stream = Stream(
            input=_INPUT if clip_seconds else (*_INPUT_OF_A_STILL, *_INPUT),
            meanings=_meanings(Address(url), transport),
        )

    def take(self, occasion: CaptureContext) -> Shot:
        """A photo or a clip. Raises CameraError if the camera gives none in time."""
        if seconds := self._clip_seconds:
            copied = ("-c:v", "copy", "-an")
            return Shot(self._relayed(lambda stream: clip(stream, seconds, copied)), Media.MP4)
        return Shot(with_exif(self._relayed(still), occasion), Media.JPEG)

    def cut_short(self) -> None:
        """Let a clip end now; a photo is taken as it is."""
        if self._clip_seconds:
            self._stream.stop.set()

    def close(self) -> None:
        """Nothing is held open."""

    def _relayed(self, take: Callable[[Stream], Result]) -> Result:
        """Return what `take` makes of the stream, as it comes through a relay."""
        with RtspRelay(self._url, self._credentials, self._trust, self._transport) as relay:
            stream = replace(
                self._stream, script=_script(relay.url, self._transport), secrets=[relay.url]
            )
            try:
                return take(stream)
            except CameraError as error:
                raise CameraError(relay.problem or str(error)) from error


# ffmpeg's concat demuxer reads where the relay is from standard input, as a list with one entry:
# arguments are shown to everybody by `ps`.
_INPUT = ("-f", "concat", "-safe", "0", "-protocol_whitelist", PROTOCOLS, "-i", "pipe:0")
_INPUT_OF_A_STILL = ("-skip_frame", "nokey", "-err_detect", "explode")


def _script(url: str, transport: str) -> str:
    return (
        "ffconcat version 1.0\n"
        f"file '{url}'\n"
        f"option rtsp_transport {transport}\n"
        f"option timeout {SILENCE * 1e6:.0f}\n"
    )


def _meanings(camera: Address, transport: str) -> dict[str, str]:
    silence = f"{camera} gave nothing for {SILENCE:g} s, or what is no RTSP or no whole picture"
    return {
        "Nonmatching transport": wrong_transport(camera, transport),
        "timed out": silence,
        "Invalid data": silence,
    }
