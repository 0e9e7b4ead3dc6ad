"""ffmpeg as a subprocess: takes the next complete picture of a stream, or records a clip of it.

Each photo has a process of its own: memory is needed only while it runs, and a broken stream cannot
crash the uploader. The output goes to files, not to pipes, since an MP4 is not written in order.
"""

import shutil
import struct
import subprocess
import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from pi_uploader.cameras.camera import CameraError
from pi_uploader.cameras.media.mp4 import (
    VIDEO_CODECS,
    add_poster,
    clip_folder,
    codecs_of,
    tag_as_hvc1,
)
from pi_uploader.cameras.media.preview import PREVIEW_WIDTH, or_none
from pi_uploader.settings import SettingsError

STILL_TIMEOUT_SECONDS = 20.0  # for one picture: connecting, and waiting for a key frame
MAX_ATTEMPTS = 3  # to get a complete picture
CLIP_START_SECONDS = 20.0  # until a clip begins
STOP_SECONDS = 4.0  # for ffmpeg to finish a clip that is stopped
POLL_SECONDS = 0.1  # between two checks whether to stop
POSTER_SECONDS = 10.0  # to draw a clip's poster; a Pi Zero needs about one
SAMPLE_SIZE = (64, 36)  # pixels of a picture that are checked
MAX_GREY_SHARE = 0.3  # of them, that may have the colour of missing data
MISSING_DATA_COLOURS = (  # Y, U, V, for each range of Y
    b"\x80\x80\x80",
    b"\x7e\x80\x80",
    b"\x82\x80\x80",
)
_STILL_FILES = ("picture.jpg", "preview.jpg", "sample")
GLOBAL_OPTIONS = ("-hide_banner", "-loglevel", "error", "-y", "-fflags", "+discardcorrupt")


@dataclass(frozen=True)
class Stream:
    """A source that ffmpeg reads. `input_options` precede the outputs on its command line, which
    every user of the machine can read; `stdin` is its standard input, which they cannot, and which
    is written as it comes. `secrets` are removed from its error messages. Each key of
    `explanations` is a piece of such a message, its value the text that replaces the whole message.
    Once `stop` is set, ffmpeg completes the file with what it has."""

    input_options: Sequence[str]
    stdin: Iterable[bytes] = field(default=(), repr=False)
    secrets: Sequence[str] = field(default=(), repr=False)
    explanations: dict[str, str] = field(default_factory=dict)
    stop: threading.Event = field(default_factory=threading.Event, repr=False)


@dataclass(frozen=True)
class Poster:
    """Which picture of a clip is its poster: the first one after `seconds` of it and after
    `skip_frames` others."""

    seconds: float = 0.0
    skip_frames: int = 0


FIRST_PICTURE = Poster()


@dataclass(frozen=True)
class Still:
    """A picture and its preview, both JPEGs of one frame. The preview is empty if ffmpeg drew
    none."""

    picture: bytes = field(repr=False)
    preview: bytes = field(repr=False)


def require_ffmpeg(source: str) -> None:
    """Raise SettingsError if ffmpeg is not installed; `source` is the CAMERA_SOURCE that needs
    it."""
    if not shutil.which("ffmpeg"):
        raise SettingsError(
            [
                f"CAMERA_SOURCE: {source!r} needs ffmpeg, which is not installed; run "
                "apt-get install ffmpeg"
            ]
        )


def capture_still(stream: Stream, skip_frames: int = 0, attempts: int = MAX_ATTEMPTS) -> Still:
    """Return the next picture with its preview, after `skip_frames` others; of an RTSP stream, the
    next key frame.

    Decoders fill missing data with one known grey. A picture with too much of it is discarded, and
    the next one taken. Raises CameraError if no picture was complete in time.
    """
    for _ in range(attempts):
        with TemporaryDirectory(prefix="nightjar-") as folder:
            picture, preview, sample = (Path(folder, name) for name in _STILL_FILES)
            _run(stream, _still_outputs(Path(folder), skip_frames), STILL_TIMEOUT_SECONDS)
            if not picture.exists():
                continue
            if grey_share(sample.read_bytes()) <= MAX_GREY_SHARE:
                return Still(
                    picture.read_bytes(), preview.read_bytes() if preview.exists() else b""
                )
    raise CameraError(
        f"{attempts} pictures were grey or broken" if attempts > 1 else "it was grey or broken"
    )


def record_clip(
    stream: Stream, seconds: float, codec_options: Sequence[str], poster: Poster = FIRST_PICTURE
) -> bytes:
    """Return the next `seconds` as an MP4, less if the stream ends, with a poster. Raises
    CameraError if nothing was recorded."""
    with clip_folder() as folder:
        file = folder / "clip.mp4"
        outputs = ["-map", "0:v:0", "-t", f"{seconds:g}", *codec_options]
        outputs += ["-movflags", "+faststart", "-f", "mp4", str(file)]
        _run(stream, outputs, seconds + CLIP_START_SECONDS)
        content = file.read_bytes() if file.exists() else b""
        if stream.stop.is_set() and b"stts" not in content:
            raise CameraError("the clip was stopped before its first picture")
        content = _make_playable(content)
        if stream.stop.is_set():
            return content  # the process is ending: there is no time for a poster
        return or_none(lambda: add_poster(content, _draw_poster(file, poster))) or content


def _make_playable(content: bytes) -> bytes:
    """Return the clip as browsers play it. Raises CameraError if it has no picture."""
    try:
        codecs = codecs_of(content) & VIDEO_CODECS
    except (ValueError, struct.error):
        codecs = set()
    if b"stts" not in content or not codecs:
        raise CameraError(
            "the clip has no H.264 or H.265 picture in it; see the codec in the camera's settings"
        )
    return tag_as_hvc1(content)


def grey_share(sample: bytes) -> float:
    """Return how much of a picture has the grey of missing data, from 0 to 1. `sample` has one
    plane of bytes each for Y, U and V."""
    plane = len(sample) // 3
    pixels = zip(sample[:plane], sample[plane : 2 * plane], sample[2 * plane :], strict=True)
    return sum(bytes(pixel) in MISSING_DATA_COLOURS for pixel in pixels) / max(plane, 1)


def _still_outputs(folder: Path, skip_frames: int) -> list[str]:
    picture, preview, sample = (str(folder / name) for name in _STILL_FILES)
    width, height = SAMPLE_SIZE
    jpeg = ("-frames:v", "1", "-c:v", "mjpeg", "-f", "image2", "-update", "1")
    return [
        "-filter_complex",
        f"[0:v:0]select='gte(n,{skip_frames})',split=3[whole][small][other];"
        f"[small]scale='min({PREVIEW_WIDTH},iw)':'min({PREVIEW_WIDTH},ih)'"
        ":force_original_aspect_ratio=decrease[preview];"
        f"[other]scale={width}:{height}:flags=neighbor,format=yuv444p[sample]",
        *("-map", "[whole]", *jpeg, "-q:v", "2", picture),
        # Without bitexact ffmpeg writes its own name into each JPEG.
        *("-map", "[preview]", *jpeg, "-q:v", "5", "-flags:v", "+bitexact", preview),
        *("-map", "[sample]", "-frames:v", "1", "-f", "rawvideo", sample),
    ]


def _draw_poster(clip: Path, poster: Poster) -> bytes:
    file = clip.with_name("poster.jpg")
    filters = f"select='gte(n,{poster.skip_frames})',scale='min({PREVIEW_WIDTH},iw)':-2"
    outputs = ["-map", "0:v:0", "-vf", filters, "-frames:v", "1", "-c:v", "mjpeg", "-q:v", "4"]
    outputs += ["-f", "image2", "-update", "1", str(file)]
    at = ("-ss", f"{poster.seconds:g}") if poster.seconds else ()
    stream = Stream(input_options=("-threads", "1", *at, "-i", str(clip)))
    _run(stream, outputs, POSTER_SECONDS)
    if not file.exists():
        raise CameraError("the clip ends before a picture that could be its poster")
    return file.read_bytes()


def _run(stream: Stream, outputs: Sequence[str], timeout: float) -> None:
    """Run ffmpeg until it ends or the stream is stopped. Raises CameraError if it fails, or takes
    longer than `timeout` seconds, or than STOP_SECONDS to stop."""
    started = time.monotonic()
    with start(stream, outputs, subprocess.DEVNULL) as process:
        try:
            stderr = _communicate(process, stream, started + timeout)
        except subprocess.TimeoutExpired:
            if stream.stop.is_set():
                raise CameraError(f"ffmpeg did not end within {STOP_SECONDS:g} s") from None
            raise CameraError(f"it sent no data within {timeout:g} s") from None
        finally:
            process.kill()
    if process.returncode and not stream.stop.is_set():
        message = stderr.decode(errors="replace").strip()
        raise CameraError(explain(stream, message, time.monotonic() - started))


def start(
    stream: Stream,
    outputs: Sequence[str],
    stdout: int = subprocess.PIPE,
    pass_fds: Sequence[int] = (),
) -> "subprocess.Popen[bytes]":
    """Start ffmpeg with the stream and these outputs. Its standard error is a pipe, and its
    standard input is written by a thread."""
    # In its own session it does not receive a Ctrl-C from the terminal: with a second signal beside
    # ours it would leave the file incomplete.
    process = subprocess.Popen(
        ["ffmpeg", *GLOBAL_OPTIONS, *stream.input_options, *outputs],
        stdin=subprocess.PIPE,
        stdout=stdout,
        stderr=subprocess.PIPE,
        pass_fds=pass_fds,
        start_new_session=True,
    )
    stdin, process.stdin = process.stdin, None  # else communicate() would close it
    assert stdin
    threading.Thread(target=_write, args=(stdin, stream.stdin), daemon=True).start()
    return process


def _write(pipe: IO[bytes], content: Iterable[bytes]) -> None:
    """Write to a process until the content or the process ends."""
    with suppress(BrokenPipeError), pipe:
        for block in content:
            pipe.write(block)
            pipe.flush()


def _communicate(process: "subprocess.Popen[bytes]", stream: Stream, deadline: float) -> bytes:
    """Return ffmpeg's standard error, once it has ended. When the stream is stopped, ffmpeg is
    asked to finish. Raises TimeoutExpired at `deadline` (monotonic), or if it does not finish in
    STOP_SECONDS."""
    is_stopping = False
    while True:
        try:
            return process.communicate(timeout=POLL_SECONDS)[1]
        except subprocess.TimeoutExpired:
            if time.monotonic() >= deadline:
                raise
        if stream.stop.is_set() and not is_stopping:
            # Not SIGINT: in the background of a shell that is ignored, until ffmpeg handles it.
            process.terminate()
            is_stopping, deadline = True, min(deadline, time.monotonic() + STOP_SECONDS)


def explain(stream: Stream, message: str, seconds: float) -> str:
    """Return what ffmpeg's error message means, without the stream's secrets. `seconds` is how long
    it ran."""
    for piece, explanation in stream.explanations.items():
        if piece in message:
            return explanation
    last_line = message.splitlines()[-1] if message else "no error message"
    for secret in sorted(stream.secrets, key=len, reverse=True):
        last_line = last_line.replace(secret, "...")
    return f"ffmpeg ended after {seconds:.1f} s: {last_line}"
