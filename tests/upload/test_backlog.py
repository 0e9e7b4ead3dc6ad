"""The backend is told how many photos wait, and the spool is not read through for each of them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from photo_wire.headers import Clock, Trigger
from photo_wire.media import Media
from photo_wire.name import new_name
from pi_uploader.spool import Room, Spool
from pi_uploader.upload.backlog import BETWEEN_COUNTS, Backlog
from tests.rigs.disks import FailingDisk, Kind


def test_it_is_counted_now_and_then_and_what_is_delivered_taken_off(tmp_path: Path) -> None:
    """Photos that came meanwhile are in the next count."""
    disk, now = FailingDisk(kinds={Kind.NAMES}), [0.0]  # which never fails, and counts
    spool = Spool(tmp_path, disk, Room(reserve=0))
    backlog = Backlog(spool, lambda: now[0])

    def put(count: int) -> None:
        for number in range(count):
            name = new_name("gate", datetime.now(UTC) + timedelta(seconds=number))
            spool.put(b"photo", name, Media.JPEG, Trigger.MOTION, Clock.SYNCED)

    put(5)
    nothing_read = disk.operations
    assert backlog.left() is None  # the first photo goes at once
    assert disk.operations == nothing_read
    backlog.delivered()
    assert backlog.left() == 4
    put(3)
    counted = disk.operations
    for left in (3, 2, 1, 0, 0):
        backlog.delivered()
        assert backlog.left() == left
    assert disk.operations == counted
    now[0] += BETWEEN_COUNTS
    backlog.delivered()
    assert backlog.left() == 7
