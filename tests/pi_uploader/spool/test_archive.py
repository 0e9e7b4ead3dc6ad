"""Photos that stay on the device: the oldest go first, and none of them is a loss."""

import errno
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photo_wire.headers import ClockStatus, Trigger
from photo_wire.media import Media
from photo_wire.name import new_name
from pi_uploader.spool import PhotoInfo, Quota, Spool, SpooledPhoto
from pi_uploader.spool.archive import Archive
from pi_uploader.spool.disk import Disk
from tests.support.file_names import kept_file_names

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def keep(
    spool: Spool, age: timedelta, content: bytes = b"0123456789", camera: str = "gate"
) -> Path:
    """A photo of this age that was uploaded; returns where it is kept."""
    name = new_name(camera, NOW - age)
    photo = spool.put(content, PhotoInfo(name, Media.JPEG, Trigger.MOTION, ClockStatus.SYNCED))
    spool.remove(photo, keep=True)
    return spool.archive.path_of(photo)


def test_a_kept_photo_lies_where_a_person_looks_for_it(tmp_path: Path) -> None:
    """By camera and day, under its one name; it waits no longer."""
    spool = Spool(tmp_path)
    file = keep(spool, timedelta(0), b"a photo")
    assert file.parent == tmp_path / "kept" / "gate" / "2026-11-21"
    assert file.name.startswith("gate-20261121T120000000Z-")
    assert file.read_bytes() == b"a photo"
    assert spool.newest() is None
    assert list(spool.losses.unreported()) == []


def test_what_is_too_old_is_deleted_whatever_the_camera(tmp_path: Path) -> None:
    spool = Spool(tmp_path, keep=120 * DAY)
    old = [keep(spool, age * DAY, camera=camera) for age in (121, 200) for camera in ("a", "z")]
    new = [keep(spool, age * DAY, camera=camera) for age in (1, 119) for camera in ("a", "z")]
    assert spool.archive.purge(NOW) == 4
    assert not any(file.exists() for file in old)
    assert all(file.exists() for file in new)
    assert not old[0].parent.exists()
    assert spool.archive.purge(NOW) == 0


def test_a_photo_of_a_clock_that_was_never_set_is_of_no_age(tmp_path: Path) -> None:
    """It says 1970 and was taken yesterday."""
    spool = Spool(tmp_path, keep=DAY)
    file = keep(spool, NOW - datetime(1970, 1, 1, tzinfo=UTC))
    assert spool.archive.purge(NOW) == 0
    assert file.exists()


@settings(deadline=None)
@given(st.sets(kept_file_names, max_size=8))
def test_what_is_counted_is_what_is_listed(names: set[str]) -> None:
    with TemporaryDirectory() as folder:
        day = Path(folder) / "gate" / "2026-11-21"
        day.mkdir(parents=True)
        for name in names:
            (day / name).touch()
        archive = Archive(Path(folder), Disk())
        assert archive.count() == len(list(archive.photos()))


@settings(deadline=None)
@given(st.lists(st.integers(1, 100), max_size=12), st.integers(0, 400))
def test_above_the_limit_the_oldest_are_deleted(sizes: list[int], limit: int) -> None:
    """What is left fits, is the newest, and one more would not have fitted."""
    with TemporaryDirectory() as folder:
        spool = Spool(Path(folder), keep_bytes=limit)
        files = [keep(spool, age * DAY, b"x" * size) for age, size in enumerate(sizes)]
        spool.archive.purge(NOW)
        left = [file.exists() for file in files]
        assert left == sorted(left, reverse=True)
        assert sum(sizes[: sum(left)]) <= limit
        assert all(left) or sum(sizes[: sum(left) + 1]) > limit


class SmallDisk(Disk):
    """Has this many bytes in all."""

    size = 100

    def free(self, folder: Path) -> int:
        return self.size - sum(file.stat().st_size for file in folder.rglob("*.jpg"))


def test_kept_photos_are_deleted_before_any_photo_is_evicted(tmp_path: Path) -> None:
    """They were uploaded; those that wait were not."""
    spool = Spool(tmp_path, SmallDisk(), Quota(reserve=0))
    oldest, newer = keep(spool, 2 * DAY, b"x" * 40), keep(spool, DAY, b"x" * 40)
    waiting = [put(spool, b"y" * 30) for _ in range(2)]
    assert (oldest.exists(), newer.exists()) == (False, True)
    waiting.append(put(spool, b"y" * 30))
    assert not newer.exists()
    assert list(spool.waiting_photos()) == waiting
    assert list(spool.losses.unreported()) == []


def put(spool: Spool, content: bytes) -> SpooledPhoto:
    return spool.put(
        content, PhotoInfo(new_name("gate", NOW), Media.JPEG, Trigger.MOTION, ClockStatus.SYNCED)
    )


def test_a_photo_that_was_evicted_during_its_upload_is_no_loss(tmp_path: Path) -> None:
    """It arrived after all; there is nothing left to keep."""
    spool = Spool(tmp_path, quota=Quota(max_bytes=10, reserve=0))
    photo = put(spool, b"0123456789")
    put(spool, b"abcdefghij")
    assert len(list(spool.losses.unreported())) == 1
    spool.remove(photo, keep=True)
    assert list(spool.losses.unreported()) == []
    assert not spool.archive.path_of(photo).exists()


class NoRoomForFolders(Disk):
    def make_folder(self, folder: Path) -> None:
        if "kept" in folder.parts:
            raise OSError(errno.ENOSPC, "No space left on device")
        super().make_folder(folder)


def test_a_disk_that_cannot_keep_it_leaves_it_where_it_is(tmp_path: Path) -> None:
    """The caller hears of it, and may try again."""
    spool = Spool(tmp_path, NoRoomForFolders())
    photo = put(spool, b"a photo")
    with pytest.raises(OSError, match="No space"):
        spool.remove(photo, keep=True)
    assert list(spool.waiting_photos()) == [photo]
