"""Debian's motion watches a clip, in real time: that is slow, and needs the program."""

from pathlib import Path

import numpy as np
import pytest

from bench.motion.clips import HEIGHT, WIDTH, Clip, Event, Labels, Span, save
from bench.motion.motion_program import is_installed, watch_clips_once

pytestmark = pytest.mark.skipif(not is_installed(), reason="needs Debian's motion")


@pytest.mark.slow
def test_motion_detects_who_walks_by(tmp_path: Path) -> None:
    """A white block walks through a grey picture from the fourth second on."""
    luma = np.full((40, HEIGHT, WIDTH), 90, np.uint8)
    for number in range(20, 35):
        luma[number, 60:200, (number - 20) * 15 : (number - 20) * 15 + 60] = 230
    at, gain = np.arange(40) / 5, np.ones(40, np.float32)
    labels = Labels("block", 0, 8, (Event("person", 4, 7),), (Span(4, 7),))
    save(Clip("block", luma, at, gain, labels), tmp_path / "block.npz")

    watched = watch_clips_once([tmp_path / "block.npz"], tmp_path / "results.json")

    assert watched.detections["block"]
    assert min(watched.detections["block"]) >= 4  # none before it
    assert watched == watch_clips_once([tmp_path / "block.npz"], tmp_path / "results.json")
