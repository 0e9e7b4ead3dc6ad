"""ffmpeg as a subprocess: the next whole picture of a stream, or a clip of it.

A process of its own for each photo: it needs its memory only while it runs, and what it does with a
broken stream stays outside. Files, not pipes, take what it makes: an MP4 is written back and forth.
"""

import shutil
import signal
import struct
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from pi_uploader.cameras.camera import CameraError
from pi_uploader.cameras.hevc import CODECS, codecs_of, tag_as_hvc1
from pi_uploader.cameras.poster import WIDTH, attempt, with_poster
from pi_uploader.cameras.scratch import clip_folder
from pi_uploader.settings import SettingsError

TRY = 20.0  # seconds for one picture: connecting, and the wait for a key frame
TRIES = 3
CLIP_START = 20.0  # seconds until a clip begins
LAST_WORDS = 4.0  # seconds that ffmpeg has to end a clip which is cut short
LOOK = 0.1  # seconds between looks whether to cut it short
POSTER = 10.0  # seconds to draw a clip's poster; a Pi Zero takes about one
SAMPLE = (64, 36)  # pixels of a picture that are looked at
MAX_GREY = 0.3  # of them, that may be of the one grey
GREY = (b"\x80\x80\x80", b"\x7e\x80\x80", b"\x82\x80\x80")  # Y, U, V, for each range of Y
BEFORE = ("-hide_banner", "-loglevel", "error", "-y", "-fflags", "+discardcorrupt")


@dataclass(frozen=True)
class Stream:
    """Where ffmpeg reads. `input` is what stands before the outputs in its command line, which all
    users of the machine can read; `script` is its standard input, which they cannot. Each key of
    `meanings` is a piece of its error messages, and the value says what that means here. When
    `stop` is set, ffmpeg makes a whole file of what it has."""

    input: Sequence[str]
    script: str = field(default="", repr=False)
    secrets: Sequence[str] = field(default=(), repr=False)
    meanings: dict[str, str] = field(default_factory=dict)
    stop: threading.Event = field(default_factory=threading.Event, repr=False)


def need_ffmpeg(source: str) -> None:
    """Raises SettingsError if ffmpeg is not installed."""
    if not shutil.which("ffmpeg"):
        raise SettingsError(
            [
                f"CAMERA_SOURCE: {source!r} needs ffmpeg, which is not installed; expected "
                "apt-get install ffmpeg before"
            ]
        )


def still(stream: Stream, skip: int = 0) -> bytes:
    """The next picture as a JPEG, after `skip` others; of a stream, the next key frame.

    What a decoder shows where it has no data is one certain grey. A picture that has too much of it
    is refused and another one awaited. Raises CameraError if none was whole in time.
    """
    for _ in range(TRIES):
        with TemporaryDirectory(prefix="nightjar-") as folder:
            picture, sample = Path(folder, "picture.jpg"), Path(folder, "sample")
            _run(stream, _still_outputs(picture, sample, skip), TRY)
            if not picture.exists():
                continue
            if grey_share(sample.read_bytes()) <= MAX_GREY:
                return picture.read_bytes()
    raise CameraError(f"{TRIES} pictures were grey or broken")


def clip(stream: Stream, seconds: float, codec: Sequence[str], skip: int = 0) -> bytes:
    """The next `seconds` as an MP4, which may be shorter if the stream ends, with its first picture
    after `skip` others as its poster. Raises CameraError if there was nothing."""
    with clip_folder() as folder:
        file = folder / "clip.mp4"
        outputs = ["-map", "0:v:0", "-t", f"{seconds:g}", *codec]
        outputs += ["-movflags", "+faststart", "-f", "mp4", str(file)]
        _run(stream, outputs, seconds + CLIP_START)
        content = file.read_bytes() if file.exists() else b""
        content = _playable(content)
        if stream.stop.is_set():
            return content  # whoever stops this does not wait for a poster
        return attempt(lambda: with_poster(content, _poster(file, skip))) or content


def _playable(content: bytes) -> bytes:
    """Return the clip as browsers play it. Raises CameraError if there is no picture in it."""
    try:
        found = codecs_of(content) & CODECS
    except (ValueError, struct.error):
        found = set()
    if b"stts" not in content or not found:
        raise CameraError(
            "the clip has no H.264 or H.265 picture in it; see the codec in the camera's settings"
        )
    return tag_as_hvc1(content)


def grey_share(sample: bytes) -> float:
    """How much of a picture is of the grey that stands for missing data. `sample` has one plane of
    bytes each for Y, U and V."""
    plane = len(sample) // 3
    pixels = zip(sample[:plane], sample[plane : 2 * plane], sample[2 * plane :], strict=True)
    return sum(bytes(pixel) in GREY for pixel in pixels) / max(plane, 1)


def _still_outputs(picture: Path, sample: Path, skip: int) -> list[str]:
    width, height = SAMPLE
    return [
        "-filter_complex",
        f"[0:v:0]select='gte(n,{skip})',split[whole][other];"
        f"[other]scale={width}:{height}:flags=neighbor,format=yuv444p[sample]",
        *("-map", "[whole]", "-frames:v", "1", "-c:v", "mjpeg", "-q:v", "2"),
        *("-f", "image2", "-update", "1", str(picture)),
        *("-map", "[sample]", "-frames:v", "1", "-f", "rawvideo", str(sample)),
    ]


def _poster(clip: Path, skip: int) -> bytes:
    file = clip.with_name("poster.jpg")
    drawn = f"select='gte(n,{skip})',scale='min({WIDTH},iw)':-2"
    outputs = ["-map", "0:v:0", "-vf", drawn, "-frames:v", "1", "-c:v", "mjpeg", "-q:v", "4"]
    outputs += ["-f", "image2", "-update", "1", str(file)]
    _run(Stream(input=("-threads", "1", "-i", str(clip))), outputs, POSTER)
    if not file.exists():
        raise CameraError("the clip ends before a picture that could be its poster")
    return file.read_bytes()


def _run(stream: Stream, outputs: Sequence[str], deadline: float) -> None:
    """Run ffmpeg to its end, for at most `deadline` seconds, or until it is to stop."""
    started = time.monotonic()
    # In its own session a Ctrl-C in the terminal does not reach it: a second signal beside ours
    # would have it leave the file as it is.
    with subprocess.Popen(
        ["ffmpeg", *BEFORE, *stream.input, *outputs],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        try:
            said = _listen(process, stream, started + deadline)
        except subprocess.TimeoutExpired:
            raise CameraError(f"it gave nothing within {deadline:g} s") from None
        finally:
            process.kill()
    if process.returncode and not stream.stop.is_set():
        words = said.decode(errors="replace").strip()
        raise CameraError(_meaning(stream, words, time.monotonic() - started))


def _listen(process: "subprocess.Popen[bytes]", stream: Stream, end: float) -> bytes:
    """What ffmpeg says until its end, which it is asked for once the stream is to stop. Raises
    TimeoutExpired at `end`, or if it goes on though it was asked."""
    script: bytes | None = stream.script.encode()
    asked = False
    while True:
        try:
            return process.communicate(script, LOOK)[1]
        except subprocess.TimeoutExpired:
            script = None  # communicate() has it
            if time.monotonic() >= end:
                raise
        if stream.stop.is_set() and not asked:
            process.send_signal(signal.SIGINT)
            asked, end = True, min(end, time.monotonic() + LAST_WORDS)


def _meaning(stream: Stream, words: str, seconds: float) -> str:
    """What ffmpeg's last words mean, without the secrets it was given."""
    for piece, meaning in stream.meanings.items():
        if piece in words:
            return meaning
    last = words.splitlines()[-1] if words else "no word of why"
    for secret in sorted(stream.secrets, key=len, reverse=True):
        last = last.replace(secret, "...")
    return f"ffmpeg ended after {seconds:.1f} s: {last}"
