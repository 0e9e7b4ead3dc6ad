"""Clips are files, and come back as they were."""

from pathlib import Path

import numpy as np
import pytest

from bench.motion.clips import Clip, ClipError, Event, Heat, Labels, Span, load, load_labels, save

LABELS = Labels(
    "person far",
    3,
    2.0,
    (Event("person", 0.4, 1.2),),
    (Span(0.2, 1.4),),
    ("dusk", "rain"),
    (Heat("person", 0.2, 1.4, 12.5, 1.4),),
    (0, 12, 50, 90, 90, 50, 12, 3, 0, 0),
)


def pictures(count: int = 10) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.random.default_rng(1).integers(0, 256, (count, 240, 320), np.uint8)


def test_a_clip_comes_back_with_its_labels(tmp_path: Path) -> None:
    at, gain = np.arange(10) / 5, np.linspace(1, 4, 10, dtype=np.float32)
    save(Clip("one", pictures(), at, gain, LABELS), tmp_path / "one.npz")

    clip = load(tmp_path / "one.npz")

    assert clip.name == "one"
    assert clip.labels == LABELS == load_labels(tmp_path / "one.npz")
    assert np.array_equal(clip.luma, pictures())
    assert [frame.at for frame in clip.frames()] == list(at)
    assert [frame.gain for frame in clip.frames()] == list(gain)


def test_what_a_device_kept_as_missed_is_one_event(tmp_path: Path) -> None:
    """SPOOL/replay/missed has no labels, and the device's monotonic seconds."""
    at = 5000 + np.arange(10) / 5
    np.savez(tmp_path / "photo.npz", luma=pictures(), at=at, gain=np.ones(10, np.float32))

    labels = load(tmp_path / "photo.npz").labels

    assert [(one.kind, one.begin, round(one.end, 3)) for one in labels.events] == [
        ("missed", 0, 1.8)
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no archive",
        b"PK\x05\x06" + bytes(18),  # an empty archive
    ],
)
def test_what_is_no_clip_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.npz"
    path.write_bytes(content)

    with pytest.raises(ClipError, match=r"broken\.npz is not a clip"):
        load(path)


def test_pictures_of_another_size_are_no_clip(tmp_path: Path) -> None:
    np.savez(
        tmp_path / "small.npz",
        luma=np.zeros((2, 24, 32), np.uint8),
        at=np.arange(2.0),
        gain=np.ones(2, np.float32),
    )

    with pytest.raises(ClipError, match="is not a clip of 320x240"):
        load(tmp_path / "small.npz")
