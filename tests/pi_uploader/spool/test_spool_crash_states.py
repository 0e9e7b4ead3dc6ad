"""Whatever a power cut leaves of the spool's folder, each acknowledged photo is there once, whole.

The negative controls break the spool or its disk on purpose: the same check has to find it.
"""

import errno
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import pytest

from photo_wire.headers import ClockStatus
from pi_uploader.clock import BootTime
from pi_uploader.spool import Quota, Spool, SpooledPhoto, SpoolError
from tests.support.crash_states import CrashState, Model, crash_states, read_tree
from tests.support.disks import READS, Kind, RecordingDisk, RecordingFailingDisk
from tests.support.oracle import problems
from tests.support.spool_photos import name, put

Result = TypeVar("Result")
MODELS = pytest.mark.parametrize("model", Model)


@pytest.fixture(autouse=True)
def _folders_of_three_photos(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a short run makes, crosses and removes folders."""
    monkeypatch.setattr("pi_uploader.spool.photo.SHARD_SIZE", 3)


class Run:
    """A run of the spool on a disk that is recorded, with marks for what was acknowledged."""

    def __init__(self, folder: Path, disk: RecordingDisk, room: Quota | None = None) -> None:
        Spool(folder)  # the folders themselves are there since the installation
        self.folder = folder
        self.start = read_tree(folder)
        self.disk = disk
        self.spool = Spool(folder, disk, room)

    def put(self, number: int, taken: BootTime | None = None) -> SpooledPhoto:
        photo = put(self.spool, number, taken=taken)
        self.disk.mark("acknowledged", photo)
        return photo

    def remove(self, photo: SpooledPhoto) -> None:
        self.disk.mark("removed", photo)
        self.spool.remove(photo)

    def play(self) -> None:
        """Puts, removes and quarantines over three folders, one of which is emptied and removed."""
        photos = [self.put(number) for number in range(5)]
        self.remove(photos[1])
        self.spool.quarantine(photos[0], "rejected-422")
        self.put(5)
        self.remove(photos[2])
        self.spool.quarantine(photos[4], "rejected-422")
        self.spool.requeue(photos[4], "rejected-422")
        self.put(6)
        self.spool.quarantine(photos[3], "damaged")
        self.remove(photos[4])

    def play_with_losses(self) -> None:
        """Photos from before the clock was set, naming one; photos given up for want of room, and
        the reports of these losses."""
        self.put(0)
        undated = [self.put(number, BootTime("5f3a9c2e", number)) for number in (1, 2)]
        self.spool.rename(undated[0], name(900), ClockStatus.CORRECTED)
        for number in range(3, 6):
            self.put(number)
        for loss in list(self.spool.losses.unreported()):
            self.spool.losses.mark_reported(loss)
        self.put(6)
        loss = next(self.spool.losses.unreported())
        self.disk.mark("removed", loss.photo)
        self.spool.losses.forget(loss.photo)

    def states(self, model: Model) -> Iterator[CrashState]:
        return crash_states(self.folder, self.start, self.disk.record, model)


def problems_after(state: CrashState, place: Path, or_lost: bool = False) -> list[str]:
    """What is wrong when a spool is started on this state."""
    state.write_to(place)
    try:
        return problems(place, state.marked("acknowledged"), state.marked("removed"), or_lost)
    finally:
        shutil.rmtree(place)


@MODELS
def test_a_power_cut_leaves_every_acknowledged_photo_whole_and_once(
    model: Model, tmp_path: Path
) -> None:
    """For every cut in a run of puts, removes and quarantines, and every state it may leave."""
    run = Run(tmp_path / "spool", RecordingDisk())
    run.play()
    for state in run.states(model):
        assert not problems_after(state, tmp_path / "after"), state


@MODELS
def test_a_power_cut_while_photos_are_named_or_given_up_leaves_each_of_them_in_one_place(
    model: Model, tmp_path: Path
) -> None:
    """For every cut in a run with little room: kept or on record as lost, never neither or both."""
    run = Run(tmp_path / "spool", RecordingDisk(), Quota(max_bytes=4 * 96, reserve=0))
    run.play_with_losses()
    for state in run.states(model):
        assert not problems_after(state, tmp_path / "after", or_lost=True), state


def test_a_power_cut_after_the_first_photo_ever_takes_nothing(tmp_path: Path) -> None:
    """The spool's own folders are made durable too, before a photo in them is acknowledged."""
    place, disk = tmp_path / "before", RecordingDisk()
    place.mkdir()
    disk.mark("acknowledged", put(Spool(place / "spool", disk), 0))
    for state in crash_states(place, {}, disk.record, Model.HARSH):
        state.write_to(tmp_path / "after")
        assert not problems(tmp_path / "after" / "spool", state.marked("acknowledged")), state
        shutil.rmtree(tmp_path / "after")


def test_a_power_cut_after_an_error_of_the_disk_takes_nothing(tmp_path: Path) -> None:
    """For every operation that fails once with EIO, every cut after it, every state: what put()
    acknowledged all the same is there. A flush that failed counts as never done, also if a later
    one of the same file works."""
    wrong: dict[str, list[str]] = {}
    for at in count():
        disk = RecordingFailingDisk(at, errno.EIO, kinds=frozenset(Kind) - READS)
        run = Run(tmp_path / f"{at}", disk)
        with suppress(SpoolError, OSError):
            for number in range(3):
                run.put(number)
        if not disk.failed:
            break
        for state in run.states(Model.HARSH):
            if found := problems_after(state, tmp_path / "after"):
                wrong[f"operation {at}, {disk.failed[0]}, cut {state.cut}"] = found
    assert not wrong, "\n".join(f"{where}: {what}" for where, what in wrong.items())


class Killed(BaseException):
    """What kill -9 is to the spool: nothing more is done."""


class KilledDisk(RecordingDisk):
    """A disk whose process is killed before operation number `at`, once."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.at: int | None = at

    def perform(self, kind: Kind, operation: Callable[..., Result], *arguments: Any) -> Result:
        if kind is not Kind.CLOSE and len(self.record) == self.at:
            self.at = None
            raise Killed
        return super().perform(kind, operation, *arguments)


def test_a_power_cut_after_a_kill_takes_nothing(tmp_path: Path) -> None:
    """Capture is killed at every operation, starts again and goes on; then the power is cut. What
    the killed process had not flushed is not sure, whatever a later one made of it."""
    wrong: dict[str, list[str]] = {}
    for at in count():
        disk = KilledDisk(at)
        run = Run(tmp_path / f"{at}", disk)
        with suppress(Killed):
            run.put(0)
            run.put(1)
        if disk.at is not None:
            break
        run.spool = Spool(run.folder, disk)
        run.put(2)
        for state in run.states(Model.HARSH):
            if found := problems_after(state, tmp_path / "after"):
                wrong[f"killed before operation {at}, cut {state.cut}"] = found
    assert not wrong, "\n".join(f"{where}: {what}" for where, what in wrong.items())


# --- negative controls


class NeverFlushes(RecordingDisk):
    def flush(self, file: int) -> None:
        pass


class NeverFlushesFolders(RecordingDisk):
    def flush_folder(self, folder: Path) -> None:
        pass


class RenamesBeforeItFlushes(RecordingDisk):
    """Keeps each file open, and flushes and closes it when it has been renamed."""

    _late: int | None = None

    def flush(self, file: int) -> None:
        self._late = file

    def close(self, file: int) -> None:
        pass

    def rename(self, old: Path, new: Path) -> None:
        super().rename(old, new)
        if self._late is not None:
            super().flush(self._late)
            super().close(self._late)
            self._late = None


@MODELS
@pytest.mark.parametrize("disk", [NeverFlushes, NeverFlushesFolders, RenamesBeforeItFlushes])
def test_a_disk_operation_left_out_or_moved_is_found(
    disk: type[RecordingDisk], model: Model, tmp_path: Path
) -> None:
    """The check catches what it is there to catch."""
    run = Run(tmp_path / "spool", disk())
    run.play()
    assert any(problems_after(state, tmp_path / "after") for state in run.states(model))
