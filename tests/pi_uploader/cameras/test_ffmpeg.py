"""ffmpeg: pictures with missing data, error messages, and time limits."""

import signal
from pathlib import Path

import pytest

from pi_uploader.cameras import CameraError, ffmpeg
from pi_uploader.cameras.ffmpeg import MAX_GREY_SHARE, Stream, grey_share
from pi_uploader.capture.handler import MAX_PHOTO_SECONDS
from pi_uploader.settings.camera_values import MAX_CLIP_SECONDS


def test_a_picture_that_is_grey_in_its_lower_part_is_too_grey() -> None:
    """As after a packet that was lost in its upper half."""
    good, missing = 600, 400
    sample = bytes(range(200)) * 3 + b"\x80" * missing
    planes = sample + (b"\x60" * good + b"\x80" * missing) * 2
    assert 0.39 < grey_share(planes) < 0.41
    assert grey_share(planes) > MAX_GREY_SHARE


def test_the_longest_clip_and_its_poster_end_before_the_watchdog_fires() -> None:
    """Even if ffmpeg takes as long as it may for each."""
    assert MAX_CLIP_SECONDS + ffmpeg.CLIP_START_SECONDS + ffmpeg.POSTER_SECONDS < MAX_PHOTO_SECONDS


def test_an_error_message_is_explained_without_secrets() -> None:
    """A known piece has an explanation; of anything else the last line is shown."""
    stream = Stream((), secrets=["rtsp://relay/1"], explanations={"busy": "it is in use"})
    assert ffmpeg.explain(stream, "first\nrtsp://relay/1: device busy", 1) == "it is in use"
    assert ffmpeg.explain(stream, "first\nrtsp://relay/1: broken", 1.25) == (
        "ffmpeg ended after 1.2 s: ...: broken"
    )
    assert ffmpeg.explain(stream, "", 1) == "ffmpeg ended after 1.0 s: no error message"


@pytest.fixture
def stopped(monkeypatch: pytest.MonkeyPatch) -> Stream:
    """A stream that was stopped before ffmpeg began."""
    monkeypatch.setattr(ffmpeg, "STOP_SECONDS", 0.5)
    stream = Stream(())
    stream.stop.set()
    return stream


def replace_ffmpeg(monkeypatch: pytest.MonkeyPatch, folder: Path, script: str) -> None:
    """Put a shell script in the place of ffmpeg."""
    program = folder / "ffmpeg"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")


def test_an_ffmpeg_that_does_not_stop_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stopped: Stream
) -> None:
    """The error says so; without a stop it says that no data came in time."""
    replace_ffmpeg(monkeypatch, tmp_path, "trap '' TERM; while :; do sleep 0.05; done")
    with pytest.raises(CameraError, match=r"did not end within 0\.5 s"):
        ffmpeg._run(stopped, [], 1000.0)
    with pytest.raises(CameraError, match=r"sent no data within 0\.3 s"):
        ffmpeg._run(Stream(()), [], 0.3)


def test_a_stop_works_in_the_background_of_a_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stopped: Stream
) -> None:
    """There SIGINT is ignored, and so it is in ffmpeg until that has begun to handle it."""
    monkeypatch.setattr(ffmpeg, "STOP_SECONDS", 90.0)
    replace_ffmpeg(monkeypatch, tmp_path, "exec sleep 1000")
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        ffmpeg._run(stopped, [], 1000.0)
    finally:
        signal.signal(signal.SIGINT, before)
