"""ffmpeg: pictures with missing data, error messages, and time limits."""

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
    assert ffmpeg._explain(stream, "first\nrtsp://relay/1: device busy", 1) == "it is in use"
    assert ffmpeg._explain(stream, "first\nrtsp://relay/1: broken", 1.25) == (
        "ffmpeg ended after 1.2 s: ...: broken"
    )
    assert ffmpeg._explain(stream, "", 1) == "ffmpeg ended after 1.0 s: no error message"


def test_an_ffmpeg_that_ignores_the_stop_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error says so; without a stop it says that no data came in time."""
    program = tmp_path / "ffmpeg"
    program.write_text("#!/bin/sh\ntrap '' INT\nexec sleep 1000\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(ffmpeg, "STOP_SECONDS", 0.2)
    stopped, silent = Stream(()), Stream(())
    stopped.stop.set()
    with pytest.raises(CameraError, match=r"did not end within 0\.2 s"):
        ffmpeg._run(stopped, [], 1000.0)
    with pytest.raises(CameraError, match=r"sent no data within 0\.3 s"):
        ffmpeg._run(silent, [], 0.3)
