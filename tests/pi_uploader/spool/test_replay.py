"""The frames of triggers without motion: bounded, and kept if a person says so."""

import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from photo_wire.name import PhotoName, new_name
from pi_uploader.spool import replay
from pi_uploader.spool.replay import ReplaySet
from tests.support.frame_streams import MOVING, QUIET, frame_of
from tests.support.spool_photos import name

FRAMES = [frame_of(QUIET, at=99.5), frame_of(MOVING, at=100.5)]


@pytest.fixture(autouse=True)
def free_bytes(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A disk with room, whatever that of the test has."""
    usage = SimpleNamespace(free=10**12)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    return usage


def names_in(folder: Path) -> set[str]:
    return {file.stem for file in folder.iterdir()}


def test_what_is_kept_has_the_frames_and_when_they_were(tmp_path: Path) -> None:
    """Relative to the trigger, as the bench reads them."""
    frames = ReplaySet(tmp_path)
    frames.add([name(1)], FRAMES, 100.0)
    assert frames.keep(name(1))
    with np.load(tmp_path / "replay" / "missed" / f"{name(1)}.npz") as kept:
        assert (kept["luma"] == np.stack([QUIET, MOVING])).all()
        assert (list(kept["at"]), list(kept["gain"])) == ([-0.5, 0.5], [1.0, 1.0])
    assert names_in(frames.candidates) == set()


def test_to_keep_frames_twice_is_the_same_as_once(tmp_path: Path) -> None:
    frames = ReplaySet(tmp_path)
    frames.add([name(1)], FRAMES, 100.0)
    assert [frames.keep(name(1)) for _ in range(2)] == [True, True]


def test_each_photo_of_a_burst_has_the_frames(tmp_path: Path) -> None:
    frames = ReplaySet(tmp_path)
    frames.add([name(1), name(2)], FRAMES, 100.0)
    assert frames.keep(name(2))
    assert names_in(frames.missed) == {str(name(2))}


def test_a_photo_that_got_its_time_later_is_found(tmp_path: Path) -> None:
    """Its name has the same tag, and another time."""
    frames, former = ReplaySet(tmp_path), name(1)
    frames.add([former], FRAMES, 100.0)
    renamed = new_name(former.camera, name(500).captured_at, former.tag)
    assert frames.keep(renamed)
    assert names_in(frames.missed) == {str(renamed)}


def test_frames_of_others_and_none_at_all_are_not_kept(tmp_path: Path) -> None:
    frames = ReplaySet(tmp_path)
    assert not frames.keep(name(1))
    frames.add([name(1)], FRAMES, 100.0)
    assert not frames.keep(name(2))
    assert not frames.keep(PhotoName("exit", name(1).captured_at, name(1).tag))


@pytest.mark.parametrize(("limit", "value"), [("MAX_FILES", 3), ("MAX_BYTES", 0)])
def test_the_oldest_go_when_there_are_too_many(
    limit: str, value: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = ReplaySet(tmp_path)
    frames.add([name(0)], FRAMES, 100.0)
    size = (frames.candidates / f"{name(0)}.npz").stat().st_size
    monkeypatch.setattr(replay, limit, value or 3 * size)
    for number in range(1, 6):
        frames.add([name(number)], FRAMES, 100.0)
    assert names_in(frames.candidates) == {str(name(number)) for number in (3, 4, 5)}


@pytest.mark.parametrize(("limit", "value"), [("MAX_MISSED_FILES", 3), ("MAX_MISSED_BYTES", 0)])
def test_what_was_kept_first_goes_when_too_many_were_missed(
    limit: str, value: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever trigger was first. What a person puts beside them stays."""
    frames = ReplaySet(tmp_path)
    for number in range(6):
        frames.add([name(number)], FRAMES, 100.0)
    size = (frames.candidates / f"{name(0)}.npz").stat().st_size
    monkeypatch.setattr(replay, limit, value or 3 * size)
    frames.missed.mkdir()
    (frames.missed / "notes.txt").write_text("a fox")
    for number in (5, 4, 3, 0, 1):
        assert frames.keep(name(number))
    assert names_in(frames.missed) == {"notes", *(str(name(number)) for number in (3, 0, 1))}
    assert names_in(frames.candidates) == {str(name(2))}


def test_what_a_person_put_beside_them_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However old it is: own frames, a folder, a link to a file elsewhere, one to nowhere."""
    monkeypatch.setattr(replay, "MAX_MISSED_FILES", 1)
    frames = ReplaySet(tmp_path)
    frames.missed.mkdir(parents=True)
    (frames.missed / "own.npz").write_bytes(b"frames")
    (frames.missed / "folder.npz").mkdir()
    (tmp_path / "elsewhere.npz").write_bytes(b"frames")
    (frames.missed / f"{name(8)}.npz").symlink_to(tmp_path / "elsewhere.npz")
    (frames.missed / f"{name(9)}.npz").symlink_to(tmp_path / "nowhere")
    for file in ("own.npz", "folder.npz"):
        os.utime(frames.missed / file, (1, 1))
    before = names_in(frames.missed)
    for number in (1, 2):
        frames.add([name(number)], FRAMES, 100.0)
        assert frames.keep(name(number))
    assert names_in(frames.missed) == before | {str(name(2))}
    assert names_in(tmp_path) == {"replay", "elsewhere"}


def test_a_link_is_no_frames_of_a_photo(tmp_path: Path) -> None:
    """Nor is what it leads to created."""
    frames = ReplaySet(tmp_path)
    frames.candidates.mkdir(parents=True)
    (frames.candidates / f"{name(1)}.npz").symlink_to(tmp_path / "nowhere")
    assert not frames.keep(name(1))
    assert names_in(tmp_path) == {"replay"}


def test_what_is_kept_now_is_not_the_oldest_by_a_clock_that_is_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "MAX_MISSED_FILES", 2)
    frames = ReplaySet(tmp_path)
    for number in (1, 2, 3):
        frames.add([name(number)], FRAMES, 100.0)
        assert frames.keep(name(number))
        os.utime(frames.missed / f"{name(number)}.npz", (2**32, 2**32 + number))
    assert names_in(frames.missed) == {str(name(2)), str(name(3))}


def test_a_disk_with_little_room_holds_none(tmp_path: Path, free_bytes: SimpleNamespace) -> None:
    """A photo may need it."""
    frames = ReplaySet(tmp_path)
    frames.add([name(1)], FRAMES, 100.0)
    free_bytes.free = 100_000_000
    frames.add([name(2)], FRAMES, 100.0)
    assert names_in(frames.candidates) == set()
