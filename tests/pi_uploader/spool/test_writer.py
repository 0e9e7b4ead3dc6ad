"""The writer: a photo is stored, complete and durable, or its loss is recorded."""

import errno
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest

from pi_uploader.spool import Spool, SpoolError
from pi_uploader.spool.disk import Disk
from pi_uploader.spool.losses import DISK_ERROR, NO_ROOM
from pi_uploader.spool.photo import first_sequence
from tests.support.crash_states import Model
from tests.support.disks import READS, FailingDisk, Kind, RecordingFailingDisk
from tests.support.spool_photos import put
from tests.support.spool_runs import RecordedRun, problems_after


@pytest.mark.parametrize(
    ("error", "reason"),
    [(errno.ENOSPC, NO_ROOM), (errno.EDQUOT, NO_ROOM), (errno.EIO, DISK_ERROR)],
)
def test_a_photo_that_cannot_be_written_is_recorded_as_lost(
    error: int, reason: str, tmp_path: Path
) -> None:
    spool = Spool(tmp_path, FailingDisk(0, error, kinds={Kind.WRITE}, lasting=True))
    with pytest.raises(SpoolError, match="lost: disk error: "):
        put(spool, 1)
    assert [loss.reason for loss in spool.losses.unreported()] == [reason]
    assert list(spool.waiting_photos()) == []


class DamagedFolderDisk(Disk):
    """Creates no file in the first folder of photos."""

    attempts = 0

    def create(self, path: Path) -> int:
        if path.parent.name == "00000000":
            self.attempts += 1
            raise OSError(errno.EIO, "Input/output error")
        return super().create(path)


def test_after_two_failures_a_photo_goes_to_the_next_folder(tmp_path: Path) -> None:
    """Its own folder may be damaged."""
    disk = DamagedFolderDisk()
    spool = Spool(tmp_path, disk)
    assert put(spool, 1).sequence == first_sequence(1)
    assert disk.attempts == 2
    assert list(spool.losses.unreported()) == []


@pytest.mark.usefixtures("folders_of_three_photos")
def test_a_power_cut_after_an_error_of_the_disk_takes_nothing(tmp_path: Path) -> None:
    """For every operation that fails once with EIO, every cut after it, every state: what put()
    acknowledged all the same is there. A flush that failed counts as never done, also if a later
    one of the same file works."""
    wrong: dict[str, list[str]] = {}
    for at in count():
        disk = RecordingFailingDisk(at, errno.EIO, kinds=frozenset(Kind) - READS)
        run = RecordedRun(tmp_path / f"{at}", disk)
        with suppress(SpoolError, OSError):
            for number in range(3):
                run.put(number)
        if not disk.failed:
            break
        for state in run.states(Model.HARSH):
            if found := problems_after(state, tmp_path / "after"):
                wrong[f"operation {at}, {disk.failed[0]}, cut {state.cut}"] = found
    assert not wrong, "\n".join(f"{where}: {what}" for where, what in wrong.items())
