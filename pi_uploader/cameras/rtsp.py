"""A camera on the network that gives its stream by RTSP (RFC 2326)."""

from collections.abc import Sequence
from urllib.parse import quote, urlsplit

from photo_wire.media import Media
from pi_uploader.cameras.camera import Occasion, Shot
from pi_uploader.cameras.exif import with_exif
from pi_uploader.cameras.ffmpeg import Stream, clip, need_ffmpeg, still

SILENCE = 5.0  # seconds in which the camera sends nothing, after which it is given up
PROTOCOLS = "pipe,rtp,rtsp,tcp,udp,tls,crypto"


class RtspCamera:
    """Takes the next key frame of the stream at `url` as a JPEG, or with `clip_seconds` the next
    seconds from a key frame on as an MP4, copied as they come and without sound.

    Raises SettingsError if ffmpeg is not installed.
    """

    def __init__(
        self,
        url: str,
        *,
        user: str | None = None,
        password: str | None = None,
        clip_seconds: float | None = None,
    ) -> None:
        need_ffmpeg("rtsp")
        self._clip_seconds = clip_seconds
        self._stream = Stream(
            input=_INPUT if clip_seconds else (*_INPUT_OF_A_STILL, *_INPUT),
            script=_script(_with_user(url, user, password)),
            secrets=_secrets(url, user, password),
            meanings=_meanings(url),
        )

    def take(self, occasion: Occasion) -> Shot:
        """A photo or a clip. Raises CameraError if the camera gives none in time."""
        if self._clip_seconds:
            return Shot(clip(self._stream, self._clip_seconds, ("-c:v", "copy", "-an")), Media.MP4)
        return Shot(with_exif(still(self._stream), occasion), Media.JPEG)

    def cut_short(self) -> None:
        """Let a clip end now; a photo is taken as it is."""
        if self._clip_seconds:
            self._stream.stop.set()

    def close(self) -> None:
        """Nothing is held open."""


# The stream's URL, with the password in it, is not an argument: `ps` shows those to everybody.
# ffmpeg's concat demuxer reads it from standard input, as a list with one entry.
_INPUT = ("-f", "concat", "-safe", "0", "-protocol_whitelist", PROTOCOLS, "-i", "pipe:0")
_INPUT_OF_A_STILL = ("-skip_frame", "nokey", "-err_detect", "explode")


def _script(url: str) -> str:
    quoted = url.replace("'", r"'\''")
    return (
        "ffconcat version 1.0\n"
        f"file '{quoted}'\n"
        "option rtsp_transport tcp\n"  # over UDP a lost packet is a grey picture
        f"option timeout {SILENCE * 1e6:.0f}\n"
    )


def _with_user(url: str, user: str | None, password: str | None) -> str:
    if user is None:
        return url
    parts = urlsplit(url)
    who = f"{quote(user, safe='')}:{quote(password or '', safe='')}"
    return parts._replace(netloc=f"{who}@{parts.netloc}").geturl()


def _secrets(url: str, user: str | None, password: str | None) -> Sequence[str]:
    """What must not be told; in some cameras' URLs the query holds a password."""
    plain = [one for one in (user, password, urlsplit(url).query) if one]
    return [*plain, *(quote(one, safe="") for one in plain)]


def _meanings(url: str) -> dict[str, str]:
    parts = urlsplit(url)
    where = f"{parts.hostname}:{parts.port or (322 if parts.scheme == 'rtsps' else 554)}"
    silence = f"{where} gave nothing for {SILENCE:g} s, or what is no RTSP or no whole picture"
    return {
        "401 Unauthorized": f"{where} wants another user or password; see CAMERA_USER (user in the "
        "config file) and CAMERA_PASSWORD (the systemd credential camera_password)",
        "404 Not Found": f"{where} has no such stream; see the path in CAMERA_URL",
        "Connection refused": f"nothing listens at {where}; is the camera on, is CAMERA_URL right?",
        "No route to host": f"there is no way to {where}; is the camera on the network?",
        "Name or service": f"the name {parts.hostname} is not known; see CAMERA_URL",
        "timed out": silence,
        "Invalid data": silence,
    }
