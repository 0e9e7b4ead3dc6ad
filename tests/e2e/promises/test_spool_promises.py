"""What the spool promises."""

import errno
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from photo_wire.headers import ClockStatus, Trigger
from photo_wire.media import Media
from pi_uploader.spool import DamagedPhotoError, PhotoInfo, Quota, Spool, SpoolError
from tests.support.crash_states import Model, crash_states, read_tree
from tests.support.disks import FailingDisk, Kind, Operation, RecordingDisk, RecordingFailingDisk
from tests.support.oracle import problems
from tests.support.spool_photos import content, name, put


def test_promise_01_put_returns_when_the_photo_is_durable(tmp_path: Path) -> None:
    """In every state that a power cut may leave after put() returned, the photo is there."""
    Spool(tmp_path / "spool")
    start, disk = read_tree(tmp_path / "spool"), RecordingDisk()
    spool = Spool(tmp_path / "spool", disk)
    for number in range(2):
        disk.mark("acknowledged", put(spool, number))
    for state in crash_states(tmp_path / "spool", start, disk.record, Model.HARSH):
        state.write_to(tmp_path / "after")
        assert not problems(tmp_path / "after", state.marked("acknowledged")), state
        shutil.rmtree(tmp_path / "after")


@pytest.mark.parametrize("harm", ["flipped", "cut", "emptied"])
def test_promise_02_damage_is_found_before_it_is_sent(tmp_path: Path, harm: str) -> None:
    """Whatever became of the file: its bytes are compared with the camera's."""
    spool = Spool(tmp_path)
    photo = put(spool, 1)
    file = tmp_path / "waiting" / photo.path
    whole = file.read_bytes()
    damaged = {"flipped": bytes([whole[0] ^ 1]) + whole[1:], "cut": whole[:-1], "emptied": b""}
    file.write_bytes(damaged[harm])
    with pytest.raises(DamagedPhotoError):
        spool.open(photo)


def test_promise_03_the_photos_file_is_its_own_queue_entry(tmp_path: Path) -> None:
    """Nothing but the photos' files is needed: the same photos wait without all the others."""
    photos = [put(Spool(tmp_path / "spool"), number) for number in range(3)]
    for file in (tmp_path / "spool").rglob("*"):
        if file.is_file() and file.name not in {photo.file_name for photo in photos}:
            file.unlink()
    spool = Spool(tmp_path / "spool")
    assert list(spool.waiting_photos()) == photos
    assert (spool.oldest(), spool.newest()) == (photos[0], photos[-1])
    with spool.open(photos[0]) as body:
        assert body.read() == content(0)


def test_promise_09_a_full_spool_gives_up_the_least_valuable_and_counts_it(tmp_path: Path) -> None:
    """Timer shots before motion, the first of an event last; each loss is on record."""
    spool = Spool(tmp_path, quota=Quota(max_bytes=4 * 10, reserve=0))

    def keep(number: int, trigger: Trigger, first: bool = False) -> str:
        photo = spool.put(
            b"%010d" % number,
            PhotoInfo(name(number), Media.JPEG, trigger, ClockStatus.SYNCED, is_first=first),
        )
        return str(photo.name)

    first = keep(0, Trigger.MOTION, first=True)
    later = keep(1, Trigger.MOTION)
    timer = [keep(number, Trigger.SCHEDULE) for number in (2, 3)]
    newer = [keep(number, Trigger.MOTION) for number in (4, 5, 6)]
    lost = [str(loss.photo.name) for loss in spool.losses.unreported()]
    assert sorted(lost) == sorted([*timer, later])
    assert [str(photo.name) for photo in spool.waiting_photos()] == [first, *newer]
    with pytest.raises(SpoolError, match="lost"):
        keep(7, Trigger.SCHEDULE)
    assert len(list(spool.losses.unreported())) == 4


def test_promise_10_a_failed_fsync_is_final(tmp_path: Path) -> None:
    """The photo is written again to a new file; the failed one is never flushed again."""

    disk = RecordingFailingDisk(0, errno.EIO, kinds={Kind.FLUSH})
    photo = put(Spool(tmp_path, disk), 1)
    done = [one for one in disk.record if isinstance(one, Operation)]
    flushed = [one.arguments[0] for one in done if one.kind is Kind.FLUSH]
    assert len(flushed) == len(set(flushed)) == 2
    with Spool(tmp_path).open(photo) as body:
        assert body.read() == content(1)


@pytest.mark.parametrize("years", [-50, 50])
def test_promise_11_a_step_of_the_clock_reorders_and_overwrites_nothing(
    tmp_path: Path, years: int
) -> None:
    """Order is that of arrival, whatever the names say; a restart in between changes nothing."""
    photos = []
    for number in range(6):
        moment = name(number).captured_at + timedelta(days=365 * years * (number % 2))
        photos.append(
            Spool(tmp_path).put(
                content(number),
                PhotoInfo(
                    replace(name(number), captured_at=moment),
                    Media.JPEG,
                    Trigger.MOTION,
                    ClockStatus.SYNCED,
                ),
            )
        )
    spool = Spool(tmp_path)
    assert list(spool.waiting_photos()) == photos
    assert (spool.oldest(), spool.newest()) == (photos[0], photos[-1])


def test_promise_15_choosing_reads_one_folder_of_many(tmp_path: Path) -> None:
    """With 1,000 photos waiting, the newest and the oldest are found in two listings each."""
    spool = Spool(tmp_path)
    for number in range(1000):
        put(spool, number)
    disk = FailingDisk(kinds={Kind.NAMES})  # which never fails, and counts
    looking = Spool(tmp_path, disk)
    assert looking.newest() is not None
    assert looking.oldest() is not None
    assert disk.operations == 4
