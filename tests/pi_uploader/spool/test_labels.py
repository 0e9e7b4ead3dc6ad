"""The labels beside the photos: whatever lies there, no photo is in danger."""

import errno
import os
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photo_wire.headers import ClockStatus
from photo_wire.motion import UNKNOWN, Label
from photo_wire.name import PhotoName
from pi_uploader.clock import BootTime
from pi_uploader.spool import Spool, SpooledPhoto
from pi_uploader.spool import labels as labels_module
from pi_uploader.spool.labels import MIN_AGE_SECONDS, LabelStore
from tests.support.spool_photos import name, put

LABELS = (Label("person", 0.93), Label("vehicle", 0.51))


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path)


def age(file: Path, seconds: float = MIN_AGE_SECONDS + 60) -> None:
    """Let a file have been written so long ago."""
    then = file.lstat().st_mtime - seconds
    os.utime(file, (then, then), follow_symlinks=False)


def test_labels_are_found_by_their_photo(spool: Spool) -> None:
    photo, other = put(spool, 1), put(spool, 2)
    assert spool.labels.get(photo) is None
    spool.labels.put(photo.name, LABELS)
    spool.labels.put(other.name, ())
    assert spool.labels.get(photo) == LABELS
    assert spool.labels.get(other) == ()
    spool.labels.remove(photo)
    assert spool.labels.get(photo) is None


def test_a_photo_that_got_its_time_later_has_its_labels(spool: Spool) -> None:
    undated = put(spool, 1, taken=BootTime("0123abcd", 1000))
    spool.labels.put(undated.name, LABELS)
    old = undated.name
    new = PhotoName(old.camera, old.captured_at + timedelta(days=99), old.tag)
    dated = spool.rename(undated, new, ClockStatus.CORRECTED)
    assert spool.labels.get(dated) == LABELS
    spool.labels.remove(dated)
    assert spool.labels.get(dated) is None


@given(content=st.binary(max_size=2000) | st.text(max_size=200).map(str.encode))
def test_a_file_of_anything_has_labels_of_the_wire_or_none(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp() / "any labels"
    spool = Spool(folder)
    photo = spool.newest() or put(spool, 1)
    spool.labels.put(photo.name, ())
    (spool.labels.folder / str(photo.name)).write_bytes(content)
    for label in spool.labels.get(photo) or ():
        assert 0 <= label.score <= 1
        assert label.word.isascii()


def replace_by_folder(file: Path) -> None:
    file.mkdir()


def replace_by_pipe(file: Path) -> None:
    os.mkfifo(file)


def replace_by_link(file: Path) -> None:
    file.symlink_to("/nowhere")


@pytest.mark.parametrize("replace", [replace_by_folder, replace_by_pipe, replace_by_link])
def test_something_else_in_the_place_of_a_file(replace: object, spool: Spool) -> None:
    photo = put(spool, 1)
    spool.labels.folder.mkdir()
    file = spool.labels.folder / str(photo.name)
    assert callable(replace)
    replace(file)
    assert spool.labels.get(photo) == (UNKNOWN,)
    spool.labels.remove(photo)
    assert spool.labels.purge(spool.photos()) in (0, 1)
    assert list(spool.waiting_photos()) == [photo]


def stored(spool: Spool) -> set[str]:
    return {file.name for file in spool.labels.folder.iterdir()}


def test_labels_without_a_photo_are_deleted(spool: Spool) -> None:
    """Once they are old: a photo may come a moment after them."""
    assert spool.labels.purge(spool.photos()) == 0
    waiting, bad, undated = put(spool, 1), put(spool, 2), put(spool, 3, taken=BootTime("0" * 8, 5))
    spool.quarantine(bad, "rejected-422")
    gone, fresh = name(4), name(5)
    for one in (waiting.name, bad.name, undated.name, gone, fresh):
        spool.labels.put(one, LABELS)
        if one != fresh:
            age(spool.labels.folder / str(one))
    foreign = spool.labels.folder / "notes.txt"
    torn = spool.labels.folder / f"{waiting.name}.new"
    for file in (foreign, torn):
        file.touch()
        age(file)
    assert spool.labels.purge(spool.photos()) == 2
    kept = {str(one) for one in (waiting.name, bad.name, undated.name, fresh)}
    assert stored(spool) == {*kept, "notes.txt"}


def test_there_are_never_many(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labels_module, "MAX_FILES", 3)
    photos: list[SpooledPhoto] = []
    for number in range(5):
        photos.append(put(spool, number))
        spool.labels.put(photos[-1].name, LABELS)
        age(spool.labels.folder / str(photos[-1].name), 50 - 10 * number)
    assert spool.labels.purge(spool.photos()) == 2
    assert stored(spool) == {str(one.name) for one in photos[2:]}


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    store = LabelStore(tmp_path)
    store.folder.touch()
    with pytest.raises(NotADirectoryError):
        store.put(name(1), LABELS)


@pytest.mark.parametrize("problem", [errno.EACCES, errno.EIO, errno.EUCLEAN, errno.ENAMETOOLONG])
def test_a_disk_that_does_not_show_them(
    problem: int, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a folder of somebody else, or after a power cut: a photo has none then."""
    photo = put(spool, 1)
    spool.labels.put(photo.name, LABELS)

    def fail(*_: object, **__: object) -> None:
        raise OSError(problem, os.strerror(problem))

    for look in ("stat", "lstat", "unlink", "scandir", "open"):
        monkeypatch.setattr(os, look, fail)
    assert spool.labels.get(photo) == (UNKNOWN,)
    spool.labels.remove(photo)
