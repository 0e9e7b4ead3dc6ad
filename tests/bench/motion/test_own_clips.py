"""A person's own clips: videos with labels, and what a device kept."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from bench.motion.__main__ import main
from bench.motion.clips import ClipError, Event
from bench.motion.own_clips import own_clips
from pi_uploader.motion.frame import FRAME_SIZE

WIDTH, HEIGHT = FRAME_SIZE


def make_video(path: Path) -> None:
    """Make 6 s of a test picture whose parts move, 640x360 with 10 pictures a second."""
    source = ["-f", "lavfi", "-i", "testsrc=duration=6:size=640x360:rate=10"]
    command = ["ffmpeg", "-v", "error", *source, "-pix_fmt", "yuv420p", str(path)]
    subprocess.run(command, check=True)


def keep_missed(path: Path) -> None:
    """Write a clip as a device keeps one: its luma, when, and the gain."""
    luma = np.full((10, HEIGHT, WIDTH), 90, np.uint8)
    luma[5:, 80:160, 100:140] = 200
    at, gain = 900 + np.arange(10) / 5, np.ones(10, np.float32)
    np.savez_compressed(path, luma=luma, at=at, gain=gain)


def test_a_video_is_read_as_a_camera_delivers_frames(tmp_path: Path) -> None:
    make_video(tmp_path / "garden.mp4")
    (tmp_path / "garden.json").write_text(json.dumps([{"kind": "person", "begin": 1, "end": 2.5}]))

    (clip,) = own_clips(tmp_path)

    assert clip.luma.shape == (30, HEIGHT, WIDTH)
    assert clip.labels.events == (Event("person", 1, 2.5),)
    assert clip.at[-1] == pytest.approx(5.8)


def test_the_folder_is_scored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_video(tmp_path / "unlabelled.mkv")
    keep_missed(tmp_path / "cam_20261128T120000.npz")

    assert main([str(tmp_path), "--detector", "mse"]) == 0

    output = capsys.readouterr().out
    assert "unlabelled: 6.0 s, 0 events" in output
    assert "cam_20261128T120000: 1.8 s, 1 events" in output
    assert "1 of    1  100.0%" in output  # the missed one; what has no labels is not scored


@pytest.mark.parametrize("name", ["empty.mp4", "empty.npz"])
def test_what_cannot_be_read_is_named(name: str, tmp_path: Path) -> None:
    (tmp_path / name).touch()

    with pytest.raises(ClipError, match=name):
        list(own_clips(tmp_path))


@pytest.mark.parametrize("labels", ["no json", "{}x", '[{"kind": "person"}]', "[1]"])
def test_labels_that_are_wrong_are_named(tmp_path: Path, labels: str) -> None:
    make_video(tmp_path / "garden.mp4")
    (tmp_path / "garden.json").write_text(labels)

    with pytest.raises(ClipError, match=r"garden\.json"):
        list(own_clips(tmp_path))


def test_a_folder_that_is_not_there_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["/nowhere/clips", "--detector", "mse"]) == 1
    assert "/nowhere/clips is no folder" in capsys.readouterr().err
